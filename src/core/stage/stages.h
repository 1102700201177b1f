/*
 * stages: the copies of a session, by name in its folder: "stage", which
 * is kept and restored by a resume, and temporary ones. Needs the sandbox, the
 * store and the policy.
 */
#ifndef ASSENT_CORE_STAGES_H
#define ASSENT_CORE_STAGES_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "gate/stage.h"
#include "sandbox/sandbox.h"

struct apply_op;
struct core;
struct fold_side;
struct ev_note;
struct event;

void	stages_side(struct stage_side *to, const struct fold_side *from);
/* Give an apply_begin that is being made these. */
void	stages_add_ops(struct event *to, const struct apply_op *, size_t n);
/* Read a side from an object with hash, mode and size; null: there is no
 * file. */
void	stages_side_read(struct stage_side *, const cJSON *);
/* The user's settings for a folder; NULL with *e. */
struct policy *stages_policy(const struct core *, const char *root,
	    struct err *);
/* Open a copy with this kind of view; NULL with a message. */
struct stage *stages_open_as(struct core *, const char *name,
	    enum sandbox_view_kind, struct err *);
/* Open a copy with the view that this host allows. */
struct stage *stages_open(struct core *, const char *name, struct err *);
/* The folder of a copy, or one in it, whatever its size: it is renamed
 * now, and a process removes it that may outlive the core. */
int	stages_remove(struct core *, const char *name, struct err *);
/* What was still to be removed when that process was killed. */
void	stages_sweep(struct core *);
/* A new copy and its folder; always empty at first: what an
 * earlier run left is removed. *stage is NULL after a drop. */
struct stage *stages_scratch(struct core *, const char *name, struct err *);
void	stages_drop(struct core *, struct stage **, const char *name);
/* The one that the model's calls use now. */
struct stage *stages_current(struct core *);
/* The temporary copy of the planning phase. */
int	stages_open_plan(struct core *, struct err *);

/*
 * The copy of what lives longer than a call, an MCP server: an ordinary
 * copy, whose real tree is the project and whose changes, after an update, are
 * those of the session. Each difference found later is its own. While one of
 * these looks at it, all that could write there is stopped.
 */
struct own_copy {
	struct stage	*stage;		/* NULL: not made yet */
	char		*dir;		/* its folder, in the session's */
	struct stage_scan before;	/* the session's, at the update */
	bool		 copied;	/* `before` is set */
	bool		 ignored;	/* ignored files go both ways, too */
	struct timespec	 updated;	/* when */
	uint64_t	 mix[2];	/* ignored_mix of the scans when they
					   last did, of the session's and ours */
};
/* Made if it doesn't exist. */
int	own_copy_open(struct core *, struct own_copy *, const char *dir,
	    struct err *);
/* The one that a core left which died: as if it had just been updated. */
int	own_copy_recover(struct core *, struct own_copy *, const char *dir,
	    struct err *);
void	own_copy_drop(struct core *, struct own_copy *);
/* The real tree and what is staged, in the copy. */
int	own_copy_update(struct own_copy *, struct stage *session,
	    struct buf *notes, struct err *);
/* What changed in the copy, into the session's copy; the paths become
 * `wrote` of this tool_result. `now`: the session's changes, if they may be
 * others than at the update; what has changed there since stays, and the notes
 * say so. NULL: they are the same. Nothing if there was no update. */
int	own_copy_merge(struct own_copy *, struct stage *session,
	    const struct stage_scan *now, struct event *, struct buf *notes,
	    struct err *);
void	own_copy_clear(struct own_copy *);	/* forget the update */

/*
 * Open the copy as it was left. If this host gives another view, all
 * staged changes move there; if its folder is gone, the proposed changes are
 * staged again from the store. Missing contents are an error, unless --recover
 * leave drops those changes. *note is then a message for the user, else NULL;
 * malloc'ed. NULL with *e. `since` (or NULL): the session is a fork that was never
 * opened, and this is its note, with the files that were written since.
 */
struct stage *restage_open(struct core *, const struct ev_note *since,
	    char **note, struct err *);

#endif
