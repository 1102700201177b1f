/*
 * edit {path, old_string, new_string, replace_all?, edits?, reason?}: replace
 * one or (edits) several pieces of a file, all or none. edit-match.c does the
 * matching. The reply of a successful edit has "path" (relative to the root),
 * "count", "lines" (of the first ten matches) and "fuzzy" (what a match
 * ignored); that of a failed one "size" (of the file), and "count" and "lines"
 * if old_string is ambiguous.
 */
#include "config.h"

#include "tool/tool-edit.h"
#include "tool/impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

#define EDIT_LIST_MAX 200

/* The edits of a call. The first is in the call itself if `own` is set. */
struct edit_call {
	struct edit_one	*v;
	size_t		 len;
	bool		 own;
};

static void
edit_lines(const struct edit_result *r, struct buf *b, cJSON *reply)
{
	cJSON *a = cJSON_AddArrayToObject(reply, "lines");
	size_t i;

	for (i = 0; i < r->lines_len; i++) {
		buf_addf(b, "%s%zu", i == 0 ? "" : ", ", r->lines[i]);
		cJSON_AddItemToArray(a,
		    cJSON_CreateNumber((double)r->lines[i]));
	}
	if (r->count > r->lines_len)
		buf_adds(b, ", \xe2\x80\xa6");
	json_add_int(reply, "count", (int64_t)r->count);
}

static void
edit_miss(const struct tool_path *p, const struct buf *file, const char *old,
    const char *name, const char *rest, cJSON *reply)
{
	AUTO_BUF struct buf b = BUF_INIT(TOOL_TEXT_MAX);

	edit_nearest(&b, buf_str(file), file->len, old, strlen(old));
	if (b.len == 0)
		buf_adds(&b, "Nothing in the file is similar; read the file "
		    "again.");
	if (strstr(old, "\\x") != NULL &&
	    !utf8_is_valid(buf_str(file), file->len))
		buf_adds(&b, "\nThe file has bytes that aren't UTF-8, which "
		    "read shows as \\xNN; leave them out of old_string.");
	tool_fail(reply, "not_found", "%sold_string is not in %s. %s%s", name,
	    p->shown, rest, buf_str(&b));
}

/* "edits[2]." for the i-th. */
static void
edit_name(const struct edit_call *c, size_t i, char name[32])
{
	name[0] = '\0';
	if (!c->own || i > 0)
		snprintf(name, 32, "edits[%zu].", c->own ? i - 1 : i);
}

static void
edit_fail(const struct tool_path *p, const struct edit_result *r,
    const struct buf *file, const struct edit_call *c, cJSON *reply)
{
	const char *rest = c->len > 1 ? "None of the edits was made. " : "";
	AUTO_BUF struct buf b = BUF_INIT(0);
	char name[32], other[32];

	edit_name(c, r->at, name);
	edit_name(c, r->other, other);
	/* After several failures call_advice tells the model to write the whole
	 * file, if it can. */
	json_add_int(reply, "size", (int64_t)file->len);
	switch (r->kind) {
	case EDIT_EMPTY_OLD:
		tool_fail(reply, "empty_old", "%sold_string is empty. %sGive "
		    "the text to replace, or use write for the whole file",
		    name, rest);
		break;
	case EDIT_NO_CHANGE:
		tool_fail(reply, "no_change", "%s would not change: "
		    "%snew_string is the same as %s", p->shown, name,
		    r->count == 0 ? "old_string" : "what is there (line "
		    "endings always follow the file's)");
		break;
	case EDIT_AMBIGUOUS:
		edit_lines(r, &b, reply);
		tool_fail(reply, "ambiguous", "%sold_string is in %s %zu times "
		    "(line%s %s)%s. %sAdd more lines to make it unique, or set "
		    "replace_all", name, p->shown, r->count,
		    r->count == 1 ? "" : "s", buf_str(&b), r->folds == 0 ? "" :
		    ", never exactly, only with special characters and spaces "
		    "read as plain ones", rest);
		break;
	case EDIT_OVERLAP:
		tool_fail(reply, "overlap", "%sold_string and %sold_string "
		    "overlap in %s. %sAll edits apply to the file as it is "
		    "now: merge these two", other, name,
		    p->shown, rest);
		break;
	case EDIT_TOO_LARGE:
		tool_fail(reply, "too_large", "%s would become too large",
		    p->shown);
		break;
	default:
		edit_miss(p, file, c->v[r->at].old, name, rest, reply);
		break;
	}
}

