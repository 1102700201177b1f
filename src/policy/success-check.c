/* A new kind of project is a row, with a function if the file's existence isn't
 * enough. */
#include "config.h"

#include "policy/success-check.h"

#include <ctype.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"

#define SUCCESS_CHECK_FILE_MAX ((size_t)256 << 10)

struct success_check_row {
	const char	*file;
	/* Does its text (n bytes) match the row? NULL: existence is enough. */
	bool		(*fits)(const char *text, size_t n, const char *word);
	const char	*word;		/* for `fits` */
	const char	*beside;	/* must exist too; or NULL */
	const char	*command;
};

/* Is there a line with `word`, optional spaces, and a colon that isn't ":="? */
static bool
success_check_has_target(const char *text, size_t n, const char *word)
{
	const char *s = text, *end = text + n, *t;
	size_t len = strlen(word);

	while (s != NULL && (size_t)(end - s) > len) {
		if (memcmp(s, word, len) == 0) {
			for (t = s + len; t < end && (*t == ' ' || *t == '\t');
			    t++)
				;
			if (t < end && *t == ':' &&
			    (t + 1 == end || t[1] != '='))
				return true;
		}
		s = memchr(s, '\n', (size_t)(end - s));
		if (s != NULL)
			s++;
	}
	return false;
}

static bool
success_check_has_word(const char *text, size_t n, const char *word)
{
	return memmem(text, n, word, strlen(word)) != NULL;
}

/* A script of this name other than the one `npm init` writes. */
static bool
success_check_has_script(const char *text, size_t n, const char *word)
{
	AUTO_JSON cJSON *o = json_parse(text, n, JSON_NUL_REPLACE, NULL);
	const char *script = json_str(json_get(o, "scripts"), word);

	return script != NULL && script[0] != '\0' &&
	    strstr(script, "no test specified") == NULL;
}

/* A project's own files come before those of its language. */
/* clang-format off */
static const struct success_check_row success_check_rows[] = {
	{ "GNUmakefile", success_check_has_target, "check", NULL,
	    "make check" },
	{ "GNUmakefile", success_check_has_target, "test", NULL, "make test" },
	{ "makefile", success_check_has_target, "check", NULL, "make check" },
	{ "makefile", success_check_has_target, "test", NULL, "make test" },
	{ "Makefile", success_check_has_target, "check", NULL, "make check" },
	{ "Makefile", success_check_has_target, "test", NULL, "make test" },
	{ "justfile", success_check_has_target, "test", NULL, "just test" },
	{ "Justfile", success_check_has_target, "test", NULL, "just test" },
	{ "package.json", success_check_has_script, "test", "pnpm-lock.yaml",
	    "pnpm test" },
	{ "package.json", success_check_has_script, "test", "yarn.lock",
	    "yarn test" },
	{ "package.json", success_check_has_script, "test", "bun.lock",
	    "bun run test" },
	{ "package.json", success_check_has_script, "test", "bun.lockb",
	    "bun run test" },
	{ "package.json", success_check_has_script, "test", NULL, "npm test" },
	{ "deno.json", NULL, NULL, NULL, "deno test" },
	{ "Cargo.toml", NULL, NULL, NULL, "cargo test" },
	{ "go.mod", NULL, NULL, NULL, "go test ./..." },
	{ "pytest.ini", NULL, NULL, NULL, "python3 -m pytest -q" },
	{ "pyproject.toml", success_check_has_word, "pytest", NULL,
	    "python3 -m pytest -q" },
	{ "setup.cfg", success_check_has_word, "[tool:pytest]", NULL,
	    "python3 -m pytest -q" },
	{ "tox.ini", success_check_has_word, "pytest", NULL,
	    "python3 -m pytest -q" },
	{ "conftest.py", NULL, NULL, NULL, "python3 -m pytest -q" },
	{ "pyproject.toml", NULL, NULL, "tests", "python3 -m unittest discover" },
	{ "setup.py", NULL, NULL, "tests", "python3 -m unittest discover" },
	{ "gradlew", NULL, NULL, NULL, "./gradlew test" },
	{ "mvnw", NULL, NULL, NULL, "./mvnw -q test" },
	{ "pom.xml", NULL, NULL, NULL, "mvn -q test" },
	{ "build.gradle", NULL, NULL, NULL, "gradle test" },
	{ "build.gradle.kts", NULL, NULL, NULL, "gradle test" },
	{ "mix.exs", NULL, NULL, NULL, "mix test" },
	{ "Gemfile", success_check_has_word, "rspec", NULL,
	    "bundle exec rspec" },
	{ "Rakefile", success_check_has_word, "test", NULL, "rake test" },
	{ "composer.json", success_check_has_script, "test", NULL,
	    "composer test" },
	{ "Package.swift", NULL, NULL, NULL, "swift test" },
	{ "dune-project", NULL, NULL, NULL, "dune test" },
	{ "stack.yaml", NULL, NULL, NULL, "stack test" },
	{ "cabal.project", NULL, NULL, NULL, "cabal test" },
	{ "build.zig", NULL, NULL, NULL, "zig build test" },
	{ "meson.build", success_check_has_word, "test(", NULL,
	    "(test -d build || meson setup build) && meson test -C build" },
	{ "CMakeLists.txt", success_check_has_word, "enable_testing", NULL,
	    "cmake -S . -B build && cmake --build build && "
	    "ctest --test-dir build --output-on-failure" },
	{ "CMakeLists.txt", success_check_has_word, "include(CTest)", NULL,
	    "cmake -S . -B build && cmake --build build && "
	    "ctest --test-dir build --output-on-failure" },
	{ "configure", NULL, NULL, "Makefile.am",
	    "(test -f Makefile || ./configure) && make check" },
};
/* clang-format on */

