/*
 * apply: what the apply*.c files share. gate.h has the interface.
 */
#ifndef ASSENT_GATE_APPLY_H
#define ASSENT_GATE_APPLY_H

#include "gate/gate.h"
#include "gate/worktree.h"

#define APPLY_TAG	8	/* hex digits for the session and the path */
#define APPLY_TMP_SIZE	40	/* ".assent-" tag path random ".tmp" */

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
};

/* The op's message: apply_say appends a sentence. */
void	apply_say(struct apply_op *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
const char *apply_why(int error);
void	apply_error(struct apply_op *, int error);
/* Mark it as changed on disk; `now` is what is there, or NULL. */
void	apply_changed(struct apply_op *, const struct worktree_state *now);
void	apply_op_reset(struct apply_op *);

void	apply_tmp_name(char tmp[APPLY_TMP_SIZE], const struct apply_tx *,
	    const char *path);
/* Is the name one of this session's? */
bool	apply_tmp_is_ours(const struct apply_tx *, const char *name);

/* The folder part of a path, malloc'ed; "." for the root. */
char	*apply_dirname(const char *path);
int	apply_open_dir(const struct apply_tx *, const char *dir);
/* What is at the path; a missing folder means nothing. */
int	apply_look(const struct apply_tx *, const char *path,
	    struct worktree_state *);
/* Does the transaction delete something below the path? */
bool	apply_deletes_below(const struct apply_tx *, const char *path);
/* Remove a path's empty folders, upwards, but not `stop`. */
void	apply_rmdirs(const struct apply_tx *, const char *path,
	    const char *stop);

/* It was renamed: done, if it is what is visible there now. */
void	apply_done(struct apply_item *, int dirfd, const char *name);
/* Set aside the file at a temporary name. */
void	apply_keep(const struct apply_tx *, int dirfd, const char *name,
	    struct apply_op *, const struct worktree_state *known,
	    struct apply_item *, bool loud);

/* Set aside the temporary files of these ops, or restore them; returns how many
 * there were. */
size_t	apply_recover_temps(const struct apply_tx *);

struct apply_tx *apply_tx_new(int root_fd, const char *undo_dir,
	    struct blob_store *, struct apply_op *ops, size_t n);
void	apply_tx_free(struct apply_tx *);

#endif
