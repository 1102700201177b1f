/*
 * The list of background commands: what each does, and keys for the one under
 * the cursor. The core is asked every second while somebody looks at the list or
 * at the output of one that runs. That output is read from the session's folder
 * and shown in the output pane.
 */

#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/endpoint.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "front/bindings.h"
#include "front/slash-command.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "ui/panes/confirm.h"
#include "ui/panes/panes.h"
#include "ui/panes/ui-base.h"
#include "ui/pick/picker.h"
#include "ui/text/page.h"

#define LIST_ASK_MS	1000
#define BACKGROUND_LIST_WHAT "background commands"
#define LIST_COMMAND	30	/* bytes of it in a row */
#define FOLLOW_TAIL	((int64_t)48 << 10)

static const struct ev_backgrounds *
background_list_now(const struct ui *ui)
{
	return ui->background.now == NULL ? NULL :
	    &ui->background.now->backgrounds;
}

static const struct fold_background *
background_list_find(const struct ui *ui, const char *id)
{
	MEM_EACH(ui->fold, background, it)
		if (id != NULL && strcmp(it->id, id) == 0)
			return it;
	return NULL;
}

/* ---- the output of one ---- */

const struct fold_output *
output_shown(const struct ui *ui)
{
	return ui->background.output != NULL ? ui->background.output :
	    &ui->fold->output;
}

bool
follow_end(struct ui *ui)
{
	struct fold_output *o = ui->background.output;

	if (o == NULL)
		return false;
	buf_release(&o->text);
	FREE_ALL(o->title, o->end, o->hash);
	FREE_NULL(ui->background.output);
	FREE_NULL(ui->background.follows);
	ui->panes[PANE_OUTPUT].stale = true;
	ui->panes[PANE_OUTPUT].follow = true;
	return true;
}

/* Read the end of it again, if it has grown. */
static void
follow_read(struct ui *ui)
{
	const struct fold_background *b = background_list_find(ui,
	    ui->background.follows);
	const struct transcript_source *s = &ui->transcript.source;
	struct fold_output *o = ui->background.output;
	AUTO_FREE char *text = NULL, *none = NULL;
	size_t len, skip = 0;
	int64_t size = 0;
	char *nl;

	if (b == NULL || s->piece == NULL)
		return;
	xstrset(&o->hash, b->hash != NULL ? b->hash : b->id);
	xstrset(&o->end, b->ended);
	o->running = b->ended == NULL;
	o->made++;
	none = s->piece(s->arg, o->hash, INT64_MAX, 0, &len, &size);
	if (none == NULL || size == o->bytes)
		return;
	text = s->piece(s->arg, o->hash, size < FOLLOW_TAIL ? 0 :
	    size - FOLLOW_TAIL, (size_t)FOLLOW_TAIL, &len, &size);
	if (text == NULL)
		return;
	if (size > (int64_t)len && (nl = memchr(text, '\n', len)) != NULL)
		skip = (size_t)(nl + 1 - text);
	buf_clear(&o->text);
	buf_add(&o->text, text + skip, len - skip);
	o->bytes = size;
}

static void
follow_begin(struct ui *ui, const struct fold_background *b)
{
	struct fold_output *o = xcalloc(1, sizeof(*o));

	ui->typing = false;
	view_visit(ui, PANE_OUTPUT);
	(void)follow_end(ui);
	ui->background.output = o;
	buf_init(&o->text, 0);
	/* No command of the fold has such a number. */
	o->starts = ++ui->background.starts | 1u << 31;
	o->title = xstrdup(b->command);
	ui->background.follows = xstrdup(b->id);
	follow_read(ui);
	ui->whole.first = FIRST_NOT;
	ui->panes[PANE_OUTPUT].follow = ui->panes[PANE_OUTPUT].stale = true;
	ui_notice(ui, "%s shows the last command's output again",
	    ui_key_of(ui, ACTION_PANE_OUTPUT));
}

/* ---- the list ---- */

static void
background_list_close(struct ui *ui)
{
	picker_free(ui->pick.list);
	memset(&ui->pick, 0, sizeof(ui->pick));
}

/* The one under the cursor; NULL: none. */
static const struct fold_background *
background_list_at(const struct ui *ui)
{
	size_t row = picker_row(ui->pick.list);

	return row < ui->fold->background_len ? &ui->fold->background[row] :
	    NULL;
}

/* More room than a row: all of the command, and how it is. */
static void
background_list_preview(void *arg, size_t row, struct page *p)
{
	const struct ui *ui = arg;
	const struct fold_background *b = &ui->fold->background[row];
	struct buf how = BUF_INIT(0);
	const char *text;

	buf_addf(&how, "%s ", b->id);
	slash_command_background(&how, b, background_list_now(ui));
	text = page_keep_take(p, buf_take(&how));
	page_add(p, STYLE_DIM, NULL, NULL, text, strlen(text));
	page_add(p, STYLE_PLAIN, "$ ", "  ", b->command, strlen(b->command));
}

