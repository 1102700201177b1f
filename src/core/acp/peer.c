/*
 * The agent's process, from its start to a conversation that stands still: a
 * sandbox on a copy of the project that stays, JSON-RPC over pipes, and the first
 * messages. It is started before the first turn that needs it, and again after
 * its death; then it gets its conversation back, if it can.
 */
#include "config.h"

#include "core/acp/peer.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/acp/peer-int.h"
#include "core/context/context.h"
#include "core/job/agent-plan.h"
#include "core/job/job.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/review/evidence.h"
#include "core/review/propose.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "loop/loop.h"
#include "rpc/acp-names.h"
#include "rpc/rpc.h"

#define PEER_DIR	"agent"		/* of its copy, in the session's folder */
#define PEER_START_MS	60000		/* for each of its first answers */
#define PEER_ID_MAX	((size_t)200)

/* ---- the end ---- */

void
peer_drop(struct peer *p)
{
	loop_timer_free(&p->timer);
	lasting_drop(&p->run);
	permit_free(p);
	p->parks = false;
	p->state = PEER_NONE;
}

static void
peer_failed(void *arg, const char *why)
{
	struct peer *p = arg;
	bool starts = p->state == PEER_STARTS;
	bool works = p->state == PEER_WORKS || p->state == PEER_ENDS;

	if (works)
		permit_drop(p);
	peer_drop(p);
	if (starts)
		FREE_SET(p->failed, xasprintf("%s can't be started: it %s",
		    p->name, why));
	else if (works) {
		if (p->stop == NULL && p->broke == NULL)
			p->broke = xasprintf("%s %s", p->name, why);
		peer_over(p);
	}
	core_soon(p->core);
}

static void
peer_closed(void *arg, const char *why)
{
	struct peer *p = arg;

	lasting_closed(&p->run, why);
}

/* ---- standing still ---- */

static void
peer_held(void *arg)
{
	struct peer *p = arg;
	bool starts = p->state == PEER_STARTS;

	p->state = PEER_STANDS;
	if (!starts)
		peer_over(p);
	core_soon(p->core);
}

/* ---- the conversation ---- */

static void peer_new(struct peer *);

/* What failed, in its words. */
static void
peer_refused(struct peer *p, const struct rpc_failure *f)
{
	AUTO_FREE char *why = f->code == ACP_SIGN_IN ?
	    xasprintf("isn't signed in: assent try -- %s does that, once",
	    p->name) : f->code == RPC_TIMEOUT ?
	    xstrdup("gave no answer") : xasprintf("said: %.300s", f->message);

	/* Its end tells more. */
	if (f->code != RPC_CLOSED)
		lasting_fail(&p->run, why);
}

/* A list of modes, each with its name as `key`, in which one may be for planning;
 * `option`: the configuration's that it is, or NULL. */
static void
peer_modes_take(struct peer *p, const cJSON *list, const char *key,
    const char *now, const char *option)
{
	const cJSON *it;

	if (now == NULL || (option != NULL && json_find(list, key,
	    PEER_PLANS) == NULL))
		return;
	xstrset(&p->mode, now);
	xstrset(&p->option, option);
	if (p->first == NULL)
		p->first = xstrdup(now);
	cJSON_Delete(p->modes);
	p->modes = cJSON_CreateArray();
	cJSON_ArrayForEach(it, list)
		cJSON_AddItemToArray(p->modes,
		    cJSON_CreateString(json_str_or(it, key, "")));
}

/* They may be an option of its configuration instead. */
void
peer_modes(struct peer *p, const cJSON *result)
{
	const cJSON *modes = json_get(result, "modes"), *it;

	peer_modes_take(p, json_array(modes, "availableModes"), "id",
	    json_str(modes, "currentModeId"), NULL);
	if (p->option == NULL && json_has(p->modes, PEER_PLANS))
		return;
	cJSON_ArrayForEach(it, json_array(result, "configOptions"))
		peer_modes_take(p, json_array(it, "options"), "value",
		    json_str(it, "currentValue"), json_str(it, "id"));
}

/* It is there, with or without what was said before. */
static void
peer_opened(struct peer *p, const cJSON *result)
{
	peer_modes(p, result);
	job_hold(&p->run.job);
}

