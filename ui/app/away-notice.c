/*
 * What has happened since the user's last key, in one line that stays until the
 * next one and is kept current. Only what the journal has; nothing, if that is
 * nothing.
 */
#include "config.h"

#include "ui/app/away-notice.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/panes/ui-base.h"

#define AWAY_BEGIN "since your last key here: "

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

	for (i = f->items_len; i > 0 && f->items[i - 1].seq > seq; i--) {
		it = &f->items[i - 1];
		if (it->kind != ITEM_TOOL || it->own)
			continue;
		edits += it->diff && it->ok;
		commands += strcmp(it->name, "bash") == 0 ||
		    strcmp(it->name, "run_tests") == 0;
	}
	away_add(b, commands, "command", "commands");
	away_add(b, edits, "edit", "edits");
}

/* Append it; nothing, if nothing has happened. */
static void
away_add_all(const struct fold *f, int64_t seq, struct buf *b)
{
	const struct fold_evidence *e = &f->evidence;
	size_t i, wrote = 0;
	int n = fold_undecided(f->proposal);

	away_work(f, seq, b);
	if (e->seq > seq && fold_check_has_run(e) && !e->running && !e->stale &&
	    e->killed == NULL)
		buf_addf(b, "%scheck %s", b->len > 0 ? ", " : "",
		    e->exit == 0 ? "passed" : "failed");
	for (i = f->changes_len; i > 0 && f->changes[i - 1].seq > seq; i--)
		wrote++;
	away_add(b, wrote, "change written", "changes written");
	if (f->ended && f->end_seq > seq)
		buf_addf(b, "%stask: %s", b->len > 0 ? ", " : "",
		    fold_outcome(f));
	if (b->len > 0 && n > 0)
		buf_addf(b, "; %d hunk%s to review", n, n == 1 ? "" : "s");
}

void
away_notice(struct ui *ui, int64_t seq)
{
	const char *was = ui->notice, *old = was == NULL ? NULL :
	    strstr(was, AWAY_BEGIN);
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE char *before = NULL;

	if (seq <= 0 || seq >= ui->fold->seq)
		return;
	away_add_all(ui->fold, seq, &b);
	if (b.len == 0)
		return;
	before = old != NULL ? xmemdup(was, (size_t)(old - was)) :
	    was != NULL ? xasprintf("%s \xc2\xb7 ", was) : xstrdup("");
	ui_notice(ui, "%s%s%s", before, AWAY_BEGIN, buf_str(&b));
	ui_notice_stay(ui);
	ui->away_seq = seq;
	ui->away_now = ui->fold->seq;
}

void
away_notice_update(struct ui *ui)
{
	if (ui->notice != NULL && ui->away_seq > 0 &&
	    ui->away_now < ui->fold->seq)
		away_notice(ui, ui->away_seq);
}
