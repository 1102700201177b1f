/* See ui-base.h. */
#include "config.h"

#include "ui/panes/ui-base.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/bindings.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "ui/panes/confirm.h"

bool
ui_send(struct ui *ui, cJSON *take)
{
	if (ui->review.left_out != NULL)
		ui_notice(ui, "%s", ui->review.left_out);
	ui->review.left_out = NULL;
	if (take != NULL)
		ui->send(ui->send_arg, take);
	return take != NULL;
}

const struct ev_commands *
ui_commands(const struct ui *ui)
{
	static const struct ev_commands none = { 0 };

	return ui->fold->commands == NULL ? &none :
	    &ui->fold->commands->commands;
}

void
ui_draws(struct ui *ui, enum frame what)
{
	if (ui->want.frame < what)
		ui->want.frame = what;
}

void
ui_asks(struct ui *ui, enum ui_want what)
{
	if (ui->want.loop < what)
		ui->want.loop = what;
}

static void
ui_notice_set(struct ui *ui, enum notice kind, char *text_take)
{
	FREE_SET(ui->notice, text_take);
	free(ui->noticed.before);
	ui->noticed = (struct ui_noticed){ .kind = kind, .since = ui->now };
}

static void
ui_notice_take(struct ui *ui, enum notice kind, char *text_take)
{
	struct buf line = BUF_INIT(0);

	/* A newline of others would begin a row of its own. */
	sanitize_name(&line, text_take);
	free(text_take);
	ui_notice_set(ui, kind, buf_take(&line));
}

void
ui_notice_lines(struct ui *ui, struct buf *lines)
{
	ui_notice_set(ui, NOTICE_STAYS, buf_take(lines));
}

void
ui_notice(struct ui *ui, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ui_notice_take(ui, NOTICE_PLAIN, xvasprintf(fmt, ap));
	va_end(ap);
}

void
ui_notice_as(struct ui *ui, enum notice kind, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ui_notice_take(ui, kind, xvasprintf(fmt, ap));
	va_end(ap);
}

void
ui_none(struct ui *ui, enum action_id id)
{
	const struct action *a = action_find(id);
	const struct action *way = action_find(a->instead);

	if (way == NULL)
		ui_notice(ui, "%s", a->none);
	else
		ui_notice(ui, "%s · %s: %.*s", a->none, ui_key_of(ui, way->id),
		    (int)action_does(way), way->help);
}

bool
ui_has_notice(const struct ui *ui, enum notice kind)
{
	return ui->notice != NULL && ui->noticed.kind == kind;
}

bool
ui_notice_stays(const struct ui *ui)
{
	return ui->notice != NULL && ui->noticed.kind >= NOTICE_STAYS;
}

void
ui_notice_end(struct ui *ui, enum notice kind)
{
	if (ui_has_notice(ui, kind))
		FREE_NULL(ui->notice);
}

const struct offer *
ui_offer(const struct ui *ui, enum action_id id)
{
	size_t i;

	for (i = 0; i < ui->offers.len; i++)
		if (ui->offers.list[i].a->id == id)
			return &ui->offers.list[i];
	return NULL;
}

const char *
ui_key_of(const struct ui *ui, enum action_id id)
{
	return bindings_first(ui->bindings, id);
}

const char *
ui_way_of(const struct ui *ui, enum action_id id)
{
	return bindings_way(ui->bindings, id);
}

const char *
ui_key_or(const struct ui *ui, enum action_id id, const char *command)
{
	const char *key = ui_key_of(ui, id);

	return key[0] == '\0' || (ui->typing && ui->purpose == UI_SAY) ?
	    command : key;
}

const char *
ui_leave_key(const struct ui *ui)
{
	return ui->typing ? "C-d" : ui_key_of(ui, ACTION_QUIT);
}

unsigned
ui_contexts(const struct ui *ui)
{
	if (confirm_is_question(ui))
		return ui->confirm.action == ACTION_QUIT ? ACTION_CTX_QUIT :
		    ACTION_CTX_CONFIRM;
	/* A search text for the help is typed while it is shown. */
	if (ui->help && !(ui->typing && ui->purpose == UI_SEARCH))
		return ACTION_CTX_HELP | (ui->search.text == NULL ? 0 :
		    ACTION_CTX_SEARCH);
	if (ui->pick.list != NULL)
		return ACTION_CTX_PICK | ACTION_CTX_INPUT;
	if (ui->typing)
		return ACTION_CTX_INPUT;
	return ui_contexts_pane(ui) | (confirm_stands(ui) ? ACTION_CTX_ROW :
	    0);
}

unsigned
ui_contexts_pane(const struct ui *ui)
{
	int64_t of;
	unsigned c = ACTION_CTX_PANE |
	    (ui->search.text != NULL ? ACTION_CTX_SEARCH : 0);

	switch (prompt_pane(ui, &of)) {
	case PROMPT_ASK:
		return c | (ui->fold->ask.kind == ASK_HOST ? ACTION_CTX_NET :
		    ACTION_CTX_ASK);
	case PROMPT_LIMIT:
		return c | (fold_pause_until(ui->fold) > 0 ?
		    ACTION_CTX_SERVICE : ACTION_CTX_PAUSE);
	case PROMPT_PLAN:
		return c | ACTION_CTX_PLAN;
	case PROMPT_CHANGES:
		return c | ACTION_CTX_CHANGES;
	case PROMPT_LINES:
		return c | ACTION_CTX_LINES;
	case PROMPT_DIFF:
		return c | ACTION_CTX_DIFF |
		    (ui->diff.on >= DIFF_ON_FILE ? ACTION_CTX_FILES : 0);
	default:
		return c;
	}
}

bool
ui_is_first(const struct ui *ui)
{
	const struct fold *f = ui->fold;

	return fold_is_empty(f) && f->live && f->model == NULL &&
	    (ui->other.id == NULL || ui->other.is == OTHER_OVER) && f->mode != NULL &&
	    strcmp(f->mode, "interactive") == 0;
}

bool
ui_leaves_to_command(const struct ui *ui)
{
	const struct fold_item *it = ui->looks ? fold_tried(ui->fold) : NULL;

	return it != NULL && it->running;
}

bool
ui_offers_other(const struct ui *ui)
{
	return ui->other.is == OTHER_SHOWN && ui->at == PANE_TRANSCRIPT &&
	    fold_is_empty(ui->fold) && ui->say.pending == 0 &&
	    ui->purpose == UI_SAY && input_is_empty(&ui->input);
}

bool
ui_can_retry(const struct ui *ui)
{
	const struct fold *f = ui->fold;

	return (ui->clocks.state.name != NULL &&
	    strcmp(ui->clocks.state.name, "retry") == 0) || (f->ended && fold_can_retry(f));
}

bool
ui_is_working(const struct ui *ui)
{
	static const char *const states[] = { "model", "tool", "evidence",
		"retry", "applying" };

	return MEM_FIND(states, ui->clocks.state.name) != NULL;
}

bool
ui_is_checking(const struct ui *ui)
{
	const struct fold_evidence *e = &ui->fold->evidence;

	return e->running && e->partial &&
	    ui->clocks.state.name != NULL &&
	    strcmp(ui->clocks.state.name, "evidence") == 0;
}

bool
ui_has_draft(const struct ui *ui)
{
	return ui_contexts(ui) == ACTION_CTX_INPUT &&
	    !input_is_empty(&ui->input);
}

bool
ui_is_sandboxed(const struct ui *ui)
{
	const char *level = ui->fold->sandbox.level;

	return level == NULL || strcmp(level, "none") != 0;
}
