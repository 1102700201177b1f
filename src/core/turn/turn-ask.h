/*
 * turn-ask: a request goes out, the conversation's or one beside it, and what
 * streams back is passed on.  Who asked reads the answer.
 */
#ifndef ASSENT_CORE_TURN_TURN_ASK_H
#define ASSENT_CORE_TURN_TURN_ASK_H

struct core;
struct core_target;
struct reply;

/* Whom to ask, and who reads the answer. With a text (and its prompt): beside the
 * conversation, this text alone, without tools. `doing` is what the status
 * says. The target stays until the core ends. */
void	turn_ask(struct core *, const struct core_target *, const char *system,
	    const char *text, const char *doing,
	    void (*done)(void *core, struct reply *));

#endif
