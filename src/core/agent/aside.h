/*
 * aside: a question of the user's beside the work (`/btw`), in any phase: a second
 * request, with the conversation so far and the same tools, so that the
 * provider's cache holds. Its calls are refused. The journal has question and
 * answer; no later request does.
 */
#ifndef ASSENT_CORE_ASIDE_H
#define ASSENT_CORE_ASIDE_H

struct core;

extern const struct core_part aside_part;

/* The user wants no answer any more; nothing, if none is due. */
void	aside_stop(struct core *);

#endif
