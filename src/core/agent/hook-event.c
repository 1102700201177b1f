/* The events that hooks hear of: when, and with which input. */
#include "config.h"

#include "core/agent/hook.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/agent/call.h"
#include "core/agent/hook-int.h"
#include "core/kernel/core.h"
#include "core/kernel/server.h"
#include "core/project/project.h"
#include "core/review/decision.h"
#include "core/review/evidence.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/session.h"
#include "tool/tool.h"

/* ---- the events proposal and applied ---- */

/*
 * Nothing waits for them: there is this proposal (not again for the same staged
 * files), or files were written.
 */

void
hook_review_digest(struct core *c)
{
	if (stage_digest(c->stage, true, c->hooks->seen) < 0)
		c->hooks->seen[0] = '\0';
}

static cJSON *
hook_file_names(const cJSON *files)
{
	cJSON *names = cJSON_CreateArray();
	const cJSON *it;

	cJSON_ArrayForEach(it, files)
		cJSON_AddItemToArray(names, cJSON_CreateString(json_str_or(it,
		    "path", "")));
	return names;
}

/* Add a file to the list of an input. */
static void
hook_review_add(cJSON *files, const char *path, const char *status,
    const char *from)
{
	cJSON *o = cJSON_CreateObject();

	json_add_path(o, "path", path);
	json_add_str(o, "status", status);
	if (from != NULL)
		json_add_path(o, "from", from);
	cJSON_AddItemToArray(files, o);
}

static void
hook_review_proposal(struct core *c, const struct ev_proposal *p)
{
	char had[SHA256_HEX_SIZE];
	AUTO_FREE char *id = NULL;
	cJSON *o, *files;

	if (p->undo != 0 || p->files_len == 0)
		return;
	memcpy(had, c->hooks->seen, sizeof(had));
	hook_review_digest(c);
	if (had[0] != '\0' && strcmp(had, c->hooks->seen) == 0)
		return;
	id = xasprintf("%lld", (long long)p->version);
	o = cJSON_CreateObject();
	json_add_bool(o, "final", p->final.on);
	files = cJSON_AddArrayToObject(o, "files");
	EV_EACH(p, files, f)
		hook_review_add(files, f->path_bytes, f->status,
		    f->from_bytes);
	hook_queue(c, HOOK_PROPOSAL, o, hook_file_names(files), id);
}

static void
hook_review_applied(struct core *c, const struct ev_applied *a)
{
	AUTO_FREE char *id = xasprintf("%lld", (long long)a->tx);
	cJSON *o = cJSON_CreateObject();
	cJSON *files = cJSON_AddArrayToObject(o, "files");

	EV_EACH(a, ops, op)
		if (op->ok)
			hook_review_add(files, op->path_bytes, NULL,
			    op->from_bytes);
	if (files->child != NULL)
		hook_queue(c, HOOK_APPLIED, o, hook_file_names(files), id);
	else
		cJSON_Delete(o);
}

/* ---- the events session_start, plan and session_end ---- */

/* The session is for trying one hook, on this sample of its event. */
static void
hook_session_sample(struct core *c, const cJSON *sample)
{
	size_t i;

	for (i = 0; i < hook_events_len; i++)
		if (json_is(sample, "event", hook_events[i].name))
			hook_queue(c, (enum hook_event)i, cJSON_Duplicate(
			    json_get(sample, "input"), 1), cJSON_Duplicate(
			    json_get(sample, "names"), 1), NULL);
}

void
hook_session_start(struct core *c)
{
	const cJSON *sample = json_get(c->start, "hook_test");
	cJSON *o;

	if (sample != NULL) {
		hook_session_sample(c, sample);
		return;
	}
	o = cJSON_CreateObject();
	json_add_str(o, "mode", json_str(c->start, "mode"));
	json_add_str(o, "task", json_str(c->start, "task"));
	json_add_bool(o, "resumed", json_str(c->start, "session") != NULL);
	hook_queue(c, HOOK_SESSION_START, o, NULL, NULL);
}

static void
hook_session_plan(struct core *c, const struct ev_plan *p)
{
	AUTO_FREE char *version = xasprintf("%lld", (long long)p->version);
	struct ev_plan plan = *p;
	cJSON *o = cJSON_CreateObject();

	plan.status = plan.client = NULL;
	json_set_take(o, "plan", event_write(EVENT_PLAN, &plan));
	hook_queue(c, HOOK_PLAN, o, NULL, version);
}

static void
hook_session_ended(struct core *c, const struct hook_verdict *v)
{
	(void)v;
	c->hooks->over(c);
}

