/* A session's state: empty, and freed with all that it owns. */

#include "config.h"

#include "core/core.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/budget.h"
#include "core/call.h"
#include "core/compact.h"
#include "core/context.h"
#include "core/disk.h"
#include "core/hook.h"
#include "core/mcp/mcp.h"
#include "core/model.h"
#include "core/net/network.h"
#include "core/paths.h"
#include "core/project/project.h"
#include "core/prompt.h"
#include "core/propose.h"
#include "core/rule.h"
#include "core/run.h"
#include "core/syntax/syntax.h"
#include "core/turn.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "journal/task-usage.h"
#include "loop/loop.h"
#include "provider/provider.h"
#include "sandbox/cgroup.h"

struct core *
core_new(struct loop *loop, struct server *server)
{
	struct core *c = xcalloc(1, sizeof(*c));

	c->loop = loop;
	c->server = server;
	c->fold = fold_new();
	/* The core shows none of them. */
	c->fold->texts.max = 1;
	buf_init(&c->model_notes, (size_t)1 << 16);
	c->reasons = reasons_new();
	c->review.splits = cJSON_CreateObject();
	c->sandbox_info = cJSON_CreateObject();
	c->small = rule_small_new();
	c->reviewer = reviewer_new();
	c->tally = task_stats_new();
	c->runs = runs_new();
	c->hooks = hooks_new();
	c->clock.from_ms = -1;
	c->kept_caches = -1;
	c->task.limit_kind = LIMIT_NONE;
	c->compact = compact_new();
	c->failover = failover_new();
	c->brief = brief_write_new(c);
	c->routes = routes_new();
	return c;
}

void
core_free(struct core *c)
{
	size_t i;

	if (c == NULL)
		return;
	turn_cancel(c, NULL);
	provider_warm_free(c->request.warm);
	loop_timer_free(c->request.after);
	sandbox_find_free(c->search);
	network_release(c);
	call_stop_worker(c, NULL);
	mcp_free(c);
	hooks_free(c->hooks);
	lexer_free(c->lexer);
	free(c->project.symbols_task);
	free(c->project.symbols_output);
	free(c->project.environment_told);
	free(c->project.environment_looked);
	runs_free(c->runs);
	call_unprepare(c);
	kept_caches_put(c);
	call_queue_clear(c);
	loop_timer_free(c->clock.timer);
	target_release(&c->target);
	given_release(&c->headers);
	model_wish_free(c->model_wish);
	failover_free(c->failover);
	routes_free(c->routes);
	recall_free(c->recall);
	brief_write_free(c->brief);
	context_free(c->context);
	compact_free(c->compact);
	stage_free(c->stage);
	stage_free(c->plan.stage);
	policy_free(c->policy);
	journal_free(c->journal);
	blob_store_free(c->blobs);
	fold_free(c->fold);
	cJSON_Delete(c->start);
	cJSON_Delete(c->project.context);
	prompts_free(c->prompts);
	buf_release(&c->model_notes);
	include_release(c);
	rollback_reset(c);
	pathmap_release(&c->request.amended);
	free(c->request.aside_system);
	cJSON_Delete(c->question.next);
	cJSON_Delete(c->question.on);
	cJSON_Delete(c->question.left);
	free(c->request.aside_text);
	cJSON_Delete(c->short_tools);
	pathmap_release(&c->edits.misses);
	pathmap_release(&c->request.reached);
	reasons_free(c->reasons);
	pathmap_release(&c->project.instructed);
	cJSON_Delete(c->review.expected);
	cJSON_Delete(c->review.splits);
	cJSON_Delete(c->review.not_proposable);
	cJSON_Delete(c->review.products);
	cJSON_Delete(c->review.offered);
	cJSON_Delete(c->sandbox_info);
	cJSON_Delete(c->decision.line);
	free(c->decision.said.text);
	free(c->decision.said.client);
	cJSON_Delete(c->review.undo_left);
	rule_small_free(c->small);
	reviewer_free(c->reviewer);
	task_stats_free(c->tally);
	pathmap_release(&c->plan.outside);
	pathmap_release(&c->stopped);
	pathmap_release(&c->seen.files);
	pathmap_release(&c->seen.texts);
	delta_drop(c);
	buf_release(&c->delta.text);
	buf_release(&c->delta.thinking);
	buf_release(&c->delta.output);
	buf_release(&c->feedback.written);
	buf_release(&c->feedback.back);
	buf_release(&c->feedback.words);
	buf_release(&c->feedback.changed);
	free(c->id);
	free(c->dir);
	free(c->root);
	free(c->cwd);
	free(c->worker);
	for (i = 0; c->toolchains != NULL && c->toolchains[i] != NULL; i++)
		free(c->toolchains[i]);
	free(c->toolchains);
	free(c->environment);
	git_redact_free(c->covers, c->covers_len);
	free(c->out_dir);
	free(c->state_dir);
	free(c->undo_dir);
	loop_timer_free(c->check.soon);
	free(c->check.command);
	free(c->check.by);
	free(c->check.require);
	free(c->said.text);
	free(c->said.client);
	paths_free(c->paths);
	syntax_free(c->syntax);
	free(c->plan.call_id);
	free(c->task.done_call_id);
	free(c->task.summary);
	cgroup_free(c->cgroup);
	free(c);
}

