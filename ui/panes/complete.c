/* Commands and their words are completed from the table, paths by the core,
 * which knows the project's files. */
#include "config.h"

#include "ui/panes/composer.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/quote.h"
#include "front/bindings.h"
#include "front/slash-command.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "policy/approve.h"
#include "ui/panes/ui-base.h"
#include "ui/pick/picker.h"
#include "ui/term/screen.h"
#include "ui/text/input.h"

#define COMPLETE_ROWS 6		/* of commands and words */

#define COMPLETE_FILE_ROWS 7	/* least for files; else half of the screen */

#define COMPLETE_MAX 50

#define COMPLETE_NEEDLE_MAX 200

#define COMPLETE_KEYS_COLS 60	/* for its keys, and */
#define COMPLETE_KEYS_LEAST 40	/* for one of them */

/* Is it an image, which is sent with the message? Then the '@' does more than
 * find the file. */
static bool
complete_is_image(const char *path)
{
	static const char *const ends[] = { ".png", ".jpg", ".jpeg" };

	return fs_has_ending(path, ends, MEM_COUNT(ends));
}

/* ---- the list ---- */

static bool
complete_is_path(const struct complete *c)
{
	return c->kind >= COMPLETE_PATH;
}

static void
complete_clear(struct complete *c)
{
	picker_free(c->list);
	c->list = NULL;
	c->len = c->more = 0;
	c->chosen = false;
}

static void
complete_close(struct complete *c)
{
	complete_clear(c);
	free(c->asked);
	memset(c, 0, sizeof(*c));
}

static void
complete_begin(struct complete *c, const char *query, size_t n)
{
	AUTO_FREE char *typed = xmemdup(query, n);

	complete_clear(c);
	c->list = picker_new(&(struct picker_kind){ .what = "",
	    .query = typed });
}

static void
complete_add(struct complete *c, const char *item, const char *note)
{
	picker_add(c->list, &(struct picker_entry){ .text = item,
	    .note = note });
	c->len++;
}

/* ---- commands and their words ---- */

static void
complete_commands(struct ui *ui, const char *p, size_t n)
{
	struct complete *c = &ui->say.complete;
	size_t i;

	for (i = 0; i < slash_command_table_len; i++) {
		const struct slash_command *cmd = &slash_command_table[i];

		if (slash_command_is_here(cmd, SLASH_COMMAND_SCREEN,
		    ui->fold) && (n > 0 || (cmd->where & SLASH_COMMAND_KEY) == 0) &&
		    strncmp(cmd->name, p, n) == 0) {
			AUTO_FREE char *item = xasprintf("/%s", cmd->name);

			complete_add(c, item, cmd->help);
		}
	}
}

/* List commands from files. Those of the project come from a stranger, and are
 * marked so. */
static void
complete_files(struct ui *ui, const char *p, size_t n)
{
	struct complete *c = &ui->say.complete;

	MEM_EACH(ui_commands(ui), commands, it) {
		AUTO_FREE char *item = slash_command_file_name(it);
		AUTO_FREE char *note = slash_command_file_note(it);

		if (strncmp(ev_str(it->name, ""), p, n) == 0 ||
		    strncmp(item + 1, p, n) == 0)
			complete_add(c, item, note);
	}
}

/* List a command's words; those of /model are in the configuration. */
static void
complete_words(const struct ui *ui, const char *text, size_t name,
    struct buf *b, const char **now)
{
	const struct slash_command *c = slash_command_find(text + 1, name);

	if (c == NULL)
		return;
	*now = c->id == SLASH_COMMAND_MODEL ? ui->fold->model :
	    c->id == SLASH_COMMAND_MODE ? ui->fold->approve :
	    c->id == SLASH_COMMAND_EFFORT ? ui->fold->effort : NULL;
	slash_command_words(c, b);
	if (c->id == SLASH_COMMAND_MODEL && ui->models.offer != NULL)
		ui->models.offer(ui->models.arg, b);
}

