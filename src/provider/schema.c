#include "config.h"

#include "provider/schema.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/sanitize.h"
#include "base/utf8.h"

struct plain;

static bool	strict_node(cJSON *, bool all);
static cJSON	*plain_node(struct plain *, const cJSON *, unsigned depth);

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
	size_t i;

	if (json_str(schema, "type") == NULL)
		return false;
	for (i = 0; i < MEM_COUNT(unknown); i++)
		cJSON_DeleteItemFromObjectCaseSensitive(schema, unknown[i]);
	if (json_is(schema, "type", "object"))
		return strict_object(schema, all);
	if (json_is(schema, "type", "array"))
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

/*
 * The schema of a tool's arguments, in the part of JSON Schema
 * that services accept. They refuse a whole request for one schema that they
 * can't read, and each of them reads another part: so references and "allOf" are
 * put in their place, alternatives are "anyOf", each node has a type, and what
 * is left over becomes words or is omitted. Who runs the tool checks the call
 * anyway. A schema may come from somebody's server: depth and size have limits,
 * and circular references end.
 *
 * Sources: the Gemini API documentation, "Schema" and "Function calling";
 * OpenAI, "Function calling"; Anthropic, "Tool use"; llama.cpp's grammars.
 */

#define PLAIN_DEPTH	10
#define PLAIN_STEPS	6000
#define PLAIN_PARTS	16	/* of one node */
#define PLAIN_COUNT	1000	/* a larger limit makes slow grammars */
#define PLAIN_NAME	64
#define PLAIN_WORDS	2048	/* of a description */

struct plain {
	const cJSON	*root;
	bool		 gemini;
	unsigned	 depth;		/* the most */
	size_t		 steps;		/* so far: members looked at */
};

/* The schemas that apply to a node together: itself, its $ref, its "allOf". If
 * several have the same member, the first one counts. */
struct plain_parts {
	const cJSON	*list[PLAIN_PARTS];
	size_t		 len;
	size_t		 sure;		/* the rest are alternatives */
};

/* Enough of it: somebody's schema must not keep us busy. */
static bool
plain_is_spent(const struct plain *s)
{
	return s->steps > PLAIN_STEPS;
}

static cJSON *
plain_of_type(const char *type)
{
	return JSON_TEXTS("type", type);
}

/* ---- parts ---- */

/* "#/$defs/name"; NULL if there is no such definition. */
static const cJSON *
plain_find(struct plain *s, const char *ref)
{
	const cJSON *at = s->root;
	size_t n;

	if (*ref++ != '#')
		return NULL;
	while (at != NULL && *ref == '/' && !plain_is_spent(s)) {
		AUTO_FREE char *name = NULL;

		n = strcspn(++ref, "/");
		name = xmemdup(ref, n);
		s->steps += (size_t)cJSON_GetArraySize(at);
		at = json_get(at, name);
		ref += n;
	}
	return *ref == '\0' ? at : NULL;
}

static void
plain_parts_add(struct plain *s, struct plain_parts *p, const cJSON *in)
{
	const char *ref = json_str(in, "$ref");
	const cJSON *it;
	size_t i;

	for (i = 0; i < p->len; i++)
		if (p->list[i] == in)
			return;
	if (!cJSON_IsObject(in) || p->len == PLAIN_PARTS || plain_is_spent(s))
		return;
	s->steps += 1 + (size_t)cJSON_GetArraySize(in);
	p->list[p->len++] = in;
	if (ref != NULL)
		plain_parts_add(s, p, plain_find(s, ref));
	cJSON_ArrayForEach(it, json_array(in, "allOf"))
		plain_parts_add(s, p, it);
}

static const cJSON *
plain_get(const struct plain_parts *p, const char *key)
{
	const cJSON *v = NULL;
	size_t i;

	for (i = 0; i < p->len && v == NULL; i++)
		v = json_get(p->list[i], key);
	return v;
}

static const cJSON *
plain_alternatives(const struct plain_parts *p)
{
	const cJSON *list = plain_get(p, "anyOf");

	if (!cJSON_IsArray(list))
		list = plain_get(p, "oneOf");
	return cJSON_IsArray(list) ? list : NULL;
}