/*
 * phase: the session's state machine.  It consists of four small ones, since
 * a question to the user can be open while the agent does something else:
 *
 *   task    whether a task runs, and how the last one ended
 *   phase   what the agent is doing: one thing at a time, or nothing
 *   waits   the open questions to the user (the open proposal belongs to the
 *           fold instead, and can be reviewed in any phase)
 *   stop    why a task ends before the model says that it is done
 *
 *           driver_step(), or a command of a client
 *   IDLE -----------------------------------------> MODEL, RETRY,
 *        <----------------------------------------- TOOL, LOOK, CHECK, HOOK
 *           it ended, or was stopped
 *
 * In IDLE driver_step() chooses the next step; an open question keeps it in
 * IDLE.  Only core.c changes these members, and it asserts the rules below.
 * phase_check() asserts which members belong to a phase.
 *
 *   from    may become                why
 *   IDLE    any other                 driver_step(), or a command of a client
 *   MODEL   IDLE                      answered, failed or cancelled
 *           MODEL                     the request is amended and sent again
 *   RETRY   IDLE                      the wait is over or was cut short
 *   TOOL, LOOK, CHECK  IDLE           the worker ended or was stopped
 *   HOOK    IDLE                      the event's hooks have ended
 *
 *   waits   begins                    and ends with
 *   LIMIT   a limit, with a user      extend, wrap or stop
 *   CALL    level none, or a hook: the
 *           next call                 allow or reject
 *   CHECK   level none: the check     the same
 *   PLAN    the plan was proposed     approve, edit or return
 *   The end of the task ends all of them.
 *
 *   task    may become                why
 *   NONE    any                       a message; a resumed session
 *   RUNS    ENDED, STOPPED            agent_end
 *   ENDED   RUNS                      a message
 *           STOPPED                   you approved the plan that it left
 *   STOPPED RUNS                      a message continues with its plan
 *           ENDED                     a new conversation
 */

static const unsigned phase_next[] = {
	[PHASE_IDLE] = IN(PHASE_MODEL) | IN(PHASE_RETRY) | IN(PHASE_TOOL) |
	    IN(PHASE_LOOK) | IN(PHASE_CHECK) | IN(PHASE_HOOK),
	[PHASE_MODEL] = IN(PHASE_IDLE) | IN(PHASE_MODEL),
	[PHASE_RETRY] = IN(PHASE_IDLE),
	[PHASE_TOOL] = IN(PHASE_IDLE),
	[PHASE_LOOK] = IN(PHASE_IDLE),
	[PHASE_CHECK] = IN(PHASE_IDLE),
	[PHASE_HOOK] = IN(PHASE_IDLE),
};

