#include "config.h"

#include "ui/panes/confirm.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "front/bindings.h"
#include "journal/fold.h"
#include "review/review.h"
#include "ui/panes/ui-base.h"

/* ---- what waits, and is asked ---- */

enum pane_id
prompt_waiting_pane(const struct ui *ui)
{
	switch (ui->review.first) {
	case REVIEW_ASK:
	case REVIEW_LIMIT:
		return PANE_ASK;
	case REVIEW_PLAN:
		return PANE_PLAN;
	case REVIEW_DIFF:
		return PANE_DIFF;
	default:
		/* One that doesn't wait yet can be looked at. */
		return ui->fold->proposal != NULL ? PANE_DIFF :
		    PANE_TRANSCRIPT;
	}
}

enum review_prompt
prompt_now(const struct ui *ui, int64_t *of)
{
	*of = ui->confirm.serial;
	if (ui->confirm.action == ACTION_QUIT)
		return PROMPT_QUIT;
	/* While old lines are still read, a prompt may have been answered long
	 * ago. */
	if (!ui->fold->live)
		return PROMPT_NOTHING;
	if (ui->confirm.action != ACTION_NONE)
		return PROMPT_CONFIRM;
	if (ui->typing || ui->help || ui->pick.list != NULL)
		return PROMPT_NOTHING;
	return prompt_pane(ui, of);
}

enum review_prompt
prompt_pane(const struct ui *ui, int64_t *of)
{
	const struct fold *f = ui->fold;

	*of = 0;
	switch (ui->at) {
	case PANE_ASK:
		if (f->ask.command != NULL) {
			*of = f->ask.seq;
			return PROMPT_ASK;
		}
		if (f->pause == NULL)
			return PROMPT_PANE;
		*of = f->pause->seq;
		return PROMPT_LIMIT;
	case PANE_CHANGES:
		return PROMPT_CHANGES;
	case PANE_PLAN:
		*of = f->plan.version;
		return f->plan.status == FOLD_PLAN_PROPOSED ? PROMPT_PLAN :
		    PROMPT_PANE;
	case PANE_DIFF:
		if (f->proposal == NULL)
			return PROMPT_PANE;
		*of = f->proposal->id;
		/* While lines are picked, the same keys mean something
		 * else. */
		return ui->lines.hunk != NULL ? PROMPT_LINES : PROMPT_DIFF;
	default:
		return PROMPT_PANE;
	}
}

/* ---- the question ---- */

void
confirm_clear(struct ui *ui)
{
	struct ui_confirm *c = &ui->confirm;

	review_choice_release(&c->choice);
	free(c->question);
	free(c->subject);
	*c = (struct ui_confirm){ .serial = c->serial };
}

/* What the question is about: a plan, a command, hunks, and the prompt of the
 * pane if a row of the list of commands was chosen there; zeros: nothing that
 * changes. */
static struct confirm_about
confirm_about(const struct ui *ui, enum action_id action)
{
	const struct fold *f = ui->fold;
	struct confirm_about v = { .proposal = f->proposal == NULL ||
	    action == ACTION_QUIT ? 0 : f->proposal->id };
	const struct action *a;

	if (action == ACTION_PALETTE) {
		v.pane = prompt_pane(ui, &v.pane_of);
		action = ui->confirm.run;
	}
	a = action_find(action);
	if (v.proposal != 0 && a != NULL && ((a->flags & ACTION_DECIDES) !=
	    0 || action == ACTION_UNDO || action == ACTION_REDO) && (a->contexts &
	    (ACTION_CTX_DIFF | ACTION_CTX_LINES | ACTION_CTX_FILES)) != 0)
		/* It says how many are written: it is about all of them. */
		v.marked = ui->review.marked;
	else if (action == ACTION_PLAN_APPROVE) {
		v.plan = f->plan.status == FOLD_PLAN_PROPOSED ?
		    f->plan.version : 0;
		v.marked = (unsigned)f->plan.notes_len;
	} else if (action == ACTION_ALLOW || action == ACTION_NET_ONCE ||
	    action == ACTION_NET_SESSION || action == ACTION_NET_ALWAYS)
		v.ask = f->ask.seq;
	return v;
}

