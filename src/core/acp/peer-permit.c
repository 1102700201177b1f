/*
 * What the agent asks for permission. The sandbox holds, whatever it does there:
 * so a tool that reads, writes, runs or fetches is allowed by rule. All else is
 * the user's question, in the agent's words, which front ends set apart from ours;
 * and whether it may leave its planning mode is answered by the decision on the
 * plan.
 */
#include "config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/acp/peer-int.h"
#include "core/job/job.h"
#include "core/kernel/core.h"
#include "core/kernel/secrets.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "loop/loop.h"
#include "rpc/acp-names.h"
#include "rpc/rpc.h"

#define PERMIT_TEXT	((size_t)16 << 10)	/* of a question */
#define PERMIT_WAITS	16		/* at once */
#define PLAN_STEPS	50
#define PLAN_TOLD_MS	1000
#define PLAN_TITLE	((size_t)200)

/* ---- options ---- */

static int
option_count(const cJSON *options, const char *kind)
{
	const cJSON *it;
	int n = 0;

	cJSON_ArrayForEach(it, options)
		n += json_is(it, "kind", kind);
	return n;
}

/* The user's word for one: its number or its name; NULL: none of them. */
static const char *
option_find(const cJSON *options, const char *text)
{
	char *end;
	long n = strtol(text, &end, 10), i = 0;
	const cJSON *it;

	cJSON_ArrayForEach(it, options)
		if ((i++, *end == '\0' && i == n) || json_is(it, "name", text))
			return json_str(it, "optionId");
	return NULL;
}

/* NULL: none, it is cancelled. */
static void
permit_select(struct peer *p, const cJSON *id, const char *option)
{
	cJSON *o = cJSON_CreateObject();
	cJSON *outcome = cJSON_AddObjectToObject(o, "outcome");

	json_add_str(outcome, "outcome", option == NULL ? ACP_CANCELLED :
	    "selected");
	json_add_str(outcome, "optionId", option);
	/* It leaves us. */
	emit_sync(p->core);
	rpc_answer_take(p->run.rpc, id, o);
}

/* The first option of this kind, or none. */
static void
permit_choose(struct peer *p, const cJSON *id, const cJSON *options,
    const char *kind)
{
	permit_select(p, id, json_str(json_find(options, "kind", kind),
	    "optionId"));
}

/* ---- the list of those that wait ---- */

static void
permit_add(struct peer *p, const cJSON *id, const cJSON *options,
    const char *text)
{
	*GROW_ADD(p->asks, p->asks_len) = (struct peer_ask){
		.rpc = cJSON_Duplicate(id, true),
		.options = cJSON_Duplicate(options, true),
		.text = core_masked(p->core, text) };
}

/* The first is answered. */
static void
permit_remove(struct peer *p)
{
	struct peer_ask *a = p->asks;

	cJSON_Delete(a->rpc);
	cJSON_Delete(a->options);
	FREE_ALL(a->text, a->id);
	memmove(a, a + 1, --p->asks_len * sizeof(*a));
	if (p->asks_len == 0)
		FREE_NULL(p->asks);
}

void
permit_drop(struct peer *p)
{
	p->leaves = 0;
	while (p->asks_len > 0) {
		if (p->asks->id != NULL)
			emit_unanswered(p->core, p->asks->id);
		permit_select(p, p->asks->rpc, NULL);
		permit_remove(p);
	}
}

void
permit_free(struct peer *p)
{
	p->leaves = 0;
	while (p->asks_len > 0)
		permit_remove(p);
}

/* ---- the user's question ---- */

/* With one way to say yes it is a yes or a no; else a number. */
static bool
permit_is_choice(const struct peer_ask *a)
{
	return option_count(a->options, ACP_ALLOW_ONCE) != 1;
}

