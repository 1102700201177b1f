/*
 * evidence: the success check's command, run by us on the staged tree.  The
 * exit
 * status is ours; the counts are the project's own words.
 */
#ifndef ASSENT_CORE_REVIEW_EVIDENCE_H
#define ASSENT_CORE_REVIEW_EVIDENCE_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;

void	evidence_start(struct core *);
void	evidence_cancel(struct core *);
/* A client's command: run it on what is accepted so far. */
int	evidence_ask(struct core *, struct err *);
/* A person's answer to the question whether the success check may run. */
void	evidence_answer(struct core *, const char *id, bool allow,
	    const cJSON *seen, const char *client);

#endif
