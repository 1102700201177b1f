#include "config.h"

#include "review/review.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SEEN_BUCKETS 64		/* at first */

static struct seen **
seen_bucket(const struct review *r, const char *id)
{
	size_t h = 5381;

	for (; *id != '\0'; id++)
		h = h * 33 + (unsigned char)*id;
	return &r->seen[h % r->buckets];
}

/* Each hunk is looked up for every frame: keep the buckets small. */
static void
seen_grow(struct review *r)
{
	struct seen **old = r->seen, *s, **at;
	size_t i, n = r->buckets;

	r->buckets = n == 0 ? SEEN_BUCKETS : 2 * n;
	r->seen = xcalloc(r->buckets, sizeof(*r->seen));
	for (i = 0; i < n; i++)
		while ((s = old[i]) != NULL) {
			old[i] = s->next;
			at = seen_bucket(r, s->id);
			s->next = *at;
			*at = s;
		}
	free(old);
}

struct seen *
seen_find(const struct review *r, const char *id)
{
	struct seen *s;

	if (r->seen_len == 0)
		return NULL;
	for (s = *seen_bucket(r, id); s != NULL; s = s->next)
		if (strcmp(s->id, id) == 0)
			return s;
	return NULL;
}

/* Frames not yet settled no longer count for this record. */
static void
seen_unshow(struct review_row *rows, size_t n, const struct seen *s)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (rows[i].seen == s)
			rows[i].seen = NULL;
}

static void
seen_forget(struct review *r, const struct seen *s)
{
	size_t i;

	seen_unshow(r->rows, r->rows_len, s);
	for (i = 0; i < r->frames_len; i++)
		seen_unshow(r->frames[i].rows, r->frames[i].rows_len, s);
}

static void
seen_drop_cache(struct seen *s)
{
	if (s->cache != NULL)
		s->cache_free(s->cache);
	s->cache = NULL;
}

struct seen *
seen_get(struct review *r, const char *id, size_t len)
{
	struct seen *s = seen_find(r, id), **at;

	if (len == 0)
		len = 1;	/* its only row has no text */
	if (s == NULL) {
		if (r->seen_len++ >= r->buckets)
			seen_grow(r);
		s = xcalloc(1, sizeof(*s));
		s->id = xstrdup(id);
		at = seen_bucket(r, id);
		s->next = *at;
		*at = s;
	}
	if (s->len != len) {
		seen_forget(r, s);
		FREE_SET(s->bytes, xcalloc(len, 1));
		s->len = len;
		s->count = 0;
		s->fresh = s->framed = false;
		seen_drop_cache(s);
	}
	return s;
}

void
review_row(struct review *r, struct seen *s, size_t off, size_t len)
{
	GROW(r->rows, r->rows_len);
	r->rows[r->rows_len].seen = s;
	r->rows[r->rows_len].off = off;
	r->rows[r->rows_len++].len = len;
}

void
seen_again(struct review *r, struct seen *s)
{
	seen_forget(r, s);
	memset(s->bytes, 0, s->len);
	s->count = 0;
}

void
seen_count(struct seen *s, size_t off, size_t len)
{
	for (; len > 0 && off < s->len; off++, len--)
		if (!s->bytes[off]) {
			s->bytes[off] = 1;
			s->count++;
			s->fresh = true;
		}
}

void
seen_all(struct review *r, const char *id, size_t len)
{
	struct seen *s = seen_get(r, id, len);

	s->framed = true;
	seen_count(s, 0, s->len);
}

bool
seen_is_full(const struct seen *s)
{
	return s != NULL && s->count == s->len;
}

/* Free the records without `keep`, and clear `keep` in the others; true if any
 * was freed. */
static bool
seen_drop(struct review *r)
{
	bool any = false;
	struct seen *s, **at;
	size_t i;

	for (i = 0; i < r->buckets; i++)
		for (at = &r->seen[i]; (s = *at) != NULL;) {
			if (s->keep) {
				s->keep = false;
				at = &s->next;
				continue;
			}
			any = true;
			seen_forget(r, s);
			*at = s->next;
			r->seen_len--;
			free(s->id);
			free(s->bytes);
			review_mark_release(&s->sent);
			seen_drop_cache(s);
			free(s);
		}
	return any;
}

static void
seen_keep(struct review *r, const char *id)
{
	struct seen *s = id == NULL ? NULL : seen_find(r, id);

	if (s != NULL)
		s->keep = true;
}

bool
review_sweep(struct review *r)
{
	const struct fold_proposal *p = r->fold->proposal;
	AUTO_FREE char *question = review_question(r), *plan = NULL;
	size_t i;

	for (i = 0; p != NULL && i < p->hunks_len; i++)
		seen_keep(r, p->hunks[i].hunk->id);
	if (review_has_plan(r)) {
		plan = xasprintf("plan:%d", r->fold->plan.version);
		seen_keep(r, plan);
	}
	seen_keep(r, question);
	return seen_drop(r);
}

