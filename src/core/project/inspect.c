#include "config.h"

#include "core/project/inspect.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/call/call-sandbox.h"
#include "core/call/capture.h"
#include "core/call/run.h"
#include "core/core.h"
#include "core/session/driver-soon.h"
#include "core/session/status.h"

struct inspect {
	struct sandbox_call	*worker;
	struct loop_timer	*timer;
	struct buf		 output;
	size_t			 max;
	inspect_done		*done;
};

/* The inspection ended, and the loop can continue. `whole`: it succeeded. */
static void
inspect_end(struct core *c, bool whole)
{
	struct inspect *l = c->project.look;
	struct buf notes = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;

	assert(c->phase == PHASE_LOOK);	/* phases: an inspection ends in LOOK */
	c->project.look = NULL;
	phase_set(c, PHASE_IDLE);
	(void)stage_after_call(c->stage, &notes, &e);
	buf_release(&notes);
	capture_free(c->capture);
	c->capture = NULL;
	loop_timer_free(l->timer);
	l->done(c, whole ? buf_str(&l->output) : NULL, l->output.len);
	buf_release(&l->output);
	free(l);
}

void
inspect_stop(struct core *c)
{
	c->project.symbols_due = false;
	if (c->project.environment == ENVIRONMENT_LOOK)
		c->project.environment = ENVIRONMENT_TELL;
	if (c->project.look == NULL)
		return;
	sandbox_call_cancel(c->project.look->worker);
	inspect_end(c, false);
}

static void
inspect_late(void *arg)
{
	struct core *c = arg;

	c->project.look->timer = NULL;
	sandbox_call_cancel(c->project.look->worker);
	inspect_end(c, false);
	driver_soon(c);
}

static void
inspect_output(void *arg, const char *p, size_t n)
{
	struct core *c = arg;
	struct inspect *l = c->project.look;

	if (l->output.len < l->max)
		buf_add(&l->output, p, n < l->max - l->output.len ? n :
		    l->max - l->output.len);
}

static void
inspect_finished(void *arg, const struct sandbox_result *r)
{
	struct core *c = arg;

	/* The output of a killed program is partial, and differs each time. */
	inspect_end(c, r->built && r->exit == 0 && r->killed == NULL);
	driver_soon(c);
}

bool
inspect_begin(struct core *c, const struct inspect_request *q)
{
	static const struct sandbox_callbacks callbacks = {
		.output = inspect_output, .done = inspect_finished,
	};
	struct inspect *l = xcalloc(1, sizeof(*l));
	cJSON *args = cJSON_CreateObject();
	struct err e = ERR_INIT;

	/* phases: nothing else uses the staged copy, and no question is
	 * open. */
	assert(!run_is_on(c) && c->waits == 0);
	l->max = q->max;
	l->done = q->done;
	c->project.look = l;
	json_set_take(args, "argv", cJSON_Duplicate(q->argv, 1));
	l->worker = call_begin_at_root(c, c->stage, "argv", args, &callbacks,
	    &e);
	cJSON_Delete(args);
	if (l->worker == NULL) {
		c->project.look = NULL;
		free(l);
		q->done(c, NULL, 0);
		return false;
	}
	l->timer = loop_timer_new(c->loop, q->ms, inspect_late, c);
	phase_set(c, PHASE_LOOK);
	status_tell(c, "tool", "%s", q->doing);
	return true;
}