/* Make the rows, and be at this one. */
static void
background_list_rows(struct ui *ui, size_t row)
{
	picker_clear(ui->pick.list, BACKGROUND_LIST_WHAT);
	MEM_EACH(ui->fold, background, b) {
		size_t n = strcspn(b->command, "\n");
		size_t cut = utf8_cut(b->command, n, LIST_COMMAND);
		AUTO_FREE char *text = xasprintf("%.*s%s", (int)cut, b->command,
		    b->command[cut] == '\0' ? "" : "...");
		AUTO_BUF struct buf note = BUF_INIT(0);

		slash_command_background(&note, b, background_list_now(ui));
		picker_add(ui->pick.list, &(struct picker_entry){
		    .key = b->id, .text = text, .alias = b->id,
		    .note = buf_str(&note) });
	}
	picker_start(ui->pick.list, row);
}

static void
background_list_ask(struct ui *ui)
{
	ui->background.asked = ui->now;
	ui->send(ui->send_arg, command_of("background"));
}

void
background_list_open(struct ui *ui)
{
	if (ui->fold->background_len == 0) {
		ui_none(ui, ACTION_BACKGROUND);
		return;
	}
	background_list_close(ui);
	ui->pick.kind = PICK_BACKGROUND;
	ui->pick.list = picker_new(&(struct picker_kind){
	    .what = BACKGROUND_LIST_WHAT, .preview = background_list_preview,
	    .arg = ui });
	background_list_rows(ui, ui->fold->background_len - 1);
	background_list_ask(ui);
}

static void
background_list_take(struct ui *ui, const struct fold_background *b)
{
	background_list_close(ui);
	follow_begin(ui, b);
}

static void
background_list_stop(struct ui *ui, const struct fold_background *b)
{
	if (b->ended != NULL) {
		ui_notice(ui, "%s has ended", b->id);
		return;
	}
	ui->send(ui->send_arg, command_text("stop", "id", b->id));
	ui_notice(ui, "stopping %s; %s is told", b->id,
	    fold_agent_or(ui->fold, "the model"));
}

/* ---- a port of one ---- */

/* The ports that the command listens on and those that are open; returns how
 * many. */
static size_t
background_list_ports(const struct ui *ui, const struct fold_background *b,
    int64_t **list)
{
	const struct ev_backgrounds *now = background_list_now(ui);
	size_t n = 0, i;

	*list = NULL;
	if (now != NULL)
		MEM_EACH(now, commands, it)
			if (strcmp(it->id, b->id) == 0)
				MEM_EACH(it, ports, port)
					*GROW_ADD(*list, n) = *port;
	MEM_EACH(b, ports, it) {
		for (i = 0; i < n && (*list)[i] != it->port; i++)
			;
		if (i < n)
			continue;
		*GROW_ADD(*list, n) = it->port;
	}
	return n;
}

void
background_port_send(struct ui *ui, const char *port, bool closes)
{
	cJSON *o = command_text("port", "id", ui->background.port_of);

	json_add_int(o, "port", strtol(port, NULL, 10));
	if (closes)
		json_add_bool(o, "close", true);
	ui->send(ui->send_arg, o);
}

void
background_port_take(struct ui *ui, const char *text)
{
	const struct fold_background *b = background_list_find(ui,
	    ui->background.port_of);
	AUTO_FREE char *port = xstrdup(text);
	struct endpoint at;
	char address[ENDPOINT_TEXT];

	background_list_close(ui);
	if (b == NULL)
		return;
	if (slash_command_port(b, strtol(port, NULL, 10)) != NULL) {
		background_port_send(ui, port, true);
		return;
	}
	endpoint_own(&at, ev_str(ui->fold->session, ""));
	at.four.sin_port = htons((uint16_t)strtol(port, NULL, 10));
	endpoint_text(&at, address);
	confirm_ask(ui, ACTION_BACKGROUND_PORT, xasprintf("Open port %s of %s at "
	    "%s for browsers on this machine? What it serves runs in your "
	    "browser, and can send what the sandbox can read anywhere; every "
	    "user of this machine can reach it, and so can other pages in "
	    "your browser.", port, b->id, address));
	ui->confirm.subject = xstrdup(port);
}

/* Are there ports on this level? */
static bool
background_list_knows(const struct ui *ui)
{
	const char *level = ev_str(ui->fold->sandbox.level, "");

	return strcmp(level, "A") == 0 || strcmp(level, "B") == 0;
}

