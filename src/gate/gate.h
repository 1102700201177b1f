/*
 * gate: the one door to the user's tree.  scan -> proposal (JSON) -> decision ->
 * re-check -> apply.  Nothing else in assent writes below the project's root.
 */
#ifndef ASSENT_GATE_GATE_H
#define ASSENT_GATE_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "gate/hunk/hunk.h"
#include "gate/stage/product.h"
#include "gate/stage/stage.h"
#include "store/blob.h"

/* ---- policy.c: protected paths, secrets, ignore rules, globs ---- */

struct policy;
struct policy_options {
	const char		*root;
	const char *const	*protected_globs;	/* the user's own, NULL-ended */
	const char *const	*allow_globs;	/* --allow-protected */
	const char *const	*secret_globs;
	const char *const	*lift_globs;
	const char *const	*product_globs;
};
struct policy *policy_new(const struct policy_options *, struct err *);
void	policy_free(struct policy *);
/* The rule's name ("hooks and git configuration"), or NULL. allow_globs are
 * not looked at here. */
const char *policy_protected(struct policy *, const char *path,
	    const struct stage_side *before, const struct stage_side *after,
	    const char *link_target);
bool	policy_allowed(struct policy *, const char *path); /* allow_globs */
/* Secret and not somebody else's: dependencies bring keys of their own tests.
 * What policy_secrets lists is what this holds for. */
bool	policy_hides(struct policy *, const char *path);
/* All secret files of the tree, relative, NULL-terminated; malloc'ed, freed by
 * policy_free. Bounded walk that skips .git and ignored folders' depth. */
const char *const *policy_secrets(struct policy *);
/* Every `.git` below the root's own that the last policy_secrets found; NULL
 * before. */
const char *const *policy_repositories(struct policy *);
/* Did the user say that this one is no secret? */
bool	policy_is_lifted(struct policy *, const char *path);
/* By the real tree's rules; tracked files are never ignored. */
bool	policy_is_ignored(struct policy *, const char *path, bool is_dir);
bool	policy_is_tracked(struct policy *, const char *path);
/* Why a staged change of this path is not proposed (see product.h). */
enum product_why policy_product(struct policy *, const char *path, bool is_dir);
struct product_rules *policy_product_rules(struct policy *);	/* borrowed */
/* What is staged, borrowed: a build file there counts too. -1: nothing is. */
void	policy_product_view(struct policy *, int staged_fd);
/* Ignore rules and tracked files stay what they are now, until let go. */
void	policy_hold(struct policy *, bool hold);
bool	policy_is_test(struct policy *, const char *path);
/* What a build reads or runs: makefiles, manifests, container files. */
bool	policy_is_build(struct policy *, const char *path);
/* What policy_secrets did not look into, and whether it hides that; said once. */
bool	policy_take_cut_note(struct policy *, struct buf *);
/* What could not be had (git's own ignore answer), as a sentence for the
 * person; NULL if nothing. Borrowed until the next call. */
const char *policy_note(struct policy *);

/* ---- proposal.c ---- */

/* More text than this in one proposal, as JSON: the files after it are shown as
 * whole changes, with a note. With what else is in the line it must stay below
 * JSON_MAX_BYTES. */
#define PROPOSAL_TEXT_MAX ((size_t)32 << 20)

/* The "files", "refused", "ignored", "ignored_some" and "products" members of a
 * proposal event for this scan. `reasons` maps path to the model's words (object of
 * arrays as in reason.h, may be NULL); `splits` maps path to an array of ids of hunks to be shown in parts
 * (object, may be NULL); `success check` is the command that judges, or NULL.
 * NULL on
 * error; the caller deletes. */
cJSON	*proposal_make(const struct stage_scan *, struct policy *,
	    struct blob_store *, const cJSON *reasons,
	    const cJSON *splits, const char *check, struct err *);
/* Put the hunks, and which of them were split, of one file anew: a member of
 * "files" of such an object. */
int	proposal_resplit(cJSON *file, struct blob_store *, const char *path,
	    const struct stage_side *before, const struct stage_side *after,
	    const cJSON *splits, const cJSON *reasons, struct err *);

/* ---- compose.c: hunks of a change that stands in the store ---- */

/* Ids of hunks that a person had split. */
struct gate_split {
	const char *const	*ids;
	size_t			 len;
};

/* Always the same hunks for the same two sides and the same split (NULL: none).
 * Contents above HUNK_MAX_BYTES are not loaded. `before_bytes` (may be NULL)
 * gets the loaded content of `before`, empty if there is none. */
int	gate_hunks(struct hunk_list *, struct blob_store *, const char *path,
	    const struct stage_side *before, const struct stage_side *after,
	    const struct gate_split *, struct buf *before_bytes,
	    struct err *);
/* Append the change as git writes it (see patch.h). e->sys is EFBIG if it
 * cannot hold it. */
int	gate_patch(struct buf *out, struct blob_store *, const char *path,
	    const struct stage_side *before, const struct stage_side *after,
	    struct err *);

/*
 * Which hunks of a change of `before` overwrite what was changed from `was` to
 * `before`: overwrites[] has one entry each. Where that is not known, or one of
 * the two does not exist, all do.
 */
int	gate_overwrites(struct blob_store *, const char *path,
	    const struct stage_side *was, const struct stage_side *before,
	    const struct hunk_list *, bool *overwrites, struct err *);

