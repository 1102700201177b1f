/*
 * tool_check_args: checks a model's arguments against a tool's schema. It
 * supports the parts of JSON Schema that the table uses (type, properties,
 * required, additionalProperties false, items, enum, minimum, maximum,
 * minLength, minItems) and answers with one sentence that lets the model fix
 * the call. Tools rely on it and must not have to guess.
 */
#include "config.h"

#include "tool/tool.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/utf8.h"

/* Longest piece of the model's own text repeated in a message. */
#define ARGS_QUOTE 60

struct args_check {
	const char	*tool;
	struct err	*e;
};

static int	args_check_value(struct args_check *, const char *where,
		    const cJSON *schema, const cJSON *v);

static bool
args_is_type(const char *type, const cJSON *v)
{
	if (strcmp(type, "string") == 0)
		return cJSON_IsString(v);
	if (strcmp(type, "boolean") == 0)
		return cJSON_IsBool(v);
	if (strcmp(type, "integer") == 0)
		return cJSON_IsNumber(v) && v->valuedouble >= -1e15 &&
		    v->valuedouble <= 1e15 &&
		    (double)(int64_t)v->valuedouble == v->valuedouble;
	if (strcmp(type, "number") == 0)
		return cJSON_IsNumber(v);
	if (strcmp(type, "array") == 0)
		return cJSON_IsArray(v);
	if (strcmp(type, "object") == 0)
		return cJSON_IsObject(v);
	return false;
}

static const char *
args_type_words(const char *type)
{
	if (strcmp(type, "string") == 0)
		return "a string";
	if (strcmp(type, "boolean") == 0)
		return "true or false, without quotes";
	if (strcmp(type, "integer") == 0)
		return "a whole number, without quotes";
	if (strcmp(type, "number") == 0)
		return "a number, without quotes";
	if (strcmp(type, "array") == 0)
		return "an array";
	return "an object";
}

/* The value as JSON, short enough for a message. */
static char *
args_quote(const cJSON *v)
{
	char *s, *cut;
	size_t n;

	if (cJSON_IsArray(v))
		return xstrdup("an array");
	if (cJSON_IsObject(v))
		return xstrdup("an object");
	s = json_print(v);
	n = strlen(s);
	if (n <= ARGS_QUOTE)
		return s;
	n = utf8_cut(s, n, ARGS_QUOTE);
	cut = xasprintf("%.*s\xe2\x80\xa6", (int)n, s);
	free(s);
	return cut;
}

/* "path, from (optional)" */
static char *
args_list(const cJSON *schema)
{
	const cJSON *required = json_array(schema, "required"), *p;
	struct buf b = BUF_INIT(0);

	cJSON_ArrayForEach(p, json_get(schema, "properties"))
		buf_addf(&b, "%s%s%s", b.len == 0 ? "" : ", ", p->string,
		    json_has(required, p->string) ? "" : " (optional)");
	return buf_take(&b);
}

static int
args_fail_unknown(struct args_check *c, const char *where, const cJSON *schema,
    const char *name)
{
	AUTO_FREE char *list = args_list(schema);
	AUTO_FREE char *key =
	    xmemdup(name, utf8_cut(name, strlen(name), ARGS_QUOTE));
	struct near near = NEAR_INIT(name);
	const cJSON *p;

	cJSON_ArrayForEach(p, json_get(schema, "properties"))
		near_try(&near, p->string);
	err_set(c->e, "%s: unknown argument \"%s%s%s\"%s%s%s It takes: %s",
	    c->tool, where, *where == '\0' ? "" : ".", key,
	    near.known == NULL ? "" : "; did you mean \"",
	    near.known == NULL ? "" : near.known,
	    near.known == NULL ? "." : "\"?",
	    *list == '\0' ? "nothing" : list);
	return -1;
}

static int
args_check_object(struct args_check *c, const char *where, const cJSON *schema,
    const cJSON *o)
{
	const cJSON *props = json_get(schema, "properties");
	const cJSON *required = json_array(schema, "required"), *m, *r;

	cJSON_ArrayForEach(m, o) {
		const cJSON *p = json_get(props, m->string);
		AUTO_FREE char *sub = NULL;
		int rc;

		if (p == NULL) {
			if (cJSON_IsFalse(json_get(schema,
			    "additionalProperties")))
				return args_fail_unknown(c, where, schema,
				    m->string);
			continue;
		}
		if (json_get(o, m->string) != m)
			return err_set(c->e,
			    "%s: the argument \"%s\" is given twice", c->tool,
			    m->string);
		/* Some models send null for an omitted argument. */
		if (cJSON_IsNull(m) && !json_has(required, m->string))
			continue;
		sub = *where == '\0' ? xstrdup(m->string) :
		    xasprintf("%s.%s", where, m->string);
		rc = args_check_value(c, sub, p, m);
		if (rc < 0)
			return -1;
	}
	cJSON_ArrayForEach(r, json_array(schema, "required"))
		if (json_get(o, r->valuestring) == NULL) {
			AUTO_FREE char *list = args_list(schema);

			err_set(c->e, "%s: the argument \"%s%s%s\" is missing. "
			    "It takes: %s", c->tool, where,
			    *where == '\0' ? "" : ".", r->valuestring, list);
			return -1;
		}
	return 0;
}