/* The word itself first, then those that begin with it, and that have it. */
static void
complete_argument(const struct ui *ui, struct complete *c, const char *text,
    size_t name, const char *p, size_t n)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *w, *now = NULL;
	size_t len;
	int rank, is;

	complete_words(ui, text, name, &b, &now);
	for (rank = 0; rank < 3; rank++)
		for (w = buf_str(&b); w += strspn(w, " "), *w != '\0';
		    w += len) {
			AUTO_FREE char *item = xmemdup(w, len =
			    strcspn(w, " "));
			const struct approve *mode = approve_find(item);

			is = len < n || memcmp(w, p, n) != 0 ? 2 : len > n;
			if (is == rank && (is < 2 || memmem(w, len, p, n) !=
			    NULL))
				complete_add(c, item, ev_is(now, item) ?
				    "current" : mode == NULL ? NULL :
				    mode->brief);
		}
}

/* The command line in [0, to): complete its first word, or the word after
 * it. */
static void
complete_command(struct ui *ui, const char *text, size_t to)
{
	struct complete *c = &ui->say.complete;
	const char *blank = memchr(text, ' ', to);

	complete_close(c);
	c->to = to;
	if (blank == NULL) {
		c->kind = COMPLETE_COMMAND;
		complete_begin(c, text, to);
		/* Nobody knows them by heart, so they come first in the whole
		 * list. */
		if (to == 1)
			complete_files(ui, text + 1, 0);
		complete_commands(ui, text + 1, to - 1);
		if (to > 1)
			complete_files(ui, text + 1, to - 1);
	} else {
		c->kind = COMPLETE_ARGUMENT;
		c->from = (size_t)(blank - text) + 1;
		complete_begin(c, text + c->from, to - c->from);
		complete_argument(ui, c, text, c->from - 2, text + c->from,
		    to - c->from);
	}
	picker_start(c->list, 0);
	if (c->len == 0)
		complete_close(c);
}

/* ---- files ---- */

/* A path may begin behind one of these. */
static bool
complete_begins_behind(char c)
{
	return strchr(" \t\n([{\"'`<>,:=|;&", c) != NULL || c == INPUT_ATOM;
}

/* Find the word at the cursor, if it may be a path of the project: it has a '/',
 * and doesn't begin with one. */
static bool
complete_find_word(const struct input *in, size_t *at)
{
	const char *p = buf_str(&in->text);
	size_t i;

	for (i = in->cursor; i > 0 && !complete_begins_behind(p[i - 1]) &&
	    in->cursor - i <= COMPLETE_NEEDLE_MAX; i--)
		;
	i += i == 0 && slash_command_is_run(p);
	if (i + 2 < in->cursor && strncmp(p + i, "./", 2) == 0)
		i += 2;
	*at = i;
	return i < in->cursor && in->cursor - i <= COMPLETE_NEEDLE_MAX &&
	    p[0] != '/' && p[i] != '/' && p[i] != '@' && (memchr(p + i, '/',
	    in->cursor - i) != NULL || (i > 1 && p[i - 1] == '/'));
}

/* Find the '@' that begins the word at the cursor. */
static bool
complete_find_at(const struct input *in, size_t *at)
{
	const char *p = in->text.p;
	size_t i;

	for (i = in->cursor; i > 0 && in->cursor - i <= COMPLETE_NEEDLE_MAX;
	    i--) {
		if (memchr(" \t\n", p[i - 1], 3) != NULL ||
		    p[i - 1] == INPUT_ATOM)
			return false;
		if (p[i - 1] == '@') {
			*at = i - 1;
			/* A path outside the project isn't completed. */
			return (i == 1 || complete_begins_behind(p[i - 2])) &&
			    (i == in->cursor || strchr("/~", p[i]) == NULL);
		}
	}
	return false;
}

/* The answer completes nothing by itself. */
static void
complete_no_tab(struct complete *c)
{
	if (c->wait == COMPLETE_TAB)
		c->wait = COMPLETE_WAITS;
}

static void
complete_ask(struct ui *ui)
{
	ui->send(ui->send_arg, command_text("paths", "match",
	    ui->say.complete.asked));
}

static void
complete_path(struct ui *ui, size_t at, enum complete_kind kind)
{
	struct complete *c = &ui->say.complete;
	const struct input *in = &ui->input;
	size_t begin = kind == COMPLETE_WORD ? at : at + 1;
	AUTO_FREE char *needle = xmemdup(in->text.p + begin,
	    in->cursor - begin);

	if (c->kind != kind || c->from != at)
		complete_close(c);
	c->kind = kind;
	c->from = at;
	c->to = in->cursor;
	c->chosen = false;
	complete_no_tab(c);
	if (c->asked != NULL && strcmp(c->asked, needle) == 0)
		return;
	/* The current list stays until the answer comes. */
	xstrset(&c->asked, needle);
	c->wait = COMPLETE_WAITS;
	complete_ask(ui);
}