static void
permit_open(struct peer *p, const char *given)
{
	struct core *c = p->core;
	struct peer_ask *a = p->asks;
	bool choice = permit_is_choice(a);
	struct ev_ask_form form = { choice ? "choice" : NULL, choice ?
		ev_str(given, "") : NULL };
	AUTO_FREE char *why = xasprintf("%s asks, in its own words. %s",
	    p->name, choice ? "The answer is the number of your choice" :
	    "Yes allows it once, no rejects it");

	FREE_SET(a->id, xasprintf("agent-%lld",
	    (long long)c->journal->chain.seq + 1));
	EMIT(c, "core", ask, .id = a->id, .command = a->text, .why = why,
	    .server = p->name, .form = &form);
	status_ask(c);
}

void
peer_ask_next(struct core *c)
{
	struct peer *p = c->peer;

	if (p != NULL && p->state == PEER_WORKS && p->asks_len > 0 &&
	    p->asks->id == NULL && p->leaves == 0 && c->fold->ask.id == NULL)
		permit_open(p, NULL);
}

bool
peer_answer(struct core *c, const cJSON *command, const char *client)
{
	struct peer *p = c->peer;
	struct peer_ask *a = p == NULL || p->asks_len == 0 ? NULL : p->asks;
	const char *text = json_str_or(command, "text", ""), *option;

	if (a == NULL || a->id == NULL || !json_is(command, "id", a->id))
		return false;
	emit_answered(c, command, client);
	if (!json_bool(command, "allow", false))
		permit_choose(p, a->rpc, a->options, ACP_REJECT_ONCE);
	else if (!permit_is_choice(a))
		permit_choose(p, a->rpc, a->options, ACP_ALLOW_ONCE);
	else if ((option = option_find(a->options, text)) != NULL)
		permit_select(p, a->rpc, option);
	else {
		permit_open(p, text);
		return true;
	}
	permit_remove(p);
	status_tell(c, "model", "%s works", p->name);
	core_soon(c);
	return true;
}

/* ---- a plan ---- */

/* The title of a list's item: "1. Do it"; NULL: it is none. */
static const char *
plan_item(const char *line)
{
	const char *at = line + strspn(line, "0123456789");

	if (at > line && (at[0] == '.' || at[0] == ')') && at[1] == ' ')
		return at + 2;
	return strchr("-*", line[0]) != NULL && line[0] != '\0' &&
	    line[1] == ' ' ? line + 2 : NULL;
}

cJSON *
peer_plan(const char *text)
{
	cJSON *o = cJSON_CreateObject();
	cJSON *steps = cJSON_AddArrayToObject(o, "steps"), *step;
	AUTO_FREE char *goal = NULL;
	size_t n;

	for (; *text != '\0'; text += n + (text[n] == '\n')) {
		AUTO_FREE char *line = xmemdup(text, n = strcspn(text, "\n"));
		const char *title = line + strspn(line, "# "), *item;
		AUTO_FREE char *cut = utf8_cut_dup(title, PLAN_TITLE);

		item = plan_item(line);
		if (goal == NULL && title[0] != '\0')
			goal = xstrdup(cut);
		if (item == NULL || item[0] == '\0' ||
		    cJSON_GetArraySize(steps) == PLAN_STEPS)
			continue;
		step = cJSON_CreateObject();
		json_add_strn(step, "title", item, utf8_cut(item, strlen(item),
		    PLAN_TITLE));
		cJSON_AddItemToArray(steps, step);
	}
	json_add_str(o, "goal", ev_str(goal, ""));
	if (steps->child == NULL)
		json_drop(&o);
	return o;
}

/* The prompt is parked until the plan is decided. */
static void
permit_park(struct peer *p)
{
	const struct peer_call *call = &p->calls[p->leaves - 1];
	AUTO_FREE char *masked = core_masked(p->core, call->text.len > 0 ?
	    buf_str(&call->text) : call->title);

	p->leaves = 0;
	/* The plan event has only steps. */
	if (p->text.len > 0)
		buf_adds(&p->text, "\n\n");
	buf_add(&p->text, masked, utf8_cut(masked, strlen(masked),
	    PEER_TEXT_MAX - p->text.len));
	p->plan = peer_plan(masked);
	if (p->plan == NULL) {
		AUTO_FREE char *one = xasprintf("The plan\n- %s", masked);

		p->plan = peer_plan(one);
	}
	p->state = PEER_ENDS;
	job_hold(&p->run.job);
}

