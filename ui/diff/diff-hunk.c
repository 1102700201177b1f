/*
 * A hunk as rows: its head, its lines in one column or side by side, notes on
 * lines that look the same but differ. A long line is wrapped, with its sign
 * repeated on each row, so that it can't hide an added line.
 */

#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "front/bindings.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "ui/diff/diff.h"
#include "review/review.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"
#include "review/pairs.h"

#define CONTEXT_LINES_FIRST	10	/* lines that the first key adds; each
					   further key doubles them */
#define CONTEXT_LINES_MOST	(1 << 24)
#define DIFF_LONG		2048	/* bytes of a line; an end of it that is
					   equal in both versions ... */
#define DIFF_EQUAL		200	/* ... and longer is left out, but for
					   this much beside the change: */
#define DIFF_NEAR		60
#define DIFF_MOVED_LEAST	5	/* equal lines that one row stands for */

/*
 * Unchanged lines around a hunk: requested from the core, kept by hunk. They are
 * no part of the hunk, and are displayed as such.
 */

static void
context_lines_release(struct diff_around *a)
{
	FREE_ALL(a->hunk, a->before, a->above, a->below);
}

static void
context_lines_drop(struct ui *ui)
{
	MEM_EACH(&ui->diff, around, it)
		context_lines_release(it);
	FREE_NULL(ui->diff.around);
	ui->diff.around_len = 0;
}

/* The lines known around the hunk, or NULL. */
static const struct diff_around *
context_lines_find(const struct ui *ui, const struct fold_file *f,
    const struct fold_hunk *h)
{
	MEM_EACH(&ui->diff, around, a) {
		/* The file may have changed above an unchanged hunk. */
		if (strcmp(a->hunk, h->id) == 0 && a->start == h->old_start &&
		    f->before.hash != NULL && a->before != NULL &&
		    strcmp(a->before, f->before.hash) == 0)
			return a;
	}
	return NULL;
}

static int
context_lines_below(const struct ui *ui, const struct fold_file *f,
    const struct fold_hunk *h)
{
	const struct diff_around *a = context_lines_find(ui, f, h);

	return a == NULL || a->below_len == 0 ? 0 :
	    1 + (int)mem_lines(a->below, a->below_len - 1);
}

static struct diff_around *
context_lines_get(struct ui *ui, const char *id)
{
	struct ui_diff *d = &ui->diff;
	size_t n = 0;
	const struct fold_hunk *h;

	MEM_EACH(d, around, it)
		if (strcmp(it->hunk, id) == 0)
			return it;
	/* Drop the lines of hunks that are gone. */
	MEM_EACH(d, around, a) {
		if (fold_find_hunk(ui->fold, a->hunk, &h) == NULL)
			context_lines_release(a);
		else
			d->around[n++] = *a;
	}
	d->around_len = n;
	GROW_ADD(d->around, d->around_len)->hunk = xstrdup(id);
	return &d->around[n];
}

static void
context_lines_line(struct ui *ui, const struct event *e)
{
	const struct ev_around *x = &e->around;
	const struct fold_hunk *h;
	const struct fold_file *f;
	struct diff_around *a;

	if (e->type != EVENT_AROUND || x->hunk == NULL ||
	    (f = fold_find_hunk(ui->fold, x->hunk, &h)) == NULL)
		return;
	a = context_lines_get(ui, h->id);
	FREE_ALL(a->before, a->above, a->below);
	a->before = xstrdup_null(f->before.hash);
	a->start = h->old_start;
	a->lines = (int)x->lines;
	a->above_len = x->above.len;
	a->above = xmemdup(ev_str(x->above.p, ""), a->above_len);
	a->below_len = x->below.len;
	a->below = xmemdup(ev_str(x->below.p, ""), a->below_len);
	a->above_from = x->from < 1 || x->from > h->old_start + 1 ? 1 :
	    (int)x->from;
	a->all = x->top && x->bottom;
	ui->panes[PANE_DIFF].stale = true;
}

