/*
 * What has happened since the user's last key, in one line that stays until the
 * next one. Only what the journal has; nothing, if that is nothing.
 */
#include "config.h"

#include "ui/state/away-notice.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/base/ui-base.h"

static void
away_add(struct buf *b, size_t n, const char *one, const char *more)
{
	if (n > 0)
		buf_addf(b, "%s%zu %s", b->len > 0 ? ", " : "", n,
		    n == 1 ? one : more);
}

/* What the model has done. */
static void
away_work(const struct fold *f, int64_t seq, struct buf *b)
{
	size_t i, commands = 0, edits = 0;
	const struct fold_item *it;

	for (i = 0; i < f->items_len; i++) {
		it = &f->items[i];
		if (it->seq <= seq || it->kind != ITEM_TOOL || it->own)
			continue;
		edits += it->diff && it->ok;
		commands += strcmp(it->name, "bash") == 0 ||
		    strcmp(it->name, "run_tests") == 0;
	}
	away_add(b, commands, "command", "commands");
	away_add(b, edits, "edit", "edits");
}

void
away_notice(struct ui *ui, int64_t seq)
{
	const struct fold *f = ui->fold;
	const struct fold_evidence *e = &f->evidence;
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE char *before = xstrdup_null(ui->notice);
	size_t i, wrote = 0;
	int n;

	if (seq <= 0 || seq >= f->seq)
		return;
	away_work(f, seq, &b);
	if (e->seq > seq && fold_check_has_run(e) && !e->running && !e->stale &&
	    e->killed == NULL)
		buf_addf(&b, "%scheck %s", b.len > 0 ? ", " : "",
		    e->exit == 0 ? "passed" : "failed");
	for (i = 0; i < f->changes_len; i++)
		wrote += f->changes[i].seq > seq;
	away_add(&b, wrote, "change written", "changes written");
	if (f->ended && f->end_seq > seq)
		buf_addf(&b, "%stask: %s", b.len > 0 ? ", " : "",
		    fold_outcome(f));
	if (b.len == 0)
		return;
	n = fold_undecided(f->proposal);
	if (n > 0)
		buf_addf(&b, "; %d hunk%s to review", n, n == 1 ? "" : "s");
	ui_notice(ui, "%s%ssince your last key here: %s", before == NULL ? "" :
	    before, before == NULL ? "" : " \xc2\xb7 ", buf_str(&b));
	ui_notice_stay(ui);
}
