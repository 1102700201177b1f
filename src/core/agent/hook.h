/*
 * hook: the user's own programs, which hear of events and may object. A hook
 * runs like the check: between two steps of the agent, one at a time,
 * in the sandbox on the copy, unless the user's config says that it runs
 * as the user; those of `waits` run beside all that. One that decides runs on the project as it is, and is shown the
 * copy (hook_run_sandboxed).
 *
 * A hook's answer can stop or question what is about to happen, and add text
 * and findings. It never accepts a hunk, answers a question or lifts a limit:
 * nothing here calls what does (propose-mark.c, call_answer_ask, start.c).
 *
 * Each run is two lines of the journal, `hook`: the first is durable before it
 * starts. A run that the core didn't survive isn't repeated
 * (hook_resumed).
 */
#ifndef ASSENT_CORE_HOOK_H
#define ASSENT_CORE_HOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sha.h"
#include "gate/stage.h"
#include "policy/hook-spec.h"

struct core;
struct core_call;
struct event;
struct host_program;
struct loop_timer;

/* These are in order: of several hooks' answers the highest counts. */
enum hook_decision { HOOK_ALLOW, HOOK_ASK, HOOK_DENY };
extern const char *const hook_decision_words[];

/* The outcome of all hooks of an event. */
struct hook_verdict {
	enum hook_decision decision;
	char		*by;		/* the hook whose decision it is, and */
	char		*reason;	/* its reason; NULL: no hook objected */
};
typedef void hook_done(struct core *, const struct hook_verdict *);

struct hook_run;
/* The run is over: `line` has how it ended; `failure`: why that is no answer, or
 * NULL. */
typedef void hook_ended(struct core *, struct hook_run *, struct event *line,
	    const char *failure);

/* How a run ended. Zeroed: it wasn't begun. */
struct hook_run {
	struct hook_run	*more;		/* of `waits`: the next one */
	struct core	*core;
	hook_ended	*ended;
	const cJSON	*spec;		/* borrowed; NULL: none runs */
	enum hook_event	 event;
	char		*id, *for_id;
	struct buf	 out, said;	/* its output, and its errors if it
					   objects */
	bool		 flooded;	/* more than HOOK_ANSWER_MAX */
	struct host_program *host;
	struct loop_timer *failed;	/* it couldn't start */
	struct err	 why;
	struct stage	*scratch;	/* a copy that is only shown to it, and
					   thrown away; or NULL */
	char		*staged;	/* path of the copy for it */
	struct stage_scan before;	/* of the session's copy */
	bool		 scanned;
	int64_t		 from_ms;
};

struct hook_round {
	struct hook_round *more;	/* the next one that waits */
	enum hook_event	 event;
	cJSON		*input, *names;
	char		*for_id;
	hook_done	*done;		/* or NULL */
	int		 next;		/* hook of the list */
	struct hook_verdict verdict;
	bool		 changed;	/* files of the copy */
};

struct hooks {
	struct hook_round *first, **last;	/* that wait */
	struct hook_run	 run;
	struct hook_run	*beside;	/* those of `waits` */
	int64_t		 waits;		/* seq of what began to wait last, */
	int64_t		 told;		/* and of what they were told */
	int		 waits_turn;	/* in which it was proposed */
	void		(*over)(struct core *);	/* follows the hooks of
					   session_end; NULL: not begun */
	int64_t		 passed;	/* seq of the decision that
					   before_apply let go ahead */
	char		 seen[SHA256_HEX_SIZE];	/* digest of the staged files
					   that `proposal` was about */
};

/* Start what is queued, in IDLE. True if a hook runs now. */
bool	hook_step(struct core *);
/* Stop the hook that runs, and those that wait. `why` NULL: the core ends, and
 * says nothing. */
void	hook_stop(struct core *, const char *why);

/* You have to act: run the hooks of `waits`, unless they were told, beside all that
 * goes on. */
void	hook_waits(struct core *);
/* Do some still run? Then over() follows. */
bool	hook_waits_end(struct core *, void (*over)(struct core *));

/* The session ends: run its hooks, and then over(). False: no hook has to run,
 * or they have run. */
bool	hook_session_end(struct core *, void (*over)(struct core *));

/* Do hooks have to hear of the pending decision before it is applied? Then they
 * run, in IDLE; after that the decision goes ahead, or its hunks are open
 * again. If an earlier core had begun them, they aren't run again, and the
 * decision's hunks are open again. The same happens if the session ends first
 * (`last`). */
bool	hook_apply(struct core *, bool last);

/* Do hooks have to hear of this call before it runs? With `run` they do now, in
 * IDLE; then the call is answered, asked about, or next again. */
bool	hook_tool(struct core *, const struct core_call *, const cJSON *args,
	    bool run);

/* What a hook printed is a text, or findings as JSON, of a foreign program. */

#define HOOK_FINDINGS_MAX	1000			/* of one run */

/* Members of a `hook` that is being made: the text is its reason, if it objects,
 * else a context; or there are findings, their paths as the hook wrote them;
 * `dropped`: beyond the limit, or without a file. -1 with *e. */
int	hook_answer_read(struct event *, bool objects, const char *p, size_t n,
	    struct err *);

#endif
