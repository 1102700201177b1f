/* A new runner is a name, its rows, and words next to its numbers. */
#include "config.h"

#include "policy/test-report.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "journal/event.h"

enum test_runner_id {
	RUNNER_PYTEST,
	RUNNER_UNITTEST,
	RUNNER_JEST,
	RUNNER_VITEST,
	RUNNER_MOCHA,
	RUNNER_GO,
	RUNNER_CARGO,
	RUNNER_MAVEN,
	RUNNER_GRADLE,
	RUNNER_RSPEC,
	RUNNER_MINITEST,
	RUNNER_TAP,
	RUNNER_AUTOMAKE,
	RUNNER_CTEST,
	RUNNER_IDS
};

/* clang-format off */
static const struct test_runner {
	const char	*name;
	bool		 apart;		/* what couldn't be collected is no test
					   in its sum */
	bool		 classes;	/* see test_report */
} test_runners[RUNNER_IDS] = {
	[RUNNER_PYTEST] = { "pytest", true, false },
	[RUNNER_UNITTEST] = { "unittest", false, true },
	[RUNNER_JEST] = { "Jest", false, false },
	[RUNNER_VITEST] = { "Vitest", false, false },
	[RUNNER_MOCHA] = { "Mocha", false, false },
	[RUNNER_GO] = { "go test", false, false },
	[RUNNER_CARGO] = { "cargo test", false, false },
	[RUNNER_MAVEN] = { "Maven", false, true },
	[RUNNER_GRADLE] = { "Gradle", false, true },
	[RUNNER_RSPEC] = { "RSpec", true, false },
	[RUNNER_MINITEST] = { "Minitest", false, false },
	[RUNNER_TAP] = { "TAP", true, false },
	[RUNNER_AUTOMAKE] = { "automake", false, false },
	[RUNNER_CTEST] = { "CTest", false, false },
};

/* What else is counted. */
enum {
	TEST_TOTAL = TEST_OUTCOMES,
	TEST_PACKAGES,		/* Go's that failed */
	TEST_COUNTS
};

/*
 * Lines, without the spaces and '=' around them. In a form %d is a number, %r
 * what pytest prints for the tests of a file, %* any text and %n a part of the
 * name, both up to where the rest of the form begins for the first time; %f is
 * such a part without spaces. Without %* at its end a form is the whole line.
 * The first form that matches counts.
 */
