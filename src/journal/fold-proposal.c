/*
 * The open proposal: its files and hunks, what isn't proposed, its text, and the
 * marks and comments on it. A proposal line replaces the list.
 */
#include "config.h"

#include "journal/fold-int.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "journal/event.h"
#include "journal/fold.h"

/* Its '+' and '-' lines, as the user edited it. */
static void
fold_hunk_count(struct fold_hunk *h)
{
	const char *p = h->edit != NULL ? h->edit : h->text, *nl;
	const char *end = p + (h->edit != NULL ? h->edit_len : h->text_len);

	h->added = h->removed = 0;
	while (p < end) {
		h->added += *p == '+';
		h->removed += *p == '-';
		nl = memchr(p, '\n', (size_t)(end - p));
		p = nl == NULL ? end : nl + 1;
	}
}

static void
fold_hunk_unmark(struct fold_hunk *h)
{
	h->mark = MARK_NONE;
	h->seen = false;
	xstrset(&h->edit, NULL);
	h->edit_len = 0;
	fold_hunk_count(h);
	xstrset(&h->word, NULL);
	xstrset(&h->client, NULL);
}

static void
fold_hunk_uncomment(struct fold_hunk *h)
{
	size_t i;

	for (i = 0; i < h->comments_len; i++) {
		free(h->comments[i].text);
		free(h->comments[i].answer);
	}
	FREE_NULL(h->comments);
	h->comments_len = 0;
}

/* Does the hunk have neither mark nor decision? */
static bool
fold_hunk_is_open(const struct fold_hunk *h)
{
	return h->mark == MARK_NONE && !h->decided;
}

/* Carry marks over to the next version; `from` loses the marks that move. */
static void
fold_proposal_keep_marks(struct fold_proposal *to,
    const struct fold_proposal *from)
{
	struct fold_hunk *was, *h;
	struct fold_at *at;
	size_t i, k;

	/* A hunk that is still there wasn't written: its mark comes back. */
	to->words = from->words;
	for (i = 0; i < from->hunks_len; i++) {
		was = from->hunks[i].hunk;
		if (fold_proposal_find(to, was->id) != NULL)
			continue;
		to->words.reasons += was->words.reasons;
		to->words.comments += was->words.comments;
	}
	for (i = 0; i < to->files_len; i++)
		for (k = 0; k < to->files[i].hunks_len; k++) {
			h = &to->files[i].hunks[k];
			at = fold_proposal_find(from, h->id);
			if (at == NULL)
				continue;
			was = at->hunk;
			fold_hunk_uncomment(h);
			h->comments = was->comments;
			h->comments_len = was->comments_len;
			was->comments = NULL;
			was->comments_len = 0;
			if (was->mark == MARK_NONE || (was->mark == MARK_YES &&
			    h->overwrites && !was->overwrites))
				continue;
			to->undecided -= fold_hunk_is_open(h);
			h->mark = was->mark;
			h->seen = was->seen;
			FREE_SET(h->edit, was->edit);
			h->edit_len = was->edit_len;
			was->edit = NULL;
			fold_hunk_count(h);
			xstrset(&h->word, was->word);
			xstrset(&h->client, was->client);
		}
}

enum fold_verdict {
	VERDICT_NONE, VERDICT_YES, VERDICT_NO, VERDICT_EDITED
};

/* Of a mark, or in a decision. */
static enum fold_verdict
fold_verdict(const cJSON *o, const char *member)
{
	static const char *const words[] = {
		[VERDICT_NONE] = NULL, [VERDICT_YES] = "yes",
		[VERDICT_NO] = "no", [VERDICT_EDITED] = "edited",
	};

	return (enum fold_verdict)MEM_WORD(words, json_str(o, member));
}