/* ---- one node ---- */

static bool
plain_is_whole(double v)
{
	return v > -9e15 && v < 9e15 && v == (double)(int64_t)v;
}

/* Text for what the schema can't express. */
static void
plain_describe(cJSON *out, const char *words)
{
	const char *had = json_str(out, "description");
	AUTO_FREE char *text = had == NULL ? xstrdup(words) :
	    xasprintf("%s %s", had, words);

	if (strlen(text) <= PLAIN_WORDS)
		json_add_str(out, "description", text);
}

static const char *
plain_guess(const struct plain_parts *p)
{
	const cJSON *list = plain_get(p, "enum");
	const cJSON *one = list == NULL ? plain_get(p, "const") : list->child;

	if (plain_get(p, "properties") != NULL)
		return "object";
	if (plain_get(p, "items") != NULL ||
	    plain_get(p, "prefixItems") != NULL)
		return "array";
	for (; one != NULL && cJSON_IsNull(one); one = one->next)
		;
	return cJSON_IsNumber(one) ? "number" :
	    cJSON_IsBool(one) ? "boolean" : "string";
}

/* The types that the node allows: at least one, and at most `most`. */
static size_t
plain_types(const struct plain_parts *p, const char **types, size_t most,
    bool *nullable)
{
	static const char *const known[] = { "array", "boolean", "integer",
		"number", "object", "string" };
	const cJSON *type = plain_get(p, "type"), *it;
	size_t n = 0;

	for (it = cJSON_IsArray(type) ? type->child : type;
	    it != NULL && n < most; it = it == type ? NULL : it->next) {
		if (!cJSON_IsString(it))
			continue;
		if (strcmp(it->valuestring, "null") == 0)
			*nullable = true;
		else if (MEM_FIND(known, it->valuestring) != NULL)
			types[n++] = it->valuestring;
	}
	if (n == 0)
		types[n++] = plain_guess(p);
	return n;
}

static bool
plain_fits(const struct plain *s, const cJSON *v, const char *type)
{
	if (strcmp(type, "string") == 0)
		return cJSON_IsString(v);
	if (s->gemini)
		return false;
	if (strcmp(type, "boolean") == 0)
		return cJSON_IsBool(v);
	return cJSON_IsNumber(v) && isfinite(v->valuedouble) &&
	    (strcmp(type, "number") == 0 || (strcmp(type, "integer") == 0 &&
	    plain_is_whole(v->valuedouble)));
}

/* A value of each kind is listed, or all are words. */
static void
plain_enum(struct plain *s, cJSON *out, const struct plain_parts *p,
    const char *type, bool *nullable)
{
	AUTO(pathmap_release) struct pathmap seen = { 0 };
	const cJSON *list = plain_get(p, "enum"), *it;
	const cJSON *only = plain_get(p, "const");
	AUTO_JSON cJSON *values = cJSON_CreateArray();
	AUTO_BUF struct buf words = BUF_INIT(0);
	bool fit = true;

	if (!cJSON_IsArray(list))
		list = only;
	for (it = list == only ? only : list->child;
	    it != NULL && !plain_is_spent(s);
	    it = list == only ? NULL : it->next) {
		AUTO_FREE char *text = json_print(it);

		s->steps++;
		if (cJSON_IsNull(it)) {
			*nullable = true;
			continue;
		}
		if (pathmap_find(&seen, text) != NULL)
			continue;
		(void)pathmap_add(&seen, text, sizeof(char *));
		fit = fit && plain_fits(s, it, type);
		cJSON_AddItemToArray(values, cJSON_Duplicate(it, 1));
		buf_adds(&words, words.len == 0 ? "One of: " : ", ");
		buf_adds(&words, text);
	}
	if (fit && values->child != NULL)
		json_copy(out, "enum", values);
	else if (words.len > 0) {
		buf_addc(&words, '.');
		plain_describe(out, buf_str(&words));
	}
}

