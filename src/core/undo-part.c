#include "config.h"

#include "core/undo-part.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/core.h"
#include "core/propose-open.h"
#include "gate/hunk.h"
#include "journal/fold.h"

#define UNDO_PART_HUNKS	1000	/* in one list */
#define UNDO_PART_TEXT	200	/* bytes of a hunk's first change */
#define UNDO_PART_DIFF	(128 * 1024)	/* of all hunks, in one list */

/* What a list still has room for. */
struct undo_part_room {
	size_t	hunks, bytes;
};

/* Has the file hunks that can be undone one by one? */
static bool
undo_part_has_hunks(const struct fold_change_file *f)
{
	return f->before.exists && f->after.exists && f->from == NULL &&
	    !f->renamed_later;
}

/* The first line that the hunk adds, else the first that it removes. */
static void
undo_part_first(cJSON *o, const struct hunk *h)
{
	const char *p, *end = h->text + h->len, *nl, *found = NULL;
	size_t n = 0;
	int added = 0, removed = 0, line = h->new_start;

	for (p = h->text; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		line += *p == ' ' && added + removed == 0;
		if ((*p == '+' && added++ == 0) ||
		    (*p == '-' && removed++ == 0 && added == 0)) {
			found = p;
			n = (size_t)(nl - p);
		}
	}
	json_add_int(o, "line", line);
	if (h->function[0] != '\0')
		json_add_bytes(o, "function", h->function,
		    strlen(h->function));
	json_add_int(o, "added", added);
	json_add_int(o, "removed", removed);
	if (found != NULL)
		json_add_bytes(o, "text", found, utf8_cut(found, n,
		    UNDO_PART_TEXT));
}

/* The hunk as a unified diff, as many lines of it as there is room for. */
static void
undo_part_diff(cJSON *o, const struct hunk *h, struct undo_part_room *room)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t n = h->len;

	while (n > room->bytes || (n > 0 && h->text[n - 1] != '\n'))
		n--;
	room->bytes -= n;
	if (n < h->len)
		json_add_bool(o, "cut", true);
	if (n == 0)
		return;
	buf_addf(&b, "@@ -%d,%d +%d,%d @@\n", h->old_start, h->old_lines,
	    h->new_start, h->new_lines);
	buf_add(&b, h->text, n);
	json_add_bytes(o, "diff", buf_str(&b), b.len);
}

/* Mark the hunks that the file lacks after the last undo or redo of it; none
 * where it has others, which the user wrote. */
static void
undo_part_mark(struct core *c, const struct fold_change *t, const char *path,
    const struct stage_side *before, const struct gate_split *split,
    const struct hunk_list *l, cJSON *list)
{
	const struct fold_change *d = c->fold->changes + c->fold->changes_len;
	const struct fold_change_file *now = NULL;
	struct stage_side after;
	struct hunk_list left;
	const struct hunk *h = l->v;
	size_t k = 0;
	cJSON *v;

	while (now == NULL && t->undoes == 0 && --d > t)
		if (d->undoes != 0 && fold_change_root(c->fold, d) == t->tx)
			now = fold_change_file(d, path);
	if (now == NULL)
		return;
	propose_side(&after, &now->after);
	if (gate_hunks(&left, c->blobs, path, before, &after, split, NULL,
	    NULL) < 0)
		return;
	cJSON_ArrayForEach(v, list) {
		if (k < left.len && left.v[k].old_start == h->old_start &&
		    left.v[k].len == h->len && memcmp(left.v[k].text, h->text,
		    h->len) == 0)
			k++;
		else
			json_add_bool(v, "undone", true);
		h++;
	}
	if (k < left.len)
		cJSON_ArrayForEach(v, list)
			cJSON_DeleteItemFromObjectCaseSensitive(v, "undone");
	hunk_list_release(&left);
}

