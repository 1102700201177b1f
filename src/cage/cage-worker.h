/*
 * cage-worker: a running assent-worker as the core holds it: its process and
 * the two ends of its streams.
 */
#ifndef ASSENT_CAGE_CAGE_WORKER_H
#define ASSENT_CAGE_CAGE_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cage/cage.h"

struct cage_worker {
	pid_t	 pid;		/* -1: none */
	int	 to, from;	/* not blocking; -1: closed */
	struct cgroup		*cgroup;	/* that its own is in */
	struct cgroup_leaf	*leaf;
};
#define CAGE_WORKER_NONE { -1, -1, -1, NULL, NULL }

/* With a cgroup of its own for these limits, if there can be one; the first
 * message is sent. -1 with errno. */
int	cage_worker_start(struct cage_worker *, const char *path,
	    struct cgroup *, const struct cage_limits *);
/* Its wait status; the streams are closed, the cgroup is gone. */
int	cage_worker_reap(struct cage_worker *);
/* Tell it to kill everything, and wait until it has, or kill it. */
void	cage_worker_stop(struct cage_worker *);
/* Has it said anything, or come to its end? Does not wait. */
bool	cage_worker_spoke(const struct cage_worker *);

/* A message to it: 4 bytes of length and the text, malloc'ed; *n in and out. */
char	*cage_worker_message(const char *text, size_t *n);

/* The prepared worker, if it is what this call needs, in *w: true. Whatever it
 * was, *ready is gone. `setup` is the call's. */
bool	cage_ready_take(struct cage_ready **ready, const struct cage_spec *,
	    const char *setup, struct cage_worker *w);

#endif
