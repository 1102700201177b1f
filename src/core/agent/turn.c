#include "config.h"

#include "core/agent/turn.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/acp/peer.h"
#include "core/agent/budget.h"
#include "core/agent/call.h"
#include "core/agent/plan.h"
#include "core/context/compact.h"
#include "core/context/context.h"
#include "core/context/model.h"
#include "core/context/prompt.h"
#include "core/context/query.h"
#include "core/job/job.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/project/project.h"
#include "core/review/comment.h"
#include "core/review/decision.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "loop/loop.h"
#include "provider/provider.h"

static const char *
turn_phase(const struct core *c)
{
	return c->plan.mode == PLAN_LOOK ? "look" : task_plans(c) ? "plan" :
	    "execute";
}

/* ---- the body of a request: instructions, tools, messages ---- */

/* The current system prompt; malloc'ed. */
static char *
turn_system(struct core *c)
{
	struct prompt_facts facts = { 0 };

	facts.family = json_str(json_get(json_get(c->start, "model"), "facts"),
	    "prompt");
	facts.plan_first = c->plan.mode == PLAN_AUTO ||
	    c->plan.mode == PLAN_REQUIRE;
	facts.look = c->plan.mode == PLAN_LOOK;
	facts.remembers = c->person;
	facts.profile = json_get(c->start, "profile");
	facts.user_text = json_str(c->start, "user_text");
	facts.project_text = json_str(c->start, "project_text");
	facts.project = project_known(c);
	return prompt_system(c->prompts, &facts);
}

static int64_t
turn_system_tokens(struct core *c)
{
	AUTO_FREE char *system = turn_system(c);

	return 64 + tokens_estimate(system, strlen(system));
}

static int64_t
turn_tools_tokens(struct core *c)
{
	AUTO_FREE struct tool_schema *tools = NULL;
	int64_t n = 0;
	size_t i, len;

	tools = call_tools(c, &len);
	for (i = 0; i < len; i++)
		n += 16 + tokens_estimate(tools[i].name,
		    strlen(tools[i].name)) +
		    tokens_estimate(tools[i].description,
		    strlen(tools[i].description)) +
		    tokens_estimate(tools[i].parameters,
		    strlen(tools[i].parameters));
	return n;
}

int64_t
turn_overhead(struct core *c)
{
	return turn_system_tokens(c) + turn_tools_tokens(c);
}

/* Add one of the files in the system prompt. */
static void
turn_add_part(struct ev_request_parts *p, const char *path, const char *text)
{
	int64_t n = text == NULL ? 0 : tokens_estimate(text, strlen(text));

	*GROW_ADD(p->files, p->files_len) = (struct ev_request_file){ path, n };
	p->system -= n;
}

/* The use of the window, by kind; the caller frees p->files. Estimates are
 * scaled so that the parts add up to `all`, of which most is known from the
 * provider. */
static void
turn_parts(struct core *c, int64_t all, struct ev_request_parts *p)
{
	static const struct { const char *by, *name; } skills[] = {
		{ "user", "list of your skills" },
		{ "project", "list of the project's skills, which others "
		    "wrote" },
	};
	const struct ev_project *project = project_known(c);
	int64_t sum;
	size_t i;

	p->system = turn_system_tokens(c);
	p->tools = c->request.overhead - p->system;
	p->messages = context_kinds(recall_context(c), &p->results);
	sum = p->system + p->tools + p->messages + p->results;
	MEM_EACH(project, user_files, it)
		turn_add_part(p, it->path, it->text);
	MEM_EACH(project, files, f)
		turn_add_part(p, f->path, f->text);
	for (i = 0; i < MEM_COUNT(skills); i++) {
		AUTO_BUF struct buf text = BUF_INIT(0);

		prompt_skills(&text, project, skills[i].by);
		if (text.len > 0)
			turn_add_part(p, skills[i].name, buf_str(&text));
	}
	MEM_EACH(p, files, file)
		file->tokens = file->tokens * all / sum;
	p->system = p->system * all / sum;
	p->tools = p->tools * all / sum;
	p->messages = p->messages * all / sum;
	p->results = p->results * all / sum;
}

/* Including the NUL, so that the end of a text counts. */
static uint64_t
turn_hash(uint64_t h, const char *s)
{
	return hash_bytes(h, s, strlen(s) + 1);
}

