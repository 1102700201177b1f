/*
 * line-diff: what an edit changed, by line or as hunks of a unified diff for
 * people to read. It may be longer than the shortest one, but takes time in
 * proportion to the texts.
 */
#ifndef ASSENT_BASE_LINE_DIFF_H
#define ASSENT_BASE_LINE_DIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define LINE_DIFF_MAX ((size_t)16 << 10)	/* bytes; then it is cut */

struct line_op {
	char		 sign;		/* ' ' '-' '+' */
	const char	*p;		/* the line: in text a for '-', else in b */
	size_t		 n;		/* with its newline */
	bool		 shown;
};

/* How many bytes two texts have in common at their beginning, and after those at
 * their end. */
size_t	diff_ends(const char *a, size_t a_len, const char *b, size_t b_len,
	    size_t *tail);
/* A line diff from text a to text b; malloc'ed. `words`: by words and the
 * single characters between them. */
struct line_op *line_ops(const char *a, size_t a_len, const char *b,
	    size_t b_len, bool words, size_t *len);
/* Append the hunks that turn text a into text b, with three lines of context;
 * nothing if they are the same. `out` grows to about LINE_DIFF_MAX. */
void	line_diff(struct buf *out, const char *a, size_t a_len, const char *b,
	    size_t b_len);

#endif
