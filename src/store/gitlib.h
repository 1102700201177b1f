/*
 * gitlib: starts libgit2 isolated from the host: it reads no configuration but
 * the repository's, doesn't check owners, and fsyncs what it writes. Each
 * module that uses libgit2 holds a reference; the library counts them.
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
/*
 * Is the repository around `root` readable: its HEAD, config and index? -1 with
 * the reason. The files may be hostile (a FIFO, endless, or a crash in
 * libgit2), so a child process tries first, with a deadline. `head` is the HEAD
 * commit, as hex, or "".
 */
int	gitlib_try(const char *root, char head[41], struct err *);

#endif