static void
context_lines_ask(struct ui *ui, const struct fold_hunk *h, int lines)
{
	cJSON *o = command_about(ui->fold->proposal, "around", h->id);

	json_add_int(o, "lines", lines);
	ui->send(ui->send_arg, o);
}

/* Request all lines around each hunk of the file; if they are here, hide
 * them. */
static void
context_lines_file_key(struct ui *ui, const struct fold_file *f)
{
	const struct diff_around *a;
	bool all = true;

	MEM_EACH(f, hunks, h) {
		a = context_lines_find(ui, f, h);
		all = all && (h->text_len == 0 || (a != NULL && a->all));
	}
	MEM_EACH(f, hunks, it)
		if (it->text_len > 0)
			context_lines_ask(
			    ui, it, all ? 0 : CONTEXT_LINES_MOST);
	ui_notice(ui, all ? "the hunks alone again" : "the whole file, above "
	    "and below what you see");
}

static int
context_lines_more(const struct diff_around *a)
{
	int lines = a == NULL ? 0 : a->lines;

	return lines == 0                   ? CONTEXT_LINES_FIRST
	       : lines < CONTEXT_LINES_MOST ? 2 * lines
					    : lines;
}

/* Show the equal lines of blocks that moved, or one row instead. */
static void
context_lines_moved(struct ui *ui, const struct fold_hunk *h, bool shown)
{
	context_lines_get(ui, h->id)->moved = shown;
	diff_again(ui);
}

/* Is also shown what is equal in both versions? */
static bool
context_lines_equal(const struct ui *ui, const struct fold_file *f,
    const struct fold_hunk *h)
{
	MEM_EACH(&ui->diff, around, a)
		if (a->moved && strcmp(a->hunk, h->id) == 0)
			return true;
	return context_lines_more(context_lines_find(ui, f, h)) !=
	    CONTEXT_LINES_FIRST;
}

bool
diff_show_moved(struct ui *ui, const struct fold_hunk *h)
{
	const struct page *p[] = { &ui->panes[PANE_DIFF].page,
		&ui->diff.right };
	size_t i, k;

	for (k = 0; k < (ui->diff.beside ? 2 : 1); k++)
		for (i = 0; i < p[k]->len; i++) {
			const struct page_row *r = &p[k]->rows[i];

			if (r->kind != DIFF_NOTE || r->seen == NULL ||
			    diff_row_hunk(ui, r) != h)
				continue;
			context_lines_moved(ui, h, true);
			return true;
		}
	return false;
}

void
diff_context(struct ui *ui, enum action_id id)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];
	const struct fold_file *f;
	const struct fold_hunk *h = diff_hunk(ui, &f);
	const struct diff_around *a;
	int lines;

	if (h == NULL) {
		ui_none(ui, id);
		return;
	}
	/* Keep the change in view, not the head above it. */
	if (id != ACTION_CONTEXT_LESS && pane->page.len > pane->cur &&
	    pane->page.rows[pane->cur].kind == DIFF_HEAD)
		diff_goto_change(ui);
	if (id == ACTION_CONTEXT_ALL) {
		context_lines_file_key(ui, f);
		return;
	}
	a = context_lines_find(ui, f, h);
	lines = a == NULL ? 0 : a->lines;
	if (id == ACTION_CONTEXT_MORE && diff_show_moved(ui, h))
		return;
	if (id == ACTION_CONTEXT_LESS && lines == 0 &&
	    context_lines_equal(ui, f, h)) {
		context_lines_moved(ui, h, false);
		return;
	}
	if (id == ACTION_CONTEXT_MORE ? a != NULL && a->all : lines == 0) {
		ui_none(ui, id);
		return;
	}
	if (id == ACTION_CONTEXT_MORE)
		lines = context_lines_more(a);
	else
		lines = lines <= CONTEXT_LINES_FIRST ? 0 : lines / 2;
	context_lines_ask(ui, h, lines);
}