#define TEST_NUMBERS	TEST_COUNTS	/* it has numbers with words */
static const struct test_row {
	enum test_runner_id runner;
	const char	*form;
	int		 outcome;
	bool		 sure;		/* no other program prints it; not
					   indented, which subtests are */
} test_rows[] = {
	{ RUNNER_CARGO, "test result: %*", TEST_NUMBERS, false },
	{ RUNNER_CARGO, "test %n ... ok", TEST_PASSED, false },
	{ RUNNER_CARGO, "test %n ... FAILED", TEST_FAILED, false },
	{ RUNNER_CARGO, "test %n ... ignored%*", TEST_SKIPPED, false },
	{ RUNNER_CARGO, "Running %n (target/%*", TEST_RAN, false },
	{ RUNNER_CARGO, "error: could not compile `%n` (%*", TEST_BROKEN,
	  false },

	{ RUNNER_GO, "--- PASS: %n (%*", TEST_PASSED, true },
	{ RUNNER_GO, "--- FAIL: %n (%*", TEST_FAILED, true },
	{ RUNNER_GO, "--- SKIP: %n (%*", TEST_SKIPPED, true },
	{ RUNNER_GO, "FAIL\t%n [build failed]", TEST_BROKEN, true },
	{ RUNNER_GO, "FAIL\t%n [setup failed]", TEST_BROKEN, true },
	{ RUNNER_GO, "FAIL\t%*", TEST_PACKAGES, true },
	{ RUNNER_GO, "ok  \t%n\t%*", TEST_RAN, true },

	{ RUNNER_UNITTEST, "Ran %d test%* in %*s", TEST_NUMBERS, false },
	{ RUNNER_UNITTEST, "FAILED (%*", TEST_NUMBERS, false },
	{ RUNNER_UNITTEST, "OK (%*", TEST_NUMBERS, false },
	{ RUNNER_UNITTEST, "ERROR: %n (unittest.loader._FailedTest%*",
	  TEST_BROKEN, false },
	{ RUNNER_UNITTEST, "ERROR: %n (%n)%n", TEST_FAILED, false },
	{ RUNNER_UNITTEST, "FAIL: %n (%n)%n", TEST_FAILED, false },
	{ RUNNER_UNITTEST, "%n (%n)%n ... ok", TEST_PASSED, false },
	{ RUNNER_UNITTEST, "%n (%n)%n ... skipped%*", TEST_SKIPPED, false },
	{ RUNNER_UNITTEST, "%n (%n)%n ... expected failure", TEST_XFAILED,
	  false },

	{ RUNNER_PYTEST, "%d %* in %d.%ds%*", TEST_NUMBERS, false },
	{ RUNNER_PYTEST, "FAILED %f::%n - %*", TEST_FAILED, false },
	{ RUNNER_PYTEST, "FAILED %f::%n", TEST_FAILED, false },
	{ RUNNER_PYTEST, "ERROR %f.py%n - %*", TEST_BROKEN, false },
	{ RUNNER_PYTEST, "ERROR %f.py%n", TEST_BROKEN, false },
	{ RUNNER_PYTEST, "%f.py::%n PASSED%*", TEST_PASSED, false },
	{ RUNNER_PYTEST, "%f.py::%n FAILED%*", TEST_FAILED, false },
	{ RUNNER_PYTEST, "%f.py::%n SKIPPED%*", TEST_SKIPPED, false },
	{ RUNNER_PYTEST, "%f.py::%n XFAIL%*", TEST_XFAILED, false },
	{ RUNNER_PYTEST, "[gw%d] [%*] PASSED %n", TEST_PASSED, false },
	{ RUNNER_PYTEST, "%f.py%f %r", TEST_RAN, false },
	{ RUNNER_PYTEST, "%f.py%f %r %*", TEST_RAN, false },

	/* Other programs print check marks, too: they don't say "passed". */
	{ RUNNER_JEST, "Tests: %* total%*", TEST_NUMBERS, false },
	{ RUNNER_JEST, "● Test suite failed to run", TEST_BROKEN, false },
	{ RUNNER_JEST, "● %n › %n", TEST_FAILED, false },
	{ RUNNER_JEST, "✓ %n (%d ms)", TEST_RAN, false },
	{ RUNNER_JEST, "✕ %n (%d ms)", TEST_FAILED, false },
	{ RUNNER_JEST, "✕ %n", TEST_FAILED, false },
	{ RUNNER_JEST, "○ skipped %n", TEST_SKIPPED, false },
	{ RUNNER_JEST, "PASS %n", TEST_RAN, false },

	{ RUNNER_VITEST, "Tests  %* (%d)", TEST_NUMBERS, false },
	{ RUNNER_VITEST, "FAIL  %n [ %* ]", TEST_BROKEN, false },
	{ RUNNER_VITEST, "FAIL  %n > %n", TEST_FAILED, false },
	{ RUNNER_VITEST, "✓ %n (%d test%*", TEST_RAN, false },
	{ RUNNER_VITEST, "❯ %n (%d test%*", TEST_RAN, false },
	{ RUNNER_VITEST, "✓ %n %dms", TEST_RAN, false },
	{ RUNNER_VITEST, "✓ %n", TEST_RAN, false },
	{ RUNNER_JEST, "FAIL %n", TEST_RAN, false },

	{ RUNNER_MOCHA, "%d passing%*", TEST_NUMBERS, false },
	{ RUNNER_MOCHA, "%d failing", TEST_NUMBERS, false },
	{ RUNNER_MOCHA, "%d pending", TEST_NUMBERS, false },

	{ RUNNER_MAVEN,
	  "%*Tests run: %d, Failures: %d, Errors: %d, Skipped: %d",
	  TEST_NUMBERS, false },
	{ RUNNER_MAVEN, "[%*] Tests run: %* in %n", TEST_RAN, false },
	{ RUNNER_MAVEN, "Tests run: %* in %n", TEST_RAN, false },
	{ RUNNER_MAVEN, "[ERROR] %n -- Time elapsed: %*<<< %*", TEST_FAILED,
	  false },
	{ RUNNER_MAVEN, "[ERROR] %n  Time elapsed: %*<<< %*", TEST_FAILED,
	  false },
	{ RUNNER_MAVEN, "%n  Time elapsed: %*<<< %*", TEST_FAILED, false },
	{ RUNNER_MAVEN, "[ERROR] COMPILATION ERROR%*", TEST_BROKEN, false },

	{ RUNNER_GRADLE, "%d test%* completed, %*", TEST_NUMBERS, false },
	{ RUNNER_GRADLE, "%n > %n PASSED", TEST_PASSED, false },
	{ RUNNER_GRADLE, "%n > %n FAILED", TEST_FAILED, false },
	{ RUNNER_GRADLE, "%n > %n SKIPPED", TEST_SKIPPED, false },
	{ RUNNER_GRADLE, "Execution failed for task '%n:compile%n'.",
	  TEST_BROKEN, false },

	{ RUNNER_RSPEC, "%d example%*, %d failure%*", TEST_NUMBERS, false },
	{ RUNNER_RSPEC, "rspec %n # %n", TEST_FAILED, false },
	{ RUNNER_RSPEC, "An error occurred while loading %n.", TEST_BROKEN,
	  false },
	{ RUNNER_MINITEST, "%d runs, %d assertions, %*", TEST_NUMBERS, false },
	{ RUNNER_MINITEST, "%d tests, %d assertions, %*", TEST_NUMBERS,
	  false },

	{ RUNNER_TAP, "Files=%d, Tests=%d,%*", TEST_NUMBERS, false },
	{ RUNNER_TAP, "Failed %d/%d subtests%*", TEST_NUMBERS, false },
	{ RUNNER_TAP, "(less %d skipped subtest%*", TEST_NUMBERS, false },
	{ RUNNER_TAP, "No subtests run%*", TEST_BROKEN, true },
	{ RUNNER_TAP, "%f.t%f ..%* skipped: %*", TEST_SKIPPED, false },
	{ RUNNER_TAP, "%f.t%f ..%*", TEST_RAN, false },

	/* Not any comment with a number. */
	{ RUNNER_TAP, "# tests %d", TEST_NUMBERS, false },
	{ RUNNER_TAP, "# pass %d", TEST_NUMBERS, false },
	{ RUNNER_TAP, "# fail %d", TEST_NUMBERS, false },
	{ RUNNER_TAP, "# cancelled %d", TEST_NUMBERS, false },
	{ RUNNER_TAP, "# skipped %d", TEST_NUMBERS, false },
	{ RUNNER_TAP, "# todo %d", TEST_NUMBERS, false },
	{ RUNNER_TAP, "ℹ tests %d", TEST_NUMBERS, false },
	{ RUNNER_TAP, "ℹ pass %d", TEST_NUMBERS, false },
	{ RUNNER_TAP, "ℹ fail %d", TEST_NUMBERS, false },
	{ RUNNER_TAP, "ℹ cancelled %d", TEST_NUMBERS, false },
	{ RUNNER_TAP, "ℹ skipped %d", TEST_NUMBERS, false },
	{ RUNNER_TAP, "ℹ todo %d", TEST_NUMBERS, false },
	{ RUNNER_TAP, "✔ %n (%*ms)", TEST_RAN, false },
	{ RUNNER_TAP, "✖ %n (%*ms)", TEST_FAILED, false },
	{ RUNNER_TAP, "# Subtest: %n", TEST_RAN, false },

	{ RUNNER_TAP, "ok %d%*# SKIP%*", TEST_SKIPPED, true },
	{ RUNNER_TAP, "ok %d%*# Skip%*", TEST_SKIPPED, true },
	{ RUNNER_TAP, "ok %d%*# skip%*", TEST_SKIPPED, true },
	{ RUNNER_TAP, "not ok %d%*# TODO%*", TEST_XFAILED, true },
	{ RUNNER_TAP, "ok %d - %n", TEST_PASSED, true },
	{ RUNNER_TAP, "ok %d %n", TEST_PASSED, true },
	{ RUNNER_TAP, "ok %d", TEST_PASSED, true },
	{ RUNNER_TAP, "not ok %d - %n", TEST_FAILED, true },
	{ RUNNER_TAP, "not ok %d %n", TEST_FAILED, true },
	{ RUNNER_TAP, "not ok %d", TEST_FAILED, true },
	{ RUNNER_TAP, "Bail out!%*", TEST_BROKEN, true },

	{ RUNNER_CTEST, "%d%* tests passed, %*", TEST_NUMBERS, false },
	{ RUNNER_CTEST, "%d/%d Test%*#%d: %n .%*Passed%*", TEST_PASSED,
	  false },
	{ RUNNER_CTEST, "%d/%d Test%*#%d: %n .%*Not Run%*", TEST_BROKEN,
	  false },
	{ RUNNER_CTEST, "%d/%d Test%*#%d: %n .%*Skipped%*", TEST_SKIPPED,
	  false },
	{ RUNNER_CTEST, "%d/%d Test%*#%d: %n .%****%*", TEST_FAILED, false },

	{ RUNNER_AUTOMAKE, "# TOTAL: %*", TEST_NUMBERS, false },
	{ RUNNER_AUTOMAKE, "# PASS: %*", TEST_NUMBERS, false },
	{ RUNNER_AUTOMAKE, "# FAIL: %*", TEST_NUMBERS, false },
	{ RUNNER_AUTOMAKE, "# SKIP: %*", TEST_NUMBERS, false },
	{ RUNNER_AUTOMAKE, "# XFAIL: %*", TEST_NUMBERS, false },
	{ RUNNER_AUTOMAKE, "# XPASS: %*", TEST_NUMBERS, false },
	{ RUNNER_AUTOMAKE, "# ERROR: %*", TEST_NUMBERS, false },
	{ RUNNER_AUTOMAKE, "PASS: %n", TEST_PASSED, false },
	{ RUNNER_AUTOMAKE, "FAIL: %n", TEST_FAILED, false },
	{ RUNNER_AUTOMAKE, "XPASS: %n", TEST_XPASSED, false },
	{ RUNNER_AUTOMAKE, "SKIP: %n", TEST_SKIPPED, false },
	{ RUNNER_AUTOMAKE, "XFAIL: %n", TEST_XFAILED, false },
	{ RUNNER_AUTOMAKE, "ERROR: %n", TEST_ERROR, false },
};

