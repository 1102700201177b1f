#include "config.h"

#include "core/review/runner.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "journal/event.h"

enum runner_id {
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

static const char *const runner_names[RUNNER_IDS] = {
	[RUNNER_PYTEST] = "pytest", [RUNNER_UNITTEST] = "unittest",
	[RUNNER_JEST] = "Jest", [RUNNER_VITEST] = "Vitest",
	[RUNNER_MOCHA] = "Mocha", [RUNNER_GO] = "go test",
	[RUNNER_CARGO] = "cargo test", [RUNNER_MAVEN] = "Maven",
	[RUNNER_GRADLE] = "Gradle", [RUNNER_RSPEC] = "RSpec",
	[RUNNER_MINITEST] = "Minitest", [RUNNER_TAP] = "TAP",
	[RUNNER_AUTOMAKE] = "automake", [RUNNER_CTEST] = "CTest",
};

/*
 * Lines, without the blanks, '=' and "[INFO]" that they begin with. In a form %d
 * is a number, %_ blanks, %r what pytest prints for the tests of a file, %* any
 * text and %n a part of the name, both up to where the rest of the form begins
 * for the first time. Without %* at its end a form is the whole line. The first
 * form that matches counts.
 */
#define RUNNER_COUNTS	((enum runner_outcome)RUNNER_OUTCOMES)
static const struct runner_row {
	enum runner_id	 id;
	const char	*form;
	enum runner_outcome outcome;	/* RUNNER_COUNTS: it has numbers */
	bool		 top;		/* counts only if it isn't indented */
} runner_rows[] = {
	{ RUNNER_CARGO, "test result: %*", RUNNER_COUNTS, false },
	{ RUNNER_CARGO, "test %n ... ok", RUNNER_PASSED, false },
	{ RUNNER_CARGO, "test %n ... FAILED", RUNNER_FAILED, false },
	{ RUNNER_CARGO, "test %n ... ignored%*", RUNNER_SKIPPED, false },
	{ RUNNER_CARGO, "Running %n (target/%*", RUNNER_RAN, false },
	{ RUNNER_CARGO, "error: could not compile `%n` (%*", RUNNER_BROKEN,
	  false },

	{ RUNNER_GO, "--- PASS: %n (%*", RUNNER_PASSED, true },
	{ RUNNER_GO, "--- FAIL: %n (%*", RUNNER_FAILED, true },
	{ RUNNER_GO, "--- SKIP: %n (%*", RUNNER_SKIPPED, true },
	{ RUNNER_GO, "FAIL\t%n [build failed]", RUNNER_BROKEN, true },
	{ RUNNER_GO, "FAIL\t%n [setup failed]", RUNNER_BROKEN, true },
	{ RUNNER_GO, "ok  \t%n\t%*", RUNNER_RAN, true },

	{ RUNNER_UNITTEST, "Ran %d test%* in %*s", RUNNER_COUNTS, false },
	{ RUNNER_UNITTEST, "FAILED (%*", RUNNER_COUNTS, false },
	{ RUNNER_UNITTEST, "OK (%*", RUNNER_COUNTS, false },
	{ RUNNER_UNITTEST, "ERROR: %n (unittest.loader._FailedTest%*",
	  RUNNER_BROKEN, false },
	{ RUNNER_UNITTEST, "ERROR: %n (%n)%n", RUNNER_FAILED, false },
	{ RUNNER_UNITTEST, "FAIL: %n (%n)%n", RUNNER_FAILED, false },
	{ RUNNER_UNITTEST, "%n (%n)%n ... ok", RUNNER_PASSED, false },
	{ RUNNER_UNITTEST, "%n (%n)%n ... skipped%*", RUNNER_SKIPPED, false },
	{ RUNNER_UNITTEST, "%n (%n)%n ... expected failure", RUNNER_SKIPPED,
	  false },

	{ RUNNER_PYTEST, "%d %* in %d.%ds%*", RUNNER_COUNTS, false },
	{ RUNNER_PYTEST, "FAILED %n::%n - %*", RUNNER_FAILED, false },
	{ RUNNER_PYTEST, "FAILED %n::%n", RUNNER_FAILED, false },
	{ RUNNER_PYTEST, "ERROR %n.py%n - %*", RUNNER_BROKEN, false },
	{ RUNNER_PYTEST, "ERROR %n.py%n", RUNNER_BROKEN, false },
	{ RUNNER_PYTEST, "%n.py::%n PASSED%*", RUNNER_PASSED, false },
	{ RUNNER_PYTEST, "%n.py::%n FAILED%*", RUNNER_FAILED, false },
	{ RUNNER_PYTEST, "%n.py::%n SKIPPED%*", RUNNER_SKIPPED, false },
	{ RUNNER_PYTEST, "%n.py::%n XFAIL%*", RUNNER_SKIPPED, false },
	{ RUNNER_PYTEST, "[gw%d] [%*] PASSED %n", RUNNER_PASSED, false },
	{ RUNNER_PYTEST, "%n.py%n %r", RUNNER_RAN, false },
	{ RUNNER_PYTEST, "%n.py%n %r %*", RUNNER_RAN, false },

	{ RUNNER_JEST, "Tests: %* total%*", RUNNER_COUNTS, false },
	{ RUNNER_JEST, "● Test suite failed to run", RUNNER_BROKEN, false },
	{ RUNNER_JEST, "● %n › %n", RUNNER_FAILED, false },
	{ RUNNER_JEST, "✓ %n (%d ms)", RUNNER_PASSED, false },
	{ RUNNER_JEST, "✕ %n (%d ms)", RUNNER_FAILED, false },
	{ RUNNER_JEST, "✕ %n", RUNNER_FAILED, false },
	{ RUNNER_JEST, "○ skipped %n", RUNNER_SKIPPED, false },
	{ RUNNER_JEST, "PASS %n", RUNNER_RAN, true },

	{ RUNNER_VITEST, "Tests  %* (%d)", RUNNER_COUNTS, false },
	{ RUNNER_VITEST, "FAIL  %n [ %* ]", RUNNER_BROKEN, false },
	{ RUNNER_VITEST, "FAIL  %n > %n", RUNNER_FAILED, false },
	{ RUNNER_VITEST, "✓ %n (%d test%*", RUNNER_RAN, false },
	{ RUNNER_VITEST, "❯ %n (%d test%*", RUNNER_RAN, false },
	{ RUNNER_VITEST, "✓ %n %dms", RUNNER_PASSED, false },
	{ RUNNER_VITEST, "✓ %n", RUNNER_PASSED, false },
	{ RUNNER_JEST, "FAIL %n", RUNNER_RAN, true },

	{ RUNNER_MOCHA, "%d passing%*", RUNNER_COUNTS, false },
	{ RUNNER_MOCHA, "%d failing", RUNNER_COUNTS, false },
	{ RUNNER_MOCHA, "%d pending", RUNNER_COUNTS, false },

	{ RUNNER_MAVEN, "Tests run: %d, Failures: %d, Errors: %d, Skipped: %d",
	  RUNNER_COUNTS, false },
	{ RUNNER_MAVEN, "Tests run: %* in %n", RUNNER_RAN, false },
	{ RUNNER_MAVEN, "%n -- Time elapsed: %*<<< %*", RUNNER_FAILED, false },
	{ RUNNER_MAVEN, "%n  Time elapsed: %*<<< %*", RUNNER_FAILED, false },
	{ RUNNER_MAVEN, "COMPILATION ERROR%*", RUNNER_BROKEN, false },
	{ RUNNER_GRADLE, "%d test%* completed, %*", RUNNER_COUNTS, false },
	{ RUNNER_GRADLE, "%n > %n PASSED", RUNNER_PASSED, false },
	{ RUNNER_GRADLE, "%n > %n FAILED", RUNNER_FAILED, false },
	{ RUNNER_GRADLE, "%n > %n SKIPPED", RUNNER_SKIPPED, false },
	{ RUNNER_GRADLE, "Execution failed for task '%n:compile%n'.",
	  RUNNER_BROKEN, false },

	{ RUNNER_RSPEC, "%d example%*, %d failure%*", RUNNER_COUNTS, false },
	{ RUNNER_RSPEC, "rspec %n # %n", RUNNER_FAILED, false },
	{ RUNNER_RSPEC, "An error occurred while loading %n.", RUNNER_BROKEN,
	  false },
	{ RUNNER_MINITEST, "%d runs, %d assertions, %*", RUNNER_COUNTS,
	  false },
	{ RUNNER_MINITEST, "%d tests, %d assertions, %*", RUNNER_COUNTS,
	  false },

	{ RUNNER_TAP, "Files=%d, Tests=%d,%*", RUNNER_COUNTS, true },
	{ RUNNER_TAP, "Failed %d/%d subtests%*", RUNNER_COUNTS, true },
	{ RUNNER_TAP, "(less %d skipped subtest%*", RUNNER_COUNTS, false },
	{ RUNNER_TAP, "No subtests run%*", RUNNER_BROKEN, true },
	{ RUNNER_TAP, "# tests %d", RUNNER_COUNTS, true },
	{ RUNNER_TAP, "# pass %d", RUNNER_COUNTS, true },
	{ RUNNER_TAP, "# fail %d", RUNNER_COUNTS, true },
	{ RUNNER_TAP, "# cancelled %d", RUNNER_COUNTS, true },
	{ RUNNER_TAP, "# skipped %d", RUNNER_COUNTS, true },
	{ RUNNER_TAP, "# todo %d", RUNNER_COUNTS, true },
	{ RUNNER_TAP, "ℹ %* %d", RUNNER_COUNTS, true },
	{ RUNNER_TAP, "✔ %n (%*ms)", RUNNER_PASSED, false },
	{ RUNNER_TAP, "✖ %n (%*ms)", RUNNER_FAILED, false },
	{ RUNNER_TAP, "# Subtest: %n", RUNNER_RAN, false },
	{ RUNNER_TAP, "ok %d - %n # SKIP%*", RUNNER_SKIPPED, true },
	{ RUNNER_TAP, "ok %d%n# skip%*", RUNNER_SKIPPED, true },
	{ RUNNER_TAP, "not ok %d%n# TODO%*", RUNNER_SKIPPED, true },
	{ RUNNER_TAP, "ok %d - %n", RUNNER_PASSED, true },
	{ RUNNER_TAP, "ok %d %n", RUNNER_PASSED, true },
	{ RUNNER_TAP, "ok %d", RUNNER_PASSED, true },
	{ RUNNER_TAP, "not ok %d - %n", RUNNER_FAILED, true },
	{ RUNNER_TAP, "not ok %d %n", RUNNER_FAILED, true },
	{ RUNNER_TAP, "not ok %d", RUNNER_FAILED, true },
	{ RUNNER_TAP, "Bail out!%*", RUNNER_BROKEN, true },
	{ RUNNER_TAP, "%n.t%n (Wstat: %*", RUNNER_RAN, true },
	{ RUNNER_TAP, "%n.t%n .%* ok", RUNNER_RAN, true },

	{ RUNNER_CTEST, "%d/%d Test%_#%d: %n .%*Passed%*", RUNNER_PASSED,
	  false },
	{ RUNNER_CTEST, "%d/%d Test%_#%d: %n .%*Not Run%*", RUNNER_BROKEN,
	  false },
	{ RUNNER_CTEST, "%d/%d Test%_#%d: %n .%*Skipped%*", RUNNER_SKIPPED,
	  false },
	{ RUNNER_CTEST, "%d/%d Test%_#%d: %n .%****%*", RUNNER_FAILED, false },

	{ RUNNER_AUTOMAKE, "# PASS: %*", RUNNER_COUNTS, true },
	{ RUNNER_AUTOMAKE, "# FAIL: %*", RUNNER_COUNTS, true },
	{ RUNNER_AUTOMAKE, "# SKIP: %*", RUNNER_COUNTS, true },
	{ RUNNER_AUTOMAKE, "# XFAIL: %*", RUNNER_COUNTS, true },
	{ RUNNER_AUTOMAKE, "# XPASS: %*", RUNNER_COUNTS, true },
	{ RUNNER_AUTOMAKE, "# ERROR: %*", RUNNER_COUNTS, true },
	{ RUNNER_AUTOMAKE, "PASS: %n", RUNNER_PASSED, false },
	{ RUNNER_AUTOMAKE, "FAIL: %n", RUNNER_FAILED, false },
	{ RUNNER_AUTOMAKE, "XPASS: %n", RUNNER_FAILED, false },
	{ RUNNER_AUTOMAKE, "SKIP: %n", RUNNER_SKIPPED, false },
	{ RUNNER_AUTOMAKE, "XFAIL: %n", RUNNER_SKIPPED, false },
	{ RUNNER_AUTOMAKE, "ERROR: %n", RUNNER_BROKEN, false },
};

/* Before or after a number. */
enum runner_number {
	RUNNER_NUMBER_TOTAL = RUNNER_OUTCOMES,
	RUNNER_NUMBER_ERRORS,	/* RUNNER_BROKEN in some, else RUNNER_FAILED */
	RUNNER_NUMBERS
};
static const struct runner_word { const char *word; int number; }
runner_words[] = {
	{ "passed", RUNNER_PASSED }, { "passing", RUNNER_PASSED },
	{ "pass", RUNNER_PASSED }, { "xpassed", RUNNER_PASSED },
	{ "failed", RUNNER_FAILED }, { "failing", RUNNER_FAILED },
	{ "failures", RUNNER_FAILED }, { "failure", RUNNER_FAILED },
	{ "fail", RUNNER_FAILED }, { "cancelled", RUNNER_FAILED },
	{ "xpass", RUNNER_FAILED }, { "successes", RUNNER_FAILED },
	{ "skipped", RUNNER_SKIPPED }, { "ignored", RUNNER_SKIPPED },
	{ "pending", RUNNER_SKIPPED }, { "skips", RUNNER_SKIPPED },
	{ "skip", RUNNER_SKIPPED }, { "todo", RUNNER_SKIPPED },
	{ "xfailed", RUNNER_SKIPPED }, { "xfail", RUNNER_SKIPPED },
	{ "pendings", RUNNER_SKIPPED }, { "omissions", RUNNER_SKIPPED },
	{ "error", RUNNER_NUMBER_ERRORS }, { "errors", RUNNER_NUMBER_ERRORS },
	{ "run", RUNNER_NUMBER_TOTAL }, { "runs", RUNNER_NUMBER_TOTAL },
	{ "tests", RUNNER_NUMBER_TOTAL }, { "test", RUNNER_NUMBER_TOTAL },
	{ "examples", RUNNER_NUMBER_TOTAL },
	{ "example", RUNNER_NUMBER_TOTAL }, { "total", RUNNER_NUMBER_TOTAL },
};

#define RUNNER_LINE_MAX		((size_t)1000)
#define RUNNER_DIGITS		9

struct runner_read {
	struct runner_report *to;
	/* Of each: numbers that it printed, and lines about a test. */
	struct runner_tally {
		int64_t	 numbers[RUNNER_NUMBERS], lines[RUNNER_NUMBERS];
		bool	 counts;
	} tally[RUNNER_IDS];
	char		*file;		/* the last one that was named */
};

/* What a line says, if it has that form: the part with the name, or NULL. */
static bool
runner_match(const char *form, const char *s, const char **name, size_t *len)
{
	const char *to;
	size_t n;

	for (; *form != '\0'; form += 2) {
		for (; *form != '%'; form++, s++)
			if (*form != *s)
				return false;
			else if (*form == '\0')
				return true;
		if (form[1] == 'd' || form[1] == '_' || form[1] == 'r') {
			n = strspn(s, form[1] == 'd' ? "0123456789" :
			    form[1] == '_' ? " \t" : ".FEsxX");
			if (n == 0)
				return false;
			s += n;
			continue;
		}
		/* Up to the text that follows. */
		n = strcspn(form + 2, "%");
		to = n == 0 ? s + (form[2] == '\0' ? strlen(s) : strcspn(s,
		    "0123456789")) : s;
		for (; n > 0 && strncmp(to, form + 2, n) != 0; to++)
			if (*to == '\0')
				return false;
		if (n > 0 && form[2 + n] == '\0')
			/* It ends the line: the last one. */
			to = s + strlen(s) - n;
		if (form[1] == 'n') {
			*name = *name == NULL ? s : *name;
			*len = (size_t)(to - *name);
		}
		s = to;
	}
	return *s == '\0';
}

static void
runner_add(struct runner_read *r, const char *name, size_t len,
    enum runner_outcome outcome)
{
	struct runner_report *to = r->to;