/* The start of a regular file; false if there is none. */
static bool
success_check_read(int root, const char *name, struct buf *b)
{
	AUTO_CLOSE int fd = fs_open_regular(root, name);

	if (fd < 0)
		return false;
	return fs_read_all(fd, b) == 0 || b->full;
}

static bool
success_check_row_fits(const struct success_check_row *r, int root)
{
	AUTO_BUF struct buf b = BUF_INIT(SUCCESS_CHECK_FILE_MAX);
	struct stat st;

	if (fstatat(root, r->file, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode) || (r->beside != NULL &&
	    fstatat(root, r->beside, &st, AT_SYMLINK_NOFOLLOW) < 0))
		return false;
	if (r->fits == NULL)
		return true;
	return success_check_read(root, r->file, &b) &&
	    r->fits(buf_str(&b), b.len, r->word);
}

const char *
success_check_guess(int root, const char **from)
{
	size_t i;

	*from = NULL;
	for (i = 0; i < MEM_COUNT(success_check_rows); i++) {
		if (!success_check_row_fits(&success_check_rows[i], root))
			continue;
		*from = success_check_rows[i].file;
		return success_check_rows[i].command;
	}
	return NULL;
}

/* A new runner is one or more rows of test_summary_forms, and its words. */

#define TEST_SUMMARY_LINE_MAX 512	/* a longer line is no summary */
#define TEST_SUMMARY_MOST 1000000000

/* In the order in which they are printed. */
enum test_count {
	COUNT_FAILED, COUNT_ERRORS, COUNT_XPASSED, COUNT_PASSED, COUNT_SKIPPED,
	COUNT_XFAILED, COUNT_TOTAL, COUNTS,
	COUNT_WORDS = COUNTS	/* as the line says */
};

enum test_runner {
	RUNNER_NONE, RUNNER_AUTOMAKE, RUNNER_CARGO, RUNNER_CTEST, RUNNER_GO,
	RUNNER_GRADLE, RUNNER_JEST, RUNNER_MAVEN, RUNNER_MOCHA, RUNNER_NODE,
	RUNNER_PROVE, RUNNER_PYTEST, RUNNER_TAP, RUNNER_UNITTEST
};

/* As TAP, or after an i in a circle. */
#define NODE(word) \
	{ RUNNER_NODE, "# " word " [0-9]*", COUNT_WORDS }, \
	{ RUNNER_NODE, "\xe2\x84\xb9 " word " [0-9]*", COUNT_WORDS }

/* The first row that fits a line counts; the lines of one runner are added up,
 * as it prints some for each folder or package. */
