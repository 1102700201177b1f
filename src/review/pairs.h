/*
 * pairs: a hunk's lines, which of them are two versions of one line, and how
 * two versions that look the same differ. Pure; made once for a text.
 */
#ifndef ASSENT_REVIEW_PAIRS_H
#define ASSENT_REVIEW_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

#define WORD_DIFF_LINE_MAX	8192	/* bytes; of longer lines only the
					   ends are compared */
#define WORD_DIFF_WORK_MAX	65536	/* words to compare; then the others
					   count as changed */

struct word_diff_range { size_t from, to; };	/* bytes */

struct word_diff {
	struct word_diff_range *v;	/* malloc'ed */
	size_t		 len;
};

/* What in `a` isn't in `b`, and the reverse (both may be NULL if only the
 * answer is needed; old contents are dropped). False, with nothing set, if
 * the two have too little in common. `work`, or NULL, is increased by the
 * cost. */
bool	word_diff_diff(struct word_diff *of_a, struct word_diff *of_b,
	    const char *a,
	    size_t a_len, const char *b, size_t b_len, size_t *work);

#define PAIR_TRAILING	(1u << 0)	/* trailing white space */
#define PAIR_TABS	(1u << 1)	/* tabs and spaces */
#define PAIR_CR		(1u << 2)	/* CRLF and LF */
#define PAIR_FORM	(1u << 3)	/* NFC and NFD */
#define PAIR_INVISIBLE	(1u << 4)	/* zero-width characters, joiners,
					   unusual spaces */
#define PAIR_NEWLINE	(1u << 5)	/* the newline at the file's end */

struct pair_line {
	size_t	 off, end;	/* in the text, with sign and newline */
	size_t	 len;		/* without the newline */
	char	 sign;		/* ' ' '+' '-' '\\' */
	int	 before, after;	/* line numbers, from 1; 0: none */
	int	 change;	/* number, from 1, of a '+' or '-'; 0 */
	int	 other;		/* number, from 1, of the other version of
				   this line; 0: none */
	unsigned why;		/* PAIR_*, in both, if the two look the same */
};

struct pairs {
	struct pair_line *v;	/* malloc'ed */
	size_t		 len;
};

void	pairs_make(struct pairs *, const char *text, size_t n, int old_start,
	    int new_start);
/* A line's text, after its sign. */
const char *pairs_text(const struct pair_line *, const char *text,
	    size_t *len);

#endif
