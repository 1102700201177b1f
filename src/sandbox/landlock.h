/*
 * landlock: a second wall, set up by the process it restricts. If the sandbox
 * has a root of its own (A, B) it repeats what the mounts enforce; without one
 * (C, D, none) it alone keeps a command from writing outside the copy, and on C
 * from reading. It doesn't cover chmod, chown, times or extended attributes, nor
 * connecting to a unix socket that has a path: on C broker.h does.
 */
#ifndef ASSENT_SANDBOX_LANDLOCK_H
#define ASSENT_SANDBOX_LANDLOCK_H

#include "base/err.h"

struct mount_plan;	/* sandbox/mount-plan.h */
struct sandbox_spec;	/* sandbox/sandbox.h */

/* Who is restricted. The broker of level C may do what any of its calls may,
 * and nothing else. */
enum landlock_whose { LANDLOCK_PAYLOAD, LANDLOCK_BROKER };

/* The interface version that a request uses, NULL: that this kernel offers to
 * this process. 0: there is none, or one that would break ordinary builds (the
 * first version refuses every rename from one folder to another), with which
 * level C works nevertheless. */
int	landlock_version(const struct sandbox_spec *);

/* Restrict the calling process and all its children; NO_NEW_PRIVS must be
 * set. The plan, which only A, B and C have, says what is shown where. A kernel
 * without landlock is an error on level C alone. */
int	landlock_confine(const struct sandbox_spec *, const struct mount_plan *,
	    enum landlock_whose, struct err *);

#endif
