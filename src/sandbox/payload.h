/*
 * payload: from the first process inside to foreign code. After payload_run has
 * dropped everything there is no way back; it never returns.
 */
#ifndef ASSENT_SANDBOX_PAYLOAD_H
#define ASSENT_SANDBOX_PAYLOAD_H

#include <stdbool.h>

#include "base/err.h"
#include "sandbox/mount-plan.h"
#include "sandbox/request.h"

/* The exit status of a TOOL_PARALLEL call whose answer is complete, but of
 * which a part was killed, perhaps by a memory error that somebody caused. The
 * next payload would have the same addresses, so the worker must not serve
 * it. */
#define PAYLOAD_STRUCK		3

struct payload {
	const struct sandbox_spec	*r;
	const char		*home, *tmp, *path;	/* as seen inside */
	bool			 inside;	/* own namespaces (A, B) */
	const struct mount_plan	*plan;		/* A, B, C; else NULL */
	int			 broker;	/* channel to it; -1: none */
	int			 nice;		/* of the program that started the
						   worker */
	int			 proxy_port;	/* 0: none */
	int			 out_fd;	/* its stdout and stderr */
	int			 io[2];		/* a server's stdin and stdout;
						   -1 */
	int			 report_fd;	/* closed on exec */
	const void		*filter;	/* seccomp program */
	size_t			 filter_len;
};

/* In a new child. Errors before foreign code go to report_fd. */
_Noreturn void payload_run(const struct payload *);
/* Drop every capability of this process permanently. */
int	payload_drop(struct err *);

#endif