	if (to->v_len == RUNNER_TESTS_MAX || len == 0)
		return;
	if (outcome == RUNNER_FAILED)
		/* Some print it twice. */
		EV_EACH(to, v, test)
			if (test->outcome == outcome && strncmp(test->name,
			    name, len) == 0 && test->name[len] == '\0')
				return;
	GROW(to->v, to->v_len);
	to->v[to->v_len++] = (struct runner_test){ .name = xmemdup(name, len),
		.outcome = outcome };
}

static int
runner_number(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(runner_words); i++)
		if (strlen(runner_words[i].word) == len &&
		    strncasecmp(runner_words[i].word, word, len) == 0)
			return runner_words[i].number;
	return -1;
}

static size_t
runner_letters(const char *p)
{
	size_t n = 0;

	while (isalpha((unsigned char)p[n]))
		n++;
	return n;
}

/* The numbers of a line: "3 passed", "Failures: 3", "failures=3", "pass 3".
 * False: it has none. */
static bool
runner_count(int64_t *to, const char *line)
{
	const char *p = line, *word, *end;
	bool any = false;
	int number;
	size_t n;

	for (; (p += strcspn(p, "0123456789"), *p != '\0'); p += n) {
		n = strspn(p, "0123456789");
		word = p + n + strspn(p + n, " ");
		number = runner_number(word, runner_letters(word));
		for (end = p; end > line && strchr(" =:", end[-1]) != NULL;)
			end--;
		for (word = end; word > line &&
		    isalpha((unsigned char)word[-1]); word--)
			;
		if (number < 0 && end < p)
			number = runner_number(word, (size_t)(end - word));
		if (word - line >= 9 && strncmp(word - 9, "expected ", 9) == 0
		    && number == RUNNER_FAILED && word[0] == 'f')
			number = RUNNER_SKIPPED;
		if (number < 0 || n > RUNNER_DIGITS)
			continue;
		to[number] += atoll(p);
		any = true;
	}
	return any;
}

