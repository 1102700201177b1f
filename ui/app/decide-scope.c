/* See decide-scope.h. */
#include "config.h"

#include "ui/app/decide-scope.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "journal/fold-hook.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/panes/displayed.h"
#include "ui/panes/send-decision.h"
#include "ui/panes/ui-base.h"
#include "ui/diff/diff.h"
#include "ui/diff/effect.h"

static bool
decide_is_yes_to_more(enum action_id id)
{
	return id == ACTION_ALL_ACCEPT || id == ACTION_REST_ACCEPT;
}

struct decide_on {
	enum action_id		 id;
	enum fold_mark		 mark;
	const struct fold_file	*file;
	const struct fold_hunk	*hunk;	/* NULL: all of the file, */
	bool			 folder;	/* or of its folder */
};

/* Does the key apply to this undecided hunk, besides the one under the
 * cursor? */
static bool
decide_is_target(const struct decide_on *on, const struct fold_file *f,
    bool below)
{
	switch (on->id) {
	case ACTION_ALL_ACCEPT:
	case ACTION_ALL_REJECT:
		return true;
	case ACTION_REST_ACCEPT:
	case ACTION_REST_REJECT:
		return diff_row_covers(on->file, on->folder, f) && below;
	default:
		return false;
	}
}

/* Accepted as the user worded it: a key that accepts must not bring the model's
 * words back. */
static bool
decide_keeps_edit(const struct ui *ui, enum action_id id,
    const struct fold_hunk *h)
{
	return (id == ACTION_ACCEPT || decide_is_yes_to_more(id)) &&
	    h->edit != NULL && decision_mark(ui, h) == MARK_YES;
}

/* Does the key apply to this hunk? */
static bool
decide_covers(const struct ui *ui, const struct decide_on *on,
    const struct fold_file *f, const struct fold_hunk *h)
{
	/* A key for several leaves out what isn't shown. */
	if (h->decided || (h != on->hunk && diff_hides(ui, h) &&
	    on->id != ACTION_ALL_ACCEPT && on->id != ACTION_ALL_REJECT) ||
	    (h->overwrites && decide_is_yes_to_more(on->id)) ||
	    decide_keeps_edit(ui, on->id, h))
		return false;
	return h == on->hunk || (decision_mark(ui, h) == MARK_NONE &&
	    decide_is_target(on, f, on->hunk == NULL ||
	    (f == on->file && h >= on->hunk)));
}

void
decide_targets(struct ui *ui, enum action_id id, const struct fold_file *file,
    const struct fold_hunk *hunk)
{
	const struct fold_proposal *p = ui->fold->proposal;
	struct decide_on on = { .id = id, .file = file, .hunk = hunk };
	struct ui_confirm *c = &ui->confirm;
	size_t i, j;

	if (hunk == NULL)
		(void)diff_row(ui, &on.folder);
	c->hunks = xcalloc(p->hunks_len, sizeof(*c->hunks));
	for (i = 0; i < p->files_len; i++)
		for (j = 0; j < p->files[i].hunks_len; j++)
			if (decide_covers(ui, &on, &p->files[i],
			    &p->files[i].hunks[j]))
				c->hunks[c->hunks_len++] = xstrdup(
				    p->files[i].hunks[j].id);
}

/* ---- a key after which no hunk is open: the core writes ---- */

static enum fold_mark
decide_mark_after(const struct ui *ui, const struct fold_file *f,
    const struct fold_hunk *h, const void *arg)
{
	const struct decide_on *on = arg;

	return decide_covers(ui, on, f, h) ? on->mark : decision_mark(ui, h);
}

/* What the key marks where the cursor is; false: it marks no hunk. */
static bool
decide_on_key(const struct ui *ui, enum action_id id, struct decide_on *on)
{
	bool file = (on->file = diff_row(ui, &on->folder)) != NULL;

	on->id = id;
	on->hunk = NULL;
	on->mark = MARK_YES;
	/* About all that is open, wherever the cursor is. */
	if (id == ACTION_ALL_ACCEPT)
		return true;
	if (!file)
		on->hunk = diff_hunk(ui, &on->file);
	if (on->file == NULL)
		return false;
	switch (id) {
	case ACTION_ACCEPT:
		on->id = file ? ACTION_REST_ACCEPT : id;
		return true;
	case ACTION_LINES_ACCEPT:
		return !file && ui->lines.hunk != NULL &&
		    strcmp(ui->lines.hunk, on->hunk->id) == 0;
	case ACTION_REJECT:
		on->id = file ? ACTION_REST_REJECT : id;
		on->mark = MARK_NO;
		return true;
	case ACTION_REJECT_WORD:
	case ACTION_REST_REJECT:
		on->mark = MARK_NO;
		return !file;
	case ACTION_REST_ACCEPT:
		return true;
	default:
		return false;
	}
}

bool
decide_only_marks(enum action_id id, bool row)
{
	return !row && (id == ACTION_REST_ACCEPT || id == ACTION_REST_REJECT);
}

