/*
 * effort: how much a model is asked to think.  What a person said last (`effort` of
 * a `mode` line) comes first, then the setting for this part of the work, then
 * `effort`; without any of them a model that the table knows plans with high
 * effort, works with medium and sums up with low.
 */
#ifndef ASSENT_CORE_TURN_EFFORT_H
#define ASSENT_CORE_TURN_EFFORT_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "provider/facts.h"

struct core;
struct core_target;

/* For a request to this model: in the conversation as it stands, or beside it. */
enum effort effort_for(const struct core *, const struct core_target *,
	    bool aside);
/* Say where the model has not the effort that the settings name. */
void	effort_note(struct core *);
/* A client's command; "default": nothing is said any more. */
int	effort_say(struct core *, const char *word, const char *client,
	    struct err *);
/* A line of the journal. */
void	effort_event(struct core *, const cJSON *line);

#endif