static void
plain_limit(cJSON *out, const struct plain_parts *p, const char *key,
    bool counts)
{
	const cJSON *v = plain_get(p, key);

	if (cJSON_IsNumber(v) && isfinite(v->valuedouble) && (!counts ||
	    (v->valuedouble >= 0 && v->valuedouble <= PLAIN_COUNT &&
	    plain_is_whole(v->valuedouble))))
		json_copy(out, key, v);
}

static void
plain_limits(const struct plain *s, cJSON *out, const struct plain_parts *p,
    const char *type)
{
	static const char *const gemini[] = { "date-time", "double", "enum",
		"float", "int32", "int64" };
	static const char *const texts[] = { "date", "date-time", "email",
		"hostname", "ipv4", "ipv6", "time", "uri", "uuid" };
	const cJSON *format = plain_get(p, "format");
	const cJSON *pattern = plain_get(p, "pattern");
	bool text = strcmp(type, "string") == 0;

	if (strcmp(type, "array") == 0) {
		plain_limit(out, p, "maxItems", true);
		plain_limit(out, p, "minItems", true);
	} else if (text) {
		plain_limit(out, p, "maxLength", true);
		plain_limit(out, p, "minLength", true);
	} else {
		plain_limit(out, p, "maximum", false);
		plain_limit(out, p, "minimum", false);
	}
	if (cJSON_IsString(format) && (s->gemini ?
	    MEM_FIND(gemini, format->valuestring) != NULL : text &&
	    MEM_FIND(texts, format->valuestring) != NULL))
		json_copy(out, "format", format);
	/* Each service knows another kind of expression. */
	if (text && cJSON_IsString(pattern)) {
		AUTO_FREE char *words = xasprintf("Pattern: %s",
		    pattern->valuestring);

		plain_describe(out, words);
	}
}

/* Anthropic accepts no other names. */
static bool
plain_name_fits(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

	return n > 0 && n <= PLAIN_NAME && name[n] == '\0';
}

static void
plain_properties(struct plain *s, cJSON *out, const struct plain_parts *p,
    unsigned depth)
{
	AUTO_JSON cJSON *to = cJSON_CreateObject();
	AUTO_JSON cJSON *required = cJSON_CreateArray();
	AUTO_BUF struct buf others = BUF_INIT(0);
	const cJSON *it, *from;
	size_t i;

	for (i = 0; i < p->len; i++) {
		from = json_get(p->list[i], "properties");
		if (!cJSON_IsObject(from))
			continue;
		cJSON_ArrayForEach(it, from)
			if (plain_is_spent(s)) {
				break;
			} else if (!plain_name_fits(it->string)) {
				s->steps++;
				buf_adds(&others, others.len == 0 ?
				    "Also takes: " : ", ");
				json_quote(&others, it->string,
				    strlen(it->string));
			} else if (json_get(to, it->string) == NULL)
				json_set_take(to, it->string, plain_node(s, it,
				    depth + 1));
	}
	/* Undescribed members can't be required. */
	for (i = 0; i < p->sure; i++)
		cJSON_ArrayForEach(it, json_array(p->list[i], "required"))
			if (s->steps++ < PLAIN_STEPS && cJSON_IsString(it) &&
			    json_get(to, it->valuestring) != NULL &&
			    !json_has(required, it->valuestring))
				cJSON_AddItemToArray(required,
				    cJSON_CreateString(it->valuestring));
	if (others.len > 0)
		plain_describe(out, buf_str(&others));
	if (to->child != NULL || (depth == 0 && !s->gemini))
		json_copy(out, "properties", to);
	if (required->child != NULL)
		json_copy(out, "required", required);
}

static void
plain_others(struct plain *s, cJSON *out, const struct plain_parts *p,
    unsigned depth)
{
	const cJSON *v = plain_get(p, "additionalProperties");

	if (s->gemini || plain_get(p, "patternProperties") != NULL)
		return;
	if (cJSON_IsObject(v))
		json_set_take(out, "additionalProperties", v->child == NULL ?
		    cJSON_CreateTrue() : plain_node(s, v, depth + 1));
	else if (cJSON_IsBool(v))
		json_copy(out, "additionalProperties", v);
}

