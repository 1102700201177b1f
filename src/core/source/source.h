/*
 * source: what a session of `assent review` reviews, and where accepted hunks
 * go. It has no model: what changed is what the user's git says, and accepted
 * hunks go to git's index, not to the files.
 *
 * The start object's `review` has `paths`: only the changes of these, as seen
 * from `cwd`; none: all of the project. With `from`, the id of a commit or tree,
 * the session reads what changed from there to the one of `to`, or to the index:
 * git's objects alone, and nothing is staged. `words` say what that is.
 *
 * Git may take long, or hang in a filter: it runs in a process of its own
 * (`assent-core review`, own-changes.c), one at a time, below a guard. The core
 * goes on meanwhile, and is told when it ends (source-run.c).
 */
#ifndef ASSENT_CORE_SOURCE_H
#define ASSENT_CORE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "base/pathmap.h"
#include "gate/gate.h"
#include "git/index-file.h"

#define SOURCE_MODULE	0160000	/* git's mode of a submodule */

struct core;
struct fold_file;

/*
 * These functions are for the core.
 */

/* Is it such a session, and no undo open? */
bool	source_is_open(const struct core *);
/* Does what is accepted go to the index: in a review, or the undo of what was
 * staged? Other undos are of files, and go the usual way. */
bool	source_stages(const struct core *);
/* Read the changes, instead of what runs for that; done() gets a `proposal`, or
 * an object with `error`; NULL: something else is asked instead. */
void	source_read(struct core *,
	    void (*done)(struct core *, const cJSON *answer));
/* The same, of whether the index can be changed so: source_fits. */
void	source_check(struct core *, const struct apply_op *, size_t n,
	    bool committed, void (*done)(struct core *, const cJSON *answer));
bool	source_reads(const struct core *);
/* End that, and tell who asked. */
void	source_interrupt(struct core *);
/* Put what was accepted in the index: all of these, or none. An op that was put
 * there before, by a core that died then, is done. False: a process has begun
 * with it; the driver goes on when it has ended. */
bool	source_write(struct core *, struct apply_op *, size_t n);
/* The op, its path malloc'ed, that takes the choice's rejected hunk out of the
 * user's file. -1 with *e, also if the file isn't what was shown; 1: as false
 * of source_write. */
int	source_discard(struct core *, const struct fold_file *,
	    struct gate_choice *, struct apply_op *, struct err *);
/* Does a process of source_write or source_discard run? */
bool	source_writes(const struct core *);
/* The decision is over: what they have answered isn't asked again. */
void	source_forget(struct core *);

/*
 * These are for the process that runs git.
 */

struct source {
	const char	*root, *cwd, *dir, *id;		/* as of the core */
	const cJSON	*review;	/* of the start object */
	bool		 reads;
	struct blob_store *blobs;
	/* The rest is its own. */
	char		*top, *prefix;	/* the work tree; of the root in it */
	struct index_file index;
	char		*scratch;	/* in the session's folder: */
	char		*copy, *objects; /* an index, and new objects */
	int		 lock;		/* -1 at first */
	struct pathmap	 known;		/* struct source_known */
};

/* Find the work tree, its index and its objects. Release it in any case. */
int	source_open(struct source *, struct err *);
void	source_release(struct source *);
/* Like stage_scan: the changes from the index to the work tree, both as git
 * would store them. Their contents are in the store afterwards. */
int	source_scan(struct source *, struct stage_scan *, struct err *);
/* Does the index have `before` of all of these, or `after` already? -1 with *e:
 * what to do about one that it doesn't have, or that is `committed`, if that is
 * asked. */
int	source_fits(const struct source *, const struct apply_op *, size_t n,
	    bool committed, struct err *);
/* Like source_write of the core. */
void	source_stage(struct source *, struct apply_op *, size_t n);
/* What git would check out for this content: its line ends, and filters. */
int	source_checked_out(const struct source *, const char *path,
	    const struct stage_side *, struct stage_side *to, struct err *);

#endif
