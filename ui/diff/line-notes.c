/*
 * Notes at a line of the diff: a block that moved, a name that mixes scripts or
 * only looks like ASCII, findings of the model, of hooks and of checkers.
 */

#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/bindings.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "ui/diff/diff.h"
#include "ui/panes/composer.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"
#include "ui/text/pairs.h"

#define LINE_NOTES_NAMES 3	/* of one line */

/* A note; takes the text. */
static void
line_note_add(struct page *p, enum style style, const char *first,
    const char *rest, struct buf *text)
{
	size_t len = text->len;

	page_add(p, style, first, rest, page_keep_take(p, buf_take(text)), len,
	    true);
}

/* Begins the other rows of somebody's text, under `first`: a bar, since among
 * lines of code an indented row would look like one. */
static const char *
line_note_rest(struct page *p, const char *first)
{
	return page_keep_take(p, xasprintf("%*s%s ", (int)strlen(first) - 2,
	    "", (p->flags & SANITIZE_ASCII) != 0 ? "|" : "\xe2\x94\x82"));
}

static bool
line_notes_is_ascii(const char *s, size_t n)
{
	for (; n > 0; s++, n--)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* Names that mix scripts, or only look like ASCII. */
static void
line_notes_names(struct page *p, const char *s, size_t n)
{
	struct buf b = BUF_INIT(0);
	struct lookalike w;
	size_t at = 0;
	int names = 0;

	if (line_notes_is_ascii(s, n))
		return;
	while (lookalike_next(s, n, &at, &w) && names++ < LINE_NOTES_NAMES) {
		buf_adds(&b, b.len > 0 ? "; " : "");
		lookalike_words(&b, s, &w);
	}
	if (names == 0)
		return;
	if (names > LINE_NOTES_NAMES)
		buf_adds(&b, "; and more");
	line_note_add(p, STYLE_BADGE, "! ", "  ", &b);
}

static void
line_notes_finding(struct page *p, const struct fold_finding *g, bool place)
{
	struct buf b = BUF_INIT(0);
	bool error = strcmp(g->severity, "error") == 0;
	const char *first = page_keep_take(p, xasprintf("%s says: ",
	    g->by == NULL ? "model" : g->by));
	const char *rest = place ? page_keep_take(p, xasprintf("%*s",
	    (int)strlen(first), "")) : line_note_rest(p, first);

	if (place)
		buf_addf(&b, "line %d: ", g->line);
	buf_addf(&b, "%s: %s", g->severity, g->message);
	line_note_add(p, error ? STYLE_BAD : STYLE_MODEL, first, rest, &b);
}

/* The comments on a line; 0: on the hunk, below what the model says of it. */
static void
line_comment_add(struct page *p, const struct fold_hunk *h, int line)
{
	if (line == 0 && h->reason != NULL)
		page_add(p, STYLE_MODEL, "model says: ", line_note_rest(p,
		    "model says: "), h->reason, strlen(h->reason), true);
	EV_EACH(h, comments, c) {
		if (c->end != line)
			continue;
		page_add(p, STYLE_USER, c->end > c->line ? page_keep_take(p,
		    xasprintf("you, on the %d lines above: ", c->end -
		    c->line + 1)) : "you: ", line_note_rest(p,
		    "you: "), c->text, strlen(c->text), true);
		if (c->answer != NULL)
			page_add(p, STYLE_MODEL, "model answers: ",
			    line_note_rest(p, "model answers: "), c->answer,
			    strlen(c->answer), true);
	}
}

void
line_notes_below(struct ui *ui, struct page *p, const struct fold_file *f,
    const struct fold_hunk *h, const struct pair_line *l, const char *text,
    int line)
{
	size_t n;
	const char *s;

	if (l != NULL && (l->sign == '+' || l->sign == ' ')) {
		s = pairs_text(l, text, &n);
		line_notes_names(p, s, n);
		EV_EACH(&ui->fold->findings, list, g)
			if (g->line == l->after && strcmp(g->path,
			    f->path_bytes) == 0 && (g->source == NULL ||
			    memmem(s, n, g->source, strlen(g->source)) !=
			    NULL))
				line_notes_finding(p, g, false);
	}
	if (h->edit == NULL || l == NULL)
		line_comment_add(p, h, line);
}

/* Is this line of the proposed file in a hunk? */
static bool
line_notes_in_hunk(const struct fold_file *f, int line)
{
	EV_EACH(f, hunks, h)
		if (line >= h->new_start && line <
		    h->new_start + h->new_lines)
			return true;
	return false;
}

void
line_notes_file(struct ui *ui, struct page *p, const struct fold_file *f)
{
	p->next.kind = DIFF_NOTE;
	EV_EACH(&ui->fold->findings, list, g)
		if (strcmp(g->path, f->path_bytes) == 0 &&
		    !line_notes_in_hunk(f, g->line))
			line_notes_finding(p, g, true);
	p->next.kind = DIFF_TEXT;
}

/*
 * Blocks that moved: three removed lines or more that were added elsewhere, in
 * this file or another one, perhaps with another indentation. Windows of three
 * removed lines are found by a hash, and a line is part of one block at most: so
 * the time is linear in the diff's size.
 */

#define MOVED_LEAST	3	/* lines */
#define MOVED_LETTERS	20	/* and letters or digits in them: not just
				   braces */
#define MOVED_TRIES	16	/* places of one window */

struct moved_line {
	const char	*p;		/* without its indentation */
	size_t		 n;
	size_t		 indent;	/* bytes before it */
	uint64_t	 hash;
	int		 file, hunk, line, number;
	size_t		 run;		/* of lines with this sign */
	bool		 used;
};

struct moved_lines {
	struct moved_line *v;
	size_t		 len;
};

static void
moved_add(struct moved_lines *l, const char *p, size_t n,
    const struct moved_line *at)
{
	struct moved_line *x;

	GROW(l->v, l->len);
	x = &l->v[l->len++];
	*x = *at;
	while (x->indent < n && (p[x->indent] == ' ' || p[x->indent] == '\t'))
		x->indent++;
	x->p = p + x->indent;
	x->n = n - x->indent;
	x->hash = hash_bytes(HASH_BEGIN, x->p, x->n);
}

/* The hunk's removed and added lines. */
static void
moved_cut(const struct fold_hunk *h, int file, int hunk,
    struct moved_lines *old, struct moved_lines *new, size_t *run)
{
	const char *p = h->text, *end = p + h->text_len, *nl;
	int before = h->old_start + (h->old_lines == 0);
	int after = h->new_start + (h->new_lines == 0);
	struct moved_line at = { .file = file, .hunk = hunk };
	char last = ' ';

	for (; p < end; p = nl + 1) {
		nl = mem_line_end(p, end);
		at.line++;
		if (*p != last)
			at.run = ++*run;
		last = *p;
		at.number = *p == '-' ? before : after;
		if (*p == '-')
			moved_add(old, p + 1, (size_t)(nl - p) - 1, &at);
		else if (*p == '+')
			moved_add(new, p + 1, (size_t)(nl - p) - 1, &at);
		before += *p == '-' || *p == ' ';
		after += *p == '+' || *p == ' ';
	}
}

static bool
moved_is_same(const struct moved_line *a, const struct moved_line *b)
{
	return !a->used && !b->used && a->hash == b->hash && a->n == b->n &&
	    memcmp(a->p, b->p, a->n) == 0;
}

/* The number of lines from i and from j on that are the same, each in one
 * run. */
static size_t
moved_length(const struct moved_lines *old, size_t i,
    const struct moved_lines *new, size_t j)
{
	size_t n = 0;

	while (i + n < old->len && j + n < new->len &&
	    old->v[i + n].run == old->v[i].run &&
	    new->v[j + n].run == new->v[j].run &&
	    moved_is_same(&old->v[i + n], &new->v[j + n]))
		n++;
	return n;
}

static bool
moved_says_much(const struct moved_line *v, size_t n)
{
	size_t letters = 0, i;

	for (; n > 0; v++, n--)
		for (i = 0; i < v->n; i++)
			letters += (v->p[i] >= '0' && v->p[i] <= '9') ||
			    ((v->p[i] | 0x20) >= 'a' &&
			    (v->p[i] | 0x20) <= 'z') ||
			    (unsigned char)v->p[i] >= 0x80;
	return letters >= MOVED_LETTERS;
}

static void
moved_keep(struct ui_diff *d, const struct moved_line *at, size_t n,
    const struct moved_line *other, bool added, bool indented)
{
	struct diff_moved *m;

	GROW(d->moved, d->moved_len);
	m = &d->moved[d->moved_len++];
	m->file = at->file;
	m->hunk = at->hunk;
	m->line = at->line;
	m->len = n;
	m->other_file = other->file;
	m->number = other->number;
	m->added = added;
	m->indented = indented;
}

static void
moved_block(struct ui_diff *d, struct moved_line *old, struct moved_line *new,
    size_t n)
{
	bool indented = false;
	size_t i;

	for (i = 0; i < n; i++) {
		old[i].used = new[i].used = true;
		indented = indented || (old[i].n > 0 &&
		    (old[i].indent != new[i].indent || memcmp(old[i].p -
		    old[i].indent, new[i].p - new[i].indent,
		    old[i].indent) != 0));
	}
	moved_keep(d, old, n, new, false, indented);
	moved_keep(d, new, n, old, true, indented);
}

static size_t
moved_bucket(const struct moved_line *v, size_t buckets)
{
	uint64_t h = v[0].hash;
	int i;

	for (i = 1; i < MOVED_LEAST; i++)
		h = (h << 7 | h >> 57) ^ v[i].hash;
	return (size_t)(h ^ h >> 32) & (buckets - 1);
}

/* Does a window of a run begin here? */
static bool
moved_is_window(const struct moved_lines *l, size_t i)
{
	return i + MOVED_LEAST <= l->len &&
	    l->v[i + MOVED_LEAST - 1].run == l->v[i].run;
}

static void
moved_match(struct ui_diff *d, struct moved_lines *old, struct moved_lines *new)
{
	size_t buckets = 1, i, j, n, weak;
	AUTO_FREE size_t *first = NULL, *next = NULL;
	int tries;

	while (buckets < old->len)
		buckets *= 2;
	first = xcalloc(buckets, sizeof(*first));	/* index + 1 */
	next = xcalloc(old->len + 1, sizeof(*next));
	for (i = old->len; i-- > 0;)
		if (moved_is_window(old, i)) {
			j = moved_bucket(&old->v[i], buckets);
			next[i] = first[j];
			first[j] = i + 1;
		}
	for (j = 0; j < new->len; j += n > 0 ? n : weak) {
		n = 0;
		weak = 1;
		if (!moved_is_window(new, j))
			continue;
		i = first[moved_bucket(&new->v[j], buckets)];
		for (tries = 0; i != 0 && tries < MOVED_TRIES;
		    i = next[i - 1], tries++) {
			n = moved_length(old, i - 1, new, j);
			if (n >= MOVED_LEAST &&
			    moved_says_much(&new->v[j], n))
				break;
			/* None of its parts says more. */
			weak = n > weak ? n : weak;
			n = 0;
		}
		if (n > 0)
			moved_block(d, &old->v[i - 1], &new->v[j], n);
	}
}

static int
moved_compare(const void *pa, const void *pb)
{
	const struct diff_moved *a = pa, *b = pb;

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->hunk != b->hunk)
		return a->hunk < b->hunk ? -1 : 1;
	return (a->line > b->line) - (a->line < b->line);
}