/* malloc'ed, or NULL. */
static char *
turn_prefix(struct core *c)
{
	AUTO_FREE struct tool_schema *tools = NULL;
	AUTO_FREE char *system = NULL;
	uint64_t h = HASH_BEGIN;
	size_t i, n;

	if (!c->target.facts.bound)
		return NULL;
	system = turn_system(c);
	tools = call_tools(c, &n);
	h = turn_hash(turn_hash(h, system), facts_marks(&c->target.facts,
	    effort_for(c, &c->target, false)) && (amend_without(c, &c->target) &
	    REQUEST_MARKERS) == 0 ? "marks" : "");
	for (i = 0; i < n; i++)
		h = turn_hash(turn_hash(turn_hash(h, tools[i].name),
		    tools[i].description), tools[i].parameters);
	return xasprintf("%016llx", (unsigned long long)h);
}

char *
turn_body(struct core *c, struct core_request *q, char *aside)
{
	struct tokens_room room;
	struct request r = { 0 };
	AUTO_FREE struct tool_schema *tools = NULL;
	AUTO_FREE const char **messages = NULL;
	AUTO_BUF struct buf last = BUF_INIT(0);
	AUTO_FREE char *system = turn_system(c);

	compact_room(c, &c->target, &room);
	tools = call_tools(c, &r.tools_len);
	r.no_calls = task_is_wrapped(c);
	r.conversation = c->id;
	r.system = system;
	r.tools = tools;
	if (aside != NULL)
		messages = context_aside(recall_context(c), aside, &last, &r);
	else
		context_messages(recall_context(c), &r);
	return query_body(c, q, &c->target, &r, query_answer_max(&room,
	    context_tokens(recall_context(c), c->request.overhead) +
	    tokens_estimate(buf_str(&last), last.len)));
}

static char *
turn_body_of_turn(struct core *c)
{
	return turn_body(c, &c->request, NULL);
}

#define TURN_EMPTY_ATTEMPTS 3

static void turn_request(struct core *);

/* Journal the cost of a turn, or of an attempt. */
static void
turn_emit_end(struct core *c, const struct usage *u, uint64_t answered,
    bool broken)
{
	struct query_cost k;

	query_cost(c, &c->request, u, answered, &k);
	EMIT(c, "core", turn_end, .turn = c->fold->turn, .usage = &k.usage,
	    .guess = k.guessed, .cost_usd = k.usd, .broken = broken,
	    .worked_ms = budget_worked_ms(c));
}

/* The core died during a request: record an estimate of its cost. */
static void
turn_resumed(struct core *c)
{
	if (!c->fold->facts.usage.in_turn)
		return;
	/* The request itself is gone: about three bytes for each of its
	 * tokens. */
	c->request.bytes = 3 * (uint64_t)c->fold->facts.usage.context;
	turn_emit_end(c, &USAGE_UNKNOWN, 0, true);
}

/* The share of thinking in the answer's cost. */
static struct ev_number
turn_thought(const struct core *c, const struct usage *u)
{
	const struct core_target *t = query_target(c);
	struct price_usage all = { u->input, u->cached, u->cache_write,
		u->output, u->write_1h }, rest = all;
	int64_t cost, without;

	if (u->reasoning <= 0 || u->reasoning > u->output || !t->priced)
		return (struct ev_number){ 0 };
	rest.output -= u->reasoning;
	cost = price_of(&t->price, &all);
	without = price_of(&t->price, &rest);
	return (struct ev_number){ cost != MONEY_UNKNOWN &&
	    without != MONEY_UNKNOWN, cost - without };
}

static void
turn_journal_reply(struct core *c, struct reply *r, bool broken)
{
	AUTO_FREE struct ev_call *calls = xcalloc(r->calls_len + 1,
	    sizeof(*calls));
	struct ev_usage usage = query_usage(&r->usage);
	struct usage paid = r->usage;
	size_t i;

	for (i = 0; i < r->calls_len; i++)
		calls[i] = (struct ev_call){ .id = r->calls[i].id,
		    .name = r->calls[i].name,
		    .arguments = r->calls[i].arguments,
		    .complete = r->calls[i].complete &&
		    r->calls[i].args != NULL, .custom = r->calls[i].custom };
	EMIT(c, "model", assistant_message, .turn = c->fold->turn,
	    .text = r->text,
	    .thinking = r->thinking[0] != '\0' ? r->thinking : NULL,
	    .refusal = r->refusal[0] != '\0' ? r->refusal : NULL,
	    .calls = calls, .calls_len = r->calls_len, .raw = r->raw,
	    .raw_format = r->raw != NULL ? c->target.format->name : NULL,
	    .raw_model = r->raw != NULL ? c->target.model : NULL,
	    .effort = facts_effort_names[c->request.effort],
	    .stop = provider_stop_names[r->stop], .stop_raw = r->stop_raw,
	    .usage = &usage, .thinking_usd = turn_thought(c, &r->usage),
	    .broken = broken, .worked_ms = budget_worked_ms(c));
	/* A broken stream never sent its final token count. */
	if (broken && paid.output < query_tokens(query_answer_bytes(r)))
		paid.output = -1;
	turn_emit_end(c, &paid, query_answer_bytes(r), broken);
}

