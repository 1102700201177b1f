#include "config.h"

#include "core/stage/job.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/kernel/core.h"
#include "core/net/network.h"
#include "core/stage/program.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "sandbox/sandbox.h"
#include "tool/tool.h"

/* What uses the copy, one at a time. */
#define JOB_USERS	(BIT(JOB_CALL) | BIT(JOB_OWN) | BIT(JOB_CHECK) | \
	    BIT(JOB_HOOK) | BIT(JOB_LOOK))
#define JOB_BESIDE	(BIT(JOB_LINTER) | BIT(JOB_LASTING))

/*
 * Who yields to whom. An own command doesn't wait for the check: run.c stops that,
 * and starts it again afterwards. Commands that outlive their call only end their
 * pause. A linter sees the copy mounted, as a call that reads does.
 */
static const struct job_row {
	enum core_phase	 phase;		/* of the agent meanwhile; IDLE: any */
	unsigned	 waits;		/* for these, */
	unsigned	 ends;		/* and these end; BIT() of kinds */
	const char	*scratch;	/* the folder of a copy of its own */
} job_rows[JOB_KINDS] = {
	[JOB_CALL] = { PHASE_TOOL, JOB_USERS, JOB_BESIDE },
	[JOB_READ] = { PHASE_TOOL, JOB_USERS, BIT(JOB_LASTING) },
	[JOB_OWN] = { PHASE_IDLE, JOB_USERS & ~BIT(JOB_CHECK), JOB_BESIDE },
	[JOB_CHECK] = { PHASE_CHECK, JOB_USERS, JOB_BESIDE, "accepted" },
	[JOB_HOOK] = { PHASE_IDLE, JOB_USERS, JOB_BESIDE },
	[JOB_LOOK] = { PHASE_LOOK, JOB_USERS, JOB_BESIDE },
	[JOB_LINTER] = { PHASE_IDLE, JOB_USERS, BIT(JOB_LASTING) },
	[JOB_BASELINE] = { .scratch = "baseline" },
	[JOB_PROOF] = { .scratch = "proof" },
	[JOB_APPLY] = { PHASE_IDLE, JOB_USERS, BIT(JOB_CHECK) |
	    BIT(JOB_LOOK) | BIT(JOB_LINTER) | BIT(JOB_BASELINE) |
	    BIT(JOB_PROOF) },
	[JOB_COPY] = { PHASE_IDLE, JOB_USERS, BIT(JOB_LINTER) },
};

static unsigned
job_users(const struct core *c)
{
	static const unsigned of_phase[] = {
		[PHASE_IDLE] = 0, [PHASE_MODEL] = 0, [PHASE_RETRY] = 0,
		[PHASE_TOOL] = BIT(JOB_CALL), [PHASE_LOOK] = BIT(JOB_LOOK),
		[PHASE_CHECK] = BIT(JOB_CHECK), [PHASE_HOOK] = BIT(JOB_HOOK),
	};

	return of_phase[c->phase] | (c->own_command != OWN_NONE ?
	    BIT(JOB_OWN) : 0);
}

bool
job_may(const struct core *c, enum job_kind kind)
{
	const struct job_row *row = &job_rows[kind];

	return (job_users(c) & row->waits) == 0 &&
	    (row->phase == PHASE_IDLE || c->phase == PHASE_IDLE) &&
	    (c->waits & WAIT_COMMAND) == 0 && c->decision.line == NULL &&
	    c->ending == ENDING_NOT;
}

void
job_yield(struct core *c, enum job_kind kind)
{
	PART_EACH(c, p)
		if ((*p)->yield != NULL &&
		    (job_rows[kind].ends & BIT((*p)->job)) != 0)
			(*p)->yield(c);
}

bool
job_makes_sense(const struct core *c)
{
	return task_runs(c) &&
	    (c->mode == MODE_INTERACTIVE || c->mode == MODE_EXEC) &&
	    c->plan.mode != PLAN_LOOK && c->review.staged > 0 &&
	    c->ending == ENDING_NOT;
}

bool
job_runs(const struct core *c, enum job_kind kind)
{
	return c->jobs[kind].call != NULL;
}

bool
job_uses_copy(const struct core *c)
{
	return (job_users(c) & ~BIT(JOB_OWN)) != 0 ||
	    c->own_command == OWN_RUNS;
}

/* ---- the start ---- */