static void
permit_park_late(void *arg)
{
	struct peer *p = arg;

	p->timer = NULL;
	permit_park(p);
}

void
permit_shown(struct peer *p)
{
	if (p->leaves == 0 || p->calls[p->leaves - 1].text.len == 0)
		return;
	loop_timer_free(&p->timer);
	permit_park(p);
}

/* It asks to leave its planning mode. What the plan is may be told right after
 * that. */
static void
permit_leave(struct peer *p, const struct peer_call *call, const cJSON *id,
    const cJSON *options)
{
	permit_drop(p);
	permit_add(p, id, options, "");
	/* That of a question before it, which is dropped. */
	loop_timer_free(&p->timer);
	p->leaves = (size_t)(call - p->calls) + 1;
	p->timer = loop_timer_new(p->core->loop, PLAN_TOLD_MS,
	    permit_park_late, p);
	permit_shown(p);
}

bool
permit_plan(struct peer *p)
{
	const struct fold_plan *plan = &p->core->fold->plan;
	bool as_shown = plan->status == FOLD_PLAN_APPROVED && !plan->edited &&
	    plan->said == NULL;

	if (p->asks_len == 0)
		return false;
	permit_choose(p, p->asks->rpc, p->asks->options, as_shown ?
	    ACP_ALLOW_ONCE : ACP_REJECT_ONCE);
	permit_remove(p);
	return as_shown;
}

/* ---- the request ---- */

/* What the rule allows; the sandbox holds. */
static bool
permit_by_rule(const char *kind)
{
	static const char *const kinds[] = { "read", "search", "edit",
		"delete", "move", "execute", "fetch" };

	return MEM_FIND(kinds, kind) != NULL;
}

/* What is asked. */
static char *
permit_text(const struct peer_call *call, const cJSON *options)
{
	AUTO_BUF struct buf b = BUF_INIT(PERMIT_TEXT);
	const cJSON *it;
	int n = 0;

	buf_addf(&b, "%s\n", call->title);
	if (call->text.len > 0)
		buf_addf(&b, "%.8000s\n", buf_str(&call->text));
	cJSON_ArrayForEach(it, options)
		buf_addf(&b, "%d  %.200s\n", ++n, json_str_or(it, "name", ""));
	return buf_take(&b);
}

void
peer_asked(void *peer, const cJSON *id, const char *method,
    const cJSON *params)
{
	struct peer *p = peer;
	struct core *c = p->core;
	const cJSON *options = json_array(params, "options");
	const cJSON *asked = json_get(params, "toolCall");
	struct peer_call *call = NULL;
	AUTO_FREE char *text = NULL;
	bool once = option_count(options, ACP_ALLOW_ONCE) > 0, plans;

	if (strcmp(method, ACP_PERMISSION) != 0) {
		rpc_refuse(p->run.rpc, id, RPC_NO_METHOD,
		    "assent doesn't do this for an agent");
		return;
	}
	if (p->state == PEER_WORKS)
		update_count(p);
	if (p->state == PEER_WORKS && p->stop == NULL)
		call = update_call(p, asked, false);
	if (call == NULL || cJSON_GetArraySize(options) == 0 ||
	    p->asks_len == PERMIT_WAITS) {
		permit_select(p, id, NULL);
		return;
	}
	if (once && permit_by_rule(call->kind)) {
		(void)update_call(p, asked, true);
		call->asked = true;
		permit_choose(p, id, options, ACP_ALLOW_ONCE);
		return;
	}
	text = permit_text(call, options);
	plans = task_plans(c) && strcmp(call->kind, "switch_mode") == 0;
	if (plans && c->plan.mode != PLAN_LOOK)
		permit_leave(p, call, id, options);
	else if (c->person && !plans) {
		permit_add(p, id, options, text);
		core_soon(c);
	} else {
		if (!p->declined)
			emit_note(c, "%s asked something, and nobody is here "
			    "to answer: rejected", p->name);
		p->declined = true;
		permit_choose(p, id, options, ACP_REJECT_ONCE);
	}
}
