/* run-int: shared by run.c (runs a command) and run-queue.c (the queue)
 * only. */
#ifndef ASSENT_CORE_RUN_INT_H
#define ASSENT_CORE_RUN_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/sha256.h"
#include "core/run.h"

/* Which run of the success check was stopped for the command and must start
 * again. */
enum run_evidence { RUN_NO_EVIDENCE, RUN_OF_STAGE, RUN_OF_ACCEPTED };

struct run {
	char		*command;
	char		*client;
};

struct runs {
	struct run	 queue[RUN_QUEUE_MAX];
	size_t		 queue_len;
	/* The current command. */
	enum run_state {
		RUN_NONE,
		RUN_BEGINS,	/* journaled */
		RUN_ASKS,	/* waits for permission */
		RUN_STARTED,
	}		 state;
	char		*id;
	struct run	 now;
	bool		 planning;	/* on the planning copy */
	struct sandbox_call *worker;
	int64_t		 since;
	char		 before[SHA256_HEX_SIZE];	/* staged digest before
							   it */
	enum run_evidence evidence;
};

void	run_release(struct run *);
bool	run_may_begin(const struct core *);
/* The line that lists the waiting commands. */
cJSON	*run_queue_fields(const struct core *);

#endif
