/*
 * run: a command that the user typed (`!make test`), in the sandbox, on the
 * copy that the agent uses. It runs like a call of the model, and never
 * at the same time as one: at once during a request, else after the running
 * call. The agent waits for it before its next call or turn. The model gets its
 * output with the next message (context.c), and its changes are proposed like
 * all others.
 */
#ifndef ASSENT_CORE_RUN_H
#define ASSENT_CORE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "base/sha.h"

struct core;

struct run {
	char		*command;
	char		*client;
};

#define RUN_QUEUE_MAX	16

struct runs {
	struct run	 queue[RUN_QUEUE_MAX];
	size_t		 queue_len;
	struct run	 now;		/* see core.h, own_command */
	bool		 planning;	/* on the planning copy */
	int64_t		 since;
	char		 before[SHA256_HEX_SIZE];	/* staged digest before
							   it */
	bool		 recheck;	/* a check of what is accepted was
					   stopped for it */
};

/* Start the next command, if possible. True if one runs: nothing else may use
 * the copy. */
bool	run_step(struct core *);
/* Stop the current command and drop the waiting ones. */
void	run_stop(struct core *, const char *why, const char *client);
/* After a crash: the command that ran gets its result; changes that no proposal
 * had yet are proposed. */
void	run_recover(struct core *);

#endif
