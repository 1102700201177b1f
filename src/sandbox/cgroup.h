/*
 * cgroup: limits enforced by the kernel, with cgroup v2; the number of processes
 * with v1's "pids" where v2 can't. The core finds out
 * once, with the probe, where it may create folders (a delegated cgroup, or a
 * scope requested from systemd), creates one for each worker with its limits,
 * and removes it when all processes in it are dead; the worker moves the
 * sandbox's first process into it and reads the kernel's counters.
 *
 * It must never escape a limit that somebody else has set for us, never touch a
 * folder that isn't ours by its name, and never claim that the kernel enforces
 * a limit without having read it back.
 */
#ifndef ASSENT_SANDBOX_CGROUP_H
#define ASSENT_SANDBOX_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

struct limit_enforcement;
struct sandbox_limits;

/* The limited resources, each with a controller of that name. */
enum cgroup_part { CGROUP_MEMORY, CGROUP_CPU, CGROUP_PIDS, CGROUP_PARTS };
extern const char *const cgroup_parts[CGROUP_PARTS];

struct cgroup {
	char	*base;			/* parent folder of ours; NULL: none */
	bool	 has[CGROUP_PARTS];	/* what can be limited below it */
	char	*pids;			/* parent folder of v1's, where v2
					   doesn't limit them; or NULL */
	char	*why;			/* for doctor: why there is no v2, or
					   NULL */
	char	*core;			/* the folder that we moved into */
	/* used by cgroup.c */
	long	 count;
	char	**left;			/* folders that could not be removed
					   yet */
	size_t	 left_len;
};

struct cgroup_host {
	const char	*root;		/* prefix of /proc and mount points, for
					   tests; NULL: the host we are on, of
					   which only `project` is asked */
	uid_t		 uid;
	pid_t		 pid, parent;	/* the core, its client */
	const char	*project;	/* never run a program below it */
	const char	*path;		/* where to look for busctl; NULL: no
					   scope */
	bool		 bus;		/* the user has a systemd manager */
};

/* Never NULL. */
struct cgroup *cgroup_find(const struct cgroup_host *);
/* Removes our empty folders. */
void	cgroup_free(struct cgroup *);

struct cgroup_leaf {
	char	*dir;			/* NULL: none */
	bool	 has[CGROUP_PARTS];	/* enforced there */
	char	*pids;			/* v1's, which limits them; or NULL */
};

/* A new empty folder with these limits; NULL if none was accepted. */
struct cgroup_leaf *cgroup_leaf_new(struct cgroup *,
	    const struct sandbox_limits *);
/* Call when all processes in it are dead, or about to be. */
void	cgroup_leaf_free(struct cgroup *, struct cgroup_leaf *);

struct cgroup_join {
	bool	 has[CGROUP_PARTS];
	int	 procs;			/* cgroup.procs, or -1 */
	int	 dir;			/* the folder, for clone3; or -1 */
	bool	 born;			/* the process was */
	int	 events;		/* counts processes killed for lack of
					   memory, or -1 */
	int	 pids;			/* cgroup.procs of v1's, or -1 */
};

/* Open the files with the core's rights, before they are dropped; -1: there
 * is none. */
void	cgroup_join_open(struct cgroup_join *, const struct cgroup_leaf *);
/* Move the process there, unless it was born there. *enforced is kernel for the
 * limits that apply. */
void	cgroup_join_enter(const struct cgroup_join *, pid_t,
	    struct limit_enforcement *);
/* How many processes inside the kernel has killed so far for lack of memory,
 * whether its limit's or the machine's. */
int64_t	cgroup_join_kills(const struct cgroup_join *);

/* The lowest limit on memory set for us, INT64_MAX: none. `root`: a prefix of
 * /proc and /sys. */
int64_t	cgroup_memory(const char *root);

#endif
