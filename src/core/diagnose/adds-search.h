/*
 * adds-search: which targets of what a proposal adds (adds.h) the project had.
 * They are looked for in all of its files but those of the change, in the
 * sandbox, since the core reads no file of the project; then the line `adds`
 * says so. A target's result holds until something is written. In a project
 * that is too large nothing is compared for the rest of the task.
 */
#ifndef ASSENT_CORE_ADDS_SEARCH_H
#define ASSENT_CORE_ADDS_SEARCH_H

#include <stdbool.h>

struct core;
struct event;

/* Start what is due. True: it runs. */
bool	adds_step(struct core *);
/* Set the member of this agent_end that says what was accepted. */
void	adds_end(const struct core *, struct event *);

#endif
