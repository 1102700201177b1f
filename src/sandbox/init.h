/*
 * init: the first process of a call, created ahead of it. On A and B it is pid
 * 1 of the sandbox, builds the root and dies with the launcher; on C, D and
 * none it is a guard that adopts every orphan below it and kills them all at the
 * end, and on C the broker of the payload, too. Both run the payload as their
 * child and report how it ended. In a worker that stays, they then kill the rest
 * of the call and wait for the next one.
 */
#ifndef ASSENT_SANDBOX_INIT_H
#define ASSENT_SANDBOX_INIT_H

#include <signal.h>
#include <stdbool.h>

#include "sandbox/cgroup.h"
#include "sandbox/request.h"
#include "sandbox/report.h"
#include "sandbox/root.h"

/* Before each call to the first process of a worker that renews the sandbox: it
 * is alive, so the call's own may begin. */
#define INIT_GO SIGUSR1

struct init {
	struct request		*r;	/* the setup; the call comes later */
	struct root		*root;	/* NULL: no namespaces */
	struct mount_plan	*plan;	/* what is shown (A, B, C); NULL */
	uid_t			 uid;	/* the payload's identity */
	gid_t			 gid;
	bool			 mapped;	/* the launcher writes the
						   maps */
	const struct cgroup_join *join;	/* which it enters; NULL: the launcher
					   sees to it */
	int			 report_fd;
	int			 go_fd;		/* set inside, if it renews */
	struct report		 filter;	/* set inside */
	struct broker		*broker;	/* set inside (C); NULL */
	int			 proxy_port;	/* set inside; 0: none */
};

_Noreturn void init_run(struct init *);

#endif
