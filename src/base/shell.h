/* shell: quotes words for sh, and fills placeholders with them. */
#ifndef ASSENT_BASE_SHELL_H
#define ASSENT_BASE_SHELL_H

#include <stdbool.h>

#include "base/buf.h"

/* Does sh read it as one word without quotes? */
bool	shell_is_word(const char *);
/* Append `word` so that sh reads it back as one word. */
void	shell_quote(struct buf *, const char *word);
/* `command` with each `mark` replaced by the quoted value (nothing if it is
 * empty); malloc'ed. */
char	*shell_fill(const char *command, const char *mark, const char *value);

#endif
