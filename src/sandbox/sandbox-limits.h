/*
 * sandbox-limits: the limits of a call, as one table: their values, their
 * settings, and how each is enforced. The start object, the journal's
 * session_start and the worker's request are written and read by this table.
 */
#ifndef ASSENT_SANDBOX_SANDBOX_LIMITS_H
#define ASSENT_SANDBOX_SANDBOX_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct buf;
struct err;

enum sandbox_level {
	SANDBOX_A,		/* namespaces, overlay of the real tree */
	SANDBOX_B,		/* namespaces, copied view */
	SANDBOX_C,		/* landlock and a broker, copied view */
	SANDBOX_D,		/* the user declares: this container is the
				   sandbox */
	SANDBOX_NONE,	/* no sandbox: copied view, a person approves
			   commands */
};

struct sandbox_level_row {
	const char	*name;
	bool		 overlays;	/* shows the real tree under an overlay;
					   else a copy */
	bool		 encloses;	/* in namespaces of its own */
	bool		 brokers;	/* landlock and a broker hold instead */
	bool		 holds;		/* it keeps commands in by itself */
	const char	*line;		/* for people */
	const char	*sees;		/* what it can't hide, without a test;
					   NULL: nothing, or tests tell */
	const char	*lacks;		/* what programs expect and don't find;
					   NULL: nothing */
	const char	*model;		/* for the model */
};
/* One row for each level; `line` is for a sandbox in which no host is allowed
 * (fold.net has the allowed ones). */
extern const struct sandbox_level_row sandbox_levels[];
/* "A", "B", "C", "D", "none"; -1 for anything else. */
int	sandbox_level_find(const char *name);
/* Do root's calls keep running as root although the project belongs to a user?
 * Without a mount the copy is reached by its path, and `copy` is (or will be)
 * where that user has no access. The stage folder must not be given to that
 * user then. */
bool	sandbox_stays_root(enum sandbox_level, const char *root,
    const char *copy);

struct sandbox_limits {
	int64_t	 timeout_ms;
	int64_t	 memory_bytes;
	int64_t	 cpu;		/* percent of one core; 0: all cores */
	int64_t	 pids;
	int64_t	 disk_bytes;	/* size of all files below quota_dir, of all
				   calls together */
	int64_t	 disk_inodes;	/* files and folders; the limit is one for
					   each 10 KiB of disk_bytes if that is
					   more, so that one flag raises both */
	int64_t	 output_bytes;	/* the call is killed if it prints more */
};

/* How a limit is enforced: not at all; by a check every 20 ms; of processes, by
 * the numbers that they have in their namespace (SANDBOX_PID_MAX at least), or by
 * counting each one before it is made; by the kernel. */
enum limit_enforced {
	ENFORCED_OFF,
	ENFORCED_SAMPLED,
	ENFORCED_NUMBERS,
	ENFORCED_COUNTED,
	ENFORCED_KERNEL,
};
#define SANDBOX_PID_MAX	301	/* the least that the kernel takes */
struct limit_enforcement {
	enum limit_enforced	 memory, cpu, pids, disk;
};

struct sandbox_limit {
	const char	*name;		/* with its unit */
	const char	*setting;	/* and flag; NULL: none */
	const char	*enforced_name;	/* member of "enforced" in JSON; NULL:
					   always enforced */
	const char	*word;		/* for it in messages */
	size_t		 enforced;	/* offset in struct limit_enforcement */
	size_t		 member;	/* offset in struct sandbox_limits */
	int64_t		 usual;
	bool		 zero_is_all;	/* 0: no limit */
};
extern const struct sandbox_limit sandbox_limit_table[]; /* in the journal's order */
extern const size_t sandbox_limit_table_len;

static inline int64_t
sandbox_limit_get(const struct sandbox_limits *l, const struct sandbox_limit *t)
{
	return *(const int64_t *)(const void *)((const char *)l + t->member);
}

static inline void
sandbox_limit_set(struct sandbox_limits *l, const struct sandbox_limit *t,
    int64_t v)
{
	*(int64_t *)(void *)((char *)l + t->member) = v;
}

static inline int64_t
sandbox_limits_inodes(const struct sandbox_limits *l)
{
	int64_t least = l->disk_bytes / 10240;

	return l->disk_inodes < least ? least : l->disk_inodes;
}

/* A call limited to one core or less is pinned to one CPU, so that runtimes and
 * builds size themselves by it. */
static inline bool
sandbox_limits_pinned(const struct sandbox_limits *l)
{
	return l->cpu > 0 && l->cpu <= 100;
}

/* The usual ones, with all cores and half of the memory, of which we may use
 * `most` (cgroup_memory). */
void	sandbox_limits_usual(struct sandbox_limits *, int64_t most);
/* {"timeout_ms":120000,...}, both ways; a missing member stays unchanged. */
void	sandbox_limits_json(const struct sandbox_limits *, cJSON *to);
void	sandbox_limits_decode(const cJSON *, struct sandbox_limits *);

/* "512M memory". */
void	sandbox_limits_memory(struct buf *, const struct sandbox_limits *);
/* `limit`, or the hard limit of this process on RLIMIT_x `what` if that is
 * lower: it is the host's, and no flag raises it. */
int64_t	sandbox_limits_host(int what, int64_t limit);

/* Is this root, whose processes the kernel doesn't limit? Root of a container with
 * users of its own is an ordinary user to it. */
bool	sandbox_limits_lacks_pids(void);
/* Can a program get the calls that start processes, and let them through
 * (broker.h)? Not where another one already answers calls of this process. Tried
 * once for a process. */
bool	sandbox_limits_can_count(void);

/* How many processes there can be, enforced so. */
int64_t	sandbox_limits_pids(const struct sandbox_limits *,
	    const struct limit_enforcement *);

/* "memory, cpu held by the kernel; disk checked at intervals"; malloc'ed. */
char	*sandbox_limits_enforced_text(const struct limit_enforcement *);
/* Does the first enforce some limit less strictly than the second? */
bool	sandbox_limits_enforced_weaker(const struct limit_enforcement *,
	    const struct limit_enforcement *);
/* -1: a share of a processor is asked for, and nothing holds a command to it.
 * `why` there is no cgroup for it, or NULL. */
int	sandbox_limits_check_cpu(const struct sandbox_limits *,
	    const struct limit_enforcement *, const char *why, struct err *);
/* {"memory":"kernel",...}, both ways; an unknown member is off. */
cJSON	*sandbox_limits_enforced_json(const struct limit_enforcement *);
void	sandbox_limits_enforced_decode(const cJSON *,
	    struct limit_enforcement *);

#endif
