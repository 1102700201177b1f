/*
 * A prompt: the copy is brought up to date, the agent goes on, and stands still
 * again when it has answered; then what it changed is staged. A question of it
 * about a plan parks the prompt: the phase is IDLE until the plan is decided, and
 * the next turn is the answer.
 */
#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/attach.h"
#include "base/b64.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/url.h"
#include "core/acp/peer-int.h"
#include "core/acp/peer.h"
#include "core/job/agent-plan.h"
#include "core/job/job.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/kernel/secrets.h"
#include "core/net/network.h"
#include "core/review/evidence.h"
#include "core/review/propose.h"
#include "core/stage/stages.h"
#include "gate/gate.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "loop/loop.h"
#include "rpc/acp-names.h"
#include "rpc/rpc.h"
#include "store/blob.h"

#define PROMPT_CANCEL_MS	5000	/* until it is killed */
#define PROMPT_LINKS		20	/* files named in a message */

/* ---- what it is sent ---- */

static void
prompt_block(cJSON *list, const char *text)
{
	cJSON *o = JSON_TEXTS("type", "text", "text", text);

	cJSON_AddItemToArray(list, o);
}

/* Where it is, once in a conversation. */
static void
prompt_about(struct peer *p, cJSON *list)
{
	struct core *c = p->core;
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (p->known)
		return;
	p->known = true;
	buf_adds(&b, "[assent] You work in a sandbox, on a copy of the "
	    "project. When your turn ends, the user reads what you changed; "
	    "what they accept is written to their files, and you are told of "
	    "the rest. Don't commit: " AGENT_COMMITS ", and " AGENT_NO_PUSH
	    ".");
	if (c->plan.mode == PLAN_LOOK)
		buf_adds(&b, " This task only looks: what you change isn't "
		    "kept.");
	if (p->lost && c->fold->task.text != NULL)
		buf_addf(&b, " The conversation before this one is lost. The "
		    "task was: %.2000s", c->fold->task.text);
	p->lost = false;
	prompt_block(list, buf_str(&b));
}

static void
prompt_image(struct core *c, const struct ev_image *image, cJSON *list)
{
	AUTO_BUF struct buf b = BUF_INIT(0), text = BUF_INIT(0);
	cJSON *o;

	if (blob_get(c->blobs, ev_str(image->hash, ""), &b, NULL) < 0)
		return;
	b64_encode(&text, b.p, b.len);
	o = JSON_TEXTS("type", "image",
	    "mimeType", ev_is(image->kind, "png") ? "image/png" : "image/jpeg",
	    "data", buf_str(&text));
	cJSON_AddItemToArray(list, o);
}