const struct ui_part diff_hunks = {
	.line = context_lines_line,
	.release = context_lines_drop,
};

/* The input for making rows. */
struct diff_make {
	struct ui		*ui;
	struct page		*p;
	const struct fold_file	*f;
	const struct fold_hunk	*h;
	const struct pairs	*pairs;
	const char		*text;
	struct seen		*seen;	/* NULL: as edited by the user */
	int			 width;	/* of the page */
	int			 lines;	/* of it, without the numbers */
};

const char *
diff_text(const struct fold_hunk *h, size_t *len)
{
	/* The text as it will be written. */
	*len = h->edit != NULL ? h->edit_len : h->text_len;
	return h->edit != NULL ? h->edit : h->text;
}

/* Kept with the record of what was seen of the hunk. */
struct diff_pairs {
	struct pairs	 pairs;
	bool		 edited;	/* of the hunk as edited */
	int		 old_start, new_start;	/* where it was then */
};

static void
diff_pairs_free(void *cache)
{
	AUTO_FREE struct diff_pairs *c = cache;

	free(c->pairs.v);
}

const struct pairs *
diff_pairs_made(const struct ui *ui, const struct fold_hunk *h)
{
	const struct seen *s = seen_find(&ui->review, h->id);
	const struct diff_pairs *c = s == NULL ? NULL : s->cache;

	return c != NULL && c->edited == (h->edit != NULL) &&
	    c->old_start == h->old_start && c->new_start == h->new_start ?
	    &c->pairs : NULL;
}

static void
diff_pairs_again(struct ui *ui, const struct fold_hunk *h)
{
	struct seen *s = seen_get(&ui->review, h->id, h->text_len);
	struct diff_pairs *c = s->cache;

	if (c != NULL)
		c->edited = false;
}

const struct pairs *
diff_pairs(struct ui *ui, const struct fold_hunk *h)
{
	struct seen *s = seen_get(&ui->review, h->id, h->text_len);
	struct diff_pairs *c = s->cache;
	const struct pairs *made = diff_pairs_made(ui, h);
	size_t len;
	const char *text = diff_text(h, &len);

	if (made != NULL)
		return made;
	if (c == NULL)
		s->cache = c = xcalloc(1, sizeof(*c));
	s->cache_free = diff_pairs_free;
	free(c->pairs.v);
	pairs_make(&c->pairs, text, len, h->old_start + (h->old_lines == 0),
	    h->new_start + (h->new_lines == 0));
	c->edited = h->edit != NULL;
	c->old_start = h->old_start;
	c->new_start = h->new_start;
	return &c->pairs;
}

static enum style
diff_style(char sign)
{
	switch (sign) {
	case '+':
		return STYLE_ADD;
	case '-':
		return STYLE_DEL;
	case '\\':
		return STYLE_DIM;
	default:
		return STYLE_CONTEXT;
	}
}

static void
diff_pad(struct page *p, size_t len, int kind)
{
	while (p->len < len)
		page_row_add(p)->kind = kind;
}

/* The rows added next are notes on this line of the hunk (0: none). */
static void
diff_note_begin(struct page *p, int line, int indent)
{
	p->next.kind = DIFF_NOTE;
	p->next.line = line;
	p->next.indent = indent;
}

static void
diff_note_end(struct page *p)
{
	p->next.kind = DIFF_TEXT;
	p->next.line = p->next.indent = 0;
}

/* Begin notes on line i: the page that has its column (side by side), and where
 * the widest row ends (in one column). */
static struct page *
diff_notes_begin(struct diff_make *m, size_t i)
{
	struct page *p = m->p, *r = &m->ui->diff.right;
	bool beside = m->ui->diff.beside;

	if (!beside)
		p->width = m->width;
	else if (m->pairs->v[i].sign != '-') {
		diff_pad(r, p->len, DIFF_TEXT);
		p = r;
	}
	diff_note_begin(p, (int)i + 1, beside ? 0 : DIFF_NOTE_INDENT);
	return p;
}

