#include "config.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "gate/gate.h"
#include "journal/event.h"

/*
 * The files that a command reads to know what to run, by its name: changing one
 * of these changes the check. "*" matches any beginning.
 */
static const struct test_input_row {
	const char	*command;
	const char	*files;
} test_input_rows[] = {
	{ "ant", "build.xml" },
	{ "bash", "pyproject.toml setup.cfg package.json" },
	{ "bazel", "BUILD BUILD.bazel WORKSPACE MODULE.bazel *.bzl .bazelrc" },
	{ "bundle", "Gemfile Rakefile .rspec" },
	{ "cargo", "Cargo.toml build.rs" },
	{ "cmake", "CMakeLists.txt *.cmake CMakePresets.json" },
	{ "composer", "composer.json phpunit.xml" },
	{ "ctest", "CMakeLists.txt *.cmake" },
	{ "deno", "deno.json deno.jsonc" },
	{ "dotnet", "*.csproj *.sln Directory.Build.props" },
	{ "go", "go.mod go.work" },
	{ "gradle", "build.gradle build.gradle.kts settings.gradle" },
	{ "gradlew", "build.gradle build.gradle.kts settings.gradle" },
	{ "just", "justfile Justfile .justfile pyproject.toml setup.cfg "
	  "package.json" },
	{ "make", "Makefile makefile GNUmakefile Makefile.* makefile.* *.mk "
	  "pyproject.toml setup.cfg package.json" },
	{ "meson", "meson.build meson_options.txt" },
	{ "mix", "mix.exs" },
	{ "mvn", "pom.xml" },
	{ "ninja", "build.ninja meson.build CMakeLists.txt" },
	{ "node", "package.json" },
	{ "npm", "package.json .npmrc" },
	{ "npx", "package.json .npmrc" },
	{ "phpunit", "phpunit.xml phpunit.xml.dist" },
	{ "pnpm", "package.json .npmrc" },
	{ "pytest", "pyproject.toml setup.cfg tox.ini pytest.ini conftest.py" },
	{ "python", "pyproject.toml setup.cfg setup.py conftest.py" },
	{ "python3", "pyproject.toml setup.cfg setup.py conftest.py" },
	{ "rake", "Rakefile" },
	{ "rspec", ".rspec Rakefile" },
	{ "sh", "pyproject.toml setup.cfg package.json" },
	{ "swift", "Package.swift" },
	{ "tox", "tox.ini setup.cfg pyproject.toml" },
	{ "yarn", "package.json .yarnrc .yarnrc.yml" },
	{ "zig", "build.zig" },
};

/* Is the name one of the space-separated patterns? */
static bool
test_input_name_in(const char *patterns, const char *name)
{
	AUTO_FREE char *copy = xstrdup(patterns);
	char *rest = copy, *one;

	while ((one = strsep(&rest, " ")) != NULL)
		if (fnmatch(one, name, 0) == 0)
			return true;
	return false;
}

static bool
test_input_word_names(const char *word, const char *path)
{
	size_t n, len = strlen(path), i;

	for (i = 0; i < MEM_COUNT(test_input_rows); i++)
		if (strcmp(basename(word),
		    test_input_rows[i].command) == 0 &&
		    test_input_name_in(test_input_rows[i].files,
		    basename(path)))
			return true;
	while (strncmp(word, "./", 2) == 0 || strncmp(word, "../", 3) == 0)
		word = strchr(word, '/') + 1;
	n = strlen(word);
	return n > 0 && len >= n && strcmp(path + len - n, word) == 0 &&
	    (len == n || path[len - n - 1] == '/');
}

bool
test_input_names(const char *command, const char *path)
{
	static const char blanks[] = " \t\r\n;|&()<>{}\"'`$=,";
	AUTO_FREE char *copy = xstrdup_null(command);
	char *p, *save = NULL;

	for (p = copy == NULL ? NULL : strtok_r(copy, blanks, &save);
	    p != NULL; p = strtok_r(NULL, blanks, &save))
		if (test_input_word_names(p, path))
			return true;
	return false;
}

