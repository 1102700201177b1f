/*
 * gate: the one door to the user's tree.  scan -> proposal (JSON) -> decision ->
 * re-check -> apply.  Nothing else in assent writes below the project's root.
 */
#ifndef ASSENT_GATE_GATE_H
#define ASSENT_GATE_GATE_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "gate/hunk.h"
#include "gate/stage.h"
#include "store/blob.h"

/* ---- policy.c: protected paths, secrets, ignore rules, globs ---- */

struct policy;
struct policy_options {
	const char		*root;
	const char *const	*protected_globs;	/* the user's own, NULL-ended */
	const char *const	*allow_globs;	/* --allow-protected */
	const char *const	*secret_globs;
	const char *const	*lift_globs;
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
/* By the real tree's rules; tracked files are never ignored. */
bool	policy_is_ignored(struct policy *, const char *path, bool is_dir);
bool	policy_is_test(struct policy *, const char *path);
/* What could not be had (git's own ignore answer, a whole walk for secrets), as
 * a sentence for the person; NULL if nothing. Borrowed until the next call. */
const char *policy_note(struct policy *);

/* ---- proposal.c ---- */

/* More text than this in one proposal: the files after it are shown as whole
 * changes, with a note. Escaped as JSON it must stay below JSON_MAX_BYTES. */
#define PROPOSAL_TEXT_MAX ((size_t)8 << 20)

/* The "files", "refused", "ignored", "ignored_some" members of a proposal event
 * for this scan. `reasons` maps path to the model's words (object, may be
 * NULL); `criterion` is the command that judges, or NULL. NULL on error; the
 * caller deletes. */
cJSON	*proposal_make(const struct stage_scan *, struct policy *,
	    struct blob_store *, const cJSON *reasons,
	    const char *criterion, struct err *);

/* ---- compose.c: hunks of a change that stands in the store ---- */

/* Always the same hunks for the same two sides. Contents above HUNK_MAX_BYTES
 * are not loaded. `before_bytes` (may be NULL) gets the loaded content of
 * `before`, empty if there is none. */
int	gate_hunks(struct hunk_list *, struct blob_store *, const char *path,
	    const struct stage_side *before, const struct stage_side *after,
	    struct buf *before_bytes, struct err *);
/* Append the change as git writes it (see patch.h). */
int	gate_patch(struct buf *out, struct blob_store *, const char *path,
	    const struct stage_side *before, const struct stage_side *after,
	    struct err *);

/*
 * From the open proposal's file (as folded) and the ids that were taken, what
 * to write: `after` of the op. And what the stage shall hold then: real +
 * accepted + undecided (`rest`). An id that is not a hunk of this change, or
 * stands in both lists, is an error. New contents are put into the store.
 */
struct gate_choice {
	const char	*path;
	struct stage_side before, after;	/* as shown */
	const char *const *yes;		/* hunk ids */
	size_t		 yes_len;
	const char *const *no;
	size_t		 no_len;
};
int	gate_compose(struct blob_store *, const struct gate_choice *,
	    struct stage_side *write, struct stage_side *rest, struct err *);

/* ---- apply.c: one decision, one transaction ---- */

struct apply_op {
	char			*path;
	struct stage_side	 before, after;	/* after: what to write now;
						   sizes are not looked at */
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
/* After a crash between apply_begin and applied: per op, by hash, done or not;
 * finishes what can be finished, removes temporary files that were left. */
void	apply_recover(int root_fd, const char *undo_dir, struct blob_store *,
	    struct apply_op *ops, size_t n);
/* Release path and text of each. */
void	apply_ops_release(struct apply_op *, size_t n);
/* Is it a path below the root that the gate may write: relative, without empty
 * components, "." and "..", no ".git" in any spelling? */
int	apply_path_check(const char *path, struct err *);

#endif