/* One mark: a draft line, or one of its list. */
static void
fold_mark(struct fold_proposal *p, const cJSON *o, const char *client)
{
	enum fold_verdict mark = fold_verdict(o, "mark");
	struct fold_at *at = fold_proposal_find(p, json_str(o, "hunk"));
	struct fold_hunk *h = at == NULL ? NULL : at->hunk;

	if (h == NULL || h->decided)
		return;
	p->undecided += !fold_hunk_is_open(h);
	fold_hunk_unmark(h);
	if (mark == VERDICT_EDITED && (h->edit =
	    json_get_bytes(o, "edit", &h->edit_len)) == NULL)
		mark = VERDICT_NONE;
	fold_hunk_count(h);
	if (mark == VERDICT_NONE)
		return;
	h->mark = mark == VERDICT_NO ? MARK_NO : MARK_YES;
	p->undecided--;
	h->seen = json_bool(o, "seen", false);
	xstrset(&h->word, json_str(o, "word"));
	xstrset(&h->client, client);
}

static void
fold_on_draft(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	struct fold_proposal *p = f->proposal;
	const cJSON *list = json_array(line, "marks"), *it;
	const char *client = json_str(line, "client");

	if (p == NULL || json_int(line, "proposal", 0) != p->id)
		return;
	if (list == NULL)
		fold_mark(p, line, client);
	cJSON_ArrayForEach(it, list)
		fold_mark(p, it, client);
}

bool
fold_comment_asks(const char *text)
{
	size_t n = strlen(text);

	while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\n'))
		n--;
	return n > 1 && text[n - 1] == '?';
}

/* Change its comments by one that has these members: line, end_line, text; by. */
static void
fold_hunk_comment(struct fold_hunk *h, const cJSON *o)
{
	const char *text = json_str_or(o, "text", "");
	int at = fold_int(o, "line", 0);
	int end = fold_int(o, "end_line", at);
	size_t i;

	end = end < at ? at : end;
	for (i = 0; i < h->comments_len && (h->comments[i].line != at ||
	    h->comments[i].end != end); i++)
		;
	if (json_is(o, "by", "model")) {
		if (i < h->comments_len)
			xstrset(&h->comments[i].answer, text);
		return;
	}
	if (i < h->comments_len) {
		free(h->comments[i].text);
		FREE_NULL(h->comments[i].answer);
		if (text[0] == '\0') {
			h->comments[i] = h->comments[--h->comments_len];
			return;
		}
	} else if (text[0] == '\0') {
		return;
	} else {
		GROW(h->comments, i);
		h->comments_len = i + 1;
		h->comments[i].line = at;
		h->comments[i].end = end;
		h->comments[i].answer = NULL;
	}
	h->comments[i].text = xstrdup(text);
}

static void
fold_on_comment(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	struct fold_at *found = NULL;

	if (f->proposal != NULL &&
	    json_int(line, "proposal", 0) == f->proposal->id)
		found = fold_proposal_find(f->proposal,
		    json_str(line, "hunk"));
	if (found != NULL && !found->hunk->decided)
		fold_hunk_comment(found->hunk, line);
}

struct fold_tally { int yes, no, edited, unseen, files; };

/* One hunk of a decision: count it, keep its reason, remove its mark. */
static void
fold_decide_hunk(struct fold_tally *t, struct buf *words, const char *path,
    const cJSON *o, struct fold_hunk *h)
{
	const char *word = json_str(o, "word");
	struct fold_words n = { 0 };
	const cJSON *it;
	enum fold_verdict verdict = fold_verdict(o, "decision");

	if (verdict == VERDICT_EDITED || verdict == VERDICT_YES) {
		t->yes++;
		t->edited += verdict == VERDICT_EDITED;
		t->unseen += !json_bool(o, "seen", false);
	} else {
		t->no++;
	}
	if (word != NULL && word[0] != '\0') {
		sanitize_name(words, path);
		buf_addf(words, ": rejected: %s\n", word);
		n.reasons++;
	}
	cJSON_ArrayForEach(it, json_array(o, "comments")) {
		if (json_str(it, "answer") != NULL)
			continue;	/* asked before: it isn't sent again */
		sanitize_name(words, path);
		buf_addf(words, ": comment: %s\n", json_str_or(it, "text",
		    ""));
		n.comments++;
	}
	if (h != NULL) {
		fold_hunk_unmark(h);
		fold_hunk_uncomment(h);
		h->decided = true;
		h->words = n;
	}
}

