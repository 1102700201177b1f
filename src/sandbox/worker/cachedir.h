/*
 * cachedir: the table of caches that tools keep in a home.  Inside they can be
 * read and written; what is written stays in the session's stage.
 */
#ifndef ASSENT_SANDBOX_WORKER_CACHEDIR_H
#define ASSENT_SANDBOX_WORKER_CACHEDIR_H

#include <stdbool.h>

/* One folder, below the home, or something in one that is masked; borrowed. */
typedef void cachedir_cb(void *arg, const char *path, bool is_mask);

/* For each cache that is there. */
void	cachedir_each(const char *home, cachedir_cb *, void *arg);

#endif