static void
runner_line(struct runner_read *r, const char *line)
{
	const char *s = line + strspn(line, " \t=");
	size_t i, len;

	if (mem_starts(s, s + strlen(s), "[INFO] ") ||
	    mem_starts(s, s + strlen(s), "[ERROR] ") ||
	    mem_starts(s, s + strlen(s), "[WARNING] "))
		s = strchr(s, ']') + 1 + strspn(strchr(s, ']') + 1, " ");
	for (i = 0; i < MEM_COUNT(runner_rows); i++) {
		const struct runner_row *row = &runner_rows[i];
		struct runner_tally *t = &r->tally[row->id];
		const char *name = NULL;

		len = 0;
		if (!runner_match(row->form, s, &name, &len) ||
		    (row->outcome == RUNNER_COUNTS &&
		    !runner_count(t->numbers, s)))
			continue;
		if (row->outcome == RUNNER_COUNTS) {
			t->counts = true;
			return;
		}
		if (name == NULL && row->outcome == RUNNER_BROKEN &&
		    r->file != NULL)
			runner_add(r, r->file, strlen(r->file), row->outcome);
		if (name != NULL)
			runner_add(r, name, len, row->outcome);
		if (row->outcome == RUNNER_RAN && name != NULL)
			FREE_SET(r->file, xmemdup(name, len));
		t->lines[row->outcome] += !row->top || s == line;
		return;
	}
}

