/*
 * stopped: names the files of a stopped call. Changes of a call that was
 * stopped (by a limit, by the user, or with its core) stay staged, since the
 * work before the stop may be useful. A file may be half done, so it is named
 * to the model and the user when the call ends, and with each proposal, until
 * the user has decided all its shown hunks, it was applied, `write` has
 * replaced it, or its change is gone. Another call that changes one line proves
 * nothing about the rest.
 */
#ifndef ASSENT_CORE_STOPPED_H
#define ASSENT_CORE_STOPPED_H

#include <stdbool.h>
#include <cjson/cJSON.h>

struct core;
struct stage_scan;

/* After a call: add all such files, old and new, to its result as `stopped`. */
void	stopped_look(struct core *, const struct stage_scan *, cJSON *result);
/* Read any event; the last result with a list counts. */
void	stopped_event(struct core *, const cJSON *event);
bool	stopped_has(const struct core *, const char *path);
/* Add a note about each of these files to the fields of a proposal. */
void	stopped_tell(const struct core *, cJSON *fields);

#endif
