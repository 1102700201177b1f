/*
 * tasks: the processes in a /proc folder, for measuring and, without a pid
 * namespace, for killing the descendants of one of them.
 */
#ifndef ASSENT_SANDBOX_TASKS_H
#define ASSENT_SANDBOX_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "sandbox/request.h"

struct task {
	pid_t	 pid, ppid;
	pid_t	 via;		/* a thread that is alive, to read the rest
				   by: pid, unless the first has ended */
	char	 name[16];	/* its program's, or what it calls itself */
	char	 state;
	int	 threads;
	int	 tty;		/* its controlling terminal; 0: none */
	int64_t	 rss_bytes;
	bool	 below;		/* set by tasks_mark */
	bool	 foreign;	/* set by tasks_count_new */
};

/* One process, even after another got its number. */
struct task_id {
	pid_t	 pid;
	uint64_t ino;		/* of its folder in /proc */
};

struct tasks {
	struct task	*v;
	size_t		 len;
	struct task_id	*others;	/* tasks_list skips them; by pid */
	size_t		 others_len;
};

void	tasks_release(struct tasks *);
/* List all, with the descendants of this process marked; also children of its
 * own that /proc hides from it (hidepid). Returns how many are below, or -1 with
 * errno. */
ssize_t	tasks_list_below(struct tasks *);
/* From now on skip all that are on this machine but this process. */
void	tasks_skip_others_now(struct tasks *);
/* List the rest: threads of the descendants of this process, and of what can't be
 * told from them since its parent has just ended. -1 with errno. */
int64_t	tasks_count_new(struct tasks *);
/* The letter in /proc of what this thread is doing; '\0': it has ended. */
char	tasks_state(pid_t thread);
/* Has each thread of those that are marked stopped, or ended, and has none run
 * since the last call with this buffer? They are looked at one after another, so
 * one that was seen may run before the last one is. */
bool	tasks_are_stopped(const struct tasks *, struct buf *seen);
/* Threads of all processes of this user on this machine. */
int	tasks_count_uid(uid_t);
/*
 * Kill and reap everything below this process, which must be a subreaper, until
 * nothing is left or `ms` have passed. *status gets the status of *wanted if it
 * is reaped on the way. Returns how many are left.
 */
size_t	tasks_kill_below(int ms, pid_t wanted, int *status);

/*
 * watch: enforces limits that no kernel counter enforces, by checking every 20
 * ms from outside: memory, the size of the stage, and the number of processes
 * if the kernel doesn't limit it. Sampled: a limit can be exceeded within 20
 * ms.
 */

struct watch;

enum watch_verdict {
	WATCH_FINE,
	WATCH_MEMORY,
	WATCH_DISK,
	WATCH_INODES,
	WATCH_FULL,	/* the file system itself is almost full */
	WATCH_PIDS,
};

/* Call while we still have the rights to open quota_dir. */
struct watch *watch_new(const struct sandbox_spec *);
/* The call starts. A file tool isn't limited. What the kernel enforces isn't
 * watched, unless processes might leave the cgroup (no namespaces); of processes
 * the latter may still change, so it must last as long as the watch. */
void	watch_begin(struct watch *, const struct sandbox_spec *,
	    const struct limit_enforcement *);
void	watch_free(struct watch *);
/* Watch the sandbox's /proc and /dev/shm (owned), or, with top > 0, the
 * machine's /proc and everything below `top`; top < 0: the sandbox's first
 * process is the call itself. Called again for each new sandbox
 * of a worker that stays. */
void	watch_attach_take(struct watch *, int proc_fd, int shm_fd, pid_t top);
/* The TCP ports that processes inside listen on, at most `max` of them, ascending:
 * how many. 0 without a network of its own. */
size_t	watch_ports(struct watch *, unsigned *ports, size_t max);
/* *ms: when to look again. */
enum watch_verdict watch_check(struct watch *, int *ms);

#endif
