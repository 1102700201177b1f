/*
 * doctor-trial: the tasks that doctor --live gives to the model, and the
 * judgment of each by the lines of its session.
 */
#ifndef ASSENT_CMD_DOCTOR_TRIAL_H
#define ASSENT_CMD_DOCTOR_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"

/* The results in a trial's lines. */
struct doctor_trial_seen {
	const char	*root;
	int64_t		 asked_ms, first_ms, all_ms;	/* 0: not yet */
	int		 answers, calls, together;
	int		 cuts, patches_failed;
	int		 limit;		/* that ended it, or LIMIT_NONE */
	bool		 planned;
	int64_t		 in, out, cached, thought, cost;	/* -1: unknown */
	int64_t		 again_in, again_cached;	/* requests after the first */
	char		*text, *outcome, *error;
};

/* What a session's lines show. */
struct doctor_trial_watch {
	struct doctor_trial_seen seen;	/* of the current trial */
	struct buf	 notes, efforts, left_out;	/* of all trials */
	bool		 thinking_shown, refused;
};

struct doctor_trial_fault {
	const char	*what, *set;	/* set: NULL: no setting helps */
};

struct doctor_trial {
	const char	*name, *plan, *approve, *task;
	int64_t		 output;	/* limit of an answer; 0: the model's */
	int		 requests, out;	/* expected: requests, and tokens of
					   output */
	int		 turns;		/* at most */
	const struct doctor_trial_fault *(*judge)(
	    const struct doctor_trial_seen *);
};

extern const struct doctor_trial doctor_trials[];
extern const size_t doctor_trials_len;

/* Takes a line of the trial's session; `watch` is a struct doctor_trial_watch,
 * for headless_options. */
void	doctor_trial_line(void *watch, const cJSON *line);

#endif
