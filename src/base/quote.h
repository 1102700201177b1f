/* quote: words for sh; what others wrote, in a message for the model. */
#ifndef ASSENT_BASE_QUOTE_H
#define ASSENT_BASE_QUOTE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Append `word` so that sh reads it back as one word; so does a reader that
 * knows quotes, but no backslash. */
void	shell_quote(struct buf *, const char *word);
/* The next word as sh reads it, without its other rules, malloc'ed; *p moves
 * past it and the spaces after it. */
char	*shell_word(const char **p);
/* `command` with each `mark` replaced by the quoted value (nothing if it is
 * empty); malloc'ed. */
char	*shell_fill(const char *command, const char *mark, const char *value);

/* Append the block on lines of its own, after a line that says what it is
 * `about`. Nothing in it or in the text `around` it can end the block. */
void	fence_add(struct buf *, const char *about, const char *text, size_t n,
	    const char *around);
/* Append the text without such blocks: what its author wrote. */
void	fence_cut(struct buf *, const char *text);

#endif
