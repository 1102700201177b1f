/*
 * Keys become actions here, lines move the focus here.  What decides something
 * goes to decide.c, which alone sends decisions.
 */
#include "config.h"

#include "ui/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

static const struct pane_ops *const pane_table[PANE_COUNT] = {
	[PANE_PLAN] = &pane_plan,
	[PANE_TRANSCRIPT] = &pane_transcript,
	[PANE_OUTPUT] = &pane_output,
	[PANE_DIFF] = &pane_diff,
	[PANE_ASK] = &pane_ask,
};

void
ui_init(struct ui *ui, ui_send_cb *send, void *arg)
{
	memset(ui, 0, sizeof(*ui));
	ui->fold = fold_new();
	ui->send = send;
	ui->send_arg = arg;
	ui->at = PANE_TRANSCRIPT;
	ui->last_key = INT64_MIN / 2;
	ui->panes[PANE_TRANSCRIPT].follow = true;
	ui->panes[PANE_OUTPUT].follow = ui->panes[PANE_OUTPUT].streams = true;
	input_init(&ui->input);
}

void
ui_release(struct ui *ui)
{
	size_t i;

	decide_confirm_clear(ui);
	for (i = 0; i < PANE_COUNT; i++)
		pane_release(&ui->panes[i]);
	pane_release(&ui->help_pane);
	seen_release(ui);
	screen_release(&ui->screen);
	input_release(&ui->input);
	free(ui->purpose_id);
	free(ui->saved_text);
	free(ui->notice);
	free(ui->shown);
	free(ui->drawn_surface);
	free(ui->armed);
	free(ui->drawn_hunk);
	free(ui->armed_hunk);
	free(ui->wanted);
	free(ui->state_name);
	fold_free(ui->fold);
	memset(ui, 0, sizeof(*ui));
}

void
ui_notice(struct ui *ui, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = xvasprintf(fmt, ap);
	va_end(ap);
	free(ui->notice);
	ui->notice = s;
}

static void
ui_go(struct ui *ui, enum pane_id to)
{
	if (to == PANE_ASK && ui_waiting_pane(ui) != PANE_ASK)
		to = PANE_TRANSCRIPT;
	ui->at = to;
	if (pane_table[to]->open != NULL)
		pane_table[to]->open(ui);
	if (!ui->typing && ui_waiting_pane(ui) == to)
		ui->waits = false;
}

/* Is there something in front that must not be pushed away? */
static bool
ui_is_held(const struct ui *ui)
{
	return (ui->typing && (!input_is_empty(&ui->input) ||
	    ui->purpose != UI_SAY)) || ui->help || ui->quit_asked ||
	    ui->confirm.action != ACTION_NONE;
}

static bool
ui_attend_now(struct ui *ui)
{
	if (!ui->waits || !ui->goes || ui_is_held(ui) ||
	    ui->now - ui->last_key < UI_QUIET_MS)
		return false;
	ui->typing = false;
	ui_go(ui, ui_waiting_pane(ui));
	return true;
}

/* Something that waits for a person gets the focus, unless they are busy. */
static void
ui_attend(struct ui *ui)
{
	char *waiting = ui_waiting(ui);

	if (ui->at == PANE_ASK && (waiting == NULL ||
	    ui_waiting_pane(ui) != PANE_ASK))
		ui_go(ui, PANE_TRANSCRIPT);
	if (waiting == NULL) {
		/* Decided: back to where things happen. */
		if (ui->wanted != NULL && ui->at == ui->wanted_pane)
			ui_go(ui, PANE_TRANSCRIPT);
		free(ui->wanted);
		ui->wanted = NULL;
		ui->waits = false;
		return;
	}
	/* What was asked and answered long ago moves nothing. */
	if (!ui->fold->live || (ui->wanted != NULL &&
	    strcmp(ui->wanted, waiting) == 0)) {
		free(waiting);
		return;
	}
	free(ui->wanted);
	ui->wanted = waiting;
	ui->wanted_pane = ui_waiting_pane(ui);
	/* What is new is read from its beginning. */
	if (ui->wanted_pane == PANE_PLAN || ui->wanted_pane == PANE_ASK)
		ui->panes[ui->wanted_pane].top = 0;
	if (!ui->typing && ui->at == ui_waiting_pane(ui)) {
		ui_go(ui, ui->at);
		return;
	}
	ui->waits = ui->goes = true;
	ui_attend_now(ui);
}