void
complete_update(struct ui *ui, bool typed)
{
	const struct input *in = &ui->input;
	const char *text = buf_str(&in->text);
	size_t at;

	if (!typed)
		complete_close(&ui->say.complete);
	else if (ui->purpose == UI_SAY && text[0] == '/' && text[1] != '/' &&
	    in->cursor > 0 && in->text.len <= COMPLETE_NEEDLE_MAX &&
	    memchr(text, '\n', in->text.len) == NULL)
		complete_command(ui, text, in->cursor);
	else if (ui->purpose == UI_SAY && complete_find_at(in, &at))
		complete_path(ui, at, COMPLETE_PATH);
	else if (ui->purpose == UI_SAY && ui->say.complete.kind == COMPLETE_WORD &&
	    complete_find_word(in, &at))
		complete_path(ui, at, COMPLETE_WORD);
	else
		complete_close(&ui->say.complete);
}

/* Would a quote that is added behind this part of a command be none, or end one
 * that is open? If in doubt, yes. */
static bool
complete_is_quoted(const char *p, size_t n)
{
	char open = '\0';
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] == INPUT_ATOM || (open != '\'' && (p[i] == '`' ||
		    (p[i] == '$' && i + 1 < n && strchr("({'\"",
		    p[i + 1]) != NULL))))
			return true;	/* with quotes of its own */
		if (p[i] == '\\' && open != '\'')
			i++;
		else if (open == '\0' && (p[i] == '\'' || p[i] == '"'))
			open = p[i];
		else if (p[i] == open)
			open = '\0';
	}
	return open != '\0' || i > n;
}

static void
complete_pick(struct ui *ui)
{
	struct complete *c = &ui->say.complete;
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_BUF struct buf word = BUF_INIT(0);
	const char *item = picker_text(c->list, picker_row(c->list));
	bool quote = complete_is_path(c) && strpbrk(item, " \t") != NULL;
	bool run = complete_is_path(c) &&
	    slash_command_is_run(buf_str(&ui->input.text)) && c->from > 0;
	const struct slash_command *cmd;

	/* A shell reads the name: quote it, because the project could have
	 * chosen a name that runs commands. */
	shell_quote(&word, item);
	if (run && strcmp(buf_str(&word), item) != 0 &&
	    complete_is_quoted(buf_str(&ui->input.text), c->from)) {
		ui_notice(ui, "this name needs quotes of its own: close the "
		    "open one first");
		return;
	}
	/* A message that begins with it would be a command. */
	if (complete_is_path(c) && c->from == 0 && item[0] == '!')
		buf_adds(&b, "./");
	if (run) {
		if (item[0] == '-')
			buf_adds(&b, "./");
		buf_adds(&b, buf_str(&word));
	} else
		buf_addf(&b, "%s%s%s%s", complete_is_path(c) &&
		    complete_is_image(item) ? "@" : "", quote ? "\"" : "",
		    item, quote ? "\"" : "");
	/* Move on to the next word, unless this is the last. */
	if (c->kind != COMPLETE_ARGUMENT && !(c->to < ui->input.text.len &&
	    ui->input.text.p[c->to] == ' '))
		buf_addc(&b, ' ');
	if (c->kind == COMPLETE_COMMAND && buf_str(&b)[0] != '\0') {
		cmd = slash_command_find(item + 1, strlen(item + 1));
		if (cmd != NULL && cmd->args == NULL && b.p[b.len - 1] == ' ')
			b.p[--b.len] = '\0';
	}
	ui->input.last = LAST_OTHER;
	if (!input_load(&ui->input, c->from, c->to, buf_str(&b), b.len))
		ui_notice(ui, "the text is too long");
	complete_close(c);
	/* Continue with the words of the command. */
	if (buf_str(&ui->input.text)[0] == '/' && ui->input.text.len > 0 &&
	    ui->input.text.p[ui->input.text.len - 1] == ' ')
		complete_update(ui, true);
}

/* Tab works like in a shell: it lists a path's completions, and the next Tab
 * takes the first. */
static bool
complete_tab_begins(struct ui *ui)
{
	size_t at;

	complete_update(ui, true);
	if (ui->say.complete.kind != COMPLETE_NONE)
		return true;
	if (ui->purpose != UI_SAY || !complete_find_word(&ui->input, &at))
		return false;
	complete_path(ui, at, COMPLETE_WORD);
	return true;
}

