/*
 * model: switches to another model in mid-session. The client sends its
 * connection details, as in a start object, and its key, which stays in the
 * target only. The messages so far are converted to the new format. Data of the
 * old model alone (signed thinking) is left out, and used again if that model
 * returns.
 */
#ifndef ASSENT_CORE_MODEL_H
#define ASSENT_CORE_MODEL_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct mask_list;
struct model_place;
struct model_wish;

/* The fields of a model object that may be recorded. */
cJSON	*model_fields(const cJSON *);
/* Is a model chosen? An interactive session may begin without one. */
bool	model_is_chosen(const struct core *);
/* -1 with advice if there is no model. */
int	model_needed(const struct core *, struct err *);
/* Report that there is no model, if none could be chosen. */
void	model_note_none(struct core *);
/* Client command: use another model from the next request on. */
int	model_switch(struct core *, const cJSON *command, const char *client,
	    struct err *);
void	model_switch_due(struct core *);	/* no request is under way */
void	model_wish_free(struct model_wish *);
/* Move the current model and what was learned about it to `parked`, and make
 * the one in `next` current; journal this line. */
void	model_exchange(struct core *, struct model_place *parked,
	    struct model_place *next, cJSON *line_take);
/* Add the keys of all models in use or in reserve; borrowed. */
void	model_secrets(const struct core *, struct mask_list *);

#endif
