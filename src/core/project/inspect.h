/*
 * inspect: collects facts for the model about the project before a request, in
 * the sandbox, in parallel to the loop: git, the programs that the project is
 * built with, and ctags run there beside each other (environment.c, symbols.c;
 * sandbox/inspection.h). It is optional: if it fails, takes too long or
 * gets in the way, work continues without it.
 *
 * While the user types a message it runs ahead, so that the request doesn't wait
 * for it.
 */
#ifndef ASSENT_CORE_PROJECT_INSPECT_H
#define ASSENT_CORE_PROJECT_INSPECT_H

#include <stdbool.h>

struct core;

/* A task begins as soon as the session: prepare the sandbox. */
void	inspect_prepare(struct core *);
/* Before a request: true if it must wait for the inspection. Records what is
 * new for the model. */
bool	inspect_before_turn(struct core *);
/* The user begins to type a message. */
void	inspect_ahead(struct core *);
/* Kill an inspection that runs ahead, for a command that needs the agent to be
 * idle. */
void	inspect_give_way(struct core *);
/* Kill the running inspection, and drop those that are due. */
void	inspect_stop(struct core *);

#endif
