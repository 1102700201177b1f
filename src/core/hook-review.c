#include "config.h"

#include "core/hook-review.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"
#include "core/hook-int.h"
#include "gate/stage.h"

void
hook_review_seen(struct core *c)
{
	if (stage_digest(c->stage, c->hooks->seen, NULL) < 0)
		c->hooks->seen[0] = '\0';
}

/* Queue it for the files of a list, with these of their members. */
static void
hook_review_queue(struct core *c, enum hook_event event, cJSON *input,
    const cJSON *list, const char *for_id)
{
	static const char *const same[] = { "path", "path_b64", "status",
		"from", "from_b64" };
	cJSON *files = cJSON_AddArrayToObject(input, "files");
	cJSON *names = cJSON_CreateArray();
	const cJSON *it;

	cJSON_ArrayForEach(it, list) {
		cJSON *o;

		if (json_get(it, "ok") != NULL && !json_bool(it, "ok", false))
			continue;
		o = cJSON_CreateObject();
		JSON_COPY(o, it, same);
		cJSON_AddItemToArray(files, o);
		cJSON_AddItemToArray(names, cJSON_CreateString(json_str_or(it,
		    "path", "")));
	}
	if (files->child != NULL)
		hook_queue(c, event, input, names, for_id);
	else {
		cJSON_Delete(input);
		cJSON_Delete(names);
	}
}

void
hook_review_proposal(struct core *c, const cJSON *line)
{
	char had[SHA256_HEX_SIZE];
	AUTO_FREE char *id = NULL;
	cJSON *o;

	if (json_array(c->start, "hooks") == NULL ||
	    json_int(line, "undo", 0) != 0)
		return;
	memcpy(had, c->hooks->seen, sizeof(had));
	hook_review_seen(c);
	if (had[0] != '\0' && strcmp(had, c->hooks->seen) == 0)
		return;
	id = xasprintf("%lld", (long long)json_int(line, "version", 0));
	o = cJSON_CreateObject();
	json_copy(o, "final", json_get(line, "final"));
	hook_review_queue(c, HOOK_PROPOSAL, o, json_array(line, "files"), id);
}

void
hook_review_applied(struct core *c, const cJSON *line)
{
	AUTO_FREE char *id = NULL;

	if (json_array(c->start, "hooks") == NULL)
		return;
	id = xasprintf("%lld", (long long)json_int(line, "tx", 0));
	hook_review_queue(c, HOOK_APPLIED, cJSON_CreateObject(),
	    json_array(line, "ops"), id);
}
