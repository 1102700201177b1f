/*
 * Marks and comments on the hunks of the open proposal, and what became of a
 * decision.  Of the marks on the version before only those on hunks whose id
 * stays are carried over, so that a mark never stands on a text that its giver
 * has not seen.
 */
#include "config.h"

#include "journal/fold-int.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

static void
fold_hunk_unmark(struct fold_hunk *h)
{
	h->mark = MARK_NONE;
	h->seen = false;
	fold_set(&h->edit, NULL);
	h->edit_len = 0;
	fold_set(&h->word, NULL);
	fold_set(&h->client, NULL);
}

void
fold_hunk_uncomment(struct fold_hunk *h)
{
	size_t i;

	for (i = 0; i < h->comments_len; i++)
		free(h->comments[i].text);
	free(h->comments);
	h->comments = NULL;
	h->comments_len = 0;
}

static int
fold_hunk_compare(const void *a, const void *b)
{
	const struct fold_hunk *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

/* All hunks by id; NULL if there are none. */
static struct fold_hunk **
fold_hunks_sorted(const struct fold_proposal *p, size_t *n)
{
	struct fold_hunk **list;
	size_t i, k, at = 0;

	*n = 0;
	for (i = 0; i < p->files_len; i++)
		*n += p->files[i].hunks_len;
	if (*n == 0)
		return NULL;
	list = xcalloc(*n, sizeof(*list));
	for (i = 0; i < p->files_len; i++)
		for (k = 0; k < p->files[i].hunks_len; k++)
			list[at++] = &p->files[i].hunks[k];
	qsort(list, *n, sizeof(*list), fold_hunk_compare);
	return list;
}

static struct fold_hunk *
fold_hunks_find(struct fold_hunk **list, size_t n, const char *id)
{
	struct fold_hunk key = { 0 }, *const keyp = &key, **hit;

	if (n == 0)
		return NULL;
	key.id = (char *)(uintptr_t)id;
	hit = bsearch(&keyp, list, n, sizeof(*list), fold_hunk_compare);
	return hit == NULL ? NULL : *hit;
}

void
fold_proposal_keep_marks(struct fold_proposal *to,
    const struct fold_proposal *from)
{
	struct fold_hunk **old, *was, *h;
	size_t n, i, k;

	old = fold_hunks_sorted(from, &n);
	for (i = 0; i < to->files_len; i++)
		for (k = 0; k < to->files[i].hunks_len; k++) {
			h = &to->files[i].hunks[k];
			was = fold_hunks_find(old, n, h->id);
			if (was == NULL)
				continue;
			h->comments = was->comments;
			h->comments_len = was->comments_len;
			was->comments = NULL;
			was->comments_len = 0;
			if (was->mark == MARK_NONE || (was->mark == MARK_YES &&
			    h->overwrites && !was->overwrites))
				continue;
			h->mark = was->mark;
			h->seen = was->seen;
			free(h->edit);
			h->edit = was->edit;
			h->edit_len = was->edit_len;
			was->edit = NULL;
			fold_set(&h->word, was->word);
			fold_set(&h->client, was->client);
		}
	free(old);
}

static struct fold_hunk *
fold_hunk_of(struct fold_proposal *p, const char *id)
{
	size_t i, k;

	for (i = 0; p != NULL && id != NULL && i < p->files_len; i++)
		for (k = 0; k < p->files[i].hunks_len; k++)
			if (strcmp(p->files[i].hunks[k].id, id) == 0)
				return &p->files[i].hunks[k];
	return NULL;
}

void
fold_on_draft(struct fold *f, const cJSON *line)
{
	const char *mark = json_str_or(line, "mark", "none");
	struct fold_hunk *h = NULL;

	if (f->proposal != NULL &&
	    json_int(line, "proposal", 0) == f->proposal->id)
		h = fold_hunk_of(f->proposal, json_str(line, "hunk"));
	if (h == NULL || h->decided)
		return;
	fold_hunk_unmark(h);
	if (strcmp(mark, "yes") == 0)
		h->mark = MARK_YES;
	else if (strcmp(mark, "no") == 0)
		h->mark = MARK_NO;
	else if (strcmp(mark, "edited") == 0 && (h->edit =
	    json_get_bytes(line, "edit", &h->edit_len)) != NULL)
		h->mark = MARK_YES;
	else
		return;
	h->seen = json_bool(line, "seen", false);
	fold_set(&h->word, json_str(line, "word"));
	fold_set(&h->client, json_str(line, "client"));
}

void
fold_on_comment(struct fold *f, const cJSON *line)
{
	const char *text = json_str_or(line, "text", "");
	struct fold_hunk *h = NULL;
	int at = fold_int(line, "line", 0);
	size_t i;

	if (f->proposal != NULL &&
	    json_int(line, "proposal", 0) == f->proposal->id)
		h = fold_hunk_of(f->proposal, json_str(line, "hunk"));
	if (h == NULL || h->decided)
		return;
	for (i = 0; i < h->comments_len && h->comments[i].line != at; i++)
		;
	if (i < h->comments_len) {
		free(h->comments[i].text);
		if (text[0] == '\0') {
			h->comments[i] = h->comments[--h->comments_len];
			return;
		}
	} else if (text[0] == '\0') {
		return;
	} else {
		h->comments = xreallocarray(h->comments, i + 1,
		    sizeof(*h->comments));
		h->comments_len = i + 1;
		h->comments[i].line = at;
	}
	h->comments[i].text = xstrdup(text);
}

struct fold_tally { int yes, no, edited, unseen, files; };

/* One hunk of a decision: counted, its word noted, its mark gone. */
static void
fold_decide_hunk(struct fold_tally *t, struct buf *words, const char *path,
    const cJSON *o, struct fold_hunk *h)
{
	const char *word = json_str(o, "word");
	const cJSON *it;
	bool edited = strcmp(json_str_or(o, "decision", ""), "edited") == 0;

	if (edited || strcmp(json_str_or(o, "decision", ""), "yes") == 0) {
		t->yes++;
		t->edited += edited;
		t->unseen += !json_bool(o, "seen", false);
	} else {
		t->no++;
	}
	if (word != NULL && word[0] != '\0')
		buf_addf(words, "%s: %s\n", path, word);
	cJSON_ArrayForEach(it, json_array(o, "comments"))
		buf_addf(words, "%s: comment: %s\n", path,
		    json_str_or(it, "text", ""));
	if (h != NULL) {
		fold_hunk_unmark(h);
		fold_hunk_uncomment(h);
		h->decided = true;
	}
}

void
fold_on_decision(struct fold *f, const cJSON *line)
{
	struct buf title = BUF_INIT(0), words = BUF_INIT(0);
	struct fold_tally t = { 0 };
	struct fold_hunk **hunks = NULL;
	struct fold_decided *d = fold_decided_new(f, line);
	const cJSON *file, *o;
	struct fold_item *it;
	size_t n = 0, len;
	char *who, *bytes;

	if (strcmp(json_str_or(line, "by", "user"), "user") == 0)
		f->evidence.returned = 0;
	if (f->proposal != NULL &&
	    f->proposal->id == json_int(line, "proposal", 0))
		hunks = fold_hunks_sorted(f->proposal, &n);
	cJSON_ArrayForEach(file, json_array(line, "files")) {
		t.files += t.files < INT_MAX;
		bytes = json_get_bytes(file, "path", &len);
		cJSON_ArrayForEach(o, json_array(file, "hunks")) {
			struct fold_hunk *h = fold_hunks_find(hunks, n,
			    json_str_or(o, "id", ""));

			fold_decided_hunk(d, bytes, h,
			    json_str_or(o, "decision", "no"));
			fold_decide_hunk(&t, &words,
			    json_str_or(file, "path", "?"), o, h);
		}
		free(bytes);
	}
	fold_decided_take(f, d, t.yes - t.edited);
	who = fold_who(line);
	buf_addf(&title, "%d accepted, %d refused in %d file%s, %s", t.yes,
	    t.no, t.files, t.files == 1 ? "" : "s", who);
	if (t.edited > 0)
		buf_addf(&title, ", %d edited", t.edited);
	if (t.unseen > 0)
		buf_addf(&title, ", %d not seen", t.unseen);
	it = fold_item_add(f, ITEM_DECISION, buf_str(&title),
	    words.len == 0 ? NULL : buf_str(&words));
	it->ok = t.no == 0;
	free(who);
	free(hunks);
	buf_release(&title);
	buf_release(&words);
}