/* A file of the project that the user named. */
static bool
prompt_link(struct core *c, const char *word, cJSON *list)
{
	AUTO_FREE char *path = fs_inside(c->root, c->cwd, word);
	AUTO_FREE char *full = path == NULL ? NULL : fs_join(c->root, path);
	AUTO_BUF struct buf uri = BUF_INIT(0);
	struct stat st;
	cJSON *o;

	if (path == NULL || policy_hides(c->policy, path) ||
	    fstatat(c->stage->root_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	buf_adds(&uri, "file://");
	url_encode(&uri, full, strlen(full), "/");
	o = JSON_TEXTS("type", "resource_link", "uri", buf_str(&uri),
	    "name", path);
	cJSON_AddItemToArray(list, o);
	return true;
}

static void
prompt_links(struct core *c, const char *text, cJSON *list)
{
	const char *at = text;
	char *word;
	bool quoted;
	int n = 0;

	while (n < PROMPT_LINKS &&
	    (word = attach_word(text, &at, &quoted)) != NULL) {
		size_t len = strlen(word);

		while (!prompt_link(c, word, list) && !quoted && len > 1 &&
		    strchr(".,;:!?", word[len - 1]) != NULL)
			word[--len] = '\0';
		n++;
		free(word);
	}
}

/* A command of the agent's has to come first. */
static cJSON *
prompt_blocks(struct peer *p)
{
	struct core *c = p->core;
	cJSON *list = cJSON_CreateArray(), *more = cJSON_CreateArray();
	size_t i, first = p->sent;

	for (i = 0; i < p->sent && first == p->sent; i++)
		if (p->said[i].user && p->said[i].text[0] == '/')
			first = i;
	if (first < p->sent)
		prompt_block(list, p->said[first].text);
	prompt_about(p, list);
	for (i = 0; i < p->sent; i++) {
		const struct peer_said *s = &p->said[i];

		if (i != first)
			prompt_block(list, s->text);
		if (s->user)
			prompt_links(c, s->text, more);
		if (s->message != NULL && p->images)
			MEM_EACH(&s->message->user_message, images, image)
				prompt_image(c, image, more);
		else if (s->message != NULL)
			prompt_block(more, "[assent] Your images aren't shown: "
			    "this agent takes none.");
	}
	if (p->sent == 0)
		prompt_block(list, "Please go on.");
	while (more->child != NULL)
		cJSON_AddItemToArray(list, cJSON_DetachItemFromArray(more, 0));
	cJSON_Delete(more);
	return list;
}

/* ---- its end ---- */

/* All of the prompt's; an agent that counts none tells how large the conversation
 * was. */
static void
prompt_usage(struct peer *p, const cJSON *usage)
{
	int64_t all = json_int(usage, "totalTokens", -1);
	int64_t in = json_int(usage, "inputTokens", -1);
	int64_t out = json_int(usage, "outputTokens", -1);

	if (all > 0 && out >= 0 && all >= out)
		in = all - out;
	p->end.usage = (struct ev_usage){ .input = EV_KNOWN(in),
		.cached = EV_KNOWN(json_int(usage, "cachedReadTokens", -1)),
		.cache_write = EV_KNOWN(json_int(usage,
		    "cachedWriteTokens", -1)),
		.output = EV_KNOWN(out),
		.reasoning = EV_KNOWN(json_int(usage, "thoughtTokens", -1)) };
	if (in < 0)
		p->end.guess.input = p->used;
	/* As for a model that counts none: a third of the bytes. */
	if (out < 0)
		p->end.guess.output = (int64_t)(p->bytes / 3);
}

static void
prompt_cost(struct peer *p)
{
	p->end.cost = EV_KNOWN(p->told >= p->paid ? p->told - p->paid :
	    p->told);
	if (p->told >= 0)
		p->paid = p->told;
	p->told = -1;
}

static void
prompt_ends(struct peer *p)
{
	loop_timer_free(&p->timer);
	permit_drop(p);
	p->state = PEER_ENDS;
	job_hold(&p->run.job);
}

static void
prompt_done(void *arg, const cJSON *result, const struct rpc_failure *f)
{
	struct peer *p = arg;
	const char *stop = json_str_or(result, "stopReason", "");
	const cJSON *usage = json_get(result, "usage");

	/* Its process' end tells more. */
	if (f != NULL && f->code == RPC_CLOSED)
		return;
	/* It doesn't wait for what it has asked. */
	if (p->state == PEER_STANDS) {
		lasting_fail(&p->run, "ended its turn before it was answered");
		return;
	}
	if (f != NULL && p->stop == NULL)
		p->broke = f->code == ACP_SIGN_IN ? xasprintf("%s isn't signed "
		    "in: assent try -- %s does that, once", p->name, p->name) :
		    xasprintf("%s said: %.300s", p->name, f->message);
	else if (strcmp(stop, ACP_REFUSAL) == 0)
		p->broke = xasprintf("%s declined to answer", p->name);
	p->end.cut = strcmp(stop, ACP_MAX_TOKENS) == 0;
	prompt_usage(p, usage);
	if (p->state == PEER_WORKS)
		prompt_ends(p);
	else {
		json_drop(&p->plan);
		permit_drop(p);
	}
}

/* Calls that have no result; of the last, more is to be said. */
static struct peer_call *
prompt_open(struct peer *p)
{
	struct peer_call *last = NULL;

	MEM_EACH(p, calls, it)
		if (it->begun && !it->ended) {
			if (last != NULL) {
				AUTO_EVENT struct event r = CALL_RESULT(
				    last->id, last->kind);

				r.tool_result.error = "interrupted";
				update_end(p, last, false, &r);
			}
			last = it;
		}
	return last;
}

/* What it has to know with its next prompt. */
static void
prompt_tell(struct peer *p)
{
	struct core *c = p->core;
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (p->stop != NULL && c->task.stop == STOP_NONE)
		buf_addf(&b, "[assent] Your turn ended early: %s. What you had "
		    "changed until then is kept.\n", p->stop);
	if (c->feedback.notes.len > 0)
		buf_addf(&b, "[assent] %s", buf_str(&c->feedback.notes));
	buf_clear(&c->feedback.notes);
	if (b.len > 0)
		emit_tell_model(c, buf_str(&b));
}

static void
prompt_calls_free(struct peer *p)
{
	MEM_EACH(p, calls, it) {
		FREE_ALL(it->theirs, it->id, it->kind, it->title, it->input);
		buf_release(&it->text);
	}
	FREE_NULL(p->calls);
	p->calls_len = 0;
}

void
peer_prompt_free(struct peer *p)
{
	prompt_calls_free(p);
	FREE_NULL(p->stop);
	FREE_NULL(p->broke);
	json_drop(&p->plan);
	buf_clear(&p->text);
	buf_clear(&p->thought);
}

void
peer_over(struct peer *p)
{
	struct core *c = p->core;
	struct peer_call *last = p->plan == NULL ? prompt_open(p) : NULL;
	AUTO_EVENT struct event r = CALL_RESULT(last == NULL ? NULL : last->id,
	    last == NULL ? NULL : last->kind);
	AUTO_FREE char *text = NULL;
	bool changed, broken = p->stop != NULL || p->broke != NULL;

	network_server_call(p->run.network, NULL, NULL);
	r.tool_result.error = last == NULL ? NULL : "interrupted";
	if (!p->end.usage.input.is)
		prompt_usage(p, NULL);
	prompt_cost(p);
	/* It may have been only to answer: then nothing is taken. */
	if (c->question.on != NULL)
		own_copy_clear(&p->run.own);
	changed = lasting_merge(&p->run, p->name, &r);
	phase_set(c, PHASE_IDLE);
	propose_count(c, &r);
	if (last != NULL)
		update_end(p, last, false, &r);
	prompt_tell(p);
	text = core_masked(c, buf_str(&p->text));
	update_say(p, NULL, broken ? "truncated" : p->end.cut ? "max_tokens" :
	    "end", broken);
	if (changed && !task_plans(c)) {
		c->review.touched = true;
		evidence_stale(c);
	}
	p->parks = p->plan != NULL && p->broke == NULL && p->stop == NULL;
	p->end.text = text;
	p->end.why = p->broke;
	p->end.stopped = p->stop != NULL;
	if (p->parks) {
		/* What it costs is told at its end. */
		p->end.plan = p->plan;
		p->end.usage = (struct ev_usage){ .input = EV_IS(0),
			.output = EV_IS(0) };
		p->end.guess = (struct ev_guess){ 0, 0 };
		p->end.cost = EV_IS(0);
	}
	p->ended(c, &p->end);
	if (!p->parks)
		peer_prompt_free(p);
	json_drop(&p->plan);
	core_soon(c);
}

/* ---- its begin ---- */

int
peer_ready(struct core *c, struct err *e)
{
	struct peer *p = c->peer;
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	int rc;

	if (c->plan.mode == PLAN_REQUIRE && task_plans(c) &&
	    !json_has(p->modes, PEER_PLANS)) {
		EMIT(c, "core", mode, .plan = "skip", .text = "it has no mode "
		    "for planning: it is asked for a plan, and its first "
		    "changes wait for your review as they are");
		emit_tell_model(c, "[assent] The user wants a plan first. "
		    "Change nothing yet: say what you would do, and end your "
		    "turn.");
	}
	if ((task_plans(c) && stages_open_plan(c, e) < 0) ||
	    program_others_wait(c, e) < 0)
		return -1;
	job_yield(c, JOB_COPY);
	rc = own_copy_update(&p->run.own, stages_current(c), &notes, e);
	emit_stage_notes(c, &notes);
	if (rc < 0 || agent_renew(c, p->run.own.stage, e) < 0) {
		own_copy_clear(&p->run.own);
		return -1;
	}
	if (!p->parks)
		prompt_tell(p);
	return 0;
}

static void
prompt_send(struct peer *p)
{
	cJSON *o = JSON_TEXTS("sessionId", p->conversation);

	json_set_take(o, "prompt", prompt_blocks(p));
	(void)rpc_ask_take(p->run.rpc, ACP_PROMPT, o, 0, prompt_done, p);
}

/* The mode in which it asks, and we answer; or that for planning. */
static const char *
prompt_mode(const struct peer *p)
{
	const struct core *c = p->core;

	return task_plans(c) && json_has(p->modes, PEER_PLANS) ? PEER_PLANS :
	    json_has(p->modes, "default") ? "default" : p->first;
}

static void
prompt_mode_set(void *arg, const cJSON *result UNUSED,
    const struct rpc_failure *f)
{
	struct peer *p = arg;

	if (f != NULL && f->code == RPC_CLOSED)
		return;
	if (f == NULL)
		xstrset(&p->mode, prompt_mode(p));
	if (p->stop != NULL)
		prompt_ends(p);
	else
		prompt_send(p);
}

void
peer_prompt(struct core *c, peer_end_cb *ended)
{
	struct peer *p = c->peer;
	bool parked = p->parks;
	cJSON *o;

	/* phases: it stands still between two turns, with an own copy. */
	assert(p->state == PEER_STANDS);
	phase_set(c, PHASE_TOOL);
	status_tell(c, "model", "%s works", p->name);
	p->state = PEER_WORKS;
	p->ended = ended;
	p->bytes = 0;
	p->parks = p->declined = false;
	p->end = (struct peer_end){ 0 };
	p->told = -1;
	network_server_call(p->run.network, p->name, "a prompt");
	job_go_on(&p->run.job);
	if (parked) {
		/* Else it hears why with the next one. */
		p->end.goes_on = !permit_plan(p);
		p->sent = p->end.goes_on ? 0 : p->sent;
		return;
	}
	peer_prompt_free(p);
	if (prompt_mode(p) == NULL || (p->mode != NULL &&
	    strcmp(p->mode, prompt_mode(p)) == 0)) {
		prompt_send(p);
		return;
	}
	o = JSON_TEXTS("sessionId", p->conversation, "configId", p->option,
	    p->option == NULL ? "modeId" : "value", prompt_mode(p));
	(void)rpc_ask_take(p->run.rpc, p->option == NULL ? ACP_SET_MODE :
	    ACP_SET_OPTION, o, PROMPT_CANCEL_MS, prompt_mode_set, p);
}

/* ---- stopping it ---- */

bool
peer_prompts(const struct core *c)
{
	return c->peer != NULL && (c->peer->state == PEER_WORKS ||
	    c->peer->state == PEER_ENDS);
}

bool
peer_stops(const struct core *c)
{
	return peer_prompts(c) && c->peer->stop != NULL;
}

static void
prompt_kill(void *arg)
{
	struct peer *p = arg;

	p->timer = NULL;
	lasting_fail(&p->run, "was ended");
}

bool
peer_stop(struct core *c, const char *why)
{
	struct peer *p = c->peer;
	cJSON *o;

	if (!peer_prompts(c)) {
		/* A plan that it asked about isn't decided any more. */
		if (p != NULL && p->parks && why != NULL)
			peer_drop(p);
		return false;
	}
	/* At the session's end nothing is recorded any more. */
	if (why == NULL) {
		peer_drop(p);
		phase_set(c, PHASE_IDLE);
		return true;
	}
	if (p->state == PEER_ENDS)
		return true;
	if (p->stop != NULL) {
		loop_timer_free(&p->timer);
		prompt_kill(p);
		return true;
	}
	p->stop = xstrdup(why);
	status_tell(c, "model", "%s is being stopped", p->name);
	permit_drop(p);
	o = JSON_TEXTS("sessionId", p->conversation);
	(void)rpc_ask_take(p->run.rpc, ACP_CANCEL, o, 0, NULL, NULL);
	loop_timer_free(&p->timer);
	p->timer = loop_timer_new(c->loop, PROMPT_CANCEL_MS, prompt_kill, p);
	return true;
}
