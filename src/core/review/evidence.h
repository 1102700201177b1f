/*
 * evidence: one run of the check, on the copy or on your files
 * plus the accepted hunks. assent observes the exit status; the words shown with
 * it ("12 passed") are what a test runner that it knows has counted. Also: when it
 * runs for the model, and whether its last run still counts.
 */
#ifndef ASSENT_CORE_EVIDENCE_H
#define ASSENT_CORE_EVIDENCE_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct ev_decision;

void	evidence_start(struct core *);
/* Stop the running check if it is one of `which` (BIT() of enum core_check_on),
 * and cancel one that was to begin by itself; false if no such check ran. */
#define CHECK_ANY	(~0u)
bool	evidence_stop(struct core *, unsigned which);

/* A resume, before its first line: a check that ran at the core's death is over,
 * so what it wrote isn't proposed. */
void	evidence_recover(struct core *);

/* The copy or the check has changed: journal that the last run is stale,
 * unless that was done. */
void	evidence_stale(struct core *);
/* The same for a run on the accepted hunks, when only the choice of hunks has
 * changed. */
void	evidence_part_stale(struct core *);
/* The marks changed: is its result stale, or does it hold again? If some hunks
 * are accepted, but not all, the check runs on those by itself a second later,
 * unless it ran on the same ones or something else happens until then. */
void	evidence_marks_changed(struct core *);
/* Is the check the model's suggestion, not approved yet? */
bool	evidence_is_models(const struct core *);
/* Has the task to pass the check? Not if nothing can be changed, nor for
 * an answer to the user without any change. */
bool	evidence_is_needed(const struct core *);
/* Did the check run on the current copy, and pass there? */
bool	evidence_counts(const struct core *);
bool	evidence_passed(const struct core *);
/* A rule is to accept of what is proposed: true if the check must run on it
 * first, and was started. */
bool	evidence_begin(struct core *);
/* Why no rule accepts what is proposed: the check failed on it, or couldn't run;
 * NULL: no check says so. */
const char *evidence_stops(const struct core *);
/* What the check says of what a decision accepts (its `files`):
 * "passed", "failed", "running", or "none" for another text; NULL: no check is
 * set. */
const char *evidence_word(const struct core *, const struct ev_decision *);

/* run_tests begins: if it changes nothing that may be proposed, its result is the
 * check's, until anything else is done; if it passes, a `done` right after it
 * doesn't run the check again. */
void	evidence_tests_begin(struct core *);

/* May it run again beside the work, on a copy with fewer changes? */
bool	evidence_reruns(const struct core *);

/* True if the check runs now (or the user is asked whether it may); the work
 * isn't finished before that. */
bool	check_begin(struct core *);

#endif