void
ui_line(struct ui *ui, const cJSON *line)
{
	const char *type = json_str_or(line, "type", "");
	const char *state;
	int64_t seq = ui->fold->seq;

	if (strcmp(type, "refused") == 0) {
		ui_notice(ui, "%s", json_str_or(line, "text", "refused"));
		decide_forget_sent(ui, true);
	}
	fold_line(ui->fold, line);
	if (ui->fold->seq != seq || strcmp(type, "proposal") == 0)
		seen_sweep(ui);
	decide_forget_sent(ui, false);
	if (ui->confirm.action != ACTION_NONE &&
	    (ui->fold->proposal == NULL ? 0 : ui->fold->proposal->id) !=
	    ui->confirm.proposal) {
		decide_confirm_clear(ui);
		ui_notice(ui, "what was asked about has changed: not done");
	}
	state = ui->fold->state == NULL ? "" : ui->fold->state;
	if (ui->state_name == NULL || strcmp(ui->state_name, state) != 0) {
		free(ui->state_name);
		ui->state_name = xstrdup(state);
		ui->state_since = ui->now;
	}
	ui_attend(ui);
}

unsigned
ui_contexts(const struct ui *ui)
{
	char *waiting;
	unsigned c = ACTION_CTX_PANE;

	if (ui->confirm.action != ACTION_NONE)
		return ACTION_CTX_CONFIRM;
	if (ui->quit_asked)
		return ACTION_CTX_QUIT;
	if (ui->help)
		return ACTION_CTX_HELP;
	if (ui->typing)
		return ACTION_CTX_INPUT;
	waiting = ui_surface(ui);
	if (waiting != NULL) {
		if (strncmp(waiting, "ask:", 4) == 0)
			c |= ACTION_CTX_ASK;
		else if (strncmp(waiting, "pause:", 6) == 0)
			c |= ACTION_CTX_PAUSE;
		else if (strncmp(waiting, "plan:", 5) == 0)
			c |= ACTION_CTX_PLAN;
		else if (strncmp(waiting, "diff:", 5) == 0)
			c |= ACTION_CTX_DIFF;
	}
	free(waiting);
	return c;
}

void
ui_type(struct ui *ui, enum ui_purpose purpose, const char *id)
{
	if (purpose != UI_SAY && ui->purpose == UI_SAY) {
		free(ui->saved_text);
		ui->saved_text = buf_take(&ui->input.text);
		input_set(&ui->input, "");
	}
	free(ui->purpose_id);
	ui->purpose_id = xstrdup_null(id);
	ui->purpose = purpose;
	ui->typing = true;
}

/* Back from a word to what was being said. */
static void
ui_type_end(struct ui *ui)
{
	ui->typing = false;
	if (ui->purpose == UI_SAY)
		return;
	input_set(&ui->input, ui->saved_text == NULL ? "" : ui->saved_text);
	free(ui->saved_text);
	ui->saved_text = NULL;
	ui->purpose = UI_SAY;
}