/* Words next to a number. The first that fits counts. */
static const struct test_word {
	const char	*word;
	int		 outcome;
} test_words[] = {
	{ "tests failed", TEST_FAILED }, { "expected failures", TEST_XFAILED },
	{ "failed", TEST_FAILED }, { "failing", TEST_FAILED },
	{ "failures", TEST_FAILED }, { "failure", TEST_FAILED },
	{ "fail", TEST_FAILED }, { "cancelled", TEST_FAILED },
	{ "error", TEST_ERROR }, { "errors", TEST_ERROR },
	{ "successes", TEST_XPASSED }, { "xpassed", TEST_XPASSED },
	{ "xpass", TEST_XPASSED },
	{ "passed", TEST_PASSED }, { "passing", TEST_PASSED },
	{ "pass", TEST_PASSED },
	{ "skipped", TEST_SKIPPED }, { "ignored", TEST_SKIPPED },
	{ "pending", TEST_SKIPPED }, { "pendings", TEST_SKIPPED },
	{ "skips", TEST_SKIPPED }, { "skip", TEST_SKIPPED },
	{ "omissions", TEST_SKIPPED }, { "todo", TEST_SKIPPED },
	{ "xfailed", TEST_XFAILED }, { "xfail", TEST_XFAILED },
	{ "out of", TEST_TOTAL }, { "total", TEST_TOTAL },
	{ "run", TEST_TOTAL }, { "runs", TEST_TOTAL },
	{ "tests", TEST_TOTAL }, { "test", TEST_TOTAL },
	{ "examples", TEST_TOTAL }, { "example", TEST_TOTAL },
};
/* clang-format on */