static void
diff_notes_end(struct diff_make *m, struct page *p)
{
	diff_note_end(p);
	if (!m->ui->diff.beside)
		p->width = m->lines;
	else
		diff_pad(m->p, m->ui->diff.right.len, DIFF_NOTE);
}

/* Add the notes that belong above line i. */
static void
diff_add_before(struct diff_make *m, size_t i)
{
	struct page *p = diff_notes_begin(m, i);

	if (m->h->edit == NULL)
		moved_blocks_add(m->ui, p, (int)(m->f - m->ui->fold->
		    proposal->files), (int)(m->h - m->f->hunks), (int)i + 1);
	diff_notes_end(m, p);
}

/* Add the notes and comments on line i below it. */
static void
diff_add_said(struct diff_make *m, size_t i)
{
	struct page *p = diff_notes_begin(m, i);

	line_notes_below(m->ui, p, m->f, m->h, &m->pairs->v[i], (int)i + 1);
	diff_notes_end(m, p);
}

static const char *
diff_sign(char sign)
{
	return sign == '+' ? "+" : sign == '-' ? "-" : sign == '\\' ? "\\" :
	    " ";
}

/* Add a row in place of bytes or lines that both versions have. */
static void
diff_add_equal(const struct diff_make *m, struct page *p, const char *sign,
    size_t n, const char *what)
{
	AUTO_FREE char *text = xasprintf("\xe2\x80\xa6 %zu equal %s, %s shows "
	    "them \xe2\x80\xa6", n, what, ui_key_of(m->ui,
	    ACTION_CONTEXT_MORE));

	p->next.styled = true;
	if (n > 0)
		page_own(p, STYLE_DIM, sign, sign, text);
	p->next.styled = false;
}

/* Add the rows of line i to one of the pages. What changed in a long one would be
 * lost in it: its equal ends are left out, but for a few bytes, until there is
 * more context, and count as seen with the rows between them. */
static void
diff_add_line(struct diff_make *m, struct page *p, size_t i)
{
	const struct pair_line *l = &m->pairs->v[i], *other = l->other == 0 ?
	    l : &m->pairs->v[l->other - 1];
	const char *sign = diff_sign(l->sign), *s, *t;
	size_t len, row, n, head = 0, tail = 0;

	p->next.kind = DIFF_LINE;
	p->next.change = l->change;
	p->next.line = (int)i + 1;
	s = pairs_text(l, m->text, &len);
	t = pairs_text(other, m->text, &n);
	if (other != l && len > DIFF_LONG && n > DIFF_LONG &&
	    !context_lines_equal(m->ui, m->f, m->h))
		head = diff_ends(s, len, t, n, &tail);
	head = head <= DIFF_EQUAL ? 0 : utf8_cut(s, len, head - DIFF_NEAR);
	tail = tail <= DIFF_EQUAL ? 0 : len - utf8_cut(s, len, len - tail +
	    DIFF_NEAR);
	diff_add_equal(m, p, sign, head, "bytes");
	row = page_theirs(p, diff_style(l->sign), sign, sign, s + head,
	    len - head - tail, false);
	for (n = row; l->sign == '-' && n < p->len; n++)
		p->rows[n].prefix_style = STYLE_DEL_SIGN;
	if (m->seen != NULL) {
		size_t skip = l->len - len + head;

		page_set_seen(p, row, m->seen, m->text, l->end);
		p->rows[row].seen_off -= skip;
		p->rows[row].seen_len += skip;
	}
	diff_add_equal(m, p, sign, tail, "bytes");
	p->rows[row].before = m->ui->diff.beside ? 0 : l->before;
	p->rows[row].number = l->sign == '-' || (p == m->p && l->sign == ' ' &&
	    m->ui->diff.beside) ? l->before : l->after;
	p->next.kind = DIFF_TEXT;
	p->next.change = p->next.line = 0;
}

