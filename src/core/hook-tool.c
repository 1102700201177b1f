#include "config.h"

#include "core/hook-tool.h"

#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/call-answer.h"
#include "core/call.h"
#include "core/core.h"
#include "core/hook.h"
#include "core/emit.h"
#include "tool/tool.h"

#define HOOK_RESULT_MAX	((size_t)4000)	/* of a result's text */

/* The tool's name, and the files that it names, relative to the project. */
static cJSON *
hook_tool_names(const struct core *c, const struct core_call *call,
    const cJSON *args)
{
	cJSON *names = cJSON_CreateArray();
	const struct tool_entry *t = tool_find(call->name);
	struct tool_target *v = NULL;
	size_t n = 0, i;

	cJSON_AddItemToArray(names, cJSON_CreateString(call->name));
	if (t != NULL && args != NULL)
		v = tool_targets(t, args, &n);
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

bool
hook_tool_is_due(const struct core *c, const struct core_call *call,
    const cJSON *args)
{
	AUTO_JSON cJSON *names = NULL;

	if (call->hooked || json_array(c->start, "hooks") == NULL)
		return false;
	names = hook_tool_names(c, call, args);
	return hook_wants(c, HOOK_BEFORE_TOOL, names);
}

static void
hook_tool_refuse(struct core *c, struct core_call *call, const char *text)
{
	call_result(c, call->id, call->name, false, "hook", text);
	c->calls.next++;
}

/* What the call does, as the user is asked about it: the command, or the tool
 * and its files. */
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
	cJSON *o;

	if (!c->person) {
		AUTO_FREE char *text = xasprintf("the user's hook %s needs "
		    "the user's answer (%s), and nobody is there", v->by,
		    v->reason);

		hook_tool_refuse(c, call, text);
		c->task.faults |= FAULT_REFUSED;
		return;
	}
	what = hook_tool_title(c, call);
	o = cJSON_CreateObject();
	json_add_str(o, "command", what);
	json_add_str(o, "why", why);
	json_add_str(o, "hook", v->by);
	call_ask_take(c, call, ASKED_BY_HOOK, o);
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

		hook_tool_refuse(c, call, text);
	} else if (v->decision == HOOK_ASK)
		hook_tool_ask(c, call, v);
}

void
hook_tool_before(struct core *c, const struct core_call *call,
    const cJSON *args)
{
	cJSON *names = hook_tool_names(c, call, args);

	hook_begin(c, HOOK_BEFORE_TOOL, hook_tool_input(call, args, names),
	    names, call->id, hook_tool_done);
}

void
hook_tool_after(struct core *c, const struct core_call *call,
    const cJSON *result)
{
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *args = NULL;
	cJSON *names, *o, *r;
	const char *text = json_str_or(result, "text", "");

	if (json_array(c->start, "hooks") == NULL)
		return;
	args = call_args(c, call, &e);
	names = hook_tool_names(c, call, args);
	o = hook_tool_input(call, args, names);
	r = cJSON_AddObjectToObject(o, "result");
	json_add_bool(r, "ok", json_bool(result, "ok", false));
	json_add_str(r, "error", json_str(result, "error"));
	json_copy(r, "exit", json_get(result, "exit"));
	json_add_strn(r, "text", text, strlen(text) < HOOK_RESULT_MAX ?
	    strlen(text) : HOOK_RESULT_MAX);
	hook_queue(c, HOOK_AFTER_TOOL, o, names, call->id);
}
