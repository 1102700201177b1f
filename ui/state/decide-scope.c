/* See decide-scope.h. */
#include "config.h"

#include "ui/state/decide-scope.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/base/send-decision.h"
#include "ui/base/ui-base.h"
#include "ui/diff/diff.h"

/* Is it in the other file's folder, or below? For the top folder only files
 * directly in it count: accepting the whole project has its own key. */
static bool
decide_in_folder(const struct fold_file *f, const struct fold_file *of)
{
	const char *slash = strrchr(of->path_bytes, '/');
	size_t n;

	if (slash == NULL)
		return strchr(f->path_bytes, '/') == NULL;
	n = (size_t)(slash - of->path_bytes) + 1;
	return strncmp(f->path_bytes, of->path_bytes, n) == 0;
}

static bool
decide_is_yes_to_more(enum action_id id)
{
	return id == ACTION_ALL_ACCEPT || id == ACTION_FOLDER_ACCEPT ||
	       id == ACTION_REST_ACCEPT || id == ACTION_FILE_SWITCH;
}

/* Does the key apply to this undecided hunk, besides the one under the
 * cursor? */
static bool
decide_is_target(enum action_id id, const struct fold_file *f,
    const struct fold_file *file, bool below)
{
	switch (id) {
	case ACTION_ALL_ACCEPT:
	case ACTION_ALL_REJECT:
		return true;
	case ACTION_FOLDER_ACCEPT:
	case ACTION_FOLDER_REJECT:
		return decide_in_folder(f, file);
	case ACTION_REST_ACCEPT:
	case ACTION_REST_REJECT:
		return f == file && below;
	case ACTION_FILE_SWITCH:
		return f == file;
	default:
		return false;
	}
}

struct decide_on {
	enum action_id		 id;
	enum fold_mark		 mark;
	const struct fold_file	*file;
	const struct fold_hunk	*hunk;	/* NULL: all of the file */
};

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
	    decide_is_target(on->id, f, on->file, on->hunk == NULL ||
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
	bool file = (on->file = diff_file(ui)) != NULL;

	on->id = id;
	on->hunk = NULL;
	on->mark = MARK_YES;
	if (!file)
		on->hunk = diff_hunk(ui, &on->file);
	if (id != ACTION_ALL_ACCEPT && on->file == NULL)
		return false;
	switch (id) {
	case ACTION_ACCEPT:
	case ACTION_FILE_SWITCH:
		on->id = file ? ACTION_FILE_SWITCH : id;
		return file || id == ACTION_ACCEPT;
	case ACTION_HUNK_EDIT:
		return !file;
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
	case ACTION_FOLDER_REJECT:
		on->mark = MARK_NO;
		return true;
	case ACTION_FOLDER_ACCEPT:
	case ACTION_REST_ACCEPT:
		return true;
	default:
		return id == ACTION_ALL_ACCEPT;
	}
}

bool
decide_effect(const struct ui *ui, enum action_id id, struct effect *e)
{
	const struct fold_proposal *p = ui->fold->proposal;
	struct decide_on on;
	bool any = false;
	size_t i, j;

	if (p == NULL || !decide_on_key(ui, id, &on))
		return false;
	for (i = 0; i < p->files_len; i++)
		for (j = 0; j < p->files[i].hunks_len; j++) {
			if (!diff_hunk_is_open(ui, &p->files[i].hunks[j]))
				continue;
			if (!decide_covers(ui, &on, &p->files[i],
			    &p->files[i].hunks[j]))
				return false;
			any = true;
		}
	if (any)
		*e = effect_count(ui, decide_mark_after, &on);
	return any;
}

void
decide_effect_text(const struct ui *ui, enum action_id id, int cols,
    struct buf *b)
{
	struct effect e;

	if (!decide_effect(ui, id, &e))
		return;
	buf_adds(b, " and ");
	if (e.yes > 0)
		effect_text(&e, cols, b);
	else
		buf_adds(b, "send");
}