/* Is something said of line i? */
static bool
diff_is_noted(const struct diff_make *m, size_t i)
{
	struct page p = { .width = m->lines, .flags = m->p->flags };
	bool is;

	line_notes_below(m->ui, &p, m->f, m->h, &m->pairs->v[i], (int)i + 1);
	is = p.len > 0;
	page_release(&p);
	return is;
}

/* Add one row in place of lines from i on that moved and are equal, unless there is
 * something to say of them. They count as seen with it: it says what they are.
 * Returns how many; 0: line i is shown. */
static size_t
diff_add_moved(struct diff_make *m, size_t i)
{
	const struct pair_line *v = m->pairs->v;
	size_t n = 0, most = m->seen == NULL ? 0 : moved_lines_equal(m->ui,
	    (int)(m->f - m->ui->fold->proposal->files),
	    (int)(m->h - m->f->hunks), (int)i + 1);
	struct page_row *r;
	struct page *p;

	if (most < DIFF_MOVED_LEAST || context_lines_equal(m->ui, m->f, m->h))
		return 0;
	while (n < most && v[i + n].other == 0 && !diff_is_noted(m, i + n))
		n++;
	if (n < DIFF_MOVED_LEAST)
		return 0;
	p = diff_notes_begin(m, i);
	diff_add_equal(m, p, "= ", n, "lines");
	r = &p->rows[p->len - 1];
	r->seen = m->seen;
	r->seen_off = v[i].off;
	r->seen_len = v[i + n - 1].end - v[i].off;
	diff_notes_end(m, p);
	return n;
}

/* ---- lines that look the same ---- */

/* "trailing spaces and the line end (CRLF, LF)" */
static void
diff_why(struct buf *b, unsigned why)
{
	static const char *const words[] = { "trailing spaces",
		"tabs and spaces", "the line end (CRLF, LF)",
		"how accents are written (NFC, NFD)", "invisible characters",
		"the newline at the end of the file" };
	size_t i, n = 0;

	for (i = 0; i < MEM_COUNT(words); i++)
		if ((why & (1u << i)) != 0)
			buf_addf(b, "%s%s", n++ == 0 ? "" : " and ",
			    words[i]);
}

static void
diff_add_note(struct diff_make *m, unsigned why, int n, int all)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (n == all)
		buf_addf(&b, "%s only in ", n == 1 ? "differs" :
		    "they differ");
	else
		buf_addf(&b, "%d of these %d lines %s only in ", n, all,
		    n == 1 ? "differs" : "differ");
	diff_why(&b, why);
	page_own(m->p, STYLE_DIM, "= ", "  ", buf_str(&b));
}

/* Add the notes on the run of changed lines [from, to). */
static void
diff_add_notes(struct diff_make *m, size_t from, size_t to)
{
	const struct pair_line *v = m->pairs->v;
	unsigned said[4] = { 0 };
	size_t i, k, n = 0;
	int all = 0, same;

	for (i = from; i < to; i++)
		all += v[i].sign == '+';
	diff_note_begin(m->p, 0, DIFF_NOTE_INDENT);
	m->p->width = m->width;
	for (i = from; i < to && n < MEM_COUNT(said); i++) {
		if (v[i].sign != '+' || v[i].why == 0)
			continue;
		for (k = 0; k < n && said[k] != v[i].why; k++)
			;
		if (k < n)
			continue;
		said[n++] = v[i].why;
		for (same = 0, k = i; k < to; k++)
			same += v[k].sign == '+' && v[k].why == v[i].why;
		diff_add_note(m, v[i].why, same, all);
	}
	m->p->width = m->ui->diff.beside ? m->ui->diff.right.width : m->lines;
	diff_note_end(m->p);
}

/* The end of the run of changed lines that begins at i. */
static size_t
diff_run_end(const struct pairs *ps, size_t i)
{
	bool added = false;

	for (; i < ps->len && ps->v[i].sign != ' '; i++) {
		if (ps->v[i].sign == '-' && added)
			break;
		added = added || ps->v[i].sign == '+';
	}
	return i;
}

