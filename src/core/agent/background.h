/*
 * background: commands of the model that outlive their call, such as a server or
 * a watcher. Each runs in a sandbox of its own with a copy of the project of its
 * own, as an MCP server does, but between calls, too. Whenever the model gets
 * or makes a step, all of it is stopped for a moment (sandbox_call_pause): what it
 * wrote is staged, its copy gets what is staged, and it goes on.
 *
 * On levels A and B later commands join its network, so that its ports answer
 * to them. It ends with the core.
 */
#ifndef ASSENT_CORE_BACKGROUND_H
#define ASSENT_CORE_BACKGROUND_H

#include <stdbool.h>

#include <cjson/cJSON.h>

struct core;
struct core_call;

extern const struct core_part background_part;

/* Run the current call of `bash`; its result follows. */
void	background_start(struct core *, const struct core_call *,
	    const cJSON *args);
/* Answer a call of the tool `background`. */
void	background_answer(struct core *, const struct core_call *,
	    const cJSON *args);
/* Run the current call of `background` that waits for something; its result
 * follows. False: it doesn't wait. */
bool	background_wait(struct core *, const cJSON *args);
/* The current call starts one (stop it) or waits for one: answer the call; `why`
 * NULL: the core ends. False: there is no such call. */
bool	background_stop_start(struct core *, const char *why);
/* Before a call or a turn: true if it has to wait until what they wrote is
 * staged; then core_soon follows. */
bool	background_step(struct core *);

#endif
