#include "config.h"

#include "core/turn-body.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/budget.h"
#include "core/call-tools.h"
#include "core/compact.h"
#include "core/context.h"
#include "core/recall.h"
#include "core/core.h"
#include "core/prompt.h"
#include "core/amend.h"
#include "core/effort.h"
#include "core/target.h"
#include "core/tokens.h"
#include "provider/provider.h"

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
	facts.profile = json_get(c->start, "profile");
	facts.user_text = json_str(c->start, "user_text");
	facts.project_text = json_str(c->start, "project_text");
	facts.project = c->project.context;
	return prompt_system(c->prompts, &facts);
}

int64_t
turn_overhead(struct core *c)
{
	AUTO_FREE struct tool_schema *tools = NULL;
	AUTO_FREE char *system = turn_system(c);
	int64_t n = 64 + tokens_estimate(system, strlen(system));
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

static uint64_t
turn_hash(uint64_t h, const char *s)
{
	/* FNV-1a, including the NUL, so that the end of a text counts. */
	do
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	while (*s++ != '\0');
	return h;
}

void
turn_add_prefix(struct core *c, cJSON *o)
{
	AUTO_FREE struct tool_schema *tools = NULL;
	AUTO_FREE char *system = NULL;
	char text[24];
	uint64_t h = 14695981039346656037u;
	size_t i, n;

	if (!c->target.facts.bound)
		return;
	system = turn_system(c);
	tools = call_tools(c, &n);
	h = turn_hash(turn_hash(h, system), facts_marks(&c->target.facts,
	    effort_for(c, &c->target, false)) && (amend_without(c, &c->target) &
	    REQUEST_MARKERS) == 0 ? "marks" : "");
	for (i = 0; i < n; i++)
		h = turn_hash(turn_hash(turn_hash(h, tools[i].name),
		    tools[i].description), tools[i].parameters);
	snprintf(text, sizeof(text), "%016llx", (unsigned long long)h);
	json_add_str(o, "prefix", text);
}

/* The body of a request to this model. */
static char *
turn_body_of(struct core *c, const struct core_target *to, struct request *r,
    int64_t output)
{
	struct buf body = BUF_INIT(0);

	r->model = to->model;
	r->dialect = to->dialect;
	r->facts = &to->facts;
	r->without = amend_without(c, to);
	r->max_tokens = c->request.output = output;
	r->effort = c->request.effort = effort_for(c, to,
	    c->request.aside_text != NULL);
	/* Record the effort that this model really supports. */
	(void)facts_thinking(&to->facts, THINKING_EFFORT, &c->request.effort);
	c->request.options = to->format->request(&body, r);
	return buf_take(&body);
}

static char *
turn_body_turn(struct core *c)
{
	struct tokens_room room;
	struct request r = { 0 };
	AUTO_FREE struct tool_schema *tools = NULL;
	AUTO_FREE char *system = turn_system(c);

	compact_room(c, &room);
	tools = call_tools(c, &r.tools_len);
	r.no_calls = budget_is_wrapped(c);
	r.conversation = c->id;
	r.system = system;
	r.tools = tools;
	r.messages = context_messages(recall_context(c), &r.messages_len);
	r.stable_len = context_stable(recall_context(c));
	r.long_cache = context_waits(recall_context(c));
	return turn_body_of(c, &c->target, &r, tokens_answer(&room,
	    context_tokens(recall_context(c), c->overhead)));
}

/* The body for a text alone, without tools. */
static char *
turn_body_aside(struct core *c)
{
	const struct core_target *to = c->request.target;
	struct message m = { .role = MESSAGE_USER,
	    .text = c->request.aside_text };
	AUTO_BUF struct buf wire = BUF_INIT(0);
	struct request q = { 0 };
	struct tokens_room room;
	const char *messages[1];

	to->format->message(&wire, &m, to->model, to->dialect);
	messages[0] = buf_str(&wire);
	compact_room_of(c, to, &room);
	q.system = c->request.aside_system;
	q.messages = messages;
	q.messages_len = 1;
	return turn_body_of(c, to, &q, tokens_answer(&room,
	    tokens_estimate(q.system, strlen(q.system)) +
	    tokens_estimate(messages[0], wire.len)));
}

char *
turn_body(struct core *c)
{
	return c->request.aside_text != NULL ? turn_body_aside(c) :
	    turn_body_turn(c);
}
