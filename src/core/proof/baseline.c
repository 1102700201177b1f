#include "config.h"

#include "core/proof/baseline.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/job/job.h"
#include "core/job/output.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/review/evidence.h"
#include "core/stage/changes.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "sandbox/sandbox.h"

#define BASELINE_LINE	((size_t)200)	/* bytes that the model is told */

struct baseline {
	char		*command;	/* of the check that this is about */
	enum {
		BASELINE_UNKNOWN,
		BASELINE_DUE,
		BASELINE_SEEN,	/* it failed when nothing had changed */
		BASELINE_OVER,	/* it runs, or did, or can't, or needn't: the
				   check has passed */
	}		 state;
	bool		 commands;	/* of the model ran: what isn't
					   proposed, or in the sandbox's home,
					   may make the check fail */
};

static void
baseline_init(struct core *c)
{
	c->check.baseline = xcalloc(1, sizeof(*c->check.baseline));
}

static void
baseline_stop(struct core *c)
{
	(void)job_stop(c, JOB_BASELINE, NULL);
}

/* It failed there, too: for the user and the model. */
static void
baseline_tell(struct core *c, const struct buf *out,
    const struct sandbox_result *r)
{
	AUTO_FREE char *line = output_last_line(c, out, SIZE_MAX);
	AUTO_FREE char *text = xasprintf("the check failed before the "
	    "agent's changes, too (%s %d): %s", r->signal != 0 ? "signal" :
	    "exit", r->signal != 0 ? r->signal : r->exit,
	    c->check.baseline->command);

	EMIT(c, "core", note, .before = true, .text = text);
	buf_addf(&c->feedback.notes, "the check failed before your "
	    "changes, too: %s %d, with this last line: `%.*s`\n",
	    r->signal != 0 ? "signal" : "exit", r->signal != 0 ? r->signal :
	    r->exit, (int)utf8_cut(line, strlen(line), BASELINE_LINE), line);
}

static void
baseline_ended(struct core *c, struct job *was,
    const struct sandbox_result *r)
{
	/* 126 and 127: something isn't there that perhaps only the copy
	 * has. */
	if (r != NULL && r->built && r->killed == NULL && (r->exit != 0 ||
	    r->signal != 0) && r->exit != 126 && r->exit != 127)
		baseline_tell(c, &was->out, r);
}

void
baseline_step(struct core *c)
{
	struct baseline *b = c->check.baseline;
	struct program_plan plan = { .ended = baseline_ended,
		.command = b->command, .path = "", .net = true,
		.last = JOB_OUTPUT };
	struct err e = ERR_INIT;
	bool due = b->state == BASELINE_DUE;

	if (b->state == BASELINE_SEEN)
		EMIT(c, "core", note, .before = true, .text = "the "
		    "check failed before the agent's changes");
	if (b->state != BASELINE_UNKNOWN)
		b->state = BASELINE_OVER;
	if (due && evidence_reruns(c) &&
	    sandbox_levels[c->sandbox.level].overlays &&
	    c->target.answers == NULL && !changes_any(c) &&
	    job_scratch(c, JOB_BASELINE, &e) != NULL)
		(void)job_start(&c->jobs[JOB_BASELINE], &plan, &e);
}

/* ---- the part ---- */

/* It ran: does it have to run on the untouched files? */
static void
baseline_ran(struct core *c, const char *command, int64_t code)
{
	struct baseline *b = c->check.baseline;

	if (command == NULL)
		return;
	if (b->command == NULL || strcmp(b->command, command) != 0) {
		baseline_stop(c);
		xstrset(&b->command, command);
		b->state = BASELINE_UNKNOWN;
	}
	if (code == 0)
		b->state = BASELINE_OVER;
	else if (code > 0 && b->state == BASELINE_UNKNOWN && c->resume == NULL)
		b->state = c->review.staged == 0 && c->plan.dropped == 0 &&
		    !changes_any(c) && !b->commands ? BASELINE_SEEN :
		    task_plans(c) ?
		    BASELINE_UNKNOWN : BASELINE_DUE;
}

/* -1: it says nothing. */
static int64_t
baseline_code(const char *killed, struct ev_number code, struct ev_number signal)
{
	return killed != NULL ? -1 : signal.is ? 1 : ev_int(code, -1);
}

static void
baseline_line(struct core *c, const struct event *e)
{
	const struct ev_evidence *v = &e->evidence;
	const struct ev_tool_result *t = &e->tool_result;

	if (e->type == EVENT_CHECK)
		baseline_stop(c);
	else if (e->type == EVENT_NOTE && e->note.before && c->resume != NULL)
		c->check.baseline->state = BASELINE_OVER;
	else if (e->type == EVENT_EVIDENCE && ev_is(v->status, "done"))
		baseline_ran(c, v->command, baseline_code(v->killed, v->exit,
		    v->signal));
	else if (e->type == EVENT_TOOL_RESULT && c->check.command != NULL &&
	    ev_is(t->name, "run_tests") &&
	    strstr(c->check.command, "{path}") == NULL)
		baseline_ran(c, c->check.command, baseline_code(t->killed,
		    t->exit, t->signal));
	else if (e->type == EVENT_TOOL_RESULT && (t->exit.is || t->signal.is ||
	    t->killed != NULL || fold_background_runs(c->fold) > 0))
		c->check.baseline->commands = true;
}

static void
baseline_free(struct core *c)
{
	FREE_ALL(c->check.baseline->command, c->check.baseline);
}

const struct core_part baseline_part = {
	.init = baseline_init, .line = baseline_line,
	.lines = OF(EVENT_CHECK) | OF(EVENT_EVIDENCE) | OF(EVENT_NOTE) |
	    OF(EVENT_TOOL_RESULT),
	.job = JOB_BASELINE, .yield = baseline_stop,
	.free = baseline_free,
};
