/*
 * gitlib: starts libgit2 isolated from the host: it reads no configuration but
 * the repository's, doesn't check owners, and fsyncs what it writes. Each
 * module that uses libgit2 holds a reference; the first starts it.
 */
#ifndef ASSENT_STORE_GITLIB_H
#define ASSENT_STORE_GITLIB_H

#include <stdbool.h>

#include <git2.h>

#include "base/err.h"

int	gitlib_init(struct err *);
void	gitlib_release(void);
/* err_set with libgit2's last message at the end; returns -1. */
int	gitlib_error(struct err *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

#endif
