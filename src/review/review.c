/* Hunks seen on the screen, the user's marks, and what is new since they
 * looked. */
#include "config.h"

#include "review/review.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/command.h"
#include "journal/event.h"

/* ---- marks since the last decision, to undo and redo them ---- */

static void
review_mark_release(struct review_mark *m)
{
	FREE_ALL(m->hunk, m->word, m->edit);
}

static void
review_mark_copy(struct review_mark *to, const struct review_mark *from)
{
	to->hunk = xstrdup(from->hunk);
	to->mark = from->mark;
	to->word = xstrdup_null(from->word);
	to->edit = from->edit == NULL ? NULL :
	    xmemdup(from->edit, from->edit_len);
	to->edit_len = from->edit_len;
}

/* The same decision, in the same words? */
static bool
review_mark_is_equal(const struct review_mark *a, const struct review_mark *b)
{
	return a->mark == b->mark && strcmp(a->word == NULL ? "" : a->word,
	    b->word == NULL ? "" : b->word) == 0 &&
	    (a->edit == NULL) == (b->edit == NULL) &&
	    a->edit_len == b->edit_len && (a->edit == NULL ||
	    memcmp(a->edit, b->edit, a->edit_len) == 0);
}

static void
review_steps_cut(struct review *r, size_t len)
{
	struct review_step *v;
	size_t i;

	while (r->steps_len > len) {
		v = &r->steps[--r->steps_len];
		for (i = 0; i < v->len; i++) {
			review_mark_release(&v->was[i]);
			review_mark_release(&v->now[i]);
		}
		FREE_ALL(v->was, v->now);
	}
	if (r->step_at > len)
		r->step_at = len;
}

static void
review_steps_clear(struct review *r)
{
	review_steps_cut(r, 0);
	FREE_NULL(r->steps);
}

static void
review_steps_add(struct review *r, const struct review_mark *was,
    const struct review_mark *now, size_t len)
{
	struct review_step *v;
	size_t i;

	review_steps_cut(r, r->step_at);
	v = GROW_ADD(r->steps, r->steps_len);
	v->was = xcalloc(len + 1, sizeof(*v->was));
	v->now = xcalloc(len + 1, sizeof(*v->now));
	v->len = 0;
	for (i = 0; i < len; i++) {
		if (review_mark_is_equal(&was[i], &now[i]))
			continue;
		review_mark_copy(&v->was[v->len], &was[i]);
		review_mark_copy(&v->now[v->len++], &now[i]);
	}
	r->step_at = r->steps_len;
	if (v->len == 0)
		review_steps_cut(r, r->steps_len - 1);
}

/* ---- what was on the screen ---- */

struct seen *
seen_find(const struct review *r, const char *id)
{
	return pathmap_find(&r->seen, id);
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
	seen_unshow(r->rows, r->rows_len, s);
	MEM_EACH(r, frames, it)
		seen_unshow(it->rows, it->rows_len, s);
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
	struct seen *s = pathmap_add(&r->seen, id, sizeof(*s));

	if (len == 0)
		len = 1;	/* its only row has no text */
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
	*GROW_ADD(r->rows, r->rows_len) = (struct review_row){ .seen = s,
		.off = off, .len = len };
}

/* Returns how many of these bytes are new. */
static size_t
seen_fill(struct seen *s, size_t off, size_t len, unsigned char flag)
{
	size_t was = s->count;

	for (; len > 0 && off < s->len; off++, len--)
		if (!s->bytes[off]) {
			s->bytes[off] = flag;
			s->count++;
		}
	return s->count - was;
}

