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

struct task {
	pid_t	 pid, ppid;
	pid_t	 via;		/* a thread that is alive, to read the rest
				   by: pid, unless the first has ended */
	char	 name[16];	/* its program's, or what it calls itself */
	char	 state;
	int	 threads;
	int64_t	 rss_bytes;
	int64_t	 used_us;	/* processor time */
	int64_t	 reaped_us;	/* of children it has waited for */
	bool	 below;		/* set by tasks_mark */
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

/* Fill from the folder; zero the struct before the first use; it can be reused.
 * -1 with errno. */
int	tasks_list(int proc_fd, struct tasks *);
void	tasks_release(struct tasks *);
/* From now on skip what there is now, without `top`: a machine has many
 * processes, and none of them will be below a program that isn't started yet. */
void	tasks_skip_others(int proc_fd, struct tasks *, pid_t top);
/* Mark the descendants of `top` (not itself). Returns how many. */
size_t	tasks_mark(struct tasks *, pid_t top);
/* List all, with the descendants of this process marked; also children of its
 * own that /proc hides from it (hidepid). Returns how many are below, or -1 with
 * errno. */
ssize_t	tasks_list_below(struct tasks *);
/* Has each thread of those that are marked stopped, or ended? */
bool	tasks_stand_still(const struct tasks *);
/* Proportional memory of one process, or its resident size if that isn't
 * readable. */
int64_t	tasks_pss(int proc_fd, const struct task *);
/* Threads of all processes of this user on this machine. */
int	tasks_count_uid(uid_t);
/*
 * Kill and reap everything below this process, which must be a subreaper, until
 * nothing is left or `ms` have passed. *status gets the status of *wanted if it
 * is reaped on the way. Returns how many are left.
 */
size_t	tasks_kill_below(int ms, pid_t wanted, int *status);

#endif