int
seen_missing_lines(const struct seen *s, const char *text, size_t len)
{
	size_t i;
	int n = 0;
	bool missing = false;

	if (s == NULL || s->len != (len == 0 ? 1 : len)) {
		for (i = 0; i < len; i++)
			n += text[i] == '\n' || i + 1 == len;
		return n > 0 ? n : 1;
	}
	if (len == 0)
		return s->count == 0;
	for (i = 0; i < len; i++) {
		missing = missing || !s->bytes[i];
		if (text[i] == '\n' || i + 1 == len) {
			n += missing;
			missing = false;
		}
	}
	return n;
}

/* ---- frames ---- */

void
review_frame_begin(struct review *r)
{
	r->rows_len = 0;
}

void
review_drawn(struct review *r, char *effect_take)
{
	FREE_SET(r->drawn, effect_take);
	/* What came with a frame that was drawn over was not seen yet. */
	r->drawn_came = r->came || (r->unsent && r->drawn_came);
	r->came = false;
	r->unsent = true;
}

void
review_sent(struct review *r, int64_t at)
{
	struct review_frame *f;

	GROW(r->frames, r->frames_len);
	f = &r->frames[r->frames_len];
	/* A frame can't be on the screen before an earlier one. */
	f->at = r->frames_len > 0 && f[-1].at > at ? f[-1].at : at;
	r->frames_len++;
	f->effect = r->drawn;
	f->came = r->drawn_came;
	r->drawn = NULL;
	r->unsent = false;
	f->rows = r->rows;
	f->rows_len = r->rows_len;
	r->rows = NULL;
	r->rows_len = 0;
}

/* True if a text has now been seen in full. */
static bool
review_settle_rows(struct review *r, const struct review_frame *f)
{
	size_t i;
	struct seen *s;
	bool was, any = false;

	for (i = 0; i < f->rows_len; i++) {
		if ((s = f->rows[i].seen) == NULL)
			continue;
		was = seen_is_full(s);
		s->framed = true;
		seen_count(s, f->rows[i].off, f->rows[i].len);
		r->fresh = r->fresh || s->fresh;
		any = any || was != seen_is_full(s);
	}
	return any;
}

/* The screen says this now. */
static void
review_settle_effect(struct review *r, char *effect_take, bool came,
    int64_t now)
{
	if (effect_take != NULL && r->stands != NULL &&
	    strcmp(effect_take, r->stands) == 0) {
		free(effect_take);
		return;
	}
	FREE_SET(r->stands, effect_take);
	/* A key of the user's doesn't shorten the time of what came. */
	if (came)
		r->came_until = now + REVIEW_MS;
	r->counts_at = now + REVIEW_OWN_MS;
	if (r->counts_at < r->came_until)
		r->counts_at = r->came_until;
	r->due = r->stands != NULL;
}

/* Remove the first n frames; the caller owns what they asked. */
static void
review_frames_drop(struct review *r, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(r->frames[i].rows);
	r->frames_len -= n;
	memmove(r->frames, r->frames + n, r->frames_len * sizeof(*r->frames));
}

bool
review_settle(struct review *r, int64_t now)
{
	size_t n;
	bool any = false;

	for (n = 0; n < r->frames_len && r->frames[n].at <= now; n++) {
		const struct review_frame *f = &r->frames[n];

		any = review_settle_rows(r, f) || any;
		review_settle_effect(r, f->effect, f->came, now);
	}
	if (n > 0)
		review_frames_drop(r, n);
	return any;
}

int64_t
review_settles(const struct review *r)
{
	return r->frames_len > 0 ? r->frames[0].at : -1;
}

void
review_unsend(struct review *r)
{
	size_t i;

	for (i = 0; i < r->frames_len; i++)
		free(r->frames[i].effect);
	if (r->frames_len > 0)
		review_frames_drop(r, r->frames_len);
	FREE_NULL(r->stands);
	r->due = false;
	r->came = true;
}

/* ---- when a key counts ---- */

void
review_came(struct review *r)
{
	r->came = true;
}

bool
review_stands(const struct review *r, const char *effect)
{
	return effect != NULL && r->stands != NULL &&
	    strcmp(effect, r->stands) == 0;
}

int64_t
review_due(const struct review *r)
{
	return r->due ? r->counts_at : -1;
}

bool
review_tick(struct review *r, int64_t now)
{
	if (!r->due || now < r->counts_at)
		return false;
	r->due = false;
	return true;
}

void
review_release(struct review *r)
{
	review_unsend(r);
	review_steps_clear(r);
	(void)seen_drop(r);
	free(r->seen);
	free(r->rows);
	free(r->frames);
	free(r->drawn);
	review_news_release(&r->news);
}
