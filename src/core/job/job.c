#include "config.h"

#include "core/job/job.h"
#include "core/job/output.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/quote.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/net/network.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "loop/loop.h"
#include "sandbox/sandbox.h"
#include "tool/tool.h"

/* What uses the copy, one at a time. */
#define JOB_USERS	(BIT(JOB_CALL) | BIT(JOB_OWN) | BIT(JOB_CHECK) | \
	    BIT(JOB_HOOK) | BIT(JOB_LOOK))

#define JOB_HOLD_MS	5000

/*
 * Which job waits for which, and which ends another; nothing waits for what
 * lasts. A command of the user's doesn't wait for the check: run.c stops the
 * check and starts it again afterwards. A linter or a search sees the mounted
 * copy, which a call that only reads doesn't disturb. What lasts doesn't end for
 * another one: only its pause does.
 */
static const struct job_row {
	enum core_phase	 phase;		/* of the agent meanwhile; IDLE: any */
	unsigned	 waits;		/* for these; BIT() of kinds */
	unsigned	 yields;	/* it ends when one of these begins */
	const char	*scratch;	/* the folder of a copy of its own */
	bool		 beside;	/* job_is_beside */
} job_rows[JOB_KINDS] = {
	[JOB_CALL] = { PHASE_TOOL, JOB_USERS },
	[JOB_OWN] = { PHASE_IDLE, JOB_USERS & ~BIT(JOB_CHECK) },
	[JOB_CHECK] = { PHASE_CHECK, JOB_USERS, BIT(JOB_APPLY), "accepted" },
	[JOB_HOOK] = { PHASE_IDLE, JOB_USERS, 0, "hook-real" },
	[JOB_LOOK] = { PHASE_LOOK, JOB_USERS, BIT(JOB_APPLY) },
	[JOB_LINTER] = { PHASE_IDLE, JOB_USERS, JOB_USERS | BIT(JOB_APPLY) |
	    BIT(JOB_COPY) },
	[JOB_SEARCH] = { PHASE_IDLE, JOB_USERS, JOB_USERS | BIT(JOB_APPLY) |
	    BIT(JOB_COPY) },
	[JOB_BASELINE] = { PHASE_IDLE, 0, BIT(JOB_APPLY), "baseline", true },
	[JOB_PROOF] = { PHASE_IDLE, 0, BIT(JOB_APPLY) | BIT(JOB_STOP), "proof",
	    true },
	[JOB_NOTICE] = { PHASE_IDLE, JOB_USERS | BIT(JOB_BASELINE) |
	    BIT(JOB_PROOF), JOB_USERS | BIT(JOB_APPLY) | BIT(JOB_STOP),
	    "notice", true },
	[JOB_LASTING] = { PHASE_IDLE, 0, JOB_USERS | BIT(JOB_READ) |
	    BIT(JOB_LINTER) | BIT(JOB_SEARCH), NULL, true },
	[JOB_APPLY] = { .waits = JOB_USERS },
	[JOB_COPY] = { .waits = JOB_USERS },
	[JOB_STOP] = { .waits = BIT(JOB_OWN) | BIT(JOB_PROOF) |
	    BIT(JOB_NOTICE) },
};

bool
job_is_beside(enum job_kind kind)
{
	return job_rows[kind].beside;
}

bool
job_waits(const struct core *c, enum job_kind kind)
{
	/* A call may be an MCP server's, and a hook may run as the user. */
	unsigned runs = (c->phase == PHASE_TOOL ? BIT(JOB_CALL) : 0) |
	    (c->phase == PHASE_HOOK ? BIT(JOB_HOOK) : 0) |
	    (c->own_command == OWN_RUNS ? BIT(JOB_OWN) : 0);
	int i;

	for (i = 0; i < JOB_KINDS; i++)
		if (c->jobs[i].call != NULL && !c->jobs[i].known)
			runs |= BIT(i);
	return (runs & job_rows[kind].waits & ~BIT(kind)) != 0;
}

bool
job_may(const struct core *c, enum job_kind kind)
{
	return !job_waits(c, kind) && (c->phase == PHASE_IDLE ||
	    job_rows[kind].phase == PHASE_IDLE) &&
	    c->own_command == OWN_NONE && (c->waits & WAIT_COMMAND) == 0 &&
	    c->decision.line == NULL && c->ending == ENDING_NOT;
}

