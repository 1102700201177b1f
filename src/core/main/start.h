/*
 * start: turns a client's start object, or an old journal, into a
 * working session.
 */
#ifndef ASSENT_CORE_START_H
#define ASSENT_CORE_START_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "gate/gate.h"

struct core;

/* Take a client's start object; -1 with a message for it (*exit_code: 1, 2, 5
 * or CORE_EXIT_SANDBOX). `key` is borrowed and may be NULL. */
int	start_session(struct core *, cJSON *start_take, const char *key,
	    int *exit_code, struct err *);
/* Wait for the self-test that goes on, and say so if the sandbox isn't what was
 * told. */
void	start_settle(struct core *);
/* Call it after the settings. */
int	start_policy(struct core *, struct err *);

#endif