static void
ui_submit(struct ui *ui)
{
	enum ui_purpose purpose = ui->purpose;
	char *text;
	cJSON *o;

	if (input_is_empty(&ui->input)) {
		ui_type_end(ui);
		return;
	}
	text = xstrdup(buf_str(&ui->input.text));
	input_set(&ui->input, "");
	if (purpose == UI_SAY) {
		o = cJSON_CreateObject();
		json_add_str(o, "type", "say");
		json_add_str(o, "text", text);
		ui->send(ui->send_arg, o);
		ui_type_end(ui);
		ui_go(ui, PANE_TRANSCRIPT);
		ui->panes[PANE_TRANSCRIPT].follow = true;
	} else {
		ui_type_end(ui);
		if (purpose == UI_REFUSE)
			decide_word(ui, text);
		else if (ui->fold->plan.version == (ui->purpose_id == NULL ?
		    0 : (int)strtol(ui->purpose_id, NULL, 10)))
			decide_plan(ui, "return", text, NULL);
		else
			ui_notice(ui, "the plan has changed: not sent");
	}
	free(text);
}

/* Keys that do the same everywhere. */
static bool
ui_key_common(struct ui *ui, enum action_id id)
{
	cJSON *o;

	switch (id) {
	case ACTION_INTERRUPT:
		o = cJSON_CreateObject();
		json_add_str(o, "type", "interrupt");
		ui->send(ui->send_arg, o);
		ui_notice(ui, "interrupt sent · q leaves");
		return true;
	case ACTION_SUSPEND:
		ui->want_suspend = true;
		return true;
	case ACTION_REDRAW:
		ui->want_redraw = true;
		return true;
	default:
		return false;
	}
}

static void
ui_key_input(struct ui *ui, const struct action *a, uint32_t key)
{
	if (a == NULL) {
		if (key >= ' ' && key < 0x110000)
			input_put(&ui->input, key);
		return;
	}
	if (input_key(&ui->input, a->id))
		return;
	if (a->id == ACTION_INPUT_SEND)
		ui_submit(ui);
	else if (a->id == ACTION_INPUT_LEAVE) {
		ui_type_end(ui);
		if (ui->waits)
			ui_go(ui, ui_waiting_pane(ui));
	}
}

static enum pane_id
ui_pane_beside(const struct ui *ui, int step)
{
	int n = PANE_ASK, at = ui->at == PANE_ASK ? PANE_TRANSCRIPT :
	    (int)ui->at;

	return (enum pane_id)((at + step + n) % n);
}

static void
ui_key_pane(struct ui *ui, const struct action *a)
{
	const struct pane_ops *ops = pane_table[ui->at];

	if (ops->key != NULL && ops->key(ui, a->id))
		return;
	switch (a->id) {
	case ACTION_PANE_NEXT:
		ui_go(ui, ui->waits || (ui->wanted != NULL &&
		    ui->at != ui_waiting_pane(ui)) ? ui_waiting_pane(ui) :
		    ui_pane_beside(ui, 1));
		break;
	case ACTION_PANE_PREV:
		ui->goes = false;
		ui_go(ui, ui_pane_beside(ui, -1));
		break;
	case ACTION_PANE_PLAN:
	case ACTION_PANE_TRANSCRIPT:
	case ACTION_PANE_OUTPUT:
	case ACTION_PANE_DIFF:
		/* Who goes elsewhere is not fetched back. */
		ui->goes = false;
		ui_go(ui, (enum pane_id)(a->id - ACTION_PANE_PLAN));
		break;
	case ACTION_ZOOM:
		ui->zoom = !ui->zoom;
		break;
	case ACTION_TYPE:
		ui_type(ui, UI_SAY, NULL);
		break;
	case ACTION_HELP:
		ui->help = true;
		ui->help_pane.top = 0;
		break;
	case ACTION_QUIT:
		ui->quit_asked = true;
		break;
	default:
		pane_scroll(&ui->panes[ui->at], a->id);
		break;
	}
}

static void
ui_paste(struct ui *ui, const struct key_event *ev)
{
	if (!ui->typing) {
		decide_confirm_clear(ui);
		ui->quit_asked = ui->help = false;
		ui_type(ui, UI_SAY, NULL);
	}
	if (!input_insert(&ui->input, ev->text, ev->len))
		ui_notice(ui, "the text is too long: the rest is left out");
}

