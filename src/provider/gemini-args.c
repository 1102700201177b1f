/*
 * A path is followed from the top, and missing values on the way are created:
 * names in objects, and in arrays only the next index.
 */
#include "config.h"

#include "provider/gemini-args.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "provider/decoder.h"
#include "provider/error.h"

#define ARGS_DEPTH 32

/* One step of a path: .name, ['name'] or [3]. The name is malloc'ed, NULL for
 * an index. Returns the text after the step, NULL if it isn't one. */
static const char *
args_step(const char *p, char **name, int *index)
{
	const char *end;
	char quote;

	*name = NULL;
	*index = 0;
	if (*p == '.') {
		p++;
		end = p + strcspn(p, ".[");
		*name = xmemdup(p, (size_t)(end - p));
		return end;
	}
	if (*p++ != '[')
		return NULL;
	if (*p == '\'' || *p == '"') {
		quote = *p++;
		if ((end = strchr(p, quote)) == NULL || end[1] != ']')
			return NULL;
		*name = xmemdup(p, (size_t)(end - p));
		return end + 2;
	}
	for (end = p; *end >= '0' && *end <= '9' && end - p < 5; end++)
		*index = *index * 10 + (*end - '0');
	return end > p && *end == ']' ? end + 1 : NULL;
}

/* Put `v` (owned) into `in` at this place; false, with v deleted, if there is
 * no such place. */
static bool
args_put(cJSON *in, const char *name, int index, cJSON *v)
{
	if (name != NULL && cJSON_IsObject(in)) {
		json_set_take(in, name, v);
		return true;
	}
	if (name == NULL && cJSON_IsArray(in)) {
		int n = cJSON_GetArraySize(in);

		if (index < n)
			return cJSON_ReplaceItemInArray(in, index, v) != 0;
		if (index == n)
			return cJSON_AddItemToArray(in, v) != 0;
	}
	cJSON_Delete(v);
	return false;
}

static cJSON *
args_get(cJSON *in, const char *name, int index)
{
	if (name != NULL)
		return cJSON_GetObjectItemCaseSensitive(in, name);
	return cJSON_IsArray(in) ? cJSON_GetArrayItem(in, index) : NULL;
}

/* Put the value (owned) at the path; false if the path is invalid. */
static bool
args_set(cJSON *root, const char *path, cJSON *v)
{
	cJSON *at = root, *next;
	AUTO_FREE char *name = NULL;
	int index, depth;
	bool ok = false;

	if (*path++ != '$')
		goto out;
	for (depth = 0; depth < ARGS_DEPTH; depth++) {
		path = args_step(path, &name, &index);
		if (path == NULL)
			break;
		if (*path == '\0') {
			ok = args_put(at, name, index, v);
			v = NULL;
			break;
		}
		next = args_get(at, name, index);
		if (next == NULL) {
			next = *path == '[' && path[1] >= '0' && path[1] <= '9'
			    ? cJSON_CreateArray() : cJSON_CreateObject();
			if (!args_put(at, name, index, next))
				break;
		}
		at = next;
		FREE_NULL(name);
	}
out:
	cJSON_Delete(v);
	return ok;
}

static void
args_flush(struct gemini_args *a, struct decoder *d)
{
	if (a->path == NULL)
		return;
	if (!args_set(a->root, a->path, cJSON_CreateString(buf_str(&a->text)))
	    && d != NULL)
		provider_error_set(&d->error, PROVIDER_PROTOCOL, false,
		    "a call's argument has an invalid path: %.80s", a->path);
	FREE_NULL(a->path);
	buf_clear(&a->text);
}

void
gemini_args_add(struct gemini_args *a, struct decoder *d, const cJSON *piece)
{
	const char *path = json_str_or(piece, "jsonPath", ""), *s;
	const cJSON *v;

	if (a->root == NULL)
		a->root = cJSON_CreateObject();
	if (a->path != NULL && strcmp(a->path, path) != 0)
		args_flush(a, d);
	if ((s = json_str(piece, "stringValue")) != NULL) {
		if (a->path == NULL)
			a->path = xstrdup(path);
		decoder_append(d, &a->text, DELTA_CALL, s);
		return;
	}
	if ((v = json_get(piece, "numberValue")) == NULL &&
	    (v = json_get(piece, "boolValue")) == NULL)
		v = json_get(piece, "nullValue");
	if (v != NULL && !args_set(a->root, path, json_get(piece,
	    "nullValue") == v ? cJSON_CreateNull() : cJSON_Duplicate(v, 1)))
		provider_error_set(&d->error, PROVIDER_PROTOCOL, false,
		    "a call's argument has an invalid path: %.80s", path);
}

cJSON *
gemini_args_take(struct gemini_args *a)
{
	cJSON *root;

	args_flush(a, NULL);
	root = a->root;
	a->root = NULL;
	return root;
}

void
gemini_args_release(struct gemini_args *a)
{
	cJSON_Delete(a->root);
	free(a->path);
	buf_release(&a->text);
}