bool
hook_session_end(struct core *c, void (*over)(struct core *))
{
	cJSON *o;

	if (c->hook_round != NULL) {
		hook_stop(c, "the session was ended");
		if (c->hooks->over != NULL)
			return true;
	} else if (c->hooks->over != NULL)
		return false;
	if (!hook_wants(c, HOOK_SESSION_END, NULL))
		return false;
	inspect_stop(c, false);
	(void)evidence_stop(c, CHECK_ANY);
	/* A request or a command that is still ending: nothing waits for it. */
	if (c->phase != PHASE_IDLE || c->own_command != OWN_NONE)
		return false;
	c->hooks->over = over;
	o = cJSON_CreateObject();
	json_add_str(o, "outcome", c->fold->end.outcome);
	json_add_int(o, "exit", c->exit_code);
	json_add_int(o, "open", fold_undecided(c->fold->proposal));
	hook_begin(c, HOOK_SESSION_END, o, NULL, NULL, hook_session_ended);
	return true;
}

/* ---- the event before_apply, between a decision and its writes ---- */

/*
 * It is about what would be written: the real tree with the accepted hunks, in
 * a staged copy of its own.
 */

/* The files of which something would be written: [{path, status?, from?}]. */
static cJSON *
hook_apply_files(const struct core *c)
{
	cJSON *list = cJSON_CreateArray();

	EV_EACH(&c->decision.line->decision, files, file) {
		bool any = false;
		cJSON *o;

		EV_EACH(file, hunks, h)
			any = any || !ev_is(h->decision, "no");
		if (!any || file->path_bytes == NULL)
			continue;
		o = cJSON_CreateObject();
		json_add_path(o, "path", file->path_bytes);
		cJSON_AddItemToArray(list, o);
	}
	return list;
}

static bool
hook_apply_is_due(const struct core *c)
{
	AUTO_JSON cJSON *files = NULL, *names = NULL;

	/* Begun: an earlier core's hooks have allowed it. */
	if (c->hooks->passed == c->decision.line->seq ||
	    c->fold->open.begin != NULL || json_array(c->start, "hooks") == NULL)
		return false;
	files = hook_apply_files(c);
	names = hook_file_names(files);
	return files->child != NULL &&
	    hook_wants(c, HOOK_BEFORE_APPLY, names);
}

static void
hook_apply_done(struct core *c, const struct hook_verdict *v)
{
	if (v->decision == HOOK_ALLOW)
		c->hooks->passed = c->decision.line->seq;
	else
		decision_block(c);
}

/* Has an earlier core begun with this decision's hooks? */
static bool
hook_apply_was_begun(const struct core *c, const char *seq)
{
	const struct fold_hook *h = c->fold->hooks.list;
	size_t i;

	for (i = 0; i < c->fold->hooks.len; i++)
		if (strcmp(h[i].event, "before_apply") == 0 &&
		    h[i].subject != NULL && strcmp(h[i].subject, seq) == 0)
			return true;
	return false;
}

static void
hook_apply_before(struct core *c)
{
	AUTO_FREE char *seq = xasprintf("%lld", (long long)c->decision.line->seq);
	const char *rule = c->decision.line->decision.rule;
	AUTO_FREE char *by = NULL;
	cJSON *o, *files;

	if (hook_apply_was_begun(c, seq)) {
		emit_note(c, "nothing was written: assent was restarted while "
		    "your hooks looked at the decision. Decide its hunks again "
		    "to run them again");
		decision_block(c);
		core_soon(c);
		return;
	}
	o = cJSON_CreateObject();
	files = hook_apply_files(c);
	by = rule == NULL ? xstrdup("user") : xasprintf("rule:%s", rule);
	json_add_str(o, "by", by);
	json_set_take(o, "files", files);
	hook_begin(c, HOOK_BEFORE_APPLY, o, hook_file_names(files), seq,
	    hook_apply_done);
}

bool
hook_apply(struct core *c, bool last)
{
	if (!hook_apply_is_due(c))
		return false;
	if (last) {
		emit_note(c, "nothing was written: the session ended before "
		    "your hooks had looked at the decision");
		decision_block(c);
	} else if (c->phase == PHASE_IDLE)
		hook_apply_before(c);
	else
		status_tell(c, "applying", "your hooks look at the decision "
		    "after the model's answer");
	return true;
}

/* ---- the events before_tool and after_tool ---- */

#define HOOK_RESULT_MAX	((size_t)4000)	/* of a result's text */

