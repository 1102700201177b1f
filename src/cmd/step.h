/*
 * step: `exec --name`: a run that is safe to start again. The result of a finished
 * run is recorded by project and name: the same run again only returns its exit
 * status and reports. An unfinished one is resumed. A lock keeps it to one run at
 * a time.
 */
#ifndef ASSENT_CMD_STEP_H
#define ASSENT_CMD_STEP_H

#include <cjson/cJSON.h>

#include "cmd/cmd.h"
#include "cmd/setup.h"

struct step {
	const char	*name;		/* borrowed; NULL: nothing below is */
	char		*root, *dir;
	int		 lock;
	bool		 waits;		/* for one that is running */
	cJSON		*record;	/* of the last run, or NULL */
	cJSON		*key;		/* what this one's work depends on */
	char		*session;	/* the last run's, or NULL */
	cJSON		*end;		/* its last agent_end, or NULL */
	int		 code;		/* STEP_ENDED: what it exits with now */
	int		 hunks;		/* of its last proposal */
	const char	*branch;	/* that it made, if it was this run and
					   did nothing else; borrowed, or NULL */
};

enum step_what {
	STEP_RUN,
	STEP_RESUME,	/* `session` */
	STEP_SKIP,	/* it is done: see step_output */
	STEP_ENDED,	/* the same, but not recorded as `end` says */
};

/* Takes the lock, and waits for it and for the session if the user wants to.
 * `start` is the start object of the run, and `inputs` has a hash of each input.
 * 0, or the exit code after printing the error. */
int	step_choose(struct step *, const struct cmd_args *,
	    const struct setup *, const cJSON *start, const cJSON *inputs,
	    enum step_what *);
/* Before a new run (`branch`: what it makes, or NULL), and when its session has
 * begun. -1 with *e. */
int	step_begin(struct step *, const char *branch, const char *session,
	    struct err *e);
/* The run's end, if `end` is one that isn't repeated. -1 with *e. */
int	step_end(struct step *, const cJSON *end, const cJSON *output,
	    const cJSON *proposal, int code, struct err *);
void	step_release(struct step *);

#endif
