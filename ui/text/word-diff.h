/*
 * word-diff: which words of two versions of a line differ.  Pure; bounded in
 * time
 * and space, whatever the lines are.
 */
#ifndef ASSENT_UI_TEXT_WORD_DIFF_H
#define ASSENT_UI_TEXT_WORD_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORD_DIFF_LINE_MAX	8192	/* bytes; a longer line gets no marks */
#define WORD_DIFF_CELLS_MAX	65536	/* of the table; above it all between the ends
				   that are alike is taken as changed */

struct word_diff_range { size_t from, to; };	/* bytes */

struct word_diff {
	struct word_diff_range *v;
	size_t		 len;
};

/* What of `a` is not in `b`, and the other way round (both may be NULL, when
 * only the answer is wanted; old contents are dropped).  False, and nothing,
 * if the two have too little in common for that to help.  `work`, or NULL,
 * goes up by what it cost. */
bool	word_diff_diff(struct word_diff *of_a, struct word_diff *of_b,
	    const char *a,
	    size_t a_len, const char *b, size_t b_len, size_t *work);
void	word_diff_release(struct word_diff *);
/* A bit for each word in it: lines whose signs have little in common are not
 * alike. */
uint64_t word_diff_sign(const char *, size_t);

#endif
