/* Shared by the hook*.c only. */
#ifndef ASSENT_CORE_HOOK_INT_H
#define ASSENT_CORE_HOOK_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/hook.h"
#include "gate/stage.h"
#include "policy/hook-spec.h"

struct host_program;
struct loop_timer;
struct sandbox_call;

/* ---- hook-run.c: one run ---- */

/* How a run ended. Zeroed: it wasn't begun. */
struct hook_run {
	const cJSON	*spec;		/* borrowed; NULL: none runs */
	enum hook_event	 event;
	char		*id;
	struct buf	 out, said;	/* what it printed; said: without a
					   sandbox */
	bool		 flooded;	/* more than HOOK_ANSWER_MAX */
	struct sandbox_call *worker;
	struct host_program *host;
	struct loop_timer *failed;	/* it couldn't start */
	struct err	 why;
	struct stage	*stage;		/* that it works on; borrowed, or */
	struct stage	*scratch;	/* its own, which is thrown away */
	struct stage	*real;		/* likewise, if it decides: the project
					   as it is, and `scratch` or the
					   session's is only shown to it */
	char		*staged;	/* where it finds the staged copy */
	struct stage_scan before;	/* of the session's staged copy */
	bool		 scanned;
	int64_t		 from_ms;
};

/* Start it; its end is reported to hook_run_ended() from the loop, always. */
void	hook_run_start(struct core *, struct hook_run *, cJSON *input);
/* End it without a report. `notes` (or NULL) gets what was removed from the
 * staged copy. */
void	hook_run_cancel(struct core *, struct hook_run *);
/* Add the paths that it changed in the session's staged copy; true if there
 * are any. */
bool	hook_run_changed(struct core *, struct hook_run *, cJSON *line);

struct hook_round {
	struct hook_round *more;	/* the next one that waits */
	enum hook_event	 event;
	cJSON		*input, *names;
	char		*for_id;
	hook_done	*done;		/* or NULL */
	int		 next;		/* hook of the list */
	struct hook_verdict verdict;
	bool		 changed;	/* files of the staged copy */
};

struct hooks {
	struct hook_round *first, **last;	/* that wait */
	struct hook_run	 run;
	void		(*over)(struct core *);	/* follows the hooks of
					   session_end; NULL: not begun */
	int64_t		 passed;	/* seq of the decision that
					   before_apply let go ahead */
	char		 seen[SHA256_HEX_SIZE];	/* digest of the staged files
					   that `proposal` was about */
};

/* ---- hook.c ---- */

/* `line` (taken) has how it ended; `failure`: why that is no answer, or
 * NULL. */
void	hook_run_ended(struct core *, cJSON *line, const char *failure);

#endif
