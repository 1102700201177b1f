/*
 * secret: a text that must leave no trace, such as a key. It is in pages of its
 * own that are excluded from core dumps, locked in memory (as far as
 * RLIMIT_MEMLOCK allows), empty in a forked child, and wiped before they are
 * freed.
 *
 * Sources: mlock(2), madvise(2).
 */
#ifndef ASSENT_BASE_SECRET_H
#define ASSENT_BASE_SECRET_H

#include <stddef.h>

/* A NUL-terminated copy; free it with secret_free, never with free. */
char	*secret_new(const char *text, size_t n);
char	*secret_dup(const char *text);	/* NULL for NULL */
void	secret_free(char *);		/* NULL is fine */

#endif
