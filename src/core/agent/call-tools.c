#include "config.h"

#include "core/agent/call.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/utf8.h"
#include "core/agent/plan.h"
#include "core/agent/turn.h"
#include "core/context/compact.h"
#include "core/kernel/core.h"
#include "core/mcp/mcp.h"
#include "journal/event.h"
#include "provider/provider.h"
#include "tool/tool.h"

#define EDIT_TOOLS_FAILS 2

static bool
edit_tools_patch(const struct core *c)
{
	if (!call_is_on(c, "apply_patch"))
		return false;
	/* The user's list may contain nothing else. */
	return (c->target.facts.apply_patch && c->edits.patch == PATCH_ON) ||
	    (!call_is_on(c, "edit") && !call_is_on(c, "write"));
}

/* Can a plan still name a check? What the user or the project set stays. */
static bool
call_plan_sets_check(const struct core *c)
{
	return c->plan.mode != PLAN_LOOK && c->plan.mode != PLAN_SKIP &&
	    plan_sets_check(c);
}

/* Is there a check, or can there be one in this task? Its tools don't come and go
 * with a plan, since the service's cache begins with them. */
static bool
call_has_check(const struct core *c)
{
	return c->check.command != NULL || call_plan_sets_check(c);
}

/* Is this tool listed for the current model? Unlisted ones run, too. */
static bool
call_is_offered(const struct core *c, const struct tool_entry *t)
{
	bool patch = strcmp(t->name, "apply_patch") == 0;

	if (strcmp(t->name, "run_tests") == 0 && !call_has_check(c))
		return false;
	if (!patch && (t->effects & TOOL_WRITES) == 0)
		return true;
	return edit_tools_patch(c) == patch;
}

/* Does this failure tell how well the model handles the tool? */
static bool
edit_tools_counts(const char *name, const char *kind)
{
	static const char *const others[] = { "plan_phase", "plan_step",
		"question",
		"interrupted", "killed", "sandbox", "stage", "changed" };

	return MEM_FIND(others, kind) == NULL && ev_is(name, "apply_patch");
}

char *
edit_tools_advice(const struct core *c, const struct core_call *call,
    const char *kind)
{
	if (!edit_tools_counts(call->name, kind) ||
	    c->edits.patch != PATCH_ON || !c->target.facts.apply_patch ||
	    c->edits.patch_fails + 1 < EDIT_TOOLS_FAILS ||
	    !call_is_on(c, "edit"))
		return NULL;
	return xstrdup("\n\napply_patch failed twice in a row. From now on you "
	    "have edit (replace a piece of a file) and write (a whole file) "
	    "instead: use those.");
}

static void
edit_tools_line(struct core *c, const struct event *e)
{
	const struct ev_tool_result *t = &e->tool_result;

	if (!edit_tools_counts(t->name, t->ok ? NULL : t->error))
		return;
	if (t->ok)
		c->edits.patch_fails = 0;
	else if (++c->edits.patch_fails >= EDIT_TOOLS_FAILS)
		/* A resumed session has told the model before. */
		c->edits.patch = c->resume != NULL ? PATCH_OFF_TOLD : PATCH_OFF;
}

void
edit_tools_note(struct core *c)
{
	if (c->edits.patch != PATCH_OFF)
		return;
	c->edits.patch = PATCH_OFF_TOLD;
	if (!c->target.facts.apply_patch || !call_is_on(c, "edit"))
		return;
	emit_note(c, "%s failed with apply_patch twice in a row: it gets edit "
	    "and write instead", c->target.model);
	c->request.overhead = turn_overhead(c);
}

#define SHORT_WINDOW	10000	/* up to this size, descriptions are short */
#define SHORT_BYTES	100	/* limit on a description */
#define ADVICE_NAMES	50	/* of tools, in an error */

/* As many whole sentences as fit, but at least one; malloc'ed. */
static char *
short_words(const char *text)
{
	const char *p = text, *end = NULL;

	while ((p = strstr(p, ". ")) != NULL) {
		p++;
		if (end == NULL || (size_t)(p - text) <= SHORT_BYTES)
			end = p;
	}
	if (end == NULL || strlen(text) <= SHORT_BYTES)
		return xstrdup(text);
	return xmemdup(text, (size_t)(end - text));
}

/* The first line, or what fits of it. malloc'ed. */
static char *
short_line(const char *text)
{
	size_t n = strcspn(text, "\n");

	return n <= SHORT_BYTES ? xmemdup(text, n) :
	    xasprintf("%.*s...", (int)utf8_cut(text, n, SHORT_BYTES), text);
}

/* Remove descriptions at any depth, and what is below that depth. */
static void
short_schema(cJSON *schema, unsigned depth)
{
	cJSON *props = cJSON_GetObjectItemCaseSensitive(schema, "properties");
	cJSON *items = cJSON_GetObjectItemCaseSensitive(schema, "items"), *it;

	cJSON_DeleteItemFromObjectCaseSensitive(schema, "description");
	if (depth == 0) {
		cJSON_DeleteItemFromObjectCaseSensitive(schema, "properties");
		cJSON_DeleteItemFromObjectCaseSensitive(schema, "required");
		return;
	}
	cJSON_ArrayForEach(it, props)
		short_schema(it, depth - 1);
	if (items != NULL)
		short_schema(items, depth - 1);
}

