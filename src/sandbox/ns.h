/*
 * ns: the namespaces of levels A and B.  ns_check outside, ns_clone, and in the
 * child ns_enter, then perhaps ns_renew for each call.  Errors read "step: what".
 */
#ifndef ASSENT_SANDBOX_NS_H
#define ASSENT_SANDBOX_NS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * Is anything mounted below the project, which would make an overlay wrong even
 * if the kernel accepts it? *table is -1 at first and then the mount table's
 * descriptor, owned by the caller: later calls read it again only if it has
 * changed.
 */
int	ns_check(const char *root, int *table, struct err *);
/* As fork, into new namespaces and, if it is possible, into this cgroup of v2 (a
 * folder's descriptor, or -1): then *born. *pidfd for the parent. -1 with *e. */
pid_t	ns_clone(int *pidfd, int cgroup, bool *born, struct err *);
/* Write the maps of process `pid`, or of this one (0). */
int	ns_map(pid_t, uid_t, gid_t, struct err *);
/* For the child, once it has its maps: private mounts and loopback. `renews`: it
 * calls ns_renew. */
int	ns_enter(bool renews, struct err *);
/* As fork, into new namespaces of the same user namespace, with a copy of the
 * mounts and a loopback of its own: the child is their first process. -1 with
 * *e, in the child too. */
pid_t	ns_renew(struct err *);

#endif
