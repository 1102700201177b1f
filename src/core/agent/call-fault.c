#include "config.h"

#include "core/agent/call.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/agent/plan.h"
#include "core/kernel/core.h"
#include "core/mcp/mcp.h"
#include "core/review/seen.h"
#include "gate/stage.h"
#include "journal/fold.h"
#include "sandbox/sandbox.h"
#include "tool/tool.h"

bool
call_is_on(const struct core *c, const char *name)
{
	const cJSON *list = json_array(c->start, "tools"), *it;

	if (list == NULL)
		return true;
	cJSON_ArrayForEach(it, list)
		if (cJSON_IsString(it) && strcmp(it->valuestring, name) == 0)
			return true;
	if (strcmp(name, "background") == 0)
		return call_is_on(c, "bash");
	/* apply_patch replaces these two. */
	return strcmp(name, "apply_patch") == 0 && call_is_on(c, "edit") &&
	    call_is_on(c, "write");
}

bool
call_tool_exists(const struct core *c, const struct tool_entry *t)
{
	if ((t->effects & TOOL_NAMED) != 0 &&
	    json_array(c->start, "tools") == NULL)
		return false;
	if (strcmp(t->name, "done") == 0)
		return true;
	if (strcmp(t->name, "find_tool") == 0)
		return mcp_tool_at(c, MCP_TOOLS_FULL) != NULL;
	if (strcmp(t->name, "call_tool") == 0)
		return mcp_tool_at(c, MCP_TOOLS_LINES) != NULL;
	if (strcmp(t->name, "plan") == 0 || strcmp(t->name, "step_done") == 0)
		return c->plan.mode != PLAN_LOOK && c->plan.mode != PLAN_SKIP;
	return call_is_on(c, t->name) && (c->plan.mode != PLAN_LOOK ||
	    (t->effects & TOOL_WRITES) == 0);
}

/* Why an existing tool may not run now; malloc'ed, NULL if it may. */
static char *
call_must_wait(const struct core *c, const struct tool_entry *t,
    const char **kind)
{
	bool planning = task_plans(c) && c->plan.mode != PLAN_LOOK;

	if (strcmp(t->name, "run_tests") == 0 && c->check.command == NULL)
		return xstrdup("no check is set: use bash to run what "
		    "shows best whether it works");
	*kind = "question";
	if (c->question.on != NULL && (t->effects & TOOL_READS) == 0)
		return xasprintf("the user asked a question about a change "
		    "under review: %s doesn't work in this turn. Answer in "
		    "plain text, without calling done; you go on afterwards",
		    t->name);
	*kind = "sandbox";
	if (c->sandbox.changed > 0 && c->sandbox.changed == c->fold->turn)
		return xstrdup("not run: commands have another sandbox than "
		    "you were told; read that first");
	*kind = "plan_phase";
	if (c->calls.unheard)
		return xstrdup("not run: the user has answered the plan before "
		    "this call; read that first");
	if (planning && (t->effects & TOOL_WRITES) != 0)
		return xasprintf("no file can be changed before the plan is "
		    "approved: hand in the plan first, then call %s again",
		    t->name);
	if (planning && strcmp(t->name, "step_done") == 0)
		return xstrdup("no plan is approved yet: hand it in first");
	*kind = "bad_call";
	return NULL;
}

/* Does the schema say types, and null isn't one of them? */
static bool
call_takes_no_null(const cJSON *schema)
{
	const cJSON *type = json_get(schema, "type");

	if (cJSON_IsArray(type))
		return !json_has(type, "null");
	return cJSON_IsString(type) && strcmp(type->valuestring, "null") != 0 &&
	    !json_bool(schema, "nullable", false);
}

/* Remove null members where the schema has no null: with one that requires all
 * members, and from many models, null means that the member is left out.
 * `open`: a schema that doesn't say so allows other members. */
static void
call_drop_nulls(cJSON *o, const cJSON *schema, bool open)
{
	const cJSON *members = json_get(schema, "properties"), *its;
	bool others = schema != NULL && json_bool(schema,
	    "additionalProperties", open);
	cJSON *it, *next;

	for (it = o == NULL ? NULL : o->child; it != NULL; it = next) {
		next = it->next;
		its = cJSON_IsArray(o) ? json_get(schema, "items") :
		    json_get(members, it->string);
		if (cJSON_IsNull(it) && cJSON_IsObject(o) &&
		    (its == NULL ? !others : call_takes_no_null(its)))
			cJSON_Delete(cJSON_DetachItemViaPointer(o, it));
		else
			call_drop_nulls(it, its, open);
	}
}

/* Why this call of an existing tool may not run; malloc'ed, NULL if it may. */
static char *
call_refuses(struct core *c, struct core_call *call,
    const struct tool_entry *t, const cJSON *args, const char **kind)
{
	struct err e = ERR_INIT;
	char *text;
	size_t i;

	if ((t->effects & TOOL_SERVER) != 0) {
		if (!cJSON_IsObject(args))
			return xstrdup("the arguments must be an object");
	} else if (tool_check_args(t, args, &e) < 0)
		return t->form == NULL ? xstrdup(e.text) :
		    xasprintf("%s. Nothing was done.\n%s", e.text, t->form);
	if (call->targets == NULL)
		call->targets = tool_targets(t, args, &call->targets_len);
	*kind = "changed";
	MEM_EACH(call, targets, target)
		if (target->whole && seen_is_old(c, target->path))
			return xasprintf("%.200s was changed by somebody else "
			    "since you saw it, and this would replace that. "
			    "Nothing was written: read it again first",
			    target->path);
	*kind = "plan_step";
	text = plan_step_refuses(c, t, NULL);
	for (i = 0; text == NULL && i < call->targets_len; i++)
		text = plan_step_refuses(c, t, call->targets[i].path);
	return text;
}

