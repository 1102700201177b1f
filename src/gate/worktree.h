/*
 * worktree: single operations on one name in a folder of the user's tree, by
 * descriptor, without following links. Only apply.c uses them.
 */
#ifndef ASSENT_GATE_WORKTREE_H
#define ASSENT_GATE_WORKTREE_H

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#include "base/buf.h"
#include "gate/stage.h"

/* What is at a name now. */
struct worktree_state {
	struct stage_side side;		/* compared with `before`, `after` */
	bool		 other;		/* folder, device, ...: never equal */
	struct stat	 st;
};

/* A missing file is no error. -1 with errno. */
int	worktree_read(int dirfd, const char *name, struct worktree_state *);
/* The same content, type and executable bit? */
bool	worktree_is(const struct worktree_state *, const struct stage_side *);

/* A file to create. Owner, mode, ACL and attributes come from the old one if it
 * is given and has the same type, otherwise as for any new file; never
 * setuid. */
struct worktree_new {
	unsigned	 mode;
	const struct buf *bytes;	/* a link's target for 0120000 */
	bool		 unsynced;	/* the caller syncs the file system */
	int		 old_fd;
	const char	*old_name;	/* in old_fd, and what is there; NULL */
	const struct worktree_state *old;
	bool		 kept_owner;	/* false: owner, group, setuid or
					   setgid could not be kept */
	int		 fd;		/* the new file (O_PATH for a link),
					   also on failure if it was created,
					   for the caller to remove; else -1 */
};
/* Create it as `name`, which must not exist, and fsync it. -1 with errno. */
int	worktree_write_new(int dirfd, const char *name, struct worktree_new *);

/* Exchange two names in a folder. -1 with errno; worktree_is_unsupported(errno)
 * if this file system can't. */
int	worktree_exchange(int dirfd, const char *a, const char *b);
bool	worktree_is_unsupported(int error);
/* Rename to a name that only we use. Atomic: a save at `from` until then comes
 * along. */
int	worktree_move_aside(int from_fd, const char *from, int to_fd,
	    const char *to);
/* Rename a name that only we use, never over an existing file (EEXIST).
 * EOPNOTSUPP if this file system can't, and has no links either. */
int	worktree_rename_new(int from_fd, const char *from, int to_fd,
	    const char *to);
/* The same after checking that it doesn't exist: a save between these two
 * system calls would be lost. Only for a file that must not stay missing. */
int	worktree_rename_free(int from_fd, const char *from, int to_fd,
	    const char *to);

/* Wait a moment for programs that have the file open for writing, if the kernel
 * can tell, so that what we read next is final. */
void	worktree_wait_writers(int dirfd, const char *name);

/* A descriptor that keeps the inode from being reused. */
int	worktree_open_path(int dirfd, const char *name);
/* The same file, by inode number; on a file system (that of `fd`) without
 * stable numbers by type, size and time, so the caller compares contents. */
bool	worktree_is_same(int fd, const struct stat *, const struct stat *);
bool	worktree_is_same_file(int fd_a, int fd_b);

#endif
