/*
 * hook: the user's own programs that are told of what happens, and may object.
 * A hook runs like the success check: between two steps of the agent, one at a
 * time, in the sandbox on the staged copy, unless the user's config says that
 * it runs as the user. One that decides runs on the project as it is, and is
 * shown the staged copy (hook-run.c).
 *
 * A hook's answer can stop or question what is about to happen, and add text
 * and findings. It never accepts a hunk, answers a question or lifts a limit:
 * nothing here calls what does (propose-mark.c, call_answer_ask, set.c).
 *
 * Each run is two lines of the journal, `hook`: the first is durable before it
 * starts. A run that the core didn't survive isn't repeated (hook_recover).
 */
#ifndef ASSENT_CORE_HOOK_H
#define ASSENT_CORE_HOOK_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "core/hook-answer.h"
#include "policy/hook-spec.h"

struct core;
struct hooks;

/* The outcome of all hooks of an event. */
struct hook_verdict {
	enum hook_decision decision;
	char		*by;		/* the hook whose decision it is, and */
	char		*reason;	/* its reason; NULL: nobody objected */
};
typedef void hook_done(struct core *, const struct hook_verdict *);

struct hooks *hooks_new(void);
void	hooks_free(struct hooks *);

/* Is there a hook for the event that fits one of these names? */
bool	hook_wants(const struct core *, enum hook_event, const cJSON *names);
/*
 * Run the hooks that fit, now: in IDLE. `input` (taken) is what they are told,
 * `names` (taken, may be NULL) what their `match` is compared with, `for_id`
 * says in the journal what it is about. done() is called from the loop, in
 * IDLE, unless the round is stopped.
 */
void	hook_begin(struct core *, enum hook_event, cJSON *input,
	    cJSON *names, const char *for_id, hook_done *done);
/* The same as soon as the agent is between two steps; nobody waits for the
 * verdict. Does nothing if no hook fits. */
void	hook_queue(struct core *, enum hook_event, cJSON *input,
	    cJSON *names, const char *for_id);
/* Start what is queued, in IDLE. True if a hook runs now. */
bool	hook_step(struct core *);
/* Does one run, or wait for its turn? */
bool	hook_is_busy(const struct core *);
bool	hook_is_running(const struct core *);
/* Stop the hook that runs, and those that wait. `why` NULL: the core ends, and
 * says nothing. */
void	hook_stop(struct core *, const char *why);
/* A journal that ends with a running hook: it gets its end. */
void	hook_recover(struct core *);

#endif
