/*
 * What a key that sends the marks would do, in words.
 */
#include "config.h"

#include "ui/diff/diff.h"

#include "base/buf.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/base/send-decision.h"
#include "ui/base/ui-base.h"

#define EFFECT_REST_COLS 160	/* for what isn't written */
#define EFFECT_FILES_COLS 120	/* for the number of files */

struct effect { size_t all, yes, no, files, open; };

/* With `rest`, hunks that are open count as accepted, if one key can accept
 * them together. */
static struct effect
effect_count(const struct ui *ui, bool rest)
{
	const struct fold_proposal *p = ui->fold->proposal;
	struct effect e = { 0 };
	size_t i, j;

	for (i = 0; i < p->files_len; i++) {
		bool any = false;

		for (j = 0; j < p->files[i].hunks_len; j++) {
			const struct fold_hunk *h = &p->files[i].hunks[j];
			enum fold_mark m = decision_mark(ui, h);
			bool yes = m == MARK_YES || (rest && m == MARK_NONE &&
			    !h->overwrites);

			if (h->decided)
				continue;
			e.all++;
			e.yes += yes;
			e.no += m == MARK_NO;
			e.open += m == MARK_NONE && !yes;
			any = any || yes;
		}
		e.files += any;
	}
	return e;
}

static const char *
effect_many(size_t n)
{
	return n == 1 ? "" : "s";
}

void
effect_text(const struct ui *ui, int cols, struct buf *b)
{
	struct effect e = effect_count(ui, false);
	size_t n = e.yes > 0 ? e.yes : e.no;

	buf_adds(b, e.yes > 0 ? "write " : "reject ");
	if (n < e.all)
		buf_addf(b, "%zu of %zu", n, e.all);
	else
		buf_addf(b, "%zu", n);
	if (cols < EFFECT_FILES_COLS)
		return;
	buf_addf(b, " hunk%s", effect_many(e.all));
	if (e.yes > 0)
		buf_addf(b, " in %zu file%s", e.files, effect_many(e.files));
	if (cols < EFFECT_REST_COLS)
		return;
	if (e.yes > 0 && e.no > 0)
		buf_addf(b, "; %zu rejected", e.no);
	if (e.open > 0)
		buf_addf(b, "%s%zu stay%s open", e.yes > 0 && e.no > 0 ? ", " :
		    "; ", e.open, e.open == 1 ? "s" : "");
}

void
effect_question(const struct ui *ui, struct buf *b)
{
	struct effect e = effect_count(ui, true);

	buf_addf(b, "Write %zu", e.yes);
	if (e.yes < e.all)
		buf_addf(b, " of %zu", e.all);
	buf_addf(b, " hunk%s in %zu file%s", effect_many(e.all), e.files,
	    effect_many(e.files));
	if (e.no > 0)
		buf_addf(b, ", reject %zu", e.no);
	buf_addc(b, '?');
}