static void
peer_made(void *arg, const cJSON *result, const struct rpc_failure *f)
{
	struct peer *p = arg;
	const char *id = json_str(result, "sessionId");

	if (f != NULL)
		peer_refused(p, f);
	else if (id == NULL || strlen(id) > PEER_ID_MAX)
		lasting_fail(&p->run, "began no conversation");
	else {
		/* The first one, or an end of what it knew. */
		p->known = false;
		p->paid = 0;
		xstrset(&p->conversation, id);
		peer_opened(p, result);
	}
}

static void
peer_loaded(void *arg, const cJSON *result, const struct rpc_failure *f)
{
	struct peer *p = arg;

	if (f == NULL)
		peer_opened(p, result);
	else if (f->code == RPC_CLOSED || f->code == RPC_TIMEOUT)
		peer_refused(p, f);
	else {
		emit_note(p->core, "%s doesn't know the earlier conversation: "
		    "it begins a new one", p->name);
		peer_new(p);
	}
}

static void
peer_ask(struct peer *p, const char *method, cJSON *params_take,
    rpc_done_cb *done)
{
	(void)rpc_ask_take(p->run.rpc, method, params_take, PEER_START_MS, done, p);
}

static cJSON *
peer_place(const struct peer *p)
{
	cJSON *o = JSON_TEXTS("cwd", p->core->cwd);

	cJSON_AddArrayToObject(o, "mcpServers");
	return o;
}

static void
peer_new(struct peer *p)
{
	p->lost = p->lost || p->conversation != NULL;
	FREE_NULL(p->conversation);
	peer_ask(p, ACP_NEW, peer_place(p), peer_made);
}

static void
peer_greeted(void *arg, const cJSON *result, const struct rpc_failure *f)
{
	struct peer *p = arg;
	const cJSON *able = json_get(result, "agentCapabilities");
	cJSON *o;

	if (f != NULL) {
		peer_refused(p, f);
		return;
	}
	if (json_int(result, "protocolVersion", 0) != ACP_PROTOCOL) {
		lasting_fail(&p->run, "speaks another version of the Agent Client "
		    "Protocol");
		return;
	}
	p->images = json_bool(json_get(able, "promptCapabilities"), "image",
	    false);
	p->loads = json_bool(able, "loadSession", false);
	p->resumes = json_get(json_get(able, "sessionCapabilities"),
	    "resume") != NULL;
	if (p->conversation == NULL || (!p->loads && !p->resumes)) {
		peer_new(p);
		return;
	}
	o = peer_place(p);
	json_add_str(o, "sessionId", p->conversation);
	peer_ask(p, p->resumes ? ACP_RESUME : ACP_LOAD, o, peer_loaded);
}

static void
peer_greet(struct peer *p)
{
	cJSON *o = cJSON_CreateObject(), *able, *me;

	json_add_int(o, "protocolVersion", ACP_PROTOCOL);
	/* It has files and commands of its own, in the sandbox. */
	able = cJSON_AddObjectToObject(o, "clientCapabilities");
	me = cJSON_AddObjectToObject(able, "fs");
	json_add_bool(me, "readTextFile", false);
	json_add_bool(me, "writeTextFile", false);
	json_add_bool(able, "terminal", false);
	me = cJSON_AddObjectToObject(o, "clientInfo");
	JSON_ADD_TEXTS(me, "name", "assent", "version", CORE_VERSION);
	peer_ask(p, ACP_INITIALIZE, o, peer_greeted);
}

/* ---- the process ---- */

static int
peer_run(void *arg, const int io[2], struct err *e)
{
	struct peer *p = arg;
	struct program_plan plan = { .agent = true,
		.spec = { .cwd = p->core->cwd } };

	if (agent_name(p->core) == NULL)
		return err_set(e, "the agent of this session isn't among "
		    "yours now (assent agents)");
	return lasting_run(&p->run, &plan, p->name, PEER_DIR, io, e);
}

static void
peer_start(struct peer *p)
{
	static const struct rpc_handlers handlers = {
		.request = peer_asked, .notice = peer_heard,
		.closed = peer_closed,
	};
	struct err e = ERR_INIT;

	p->state = PEER_STARTS;
	if (lasting_open(&p->run, false, &handlers, &e) == 0) {
		peer_greet(p);
		return;
	}
	p->state = PEER_NONE;
	xstrset(&p->failed, e.text);
	core_soon(p->core);
}

