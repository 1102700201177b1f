#include "config.h"

#include "core/driver.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "core/budget.h"
#include "core/background.h"
#include "core/call.h"
#include "core/comment.h"
#include "core/compact.h"
#include "core/core.h"
#include "core/decision.h"
#include "core/disk.h"
#include "core/evidence.h"
#include "core/hook.h"
#include "core/mcp/mcp.h"
#include "core/model.h"
#include "core/plan.h"
#include "core/project/project.h"
#include "core/propose.h"
#include "core/run.h"
#include "core/say.h"
#include "core/server.h"
#include "core/slash.h"
#include "core/stages.h"
#include "core/turn.h"
#include "core/undo.h"
#include "gate/gate.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/task-usage.h"
#include "loop/loop.h"
#include "policy/approve.h"

#define FINISH_LIMIT	4	/* exit code */

struct change {
	char		*path;
	const struct fold_change_file *first, *last;
	const char	*from;		/* its old name; NULL: not renamed */
	bool		 mixed;		/* someone else changed it in between */
};

/* All that was written in the task, by path. */
static void
changes_read(const struct core *c, struct pathmap *all)
{
	struct change *ch;

	EV_EACH(c->fold, changes, t)
		EV_EACH(t, files, file) {
			if (t->seq <= c->fold->facts.since)
				break;
			ch = pathmap_add(all, file->path_bytes, sizeof(*ch));
			if (ch->first == NULL)
				ch->first = file;
			else if (!fold_change_is_back(file, ch->last))
				ch->mixed = true;
			ch->last = file;
			if (file->from != NULL)
				ch->from = file->from;
		}
}

/* The file that had another name when the task began and was renamed to this
 * one, if nothing has the old name now. */
static const struct change *
change_origin(const struct pathmap *all, const struct change *c)
{
	size_t steps;

	if (c->first->before.exists || !c->last->after.exists)
		return NULL;
	for (steps = 0; c != NULL && c->from != NULL && steps < all->len;
	    steps++) {
		c = pathmap_find(all, c->from);
		if (c != NULL && c->first->before.exists)
			return c->last->after.exists ? NULL : c;
	}
	return NULL;
}

struct changes_op *
changes_ops(const struct core *c, size_t *n)
{
	AUTO(pathmap_release) struct pathmap all = { 0 };
	AUTO_FREE void **list = NULL;
	const struct change *ch, *from;
	struct changes_op *ops, *old;
	size_t i;

	changes_read(c, &all);
	list = pathmap_list(&all);
	ops = xcalloc(all.len + 1, sizeof(*ops));
	for (i = 0, *n = 0; list[i] != NULL; i++) {
		ch = list[i];
		propose_side(&ops[*n].before, &ch->first->before);
		propose_side(&ops[*n].after, &ch->last->after);
		if (stage_side_equal(&ops[*n].before, &ops[*n].after))
			continue;
		ops[*n].path = ch->first->path_bytes;
		ops[*n].mixed = ch->mixed;
		from = change_origin(&all, ch);
		ops[(*n)++].other = from == NULL ? NULL :
		    from->first->path_bytes;
	}
	for (i = 0; i < *n; i++) {
		old = ops[i].other == NULL || !ops[i].after.exists ? NULL :
		    MEM_SEARCH(ops, *n, ops[i].other);
		if (old != NULL)
			old->other = ops[i].path;
	}
	return ops;
}

bool
changes_any(const struct core *c)
{
	size_t n;
	AUTO_FREE struct changes_op *ops = changes_ops(c, &n);

	return n > 0;
}

/* The unified diff of all of them. */
static int
changes_patch(const struct core *c, struct buf *out, struct err *e)
{
	const struct gate_split split = { .diff = c->diff };
	size_t i, n;
	AUTO_FREE struct changes_op *ops = changes_ops(c, &n);

	for (i = 0; i < n; i++)
		if (gate_patch(out, c->blobs, ops[i].path, &ops[i].before,
		    &ops[i].after, &split, true, e) < 0)
			return -1;
	return 0;
}