/*
 * From the open proposal's file (as folded) and the ids that were taken, what
 * to write: `after` of the op. And what the stage shall hold then: real +
 * accepted (as edited) + undecided (`rest`). An id that is not a hunk of this
 * change, or stands in two lists, is an error, and so is an edit that does not
 * fit: nothing is made of that choice then. New contents are put into the store.
 */
struct gate_edit {
	const char	*id;		/* of the hunk that it stands for */
	const char	*text;		/* see hunk_amend */
	size_t		 len;
};
struct gate_choice {
	const char	*path;
	struct stage_side before, after;	/* as shown */
	struct gate_split split;	/* as shown */
	const char *const *yes;		/* hunk ids */
	size_t		 yes_len;
	const char *const *no;
	size_t		 no_len;
	const struct gate_edit *edits;	/* taken in this form */
	size_t		 edits_len;
};
int	gate_compose(struct blob_store *, const struct gate_choice *,
	    struct stage_side *write, struct stage_side *rest, struct err *);

/* ---- reverse.c: an applied change taken back ---- */

/*
 * What the file that is `now` (from stage_read_real) shall become, so that what
 * was changed since stays. A folder that stands where the change deleted a file
 * counts as nothing there, also in *now. -1 with why it is left as it is.
 */
int	gate_reverse(struct blob_store *, const char *path,
	    const struct stage_side *before, const struct stage_side *after,
	    struct stage_side *now, struct stage_side *want, struct err *);
/* Before that: if there is a folder now, or a file where its folder was, does
 * all of that go with the same change? */
bool	gate_reverse_fits(int root_fd, const char *path,
	    const struct stage_side *now,
	    bool (*goes)(void *arg, const char *path), void *arg);

/* What stands at a path of the tree now: hash and mode, following nothing;
 * nothing is kept of it. What is neither file nor link has its type as mode and
 * no hash. 1 without reading a file of more than `most` bytes, -1 with errno. */
int	gate_look(int root_fd, const char *path, int64_t most,
	    struct stage_side *now);

/* ---- apply.c: one decision, one transaction ---- */

struct apply_op {
	char			*path;
	struct stage_side	 before, after;	/* after: what to write now;
						   sizes are not looked at */
	/* The other half of a renaming, in the same array; or NULL. Both are
	 * moved if one is, and the old name goes when the new one is there. */
	struct apply_op		*pair;
	/* When the stage's file was written, if it is what is written here:
	 * what one apply writes keeps that order, and the rest is newer. */
	struct timespec		 staged;
	int			 error;		/* errno, 0 fine */
	bool			 moved;		/* real file is not `before` */
	bool			 done;
	char			*text;		/* sentence when it failed, or
						   a warning beside done */
};

struct apply_tx;
/*
 * Re-check every `before`, write and fsync all temporary files. Nothing visible
 * yet. An op whose file is not `before` any more is marked moved and left out
 * of the transaction. Anything else that fails (no space, no permission, a path
 * outside) fails all: NULL, the sentence in *e and at its op, no temporary file
 * left, no op moved or done on account of it. undo_dir (absolute, private,
 * exists) keeps displaced files; NULL: the blob store alone keeps them.
 */
struct apply_tx *apply_prepare(int root_fd, const char *undo_dir,
	    struct blob_store *, struct apply_op *ops, size_t n, struct err *);
/* Exchange, verify that what came out is what was seen, fsync folders. The
 * caller has journaled apply_begin (with the ops that are not moved). Every op
 * ends done, moved or with an error. Frees the tx. */
void	apply_commit_free(struct apply_tx *);
/* Remove the temporary files. Frees the tx. */
void	apply_abort_free(struct apply_tx *);
/*
 * After a crash between apply_begin and applied: where each file stands, by
 * hash. Reads only.
 */
struct apply_stand {
	size_t			 written;	/* as it was to be */
	size_t			 open;		/* as it was before */
	size_t			 other;		/* something else by now */
};
void	apply_look_all(int root_fd, struct apply_op *ops, size_t n,
	    struct apply_stand *);
/* What becomes of those: the rest is written, what was written is taken back,
 * or all stays as it is. */
enum apply_recovery { APPLY_FINISH, APPLY_UNDO, APPLY_LEAVE };
/* Each op ends done (its file is as it was to be) or not; temporary files that
 * were left are removed, or go back where they hold what the user saved. */
void	apply_recover(int root_fd, const char *undo_dir, struct blob_store *,
	    struct apply_op *ops, size_t n, enum apply_recovery);
/* Is a file replaced in one step on this file system, or is its name missing for
 * a moment? Where the kind of file system does not tell, it is tried in a folder
 * of ours, if that is on the same one; never in the tree, where a program that
 * watches it would see that. */
enum apply_atomic { ATOMIC_NOT_ASKED, ATOMIC_YES, ATOMIC_NO, ATOMIC_UNKNOWN };
enum apply_atomic apply_atomic(int root_fd, const char *own_dir);
/* Release path and text of each. */
void	apply_ops_release(struct apply_op *, size_t n);
/* After a crash: remove the temporary files that an apply of these ops left, put
 * back what it had moved aside or what the user had saved. Nothing is written. */
size_t	apply_sweep(int root_fd, const char *undo_dir, struct blob_store *,
	    struct apply_op *ops, size_t n);
/* Does the name look like a temporary file of an apply, of any session? */
bool	gate_is_temp(const char *name);
/* Is it a path below the root that the gate may write: relative, without empty
 * components, "." and "..", no ".git" in any spelling? */
int	apply_path_check(const char *path, struct err *);

#endif