static void
moved_blocks_drop(struct ui *ui)
{
	FREE_NULL(ui->diff.moved);
	ui->diff.moved_len = 0;
	ui->diff.moved_version = 0;
}

static void
moved_blocks_make(struct ui *ui)
{
	const struct fold_proposal *p = ui->fold->proposal;
	struct moved_lines old = { 0 }, new = { 0 };
	struct ui_diff *d = &ui->diff;
	size_t i, k, run = 0;

	if (p == NULL || (d->moved_id == p->id &&
	    d->moved_version == p->version))
		return;
	moved_blocks_drop(ui);
	d->moved_id = p->id;
	d->moved_version = p->version;
	for (i = 0; i < p->files_len; i++)
		for (k = 0; k < p->files[i].hunks_len; k++)
			moved_cut(&p->files[i].hunks[k], (int)i, (int)k, &old,
			    &new, &run);
	if (old.len >= MOVED_LEAST && new.len >= MOVED_LEAST)
		moved_match(d, &old, &new);
	free(old.v);
	free(new.v);
	if (d->moved_len > 0)
		qsort(d->moved, d->moved_len, sizeof(*d->moved),
		    moved_compare);
}

void
moved_blocks_add(struct ui *ui, struct page *p, int file, int hunk, int line)
{
	const struct diff_moved key = { .file = file, .hunk = hunk,
		.line = line }, *m;
	struct buf b = BUF_INIT(0);
	AUTO_FREE char *path = NULL;

	moved_blocks_make(ui);
	if (ui->diff.moved_len == 0)
		return;
	m = bsearch(&key, ui->diff.moved, ui->diff.moved_len, sizeof(*m),
	    moved_compare);
	if (m == NULL)
		return;
	buf_addf(&b, "%zu lines moved %s line %d", m->len, m->added ? "from" :
	    "to", m->number);
	if (m->other_file != file) {
		path = sanitize_dup(ui->fold->proposal->
		    files[m->other_file].path_bytes, ui->screen->flags);
		buf_addf(&b, " of %s", path);
	}
	if (m->indented)
		buf_adds(&b, ", indented differently");
	line_note_add(p, STYLE_DIM, "= ", "  ", &b);
}