/* If nothing can be changed, no check is needed. */
static bool
finish_has_check(const struct core *c)
{
	return c->check.command != NULL && c->mode != MODE_TRY &&
	    c->plan.mode != PLAN_LOOK;
}

/* Did the success check pass, in a run that counts (see ARCHITECTURE.md)? */
static bool
finish_is_proven(const struct core *c)
{
	const struct fold_evidence *ev = &c->fold->evidence;

	/* The failing changes were undone, whatever the check says now. */
	if (c->rollback.state >= ROLLBACK_TRIED)
		return false;
	/* A test that never failed proves nothing (see call.c). */
	if (c->task.test_first_told && !c->fold->facts.test_failed)
		return false;
	if (c->task.model == MODEL_SILENT)
		return false;
	if (!finish_has_check(c))
		return true;
	return !evidence_is_models(c) &&
	    evidence_counts(c) && ev->exit == 0 && ev->killed == NULL;
}

/* Did a limit end the task's last run of the check? */
static bool
finish_check_is_cut(const struct core *c)
{
	const struct fold_evidence *ev = &c->fold->evidence;

	return ev->known && !ev->past && (ev->met != NULL ||
	    (ev->killed != NULL && !fold_not_run(ev->killed)));
}

/* Several may apply; the first in this order is reported. */
static int
finish_exit(const struct core *c, const char **outcome)
{
	const unsigned faults = c->task.faults;
	const struct {
		bool		 holds;
		int		 exit;
		const char	*outcome;
	} order[] = {
		{ c->task.stop == STOP_INTERRUPT, 130, "interrupted" },
		{ c->task.stop == STOP_PROVIDER, 6, "provider" },
		{ c->task.stop == STOP_LIMIT || (c->waits & WAIT_LIMIT) != 0 ||
		    (faults & FAULT_KILLED) != 0 || finish_check_is_cut(c) ||
		    (budget_is_wrapped(c) &&
		    (!finish_has_check(c) || !finish_is_proven(c))),
		    FINISH_LIMIT, "limit" },
		{ c->task.stop == STOP_UNMET, 5, "unmet" },
		{ c->fold->proposal != NULL ||
		    (faults & FAULT_NO_APPROVAL) != 0 ||
		    (c->mode == MODE_EXEC && (c->waits & WAIT_PLAN) != 0), 5,
		    "waiting" },
		/* The user decided on changes, and rejected them all. */
		{ facts_all_rejected(&c->fold->facts,
		    c->fold->facts.run) ||
		    (faults & (FAULT_REFUSED | FAULT_NO_SANDBOX_CALL)) != 0 ||
		    (c->mode == MODE_TRY && (faults & (FAULT_NO_SANDBOX |
		    FAULT_LEFT_OUT)) != 0) ||
		    (c->mode == MODE_EXEC && c->review.left_out != NULL &&
		    c->review.left_out->proposal.refused_len > 0), 5,
		    "refused" },
		{ c->review.failed || (faults & (FAULT_NO_START |
		    FAULT_LOST)) != 0, 1, "error" },
		{ (faults & FAULT_NO_NET) != 0 && !finish_is_proven(c), 5,
		    "refused" },
		{ !finish_is_proven(c), 3, "unproven" },
		{ true, 0, "done" },
	};
	size_t i;

	for (i = 0; !order[i].holds; i++)
		;
	*outcome = order[i].outcome;
	return order[i].exit;
}

/* How the success check stands. */
static void
finish_check(const struct core *c, struct ev_check_end *check)
{
	const struct fold_evidence *ev = &c->fold->evidence;

	check->command = c->check.command;
	check->by = c->check.by;
	if (ev->known && !ev->stale && ev->killed == NULL)
		check->exit = EV_KNOWN(ev->exit);
	check->met = ev->stale ? NULL : ev->met;
}

