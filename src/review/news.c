/* What is new since the user looked, and what a new version lacks. */
#include "config.h"

#include "review/review.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/event.h"

#define NEWS_HUNK ""		/* the user knows the hunk, */
#define NEWS_REJECTED "/"	/* or has rejected it */

/* Of a hunk's id, as known or as rejected; never 0. */
static uint64_t
news_hash(const char *what, const char *id)
{
	uint64_t h = hash_bytes(HASH_BEGIN, what, strlen(what) + 1);

	return hash_bytes(h, id, strlen(id)) | 1;
}

/* Its place in the table: where it is, or a free one. */
static size_t
news_at(const struct review_news *d, uint64_t hash)
{
	size_t i = (size_t)(hash >> 20) & (d->known_room - 1);

	while (d->known[i] != 0 && d->known[i] != hash)
		i = (i + 1) & (d->known_room - 1);
	return i;
}

static void
news_add(struct review_news *d, uint64_t hash)
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
news_has(const struct review *r, const char *what, const char *id)
{
	const struct review_news *d = &r->news;

	return d->known_len > 0 &&
	    d->known[news_at(d, news_hash(what, id))] != 0;
}

static void
news_know(struct review *r, const char *what, const char *id)
{
	news_add(&r->news, news_hash(what, id));
}

void
review_known(struct review *r, const struct fold_hunk *h)
{
	news_know(r, NEWS_HUNK, h->id);
}

bool
review_was_rejected(const struct review *r, const struct fold_hunk *h)
{
	return !h->decided && news_has(r, NEWS_REJECTED, h->id);
}

bool
review_hides(const struct review *r, const struct fold_hunk *h)
{
	return r->news.on && news_has(r, NEWS_HUNK, h->id);
}

size_t
review_news_count(const struct review *r, size_t *known)
{
	const struct fold_proposal *p = r->fold->proposal;
	size_t i;

	*known = 0;
	for (i = 0; p != NULL && i < p->hunks_len; i++)
		*known += news_has(r, NEWS_HUNK, p->hunks[i].hunk->id);
	return i - *known;
}

/* Remember what the user rejects. */
static void
news_decision(struct review *r, const cJSON *line)
{
	const cJSON *file, *h;

	if (!json_is(line, "by", "user"))
		return;
	cJSON_ArrayForEach(file, json_array(line, "files"))
		cJSON_ArrayForEach(h, json_array(file, "hunks"))
			if (json_is(h, "decision", "no"))
				news_know(r, NEWS_REJECTED,
				    json_str_or(h, "id", ""));
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
news_split(struct review *r, const char *const *ids, size_t len)
{
	const struct fold_proposal *p = r->fold->proposal;
	const struct fold_hunk *h;
	bool known = false;
	size_t i;

	for (i = 0; p != NULL && i < p->hunks_len; i++) {
		h = p->hunks[i].hunk;
		known = known || (MEM_SEARCH(ids, len, h->id) == NULL &&
		    news_has(r, NEWS_HUNK, h->id));
	}
	for (i = 0; i < len && known; i++)
		if (fold_find_hunk(r->fold, ids[i], &h) == NULL)
			news_know(r, NEWS_HUNK, ids[i]);
}

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

/* Comments are sent with a decision, questions at once. What isn't sent is kept
 * for the front end: the next version forgets this hunk. */
static void
news_comments(struct review_news *v, const struct fold_hunk *h,
    const cJSON *next)
{
	const char *text;
	size_t i;

	for (i = 0; i < h->comments_len; i++) {
		text = h->comments[i].text;
		if (fold_comment_asks(text) || news_is_carried(next, text))
			continue;
		GROW(v->unsent, v->unsent_len);
		v->unsent[v->unsent_len++] = xstrdup(text);
	}
}

static void
news_version_clear(struct review_news *v)
{
	while (v->unsent_len > 0)
		free(v->unsent[--v->unsent_len]);
	FREE_NULL(v->unsent);
	v->added = v->gone = 0;
}

/* Before the next version, which has these ids: what it adds, and which hunks
 * that the user saw it lacks. */
static void
news_version(struct review *r, const cJSON *next, const char *const *ids,
    size_t len)
{
	const struct fold_proposal *p = r->fold->proposal;
	const struct fold_hunk *h;
	const struct seen *s;
	size_t i;

	for (i = 0; i < len; i++)
		r->news.added += fold_find_hunk(r->fold, ids[i], &h) == NULL &&
		    !news_has(r, NEWS_HUNK, ids[i]);
	for (i = 0; i < p->hunks_len; i++) {
		h = p->hunks[i].hunk;
		s = seen_find(r, h->id);
		if (h->decided || MEM_SEARCH(ids, len, h->id) != NULL ||
		    (review_mark_of(r, h) == MARK_NONE &&
		    h->comments_len == 0 && (s == NULL || !s->framed)))
			continue;
		r->news.gone++;
		news_comments(&r->news, h, next);
	}
}

static void
news_proposal(struct review *r, const cJSON *line)
{
	const struct fold_proposal *p = r->fold->proposal;
	const char **ids;
	size_t len, i;

	r->news.on = false;
	news_version_clear(&r->news);
	ids = news_ids(line, &len);
	/* The user knows what a split has made. */
	if (r->news.split)
		news_split(r, ids, len);
	else if (p != NULL && p->undo == 0)
		news_version(r, line, ids, len);
	for (i = 0; p != NULL && !r->news.split && i < p->hunks_len; i++) {
		const struct fold_hunk *h = p->hunks[i].hunk;

		if (!review_is_open(r, h) ||
		    seen_is_full(seen_find(r, h->id)))
			review_known(r, h);
	}
	free(ids);
}

void
review_before(struct review *r, const cJSON *line)
{
	switch (event_type(line)) {
	case EVENT_PROPOSAL:
		news_proposal(r, line);
		break;
	case EVENT_DECISION:
		review_steps_clear(r);
		news_decision(r, line);
		break;
	default:
		break;
	}
}

void
review_news_release(struct review_news *v)
{
	news_version_clear(v);
	free(v->known);
}