/*
 * Comments on lines of a hunk. The core stores them at once (in the journal),
 * and sends them to the model with the decision on the hunk.
 */

/* The comment on these lines; on one line also one on several, with that line
 * among them. */
static const struct fold_comment *
line_comment_find(const struct fold_hunk *h, int line, int end, bool inside)
{
	const struct fold_comment *c, *found = NULL;
	size_t i;

	for (i = 0; i < h->comments_len; i++) {
		c = &h->comments[i];
		if (c->line == line && c->end == end)
			return c;
		if (inside && line == end && c->line <= line && line <= c->end)
			found = c;
	}
	return found;
}

/* From the first to the last of the lines that are picked. */
static bool
line_comment_picked(const struct ui *ui, const struct fold_hunk *h, int *line,
    int *end)
{
	const char *p = h->text, *nl;
	size_t change = 0;
	int at = 1;

	*line = *end = 0;
	if (ui->lines.hunk == NULL || strcmp(ui->lines.hunk, h->id) != 0)
		return false;
	for (; p < h->text + h->text_len; at++, p = nl + 1) {
		if ((*p == '+' || *p == '-') && change < ui->lines.len &&
		    ui->lines.pick[change++]) {
			*line = *line == 0 ? at : *line;
			*end = at;
		}
		if ((nl = memchr(p, '\n', h->text_len -
		    (size_t)(p - h->text))) == NULL)
			break;
	}
	return *line > 0;
}

