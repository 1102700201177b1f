/*
 * fence: what others wrote, in a message for the model: a block between lines of
 * backticks that it can't end itself.
 */
#ifndef ASSENT_BASE_FENCE_H
#define ASSENT_BASE_FENCE_H

#include <stddef.h>

#include "base/buf.h"

#define FENCE_LEAST	((size_t)3)	/* backticks */

/* One more than the longest run of backticks, or `least`. */
size_t	fence_longer(const char *text, size_t least);
/* Append the block on lines of its own, after a line that says what it is
 * `about`. `least`: of fence_longer for what is around it, or FENCE_LEAST. */
void	fence_add(struct buf *, const char *about, const char *text, size_t n,
	    size_t least);
/* Append the text without such blocks: what its author wrote. */
void	fence_cut(struct buf *, const char *text);

#endif
