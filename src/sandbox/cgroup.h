/*
 * cgroup: limits enforced by the kernel. The core finds out once, with the
 * probe, where it may create folders (a delegated cgroup v2, a scope requested
 * from systemd, a writable v1), creates one for each worker with its limits,
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

enum cgroup_kind { CGROUP_NONE, CGROUP_V1, CGROUP_V2 };

struct cgroup {
	enum cgroup_kind kind;
	char	*base[CGROUP_PARTS];	/* parent folders of ours; NULL */
	char	*why;			/* for doctor: why the limits aren't
					   better enforced, or NULL */
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

/* Never NULL; kind CGROUP_NONE if nothing is available. */
struct cgroup *cgroup_find(const struct cgroup_host *);
/* Removes our empty folders. */
void	cgroup_free(struct cgroup *);

struct cgroup_leaf {
	enum cgroup_kind kind;
	char	*dir[CGROUP_PARTS];	/* NULL: this one isn't enforced here */
	char	*made[CGROUP_PARTS];	/* each folder once */
	size_t	 made_len;
};

/* A new empty folder with these limits; NULL if none was accepted. */
struct cgroup_leaf *cgroup_leaf_new(struct cgroup *,
	    const struct sandbox_limits *);
/* Call when all processes in it are dead, or about to be. */
void	cgroup_leaf_free(struct cgroup *, struct cgroup_leaf *);
struct cgroup_join {
	enum cgroup_kind kind;
	int	 procs[CGROUP_PARTS];	/* cgroup.procs, on v1 tasks; or -1 */
	int	 dir;			/* v2: a process can be born there; or
					   -1 */
	bool	 born;			/* the process was */
	int	 events;		/* counts processes killed for lack of
					   memory, or -1 */
};

/* Open the files with the core's rights, before they are dropped. Leaves out
 * parts that can't be opened. */
void	cgroup_join_open(struct cgroup_join *, const struct cgroup_leaf *);
/* v1: the calling process, which has one thread, moves itself there; as bits,
 * the parts that it is in. The kernel takes milliseconds to move another. */
unsigned cgroup_join_self(const struct cgroup_join *);
/* v2: move the process there, unless it was born there. v1: `in` is what its
 * cgroup_join_self returned. *enforced is kernel for the limits that apply. */
void	cgroup_join_enter(struct cgroup_join *, pid_t, unsigned in,
	    struct limit_enforcement *);
/* How many processes inside the kernel has killed so far for lack of memory,
 * whether its limit's or the machine's. */
int64_t	cgroup_join_kills(const struct cgroup_join *);

/* The lowest limit on memory set for us, INT64_MAX: none. `root`: a prefix of
 * /proc and /sys. */
int64_t	cgroup_memory(const char *root);

#endif
