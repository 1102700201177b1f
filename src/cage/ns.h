/*
 * ns: the namespaces of rungs A and B and the root inside them.  Order:
 * ns_check (outside), ns_take (outside as real root, else inside), ns_clone,
 * and in the child ns_enter, ns_build.  Errors read "step: what".
 */
#ifndef ASSENT_CAGE_NS_H
#define ASSENT_CAGE_NS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "cage/plan.h"
#include "cage/request.h"

struct ns {
	const struct request	*r;
	struct plan		*plan;
	int			 stage;	/* A: tree of the stage's folder */
	int			 git;	/* B: tree of the real .git, or -1 */
	bool			 taken;
	uid_t			 uid;	/* who the payload is */
	gid_t			 gid;
};

/* What would make an overlay wrong, though the kernel might take it. */
int	ns_check(const struct ns *, struct err *);
/* Copies of every mount that is needed, as descriptors, before anything is
 * covered: sources may lie below /tmp or below a folder that only real root
 * may enter. */
int	ns_take(struct ns *, struct err *);
/* As fork, into new namespaces. *pidfd for the parent. -1 with *e. */
pid_t	ns_clone(int *pidfd, struct err *);
/* The child's maps, private mounts and loopback. */
int	ns_enter(struct ns *, struct err *);
/* The new root, and into it. */
int	ns_build(struct ns *, struct err *);

#endif
