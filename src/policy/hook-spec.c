#include "config.h"

#include "policy/hook-spec.h"

#include <ctype.h>
#include <string.h>

#include "base/glob.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/near.h"

#define HOOK_NAME_MAX		40
#define HOOK_TIMEOUT_S		30
#define HOOK_TIMEOUT_MAX_S	3600

const struct hook_event_row hook_events[] = {
	[HOOK_SESSION_START] = { "session_start", false, false },
	[HOOK_BEFORE_TOOL] = { "before_tool", true, true },
	[HOOK_AFTER_TOOL] = { "after_tool", false, true },
	[HOOK_PLAN] = { "plan", false, false },
	[HOOK_PROPOSAL] = { "proposal", false, true },
	[HOOK_BEFORE_APPLY] = { "before_apply", true, true },
	[HOOK_APPLIED] = { "applied", false, true },
	[HOOK_SESSION_END] = { "session_end", false, false },
};
const size_t hook_events_len = MEM_COUNT(hook_events);

static const char *const hook_members[] = {
	"command", "event", "match", "name", "on_failure", "sandbox",
	"timeout_s",
};

static bool
hook_name_ok(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n > HOOK_NAME_MAX)
		return false;
	for (; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && strchr("-_.+", *s) == NULL)
			return false;
	return true;
}

/* From the first word of the command: "/usr/bin/clang-tidy -q" is
 * clang-tidy. */
static char *
hook_name_from(const char *command)
{
	const char *p = command + strspn(command, " \t\n"), *slash;
	size_t n = strcspn(p, " \t\n;|&");
	char *name = xmemdup(p, n);

	slash = strrchr(name, '/');
	if (slash != NULL)
		memmove(name, slash + 1, strlen(slash));
	return name;
}

static int
hook_unknown(const char *name, struct err *e)
{
	const char *near = NEAR_IN(hook_members, MEM_COUNT(hook_members), name);

	return near == NULL ? err_set(e, "must not have \"%.40s\"", name) :
	    err_set(e, "must not have \"%.40s\"; did you mean \"%s\"?", name,
	    near);
}

/* A glob or a list of them, as a list. NULL with *e. */
static cJSON *
hook_match(const cJSON *v, struct err *e)
{
	cJSON *list = cJSON_IsArray(v) ? cJSON_Duplicate(v, 1) :
	    cJSON_CreateArray();
	const cJSON *it;

	if (cJSON_IsString(v))
		cJSON_AddItemToArray(list, cJSON_Duplicate(v, 1));
	cJSON_ArrayForEach(it, list)
		if (!cJSON_IsString(it) || it->valuestring[0] == '\0')
			break;
	if (it == NULL && (v == NULL || cJSON_IsArray(v) || cJSON_IsString(v)))
		return list;
	cJSON_Delete(list);
	err_set(e, "must have a pattern or a list of patterns as \"match\"");
	return NULL;
}

static int
hook_timeout(const cJSON *hook, int64_t *ms, struct err *e)
{
	int64_t s = json_int(hook, "timeout_s", json_get(hook, "timeout_s") ==
	    NULL ? HOOK_TIMEOUT_S : 0);

	*ms = s * 1000;
	return s >= 1 && s <= HOOK_TIMEOUT_MAX_S ? 0 :
	    err_set(e, "must have a \"timeout_s\" from 1 to %d",
	    HOOK_TIMEOUT_MAX_S);
}

/* Does a failure block? *e if it can't be said of this event. */
static int
hook_block(const cJSON *hook, const struct hook_event_row *event, bool *block,
    struct err *e)
{
	const cJSON *v = json_get(hook, "on_failure");

	*block = event->blocks;
	if (v != NULL && !json_is(hook, "on_failure", "block") &&
	    !json_is(hook, "on_failure", "warn"))
		return err_set(e, "must have block or warn as \"on_failure\"");
	if (v != NULL)
		*block = json_is(hook, "on_failure", "block");
	return !*block || event->blocks ? 0 : err_set(e,
	    "can't have \"on_failure\": \"block\": nothing waits for %s",
	    event->name);
}