static const unsigned task_next[] = {
	[TASK_NONE] = IN(TASK_NONE) | IN(TASK_RUNS) | IN(TASK_ENDED) |
	    IN(TASK_STOPPED),
	[TASK_RUNS] = IN(TASK_ENDED) | IN(TASK_STOPPED),
	[TASK_ENDED] = IN(TASK_RUNS) | IN(TASK_ENDED) | IN(TASK_STOPPED),
	[TASK_STOPPED] = IN(TASK_RUNS) | IN(TASK_ENDED) | IN(TASK_STOPPED),
};

void
phase_task(struct core *c, enum core_task_state state)
{
	/* invariant 4: one task at a time. */
	assert((task_next[c->task.state] & IN(state)) != 0);
	c->task.state = state;
	if (state == TASK_RUNS)
		c->task.stop = STOP_NONE;
}

bool
phase_has_task(const struct core *c)
{
	return c->task.state == TASK_RUNS;
}

void
phase_set(struct core *c, enum core_phase phase)
{
	/* phases: the agent does one thing at a time. */
	assert((phase_next[c->phase] & IN(phase)) != 0);
	c->phase = phase;
}

void
phase_wait(struct core *c, enum core_wait wait)
{
	/* waits: the core asks only while nothing runs. */
	assert(c->phase == PHASE_IDLE);
	/* waits: a question about a limit or a command needs a user; a plan
	 * without a user to approve it ends the task. */
	assert(c->person || wait == WAIT_PLAN);
	c->waits |= wait;
}

void
phase_answered(struct core *c, unsigned waits)
{
	c->waits &= ~waits;
}

void
phase_stop(struct core *c, enum core_stop why)
{
	if (why > c->task.stop)
		c->task.stop = why;
}

void
phase_check(const struct core *c)
{
	/* phases: MODEL, and only MODEL, has a request. */
	assert((c->phase == PHASE_MODEL) == (c->request.call != NULL));
	/* phases: RETRY has a function to call after the wait. */
	assert((c->phase == PHASE_RETRY) == (c->retry.again != NULL));
	/* phases: the agent's worker runs in TOOL and CHECK only. */
	assert((c->phase == PHASE_TOOL || c->phase == PHASE_CHECK) ==
	    (c->worker_call != NULL || c->mcp_call != NULL));
	/* phases: an MCP server's tool is a call in TOOL. */
	assert(c->mcp_call == NULL || (c->phase == PHASE_TOOL &&
	    c->worker_call == NULL));
	/* phases: a tool call belongs to a task. */
	assert(c->phase != PHASE_TOOL || phase_has_task(c));
	/* phases: calls run in TOOL only. */
	assert(c->phase == PHASE_TOOL || c->calls.running == 0);
	assert((c->phase == PHASE_LOOK) == (c->project.look != NULL));
	/* phases: hooks run in HOOK only. */
	assert((c->phase == PHASE_HOOK) == (c->hook_round != NULL));
	/* phases: only CHECK has a staged copy of the accepted changes. */
	assert(c->phase == PHASE_CHECK || c->check.stage == NULL);
	/* phases: a check that nobody asked for never asks the user. */
	assert(c->check.on != CHECK_BY_ITSELF || (c->waits & WAIT_CHECK) == 0);
	/* phases: RETRY's timer runs in RETRY only. */
	assert((c->phase == PHASE_RETRY) == (c->retry.timer != NULL));
	assert(c->calls.next + c->calls.running <= c->calls.len);
	/* waits: a question about a call or a limit needs a task. */
	assert(phase_has_task(c) || (c->waits & (WAIT_LIMIT | WAIT_CALL)) == 0);
	assert((c->waits & WAIT_LIMIT) == 0 || c->fold->pause != NULL);
	assert((c->waits & WAIT_CHECK) == 0 || c->check.command != NULL ||
	    c->check.require != NULL);
	/* waits: the core asks about a call before it runs. */
	assert((c->waits & WAIT_CALL) == 0 || c->calls.next < c->calls.len);
	/* waits: a plan can be open only while planning. */
	assert((c->waits & WAIT_PLAN) == 0 || c->task.planning);
	/* invariant 3: a decision is in the journal before it is due. */
	assert(c->decision.line == NULL || c->decision.seq > 0);
}

/*
 * status: tells clients what is running and who has to act.
 */

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
