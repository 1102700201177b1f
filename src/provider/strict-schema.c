#include "config.h"

#include "provider/strict-schema.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "base/json.h"
#include "base/mem.h"

static bool	strict_node(cJSON *, bool all);

/* An optional member may be null. */
static void
strict_add_null(cJSON *schema)
{
	cJSON *type = cJSON_GetObjectItemCaseSensitive(schema, "type");
	cJSON *words = cJSON_GetObjectItemCaseSensitive(schema, "enum"), *both;

	if (!cJSON_IsString(type))
		return;
	both = cJSON_CreateArray();
	cJSON_AddItemToArray(both, cJSON_CreateString(type->valuestring));
	cJSON_AddItemToArray(both, cJSON_CreateString("null"));
	json_set_take(schema, "type", both);
	if (words != NULL)
		cJSON_AddItemToArray(words, cJSON_CreateNull());
}

static bool
strict_object(cJSON *schema, bool all)
{
	const cJSON *props = json_get(schema, "properties");
	cJSON *required = cJSON_CreateArray(), *it;
	bool ok = cJSON_IsObject(props);

	cJSON_ArrayForEach(it, props) {
		ok = ok && strict_node(it, all);
		if (!json_has(json_array(schema, "required"), it->string)) {
			if (!all)
				continue;
			strict_add_null(it);
		}
		cJSON_AddItemToArray(required, cJSON_CreateString(it->string));
	}
	json_set_take(schema, "required", required);
	json_set_take(schema, "additionalProperties", cJSON_CreateFalse());
	return ok;
}

static bool
strict_node(cJSON *schema, bool all)
{
	static const char *const unknown[] = { "minLength", "maxLength",
		"minItems", "maxItems", "minimum", "maximum", "pattern",
		"format", "default" };
	const char *type = json_str(schema, "type");
	size_t i;

	if (type == NULL)
		return false;
	for (i = 0; i < MEM_COUNT(unknown); i++)
		cJSON_DeleteItemFromObjectCaseSensitive(schema, unknown[i]);
	if (strcmp(type, "object") == 0)
		return strict_object(schema, all);
	if (strcmp(type, "array") == 0)
		return strict_node(cJSON_GetObjectItemCaseSensitive(schema,
		    "items"), all);
	return true;
}

char *
strict_schema(const char *parameters, bool all)
{
	AUTO_JSON cJSON *o =
	    json_parse(parameters, strlen(parameters), JSON_NUL_REFUSE, NULL);
	char *text = NULL;

	if (cJSON_IsObject(o) && strict_node(o, all))
		text = json_print(o);
	return text;
}
