/*
 * diff-line: what each line of a unified diff is, so that it can be coloured.
 */
#ifndef ASSENT_GATE_DIFF_LINE_H
#define ASSENT_GATE_DIFF_LINE_H

#include <stddef.h>

enum diff_line_kind {
	DIFF_LINE_HEAD,		/* outside a hunk: names, modes */
	DIFF_LINE_HUNK,		/* "@@ ..." */
	DIFF_LINE_OLD, DIFF_LINE_NEW, DIFF_LINE_SAME,
	DIFF_LINE_NOTE,		/* "\ No newline at end of file" */
};

struct diff_lines {		/* all 0 before the first line */
	int	old_lines, new_lines;	/* of the current hunk, still to come */
};

/* The next line, without its newline. */
enum diff_line_kind diff_line(struct diff_lines *, const char *line, size_t n);

#endif
