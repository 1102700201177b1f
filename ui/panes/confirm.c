#include "config.h"

#include "ui/panes/confirm.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/bindings.h"
#include "journal/fold.h"
#include "review/review.h"
#include "ui/panes/composer.h"
#include "ui/panes/panes.h"
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
	if (confirm_is_question(ui))
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

/* ---- the question and the row ---- */

bool
confirm_is_question(const struct ui *ui)
{
	return ui->confirm.action != ACTION_NONE &&
	    ui->confirm.pane == PROMPT_CONFIRM;
}

bool
confirm_stands(const struct ui *ui)
{
	int64_t of;

	return ui->confirm.action != ACTION_NONE && (confirm_is_question(ui) ||
	    (!ui->typing && !ui->help && ui->pick.list == NULL &&
	    prompt_pane(ui, &of) == ui->confirm.pane));
}

const char *
confirm_key(const struct ui *ui)
{
	return ui_key_of(ui, ui->confirm.capital ? ACTION_CONFIRM : ACTION_DO);
}

void
confirm_clear(struct ui *ui)
{
	struct ui_confirm *c = &ui->confirm;

	FREE_ALL(c->question, c->subject, c->said, c->chosen);
	*c = (struct ui_confirm){ .serial = c->serial, .left = c->left };
}

/* What it is about: a plan and its notes, a command, a limit, a proposal. */
static struct confirm_about
confirm_about(const struct ui *ui)
{
	const struct fold *f = ui->fold;

	switch (ui->confirm.action == ACTION_QUIT ? PROMPT_QUIT :
	    ui->confirm.pane) {
	case PROMPT_PLAN:
		return (struct confirm_about){ f->plan.status ==
		    FOLD_PLAN_PROPOSED ? f->plan.version : 0,
		    f->plan.notes_len };
	case PROMPT_ASK:
		return (struct confirm_about){ f->ask.command == NULL ? 0 :
		    f->ask.seq, 0 };
	case PROMPT_LIMIT:
		return (struct confirm_about){ f->pause == NULL ? 0 :
		    f->pause->seq, 0 };
	case PROMPT_QUIT:
		return (struct confirm_about){ 0 };
	default:
		return (struct confirm_about){ f->proposal == NULL ? 0 :
		    f->proposal->id, 0 };
	}
}

/* What has changed since isn't asked any more. */
static void
confirm_line(struct ui *ui, const struct event *e)
{
	const struct confirm_about *was = &ui->confirm.about;
	struct confirm_about now = confirm_about(ui);

	/* A write wasn't taken: its row comes again. */
	if (e->type == EVENT_REFUSED)
		ui->confirm.left = 0;
	if (ui->confirm.action == ACTION_NONE || (now.of == was->of &&
	    now.notes == was->notes))
		return;
	if (confirm_is_question(ui))
		ui_notice_as(ui, NOTICE_STAYS, "it changed meanwhile: not "
		    "done");
	confirm_clear(ui);
}

const struct ui_part part_confirm = {
	.line = confirm_line,
	.release = confirm_clear,
};

static void
confirm_begin(struct ui *ui, enum action_id action, enum review_prompt pane,
    char *question_take)
{
	confirm_clear(ui);
	ui->confirm.action = action;
	ui->confirm.pane = pane;
	ui->confirm.question = question_take;
	ui->confirm.about = confirm_about(ui);
	ui->confirm.open = review_effect(&ui->review).open;
	ui->confirm.serial++;
}

void
confirm_ask(struct ui *ui, enum action_id action, char *question_take)
{
	confirm_begin(ui, action, PROMPT_CONFIRM, question_take);
	ui->confirm.capital = true;
}

void
confirm_quit(struct ui *ui)
{
	if (ui_leaves_to_command(ui))
		ui_asks(ui, UI_WANT_DETACH);
	else
		confirm_ask(ui, ACTION_QUIT, xstrdup("Quit?"));
}

void
confirm_choose(struct ui *ui, enum action_id action)
{
	int64_t of;

	confirm_begin(ui, action, prompt_pane(ui, &of), NULL);
	ui->confirm.left = 0;
	confirm_make(ui);
}

void
confirm_cancel(struct ui *ui)
{
	if (ui->confirm.action != ACTION_QUIT)
		ui_notice(ui, "not done");
	confirm_clear(ui);
}

