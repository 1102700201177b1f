/*
 * say: the user's messages: they begin a task, or continue one.
 */
#ifndef ASSENT_CORE_SAY_H
#define ASSENT_CORE_SAY_H

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;

/* Send a user's message; `client` names its client. Images are looked for in
 * what was `typed`; `sent`: more of them, or NULL (see attach.h). -1 with the
 * reason if nothing is sent, since an image can't be. */
int	say_message(struct core *, const char *text, const char *typed,
	    const cJSON *sent, const char *client, struct err *);
/* Client command: take back a message that the model hasn't got. */
int	say_unqueue(struct core *, const cJSON *command, const char *client,
	    struct err *);
/* Client command, after a provider's failure: repeat the unanswered request. */
int	say_again(struct core *, const cJSON *command, const char *client,
	    struct err *);
/* Send the feedback that the model hasn't got yet. */
void	say_feedback(struct core *);
/* A question about a hunk (`about`: hunk, line; taken): the next turn answers
 * it. `decided`: the decision on it, or NULL. */
void	say_question(struct core *, const char *text, cJSON *about,
	    const char *decided, const char *client);

#endif
