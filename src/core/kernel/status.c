/* status: tells clients what is running and who has to act. */
#include "config.h"

#include "core/kernel/core.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "journal/fold.h"

/* When a failed request is repeated; 0: no wait. */
static int64_t
status_retry_ms(const struct core *c)
{
	int64_t left = c->retry.due_ms - clock_mono_ms();

	return c->phase != PHASE_RETRY || left < 0 ? 0 : left;
}

static cJSON *
status_make(const struct core *c, const char *state, const char *doing)
{
	return EVENT_LINE(status, .state = state, .doing = doing,
	    .wait_ms = status_retry_ms(c),
	    .for_ms = clock_mono_ms() - c->clock.state_ms);
}

static cJSON *
status_present(struct core *c)
{
	return c->fold->status.state == NULL ? NULL :
	    status_make(c, c->fold->status.state, c->fold->status.doing);
}

void
status_progress(struct core *c, const char *doing)
{
	emit_line(c, status_make(c, c->fold->status.state, doing));
}

void
status_tell(struct core *c, const char *state, const char *fmt, ...)
{
	const struct fold *f = c->fold;
	char doing[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(doing, sizeof(doing), fmt, ap);
	va_end(ap);
	if (f->status.state != NULL && strcmp(f->status.state, state) == 0 &&
	    strcmp(f->status.doing, doing) == 0)
		return;
	c->clock.state_ms = clock_mono_ms();
	PART_EACH(c, p)
		if ((*p)->works != NULL)
			(*p)->works(c, task_runs(c) &&
			    c->retry.until_ms == 0 &&
			    strcmp(state, "waiting") != 0 &&
			    strcmp(state, "idle") != 0);
	emit_line(c, status_make(c, state, doing));
}

void
status_ask(struct core *c)
{
	status_tell(c, "waiting", "%s", fold_ask_row(&c->fold->ask)->waits);
}

void
status_review(struct core *c, const char *state)
{
	int all = fold_hunks(c->fold->proposal);
	int open = fold_undecided(c->fold->proposal);

	if (open > 0)
		status_tell(c, state, "%d of %d hunk%s to review", open, all,
		    all == 1 ? "" : "s");
	else
		status_tell(c, state, "%d hunk%s marked%s", all,
		    all == 1 ? "" : "s", c->fold->reads ? "" :
		    fold_stages(c->fold) ? ", not staged yet" :
		    ", not written yet");
}

const struct core_part status_part = { .present = status_present };
