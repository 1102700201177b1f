/*
 * driver: driver_step looks at the state and starts the next step. It runs
 * after every event, and does nothing while something runs or a question to the
 * user is open. The order of the rows in driver_rows is the policy.
 *
 * Another agent (core/acp) works by the same rows. A prompt is its turn, and for
 * the rest a tool call that takes long: what else these rows do of a model:
 *
 *   driver_switch_model	it has its own way
 *   driver_ask_host		its questions, too, within the prompt
 *   driver_compact		it does that itself: refused
 *   driver_call		its calls run within the prompt: there are none
 *   driver_diagnose		only files that assent's tools edit have linters
 *   driver_ask_in_task	a prompt: what it changes for that isn't kept
 *   driver_review		what is decided is a part of its next prompt
 *   driver_check		a check that fails is its next prompt
 *   driver_turn		the prompt, if no limit of the task is reached: its
 *				cost is unknown unless the agent tells it, and
 *				then --max-cost stops it after the first one
 */
#ifndef ASSENT_CORE_DRIVER_H
#define ASSENT_CORE_DRIVER_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "gate/stage.h"

struct core;

void	driver_step(struct core *);
#define DRIVER_SIGNAL "signal"	/* no client, nor the user */
/* Client command: stop everything, keep what is staged, and end the core. */
int	driver_end(struct core *, const cJSON *command, const char *client,
	    struct err *);
/* A client has left; `first`: it is the one that began the session. */
void	driver_client_gone(struct core *, bool first);

#endif