static void
job_output(void *arg, const char *p, size_t n)
{
	struct job *j = arg;

	if (j->output != NULL) {
		j->output(j->core, p, n);
		return;
	}
	if (j->last == 0) {
		capture_add(&j->out, p, n);
		return;
	}
	buf_add(&j->out, p, n);
	if (j->out.len > 2 * j->last)
		buf_consume(&j->out, j->out.len - j->last);
}

static void
job_net(void *arg, unsigned which, int fd_take)
{
	struct job *j = arg;

	network_server_begin(j->network != NULL ? j->network :
	    j->core->network, which, fd_take);
}

/* Its facts are known, and the agent can go on. */
static void
job_known(void *arg, const struct sandbox_result *r)
{
	struct job *j = arg;

	if (j->kind != JOB_LOOK)
		return;
	j->known = true;
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

/* Nothing is left of it. */
static void
job_release(struct job *j)
{
	struct core *c = j->core;

	network_end(j->network);
	network_server_free(c, j->network);
	job_drop_copy(j);
	buf_release(&j->out);
	buf_release(&j->notes);
	*j = (struct job){ .core = c, .kind = j->kind };
}

static void
job_over(struct job *j, const struct sandbox_result *r)
{
	const struct job_row *row = &job_rows[j->kind];
	struct core *c = j->core;
	struct job was;

	j->call = NULL;
	if (!j->known && row->phase != PHASE_IDLE)
		phase_set(c, PHASE_IDLE);
	/* Build the next call's sandbox while this result is processed, unless
	 * its worker has stayed. Not before: a command could move what is
	 * mounted in its home. */
	if (r != NULL && j->kind == JOB_CALL && c->mode != MODE_TRY &&
	    (c->sandbox.ready.files == NULL ||
	    c->sandbox.ready.command == NULL))
		program_prepare(c);
	if (row->waits != 0)
		program_after(c, j->stage, r, &j->notes);
	/* The next one may begin at once. */
	was = *j;
	*j = (struct job){ .core = c, .kind = was.kind };
	if (!was.known)
		was.ended(c, &was, r);
	job_release(&was);
}

static void
job_done(void *arg, const struct sandbox_result *r)
{
	job_over(arg, r);
}

struct stage *
job_scratch(struct core *c, enum job_kind kind, struct err *e)
{
	struct job *j = &c->jobs[kind];

	j->stage = stages_scratch(c, job_rows[kind].scratch, e);
	j->scratch = true;
	return j->stage;
}

int
job_start(struct core *c, struct program_plan *p, struct err *e)
{
	static const struct sandbox_callbacks callbacks = {
		.output = job_output, .known = job_known, .done = job_done,
		.net = job_net,
	};
	const struct job_row *row = &job_rows[p->kind];
	struct job *j = &c->jobs[p->kind];
	struct sandbox_spec *s = &p->spec;
	AUTO_JSON cJSON *args = NULL;

	if (row->waits != 0)
		job_wait(c);
	/* phases: only one view of the project is mounted at a time. */
	assert(j->call == NULL &&
	    (job_users(c) & row->waits & ~BIT(p->kind)) == 0);
	if (s->tool == NULL) {
		s->tool = "bash";
		s->args = args = cJSON_CreateObject();
		json_add_str(args, "command", p->command);
	}
	if (j->scratch)
		p->stage = j->stage;
	if (p->net)
		p->network = j->network = network_background_new(c,
		    row->scratch, p->command);
	job_yield(c, p->kind == JOB_CALL && tool_only_reads(s->tool) &&
	    sandbox_levels[c->sandbox.level].overlays ? JOB_READ : p->kind);
	if (program_ready(c, p, e) < 0) {
		job_release(j);
		return -1;
	}
	if (p->id != NULL)
		network_command(c, p->id, p->command, s);
	if (p->output != NULL)
		capture_begin(c);
	j->stage = p->stage;
	j->ended = p->ended;
	j->output = p->output;
	j->last = p->last;
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
	j->why = why;
	sandbox_call_cancel(&j->call);
	job_over(j, NULL);
	return true;
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
			.kind = (enum job_kind)i };
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

	for (i = 0; i < JOB_KINDS; i++) {
		sandbox_call_cancel(&c->jobs[i].call);
		job_release(&c->jobs[i]);
	}
	FREE_NULL(c->jobs);
}

const struct core_part job_part = {
	.init = job_init, .begun = job_begun, .free = job_free,
};