/* Open the command's port, or choose from a list of them. */
static void
background_list_port(struct ui *ui, const struct fold_background *b)
{
	AUTO_FREE int64_t *ports = NULL;
	size_t n = background_list_ports(ui, b, &ports), i;
	AUTO_FREE char *what = xasprintf("ports of %s", b->id);

	if (n == 0) {
		ui_notice(ui, "%s has no port to open%s", b->id,
		    background_list_knows(ui) ? "" : ": only on levels A and B "
		    "of the sandbox");
		return;
	}
	xstrset(&ui->background.port_of, b->id);
	background_list_close(ui);
	ui->pick.kind = PICK_PORTS;
	ui->pick.list = picker_new(&(struct picker_kind){ .what = what });
	for (i = 0; i < n; i++) {
		const struct fold_port *open = slash_command_port(b,
		    ports[i]);
		AUTO_FREE char *text = xasprintf("%lld", (long long)ports[i]);
		AUTO_FREE char *note = open == NULL ? NULL : xasprintf(
		    "open at %s; chosen, it is closed", open->address);

		picker_add(ui->pick.list, &(struct picker_entry){
		    .text = text, .note = note });
	}
	picker_start(ui->pick.list, 0);
	if (n == 1)
		background_port_take(ui, picker_text(ui->pick.list, 0));
}

/* A port was opened: say how to get there. */
static void
background_port_told(struct ui *ui, const struct ev_port *port)
{
	const char *at = ev_str(port->address, "?");

	if (!ui->fold->live || port->closed != NULL)
		return;
	if (ui->other.host[0] == '\0')
		ui_notice_as(ui, NOTICE_STAYS, "http://%s", at);
	else
		ui_notice_as(ui, NOTICE_STAYS, "http://%s · on your own "
		    "computer: ssh -L %lld:%s %s, then http://localhost:%lld",
		    at, (long long)port->port, at, ui->other.host,
		    (long long)port->port);
}

/* The keys of the list. */
static const struct {
	enum action_id id;
	void (*run)(struct ui *, const struct fold_background *);
} background_list_keys[] = {
	{ ACTION_PICK_TAKE, background_list_take },
	{ ACTION_BACKGROUND_STOP, background_list_stop },
	{ ACTION_BACKGROUND_PORT, background_list_port },
};

bool
background_list_key(struct ui *ui, const struct action *a)
{
	const struct fold_background *b = background_list_at(ui);
	size_t i;

	for (i = 0; a != NULL && i < MEM_COUNT(background_list_keys); i++)
		if (background_list_keys[i].id == a->id) {
			if (b != NULL)
				background_list_keys[i].run(ui, b);
			return true;
		}
	return false;
}

bool
background_list_has_port(const struct ui *ui)
{
	AUTO_FREE int64_t *ports = NULL;

	return background_list_can_stop(ui) && background_list_ports(ui,
	    background_list_at(ui), &ports) > 0;
}

bool
background_list_can_stop(const struct ui *ui)
{
	const struct fold_background *b = ui->pick.kind == PICK_BACKGROUND ?
	    background_list_at(ui) : NULL;

	return b != NULL && b->ended == NULL;
}

/* ---- while somebody looks ---- */

static bool
background_list_is_open(const struct ui *ui)
{
	return ui->pick.list != NULL && ui->pick.kind == PICK_BACKGROUND;
}

int64_t
background_list_due(const struct ui *ui)
{
	bool looks = background_list_is_open(ui) || (ui->at == PANE_OUTPUT &&
	    ui->background.output != NULL && ui->background.output->running);

	return looks && fold_background_runs(ui->fold) > 0 ? ui->background.asked +
	    LIST_ASK_MS : -1;
}

void
background_list_tick(struct ui *ui)
{
	int64_t due = background_list_due(ui);

	if (due >= 0 && ui->now >= due)
		background_list_ask(ui);
}

static void
background_list_line(struct ui *ui, const struct event *e)
{
	if (e->type == EVENT_BACKGROUNDS)
		event_keep(&ui->background.now, e);
	else if (e->type != EVENT_NOTE && e->type != EVENT_USER_MESSAGE &&
	    e->type != EVENT_TOOL_RESULT)
		return;
	if (e->type == EVENT_NOTE && e->note.port != NULL)
		background_port_told(ui, e->note.port);
	if (background_list_is_open(ui))
		background_list_rows(ui, picker_row(ui->pick.list));
	else if (ui->background.follows == NULL)
		return;
	follow_read(ui);
	ui_draws(ui, FRAME_ALL);
}

static bool
background_list_opens(struct ui *ui, enum action_id id)
{
	if (id == ACTION_BACKGROUND)
		background_list_open(ui);
	return id == ACTION_BACKGROUND;
}

static void
background_list_release(struct ui *ui)
{
	(void)follow_end(ui);
	event_drop(&ui->background.now);
	free(ui->background.port_of);
}

const struct ui_part part_background = { .line = background_list_line,
	.key = background_list_opens, .release = background_list_release };