struct fold_words
fold_words(const struct fold_proposal *p)
{
	struct fold_words n = { 0 };
	const struct fold_hunk *h;
	size_t i, k;

	if (p == NULL)
		return n;
	n = p->words;
	for (i = 0; i < p->hunks_len; i++) {
		h = p->hunks[i].hunk;
		n.reasons += h->words.reasons + (h->mark == MARK_NO &&
		    h->word != NULL);
		n.comments += h->words.comments;
		for (k = 0; k < h->comments_len; k++)
			n.comments += h->comments[k].answer == NULL;
	}
	return n;
}

/* A message takes the reasons and comments of earlier decisions to the model,
 * so they are cleared. Exceptions: a message of the core right after the
 * user's, which took them already, and a question, which doesn't take them. */
static void
fold_on_user_message(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;

	if (f->proposal != NULL && (json_is(line, "by", "core") ?
	    f->items_len > 0 &&
	    f->items[f->items_len - 1].kind != ITEM_USER :
	    json_get(line, "question") == NULL))
		f->proposal->words = (struct fold_words) { 0 };
}

/* "you accepted 6 hunks and rejected 1 in 3 files" */
static void
fold_tally_text(struct buf *b, const struct fold_tally *t, const char *who)
{
	int n = t->yes > 0 ? t->yes : t->no;

	buf_addf(b, "%s %s %d hunk%s", who, t->yes > 0 ? "accepted" :
	    "rejected", n, n == 1 ? "" : "s");
	if (t->yes > 0 && t->no > 0)
		buf_addf(b, " and rejected %d", t->no);
	buf_addf(b, " in %d file%s", t->files, t->files == 1 ? "" : "s");
	if (t->edited > 0)
		buf_addf(b, ", %d edited", t->edited);
	if (t->unseen > 0)
		buf_addf(b, ", %d not seen", t->unseen);
}

static void
fold_decided_free(struct fold_decided *d)
{
	size_t i;

	if (d == NULL)
		return;
	for (i = 0; i < d->len; i++)
		free(d->files[i].path);
	free(d->files);
	free(d->who);
	free(d);
}

static void
fold_lines_add(int *sum, int n)
{
	*sum = *sum > INT_MAX - n ? INT_MAX : *sum + n;
}

/* Add an accepted hunk, before its mark is removed. */
static void
fold_decided_hunk(struct fold_decided *d, const char *path,
    const struct fold_hunk *h, enum fold_verdict verdict)
{
	struct fold_decided_file *f;

	if (verdict == VERDICT_NO || verdict == VERDICT_NONE || path == NULL ||
	    h == NULL)
		return;
	f = d->len == 0 ? NULL : &d->files[d->len - 1];
	if (f == NULL || strcmp(f->path, path) != 0) {
		GROW(d->files, d->len);
		f = &d->files[d->len++];
		*f = (struct fold_decided_file){ .path = xstrdup(path) };
	}
	fold_lines_add(&f->added, h->added);
	fold_lines_add(&f->removed, h->removed);
}

/* An undo that was dropped leaves nothing in the transcript. */
static void
fold_undo_hide(struct fold *f, struct fold_item *it)
{
	it->hidden = true;
	while (it > f->items && it->kind != ITEM_PROPOSAL)
		it--;
	if (it->kind == ITEM_PROPOSAL)
		it->hidden = true;
	it->rev++;
}

