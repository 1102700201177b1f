/* Brings earlier messages back into the input line: a step at a time, or by an
 * incremental search as in readline. */
#include "config.h"

#include "ui/panes/composer.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "front/bindings.h"
#include "front/history.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "ui/panes/typing-data.h"
#include "ui/panes/ui-base.h"
#include "ui/text/input.h"

/* Keep the user's text, to return to it. */
static void
composer_walk_begin(struct ui *ui)
{
	struct ui_say *s = &ui->say;

	if (s->walking)
		return;
	buf_release(&s->draft);
	buf_add(&s->draft, buf_str(&ui->input.text), ui->input.text.len);
	s->walking = true;
	s->at = s->history.len;
}

static void
composer_show(struct ui *ui, size_t at)
{
	struct ui_say *s = &ui->say;

	s->at = at;
	if (at < s->history.len)
		input_load(&ui->input, s->history.texts[at],
		    strlen(s->history.texts[at]));
	else
		input_load(&ui->input, buf_str(&s->draft), s->draft.len);
}

/* The queued message of this line (0: the newest), as it is typed; malloc'ed. */
static char *
composer_queued(const struct ui *ui, int64_t *seq)
{
	const struct fold_item *it = ui->fold->items + ui->fold->items_len;

	while (it-- > ui->fold->items)
		if (it->kind == ITEM_USER && !it->text_dropped &&
		    (*seq == 0 ? it->unread : it->seq == *seq)) {
			*seq = it->seq;
			return xasprintf("%.*s%s", it->text[0] == '/' ||
			    it->text[0] == '!', it->text, it->text);
		}
	return NULL;
}

/* It is in the line, and so in the draft, before the core gives it back. */
static bool
composer_take_back(struct ui *ui)
{
	AUTO_FREE char *text = NULL;
	int64_t seq = 0;

	if (ui->say.walking || !input_is_empty(&ui->input) ||
	    ui->say.taking != 0 || ui->fold->unread == 0 || !ui_is_working(ui) ||
	    (text = composer_queued(ui, &seq)) == NULL)
		return false;
	input_load(&ui->input, text, strlen(text));
	ui->say.taking = seq;
	ui->send(ui->send_arg, command_int("unqueue", "message", seq));
	return true;
}

void
composer_taken(struct ui *ui, const cJSON *line)
{
	bool back = event_type(line) == EVENT_UNQUEUED;
	int64_t seq = ui->say.taking;
	AUTO_FREE char *text = NULL;

	if (seq == 0 || json_int(line, "message", seq) != seq)
		return;
	ui->say.taking = 0;
	text = composer_queued(ui, &seq);
	if (back && json_is(line, "client", ui->client))
		ui_notice(ui, "taken back · %s sends it",
		    ui_key_of(ui, ACTION_INPUT_SEND));
	else if (text != NULL && strcmp(text, buf_str(&ui->input.text)) == 0)
		/* It was sent, or is in another screen's line. */
		input_set(&ui->input, "");
}

bool
composer_walk(struct ui *ui, enum action_id id)
{
	struct ui_say *s = &ui->say;

	if (ui->purpose != UI_SAY || !input_at_edge(&ui->input, id))
		return false;
	if (id == ACTION_INPUT_UP && composer_take_back(ui))
		return true;
	if (id == ACTION_INPUT_UP) {
		if (s->walking ? s->at == 0 : s->history.len == 0)
			return false;
		composer_walk_begin(ui);
		composer_show(ui, s->at - 1);
	} else {
		if (!s->walking || s->at >= s->history.len)
			return false;
		composer_show(ui, s->at + 1);
	}
	return true;
}

static void
composer_search_prompt(struct ui *ui)
{
	struct ui_say *s = &ui->say;

	FREE_SET(
	    s->prompt, xasprintf("(%shistory: %s) ",
			   s->missing ? "not in " : "", buf_str(&s->needle)));
}

/* Show the match, or that there is none. */
static void
composer_search_at(struct ui *ui, size_t found)
{
	struct ui_say *s = &ui->say;
	const char *needle = buf_str(&s->needle), *p;

	s->missing = s->needle.len > 0 && found == s->history.len;
	if (!s->missing) {
		composer_show(ui, found);
		p = s->needle.len == 0 ? NULL :
		    strstr(buf_str(&ui->input.text), needle);
		if (p != NULL)
			ui->input.cursor = (size_t)(p - ui->input.text.p);
	}
	composer_search_prompt(ui);
}

/* Find the last entry before `before` with the needle. */
static void
composer_search_go(struct ui *ui, size_t before)
{
	struct ui_say *s = &ui->say;

	composer_search_at(ui, s->needle.len == 0 ? s->history.len :
	    history_find(&s->history, buf_str(&s->needle), before));
}

void
composer_search_begin(struct ui *ui)
{
	struct ui_say *s = &ui->say;

	composer_walk_begin(ui);
	s->searching = true;
	s->missing = false;
	buf_release(&s->needle);
	buf_init(&s->needle, 256);
	composer_search_prompt(ui);
}

static void
composer_search_end(struct ui *ui, bool back)
{
	struct ui_say *s = &ui->say;

	s->searching = false;
	FREE_NULL(s->prompt);
	if (back)
		composer_show(ui, s->history.len);
}

static void
composer_search_back(struct ui *ui)
{
	struct ui_say *s = &ui->say;

	while (s->needle.len > 0 &&
	    (s->needle.p[--s->needle.len] & 0xc0) == 0x80)
		;
	if (s->needle.p != NULL)
		s->needle.p[s->needle.len] = '\0';
	composer_search_go(ui, s->history.len);
}

bool
composer_search_key(struct ui *ui, const struct action *a, uint32_t key)
{
	struct ui_say *s = &ui->say;

	if (a == NULL) {
		if (key < ' ' || key >= 0x110000)
			return true;
		utf8_put(&s->needle, key);
		/* The current match may still fit. */
		composer_search_go(ui, s->at < s->history.len ? s->at + 1 :
		    s->history.len);
		return true;
	}
	switch (a->id) {
	case ACTION_INPUT_HISTORY:
		if (s->needle.len > 0)
			composer_search_go(ui, s->at);
		return true;
	case ACTION_INPUT_BACKSPACE:
		composer_search_back(ui);
		return true;
	case ACTION_INPUT_EDITOR:	/* C-g, as in readline */
		composer_search_end(ui, true);
		return true;
	case ACTION_INPUT_SEND:
	case ACTION_INPUT_LEAVE:
	case ACTION_INPUT_COMPLETE:
		composer_search_end(ui, false);
		return true;
	default:
		composer_search_end(ui, false);
		return false;
	}
}
