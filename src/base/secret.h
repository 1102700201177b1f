/*
 * secret: a text that must not be left anywhere, such as a key.  It lies in
 * pages of its own that are in no core dump, are not swapped out (as far as
 * RLIMIT_MEMLOCK lets us), are empty in a forked child, and are cleared before
 * they go back.
 *
 * Sources: mlock(2), madvise(2).
 */
#ifndef ASSENT_BASE_SECRET_H
#define ASSENT_BASE_SECRET_H

#include <stddef.h>

/* A NUL-ended copy; freed by secret_free, never by free. */
char	*secret_new(const char *text, size_t n);
char	*secret_dup(const char *text);	/* NULL stays NULL */
void	secret_free(char *);		/* NULL is fine */

#endif
