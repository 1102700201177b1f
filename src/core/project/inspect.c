#include "config.h"

#include "core/project/inspect.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/call-sandbox.h"
#include "core/run.h"
#include "core/core.h"
#include "core/project/environment.h"
#include "core/project/symbols.h"
#include "core/driver.h"
#include "core/status.h"
#include "tool/tool.h"

#define INSPECT_MS	3000
#define INSPECT_OUTPUT	(((size_t)4 << 20) + ((size_t)8 << 10))

struct inspect {
	struct sandbox_call	*worker;
	struct loop_timer	*timer;
	struct buf		 output;
	bool			 environment, symbols;	/* what it looks for */
};

/* The inspection ended, and the loop can continue. `whole`: it succeeded. */
static void
inspect_end(struct core *c, bool whole)
{
	struct inspect *l = c->project.look;
	struct buf notes = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;
	const char *out = buf_str(&l->output), *end;

	assert(c->phase == PHASE_LOOK);	/* phases: an inspection ends in LOOK */
	c->project.look = NULL;
	phase_set(c, PHASE_IDLE);
	(void)stage_after_call(c->stage, &notes, &e);
	buf_release(&notes);
	buf_release(&c->capture);
	loop_timer_free(l->timer);
	end = strncmp(out, ".\n", 2) == 0 ? out : strstr(out, "\n.\n");
	if (end != NULL && end != out)
		end++;
	/* The output of a killed program is partial, and differs each time. */
	if (l->environment)
		environment_found(c, end == NULL ? NULL : out,
		    end == NULL ? 0 : (size_t)(end - out));
	if (l->symbols)
		symbols_found(c, whole && end != NULL ? end + 2 : NULL,
		    whole && end != NULL ?
		    l->output.len - (size_t)(end + 2 - out) : 0);
	buf_release(&l->output);
	free(l);
}

void
inspect_stop(struct core *c)
{
	symbols_drop(c);
	environment_drop(c);
	if (c->project.look == NULL)
		return;
	sandbox_call_cancel(c->project.look->worker);
	inspect_end(c, false);
}

void
inspect_give_way(struct core *c)
{
	if (c->phase != PHASE_LOOK || phase_has_task(c))
		return;
	sandbox_call_cancel(c->project.look->worker);
	c->project.look->environment = c->project.look->symbols = false;
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

	if (l->output.len < INSPECT_OUTPUT)
		buf_add(&l->output, p, n < INSPECT_OUTPUT - l->output.len ? n :
		    INSPECT_OUTPUT - l->output.len);
}

static void
inspect_finished(void *arg, const struct sandbox_result *r)
{
	struct core *c = arg;

	inspect_end(c, r->built && r->exit == 0 && r->killed == NULL);
	driver_soon(c);
}

/* True if it runs. */
static bool
inspect_run(struct core *c)
{
	static const struct sandbox_callbacks callbacks = {
		.output = inspect_output, .done = inspect_finished,
	};
	struct inspect *l = xcalloc(1, sizeof(*l));
	cJSON *args = cJSON_CreateObject();
	struct err e = ERR_INIT;
	int64_t ms = INSPECT_MS;

	l->environment = environment_args(c, args);
	l->symbols = symbols_args(c, args, &ms);
	if (!l->environment && !l->symbols)
		goto out;
	/* phases: nothing else uses the staged copy, and no question is
	 * open. */
	assert(!run_is_on(c) && c->waits == 0);
	l->worker = call_begin(c, c->stage, TOOL_INSPECT, args, &callbacks,
	    &e);
	if (l->worker == NULL) {
		symbols_drop(c);
		environment_drop(c);
		goto out;
	}
	cJSON_Delete(args);
	c->project.look = l;
	l->timer = loop_timer_new(c->loop, ms, inspect_late, c);
	phase_set(c, PHASE_LOOK);
	if (phase_has_task(c))
		status_tell(c, "tool", l->symbols ?
		    "looking for names in the project" :
		    "looking at the toolchain");
	return true;
out:
	cJSON_Delete(args);
	free(l);
	return false;
}

/* Without a sandbox nothing runs without the user's permission. */
static bool
inspect_can(const struct core *c)
{
	return c->level != SANDBOX_NONE && c->mode != MODE_TRY &&
	    c->target.replay_dir == NULL;
}

void
inspect_prepare(struct core *c)
{
	if (inspect_can(c))
		call_prepare_inspection(c);
}

bool
inspect_before_turn(struct core *c)
{
	if (inspect_can(c) && inspect_run(c))
		return true;
	symbols_tell(c);
	environment_tell(c);
	return false;
}

void
inspect_ahead(struct core *c)
{
	if (phase_has_task(c) || c->phase != PHASE_IDLE || c->waits != 0 ||
	    c->decision.line != NULL || c->ending || run_is_on(c) ||
	    !inspect_can(c))
		return;
	(void)inspect_run(c);
}
