/*
 * turn-ask: sends a request, in the conversation or outside it, and passes on
 * the streamed answer. The caller's function reads the result.
 */
#ifndef ASSENT_CORE_TURN_ASK_H
#define ASSENT_CORE_TURN_ASK_H

struct core;
struct core_target;
struct reply;

/* Send a request to this target; `done` reads the answer. With a text (and
 * its prompt) the request is outside the conversation: this text alone,
 * without tools. `doing` is for the status. The target must live until the
 * core ends. */
void	turn_ask(struct core *, const struct core_target *, const char *system,
	    const char *text, const char *doing,
	    void (*done)(void *core, struct reply *));

/* A message is being typed: connect to the model's server ahead of the request,
 * if no connection was used lately. */
void	turn_warm(struct core *);

#endif
