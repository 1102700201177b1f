/*
 * restage: the staged copy of a resumed session. If it is gone, or this host
 * gives another view than the last one, it is rebuilt from the other view or
 * from the open proposal: an empty one would mean that the agent reverted
 * everything. Hunks that overwrite newer lines stay marked as such. If the
 * store lacks their contents too, the session starts only with `--recover
 * leave`, which drops those changes and names them.
 */
#ifndef ASSENT_CORE_RESTAGE_H
#define ASSENT_CORE_RESTAGE_H

#include "base/err.h"

struct core;
struct stage;

/*
 * Open the staged copy as it was left. If this host gives another view, all
 * staged changes move there; if its folder is gone, the proposed changes are
 * staged again from the store. Missing contents are an error, unless --recover
 * leave drops those changes. *note is then a message for the user, else NULL;
 * malloc'ed. NULL with *e.
 */
struct stage *restage_open(struct core *, char **note, struct err *);

#endif
