/*
 * gitlib: libgit2 started as a guest.  It looks at no configuration but the
 * repository's own, asks nobody about owners, and fsyncs what it writes.  Every
 * module that uses libgit2 holds one start for its own life; the library counts.
 */
#ifndef ASSENT_STORE_GITLIB_H
#define ASSENT_STORE_GITLIB_H

#include <stdbool.h>

#include <git2.h>

#include "base/err.h"

int	gitlib_init(struct err *);
void	gitlib_release(void);
/* Whether libgit2 fsyncs each object as it writes it; on after gitlib_init. */
void	gitlib_set_fsync(bool);
/* gitlib-memory.c, called by gitlib_init: out of memory ends the process. */
int	gitlib_memory(void);
/* The same, where libgit2's last error is that zlib had none. */
void	gitlib_memory_check(const git_error *);
/* err_set with libgit2's last message at the end; returns -1. */
int	gitlib_error(struct err *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/*
 * Can the repository around `root` be read: its HEAD, config and index? -1 with
 * the reason. The files may be hostile (a fifo, an endless one, one that libgit2
 * trips over), so a process of its own tries first, with a deadline.
 */
int	gitlib_try(const char *root, struct err *);
/* The commit that HEAD of the repository around `root` names, as hex in id (41
 * bytes); -1 if there is none or libgit2 cannot say. */
int	gitlib_head(const char *root, char id[41]);

#endif
