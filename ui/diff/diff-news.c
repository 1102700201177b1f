/*
 * What is new since the user last looked. A hunk is known if the user had seen
 * all of it, or decided it, in an earlier version or an earlier proposal of the
 * session: with the same path and the same text, context included
 * (gate/hunk.c). One key hides what is known. Keys that decide about
 * several hunks leave hidden ones alone.
 */
#include "config.h"

#include "ui/diff/diff.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "front/bindings.h"
#include "front/history.h"
#include "journal/fold.h"
#include "review/review.h"
#include "ui/panes/ui-base.h"

#define NEWS_HUNK ""		/* the user knows the hunk, */
#define NEWS_REJECTED "/"	/* or has rejected it */

/* ---- hunks of earlier versions, by their hash ---- */

/* Of a hunk's id, as known or as rejected; never 0. */
static uint64_t
news_hash(const char *what, const char *p, size_t n)
{
	uint64_t h = hash_bytes(HASH_BEGIN, what, strlen(what) + 1);

	return hash_bytes(h, p, n) | 1;
}

/* Its place in the table: where it is, or a free one. */
static size_t
news_at(const struct ui_diff *d, uint64_t hash)
{
	size_t i = (size_t)(hash >> 20) & (d->known_room - 1);

	while (d->known[i] != 0 && d->known[i] != hash)
		i = (i + 1) & (d->known_room - 1);
	return i;
}

static void
news_add(struct ui_diff *d, uint64_t hash)
{
	uint64_t *old = d->known;
	size_t room = d->known_room, i;

	if (2 * d->known_len >= room) {
		d->known_room = room == 0 ? 256 : 2 * room;
		d->known = xcalloc(d->known_room, sizeof(*d->known));
		for (i = 0; i < room; i++)
			if (old[i] != 0)
				d->known[news_at(d, old[i])] = old[i];
		free(old);
	}
	i = news_at(d, hash);
	d->known_len += d->known[i] == 0;
	d->known[i] = hash;
}

static bool
news_has(const struct ui *ui, const char *what, const char *p, size_t n)
{
	const struct ui_diff *d = &ui->diff;

	return d->known_len > 0 &&
	    d->known[news_at(d, news_hash(what, p, n))] != 0;
}

/* ---- hunks ---- */

static uint64_t
news_id(const struct fold_hunk *h)
{
	return news_hash(NEWS_HUNK, h->id, strlen(h->id));
}

static bool
diff_news_is_known(const struct ui *ui, const struct fold_hunk *h)
{
	return news_has(ui, NEWS_HUNK, h->id, strlen(h->id));
}

void
diff_news_known(struct ui *ui, const struct fold_hunk *h)
{
	news_add(&ui->diff, news_id(h));
}

bool
diff_news_rejected(const struct ui *ui, const struct fold_hunk *h)
{
	return !h->decided && news_has(ui, NEWS_REJECTED, h->id, strlen(h->id));
}

void
diff_news_decision(struct ui *ui, const cJSON *line)
{
	const cJSON *file, *h;
	const char *id;

	if (!json_is(line, "by", "user"))
		return;
	cJSON_ArrayForEach(file, json_array(line, "files"))
		cJSON_ArrayForEach(h, json_array(file, "hunks")) {
			id = json_str_or(h, "id", "");
			if (json_is(h, "decision", "no"))
				news_add(&ui->diff, news_hash(NEWS_REJECTED,
				    id, strlen(id)));
		}
}

bool
diff_hides(const struct ui *ui, const struct fold_hunk *h)
{
	return ui->diff.news && diff_news_is_known(ui, h);
}

bool
diff_hides_file(const struct ui *ui, const struct fold_file *f)
{
	size_t i;

	for (i = 0; i < f->hunks_len; i++)
		if (!diff_hides(ui, &f->hunks[i]))
			return false;
	return true;
}

size_t
diff_news_count(const struct ui *ui, size_t *known)
{
	const struct fold_proposal *p = ui->fold->proposal;
	size_t i;

	*known = 0;
	for (i = 0; p != NULL && i < p->hunks_len; i++)
		*known += diff_news_is_known(ui, p->hunks[i].hunk);
	return i - *known;
}

/* The ids of the hunks in a `proposal` line, sorted. */
static const char **
news_ids(const cJSON *line, size_t *len)
{
	const cJSON *file, *h;
	const char **v = NULL;

	*len = 0;
	cJSON_ArrayForEach(file, json_array(line, "files"))
		cJSON_ArrayForEach(h, json_array(file, "hunks")) {
			GROW(v, *len);
			v[(*len)++] = json_str_or(h, "id", "");
		}
	MEM_SORT(v, *len);
	return v;
}

