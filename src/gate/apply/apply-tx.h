/*
 * apply-tx: what the apply*.c share; for these only.  See gate.h for the interface.
 */
#ifndef ASSENT_GATE_APPLY_APPLY_TX_H
#define ASSENT_GATE_APPLY_APPLY_TX_H

#include <stdint.h>

#include "gate/gate.h"
#include "gate/apply/worktree.h"

#define APPLY_TAG	8	/* hex digits for the session, and for the path */
#define APPLY_TMP_SIZE	40	/* ".assent-" tag path random ".tmp" */
#define APPLY_SYNC_EACH	64	/* of more files the whole file system is synced */

enum apply_kind { APPLY_NOTHING, APPLY_CREATE, APPLY_REPLACE, APPLY_DELETE,
	APPLY_MODE };

struct apply_item {
	struct apply_op	*op;
	enum apply_kind	 kind;
	char		*dir;		/* where tmp is, relative; "." the root */
	char		 tmp[APPLY_TMP_SIZE];
	bool		 written;	/* tmp exists */
	int		 fd;		/* of tmp, a pin, until it is visible; or -1 */
	struct stat	 made;		/* of tmp, as it was written */
	bool		 deep;		/* folders were made or removed */
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
	bool		 many;		/* synced at once, where not far */
	dev_t		 dev;		/* the root's file system */
};

/* Words for the op: apply_say appends a sentence. */
void	apply_say(struct apply_op *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
const char *apply_why(int error);
void	apply_error(struct apply_op *, int error);
/* Mark it moved; `now` is what stands there, or NULL. */
void	apply_moved(struct apply_op *, const struct worktree_state *now);
void	apply_op_reset(struct apply_op *);

uint32_t apply_random(void);
void	apply_tmp_name(char tmp[APPLY_TMP_SIZE], const struct apply_tx *,
	    const char *path);
/* One of this session's? */
bool	apply_tmp_is_ours(const struct apply_tx *, const char *name);

/* The folder part of a path, malloc'ed; "." for the root. */
char	*apply_dirname(const char *path);
int	apply_open_dir(const struct apply_tx *, const char *dir);
/* The nearest folder at or above `dir` (which is cut to it). */
int	apply_open_nearest(const struct apply_tx *, char *dir);
/* What stands at the path; a missing folder means nothing does. */
int	apply_look(const struct apply_tx *, const char *path,
	    struct worktree_state *);
/* Does the transaction delete something below the path? */
bool	apply_deletes_below(const struct apply_tx *, const char *path);
/* Remove empty folders of a path, upwards to but not including `stop`. */
void	apply_rmdirs(const struct apply_tx *, const char *path,
	    const char *stop);

/* See that the store has what stands at `name`. */
int	apply_store(const struct apply_tx *, int dirfd, const char *name,
	    const struct worktree_state *, struct err *);
/* What stands at `tmp` now that no name leads to it any more. */
int	apply_read_out(int dirfd, const char *tmp, struct worktree_state *);
/* Is that what was shown, with owner and mode? */
bool	apply_is_before(const struct apply_item *,
	    const struct worktree_state *);
/* Is that the file that was written as this item's? */
bool	apply_is_made(const struct apply_item *, int dirfd, const char *name);
/* It was given its name: done, if it is what is visible there now. */
void	apply_done(struct apply_item *, int dirfd, const char *name,
	    bool verified);
/* Put away what stands at a temporary name. */
void	apply_keep(const struct apply_tx *, int dirfd, const char *name,
	    struct apply_op *, const struct worktree_state *known,
	    struct apply_item *, bool loud);
/* Undo an exchange that brought out something that was not shown. */
void	apply_put_back(const struct apply_tx *, int dirfd, const char *name,
	    const char *tmp, int ours, struct apply_op *);

/* ---- apply-plain.c: without an exchange of names ---- */

/* worktree_rename_new, which copies where nothing else is left: then 1, and
 * what is
 * visible has been verified. */
int	apply_rename_new(const struct apply_tx *, struct apply_op *,
	    int from_fd, const char *from, int to_fd, const char *to);
/* What was moved aside goes back to its name, or is kept. */
void	apply_move_back(const struct apply_tx *, struct apply_op *, int dirfd,
	    const char *aside, const char *name);
void	apply_replace_plain(const struct apply_tx *, struct apply_item *,
	    int dirfd, const char *name);
/* Put away half a copy, which a crash left at the op's name beside `temp`. */
void	apply_recover_half(const struct apply_tx *, struct apply_op *,
	    int dirfd, const char *temp);
/* Put away `other`, if it is half a copy of `temp` that was about to be dropped. */
void	apply_recover_dropped(const struct apply_tx *, struct apply_op *,
	    int dirfd, const char *temp, const char *other);
/* `tmp` was only moved aside, if nothing is at `name`: then it is back. */
bool	apply_recover_aside(const struct apply_tx *, struct apply_op *,
	    int dirfd, const char *tmp, const char *name);

/* Put away the temporary files of these ops, or back; how many there were. */
size_t	apply_recover_temps(const struct apply_tx *);
/* After a recovery: all that is done, in the order of the stage. */
void	apply_times_again(const struct apply_tx *);

struct apply_tx *apply_tx_new(int root_fd, const char *undo_dir,
	    struct blob_store *, struct apply_op *ops, size_t n);
void	apply_tx_free(struct apply_tx *);

#endif
