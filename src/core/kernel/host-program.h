/*
 * host-program: a program that the user's config runs outside of the sandbox
 * ("sandbox": false: a hook, an MCP server), as the user, below a guard
 * (guard_run): all that it starts ends with it, with the call that
 * needs it, and with the core, even a killed one.
 */
#ifndef ASSENT_CORE_HOST_PROGRAM_H
#define ASSENT_CORE_HOST_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct loop;

struct host_program_ops {
	/* Of standard output (false: of standard error). */
	void	(*output)(void *arg, bool out, const char *p, size_t n);
	/* Once, last, unless it is freed before. `status` as of waitpid(2). */
	void	(*done)(void *arg, int status, bool late);
};

struct host_program_spec {
	const char		*worker;	/* path of assent-worker */
	const char *const	*argv;		/* NULL-terminated */
	const char		*dir;
	const char *const	*env;		/* NULL: the core's, which has
						   no key */
	int			 in;		/* standard input; stays the
						   caller's */
	int			 out;		/* standard output, likewise;
						   -1: output() gets it */
	int64_t			 timeout_ms;	/* it may take; 0: any time */
};

/* NULL with *e. The program is killed after the time, and by
 * host_program_free. */
struct host_program *host_program_new(struct loop *,
	    const struct host_program_spec *, const struct host_program_ops *,
	    void *arg, struct err *);
/* Standard input with these bytes, as a file in memory: we never wait for a program
 * that doesn't read. -1 with *e. */
int	host_program_input(const void *p, size_t n, struct err *);
void	host_program_free(struct host_program *);	/* NULL is fine */

#endif