/* There will be no answer; to wrap up it wasn't needed. */
static void
turn_give_up(struct core *c)
{
	phase_stop(c, task_is_wrapped(c) ? STOP_LIMIT : STOP_PROVIDER);
}

/* Send the request for the current turn, with the current context. */
static void
turn_request_again(struct core *c)
{
	c->request.attempt = c->request.empty = 0;
	turn_request(c);
}

static void
turn_failed(struct core *c, const struct provider_error *pe)
{
	AUTO_FREE char *text = NULL;
	int64_t wait = pe->status == 429 || pe->status == 529 ?
	    provider_error_wait(pe) : 0;

	if (retry_begin(c, pe, model_next(c, NULL), turn_request) ||
	    compact_on_full(c, pe, turn_request_again, &text))
		return;
	if (text == NULL)
		text = query_explain(c, pe);
	if (model_next(c, text)) {
		c->request.overhead = turn_overhead(c);
		turn_request_again(c);
	} else if (!budget_service(c, wait)) {
		emit_error(c, provider_error_names[pe->kind], "%s%s", text,
		    wait > 0 && c->mode == MODE_EXEC ? " exec --wait-limit "
		    "waits for that." : "");
		turn_give_up(c);
	}
}

/* Has its last paragraph a line that ends in a question mark? */
static bool
turn_asks(const char *text)
{
	bool asks = false, blank = false;
	size_t n, len;

	for (; *text != '\0'; text += n + (text[n] == '\n')) {
		n = len = strcspn(text, "\n");
		while (len > 0 && strchr(" \t\r*_", text[len - 1]) != NULL)
			len--;
		if (len > 0)
			asks = (asks && !blank) || text[len - 1] == '?';
		blank = len == 0;
	}
	return asks;
}

/* A reply without calls ends the task or gets a nudge. */
static void
turn_no_calls(struct core *c, const struct reply *r)
{
	if (r->stop == REPLY_MAX_TOKENS) {
		emit_tell_model(c, r->text[0] == '\0' ? "[assent] Your answer "
		    "reached the output limit before it said anything. Think "
		    "less and answer in smaller steps." : "[assent] Your answer "
		    "was cut off at the output limit. Go on where you "
		    "stopped.");
		return;
	}
	if (r->stop == REPLY_PAUSE || question_answered(c, r->text) ||
	    c->fold->unread > 0)
		return;
	if (task_plans(c) && c->plan.mode != PLAN_LOOK && c->peer == NULL &&
	    c->mode != MODE_INTERACTIVE && !c->plan.nudged) {
		c->plan.nudged = true;
		emit_tell_model(c, "[assent] Nobody can answer a question in "
		    "this run: decide yourself, and state the assumption. Hand "
		    "in your plan with the plan tool, or call done if nothing "
		    "is to be changed.");
		return;
	}
	if (c->mode == MODE_EXEC && !c->person && !c->task.asked &&
	    turn_asks(r->text)) {
		c->task.asked = true;
		emit_tell_model(c, "[assent] Nobody answers here: choose, say "
		    "what you assumed, go on.");
		return;
	}
	if (c->person)
		c->task.asked = turn_asks(r->text);
	c->task.model = MODEL_ENDED;
	xstrset(&c->task.summary, r->text);
}

/* An empty answer doesn't end the task: models send one now and then, and
 * mostly a real one next. */
static bool
turn_is_empty(const struct core *c, const struct reply *r)
{
	return r->stop == REPLY_END && r->calls_len == 0 &&
	    r->text[strspn(r->text, " \t\r\n")] == '\0' &&
	    !task_is_wrapped(c);
}

/* The request is sent again; a service that says nothing has failed. */
static void
turn_empty(struct core *c, struct reply *r)
{
	if (c->request.empty < TURN_EMPTY_ATTEMPTS)
		provider_error_set(&r->error, PROVIDER_SERVER, true,
		    "the answer is empty");
	else
		provider_error_set(&r->error, PROVIDER_SERVER, false,
		    "%d answers in a row were empty%s", c->request.empty,
		    r->thinking[0] == '\0' ? "" : " (thinking only)");
}

