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
	[HOOK_WAITS] = { "waits", false, false },
	[HOOK_SESSION_END] = { "session_end", false, false },
};
const size_t hook_events_len = MEM_COUNT(hook_events);

static const char *const hook_members[] = {
	"command", "event", "match", "name", "on_failure", "sandbox",
	"timeout_s", NULL
};

static const char *const linter_members[] = {
	"command", "match", "name", "timeout_s", NULL
};
#define LINTER_TIMEOUT_S	20

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

/* -1 with *e if the entry has other members than these. */
static int
hook_known(const cJSON *entry, const char *const *members, struct err *e)
{
	const char *near;
	const cJSON *it;
	size_t n = 0, i;

	while (members[n] != NULL)
		n++;
	cJSON_ArrayForEach(it, entry) {
		for (i = 0; i < n && strcmp(members[i], it->string) != 0; i++)
			continue;
		if (i < n)
			continue;
		near = NEAR_IN(members, n, it->string);
		return near == NULL ? err_set(e, "must not have \"%.40s\"",
		    it->string) : err_set(e, "must not have \"%.40s\"; did you "
		    "mean \"%s\"?", it->string, near);
	}
	return 0;
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
hook_timeout(const cJSON *hook, int64_t usual, int64_t *ms, struct err *e)
{
	int64_t s = json_int(hook, "timeout_s", json_get(hook, "timeout_s") ==
	    NULL ? usual : 0);

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
		if ((event == NULL || json_is(it, "event", event)) &&
		    json_is(it, "name", name))
			return true;
	return false;
}

/* What hooks and linters have: name, command, match, timeout_ms. The caller
 * deletes; NULL with *e. */
static cJSON *
hook_spec_program(const cJSON *entry, const char *const *members,
    int64_t usual, struct err *e)
{
	const char *command = json_str_or(entry, "command", "");
	AUTO_FREE char *own = NULL;
	cJSON *o, *match;
	const char *name;
	int64_t ms;

	if (!cJSON_IsObject(entry)) {
		err_set(e, "must be a list of objects");
		return NULL;
	}
	if (hook_known(entry, members, e) < 0)
		return NULL;
	if (command[strspn(command, " \t\n")] == '\0') {
		err_set(e, "must have a \"command\"");
		return NULL;
	}
	own = hook_name_from(command);
	name = json_str_or(entry, "name", own);
	if (!hook_name_ok(name)) {
		err_set(e, "must have a \"name\" of letters, digits and "
		    "-_.+, at most %d", HOOK_NAME_MAX);
		return NULL;
	}
	if (hook_timeout(entry, usual, &ms, e) < 0 ||
	    (match = hook_match(json_get(entry, "match"), e)) == NULL)
		return NULL;
	o = JSON_TEXTS("name", name, "command", command);
	json_set_take(o, "match", match);
	json_add_int(o, "timeout_ms", ms);
	return o;
}

static int
hook_spec_add(cJSON *list, const cJSON *hook, struct err *e)
{
	const struct hook_event_row *event = MEM_FIND_IN(hook_events,
	    hook_events_len, json_str_or(hook, "event", ""));
	cJSON *o = hook_spec_program(hook, hook_members, HOOK_TIMEOUT_S, e);
	bool block = false;
	int rc = o == NULL ? -1 : 0;

	if (rc == 0 && event == NULL)
		rc = err_set(e, "must have an \"event\"; \"%.40s\" is none",
		    json_str_or(hook, "event", ""));
	if (rc == 0 && json_get(hook, "sandbox") != NULL &&
	    !cJSON_IsBool(json_get(hook, "sandbox")))
		rc = err_set(e, "must have true or false as \"sandbox\"");
	if (rc == 0 && event == &hook_events[HOOK_WAITS] &&
	    json_bool(hook, "sandbox", true))
		rc = err_set(e, "must say \"sandbox\": false: waits runs as "
		    "you, beside the work");
	if (rc == 0)
		rc = hook_block(hook, event, &block, e);
	if (rc == 0 && json_array(o, "match")->child != NULL && !event->matches)
		rc = err_set(e, "can't have \"match\": %s is about no tool "
		    "or file", event->name);
	if (rc == 0 && hook_is_twice(list, event->name, json_str(o, "name")))
		rc = err_set(e, "must have one hook \"%s\" for %s; name the "
		    "other differently", json_str(o, "name"), event->name);
	if (rc < 0) {
		cJSON_Delete(o);
		return -1;
	}
	json_add_str(o, "event", event->name);
	json_add_bool(o, "block", block);
	json_add_bool(o, "sandbox", json_bool(hook, "sandbox", true));
	cJSON_AddItemToArray(list, o);
	return 0;
}

static int
linter_spec_add(cJSON *list, const cJSON *linter, struct err *e)
{
	cJSON *o = hook_spec_program(linter, linter_members,
	    LINTER_TIMEOUT_S, e);
	int rc = o == NULL ? -1 : 0;

	if (rc == 0 && json_array(o, "match")->child == NULL)
		rc = err_set(e, "must have a \"match\"");
	if (rc == 0 && hook_is_twice(list, NULL, json_str(o, "name")))
		rc = err_set(e, "must have one linter \"%s\"; name the other "
		    "differently", json_str(o, "name"));
	if (rc < 0)
		cJSON_Delete(o);
	else
		cJSON_AddItemToArray(list, o);
	return rc;
}

static cJSON *
spec_list(const cJSON *v, int add(cJSON *list, const cJSON *, struct err *),
    struct err *e)
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
		if (add(list, it, e) < 0)
			return NULL;
	list = NULL;
	return all;
}

cJSON *
hook_spec_list(const cJSON *v, struct err *e)
{
	return spec_list(v, hook_spec_add, e);
}

cJSON *
linter_spec_list(const cJSON *v, struct err *e)
{
	return spec_list(v, linter_spec_add, e);
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