const char *
peer_conversation(const struct core *c)
{
	return c->peer == NULL ? NULL : c->peer->conversation;
}

const cJSON *
peer_commands(const struct core *c)
{
	return c->peer == NULL ? NULL : c->peer->commands;
}

/* ---- what it hasn't heard ---- */

static void
said_free(struct peer *p, size_t i)
{
	free(p->said[i].text);
	event_drop(&p->said[i].message);
	memmove(&p->said[i], &p->said[i + 1],
	    (--p->said_len - i) * sizeof(*p->said));
	p->sent -= i < p->sent;
}

static struct peer_said *
said_add(struct peer *p, int64_t seq, char *text_take)
{
	if (text_take == NULL)
		return NULL;
	GROW(p->said, p->said_len);
	p->said[p->said_len] = (struct peer_said){ .seq = seq,
		.text = text_take };
	return &p->said[p->said_len++];
}

static void
said_message(struct peer *p, const struct event *e)
{
	const struct ev_user_message *m = &e->user_message;
	const char *text = m->command != NULL && m->command->text != NULL ?
	    m->command->text : ev_str(m->text, "");
	struct peer_said *s;

	/* The same request is repeated. */
	if (m->again && text[0] == '\0')
		return;
	s = said_add(p, e->seq, xstrdup(text));
	s->user = ev_is(e->by, "user");
	if (m->images_len > 0)
		event_keep(&s->message, e);
}

int64_t
peer_queued(const struct core *c, int64_t seq)
{
	const struct peer *p = c->peer;
	size_t i;

	for (i = p == NULL ? 0 : p->sent; p != NULL && i < p->said_len; i++)
		if (p->said[i].seq == seq)
			return seq;
	return 0;
}

static void
said_unqueue(struct peer *p, int64_t seq)
{
	size_t i;

	for (i = p->sent; i < p->said_len; i++)
		if (p->said[i].seq == seq)
			said_free(p, i--);
}

/* ---- the part ---- */

void
peer_make(struct core *c, const cJSON *settings)
{
	static const struct lasting_ops ops = { .failed = peer_failed,
		.held = peer_held, .start = peer_run };

	if (c->peer != NULL || json_is(settings, "mode", "try") ||
	    !json_bool(json_get(settings, "agent"), "acp", false))
		return;
	c->peer = xcalloc(1, sizeof(*c->peer));
	c->peer->core = c;
	lasting_init(&c->peer->run, c, &ops, c->peer);
	/* What it installs is for the check, too. */
	c->peer->run.own.ignored = true;
	buf_init(&c->peer->text, PEER_TEXT_MAX);
	buf_init(&c->peer->thought, PEER_TEXT_MAX);
}

static void
peer_line(struct core *c, const struct event *e)
{
	struct peer *p = c->peer;
	bool user = ev_is(e->by, "user");

	if (e->type == EVENT_SESSION_START)
		peer_make(c, e->session_start.settings);
	else if (p == NULL)
		return;
	else if (e->type == EVENT_USER_MESSAGE)
		said_message(p, e);
	else if (e->type == EVENT_UNQUEUED)
		said_unqueue(p, e->unqueued.message);
	else if (e->type == EVENT_HOOK)
		(void)said_add(p, e->seq, context_hook_text(&e->hook));
	else if (e->type == EVENT_TOOL_CALL && user)
		xstrset(&p->ran, json_str_or(e->tool_call.args, "command",
		    "?"));
	else if (e->type == EVENT_TOOL_RESULT && user)
		(void)said_add(p, e->seq, context_ran_text(p->ran,
		    &e->tool_result));
	else if (e->type == EVENT_TURN_START) {
		p->sent = p->said_len;
		if (c->resume != NULL && e->turn_start.conversation != NULL) {
			xstrset(&p->conversation, e->turn_start.conversation);
			p->known = true;
		}
	} else if (e->type == EVENT_TURN_END) {
		while (p->sent > 0 && !e->turn_end.broken)
			said_free(p, 0);
		p->sent = 0;
	} else if (e->type == EVENT_AGENT_END && p->parks)
		peer_drop(p);
	else if (e->type == EVENT_NOTE && e->note.forked != NULL) {
		/* That one goes on in the other session. */
		FREE_NULL(p->conversation);
		p->lost = true;
	} else if (e->type == EVENT_COMPACTION) {
		peer_drop(p);
		FREE_NULL(p->conversation);
	}
}