void
confirm_close(struct ui *ui)
{
	confirm_clear(ui);
	ui->confirm.left = ui->review.marked + 1;
}

void
confirm_leave(struct ui *ui)
{
	bool undo = ui->confirm.action == ACTION_SEND &&
	    review_is_undo(&ui->review);

	confirm_close(ui);
	if (undo && ui_send(ui, review_decide(&ui->review, false)))
		ui_notice(ui, "not done");
}

void
confirm_step_aside(struct ui *ui)
{
	if (confirm_stands(ui) && ui->confirm.action == ACTION_SEND &&
	    !fold_stages(ui->fold))
		confirm_close(ui);
}

/* Does the row of a write come by itself? */
static bool
confirm_is_due(const struct ui *ui)
{
	const struct fold_proposal *p = ui->fold->proposal;
	struct review_effect e;
	int64_t of;

	if (ui->confirm.action != ACTION_NONE ||
	    ui->waits.until != UNTIL_NOTHING ||
	    prompt_pane(ui, &of) != PROMPT_DIFF || ui->fold->reads ||
	    ui->confirm.left == ui->review.marked + 1)
		return false;
	e = review_effect(&ui->review);
	/* What only fills git's index is shown from your first mark on. */
	if (fold_stages(ui->fold) && ui->review.step_at > 0 && e.open < e.all)
		return true;
	/* Where lines were edited since, what can be undone is reviewed. */
	return e.open < e.all ? e.open == e.binaries : (p->left_len == 0 &&
	    review_is_undo(&ui->review));
}

/* "Enter writes 3 hunks to 2 files". There is no row if nothing is marked, or
 * if a mark was just taken back. */
static void
confirm_make_write(struct ui *ui, struct buf *b)
{
	struct ui_confirm *c = &ui->confirm;
	struct review_effect e = review_effect(&ui->review);
	struct review_write w;

	if ((e.open == e.all || e.open > c->open) &&
	    !review_is_undo(&ui->review)) {
		confirm_clear(ui);
		return;
	}
	w = review_write(&ui->review, ui_key_of(ui, ACTION_DO),
	    ui_key_of(ui, ACTION_CONFIRM), b);
	c->unread = w.unread > 0;
	FREE_SET(c->said, w.capital ? xstrdup(buf_str(b)) : NULL);
	c->capital = w.capital && !ev_is(c->chosen, c->said);
	if (w.capital && !c->capital) {
		buf_clear(b);
		(void)review_write(&ui->review, ui_key_of(ui, ACTION_DO),
		    ui_key_of(ui, ACTION_DO), b);
	} else if (c->unread)
		buf_addf(b, " · %s goes to the first",
		    ui_key_of(ui, ACTION_DO));
}

/* What the plan's or the question's answer does, and how it is called. */
static void
confirm_add_answer(const struct ui *ui, struct buf *b)
{
	const struct fold_ask_row *row = fold_ask_row(&ui->fold->ask);
	AUTO_FREE char *host = ui->fold->ask.kind != ASK_HOST ? NULL :
	    sanitize_dup(ui->fold->ask.command, 0);
	AUTO_BUF struct buf text = BUF_INIT(0), used = BUF_INIT(0),
	    step = BUF_INIT(0);
	char until[CLOCK_STAMP_SIZE];

	switch (ui->confirm.action) {
	case ACTION_PLAN_APPROVE:
		plan_add_notes(ui, "approves this plan", b);
		break;
	case ACTION_PLAN_FRESH:
		plan_add_notes(ui, "approves this plan, without the "
		    "exploration", b);
		break;
	case ACTION_ALLOW:
		buf_adds(b, row->yes);
		break;
	case ACTION_FORBID:
		buf_adds(b, "rejects it");
		break;
	case ACTION_NET_REJECT:
		buf_addf(b, "rejects %s", host);
		break;
	case ACTION_NET_ONCE:
	case ACTION_NET_SESSION:
	case ACTION_NET_ALWAYS:
		buf_addf(b, "allows %s for %s", host, ui->confirm.action ==
		    ACTION_NET_ONCE ? "this command" : ui->confirm.action ==
		    ACTION_NET_SESSION ? "this session" :
		    "every session, in your settings");
		break;
	case ACTION_WRAP:
		buf_addf(b, "gives %s one last turn", fold_agent_or(ui->fold,
		    "the model"));
		break;
	case ACTION_WAIT:
		clock_local_ms(fold_pause_until(ui->fold), until);
		buf_addf(b, "waits until %s, then goes on", until);
		break;
	case ACTION_STOP:
		buf_adds(b, "ends the task here");
		break;
	default:	/* to extend the limit */
		fold_pause_words(ui->fold, &text, &used, &step);
		buf_adds(b, "continues");
		if (ui->confirm.subject != NULL || step.len > 0)
			buf_addf(b, " with %s more", ui->confirm.subject !=
			    NULL ? ui->confirm.subject : buf_str(&step));
		break;
	}
}