void
job_yield(struct core *c, enum job_kind kind)
{
	PART_EACH(c, p)
		if ((*p)->yield != NULL &&
		    (job_rows[(*p)->job].yields & BIT(kind)) != 0)
			(*p)->yield(c);
}

bool
job_runs(const struct core *c, enum job_kind kind)
{
	return c->jobs[kind].call != NULL;
}

/* ---- what its sandbox reports ---- */

static void
job_output(void *arg, const char *p, size_t n)
{
	struct job *j = arg;

	if (j->output != NULL)
		j->output(j->arg, p, n);
	else if (j->last > 0) {
		buf_add(&j->out, p, n);
		if (j->out.len > 2 * j->last)
			buf_consume(&j->out, j->out.len - j->last);
	} else if (j->out.max > 0)
		capture_add(&j->out, p, n);
}

static void
job_net(void *arg, unsigned which, int fd_take)
{
	struct job *j = arg;

	if (which >= SANDBOX_NS_USER)
		j->more->net(j->arg, which, fd_take);
	else
		network_listen(j->network != NULL ?
		    j->network : j->core->network, which, fd_take);
}

/* The facts that the job collects are known, and the agent can go on. */
static void
job_known(void *arg, const struct sandbox_result *r)
{
	struct job *j = arg;

	if (j->kind != JOB_LOOK)
		return;
	j->known = true;
	if (j->core->phase == PHASE_LOOK)
		phase_set(j->core, PHASE_IDLE);
	j->ended(j->core, j, r);
}

void
job_drop_copy(struct job *j)
{
	if (j->scratch)
		stages_drop(j->core, &j->stage, job_rows[j->kind].scratch);
	j->scratch = false;
}

/* Release the job; nothing is left of it. */
static void
job_release(struct job *j)
{
	network_end(j->network);
	if (j->kind != JOB_LASTING)
		network_server_free(j->core, j->network);
	job_drop_copy(j);
	loop_timer_free(&j->timer);
	buf_release(&j->out);
	buf_release(&j->notes);
	*j = (struct job){ .core = j->core, .kind = j->kind, .arg = j->arg };
}

static void
job_over(void *arg, const struct sandbox_result *r)
{
	struct job *j = arg, was;
	const struct job_row *row = &job_rows[j->kind];
	struct core *c = j->core;

	j->call = NULL;
	if (!j->known && row->phase != PHASE_IDLE && c->phase == row->phase)
		phase_set(c, PHASE_IDLE);
	/* Build the next call's sandbox while this result is processed, unless
	 * its worker has stayed. This can't begin earlier: a command could move
	 * what is mounted in its home. */
	if (r != NULL && j->kind == JOB_CALL && c->mode != MODE_TRY &&
	    (c->sandbox.ready.files == NULL ||
	    c->sandbox.ready.command == NULL))
		program_prepare(c);
	/* The host may forbid it: no other command shall fail. A worker that
	 * died proves nothing. */
	if (r != NULL && !r->built && r->error_errno != ECHILD && j->joins) {
		(void)sandbox_share(-1, -1);
		c->sandbox.joins = -1;
	}
	if (!row->beside)
		program_after(c, j->stage, r, &j->notes);
	/* The next one may begin at once. */
	was = *j;
	*j = (struct job){ .core = c, .kind = was.kind, .arg = was.arg };
	if (!was.known && was.ended != NULL)
		was.ended(c, &was, r);
	job_release(&was);
}

static void
job_end(struct job *j, const char *why)
{
	j->why = why;
	sandbox_call_cancel(&j->call);
	job_over(j, NULL);
}

/* ---- standing still ---- */

static void
job_held(void *arg)
{
	struct job *j = arg;

	loop_timer_free(&j->timer);
	j->held = !j->goes_on;
	if (j->goes_on)
		sandbox_call_pause(j->call, false);
	else if (j->more != NULL)
		j->more->held(j->arg);
	j->goes_on = false;
}

static void
job_hold_late(void *arg)
{
	struct job *j = arg;

	j->timer = NULL;
	job_end(j, "couldn't be stopped for a moment");
}

void
job_hold(struct job *j)
{
	j->goes_on = false;
	if (j->timer != NULL)
		return;
	j->timer = loop_timer_new(j->core->loop, JOB_HOLD_MS, job_hold_late,
	    j);
	sandbox_call_pause(j->call, true);
}

