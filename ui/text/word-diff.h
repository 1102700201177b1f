/*
 * word-diff: which words of two versions of a line differ. Pure; bounded in
 * time and space.
 */
#ifndef ASSENT_UI_TEXT_WORD_DIFF_H
#define ASSENT_UI_TEXT_WORD_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORD_DIFF_LINE_MAX	8192	/* bytes; longer lines aren't
					   compared */
#define WORD_DIFF_CELLS_MAX	65536	/* cells of the table; beyond it, all
					   between the equal ends counts as
					   changed */

struct word_diff_range { size_t from, to; };	/* bytes */

struct word_diff {
	struct word_diff_range *v;
	size_t		 len;
};

/* What in `a` isn't in `b`, and the reverse (both may be NULL if only the
 * answer is needed; old contents are dropped). False, with nothing set, if
 * the two have too little in common. `work`, or NULL, is increased by the
 * cost. */
bool	word_diff_diff(struct word_diff *of_a, struct word_diff *of_b,
	    const char *a,
	    size_t a_len, const char *b, size_t b_len, size_t *work);
void	word_diff_release(struct word_diff *);
/* A hash with a bit per word: lines whose hashes have little in common
 * aren't similar. */
uint64_t word_diff_sign(const char *, size_t);

#endif