void
ui_key(struct ui *ui, const struct key_event *ev)
{
	unsigned contexts = ui_contexts(ui);
	const struct action *a;

	free(ui->notice);
	ui->notice = NULL;
	ui->last_key = ui->now;
	if (ev->key == 0) {
		ui_paste(ui, ev);
		return;
	}
	a = action_find(contexts, ev->key);
	if (a != NULL && ui_key_common(ui, a->id))
		return;
	if (contexts == ACTION_CTX_CONFIRM) {
		if (a != NULL && a->id == ACTION_CONFIRM) {
			decide_confirmed(ui);
			return;
		}
		decide_confirm_clear(ui);
		ui_notice(ui, "not done");
	} else if (contexts == ACTION_CTX_QUIT) {
		ui->quit_asked = false;
		if (a != NULL && a->id == ACTION_DETACH)
			ui->want = UI_WANT_DETACH;
		else if (a != NULL && a->id == ACTION_END)
			ui->want = UI_WANT_END;
	} else if (contexts == ACTION_CTX_HELP) {
		if (a == NULL || !pane_scroll(&ui->help_pane, a->id))
			ui->help = false;
	} else if (contexts == ACTION_CTX_INPUT) {
		ui_key_input(ui, a, ev->key);
	} else if (a != NULL && !decide_key(ui, a)) {
		ui_key_pane(ui, a);
	}
}

void
ui_key_old(struct ui *ui, const struct key_event *ev)
{
	unsigned contexts = ui_contexts(ui);
	const struct action *a = ev->key == 0 ? NULL :
	    action_find(contexts, ev->key);

	if (a != NULL && (a->flags & ACTION_DECIDES) != 0)
		return;
	/* Nor does it answer a question that it could not know. */
	if (contexts == ACTION_CTX_CONFIRM && ev->key != 0 &&
	    (a == NULL || a->id != ACTION_INTERRUPT))
		return;
	ui_key(ui, ev);
}

void
ui_show(struct ui *ui, const struct page_row *r)
{
	if (r->seen == NULL)
		return;
	if (ui->shown_len == ui->shown_cap) {
		ui->shown_cap = ui->shown_cap == 0 ? 64 : ui->shown_cap * 2;
		ui->shown = xreallocarray(ui->shown, ui->shown_cap,
		    sizeof(*ui->shown));
	}
	ui->shown[ui->shown_len].seen = r->seen;
	ui->shown[ui->shown_len].off = r->seen_off;
	ui->shown[ui->shown_len++].len = r->seen_len;
}

static const char *
ui_prompt(const struct ui *ui)
{
	switch (ui->purpose) {
	case UI_REFUSE:
		return "why not> ";
	case UI_RETURN:
		return "what to change> ";
	default:
		return "> ";
	}
}

static void
ui_draw_title(struct ui *ui, const struct rect *r)
{
	struct screen *s = &ui->screen;
	struct buf b = BUF_INIT(0);
	int x = 0;
	size_t i;

	if (r->rows < 1)
		return;
	screen_fill(s, r->y, 0, r->cols, STYLE_BAR);
	for (i = 0; i < PANE_ASK; i++) {
		/* The names only where there is room for what matters. */
		if (r->cols < 60 && i != (size_t)ui->at)
			continue;
		buf_clear(&b);
		buf_addf(&b, i == (size_t)ui->at ? "[%zu %s]" : " %zu %s ",
		    i + 1, pane_table[i]->name);
		x = screen_puts(s, r->y, x, r->cols, i == (size_t)ui->at ?
		    STYLE_CURRENT : STYLE_BAR, buf_str(&b));
	}
	buf_clear(&b);
	buf_addc(&b, ' ');
	if (ui->help)
		buf_adds(&b, "keys");
	else
		pane_table[ui->at]->title(ui, &b);
	screen_own(s, r->y, x, r->cols, STYLE_BAR, buf_str(&b));
	buf_release(&b);
}

