/*
 * text-calls: a model that has no calls of its own gets its tools as text (see
 * provider/text-tools.h): because the configuration says so, or because its
 * server has just refused the tools.  A call that cannot be read is answered
 * with what is wrong; after two such answers in a row the turn ends.
 */
#ifndef ASSENT_CORE_TURN_TEXT_CALLS_H
#define ASSENT_CORE_TURN_TEXT_CALLS_H

#include <stdbool.h>

struct core;
struct provider_error;
struct reply;

/* Needs the context. */
void	text_calls_start(struct core *);
bool	text_calls_are_on(const struct core *);
/* The prompt with the tools behind it; malloc'ed. */
char	*text_calls_prompt(struct core *, char *system_take);
/* Read the calls of an answer; what is wrong with them, malloc'ed, or NULL. */
char	*text_calls_read(struct core *, struct reply *);
/* True if it has been told often enough: the turn is at its end. */
bool	text_calls_end(struct core *, const char *wrong);
/* The server will have no tools (the error): true if the turn is asked again
 * with the tools as text. */
bool	text_calls_instead(struct core *, const struct provider_error *);

#endif
