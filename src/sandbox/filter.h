/*
 * filter: the seccomp programs of a payload. Built in the launcher while the
 * root is being mounted, sent inside as bytes, loaded last of all.
 */
#ifndef ASSENT_SANDBOX_FILTER_H
#define ASSENT_SANDBOX_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct filter_row {
	const char	*name;
	int		 error;
};

/* Both end with NULL. No name is in both. */
extern const char *const filter_allowed[];
/* Refused with an error of their own, so that programs report it. */
extern const struct filter_row filter_refused[];

struct filter_options {
	bool		 pinned;	/* affinity may not be changed */
	bool		 counted;	/* the kernel counts all memory,
					   including what no process has
					   mapped */
	bool		 own_ipc;	/* and shared memory ends with it */
	bool		 no_sockets;	/* none can be made */
	bool		 brokered;	/* with a program of broker.h's calls */
	int		 landlock;	/* version, for that one */
	bool		 counts_forks;	/* nothing else limits processes: a
					   broker gets the calls that make
					   one */
	const pid_t	*spared;	/* without a pid namespace: processes
					   that may not be signalled */
	size_t		 spared_len;
};

/* Appends the programs, each after its length. */
int	filter_build(const struct filter_options *, struct buf *,
	    struct err *);
/* Into this process; NO_NEW_PRIVS must be set. With `listener` the last program
 * is that of a broker, and *listener receives its calls. A server is `held`
 * between calls. */
int	filter_load(const void *p, size_t n, bool held, int *listener,
	    struct err *);
#endif
