/* See composer.h. The keys of the text itself are in input.c. */

#include "config.h"

#include "ui/panes/composer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/attach.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "front/bindings.h"
#include "front/history.h"
#include "front/slash-command.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "policy/approve.h"
#include "ui/panes/confirm.h"
#include "ui/panes/panes.h"
#include "ui/panes/transcript.h"
#include "ui/panes/ui-base.h"
#include "ui/text/input.h"

/* ---- earlier messages: a step at a time, or by an incremental search as in
 * readline ---- */

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
		(void)input_load(&ui->input, 0, ui->input.text.len,
		    s->history.texts[at], strlen(s->history.texts[at]));
	else
		(void)input_load(&ui->input, 0, ui->input.text.len,
		    buf_str(&s->draft), s->draft.len);
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
			return xasprintf("%.*s%s", !it->command &&
			    (it->text[0] == '/' || it->text[0] == '!'),
			    it->text, it->text);
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
	(void)input_load(&ui->input, 0, ui->input.text.len, text,
	    strlen(text));
	ui->say.taking = seq;
	ui->send(ui->send_arg, command_int("unqueue", "message", seq));
	return true;
}

/* A line "unqueued", of any screen, or "refused": the core's answer. */
static void
composer_taken(struct ui *ui, const struct event *e)
{
	const struct ev_unqueued *back = e->type == EVENT_UNQUEUED ?
	    &e->unqueued : NULL;
	int64_t seq = ui->say.taking;
	AUTO_FREE char *text = NULL;

	if (seq == 0 || (back != NULL && back->message != seq))
		return;
	ui->say.taking = 0;
	text = composer_queued(ui, &seq);
	if (back != NULL && ev_is(back->client, ui->client))
		ui_notice(ui, "taken back · %s sends it",
		    ui_key_of(ui, ACTION_INPUT_SEND));
	else if (text != NULL && strcmp(text, buf_str(&ui->input.text)) == 0)
		/* It was sent, or is in another screen's line. */
		input_set(&ui->input, "");
}

/* Is there no line above or below? */
static bool
composer_at_edge(const struct input *in, enum action_id id)
{
	const char *text = buf_str(&in->text);

	return (id == ACTION_INPUT_UP ? memrchr(text, '\n', in->cursor) :
	    memchr(text + in->cursor, '\n', in->text.len - in->cursor)) == NULL;
}

/* Up or down, beyond the ends of the text; false if there is no entry. In the
 * empty line, up takes back the newest message that the model hasn't got. */
