/*
 * turn: one turn of the model: send the request, retry where that may help,
 * journal the reply and queue its calls. Requests outside the conversation go
 * the same way.
 */
#ifndef ASSENT_CORE_TURN_H
#define ASSENT_CORE_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "journal/event.h"
#include "provider/provider.h"

struct core;
struct core_target;

void	turn_start(struct core *);
/* Cancel the current request, also that of a compaction or a reviewer. `why`
 * goes into the journal, with the partial answer and a guess of its cost; NULL:
 * journal nothing. */
void	turn_cancel(struct core *, const char *why);

/* The user ends the wait. Only in RETRY. */
void	retry_now(struct core *);

/*
 * turn-ask: sends a request, in the conversation or outside it, and passes on
 * the streamed answer. The caller's function reads the result.
 */

/* A request; with a text (and its prompt) outside the conversation: this text
 * alone, without tools. */
struct turn_ask {
	const struct core_target *target;	/* lives until the core ends */
	const char	*system, *text;
	const char	*doing;		/* for the status */
	/* It frees the reply. `failed`: why there is no answer outside the
	 * conversation; NULL: there is one. */
	void		(*done)(struct core *, struct reply *,
			    const char *failed);
	void		(*cancelled)(struct core *);	/* or NULL */
	/* Outside it: sends it again, after a wait, where an error may pass.
	 * `other`: another model is available, so a few attempts are enough. */
	void		(*again)(struct core *);
	bool		 other;
};
void	turn_ask(struct core *, const struct turn_ask *);

/* A message is being typed: connect to the model's server ahead of the request,
 * if no connection was used lately. */
void	turn_warm(struct core *);

/* For a line of the journal: which model a request asked, and its cost, as the
 * provider reported it; unreported parts are a guess from the bytes sent and
 * received. */
struct turn_cost {
	struct ev_asked	 asked;
	struct ev_usage	 usage;
	struct ev_guess	 guess, *guessed;	/* NULL: nothing is */
	struct ev_number usd;
};
/* Of such a request. */
void	turn_cost_of(const struct core *, const struct reply *,
	    struct turn_cost *);

/* Prompt and tools of the next request: an estimate, in tokens. */
int64_t	turn_overhead(struct core *);

/* The longest answer that the server allows, in tokens; 0: unknown. A limit
 * from the remaining credit holds for this request only. */
int64_t	amend_output(const struct core *, const struct core_target *);

#endif