/* The parts of a hunk that the user has split are as known as it was. */
static void
news_split(struct ui *ui, const char *const *ids, size_t len)
{
	const struct fold_proposal *p = ui->fold->proposal;
	const struct fold_hunk *h;
	bool known = false;
	size_t i;

	for (i = 0; p != NULL && i < p->hunks_len; i++) {
		h = p->hunks[i].hunk;
		known = known || (MEM_SEARCH(ids, len, h->id) == NULL &&
		    diff_news_is_known(ui, h));
	}
	for (i = 0; i < len && known; i++)
		if (fold_find_hunk(ui->fold, ids[i], &h) == NULL)
			news_add(&ui->diff, news_hash(NEWS_HUNK, ids[i],
			    strlen(ids[i])));
}

/* ---- the version before ---- */

/* Does a hunk of the next version have this comment? */
static bool
news_is_carried(const cJSON *next, const char *text)
{
	const cJSON *file, *h, *it;

	cJSON_ArrayForEach(file, json_array(next, "files"))
		cJSON_ArrayForEach(h, json_array(file, "hunks"))
			cJSON_ArrayForEach(it, json_array(h, "comments"))
				if (json_is(it, "text", text))
					return true;
	return false;
}

/* Comments are sent with a decision, questions at once. What isn't sent goes to
 * the history: the next version forgets this hunk. */
static void
news_comments(struct ui *ui, const struct fold_hunk *h, const cJSON *next)
{
	const char *text;
	size_t i;

	for (i = 0; i < h->comments_len; i++) {
		text = h->comments[i].text;
		if (fold_comment_asks(text) || news_is_carried(next, text))
			continue;
		ui->diff.version.unsent++;
		if (ui->fold->live)
			history_add(&ui->say.history, text);
	}
}

/* Before the next version, which has these ids: what it adds, and what it lacks
 * of that which the user saw. */
static void
news_count(struct ui *ui, const cJSON *next, const char *const *ids, size_t len)
{
	const struct fold_proposal *p = ui->fold->proposal;
	struct diff_version *v = &ui->diff.version;
	const struct fold_hunk *h;
	const struct seen *s;
	size_t i;

	*v = (struct diff_version){ 0 };
	/* The user knows what a split has made. */
	if (p == NULL || p->undo != 0 || ui->diff.split)
		return;
	for (i = 0; i < len; i++)
		v->added += fold_find_hunk(ui->fold, ids[i], &h) == NULL &&
		    !news_has(ui, NEWS_HUNK, ids[i], strlen(ids[i]));
	for (i = 0; i < p->hunks_len; i++) {
		h = p->hunks[i].hunk;
		s = seen_find(&ui->review, h->id);
		if (h->decided || MEM_SEARCH(ids, len, h->id) != NULL ||
		    (review_mark_of(&ui->review, h) == MARK_NONE &&
		    h->comments_len == 0 && (s == NULL || !s->framed)))
			continue;
		v->gone++;
		news_comments(ui, h, next);
	}
}

void
diff_news_line(struct ui *ui, const cJSON *line)
{
	const struct fold_proposal *p = ui->fold->proposal;
	struct ui_diff *d = &ui->diff;
	const char **ids;
	size_t len, i;

	d->news = false;
	ids = news_ids(line, &len);
	news_count(ui, line, ids, len);
	if (d->split)
		news_split(ui, ids, len);
	for (i = 0; p != NULL && !d->split && i < p->hunks_len; i++) {
		const struct fold_hunk *h = p->hunks[i].hunk;

		if (!diff_hunk_is_open(ui, h) ||
		    seen_is_full(seen_find(&ui->review, h->id)))
			diff_news_known(ui, h);
	}
	free(ids);
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
	const struct diff_version *v = &ui->diff.version;
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t known, news = diff_news_count(ui, &known);

	ui->diff.split = false;
	if (!ui->fold->live || ui->fold->proposal == NULL ||
	    ui->diff.disk != NULL || (ui->notice != NULL && ui->notice_stays) ||
	    v->added + v->gone == 0 || (v->gone == 0 && ui->at != PANE_DIFF))
		return;
	buf_addf(&b, "version %d: ", ui->fold->proposal->version);
	news_part(&b, v->added, "new");
	news_part(&b, v->gone, v->gone == 1 ? "that you saw is gone" :
	    "that you saw are gone");
	if (v->unsent > 0)
		buf_addf(&b, " · %zu comment%s not sent", v->unsent,
		    v->unsent == 1 ? "" : "s");
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
	if (h == NULL || !diff_hides(ui, h))
		return;
	ui->diff.news = false;
	diff_again(ui);
}

/* Hide what is known, with the cursor on a hunk that isn't. */
static void
news_begin(struct ui *ui)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	const struct fold_file *f;
	const struct fold_hunk *h = diff_hunk(ui, &f);

	ui->diff.news = true;
	diff_again(ui);
	if (h != NULL && !diff_hides(ui, h))
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
	n = diff_news_count(ui, &known);
	if (ui->diff.news) {
		ui->diff.news = false;
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
