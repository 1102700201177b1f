/* See send-decision.h. */
#include "config.h"

#include "ui/panes/send-decision.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "ui/panes/displayed.h"
#include "ui/panes/mark-history.h"
#include "ui/panes/prompt-id.h"
#include "ui/panes/ui-base.h"

enum fold_mark
decision_mark(const struct ui *ui, const struct fold_hunk *h)
{
	const struct seen *s = displayed_find(ui, h->id);

	if (h->decided)
		return h->mark;
	return s != NULL && s->on_way > 0 ? s->sent.mark : h->mark;
}

size_t
decision_count(const struct ui *ui, enum fold_mark mark)
{
	const struct fold_proposal *p = ui->fold->proposal;
	size_t i, n = 0;

	for (i = 0; p != NULL && i < p->hunks_len; i++)
		n += decision_mark(ui, p->hunks[i].hunk) == mark;
	return n;
}

bool
decision_is_unchecked(const struct ui *ui)
{
	const struct fold_proposal *p = ui->fold->proposal;

	return p != NULL && !fold_check_is_partial(&ui->fold->evidence) &&
	    decision_count(ui, MARK_NONE) < p->hunks_len &&
	    decision_count(ui, MARK_YES) < p->hunks_len;
}

bool
decision_is_complete(const struct ui *ui)
{
	return decision_count(ui, MARK_NONE) == 0;
}

void
decision_forget_sent(struct ui *ui, bool all)
{
	const struct fold_proposal *p = ui->fold->proposal;
	struct seen *s;
	size_t i;

	for (i = 0; p != NULL && i < p->hunks_len; i++) {
		s = displayed_find(ui, p->hunks[i].hunk->id);
		if (s == NULL || (!all && !p->hunks[i].hunk->decided))
			continue;
		ui->marked += s->on_way > 0;
		s->on_way = 0;
	}
}

/* The fold has this mark, ours, which the screen knew, or another client's. The
 * last one of ours is on its way until the fold is the same. */
static void
decision_arrived(struct ui *ui, const cJSON *mark)
{
	const char *id = json_str_or(mark, "hunk", "");
	struct seen *s = displayed_find(ui, id);
	const struct fold_hunk *h;

	if (s == NULL || s->on_way == 0) {
		ui->marked++;
		ui->verdict.came = true;
	} else if (s->on_way > 1 ||
	    fold_find_hunk(ui->fold, id, &h) == NULL ||
	    (h->mark == s->sent.mark && (h->edit == NULL) ==
	    (s->sent.edit == NULL)))
		s->on_way--;
}

void
decision_line(struct ui *ui, const cJSON *line)
{
	const cJSON *list = json_array(line, "marks"), *it;

	if (event_type(line) == EVENT_PROPOSAL ||
	    event_type(line) == EVENT_DECISION) {
		decision_forget_sent(ui, false);
		ui->marked++;
	}
	if (event_type(line) != EVENT_DRAFT)
		return;
	if (list == NULL)
		decision_arrived(ui, line);
	cJSON_ArrayForEach(it, list)
		decision_arrived(ui, it);
}

/* Do these marks leave hunks open, or is the decision complete without them, as
 * the screen shows it? Then the core doesn't submit it, even if another client
 * marked the rest in this moment: nobody was told that this key writes. */
static bool
decision_stays_open(const struct ui *ui, const struct ui_mark *marks, size_t len)
{
	const struct fold_hunk *h;
	size_t i, open = 0, marked = 0;

	for (i = 0; i < len; i++) {
		marked += marks[i].mark != MARK_NONE;
		open += marks[i].mark != MARK_NONE &&
		    fold_find_hunk(ui->fold, marks[i].hunk, &h) != NULL &&
		    decision_mark(ui, h) == MARK_NONE;
	}
	return marked > 0 && (open == 0 ||
	    decision_count(ui, MARK_NONE) > open);
}

/* This mark is on its way. */
static void
decision_sent(struct ui *ui, struct seen *s, const struct ui_mark *m)
{
	mark_release(&s->sent);
	mark_copy(&s->sent, m);
	s->on_way++;
	ui->marked++;
}