/* One framework's part of the report. */
static void
runner_sum(struct runner_report *to, enum runner_id id,
    const struct runner_tally *t)
{
	int64_t n[RUNNER_NUMBERS];
	int64_t rest, errors;
	size_t i;

	memcpy(n, t->counts ? t->numbers : t->lines, sizeof(n));
	errors = n[RUNNER_NUMBER_ERRORS];
	if (t->counts && id != RUNNER_PYTEST && id != RUNNER_RSPEC) {
		/* Those that couldn't be loaded are among its errors. */
		n[RUNNER_BROKEN] = t->lines[RUNNER_BROKEN];
		n[RUNNER_FAILED] += errors > n[RUNNER_BROKEN] ? errors -
		    n[RUNNER_BROKEN] : 0;
	} else
		n[RUNNER_BROKEN] += errors;
	rest = n[RUNNER_NUMBER_TOTAL] - n[RUNNER_FAILED] - n[RUNNER_SKIPPED] -
	    (id == RUNNER_UNITTEST ? n[RUNNER_BROKEN] : 0);
	if (n[RUNNER_PASSED] == 0 && rest > 0)
		n[RUNNER_PASSED] = rest;
	for (i = 0; i < RUNNER_OUTCOMES; i++)
		to->n[i] += n[i];
	if (!t->counts && n[RUNNER_PASSED] == 0 && n[RUNNER_RAN] > 0)
		to->uncounted = true;
	if (to->framework == NULL)
		to->framework = runner_names[id];
}

