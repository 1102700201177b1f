#include "config.h"

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

