/*
 * decision: it is carried out: re-check, apply_begin (journaled), apply,
 * applied (journaled), settle the stage, tell the model what was refused.  The
 * gate does the writing; this keeps the order and the record.
 */
#ifndef ASSENT_CORE_REVIEW_DECISION_H
#define ASSENT_CORE_REVIEW_DECISION_H

#include <cjson/cJSON.h>

struct core;

#define CORE_APPLY_TRIES 3	/* by a rule, of one decision: of what moves on
				   meanwhile */
#define CORE_APPLY_PERSON (CORE_APPLY_TRIES + 1)

void	decision_carry_out(struct core *);	/* the decision that is due */
/* After a crash: a decision whose outcome was not offered anew; begin and
 * applied are its lines, or NULL. */
void	decision_recover(struct core *, cJSON *decision_take,
	    const cJSON *begin, const cJSON *applied);

#endif
