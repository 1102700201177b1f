/*
 * gate: the one door to the user's tree.  scan -> proposal (JSON) -> decision ->
 * re-check -> apply.  Nothing else in assent writes below the project's root.
 */
#ifndef ASSENT_GATE_GATE_H
#define ASSENT_GATE_GATE_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/err.h"
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
bool	policy_is_secret(struct policy *, const char *path);
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

/* The "files", "refused", "ignored" members of a proposal event for this scan.
 * `reasons` maps path to the model's words (object, may be NULL). judges() may
 * be NULL. The caller deletes. */
cJSON	*proposal_make(const struct stage_scan *, struct policy *,
	    struct blob_store *, const cJSON *reasons,
	    const char *criterion, struct err *);

/* ---- apply.c: one decision, one transaction ---- */

struct apply_op {
	char			*path;
	struct stage_side	 before, after;	/* after: what to write now */
	int			 error;		/* errno, 0 fine */
	bool			 moved;		/* real file is not `before` */
	bool			 done;
	char			*text;		/* sentence when it failed */
};

struct apply_tx;
/* Re-check every `before`, write and fsync all temporary files. Nothing visible
 * yet. Ops that fail here are marked and left out. */
struct apply_tx *apply_prepare(int root_fd, const char *undo_dir,
	    struct blob_store *, struct apply_op *ops, size_t n, struct err *);
/* Exchange, verify that what came out is what was seen, fsync folders. The
 * caller has journaled apply_begin. Frees the tx. */
void	apply_commit_free(struct apply_tx *);
/* Remove the temporary files. Frees the tx. */
void	apply_abort_free(struct apply_tx *);
/* After a crash between apply_begin and applied: per op, by hash, done or not;
 * finishes what can be finished. */
void	apply_recover(int root_fd, const char *undo_dir, struct blob_store *,
	    struct apply_op *ops, size_t n);

/*
 * From the open proposal's file (as folded) and the ids that were taken, what
 * to write: `after` of the op. And what the stage shall hold then: real +
 * accepted + undecided (`rest`).
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

#endif