static void
peer_begun(struct core *c)
{
	if (c->peer != NULL)
		c->peer->name = agent_name(c) == NULL ? "the agent" :
		    agent_name(c);
}

/* The core died during a prompt: what the agent had changed is still there. */
static void
peer_resumed(struct core *c)
{
	struct peer *p = c->peer;
	AUTO_EVENT struct event r = CALL_RESULT(NULL, NULL);
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	struct ev_usage usage = { .input = EV_KNOWN(-1) };
	struct err e = ERR_INIT;

	/* It asked about a plan, and waits for the answer. */
	if (p != NULL && task_plans(c) && task_runs(c) &&
	    c->fold->plan.status == FOLD_PLAN_PROPOSED)
		phase_wait(c, WAIT_PLAN);
	if (p == NULL || !c->fold->facts.usage.in_turn)
		return;
	if (!task_plans(c) && (own_copy_recover(c, &p->run.own, PEER_DIR, &e) < 0 ||
	    own_copy_merge(&p->run.own, c->stage, NULL, &r, &notes, &e) < 0))
		emit_note(c, "what %s had changed is lost: %s", p->name,
		    e.text);
	own_copy_drop(c, &p->run.own);
	emit_stage_notes(c, &notes);
	propose_count(c, NULL);
	evidence_stale(c);
	emit_tell_model(c, "[assent] The session ended while you worked on "
	    "this, and goes on now. What you had changed is kept.");
	EMIT(c, "core", turn_end, .turn = c->fold->turn,
	    .usage = &usage, .broken = true);
	if (task_runs(c))
		c->task.model = MODEL_GOES_ON;
}

static void
peer_ahead(struct core *c)
{
	struct peer *p = c->peer;

	if (p != NULL && p->state == PEER_NONE && p->failed == NULL &&
	    c->phase == PHASE_IDLE && c->ending == ENDING_NOT &&
	    program_masks(c))
		peer_start(p);
}

/* A turn waits until it stands there. */
static bool
peer_wait(struct core *c)
{
	struct peer *p = c->peer;

	if (p == NULL || p->state == PEER_STANDS)
		return false;
	if (p->failed != NULL) {
		emit_error(c, "agent", "%s", p->failed);
		FREE_NULL(p->failed);
		phase_stop(c, STOP_PROVIDER);
		core_soon(c);
		return true;
	}
	if (p->state == PEER_NONE)
		peer_start(p);
	status_tell(c, "tool", "starting %s", p->name);
	return true;
}

static void
peer_free(struct core *c)
{
	struct peer *p = c->peer;

	if (p == NULL)
		return;
	lasting_release(&p->run);
	peer_drop(p);
	peer_prompt_free(p);
	while (p->said_len > 0)
		said_free(p, 0);
	buf_release(&p->text);
	buf_release(&p->thought);
	free(p->message);
	cJSON_Delete(p->modes);
	cJSON_Delete(p->commands);
	FREE_ALL(p->failed, p->conversation, p->mode, p->first, p->option, p->said,
	    p->ran);
	free(p);
	c->peer = NULL;
}

const struct core_part peer_part = {
	.ahead = peer_ahead, .wait = peer_wait, .begun = peer_begun,
	.line = peer_line, .lines = OF(EVENT_SESSION_START) |
	    OF(EVENT_USER_MESSAGE) | OF(EVENT_UNQUEUED) | OF(EVENT_HOOK) |
	    OF(EVENT_TOOL_CALL) | OF(EVENT_TOOL_RESULT) |
	    OF(EVENT_TURN_START) | OF(EVENT_TURN_END) | OF(EVENT_AGENT_END) |
	    OF(EVENT_COMPACTION) | OF(EVENT_NOTE),
	.resumed = peer_resumed, .answer = peer_answer, .free = peer_free,
};