/* Without numbers of its own: are its lines about tests enough to go by? A check
 * mark isn't, nor "ERROR:". */
static bool
runner_speaks(enum runner_id id, const struct runner_tally *t, bool counts)
{
	bool failed = t->lines[RUNNER_FAILED] > 0;
	bool some = failed || t->lines[RUNNER_PASSED] > 0 ||
	    t->lines[RUNNER_SKIPPED] > 0;

	if (id == RUNNER_AUTOMAKE)
		return some;
	if (id == RUNNER_GO || id == RUNNER_CTEST || id == RUNNER_TAP)
		return some || t->lines[RUNNER_RAN] > 0 ||
		    t->lines[RUNNER_BROKEN] > 0;
	return !counts && (failed || t->lines[RUNNER_BROKEN] > 0);
}

void
runner_read(const char *output, size_t len, struct runner_report *to)
{
	struct runner_read r = { .to = to };
	const char *p = output, *end = output + len, *eol;
	char line[RUNNER_LINE_MAX + 1];
	bool counts;
	size_t i, n;

	memset(to, 0, sizeof(*to));
	if (len > RUNNER_OUTPUT_MAX)
		p = mem_line_after(end - RUNNER_OUTPUT_MAX, end);
	for (; p < end; p = eol + (eol < end)) {
		eol = mem_line_end(p, end);
		for (n = 0; p < eol && n < RUNNER_LINE_MAX; p++)
			if (*p == '\033') {
				/* A colour: up to its letter. */
				while (p + 1 < eol && !isalpha(
				    (unsigned char)*p))
					p++;
			} else if (*p != '\r' && *p != '\0')
				line[n++] = *p;
		while (n > 0 && strchr(" \t=", line[n - 1]) != NULL)
			n--;
		n = utf8_cut(line, n, RUNNER_LINE_MAX);
		line[n] = '\0';
		runner_line(&r, line);
	}
	if (r.tally[RUNNER_AUTOMAKE].counts)
		/* Its tests may print TAP. */
		memset(&r.tally[RUNNER_TAP], 0, sizeof(r.tally[RUNNER_TAP]));
	for (i = 0; i < RUNNER_IDS; i++)
		if (r.tally[i].counts)
			runner_sum(to, (enum runner_id)i, &r.tally[i]);
	counts = to->framework != NULL;
	for (i = 0; i < RUNNER_IDS; i++)
		if (!r.tally[i].counts && runner_speaks((enum runner_id)i,
		    &r.tally[i], counts))
			runner_sum(to, (enum runner_id)i, &r.tally[i]);
	if (to->framework == NULL)
		runner_report_release(to);
	free(r.file);
}