/* ---- in one column ---- */

static void
diff_add_below(struct diff_make *m)
{
	size_t i = 0, end;

	while (i < m->pairs->len) {
		if (m->pairs->v[i].sign == ' ') {
			diff_add_line(m, m->p, i);
			diff_add_said(m, i++);
			continue;
		}
		end = diff_run_end(m->pairs, i);
		for (size_t k = i, n; k < end; k++) {
			if ((n = diff_add_moved(m, k)) > 0) {
				k += n - 1;
				continue;
			}
			diff_add_before(m, k);
			diff_add_line(m, m->p, k);
			diff_add_said(m, k);
		}
		diff_add_notes(m, i, end);
		i = end;
	}
}

/* ---- side by side ---- */

/* Add two lines (or -1: none) side by side, as high as the higher one, with the
 * notes on their newlines. */
static void
diff_add_beside(struct diff_make *m, ssize_t old, ssize_t new)
{
	struct page *r = &m->ui->diff.right;
	const struct pairs *ps = m->pairs;
	size_t from;

	if (old >= 0)
		diff_add_before(m, (size_t)old);
	if (new >= 0 && new != old)
		diff_add_before(m, (size_t)new);
	from = m->p->len;
	diff_pad(r, from, DIFF_TEXT);
	if (old >= 0) {
		diff_add_line(m, m->p, (size_t)old);
		if ((size_t)old + 1 < ps->len && ps->v[old + 1].sign == '\\')
			diff_add_line(m, m->p, (size_t)old + 1);
	}
	if (new >= 0) {
		diff_add_line(m, r, (size_t)new);
		if ((size_t)new + 1 < ps->len && ps->v[new + 1].sign == '\\')
			diff_add_line(m, r, (size_t)new + 1);
	}
	diff_pad(m->p, r->len, DIFF_LINE);
	diff_pad(r, m->p->len, DIFF_LINE);
	if (old >= 0)
		diff_add_said(m, (size_t)old);
	if (new >= 0 && new != old)
		diff_add_said(m, (size_t)new);
}

/* The next line with this sign in [i, end), or -1. */
static ssize_t
diff_next(const struct diff_make *m, size_t i, size_t end, char sign)
{
	for (; i < end; i++)
		if (m->pairs->v[i].sign == sign)
			return (ssize_t)i;
	return -1;
}

/* Add a run: the lines of a pair side by side, and the lines between pairs in
 * their order. */
static void
diff_add_run(struct diff_make *m, size_t from, size_t end)
{
	const struct pair_line *v = m->pairs->v;
	ssize_t old = diff_next(m, from, end, '-');
	ssize_t new = diff_next(m, from, end, '+');
	bool wait_old, wait_new;
	size_t n;

	while (old >= 0 || new >= 0) {
		if (old >= 0 && (n = diff_add_moved(m, (size_t)old)) > 0) {
			old = diff_next(m, (size_t)old + n, end, '-');
			continue;
		}
		if (new >= 0 && (n = diff_add_moved(m, (size_t)new)) > 0) {
			new = diff_next(m, (size_t)new + n, end, '+');
			continue;
		}
		/* Hold a line back until its pair is reached. */
		wait_old = old >= 0 && v[old].other > 0 && new >= 0 &&
		    v[old].other != new + 1;
		wait_new = new >= 0 && v[new].other > 0 && old >= 0 &&
		    v[new].other != old + 1;
		if (wait_old && wait_new)
			wait_old = wait_new = false;
		diff_add_beside(m, wait_old ? -1 : old, wait_new ? -1 : new);
		if (!wait_old && old >= 0)
			old = diff_next(m, (size_t)old + 1, end, '-');
		if (!wait_new && new >= 0)
			new = diff_next(m, (size_t)new + 1, end, '+');
	}
}