static bool
hook_is_twice(const cJSON *list, const char *event, const char *name)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, list)
		if (json_is(it, "event", event) && json_is(it, "name", name))
			return true;
	return false;
}

static int
hook_spec_add(cJSON *list, const cJSON *hook, struct err *e)
{
	const char *command = json_str_or(hook, "command", "");
	const struct hook_event_row *event;
	AUTO_FREE char *own = NULL;
	AUTO_JSON cJSON *match = NULL;
	const char *name;
	const cJSON *it;
	int64_t ms;
	bool block;
	cJSON *o;

	if (!cJSON_IsObject(hook))
		return err_set(e, "must be a list of objects");
	cJSON_ArrayForEach(it, hook)
		if (MEM_FIND(hook_members, it->string) == NULL)
			return hook_unknown(it->string, e);
	event = MEM_FIND_IN(hook_events, hook_events_len,
	    json_str(hook, "event"));
	if (event == NULL)
		return err_set(e, "must have an \"event\"; \"%.40s\" is none",
		    json_str_or(hook, "event", ""));
	if (command[strspn(command, " \t\n")] == '\0')
		return err_set(e, "must have a \"command\"");
	own = hook_name_from(command);
	name = json_str_or(hook, "name", own);
	if (!hook_name_ok(name))
		return err_set(e, "must have a \"name\" of letters, digits and "
		    "-_.+, at most %d", HOOK_NAME_MAX);
	if (json_get(hook, "sandbox") != NULL &&
	    !cJSON_IsBool(json_get(hook, "sandbox")))
		return err_set(e, "must have true or false as \"sandbox\"");
	match = hook_match(json_get(hook, "match"), e);
	if (match == NULL || hook_timeout(hook, &ms, e) < 0 ||
	    hook_block(hook, event, &block, e) < 0)
		return -1;
	if (match->child != NULL && !event->matches)
		return err_set(e, "can't have \"match\": %s is about no tool "
		    "or file", event->name);
	if (hook_is_twice(list, event->name, name))
		return err_set(e, "must have one hook \"%s\" for %s; name the "
		    "other differently", name, event->name);
	o = cJSON_CreateObject();
	json_add_str(o, "event", event->name);
	json_add_str(o, "name", name);
	json_add_str(o, "command", command);
	json_set_take(o, "match", cJSON_Duplicate(match, 1));
	json_add_int(o, "timeout_ms", ms);
	json_add_bool(o, "block", block);
	json_add_bool(o, "sandbox", json_bool(hook, "sandbox", true));
	cJSON_AddItemToArray(list, o);
	return 0;
}

cJSON *
hook_spec_list(const cJSON *v, struct err *e)
{
	AUTO_JSON cJSON *list = cJSON_CreateArray();
	const cJSON *it;
	cJSON *all = list;

	if (!cJSON_IsArray(v)) {
		err_set(e, "must be a list of objects");
		return NULL;
	}
	if (cJSON_GetArraySize(v) > HOOK_SPEC_MAX) {
		err_set(e, "must have at most %d entries", HOOK_SPEC_MAX);
		return NULL;
	}
	cJSON_ArrayForEach(it, v)
		if (hook_spec_add(list, it, e) < 0)
			return NULL;
	list = NULL;
	return all;
}

bool
hook_spec_is(const cJSON *hook, enum hook_event event)
{
	return json_is(hook, "event", hook_events[event].name);
}

bool
hook_spec_matches(const cJSON *hook, const cJSON *names)
{
	const cJSON *match = json_array(hook, "match"), *it;
	struct glob_list *g;
	bool any = false;

	if (match == NULL || match->child == NULL)
		return true;
	g = glob_list_new(false);
	cJSON_ArrayForEach(it, match)
		glob_list_add(g, it->valuestring, strlen(it->valuestring));
	cJSON_ArrayForEach(it, names)
		any = any || glob_list_covers(g, it->valuestring);
	glob_list_free(g);
	return any;
}
