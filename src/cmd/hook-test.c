/*
 * hooks test: one hook is told of a sample of its event, in a session whose
 * staged copy is the project as it is. Nothing that it says or writes in the
 * sandbox has an effect.
 */
#include "config.h"

#include "cmd/hook-test.h"

#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "front/print.h"
#include "cmd/cmd.h"
#include "cmd/trial.h"
#include "journal/event.h"
#include "policy/hook-spec.h"
#include "tool/tool.h"

struct hook_test {
	const cJSON	*hook;
	bool		 failed;
};

/* ---- the sample ---- */

static cJSON *
hook_test_files(const struct setup *s, char *const *words, size_t n,
    cJSON *names)
{
	cJSON *list = cJSON_CreateArray(), *o;
	size_t i;

	for (i = 0; i < n; i++) {
		AUTO_FREE char *path = fs_inside(s->root, s->cwd, words[i]);

		o = cJSON_CreateObject();
		json_add_path(o, "path", path == NULL ? words[i] : path);
		cJSON_AddItemToArray(names, cJSON_CreateString(
		    json_str_or(o, "path", "")));
		json_add_str(o, "status", "modified");
		cJSON_AddItemToArray(list, o);
	}
	return list;
}

static void
hook_test_tool(cJSON *input, const char *name, const cJSON *names, bool after)
{
	cJSON *tool = cJSON_AddObjectToObject(input, "tool"), *args, *o;
	const char *path = names->child->next == NULL ? NULL :
	    names->child->next->valuestring;

	json_add_str(tool, "id", "sample");
	json_add_str(tool, "name", name);
	args = cJSON_AddObjectToObject(tool, "args");
	json_add_str(args, "path", path);
	if (path == NULL)
		json_add_str(args, "command", "true");
	if (!after)
		return;
	o = cJSON_AddObjectToObject(input, "result");
	json_add_bool(o, "ok", true);
	if (path == NULL)
		json_add_int(o, "exit", 0);
	json_add_str(o, "text", "");
}

static void
hook_test_plan(cJSON *input)
{
	cJSON *o = cJSON_AddObjectToObject(input, "plan"), *step;

	json_add_int(o, "version", 1);
	json_add_str(o, "goal", "a sample");
	step = cJSON_CreateObject();
	json_add_str(step, "title", "a step");
	cJSON_AddItemToArray(cJSON_AddArrayToObject(o, "steps"), step);
	cJSON_AddArrayToObject(o, "files");
}

/* "hook_test" of the start object. */
static cJSON *
hook_test_sample(const struct setup *s, const cJSON *hook, char *const *words,
    size_t n)
{
	cJSON *o = cJSON_CreateObject(), *input, *names;
	bool after = hook_spec_is(hook, HOOK_AFTER_TOOL);
	bool tool = after || hook_spec_is(hook, HOOK_BEFORE_TOOL);
	const char *name = n == 0 ? "bash" : "edit";

	json_add_str(o, "event", json_str(hook, "event"));
	input = cJSON_AddObjectToObject(o, "input");
	names = cJSON_AddArrayToObject(o, "names");
	if (tool && n > 0 && tool_find(words[0]) != NULL) {
		name = *words++;
		n--;
	}
	if (tool)
		cJSON_AddItemToArray(names, cJSON_CreateString(name));
	json_set_take(input, "files", hook_test_files(s, words, n, names));
	if (tool)
		hook_test_tool(input, name, names, after);
	else if (hook_spec_is(hook, HOOK_PLAN))
		hook_test_plan(input);
	else if (hook_spec_is(hook, HOOK_BEFORE_APPLY))
		json_add_str(input, "by", "user");
	else if (hook_spec_is(hook, HOOK_PROPOSAL))
		json_add_bool(input, "final", true);
	return o;
}

/* ---- the answer ---- */

