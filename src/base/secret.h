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

#include <stdbool.h>
#include <stddef.h>

/* A NUL-terminated copy; free it with secret_free, never with free. */
char	*secret_new(const char *text, size_t n);
char	*secret_dup(const char *text);	/* NULL for NULL */
void	secret_free(char *);		/* NULL is fine */
/* Is it one, the value of a header or variable that a user sets? Words, addresses,
 * paths and dates aren't, unless the name says so: masked, they would be missing
 * in the project's files. */
bool	secret_is_value(const char *name, const char *value);

#endif
