/*
 * compact: keeps the model's window from filling up. Before each turn, old long
 * outputs are trimmed; if that isn't enough, a summary replaces the oldest
 * messages. The model is asked for it behind the conversation, which its service
 * has in a cache; where the window has no room for that, in a request of its own
 * with the messages as text. If that fails (an error, a refusal, a useless
 * answer), the summary is made from the journal without the model, and the user is
 * told. Each such step is a journal line of
 * type `shortened` or `compaction`; nothing else changes the context, and
 * nothing leaves the journal.
 *
 * Called from the driver, while nothing is running.
 */
#ifndef ASSENT_CORE_COMPACT_H
#define ASSENT_CORE_COMPACT_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "core/context/context.h"
#include "provider/provider.h"

struct core_target;

struct compact {
	int64_t	 learned;	/* window, from the provider; 0: unknown */
	int	 turn;		/* last turn that was compacted before */
	bool	 retried;	/* this turn was repeated with less */
	bool	 short_tools;	/* the server rejected the full tools */
	cJSON	*rejected;	/* by the user: "file: reason" */
	/* The summary being made, or `asked`: that the user wants. */
	bool	 running, asked;
	bool	 apart;		/* the model gets the messages as one text */
	void	 (*again)(struct core *);	/* called after it, or NULL */
	char	*why;
	int64_t	 upto;
	char	*words, *client;	/* the user's instructions, or NULL */
	char	*fresh;		/* the next turn begins with this, and without
				   the exploration; or NULL */
};

/* The window of this model, which may be the current one, as far as known. */
void	compact_room(const struct core *, const struct core_target *,
	    struct tokens_room *);

/* True if a summary is being made, or the work begins anew: the turn must wait; or not even the prompt
 * fits into the window: the task ends, with a message to the user. */
bool	compact_before_turn(struct core *);
/* Like compact_before_turn, on the user's request. */
bool	compact_if_asked(struct core *);
/*
 * The server says that the conversation doesn't fit, or rejects its images (the
 * error, or NULL if the answer stopped because of its size). True if `again` is
 * called now or after a summary, once, to repeat the turn with less. Else, if it
 * doesn't fit, *why is a message for the user (what the server said, how much
 * assent itself needs, and how to get a larger window); malloc'ed.
 */
bool	compact_on_full(struct core *, const struct provider_error *,
	    void (*again)(struct core *), char **why);

/* A new task: the model gets nothing of what came before. */
void	compact_forget(struct core *, const char *client);

#endif
