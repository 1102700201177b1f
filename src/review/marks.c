#include "config.h"

#include "review/review.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "journal/command.h"
#include "journal/event.h"

/* ---- what the keys marked since the last decision, to take it back and do it
 * again ---- */

void
review_mark_release(struct review_mark *m)
{
	free(m->hunk);
	free(m->word);
	free(m->edit);
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
		free(v->was);
		free(v->now);
	}
	if (r->step_at > len)
		r->step_at = len;
}

void
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
	GROW(r->steps, r->steps_len);
	v = &r->steps[r->steps_len++];
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

/* ---- marks ---- */

enum fold_mark
review_mark_of(const struct review *r, const struct fold_hunk *h)
{
	const struct seen *s = seen_find(r, h->id);

	if (h->decided)
		return h->mark;
	return s != NULL && s->on_way > 0 ? s->sent.mark : h->mark;
}

bool
review_is_unchecked(const struct review *r)
{
	struct review_effect e = review_effect(r);

	return !r->fold->evidence.partial && e.open < e.all &&
	    e.yes < e.all;
}

void
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
	}
}

/* The fold has this mark, ours, which the screen knew, or another client's. The
 * last one of ours is on its way until the fold is the same. */
static void
review_arrived(struct review *r, const cJSON *mark)
{
	const char *id = json_str_or(mark, "hunk", "");
	struct seen *s = seen_find(r, id);
	const struct fold_hunk *h;

	if (s == NULL || s->on_way == 0) {
		r->marked++;
		r->came = true;
	} else if (s->on_way > 1 ||
	    fold_find_hunk(r->fold, id, &h) == NULL ||
	    (h->mark == s->sent.mark && (h->edit == NULL) ==
	    (s->sent.edit == NULL)))
		s->on_way--;
}

void
review_event(struct review *r, const cJSON *line)
{
	const cJSON *list = json_array(line, "marks"), *it;
	enum event_type type = event_type(line);

	if (type == EVENT_PROPOSAL || type == EVENT_DECISION) {
		review_forget_sent(r, false);
		r->marked++;
	}
	if (type != EVENT_DRAFT)
		return;
	if (list == NULL)
		review_arrived(r, line);
	cJSON_ArrayForEach(it, list)
		review_arrived(r, it);
}

/* Do these marks leave hunks open, or is the decision complete without them, as
 * the screen shows it? Then the core doesn't submit it, even if another client
 * marks the rest at this moment: the screen didn't say that this key writes. */
static bool
review_stays_open(const struct review *r, const struct review_mark *marks,
    size_t len)
{
	const struct fold_hunk *h;
	size_t i, open = 0, marked = 0;

	for (i = 0; i < len; i++) {
		marked += marks[i].mark != MARK_NONE;
		open += marks[i].mark != MARK_NONE &&
		    fold_find_hunk(r->fold, marks[i].hunk, &h) != NULL &&
		    review_mark_of(r, h) == MARK_NONE;
	}
	return marked > 0 && (open == 0 ||
	    review_effect(r).open > open);
}

/* This mark is on its way. */
static void
review_mark_sent(struct review *r, struct seen *s, const struct review_mark *m)
{
	review_mark_release(&s->sent);
	review_mark_copy(&s->sent, m);
	s->on_way++;
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

	review_mark_sent(r, s, m);
	if (m->edit != NULL)
		json_add_bytes(o, "edit", m->edit, m->edit_len);
	if (m->mark == MARK_YES && h->overwrites)
		json_add_bool(o, "overwrite", true);
	return o;
}