static bool
composer_walk(struct ui *ui, enum action_id id)
{
	struct ui_say *s = &ui->say;

	if (ui->purpose != UI_SAY || !composer_at_edge(&ui->input, id))
		return false;
	if (id == ACTION_INPUT_UP && ui->input.last == LAST_CLEARED) {
		(void)input_key(&ui->input, ACTION_INPUT_YANK);
		composer_changed(ui, true);
		return true;
	}
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
composer_search_prompt(struct ui *ui, bool missing)
{
	struct ui_say *s = &ui->say;

	FREE_SET(s->prompt, xasprintf("(%shistory: %s) ", missing ? "not in " :
	    "", buf_str(&s->needle)));
}

/* Show the match, or that there is none. */
static void
composer_search_at(struct ui *ui, size_t found)
{
	struct ui_say *s = &ui->say;
	const char *needle = buf_str(&s->needle), *p;
	bool missing = s->needle.len > 0 && found == s->history.len;

	if (!missing) {
		composer_show(ui, found);
		p = s->needle.len == 0 ? NULL :
		    strstr(buf_str(&ui->input.text), needle);
		if (p != NULL)
			ui->input.cursor = (size_t)(p - ui->input.text.p);
	}
	composer_search_prompt(ui, missing);
}

/* The last message before `before` that contains this; h->len if none does. */
static size_t
composer_find_past(const struct history *h, const char *text, size_t before)
{
	size_t i;

	for (i = before < h->len ? before : h->len; i-- > 0;)
		if (strstr(h->texts[i], text) != NULL)
			return i;
	return h->len;
}

/* Find the last entry before `before` with the needle. */
static void
composer_search_go(struct ui *ui, size_t before)
{
	struct ui_say *s = &ui->say;

	composer_search_at(ui, s->needle.len == 0 ? s->history.len :
	    composer_find_past(&s->history, buf_str(&s->needle), before));
}

static void
composer_search_begin(struct ui *ui)
{
	struct ui_say *s = &ui->say;

	composer_walk_begin(ui);
	buf_release(&s->needle);
	buf_init(&s->needle, 256);
	composer_search_prompt(ui, false);
}

static void
composer_search_end(struct ui *ui, bool back)
{
	struct ui_say *s = &ui->say;

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
	buf_cut(&s->needle, s->needle.len);
	composer_search_go(ui, s->history.len);
}

/* Handle a key of the incremental search; any other key accepts the match. */
static bool
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

#define COMPOSER_TELL_MS 30000	/* then the core is told again */

static void
composer_forget(struct ui *ui)
{
	struct ui_say *s = &ui->say;

	while (s->pending > 0)
		input_release(&s->sent[--s->pending]);
	FREE_NULL(s->sent);
}

static void
composer_release(struct ui *ui)
{
	struct ui_say *s = &ui->say;

	composer_forget(ui);

	history_release(&s->history);
	buf_release(&s->draft);
	buf_release(&s->needle);
	free(s->prompt);
	cJSON_Delete(s->outside);
}

/* The number of the attachment that begins or ends at the cursor, or -1. */
static int
composer_attach_at(const struct input *in)
{
	const char *p = in->text.p;

	if (in->cursor < in->text.len && p[in->cursor] == INPUT_ATOM)
		return (unsigned char)p[in->cursor + 1] - 0x80;
	if (in->cursor >= 2 && p[in->cursor - 2] == INPUT_ATOM)
		return (unsigned char)p[in->cursor - 1] - 0x80;
	return -1;
}

char *
composer_dropped(const struct ui *ui, const char *p, size_t n)
{
	const struct input *in = &ui->input;
	AUTO_FREE char *text = ui->purpose != UI_SAY ||
	    slash_command_is_run(buf_str(&in->text)) ? NULL :
	    attach_pasted(p, n);

	return text == NULL ? NULL : xasprintf("%s%s", in->cursor == 0 ||
	    strchr(" \n", in->text.p[in->cursor - 1]) != NULL ? "" : " ", text);
}

static void
composer_allow_file(struct ui *ui, const char *path)
{
	if (ui->say.outside == NULL)
		ui->say.outside = cJSON_CreateArray();
	cJSON_AddItemToArray(ui->say.outside, cJSON_CreateString(path));
}

/* Attach the image on the clipboard. The user's key is the answer to the question
 * about it. */
static void
composer_image(struct ui *ui)
{
	struct err e = ERR_INIT;
	AUTO_FREE char *path = NULL, *real = NULL, *text = NULL;

	if (ui->purpose != UI_SAY || ui->paste == NULL ||
	    slash_command_is_run(buf_str(&ui->input.text))) {
		ui_notice(ui, "an image goes with a message, not with this");
		return;
	}
	path = ui->paste(ui->paste_arg, &e);
	real = path == NULL ? NULL : fs_realpath(path);
	text = real == NULL ? NULL : composer_dropped(ui, path, strlen(path));
	if (text == NULL) {
		ui_notice(ui, "%s", err_is_set(&e) ? e.text :
		    "the image can't be attached");
		return;
	}
	composer_allow_file(ui, real);
	(void)input_paste(&ui->input, text, strlen(text), false);
	composer_changed(ui, true);
}

/* ---- keys ---- */

static bool
composer_key_more(struct ui *ui, enum action_id id)
{
	struct ui_say *s = &ui->say;

	switch (id) {
	case ACTION_INPUT_UP:
	case ACTION_INPUT_DOWN:
		return composer_walk(ui, id);
	case ACTION_INPUT_HISTORY:
		if (ui->purpose == UI_SAY)
			composer_search_begin(ui);
		return true;
	case ACTION_INPUT_EDITOR:
		s->editing = composer_attach_at(&ui->input);
		ui->want_edit = UI_EDIT_TEXT;
		return true;
	case ACTION_INPUT_IMAGE:
		composer_image(ui);
		return true;
	case ACTION_INPUT_SEND_NOW:
		if (ui->purpose != UI_SAY)
			ui_notice(ui, "%s sends this", ui_key_of(ui,
			    ACTION_INPUT_SEND));
		else if (input_is_empty(&ui->input))
			ui_notice(ui, "the line is empty · %s interrupts",
			    ui_key_of(ui, ACTION_INTERRUPT));
		else
			composer_submit(ui, true);
		return true;
	default:
		return false;
	}
}

bool
composer_key(struct ui *ui, const struct action *a, uint32_t key)
{
	struct ui_say *s = &ui->say;

	if (s->prompt != NULL)
		return composer_search_key(ui, a, key);
	if (a == NULL)
		return false;
	if (complete_key(ui, a->id))
		return true;
	return composer_key_more(ui, a->id);
}

/* Tell the core that a message is on its way, so that it can prepare. */
static void
composer_typing(struct ui *ui)
{
	struct ui_say *s = &ui->say;

	if (ui->purpose != UI_SAY || input_is_empty(&ui->input) ||
	    strchr("/!", ui->input.text.p[0]) != NULL || ui_is_working(ui) ||
	    (s->told_ms != 0 && ui->now - s->told_ms < COMPOSER_TELL_MS))
		return;
	s->told_ms = ui->now;
	ui->send(ui->send_arg, command_of("typing"));
}

void
composer_changed(struct ui *ui, bool typed)
{
	FREE_NULL(ui->say.prompt);
	if (typed) {
		/* An entry of the history that is changed becomes a new
		 * text. */
		ui->say.walking = false;
		composer_typing(ui);
		if (ui->purpose == UI_SAY &&
		    strcmp(buf_str(&ui->input.text), "/") == 0)
			ui->send(ui->send_arg, command_of("commands"));
	}
	complete_update(ui, typed);
}

/* ---- sent ---- */

/* Commands that the UI handles itself. */
static void
composer_command_own(
    struct ui *ui, const struct slash_command *c, const char *rest)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	switch (c->id) {
	case SLASH_COMMAND_CHANGES:
		ui->waits.back = ui->at == PANE_ASK ? PANE_TRANSCRIPT : ui->at;
		view_visit(ui, PANE_CHANGES);
		break;
	case SLASH_COMMAND_COMMIT:
		if (strncmp(rest, "--", 2) == 0)
			ui_notice(ui, SLASH_COMMAND_NO_OPTIONS);
		else
			git_commit_ask(ui, NULL, rest[0] == '\0' ? NULL : rest);
		break;
	case SLASH_COMMAND_DEMO:
		ui->want_edit = UI_RUN_DEMO;
		break;
	case SLASH_COMMAND_DIFF:
		view_visit(ui, PANE_DIFF);
		break;
	case SLASH_COMMAND_HELP:
		search_help(ui, HELP_KEYS);
		break;
	case SLASH_COMMAND_LOGIN:
		ui->want_edit = UI_RUN_LOGIN;
		break;
	case SLASH_COMMAND_SEND:
		if (ev_is(ui->fold->mode, "review"))
			ui->want_edit = UI_RUN_SEND;
		else
			ui_notice(ui, "only assent review has comments to send");
		break;
	case SLASH_COMMAND_OUTPUT:
		(void)follow_end(ui);
		view_visit(ui, PANE_OUTPUT);
		break;
	case SLASH_COMMAND_PLAN:
		view_visit(ui, PANE_PLAN);
		break;
	case SLASH_COMMAND_QUIT:
		confirm_quit(ui);
		break;
	case SLASH_COMMAND_CONTEXT:
	case SLASH_COMMAND_STATUS:
		if (c->id == SLASH_COMMAND_CONTEXT)
			slash_command_context(&b, ui->fold);
		else
			slash_command_status(&b, ui->fold, ui->git.branch);
		ui_notice_lines(ui, &b);
		break;
	default:
		break;
	}
}

