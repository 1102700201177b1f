/*
 * recall: the context of a resumed session. Showing a session doesn't need it,
 * and reading a long journal takes time and memory. So the events are read when
 * something first asks for the context, or before that, a piece at a time, if
 * not too many are sent.
 */
#ifndef ASSENT_CORE_RECALL_H
#define ASSENT_CORE_RECALL_H

#include <stdint.h>

#include <cjson/cJSON.h>

struct context;
struct core;
struct recall;

/* The journal up to now has the events. `upto` as in its last `compaction` line,
 * 0 without one: nothing older is sent. */
void	recall_begin(struct core *, int64_t upto);
void	recall_free(struct recall *);
/* A new event of the journal. */
void	recall_event(struct core *, const cJSON *event);
/* The context with all events; NULL for `try`. */
struct context *recall_context(const struct core *);

#endif
