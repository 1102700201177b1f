/*
 * ui-shot: what the screen shows, as text, without a terminal.  Each row follows
 * a bar; below it are its styles, if it has any: a letter for each cell.  STATE
 * and DOING are those of the core's status line.
 *
 * With -d it is drawn on this terminal, until a key comes, in COLOUR (auto, dark,
 * light or never).  With -r, the project's files are in ROOT.
 *
 * After the keys come lines of the core, if LINES says how many: 33+10.
 *
 * usage: ui-shot [-d COLOUR] [-r ROOT] FIXTURE LINES ROWS COLS STATE DOING [KEYS]
 */
#include "config.h"

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "ui/keys/keys.h"
#include "ui/app/decide.h"
#include "ui/app/state.h"
#include "ui/term/terminal.h"
#include "ui/term/screen.h"

/* A letter for each style; plain is a space. */
static const char shot_letters[STYLE_COUNT] = {
	[STYLE_PLAIN] = ' ', [STYLE_DIM] = 'd', [STYLE_BOLD] = 'b',
	[STYLE_MARK] = 'M', [STYLE_ADD] = 'a', [STYLE_DEL] = 'x',
	[STYLE_HUNK] = 'h', [STYLE_FILE] = 'f', [STYLE_BADGE] = 'B',
	[STYLE_GOOD] = 'g', [STYLE_BAD] = 'r', [STYLE_USER] = 'u',
	[STYLE_MODEL] = 'm', [STYLE_TAB] = '=', [STYLE_TAB_ON] = 'T',
	[STYLE_STATUS] = '-', [STYLE_RULE] = 'R', [STYLE_CONTEXT] = '.',
	[STYLE_ALARM] = '!', [STYLE_KEY] = 'k',
	[STYLE_CURRENT] = 'c', [STYLE_FOUND] = 'F', [STYLE_ADD_WORD] = 'A',
	[STYLE_DEL_WORD] = 'X', [STYLE_BLANK] = '_',
	[STYLE_CODE] = 'o', [STYLE_NAME] = 'n', [STYLE_EMPH] = 'e',
	[STYLE_ROW] = '~',
	[STYLE_LINK] = 'l', [STYLE_DEL_SIGN] = 'D', [STYLE_TURN] = 't',
};

static void
shot_send(void *arg, cJSON *take)
{
	(void)arg;
	cJSON_Delete(take);
}

static void
shot_frame(struct ui *ui)
{
	int rounds;

	for (rounds = 0; rounds < 4; rounds++) {
		frame_draw_told(ui, FRAME_ALL);
		review_sent(&ui->review, ui->now);
		(void)verdict_settle(ui, ui->now);
	}
}

static void
shot_key(void *arg, const struct key_event *ev)
{
	state_key(arg, ev);
}

static void
shot_row(const struct screen *s, int y)
{
	struct buf b = BUF_INIT(0), styles = BUF_INIT(0);
	const struct cell *c;
	size_t keep = 0;
	int x;

	screen_row(s, y, &b);
	for (x = 0; x < s->cols; x++) {
		c = screen_cell(s, y, x);
		buf_addc(&styles, shot_letters[c->style] == '\0' ? '?' :
		    shot_letters[c->style]);
		if (c->style != STYLE_PLAIN)
			keep = styles.len;
	}
	printf("|%s\n", buf_str(&b));
	if (keep > 0)
		printf(".%.*s\n", (int)keep, buf_str(&styles));
	buf_release(&b);
	buf_release(&styles);
}

static void
shot_line(struct ui *ui, cJSON *take)
{
	AUTO_EVENT struct event l = { 0 };

	event_read(&l, take);
	state_line(ui, &l);
	cJSON_Delete(take);
}

/* The next lines, at most `max`, from *at on. */
static int
shot_lines(struct ui *ui, const char **at, long max)
{
	struct err e = ERR_INIT;
	const char *p, *end;
	cJSON *o;

	for (p = *at; max-- > 0 && (end = strchr(p, '\n')) != NULL;
	    p = *at = end + 1) {
		o = json_parse(p, (size_t)(end - p), JSON_NUL_REPLACE, &e);
		if (o == NULL) {
			fprintf(stderr, "ui-shot: %s\n", e.text);
			return -1;
		}
		shot_line(ui, o);
	}
	return 0;
}

static void
shot_live(struct ui *ui, const char *state, const char *doing)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "type", "live");
	shot_line(ui, o);
	o = cJSON_CreateObject();
	json_add_str(o, "type", "status");
	json_add_str(o, "state", state);
	json_add_str(o, "doing", doing);
	shot_line(ui, o);
}

