/*
 * stopped: what a call that was stopped (by a limit, by the user, or with its
 * core) has changed stays staged, like the work of any other: what came before the stop may be
 * wanted.  It may be half done, so that it is named: to the model and the person
 * when the call ends, and with each of these files when it is proposed, until a
 * person has decided all that is shown of it, it was applied, `write` has replaced it,
 * or its change is gone.  Another call that changes a line says nothing about the
 * others.
 */
#ifndef ASSENT_CORE_CALL_STOPPED_H
#define ASSENT_CORE_CALL_STOPPED_H

#include <stdbool.h>
#include <cjson/cJSON.h>

struct core;
struct stage_scan;

/* After a call: all such files, by it or before, go into its result as
 * `stopped`. */
void	stopped_look(struct core *, const struct stage_scan *, cJSON *result);
/* Any event: the last result that looked is what counts. */
void	stopped_event(struct core *, const cJSON *event);
bool	stopped_has(const struct core *, const char *path);
/* The note of each of these files in the fields of a proposal. */
void	stopped_tell(const struct core *, cJSON *fields);

#endif
