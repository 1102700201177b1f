/*
 * edit {path, old_string, new_string, replace_all?, reason?}: replace a piece
 * of a file.  The matching is in edit-match.c.  The reply has "path" (below the
 * root), "count", "lines" (where, the first ten) and "fuzzy" (what a match
 * overlooked); an ambiguous one has "count" and "lines" too.
 */
#include "config.h"

#include "tool/impl.h"

#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "tool/edit.h"

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
    cJSON *reply)
{
	struct buf b = BUF_INIT(TOOL_TEXT_MAX);

	edit_nearest(&b, buf_str(file), file->len, old, strlen(old));
	if (b.len == 0)
		buf_adds(&b, "Nothing in the file resembles it; read the file "
		    "again.");
	if (strstr(old, "\\x") != NULL &&
	    !utf8_is_valid(buf_str(file), file->len))
		buf_adds(&b, "\nThe file has bytes that are not UTF-8, which "
		    "read shows as \\xNN; old_string must leave them out.");
	tool_fail(reply, "not_found", "old_string is not in %s. %s", p->shown,
	    buf_str(&b));
	buf_release(&b);
}

static void
edit_fail(const struct tool_path *p, const struct edit_result *r,
    const struct buf *file, const char *old, cJSON *reply)
{
	struct buf b = BUF_INIT(0);

	/* Who gives up on edits has to know whether it can be written whole. */
	json_add_int(reply, "size", (int64_t)file->len);
	switch (r->kind) {
	case EDIT_EMPTY_OLD:
		tool_fail(reply, "empty_old", "old_string is empty. Give the "
		    "text to replace, or use write for the whole file");
		break;
	case EDIT_NO_CHANGE:
		tool_fail(reply, "no_change", "%s would not change: new_string "
		    "is the same as %s", p->shown, r->count == 0 ?
		    "old_string" : "what is there (line ends always follow "
		    "the file)");
		break;
	case EDIT_AMBIGUOUS:
		edit_lines(r, &b, reply);
		tool_fail(reply, "ambiguous", "old_string is in %s %zu times "
		    "(line%s %s)%s. Add lines around the place that is meant, "
		    "or give replace_all", p->shown, r->count,
		    r->count == 1 ? "" : "s", buf_str(&b), r->folds == 0 ? "" :
		    ", never exactly, only when special characters and blanks "
		    "are read as plain ones");
		break;
	case EDIT_TOO_LARGE:
		tool_fail(reply, "too_large", "%s would become too large",
		    p->shown);
		break;
	default:
		edit_miss(p, file, old, reply);
		break;
	}
	buf_release(&b);
}

static void
edit_done(const struct tool_path *p, const struct edit_result *r, cJSON *reply)
{
	struct buf b = BUF_INIT(0), where = BUF_INIT(0);
	cJSON *fuzzy;
	unsigned i;

	json_add_str(reply, "path", p->rel);
	edit_lines(r, &where, reply);
	buf_addf(&b, "Edited %s: replaced %zu place%s (line%s %s).", p->shown,
	    r->count, r->count == 1 ? "" : "s", r->count == 1 ? "" : "s",
	    buf_str(&where));
	if (r->folds != 0) {
		fuzzy = cJSON_AddArrayToObject(reply, "fuzzy");
		buf_adds(&b, " old_string was not there exactly: the file "
		    "differs in ");
		for (i = 0; i < EDIT_FOLDS; i++) {
			const char *words = edit_fold_words(1u << i);

			if ((r->folds & 1u << i) == 0)
				continue;
			buf_addf(&b, "%s%s", cJSON_GetArraySize(fuzzy) == 0 ?
			    "" : ", ", words);
			cJSON_AddItemToArray(fuzzy, cJSON_CreateString(words));
		}
		buf_adds(&b, ". new_string was put in as given.");
	}
	tool_ok(reply, &b);
	buf_release(&b);
	buf_release(&where);
}

void
tool_edit(const struct tool_env *env, const cJSON *args, cJSON *reply)
{
	const char *old = json_str_or(args, "old_string", "");
	const char *new = json_str_or(args, "new_string", "");
	struct buf file = BUF_INIT(TOOL_FILE_MAX);
	struct edit_result r = { .kind = EDIT_EMPTY_OLD };
	struct tool_path path;
	struct stat st;

	if (path_resolve(&path, env, json_str_or(args, "path", ""),
	    PATH_WRITE, reply) < 0)
		goto out;
	if (old[0] == '\0') {
		edit_fail(&path, &r, &file, old, reply);
		goto out;
	}
	if (file_load(&path, "file_missing", &file, &st, reply) < 0)
		goto out;
	edit_apply(&r, buf_str(&file), file.len, old, strlen(old), new,
	    strlen(new), json_bool(args, "replace_all", false),
	    TOOL_FILE_MAX);
	if (r.kind != EDIT_OK)
		edit_fail(&path, &r, &file, old, reply);
	else if (file_store(&path, buf_str(&r.content), r.content.len, &st,
	    reply) == 0)
		edit_done(&path, &r, reply);
out:
	edit_result_release(&r);
	path_release(&path);
	buf_release(&file);
}