/* The files that were written, and those that wait for the user. */
static void
finish_files(const struct core *c, struct event *to)
{
	struct ev_agent_end *end = &to->agent_end;
	const struct fold_proposal *p = c->fold->proposal;
	size_t i, n;
	AUTO_FREE struct changes_op *ops = changes_ops(c, &n);

	end->modified_files = ev_alloc(to, (n + 1) * sizeof(char *));
	for (i = 0; i < n; i++) {
		AUTO_BUF struct buf text = BUF_INIT(0);

		json_path_text(&text, ops[i].path);
		end->modified_files[i] = ev_text(to, buf_str(&text));
		if (ops[i].other == NULL || !ops[i].after.exists)
			continue;
		if (end->renamed == NULL)
			end->renamed = ev_alloc(to, n * sizeof(*end->renamed));
		end->renamed[end->renamed_len++] = (struct ev_renamed){
		    .from_bytes = ops[i].other, .path_bytes = ops[i].path };
	}
	end->modified_files_len = n;
	n = p == NULL ? 0 : p->files_len;
	end->proposed = ev_alloc(to, (n + 1) * sizeof(char *));
	for (; end->proposed_len < n; end->proposed_len++)
		end->proposed[end->proposed_len] =
		    p->files[end->proposed_len].path;
}

/* Write the patch of the applied changes to out/, if there is any: its hash;
 * else NULL. */
static const char *
finish_patch(struct core *c, char hex[SHA256_HEX_SIZE])
{
	size_t room = disk_room(c, DISK_PATCH_SHARE);
	AUTO_BUF struct buf patch = BUF_INIT(room == 0 ? 1 : room);
	struct err e = ERR_INIT;

	if (changes_patch(c, &patch, &e) < 0 ||
	    (patch.len > 0 && capture_keep_out(c->out_dir, buf_str(&patch),
	    patch.len, hex, &e) < 0)) {
		emit_note(c, "the patch could not be kept: %s%s", e.text,
		    e.sys == EFBIG ? "; outputs and patches may take half of "
		    "--disk" : "");
		return NULL;
	}
	return patch.len > 0 ? hex : NULL;
}

/* The limit that the task reached. */
static struct ev_limit_met
finish_limit(const struct core *c)
{
	enum limit_kind kind = (enum limit_kind)c->task.limit_kind;

	return (struct ev_limit_met){ .what = limit_rows[kind].word,
	    .used = limit_to_json(kind, c->task.limit_used),
	    .limit = limit_to_json(kind, c->fold->facts.usage.now[kind]),
	    .flag = limit_rows[kind].flag };
}

static void
finish_steps(const struct core *c, struct event *to)
{
	const struct fold_plan *p = &c->fold->plan;
	struct ev_agent_end *end = &to->agent_end;
	size_t i;

	if (p->steps_len == 0 || p->past)
		return;
	end->steps = ev_alloc(to, p->steps_len * sizeof(*end->steps));
	end->steps_len = p->steps_len;
	for (i = 0; i < p->steps_len; i++)
		end->steps[i] = (struct ev_step_done){ p->steps[i].title,
		    p->steps[i].done && !p->steps[i].rejected };
}

/* What the model and hooks reported, and how the hooks' last runs went. */
static void
finish_reports(const struct core *c, struct event *to)
{
	const struct fold *f = c->fold;
	struct ev_agent_end *end = &to->agent_end;
	size_t i;

	if (f->findings.len > 0)
		end->findings = ev_alloc(to, f->findings.len *
		    sizeof(*end->findings));
	for (i = 0; i < f->findings.len; i++) {
		const struct fold_finding *g = &f->findings.list[i];

		end->findings[end->findings_len++] = (struct ev_finding){
			.path_bytes = g->path, .line = g->line,
			.end_line = g->end, .severity = g->severity,
			.rule = g->rule, .message = g->message, .by = g->by };
	}
	if (f->hooks.len > 0)
		end->hooks = ev_alloc(to, f->hooks.len * sizeof(*end->hooks));
	for (i = 0; i < f->hooks.len; i++) {
		const struct fold_hook *h = &f->hooks.list[i];

		if (h->decision != NULL)
			end->hooks[end->hooks_len++] = (struct ev_hook_run){
				.name = h->name, .event = h->event,
				.ok = h->ok, .decision = h->decision,
				.reason = h->ok ? h->reason : NULL,
				.error = h->ok ? NULL : h->reason,
				.findings = h->findings };
	}
}

