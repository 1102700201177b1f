/*
 * A comment goes to where its lines are now, or to the first of them that is
 * there; only to a hunk that wasn't in the version before, so never to one that
 * is marked already. Where there is none, the comment stays with the old
 * version: a front end says so.
 */
#include "config.h"

#include "core/comment-carry.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/line-diff.h"
#include "base/mem.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"

/* Where a line of the version before is now. */
struct carry {
	cJSON	*hunk;		/* NULL: nowhere, or in one that isn't new */
	int	 line;
};

static int
carry_count(const char *text, size_t n)
{
	size_t i;
	int lines = 0;

	for (i = 0; i < n; i++)
		lines += text[i] == '\n' || i + 1 == n;
	return lines;
}

static void
carry_add(struct buf *b, const char *text, size_t n)
{
	buf_add(b, text, n);
	if (n > 0 && text[n - 1] != '\n')
		buf_addc(b, '\n');
}

/* Of all lines of the file's hunks; malloc'ed. */
static struct carry *
carry_map(const struct fold *was, const struct fold_file *f, const cJSON *file)
{
	AUTO_BUF struct buf old = BUF_INIT(0), new = BUF_INIT(0);
	AUTO_FREE struct line_op *ops = NULL;
	AUTO_FREE struct carry *now = NULL;
	struct carry *map;
	size_t i, n, len = 0, from = 0, to = 0;
	cJSON *hunk;
	int line;

	cJSON_ArrayForEach(hunk, json_array(file, "hunks")) {
		bool is_new = fold_find_hunk(was, json_str(hunk, "id"),
		    NULL) == NULL;
		AUTO_FREE char *text = json_get_bytes(hunk, "text", &n);

		if (text == NULL)
			continue;
		carry_add(&new, text, n);
		for (line = 1; line <= carry_count(text, n); line++) {
			GROW(now, len);
			now[len++] = (struct carry){ is_new ? hunk : NULL,
				line };
		}
	}
	for (i = 0; i < f->hunks_len; i++)
		carry_add(&old, f->hunks[i].text, f->hunks[i].text_len);
	ops = line_ops(buf_str(&old), old.len, buf_str(&new), new.len, &n);
	map = xcalloc(n + 1, sizeof(*map));
	for (i = 0; i < n; i++) {
		if (ops[i].sign == ' ')
			map[from] = now[to];
		from += ops[i].sign != '+';
		to += ops[i].sign != '-';
	}
	return map;
}

/* False if the hunk is NULL, or has a comment there. */
static bool
carry_put(cJSON *hunk, int line, int end, const char *text)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(hunk, "comments"), *o;
	const cJSON *it;

	cJSON_ArrayForEach(it, list)
		if (json_int(it, "line", 0) == line &&
		    json_int(it, "end_line", line) == end)
			return false;
	if (hunk == NULL)
		return false;
	if (list == NULL)
		list = cJSON_AddArrayToObject(hunk, "comments");
	o = cJSON_CreateObject();
	json_add_int(o, "line", line);
	if (end > line)
		json_add_int(o, "end_line", end);
	json_add_str(o, "text", text);
	cJSON_AddItemToArray(list, o);
	return true;
}

/* A comment on lines that are at `map`, `n` of them; `whole`: on all of their
 * hunk. */
static void
carry_one(const struct carry *map, int n, bool whole, const char *text)
{
	int i = 1;

	while (i < n && map[i].hunk == map->hunk &&
	    map[i].line == map->line + i)
		i++;
	if (!whole && i == n && carry_put(map->hunk, map->line, map->line + n -
	    1, text))
		return;
	for (i = 0; i < n; i++)
		if (carry_put(map[i].hunk, whole ? 0 : map[i].line,
		    whole ? 0 : map[i].line, text))
			return;
}

static bool
carry_has(const cJSON *file, const char *id)
{
	const cJSON *hunk;

	cJSON_ArrayForEach(hunk, json_array(file, "hunks"))
		if (json_is(hunk, "id", id))
			return true;
	return false;
}

static void
carry_file(const struct fold *was, const struct fold_file *f,
    const cJSON *file)
{
	AUTO_FREE struct carry *all = carry_map(was, f, file);
	const struct carry *map = all;
	const struct fold_comment *c;
	const struct fold_hunk *h;
	int n;

	for (h = f->hunks; h < f->hunks + f->hunks_len; h++, map += n) {
		n = carry_count(h->text, h->text_len);
		if (h->comments_len == 0 || carry_has(file, h->id))
			continue;
		for (c = h->comments; c < h->comments + h->comments_len; c++)
			/* Of a question the model was asked at once. */
			if (fold_comment_asks(c->text) || c->end > n)
				continue;
			else if (c->line == 0)
				carry_one(map, n, true, c->text);
			else
				carry_one(map + c->line - 1, c->end - c->line +
				    1, false, c->text);
	}
}

static bool
carry_is_due(const struct fold_file *f)
{
	size_t i = 0;

	while (i < f->hunks_len && f->hunks[i].comments_len == 0)
		i++;
	return i < f->hunks_len;
}

void
comment_carry(const struct fold *was, const cJSON *files)
{
	const struct fold_proposal *p = was->proposal;
	const cJSON *file;
	cJSON *hunk;
	size_t i;

	/* Those that the version before got, if this one is made from it. */
	cJSON_ArrayForEach(file, files)
		cJSON_ArrayForEach(hunk, json_array(file, "hunks"))
			cJSON_DeleteItemFromObjectCaseSensitive(hunk,
			    "comments");
	for (i = 0; p != NULL && i < p->files_len; i++) {
		if (!carry_is_due(&p->files[i]))
			continue;
		cJSON_ArrayForEach(file, files)
			if (json_is_path(file, p->files[i].path_bytes))
				carry_file(was, &p->files[i], file);
	}
}