/* ---- what a change is to the tests ---- */

#define TEST_ROLE_BYTES	((size_t)1 << 20)	/* of a file that is read */

/* Where a file's own tests begin, if code and tests may be in one. */
static const struct test_both_row {
	const char	*files;
	const char	*begin;
} test_both_rows[] = {
	{ "*.rs", "#[cfg(test)]" },
	{ "*.rs", "#[test]" },
	{ "*.zig", "\ntest " },
};

/* The text, or "" if there is no such file. False: it can't be read. */
static bool
test_role_text(struct blob_store *blobs, const struct stage_side *s,
    struct buf *b)
{
	return !s->exists || (s->size <= (int64_t)TEST_ROLE_BYTES &&
	    blob_get(blobs, s->hash, b, NULL) == 0);
}

/* Do tests differ that are in one file with the code? *had: there were some. All
 * from the first of them on counts. */
static bool
test_role_is_both(struct blob_store *blobs, const struct test_both_row *r,
    const struct stage_change *c, bool *had)
{
	AUTO_BUF struct buf before = BUF_INIT(0), after = BUF_INIT(0);
	const char *was, *is;

	if (!test_role_text(blobs, &c->before, &before) ||
	    !test_role_text(blobs, &c->after, &after)) {
		*had = c->before.exists;
		return true;
	}
	was = strstr(buf_str(&before), r->begin);
	is = strstr(buf_str(&after), r->begin);
	*had = was != NULL;
	return was == NULL || is == NULL ? was != is : strcmp(was, is) != 0;
}

/*
 * A file that the check reads, as parts: what isn't a rule of a Makefile or a
 * script of package.json always counts, and of those what the check names, or a
 * part that counts. If nothing that counts differs, the check is the same.
 */

static const char test_makefiles[] = "Makefile makefile GNUmakefile *.mk "
    "Makefile.am";

/* What is larger takes too long: then it can't be told. */
#define TEST_PARTS_NAMES	((size_t)1000)
#define TEST_PARTS_BYTES	((size_t)32 << 10)
#define TEST_TARGET	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
			"0123456789_-./"

struct test_part {
	char		*names;		/* between blanks; NULL: it counts */
	struct buf	 text;
	bool		 counts;
};
struct test_parts {
	struct test_part *v;
	size_t		 v_len, names;
	struct buf	 phony;		/* targets that no file stands for */
};

static void
test_parts_release(struct test_parts *p)
{
	MEM_EACH(p, v, part) {
		free(part->names);
		buf_release(&part->text);
	}
	free(p->v);
	buf_release(&p->phony);
}

static struct buf *
test_part_add(struct test_parts *p, char *names_take)
{
	const char *s;

	for (s = names_take; s != NULL; s = strpbrk(s + 1, " \t"))
		p->names++;
	GROW(p->v, p->v_len);
	p->v[p->v_len] = (struct test_part){ .names = names_take };
	return &p->v[p->v_len++].text;
}

static bool
test_name_is_in(const char *name, const char *at)
{
	const char *begin = at;
	size_t n = strlen(name);

	while (n > 0 && (at = strstr(at, name)) != NULL) {
		if ((at == begin || !isalnum((unsigned char)at[-1])) &&
		    !isalnum((unsigned char)at[n]))
			return true;
		/* A long word is read once. */
		for (at++; isalnum((unsigned char)*at); at++)
			;
	}
	return false;
}

/* Is one of its names a word of the text? When in doubt, it is. */
static bool
test_part_is_in(const struct test_part *part, const char *text)
{
	AUTO_FREE char *copy = xstrdup_null(part->names);
	char *rest = copy, *name;

	while ((name = strsep(&rest, " \t")) != NULL)
		if (test_name_is_in(name, text))
			return true;
	return false;
}

static void
test_part_use(struct test_parts *p, struct test_part *part)
{
	part->counts = true;
	MEM_EACH(p, v, other)
		if (!other->counts && test_part_is_in(other,
		    buf_str(&part->text)))
			test_part_use(p, other);
}

