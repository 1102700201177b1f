/* run-int: what run.c (a command runs) and run-queue.c (which ones) share; for
 * these only. */
#ifndef ASSENT_CORE_RUN_INT_H
#define ASSENT_CORE_RUN_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/sha256.h"
#include "core/call/run.h"

/* What of the success check was ended for it and is to begin anew. */
enum run_evidence { RUN_NO_EVIDENCE, RUN_OF_STAGE, RUN_OF_ACCEPTED };

struct run {
	char		*command;
	char		*client;
};

struct runs {
	struct run	 queue[RUN_QUEUE_MAX];
	size_t		 queue_len;
	/* The one that is on. */
	char		*id;		/* NULL: none */
	struct run	 now;
	bool		 asking;
	bool		 planning;	/* on the plan's stage */
	struct sandbox_call *worker;
	bool		 started;
	int64_t		 since;
	char		 before[SHA256_HEX_SIZE];	/* the stage, then */
	enum run_evidence evidence;
};

void	run_release(struct run *);
bool	run_may_begin(const struct core *);
/* The line that says which ones wait. */
cJSON	*run_queue_fields(const struct core *);

#endif
