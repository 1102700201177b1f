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

struct event;
struct lineio;

/* A folder in it, existing or not; malloc'ed. NULL with *e without a home,
 * or if somebody else could write there. */
char	*data_dir(const char *below, struct err *);

/*
 * Exit codes, which scripts rely on. With EXIT_USAGE nothing has begun: an
 * option, what an option or operand names (a file, a session, a provider), the
 * configuration or the folder is wrong. What fails later is EXIT_ERROR. With
 * both, nothing is printed on standard output but what was done before.
 */
enum cmd_exit {
	EXIT_DONE = 0,
	EXIT_ERROR = 1,
	EXIT_USAGE = 2,
	EXIT_UNPROVEN = 3,
	EXIT_LIMIT = 4,
	EXIT_WAITS = 5,
	EXIT_PROVIDER = 6,
	EXIT_SANDBOX = 7,			/* weaker than sandbox_require */
	EXIT_INTERRUPTED = 130,
};

/* Prints "assent: ..." on stderr, sanitized; returns `code`. */
int	cmd_fail(int code, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* Prints the error; returns EXIT_USAGE for misuse, else EXIT_ERROR. */
int	cmd_fail_err(const struct err *);
/* The message that cmd_fail or cmd_say printed last, or "". */
const char *cmd_said(void);
/* Prefix the next messages with this name, unless they begin with it. Not
 * copied. */
void	cmd_say_name(const char *name);
void	cmd_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

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
/* -1 with *e if the core's process is stopped (SIGSTOP, a debugger) and so
 * can't answer, or `hangs`. */
int	client_check_stopped(const struct client *, bool hangs, struct err *);
/* Send what is queued, and give `fn` each line of the core, until it returns
 * another value than 0, which is returned; 0: the core hung up. -1 with *e also
 * if the core is stopped, or sends nothing for `waits` times 2 s (0: it may). */
int	client_lines(struct client *, int waits, int fn(void *arg,
	    const struct event *, struct err *), void *arg, struct err *);
/* Close, and wait for a core we started, unless its `pid` is forgotten. */
void	client_release(struct client *);
/* Run `assent-core` with these arguments (NULL-ended, after argv[0]), stdin from
 * fd `in` and stdout into fd `out` (-1: ours); its exit status, or -1 with *e. */
int	client_run_core(const char *const *args, int in, int out, struct err *);
/* The JSON that it prints, up to `max` bytes (0: any number), after reading
 * `asked` (or NULL); NULL if it fails, with *e unless it printed the reason. */
cJSON	*client_ask_core(const char *const *args, cJSON *asked_take, size_t max,
	    struct err *);
/* Make a session that goes on from the message on line `at` of this one's
 * journal, or "0" for the last one: its id, malloc'ed. NULL with *e: nothing was
 * made. */
char	*client_fork(const char *id, const char *at, struct err *);

#endif