static cJSON *
undo_part_file(struct core *c, const struct fold_change *t,
    const struct fold_change_file *f, struct undo_part_room *room)
{
	const struct fold_change_file *old = f->from == NULL ? NULL :
	    fold_change_file(t, f->from);
	bool alone;
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray(), *v;
	const struct gate_split split = { .diff = c->diff };
	struct stage_side before, after;
	struct hunk_list l;
	size_t i;

	json_add_path(o, "path", f->path_bytes);
	json_set_take(o, "hunks", list);
	propose_side(&before, old == NULL ? &f->before : &old->before);
	propose_side(&after, &f->after);
	if (room->hunks == 0 || gate_hunks(&l, c->blobs, f->path_bytes,
	    &before, &after, &split, NULL, NULL) < 0)
		return o;
	alone = l.len > 1 && undo_part_has_hunks(f);
	for (i = 0; i < l.len && room->hunks > 0; i++, room->hunks--) {
		v = cJSON_CreateObject();
		if (alone)
			json_add_str(v, "id", l.v[i].id);
		undo_part_first(v, &l.v[i]);
		undo_part_diff(v, &l.v[i], room);
		cJSON_AddItemToArray(list, v);
	}
	if (alone)
		undo_part_mark(c, t, f->path_bytes, &before, &split, &l, list);
	hunk_list_release(&l);
	return o;
}

cJSON *
undo_part_list(struct core *c, int64_t tx, struct err *e)
{
	const struct fold_change *t = fold_change_find(c->fold, tx);
	cJSON *o, *files;
	struct undo_part_room room = { UNDO_PART_HUNKS, UNDO_PART_DIFF };
	size_t i;

	if (t == NULL) {
		err_set(e, "no change %lld", (long long)tx);
		return NULL;
	}
	o = cJSON_CreateObject();
	files = cJSON_CreateArray();
	json_add_str(o, "type", "change");
	json_add_int(o, "tx", tx);
	json_set_take(o, "files", files);
	for (i = 0; i < t->files_len; i++)
		if (!t->files[i].renamed_later)
			cJSON_AddItemToArray(files, undo_part_file(c, t,
			    &t->files[i], &room));
	return o;
}

/* Make the op reverse one hunk alone: what was there before is then the content
 * with all other hunks. */
static int
undo_part_hunk(struct core *c, struct changes_op *op, const char *id,
    struct err *e)
{
	struct gate_choice choice = { .path = op->path, .before = op->before,
		.after = op->after, .split.diff = c->diff };
	struct stage_side rest;
	struct hunk_list l;
	const char **yes;
	bool found = false;
	size_t i;
	int rc;

	if (gate_hunks(&l, c->blobs, op->path, &op->before, &op->after,
	    &choice.split, NULL, e) < 0)
		return -1;
	yes = xcalloc(l.len + 1, sizeof(*yes));
	for (i = 0; i < l.len; i++)
		if (strcmp(l.v[i].id, id) == 0)
			found = true;
		else
			yes[choice.yes_len++] = l.v[i].id;
	choice.yes = yes;
	choice.no = &id;
	choice.no_len = 1;
	rc = !found ? err_set(e, "that change of %s has no such hunk",
	    op->path) : gate_compose(c->blobs, &choice, &op->before, &rest, e);
	free(yes);
	hunk_list_release(&l);
	return rc;
}

int
undo_part_narrow(struct core *c, const struct fold_change *t,
    struct changes_op *ops, size_t *n, const cJSON *command, struct err *e)
{
	const char *hunk = json_str(command, "hunk");
	const struct fold_change_file *f = NULL;
	size_t i, len, to = 0;
	char *path = json_get_bytes(command, "path", &len);
	int rc = 0;

	c->review.undo_part = path != NULL;
	if (path == NULL)
		return hunk == NULL ? 0 : err_set(e, "a hunk needs its path");
	for (i = 0; i < t->files_len && f == NULL; i++)
		if (strcmp(t->files[i].path_bytes, path) == 0)
			f = &t->files[i];
	if (f == NULL)
		rc = err_set(e, "change %lld has no file %s", (long long)t->tx,
		    path);
	else if (hunk != NULL && !undo_part_has_hunks(f))
		rc = err_set(e, "%s is undone as a whole", path);
	/* Both names of a renamed file. */
	for (i = 0; i < *n && rc == 0; i++)
		if (strcmp(ops[i].path, path) == 0 || (ops[i].other != NULL &&
		    strcmp(ops[i].other, path) == 0))
			ops[to++] = ops[i];
	if (rc == 0)
		*n = to;
	if (rc == 0 && hunk != NULL)
		rc = undo_part_hunk(c, &ops[0], hunk, e);
	free(path);
	return rc;
}
