/*
 * source: what a session of `assent review` reviews, and where accepted hunks
 * go. It has no model: what changed is what the user's git says, and accepted
 * hunks go to git's index, not to the files.
 *
 * The start object's `review` has `paths`: only the changes of these, as seen
 * from `cwd`; none: all of the project. With `from`, the id of a commit or tree,
 * the session reads what changed from there to the one of `to`, or to the index:
 * git's objects alone, and nothing is staged. `words` say what that is.
 */
#ifndef ASSENT_CORE_SOURCE_H
#define ASSENT_CORE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct apply_op;
struct core;
struct fold_file;
struct gate_choice;
struct stage_scan;

/* Is it such a session, and no undo open? */
bool	source_is_open(const struct core *);
/* Does what is accepted go to the index: in a review, or the undo of what was
 * staged? Other undos are of files, and go the usual way. */
bool	source_stages(const struct core *);
/* As stage_scan: from what the index has to what is in the work tree, both as
 * git would keep them. Their contents are in the store then. */
int	source_scan(struct core *, struct stage_scan *, struct err *);
/* Put what was accepted in the index: all of these, or none. An op that was put
 * there before, by a core that died then, is done. */
void	source_write(struct core *, struct apply_op *, size_t n);
/* Does the index have `before` of all of these, or `after` already? -1 with *e:
 * what to do about one that it doesn't have, or that is `committed`, if that is
 * asked. */
int	source_fits(struct core *, const struct apply_op *, size_t n,
	    bool committed, struct err *);
/* The op, its path malloc'ed, that takes the choice's rejected hunk out of the
 * user's file. -1 with *e, also if the file isn't what was shown. */
int	source_discard(struct core *, const struct fold_file *,
	    struct gate_choice *, struct apply_op *, struct err *);

#endif