/* What was sent, or why not, must be read. */
static void
composer_sent(struct ui *ui, const char *text UNUSED, size_t len UNUSED,
    int64_t of UNUSED, const char *why UNUSED)
{
	ui->want_edit = UI_RUN_PAUSE;
}

const struct ui_edit_ops run_send = { .done = composer_sent };

/* What a command did that was sent. Of a setting the core's line says it, see
 * composer_set; a refusal replaces it. */
static void
composer_does(struct ui *ui, enum slash_command_id id)
{
	static const struct {
		enum slash_command_id	 id;
		const char		*words;
	} rows[] = {
		{ SLASH_COMMAND_COMPACT, "summarizing older messages" },
		{ SLASH_COMMAND_INTERRUPT, "interrupting" },
		{ SLASH_COMMAND_NOTICE, "trying small changes" },
		{ SLASH_COMMAND_PROOF, "telling it" },
		{ SLASH_COMMAND_PROPOSE, "preparing the review" },
		{ SLASH_COMMAND_OUTPUT, "its output is in the transcript" },
		{ SLASH_COMMAND_REREAD, "reading your files again" },
		{ SLASH_COMMAND_RETRY, "asking again" },
		{ SLASH_COMMAND_STOP, "stopping it" },
		{ SLASH_COMMAND_TEST, "running the check" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(rows); i++)
		if (rows[i].id == id)
			ui_notice_as(ui, NOTICE_BEGINS, "%s", rows[i].words);
}

/* Keep the first model that was chosen, if new sessions have none. */
static void
composer_keep_model(struct ui *ui, struct buf *b)
{
	const struct slash_command_models *m = &ui->models;
	struct err none = ERR_INIT, e = ERR_INIT;
	AUTO_JSON cJSON *o = NULL;
	int rc;

	if (m->by_default == NULL || ui->fold->model == NULL ||
	    (o = m->by_default(m->arg, &none)) != NULL)
		return;
	rc = m->keep(m->arg, ui->fold->model, &e);
	if (rc < 0)
		buf_addf(b, " · for this session only: %s", e.text);
	else if (rc > 0)
		buf_adds(b, ", also for new sessions");
}

/* What the user's command has set, here or on another screen. */
static void
composer_set(struct ui *ui, const struct event *e)
{
	const struct fold *f = ui->fold;
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (!f->live)
		return;
	if (e->type == EVENT_COMPACTION && ev_is(e->compaction.why, "new"))
		buf_addf(&b, "new conversation: %s knows nothing of the "
		    "messages above", fold_agent_or(f, "the model"));
	else if (strcmp(e->by, "user") != 0)
		return;
	else if (e->type == EVENT_MODEL) {
		if (ui_has_notice(ui, NOTICE_KEY_STORED))
			buf_addf(&b, "%s · ", ui->notice);
		buf_addf(&b, "model: %s", f->model == NULL ? "?" : f->model);
		composer_keep_model(ui, &b);
	} else if (e->type == EVENT_CHECK)
		buf_addf(&b, "check: %s", e->check.command);
	else if (e->type == EVENT_MODE && e->mode.text != NULL)
		buf_adds(&b, e->mode.text);
	else if (e->type == EVENT_MODE && f->approve != NULL) {
		buf_addf(&b, "review mode %s: ", f->approve);
		approve_words(&b, approve_find(f->approve), APPROVE_SCREEN);
	}
	if (b.len == 0)
		return;
	ui_notice_as(ui, NOTICE_STAYS, "%s", buf_str(&b));
}

/* Look for servers, and begin "/model NAME", to be completed; false: the text
 * stays. */
static bool
composer_local(struct ui *ui)
{
	AUTO_BUF struct buf servers = BUF_INIT(0);
	AUTO_FREE char *first = NULL, *text = NULL;
	int n = ui->models.local == NULL ? 0 :
	    ui->models.local(ui->models.arg, &first, &servers);

	if (n == 0) {
		ui_notice(ui, "no model server answers on its usual port: "
		    "start llama.cpp, LM Studio, Ollama or vLLM, then /local "
		    "again");
		return true;
	}
	ui_notice_as(ui, NOTICE_STAYS, "found %s: %d model%s · %s",
	    buf_str(&servers), n, n == 1 ? "" : "s", n == 1 ? "Enter uses it" :
	    "Tab completes a name, Enter uses it");
	text = xasprintf("/model %s", n == 1 ? first : "");
	if (input_is_empty(&ui->input) || ui->input.text.p[0] == '/')
		input_set(&ui->input, text);
	ui->typing = true;
	return false;
}

/* The menu of the words that may follow it. */
static void
composer_menu(struct ui *ui, const struct slash_command *c)
{
	AUTO_FREE char *text = xasprintf("/%s ", c->name);

	typing_begin(ui, UI_SAY, NULL);
	input_set(&ui->input, text);
	composer_changed(ui, true);
	if (ui->say.complete.len == 0)
		ui_notice(ui, "no model is configured; assent login stores a "
		    "key");
}

bool
composer_command(struct ui *ui, const struct slash_command *c, const char *rest)
{
	const struct fold *f = ui->fold;
	struct err e = ERR_INIT;
	cJSON *o;

	if (rest[0] == '\0' && (c->id == SLASH_COMMAND_MODEL ||
	    c->id == SLASH_COMMAND_MODE || c->id == SLASH_COMMAND_EFFORT)) {
		composer_menu(ui, c);
		return false;
	}
	if (c->id == SLASH_COMMAND_LOCAL)
		return composer_local(ui);
	/* Which one? A key of the list stops it. */
	if (c->id == SLASH_COMMAND_BACKGROUND || (c->id ==
	    SLASH_COMMAND_STOP && rest[0] == '\0' &&
	    fold_background_runs(f) > 1)) {
		background_list_open(ui);
		return true;
	}
	if (c->id == SLASH_COMMAND_BTW && rest[0] == '\0') {
		btw_open(ui, 0);
		return true;
	}
	if ((c->type == NULL && c->id != SLASH_COMMAND_MODEL) ||
	    (rest[0] == '\0' && (c->id == SLASH_COMMAND_PLAN ||
	    (c->id == SLASH_COMMAND_OUTPUT &&
	    fold_background_runs(ui->fold) == 0)))) {
		composer_command_own(ui, c, rest);
		return true;
	}
	if (c->id == SLASH_COMMAND_END) {
		ui_asks(ui, UI_WANT_END);
		return true;
	}
	/* Said here, so that the text stays. */
	if (c->id == SLASH_COMMAND_NEW && fold_undecided(f->proposal) > 0 &&
	    !fold_stages(f)) {
		ui_notice(ui, "review the open changes first · %s shows them",
		    ui_key_of(ui, ACTION_PANE_DIFF));
		return false;
	}
	o = slash_command_line(c, rest, ui->fold, &ui->models, &e);
	if (o == NULL) {
		ui_notice(ui, "%s", e.text);
		return false;
	}
	if (c->id == SLASH_COMMAND_BTW) {
		btw_open(ui, f->seq);
		if (ui->at == PANE_DIFF && f->proposal != NULL)
			json_add_str(o, "hunk", ui->panes[PANE_DIFF].hunk);
	}
	ui->send(ui->send_arg, o);
	if (c->id == SLASH_COMMAND_UNDO || c->id == SLASH_COMMAND_REDO)
		ui->waits.undo = UNDO_ASKED;
	composer_does(ui, c->id);
	return true;
}

/* Images outside the project, which leave it only if the user says so, once for
 * each: true if this asks. *list: those that the text names, or NULL. */
static bool
composer_asks(struct ui *ui, const char *text, cJSON **list)
{
	const cJSON *it;

	*list = attach_outside_all(text, ui->fold->root, getenv("HOME"));
	cJSON_ArrayForEach(it, *list)
		if (!json_has(ui->say.outside, it->valuestring)) {
			confirm_ask(ui, ACTION_INPUT_SEND,
			    attach_question(it->valuestring));
			ui->confirm.subject = xstrdup(it->valuestring);
			json_drop(list);
			return true;
		}
	return false;
}

void
composer_allow(struct ui *ui, const char *path)
{
	composer_allow_file(ui, path);
	composer_submit(ui, false);
}

/* Takes the list of images. */
static void
composer_send(struct ui *ui, const char *text, size_t len, cJSON *outside,
    bool interrupt, bool file)
{
	cJSON *o = command_of("say");
	AUTO_BUF struct buf left_out = BUF_INIT(0);

	json_add_strn(o, "text", text, len);
	if (file) {
		slash_command_mark(o, text, SLASH_COMMAND_SCREEN, ui->fold);
		slash_command_own(text, ui->fold, &ui->models, ui->send,
		    ui->send_arg, &left_out);
		if (left_out.len > 0)
			ui_notice(ui, "%s", left_out.p);
	}
	if (outside != NULL)
		json_set_take(o, "outside", outside);
	if (interrupt)
		json_add_bool(o, "interrupt", true);
	ui->send(ui->send_arg, o);
	ui->say.told_ms = 0;
	view_go(ui, PANE_TRANSCRIPT);
	ui->panes[PANE_TRANSCRIPT].follow = true;
}

/* Run a command for the user, in the sandbox. */
static void
composer_run(struct ui *ui, const char *command, bool interrupt)
{
	if (interrupt && ui_is_working(ui))
		ui->send(ui->send_arg, command_of("interrupt"));
	ui->send(ui->send_arg, command_text("run", "command", command));
	(void)follow_end(ui);
	view_visit(ui, PANE_OUTPUT);
	ui->panes[PANE_OUTPUT].follow = true;
	ui->waits.own_output = true;
}

/* Is there a model to send the message to? The core would refuse it too, but
 * here the text stays in the input line and can be edited. */
static bool
composer_has_model(struct ui *ui)
{
	bool may = ev_mode_has_model(ui->fold->mode);

	if (may && (ui->fold->model != NULL ||
	    !ev_is(ui->fold->mode, "interactive")))
		return true;
	ui_notice(ui, may ? "no model yet: /login, /local or /model "
	    "PROVIDER/NAME · your text stays here" :
	    ev_is(ui->fold->mode, "try") ? "no model here: assent try runs "
	    "the command again · your text stays here" :
	    "this session uses no model · your text stays here");
	return false;
}

/* Keep the message until the core has it. */
static void
composer_keep_sent(struct ui *ui)
{
	struct ui_say *s = &ui->say;

	if (s->pending == 0)
		s->sent_after = ui->fold->seq;
	GROW(s->sent, s->pending);
	input_init(&s->sent[s->pending]);
	input_move(&s->sent[s->pending++], &ui->input);
}

/* The line was carried out, or (`said`) sent. */
static void
composer_done(struct ui *ui, const char *line, bool said)
{
	struct ui_say *s = &ui->say;

	history_add(&s->history, line);
	s->walking = false;
	complete_update(ui, false);
	if (said)
		composer_keep_sent(ui);
	else
		input_set(&ui->input, "");
	/* A text that was left over may come back now. */
	typing_begin(ui, UI_SAY, NULL);
}

void
composer_submit(struct ui *ui, bool interrupt)
{
	struct ui_say *s = &ui->say;
	const struct slash_command *c;
	const char *rest, *say = NULL;
	AUTO_FREE char *labelled = NULL, *unknown = NULL;
	size_t len, n;
	bool done = true, said = false, pasted, file;
	AUTO_FREE char *text = input_whole(&ui->input, false, &len);
	char *ours;
	cJSON *outside;

	if (s->taking != 0) {
		ui_notice(ui, "not sent: the message is still being taken back");
		return;
	}
	if (text[strspn(text, " \t\n")] == '/') {
		slash_command_trim(text);
		len = strlen(text);
	}
	/* After a '!', the paste is part of the command. */
	pasted = memchr(ui->input.text.p, INPUT_ATOM, ui->input.text.len) !=
	    NULL && !slash_command_is_run(buf_str(&ui->input.text));
	/* For a large paste, keep only the label. */
	labelled = input_whole(&ui->input, true, &n);
	/* If the list of files' commands isn't here yet, the core says whether
	 * it is one. */
	ours = pasted || ui->fold->commands == NULL ? NULL :
	    slash_command_ours(text, ui_commands(ui));
	if (ours != NULL)
		FREE_SET(text, ours);
	switch (pasted ? SLASH_COMMAND_SAY
		       : slash_command_parse(
			     text, SLASH_COMMAND_SCREEN, ui->fold, &c, &rest,
			     &say)) {
	case SLASH_COMMAND_FOUND:
		done = composer_command(ui, c, rest);
		break;
	case SLASH_COMMAND_RUN:
		/* A pasted '!' doesn't run several lines. */
		done = !ui->input.pasted_first || strchr(text, '\n') == NULL;
		if (done)
			composer_run(ui, rest, interrupt);
		else
			ui_notice(ui, "not run: it was pasted; type the ! "
				      "yourself, or !! to send it as text");
		break;
	case SLASH_COMMAND_UNKNOWN:
		if (!slash_command_is_file(text)) {
			unknown = slash_command_unknown(text,
			    SLASH_COMMAND_SCREEN, ui->fold);
			ui_notice(ui, "%s", unknown);
			done = false;
			break;
		}
		/* FALLTHROUGH */
	default:
		if (pasted)
			say = text;
		/* Unless the '/' at the start wasn't typed by the user. */
		file = say == text && !pasted && slash_command_is_file(text);
		/* The core knows first whether it is one. */
		done = said = (file || composer_has_model(ui)) &&
		    !composer_asks(ui, say, &outside);
		if (done)
			composer_send(ui, say, len - (size_t)(say - text),
			    outside, interrupt, file);
		break;
	}
	if (done)
		composer_done(ui, labelled, said);
}

/* Take the oldest sent message. */
static struct input
composer_take(struct ui_say *s)
{
	struct input in = s->sent[0];

	memmove(s->sent, s->sent + 1, --s->pending * sizeof(*s->sent));
	return in;
}

/* It seems lost until the model has it. */
static void
composer_waits(struct ui *ui)
{
	if (ui->say.pending == 0 || !ui_is_working(ui) ||
	    ui->fold->unread == 0)
		return;
	ui_notice_as(ui, NOTICE_QUEUED, "queued · %s takes it back",
	    ui_key_of(ui, ACTION_INPUT_UP));
}

/* The core has the message. */
static void
composer_arrived(struct ui *ui)
{
	struct input in;

	if (ui->say.pending == 0)
		return;
	in = composer_take(&ui->say);
	input_release(&in);
}

/* The refused message comes back: at once, or after the current text. */
static void
composer_refused(struct ui *ui, const char *why)
{
	struct input in;

	if (ui->say.pending == 0)
		return;
	in = composer_take(&ui->say);
	if (slash_command_is_other(buf_str(&in.text)))
		input_release(&in);
	else if (!draft_to_line(ui, &in, true))
		ui_notice(ui,
		    "%s · your message comes back when the line is empty", why);
}

static void
composer_line(struct ui *ui, const struct event *e)
{
	enum event_type type = e->type;

	composer_set(ui, e);
	if (type == EVENT_QUEUED && ui->fold->queued > 0)
		ui_notice_as(ui, NOTICE_RUNS,
		    ui->fold->output.own && ui->fold->output.running
			? "runs after your command · %s stops both"
			: "runs after this tool call · %s cancels it and stops "
			  "the agent",
		    ui_key_of(ui, ACTION_INTERRUPT));
	else if (type == EVENT_QUEUED)
		ui_notice_end(ui, NOTICE_RUNS);
	else if (type == EVENT_USER_MESSAGE && strcmp(e->by, "user") == 0 &&
	    !e->user_message.again) {
		composer_waits(ui);
		composer_arrived(ui);
	} else if (fold_plan_status(e) == FOLD_PLAN_RETURNED) {
		/* A message sent while a plan waits returns that plan, with the
		 * message as the reason: so the core has the message. */
		composer_arrived(ui);
	} else if (type == EVENT_UNQUEUED ||
	    (type == EVENT_REFUSED && ev_is(e->refused.to, "unqueue")))
		composer_taken(ui, e);
	else if (type == EVENT_REFUSED && ev_is(e->refused.to, "say"))
		composer_refused(ui, e->refused.text);
	else if (type == EVENT_TURN_START ||
	    type == EVENT_AGENT_END) {
		size_t n = ui->fold->unread;

		if (n > 0 && type == EVENT_AGENT_END &&
		    ev_is(e->agent_end.outcome, "interrupted")) {
			ui_notice_as(ui, NOTICE_KEPT, "interrupted · %s kept: "
			    "%s sends %s",
			    n == 1 ? "your message is" : "your messages are",
			    ui->typing ? ui_key_of(ui, ACTION_INPUT_SEND) :
			    ui_key_or(ui, ACTION_RETRY, "/retry"),
			    n == 1 ? "it" : "them");
		} else {
			ui_notice_end(ui, NOTICE_KEPT);
			ui_notice_end(ui, NOTICE_QUEUED);
		}
		ui->say.kept = n;
	}
}

const struct ui_part part_composer = {
	.line = composer_line,
	.release = composer_release,
};

/* ---- the editor ---- */

static char *
composer_text(struct ui *ui, size_t *len, int64_t *of UNUSED,
    struct err *e UNUSED)
{
	int i = ui->say.editing;
	const struct buf *b;
	char *s;

	if (i < 0 || (size_t)i >= ui->input.attach_len) {
		s = input_whole(&ui->input, true, len);
	} else {
		b = &ui->input.attach[i].text;
		*len = b->len;
		s = xmemdup(buf_str(b), b->len);
	}
	/* Editors add a newline at the end, so add one here: one newline is
	 * removed again, and those that the user wrote stay. */
	s = xrealloc(s, *len + 2);
	s[(*len)++] = '\n';
	s[*len] = '\0';
	return s;
}

static void
composer_edited(struct ui *ui, const char *text, size_t len, int64_t of UNUSED,
    const char *why)
{
	if (text == NULL) {
		ui_notice(ui, "%s", why);
		return;
	}
	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (!input_edited(&ui->input, ui->say.editing, text, len))
		ui_notice(ui, "text too long; unchanged");
	composer_changed(ui, false);
}

static void
composer_keep(struct ui *ui, const char *text, size_t len, int64_t of)
{
	composer_edited(ui, text, len, of, "");
}

const struct ui_edit_ops edit_message = {
	.name = "message.txt",
	.text = composer_text,
	.done = composer_edited,
	.keep = composer_keep,
};