static void
fold_on_decision(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	AUTO_BUF struct buf title = BUF_INIT(0), words = BUF_INIT(0);
	struct fold_tally t = { 0 };
	struct fold_proposal *p = f->proposal;
	struct fold_decided *d = xcalloc(1, sizeof(*d));
	const cJSON *file, *o;
	struct fold_item *it;
	struct fold_at *at;
	size_t len;
	bool redo;
	AUTO_FREE char *who = NULL;
	char *bytes;

	if (json_is(line, "by", "user"))
		f->evidence.returned = 0;
	f->evidence.decided = false;
	if (p != NULL && p->id != json_int(line, "proposal", 0))
		p = NULL;
	cJSON_ArrayForEach(file, json_array(line, "files")) {
		t.files++;
		bytes = json_get_bytes(file, "path", &len);
		cJSON_ArrayForEach(o, json_array(file, "hunks")) {
			at = fold_proposal_find(p, json_str(o, "id"));
			fold_decided_hunk(d, bytes, at == NULL ? NULL :
			    at->hunk, fold_verdict(o, "decision"));
			if (at != NULL)
				p->undecided -= fold_hunk_is_open(at->hunk);
			fold_decide_hunk(&t, &words,
			    json_str_or(file, "path", "?"), o,
			    at == NULL ? NULL : at->hunk);
		}
		free(bytes);
	}
	who = fold_who(line);
	d->seq = f->seq;
	d->edited = t.edited;
	d->rejected = t.no;
	d->who = xstrdup(who);
	d->check_running = json_is(line, "check", "running");
	d->whole = f->proposal != NULL && !f->proposal->undo_part &&
	    fold_hunks(f->proposal) == t.yes - t.edited;
	fold_decided_free(f->begun.decision);
	f->begun.decision = d;
	if (p != NULL && p->undo != 0 && t.yes == 0) {
		(void)fold_change_named(f, p->undo, &redo);
		buf_addf(&title, "%s dropped: nothing changes", redo ? "redo" :
		    "undo");
	} else
		fold_tally_text(&title, &t, who);
	it = fold_item_add(f, ITEM_DECISION, buf_str(&title),
	    words.len == 0 ? NULL : buf_str(&words));
	it->ok = t.no == 0 && t.unseen == 0;
	if (p != NULL && p->undo != 0 && t.yes == 0)
		fold_undo_hide(f, it);
}

void
fold_side_parse(struct fold_side *s, const cJSON *o)
{
	int64_t m = json_int(o, "mode", 0100644);

	if (!cJSON_IsObject(o))
		return;
	s->exists = true;
	s->hash = xstrdup(json_str_or(o, "hash", ""));
	s->mode = m < 0 || m > 0177777 ? 0100644 : (unsigned)m;
	s->size = json_int(o, "size", 0);
}

static const struct json_field fold_hunk_fields[] = {
	JSON_FIELD(fold_hunk, id, JSON_TEXT, "id", ""),
	JSON_FIELD(fold_hunk, old_start, JSON_INT, "old_start", NULL),
	JSON_FIELD(fold_hunk, old_lines, JSON_INT, "old_lines", NULL),
	JSON_FIELD(fold_hunk, new_start, JSON_INT, "new_start", NULL),
	JSON_FIELD(fold_hunk, new_lines, JSON_INT, "new_lines", NULL),
	JSON_FIELD(fold_hunk, function, JSON_TEXT, "function", NULL),
	JSON_FIELD(fold_hunk, reason, JSON_TEXT, "reason", NULL),
	JSON_FIELD(fold_hunk, overwrites, JSON_FLAG, "overwrites", NULL),
};

static void
fold_hunk_parse(struct fold_hunk *h, const cJSON *o)
{
	const cJSON *it;

	memset(h, 0, sizeof(*h));
	JSON_READ(h, o, fold_hunk_fields);
	h->text = json_get_bytes(o, "text", &h->text_len);
	if (h->text == NULL)
		h->text = xstrdup("");
	cJSON_ArrayForEach(it, json_array(o, "comments"))
		fold_hunk_comment(h, it);
	fold_hunk_count(h);
}

static void
fold_hunk_release(struct fold_hunk *h)
{
	fold_hunk_unmark(h);
	fold_hunk_uncomment(h);
	JSON_RELEASE(h, fold_hunk_fields);
	free(h->text);
}

static void
fold_split_parse(struct fold_file *file, const cJSON *list)
{
	const cJSON *id;

	if (list == NULL)
		return;
	file->split = xcalloc((size_t)cJSON_GetArraySize(list) + 1,
	    sizeof(*file->split));
	cJSON_ArrayForEach(id, list)
		if (cJSON_IsString(id))
			file->split[file->split_len++] =
			    xstrdup(id->valuestring);
}