/* Does a line that ends here go on in the next one? */
static bool
test_line_goes_on(const char *s, const char *end)
{
	bool odd = false;

	end -= end > s && end[-1] == '\r';
	while (end > s && *--end == '\\')
		odd = !odd;
	return odd;
}

/* The end of a line with those that continue it. */
static const char *
test_part_line(const char *s)
{
	const char *end = s + strcspn(s, "\n");

	while (*end != '\0' && test_line_goes_on(s, end))
		end += 1 + strcspn(end + 1, "\n");
	return end + (*end == '\n');
}

/* Does make call a function of its own there? */
static bool
test_line_calls(const char *s, const char *end)
{
	while ((s = memchr(s, '$', (size_t)(end - s))) != NULL) {
		s += 1 + strspn(s + 1, "({");
		s += strspn(s, TEST_TARGET);
		if (*s == ' ' || *s == '\t' || *s == '\\')
			return true;
	}
	return false;
}

/* Is it what one target needs? A directive has several words before a colon. */
static bool
test_line_is_rule(const char *s, const char *end)
{
	return isalnum((unsigned char)*s) && s[strspn(s, TEST_TARGET)] == ':' &&
	    memchr(s, '=', (size_t)(end - s)) == NULL &&
	    !test_line_calls(s, end);
}

/* Is it read, whatever the check names? Make builds what it reads first, and
 * automake's own rules use those of a Makefile.am. */
static bool
test_rule_is_used(const char *rule, size_t n, const char *file)
{
	AUTO_FREE char *target = xmemdup(rule, n);

	return strcmp(file, "Makefile.am") == 0 ||
	    test_input_name_in(test_makefiles, basename(target));
}

static void
test_parts_make(struct test_parts *p, const char *s, const char *file)
{
	static const char phony[] = ".PHONY:";
	struct buf *to = NULL;
	const char *end;
	size_t n;
	bool first = true;

	for (; *s != '\0'; s = end) {
		end = test_part_line(s);
		/* A recipe may have an empty line and nothing else. */
		if (*s == '#' || (*s != '\t' &&
		    strspn(s, " \r\n") >= (size_t)(end - s)))
			continue;
		if (strncmp(s, phony, strlen(phony)) == 0 &&
		    memchr(s, '$', (size_t)(end - s)) == NULL) {
			buf_add(&p->phony, s, (size_t)(end - s));
			to = NULL;
			continue;
		}
		if (test_line_is_rule(s, end)) {
			n = strspn(s, TEST_TARGET);
			/* If no target is named, make builds the first one. */
			to = test_part_add(p, first || test_rule_is_used(s, n,
			    file) ? NULL : xmemdup(s, n));
			first = false;
		} else if (*s != '\t' || to == NULL)
			to = test_part_add(p, NULL);
		buf_add(to, s, (size_t)(end - s));
	}
}

static void
test_parts_scripts(struct test_parts *p, const cJSON *package)
{
	static const char *const others[] = { "ava", "c8", "jasmine", "jest",
		"karma", "mocha", "nyc", "tap", "vitest" };
	const cJSON *it;

	/* If a member is there twice, the last one counts. */
	cJSON_ArrayForEach(it, package)
		if (MEM_FIND(others, it->string) != NULL ||
		    (strcmp(it->string, "scripts") == 0 && it != json_get(
		    package, "scripts"))) {
			AUTO_FREE char *text = cJSON_PrintUnformatted(it);

			buf_adds(test_part_add(p, NULL), text);
		}
	cJSON_ArrayForEach(it, json_get(package, "scripts")) {
		AUTO_FREE char *text = cJSON_PrintUnformatted(it);
		const char *name = it->string;

		/* npm runs these around the other one. */
		name += strncmp(name, "pre", 3) == 0 ? 3 :
		    strncmp(name, "post", 4) == 0 ? 4 : 0;
		buf_adds(test_part_add(p, xasprintf("%s %s", it->string, name)),
		    text);
	}
}

