/*
 * What is new since the user last looked (review/news.c). One key hides what is
 * known. Keys that decide about several hunks leave hidden ones alone.
 */
#include "config.h"

#include "ui/diff/diff.h"

#include "base/buf.h"
#include "front/bindings.h"
#include "front/history.h"
#include "journal/fold.h"
#include "review/review.h"
#include "ui/panes/ui-base.h"

bool
diff_hides_file(const struct ui *ui, const struct fold_file *f)
{
	size_t i;

	for (i = 0; i < f->hunks_len; i++)
		if (!review_hides(&ui->review, &f->hunks[i]))
			return false;
	return true;
}

static void
news_part(struct buf *b, size_t n, const char *word)
{
	bool first = buf_str(b)[b->len - 1] == ' ';

	if (n > 0)
		buf_addf(b, "%s%zu%s %s", first ? "" : ", ", n, !first ? "" :
		    n == 1 ? " hunk" : " hunks", word);
}

/* After the next version: "version 2: 2 hunks new, 1 that you saw is gone". */
void
diff_news_tell(struct ui *ui)
{
	struct review_news *v = &ui->review.news;
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i, known, news = review_news_count(&ui->review, &known);

	v->split = false;
	for (i = 0; i < v->unsent_len && ui->fold->live; i++)
		history_add(&ui->say.history, v->unsent[i]);
	if (!ui->fold->live || ui->fold->proposal == NULL ||
	    ui->diff.disk != NULL || (ui->notice != NULL && ui->noticed.stays) ||
	    v->added + v->gone == 0 || (v->gone == 0 && ui->at != PANE_DIFF))
		return;
	buf_addf(&b, "version %d: ", ui->fold->proposal->version);
	news_part(&b, v->added, "new");
	news_part(&b, v->gone, v->gone == 1 ? "that you saw is gone" :
	    "that you saw are gone");
	if (v->unsent_len > 0)
		buf_addf(&b, " · %zu comment%s not sent", v->unsent_len,
		    v->unsent_len == 1 ? "" : "s");
	if (news > 0 && known > 0)
		buf_addf(&b, " · %s shows it",
		    ui_key_of(ui, ACTION_NEWS));
	ui_notice(ui, "%s", buf_str(&b));
	ui_notice_stay(ui);
}

/* ---- the key ---- */

void
diff_news_show(struct ui *ui, const struct fold_hunk *h)
{
	if (h == NULL || !review_hides(&ui->review, h))
		return;
	ui->review.news.on = false;
	diff_again(ui);
}

/* Hide what is known, with the cursor on a hunk that isn't. */
static void
news_begin(struct ui *ui)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	const struct fold_file *f;
	const struct fold_hunk *h = diff_hunk(ui, &f);

	ui->review.news.on = true;
	diff_again(ui);
	if (h != NULL && !review_hides(&ui->review, h))
		return;
	for (pane->cur = 0; pane->cur + 1 < pane->page.len &&
	    pane->page.rows[pane->cur].kind != DIFF_HEAD; pane->cur++)
		;
	diff_next_undecided(ui);
}

bool
diff_news_key(struct ui *ui, enum action_id id)
{
	size_t known, n;

	if (id != ACTION_NEWS)
		return false;
	n = review_news_count(&ui->review, &known);
	if (ui->review.news.on) {
		ui->review.news.on = false;
		diff_again(ui);
		ui_notice(ui, "all hunks shown");
	} else if (known == 0)
		ui_notice(ui, "all of it is new: you haven't looked through an "
		    "earlier version");
	else if (n == 0)
		ui_notice(ui, "no hunk changed since you last looked");
	else {
		news_begin(ui);
		ui_notice(ui, "only what changed since you looked · %s shows "
		    "all", ui_key_of(ui, ACTION_NEWS));
	}
	return true;
}