static int
args_check_array(struct args_check *c, const char *where, const cJSON *schema,
    const cJSON *a)
{
	const cJSON *items = json_get(schema, "items"), *v;
	int64_t i = 0, least = json_int(schema, "minItems", 0);

	if (cJSON_GetArraySize(a) < least)
		return err_set(c->e, "%s: \"%s\" needs at least %lld element%s",
		    c->tool, where, (long long)least, least == 1 ? "" : "s");
	if (items == NULL)
		return 0;
	cJSON_ArrayForEach(v, a) {
		AUTO_FREE char *sub =
		    xasprintf("%s[%lld]", where, (long long)i++);
		int rc = args_check_value(c, sub, items, v);

		if (rc < 0)
			return -1;
	}
	return 0;
}

static int
args_check_enum(struct args_check *c, const char *where, const cJSON *choices,
    const cJSON *v)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const cJSON *p;
	char *given;

	cJSON_ArrayForEach(p, choices) {
		if (cJSON_Compare(p, v, true))
			return 0;
		buf_addf(&b, "%s%s", b.len == 0 ? "" : ", ",
		    cJSON_IsString(p) ? p->valuestring : "?");
	}
	given = args_quote(v);
	err_set(c->e, "%s: \"%s\" must be one of %s, not %s", c->tool, where,
	    buf_str(&b), given);
	free(given);
	return -1;
}

static int
args_check_value(struct args_check *c, const char *where, const cJSON *schema,
    const cJSON *v)
{
	const char *type = json_str(schema, "type");
	const cJSON *limit;

	if (type != NULL && !args_is_type(type, v)) {
		AUTO_FREE char *given = args_quote(v);

		err_set(c->e, "%s: %s%s%s must be %s, not %s", c->tool,
		    *where == '\0' ? "" : "\"",
		    *where == '\0' ? "the arguments" : where,
		    *where == '\0' ? "" : "\"", args_type_words(type), given);
		return -1;
	}
	limit = json_get(schema, "enum");
	if (limit != NULL && args_check_enum(c, where, limit, v) < 0)
		return -1;
	limit = json_get(schema, "minimum");
	if (limit != NULL && cJSON_IsNumber(v) &&
	    v->valuedouble < limit->valuedouble)
		return err_set(c->e, "%s: \"%s\" must be at least %.0f, not "
		    "%.6g", c->tool, where, limit->valuedouble,
		    v->valuedouble);
	limit = json_get(schema, "maximum");
	if (limit != NULL && cJSON_IsNumber(v) &&
	    v->valuedouble > limit->valuedouble)
		return err_set(c->e, "%s: \"%s\" must be at most %.0f, not "
		    "%.6g", c->tool, where, limit->valuedouble,
		    v->valuedouble);
	if (cJSON_IsString(v) && v->valuestring[0] == '\0' &&
	    json_int(schema, "minLength", 0) > 0)
		return err_set(c->e, "%s: \"%s\" must not be empty", c->tool,
		    where);
	if (cJSON_IsObject(v))
		return args_check_object(c, where, schema, v);
	if (cJSON_IsArray(v))
		return args_check_array(c, where, schema, v);
	return 0;
}

/* The list that a model meant by this value; NULL if it is none. */
static cJSON *
args_mend_list(const cJSON *schema, const cJSON *v)
{
	const char *items = json_str_or(json_get(schema, "items"), "type", "");
	cJSON *given = cJSON_IsString(v) ? json_parse(v->valuestring,
	    strlen(v->valuestring), JSON_NUL_REFUSE, NULL) :
	    cJSON_Duplicate(v, 1);
	cJSON *list;

	if (cJSON_IsArray(given))
		return given;
	if (cJSON_IsString(v) && strcmp(items, "string") == 0) {
		cJSON_Delete(given);
		given = cJSON_Duplicate(v, 1);
	} else if (!cJSON_IsObject(given) || strcmp(items, "object") != 0) {
		cJSON_Delete(given);
		return NULL;
	}
	list = cJSON_CreateArray();
	cJSON_AddItemToArray(list, given);
	return list;
}

/* The patch, under the names other programs use for it. */
static void
args_mend_name(cJSON *args, const char *name)
{
	static const char *const others[] = { "patch", "patchText",
		"patch_text" };
	cJSON *v;
	size_t i;

	for (i = 0; i < MEM_COUNT(others); i++) {
		if (json_get(args, name) != NULL)
			return;
		v = cJSON_DetachItemFromObjectCaseSensitive(args, others[i]);
		if (v != NULL)
			json_set_take(args, name, v);
	}
}

void
tool_mend_args(const struct tool_entry *t, cJSON *args)
{
	cJSON *schema = json_parse(t->schema, strlen(t->schema),
	    JSON_NUL_REFUSE, NULL), *list;
	const cJSON *p, *v;

	if (strcmp(t->name, "apply_patch") == 0)
		args_mend_name(args, "input");
	cJSON_ArrayForEach(p, json_get(schema, "properties")) {
		v = json_get(args, p->string);
		if (v == NULL || cJSON_IsArray(v) || !json_is(p,
		    "type", "array"))
			continue;
		list = args_mend_list(p, v);
		if (list != NULL)
			json_set_take(args, p->string, list);
	}
	cJSON_Delete(schema);
}

int
tool_check_args(const struct tool_entry *t, const cJSON *args, struct err *e)
{
	struct args_check c = { .tool = t->name, .e = e };
	cJSON *schema = json_parse(t->schema, strlen(t->schema),
	    JSON_NUL_REFUSE, e);
	int rc;

	if (schema == NULL)
		return -1;
	rc = args_check_value(&c, "", schema, args);
	cJSON_Delete(schema);
	return rc;
}