static bool
confirm_is_plan(enum action_id id)
{
	return id == ACTION_PLAN_APPROVE || id == ACTION_PLAN_FRESH;
}

/* The lines of the plan or command that weren't seen. */
static int
confirm_unseen(const struct ui *ui)
{
	enum action_id id = ui->confirm.action;
	AUTO_FREE char *prompt = review_wait_name(&ui->review,
	    confirm_is_plan(id) ? REVIEW_PLAN : REVIEW_ASK);
	const struct seen *s = seen_find(&ui->review, prompt);
	AUTO_FREE char *text = NULL;

	if (ui->confirm.pane == PROMPT_LIMIT || id == ACTION_FORBID ||
	    id == ACTION_NET_REJECT || seen_is_full(s))
		return 0;
	text = confirm_is_plan(id) ? plan_text(ui->fold) :
	    xstrdup(ui->fold->ask.shown);
	return seen_missing_lines(s, text, strlen(text));
}

/* "Enter allows example.org:443 for this session" */
static void
confirm_make_answer(struct ui *ui, struct buf *b)
{
	struct ui_confirm *c = &ui->confirm;
	int lines = confirm_unseen(ui);
	bool outside = c->action == ACTION_ALLOW &&
	    fold_ask_is(&ui->fold->ask, ASK_OUTSIDE);
	bool edit = confirm_is_plan(c->action) && plan_edit_waits(ui);
	AUTO_BUF struct buf why = BUF_INIT(0), does = BUF_INIT(0);

	c->unread = lines > 0;
	c->capital = c->unread || outside || edit;
	if (c->unread)
		buf_addf(&why, "%d line%s unread · ", lines, lines == 1 ? "" :
		    "s");
	if (outside)
		buf_addf(&why, "%s ", fold_ask_row(&ui->fold->ask)->confirm);
	confirm_add_answer(ui, &does);
	buf_adds(&does, edit ? " without your edit" : "");
	FREE_SET(c->said, !c->capital ? NULL : xasprintf("%s%s",
	    buf_str(&why), buf_str(&does)));
	c->capital = c->capital && !ev_is(c->chosen, c->said);
	buf_addf(b, "%s%s %s", buf_str(&why), confirm_key(ui), buf_str(&does));
	if (c->unread && c->capital)
		buf_addf(b, " · %s shows more", ui_key_of(ui, ACTION_DO));
}

void
confirm_choose_capital(struct ui *ui)
{
	struct ui_confirm *c = &ui->confirm;

	if (confirm_is_question(ui))
		c->capital = false;
	else
		xstrset(&c->chosen, c->said);
	confirm_make(ui);
}

void
confirm_make(struct ui *ui)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (confirm_is_due(ui))
		confirm_begin(ui, ACTION_SEND, PROMPT_DIFF, NULL);
	if (confirm_is_question(ui) || !confirm_stands(ui))
		return;
	if (ui->confirm.action == ACTION_SEND)
		confirm_make_write(ui, &b);
	else
		confirm_make_answer(ui, &b);
	FREE_SET(ui->confirm.question, ui->confirm.action == ACTION_NONE ?
	    NULL : buf_take(&b));
}

void
confirm_say_all(struct ui *ui)
{
	struct review_effect e = review_effect(&ui->review);

	if (e.open > 0)
		ui_notice(ui, "%zu open hunk%s hidden · %s shows all",
		    e.open, e.open == 1 ? " is" : "s are", ui_key_of(ui,
		    ACTION_NEWS));
	else
		ui_notice(ui, "no hunk is open%s", ui->fold->reads ?
		    CONFIRM_KEPT : "");
}