/* The task is over: its line. */
static void
finish_emit(struct core *c, const char *outcome, bool waits)
{
	const unsigned faults = c->task.faults;
	const struct facts *f = &c->fold->facts;
	struct ev_check_end check = { 0 };
	struct ev_limit_met limit;
	const struct event *rest = c->review.left_out;
	char patch[SHA256_HEX_SIZE];
	AUTO_JSON cJSON *none = cJSON_CreateObject();
	AUTO_JSON cJSON *accepted_by = NULL;
	AUTO_EVENT struct event e = { .type = EVENT_AGENT_END, .agent_end = {
		.outcome = outcome, .exit = c->exit_code,
		.stopped = EV_ON(c->task.stop != STOP_NONE),
		.summary = c->task.summary == NULL ? "" : c->task.summary,
		.dropped = task_plans(c) ? c->plan.dropped : 0,
		.rolled_back = c->rollback.state == ROLLBACK_DONE,
		.left_out = c->mode == MODE_TRY &&
		    (faults & FAULT_LEFT_OUT) != 0,
		.worked_ms = c->clock.worked_ms,
		.setup_failed = c->fold->open.setup == SETUP_FAILED,
		.calls = c->fold->calls == NULL ? none : c->fold->calls,
		.seconds = (double)(clock_mono_ms() -
		    c->clock.task_started_ms) / 1000.0,
	} };
	struct ev_agent_end *end = &e.agent_end;

	accepted_by = facts_end(f, &e);
	/* A question that is still open counts. */
	end->prompts += waits || (faults & FAULT_NO_APPROVAL) != 0;
	if (c->exit_code == FINISH_LIMIT && c->task.limit_kind != LIMIT_NONE) {
		limit = finish_limit(c);
		end->limit = &limit;
	}
	if (finish_has_check(c)) {
		finish_check(c, &check);
		end->check = &check;
	}
	if (rest != NULL && rest->proposal.refused_len > 0) {
		end->not_proposable = rest->proposal.refused;
		end->not_proposable_len = rest->proposal.refused_len;
	}
	if (rest != NULL && rest->proposal.products_len > 0) {
		end->products = rest->proposal.products;
		end->products_len = rest->proposal.products_len;
	}
	finish_files(c, &e);
	end->mcp_missing = mcp_missing(c, &e, &end->mcp_missing_len);
	finish_steps(c, &e);
	finish_reports(c, &e);
	end->patch = finish_patch(c, patch);
	stages_drop_plan(c);
	/* invariant 4: decisions are applied before the end. */
	assert(c->decision.line == NULL || c->phase != PHASE_IDLE);
	c->task.owed = false;
	phase_answered(c, c->waits);
	c->task.faults &= ~(unsigned)FAULT_LOST;
	EMIT_THIS(c, "core", agent_end, end);
	emit_sync(c);
}

static void
finish_task(struct core *c, bool waits)
{
	const char *outcome;

	/* invariant 4: a task ends once. */
	assert(task_runs(c));
	call_unprepare(c);
	if (c->mode != MODE_INTERACTIVE)
		(void)call_owed_result(c, "done", true, NULL, "noted");
	c->exit_code = finish_exit(c, &outcome);
	budget_clock(c, false);
	finish_emit(c, outcome, waits);
}

#define RUN_STOPPED "interrupted by the user"

/* Is it the user's turn? */
static bool
driver_is_waiting(const struct core *c)
{
	return c->waits != 0 || c->runs->state == RUN_ASKS ||
	    (c->phase == PHASE_IDLE && c->fold->proposal != NULL);
}

