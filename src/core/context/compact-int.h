/* compact-int: what compact.c (the window and the summary that is asked for) and
 * compact-command.c (what a person wants of it) share; for these only. */
#ifndef ASSENT_CORE_CONTEXT_COMPACT_INT_H
#define ASSENT_CORE_CONTEXT_COMPACT_INT_H

#include "core/context/compact.h"

struct compact {
	int64_t	 learned;	/* window, from the provider; 0: not told */
	int	 turn;		/* the last one that was compacted before */
	bool	 retried;	/* this turn was asked again with less */
	bool	 short_tools;	/* the server refused them in full */
	/* The one that is being made. */
	bool	 running;
	void	 (*again)(struct core *);	/* after it, or NULL */
	bool	 own_failed;	/* the model that is named for it */
	char	*why;
	int64_t	 upto;
	/* A long one is made in pieces, each with the summary so far. */
	int	 part;		/* from 1 */
	size_t	 from, next;	/* parts (context_tell); next 0: the last */
	cJSON	*partial;	/* of the pieces before, or NULL */
	struct usage spent;	/* by them */
	uint64_t asked_bytes, answered_bytes;
	char	*words, *client;	/* a person's, or NULL */
	/* Asked for, and not begun. */
	bool	 asked;
	char	*asked_words, *asked_client;
};

/* The present model's, and where that is known from, in a word. */
const char *compact_window(const struct core *, int64_t *window);
/* All of a `compaction` line but who made it and how. */
cJSON	*compact_fields(struct core *, const char *why, int64_t upto,
	    cJSON *summary_take);
void	compact_clear_asked(struct compact *);

#endif