/* The command for this mark, which counts as sent. */
static cJSON *
decision_mark_command(struct ui *ui, const struct fold_hunk *h,
    const struct ui_mark *m)
{
	struct seen *s = displayed_get(ui, h->id, h->text_len);
	cJSON *o = command_mark(ui->fold->proposal, h->id,
	    m->edit != NULL	   ? "edited"
	    : m->mark == MARK_YES ? "yes"
	    : m->mark == MARK_NO  ? "no"
				   : "none",
	    displayed_is_full(s), m->word);

	decision_sent(ui, s, m);
	if (m->edit != NULL)
		json_add_bytes(o, "edit", m->edit, m->edit_len);
	if (m->mark == MARK_YES && h->overwrites)
		json_add_bool(o, "overwrite", true);
	return o;
}

/* Send the marks of these hunks, of which none is gone. */
static void
decision_marks(struct ui *ui, const struct ui_mark *marks, size_t len, bool hold)
{
	cJSON *list = cJSON_CreateArray();
	const struct fold_hunk *h;
	size_t i;

	hold = hold || decision_stays_open(ui, marks, len);
	for (i = 0; i < len; i++)
		if (fold_find_hunk(ui->fold, marks[i].hunk, &h) != NULL)
			cJSON_AddItemToArray(list, decision_mark_command(ui, h,
			    &marks[i]));
	ui->send(ui->send_arg, hold ?
	    command_marks_held(ui->fold->proposal, list) :
	    command_marks(ui->fold->proposal, list));
}

/* Leave out hunks that are gone, and those that overwrite newer lines since the
 * question was asked: that needs its own question. */
static size_t
decision_filter(struct ui *ui, struct ui_mark *was, struct ui_mark *now,
    size_t len, bool overwrite)
{
	const struct fold_hunk *h;
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		if (fold_find_hunk(ui->fold, now[i].hunk, &h) == NULL)
			continue;
		if (now[i].mark == MARK_YES && h->overwrites && !overwrite) {
			ui_notice(ui, "%s", FOLD_OVERWRITES_ALONE);
			continue;
		}
		was[n] = was[i];
		now[n++] = now[i];
	}
	return n;
}

/* Send the marks of one key, and record them, to take them back. */
static void
decision_verdict(struct ui *ui, struct ui_mark *was, struct ui_mark *now,
    size_t len, bool overwrite, bool hold)
{
	len = decision_filter(ui, was, now, len, overwrite);
	if (len == 0)
		return;
	/* First: `was` may point to what was sent before. */
	mark_history_add(ui, was, now, len);
	decision_marks(ui, now, len, hold);
}

struct ui_mark
decision_mark_whole(const struct ui *ui, const struct fold_hunk *h)
{
	const struct seen *s = displayed_find(ui, h->id);
	struct ui_mark m = { .mark = h->mark, .word = h->word,
		.edit = h->edit, .edit_len = h->edit_len };

	if (s != NULL && s->on_way > 0)
		m = s->sent;
	m.hunk = h->id;
	return m;
}

void
decision_send_mark(struct ui *ui, const struct fold_hunk *h, enum fold_mark mark,
    const char *word, bool hold)
{
	struct ui_mark was = decision_mark_whole(ui, h), now = { .hunk = h->id,
		.mark = mark, .word = (char *)word };

	if (mark == MARK_NONE)
		decision_marks(ui, &now, 1, hold);
	else
		decision_verdict(ui, &was, &now, 1, false, hold);
}

void
decision_send_marks(struct ui *ui, char *const *hunks, size_t len,
    enum fold_mark mark, bool overwrite, bool hold)
{
	AUTO_FREE struct ui_mark *was = xcalloc(len + 1, sizeof(*was));
	AUTO_FREE struct ui_mark *now = xcalloc(len + 1, sizeof(*now));
	const struct fold_hunk *h;
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		if (fold_find_hunk(ui->fold, hunks[i], &h) == NULL)
			continue;
		was[n] = decision_mark_whole(ui, h);
		now[n].hunk = was[n].hunk;
		now[n++].mark = mark;
	}
	decision_verdict(ui, was, now, n, overwrite, hold);
}

