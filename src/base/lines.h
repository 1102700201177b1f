/*
 * lines: a text as lines or as words, and which of them two texts have in
 * common: as many as possible. A difference of two texts is made from that, by
 * line or as hunks of a unified diff for people to read.
 */
#ifndef ASSENT_BASE_LINES_H
#define ASSENT_BASE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define LINE_DIFF_MAX ((size_t)16 << 10)	/* bytes; then it is cut */

/* A line, or a word; borrowed from the text. */
struct line {
	const char	*p;
	size_t		 n;		/* of a line: with its newline */
	uint64_t	 hash;
};

struct lines {
	struct line	*v;		/* malloc'ed */
	size_t		 len;
};

struct line_op {
	char		 sign;		/* ' ' '-' '+' */
	const char	*p;		/* the line: in text a for '-', else in
					   b */
	size_t		 n;		/* with its newline */
	bool		 shown;
};

void	lines_add(struct lines *, const char *p, size_t n);
/* Append the lines of a text. */
void	lines_cut(struct lines *, const char *p, size_t n);
/* Append its words: letters and digits of scripts that separate words by
 * spaces, and each other character alone; `blanks`: also spaces and tabs
 * that follow each other. */
void	lines_cut_words(struct lines *, const char *p, size_t n, bool blanks);
/* Match the lines of b with those of `a`: for each its number in `a`, from 1;
 * 0: none. Malloc'ed. *work is about how many lines it may compare, and is
 * lowered by those that it did; at 0 all other lines count as different. */
size_t	*lines_match(const struct lines *a, const struct lines *b,
	    ptrdiff_t *work);

#define LINES_NONE	SIZE_MAX
/* Find where the lines of `what`, one or more, begin in `in`, at or after line
 * `at`; LINES_NONE: nowhere. */
size_t	lines_find(const struct lines *in, const struct lines *what, size_t at);

/* Reads a hunk's text: lines, each with ' ', '-' or '+' before it, and those
 * that begin with a backslash. */
struct hunk_walk {
	const char	*p, *end;	/* what comes after this line */
	const char	*line;		/* at the sign; */
	size_t		 n;		/* with the newline */
	char		 sign;
	int		 old, new;	/* its number in both files: of '+' that
					   of the next old line, and so on */
};
/* The numbers are those of its first line in the old and in the new file. */
struct hunk_walk hunk_walk(const char *text, size_t n, int old, int new);
/* Go on to the next line. */
bool	hunk_walk_next(struct hunk_walk *);

/* How many bytes two texts have in common at their beginning, and after
 * those at their end. */
size_t	diff_ends(const char *a, size_t a_len, const char *b, size_t b_len,
	    size_t *tail);
/* A line diff from text a to text b; malloc'ed. `words`: by words. */
struct line_op *line_ops(const char *a, size_t a_len, const char *b,
	    size_t b_len, bool words, size_t *len);
/* Append the hunks that turn text a into text b, with three lines of context;
 * nothing if they are the same. `out` grows to about LINE_DIFF_MAX. */
void	line_diff(struct buf *out, const char *a, size_t a_len, const char *b,
	    size_t b_len);

#endif