#define TEST_LINE_MAX	((size_t)1000)
#define TEST_NUMBER_MAX	1000000000
#define TEST_DIGITS	"0123456789"

struct test_reader {
	struct test_report *to;
	size_t		 named;		/* names, also those of before */
	int64_t		 at;		/* lines that are sure */
	int64_t		 last;		/* of the runners summed up so far */
	struct test_tally {
		/* Of numbers, and of lines about a test. */
		int64_t	 numbers[TEST_COUNTS], lines[TEST_COUNTS];
		int64_t	 tests;		/* lines that say how it ended */
		int64_t	 at;		/* the last line that is sure; or 0 */
		bool	 counts;	/* it has numbers */
	} tally[RUNNER_IDS];
};

/* Does a line have the form? The part of it that is the name, or NULL. */
static bool
test_report_match(const char *form, const char *s, const char **name,
    size_t *len)
{
	const char *to;
	size_t n, left;
	char what;

	for (*name = NULL, *len = 0;; s = to) {
		for (; *form != '%'; form++, s++)
			if (*form != *s)
				return false;
			else if (*form == '\0')
				return true;
		what = form[1];
		form += 2;
		left = strlen(s);
		n = strcspn(form, "%");
		if (what == 'd' || what == 'r')
			to = s + strspn(s, what == 'd' ? TEST_DIGITS :
			    ".FEsxX");
		else if (form[n] == '\0')
			/* What ends the line: the last one. */
			to = s + (left < n ? 0 : left - n);
		else
			to = memmem(s, left, form, n);
		if (to == NULL || (to == s && (what == 'd' || what == 'r')) ||
		    (what == 'f' && memchr(s, ' ', (size_t)(to - s)) != NULL))
			return false;
		if (what == 'n' || what == 'f') {
			*name = *name == NULL ? s : *name;
			*len = (size_t)(to - *name);
		}
	}
}

