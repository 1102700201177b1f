/*
 * evidence: one run of the success check, on the staged copy or on your files
 * plus the accepted hunks. assent observes the exit status; the words shown with
 * it ("12 passed") are what a test runner that it knows has counted. check.h decides when
 * it runs for the model.
 */
#ifndef ASSENT_CORE_EVIDENCE_H
#define ASSENT_CORE_EVIDENCE_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;

void	evidence_start(struct core *);
/* Before the first request: run the command of --require, on your files. True if
 * the driver has to wait, or the task has ended because it failed. */
bool	evidence_require(struct core *);
void	evidence_cancel(struct core *);
/* The marks have changed: if some hunks are accepted, but not all, the check
 * runs on those by itself a second later, unless it ran on the same ones or
 * something else happens until then. */
void	evidence_soon(struct core *);
/* Stop such a run, or the wait for it. */
void	evidence_give_way(struct core *);
/* The user ends a run on the accepted hunks, and nothing else; false if none
 * runs. */
bool	evidence_stop(struct core *);
/* Client command: run the check on the accepted changes. */
int	evidence_command(struct core *, const cJSON *command,
	    const char *client, struct err *);
/* The user's answer to the question whether the check may run. */
void	evidence_answer(struct core *, const char *id, bool allow,
	    const cJSON *seen, const char *client);

#endif
