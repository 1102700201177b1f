/*
 * landlock: a second wall, set up by the process it restricts. If the sandbox
 * has a root of its own (A, B) it repeats what the mounts enforce; without one
 * (D, none) it alone keeps a command from writing outside the copy. It doesn't
 * cover chmod, chown, times or extended attributes, nor connecting to a unix
 * socket that has a path.
 */
#ifndef ASSENT_SANDBOX_WORKER_LANDLOCK_H
#define ASSENT_SANDBOX_WORKER_LANDLOCK_H

#include "base/err.h"

struct request;		/* sandbox/shared/request.h */

/* The interface version that this kernel offers to this process, or 0 if there
 * is none, or one that would break ordinary builds (the first version refuses
 * every rename from one folder to another). */
int	landlock_version(void);

/* Restrict the calling process and all its children; NO_NEW_PRIVS must be
 * set. `home` and `tmp` are as it sees them. A kernel without landlock is
 * no error. */
int	landlock_confine(const struct request *, const char *home,
	    const char *tmp, struct err *);

#endif