static void
plain_items(struct plain *s, cJSON *out, const struct plain_parts *p,
    unsigned depth)
{
	const cJSON *items = plain_get(p, "prefixItems");

	/* There is one schema for all items: use the first. */
	if (!cJSON_IsArray(items))
		items = plain_get(p, "items");
	if (cJSON_IsArray(items))
		items = items->child;
	json_set_take(out, "items", items == NULL ? plain_of_type("string") :
	    plain_node(s, items, depth + 1));
}

/* The node's description, without invisible characters, malloc'ed; NULL:
 * none. */
static char *
plain_words(const struct plain_parts *p)
{
	const cJSON *words = plain_get(p, "description");

	return cJSON_IsString(words) ? sanitize_dup(words->valuestring,
	    SANITIZE_LINES) : NULL;
}

/* "Default: 20." malloc'ed; NULL: none that is a word or a number. */
static char *
plain_default(const struct plain_parts *p)
{
	const cJSON *value = plain_get(p, "default");
	AUTO_FREE char *text = value == NULL || cJSON_IsNull(value) ||
	    value->child != NULL ? NULL : json_print(value);
	AUTO_FREE char *seen = text == NULL ? NULL : sanitize_dup(text,
	    SANITIZE_LINES);

	return seen == NULL ? NULL : xasprintf("Default: %.*s.",
	    (int)utf8_cut(seen, strlen(seen), 100), seen);
}

static cJSON *
plain_is_typed(struct plain *s, const struct plain_parts *p, const char *type,
    unsigned depth, bool *nullable)
{
	cJSON *o = plain_of_type(type);
	AUTO_FREE char *words = plain_words(p);
	AUTO_FREE char *usual = plain_default(p);

	if (words != NULL)
		plain_describe(o, words);
	if (usual != NULL)
		plain_describe(o, usual);
	plain_limits(s, o, p, type);
	plain_enum(s, o, p, type, nullable);
	if (strcmp(type, "object") == 0) {
		plain_properties(s, o, p, depth);
		plain_others(s, o, p, depth);
	} else if (strcmp(type, "array") == 0)
		plain_items(s, o, p, depth);
	return o;
}

/* ---- alternatives ---- */

/* Takes `o`, and returns it, extended to allow null if `nullable`. */
static cJSON *
plain_nullable_take(const struct plain *s, cJSON *o, bool nullable)
{
	cJSON *any = cJSON_GetObjectItemCaseSensitive(o, "anyOf"), *it, *both;

	if (!nullable)
		return o;
	if (s->gemini) {
		if (any == NULL)
			json_add_bool(o, "nullable", true);
		cJSON_ArrayForEach(it, any)
			json_add_bool(it, "nullable", true);
		return o;
	}
	if (any == NULL) {
		both = cJSON_CreateObject();
		any = cJSON_AddArrayToObject(both, "anyOf");
		cJSON_AddItemToArray(any, o);
		o = both;
	}
	cJSON_ArrayForEach(it, any)
		if (json_is(it, "type", "null"))
			return o;
	cJSON_AddItemToArray(any, plain_of_type("null"));
	return o;
}

/* anyOf allows no other members next to it, so a single alternative replaces
 * the schema. Takes `any`. */
static cJSON *
plain_any_take(cJSON *any)
{
	cJSON *o;

	if (any->child != NULL && any->child->next != NULL) {
		o = cJSON_CreateObject();
		json_set_take(o, "anyOf", any);
		return o;
	}
	o = any->child == NULL ? plain_of_type("string") :
	    cJSON_DetachItemFromArray(any, 0);
	cJSON_Delete(any);
	return o;
}