/* A question about what has changed since is over. */
static void
confirm_line(struct ui *ui, const struct event *e)
{
	const struct confirm_about *was = &ui->confirm.about;
	struct confirm_about now = confirm_about(ui, ui->confirm.action);

	(void)e;
	if (ui->confirm.action == ACTION_NONE ||
	    (now.proposal == was->proposal && now.pane == was->pane &&
	    now.pane_of == was->pane_of && now.marked == was->marked &&
	    now.plan == was->plan && now.ask == was->ask))
		return;
	ui_notice_as(ui, NOTICE_STAYS, "it changed meanwhile: not done");
	confirm_clear(ui);
}

const struct ui_part part_confirm = {
	.line = confirm_line,
	.release = confirm_clear,
};

void
confirm_ask(struct ui *ui, enum action_id action, char *question_take)
{
	ui->confirm.action = action;
	ui->confirm.question = question_take;
	ui->confirm.about = confirm_about(ui, action);
	ui->confirm.serial++;
}

void
confirm_quit(struct ui *ui)
{
	confirm_ask(ui, ACTION_QUIT, xstrdup("Quit?"));
}

void
confirm_cancel(struct ui *ui)
{
	const struct ui_confirm *c = &ui->confirm;

	/* Where some of it is accepted, to reject the rest would write. */
	if ((c->action == ACTION_UNDO || c->action == ACTION_REDO) &&
	    c->choice.effect.yes == c->choice.len)
		ui_send(ui, review_marks(&ui->review, c->choice.hunks,
		    c->choice.len, MARK_NO, NULL, false, false));
	if (c->action != ACTION_QUIT)
		ui_notice(ui, "not done");
	confirm_clear(ui);
}

char
confirm_lower(const struct ui *ui)
{
	const char *key = ui_key_of(ui, ACTION_CONFIRM);

	return key[0] >= 'A' && key[0] <= 'Z' && key[1] == '\0' ?
	    (char)(key[0] + 'a' - 'A') : '\0';
}

/* Ask before accepting a single hunk that overwrites newer lines. */
void
confirm_overwrite(struct ui *ui, enum action_id id, const char *what, int lines)
{
	ui->confirm.kind = CONFIRM_OVERWRITES;
	confirm_ask(ui, id,
	    lines == 0 ?
		xasprintf(
		    "Accept %s? It overwrites newer lines of the file.", what) :
		xasprintf("Accept %s? It overwrites newer lines of the file, "
			  "and you haven't seen %d line%s of it.",
		    what, lines, lines == 1 ? "" : "s"));
}

/* ---- what a key marked, and what is left ---- */

void
confirm_say_all(struct ui *ui)
{
	struct review_effect e = review_effect(&ui->review);
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (e.open > 0) {
		ui_notice(ui, "%zu open hunk%s hidden · %s shows all",
		    e.open, e.open == 1 ? " is" : "s are", ui_key_of(ui,
		    ACTION_NEWS));
		return;
	}
	if (ui->fold->reads) {
		ui_notice(ui, "no hunk is open" CONFIRM_KEPT);
		return;
	}
	review_effect_words(&e, review_verb(&ui->review), &b);
	ui_notice(ui, "no hunk is open · %s: %s", ui_key_of(ui,
	    ACTION_SEND), buf_str(&b));
}

/* What becomes of the marks now. */
static void
confirm_add_send(const struct ui *ui, struct buf *b)
{
	struct review_effect e = review_effect(&ui->review);

	if (ui->fold->reads) {
		buf_adds(b, CONFIRM_KEPT);
		return;
	}
	buf_addf(b, " · %s: ", ui_key_of(ui, ACTION_SEND));
	if (e.yes > 0)
		review_effect_words(&e, review_verb(&ui->review), b);
	else
		buf_addf(b, "reject %s", review_facts(&ui->review).tells ?
		    "and tell the model" : "and end the review");
}

void
confirm_say_marked(struct ui *ui, size_t n, const char *what, const char *rest)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (n > 0)
		buf_addf(&b, "%zu hunk%s %s%s", n, n == 1 ? "" : "s", what, rest);
	else
		buf_addf(&b, "%s%s", what, rest);
	confirm_add_send(ui, &b);
	/* The cursor may be on another hunk: its keys are below. */
	ui_notice_as(ui, NOTICE_STAYS, "%s · %s: undo", buf_str(&b),
	    ui_key_of(ui, ACTION_UNDO));
}