/* Append the parts that count. False: it can't be told which. */
static bool
test_parts_text(const struct buf *text, const char *check, const char *file,
    struct buf *to)
{
	bool make = test_input_name_in(test_makefiles, file);
	AUTO(test_parts_release) struct test_parts p = { 0 };
	AUTO_JSON cJSON *package = NULL;
	size_t named = 0;

	if (text->len > TEST_PARTS_BYTES ||
	    strlen(buf_str(text)) != text->len ||
	    (make && (test_name_is_in("define", buf_str(text)) ||
	    strstr(buf_str(text), ".RECIPEPREFIX") != NULL)))
		return false;	/* nor if what looks like a rule may be none */
	if (make)
		test_parts_make(&p, buf_str(text), file);
	else if ((package = json_parse(buf_str(text), text->len,
	    JSON_NUL_REPLACE, NULL)) == NULL)
		return false;
	test_parts_scripts(&p, package);
	if (p.names > TEST_PARTS_NAMES)
		return false;
	MEM_EACH(&p, v, part) {
		named += part->names != NULL && test_part_is_in(part, check);
		if (!part->counts && (part->names == NULL ||
		    test_part_is_in(part, check)))
			test_part_use(&p, part);
	}
	MEM_EACH(&p, v, part)
		if (part->counts || (!make && named == 0))
			buf_addf(to, "%s\n%s", make ? test_part_is_in(part,
			    buf_str(&p.phony)) ? ".PHONY" : "" :
			    ev_str(part->names, ""), buf_str(&part->text));
	return true;
}

/* The next word, and whether it is the name of a source, an object or a header. */
static const char *
test_word(const char **at, size_t *n, bool *is_source)
{
	static const char names[] = "*.c *.cc *.cpp *.cxx *.h *.hpp *.o *.lo "
	    "*.o: *.lo:";
	const char *word = *at + strspn(*at, " \t\r\n\\");
	AUTO_FREE char *copy = xmemdup(word, *n = strcspn(word, " \t\r\n\\"));

	*at = word + *n;
	/* No option, recipe, comment, variable or call. */
	*is_source = *copy != '-' && copy[strspn(copy, TEST_TARGET ":")] == '\0' &&
	    test_input_name_in(names, copy);
	return word;
}

/* Does a line of a Makefile that gives a variable's value, or what a target needs,
 * differ in no more than such names that follow others? With `was` empty: has it
 * no other words? */
static bool
test_line_grew(const char *was, size_t was_n, const char *is, size_t is_n)
{
	AUTO_FREE char *old = xmemdup(was, was_n), *new = xmemdup(is, is_n);
	const char *o = old, *i = new + strspn(new, TEST_TARGET), *a, *b;
	bool after = was_n == 0, source, other;
	size_t an, bn;

	if (strstr(new, "\\\\") != NULL)
		return false;
	if (is_n > 1 && (i == new || strchr(":+?=", i[strspn(i, " \t")]) ==
	    NULL))
		return false;
	i = new;
	a = test_word(&o, &an, &other);
	do {
		b = test_word(&i, &bn, &source);
		if (bn == an && memcmp(a, b, an) == 0)
			a = an == 0 ? a : test_word(&o, &an, &other);
		else if (!source || !after)
			return false;
		after = source;
	} while (bn > 0);
	return an == 0;
}

/* Is all that differs what is compiled, too? A new line may only follow a rule,
 * else it could be the first one, and not come before a recipe. */
static bool
test_make_grew(const char *was, const char *is)
{
	const char *was_end, *is_end;
	size_t was_n, is_n;
	bool in_rule = false;

	for (; *is != '\0'; is = is_end) {
		was_end = test_part_line(was);
		is_end = test_part_line(is);
		was_n = (size_t)(was_end - was);
		is_n = (size_t)(is_end - is);
		if ((is_n == was_n && memcmp(is, was, is_n) == 0) ||
		    test_line_grew(was, was_n, is, is_n))
			was = was_end;
		else if (!test_line_grew("", 0, is, is_n) || *is_end == '\t' ||
		    (is_n > 1 && !in_rule))
			return false;
		in_rule = test_line_is_rule(is, is_end) ||
		    (in_rule && strchr("\t\n", *is) != NULL);
	}
	return *was == '\0';
}