/* The description goes to each of them. */
static cJSON *
plain_any_of(struct plain *s, const struct plain_parts *p, const cJSON *list,
    unsigned depth, bool *nullable)
{
	cJSON *any = cJSON_CreateArray(), *one, *inner, *part;
	AUTO_FREE char *words = plain_words(p);
	const cJSON *it;

	cJSON_ArrayForEach(it, list) {
		if (plain_is_spent(s))
			break;
		if (json_is(it, "type", "null")) {
			s->steps++;
			*nullable = true;
			continue;
		}
		one = plain_node(s, it, depth + 1);
		/* Alternatives of alternatives are some, too. */
		inner = cJSON_DetachItemFromObjectCaseSensitive(one, "anyOf");
		if (inner == NULL) {
			inner = cJSON_CreateArray();
			cJSON_AddItemToArray(inner, one);
		} else
			cJSON_Delete(one);
		while ((part = cJSON_DetachItemFromArray(inner, 0)) != NULL) {
			if (words != NULL && json_get(part,
			    "description") == NULL)
				json_add_str(part, "description", words);
			cJSON_AddItemToArray(any, part);
		}
		cJSON_Delete(inner);
	}
	return plain_any_take(any);
}

/* A node that isn't looked into any more. */
static cJSON *
plain_leaf(const cJSON *in)
{
	static const char *const simple[] = { "boolean", "integer", "number",
		"string" };
	const char *type = json_str_or(in, "type", "");

	return plain_of_type(MEM_FIND(simple, type) != NULL ? type : "object");
}

static cJSON *
plain_node(struct plain *s, const cJSON *in, unsigned depth)
{
	struct plain_parts p = { .len = 0 };
	const cJSON *list, *it;
	const char *types[6];
	cJSON *o, *any;
	bool nullable = json_bool(in, "nullable", false);
	size_t n, i;

	if (depth > s->depth || plain_is_spent(s))
		return plain_leaf(in);
	s->steps++;
	plain_parts_add(s, &p, in);
	p.sure = p.len;
	list = plain_alternatives(&p);
	if (list != NULL && depth > 0 && plain_get(&p, "properties") == NULL) {
		o = plain_any_of(s, &p, list, depth, &nullable);
		return plain_nullable_take(s, o, nullable);
	}
	cJSON_ArrayForEach(it, list)
		plain_parts_add(s, &p, it);
	n = plain_types(&p, types, MEM_COUNT(types), &nullable);
	if (depth == 0) {
		bool unused = false;

		return plain_is_typed(s, &p, "object", 0, &unused);
	}
	any = cJSON_CreateArray();
	for (i = 0; i < n; i++)
		cJSON_AddItemToArray(any, plain_is_typed(s, &p, types[i], depth,
		    &nullable));
	return plain_nullable_take(s, plain_any_take(any), nullable);
}

/* ---- the whole ---- */

/* The schema as deep as it can be without leaving out what is further up. */
static cJSON *
plain_whole(struct plain *s, size_t most)
{
	static const unsigned depths[] = { PLAIN_DEPTH, 5, 3, 2, 1 };
	size_t i;

	for (i = 0; i < MEM_COUNT(depths); i++) {
		AUTO_FREE char *text = NULL;
		cJSON *o;

		s->depth = depths[i];
		s->steps = 0;
		o = plain_node(s, s->root, 0);
		text = json_print(o);
		if (strlen(text) <= most && (!plain_is_spent(s) ||
		    depths[i] == 1))
			return o;
		cJSON_Delete(o);
	}
	return NULL;
}

char *
plain_schema(const cJSON *root, size_t most)
{
	struct plain s = { .root = root };
	AUTO_JSON cJSON *o = plain_whole(&s, most);

	return o != NULL ? json_print(o) :
	    xstrdup("{\"type\":\"object\",\"description\":\"Too large to "
	    "be described.\",\"properties\":{}}");
}

cJSON *
plain_schema_gemini(const char *parameters)
{
	AUTO_JSON cJSON *root = json_parse(parameters, strlen(parameters),
	    JSON_NUL_REPLACE, NULL);
	struct plain s = { .root = root, .gemini = true };
	cJSON *o = root == NULL ? NULL : plain_whole(&s, SIZE_MAX);

	/* An empty object is rejected. */
	if (o != NULL && json_get(o, "properties") == NULL)
		json_drop(&o);
	return o;
}
