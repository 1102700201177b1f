/*
 * answers: a model that is a journal: each request gets the next answer in it,
 * whatever the request says. Only the model's answers are read from the
 * journal, so it can decide, allow and set nothing. A line of the demo's
 * journal has "after": it replaces the answer before it if the request has this
 * text. If a person watches, the last line answers all further requests.
 */
#ifndef ASSENT_CORE_ANSWERS_H
#define ASSENT_CORE_ANSWERS_H

struct call_callbacks;
struct core_request;
struct loop;

/* Like provider_call_start, for a target that has `answers`. A request outside
 * the conversation, such as a review by the model, fails. */
struct provider_call *answers_start(struct loop *, struct core_request *,
	    char *body_take, const struct call_callbacks *, void *arg);

#endif
