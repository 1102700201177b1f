/*
 * landlock: a second wall, made by the process that it binds.  Where the
 * sandbox
 * has a root of its own (A, B) it says again what the mounts say; without one
 * (D, none) it alone keeps a command from writing outside of the copy.  It
 * does not cover chmod, chown, times or extended attributes, nor connecting to
 * a unix socket that has a path.
 */
#ifndef ASSENT_SANDBOX_WORKER_LANDLOCK_H
#define ASSENT_SANDBOX_WORKER_LANDLOCK_H

#include "base/err.h"

struct request;		/* sandbox/host/request.h */

/* What this kernel gives to this process: the version of its interface, or 0
 * if there is none, or one that would break ordinary builds (the first version
 * refuses every rename from one folder to another). */
int	landlock_version(void);

/* Bind the calling process and all that it starts; it must have set
 * NO_NEW_PRIVS. `home` and `tmp` are as it sees them. A kernel without
 * landlock is no error. */
int	landlock_confine(const struct request *, const char *home,
	    const char *tmp, struct err *);

#endif