/* Without a hunk under the cursor: the first one of the file that the cursor is
 * on, undecided if there is one, or the next one below. */
static const struct fold_hunk *
line_comment_near(struct ui *ui, const struct fold_file **file)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];
	const struct fold_hunk *h = NULL;
	enum review_scope scope;
	size_t i;

	if ((*file = diff_row(ui, &scope)) != NULL) {
		(void)diff_goto_open(ui, *file);
		return diff_hunk(ui, file);
	}
	for (i = pane->cur; h == NULL && i < pane->page.len; i++)
		h = diff_row_hunk(ui, &pane->page.rows[i]);
	if (h == NULL)
		return NULL;
	diff_goto_hunk(ui, h->id, false);
	return diff_hunk(ui, file);
}

void
diff_comment(struct ui *ui)
{
	const struct fold_file *f;
	const struct fold_hunk *h = diff_hunk(ui, &f);
	const struct fold_comment *c;
	AUTO_FREE char *place = NULL;
	int line, end;
	bool one, answered;

	if (h == NULL)
		h = line_comment_near(ui, &f);
	if (h == NULL || h->decided)
		ui_none(ui, ACTION_LINE_COMMENT);
	else {
		/* The lines of an edited hunk are the user's own. */
		if (h->edit != NULL || !line_comment_picked(ui, h, &line, &end))
			line = end = h->edit != NULL ? 0 : diff_line_here(ui);
		/* On a line of a range, it is the comment on the range. */
		c = line_comment_find(h, line, end, true);
		if (c != NULL) {
			line = c->line;
			end = c->end;
		}
		place = end > line ? xasprintf("%s:%d:%d", h->id, line, end) :
		    xasprintf("%s:%d", h->id, line);
		answered = c != NULL && c->answer != NULL;
		typing_begin_with(ui, UI_COMMENT, place, c == NULL || answered ?
		    "" : c->text);
		one = line == end && line > 0 && !answered;
		/* It is typed all the same: its letters are no keys. */
		if (ui->fold->mode != NULL && strcmp(ui->fold->mode, "try") ==
		    0)
			ui_notice(ui, "no model to send a comment to");
		else if (c != NULL && !answered)
			ui_notice(ui, "edit your comment · %s clears it",
			    ui_key_of(ui, ACTION_INPUT_KILL_START));
		else
			ui_notice(ui, "on %s%s%s%s · end with ? to ask now",
			    line == 0 ? "the hunk" : line == end ? "this line" :
			    "these lines", answered ? " · replaces the answered "
			    "one" : one ? " (" : "", one ? ui_key_of(ui,
			    ACTION_LINES) : "", one ? ": several)" : "");
	}
}

