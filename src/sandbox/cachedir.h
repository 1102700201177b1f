/*
 * cachedir: the table of caches that tools keep in a home. They are readable
 * and writable inside; writes stay in the session's stage.
 */
#ifndef ASSENT_SANDBOX_CACHEDIR_H
#define ASSENT_SANDBOX_CACHEDIR_H

#include <stdbool.h>
#include <stddef.h>

/* A folder below the home, or a path in one that is masked; borrowed. */
typedef void cachedir_cb(void *arg, const char *path, bool is_mask);

/* For each cache that exists. */
void	cachedir_each(const char *home, cachedir_cb *, void *arg);
/* The table's paths, below the home; NULL after the last. */
const char *cachedir_path(size_t i);
/* Does this home have it, so that commands see it? */
bool	cachedir_exists(const char *home, const char *path);
/* The name of the folder for the writes to it, in the stage's "cache";
 * malloc'ed. */
char	*cachedir_layer(const char *path);

#endif