/* The command for the marks of these hunks, all of which exist. */
static cJSON *
review_send(struct review *r, const struct review_mark *marks, size_t len,
    bool hold)
{
	cJSON *list = cJSON_CreateArray();
	const struct fold_hunk *h;
	size_t i;

	hold = hold || review_stays_open(r, marks, len);
	for (i = 0; i < len; i++)
		if (fold_find_hunk(r->fold, marks[i].hunk, &h) != NULL)
			cJSON_AddItemToArray(list, review_mark_command(r, h,
			    &marks[i]));
	return command_marks(r->fold->proposal, hold ? COMMAND_HELD :
	    COMMAND_MARKS, list);
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

/* The command for the marks of one key, which are recorded, to take them
 * back. */
static cJSON *
review_verdict(struct review *r, struct review_mark *was,
    struct review_mark *now, size_t len, bool overwrite, bool hold)
{
	r->left_out = NULL;
	len = review_filter(r, was, now, len, overwrite);
	if (len == 0)
		return NULL;
	/* First: `was` may point to what was sent before. */
	review_steps_add(r, was, now, len);
	return review_send(r, now, len, hold);
}

struct review_mark
review_mark_whole(const struct review *r, const struct fold_hunk *h)
{
	const struct seen *s = seen_find(r, h->id);
	struct review_mark m = { .mark = h->mark, .word = h->word,
		.edit = h->edit, .edit_len = h->edit_len };

	if (s != NULL && s->on_way > 0)
		m = s->sent;
	m.hunk = h->id;
	return m;
}

cJSON *
review_mark(struct review *r, const struct fold_hunk *h, enum fold_mark mark,
    const char *word, bool hold)
{
	struct review_mark was = review_mark_whole(r, h), now = { .hunk = h->id,
		.mark = mark, .word = (char *)word };

	r->left_out = NULL;
	if (mark == MARK_NONE)
		return review_send(r, &now, 1, hold);
	return review_verdict(r, &was, &now, 1, false, hold);
}

cJSON *
review_marks(struct review *r, const struct fold_hunk *const *hunks,
    size_t len, enum fold_mark mark, bool overwrite, bool hold)
{
	AUTO_FREE struct review_mark *was = xcalloc(len + 1, sizeof(*was));
	AUTO_FREE struct review_mark *now = xcalloc(len + 1, sizeof(*now));
	size_t i;

	for (i = 0; i < len; i++) {
		was[i] = review_mark_whole(r, hunks[i]);
		now[i].hunk = was[i].hunk;
		now[i].mark = mark;
	}
	return review_verdict(r, was, now, len, overwrite, hold);
}

/* May a key for several hunks give this one the mark? */
static bool
review_may_set(const struct review *r, const struct fold_hunk *h,
    enum fold_mark mark)
{
	return mark != MARK_YES || (!h->overwrites &&
	    seen_is_full(seen_find(r, h->id)));
}

/* The hunk, if it still has this mark of a verdict; else NULL. */
static const struct fold_hunk *
review_held(const struct review *r, const struct review_mark *m)
{
	const struct fold_hunk *h;

	return fold_find_hunk(r->fold, m->hunk, &h) == NULL || h->decided ||
	    review_mark_of(r, h) != m->mark ? NULL : h;
}

/* The marks from before a verdict, or from after it, where those from the other
 * side still hold. If none may be set now, the step ends there: it isn't about
 * the verdict before it. */
static cJSON *
review_set_step(struct review *r, const struct review_step *v, bool back,
    struct review_stepped *step)
{
	AUTO_FREE struct review_mark *m = xcalloc(v->len + 1, sizeof(*m));
	const struct review_mark *from = back ? v->now : v->was;
	const struct review_mark *to = back ? v->was : v->now;
	const struct fold_hunk *h;
	const char *unseen = NULL;
	bool marks = false;
	size_t i, n = 0;

	step->unseen = 0;
	for (i = 0; i < v->len; i++) {
		if ((h = review_held(r, &from[i])) == NULL)
			continue;
		if (!review_may_set(r, h, to[i].mark)) {
			step->unseen++;
			unseen = unseen == NULL ? h->id : unseen;
			continue;
		}
		marks = marks || to[i].mark != MARK_NONE;
		m[n++] = to[i];
	}
	step->hunk = n > 0 ? m[0].hunk : unseen;
	step->mark = n > 0 ? m[0].mark : MARK_NONE;
	step->n = n;
	return n > 0 ? review_send(r, m, n, marks) : NULL;
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
    size_t len, bool editor, bool overwrite, bool hold)
{
	struct seen *s = seen_get(r, h->id, h->text_len);
	cJSON *o = command_mark(r->fold->proposal, h->id, "edited", editor ||
	    seen_is_full(s), NULL);
	struct review_mark was = review_mark_whole(r, h);
	struct review_mark m = { .hunk = h->id, .mark = MARK_YES,
		.edit = (char *)text, .edit_len = len };

	json_add_bytes(o, "edit", text, len);
	if (overwrite)
		json_add_bool(o, "overwrite", true);
	if (hold || review_stays_open(r, &m, 1))
		json_add_bool(o, "hold", true);
	review_steps_add(r, &was, &m, 1);
	review_mark_sent(r, s, &m);
	return o;
}

cJSON *
review_plan(const struct review *r, const char *action, const char *word,
    const cJSON *plan)
{
	struct seen *s;
	AUTO_FREE char *id = xasprintf("plan:%d", r->fold->plan.version);
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