/* The tool's name, and the files that it names, relative to the project. */
static cJSON *
hook_tool_names(const struct core *c, const struct core_call *call,
    const cJSON *args)
{
	cJSON *names = cJSON_CreateArray();
	struct tool_target *v = NULL;
	size_t n = 0, i;

	cJSON_AddItemToArray(names, cJSON_CreateString(call->name));
	if (call->tool != NULL && args != NULL)
		v = tool_targets(call->tool, args, &n);
	for (i = 0; v != NULL && i < n; i++) {
		AUTO_FREE char *path = fs_inside(c->root, c->cwd, v[i].path);

		if (path != NULL)
			cJSON_AddItemToArray(names, cJSON_CreateString(path));
	}
	if (v != NULL)
		tool_targets_free(v, n);
	return names;
}

static cJSON *
hook_tool_input(const struct core_call *call, const cJSON *args,
    const cJSON *names)
{
	cJSON *o = cJSON_CreateObject();
	cJSON *tool = cJSON_AddObjectToObject(o, "tool");
	cJSON *files = cJSON_AddArrayToObject(o, "files");
	const cJSON *it;

	json_add_str(tool, "id", call->id);
	json_add_str(tool, "name", call->name);
	if (args != NULL)
		json_set_take(tool, "args", cJSON_Duplicate(args, 1));
	for (it = names->child->next; it != NULL; it = it->next) {
		cJSON *f = cJSON_CreateObject();

		json_add_path(f, "path", it->valuestring);
		cJSON_AddItemToArray(files, f);
	}
	return o;
}

/* The call, as the user is asked about it: the command, or the tool and its
 * files. */
static char *
hook_tool_title(const struct core *c, const struct core_call *call)
{
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *args = call_args(c, call, &e), *names = NULL;
	const char *command = json_str(args, "command");
	struct buf b = BUF_INIT(0);
	const cJSON *it;

	if (command != NULL)
		return xstrdup(command);
	names = hook_tool_names(c, call, args);
	cJSON_ArrayForEach(it, names)
		buf_addf(&b, "%s%s", b.len == 0 ? "" : " ", it->valuestring);
	if (names->child->next == NULL && call->args_text != NULL)
		buf_addf(&b, " %s", call->args_text);
	return buf_take(&b);
}

/* The user decides. On level none another question follows. */
static void
hook_tool_ask(struct core *c, struct core_call *call,
    const struct hook_verdict *v)
{
	AUTO_FREE char *why = xasprintf("your hook %s asks: %s", v->by,
	    v->reason);
	AUTO_FREE char *what = NULL;

	if (!c->person) {
		AUTO_FREE char *text = xasprintf("the user's hook %s needs "
		    "the user's answer (%s), and nobody is there", v->by,
		    v->reason);

		call_deny(c, call, "hook", text, FAULT_REFUSED);
		return;
	}
	what = hook_tool_title(c, call);
	emit_ask(c, call, ASKED_BY_HOOK, &(struct ev_ask){ .command = what,
	    .why = why, .hook = v->by });
}

static void
hook_tool_done(struct core *c, const struct hook_verdict *v)
{
	struct core_call *call;

	/* The task was stopped meanwhile, and the calls with it. */
	if (c->calls.next >= c->calls.len)
		return;
	call = &c->calls.list[c->calls.next];
	call->hooked = true;
	if (v->decision == HOOK_DENY) {
		AUTO_FREE char *text = xasprintf("the user's hook %s doesn't "
		    "allow this: %s", v->by, v->reason);

		call_deny(c, call, "hook", text, 0);
	} else if (v->decision == HOOK_ASK)
		hook_tool_ask(c, call, v);
}

bool
hook_tool(struct core *c, const struct core_call *call, const cJSON *args,
    bool run)
{
	cJSON *names;
	bool due;

	if (call->hooked || json_array(c->start, "hooks") == NULL)
		return false;
	names = hook_tool_names(c, call, args);
	due = hook_wants(c, HOOK_BEFORE_TOOL, names);
	if (due && run)
		hook_begin(c, HOOK_BEFORE_TOOL, hook_tool_input(call, args,
		    names), names, call->id, hook_tool_done);
	else
		cJSON_Delete(names);
	return due;
}

void
hook_tool_after(struct core *c, const struct core_call *call,
    const struct ev_tool_result *result)
{
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *args = NULL;
	cJSON *names, *o, *r;
	const char *text = result->text == NULL ? "" : result->text;

	if (json_array(c->start, "hooks") == NULL)
		return;
	args = call_args(c, call, &e);
	names = hook_tool_names(c, call, args);
	o = hook_tool_input(call, args, names);
	r = cJSON_AddObjectToObject(o, "result");
	json_add_bool(r, "ok", result->ok);
	json_add_str(r, "error", result->error);
	if (result->exit.is)
		json_add_int(r, "exit", result->exit.n);
	json_add_strn(r, "text", text, strlen(text) < HOOK_RESULT_MAX ?
	    strlen(text) : HOOK_RESULT_MAX);
	hook_queue(c, HOOK_AFTER_TOOL, o, names, call->id);
}

