/*
 * message: exit codes, and messages on standard error; and where files of
 * the user are that outlive sessions.
 */
#ifndef ASSENT_FRONT_MESSAGE_H
#define ASSENT_FRONT_MESSAGE_H

#include "base/err.h"

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
	EXIT_SANDBOX = 7,			/* weaker than asked for */
	EXIT_INTERRUPTED = 130,
};

/* Prints "assent: ..." on stderr, sanitized; returns `code`. */
int	cmd_fail(int code, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* Prints the error; returns EXIT_USAGE for misuse, else EXIT_ERROR. */
int	cmd_fail_err(const struct err *);
/* The message that cmd_fail or cmd_say printed last, or "". */
const char *cmd_said(void);
/* Prefix the next messages with this name, unless they begin with it. The name
 * isn't copied. */
void	cmd_say_name(const char *name);
void	cmd_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A folder below the user's data, existing or not; malloc'ed. NULL with *e
 * without a home, or if somebody else could write there. */
char	*data_dir(const char *below, struct err *);

#endif
