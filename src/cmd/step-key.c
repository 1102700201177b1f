/*
 * What the work of a step depends on: the start object without what doesn't
 * change the work, the prompts and the inputs. A step runs again if it differs.
 */
#include "config.h"

#include "cmd/step.h"

#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/self.h"
#include "git/tree.h"

/* Members of the start object that don't change it. */
static void
step_strip(cJSON *o)
{
	static const char *const aside[] = {
		"type", "state_dir", "home", "path", "environment", "person",
		"keep_alive", "ctags", "diff", "origins", "own_files", "base_url",
		"key_env", "key_from", "ca_file", "retry_time_ms",
		"idle_timeout_ms",
	};
	cJSON *it;
	size_t i;

	for (i = 0; i < MEM_COUNT(aside); i++)
		cJSON_DeleteItemFromObjectCaseSensitive(o, aside[i]);
	cJSON_ArrayForEach(it, o)
		if (cJSON_IsObject(it) || cJSON_IsArray(it))
			step_strip(it);
}

cJSON *
step_key(const struct cmd_args *a, const cJSON *start, const cJSON *inputs,
    struct err *e)
{
	cJSON *key = cJSON_Duplicate(start, 1);
	const char *own = json_str(start, "prompts_dir");
	AUTO_FREE char *share = self_share("prompts", e);
	AUTO_FREE char *shared = share == NULL ? NULL :
	    tree_hash_of(share, false, e);
	AUTO_FREE char *mine = own == NULL || shared == NULL ? NULL :
	    tree_hash_of(own, false, e);

	step_strip(key);
	json_copy(key, "inputs", inputs);
	json_add_str(key, "prompts", shared);
	json_add_str(key, "own_prompts", mine);
	json_add_str(key, "branch", a->branch);
	json_add_str(key, "commit", a->commit);
	if (err_is_set(e))
		json_drop(&key);
	return key;
}

/* A member that differs, or NULL. */
static const char *
step_differs(const cJSON *a, const cJSON *b)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, a)
		if (!cJSON_Compare(it, json_get(b, it->string), 1))
			return it->string;
	cJSON_ArrayForEach(it, b)
		if (json_get(a, it->string) == NULL)
			return it->string;
	return NULL;
}

/* The option that sets this member, or what the member is: malloc'ed. */
static char *
step_option(const char *member)
{
	static const char *const units[] = { "_ms", "_bytes", "_percent" };
	AUTO_FREE char *name = xstrdup(member);
	size_t i, n;
	char *s;

	for (i = 0; i < MEM_COUNT(units); i++)
		if (fs_has_ending(name, &units[i], 1))
			name[strlen(name) - strlen(units[i])] = '\0';
	for (s = name; (s = strchr(s, '_')) != NULL;)
		*s = '-';
	for (i = 0, n = cmd_options_len; i < n; i++)
		if (strcmp(cmd_options[i].name, name) == 0)
			return xasprintf("--%s", name);
	return xstrdup(member);
}

char *
step_key_differs(const cJSON *was, const cJSON *now)
{
	const char *m = step_differs(was, now), *in = NULL;

	if (m == NULL)
		return NULL;
	/* An input is in the task. */
	if (strcmp(m, "task") == 0 && json_str(was, "typed") != NULL &&
	    json_is(now, "typed", json_str(was, "typed")))
		in = step_differs(json_get(was, "inputs"), json_get(now,
		    "inputs"));
	if (in != NULL)
		return xasprintf("the input %s", in);
	if (strcmp(m, "task") == 0)
		return xstrdup("the task");
	if (strcmp(m, "limits") == 0)
		in = step_differs(json_get(was, m), json_get(now, m));
	return step_option(in == NULL ? m : in);
}