static void
line_comment_text(struct ui *ui, enum ui_purpose purpose, const char *text)
{
	const char *colon = ui->purpose_id == NULL ? NULL :
	    strchr(ui->purpose_id, ':');
	const struct fold_hunk *h = NULL;
	AUTO_FREE char *id = colon == NULL ? NULL : xasprintf("%.*s",
	    (int)(colon - ui->purpose_id), ui->purpose_id);
	char *next = NULL;
	int line = colon == NULL ? 0 : (int)strtol(colon + 1, &next, 10);
	int end = next == NULL || *next != ':' ? line :
	    (int)strtol(next + 1, NULL, 10);
	const struct fold_comment *c = NULL;
	const char *was;
	bool again, other;

	if (purpose != UI_COMMENT)
		return;
	if (id != NULL && fold_find_hunk(ui->fold, id, &h) != NULL)
		c = line_comment_find(h, line, end, false);
	was = c == NULL ? "" : c->text;
	/* A question whose request failed is asked again. */
	again = c != NULL && c->answer == NULL && ui_can_retry(ui) &&
	    fold_comment_asks(text);
	/* Without a text, an answered question stays. */
	other = strcmp(text, was) != 0 && (text[0] != '\0' || c == NULL ||
	    c->answer == NULL);
	if (h == NULL || h->decided)
		draft_astray(ui, text, "that hunk changed or is gone");
	else if (again || other) {
		ui->send(ui->send_arg, command_comment(ui->fold->proposal, id,
		    line, end, text));
		if (fold_comment_asks(text)) {
			ui_notice_as(ui, NOTICE_ASKED, "asked · the answer comes "
			    "here and in the transcript; the hunk stays open");
			(void)hunk_edit_key(ui, ACTION_LINES_LEAVE, NULL);
		} else
			ui_notice(ui, "%s", text[0] == '\0' ?
			    "comment removed" :
			    "sent to the model with your decision on this hunk");
	} else if (c != NULL)
		ui_notice(ui, "unchanged: nothing was sent");
}

/* The model has answered: a notice says where. The transcript has it, too. */
static void
line_comment_answered(struct ui *ui, const char *hunk)
{
	const struct fold_proposal *p = ui->fold->proposal;
	AUTO_BUF struct buf b = BUF_INIT(0);
	const struct fold_hunk *h;
	const struct fold_file *f = fold_find_hunk(ui->fold, hunk, &h);
	size_t at = 1, i;

	if (f == NULL || ui->at == PANE_TRANSCRIPT || ui->notice != NULL)
		return;
	for (i = 0; &p->files[i] != f; i++)
		at += p->files[i].hunks_len;
	sanitize_name(&b, f->path_bytes);
	ui_notice(ui, "the model answered, at hunk %zu/%zu in %s",
	    at + (size_t)(h - f->hunks), p->hunks_len, buf_str(&b));
}

static void
line_comment_line(struct ui *ui, const struct event *e)
{
	bool asked = ui_has_notice(ui, NOTICE_ASKED);

	if (asked && e->type == EVENT_AGENT_END && fold_can_retry(ui->fold))
		ui_notice(ui, "no answer: %s · %s asks again",
		    ev_is(e->agent_end.outcome, "provider") ?
		    "the request failed" : "interrupted",
		    ui_key_of(ui, ACTION_RETRY));
	if (e->type != EVENT_COMMENT || strcmp(e->by, "model") != 0)
		return;
	ui_notice_end(ui, NOTICE_ASKED);
	if (ui->fold->live && e->comment.hunk != NULL)
		line_comment_answered(ui, e->comment.hunk);
}

const struct ui_part diff_notes = {
	.line = line_comment_line,
	.text = line_comment_text,
	.release = moved_blocks_drop,
};
