/*
 * model: another model is spoken to, in the middle of a session.  The client
 * says how it is reached, as in a start object, and hands over its key, which
 * is kept in the target and nowhere else.  The messages so far are written
 * anew in its format; what belonged to the last model alone (signed thinking)
 * is left out of them, and is there again if that model comes back.
 */
#ifndef ASSENT_CORE_TURN_MODEL_H
#define ASSENT_CORE_TURN_MODEL_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct mask_list;
struct model_place;
struct model_wish;

/* What may be recorded of a model's object. */
cJSON	*model_fields(const cJSON *);
/* A session of a person's may begin without one. */
bool	model_is_chosen(const struct core *);
/* -1 with what to do if there is none. */
int	model_needed(const struct core *, struct err *);
/* Say so, if there is none that could be. */
void	model_note_none(struct core *);
/* A client's command: speak to another model from the next request on. */
int	model_switch(struct core *, const cJSON *command, const char *client,
	    struct err *);
void	model_switch_due(struct core *);	/* no request is under way */
void	model_wish_free(struct model_wish *);
/* The model that is asked is put into `away`, with what was learned of it, and
 * the one of `next` takes its place, with this line. */
void	model_exchange(struct core *, struct model_place *away,
	    struct model_place *next, cJSON *line_take);
/* The keys that are here, of all models that are or may be asked: borrowed. */
void	model_secrets(const struct core *, struct mask_list *);
/* Into a `model` line: whether it is one that another place is kept for. */
void	model_add_role(const struct core *, cJSON *line);

#endif
