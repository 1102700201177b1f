/*
 * watch: the limits that no kernel counter holds for us, looked at from outside
 * every 20 ms: memory, what the stage holds, and the number of processes where the
 * kernel does not bind it. Sampled: what 20 ms allow may be passed.
 */
#ifndef ASSENT_SANDBOX_LIMITS_WATCH_H
#define ASSENT_SANDBOX_LIMITS_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "sandbox/host/request.h"

enum watch_verdict {
	WATCH_FINE,
	WATCH_MEMORY,
	WATCH_DISK,
	WATCH_INODES,
	WATCH_FULL,	/* the file system itself is about to be full */
	WATCH_PIDS,
};

struct watch;

/* While there are rights to open quota_dir. */
struct watch *watch_new(const struct request *);
/* The call starts. Of a file tool nothing is counted. */
void	watch_begin(struct watch *, const struct request *);
void	watch_free(struct watch *);
/* What to look at: the sandbox's /proc and /dev/shm (taken), or, with top > 0,
 * the machine's /proc and what is below `top`. */
void	watch_attach_take(struct watch *, int proc_fd, int shm_fd, pid_t top);
/* Before the attach: what the kernel keeps need not be looked at, except where
 * what runs might step out of it again (no namespaces). */
void	watch_spare(struct watch *, const struct sandbox_kinds *);
/* After a look: is everything inside to stand still for a while? */
bool	watch_stops(const struct watch *);
/* Look; *next_ms is when to look again. */
enum watch_verdict watch_look(struct watch *, int *next_ms);

/* How soon to look again, in ms, where `left` bytes are free to take and
 * `grown` were taken in the last `ms`: at half the time that is left. */
int	watch_pace(int64_t left, int64_t grown, int64_t ms);

#endif