/* Exit. The reason says whether the user ended it or it ended by itself. */
static void
driver_exit(struct core *c)
{
	if (hook_session_end(c, driver_exit))
		return;
	if (c->ended && c->mode == MODE_INTERACTIVE)
		EMIT(c, "core", note, .text = "You ended the session. A message "
		    "continues it.", .ended = true);
	server_end_when_flushed(c->server, c->exit_code);
}

/* Exit if no client is attached and no work remains; resume continues the
 * session. */
static void
driver_check_idle(struct core *c)
{
	const struct server *s = c->server;

	if (s->started && s->clients == NULL && !s->ending &&
	    (driver_is_waiting(c) || !task_runs(c)) &&
	    c->runs->worker == NULL && !c->step_posted &&
	    c->hook_round == NULL &&
	    c->hooks->first == NULL)
		server_end_when_flushed(c->server, 0);
}

/* Report what we are waiting for; exit if no client is attached. */
static void
driver_wait(struct core *c)
{
	call_unprepare(c);
	if ((c->waits & WAIT_LIMIT) != 0)
		status_tell(c, "waiting", "limit reached");
	else if ((c->waits & WAIT_COMMAND) != 0 ||
	    c->fold->ask.contents != NULL)
		status_tell(c, "waiting", "%s", c->fold->ask.words->waits);
	else if ((c->waits & WAIT_PLAN) != 0)
		status_tell(c, "waiting", "plan to review");
	else if (c->fold->proposal != NULL)
		status_review(c, "waiting");
	else
		status_tell(c, "idle",
		    c->fold->plan.status == FOLD_PLAN_PROPOSED ?
		    "ready; the last plan is still open" :
		    c->target.format == NULL && c->mode != MODE_TRY ?
		    "no model: choose one with /model" : "ready");
	driver_check_idle(c);
}

/* End the task, then wait for the user or exit. */
static void
driver_task_end(struct core *c)
{
	finish_task(c, driver_is_waiting(c));
	if ((c->mode == MODE_INTERACTIVE ||
	    json_bool(c->start, "keep_alive", false) ||
	    (c->mode == MODE_DEMO && c->person)) && !c->ending)
		driver_wait(c);
	else
		driver_exit(c);
}

static void
driver_interrupt(struct core *c, const char *client)
{
	run_stop(c, RUN_STOPPED, client);
	if (!task_runs(c) && c->compact->running) {
		turn_cancel(c, "interrupted");
		driver_soon(c);
	}
	if (!task_runs(c)) {
		hook_stop(c, "interrupted by the user");
		return;
	}
	EMIT(c, "user", interrupt, .client = client);
	phase_stop(c, STOP_INTERRUPT);
	turn_cancel(c, "interrupted");
	call_stop_worker(c, "interrupted by the user");
	driver_soon(c);
}

/* Client command; `client` is the client's name. Like say_message; with
 * `interrupt` the current work is stopped first, and the message starts new
 * work. */
static int
driver_say_now(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const char *text = json_str_or(command, "text", "");
	bool interrupt = json_bool(command, "interrupt", false);
	char *all;
	int rc;

	/* What is shown is what is sent: only slash_send says of a command what
	 * its text is. */
	if (json_get(command, "command") != NULL)
		return err_set(e, "say: \"command\" isn't a client's to send");
	rc = json_bool(command, "slash", false) ? slash_say(c, command,
	    client, e) : 0;
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	/* A message that can't be sent must not interrupt anything. */
	if (text[0] != '\0' && model_needed(c, e) < 0)
		return -1;
	(void)evidence_stop(c, IN(CHECK_BY_ITSELF));
	if (interrupt && text[0] != '\0')
		run_stop(c, RUN_STOPPED, client);
	if (!interrupt || text[0] == '\0' || !task_runs(c) ||
	    c->phase == PHASE_IDLE)
		return say_message(c, text, text, command, client, e);
	if (json_array(command, "images") != NULL ||
	    json_array(command, "outside") != NULL)
		return err_set(e, "a message with images can't interrupt");
	if (attach_check_all(c, text, NULL, e) < 0)
		return -1;
	all = c->said.text == NULL ? xstrdup(text) :
	    xasprintf("%s\n\n%s", c->said.text, text);
	free(c->said.text);
	c->said.text = all;
	xstrset(&c->said.client, client);
	driver_interrupt(c, client);
	return 0;
}

