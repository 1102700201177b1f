/* compact-int: shared by compact.c (the window and the summary),
 * compact-command.c (the user's commands) and compact-state.c. */
#ifndef ASSENT_CORE_COMPACT_INT_H
#define ASSENT_CORE_COMPACT_INT_H

#include "core/compact.h"

struct compact {
	int64_t	 learned;	/* window, from the provider; 0: unknown */
	int	 turn;		/* last turn that was compacted before */
	bool	 retried;	/* this turn was repeated with less */
	bool	 short_tools;	/* the server rejected the full tools */
	cJSON	*rejected;	/* see compact-state.c: "file: reason" */
	/* The summary being made. */
	bool	 running;
	void	 (*again)(struct core *);	/* called after it, or NULL */
	char	*why;
	int64_t	 upto;
	/* A long one is made in pieces, each with the summary so far. */
	int	 part;		/* from 1 */
	size_t	 from, next;	/* parts (context_tell); next 0: the last */
	cJSON	*partial;	/* summary of the earlier pieces, or NULL */
	struct usage spent;	/* cost of the pieces */
	uint64_t asked_bytes, answered_bytes;
	char	*words, *client;	/* the user's instructions, or NULL */
	/* Requested, but not begun. */
	bool	 asked;
	char	*asked_words, *asked_client;
};

/* The current model's window, and its source as a word. */
const char *compact_window(const struct core *, int64_t *window);
/* The `compaction` line, except for who made it and how. */
cJSON	*compact_fields(struct core *, const char *why, int64_t upto,
	    cJSON *summary_take);
void	compact_clear_asked(struct compact *);
/* compact-state.c: about `max` bytes of the state, for the model. */
void	compact_state(const struct core *, struct buf *, size_t max);

#endif
