/* A new runner is a row, or two if it lists the failed tests again. */
#include "config.h"

#include "ui/panes/failure-line.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

#define FAILURE_LINE_MAX ((size_t)1000)	/* bytes; of longer lines, the start */

struct failure_line_row {
	enum failure_line kind;
	const char	*begins;	/* after its indent; */
	const char	*has, *ends;	/* each may be NULL */
};

/* The first row that fits counts. */
/* clang-format off */
static const struct failure_line_row failure_line_rows[] = {
	/* TAP: not yet expected to pass */
	{ FAILURE_LINE_NONE, "not ok ", "# TODO", NULL },
	{ FAILURE_LINE_NONE, "not ok ", "# SKIP", NULL },
	{ FAILURE_LINE_TEST, "not ok ", NULL, NULL },
	/* automake, unittest */
	{ FAILURE_LINE_TEST, "FAIL: ", NULL, NULL },
	{ FAILURE_LINE_TEST, "XPASS: ", NULL, NULL },
	{ FAILURE_LINE_TEST, "ERROR: ", NULL, ")" },
	/* pytest */
	{ FAILURE_LINE_TEST, "___", " ", "___" },
	{ FAILURE_LINE_LIST, "FAILED ", "::", NULL },
	{ FAILURE_LINE_LIST, "ERROR ", ".py", NULL },
	/* go test, go build */
	{ FAILURE_LINE_TEST, "--- FAIL: ", NULL, NULL },
	{ FAILURE_LINE_ERROR, "./", ".go:", NULL },
	/* cargo */
	{ FAILURE_LINE_TEST, "---- ", NULL, " stdout ----" },
	{ FAILURE_LINE_LIST, "test ", NULL, " ... FAILED" },
	/* node --test, jest, vitest */
	{ FAILURE_LINE_TEST, "test at ", NULL, NULL },
	{ FAILURE_LINE_TEST, "\xe2\x97\x8f ", NULL, NULL },
	{ FAILURE_LINE_LIST, "\xe2\x9c\x96 ", NULL, NULL },
	{ FAILURE_LINE_LIST, "FAIL ", NULL, NULL },
	/* ctest */
	{ FAILURE_LINE_LIST, NULL, "***Failed", NULL },
	{ FAILURE_LINE_LIST, NULL, "***Exception", NULL },
	{ FAILURE_LINE_LIST, NULL, "***Timeout", NULL },
	{ FAILURE_LINE_LIST, NULL, "***Not Run", NULL },
	/* compilers and linkers */
	{ FAILURE_LINE_ERROR, NULL, ": error: ", NULL },
	{ FAILURE_LINE_ERROR, NULL, ": fatal error: ", NULL },
	{ FAILURE_LINE_ERROR, NULL, ": error TS", NULL },
	{ FAILURE_LINE_ERROR, NULL, " - error TS", NULL },
	{ FAILURE_LINE_ERROR, NULL, ": undefined reference to ", NULL },
	{ FAILURE_LINE_ERROR, "error[", NULL, NULL },
	{ FAILURE_LINE_ERROR, "error: ", NULL, NULL },
	/* what isn't a test's own */
	{ FAILURE_LINE_REST, "Traceback (most recent call last)", NULL, NULL },
	{ FAILURE_LINE_REST, "panic: ", NULL, NULL },
	{ FAILURE_LINE_REST, "thread '", "' panicked at ", NULL },
	{ FAILURE_LINE_REST, NULL, ": Assertion `", NULL },
	{ FAILURE_LINE_REST, NULL, ": runtime error: ", NULL },
	{ FAILURE_LINE_REST, NULL, "ERROR: AddressSanitizer", NULL },
	{ FAILURE_LINE_REST, "ERROR: ", NULL, NULL },
	{ FAILURE_LINE_REST, "make", ": *** ", NULL },
};
/* clang-format on */

static bool
failure_line_fits(const struct failure_line_row *r, const char *p, size_t n)
{
	size_t begins = r->begins == NULL ? 0 : strlen(r->begins);
	size_t ends = r->ends == NULL ? 0 : strlen(r->ends);

	return n >= begins + ends &&
	    (begins == 0 || memcmp(p, r->begins, begins) == 0) &&
	    (ends == 0 || memcmp(p + n - ends, r->ends, ends) == 0) &&
	    (r->has == NULL || memmem(p + begins, n - begins, r->has,
	    strlen(r->has)) != NULL);
}

enum failure_line
failure_line(const char *p, size_t n)
{
	size_t i;

	for (; n > 0 && (*p == ' ' || *p == '\t'); n--)
		p++;
	for (; n > 0 && p[n - 1] == ' '; n--)
		;
	if (n > FAILURE_LINE_MAX)
		n = FAILURE_LINE_MAX;
	for (i = 0; n > 0 && i < MEM_COUNT(failure_line_rows); i++)
		if (failure_line_fits(&failure_line_rows[i], p, n))
			return failure_line_rows[i].kind;
	return FAILURE_LINE_NONE;
}
