/*
 * apply: what the apply*.c files share. gate.h has the interface.
 */
#ifndef ASSENT_GATE_APPLY_H
#define ASSENT_GATE_APPLY_H

#include <sys/stat.h>

#include "gate/gate.h"

#define APPLY_TAG	8	/* hex digits for the session and the path */
#define APPLY_TMP_SIZE	40	/* ".assent-" tag path random ".tmp" */

/* What is at a name now. */
struct worktree_state {
	struct stage_side side;		/* compared with `before`, `after` */
	bool		 other;		/* folder, device, ...: no hash, so it
					   equals neither */
	struct stat	 st;
	uint64_t	 attributes;	/* as of statx(2) */
};

enum apply_kind { APPLY_NOTHING, APPLY_CREATE, APPLY_REPLACE, APPLY_DELETE,
	APPLY_MODE };

struct apply_item {
	struct apply_op	*op;
	enum apply_kind	 kind;
	char		*dir;		/* folder of tmp, relative; "." the
					   root */
	char		 tmp[APPLY_TMP_SIZE];
	bool		 written;	/* tmp exists */
	int		 fd;		/* pins tmp until it is visible; or
					   -1 */
	struct stat	 made;		/* tmp as it was written */
	bool		 deep;		/* folders were created or removed */
	bool		 far;		/* not on the root's file system */
	bool		 kept_owner;
	struct worktree_state was;		/* as prepared */
	char		*undo;		/* name in the undo folder, or NULL */
	struct stat	 undo_st;
};

/* A folder of the tree. */
struct apply_folder {
	char		*asked;
	int		 error;		/* why that can't be opened; or 0 */
	char		*dir;		/* the nearest one, at or above it */
	int		 fd;		/* of that; -1: none */
	struct stat	 st;
	uint64_t	 attributes;
	bool		 known;		/* see fs_kind_is_known */
};

struct apply_tx {
	int		 root_fd;
	int		 undo_fd;	/* -1: none */
	struct blob_store *store;
	char		 tag[APPLY_TAG + 1];
	struct apply_op	*ops;
	size_t		 ops_len;
	struct apply_item *items;
	size_t		 len;
	bool		 many;		/* more than APPLY_SYNC_EACH ops: one
					   syncfs instead of many fsyncs */
	dev_t		 dev;		/* the root's file system */
	int		 fds_max;	/* that may stay open */
	struct apply_folder near;	/* see apply_near */
};

/*
 * Single operations on one name in a folder of the user's tree, by descriptor,
 * without following links.
 */

/* A missing file is no error. `waits`: until programs that write to it have had
 * a moment to end. -1 with errno. */
int	worktree_read(int dirfd, const char *name, bool waits,
	    struct worktree_state *);
/* The error of an operation that this file system doesn't have? */
bool	worktree_is_unsupported(int error);
/* Rename a name that only we use, never over an existing file (EEXIST).
 * EOPNOTSUPP if this file system can't, and has no links either. */
int	worktree_rename_new(int from_fd, const char *from, int to_fd,
	    const char *to);
/* A descriptor that keeps the inode from being reused. */
int	worktree_open_path(int dirfd, const char *name);
/* The same file, by inode number; on a file system (that of `fd`) without
 * stable numbers by type, size and time, so the caller compares contents. */
bool	worktree_is_same(int fd, const struct stat *, const struct stat *);
bool	worktree_is_same_file(int fd_a, int fd_b);

/* The op's message: apply_say appends a sentence. */
void	apply_say(struct apply_op *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
const char *apply_why(int error);
/* Mark it as changed on disk; `now` is what is there, or NULL. */
void	apply_changed(struct apply_op *, const struct worktree_state *now);

void	apply_tmp_name(char tmp[APPLY_TMP_SIZE], const struct apply_tx *,
	    const char *path);

/* The folder part of a path, malloc'ed; "." for the root. */
char	*apply_dirname(const char *path);
int	apply_open_dir(const struct apply_tx *, const char *dir);

enum apply_where { APPLY_WRITTEN, APPLY_OPEN, APPLY_OTHER };

/* The state of the file, by hash; -1 with errno. */
int	apply_where(struct apply_tx *, const struct apply_op *,
	    struct worktree_state *now);

/* Set aside the temporary files in the folders of these ops, or restore them:
 * leftovers of a crash, or of a step that couldn't be undone. Never those of a
 * transaction under way, so only before its first write. Returns how many. */
size_t	apply_recover_temps(const struct apply_tx *);

/* The bits that a new file or folder of the op doesn't get. */
unsigned apply_hidden(const struct apply_op *, const char *path);
/* The ops are reset. */
struct apply_tx *apply_tx_new(int root_fd, const char *undo_dir,
	    struct blob_store *, struct apply_op *ops, size_t n);
void	apply_tx_free(struct apply_tx *);

#endif
