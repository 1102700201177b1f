/*
 * restage: the staged copy of a session that is resumed. If it is gone, or this
 * host gives another view than the last one, it is rebuilt from the other view
 * or from the open proposal: an empty one would mean that the agent took
 * everything back. Hunks that overwrite newer lines stay marked as such. If the
 * store lacks their contents too, the session starts only with `--recover
 * leave`, which drops those changes and names them.
 */
#ifndef ASSENT_CORE_SESSION_RESTAGE_H
#define ASSENT_CORE_SESSION_RESTAGE_H

#include "base/err.h"

struct core;
struct stage;

/*
 * The stage as it was left. Where this host gives another view by now, all that
 * is staged is taken over; where its folder is gone, what was proposed is staged
 * again from the store. Where the store lacks contents, too, that is an error, but
 * with --recover leave, which drops such changes. *note is then a sentence for
 * the user, else NULL; malloc'ed. NULL with *e.
 */
struct stage *restage_open(struct core *, char **note, struct err *);

#endif
