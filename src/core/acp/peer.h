/*
 * peer: another agent than assent's own, a program that speaks the Agent Client
 * Protocol. It runs in a sandbox on a copy of the project of its own, and only
 * during a prompt: in between all of it stands still. A prompt is one turn, in
 * the phase TOOL from its begin to the comparison of the copy. What the agent
 * says of its changes is shown and not used: the copies are compared.
 *
 * Its conversation is its own. Each message to the model is a part of its next
 * prompt, whoever it is from.
 */
#ifndef ASSENT_CORE_ACP_PEER_H
#define ASSENT_CORE_ACP_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "journal/event.h"

struct core;

extern const struct core_part peer_part;

/* How a prompt ended. Borrowed. */
struct peer_end {
	char		*text;		/* its last words, or "" */
	const char	*why;		/* it failed; or NULL */
	bool		 stopped;	/* peer_stop did it */
	bool		 goes_on;	/* it has to hear something first */
	bool		 cut;		/* its answer is, at a limit of its own */
	const cJSON	*plan;		/* it asks to work by this plan: the prompt
					   goes on with the next turn; or NULL */
	struct ev_usage	 usage;
	struct ev_guess	 guess;		/* 0: not needed */
	struct ev_number cost;
};
typedef void peer_end_cb(struct core *, struct peer_end *);

/* A text as a plan, if it has steps: "goal" and "steps"; else NULL. */
cJSON	*peer_plan(const char *text);
/* By the settings of a session that begins, or of one that is resumed. */
void	peer_make(struct core *, const cJSON *settings);
/* Does a prompt run? */
bool	peer_prompts(const struct core *);
/* Before a turn: what the user and rules have decided and what the user edited
 * comes into the agent's copy. -1 with *e. */
int	peer_ready(struct core *, struct err *);
/* The turn has begun: send what the agent hasn't heard, or what the user says of
 * its plan. `ended` follows. */
void	peer_prompt(struct core *, peer_end_cb *ended);
/* Its own id of the conversation, for the journal; or NULL. */
const char *peer_conversation(const struct core *);
/* Stop the prompt: the agent is told, and 5 s later, or the next time, killed.
 * `why` NULL: kill it without a word. False: none runs. */
bool	peer_stop(struct core *, const char *why);
bool	peer_stops(const struct core *);	/* it is being stopped */
/* Ask the next of its questions that waits, unless one is open. */
void	peer_ask_next(struct core *);
/* The message with this seq, if no prompt has it yet; else 0. */
int64_t	peer_queued(const struct core *, int64_t seq);
/* Its own commands, [{"name", "description", "input": {"hint"}}]; or NULL. */
const cJSON *peer_commands(const struct core *);

#endif
