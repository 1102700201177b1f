/* See send-decision.h. */
#include "config.h"

#include "ui/base/send-decision.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "journal/command.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/base/displayed.h"
#include "ui/base/prompt-id.h"
#include "ui/base/ui-base.h"
#include "ui/base/verdicts.h"

enum fold_mark
decision_mark(const struct ui *ui, const struct fold_hunk *h)
{
	const struct seen *s = displayed_find(ui, h->id);

	if (h->decided)
		return h->mark;
	return s != NULL && s->sent != MARK_NONE ? s->sent : h->mark;
}

bool
decision_is_unchecked(const struct ui *ui)
{
	const struct fold_proposal *p = ui->fold->proposal;
	size_t i, j, yes = 0, marked = 0, all = 0;

	if (p == NULL || fold_check_is_partial(&ui->fold->evidence))
		return false;
	for (i = 0; i < p->files_len; i++)
		for (j = 0; j < p->files[i].hunks_len; j++) {
			enum fold_mark m = decision_mark(ui,
			    &p->files[i].hunks[j]);

			yes += m == MARK_YES;
			marked += m != MARK_NONE;
			all++;
		}
	return marked > 0 && yes < all;
}

bool
decision_is_complete(const struct ui *ui)
{
	const struct fold_proposal *p = ui->fold->proposal;
	size_t i, j;

	for (i = 0; p != NULL && i < p->files_len; i++)
		for (j = 0; j < p->files[i].hunks_len; j++)
			if (decision_mark(ui, &p->files[i].hunks[j]) ==
			    MARK_NONE)
				return false;
	return true;
}

void
decision_forget_sent(struct ui *ui, bool all)
{
	const struct fold_proposal *p = ui->fold->proposal;
	struct seen *s;
	size_t i, j;

	for (i = 0; p != NULL && i < p->files_len; i++)
		for (j = 0; j < p->files[i].hunks_len; j++) {
			const struct fold_hunk *h = &p->files[i].hunks[j];

			s = displayed_find(ui, h->id);
			if (s != NULL && (all || h->decided ||
			    h->mark == s->sent))
				s->sent = MARK_NONE;
		}
}

/* The command for this mark, which counts as sent. */
static cJSON *
decision_mark_command(struct ui *ui, const struct fold_hunk *h,
    enum fold_mark mark, const char *word)
{
	struct seen *s = displayed_get(ui, h->id, h->text_len);
	cJSON *o = command_mark(ui->fold->proposal, h->id,
	    mark == MARK_YES  ? "yes"
	    : mark == MARK_NO ? "no"
			      : "none",
	    displayed_is_full(s), word);

	s->sent = mark;
	if (mark == MARK_YES && h->overwrites)
		json_add_bool(o, "overwrite", true);
	return o;
}

/* True if any was sent. */
static bool
decision_marks(struct ui *ui, char *const *hunks, size_t len,
    enum fold_mark mark, const char *word, bool overwrite, bool hold)
{
	cJSON *list = cJSON_CreateArray();
	const struct fold_hunk *h, *last = NULL;
	size_t i;

	hold = hold || (mark != MARK_NONE && decision_is_complete(ui));
	for (i = 0; i < len; i++) {
		if (fold_find_hunk(ui->fold, hunks[i], &h) == NULL)
			continue;
		/* It overwrites newer lines since the question was asked: that
		 * needs its own question. */
		if (mark == MARK_YES && h->overwrites && !overwrite) {
			ui_notice(ui, "%s", FOLD_OVERWRITES_ALONE);
			continue;
		}
		cJSON_AddItemToArray(list, decision_mark_command(ui, h, mark,
		    word));
		last = h;
	}
	if (last != NULL)
		ui->send(ui->send_arg, hold ?
		    command_marks_held(ui->fold->proposal, list) :
		    command_marks(ui->fold->proposal, list));
	else
		cJSON_Delete(list);
	return last != NULL;
}