static const struct json_field fold_file_fields[] = {
	JSON_FIELD(fold_file, path, JSON_TEXT, "path", "?"),
	JSON_FIELD(fold_file, path_bytes, JSON_BYTES, "path", NULL),
	JSON_FIELD(fold_file, from, JSON_TEXT, "from", NULL),
	JSON_FIELD(fold_file, from_bytes, JSON_BYTES, "from", NULL),
	JSON_FIELD(fold_file, similarity, JSON_INT, "similarity", NULL),
	JSON_FIELD(fold_file, status, JSON_TEXT, "status", "modified"),
	JSON_FIELD(fold_file, binary, JSON_FLAG, "binary", NULL),
	JSON_FIELD(fold_file, encoding, JSON_TEXT, "encoding", NULL),
	JSON_FIELD(fold_file, mixes, JSON_FLAG, "mixes", NULL),
	JSON_FIELD(fold_file, misread, JSON_FLAG, "misread", NULL),
	JSON_FIELD(fold_file, kind, JSON_TEXT, "kind", ""),
	JSON_FIELD(fold_file, protected_by, JSON_TEXT, "protected", NULL),
	JSON_FIELD(fold_file, judges, JSON_FLAG, "judges", NULL),
	JSON_FIELD(fold_file, changed_on_disk, JSON_FLAG, "changed_on_disk",
	    NULL),
	JSON_FIELD(fold_file, meanwhile_by, JSON_TEXT, "meanwhile_by", NULL),
	JSON_FIELD(fold_file, reason, JSON_TEXT, "reason", NULL),
	JSON_FIELD(fold_file, written_by, JSON_TEXT, "written_by", NULL),
	JSON_FIELD(fold_file, note, JSON_TEXT, "note", NULL),
}, fold_file_rules[] = {
	JSON_FIELD(fold_file, not_small, JSON_TEXT, "small", NULL),
	JSON_FIELD(fold_file, not_yes, JSON_TEXT, "yes", NULL),
};

static void
fold_file_parse(struct fold_file *file, const cJSON *o)
{
	const cJSON *hunks = json_array(o, "hunks"), *item;
	size_t cap;

	*file = (struct fold_file){ .similarity = 100 };
	JSON_READ(file, o, fold_file_fields);
	JSON_READ(file, json_get(o, "rules"), fold_file_rules);
	if (file->path_bytes == NULL)
		file->path_bytes = xstrdup(file->path);
	fold_side_parse(&file->before, json_get(o, "before"));
	fold_side_parse(&file->after, json_get(o, "after"));
	file->lacks = json_is(o, "kind", "text") ||
	    file->before.size > FOLD_FILE_MAX ||
	    file->after.size > FOLD_FILE_MAX ? "too large to show" : "binary";
	if (json_is(o, "kind", "text"))
		xstrset(&file->kind, "");
	file->meanwhile = json_get_bytes(o, "meanwhile",
	    &file->meanwhile_len);
	fold_split_parse(file, json_array(o, "split"));
	cap = hunks == NULL ? 0 : (size_t)cJSON_GetArraySize(hunks);
	if (cap > 0)
		file->hunks = xcalloc(cap, sizeof(*file->hunks));
	cJSON_ArrayForEach(item, hunks)
		if (cJSON_IsObject(item))
			fold_hunk_parse(&file->hunks[file->hunks_len++], item);
}

static void
fold_file_release(struct fold_file *file)
{
	size_t i;

	for (i = 0; i < file->hunks_len; i++)
		fold_hunk_release(&file->hunks[i]);
	free(file->hunks);
	xfree_list(file->split, file->split_len);
	JSON_RELEASE(file, fold_file_fields);
	JSON_RELEASE(file, fold_file_rules);
	free(file->before.hash);
	free(file->after.hash);
	free(file->meanwhile);
}