/* The tool of this call: ours, or an MCP server's; NULL: there is none. */
static const struct tool_entry *
call_tool(const struct core *c, const struct core_call *call)
{
	return call->tool != NULL ? call->tool : mcp_tool(c, call->name);
}

/* The project has other names: the user's, by a link, which they tell the model;
 * and without namespaces its commands see that of the copy. The path by the name
 * that the checks and tools know, malloc'ed; NULL: it is that already. */
static char *
call_path(const struct core *c, const char *given)
{
	struct sandbox_spec its = { 0 };
	const char *others[] = { json_str(c->start, "alias"), NULL };
	size_t i;

	stage_fill_spec(c->stage, &its);
	others[1] = its.copy;
	for (i = 0; i < MEM_COUNT(others); i++)
		if (others[i] != NULL && fs_is_below(given, others[i]))
			return xasprintf("%s%s", c->root,
			    given + strlen(others[i]));
	return NULL;
}

/* In the lines of a patch that name a file. */
static char *
call_patch_paths(const struct core *c, const char *patch)
{
	struct buf b = BUF_INIT(BUF_MAX);
	const char *at = patch;

	while (*at != '\0') {
		size_t n = strcspn(at, "\n"), name = strcspn(at, "/");
		AUTO_FREE char *own = NULL, *path = NULL;

		if (strncmp(at, "*** ", 4) == 0 && name < n &&
		    strchr(" \t:", at[name - 1]) != NULL) {
			path = xmemdup(at + name, n - name);
			own = call_path(c, path);
		}
		buf_add(&b, at, own == NULL ? n : name);
		buf_adds(&b, own == NULL ? "" : own);
		at += n;
		if (*at == '\n')
			buf_add(&b, at++, 1);
	}
	return buf_take(&b);
}

/* In all of the arguments that are paths: `is`, so is this one. */
static void
call_mend_paths(const struct core *c, const char *tool, cJSON *args, bool is)
{
	cJSON *it;

	if (is && cJSON_IsString(args)) {
		AUTO_FREE char *own = strcmp(tool, "apply_patch") == 0 ?
		    call_patch_paths(c, args->valuestring) :
		    call_path(c, args->valuestring);

		if (own != NULL)
			cJSON_SetValuestring(args, own);
	}
	cJSON_ArrayForEach(it, args)
		call_mend_paths(c, tool, it, it->string == NULL ? is :
		    strcmp(it->string, "path") == 0 ||
		    strcmp(it->string, "paths") == 0 ||
		    strcmp(it->string, "files") == 0 ||
		    strcmp(it->string, "input") == 0 ||
		    (strcmp(it->string, "pattern") == 0 &&
		    strcmp(tool, "glob") == 0));
}

cJSON *
call_args(const struct core *c, const struct core_call *call, struct err *e)
{
	const struct tool_entry *t = call_tool(c, call);
	size_t n = strlen(call->args_text);
	cJSON *args;

	if (!call->complete)
		return NULL;
	args = json_parse(call->args_text, n, JSON_NUL_REFUSE, e);
	/* Accept the tool's single string without JSON around it. */
	if (t != NULL && t->grammar != NULL && (cJSON_IsString(args) ||
	    (args == NULL && strstr(call->args_text, "*** ") != NULL))) {
		cJSON *o = JSON_TEXTS("input", args == NULL ? call->args_text :
		    args->valuestring);

		cJSON_Delete(args);
		args = o;
	}
	/* Some models encode the object twice. */
	if (cJSON_IsString(args)) {
		cJSON *inner = json_parse(args->valuestring,
		    strlen(args->valuestring), JSON_NUL_REFUSE, NULL);

		if (cJSON_IsObject(inner)) {
			cJSON_Delete(args);
			args = inner;
		} else
			cJSON_Delete(inner);
	}
	if (t != NULL) {
		bool server = (t->effects & TOOL_SERVER) != 0;
		AUTO_JSON cJSON *parsed = !server ? NULL : json_parse(
		    t->schema, strlen(t->schema), JSON_NUL_REFUSE, NULL);
		const cJSON *schema = server ? parsed : tool_schema(t);

		call_drop_nulls(args, schema, server);
		if (cJSON_IsObject(args))
			tool_mend_args(t, schema, args);
		if (!server)
			call_mend_paths(c, t->name, args, false);
	}
	return args;
}

char *
call_fault(struct core *c, struct core_call *call, const cJSON *args,
    const struct err *e, const struct tool_entry **t, const char **kind)
{
	char *text;

	*t = call_tool(c, call);
	*kind = "bad_call";
	if (!call->complete)
		return xstrdup("this call was cut off at the output limit and "
		    "was not run: nothing was written. Send it again in "
		    "smaller pieces: of a new file write the first part, then "
		    "add the rest with edits; of a change send a few lines in "
		    "each edit");
	if (args == NULL)
		return xasprintf("the arguments are not usable: %s", e->text);
	if (*t == NULL)
		return xasprintf("there is no tool \"%.100s\"", call->name);
	if (call_tool_exists(c, *t)) {
		text = call_must_wait(c, *t, kind);
		return text != NULL ? text : call_refuses(c, call, *t, args,
		    kind);
	}
	if (c->plan.mode == PLAN_LOOK && ((*t)->effects & TOOL_WRITES) != 0)
		return xasprintf("%s isn't available: this task is to look "
		    "only, and changes nothing", call->name);
	return xasprintf("the tool %s does not exist here", call->name);
}
