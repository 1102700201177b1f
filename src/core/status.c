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

cJSON *
status_line(const struct core *c)
{
	cJSON *o;

	if (c->last_state == NULL)
		return NULL;
	o = cJSON_CreateObject();
	json_add_str(o, "type", "status");
	json_add_str(o, "state", c->last_state);
	json_add_str(o, "doing", c->last_doing);
	if (status_retry_ms(c) > 0)
		json_add_int(o, "wait_ms", status_retry_ms(c));
	if (clock_mono_ms() - c->last_state_ms > 0)
		json_add_int(o, "for_ms", clock_mono_ms() - c->last_state_ms);
	return o;
}

void
status_progress(struct core *c, const char *doing)
{
	xstrset(&c->last_doing, doing);
	emit_line(c, status_line(c));
}

void
status_tell(struct core *c, const char *state, const char *fmt, ...)
{
	char doing[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(doing, sizeof(doing), fmt, ap);
	va_end(ap);
	if (c->last_state != NULL && strcmp(c->last_state, state) == 0 &&
	    strcmp(c->last_doing, doing) == 0)
		return;
	free(c->last_state);
	free(c->last_doing);
	c->last_state = xstrdup(state);
	c->last_doing = xstrdup(doing);
	c->last_state_ms = clock_mono_ms();
	budget_clock(c, phase_has_task(c) && strcmp(state, "waiting") != 0 &&
	    strcmp(state, "idle") != 0);
	emit_line(c, status_line(c));
}

void
status_review(struct core *c, const char *state)
{
	int all = fold_hunks(c->fold->proposal);

	status_tell(c, state, "%d of %d hunk%s to review",
	    fold_undecided(c->fold->proposal), all, all == 1 ? "" : "s");
}
