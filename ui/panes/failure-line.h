/*
 * failure-line: which lines of a command's output name a failure, by a table of
 * what test runners, compilers and make print. For display only: nothing is
 * decided by it.
 */
#ifndef ASSENT_UI_PANES_FAILURE_LINE_H
#define ASSENT_UI_PANES_FAILURE_LINE_H

#include <stddef.h>

/* The best first: of an output, only lines of the best kind that it has count,
 * so that a failure counts once. */
enum failure_line {
	FAILURE_LINE_NONE,
	FAILURE_LINE_TEST,	/* the head of a failed test's own output */
	FAILURE_LINE_LIST,	/* a failed test in a list */
	FAILURE_LINE_ERROR,	/* a compiler's */
	FAILURE_LINE_REST,
};

/* Of a line without its newline. */
enum failure_line failure_line(const char *p, size_t n);

#endif