static void
test_report_add(struct test_reader *r, const char *name, size_t len,
    enum test_outcome outcome)
{
	struct test_report *to = r->to;

	if (len == 0 || r->named++ >= TEST_NAMED_MAX)
		return;
	if (outcome <= TEST_BROKEN)
		/* Some print it twice. */
		MEM_EACH(to, v, test)
			if (test->outcome == outcome && strncmp(test->name,
			    name, len) == 0 && test->name[len] == '\0')
				return;
	*GROW_ADD(to->v, to->v_len) =
	    (struct test_named){ .name = xmemdup(name, len),
		.outcome = outcome };
}

/* What the number from `p` to `end` counts, by the word after or before it;
 * NULL: something else. */
static const struct test_word *
test_report_counted(const char *line, const char *p, const char *end)
{
	const char *after = end + strspn(end, " "), *before = p;
	const struct test_word *w;
	size_t n;

	while (before > line && strchr(" :=", before[-1]) != NULL)
		before--;
	for (w = test_words; w < test_words + MEM_COUNT(test_words); w++) {
		n = strlen(w->word);
		if ((after > end && strncasecmp(after, w->word, n) == 0 &&
		    !isalpha((unsigned char)after[n])) ||
		    (before < p && (size_t)(before - line) >= n &&
		    strncasecmp(before - n, w->word, n) == 0 &&
		    (before - n == line ||
		    !isalpha((unsigned char)before[-1 - (ptrdiff_t)n]))))
			return w;
	}
	return NULL;
}

/* The numbers of a line: "3 passed", "Failures: 3", "failures=3", "pass 3".
 * False: it has none. */
static bool
test_report_count(int64_t *to, bool again, const char *line)
{
	const struct test_word *w;
	const char *p = line;
	bool any = false;
	int64_t n;
	char *end;

	for (; (p += strcspn(p, TEST_DIGITS), *p != '\0'); p = end) {
		n = strtoll(p, &end, 10);
		w = test_report_counted(line, p, end);
		if (w == NULL)
			continue;
		if (again && w->outcome == TEST_TOTAL)
			memset(to, 0, TEST_COUNTS * sizeof(*to));
		to[w->outcome] += n < TEST_NUMBER_MAX ? n : TEST_NUMBER_MAX;
		any = true;
	}
	return any;
}

