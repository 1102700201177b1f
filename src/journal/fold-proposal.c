/*
 * The open proposal: its files and hunks, what isn't proposed, its text, and the
 * marks and comments on it. A proposal line replaces the list.
 */
#include "config.h"

#include "journal/fold-int.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "journal/event.h"
#include "journal/fold.h"

#define COMMENT_QUOTE	200	/* bytes of a line */

/* Count the hunk's '+' and '-' lines, as the user edited it. */
static void
fold_hunk_count(struct fold_hunk *h)
{
	h->added = h->removed = 0;
	file_hunk_count(h->edit != NULL ? h->edit : h->text,
	    h->edit != NULL ? h->edit_len : h->text_len, &h->added,
	    &h->removed);
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
	MEM_EACH(h, comments, c)
		FREE_ALL(c->text, c->answer);
	FREE_NULL(h->comments);
	h->comments_len = 0;
}

bool
fold_stages(const struct fold *f)
{
	return ev_is(f->mode, "review") && !f->reads && (f->proposal == NULL ||
	    f->proposal->undo == 0);
}

const char *
fold_word(const struct fold *f, const char *word)
{
	static const char *const words[][3] = {
		{ "accept", "stage", "read" },
		{ "accepts", "stages", "marks" },
		{ "accepted", "to stage", "read" },
		{ "unread", "unread", "read anyway" },
		{ "reject", "leave", "look again" },
		{ "rejected", "left", "to look at again" },
	};
	const char *const (*row)[3] = MEM_FIND(words, word);

	return row == NULL ? word :
	    (*row)[f->reads ? 2 : fold_stages(f) ? 1 : 0];
}