/* Send a message that waited. True if there was one. */
static bool
driver_said(struct core *c, struct core_said *said)
{
	struct core_said now = *said;
	struct err e = ERR_INIT;

	if (now.text == NULL || c->ending)
		return false;
	memset(said, 0, sizeof(*said));
	if (say_message(c, now.text, now.text, NULL, now.client, &e) < 0)
		emit_error(c, "image", "not sent: %s", e.text);
	free(now.text);
	free(now.client);
	return true;
}

/* Client command: stop the user's own command; without one, interrupt the
 * agent. */
static int
driver_interrupt_one(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	bool check = json_bool(command, "check", false);

	(void)e;
	/* A check that has just ended by itself: then nothing is stopped. */
	if (check && (evidence_stop(c, IN(CHECK_BY_ITSELF) |
	    IN(CHECK_OF_ACCEPTED)) || c->phase != PHASE_CHECK))
		return 0;
	if (c->runs->state != RUN_NONE)
		run_stop(c, RUN_STOPPED, client);
	else
		driver_interrupt(c, client);
	return 0;
}

int
driver_end(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	(void)command;
	(void)e;
	c->ended = !c->ending && strcmp(client, DRIVER_SIGNAL) != 0;
	c->ending = true;
	run_stop(c, "the session was ended", client);
	/* Apply a pending decision first. */
	if (c->decision.line != NULL && c->phase == PHASE_IDLE) {
		if (!hook_apply(c, true))
			decision_carry_out(c);
	}
	if (task_runs(c) && driver_is_waiting(c))
		driver_task_end(c);
	else if (task_runs(c))
		driver_interrupt(c, client);
	else
		driver_exit(c);
	return 0;
}

/* Client command: propose the staged changes now. */
static int
driver_propose(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	(void)command;
	(void)client;
	if (c->plan.mode == PLAN_LOOK)
		return err_set(e, "this session changes nothing (plan: "
		    "look): what commands write is discarded");
	if (c->review.staged == 0)
		return err_set(e, "nothing is staged");
	/* commands: only during a task with an approved plan. */
	assert(task_runs(c) && c->task.stop == STOP_NONE);
	c->review.final = false;
	if (c->phase == PHASE_TOOL || c->phase == PHASE_LOOK ||
	    c->phase == PHASE_CHECK || c->phase == PHASE_HOOK ||
	    c->runs->state != RUN_NONE) {
		/* Propose between two calls, as always. */
		c->review.due = true;
		c->review.touched = true;
	} else
		propose_make(c, false);
	driver_soon(c);
	return 0;
}

void
driver_client_gone(struct core *c, bool first)
{
	if (!first || json_bool(c->start, "keep_alive", false))
		driver_check_idle(c);
	else if (task_runs(c))
		driver_interrupt(c, "hang-up");
	else
		server_end_when_flushed(c->server, 0);
}

static bool
driver_is_at_end(const struct core *c)
{
	return c->task.model != MODEL_GOES_ON || c->task.stop != STOP_NONE;
}

/* Decide by the mode's rule. True if something has to be applied now. */
static bool
driver_by_rule(struct core *c)
{
	const struct approve *mode = c->approve;

	/* The user asked for the undo, so the user decides it. */
	if (mode->rule == NULL || c->review.undoing != 0)
		return false;
	if (mode->at_end && (c->task.model == MODEL_GOES_ON ||
	    c->task.stop != STOP_NONE ||
	    (c->task.faults & FAULT_KILLED) != 0 ||
	    budget_is_wrapped(c)))
		return false;
	return propose_decide_by_rule(c, mode->rule);
}

