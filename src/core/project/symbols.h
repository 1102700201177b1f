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
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct core;

/* A user's message, used to rank the names: the last one before the search. */
void	symbols_words(struct core *, const char *text);
/* Add the command of ctags, if the search is due and possible; its time limit
 * replaces *ms. Before a task only if the files to search don't depend on the
 * task's words. */
bool	symbols_args(struct core *, cJSON *args, int64_t *ms);
/* The output of ctags; NULL: it failed. */
void	symbols_found(struct core *, const char *out, size_t n);
/* Do without. */
void	symbols_drop(struct core *);
/* Before a request: record the names if they are due. */
void	symbols_tell(struct core *);

#endif
