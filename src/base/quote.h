/* quote: words for sh; what others wrote, in a message for the model. */
#ifndef ASSENT_BASE_QUOTE_H
#define ASSENT_BASE_QUOTE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Does sh read it as one word without quotes? */
bool	shell_is_word(const char *);
/* Append `word` so that sh reads it back as one word. */
void	shell_quote(struct buf *, const char *word);
/* `command` with each `mark` replaced by the quoted value (nothing if it is
 * empty); malloc'ed. */
char	*shell_fill(const char *command, const char *mark, const char *value);

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