static void
test_report_line(struct test_reader *r, const char *line)
{
	const char *s = line + strspn(line, " \t="), *name;
	const struct test_row *row;
	struct test_tally *t;
	bool numbers;
	size_t len;

	for (row = test_rows; row < test_rows + MEM_COUNT(test_rows); row++) {
		t = &r->tally[row->runner];
		numbers = row->outcome == TEST_NUMBERS;
		/* Automake prints the same numbers again with
		 * test-suite.log. */
		if (test_report_match(row->form, s, &name, &len) &&
		    (!numbers || test_report_count(t->numbers,
		    row->runner == RUNNER_AUTOMAKE, s)))
			break;
	}
	if (row == test_rows + MEM_COUNT(test_rows))
		return;
	t->counts = t->counts || numbers;
	if (numbers || (row->sure && s == line))
		t->at = ++r->at;
	if (numbers)
		return;
	if (name != NULL)
		test_report_add(r, name, len, (enum test_outcome)row->outcome);
	else if (row->outcome == TEST_BROKEN && r->to->v_len > 0)
		r->to->v[r->to->v_len - 1].outcome = TEST_BROKEN;
	if (!row->sure || s == line) {
		t->lines[row->outcome]++;
		t->tests += row->outcome < TEST_RAN &&
		    row->outcome != TEST_ERROR;
	}
}

static char *
test_report_words(const int64_t *n, bool packages)
{
	static const char *const words[] = {
		[TEST_FAILED] = "failed", [TEST_ERROR] = "error",
		[TEST_XPASSED] = "xpassed", [TEST_PASSED] = "passed",
		[TEST_SKIPPED] = "skipped", [TEST_XFAILED] = "xfailed",
	};
	struct buf b = BUF_INIT(0);
	size_t i;

	for (i = 0; i < MEM_COUNT(words); i++)
		if (words[i] != NULL && n[i] > 0)
			buf_addf(&b, "%s%lld %s%s", b.len > 0 ? ", " : "",
			    (long long)n[i], words[i], i == TEST_ERROR &&
			    n[i] > 1 ? "s" : "");
	buf_addf(&b, "%s%s", b.len == 0 ? "0 passed" : "", packages ?
	    " (packages)" : "");
	return buf_take(&b);
}

/* One runner's part of the report. */
static void
test_report_sum(struct test_reader *r, size_t id)
{
	const struct test_runner *runner = &test_runners[id];
	const struct test_tally *t = &r->tally[id];
	struct test_report *to = r->to;
	/* CTest's numbers call what it skipped passed, and what wasn't built
	 * failed. */
	bool lines = !t->counts || (id == RUNNER_CTEST &&
	    t->tests >= t->numbers[TEST_TOTAL]);
	bool packages;
	int64_t n[TEST_COUNTS], left, errors;
	size_t i;

	memcpy(n, lines ? t->lines : t->numbers, sizeof(n));
	/* What couldn't be collected is among its errors. */
	errors = n[TEST_ERROR] > t->lines[TEST_BROKEN] ? n[TEST_ERROR] :
	    t->lines[TEST_BROKEN];
	n[TEST_BROKEN] = runner->apart ? errors : t->lines[TEST_BROKEN];
	n[TEST_ERROR] = errors - n[TEST_BROKEN];
	left = n[TEST_TOTAL] + (runner->apart ? errors : 0);
	for (i = 0; i < TEST_RAN; i++)
		left -= n[i];
	if (n[TEST_PASSED] == 0 && left > 0)
		n[TEST_PASSED] = left;
	if (n[TEST_PASSED] > 0)
		n[TEST_RAN] = 0;
	for (i = 0; i < TEST_OUTCOMES; i++)
		to->n[i] += n[i];
	if (t->at < r->last)
		return;
	r->last = t->at;
	to->runner = runner->name;
	to->classes = runner->classes;
	n[TEST_ERROR] = errors;
	/* Go names passed tests only with -v. */
	packages = id == RUNNER_GO && n[TEST_PASSED] == 0 &&
	    n[TEST_RAN] + n[TEST_PACKAGES] > 0;
	if (packages) {
		n[TEST_PASSED] = n[TEST_RAN];
		n[TEST_FAILED] = n[TEST_PACKAGES];
	}
	if (t->at > 0)
		FREE_SET(to->words, test_report_words(n, packages));
}