/* ---- the event waits ---- */

/*
 * Something waits for the user. Its hooks run in any phase and beside the others:
 * nothing waits for them, and their answers count for nothing. They are told once
 * of each thing, by the line of the journal with which it began to wait; a new
 * version of a proposal counts only after another turn of the model's. While they
 * run they aren't started again: an MCP server can ask and take it back at once,
 * as often as it likes.
 */

static void
hook_waits_ended(struct core *c, struct hook_run *r, struct event *line,
    const char *failure)
{
	struct hook_run **at = &c->hooks->beside;

	line->hook.ok = EV_ON(failure == NULL);
	line->hook.error = failure;
	line->hook.decision = hook_decision_words[HOOK_ALLOW];
	EMIT_THIS(c, "core", hook, &line->hook);
	while (*at != r)
		at = &(*at)->more;
	*at = r->more;
	hook_run_release(r);
	free(r);
	hook_waits(c);
	if (c->hooks->over != NULL && c->hook_round == NULL)
		c->hooks->over(c);
	else
		core_soon(c);
}

bool
hook_waits_end(struct core *c, void (*over)(struct core *))
{
	if (c->hooks->beside != NULL)
		c->hooks->over = over;
	return c->hooks->beside != NULL;
}

static cJSON *
hook_waits_input(const struct core *c, enum session_wait what)
{
	char host[256] = "";
	AUTO_FREE char *words = NULL, *line = NULL;
	cJSON *o = cJSON_CreateObject();
	int n = fold_undecided(c->fold->proposal);

	(void)gethostname(host, sizeof(host) - 1);
	line = xasprintf("ssh -t %s assent resume %s", host, c->id);
	words = what == SESSION_HUNKS ? xasprintf("%d hunk%s to review", n,
	    n == 1 ? "" : "s") : xstrdup(what == SESSION_PLAN ?
	    "plan to review" : what == SESSION_LIMIT ? "limit reached" :
	    fold_ask_row(&c->fold->ask)->waits);
	json_add_str(o, "waits", session_wait_name(what));
	json_add_str(o, "words", words);
	json_add_str(o, "attach", line);
	json_add_bool(o, "attached", c->person && c->server->clients != NULL);
	return o;
}

void
hook_waits(struct core *c)
{
	enum session_wait what = session_state_waits(&c->fold->facts.state);
	AUTO_JSON cJSON *input = NULL;
	const cJSON *spec;
	int i = 0;

	if (what == SESSION_NOTHING || c->hooks->waits <= c->hooks->told ||
	    c->hooks->beside != NULL)
		return;
	c->hooks->told = c->hooks->waits;
	input = hook_waits_input(c, what);
	while ((spec = hook_find(c, HOOK_WAITS, NULL, &i)) != NULL) {
		struct hook_run *r = xcalloc(1, sizeof(*r));

		r->more = c->hooks->beside;
		c->hooks->beside = r;
		r->event = HOOK_WAITS;
		r->for_id = xasprintf("%lld", (long long)c->hooks->waits);
		r->ended = hook_waits_ended;
		hook_start(c, r, spec, input);
	}
}

static void
hook_waits_line(struct hooks *h, const struct event *e, int turn)
{
	if (e->type == EVENT_HOOK && ev_is(e->hook.event, "waits"))
		h->told = strtoll(ev_str(e->hook.for_, "0"), NULL, 10);
	else if (e->type == EVENT_PROPOSAL ? e->proposal.files_len > 0 &&
	    e->proposal.undo == 0 && h->waits_turn != turn :
	    e->type == EVENT_PLAN ? ev_is(e->plan.status, "proposed") :
	    e->type == EVENT_BUDGET ? e->budget.action == NULL :
	    e->type == EVENT_ASK)
		h->waits = e->seq;
	if (e->type == EVENT_PROPOSAL)
		h->waits_turn = turn;
}

void
hook_new_line(struct core *c, const struct event *e)
{
	hook_waits_line(c->hooks, e, c->fold->turn);
	if (c->resume != NULL || json_array(c->start, "hooks") == NULL)
		return;
	if (e->type == EVENT_PROPOSAL)
		hook_review_proposal(c, &e->proposal);
	else if (e->type == EVENT_APPLIED)
		hook_review_applied(c, &e->applied);
	else if (e->type == EVENT_ASK)
		core_soon(c);
	else if (e->type == EVENT_PLAN && ev_is(e->by, "model") &&
	    ev_is(e->plan.status, "proposed"))
		hook_session_plan(c, &e->plan);
}
