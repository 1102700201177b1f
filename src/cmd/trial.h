/*
 * trial: a session without a task, in which something of the user's is tried as
 * a session in this project would run it, and which is removed then.
 */
#ifndef ASSENT_CMD_TRIAL_H
#define ASSENT_CMD_TRIAL_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "front/client.h"
#include "cmd/setup.h"

/* Takes a line of the core; true: it told everything, and the session ends. */
typedef bool trial_line(void *arg, struct client *, const cJSON *line);

/* Run it, and print the sandbox and errors. 0 once everything was told, else
 * -1. Takes the start object. */
int	trial_run(const struct setup *, cJSON *start, trial_line *, void *arg);

#endif
