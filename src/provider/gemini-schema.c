/*
 * gemini-schema: rewrites what the API rejects in a function's parameters. A
 * schema may come from someone else's server, so its depth is limited, and
 * circular references end.
 *
 * Source: the Gemini API documentation, "Schema" and "Function calling".
 */
#include "config.h"

#include "provider/gemini.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#define SCHEMA_DEPTH 24
#define SCHEMA_NODES 4096

struct schema {
	const cJSON	*root;
	unsigned	 nodes;		/* created so far */
};

static cJSON	*schema_node(struct schema *, const cJSON *, unsigned depth);

static cJSON *
schema_of_type(const char *type)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "type", type);
	return o;
}

/* "#/$defs/name"; NULL if there is no such definition. */
static const cJSON *
schema_find(const cJSON *root, const char *ref)
{
	const cJSON *at = root;
	char *name;
	size_t n;

	if (*ref++ != '#')
		return NULL;
	while (at != NULL && *ref == '/') {
		n = strcspn(++ref, "/");
		name = xmemdup(ref, n);
		at = json_get(at, name);
		free(name);
		ref += n;
	}
	return *ref == '\0' ? at : NULL;
}

/* The type, in one word; *nullable if null is allowed. */
static const char *
schema_type(const cJSON *in, bool *nullable)
{
	const cJSON *type = json_get(in, "type"), *it;
	const char *word = json_str(in, "type");

	cJSON_ArrayForEach(it, json_array(in, "type")) {
		if (!cJSON_IsString(it))
			continue;
		if (strcmp(it->valuestring, "null") == 0)
			*nullable = true;
		else if (word == NULL)
			word = it->valuestring;
	}
	if (cJSON_IsString(type) && strcmp(word, "null") == 0) {
		*nullable = true;
		word = NULL;
	}
	if (word != NULL)
		return word;
	if (json_get(in, "properties") != NULL)
		return "object";
	if (json_get(in, "items") != NULL ||
	    json_get(in, "prefixItems") != NULL)
		return "array";
	return "string";
}

/* Text for what the schema can't express. */
static void
schema_describe(cJSON *out, const char *words)
{
	const char *had = json_str(out, "description");
	AUTO_FREE char *text = had == NULL ? xstrdup(words) :
	    xasprintf("%s %s", had, words);

	json_add_str(out, "description", text);
}

/* Only strings can be listed; other values go into the description. */
static void
schema_enum(cJSON *out, const cJSON *in, bool *nullable)
{
	const cJSON *list = json_array(in, "enum"), *it;
	const cJSON *only = json_get(in, "const");
	cJSON *values = cJSON_CreateArray();
	AUTO_BUF struct buf words = BUF_INIT(0);

	if (list == NULL)
		list = only;
	for (it = cJSON_IsArray(list) ? list->child : list; it != NULL;
	    it = list == only ? NULL : it->next) {
		if (cJSON_IsNull(it)) {
			*nullable = true;
			continue;
		}
		if (cJSON_IsString(it)) {
			cJSON_AddItemToArray(values,
			    cJSON_CreateString(it->valuestring));
			continue;
		}
		buf_adds(&words, words.len == 0 ? "One of: " : ", ");
		json_append(&words, it);
	}
	if (words.len > 0) {
		buf_addc(&words, '.');
		schema_describe(out, words.p);
	}
	if (values->child != NULL && words.len == 0 &&
	    json_is(out, "type", "string"))
		json_set_take(out, "enum", values);
	else
		cJSON_Delete(values);
}

static void
schema_properties(struct schema *s, cJSON *out, const cJSON *in,
    unsigned depth)
{
	const cJSON *from = json_get(in, "properties"), *it;
	cJSON *to = cJSON_CreateObject(), *required = cJSON_CreateArray();

	cJSON_ArrayForEach(it, from)
		json_set_take(to, it->string, schema_node(s, it, depth + 1));
	/* Undescribed members can't be required. */
	cJSON_ArrayForEach(it, json_array(in, "required"))
		if (cJSON_IsString(it) && json_get(to, it->valuestring) != NULL)
			cJSON_AddItemToArray(required,
			    cJSON_CreateString(it->valuestring));
	if (to->child != NULL)
		json_set_take(out, "properties", to);
	else
		cJSON_Delete(to);
	if (required->child != NULL)
		json_set_take(out, "required", required);
	else
		cJSON_Delete(required);
}

static void
schema_items(struct schema *s, cJSON *out, const cJSON *in, unsigned depth)
{
	const cJSON *items = json_get(in, "items");

	/* There is one schema for all items: use the first. */
	if (json_array(in, "prefixItems") != NULL)
		items = json_array(in, "prefixItems");
	if (cJSON_IsArray(items))
		items = items->child;
	json_set_take(out, "items", items == NULL ? schema_of_type("string") :
	    schema_node(s, items, depth + 1));
}

