/*
 * resume-settings: chooses the settings of a resumed session.
 */
#include "config.h"

#include "core/start.h"

#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"

/* The session began without a model, and there is one now. */
static void
resume_first_model(cJSON *merged, const cJSON *start)
{
	static const char *const all[] = { "model", "failover", "routes" };

	JSON_COPY(merged, start, all);
}

/* What the user's programs used when the session began, and what they use
 * now. */
static void
resume_own_files(cJSON *merged, const cJSON *start)
{
	cJSON *all = cJSON_CreateArray();
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(merged, "own_files"))
		cJSON_AddItemToArray(all, cJSON_Duplicate(it, 1));
	cJSON_ArrayForEach(it, json_array(start, "own_files"))
		cJSON_AddItemToArray(all, cJSON_Duplicate(it, 1));
	json_set_take(merged, "own_files", all);
}

void
resume_settings(struct core *c, const cJSON *old)
{
	static const char *const fresh[] = {
		"mode",
		"person",
		"keep_alive",
		"home",
		"path",
		"sandbox",
		"limits",
		"session",
		"recover",
		"redecide",
		"cache_keep",
		"net_allow",
		"hooks",
		"go_on",
	};
	static const char *const one_run[] = { "allow_protected", "require_mcp",
		"rollback" };
	cJSON *merged = cJSON_Duplicate(old, 1);
	int least = sandbox_level_find(json_str_or(c->start, "sandbox_require",
	    ""));
	int began = sandbox_level_find(json_str_or(old, "sandbox_require",
	    "none"));
	size_t i;

	cJSON_DeleteItemFromObjectCaseSensitive(merged, "net_allow");
	cJSON_DeleteItemFromObjectCaseSensitive(merged, "hooks");
	JSON_COPY(merged, c->start, fresh);
	resume_own_files(merged, c->start);
	for (i = 0; i < MEM_COUNT(one_run) &&
	    !json_bool(c->start, "go_on", false); i++)
		cJSON_DeleteItemFromObjectCaseSensitive(merged, one_run[i]);
	/* Work that began in a sandbox never continues in a weaker one. */
	if (least >= 0 && least < began)
		json_add_str(merged, "sandbox_require",
		    sandbox_level_name((enum sandbox_level)least));
	if (json_bool(c->start, "override_model", false) &&
	    json_get(c->start, "model") != NULL)
		json_copy(merged, "model", json_get(c->start, "model"));
	else if (!cJSON_IsObject(json_get(old, "model")))
		resume_first_model(merged, c->start);
	cJSON_DeleteItemFromObjectCaseSensitive(merged, "task");
	cJSON_Delete(c->start);
	c->start = merged;
}
