/*
 * line-diff: what an edit changed, by line. It may be longer than the shortest
 * one, but takes time in proportion to the texts.
 */
#ifndef LINE_DIFF_H
#define LINE_DIFF_H

#include <stdbool.h>
#include <stddef.h>

struct line_op {
	char		 sign;		/* ' ' '-' '+' */
	const char	*p;		/* the line: in text a for '-', else in b */
	size_t		 n;		/* with its newline */
};

/* A line diff from text a to text b; malloc'ed. `words`: by words and the
 * single characters between them. */
struct line_op *line_ops(const char *a, size_t a_len, const char *b,
	    size_t b_len, bool words, size_t *len);

#endif
