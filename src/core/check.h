/*
 * check: runs the success check when the model says it is done, before anything
 * is applied or shown as finished. If the check fails, the model gets its
 * output and continues, up to `check_retries` times since the user last wrote
 * or decided. The journal has the count (`returned` of an `evidence` line), for
 * a resumed session.
 */
#ifndef ASSENT_CORE_CHECK_H
#define ASSENT_CORE_CHECK_H

#include <stdbool.h>

#include <cjson/cJSON.h>

struct core;

/* True if the check runs now (or the user is asked whether it may); the work
 * isn't finished before that. */
bool	check_begin(struct core *);
/* The check ran, with this `evidence` line: should the model continue? If so,
 * call check_give_back after the line. */
bool	check_goes_back(struct core *, const cJSON *line);
void	check_give_back(struct core *, const cJSON *line);

#endif
