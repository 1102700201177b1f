/*
 * effort: how much a model should think. The user's last choice (`effort` of a
 * `mode` line) comes first, then the setting for this part of the work, then
 * `effort`. Without any of them, a model in the table plans with high effort,
 * works with medium and summarizes with low.
 */
#ifndef ASSENT_CORE_EFFORT_H
#define ASSENT_CORE_EFFORT_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "provider/facts.h"

struct core;
struct core_target;

/* The effort for a request to this model, in the conversation or outside it. */
enum effort effort_for(const struct core *, const struct core_target *,
	    bool aside);
/* Report an effort that the settings name and the model doesn't have. */
void	effort_note(struct core *);
/* Client command; "default" removes the user's choice. */
int	effort_say(struct core *, const char *word, const char *client,
	    struct err *);
/* Read a line of the journal. */
void	effort_event(struct core *, const cJSON *line);

#endif
