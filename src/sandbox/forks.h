/*
 * forks: counts the processes and threads below this one, of which each new one
 * is allowed here first. For real root, whom RLIMIT_NPROC doesn't limit, where
 * no cgroup does.
 *
 * A call that was allowed makes its process some time later: until then /proc
 * doesn't list it, and it counts as well. It is over once its thread has ended,
 * sleeps or asks again: while a thread makes a process it runs, or waits
 * without being interruptible.
 */
#ifndef ASSENT_SANDBOX_FORKS_H
#define ASSENT_SANDBOX_FORKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sandbox/tasks.h"

struct forks {
	int64_t		 max;
	int64_t		 used;		/* at most so many exist */
	int64_t		 list_due;	/* not before, or listing would take
					   too much of the time */
	struct tasks	 tasks;
	pid_t		*open;		/* threads whose last fork may not be
					   over */
	size_t		 open_len;
};

/* Before the first of them is started. */
void	forks_begin(struct forks *, int64_t max);
/* May this thread make one more? If so, the caller lets it. */
bool	forks_allow(struct forks *, pid_t thread);
void	forks_release(struct forks *);

#endif
