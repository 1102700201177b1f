/* resume-int: shared by resume.c and resume-line.c. */
#ifndef ASSENT_CORE_RESUME_INT_H
#define ASSENT_CORE_RESUME_INT_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "core/phase.h"

struct core;

/* Open work, from the last lines of an old journal. */
struct resume {
	struct core	*core;
	cJSON		*start;		/* settings of session_start */
	cJSON		*prompts;	/* hashes, from it or the last
					   `prompts` */
	cJSON		*decision;	/* the last one, until the proposal that
					   shows its outcome */
	cJSON		*apply_begin;	/* the decision's, or NULL */
	cJSON		*applied;	/* likewise */
	bool		 decided;	/* decided since the model's last
					   answer */
	cJSON		*plan;		/* plan line since the model's last
					   answer */
	bool		 planning;
	bool		 failed_over;	/* a fallback's or phase's model was in
					   use */
	bool		 model_ended;	/* the model's last answer has no
					   calls */
	cJSON		*question;	/* the open one, or NULL */
	cJSON		*unanswered;	/* the last one, if its task ended
					   first, or NULL */
	bool		 answered;	/* the last one was, since the last
					   message */
	bool		 was_ended;	/* model_ended before it */
	bool		 said;		/* a message waits for the model, which
					   answers a question at most */
	cJSON		*owed;		/* id -> name of unanswered calls */
	cJSON		*begun;		/* ids of calls that were run */
	int64_t		 tx;		/* of the last apply that began */
	enum core_task_state task;
	bool		 asked;		/* a request was open */
	char		*run;		/* id of the user's own command without
					   a result, or NULL */
	bool		 ran;		/* such a command has a result, and no
					   proposal came since */
	bool		 own;		/* one ran since the last task */
	bool		 left;		/* the last task left a proposal */
	bool		 tried;		/* the command of `try` has begun */
	int64_t		 upto;		/* of the last compaction */
};
void	resume_release(struct resume *);

#endif
