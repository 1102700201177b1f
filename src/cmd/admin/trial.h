/*
 * trial: a session without a task, in which something of the user's is tried as a
 * session in this project would run it, and which is removed then.
 */
#ifndef ASSENT_CMD_TRIAL_H
#define ASSENT_CMD_TRIAL_H

#include <stdbool.h>

#include <cjson/cJSON.h>

struct client;
struct event;
struct setup;

/* Takes a line of the core; true: it was the last one, and the session ends. */
typedef bool trial_line(void *arg, struct client *, const struct event *);

/* Run it, and print the sandbox, errors and what the core asks; it asks about hosts
 * if the start object says that a person is there. 0 after the last line, else -1.
 * Takes the start object. */
int	trial_run(const struct setup *, cJSON *start, trial_line *, void *arg);

#endif