static void
edit_done(const struct tool_path *p, const struct edit_result *r, cJSON *reply)
{
	AUTO_BUF struct buf b = BUF_INIT(0), where = BUF_INIT(0);
	cJSON *fuzzy;
	unsigned i;

	json_add_str(reply, "path", p->rel);
	edit_lines(r, &where, reply);
	buf_addf(&b, "Edited %s: replaced %zu place%s (line%s %s).", p->shown,
	    r->count, r->count == 1 ? "" : "s", r->count == 1 ? "" : "s",
	    buf_str(&where));
	if (r->folds != 0) {
		fuzzy = cJSON_AddArrayToObject(reply, "fuzzy");
		buf_adds(&b, " old_string did not match exactly: the file "
		    "differs in ");
		for (i = 0; i < EDIT_FOLDS; i++) {
			const char *words = edit_fold_words(1u << i);

			if ((r->folds & 1u << i) == 0)
				continue;
			buf_addf(&b, "%s%s", cJSON_GetArraySize(fuzzy) == 0 ?
			    "" : ", ", words);
			cJSON_AddItemToArray(fuzzy, cJSON_CreateString(words));
		}
		buf_adds(&b, r->folds & EDIT_FOLD_CRLF ? ". new_string was "
		    "inserted with the file's CRLF line endings." :
		    ". new_string was inserted unchanged.");
	}
	tool_ok(reply, &b);
}

/* Fill the i-th edit from `o`. -1 if a part is missing. */
static int
edit_take(struct edit_call *c, const cJSON *o, cJSON *reply)
{
	const char *old = json_str(o, "old_string");
	const char *new = json_str(o, "new_string");

	if (old == NULL || new == NULL)
		return tool_fail(reply, "bad_args", "edit: the argument "
		    "\"%s\" is missing. Give path, old_string and new_string, "
		    "or path and edits: [{old_string, new_string}]",
		    old == NULL ? "old_string" : "new_string");
	c->v[c->len++] = (struct edit_one){ old, new, strlen(old), strlen(new),
	    json_bool(o, "replace_all", false) };
	return 0;
}

static int
edit_call_init(struct edit_call *c, const cJSON *args, cJSON *reply)
{
	const cJSON *list = json_array(args, "edits"), *it;
	int n = cJSON_GetArraySize(list);

	memset(c, 0, sizeof(*c));
	if (n > EDIT_LIST_MAX)
		return tool_fail(reply, "bad_args", "edit: more than %d edits "
		    "in one call", EDIT_LIST_MAX);
	c->v = xcalloc((size_t)n + 1, sizeof(*c->v));
	/* Some models fill in every argument. */
	c->own = n == 0 || json_str_or(args, "old_string", "")[0] != '\0';
	if (c->own && edit_take(c, args, reply) < 0)
		return -1;
	cJSON_ArrayForEach(it, list)
		if (edit_take(c, it, reply) < 0)
			return -1;
	return 0;
}

void
tool_edit(const struct tool_env *env, const cJSON *args, cJSON *reply)
{
	AUTO_BUF struct buf file = BUF_INIT(TOOL_FILE_MAX);
	AUTO(edit_result_release) struct edit_result r = { 0 };
	AUTO(path_release) struct tool_path path = { 0 };
	struct edit_call c;
	struct stat st;
	size_t i;

	if (edit_call_init(&c, args, reply) < 0 ||
	    path_resolve(&path, env, json_str_or(args, "path", ""),
	    PATH_WRITE, reply) < 0)
		goto out;
	if (file_load(&path, &file, &st, reply) < 0)
		goto out;
	for (i = 0; i < c.len; i++)
		if (file_may_get(&path, &file, c.v[i].new, c.v[i].new_n,
		    reply) < 0)
			goto out;
	edit_apply_list(&r, buf_str(&file), file.len, c.v, c.len,
	    TOOL_FILE_MAX);
	if (r.kind != EDIT_OK)
		edit_fail(&path, &r, &file, &c, reply);
	else if (file_store(&path, buf_str(&r.content), r.content.len, &st,
	    reply) == 0) {
		edit_done(&path, &r, reply);
		tool_add_diff(reply, &file, &r.content);
	}
out:
	free(c.v);
}