void
runner_report_release(struct runner_report *r)
{
	EV_EACH(r, v, test)
		free(test->name);
	FREE_NULL(r->v);
	memset(r, 0, sizeof(*r));
}

/* Is the name in the text, as whole words? */
static bool
runner_has(const char *text, const char *name, size_t len)
{
	const char *end = text + strlen(text), *p = text;

	for (; len > 0 && (p = memmem(p, (size_t)(end - p), name, len)) !=
	    NULL; p++)
		if ((p == text || (!isalnum((unsigned char)p[-1]) &&
		    p[-1] != '_')) && (!isalnum((unsigned char)p[len]) &&
		    p[len] != '_'))
			return true;
	return false;
}

bool
runner_saw(const struct runner_report *r, const char *name)
{
	const char *stem = strrchr(name, '/'), *end;
	bool dotted = r->framework == runner_names[RUNNER_UNITTEST] ||
	    r->framework == runner_names[RUNNER_MAVEN] ||
	    r->framework == runner_names[RUNNER_GRADLE];

	/* A class or module, named after its file. */
	stem = stem == NULL ? name : stem + 1;
	end = strrchr(stem, '.');
	EV_EACH(r, v, test)
		if (test->outcome != RUNNER_SKIPPED &&
		    test->outcome != RUNNER_BROKEN && (runner_has(test->name,
		    name, strlen(name)) || (dotted && end != NULL &&
		    runner_has(test->name, stem, (size_t)(end - stem)))))
			return true;
	return false;
}