/* Nothing to choose yet: complete when the core has answered. */
static void
complete_tab(struct ui *ui)
{
	struct complete *c = &ui->say.complete;

	if (complete_is_path(c) && c->wait != COMPLETE_ANSWERED)
		c->wait = COMPLETE_TAB;
	else if (c->len > 0)
		complete_pick(ui);
}

/* Does Enter take the marked row? Not one that is typed already, nor without a
 * character of it or the list for it. */
static bool
complete_takes(const struct ui *ui)
{
	const struct complete *c = &ui->say.complete;
	size_t from = c->from + (c->kind == COMPLETE_PATH ||
	    c->kind == COMPLETE_COMMAND);
	const char *item = c->len == 0 ? NULL : picker_text(c->list,
	    picker_row(c->list)) + (c->kind == COMPLETE_COMMAND);

	if (c->chosen || item == NULL || from >= c->to)
		return c->chosen;
	return (!complete_is_path(c) || c->wait == COMPLETE_ANSWERED) &&
	    (strlen(item) != c->to - from || memcmp(item, ui->input.text.p +
	    from, c->to - from) != 0);
}

/* Is the text a whole command line, once the marked row is in it? */
static bool
complete_runs(const struct complete *c)
{
	const char *item = picker_text(c->list, picker_row(c->list));
	const struct slash_command *cmd = c->kind != COMPLETE_COMMAND ? NULL :
	    slash_command_find(item + 1, strlen(item + 1));

	if (cmd != NULL)
		return !slash_command_needs_words(cmd);
	/* If only the provider is typed, the model is missing. */
	return c->kind == COMPLETE_ARGUMENT && item[strlen(item) - 1] != '/';
}

static bool
complete_key_list(struct ui *ui, enum action_id id)
{
	struct complete *c = &ui->say.complete;
	bool runs;

	complete_no_tab(c);
	if (id == ACTION_INPUT_COMPLETE) {
		if (c->kind == COMPLETE_NONE) {
			if (!complete_tab_begins(ui))
				return false;
			if (c->kind == COMPLETE_WORD)
				return true;
		}
		complete_tab(ui);
		return true;
	}
	if (c->kind == COMPLETE_NONE)
		return false;
	switch (id) {
	case ACTION_INPUT_UP:
	case ACTION_INPUT_DOWN:
		if (c->len == 0)
			return false;
		picker_key(c->list, action_find(id == ACTION_INPUT_UP ?
		    ACTION_PICK_PREV : ACTION_PICK_NEXT), 0);
		c->chosen = true;
		return true;
	case ACTION_INPUT_LEAVE:
		complete_close(c);
		return true;
	case ACTION_INPUT_SEND:
		if (!complete_takes(ui))
			return false;
		runs = complete_runs(c);
		complete_pick(ui);
		return !runs;
	default:
		return false;
	}
}

bool
complete_key(struct ui *ui, enum action_id id)
{
	bool done = complete_key_list(ui, id);

	if (!done)
		complete_close(&ui->say.complete);
	return done;
}

/* Start the list at this row, if it is there (NULL: none was chosen). */
static void
complete_again(struct complete *c, const char *text)
{
	size_t i = 0;

	while (text != NULL && i < c->len &&
	    strcmp(picker_text(c->list, i), text) != 0)
		i++;
	c->chosen = text != NULL && i < c->len;
	picker_start(c->list, i);
}

static void
complete_line(struct ui *ui, const struct event *e)
{
	const struct ev_paths *x = &e->paths;
	struct complete *c = &ui->say.complete;
	AUTO_FREE char *at = NULL;
	bool due = c->wait == COMPLETE_TAB;
	bool run = slash_command_is_run(buf_str(&ui->input.text));
	size_t i;

	if (e->type == EVENT_COMMANDS) {
		if (ui->typing && !c->chosen &&
		    !complete_is_path(c) && ui->input.text.len > 0 &&
		    ui->input.text.p[0] == '/')
			complete_update(ui, true);
		return;
	}
	if (e->type != EVENT_PATHS || !complete_is_path(c) ||
	    c->asked == NULL || !ev_is(x->match, c->asked))
		return;
	/* What the user has gone to, in the answer to the same words. */
	if (c->chosen)
		at = xstrdup(picker_text(c->list, picker_row(c->list)));
	complete_begin(c, c->asked, strlen(c->asked));
	for (i = 0; i < x->paths_len && c->len < COMPLETE_MAX; i++)
		complete_add(c, x->paths[i], complete_is_image(x->paths[i]) &&
		    !run ? "a picture: it is sent with the message" : NULL);
	c->more = x->more > 0 ? (size_t)x->more : 0;
	complete_again(c, at);
	if (x->partial) {
		/* The core hasn't read the whole tree yet, and continues
		 * then. */
		c->wait = due ? COMPLETE_TAB : COMPLETE_WAITS;
		complete_ask(ui);
		return;
	}
	c->wait = COMPLETE_ANSWERED;
	if (due && c->len > 0)
		complete_pick(ui);
}

