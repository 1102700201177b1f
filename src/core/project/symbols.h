/*
 * symbols: finds the project's main names with ctags, if installed, before the
 * first request of a conversation. Like every program on the project's files,
 * ctags runs in the sandbox, in parallel to the loop (inspect.h). The names
 * become part of the `project` line that prompts are built from
 * (project-context.c).
 */
#ifndef ASSENT_CORE_PROJECT_SYMBOLS_H
#define ASSENT_CORE_PROJECT_SYMBOLS_H

#include <stdbool.h>

struct core;

/* Find them before the next request. */
void	symbols_ask(struct core *);
/* A user's message, used to rank the names: the last one before the search. */
void	symbols_words(struct core *, const char *text);
/* Start the search if it is due and possible. True if the request must wait. */
bool	symbols_begin(struct core *);
/* Free everything kept for the search. */
void	symbols_release(struct core *);

#endif