/* Ask a model that has worked and then says nothing what it means. */
static void
turn_silent(struct core *c, struct reply *r)
{
	turn_journal_reply(c, r, false);
	if (c->request.empty == 1) {
		emit_tell_model(c, "[assent] Your answer was empty. Go on with "
		    "the task; if it is finished, say so with done.");
		return;
	}
	emit_error(c, "empty", "the model gave %d empty answers in a row; the "
	    "task isn't finished", c->request.empty);
	c->task.model = MODEL_SILENT;
}

/* The final summary at a limit ends the task, even if it has calls. Nobody can
 * do more about a limit that stopped us. */
static void
turn_wrapped(struct core *c, const struct reply *r)
{
	if (question_answered(c, r->text))
		return;
	c->task.model = MODEL_ENDED;
	xstrset(&c->task.summary, r->text);
	if (!c->person)
		phase_stop(c, STOP_LIMIT);
}

/* The request is on its way, or was answered. */
static void
turn_sent(void *arg)
{
	struct core *c = arg;

	loop_timer_free(&c->request.after);
	program_prepare(c);
}

static void
turn_done(struct core *c, struct reply *r, const char *why UNUSED)
{
	bool failed = r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED;
	AUTO_FREE char *declined = reply_declined(r, "answer");

	job_wait(c);
	if (c->request.after != NULL)
		turn_sent(c);
	delta_flush(c);
	if (turn_is_empty(c, r)) {
		c->request.empty++;
		if (c->fold->calls != NULL) {
			turn_silent(c, r);
			goto out;
		}
		turn_empty(c, r);
		failed = true;
	}
	/* A model whose calls were understood may tell of one. */
	if (!failed && r->calls_len == 0 && c->fold->calls == NULL &&
	    reply_text_is_call(r)) {
		provider_error_set(&r->error, PROVIDER_MALFORMED_CALL, false,
		    REPLY_CALL_AS_TEXT);
		failed = true;
	}
	if (failed) {
		/* Show the partial answer, marked, but don't send it back. */
		if (r->text[0] != '\0' || r->thinking[0] != '\0' ||
		    r->calls_len > 0 || r->usage.input >= 0)
			turn_journal_reply(c, r, true);
		turn_failed(c, &r->error);
		goto out;
	}
	c->request.attempt = c->request.empty = 0;
	if (r->stop_unknown)
		emit_note(c, "the answer ended with \"%s\", which assent does "
		    "not know", r->stop_raw);
	/* Show the partial answer, then repeat the turn. */
	turn_journal_reply(c, r, r->stop == REPLY_CONTEXT_FULL);
	if (r->stop == REPLY_CONTEXT_FULL) {
		if (compact_on_full(c, NULL, turn_request_again, NULL))
			goto out;
		emit_error(c, "context_full", "the conversation no longer fits "
		    "into the model's window; start a new task with what is "
		    "still to be done");
		phase_stop(c, STOP_LIMIT);
	} else if (declined != NULL) {
		emit_error(c, provider_stop_names[r->stop], "the model %s",
		    declined);
		turn_give_up(c);
	} else if (task_is_wrapped(c))
		turn_wrapped(c, r);
	else if (r->calls_len > 0)
		call_queue(c, r);
	else
		turn_no_calls(c, r);
out:
	reply_free(r);
	core_soon(c);
}

static void
turn_request(struct core *c)
{
	query_send(c, &(struct query){ .target = &c->target,
	    .body = turn_body_of_turn, .doing = "thinking", .done = turn_done });
	loop_timer_free(&c->request.after);
	c->request.after = loop_timer_new(c->loop, LOOP_IDLE, turn_sent,
	    c);
}

/* ---- another agent's turn ---- */