/* The short texts of a tool, built once for each of its full ones, which the mode
 * and the check change; one of many has a line. */
static const cJSON *
short_tool(struct core *c, const struct tool_schema *t, bool of_many)
{
	AUTO_FREE char *full = xasprintf("%d%s%s", of_many, t->description,
	    t->parameters);
	cJSON *o, *schema;
	char *text;

	if (c->edits.short_tools == NULL)
		c->edits.short_tools = cJSON_CreateObject();
	o = cJSON_GetObjectItemCaseSensitive(c->edits.short_tools, full);
	if (o != NULL)
		return o;
	o = cJSON_CreateObject();
	text = of_many ? short_line(t->description) :
	    short_words(t->description);
	json_add_str(o, "description", text);
	free(text);
	schema = json_parse(t->parameters, strlen(t->parameters),
	    JSON_NUL_REFUSE, NULL);
	short_schema(schema, of_many ? 1 : JSON_MAX_DEPTH);
	text = json_print(schema);
	json_add_str(o, "parameters", text);
	free(text);
	cJSON_Delete(schema);
	json_set_take(c->edits.short_tools, full, o);
	return o;
}

static void
short_tools(struct core *c, struct tool_schema *v, size_t n, bool of_many)
{
	struct tokens_room room;
	const cJSON *o;
	size_t i;

	compact_room(c, &c->target, &room);
	if (!of_many && !c->compact->short_tools && room.window > SHORT_WINDOW)
		return;
	for (i = 0; i < n; i++) {
		o = short_tool(c, &v[i], of_many);
		v[i].description = json_str_or(o, "description", "");
		v[i].parameters = json_str_or(o, "parameters", "{}");
	}
}

/* Has the argument that a bare schema lacks a meaning in this session? One that
 * comes nevertheless is taken. */
static bool
call_takes_all(const struct core *c, const struct tool_entry *t)
{
	if (strcmp(t->name, "run_tests") == 0)
		return c->check.command != NULL &&
		    strstr(c->check.command, "{path}") != NULL;
	return strcmp(t->name, "plan") == 0 ? call_plan_sets_check(c) :
	    c->plan.mode != PLAN_LOOK && call_has_check(c);
}

static void
call_tools_add(const struct core *c, const struct tool_entry *t,
    struct tool_schema **v, size_t *n)
{
	const char *about = strcmp(t->name, "find_tool") == 0 ?
	    mcp_find_about(c) : NULL;

	if (!call_tool_exists(c, t))
		return;
	*GROW_ADD(*v, *n) = (struct tool_schema){ .name = t->name,
	    .description = about != NULL ? about :
	    c->plan.mode == PLAN_LOOK && t->look != NULL ?
	    t->look : t->description,
	    .parameters = t->bare == NULL || call_takes_all(c, t) ?
	    t->schema : t->bare,
	    .grammar = t->grammar,
	    .strict = (t->effects & TOOL_STRICT) != 0 };
}

struct tool_schema *
call_tools(struct core *c, size_t *n)
{
	const struct tool_entry *t;
	struct tool_schema *v = NULL;
	size_t own, i;

	*n = 0;
	for (i = 0; i < tool_table_len; i++)
		if (call_is_offered(c, &tool_table[i]))
			call_tools_add(c, &tool_table[i], &v, n);
	own = *n;
	if (mcp_tool_at(c, MCP_TOOLS_LINES) == NULL)
		for (i = 0; (t = mcp_tool_at(c, i)) != NULL; i++)
			call_tools_add(c, t, &v, n);
	short_tools(c, v, own, false);
	short_tools(c, v + own, *n - own,
	    mcp_tool_at(c, MCP_TOOLS_FULL) != NULL);
	return v;
}

char *
call_tools_advice(struct core *c, const struct tool_entry *t)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE struct tool_schema *v = NULL;
	size_t i, n;

	if (t != NULL && call_tool_exists(c, t))
		return NULL;
	v = call_tools(c, &n);
	for (i = 0; i < n && i < ADVICE_NAMES; i++)
		buf_addf(&b, "%s%s", i == 0 ? "; there are: " : ", ",
		    v[i].name);
	if (n > ADVICE_NAMES)
		buf_addf(&b, " and %zu more", n - ADVICE_NAMES);
	return xstrdup(buf_str(&b));
}

static void
tools_free(struct core *c)
{
	cJSON_Delete(c->edits.short_tools);
	pathmap_release(&c->edits.misses);
}

const struct core_part tools_part = {
	.line = edit_tools_line, .lines = OF(EVENT_TOOL_RESULT),
	.free = tools_free,
};
