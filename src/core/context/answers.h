/*
 * answers: a model that is a journal: each request gets the next answer in it,
 * whatever the request says. Of the journal only the model's answers are used,
 * so it can decide, allow and set nothing.
 *
 * A line of the demo's has "after": it replaces the answer before it in a request
 * that has this text. Where a person watches, the last line answers what follows.
 */
#ifndef ASSENT_CORE_ANSWERS_H
#define ASSENT_CORE_ANSWERS_H

struct call_callbacks;
struct core_request;
struct loop;

/* As provider_call_start, for the request's target, which has `answers`. A request
 * outside the conversation, such as a review by the model, fails. */
struct provider_call *answers_start(struct loop *, struct core_request *,
	    char *body_take, const struct call_callbacks *, void *arg);

#endif