/* May a key for several hunks give this one the mark? */
static bool
decision_may_set(const struct ui *ui, const struct fold_hunk *h,
    enum fold_mark mark)
{
	return mark != MARK_YES || (!h->overwrites &&
	    displayed_is_full(displayed_find(ui, h->id)));
}

/* The hunk, if it still has this mark of a verdict; else NULL. */
static const struct fold_hunk *
decision_held(const struct ui *ui, const struct ui_mark *m)
{
	const struct fold_hunk *h;

	return fold_find_hunk(ui->fold, m->hunk, &h) == NULL || h->decided ||
	    decision_mark(ui, h) != m->mark ? NULL : h;
}

/* Set the marks from before a verdict, or from after it, where those from the
 * other side still hold; false: nowhere. If none may be set now, the step ends
 * there: it isn't about the verdict before it. */
static bool
decision_set_step(struct ui *ui, const struct ui_mark_step *v, bool back,
    struct decision_step *step)
{
	AUTO_FREE struct ui_mark *m = xcalloc(v->len + 1, sizeof(*m));
	const struct ui_mark *from = back ? v->now : v->was;
	const struct ui_mark *to = back ? v->was : v->now;
	const struct fold_hunk *h;
	const char *unseen = NULL;
	bool marks = false;
	size_t i, n = 0;

	step->unseen = 0;
	for (i = 0; i < v->len; i++) {
		if ((h = decision_held(ui, &from[i])) == NULL)
			continue;
		if (!decision_may_set(ui, h, to[i].mark)) {
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
	if (n > 0)
		decision_marks(ui, m, n, marks);
	return step->hunk != NULL;
}

bool
decision_send_step(struct ui *ui, bool back, struct decision_step *step)
{
	const struct ui_mark_step *v;

	while ((v = back ? mark_history_back(ui) : mark_history_again(ui)) != NULL)
		if (decision_set_step(ui, v, back, step))
			return true;
	return false;
}

void
decision_send_edit(struct ui *ui, const struct fold_hunk *h, const char *text,
    size_t len, bool editor, bool overwrite)
{
	struct seen *s = displayed_get(ui, h->id, h->text_len);
	cJSON *o = command_mark(ui->fold->proposal, h->id, "edited", editor ||
	    displayed_is_full(s), NULL);
	struct ui_mark was = decision_mark_whole(ui, h);
	struct ui_mark m = { .hunk = h->id, .mark = MARK_YES,
		.edit = (char *)text, .edit_len = len };

	json_add_bytes(o, "edit", text, len);
	if (overwrite)
		json_add_bool(o, "overwrite", true);
	json_add_bool(o, "hold", true);
	ui->send(ui->send_arg, o);
	mark_history_add(ui, &was, &m, 1);
	decision_sent(ui, s, &m);
}

void
decision_send_plan(struct ui *ui, const char *action, const char *word,
    const cJSON *plan)
{
	struct seen *s;
	AUTO_FREE char *id = xasprintf("plan:%d", ui->fold->plan.version);
	cJSON *o = command_plan(ui->fold, action, word);

	s = displayed_find(ui, id);
	if (strcmp(action, "approve") == 0)
		json_add_bool(o, "seen", displayed_is_full(s));
	if (plan != NULL)
		json_set_take(o, "plan", cJSON_Duplicate(plan, true));
	ui->send(ui->send_arg, o);
}

void
decision_send_answer(struct ui *ui, bool allow, const char *scope)
{
	AUTO_FREE char *id = prompt_id_question(ui);
	struct seen *s = id == NULL ? NULL : displayed_find(ui, id);
	cJSON *o = command_answer(ui->fold, allow, scope);

	if (allow)
		json_add_bool(o, "seen", displayed_is_full(s));
	ui->send(ui->send_arg, o);
}