static struct fold_named *
fold_named_parse(const cJSON *list, size_t *len)
{
	struct fold_named *v;
	const cJSON *item;

	*len = 0;
	if (list == NULL || list->child == NULL)
		return NULL;
	v = xcalloc((size_t)cJSON_GetArraySize(list), sizeof(*v));
	cJSON_ArrayForEach(item, list) {
		v[*len].path = json_get_bytes(item, "path", NULL);
		if (v[*len].path == NULL)
			continue;
		v[(*len)++].why = xstrdup(json_str_or(item, "why", "?"));
	}
	return v;
}

static void
fold_named_free(struct fold_named *v, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		free(v[i].path);
		free(v[i].why);
	}
	free(v);
}

static const struct json_field fold_product_fields[] = {
	JSON_FIELD(fold_product, path, JSON_TEXT, "path", "?"),
	JSON_FIELD(fold_product, path_bytes, JSON_BYTES, "path", NULL),
	JSON_FIELD(fold_product, files, JSON_INT64, "files", NULL),
	JSON_FIELD(fold_product, why, JSON_TEXT, "why", "cache"),
};

static void
fold_proposal_free(struct fold_proposal *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->files_len; i++)
		fold_file_release(&p->files[i]);
	for (i = 0; i < p->product_len; i++)
		JSON_RELEASE(&p->products[i], fold_product_fields);
	free(p->files);
	free(p->hunks);
	free(p->paths);
	fold_named_free(p->refused, p->refused_len);
	fold_named_free(p->left, p->left_len);
	free(p->products);
	free(p);
}

static void
fold_product_parse(struct fold_proposal *p, const cJSON *list)
{
	const cJSON *it;

	if (list == NULL)
		return;
	p->products = xcalloc((size_t)cJSON_GetArraySize(list) + 1,
	    sizeof(*p->products));
	cJSON_ArrayForEach(it, list) {
		struct fold_product *x = &p->products[p->product_len];

		*x = (struct fold_product){ .files = 1 };
		JSON_READ(x, it, fold_product_fields);
		if (x->path_bytes == NULL) {
			JSON_RELEASE(x, fold_product_fields);
			continue;
		}
		p->product_len++;
	}
}

void
fold_product_text(struct buf *b, const struct fold_proposal *p, size_t names)
{
	int64_t rest = p->ignored;
	size_t i;

	if (p->ignored <= 0)
		return;
	buf_addf(b, "%lld build product%s, not proposed", (long long)rest,
	    p->ignored == 1 ? "" : "s");
	for (i = 0; i < p->product_len && i < names; i++) {
		buf_adds(b, i == 0 ? ": " : ", ");
		sanitize_name(b, p->products[i].path_bytes);
		if (p->products[i].files > 1)
			buf_addf(b, " (%lld)", (long long)p->products[i].files);
		rest -= p->products[i].files;
	}
	if (i > 0 && rest > 0)
		buf_adds(b, ", ...");
}

static int
fold_at_compare(const void *a, const void *b)
{
	const struct fold_at *x = a, *y = b;

	return strcmp(x->hunk->id, y->hunk->id);
}

static int
fold_path_compare(const void *a, const void *b)
{
	const struct fold_file *const *x = a, *const *y = b;

	return strcmp((*x)->path_bytes, (*y)->path_bytes);
}

/* The search index, once the files are known. */
static void
fold_proposal_sort(struct fold_proposal *p)
{
	size_t i, k, n = 0;

	for (i = 0; i < p->files_len; i++)
		p->hunks_len += p->files[i].hunks_len;
	p->undecided = p->hunks_len;
	p->hunks = xcalloc(p->hunks_len + 1, sizeof(*p->hunks));
	p->paths = xcalloc(p->files_len + 1, sizeof(*p->paths));
	for (i = 0; i < p->files_len; i++) {
		p->paths[i] = &p->files[i];
		for (k = 0; k < p->files[i].hunks_len; k++, n++) {
			p->hunks[n].file = &p->files[i];
			p->hunks[n].hunk = &p->files[i].hunks[k];
		}
	}
	qsort(p->hunks, p->hunks_len, sizeof(*p->hunks), fold_at_compare);
	qsort(p->paths, p->files_len, sizeof(*p->paths), fold_path_compare);
}

