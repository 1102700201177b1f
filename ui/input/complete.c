/* Commands and their words are completed from the table, paths by the core,
 * which knows the project's files. */
#include "config.h"

#include "ui/input/complete.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/fs.h"
#include "base/mem.h"
#include "front/action.h"
#include "front/slash-command.h"
#include "journal/command.h"
#include "ui/base/typing-data.h"
#include "ui/base/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/input.h"

#define COMPLETE_KEYS_COLS 60	/* for its keys, and */
#define COMPLETE_KEYS_LEAST 40	/* for one of them */

static void
complete_clear(struct complete *c)
{
	size_t i;

	for (i = 0; i < c->len; i++) {
		free(c->items[i]);
		free(c->notes[i]);
	}
	free(c->items);
	free(c->notes);
	c->items = c->notes = NULL;
	c->len = c->at = c->more = 0;
	c->chosen = false;
}

void
complete_close(struct complete *c)
{
	complete_clear(c);
	free(c->asked);
	memset(c, 0, sizeof(*c));
}

static void
complete_add(struct complete *c, char *item_take, const char *note)
{
	GROW(c->items, c->len);
	GROW(c->notes, c->len);
	c->notes[c->len] = xstrdup_null(note);
	c->items[c->len++] = item_take;
}

static bool
complete_begins(const char *word, const char *p, size_t n)
{
	return strlen(word) >= n && memcmp(word, p, n) == 0;
}

static void
complete_commands(struct complete *c, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < slash_command_table_len; i++) {
		const struct slash_command *cmd = &slash_command_table[i];

		if ((cmd->where & SLASH_COMMAND_SCREEN) != 0 &&
		    complete_begins(cmd->name, p, n))
			complete_add(c, xasprintf("/%s", cmd->name),
			    cmd->help);
	}
}

static void
complete_argument(const struct ui *ui, struct complete *c, const char *text,
    size_t name, const char *p, size_t n)
{
	struct buf b = BUF_INIT(0);
	const char *w;
	size_t i, len;

	for (i = 0; i < slash_command_table_len; i++)
		if (strlen(slash_command_table[i].name) == name &&
		    memcmp(slash_command_table[i].name, text + 1, name) == 0)
		{
			slash_command_words(&slash_command_table[i], &b);
			if (slash_command_table[i].id == SLASH_COMMAND_MODEL &&
			    ui->models.names != NULL)
				ui->models.names(ui->models.arg, &b);
		}
	for (w = buf_str(&b); *w != '\0'; w += len, w += strspn(w, " ")) {
		len = strcspn(w, " ");
		if (len >= n && memcmp(w, p, n) == 0)
			complete_add(c, xmemdup(w, len), NULL);
	}
	buf_release(&b);
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
		complete_commands(c, text + 1, to - 1);
	} else {
		c->kind = COMPLETE_ARGUMENT;
		c->from = (size_t)(blank - text) + 1;
		complete_argument(ui, c, text, c->from - 2, text + c->from,
		    to - c->from);
	}
	if (c->len == 0)
		complete_close(c);
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
			return i == 1 || memchr(" \t\n([{\"'`<,:=", p[i - 2],
			    12) != NULL;
		}
	}
	return false;
}

static void
complete_ask(struct ui *ui)
{
	ui->send(ui->send_arg, command_text("paths", "match",
	    ui->say.complete.asked));
}

static void
complete_path(struct ui *ui, size_t at)
{
	struct complete *c = &ui->say.complete;
	const struct input *in = &ui->input;
	char *needle = xmemdup(in->text.p + at + 1, in->cursor - at - 1);

	if (c->kind != COMPLETE_PATH || c->from != at)
		complete_close(c);
	c->kind = COMPLETE_PATH;
	c->from = at;
	c->to = in->cursor;
	c->chosen = c->tab_due = false;
	if (c->asked != NULL && strcmp(c->asked, needle) == 0) {
		free(needle);
		return;
	}
	/* The current list stays until the answer comes. */
	free(c->asked);
	c->asked = needle;
	c->answered = false;
	complete_ask(ui);
}

void
complete_update(struct ui *ui)
{
	const struct input *in = &ui->input;
	const char *text = buf_str(&in->text);
	size_t at;

	if (ui->purpose == UI_SAY && text[0] == '/' && text[1] != '/' &&
	    in->cursor > 0 && in->text.len <= COMPLETE_NEEDLE_MAX &&
	    memchr(text, '\n', in->text.len) == NULL)
		complete_command(ui, text, in->cursor);
	else if (ui->purpose == UI_SAY && complete_find_at(in, &at))
		complete_path(ui, at);
	else
		complete_close(&ui->say.complete);
}

/* Quote it as one shell word. */
static void
complete_add_quoted(struct buf *b, const char *s)
{
	if (s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789./_+,:@%-")] == '\0' && s[0] != '-') {
		buf_adds(b, s);
		return;
	}
	buf_adds(b, s[0] == '-' ? "./'" : "'");
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			buf_adds(b, "'\\''");
		else
			buf_addc(b, *s);
	}
	buf_addc(b, '\'');
}

/* Is it an image, which is sent with the message? Then the '@' does more than
 * find the file. */
static bool
complete_is_image(const char *path)
{
	static const char *const ends[] = { ".png", ".jpg", ".jpeg" };

	return fs_has_ending(path, ends, MEM_COUNT(ends));
}

