/*
 * sandbox-worker: the core's handle of a running assent-worker: its process and
 * both streams.
 */
#ifndef ASSENT_SANDBOX_SANDBOX_WORKER_H
#define ASSENT_SANDBOX_SANDBOX_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sandbox/sandbox.h"

struct sandbox_worker {
	pid_t	 pid;		/* -1: none */
	int	 to, from;	/* not blocking; -1: closed */
	bool	 served;	/* a call has run in it */
	struct cgroup		*cgroup;	/* its own cgroup */
	struct cgroup_leaf	*leaf;
};
#define SANDBOX_WORKER_NONE { -1, -1, -1, false, NULL, NULL }

/* With a cgroup of its own for these limits, if possible; sends the first
 * message. `renews`: sandbox_spec_renews. -1 with errno. */
int	sandbox_worker_start(struct sandbox_worker *, const char *path,
	    struct cgroup *, const struct sandbox_limits *, bool renews);
/* Frame 'f' of a worker in which nothing has run yet: later ones get it with
 * their first message. */
void	sandbox_worker_learn(const char *p, size_t n);
/* Reap it: its wait status; closes the streams and removes the cgroup. */
int	sandbox_worker_reap(struct sandbox_worker *);
/* A pidfd of the first process below it, or -1. When that has ended, nothing of
 * the call is alive, even if both were killed. */
int	sandbox_worker_first(const struct sandbox_worker *);
/* Tell it to kill everything, and wait until it has, or kill it. */
void	sandbox_worker_stop(struct sandbox_worker *);
/* Has it sent anything, or ended? Doesn't wait. */
bool	sandbox_worker_spoke(const struct sandbox_worker *);

/* A message for it: 4 bytes of length and the text, malloc'ed; *n in and
 * out. */
char	*sandbox_worker_message(const char *text, size_t *n);

/* The prepared worker moves to *w if it fits this call; *ready is NULL
 * afterwards. `setup` is the call's. Returns what this worker was built from, or
 * the one that the call starts will be, for sandbox_ready_return; NULL if the
 * call's worker doesn't stay. */
struct sandbox_ready *sandbox_ready_take(struct sandbox_ready **ready,
	    const struct sandbox_spec *, const char *setup,
	    struct sandbox_worker *w);
/* A worker that stays waits for the next call; *w has none then. */
void	sandbox_ready_return(struct sandbox_ready *, struct loop *,
	    struct sandbox_worker *w);

#endif
