/*
 * cgroup: limits that the kernel keeps.  The core finds once, with the probe,
 * where folders of ours may be made (a delegated cgroup v2, a scope asked of
 * systemd, a writable v1), makes one for each worker with the limits in it, and
 * removes it when all is dead; the worker puts the sandbox's first process into
 * it
 * and reads what the kernel did.
 *
 * It must never take a process out of a limit that somebody else has put on us,
 * never touch a folder that is not ours by its name, and never say of a limit
 * that the kernel keeps it unless it was read back.
 */
#ifndef ASSENT_SANDBOX_LIMITS_CGROUP_H
#define ASSENT_SANDBOX_LIMITS_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "sandbox/sandbox.h"

/* What is limited, each by a controller of its name. */
enum cgroup_part { CGROUP_MEMORY, CGROUP_CPU, CGROUP_PIDS, CGROUP_PARTS };
extern const char *const cgroup_parts[CGROUP_PARTS];

enum cgroup_kind { CGROUP_NONE, CGROUP_V1, CGROUP_V2 };

/* ---- cgroup-find.c, in the core ---- */

struct cgroup {
	enum cgroup_kind kind;
	char	*base[CGROUP_PARTS];	/* folders that ours go into; NULL */
	char	*why;			/* for doctor: why no better, or NULL */
	char	*core;			/* the folder that we moved into */
	/* of cgroup-leaf.c */
	long	 count;
	char	**left;			/* could not be removed yet */
	size_t	 left_len;
};

struct cgroup_host {
	const char	*root;		/* before /proc and mount points; "" */
	uid_t		 uid;
	pid_t		 pid, parent;	/* the core, its client */
	const char	*project;	/* no program below it is run */
	const char	*path;		/* to find busctl in; NULL: no scope */
	bool		 bus;		/* the user has a manager */
};

/* The host we are on. Borrowed strings. */
void	cgroup_host_this(struct cgroup_host *, const char *project);
/* Never NULL; kind CGROUP_NONE says nothing can be had. */
struct cgroup *cgroup_find(const struct cgroup_host *);
/* Removes what is ours and empty. */
void	cgroup_free(struct cgroup *);

/* ---- cgroup-scope.c ---- */

/* Ask the user's manager for a scope around this process, with everything in it
 * delegated; wait until we are in it, at most two seconds. 0, or -1 with *e. */
int	cgroup_scope(const struct cgroup_host *, struct err *);

/* ---- cgroup-leaf.c, in the core ---- */

struct cgroup_leaf {
	enum cgroup_kind kind;
	char	*dir[CGROUP_PARTS];	/* NULL: this one is not kept here */
	char	*made[CGROUP_PARTS];	/* each folder once */
	size_t	 made_len;
};

/* A new empty folder with these limits; NULL if none took. */
struct cgroup_leaf *cgroup_leaf_new(struct cgroup *,
	    const struct sandbox_limits *);
/* When all that was in it is dead, or about to be. */
void	cgroup_leaf_free(struct cgroup *, struct cgroup_leaf *);
/* Folders with names of ours that nobody needs any more. */
void	cgroup_sweep(const char *base);

/* ---- cgroup-join.c, in the worker ---- */

struct cgroup_join {
	enum cgroup_kind kind;
	int	 procs[CGROUP_PARTS];	/* cgroup.procs, or -1 */
	int	 events;		/* how often memory ran out, or -1 */
	int	 hits, peak;		/* was it this limit? or -1 */
	int	 refused;		/* how often a process, or -1 */
	int64_t	 kills0, hits0, limit;
};

/* With the rights of the core, before they are dropped. Parts that cannot be
 * opened are left out. */
void	cgroup_join_open(struct cgroup_join *, const struct cgroup_leaf *);
/* Put the process there; *kinds is kernel for what took. */
void	cgroup_join_enter(struct cgroup_join *, pid_t, struct sandbox_kinds *);
/* 0: no; 1: the kernel ran out of memory and killed a process inside, by the
 * limit; 2: because the machine, or what holds us, ran out. */
int	cgroup_join_oom(const struct cgroup_join *);
/* How many times a new process was refused. */
int64_t	cgroup_join_refused(const struct cgroup_join *);
void	cgroup_join_close(struct cgroup_join *);

/* ---- small files of the kernel's, cgroup-file.c ---- */

/* At most a few pages of text. -1 with errno. */
int	cgroup_read(const char *dir, const char *file, struct buf *);
/* A file that is there already. -1 with errno. */
int	cgroup_write(const char *dir, const char *file, const char *text);
/* A number at the start, INT64_MAX for "max"; -1 for anything else. */
int64_t	cgroup_number(const char *text);
/* The number after `key` at the start of a line; -1 if there is none. */
int64_t	cgroup_value(const char *text, const char *key);
/* Is `word` one of the words between blanks or commas? */
bool	cgroup_has(const char *words, const char *word);

#endif
