#include "config.h"

#include "core/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/budget-clock.h"
#include "core/core.h"
#include "core/emit.h"
#include "journal/fold-proposal.h"

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
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "type", "status");
	json_add_str(o, "state", state);
	json_add_str(o, "doing", doing);
	if (status_retry_ms(c) > 0)
		json_add_int(o, "wait_ms", status_retry_ms(c));
	if (clock_mono_ms() - c->state_ms > 0)
		json_add_int(o, "for_ms", clock_mono_ms() - c->state_ms);
	return o;
}

cJSON *
status_line(const struct core *c)
{
	return c->fold->state == NULL ? NULL :
	    status_make(c, c->fold->state, c->fold->doing);
}

void
status_progress(struct core *c, const char *doing)
{
	emit_line(c, status_make(c, c->fold->state, doing));
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
	if (f->state != NULL && strcmp(f->state, state) == 0 &&
	    strcmp(f->doing, doing) == 0)
		return;
	c->state_ms = clock_mono_ms();
	budget_clock(c, phase_has_task(c) && strcmp(state, "waiting") != 0 &&
	    strcmp(state, "idle") != 0);
	emit_line(c, status_make(c, state, doing));
}

void
status_review(struct core *c, const char *state)
{
	int all = fold_hunks(c->fold->proposal);

	status_tell(c, state, "%d of %d hunk%s to review",
	    fold_undecided(c->fold->proposal), all, all == 1 ? "" : "s");
}