/* ---- what is configured ---- */

static void
shot_models(void *arg, struct buf *b)
{
	(void)arg;
	buf_adds(b, " anthropic/claude-sonnet-4-5 local/qwen3-coder "
	    "openai/gpt-5");
}

static enum draw_colour
shot_colour(const char *word)
{
	static const char *const words[] = {
		[DRAW_COLOUR_AUTO] = "auto", [DRAW_COLOUR_NEVER] = "never",
		[DRAW_COLOUR_LIGHT] = "light", [DRAW_COLOUR_DARK] = "dark",
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(words); i++)
		if (strcmp(word, words[i]) == 0)
			return (enum draw_colour)i;
	return DRAW_COLOUR_AUTO;
}

static int
shot_draw(const struct screen *s, enum draw_colour colour)
{
	struct err e = ERR_INIT;
	struct tty *t = tty_new(&e);
	struct draw *d;
	char key;

	if (t == NULL) {
		fprintf(stderr, "ui-shot: %s\n", e.text);
		return 1;
	}
	tty_enter(t, false);
	d = draw_new(t, colour, false);
	draw_push(d, s);
	while (!tty_push(t, NULL))
		;
	(void)!read(STDIN_FILENO, &key, 1);
	draw_free(d);
	tty_free(t);
	return 0;
}

static int
shot_usage(void)
{
	fprintf(stderr, "usage: ui-shot [-d COLOUR] [-r ROOT] FIXTURE LINES "
	    "ROWS COLS STATE DOING [KEYS]\n");
	return 2;
}

int
main(int argc, char *argv[])
{
	const char *colour = NULL, *root = NULL;
	struct bindings *bindings;
	struct keys *keys;
	struct ui ui;
	struct buf fixture = BUF_INIT(0);
	struct err e = ERR_INIT;
	const char *p, *at;
	char *more;
	int rc = 1, opt, y;

	setlocale(LC_CTYPE, "");
	while ((opt = getopt(argc, argv, "+d:r:")) != -1)
		if (opt == 'd')
			colour = optarg;
		else if (opt == 'r')
			root = optarg;
		else
			return shot_usage();
	argc -= optind - 1;
	argv += optind - 1;
	if (argc < 7)
		return shot_usage();
	bindings = bindings_new(NULL, "", NULL);
	state_init(&ui, bindings, shot_send, NULL);
	keys = keys_new(shot_key, &ui);
	ui.screen->flags = sanitize_locale() |
	    (colour == NULL || tty_has_signs() ? 0 : SANITIZE_SIGNS);
	ui.now = 100000;
	ui.typing = true;
	ui.colours.wanted = true;
	ui.git.here = true;
	ui.models.offer = shot_models;
	screen_resize(ui.screen, (int)strtol(argv[3], NULL, 10),
	    (int)strtol(argv[4], NULL, 10));
	if (fs_read_file(AT_FDCWD, argv[1], &fixture, &e) < 0) {
		fprintf(stderr, "ui-shot: %s\n", e.text);
		goto out;
	}
	at = buf_str(&fixture);
	if (shot_lines(&ui, &at, strtol(argv[2], &more, 10)) < 0)
		goto out;
	if (root != NULL)
		xstrset(&ui.fold->root, root);
	shot_live(&ui, argv[5], argv[6]);
	shot_frame(&ui);
	for (p = argc > 7 ? argv[7] : ""; *p != '\0'; p++) {
		ui.now += 2000;
		(void)state_tick(&ui);
		keys_feed(keys, p, 1, ui.now);
		if (*p == '\033' && p[1] != '[')
			keys_tick(keys, ui.now += KEYS_ESC_FAR_MS);
		shot_frame(&ui);
	}
	if (*more == '+') {
		if (shot_lines(&ui, &at, strtol(more, NULL, 10)) < 0)
			goto out;
		shot_frame(&ui);
	}
	/* Until its keys count. */
	ui.now += 2000;
	(void)state_tick(&ui);
	shot_frame(&ui);
	for (y = 0; colour == NULL && y < ui.screen->rows; y++)
		shot_row(ui.screen, y);
	rc = colour == NULL ? 0 : shot_draw(ui.screen, shot_colour(colour));
out:
	buf_release(&fixture);
	keys_free(keys);
	state_release(&ui);
	bindings_free(bindings);
	return rc;
}