void
ui_draw(struct ui *ui)
{
	struct screen *s = &ui->screen;
	struct layout_wish wish = { 0, 0, 0, false };
	struct layout l;

	screen_clear(s);
	ui->shown_len = 0;
	wish.zoom = ui->zoom;
	wish.strip = ui->at == PANE_PLAN ? 0 : plan_strip_rows(ui, s->rows);
	if (ui->typing || !input_is_empty(&ui->input))
		wish.input = input_rows(&ui->input, ui_prompt(ui), s->cols,
		    s->flags);
	wish.hints = status_rows(ui, s->cols);
	if (wish.hints == 1 && s->rows < 8 && ui->notice == NULL &&
	    ui->confirm.action == ACTION_NONE && !ui->quit_asked)
		wish.hints = 0;
	layout_make(&l, s->rows, s->cols, &wish);
	free(ui->drawn_surface);
	free(ui->drawn_hunk);
	ui->drawn_hunk = NULL;
	ui->drawn_surface = ui_surface(ui);
	/* A question that is not there in full has not been asked. */
	if (l.main.rows < 1 || (ui->confirm.action != ACTION_NONE &&
	    l.hints.rows < wish.hints)) {
		free(ui->drawn_surface);
		ui->drawn_surface = NULL;
	}
	if (l.strip.rows > 0)
		plan_strip_draw(ui, &l.strip);
	ui_draw_title(ui, &l.title);
	if (l.main.rows > 0) {
		if (ui->help)
			help_draw(ui, &l.main);
		else
			pane_table[ui->at]->draw(ui, &l.main);
	}
	status_draw(ui, &l);
	if (l.input.rows > 0) {
		input_draw(&ui->input, s, ui_prompt(ui), &l.input);
		if (!ui->typing)
			s->cursor_y = s->cursor_x = -1;
	}
}

bool
ui_written(struct ui *ui)
{
	size_t i, j;
	struct seen *s;
	bool fresh;

	for (i = 0; i < ui->shown_len; i++) {
		s = ui->shown[i].seen;
		s->framed = true;
		for (j = 0; j < ui->shown[i].len; j++) {
			size_t at = ui->shown[i].off + j;

			if (at < s->len && !s->bytes[at]) {
				s->bytes[at] = 1;
				s->count++;
			}
		}
	}
	ui->shown_len = 0;
	fresh = ui->drawn_surface != NULL && (ui->armed == NULL ||
	    strcmp(ui->armed, ui->drawn_surface) != 0);
	free(ui->armed);
	ui->armed = ui->drawn_surface;
	ui->drawn_surface = NULL;
	free(ui->armed_hunk);
	ui->armed_hunk = ui->drawn_hunk;
	ui->drawn_hunk = NULL;
	return fresh;
}

bool
ui_is_working(const struct ui *ui)
{
	static const char *const states[] = { "model", "tool", "evidence",
		"retry", "applying" };
	size_t i;

	for (i = 0; ui->state_name != NULL && i < MEM_COUNT(states); i++)
		if (strcmp(ui->state_name, states[i]) == 0)
			return true;
	return false;
}

int64_t
ui_deadline(const struct ui *ui)
{
	int64_t at = -1, age = ui->now - ui->state_since;

	if (ui_is_working(ui))
		at = ui->state_since + (age / 1000 + 1) * 1000;
	if (ui->waits && ui->goes && !ui_is_held(ui) &&
	    (at < 0 || ui->last_key + UI_QUIET_MS < at))
		at = ui->last_key + UI_QUIET_MS;
	return at;
}

bool
ui_tick(struct ui *ui)
{
	return ui_attend_now(ui) || ui_is_working(ui);
}

void
ui_plan_edited(struct ui *ui, const cJSON *plan, const char *why)
{
	if (plan == NULL)
		ui_notice(ui, "%s", why);
	else
		decide_plan(ui, "edit", NULL, plan);
}