static void
complete_release(struct ui *ui)
{
	complete_close(&ui->say.complete);
}

const struct ui_part part_complete = {
	.line = complete_line,
	.release = complete_release,
};

int
complete_rows(const struct ui *ui)
{
	const struct complete *c = &ui->say.complete;
	int half = ui->screen->rows / 2;
	int most = !complete_is_path(c) ? COMPLETE_ROWS + 1 :
	    half > COMPLETE_FILE_ROWS ? half : COMPLETE_FILE_ROWS;

	if (c->kind == COMPLETE_NONE || !ui->typing)
		return 0;
	return c->len == 0 ? 1 : c->len >= (size_t)most ? most :
	    (int)c->len + 1;
}

static void
complete_title(const struct ui *ui, struct buf *b)
{
	const struct complete *c = &ui->say.complete;

	if (complete_is_path(c) && c->more > 0)
		buf_addf(b, "files · the first %zu of %zu", c->len,
		    c->len + c->more);
	else if (complete_is_path(c))
		buf_addf(b, "files · %zu found", c->len);
	else if (c->kind == COMPLETE_COMMAND)
		buf_adds(b, "commands");
	else
		buf_add(b, ui->input.text.p, c->from - 1);
	if (!complete_is_path(c) && c->len > COMPLETE_ROWS)
		buf_addf(b, " · %d of %zu", COMPLETE_ROWS, c->len);
}

/* What the list has, and at the right the way out; on the row of the only entry
 * if there are no more rows. */
static int
complete_draw_head(const struct ui *ui, const struct rect *r)
{
	const struct complete *c = &ui->say.complete;
	struct screen *s = ui->screen;
	AUTO_BUF struct buf keys = BUF_INIT(0), head = BUF_INIT(0);
	int first, end = r->x + r->cols;

	if (c->len > 0 && r->cols >= COMPLETE_KEYS_COLS)
		buf_addf(&keys, "%s completes  ", ui_key_of(ui,
		    ACTION_INPUT_COMPLETE));
	buf_addf(&keys, "%s%s", ui_key_of(ui, ACTION_INPUT_LEAVE),
	    r->cols >= COMPLETE_KEYS_LEAST ? " closes" : "");
	first = 2 * (int)keys.len > r->cols ? end : end - (int)keys.len;
	screen_puts(s, r->y, first, end, STYLE_DIM, buf_str(&keys));
	if (c->len == 0)
		buf_adds(&head, c->wait == COMPLETE_ANSWERED ? "no such file" :
		    "looking for files ...");
	else if (r->rows > 1)
		complete_title(ui, &head);
	screen_own(s, r->y, r->x, first, STYLE_DIM, buf_str(&head));
	return first;
}

/* The part of the list with the entries. A single entry is in the same row as
 * the head. */
static struct rect
complete_entries(const struct rect *r)
{
	struct rect rows = *r;

	rows.y += r->rows > 1;
	rows.rows -= r->rows > 1;
	return rows;
}

void
complete_place(struct ui *ui, const struct rect *r)
{
	struct rect rows = complete_entries(r);

	if (complete_rows(ui) > 0 && ui->say.complete.len > 0)
		picker_place(ui->say.complete.list, &rows, ui->screen->flags);
}

void
complete_draw(const struct ui *ui, const struct rect *r)
{
	const struct complete *c = &ui->say.complete;
	struct rect rows = complete_entries(r);
	int first = complete_draw_head(ui, r);

	if (c->len == 0)
		return;
	if (r->rows <= 1 && first < r->x + r->cols)
		rows.cols = first - 1 - r->x;
	picker_draw(c->list, ui->screen, &rows);
}