static void
diff_add_both(struct diff_make *m)
{
	size_t i = 0, end;

	while (i < m->pairs->len) {
		const char sign = m->pairs->v[i].sign;

		if (sign == ' ') {
			diff_add_beside(m, (ssize_t)i, (ssize_t)i);
			i++;
			continue;
		}
		end = diff_run_end(m->pairs, i);
		diff_add_run(m, i, end);
		diff_add_notes(m, i, end);
		i = end;
	}
}

/* ---- the lines around the hunk ---- */

/* Add unchanged lines around the hunk. They aren't part of it, so no decision
 * covers them and they aren't recorded as seen. `number`: the first line's in
 * the old and in the new file. */
static void
diff_add_around(struct diff_make *m, const char *s, size_t n, int before,
    int after)
{
	struct page *pages[2] = { m->p, &m->ui->diff.right };
	int numbers[2] = { m->ui->diff.beside ? before : after, after };
	size_t off, end, row, from;
	int k;

	for (off = 0; off < n; off = end) {
		const char *nl = memchr(s + off, '\n', n - off);

		end = nl == NULL ? n : (size_t)(nl - s) + 1;
		from = m->p->len;
		for (k = 0; k < (m->ui->diff.beside ? 2 : 1); k++) {
			diff_pad(pages[k], from, DIFF_TEXT);
			pages[k]->next.kind = DIFF_CONTEXT;
			row = page_theirs(pages[k], STYLE_DIM, " ", " ", s + off,
			    end - off - (nl != NULL), false);
			pages[k]->next.kind = DIFF_TEXT;
			pages[k]->rows[row].number = numbers[k]++;
			pages[k]->rows[row].before = m->ui->diff.beside ? 0 :
			    before++;
		}
	}
}

/* Add the lines above, without those that are displayed below the previous
 * hunk. */
static void
diff_add_above(struct diff_make *m, const struct diff_around *a, int before,
    int after)
{
	const struct fold_hunk *last = m->h > m->f->hunks ? m->h - 1 : NULL;
	const char *p = a->above, *end = p + a->above_len;
	int from = a->above_from, least = 0;

	if (last != NULL && last->text_len > 0 && !review_hides(&m->ui->review, last))
		least = last->old_start + (last->old_lines == 0) +
		    last->old_lines + context_lines_below(m->ui, m->f, last);
	for (; p < end && from < least; from++)
		p = mem_line_after(p, end);
	diff_add_around(m, p, (size_t)(end - p), from,
	    after - (before - from));
}

/* ---- the whole hunk ---- */

static void
diff_whole_words(const struct fold_file *f, bool first, struct buf *b)
{
	const struct fold_side *o = &f->before, *n = &f->after;

	if (f->from != NULL && first) {
		buf_adds(b, f->hunks_len == 1 ? "renamed, content unchanged"
					      : "renamed and changed");
		return;
	}
	if (!n->exists)
		buf_addf(b, "the file is deleted (%lld bytes)",
		    (long long)o->size);
	else if (!o->exists && n->size == 0)
		buf_adds(b, "a new, empty file");
	else if (!o->exists)
		buf_addf(b, "a new file of %lld bytes", (long long)n->size);
	else if (o->mode != n->mode && !f->binary)
		buf_addf(b, "mode %06o becomes %06o", o->mode, n->mode);
	else
		buf_addf(b, "%lld bytes -> %lld bytes", (long long)o->size,
		    (long long)n->size);
	if (n->exists && o->exists && o->mode != n->mode && f->binary)
		buf_addf(b, ", mode %06o becomes %06o", o->mode, n->mode);
	if (n->exists && !o->exists && n->mode == 0100755)
		buf_adds(b, ", executable");
	if (n->exists && n->mode == 0120000)
		buf_adds(b, ", a symbolic link");
	if (f->binary)
		buf_addf(b, ": %s%s%s, only as a whole", f->lacks,
		    f->kind[0] == '\0' ? "" : ", ", f->kind);
}