void
fold_add_words(struct buf *b, const struct fold *f, const char *text)
{
	size_t n;

	for (; *text != '\0'; text += n) {
		AUTO_FREE char *word = NULL;

		n = strspn(text, "abcdefghijklmnopqrstuvwxyz");
		word = xmemdup(text, n);
		buf_adds(b, fold_word(f, word));
		text += n;
		n = strcspn(text, "abcdefghijklmnopqrstuvwxyz");
		buf_add(b, text, n);
	}
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
	struct fold_hunk *was;
	struct fold_at *at;

	/* A hunk that is still there wasn't written: its mark comes back. */
	to->words = from->words;
	MEM_EACH(from, hunks, it) {
		was = it->hunk;
		if (fold_proposal_find(to, was->id) != NULL)
			continue;
		to->words.reasons += was->words.reasons;
		to->words.comments += was->words.comments;
	}
	MEM_EACH(to, files, file)
		MEM_EACH(file, hunks, h) {
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

/* The verdict that a mark's or a decision's word stands for. */
static enum fold_verdict
fold_verdict(const char *word)
{
	static const char *const words[] = {
		[VERDICT_NONE] = NULL, [VERDICT_YES] = "yes",
		[VERDICT_NO] = "no", [VERDICT_EDITED] = "edited",
	};

	return (enum fold_verdict)MEM_WORD(words, word);
}

static char *
fold_bytes(struct ev_bytes b)
{
	return b.p == NULL ? NULL : xmemdup(b.p, b.len);
}

static void
fold_mark(struct fold_proposal *p, const struct ev_mark *m, const char *client)
{
	enum fold_verdict mark = fold_verdict(m->mark);
	struct fold_at *at = fold_proposal_find(p, m->hunk);
	struct fold_hunk *h = at == NULL ? NULL : at->hunk;

	if (h == NULL || h->decided)
		return;
	p->undecided += !fold_hunk_is_open(h);
	fold_hunk_unmark(h);
	if (mark == VERDICT_EDITED && m->edit.p == NULL)
		mark = VERDICT_NONE;
	if (mark == VERDICT_NONE)
		return;
	if (mark == VERDICT_EDITED) {
		h->edit = fold_bytes(m->edit);
		h->edit_len = m->edit.len;
		fold_hunk_count(h);
	}
	h->mark = mark == VERDICT_NO ? MARK_NO : MARK_YES;
	p->undecided--;
	h->seen = m->seen;
	xstrset(&h->word, m->word);
	xstrset(&h->client, client);
}

static void
fold_on_draft(struct fold *f, const struct event *e)
{
	const struct ev_draft *d = &e->draft;
	const struct ev_mark one = { .hunk = d->hunk, .mark = d->mark,
		.edit = d->edit, .seen = d->seen, .word = d->word };

	if (f->proposal == NULL || d->proposal != f->proposal->id)
		return;
	if (d->marks == NULL)
		fold_mark(f->proposal, &one, d->client);
	MEM_EACH(d, marks, it)
		fold_mark(f->proposal, it, d->client);
}

int
fold_hunk_line(const struct fold_hunk *h, int64_t n, const char **line)
{
	struct hunk_walk w = hunk_walk(h->text, h->text_len, h->old_start,
	    h->new_start);
	int number = 0;

	*line = NULL;
	while (*line == NULL && hunk_walk_next(&w)) {
		number = w.sign == '-' ? w.old : w.new;
		if (--n == 0)
			*line = w.line;
	}
	return number;
}

static void
fold_hunk_place_line(struct buf *b, const struct fold_hunk *h, int64_t n,
    const char *word)
{
	const char *p;
	int number = fold_hunk_line(h, n, &p);
	size_t len;

	if (p == NULL)
		return;
	len = (size_t)(mem_line_end(p, h->text + h->text_len) - p);
	/* Nothing in it can end the quotes. */
	buf_addf(b, " %s %sline %d ", word, *p == '-' ? "the old " : "",
	    number);
	json_quote(b, p, len > COMMENT_QUOTE ? COMMENT_QUOTE : len);
	buf_adds(b, len > COMMENT_QUOTE ? " ..." : "");
}

void
fold_hunk_place(struct buf *b, const struct fold_hunk *h, int64_t line,
    int64_t end)
{
	if (line > 0)
		fold_hunk_place_line(b, h, line, end > line ? "from" : "on");
	if (end > line)
		fold_hunk_place_line(b, h, end, "to");
}

bool
fold_comment_asks(const struct fold *f, const char *text)
{
	size_t n = f != NULL && ev_is(f->mode, "review") ? 0 : strlen(text);

	while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\n'))
		n--;
	return n > 1 && text[n - 1] == '?';
}

/* Change its comments by one, of the user or the model. */
static void
fold_hunk_comment(struct fold_hunk *h, const struct ev_hunk_comment *c,
    bool model)
{
	const char *text = ev_str(c->text, "");
	int at = fold_int(c->line);
	int end = c->end_line > at ? fold_int(c->end_line) : at;
	size_t i, n = h->comments_len;
	bool is;

	/* In the order of their lines. */
	for (i = 0; i < n && (h->comments[i].line < at ||
	    (h->comments[i].line == at && h->comments[i].end < end)); i++)
		;
	is = i < n && h->comments[i].line == at && h->comments[i].end == end;
	if (model) {
		if (is)
			xstrset(&h->comments[i].answer, text);
		return;
	}
	if (is) {
		FREE_ALL(h->comments[i].text, h->comments[i].answer);
		if (text[0] == '\0') {
			memmove(h->comments + i, h->comments + i + 1,
			    (--h->comments_len - i) * sizeof(*h->comments));
			return;
		}
	} else if (text[0] == '\0') {
		return;
	} else {
		GROW(h->comments, h->comments_len);
		memmove(h->comments + i + 1, h->comments + i, (n - i) *
		    sizeof(*h->comments));
		h->comments_len++;
	}
	h->comments[i] = (struct fold_comment){ .line = at, .end = end,
		.text = xstrdup(text) };
}

static void
fold_on_comment(struct fold *f, const struct event *e)
{
	const struct ev_comment *c = &e->comment;
	const struct ev_hunk_comment one = { .line = c->line,
		.end_line = c->end_line, .text = c->text };
	struct fold_at *found = f->proposal == NULL ||
	    c->proposal != f->proposal->id ? NULL :
	    fold_proposal_find(f->proposal, c->hunk);

	if (found != NULL && !found->hunk->decided)
		fold_hunk_comment(found->hunk, &one, ev_is(e->by, "model"));
}

struct fold_tally { int yes, no, edited, unseen, files; };

/* One hunk of a decision: count it, keep its reason, each after `before`, remove
 * its mark. */
static void
fold_decide_hunk(struct fold_tally *t, struct buf *words, const char *before,
    const struct ev_decided_hunk *x, struct fold_hunk *h)
{
	struct fold_words n = { 0 };
	enum fold_verdict verdict = fold_verdict(x->decision);

	if (verdict == VERDICT_EDITED || verdict == VERDICT_YES) {
		t->yes++;
		t->edited += verdict == VERDICT_EDITED;
		t->unseen += !x->seen;
	} else {
		t->no++;
	}
	if (ev_str(x->word, "")[0] != '\0') {
		buf_addf(words, "%srejected: %s\n", before, x->word);
		n.reasons++;
	}
	MEM_EACH(x, comments, it) {
		if (it->answer != NULL)
			continue;	/* asked before: it isn't sent again */
		buf_addf(words, "%scomment: %s\n", before,
		    ev_str(it->text, ""));
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

	if (p == NULL)
		return n;
	n = p->words;
	MEM_EACH(p, hunks, at) {
		h = at->hunk;
		n.reasons += h->words.reasons + (h->mark == MARK_NO &&
		    h->word != NULL);
		n.comments += h->words.comments;
		MEM_EACH(h, comments, c)
			n.comments += c->answer == NULL;
	}
	return n;
}

/* "accepted 6 hunks and rejected 1 in 3 files"; of one file without them. */
static void
fold_tally_text(struct buf *b, const struct fold *f,
    const struct fold_tally *t)
{
	bool stages = fold_stages(f);
	int n = t->yes > 0 ? t->yes : t->no;

	buf_addf(b, "%s %d hunk%s", t->yes > 0 ? stages ? "staged" :
	    "accepted" : stages ? "left" : "rejected", n, n == 1 ? "" : "s");
	if (t->yes > 0 && t->no > 0)
		buf_addf(b, " and %s %d", stages ? "left" : "rejected", t->no);
	if (t->files > 0)
		buf_addf(b, " in %d file%s", t->files, t->files == 1 ? "" :
		    "s");
	if (t->edited > 0)
		buf_addf(b, ", %d edited", t->edited);
	if (t->unseen > 0)
		buf_addf(b, ", %d unread", t->unseen);
}

void
fold_add_hunk(struct buf *b, const struct fold *f, const char *id)
{
	const struct fold_hunk *h;
	const struct fold_file *file = fold_find_hunk(f, id, &h);

	if (file == NULL)
		return;
	if (h->text_len == 0 && file->from != NULL) {
		buf_adds(b, "  renaming ");
		fold_add_names(b, file->from, file->path);
		buf_addc(b, '\n');
	} else if (h->text_len > 0) {
		buf_addf(b, "@@ -%d,%d +%d,%d @@", h->old_start, h->old_lines,
		    h->new_start, h->new_lines);
		if (h->function != NULL)
			buf_addf(b, " %s", h->function);
		buf_addc(b, '\n');
		buf_add(b, h->text, h->text_len);
	}
}

void
fold_decision_text(struct buf *b, const struct fold *f,
    const struct ev_decision *d)
{
	MEM_EACH(d, files, file) {
		AUTO_BUF struct buf rows = BUF_INIT(0);
		struct fold_tally t = { 0 };

		MEM_EACH(file, hunks, one) {
			fold_decide_hunk(&t, &rows, "  ", one, NULL);
			if (fold_verdict(one->decision) == VERDICT_NO)
				fold_add_hunk(&rows, f, one->id);
		}
		fold_add_name(b, ev_str(file->path, "?"));
		buf_adds(b, ": ");
		fold_tally_text(b, f, &t);
		buf_addf(b, "\n%s", buf_str(&rows));
	}
}

static void
fold_decided_free(struct fold_decided *d)
{
	if (d == NULL)
		return;
	MEM_EACH(d, files, file) {
		MEM_EACH(file, hunks, h)
			FREE_ALL(h->text, h->proposed);
		FREE_ALL(file->path, file->from, file->hunks);
	}
	FREE_ALL(d->files, d->who, d);
}

/* Which lines of an edited hunk are as they were proposed: struct file_hunk. */
static size_t *
fold_decided_lines(const struct fold_hunk *h, const struct ev_bytes *edit)
{
	struct lines was = { 0 }, is = { 0 };
	ptrdiff_t work = PTRDIFF_MAX;
	size_t *proposed;

	lines_cut(&was, h->text, h->text_len);
	lines_cut(&is, edit->p, edit->len);
	proposed = lines_match(&was, &is, &work);
	FREE_ALL(was.v, is.v);
	return proposed;
}

/* Add an accepted or discarded hunk; at: as it was proposed, or NULL. */
static void
fold_decided_hunk(struct fold_decided *d, const char *path,
    const struct fold_at *at, const struct ev_decided_hunk *x)
{
	const struct fold_hunk *h = at == NULL ? NULL : at->hunk;
	struct ev_bytes text = x->edit;
	struct fold_decided_file *f;
	enum fold_verdict verdict = fold_verdict(x->decision);
	bool edited = verdict == VERDICT_EDITED && text.p != NULL;

	if (((verdict == VERDICT_NO || verdict == VERDICT_NONE) &&
	    !d->discard) || path == NULL)
		return;
	f = d->files_len == 0 ? NULL : &d->files[d->files_len - 1];
	if (f == NULL || strcmp(f->path, path) != 0) {
		f = GROW_ADD(d->files, d->files_len);
		*f = (struct fold_decided_file){ .path = xstrdup(path),
			.from = at == NULL ? NULL :
			xstrdup_null(at->file->from_bytes) };
	}
	if (h != NULL && !edited)
		text = (struct ev_bytes){ h->text, h->text_len };
	f->unknown = f->unknown || h == NULL || d->discard;
	if (h == NULL)
		return;
	*GROW_ADD(f->hunks, f->hunks_len) = (struct file_hunk){
		.old_start = h->old_start, .old_lines = h->old_lines,
		.text = xmemdup(text.p, text.len), .len = text.len,
		.proposed = edited ? fold_decided_lines(h, &text) : NULL };
}

/* An undo that was dropped leaves nothing in the transcript. */
static void
fold_undo_hide(struct fold *f, struct fold_item *it)
{
	struct fold_item *offer = fold_item_last(f, ITEM_PROPOSAL);

	it->hidden = true;
	if (offer != NULL)
		fold_item_hide(offer);
}

static void
fold_on_decision(struct fold *f, const struct event *e)
{
	const struct ev_decision *x = &e->decision;
	AUTO_BUF struct buf title = BUF_INIT(0), words = BUF_INIT(0);
	struct fold_tally t = { .files = (int)x->files_len };
	struct fold_proposal *p = f->proposal;
	struct fold_decided *d = xcalloc(1, sizeof(*d));
	struct fold_item *it;
	struct fold_hunk *h;
	struct fold_at *at;
	bool redo, dropped;
	AUTO_FREE char *who = fold_who(e->by, x->client);

	if (ev_is(e->by, "user"))
		f->evidence.returned = 0;
	if (p != NULL && p->id != x->proposal)
		p = NULL;
	d->discard = x->discard;
	MEM_EACH(x, files, file) {
		AUTO_BUF struct buf before = BUF_INIT(0);

		fold_add_name(&before, ev_str(file->path, "?"));
		buf_adds(&before, ": ");
		MEM_EACH(file, hunks, one) {
			at = fold_proposal_find(p, one->id);
			h = at == NULL ? NULL : at->hunk;
			fold_decided_hunk(d, file->path_bytes, at, one);
			if (h != NULL)
				p->undecided -= fold_hunk_is_open(h);
			fold_decide_hunk(&t, &words, buf_str(&before), one, h);
		}
	}
	d->seq = f->seq;
	d->edited = t.edited;
	d->rejected = t.no;
	d->who = xstrdup(who);
	d->check_running = ev_is(x->check, "running");
	d->whole = f->proposal != NULL && !f->proposal->undo_part &&
	    fold_hunks(f->proposal) == t.yes - t.edited;
	/* An interrupted apply may be finished later, of which nothing else is
	 * known then. */
	if (f->begun.change != NULL)
		MEM_EACH(f->begun.change, files, file)
			file->decided = NULL;
	fold_decided_free(f->begun.decision);
	f->begun.decision = d;
	dropped = p != NULL && p->undo != 0 && t.yes == 0 && p->undecided == 0;
	if (dropped) {
		(void)fold_change_named(f, p->undo, &redo);
		buf_addf(&title, "%s dropped: nothing changes", redo ? "redo" :
		    "undo");
	} else if (x->discard)
		buf_addf(&title, "%s discarded a hunk of %s", who,
		    x->files_len == 0 ? "?" : ev_str(x->files->path, "?"));
	else {
		buf_addf(&title, "%s ", who);
		fold_tally_text(&title, f, &t);
	}
	it = fold_item_add(f, ITEM_DECISION, buf_str(&title),
	    words.len == 0 ? NULL : buf_str(&words));
	it->result_seq = f->facts.proposal;
	it->ok = t.no == 0 && t.unseen == 0;
	if (dropped)
		fold_undo_hide(f, it);
}

struct fold_side
fold_side(const struct ev_side *s)
{
	return s == NULL ? (struct fold_side){ 0 } : (struct fold_side){
		.exists = true, .hash = xstrdup(ev_str(s->hash, "")),
		.mode = s->mode == 0 || s->mode > 0177777 ? 0100644 : s->mode,
		.size = s->size.n,
	};
}

static struct fold_hunk
fold_hunk_read(const struct ev_hunk *x)
{
	struct fold_hunk h = {
		.id = xstrdup(ev_str(x->id, "")),
		.old_start = fold_int(x->old_start),
		.old_lines = fold_int(x->old_lines),
		.new_start = fold_int(x->new_start),
		.new_lines = fold_int(x->new_lines),
		.text = xmemdup(ev_str(x->text.p, ""), x->text.len),
		.text_len = x->text.len,
		.function = xstrdup_null(x->function),
		.overwrites = x->overwrites,
	};

	MEM_EACH(x, comments, it)
		fold_hunk_comment(&h, it, false);
	fold_hunk_count(&h);
	return h;
}

static void
fold_hunk_release(struct fold_hunk *h)
{
	fold_hunk_unmark(h);
	fold_hunk_uncomment(h);
	FREE_ALL(h->id, h->function, h->text);
}

static struct fold_file
fold_file_read(const struct ev_proposed_file *x)
{
	bool text = ev_is(x->kind, "text");
	struct fold_file file = {
		.path = xstrdup(ev_str(x->path, "?")),
		.path_bytes = xstrdup(ev_str(x->path_bytes, "?")),
		.from = xstrdup_null(x->from),
		.from_bytes = xstrdup_null(x->from_bytes),
		.similarity = x->similarity > 0 ? fold_int(x->similarity) :
		    100,
		.status = xstrdup(ev_str(x->status, "modified")),
		.before = fold_side(x->before), .after = fold_side(x->after),
		.binary = x->binary,
		.encoding = xstrdup_null(x->encoding),
		.kind = xstrdup(text ? "" : ev_str(x->kind, "")),
		.binaries = x->binaries,
		.judges = x->judges, .tests = x->tests,
		.changed_on_disk = x->changed_on_disk,
		.not_small = x->rules == NULL ? NULL :
		    xstrdup_null(x->rules->small),
		.not_yes = x->rules == NULL ? NULL :
		    xstrdup_null(x->rules->yes),
		.meanwhile = fold_bytes(x->meanwhile),
		.meanwhile_len = x->meanwhile.len,
		.meanwhile_by = xstrdup_null(x->meanwhile_by),
		.hunks = xcalloc(x->hunks_len + 1, sizeof(*file.hunks)),
		.split = fold_strings(x->split, x->split_len),
		.split_len = x->split_len,
	};

	file.lacks = text || file.before.size > FOLD_FILE_MAX ||
	    file.after.size > FOLD_FILE_MAX ? "too large to show" : "binary";
	MEM_EACH(x, hunks, hunk)
		file.hunks[file.hunks_len++] = fold_hunk_read(hunk);
	fold_notes_read(&file, x);
	return file;
}

static void
fold_file_release(struct fold_file *file)
{
	MEM_EACH(file, hunks, h)
		fold_hunk_release(h);
	fold_notes_release(file);
	xfree_list(file->split, file->split_len);
	FREE_ALL(file->hunks, file->path, file->path_bytes, file->from,
	    file->from_bytes, file->status, file->encoding, file->kind,
	    file->not_small, file->not_yes, file->meanwhile_by,
	    file->before.hash, file->after.hash, file->meanwhile);
}

static struct fold_named *
fold_named_read(const struct ev_path_why *list, size_t n, size_t *len)
{
	struct fold_named *v = n == 0 ? NULL : xcalloc(n, sizeof(*v));

	for (*len = 0; n > 0; n--, list++)
		if (list->path_bytes != NULL)
			v[(*len)++] = (struct fold_named){
				.path = xstrdup(list->path_bytes),
				.why = xstrdup(ev_str(list->why, "?")),
			};
	return v;
}

static void
fold_named_free(struct fold_named *v, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		FREE_ALL(v[i].path, v[i].why);
	free(v);
}

static void
fold_proposal_free(struct fold_proposal *p)
{
	if (p == NULL)
		return;
	MEM_EACH(p, files, file)
		fold_file_release(file);
	MEM_EACH(p, ignores, x)
		FREE_ALL(x->path, x->path_bytes, x->why, x->rule);
	event_drop(&p->adds);
	fold_named_free(p->refused, p->refused_len);
	fold_named_free(p->left, p->left_len);
	FREE_ALL(p->files, p->hunks, p->order, p->paths, p->ignores, p);
}

static void
fold_ignored_read(struct fold_proposal *p, const struct ev_proposal *x)
{
	p->ignored = x->ignored;
	p->ignores = xcalloc(x->products_len + 1, sizeof(*p->ignores));
	MEM_EACH(x, products, it)
		if (it->path_bytes != NULL)
			p->ignores[p->ignores_len++] = (struct fold_ignored){
				.path = xstrdup(it->path),
				.path_bytes = xstrdup(it->path_bytes),
				.files = it->files > 0 ? it->files : 1,
				.why = xstrdup(ev_str(it->why, "cache")),
				.rule = xstrdup_null(it->rule),
			};
}

void
fold_row_text(struct buf *b, const struct fold_file *f)
{
	const char *slash = strrchr(f->path_bytes, '/');
	AUTO_FREE char *dir = slash == NULL ? NULL : xmemdup(f->path_bytes,
	    (size_t)(slash + 1 - f->path_bytes));

	buf_addf(b, "%lld binaries that commands made in ",
	    (long long)f->binaries);
	sanitize_name(b, dir == NULL ? "the project's top" : dir);
}

/* "build/ (12)" */
static void
fold_ignored_name(struct buf *b, const char *path, int64_t files,
    const char *rule)
{
	sanitize_name(b, path);
	if (files > 1)
		buf_addf(b, " (%lld)", (long long)files);
	if (rule != NULL) {
		buf_adds(b, " (ignored by ");
		sanitize_name(b, rule);
		buf_addc(b, ')');
	}
}

void
fold_ignored_text(struct buf *b, const struct fold_proposal *p, size_t names)
{
	int64_t rest = p->ignored;
	size_t i;

	if (p->ignored <= 0)
		return;
	buf_addf(b, "%lld ignored file%s", (long long)rest,
	    p->ignored == 1 ? "" : "s");
	for (i = 0; i < p->ignores_len && i < names; i++) {
		buf_adds(b, i == 0 ? ": " : ", ");
		fold_ignored_name(b, p->ignores[i].path_bytes,
		    p->ignores[i].files, p->ignores[i].rule);
		rest -= p->ignores[i].files;
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

/* Byte i of the path read backwards; a '/' before its first part, 0 after that. */
static int
fold_path_back(const char *path, size_t len, size_t i)
{
	return i < len ? path[len - 1 - i] : i == len ? '/' : 0;
}

/* The length of the end that two paths have in common; *differs is how the bytes
 * before it compare. */
static size_t
fold_path_tail(const char *p, const char *q, int *differs)
{
	size_t i = 0, n = strlen(p), m = strlen(q);

	while (i <= n && fold_path_back(p, n, i) == fold_path_back(q, m, i))
		i++;
	*differs = fold_path_back(p, n, i) - fold_path_back(q, m, i);
	return i;
}

/* By the paths read backwards: those with the longest common end are
 * neighbours. */
static int
fold_tail_compare(const void *a, const void *b)
{
	const struct fold_file *const *x = a, *const *y = b;
	int differs;

	(void)fold_path_tail((*x)->path_bytes, (*y)->path_bytes, &differs);
	return differs;
}

/* Sorts p->paths. */
static void
fold_names(struct fold_proposal *p)
{
	size_t i, same, before = 0, after, at;
	int differs;

	qsort(p->paths, p->files_len, sizeof(*p->paths), fold_tail_compare);
	for (i = 0; i < p->files_len; i++) {
		struct fold_file *f = p->paths[i];

		after = i + 1 == p->files_len ? 0 : fold_path_tail(
		    f->path_bytes, p->paths[i + 1]->path_bytes, &differs);
		same = before > after ? before : after;
		at = strlen(f->path_bytes);
		at -= same < at ? same : at;
		while (at > 0 && f->path_bytes[at - 1] != '/')
			at--;
		f->name = f->path_bytes + at;
		before = after;
	}
}

/* What the hunk is called, if it has no number. */
static const char *
hunk_called(const struct fold_file *f, const struct fold_hunk *h)
{
	const struct fold_hunk *first = f->hunks + (f->from != NULL);

	if (h < first)	/* of the content's */
		return f->hunks_len > 1 ? "rename" : NULL;
	return strcmp(f->status, "mode") == 0 || (h == first &&
	    h->text_len == 0 && (h + 1 < f->hunks + f->hunks_len ||
	    (first > f->hunks && !f->binary))) ? "mode" : NULL;
}

/* The numbers and the search index, once the files are in their order. */
static void
fold_proposal_index(struct fold_proposal *p)
{
	size_t n = 0;
	int number = 0, in_file;

	MEM_EACH(p, files, file) {
		p->paths[file - p->files] = file;
		in_file = 0;
		MEM_EACH(file, hunks, h) {
			p->order[n] = p->hunks[n] = (struct fold_at){ h, file };
			h->place = n++;
			h->called = hunk_called(file, h);
			if (h->called == NULL) {
				h->number = ++number;
				h->in_file = ++in_file;
			}
		}
	}
	qsort(p->hunks, p->hunks_len, sizeof(*p->hunks), fold_at_compare);
	fold_names(p);
	qsort(p->paths, p->files_len, sizeof(*p->paths), fold_path_compare);
}

static struct fold_proposal *
fold_proposal_read(const struct fold *f, const struct ev_proposal *x)
{
	struct fold_proposal *p = xmalloc(sizeof(*p));

	*p = (struct fold_proposal){
		.id = x->proposal > 0 ? x->proposal : f->seq,
		.version = x->version > 0 ? fold_int(x->version) : 1,
		.files = xcalloc(x->files_len + 1, sizeof(*p->files)),
		.undo = x->undo, .undo_part = x->undo_part,
		.final = x->final.on, .only_tests = x->only_tests,
	};
	/* A file without a hunk couldn't be decided. */
	MEM_EACH(x, files, file)
		if (file->hunks_len > 0) {
			p->hunks_len += file->hunks_len;
			p->files[p->files_len++] = fold_file_read(file);
		}
	p->undecided = p->hunks_len;
	p->hunks = xcalloc(p->hunks_len + 1, sizeof(*p->hunks));
	p->order = xcalloc(p->hunks_len + 1, sizeof(*p->order));
	p->paths = xcalloc(p->files_len + 1, sizeof(*p->paths));
	fold_proposal_index(p);
	p->refused = fold_named_read(x->refused, x->refused_len,
	    &p->refused_len);
	p->left = fold_named_read(x->undo_left, x->undo_left_len,
	    &p->left_len);
	/* An undo has none of its own. */
	if (p->undo == 0)
		fold_ignored_read(p, x);
	return p;
}

/* Append a row for the file. */
static void
fold_file_text(struct buf *b, const struct fold_file *f)
{
	buf_addf(b, "%s ", f->status);
	fold_add_name(b, f->path_bytes);
	if (f->from != NULL) {
		buf_adds(b, " from ");
		fold_add_name(b, f->from_bytes);
		if (f->similarity < 100)
			buf_addf(b, " (%d%% similar)", f->similarity);
	}
	if (f->judges)
		buf_adds(b, " [test]");
	if (fold_notes_all(b, f, 1, " ["))
		buf_addc(b, ']');
	MEM_EACH(f, notes, n)
		if (n->row->level == NOTE_LOOK && n->hunk == FOLD_NOTE_FILE)
			buf_addf(b, ", %s%s", n->row->badge == NULL ? "" :
			    n->row->lead, n->text);
	buf_addc(b, '\n');
}

static void
fold_named_text(struct buf *b, const char *what, const struct fold_named *v,
    size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		buf_addf(b, "%s: ", what);
		fold_add_name(b, v[i].path);
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
	size_t judges = 0;

	MEM_EACH(p, files, file)
		judges += file->judges;
	if (p->files_len > 0 && p->undo != 0) {
		tx = fold_change_named(f, p->undo, &redo);
		buf_addf(&title, "to review: %s change %lld, ",
		    redo ? "redo" : "undo", (long long)tx);
	} else if (p->files_len > 0)
		buf_adds(&title, "to review: ");
	if (p->files_len > 0)
		buf_addf(&title, "%zu file%s, %d hunk%s", p->files_len,
		    p->files_len == 1 ? "" : "s", n, n == 1 ? "" : "s");
	else
		buf_adds(&title, "nothing to review any more");
	if (p->files_len > 0 && p->version > 1)
		buf_addf(&title, " (version %d)", p->version);
	if (judges > 0 && !fold_check(f).is)
		buf_addf(&title, "; %zu test%s", judges, judges == 1 ? "" : "s");
	else if (judges > 0)
		buf_addf(&title, "; %zu file%s the check", judges,
		    judges == 1 ? " affects" : "s affect");
	buf_adds(&title, p->only_tests ? "; " FOLD_ONLY_TESTS : "");
	(void)fold_notes_all(&title, p->files, p->files_len, "; ");
	MEM_EACH(p, files, file)
		fold_file_text(&text, file);
	fold_named_text(&text, "not undone", p->left, p->left_len);
	fold_named_text(&text, "can't be reviewed", p->refused,
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

static const struct fold_file *
fold_proposal_file(const struct fold_proposal *p, const char *path)
{
	const struct fold_file key = { .path_bytes = (char *)(uintptr_t)path };
	const struct fold_file *keyp = &key;
	struct fold_file **hit;

	if (p == NULL || path == NULL)
		return NULL;
	hit = bsearch(&keyp, p->paths, p->files_len, sizeof(*p->paths),
	    fold_path_compare);
	return hit == NULL ? NULL : *hit;
}

static void
fold_on_proposal(struct fold *f, const struct event *e)
{
	struct fold_proposal *p = fold_proposal_read(f, &e->proposal);
	bool known = f->proposal != NULL && f->proposal->id == p->id;
	bool back = f->below != NULL && p->undo == 0 && p->files_len > 0;
	const struct fold_proposal *was = back ? f->below :
	    known ? fold_version_of(f, p->undo) : NULL;
	bool open = false;

	if (was != NULL)
		fold_proposal_keep_marks(p, was);
	/* The decision on the last hunks said that it is over. */
	if (f->proposal != NULL)
		MEM_EACH(f->proposal, hunks, at)
			open = open || !at->hunk->decided;
	if (p->files_len > 0 || open)
		fold_proposal_tell(f, p, known);
	if (p->undo != 0 && (f->proposal == NULL || f->proposal->undo == 0)) {
		fold_proposal_free(f->below);
		f->below = f->proposal;
	} else
		fold_proposal_free(f->proposal);
	if (back) {
		fold_proposal_free(f->below);
		f->below = NULL;
	}
	f->staged_files = (int)p->files_len;
	if (p->files_len == 0) {
		fold_proposal_free(p);
		p = NULL;
	}
	f->proposal = p;
}

/* A message takes the reasons and comments of earlier decisions to the model,
 * so they are cleared. Exceptions: a message of the core right after the
 * user's, which took them already, and a question, which doesn't take them. */
static void
proposal_on_user_message(struct fold *f, const struct event *e)
{
	if (f->proposal != NULL && (ev_is(e->by, "core") ?
	    f->items_len > 0 &&
	    f->items[f->items_len - 1].kind != ITEM_USER :
	    e->user_message.question == NULL))
		f->proposal->words = (struct fold_words) { 0 };
	/* Nothing came back. */
	if (f->proposal == NULL) {
		fold_proposal_free(f->below);
		f->below = NULL;
	}
}

static void
fold_on_products(struct fold *f, const struct event *e)
{
	AUTO_FREE char *text = xasprintf("%s is %s",
	    ev_str(e->products.glob.p, "?"), ev_is(e->products.action, "hide") ?
	    "no longer proposed" : "now proposed");

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
	return fold_proposal_file(f->proposal, path);
}

const struct fold_file *
fold_find_shown(const struct fold *f, const char *path)
{
	const struct fold_file *found = fold_find_file(f, path);

	if (found == NULL && f->proposal != NULL && strchr(path, '\\') != NULL)
		MEM_EACH(f->proposal, files, file)
			if (strcmp(file->path, path) == 0)
				found = file;
	return found;
}

const struct fold_proposal *
fold_version_of(const struct fold *f, int64_t undo)
{
	return f->proposal == NULL || f->proposal->undo == undo ? f->proposal :
	    undo == 0 ? f->below : NULL;
}

const struct fold_file *
fold_version_file(const struct fold *f, int64_t undo, const char *path)
{
	return fold_proposal_file(fold_version_of(f, undo), path);
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
	fold_proposal_free(f->below);
	fold_decided_free(f->begun.decision);
}

const struct fold_part fold_proposals = {
	.on = {
		[EVENT_COMMENT] = fold_on_comment,
		[EVENT_DECISION] = fold_on_decision,
		[EVENT_DRAFT] = fold_on_draft,
		[EVENT_PRODUCTS] = fold_on_products,
		[EVENT_PROPOSAL] = fold_on_proposal,
		[EVENT_USER_MESSAGE] = proposal_on_user_message,
	},
	.release = fold_proposal_release,
};
