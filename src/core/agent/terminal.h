/*
 * terminal: the terminal of a `try`'s command. The worker hands out its master;
 * it goes, with the channel to the front end that began the session, to
 * assent-term (term/term.h), which reads it. The core reads neither.
 */
#ifndef ASSENT_CORE_TERMINAL_H
#define ASSENT_CORE_TERMINAL_H

#include <cjson/cJSON.h>

struct core;
struct sandbox_callbacks;

/* The core's end of the channel. */
void	terminal_take(struct core *, int channel);
/* The command of a `try` shall have one, of the size that the front end has room
 * for: add that to its arguments, which the journal has. */
void	terminal_add(const struct core *, cJSON *args);
/* For the job with such arguments; NULL: they have none. */
const struct sandbox_callbacks *terminal_of(const cJSON *args);

#endif
