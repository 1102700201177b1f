/*
 * query: sends a request to a model, in the conversation or outside it, passes on
 * the streamed answer, retries where that may help, and leaves out what the
 * server refused. The caller's function reads the result.
 */
#ifndef ASSENT_CORE_QUERY_H
#define ASSENT_CORE_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "journal/event.h"
#include "provider/provider.h"

struct core;
struct core_request;
struct core_target;
struct tokens_room;

/* A request in the conversation, whose body somebody makes; with a text, this
 * comes last, only for this request; or, with a prompt and a text, outside it:
 * these alone, without tools. */
struct query {
	const struct core_target *target;	/* lives until the core ends */
	const char	*system, *text;
	char		*(*body)(struct core *);	/* malloc'ed */
	const char	*doing;		/* for the status */
	/* It frees the reply. `failed`: why there is no answer, with `again`;
	 * NULL: there is one. */
	void		(*done)(struct core *, struct reply *,
			    const char *failed);
	void		(*cancelled)(struct core *);	/* or NULL */
	/* Sends it again, after a wait, where an error may pass; or NULL.
	 * `other`: another model is available, so a few attempts are enough. */
	void		(*again)(struct core *);
	bool		 other;
};
void	query_send(struct core *, const struct query *);

/* A message is being typed: connect to the model's server ahead of the request,
 * if no connection was used lately. */
void	query_warm(struct core *);

/* For a line of the journal: which model a request asked, and its cost, as the
 * provider reported it; unreported parts are a guess from the bytes sent and
 * received. */
struct query_cost {
	struct ev_asked	 asked;
	struct ev_usage	 usage;
	struct ev_guess	 guess, *guessed;	/* NULL: nothing is */
	struct ev_number usd;
};
/* What the agent's last request cost. */
void	query_cost_of(const struct core *, const struct reply *,
	    struct query_cost *);

/* Send a request and set what that needs later: its size and its call. */
void	query_start(struct core *, struct core_request *, char *body_take,
	    const struct call_callbacks *, void *arg);
/* An answer: what the provider didn't count is unknown, not 0. */
void	query_counted(const struct core_request *, struct reply *);

/* Is it too early for a request (retry.until_ms)? Then wait. */
bool	retry_until(struct core *);
/* The user ends the wait. Only in RETRY. */
void	retry_now(struct core *);
/* The longest answer that the server allows, in tokens; 0: unknown. A limit
 * from the remaining credit holds for this request only. */
int64_t	amend_output(const struct core *, const struct core_target *);
/* Options left out of requests to this model, since its server refused them:
 * request_options. */
unsigned amend_without(const struct core *, const struct core_target *);
/* How much this model is to think, in the conversation or outside it. */
enum effort effort_for(const struct core *, const struct core_target *,
	    bool aside);
/* The body of this request to this model, whose answer may have `output`
 * tokens. */
char	*query_body(struct core *, struct core_request *,
	    const struct core_target *, struct request *, int64_t output);
/* Limit on the answer to a prompt of this size, thinking included: in a small
 * window the reserve, else all that is free. */
int64_t	query_answer_max(const struct tokens_room *, int64_t prompt);
/* The target that the last request asked. */
const struct core_target *query_target(const struct core *);
/* Why the last request failed, for the user; malloc'ed. */
char	*query_explain(const struct core *, const struct provider_error *);
/* The numbers of a reply, for the journal, and what they cost. */
struct ev_usage query_usage(const struct usage *);
int64_t	query_tokens(uint64_t bytes);
void	query_cost(const struct core *, const struct core_request *,
	    const struct usage *, uint64_t answered, struct query_cost *);
/* The bytes of an answer, to estimate its tokens if the server didn't count
 * them. */
uint64_t query_answer_bytes(const struct reply *);
/* True if the error may pass: `again` is called after the wait. `other`: another
 * model is available, so a few attempts are enough. */
bool	retry_begin(struct core *, const struct provider_error *, bool other,
	    void (*again)(struct core *));

#endif