static struct fold_proposal *
fold_proposal_parse(const cJSON *line, int64_t seq)
{
	struct fold_proposal *p = xcalloc(1, sizeof(*p));
	const cJSON *files = json_array(line, "files"), *item;
	size_t n;

	p->id = json_int(line, "proposal", 0);
	if (p->id <= 0)
		p->id = seq;
	p->version = fold_int(line, "version", 1);
	p->final = json_bool(line, "final", false);
	n = files == NULL ? 0 : (size_t)cJSON_GetArraySize(files);
	if (n > 0)
		p->files = xcalloc(n, sizeof(*p->files));
	cJSON_ArrayForEach(item, files) {
		if (!cJSON_IsObject(item))
			continue;
		fold_file_parse(&p->files[p->files_len], item);
		/* A file without a hunk couldn't be decided. */
		if (p->files[p->files_len].hunks_len == 0)
			fold_file_release(&p->files[p->files_len]);
		else
			p->files_len++;
	}
	fold_proposal_sort(p);
	p->refused = fold_named_parse(json_array(line, "refused"),
	    &p->refused_len);
	p->undo = json_int(line, "undo", 0);
	/* An undo has none of its own. */
	if (p->undo == 0) {
		p->ignored = json_int(line, "ignored", 0);
		fold_product_parse(p, json_array(line, "products"));
	}
	p->undo_part = json_bool(line, "undo_part", false);
	p->left = fold_named_parse(json_array(line, "undo_left"),
	    &p->left_len);
	return p;
}

/* Append a row for the file. */
static void
fold_file_text(struct buf *b, const struct fold_file *f)
{
	buf_addf(b, "%s ", f->status);
	sanitize_name(b, f->path_bytes);
	if (f->from != NULL) {
		buf_adds(b, " from ");
		sanitize_name(b, f->from_bytes);
		if (f->similarity < 100)
			buf_addf(b, " (%d%% similar)", f->similarity);
	}
	if (f->judges)
		buf_adds(b, " [test]");
	if (f->protected_by != NULL)
		buf_addf(b, ", protected: %s", f->protected_by);
	if (f->note != NULL)
		buf_addf(b, ", %s", f->note);
	buf_addc(b, '\n');
}

static void
fold_named_text(struct buf *b, const char *what, const struct fold_named *v,
    size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		buf_addf(b, "%s: ", what);
		sanitize_name(b, v[i].path);
		buf_addf(b, ": %s\n", v[i].why);
	}
}

/* "proposal: 3 files, 7 hunks", in the item of the same proposal if that is the
 * last item. */
static void
fold_proposal_tell(struct fold *f, const struct fold_proposal *p, bool known)
{
	AUTO_BUF struct buf title = BUF_INIT(0), text = BUF_INIT(0);
	struct fold_item *it = NULL;
	int n = fold_hunks(p);
	int64_t tx;
	bool redo;
	size_t i, judges = 0;

	for (i = 0; i < p->files_len; i++)
		judges += p->files[i].judges;
	if (p->files_len > 0 && p->undo != 0) {
		tx = fold_change_named(f, p->undo, &redo);
		buf_addf(&title, "proposal to %s change %lld: ",
		    redo ? "redo" : "undo", (long long)tx);
	} else if (p->files_len > 0)
		buf_adds(&title, "proposal: ");
	if (p->files_len > 0)
		buf_addf(&title, "%zu file%s, %d hunk%s", p->files_len,
		    p->files_len == 1 ? "" : "s", n, n == 1 ? "" : "s");
	else
		buf_adds(&title, "proposal closed: no open hunks");
	if (p->files_len > 0 && p->version > 1)
		buf_addf(&title, " (version %d)", p->version);
	if (judges > 0)
		buf_addf(&title, "; %zu file%s the success check", judges,
		    judges == 1 ? " affects" : "s affect");
	for (i = 0; i < p->files_len; i++)
		fold_file_text(&text, &p->files[i]);
	fold_named_text(&text, "not undone", p->left, p->left_len);
	fold_named_text(&text, "can't be proposed", p->refused,
	    p->refused_len);
	if (known && f->items_len > 0 &&
	    f->items[f->items_len - 1].kind == ITEM_PROPOSAL)
		it = &f->items[f->items_len - 1];
	if (it != NULL) {
		xstrset(&it->title, buf_str(&title));
		xstrset(&it->text, buf_str(&text));
		it->rev++;
	} else {
		it = fold_item_add(f, ITEM_PROPOSAL, buf_str(&title),
		    buf_str(&text));
	}
	it->ok = p->left_len == 0 && p->refused_len == 0;
}