/* True if the open proposal blocks the next step. */
static bool
driver_at_proposal(struct core *c)
{
	bool at_end = driver_is_at_end(c);

	if (c->fold->proposal == NULL)
		return false;
	if (driver_by_rule(c))
		return true;
	if (!at_end && (!c->approve->waits || (!c->person &&
	    (c->approve->opens & APPROVE_AT_TURN) == 0)))
		return false;
	/* After a message from the user the model may continue despite an open
	 * proposal. */
	if ((c->person || c->mode == MODE_EXEC) && c->task.go_on && !at_end)
		return false;
	if (!c->person && rollback_step(c))
		return true;
	if (c->check.due)
		evidence_start(c);
	if (c->phase != PHASE_IDLE)
		return true;
	if (c->person)
		driver_wait(c);
	else
		driver_task_end(c);
	return true;
}

/* All calls of the last message are answered: is a proposal due? */
static void
driver_after_calls(struct core *c)
{
	/* The model went on while it was open; now it is ready for review: say
	 * so, even if it hasn't changed. */
	bool again = c->task.go_on && c->fold->proposal != NULL;

	if (task_plans(c))
		return;
	c->review.final = driver_is_at_end(c);
	if (c->review.final || c->review.step)
		c->review.due = true;
	else if ((c->approve->opens & APPROVE_AT_TURN) != 0 &&
	    c->review.touched)
		c->review.due = true;
	if (c->review.due)
		c->task.go_on = false;
	if (c->review.due && again)
		propose_make(c, true);
	else if (c->review.due && c->review.touched)
		propose_make(c, false);
	c->review.due = c->review.step = false;
}

static bool
driver_needs_evidence(struct core *c)
{
	return c->check.command != NULL && c->mode != MODE_TRY &&
	    c->plan.mode != PLAN_LOOK && c->rollback.state < ROLLBACK_TRIED &&
	    !(task_plans(c) && c->mode == MODE_INTERACTIVE) &&
	    c->task.stop == STOP_NONE &&
	    !evidence_counts(c);
}

/* The task's time limit is reached: stop the current work. */
static void
driver_time_up(struct core *c)
{
	c->clock.is_up = false;
	if (!task_runs(c))
		return;
	turn_cancel(c, "the time limit was reached");
	call_stop_worker(c, "the time limit was reached");
	budget_pause(c, LIMIT_TIME);
}

/* Every call is answered, and no question is open: is it the model's turn? */
static bool
driver_goes_on(struct core *c)
{
	if (check_begin(c))
		return false;
	driver_after_calls(c);
	/* The hooks of a proposal before a rule decides it. */
	if (hook_step(c) || c->phase != PHASE_IDLE || driver_at_proposal(c))
		return false;
	if (c->feedback.turn) {
		c->task.model = MODEL_GOES_ON;
		c->task.faults &= ~(unsigned)FAULT_REFUSED;
	}
	if (c->task.model != MODEL_GOES_ON) {
		if (driver_needs_evidence(c)) {
			evidence_start(c);
			if (c->phase != PHASE_IDLE ||
			    (c->waits & WAIT_COMMAND) != 0)
				return false;
		}
		if (rollback_step(c))
			return false;
		driver_task_end(c);
		return false;
	}
	say_before_turn(c);
	return true;
}

/* A decision is applied between calls; the success check is stopped for it. True
 * while it has to wait. */
static bool
driver_apply(struct core *c)
{
	const char *after = c->phase == PHASE_TOOL ? "the running tool call" :
	    c->phase == PHASE_HOOK ? "the running hook" :
	    c->runs->state != RUN_NONE && c->runs->state != RUN_ASKS ?
	    "your command" : NULL;

	if (c->decision.line == NULL)
		return false;
	if (after != NULL) {
		status_tell(c, "applying", "applying after %s", after);
		return true;
	}
	inspect_stop(c, false);
	(void)evidence_stop(c, CHECK_ANY);
	if (hook_apply(c, false))
		return true;
	decision_carry_out(c);
	return false;
}

