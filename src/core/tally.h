/*
 * tally: what the task has asked of a person and of the model, and what let its
 * changes through; a pure fold of the journal, so that a resumed session counts
 * on.
 */
#ifndef ASSENT_CORE_TALLY_H
#define ASSENT_CORE_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct tally;

struct tally *tally_new(void);
void	tally_free(struct tally *);
/* Any event. */
void	tally_event(struct tally *, const cJSON *event);
/*
 * Answers of a person since the task began: decisions on a proposal, words on a
 * plan, commands allowed or not, limits; and the one that `waits` still.  What
 * a rule answered is none, and neither is the second key that an answer took.
 */
int	tally_prompts(const struct tally *, bool waits);
/* {"person": 2, "yes": 5}: files that were written, by what let them through;
 * the caller deletes. */
cJSON	*tally_let_through(const struct tally *);
/* The members of each `finding` line since the task began; borrowed. */
const cJSON *tally_findings(const struct tally *);
/* Hunks that were rejected in this task, and all that were decided. */
int	tally_rejected(const struct tally *);
int	tally_decided(const struct tally *);
/* The paths that were written to the real tree in this task. */
const cJSON *tally_written(const struct tally *);
/* Has a test or a command that the model ran said no since then? */
bool	tally_has_failed(const struct tally *);
/* Of this task alone; tokens that were not told are -1. */
int	tally_turns(const struct tally *);
void	tally_tokens(const struct tally *, int64_t *in, int64_t *out,
	    int64_t *cached);

#endif
