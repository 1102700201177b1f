/*
 * evidence-known: is the last run of the success check valid for the current
 * staged copy?
 */
#ifndef ASSENT_CORE_EVIDENCE_KNOWN_H
#define ASSENT_CORE_EVIDENCE_KNOWN_H

#include <stdbool.h>

#include <cjson/cJSON.h>

struct core;

/* The staged copy or the check has changed: journal that the last run is stale,
 * unless that was done. */
void	evidence_stale(struct core *);
/* The same of a run on the accepted hunks, when only those are others. */
void	evidence_part_stale(struct core *);
/* A run begins on the accepted hunks. */
void	evidence_choice_begin(struct core *);
/* Was the last such run on the same hunks, or is this one? */
bool	evidence_choice_is_same(const struct core *);
/* The marks changed: is its result stale, or does it hold again? */
void	evidence_marks_changed(struct core *);
/* Journal that the run, which is stopped, is stale. */
void	evidence_stopped(struct core *);
/* Did the success check run on the current staged copy? */
bool	evidence_counts(const struct core *);
/* What the success check says of what a decision accepts (its `files`):
 * "passed", "failed", "running", or "none" for another text; NULL: no check is
 * set. */
const char *evidence_word(const struct core *, const cJSON *decision);

#endif
