/*
 * watch: enforces limits that no kernel counter enforces, by checking every 20
 * ms from outside: memory, the size of the stage, and the number of processes
 * if the kernel doesn't limit it. Sampled: a limit can be exceeded within 20
 * ms.
 */
#ifndef ASSENT_SANDBOX_WATCH_H
#define ASSENT_SANDBOX_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sandbox/request.h"

struct watch;

struct cpu_throttle {
	int	percent;	/* of one core */
	int64_t	credit_us;
	int64_t	wall_us, used_us;	/* at the last step */
	bool	stopped;
};

void	cpu_throttle_start(struct cpu_throttle *, int percent, int64_t wall_us);
/* `used_us`: CPU time of everything inside since the start. Sets `stopped`;
 * returns in how many milliseconds to check again. */
int	cpu_throttle_step(struct cpu_throttle *, int64_t wall_us,
	    int64_t used_us);

enum watch_verdict {
	WATCH_FINE,
	WATCH_MEMORY,
	WATCH_DISK,
	WATCH_INODES,
	WATCH_FULL,	/* the file system itself is almost full */
	WATCH_PIDS,
};

/* Call while we still have the rights to open quota_dir. */
struct watch *watch_new(const struct request *);
/* The call starts. A file tool isn't limited. */
void	watch_begin(struct watch *, const struct request *);
void	watch_free(struct watch *);
/* What to watch: the sandbox's /proc and /dev/shm (owned), or, with top > 0,
 * the machine's /proc and everything below `top`. Again for each new sandbox
 * of a worker that stays. */
void	watch_attach_take(struct watch *, int proc_fd, int shm_fd, pid_t top);
/* Before the attach: skip limits that the kernel enforces, unless processes
 * might leave the cgroup (no namespaces). */
void	watch_spare(struct watch *, const struct limit_enforcement *);
/* After a check: should everything inside stop for a while? */
bool	watch_stops(const struct watch *);
/* Check; *next_ms is when to check again. */
enum watch_verdict watch_look(struct watch *, int *next_ms);


#endif