void
seen_count(struct seen *s, size_t off, size_t len)
{
	if (seen_fill(s, off, len, 1) > 0)
		s->fresh = true;
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

	PATHMAP_EACH(&r->seen, seen, s) {
		if (s->keep) {
			s->keep = false;
			continue;
		}
		any = true;
		seen_forget(r, s);
		free(s->bytes);
		review_mark_release(&s->sent);
		seen_drop_cache(s);
		pathmap_remove(&r->seen, s->id);
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

/* Free the records of texts that no longer exist; true if any was freed. */
static bool
review_sweep(struct review *r)
{
	const struct fold_proposal *p = r->fold->proposal;
	AUTO_FREE char *question = review_question(r), *plan = NULL;
	size_t i;

	for (i = 0; p != NULL && i < p->hunks_len; i++)
		seen_keep(r, p->hunks[i].hunk->id);
	if (r->fold->plan.status == FOLD_PLAN_PROPOSED) {
		plan = review_wait_name(r, REVIEW_PLAN);
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
review_drawn(struct review *r, struct review_act act)
{
	r->drawn = act;
	r->told = false;
	/* The terminal may not have shown the frame before this one yet. */
	if (r->last != FRAME_DRAWN_CAME)
		r->last = r->came ? FRAME_DRAWN_CAME : FRAME_DRAWN;
	r->came = false;
}

static void
review_rows_recall(struct review_row *rows, size_t n)
{
	struct seen *s;
	size_t i, at;

	for (i = 0; i < n; i++) {
		if ((s = rows[i].seen) == NULL)
			continue;
		for (at = rows[i].off; at < rows[i].off + rows[i].len &&
		    at < s->len; at++)
			if (s->bytes[at] == SEEN_PRESUMED) {
				s->bytes[at] = 0;
				s->count--;
			}
		s->framed = s->framed && !rows[i].first;
	}
}

bool
review_presume(struct review *r)
{
	size_t news = 0;

	if (r->last != FRAME_DRAWN || r->drawn.prompt == PROMPT_NOTHING ||
	    r->came_until != 0 || r->frames_len > 0)
		return false;
	MEM_EACH(r, rows, it) {
		if (it->seen == NULL)
			continue;
		it->first = !it->seen->framed;
		it->seen->framed = true;
		news += seen_fill(it->seen, it->off, it->len, SEEN_PRESUMED);
	}
	if (news == 0) {
		review_rows_recall(r->rows, r->rows_len);
		return false;
	}
	r->presumed = r->rows;
	r->presumed_len = r->rows_len;
	r->rows = NULL;
	r->rows_len = 0;
	return true;
}

bool
review_recall(struct review *r)
{
	size_t i, n = r->presumed_len;

	review_rows_recall(r->presumed, n);
	for (i = 0; i < n && i < r->rows_len; i++)
		if (r->presumed[i].seen != r->rows[i].seen ||
		    r->presumed[i].off != r->rows[i].off ||
		    r->presumed[i].len != r->rows[i].len)
			break;
	r->told = i == n && n == r->rows_len;
	FREE_NULL(r->presumed);
	return r->told;
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
	f->act = r->drawn;
	f->came = r->last == FRAME_DRAWN_CAME;
	f->told = r->told;
	r->told = false;
	r->last = FRAME_SENT;
	f->rows = r->rows;
	f->rows_len = r->rows_len;
	r->rows = NULL;
	r->rows_len = 0;
}

static enum review_saw
review_settle_rows(struct review *r, const struct review_frame *f)
{
	enum review_saw saw = REVIEW_SAW_NOTHING;
	struct seen *s;
	size_t was;

	MEM_EACH(f, rows, it) {
		if ((s = it->seen) == NULL)
			continue;
		was = s->count;
		s->framed = true;
		seen_count(s, it->off, it->len);
		r->fresh = r->fresh || s->fresh;
		if (s->count > was && saw != REVIEW_SAW_ALL)
			saw = seen_is_full(s) ? REVIEW_SAW_ALL :
			    REVIEW_SAW_MORE;
	}
	return saw;
}

static bool
review_act_is(const struct review_act *a, const struct review_act *b)
{
	return a->prompt != PROMPT_NOTHING && a->prompt == b->prompt &&
	    a->of == b->of && a->pane == b->pane && a->height == b->height &&
	    a->top == b->top && a->contexts == b->contexts &&
	    memcmp(a->row, b->row, sizeof(a->row)) == 0 &&
	    a->marked == b->marked && a->picks == b->picks &&
	    a->does == b->does && a->capital == b->capital;
}

bool
review_still_shows(const struct review *r, const struct review_act *a)
{
	return review_act_is(a, &r->stands);
}

/* The screen says this now. */
static void
review_settle_act(struct review *r, const struct review_act *act, bool came,
    int64_t now)
{
	if (review_still_shows(r, act))
		return;
	r->stands = *act;
	/* The user's own key doesn't shorten the wait for something that came
	 * by itself, nor does it where it leads to that. */
	if (came)
		r->came_until = now + REVIEW_MS;
	if (act->prompt == PROMPT_NOTHING)
		return;
	review_wait(r, now + REVIEW_OWN_MS);
	review_wait(r, r->came_until);
}

void
review_wait(struct review *r, int64_t until)
{
	if (r->counts_at < until)
		r->counts_at = until;
}

/* Remove the first n frames. */
static void
review_frames_drop(struct review *r, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(r->frames[i].rows);
	r->frames_len -= n;
	memmove(r->frames, r->frames + n, r->frames_len * sizeof(*r->frames));
}

enum review_saw
review_settle(struct review *r, int64_t now)
{
	enum review_saw saw = REVIEW_SAW_NOTHING, now_saw;
	bool told = r->frames_len == 1 && r->frames[0].told &&
	    r->last == FRAME_SENT;
	size_t n;

	for (n = 0; n < r->frames_len && r->frames[n].at <= now; n++) {
		const struct review_frame *f = &r->frames[n];

		now_saw = review_settle_rows(r, f);
		saw = now_saw > saw ? now_saw : saw;
		review_settle_act(r, &f->act, f->came, now);
	}
	if (n > 0)
		review_frames_drop(r, n);
	return told && saw != REVIEW_SAW_NOTHING ? REVIEW_SAW_TOLD : saw;
}

void
review_unsend(struct review *r)
{
	if (r->frames_len > 0)
		review_frames_drop(r, r->frames_len);
	r->stands = (struct review_act){ 0 };
	r->came = true;
}

/* ---- when a key counts ---- */

bool
review_marks_count(const struct review *r, const struct review_act *act)
{
	const struct review_act *was = &r->stands;
	bool coming = false;

	/* Each is settled in turn. */
	MEM_EACH(r, frames, f) {
		coming = coming || (f->came && !review_act_is(&f->act, was));
		was = &f->act;
	}
	if (r->last == FRAME_DRAWN_CAME)
		coming = coming || !review_act_is(&r->drawn, was);
	if (r->last != FRAME_SENT)
		was = &r->drawn;
	if (r->came)
		coming = coming || !review_act_is(act, was);
	return r->came_until == 0 && !coming;
}

bool
review_tick(struct review *r, int64_t now)
{
	bool marks = r->came_until != 0 && now >= r->came_until;

	if (marks)
		r->came_until = 0;
	if (now >= r->counts_at)
		r->counts_at = 0;
	return marks;
}

/* ---- marks ---- */

struct review_mark
review_mark_of(const struct review *r, const struct fold_hunk *h)
{
	const struct seen *s = seen_find(r, h->id);
	struct review_mark m = { .mark = h->mark, .word = h->word,
		.edit = h->edit, .edit_len = h->edit_len };

	if (!h->decided && s != NULL && s->on_way > 0)
		m = s->sent;
	m.hunk = h->id;
	return m;
}

/* Forget marks in flight of hunks that were decided, or all. */
static void
review_forget_sent(struct review *r, bool all)
{
	const struct fold_proposal *p = r->fold->proposal;
	struct seen *s;
	size_t i;

	for (i = 0; p != NULL && i < p->hunks_len; i++) {
		s = seen_find(r, p->hunks[i].hunk->id);
		if (s == NULL || (!all && !p->hunks[i].hunk->decided))
			continue;
		r->marked += s->on_way > 0;
		s->on_way = 0;
		s->rewrites = false;
	}
}

/* The fold has a new mark. True if we sent it, so that the screen already shows
 * it; false if another client set it. Our last mark on a hunk is in flight
 * until the fold's mark equals it. */
static bool
review_arrived(struct review *r, const char *id)
{
	struct seen *s = id == NULL ? NULL : seen_find(r, id);
	const struct fold_hunk *h;
	bool known;

	if (s == NULL || s->on_way == 0) {
		r->marked++;
		r->came = true;
		return false;
	}
	if (fold_find_hunk(r->fold, id, &h) == NULL)
		s->on_way--;
	else {
		if (s->on_way > 1 || (h->mark == s->sent.mark &&
		    (h->edit == NULL) == (s->sent.edit == NULL)))
			s->on_way--;
		/* Another client's, that our mark ends when it arrives. */
		s->rewrites = s->rewrites || h->edit != NULL ||
		    h->word != NULL;
	}
	/* Edits and reasons are shown as the fold has them. */
	known = !s->rewrites;
	s->rewrites = s->rewrites && s->on_way > 0;
	return known;
}

enum review_change
review_after(struct review *r, const struct event *e)
{
	bool freed = false, known = e->type == EVENT_DRAFT;

	/* Only a journal line or a new proposal can remove a text. */
	if (r->fold->seq != r->swept || e->type == EVENT_PROPOSAL)
		freed = review_sweep(r);
	r->swept = r->fold->seq;
	if (e->type == EVENT_REFUSED)
		review_forget_sent(r, true);
	if (e->type == EVENT_PROPOSAL || e->type == EVENT_DECISION)
		review_forget_sent(r, false);
	if (e->type == EVENT_PROPOSAL || e->type == EVENT_DECISION ||
	    e->type == EVENT_ADDS)
		r->marked++;
	if (known && e->draft.marks == NULL)
		known = review_arrived(r, e->draft.hunk);
	else if (known)
		MEM_EACH(&e->draft, marks, m)
			known = review_arrived(r, m->hunk) && known;
	return freed ? REVIEW_FREED : known ? REVIEW_KNOWN : REVIEW_CHANGED;
}

/* This mark is on its way. */
static void
review_mark_sent(struct review *r, struct seen *s, const struct fold_hunk *h,
    const struct review_mark *m)
{
	review_mark_release(&s->sent);
	review_mark_copy(&s->sent, m);
	s->on_way++;
	s->rewrites = s->rewrites || m->edit != NULL || m->word != NULL ||
	    h->edit != NULL || h->word != NULL;
	r->marked++;
}

/* The command for this mark, which counts as sent. */
static cJSON *
review_mark_command(struct review *r, const struct fold_hunk *h,
    const struct review_mark *m)
{
	struct seen *s = seen_get(r, h->id, h->text_len);
	cJSON *o = command_mark(r->fold->proposal, h->id,
	    m->edit != NULL	   ? "edited"
	    : m->mark == MARK_YES ? "yes"
	    : m->mark == MARK_NO  ? "no"
				   : "none",
	    seen_is_full(s), m->word);

	review_mark_sent(r, s, h, m);
	if (m->edit != NULL)
		json_add_bytes(o, "edit", m->edit, m->edit_len);
	if (m->mark == MARK_YES && h->overwrites)
		json_add_bool(o, "overwrite", true);
	return o;
}

/* The command for the marks of these hunks, all of which exist. */
static cJSON *
review_send(struct review *r, const struct review_mark *marks, size_t len)
{
	cJSON *list = cJSON_CreateArray();
	const struct fold_hunk *h;
	size_t i;

	for (i = 0; i < len; i++)
		if (fold_find_hunk(r->fold, marks[i].hunk, &h) != NULL)
			cJSON_AddItemToArray(list, review_mark_command(r, h,
			    &marks[i]));
	return command_marks(r->fold->proposal, COMMAND_MARKS, list);
}

/* Leave out hunks that are gone, and those that overwrite newer lines since the
 * question was asked: that needs its own question. */
static size_t
review_filter(struct review *r, struct review_mark *was,
    struct review_mark *now, size_t len, bool overwrite)
{
	const struct fold_hunk *h;
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		if (fold_find_hunk(r->fold, now[i].hunk, &h) == NULL)
			continue;
		if (now[i].mark == MARK_YES && h->overwrites && !overwrite) {
			r->left_out = FOLD_OVERWRITES_ALONE;
			continue;
		}
		was[n] = was[i];
		now[n++] = now[i];
	}
	return n;
}

cJSON *
review_marks(struct review *r, const struct fold_hunk *const *hunks,
    size_t len, enum fold_mark mark, const char *word, bool overwrite,
    bool answered)
{
	AUTO_FREE struct review_mark *was = xcalloc(len + 1, sizeof(*was));
	AUTO_FREE struct review_mark *now = xcalloc(len + 1, sizeof(*now));
	const struct fold_hunk *h;
	size_t i;

	for (i = 0; i < len; i++) {
		was[i] = review_mark_of(r, hunks[i]);
		now[i] = (struct review_mark){ .hunk = was[i].hunk,
			.mark = mark, .word = (char *)word };
	}
	r->left_out = NULL;
	if (mark != MARK_NONE)
		len = review_filter(r, was, now, len, overwrite);
	if (len == 0)
		return NULL;
	/* First: `was` may point to what was sent before. */
	if (mark != MARK_NONE)
		review_steps_add(r, was, now, len);
	for (i = 0; i < len; i++) {
		struct seen *s = seen_get(r, now[i].hunk, fold_find_hunk(
		    r->fold, now[i].hunk, &h) == NULL ? 0 : h->text_len);

		s->answered = answered;
	}
	return review_send(r, now, len);
}

/* The hunk, if it still has this mark of a verdict; else NULL. */
static const struct fold_hunk *
review_held(const struct review *r, const struct review_mark *m)
{
	const struct fold_hunk *h;

	return fold_find_hunk(r->fold, m->hunk, &h) == NULL || h->decided ||
	    review_mark_of(r, h).mark != m->mark ? NULL : h;
}

/* Undo (`back`) or redo what one key marked: each hunk that still has the mark
 * from after (before) it gets the one from before (after) it, but for those that
 * overwrite newer lines. step->hunk names the first, so that review_step doesn't
 * go on to another key. */
static cJSON *
review_set_step(struct review *r, const struct review_step *v, bool back,
    struct review_stepped *step)
{
	AUTO_FREE struct review_mark *m = xcalloc(v->len + 1, sizeof(*m));
	const struct review_mark *from = back ? v->now : v->was;
	const struct review_mark *to = back ? v->was : v->now;
	const struct fold_hunk *h;
	size_t i, n = 0;

	for (i = 0; i < v->len; i++) {
		if ((h = review_held(r, &from[i])) == NULL)
			continue;
		if (step->hunk == NULL)
			step->hunk = h->id;
		if (to[i].mark != MARK_YES || !h->overwrites)
			m[n++] = to[i];
	}
	step->n = n;
	return n > 0 ? review_send(r, m, n) : NULL;
}

bool
review_can_step(const struct review *r, bool back)
{
	const struct review_step *v;
	size_t at = r->step_at, i;

	while (back ? at > 0 : at < r->steps_len) {
		v = &r->steps[back ? --at : at++];
		for (i = 0; i < v->len; i++)
			if (review_held(r, back ? &v->now[i] : &v->was[i]) !=
			    NULL)
				return true;
	}
	return false;
}

cJSON *
review_step(struct review *r, bool back, struct review_stepped *step)
{
	const struct review_step *v;
	cJSON *o = NULL;

	step->hunk = NULL;
	while (step->hunk == NULL && (back ? r->step_at > 0 :
	    r->step_at < r->steps_len)) {
		v = &r->steps[back ? --r->step_at : r->step_at++];
		o = review_set_step(r, v, back, step);
	}
	return o;
}

cJSON *
review_edit(struct review *r, const struct fold_hunk *h, const char *text,
    size_t len, bool seen, bool answered)
{
	struct seen *s = seen_get(r, h->id, h->text_len);
	cJSON *o = command_mark(r->fold->proposal, h->id, "edited", seen ||
	    seen_is_full(s), NULL);
	struct review_mark was = review_mark_of(r, h);
	struct review_mark m = { .hunk = h->id, .mark = MARK_YES,
		.edit = (char *)text, .edit_len = len };

	json_add_bytes(o, "edit", text, len);
	if (h->overwrites)
		json_add_bool(o, "overwrite", true);
	s->answered = seen || answered;
	review_steps_add(r, &was, &m, 1);
	review_mark_sent(r, s, h, &m);
	return o;
}

cJSON *
review_plan(const struct review *r, const char *action, const char *word,
    const cJSON *plan)
{
	struct seen *s;
	AUTO_FREE char *id = review_wait_name(r, REVIEW_PLAN);
	cJSON *o = command_plan(r->fold, action, word);

	s = seen_find(r, id);
	if (strcmp(action, "approve") == 0)
		json_add_bool(o, "seen", seen_is_full(s));
	if (plan != NULL)
		json_set_take(o, "plan", cJSON_Duplicate(plan, true));
	return o;
}

cJSON *
review_answer(const struct review *r, bool allow, const char *scope)
{
	AUTO_FREE char *id = review_question(r);
	struct seen *s = id == NULL ? NULL : seen_find(r, id);
	cJSON *o = command_answer(r->fold, allow, scope);

	if (allow)
		json_add_bool(o, "seen", seen_is_full(s));
	return o;
}

/* ---- what is new since the user looked, and what a new version lacks ---- */

#define NEWS_HUNK ""		/* the user knows the hunk, */
#define NEWS_REJECTED "/"	/* or has rejected it */

/* The hash of a hunk's id, as a known or as a rejected hunk; never 0. */
static uint64_t
news_hash(const char *what, const char *id)
{
	uint64_t h = hash_bytes(HASH_BEGIN, what, strlen(what) + 1);

	return hash_bytes(h, id, strlen(id)) | 1;
}

/* The hash's slot in the table, or the free one where it belongs. */
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
	AUTO_FREE uint64_t *old = NULL;
	size_t room = d->known_room, i;

	if (2 * d->known_len >= room) {
		old = d->known;
		d->known_room = room == 0 ? 256 : 2 * room;
		d->known = xcalloc(d->known_room, sizeof(*d->known));
		for (i = 0; i < room; i++)
			if (old[i] != 0)
				d->known[news_at(d, old[i])] = old[i];
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

/* Remember rejected hunks. Dropping an undo rejects nothing. */
static void
news_decision(struct review *r, const struct ev_decision *d)
{
	if (d->discard || (r->fold->proposal != NULL &&
	    r->fold->proposal->undo != 0))
		return;
	MEM_EACH(d, files, file)
		MEM_EACH(file, hunks, h)
			if (ev_is(h->decision, "no"))
				news_know(r, NEWS_REJECTED, ev_str(h->id, ""));
}

/* The ids of the hunks in a `proposal` line, sorted. */
static const char **
news_ids(const struct ev_proposal *p, size_t *len)
{
	const char **v = NULL;

	*len = 0;
	MEM_EACH(p, files, file)
		MEM_EACH(file, hunks, h) {
			*GROW_ADD(v, *len) = ev_str(h->id, "");
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
news_is_carried(const struct ev_proposal *next, const char *text)
{
	MEM_EACH(next, files, file)
		MEM_EACH(file, hunks, h)
			MEM_EACH(h, comments, it)
				if (ev_is(it->text, text))
					return true;
	return false;
}

/* Comments are sent with a decision, questions at once. What isn't sent is kept
 * for the front end: the next version forgets this hunk. */
static void
news_comments(struct review_news *v, const struct fold_hunk *h,
    const struct ev_proposal *next)
{
	const char *text;

	MEM_EACH(h, comments, c) {
		text = c->text;
		if (fold_comment_asks(NULL, text) || news_is_carried(next, text))
			continue;
		*GROW_ADD(v->unsent, v->unsent_len) = xstrdup(text);
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
news_version(struct review *r, const struct ev_proposal *next,
    const char *const *ids, size_t len)
{
	const struct fold_proposal *p = r->fold->proposal;
	const struct fold_hunk *h;
	const struct seen *s;
	size_t i;

	for (i = 0; i < len; i++)
		r->news.added += fold_find_hunk(r->fold, ids[i], &h) == NULL &&
		    !news_has(r, NEWS_HUNK, ids[i]);
	MEM_EACH(p, hunks, it) {
		h = it->hunk;
		s = seen_find(r, h->id);
		if (h->decided || MEM_SEARCH(ids, len, h->id) != NULL ||
		    (review_mark_of(r, h).mark == MARK_NONE &&
		    h->comments_len == 0 && (s == NULL || !s->framed)))
			continue;
		r->news.gone++;
		news_comments(&r->news, h, next);
	}
}

static void
news_proposal(struct review *r, const struct ev_proposal *next)
{
	const struct fold_proposal *p = r->fold->proposal;
	size_t len, i;
	AUTO_FREE const char **ids = news_ids(next, &len);

	r->news.on = false;
	news_version_clear(&r->news);
	/* The user has seen the parts of a split. */
	if (r->news.split)
		news_split(r, ids, len);
	else if (p != NULL && p->undo == 0)
		news_version(r, next, ids, len);
	for (i = 0; p != NULL && !r->news.split && i < p->hunks_len; i++) {
		const struct fold_hunk *h = p->hunks[i].hunk;

		if (!review_is_open(r, h) ||
		    seen_is_full(seen_find(r, h->id)))
			review_known(r, h);
	}
}

void
review_before(struct review *r, const struct event *e)
{
	/* What nobody knew yet was in no group. */
	if (e->type == EVENT_ADDS)
		alike_release(&r->alike);
	if (e->type == EVENT_PROPOSAL) {
		news_proposal(r, &e->proposal);
		alike_release(&r->alike);
		moved_release(&r->moved);
	}
	if (e->type == EVENT_DECISION)
		review_steps_clear(r);
	if (e->type == EVENT_DECISION && strcmp(e->by, "user") == 0)
		news_decision(r, &e->decision);
}

void
review_release(struct review *r)
{
	review_unsend(r);
	review_steps_clear(r);
	(void)seen_drop(r);
	FREE_ALL(r->rows, r->frames);
	alike_release(&r->alike);
	moved_release(&r->moved);
	news_version_clear(&r->news);
	free(r->news.known);
}
