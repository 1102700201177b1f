/*
 * symbols: before the first request of a conversation, where ctags is installed,
 * the project's main names are looked for, in the sandbox and beside the loop
 * like
 * every program on the project's files, and become part of the `project` line
 * that prompts are made from (project-context.c); see inspect.h.
 */
#ifndef ASSENT_CORE_PROJECT_SYMBOLS_H
#define ASSENT_CORE_PROJECT_SYMBOLS_H

#include <stdbool.h>

struct core;

/* They are to be looked for before the next request. */
void	symbols_ask(struct core *);
/* A person's words, by which they are ranked: the last ones before that. */
void	symbols_words(struct core *, const char *text);
/* Begin, if that is due and can be: true if the request is to wait. */
bool	symbols_begin(struct core *);
/* All that was kept for it goes. */
void	symbols_release(struct core *);

#endif