/* clang-format off */
static const struct test_summary_form {
	enum test_runner runner;
	const char	*pattern;	/* fnmatch(3), after any spaces and = */
	enum test_count	 each;		/* the line is one of these, or
					   COUNT_WORDS */
} test_summary_forms[] = {
	{ RUNNER_AUTOMAKE, "# [A-Z]*: *[0-9]", COUNT_WORDS },
	{ RUNNER_CARGO, "test result: *", COUNT_WORDS },
	{ RUNNER_CTEST, "[0-9]*% tests passed, *", COUNT_WORDS },
	{ RUNNER_GO, "FAIL\t*", COUNT_FAILED },
	{ RUNNER_GO, "ok  \t*", COUNT_PASSED },
	{ RUNNER_GRADLE, "[0-9]* tests completed, *", COUNT_WORDS },
	/* jest, vitest */
	{ RUNNER_JEST, "Tests:  *", COUNT_WORDS },
	{ RUNNER_JEST, "Tests  [0-9]* ([0-9]*)", COUNT_WORDS },
	/* those of one class are in the sum */
	{ RUNNER_NONE, "*Tests run: *Time elapsed*", COUNT_WORDS },
	{ RUNNER_MAVEN, "*Tests run: [0-9]*, Failures: *", COUNT_WORDS },
	{ RUNNER_MOCHA, "[0-9]* passing*", COUNT_WORDS },
	{ RUNNER_MOCHA, "[0-9]* failing", COUNT_WORDS },
	{ RUNNER_MOCHA, "[0-9]* pending", COUNT_WORDS },
	/* not any comment with a number */
	NODE("cancelled"), NODE("fail"), NODE("pass"), NODE("skipped"),
	NODE("tests"), NODE("todo"),
	{ RUNNER_PROVE, "Failed [0-9]*/[0-9]* subtests*", COUNT_WORDS },
	{ RUNNER_PROVE, "Files=[0-9]*, Tests=[0-9]*", COUNT_WORDS },
	{ RUNNER_PYTEST, "[0-9]* in [0-9]*.[0-9]*s*", COUNT_WORDS },
	{ RUNNER_TAP, "not ok [0-9]*# TODO*", COUNT_XFAILED },
	{ RUNNER_TAP, "not ok [0-9]*", COUNT_FAILED },
	{ RUNNER_TAP, "ok [0-9]*# [Ss][Kk][Ii][Pp]*", COUNT_SKIPPED },
	{ RUNNER_TAP, "ok [0-9]*", COUNT_PASSED },
	{ RUNNER_UNITTEST, "Ran [0-9]* test* in *", COUNT_WORDS },
	{ RUNNER_UNITTEST, "FAILED (*=*)", COUNT_WORDS },
	{ RUNNER_UNITTEST, "OK (*=*)", COUNT_WORDS },
};

/* Words next to a count. Longer ones come first, since a prefix would match,
 * too. */
static const struct test_summary_word {
	const char	*word;
	enum test_count	 count;
} test_summary_words[] = {
	{ "tests failed", COUNT_FAILED },
	{ "unexpected successes", COUNT_XPASSED },
	{ "expected failures", COUNT_XFAILED },
	{ "out of", COUNT_TOTAL },
	{ "tests run", COUNT_TOTAL },
	{ "passed", COUNT_PASSED }, { "passing", COUNT_PASSED },
	{ "pass", COUNT_PASSED },
	{ "failed", COUNT_FAILED }, { "failing", COUNT_FAILED },
	{ "failures", COUNT_FAILED }, { "fail", COUNT_FAILED },
	{ "cancelled", COUNT_FAILED },
	{ "errors", COUNT_ERRORS }, { "error", COUNT_ERRORS },
	{ "skipped", COUNT_SKIPPED }, { "skip", COUNT_SKIPPED },
	{ "ignored", COUNT_SKIPPED }, { "pending", COUNT_SKIPPED },
	{ "todo", COUNT_SKIPPED },
	{ "xfailed", COUNT_XFAILED }, { "xfail", COUNT_XFAILED },
	{ "xpassed", COUNT_XPASSED }, { "xpass", COUNT_XPASSED },
	{ "total", COUNT_TOTAL }, { "tests", COUNT_TOTAL },
	{ "test", COUNT_TOTAL },
};
/* clang-format on */

struct test_counts {
	enum test_runner runner;
	bool		 has[COUNTS];
	int64_t		 n[COUNTS];
};

/* The kind of thing that the number s[from..to) counts, by the word after it,
 * or else before it. */