/* No task runs: the user's turn, unless something waits to be asked. */
static void
driver_rest(struct core *c)
{
	/* The message that interrupted the work. */
	if (!driver_said(c, &c->said) && !question_ask_step(c))
		driver_wait(c);
}

/* The task is to end. */
static void
driver_stop(struct core *c)
{
	question_drop(c);
	call_queue_clear(c);
	phase_answered(c, c->waits);
	driver_after_calls(c);
	driver_task_end(c);
	if (c->said.text != NULL)
		driver_soon(c);
}

/* The model's turn. */
static void
driver_turn(struct core *c)
{
	struct err why = ERR_INIT;

	if (model_needed(c, &why) < 0) {
		emit_error(c, "model", "%s", why.text);
		phase_stop(c, STOP_PROVIDER);
		driver_soon(c);
		return;
	}
	PART_EACH(p)
		if ((*p)->wait != NULL && (*p)->wait(c))
			return;
	/* What --require asks for, on your files. */
	if (c->check.require != NULL && c->fold->turn == 0) {
		c->check.on = CHECK_REQUIRED;
		evidence_start(c);
		return;
	}
	model_turn(c);
	if (budget_is_over(c))
		driver_soon(c);
	else if (!compact_before_turn(c))
		turn_start(c);
}

/* The running task's next step. */
static void
driver_task_step(struct core *c)
{
	if (background_step(c))
		return;
	if (c->task.stop != STOP_NONE) {
		driver_stop(c);
		return;
	}
	if (c->waits != 0 && !c->person) {
		/* waits: the core asks nothing else without a user. */
		assert(c->waits == WAIT_PLAN);
		c->task.faults |= FAULT_NO_APPROVAL;
		driver_task_end(c);
		return;
	}
	if (c->waits != 0) {
		driver_wait(c);
		return;
	}
	/* No more calls run once the model has been told to wrap up. */
	if (budget_is_wrapped(c))
		call_queue_clear(c);
	if (c->mode == MODE_TRY && c->calls.next > 0)
		c->task.model = MODEL_ENDED;	/* it has one call */
	if (c->calls.next < c->calls.len ||
	    (c->mode == MODE_TRY && c->task.model == MODEL_GOES_ON))
		call_next(c);
	else if (question_ask_step(c) || driver_goes_on(c))
		driver_turn(c);
}

static void
driver_step(struct core *c)
{
	/* Nothing follows but the hooks of the session's end. */
	if (c->journal == NULL || c->hooks->over != NULL)
		return;
	phase_check(c);
	if (c->clock.is_up)
		driver_time_up(c);
	if (driver_apply(c))
		return;
	(void)driver_said(c, &c->decision.said);
	model_switch_due(c);
	if (run_step(c)) {
		if (c->runs->state == RUN_ASKS && c->phase == PHASE_IDLE)
			driver_check_idle(c);
		return;
	}
	if (c->phase != PHASE_IDLE || (!c->ending && hook_step(c)))
		return;
	if (c->review.product_due)
		include_refresh(c);
	if (!(task_runs(c) && c->task.stop != STOP_NONE) && compact_if_asked(c))
		return;
	if (task_runs(c))
		driver_task_step(c);
	else
		driver_rest(c);
}

static void
driver_soon_cb(void *arg)
{
	struct core *c = arg;

	c->step_posted = false;
	driver_step(c);
}

void
driver_soon(struct core *c)
{
	if (c->step_posted)
		return;
	c->step_posted = true;
	loop_timer_new(c->loop, 0, driver_soon_cb, c);
}

static const struct core_command driver_commands[] = {
	{ "end", IN_ANY, 0, 0, NOBODY, .act = driver_end },
	{ "interrupt", IN_ANY, 0, 0, NOBODY, .act = driver_interrupt_one },
	{ "propose", IN_ANY, HAS_TASK, HAS_PLANNING | HAS_ENDING, NOBODY,
	    .act = driver_propose },
	{ "say", IN_ANY, 0, 0, NOBODY, .act = driver_say_now },
	{ 0 }
};

const struct core_part driver_part = { .commands = driver_commands };