static void
fold_on_proposal(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	struct fold_proposal *p = fold_proposal_parse(line, f->seq);
	bool known = f->proposal != NULL && f->proposal->id == p->id;
	bool open = false;
	size_t i;

	if (known)
		fold_proposal_keep_marks(p, f->proposal);
	/* The decision on the last hunks said that it is over. */
	for (i = 0; f->proposal != NULL && i < f->proposal->hunks_len; i++)
		open = open || !f->proposal->hunks[i].hunk->decided;
	if (p->files_len > 0 || open)
		fold_proposal_tell(f, p, known);
	fold_proposal_free(f->proposal);
	f->staged_files = (int)p->files_len;
	if (p->files_len == 0) {
		fold_proposal_free(p);
		p = NULL;
	}
	f->proposal = p;
}

static char *
fold_product_rule(const cJSON *line)
{
	const char *glob = json_str_or(line, "glob", "?");

	if (json_is(line, "action", "hide"))
		return xasprintf("%s is no longer proposed in this session "
		    "(for every session: \"products\" in the configuration)",
		    glob);
	return xasprintf("%s is now proposed", glob);
}

static void
fold_on_products(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	AUTO_FREE char *text = fold_product_rule(line);

	fold_item_add(f, ITEM_NOTE, NULL, text)->ok = true;
}

struct fold_at *
fold_proposal_find(const struct fold_proposal *p, const char *id)
{
	struct fold_hunk hunk = { 0 };
	const struct fold_at key = { &hunk, NULL };

	if (p == NULL || id == NULL)
		return NULL;
	hunk.id = (char *)(uintptr_t)id;
	return bsearch(&key, p->hunks, p->hunks_len, sizeof(*p->hunks),
	    fold_at_compare);
}

const struct fold_file *
fold_find_hunk(const struct fold *f, const char *id,
    const struct fold_hunk **hunk)
{
	const struct fold_at *at = fold_proposal_find(f->proposal, id);

	if (hunk != NULL)
		*hunk = at == NULL ? NULL : at->hunk;
	return at == NULL ? NULL : at->file;
}

const struct fold_file *
fold_find_file(const struct fold *f, const char *path)
{
	const struct fold_proposal *p = f->proposal;
	const struct fold_file key = { .path_bytes = (char *)(uintptr_t)path };
	const struct fold_file *keyp = &key;
	struct fold_file **hit;

	if (p == NULL || path == NULL)
		return NULL;
	hit = bsearch(&keyp, p->paths, p->files_len, sizeof(*p->paths),
	    fold_path_compare);
	return hit == NULL ? NULL : *hit;
}

int
fold_hunks(const struct fold_proposal *p)
{
	return p == NULL ? 0 : (int)p->hunks_len;
}

int
fold_undecided(const struct fold_proposal *p)
{
	return p == NULL ? 0 : (int)p->undecided;
}

static void
fold_proposal_release(struct fold *f)
{
	fold_proposal_free(f->proposal);
	fold_decided_free(f->begun.decision);
}

const struct fold_part fold_proposals = {
	.on = {
		[EVENT_COMMENT] = fold_on_comment,
		[EVENT_DECISION] = fold_on_decision,
		[EVENT_DRAFT] = fold_on_draft,
		[EVENT_PRODUCTS] = fold_on_products,
		[EVENT_PROPOSAL] = fold_on_proposal,
		[EVENT_USER_MESSAGE] = fold_on_user_message,
	},
	.release = fold_proposal_release,
};
