#include "config.h"

#include "core/review/baseline.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/kernel/core.h"
#include "core/net/network.h"
#include "core/stage/changes.h"
#include "core/stage/output.h"
#include "core/stage/program.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "sandbox/sandbox.h"

#define BASELINE_DIR	"baseline"
#define BASELINE_ID	"baseline"	/* of its connections */
#define BASELINE_OUTPUT	((size_t)64 << 10)	/* the last bytes are kept */
#define BASELINE_LINE	((size_t)200)	/* bytes that the model is told */

struct baseline {
	char		*command;	/* of the check that this is about */
	enum {
		BASELINE_UNKNOWN,
		BASELINE_DUE,
		BASELINE_RUNS,
		BASELINE_OVER,	/* it ran, or can't, or needn't: the check has
				   passed */
	}		 state;
	struct stage	*stage;
	struct network	*network;	/* or NULL */
	struct sandbox_call *call;
	struct buf	 out;
};

static void
baseline_init(struct core *c)
{
	c->check.baseline = xcalloc(1, sizeof(*c->check.baseline));
	buf_init(&c->check.baseline->out, 0);
}

void
baseline_stop(struct core *c)
{
	struct baseline *b = c->check.baseline;

	if (b->state != BASELINE_RUNS)
		return;
	b->state = BASELINE_OVER;
	sandbox_call_cancel(&b->call);
	network_end(b->network);
	network_server_free(c, b->network);
	b->network = NULL;
	buf_release(&b->out);
	stages_drop(c, &b->stage, BASELINE_DIR);
}

/* ---- the run ---- */

static void
baseline_output(void *arg, const char *p, size_t n)
{
	struct core *c = arg;
	struct buf *out = &c->check.baseline->out;

	buf_add(out, p, n);
	if (out->len > 2 * BASELINE_OUTPUT)
		buf_consume(out, out->len - BASELINE_OUTPUT);
}

static void
baseline_net(void *arg, unsigned which, int fd_take)
{
	struct core *c = arg;

	network_server_begin(c->check.baseline->network, which, fd_take);
}

/* It failed there, too: for the user and the model. */
static void
baseline_tell(struct core *c, const struct sandbox_result *r)
{
	AUTO_FREE char *line = output_last_line(c, &c->check.baseline->out,
	    SIZE_MAX);
	AUTO_FREE char *text = xasprintf("the success check failed before the "
	    "agent's changes, too (%s %d): %s", r->signal != 0 ? "signal" :
	    "exit", r->signal != 0 ? r->signal : r->exit,
	    c->check.baseline->command);

	EMIT(c, "core", note, .before = true, .text = text);
	buf_addf(&c->feedback.notes, "the success check failed before your "
	    "changes, too: %s %d, with this last line: `%.*s`\n",
	    r->signal != 0 ? "signal" : "exit", r->signal != 0 ? r->signal :
	    r->exit, (int)utf8_cut(line, strlen(line), BASELINE_LINE), line);
}

static void
baseline_done(void *arg, const struct sandbox_result *r)
{
	struct core *c = arg;
	struct baseline *b = c->check.baseline;

	b->call = NULL;
	if (r->built && r->killed == NULL && (r->exit != 0 || r->signal != 0))
		baseline_tell(c, r);
	baseline_stop(c);
}

/* Only where layers cost nothing: a copy of the tree would delay keys. */
static bool
baseline_can(const struct core *c)
{
	return sandbox_levels[c->sandbox.level].overlays && task_runs(c) &&
	    (c->mode == MODE_INTERACTIVE || c->mode == MODE_EXEC) &&
	    c->plan.mode != PLAN_LOOK && c->target.replay_dir == NULL &&
	    c->review.staged > 0 && !changes_any(c) &&
	    c->ending == ENDING_NOT;
}

static void
baseline_start(struct core *c, struct err *e)
{
	static const struct sandbox_callbacks callbacks = {
		.output = baseline_output, .done = baseline_done,
		.net = baseline_net,
	};
	struct baseline *b = c->check.baseline;
	AUTO_JSON cJSON *args = cJSON_CreateObject();
	struct program_plan plan = { .spec.tool = "bash", .spec.args = args };

	json_add_str(args, "command", b->command);
	b->state = BASELINE_RUNS;
	b->stage = plan.stage = stages_scratch(c, BASELINE_DIR, e);
	if (b->stage == NULL || program_plan_beside(c, &plan, e) < 0)
		return;
	b->network = network_background_new(c, BASELINE_ID, b->command);
	network_spec(b->network, &plan.spec);
	b->call = sandbox_call_start(c->loop, &plan.spec, NULL, &callbacks, c);
}

void
baseline_step(struct core *c)
{
	struct baseline *b = c->check.baseline;
	struct err e = ERR_INIT;

	if (b->state != BASELINE_DUE)
		return;
	b->state = BASELINE_OVER;
	if (!baseline_can(c))
		return;
	baseline_start(c, &e);
	if (b->call == NULL)
		baseline_stop(c);
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
	if (code == 0 && b->state != BASELINE_RUNS)
		b->state = BASELINE_OVER;
	else if (code > 0 && b->state == BASELINE_UNKNOWN &&
	    c->resume == NULL && !task_plans(c))
		b->state = BASELINE_DUE;
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

	if (e->type == EVENT_NOTE && e->note.before && c->resume != NULL)
		c->check.baseline->state = BASELINE_OVER;
	else if (e->type == EVENT_EVIDENCE && ev_is(v->status, "done"))
		baseline_ran(c, v->command, baseline_code(v->killed, v->exit,
		    v->signal));
	else if (e->type == EVENT_TOOL_RESULT && c->check.command != NULL &&
	    ev_is(t->name, "run_tests") &&
	    strstr(c->check.command, "{path}") == NULL)
		baseline_ran(c, c->check.command, baseline_code(t->killed,
		    t->exit, t->signal));
}

static void
baseline_free(struct core *c)
{
	baseline_stop(c);
	free(c->check.baseline->command);
	free(c->check.baseline);
}

const struct core_part baseline_part = {
	.init = baseline_init, .line = baseline_line,
	.lines = OF(EVENT_EVIDENCE) | OF(EVENT_NOTE) | OF(EVENT_TOOL_RESULT),
	.free = baseline_free,
};