void
test_report_read(const char *output, size_t len, struct test_report *to)
{
	struct test_reader r = { .to = to };
	const char *p = output, *end = output + len, *eol;
	char line[TEST_LINE_MAX + 1];
	size_t i, n;

	memset(to, 0, sizeof(*to));
	if (len > TEST_OUTPUT_MAX)
		p = mem_line_after(end - TEST_OUTPUT_MAX, end);
	MEM_EACH_LINE(p, eol, end) {
		for (n = 0; p < eol && n < TEST_LINE_MAX; p++)
			if (*p != '\033')
				line[n++] = *p;
			else
				/* A colour: up to its letter. */
				while (p + 1 < eol && !isalpha(
				    (unsigned char)*p))
					p++;
		while (n > 0 && strchr(" \t\r=", line[n - 1]) != NULL)
			n--;
		line[n] = '\0';
		test_report_line(&r, line);
	}
	if (r.tally[RUNNER_AUTOMAKE].counts && !r.tally[RUNNER_TAP].counts)
		/* Automake's tests may print TAP. */
		r.tally[RUNNER_TAP] = (struct test_tally){ 0 };
	for (i = 0; i < RUNNER_IDS; i++)
		if (r.tally[i].at > 0)
			test_report_sum(&r, i);
	for (i = 0; i < RUNNER_IDS && to->runner == NULL; i++)
		if (r.tally[i].tests > 0)
			test_report_sum(&r, i);
	if (to->runner == NULL)
		test_report_release(to);
}

void
test_report_release(struct test_report *r)
{
	MEM_EACH(r, v, test)
		free(test->name);
	FREE_ALL(r->v, r->words);
	memset(r, 0, sizeof(*r));
}

char *
test_summary(const char *output, size_t len)
{
	AUTO(test_report_release) struct test_report r = { 0 };

	test_report_read(output, len, &r);
	return xstrdup_null(r.words);
}

static bool
test_report_in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Is the name in the text, as whole words? */
static bool
test_report_has(const char *text, const char *name, size_t len)
{
	const char *end = text + strlen(text), *p = text;

	for (; len > 0 && (p = memmem(p, (size_t)(end - p), name, len)) !=
	    NULL; p++)
		if ((p == text || !test_report_in_name(p[-1])) &&
		    !test_report_in_name(p[len]))
			return true;
	return false;
}

/* Does the text begin with the file's name as a folder above it has it? */
static bool
test_report_begins(const char *text, const char *name)
{
	size_t len;

	while ((name = strchr(name, '/')) != NULL) {
		len = strlen(++name);
		if (strncmp(text, name, len) == 0 &&
		    !test_report_in_name(text[len]))
			return true;
	}
	return false;
}

/* Is one of these outcomes that of this test, or of one in this file? */
static bool
test_report_any(const struct test_report *r, const char *name, unsigned outcomes)
{
	const char *slash = strrchr(name, '/'), *dot, *path = name;
	size_t len;

	/* A class or module is named after its file. */
	if (r->classes && slash != NULL)
		name = slash + 1;
	dot = r->classes ? strrchr(name, '.') : NULL;
	len = dot == NULL ? strlen(name) : (size_t)(dot - name);
	MEM_EACH(r, v, test)
		if ((outcomes & 1u << test->outcome) != 0 &&
		    (test_report_has(test->name, name, len) ||
		    test_report_begins(test->name, path)))
			return true;
	return false;
}

bool
test_report_saw(const struct test_report *r, const char *name)
{
	return test_report_any(r, name, ~(1u << TEST_SKIPPED |
	    1u << TEST_BROKEN));
}

bool
test_report_failed(const struct test_report *r, const char *name)
{
	return test_report_any(r, name, 1u << TEST_FAILED | 1u << TEST_ERROR);
}