void
decision_send_mark(struct ui *ui, const struct fold_hunk *h, enum fold_mark mark,
    const char *word)
{
	char *id = h->id;

	if (decision_marks(ui, &id, 1, mark, word, false, false) &&
	    mark != MARK_NONE)
		verdicts_add(ui, &id, 1, mark, word, false);
}

void
decision_send_marks(struct ui *ui, char *const *hunks, size_t len,
    enum fold_mark mark, bool overwrite, bool hold)
{
	if (decision_marks(ui, hunks, len, mark, NULL, overwrite, hold) &&
	    mark != MARK_NONE)
		verdicts_add(ui, hunks, len, mark, NULL, false);
}

/* Does the verdict, done again, mark this hunk? */
static bool
decision_is_again(const struct ui *ui, const struct ui_verdict *v,
    const char *id)
{
	const struct fold_hunk *h;

	return !v->edited && fold_find_hunk(ui->fold, id, &h) != NULL &&
	    !h->decided && decision_mark(ui, h) == MARK_NONE &&
	    (v->mark != MARK_YES || (!h->overwrites &&
	    displayed_is_full(displayed_find(ui, h->id))));
}

size_t
decision_count_again(const struct ui *ui)
{
	size_t i, k, n = 0;

	for (k = ui->verdicts_at; n == 0 && k < ui->verdicts_len; k++)
		for (i = 0; i < ui->verdicts[k].len; i++)
			n += decision_is_again(ui, &ui->verdicts[k],
			    ui->verdicts[k].hunks[i]);
	return n;
}

/* Send the mark for those hunks of a verdict that have another one: none when
 * it is taken back, the verdict's when it is done again, which writes nothing.
 * The first of them, or NULL. */
static const char *
decision_send_verdict(struct ui *ui, const struct ui_verdict *v, bool back)
{
	char **ids = xcalloc(v->len + 1, sizeof(*ids));
	const char *first;
	size_t i, n = 0;

	for (i = 0; i < v->len; i++)
		if (back ? verdicts_holds(ui, v, v->hunks[i]) :
		    decision_is_again(ui, v, v->hunks[i]))
			ids[n++] = v->hunks[i];
	first = ids[0];
	if (n > 0)
		(void)decision_marks(ui, ids, n, back ? MARK_NONE : v->mark,
		    back ? NULL : v->word, false, !back);
	free(ids);
	return first;
}

const char *
decision_send_back(struct ui *ui)
{
	const struct ui_verdict *v = verdicts_back(ui);

	return v == NULL ? NULL : decision_send_verdict(ui, v, true);
}

const char *
decision_send_again(struct ui *ui)
{
	const struct ui_verdict *v;
	const char *first = NULL;

	while (first == NULL && (v = verdicts_again(ui)) != NULL)
		first = decision_send_verdict(ui, v, false);
	return first;
}

void
decision_send_edit(struct ui *ui, const struct fold_hunk *h, const char *text,
    size_t len, bool editor, bool overwrite)
{
	struct seen *s = displayed_get(ui, h->id, h->text_len);
	cJSON *o = command_mark(ui->fold->proposal, h->id, "edited", editor ||
	    displayed_is_full(s), NULL);
	char *id = h->id;

	json_add_bytes(o, "edit", text, len);
	if (overwrite)
		json_add_bool(o, "overwrite", true);
	if (editor || decision_is_complete(ui))
		json_add_bool(o, "hold", true);
	ui->send(ui->send_arg, o);
	s->sent = MARK_YES;
	verdicts_add(ui, &id, 1, MARK_YES, NULL, true);
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
	AUTO_FREE char *id = prompt_id_waiting(ui);
	struct seen *s = id == NULL ? NULL : displayed_find(ui, id);
	cJSON *o = command_answer(ui->fold, allow, scope);

	if (allow)
		json_add_bool(o, "seen", displayed_is_full(s));
	ui->send(ui->send_arg, o);
}

bool
decision_is_armed(const struct ui *ui)
{
	AUTO_FREE char *surface = prompt_id(ui);

	return surface != NULL && ui->armed != NULL &&
	    strcmp(surface, ui->armed) == 0;
}
