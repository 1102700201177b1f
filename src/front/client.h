/*
 * client: a connection to a core, which we start with a socket pair or find at
 * its session's socket.
 */
#ifndef ASSENT_FRONT_CLIENT_H
#define ASSENT_FRONT_CLIENT_H

#include <stdbool.h>
#include <sys/types.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "base/lineio.h"

struct client {
	struct lineio	*io;
	pid_t		 pid;	/* of a core we started, or 0 */
};

/* Start a core, which waits for client_start; it can do so while the start
 * object is made. */
int	client_spawn(struct client *, struct err *);
/* Start a core, unless it was spawned, and queue hello (setup_hello, or NULL:
 * without keys) and the start object. Takes both. */
int	client_start(struct client *, cJSON *start_take, cJSON *hello_take,
	    struct err *);
/* Connect to a running session and queue hello. */
int	client_attach(struct client *, const char *id, cJSON *hello_take,
	    struct err *);
/* Wait up to `ms` for its first byte: 1, also if it is only slow; 0 if it hung
 * up (an idle core was just exiting); -1 with *e if it is stopped. */
int	client_is_answered(struct client *, int ms, struct err *);
/* -1 with *e if the core's process is stopped (SIGSTOP, a debugger) and so
 * can't answer. */
int	client_check_stopped(const struct client *, struct err *);
/* The core's process, or 0. */
pid_t	client_core_pid(const struct client *);
/* Queue a command such as {"type":"interrupt"}. */
void	client_send(struct client *, const char *type);
/* Send what is queued, and give `fn` each line of the core, until it returns
 * another value than 0, which is returned; 0: the core hung up. -1 with *e also
 * if the core is stopped, or sends nothing for `waits` times 2 s (0: it may). */
int	client_lines(struct client *, int waits, int fn(void *arg,
	    const cJSON *line, struct err *), void *arg, struct err *);
/* Close; with `wait`, wait for a core we started. */
void	client_release(struct client *, bool wait);
/* The same with `wait`, for AUTO. */
void	client_end(struct client *);
/* Run `assent-core` with these arguments (NULL-ended, after argv[0]), stdin from
 * fd `in` and stdout into fd `out` (-1: ours); its exit status, or -1 with *e. */
int	client_run_core(const char *const *args, int in, int out, struct err *);
/* The JSON that it prints, up to `max` bytes (0: any number), after reading
 * `asked` (or NULL); NULL if it fails, with *e unless it printed the reason. */
cJSON	*client_ask_core(const char *const *args, cJSON *asked_take, size_t max,
	    struct err *);

#endif