static void
diff_add_whole(struct diff_make *m, const struct fold_file *f)
{
	struct buf b = BUF_INIT(0);
	size_t row, len;

	diff_whole_words(f, m->h == f->hunks, &b);
	len = b.len;
	row = page_add(m->p, STYLE_BOLD, " ", NULL,
	    page_keep_take(m->p, buf_take(&b)), len);
	for (; row < m->p->len; row++) {
		m->p->rows[row].seen = m->seen;
		m->p->rows[row].seen_off = 0;
		m->p->rows[row].seen_len = row + 1 == m->p->len;
	}
}

static void
diff_add_lines(struct diff_make *m)
{
	const struct diff_around *a = context_lines_find(m->ui, m->f, m->h);
	struct page *r = &m->ui->diff.right;
	const struct fold_hunk *h = m->h;
	int before = h->old_start + (h->old_lines == 0);
	int after = h->new_start + (h->new_lines == 0);

	m->p->width = m->ui->diff.beside ? r->width : m->lines;
	if (a != NULL)
		diff_add_above(m, a, before, after);
	if (m->ui->diff.beside)
		diff_add_both(m);
	else
		diff_add_below(m);
	if (a != NULL)
		diff_add_around(m, a->below, a->below_len,
		    before + h->old_lines, after + h->new_lines);
	m->p->width = m->width;
}

/* At the first hunk that overwrites the user's newer lines, show these. */
static void
diff_add_meanwhile(struct page *p, const struct fold_file *f, int hunk)
{
	const char *s = f->meanwhile, *at;
	int i;

	for (i = 0; i < hunk && !f->hunks[i].overwrites; i++)
		;
	if (i < hunk || !f->hunks[hunk].overwrites || s == NULL)
		return;
	at = strstr(s, "\n@@ ");
	if (at != NULL && at < f->meanwhile + f->meanwhile_len)
		s = at + 1;
	if (f->meanwhile_by == NULL)
		page_adds(p, STYLE_BADGE, "the change on disk:");
	else
		page_addf(p, STYLE_BADGE, "the change on disk, by your session "
		    "%s:", f->meanwhile_by);
	page_theirs(p, STYLE_DIM, page_bar(p), page_bar(p), s,
	    (size_t)(f->meanwhile + f->meanwhile_len - s), false);
}

void
diff_add_hunk(struct ui *ui, struct page *p, int file, int hunk)
{
	const struct fold_file *f = &ui->fold->proposal->files[file];
	struct diff_make m = { .ui = ui, .p = p, .f = f,
		.h = &f->hunks[hunk], .width = p->width,
		.lines = p->width - diff_gutter(ui) };
	struct page *r = &ui->diff.right;
	struct page_row *head;
	size_t len;

	m.seen = seen_get(&ui->review, m.h->id, m.h->text_len);
	if (ui->diff.beside)
		diff_pad(r, p->len, DIFF_TEXT);
	p->next.file = r->next.file = file;
	p->next.hunk = r->next.hunk = hunk;
	head = page_row_add(p);
	head->kind = DIFF_HEAD;
	head->stop = true;
	diff_note_begin(p, 0, DIFF_NOTE_INDENT);
	if (review_was_rejected(&ui->review, m.h))
		page_adds(p, STYLE_BADGE, fold_stages(ui->fold) ?
		    "same as you left" : "same as you rejected");
	line_notes_below(ui, p, f, m.h, NULL, 0);
	diff_add_meanwhile(p, f, hunk);
	diff_note_end(p);
	if (m.h->text_len == 0)
		diff_add_whole(&m, f);
	if (m.h->edit != NULL)
		m.seen = NULL;
	m.text = diff_text(m.h, &len);
	/* The id identifies the text, but not its edited version. */
	if (m.h->edit != NULL)
		diff_pairs_again(ui, m.h);
	m.pairs = diff_pairs(ui, m.h);
	if (len > 0)
		diff_add_lines(&m);
	p->next.file = r->next.file = p->next.hunk = r->next.hunk = -1;
}