/* Sections of pyproject.toml and setup.cfg that no program reads to check. */
static const char *const test_sections[] = {
	"[project]\n", "[project.scripts]\n",
	"[project.optional-dependencies]\n", "[project.urls]\n",
	"[build-system]\n", "[dependency-groups]\n", "[metadata]\n",
	"[options]\n", "[options.extras_require]\n", "[bdist_wheel]\n",
};

/* Append the others. False: a line in a long string may look like one. */
static bool
test_sections_text(const struct buf *text, struct buf *to)
{
	const char *p = buf_str(text), *end = p + text->len, *next;
	bool skips = false;
	size_t i;

	for (; p < end; p = next) {
		next = mem_line_after(p, end);
		for (i = 0; i < MEM_COUNT(test_sections) && !mem_starts(p, end,
		    test_sections[i]); i++)
			;
		skips = i < MEM_COUNT(test_sections) || (skips && *p != '[');
		if (!skips)
			buf_add(to, p, (size_t)(next - p));
	}
	return strstr(buf_str(text), "\"\"\"") == NULL &&
	    strstr(buf_str(text), "'''") == NULL;
}

/* Append what the check reads in a file of this name. False: that can't be
 * told. */
static bool
test_role_reads(struct blob_store *blobs, const struct stage_side *side,
    const char *name, const char *check, struct buf *to)
{
	AUTO_BUF struct buf text = BUF_INIT(0);

	if (!side->exists || !test_role_text(blobs, side, &text))
		return false;
	if (test_input_name_in("pyproject.toml setup.cfg", name))
		return test_sections_text(&text, to);
	return (test_input_name_in(test_makefiles, name) ||
	    test_input_name_in("package.json composer.json", name)) &&
	    test_parts_text(&text, check, name, to);
}

/* Is what the check reads the same as before, although this file differs? */
static bool
test_role_is_same(struct blob_store *blobs, const struct stage_change *c,
    const char *check)
{
	AUTO_BUF struct buf was = BUF_INIT(0), is = BUF_INIT(0);
	const char *name = basename(c->path);

	return test_role_reads(blobs, &c->before, name, check, &was) &&
	    test_role_reads(blobs, &c->after, name, check, &is) &&
	    (strcmp(buf_str(&was), buf_str(&is)) == 0 ||
	    (test_input_name_in(test_makefiles, name) &&
	    test_make_grew(buf_str(&was), buf_str(&is))));
}

/* Test files that say which tests run, and how. One that is new changes what
 * existed; one that changes is put back as other tests are. */
static const char test_settings[] = "conftest.py pytest.ini .pytest.ini "
    "tox.ini noxfile.py jest.config.* vitest.config.* karma.conf.* .mocharc* "
    ".rspec phpunit.xml*";

struct test_change
test_change(struct policy *policy, struct blob_store *blobs, const char *check,
    const struct stage_change *c)
{
	struct test_change t = { TEST_CODE, c->before.exists };
	const char *name = basename(c->path);
	size_t i;

	if (policy_is_test(policy, c->path))
		t.role = TEST_TEST;
	else if (test_input_names(check, c->path) &&
	    !test_role_is_same(blobs, c, check))
		t.role = TEST_CHECK;
	for (i = 0; t.role == TEST_CODE && i < MEM_COUNT(test_both_rows); i++)
		if (test_input_name_in(test_both_rows[i].files, name) &&
		    test_role_is_both(blobs, &test_both_rows[i], c, &t.existed))
			t.role = TEST_BOTH;
	if (t.role == TEST_TEST && !t.existed &&
	    test_input_name_in(test_settings, name))
		t.role = TEST_CHECK;
	/* The check reads a new one instead of another, or beside it. */
	t.existed = t.existed || t.role == TEST_CHECK;
	return t;
}
