/*
 * text-calls: describes the tools as text (see provider/text-tools.h) to a
 * model without native tool calls: because the configuration says so, or
 * because the server just rejected the tools. The answer to an unreadable call
 * says what is wrong; after two of them in a row the turn ends.
 */
#ifndef ASSENT_CORE_TURN_TEXT_CALLS_H
#define ASSENT_CORE_TURN_TEXT_CALLS_H

#include <stdbool.h>

struct core;
struct provider_error;
struct reply;

/* Call it once the context exists. */
void	text_calls_start(struct core *);
bool	text_calls_are_on(const struct core *);
/* The prompt followed by the tools; malloc'ed. */
char	*text_calls_prompt(struct core *, char *system_take);
/* Parse the calls of an answer. Returns what is wrong with them, malloc'ed, or
 * NULL. */
char	*text_calls_read(struct core *, struct reply *);
/* True if the turn ends, since the model was told often enough. */
bool	text_calls_end(struct core *, const char *wrong);
/* The server rejects tools (the error). True if the turn is repeated with the
 * tools as text. */
bool	text_calls_instead(struct core *, const struct provider_error *);

#endif
