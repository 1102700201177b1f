/*
 * lasting: a program that stays, and speaks JSON-RPC by its standard input and
 * output: an MCP server, another agent. It is a job of kind JOB_LASTING, on a copy
 * of the project and with a network of its own; both are kept when it ends.
 */
#ifndef ASSENT_CORE_LASTING_H
#define ASSENT_CORE_LASTING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/job/job.h"
#include "core/stage/stages.h"

struct rpc;
struct rpc_handlers;

/* All are called with the lasting's `arg`. */
struct lasting_ops {
	/* It is unusable: `why` is a predicate of it, with the error that it
	 * printed. lasting_drop is the callee's. */
	void	(*failed)(void *arg, const char *why);
	void	(*held)(void *arg);		/* it stands still */
	/* Does it wait for the user's answer about a host? NULL: it needn't be
	 * known. */
	void	(*waits)(void *arg, bool);
	/* Start it with these as its standard input and output, which stay the
	 * caller's: lasting_run, or another way. -1 with *e. */
	int	(*start)(void *arg, const int io[2], struct err *e);
};

struct lasting {
	const struct lasting_ops *ops;
	void		*arg;
	struct job	 job;
	struct own_copy	 own;		/* of the project */
	struct network	*network;	/* NULL: not made yet */
	struct rpc	*rpc;		/* NULL: it doesn't run */
	struct buf	 printed;	/* the end of its stderr */
	char		*closed;	/* why its connection ended; or NULL */
	struct loop_timer *timer;	/* until that counts */
};

/* Zeroed memory becomes one that doesn't run. */
void	lasting_init(struct lasting *, struct core *, const struct lasting_ops *,
	    void *arg);
/* Start it and connect to it: by pipes, or, `one`, by a socket for both ways, of
 * which start() gets the first descriptor only. The handlers are called with
 * `arg`, too; `closed` is lasting_closed. -1 with *e. */
int	lasting_open(struct lasting *, bool one, const struct rpc_handlers *,
	    struct err *e);
/* Run it in the sandbox. The plan has what is special; `name` is in the record of
 * its connections, `dir` is its copy's folder in the session's. -1 with *e. */
int	lasting_run(struct lasting *, struct program_plan *, const char *name,
	    const char *dir, const int io[2], struct err *e);
/* For its rpc_handlers: if its process has ended, too, that says more, and is about
 * to come. */
void	lasting_closed(struct lasting *, const char *why);
/* It printed this on its stderr. */
void	lasting_printed(void *lasting, const char *, size_t);
/* What it changed in its copy since the update, into the session's: the paths
 * become `wrote` of this tool_result, and what can't be taken is told. False: it
 * changed nothing. */
bool	lasting_merge(struct lasting *, const char *name, struct event *);
/* failed() follows at once. */
void	lasting_fail(struct lasting *, const char *why);
/* Kill it; nothing that waits is called. */
void	lasting_drop(struct lasting *);
/* Its copy and network, too. */
void	lasting_release(struct lasting *);

#endif
