/*
 * say: a person's words: they begin a task, or the work goes on with them.
 */
#ifndef ASSENT_CORE_SESSION_SAY_H
#define ASSENT_CORE_SESSION_SAY_H

#include "base/err.h"

struct core;

/* A person's words; `client` names who says them. -1 with the reason if nothing
 * is sent, since an image cannot be. */
int	say_message(struct core *, const char *text, const char *client,
	    struct err *);
/* A client's command, after a provider's failure: what it did not answer is asked
 * once more. */
int	say_again(struct core *, const char *client, struct err *);
/* What the model did not get to hear yet. */
void	say_feedback(struct core *);

#endif