static void
hook_test_finding(const cJSON *f)
{
	const char *rule = json_str(f, "rule");
	AUTO_FREE char *text = xasprintf("%s:%lld: %s: %s%s%s%s",
	    json_str_or(f, "path", "?"), (long long)json_int(f, "line", 0),
	    json_str_or(f, "severity", "note"), json_str_or(f, "message", ""),
	    rule == NULL ? "" : " (", rule == NULL ? "" : rule,
	    rule == NULL ? "" : ")");

	print_text(stdout, "    ", "      ", text);
}

static void
hook_test_print(struct hook_test *t, const cJSON *line)
{
	int64_t ms = json_int(line, "ms", 0);
	const char *reason = json_str(line, "reason"), *context;
	AUTO_FREE char *text = NULL;
	const cJSON *it;

	t->failed = !json_bool(line, "ok", false);
	text = t->failed ? xasprintf("failed: %s; that means %s",
	    json_str_or(line, "error", "?"), json_str_or(line, "decision",
	    "?")) : xasprintf("%s%s%s", json_str_or(line, "decision", "?"),
	    reason == NULL ? "" : ": ", reason == NULL ? "" : reason);
	print_text(stdout, "  ", "    ", text);
	print_words(stdout, "  %lld.%02lld s%s", (long long)ms / 1000,
	    (long long)ms % 1000 / 10, json_bool(t->hook, "sandbox", true) ?
	    "" : ", as you, without the sandbox");
	context = json_str(line, "context");
	if (context != NULL) {
		print_words(stdout, "  context for the model:");
		print_text(stdout, "    ", "    ", context);
	}
	cJSON_ArrayForEach(it, json_array(line, "findings"))
		hook_test_finding(it);
	if (json_int(line, "dropped", 0) > 0)
		print_words(stdout, "  %lld findings left out: no such file, "
		    "or too many", (long long)json_int(line, "dropped", 0));
	cJSON_ArrayForEach(it, json_array(line, "changed"))
		print_words(stdout, "  changed %s, in the staged copy only",
		    json_str_or(it, "path", "?"));
}

static bool
hook_test_line(void *arg, struct client *c, const cJSON *line)
{
	struct hook_test *t = arg;

	if (event_type(line) == EVENT_LIVE &&
	    hook_spec_is(t->hook, HOOK_SESSION_END))
		client_send(c, "end");
	if (event_type(line) != EVENT_HOOK || !json_is(line, "status", "done"))
		return false;
	hook_test_print(t, line);
	return true;
}

int
hook_test(const struct setup *s, const cJSON *hook, char *const *words,
    size_t n)
{
	struct hook_test t = { .hook = hook };
	cJSON *sample = hook_test_sample(s, hook, words, n), *start, *list;
	AUTO_FREE char *about = NULL;
	const cJSON *names = json_get(sample, "names");

	if (!hook_spec_matches(hook, names)) {
		about = json_print(json_get(hook, "match"));
		cJSON_Delete(sample);
		return cmd_fail(EXIT_USAGE, "%s runs only for what its match "
		    "fits: %s; name such a file%s", json_str_or(hook, "name",
		    "?"), about, hook_spec_is(hook, HOOK_BEFORE_TOOL) ||
		    hook_spec_is(hook, HOOK_AFTER_TOOL) ? " or tool" : "");
	}
	start = setup_start(s, "interactive", NULL, false, false);
	list = cJSON_CreateArray();
	cJSON_AddItemToArray(list, cJSON_Duplicate(hook, 1));
	json_set_take(start, "hooks", list);
	cJSON_DeleteItemFromObjectCaseSensitive(start, "mcp_servers");
	/* These happen to this session, too. */
	if (hook_spec_is(hook, HOOK_SESSION_START) ||
	    hook_spec_is(hook, HOOK_SESSION_END))
		cJSON_Delete(sample);
	else
		json_set_take(start, "hook_test", sample);
	return trial_run(s, start, hook_test_line, &t) < 0 || t.failed ?
	    EXIT_ERROR : EXIT_DONE;
}