bool
decide_effect(const struct ui *ui, enum action_id id, struct effect *e)
{
	const struct fold_proposal *p = ui->fold->proposal;
	struct decide_on on;
	bool any = false;
	size_t i;

	if (p == NULL || !decide_on_key(ui, id, &on) ||
	    decide_only_marks(id, on.hunk == NULL))
		return false;
	for (i = 0; i < p->hunks_len; i++) {
		if (!diff_hunk_is_open(ui, p->hunks[i].hunk))
			continue;
		if (!decide_covers(ui, &on, p->hunks[i].file,
		    p->hunks[i].hunk))
			return false;
		any = true;
	}
	if (any)
		*e = effect_count(ui, decide_mark_after, &on);
	return any;
}

void
decide_effect_text(const struct ui *ui, enum action_id id, bool brief,
    struct buf *b)
{
	struct effect e;

	/* An undo that is rejected goes to nobody. */
	if (!decide_effect(ui, id, &e) || (e.yes == 0 &&
	    ui->fold->proposal->undo != 0))
		return;
	if (e.yes == 0)
		buf_adds(b, effect_tells(ui, id == ACTION_REJECT_WORD) ?
		    id == ACTION_REJECT && brief ? ", tell model" : " and tell the model" :
		    brief ? ", end review" : " and end the review");
	else if (fold_hook_blocks(ui->fold) != NULL)
		buf_adds(b, " and run the hook again");
	else {
		buf_adds(b, brief ? ", " : " and ");
		if (id == ACTION_REJECT && brief)
			buf_addf(b, "write %zu", e.yes);
		else
			effect_text(&e, b);
	}
}

void
decide_untouched(const struct ui *ui, enum action_id id, struct buf *b)
{
	const struct fold_proposal *p = ui->fold->proposal;
	size_t i, n[3] = { 0 };
	struct decide_on on;

	if (!decide_on_key(ui, id, &on))
		return;
	for (i = 0; i < p->hunks_len; i++) {
		const struct fold_file *f = p->hunks[i].file;
		const struct fold_hunk *h = p->hunks[i].hunk;
		enum fold_mark m = decision_mark(ui, h);

		if (h->decided || !decide_is_target(&on, f,
		    on.hunk == NULL || (f == on.file && h >= on.hunk)) ||
		    decide_covers(ui, &on, f, h))
			continue;
		n[0] += m == MARK_YES && h->edit != NULL;
		n[1] += m == MARK_NO;
		n[2] += m == MARK_NONE;
	}
	if (n[0] > 0)
		buf_addf(b, " · %zu stay%s as you edited %s", n[0],
		    n[0] == 1 ? "s" : "", n[0] == 1 ? "it" : "them");
	if (n[1] > 0)
		buf_addf(b, " · %zu stay%s rejected", n[1],
		    n[1] == 1 ? "s" : "");
	if (n[2] > 0)
		buf_addf(b, " · %zu stay%s open", n[2], n[2] == 1 ? "s" : "");
}

/* ---- what a question is about ---- */

#define DECIDE_NAMED 3		/* files that a question names */

/* Append hunks of a file that follow each other. */
static void
decide_add_run(size_t first, size_t last, bool more, struct buf *b)
{
	buf_addf(b, "%s%zu", more ? ", " : "", first);
	if (last > first)
		buf_addf(b, "-%zu", last);
}

/* Append the numbers of the file's unseen hunks as "2, 4-6"; *at is the first
 * hunk of the question that belongs to it or to a later file. The first
 * unseen one, or NULL. */
static const struct fold_hunk *
decide_add_unseen(const struct ui *ui, const struct fold_file *f,
    size_t before, size_t *at, struct buf *b)
{
	const struct ui_confirm *c = &ui->confirm;
	const struct fold_hunk *h, *first = NULL;
	size_t i, from = 0;

	for (i = 0; i < f->hunks_len; i++) {
		h = &f->hunks[i];
		if (*at < c->hunks_len && strcmp(c->hunks[*at], h->id) == 0) {
			++*at;
			if (!displayed_is_full(displayed_find(ui, h->id))) {
				from = from == 0 ? before + i + 1 : from;
				first = first == NULL ? h : first;
				continue;
			}
		}
		if (from != 0)
			decide_add_run(from, before + i, b->len > 0, b);
		from = 0;
	}
	if (from != 0)
		decide_add_run(from, before + i, b->len > 0, b);
	return first;
}

void
decide_name_unseen(struct ui *ui, struct buf *b)
{
	const struct fold_proposal *p = ui->fold->proposal;
	const struct fold_hunk *first;
	AUTO_BUF struct buf run = BUF_INIT(0);
	size_t i, at = 0, before = 0, files = 0;

	for (i = 0; i < p->files_len; before += p->files[i++].hunks_len) {
		buf_clear(&run);
		first = decide_add_unseen(ui, &p->files[i], before, &at, &run);
		if (first == NULL)
			continue;
		if (files == 0)
			xstrset(&ui->confirm.unseen, first->id);
		if (files++ < DECIDE_NAMED) {
			buf_adds(b, files == 1 ? "" : ", ");
			sanitize_name(b, p->files[i].path_bytes);
			buf_addf(b, " (hunk%s %s)", strpbrk(buf_str(&run),
			    ",-") == NULL ? "" : "s", buf_str(&run));
		}
	}
	if (files > DECIDE_NAMED)
		buf_addf(b, ", %zu more file%s", files - DECIDE_NAMED,
		    files - DECIDE_NAMED == 1 ? "" : "s");
}
