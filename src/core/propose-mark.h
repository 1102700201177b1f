/*
 * propose-mark: the marks of the user or a rule on the open proposal, the
 * decision they make, and split hunks.
 */
#ifndef ASSENT_CORE_PROPOSE_MARK_H
#define ASSENT_CORE_PROPOSE_MARK_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;

int	propose_mark(struct core *, const cJSON *command, const char *client,
	    struct err *);
int	propose_decide(struct core *, const cJSON *command, const char *client,
	    struct err *);
/* A mark for the journal: the user's, or one restored from a decision. edit is
 * the member with the hunk's lines, or NULL. */
cJSON	*propose_draft(const char *hunk, const char *mark, const cJSON *edit,
	    bool seen, const char *word);
/* Journal an array of marks in one line; takes it. Nothing if it is empty. */
void	propose_emit_drafts(struct core *, const char *by, cJSON *drafts_take,
	    const char *client);
int	propose_split(struct core *, const cJSON *command, const char *client,
	    struct err *);
/* Decide what this rule accepts (see rule.h). */
void	propose_decide_by_rule(struct core *, const char *rule);

#endif
