/*
 * say: the user's messages: they begin a task, or continue one.
 */
#ifndef ASSENT_CORE_SAY_H
#define ASSENT_CORE_SAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

struct core;
struct ev_question;

/* Send a user's message; `client` names its client. Images are looked for in
 * what was `typed`; `with`: NULL, or an object with more of them (see
 * attach_find), what an editor hasn't saved (`unsaved`: [{path, text}]), and the
 * `command` that the text names (slash.h). -1
 * with the reason if nothing is sent, since an image can't be. */
int	say_message(struct core *, const char *text, const char *typed,
	    const cJSON *with, const char *client, struct err *);
/* Go on with a task that has ended, without a word of the user: the model was
 * told what it needs. */
void	say_continue(struct core *, const char *client);
/* Client command, after a provider's failure: repeat the unanswered request. */
int	say_again(struct core *, const cJSON *command, const char *client,
	    struct err *);
/* Before the task's next turn: tell the model that it goes on after a question,
 * and the feedback that it hasn't got yet. */
void	say_before_turn(struct core *);
/* A question about a hunk: the next turn answers it. `decided`: the decision on
 * it, or NULL. */
void	say_question(struct core *, const char *text,
	    struct ev_question *about, const char *decided,
	    const char *client);

#endif