static void
schema_copy(cJSON *out, const cJSON *in, const char *type)
{
	static const char *const same[] = { "description", "maxItems",
		"maxLength", "maximum", "minItems", "minLength", "minimum",
		"pattern" };
	static const char *const formats[] = { "date-time", "double", "enum",
		"float", "int32", "int64" };
	const char *format = json_str_or(in, "format", "");

	json_add_str(out, "type", type);
	JSON_COPY(out, in, same);
	if (MEM_FIND(formats, format) != NULL)
		json_add_str(out, "format", format);
}

/* All of them at once: merge their members. */
static cJSON *
schema_all_of(struct schema *s, const cJSON *in)
{
	cJSON *o = cJSON_Duplicate(in, 1), *had;
	const cJSON *entry, *part, *m, *p;
	const char *ref;

	cJSON_DeleteItemFromObjectCaseSensitive(o, "allOf");
	cJSON_ArrayForEach(entry, json_array(in, "allOf")) {
		ref = json_str(entry, "$ref");
		part = ref == NULL ? entry : schema_find(s->root, ref);
		cJSON_ArrayForEach(m, part) {
			had = cJSON_GetObjectItemCaseSensitive(o, m->string);
			if (had == NULL)
				json_copy(o, m->string, m);
			else if (strcmp(m->string, "properties") == 0 &&
			    cJSON_IsObject(had))
				cJSON_ArrayForEach(p, m)
					json_copy(had, p->string, p);
			else if (strcmp(m->string, "required") == 0 &&
			    cJSON_IsArray(had))
				cJSON_ArrayForEach(p, m)
					cJSON_AddItemToArray(had,
					    cJSON_Duplicate(p, 1));
		}
	}
	return o;
}

/* Alternatives. anyOf allows no other members next to it, so the description
 * goes to each alternative, and a single alternative replaces the schema. */
static cJSON *
schema_any_of(struct schema *s, const cJSON *in, const cJSON *list,
    unsigned depth)
{
	cJSON *o, *any = cJSON_CreateArray(), *one;
	const char *words = json_str(in, "description");
	const cJSON *it;
	bool nullable = false;

	cJSON_ArrayForEach(it, list) {
		if (json_is(it, "type", "null")) {
			nullable = true;
			continue;
		}
		one = schema_node(s, it, depth + 1);
		if (json_get(one, "description") == NULL)
			json_add_str(one, "description", words);
		cJSON_AddItemToArray(any, one);
	}
	if (nullable)
		cJSON_ArrayForEach(one, any)
			json_add_bool(one, "nullable", true);
	if (any->child == NULL || any->child->next == NULL) {
		o = any->child == NULL ? schema_of_type("string") :
		    cJSON_DetachItemFromArray(any, 0);
		cJSON_Delete(any);
		return o;
	}
	o = cJSON_CreateObject();
	json_set_take(o, "anyOf", any);
	return o;
}

static cJSON *
schema_node(struct schema *s, const cJSON *in, unsigned depth)
{
	const char *ref = json_str(in, "$ref"), *type;
	const cJSON *list = json_array(in, "anyOf");
	cJSON *o;
	bool nullable = json_bool(in, "nullable", false);

	if (depth > SCHEMA_DEPTH || ++s->nodes > SCHEMA_NODES)
		return schema_of_type("object");
	if (ref != NULL)
		return schema_node(s, schema_find(s->root, ref), depth + 1);
	if (json_array(in, "allOf") != NULL) {
		AUTO_JSON cJSON *all = schema_all_of(s, in);

		return schema_node(s, all, depth + 1);
	}
	if (list == NULL)
		list = json_array(in, "oneOf");
	if (list != NULL && json_get(in, "properties") == NULL)
		return schema_any_of(s, in, list, depth);
	type = schema_type(in, &nullable);
	o = cJSON_CreateObject();
	schema_copy(o, in, type);
	schema_enum(o, in, &nullable);
	if (strcmp(type, "object") == 0)
		schema_properties(s, o, in, depth);
	else if (strcmp(type, "array") == 0)
		schema_items(s, o, in, depth);
	if (nullable)
		json_add_bool(o, "nullable", true);
	return o;
}

cJSON *
gemini_schema(const char *parameters)
{
	cJSON *root = json_parse(parameters, strlen(parameters),
	    JSON_NUL_REPLACE, NULL), *o = NULL;
	struct schema s = { .root = root };

	if (root != NULL)
		o = schema_node(&s, root, 0);
	cJSON_Delete(root);
	/* An empty object is rejected. */
	if (o != NULL && json_get(o, "properties") == NULL) {
		cJSON_Delete(o);
		return NULL;
	}
	return o;
}