/* A prompt has ended, or waits for the decision on a plan. */
static void
turn_prompted(struct core *c, struct peer_end *end)
{
	const struct reply r = { .text = end->text,
		.stop = end->cut ? REPLY_MAX_TOKENS : REPLY_END };
	AUTO_JSON cJSON *plan = end->plan == NULL && end->why == NULL &&
	    !end->stopped && !end->goes_on && task_plans(c) &&
	    c->plan.mode != PLAN_LOOK ? peer_plan(end->text) : NULL;

	EMIT(c, "core", turn_end, .turn = c->fold->turn, .usage = &end->usage,
	    .guess = end->guess.input + end->guess.output > 0 ? &end->guess : NULL,
	    .cost_usd = end->cost, .broken = end->why != NULL,
	    .worked_ms = budget_worked_ms(c));
	if (c->fold->facts.usage.now[LIMIT_MONEY] > 0 && !end->cost.is &&
	    end->why == NULL && !end->stopped) {
		emit_note(c, "%s doesn't tell what it costs, so no limit on "
		    "money can hold", fold_agent_or(c->fold, "the agent"));
		budget_pause(c, LIMIT_MONEY);
		return;
	}
	/* Not all of them ask whether they may begin. */
	if (end->plan != NULL || plan != NULL)
		plan_wait(c, plan != NULL ? plan : end->plan);
	else if (end->why != NULL) {
		emit_error(c, "agent", "%s", end->why);
		turn_give_up(c);
	} else if (task_is_wrapped(c))
		turn_wrapped(c, &r);
	else if (!end->stopped && !end->goes_on)
		turn_no_calls(c, &r);
}

static void
turn_peer(struct core *c)
{
	struct err e = ERR_INIT;

	if (peer_ready(c, &e) < 0) {
		emit_error(c, "stage", "%s", e.text);
		turn_give_up(c);
		core_soon(c);
		return;
	}
	EMIT(c, "core", turn_start, .turn = c->fold->turn + 1,
	    .conversation = peer_conversation(c), .phase = turn_phase(c),
	    .worked_ms = budget_worked_ms(c));
	/* It is sent to a program that nothing takes it back from. */
	emit_sync(c);
	peer_prompt(c, turn_prompted);
}

static void
turn_model(struct core *c)
{
	int64_t all = context_tokens(recall_context(c), c->request.overhead);
	struct ev_request_parts parts = { 0 };
	AUTO_FREE char *prefix = turn_prefix(c);
	struct tokens_room room;

	compact_room(c, &c->target, &room);
	turn_parts(c, all, &parts);
	EMIT(c, "core", turn_start, .turn = c->fold->turn + 1,
	    .phase = turn_phase(c), .worked_ms = budget_worked_ms(c),
	    .tokens = all, .parts = &parts, .prefix = prefix,
	    .window = c->target.answers == NULL ? room.window : 0);
	free(parts.files);
	c->request.attempt = 0;
	turn_request(c);
}

void
turn_start(struct core *c)
{
	/* phases: only driver_step() begins a turn, and only in a running
	 * task. */
	assert(c->phase == PHASE_IDLE && task_runs(c) &&
	    c->task.stop == STOP_NONE && c->task.model == MODEL_GOES_ON);
	/* waits: no turn begins while the user has to answer a question. */
	assert(c->waits == 0 && c->decision.line == NULL);
	/* invariant 4: all calls of the last turn have their results. */
	assert(c->calls.next == c->calls.len);
	c->check.final = FINAL_CHECK_NOT_RUN;
	/* For new changes a rule may try again, unless only the user may decide
	 * (CORE_APPLY_NO_RULE). */
	if (c->decision.tries <= CORE_APPLY_TRIES)
		c->decision.tries = 0;
	if (retry_until(c))
		return;
	if (c->peer != NULL)
		turn_peer(c);
	else
		turn_model(c);
}

void
turn_cancel(struct core *c, const char *why)
{
	bool asked = c->phase == PHASE_MODEL;
	uint64_t answered = c->fold->partial.text.len +
	    c->fold->partial.thinking.len;

	if (c->request.call != NULL)
		c->request.call->cancel(c->request.call);
	c->request.call = NULL;
	loop_timer_free(&c->request.after);
	loop_timer_free(&c->retry.timer);
	c->retry.again = NULL;
	c->retry.until_ms = 0;
	if (c->phase != PHASE_MODEL && c->phase != PHASE_RETRY)
		return;
	phase_set(c, PHASE_IDLE);
	delta_flush(c);
	if (c->request.cancelled != NULL) {
		c->request.cancelled(c);
		return;
	}
	if (why != NULL && c->fold->partial.text.p != NULL &&
	    c->fold->partial.text.p[0] != '\0')
		EMIT(c, "model", assistant_message, .turn = c->fold->turn,
		    .text = c->fold->partial.text.p, .stop = "truncated",
		    .stop_raw = why, .broken = true);
	/* A cancelled request costs money, too. */
	if (asked && why != NULL)
		turn_emit_end(c, &USAGE_UNKNOWN, answered, true);
}

static void
turn_free(struct core *c)
{
	turn_cancel(c, NULL);
}

const struct core_part turn_part = {
	.resumed = turn_resumed, .free = turn_free,
};