void
job_go_on(struct job *j)
{
	if (j->held)
		sandbox_call_pause(j->call, false);
	j->held = false;
	/* One order at a time: its answer belongs to no later one. */
	j->goes_on = j->timer != NULL;
}

static void
job_ports(void *arg, const int64_t *ports, size_t n)
{
	struct job *j = arg;

	j->more->ports(j->arg, ports, n);
}

/* ---- start and stop ---- */

struct stage *
job_scratch(struct core *c, enum job_kind kind, struct err *e)
{
	struct job *j = &c->jobs[kind];

	j->stage = stages_scratch(c, job_rows[kind].scratch, e);
	j->scratch = j->stage != NULL;
	return j->stage;
}

int
job_start(struct job *j, struct program_plan *p, struct err *e)
{
	static const struct sandbox_callbacks callbacks = {
		.output = job_output, .known = job_known, .done = job_over,
		.net = job_net, .held = job_held, .ports = job_ports,
	};
	const struct job_row *row = &job_rows[j->kind];
	struct core *c = j->core;
	struct sandbox_spec *s = &p->spec;
	AUTO_JSON cJSON *args = NULL;

	p->kind = j->kind;
	if (!row->beside)
		job_wait(c);
	/* phases: only one view of the project is mounted at a time. */
	assert(j->call == NULL && !job_waits(c, p->kind));
	if (s->tool == NULL) {
		AUTO_FREE char *filled = p->path == NULL ? NULL :
		    shell_fill(p->command, "{path}", p->path);

		s->tool = "bash";
		s->args = args = cJSON_CreateObject();
		json_add_str(args, "command", filled != NULL ? filled :
		    p->command);
	}
	if (j->scratch)
		p->stage = j->stage;
	if (p->net)
		p->network = j->network = network_background_new(c,
		    row->scratch, p->command);
	job_yield(c, p->kind == JOB_CALL && tool_only_reads(s->tool) &&
	    sandbox_levels[c->sandbox.level].overlays ? JOB_READ : p->kind);
	if (!p->whole && program_ready(c, p, e) < 0) {
		job_release(j);
		return -1;
	}
	if (p->id != NULL)
		network_command(c, p->id, p->command, s);
	if (p->output != NULL && p->kind != JOB_LASTING)
		capture_begin(c);
	/* invariant 6: no program starts before the self-test has passed. */
	assert(c->sandbox.untested == NULL);
	/* invariant 7: nor before all files were looked at. */
	assert(p->whole || policy_is_whole(c->policy));
	j->stage = p->stage;
	j->network = p->network;
	j->ended = p->ended;
	j->output = p->output;
	j->more = p->more;
	j->last = p->last;
	j->joins = s->joins != 0;
	buf_init(&j->out, p->first);
	buf_init(&j->notes, 1 << 16);
	j->call = sandbox_call_start(c->loop, s, p->ready, &callbacks, j);
	if (row->phase != PHASE_IDLE)
		phase_set(c, row->phase);
	return 0;
}

bool
job_stop(struct core *c, enum job_kind kind, const char *why)
{
	struct job *j = &c->jobs[kind];

	if (j->call == NULL) {
		job_release(j);
		return false;
	}
	job_end(j, why);
	return true;
}

void
job_drop(struct job *j)
{
	sandbox_call_cancel(&j->call);
	job_release(j);
}

void
job_wait(struct core *c)
{
	if (c->jobs[JOB_LOOK].known)
		(void)job_stop(c, JOB_LOOK, NULL);
}

/* ---- the part ---- */

static void
job_init(struct core *c)
{
	int i;

	c->jobs = xcalloc(JOB_KINDS, sizeof(*c->jobs));
	for (i = 0; i < JOB_KINDS; i++)
		c->jobs[i] = (struct job){ .core = c,
			.kind = (enum job_kind)i, .arg = c };
}

/* Remove the copies that a core which died has left. */
static void
job_begun(struct core *c)
{
	int i;

	for (i = 0; i < JOB_KINDS; i++)
		if (job_rows[i].scratch != NULL)
			(void)stages_remove(c, job_rows[i].scratch, NULL);
}

static void
job_free(struct core *c)
{
	int i;

	for (i = 0; i < JOB_KINDS; i++)
		job_drop(&c->jobs[i]);
	FREE_NULL(c->jobs);
}

const struct core_part job_part = {
	.init = job_init, .begun = job_begun, .free = job_free,
};