static void
complete_pick(struct ui *ui)
{
	struct complete *c = &ui->say.complete;
	struct buf b = BUF_INIT(0);
	const char *item = c->items[c->at];
	bool quote = c->kind == COMPLETE_PATH && strpbrk(item, " \t") != NULL;

	/* A shell reads the name: quote it, because the project could have
	 * chosen a name that runs commands. */
	if (c->kind == COMPLETE_PATH &&
	    slash_command_is_run(buf_str(&ui->input.text)))
		complete_add_quoted(&b, item);
	else
		buf_addf(&b, "%s%s%s%s", c->kind == COMPLETE_PATH &&
		    complete_is_image(item) ? "@" : "", quote ? "\"" : "",
		    item, quote ? "\"" : "");
	/* Move on to the next word, unless this is the last. */
	if (c->kind != COMPLETE_ARGUMENT && !(c->to < ui->input.text.len &&
	    ui->input.text.p[c->to] == ' '))
		buf_addc(&b, ' ');
	if (c->kind == COMPLETE_COMMAND && buf_str(&b)[0] != '\0') {
		size_t i;

		for (i = 0; i < slash_command_table_len; i++)
			if (strcmp(slash_command_table[i].name, item + 1) ==
				0 &&
			    slash_command_table[i].args == NULL &&
			    b.p[b.len - 1] == ' ')
				b.p[--b.len] = '\0';
	}
	ui->input.typing = false;
	if (!input_replace(&ui->input, c->from, c->to, buf_str(&b), b.len))
		ui_notice(ui, "the text is too long");
	buf_release(&b);
	complete_close(c);
	/* Continue with the words of the command. */
	if (buf_str(&ui->input.text)[0] == '/' && ui->input.text.len > 0 &&
	    ui->input.text.p[ui->input.text.len - 1] == ' ')
		complete_update(ui);
}

/* Nothing to choose yet: complete when the core has answered. */
static void
complete_tab(struct ui *ui)
{
	struct complete *c = &ui->say.complete;

	if (c->kind == COMPLETE_PATH && !c->answered)
		c->tab_due = true;
	else if (c->len > 0)
		complete_pick(ui);
}

bool
complete_key(struct ui *ui, enum action_id id)
{
	struct complete *c = &ui->say.complete;

	c->tab_due = false;
	if (id == ACTION_INPUT_COMPLETE) {
		if (c->kind == COMPLETE_NONE)
			complete_update(ui);
		if (c->kind == COMPLETE_NONE)
			return false;
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
		c->at = (c->at + (id == ACTION_INPUT_UP ? c->len - 1 : 1)) %
		    c->len;
		c->chosen = true;
		return true;
	case ACTION_INPUT_LEAVE:
		complete_close(c);
		return true;
	case ACTION_INPUT_SEND:
		if (!c->chosen || c->len == 0)
			return false;
		complete_pick(ui);
		return true;
	default:
		return false;
	}
}

void
complete_line(struct ui *ui, const cJSON *line)
{
	struct complete *c = &ui->say.complete;
	const cJSON *it;
	bool due = c->tab_due;

	if (c->kind != COMPLETE_PATH || c->asked == NULL ||
	    strcmp(json_str_or(line, "match", ""), c->asked) != 0)
		return;
	complete_clear(c);
	cJSON_ArrayForEach(it, json_array(line, "paths"))
		if (cJSON_IsString(it) && c->len < COMPLETE_MAX)
			complete_add(c, xstrdup(it->valuestring), NULL);
	c->more = (size_t)json_int(line, "more", 0);
	if (json_bool(line, "partial", false)) {
		/* The core hasn't read the whole tree yet, and continues
		 * then. */
		c->tab_due = due;
		complete_ask(ui);
		return;
	}
	c->answered = true;
	c->tab_due = false;
	if (due && c->len > 0)
		complete_pick(ui);
}

int
complete_rows(const struct ui *ui)
{
	const struct complete *c = &ui->say.complete;

	if (c->kind == COMPLETE_NONE || !ui->typing)
		return 0;
	return c->len == 0 ? 1 : c->len < COMPLETE_ROWS ? (int)c->len :
	    COMPLETE_ROWS;
}

void
complete_draw(struct ui *ui, const struct rect *r)
{
	const struct complete *c = &ui->say.complete;
	struct screen *s = &ui->screen;
	size_t from = 0, i;
	int y, x, end = r->x + r->cols, first, last;
	AUTO_BUF struct buf keys = BUF_INIT(0);

	/* The way out stands at the right of the first row. */
	if (c->len > 0 && r->cols >= COMPLETE_KEYS_COLS)
		buf_addf(&keys, "%s completes  ", ui_key_of(ui,
		    ACTION_INPUT_COMPLETE));
	buf_addf(&keys, "%s%s", ui_key_of(ui, ACTION_INPUT_LEAVE),
	    r->cols >= COMPLETE_KEYS_LEAST ? " closes" : "");
	first = 2 * (int)keys.len > r->cols ? end : end - (int)keys.len;
	screen_puts(s, r->y, first, end, STYLE_DIM, buf_str(&keys));
	if (c->len == 0) {
		screen_puts(s, r->y, r->x, first, STYLE_DIM,
		    c->answered ? "no such file" : "looking for files ...");
		return;
	}
	if (r->rows > 0 && c->at >= (size_t)r->rows)
		from = c->at - (size_t)r->rows + 1;
	for (y = 0; y < r->rows && from + (size_t)y < c->len; y++) {
		i = from + (size_t)y;
		last = y == 0 && first < end ? first - 1 : end;
		x = screen_puts(s, r->y + y, r->x, last, STYLE_KEY,
		    i == c->at ? "> " : "  ");
		x = screen_puts(s, r->y + y, x, last, i == c->at ?
		    STYLE_CURRENT : STYLE_KEY, c->items[i]);
		if (c->notes[i] != NULL && x < last - 4)
			screen_puts(s, r->y + y, x < 16 ? 16 : x + 2, last,
			    STYLE_DIM, c->notes[i]);
	}
}