static enum test_count
test_summary_counted(const char *s, size_t from, size_t to)
{
	const struct test_summary_word *w;
	size_t i, n, after = to + strspn(s + to, " "), before = from;

	while (before > 0 && strchr(" :=", s[before - 1]) != NULL)
		before--;
	for (i = 0; after > to && i < MEM_COUNT(test_summary_words); i++) {
		w = &test_summary_words[i];
		n = strlen(w->word);
		if (strncasecmp(s + after, w->word, n) == 0 &&
		    !isalpha((unsigned char)s[after + n]))
			return w->count;
	}
	for (i = 0; before < from && i < MEM_COUNT(test_summary_words); i++) {
		w = &test_summary_words[i];
		n = strlen(w->word);
		if (before >= n &&
		    strncasecmp(s + before - n, w->word, n) == 0 &&
		    (before == n || !isalpha((unsigned char)s[before - n - 1])))
			return w->count;
	}
	return COUNTS;
}

static void
test_summary_add(struct test_counts *c, enum test_runner runner,
    enum test_count what, int64_t n)
{
	/* Automake prints the same counts again with test-suite.log. */
	if (c->runner != runner || (runner == RUNNER_AUTOMAKE &&
	    what == COUNT_TOTAL))
		memset(c, 0, sizeof(*c));
	c->runner = runner;
	c->has[what] = true;
	c->n[what] += n;
}

static void
test_summary_line(struct test_counts *c, const char *s, bool indented)
{
	const struct test_summary_form *form = NULL;
	enum test_count what;
	size_t i, from, to;
	int64_t n;

	/* Any has a number, or Go's tab: most lines have neither. */
	if (strpbrk(s, "\t0123456789") == NULL)
		return;
	for (i = 0; i < MEM_COUNT(test_summary_forms) && form == NULL; i++)
		if (fnmatch(test_summary_forms[i].pattern, s, 0) == 0)
			form = &test_summary_forms[i];
	/* Subtests are indented. */
	if (form == NULL || form->runner == RUNNER_NONE ||
	    (indented && form->runner == RUNNER_TAP))
		return;
	if (form->each != COUNT_WORDS) {
		test_summary_add(c, form->runner, form->each, 1);
		return;
	}
	for (from = 0; s[from] != '\0'; from = to) {
		for (n = 0, to = from; isdigit((unsigned char)s[to]); to++)
			if (n < TEST_SUMMARY_MOST)
				n = n * 10 + (s[to] - '0');
		if (to == from) {
			to++;
			continue;
		}
		what = test_summary_counted(s, from, to);
		if (what != COUNTS)
			test_summary_add(c, form->runner, what, n);
	}
}

static char *
test_summary_text(struct test_counts *c)
{
	static const char *const words[] = {
		[COUNT_FAILED] = "failed", [COUNT_ERRORS] = "error",
		[COUNT_XPASSED] = "xpassed", [COUNT_PASSED] = "passed",
		[COUNT_SKIPPED] = "skipped", [COUNT_XFAILED] = "xfailed",
	};
	struct buf b = BUF_INIT(0);
	int64_t left = c->n[COUNT_TOTAL];
	size_t i;

	for (i = 0; i < COUNT_TOTAL; i++)
		left -= c->n[i];
	if (!c->has[COUNT_PASSED] && left > 0)
		c->n[COUNT_PASSED] = left;
	for (i = 0; i < COUNT_TOTAL; i++)
		if (c->n[i] > 0)
			buf_addf(&b, "%s%lld %s%s", b.len > 0 ? ", " : "",
			    (long long)c->n[i], words[i], i == COUNT_ERRORS &&
			    c->n[i] > 1 ? "s" : "");
	if (b.len == 0)
		buf_adds(&b, "0 passed");
	if (c->runner == RUNNER_GO)
		buf_adds(&b, " (packages)");
	return buf_take(&b);
}

char *
test_summary(const char *text, size_t n)
{
	struct test_counts c = { RUNNER_NONE, { false }, { 0 } };
	char copy[TEST_SUMMARY_LINE_MAX];
	const char *line, *end = text + n, *eol, *from;

	for (line = text; line < end; line = eol + 1) {
		eol = mem_line_end(line, end);
		for (from = line; from < eol && (*from == ' ' || *from == '=');
		    from++)
			;
		n = (size_t)(eol - from);
		while (n > 0 && (from[n - 1] == ' ' || from[n - 1] == '=' ||
		    from[n - 1] == '\r'))
			n--;
		if (n == 0 || n >= sizeof(copy))
			continue;
		memcpy(copy, from, n);
		copy[n] = '\0';
		test_summary_line(&c, copy, from > line);
	}
	return c.runner == RUNNER_NONE ? NULL : test_summary_text(&c);
}
