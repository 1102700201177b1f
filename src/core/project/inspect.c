/*
 * inspect: collects facts for the model about the project before a request, in
 * the sandbox, in parallel to the loop: git, the programs that the project is
 * built with, and ctags run there beside each other (environment.c,
 * symbols.c; sandbox/payload.h). It is optional: if it fails, takes too long or
 * gets in the way, work continues without it.
 *
 * While the user types a message it runs ahead, so that the request doesn't wait
 * for it.
 */
#include "config.h"

#include "core/project/project.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/context/query.h"
#include "core/kernel/core.h"
#include "core/project/project-int.h"
#include "core/stage/program.h"
#include "journal/event.h"
#include "loop/loop.h"
#include "tool/tool.h"

#define INSPECT_MS	3000
#define INSPECT_OUTPUT	(((size_t)4 << 20) + ((size_t)8 << 10))

struct inspect {
	struct sandbox_call	*worker;
	struct loop_timer	*timer;
	struct buf		 output;
	bool			 environment, symbols;	/* what it looks for */
};

/* Its facts are known, and the loop can continue; its sandbox may still be
 * ending. `whole`: it succeeded. */
static void
inspect_end(struct core *c, bool whole)
{
	struct inspect *l = c->project.look;
	const char *out = buf_str(&l->output), *end;

	assert(c->phase == PHASE_LOOK);	/* phases: an inspection ends in LOOK */
	c->project.look = NULL;
	c->sandbox.inspection = l->worker;
	phase_set(c, PHASE_IDLE);
	buf_release(&c->calls.capture);
	loop_timer_free(&l->timer);
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
inspect_stop(struct core *c, bool ahead)
{
	struct inspect *l = c->project.look;

	if (ahead && (l == NULL || task_runs(c)))
		return;
	if (ahead) {
		l->environment = l->symbols = false;
		core_soon(c);	/* your own command may wait for its end */
	} else {
		symbols_drop(c);
		environment_drop(c);
	}
	if (l != NULL)
		inspect_end(c, false);
	inspection_wait(c);
}

static void
inspect_late(void *arg)
{
	struct core *c = arg;

	c->project.look->timer = NULL;
	inspect_end(c, false);
	inspection_wait(c);
	core_soon(c);
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
inspect_known(void *arg, const struct sandbox_result *r)
{
	struct core *c = arg;

	inspect_end(c, r->built && r->exit == 0 && r->killed == NULL);
	core_soon(c);
}

static void
inspect_finished(void *arg, const struct sandbox_result *r)
{
	struct core *c = arg;

	if (c->project.look != NULL)
		inspect_known(c, r);
	inspection_gone(c);
}

/* True if it runs. */
static bool
inspect_run(struct core *c)
{
	static const struct sandbox_callbacks callbacks = {
		.output = inspect_output, .known = inspect_known,
		.done = inspect_finished,
	};
	struct inspect *l = xcalloc(1, sizeof(*l));
	cJSON *args = cJSON_CreateObject();
	struct program_plan plan = { .stage = c->stage, .spec.tool = TOOL_INSPECT,
		.spec.args = args, .callbacks = &callbacks };
	struct err e = ERR_INIT;
	int64_t ms = INSPECT_MS;

	l->environment = environment_args(c, args);
	l->symbols = symbols_args(c, args, &ms);
	if (!l->environment && !l->symbols)
		goto out;
	/* phases: nothing else uses the staged copy, and no question is
	 * open. */
	assert(c->own_command == OWN_NONE && c->waits == 0);
	l->worker = program_begin(c, &plan, &e);
	if (l->worker == NULL) {
		symbols_drop(c);
		environment_drop(c);
		goto out;
	}
	cJSON_Delete(args);
	c->project.look = l;
	l->timer = loop_timer_new(c->loop, ms, inspect_late, c);
	phase_set(c, PHASE_LOOK);
	if (task_runs(c))
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
	return c->sandbox.level != SANDBOX_NONE && c->mode != MODE_TRY &&
	    c->target.answers == NULL;
}

/* For the inspection. Records what is new for the model. */
static bool
inspect_before_turn(struct core *c)
{
	if (inspect_can(c) && inspect_run(c)) {
		query_warm(c);
		return true;
	}
	symbols_tell(c);
	environment_tell(c);
	return false;
}

static void
inspect_ahead(struct core *c)
{
	if (task_runs(c) || c->phase != PHASE_IDLE ||
	    c->waits != 0 || c->decision.line != NULL ||
	    c->ending != ENDING_NOT ||
	    c->own_command != OWN_NONE ||
	    !inspect_can(c))
		return;
	if (inspect_run(c))
		query_warm(c);
}

void
inspect_begin(struct core *c, const char *words)
{
	xstrset(&c->project.symbols_task, words);
	inspect_ahead(c);
}

/* Stop an inspection for a command that can't run during one. */
static void
inspect_command(struct core *c, unsigned phases)
{
	if ((phases & IN(PHASE_LOOK)) == 0)
		inspect_stop(c, true);
	inspection_wait(c);
}

static void
inspect_free(struct core *c)
{
	sandbox_call_cancel(&c->sandbox.inspection);
	tags_free(c->project.tags);
	free(c->project.symbols_task);
	free(c->project.symbols_output);
	free(c->project.environment_told);
	free(c->project.environment_looked);
}

const struct core_part inspect_part = {
	.ahead = inspect_ahead, .command = inspect_command, .wait = inspect_before_turn,
	.line = environment_told, .lines = OF(EVENT_ENVIRONMENT) |
	    OF(EVENT_COMPACTION) | OF(EVENT_USER_MESSAGE),
	.free = inspect_free,
};
