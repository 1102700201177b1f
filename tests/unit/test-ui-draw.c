/* What draw.c sends, on a terminal (libvterm): step by step it comes to what a whole
 * frame shows, and to what was drawn. */
#include "config.h"

#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <vterm.h>

#include "base/buf.h"
#include "base/mem.h"
#include "journal/event.h"
#include "tests/unit/rounds.h"
#include "tests/unit/unit.h"
#include "ui/term/screen.h"
#include "ui/term/terminal.h"
#include "ui/term/tty-int.h"

#define ROWS	24
#define COLS	80

/* A terminal that its own process reads. */
struct fix {
	int		 master;
	VTerm		*vt;
	VTermScreen	*screen;
	struct tty	*tty;
	struct draw	*draw;
};

static void
fix_init(struct fix *f, const char *type, enum draw_colour colour)
{
	struct winsize size = { .ws_row = ROWS, .ws_col = COLS };
	int slave;

	f->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (f->master < 0 || grantpt(f->master) != 0 ||
	    unlockpt(f->master) != 0 || setsid() < 0 ||
	    (slave = open(ptsname(f->master), O_RDWR)) < 0 ||
	    ioctl(slave, TIOCSWINSZ, &size) != 0 ||
	    dup2(slave, STDIN_FILENO) < 0 || dup2(slave, STDOUT_FILENO) < 0 ||
	    fcntl(f->master, F_SETFL, O_NONBLOCK) != 0)
		_exit(99);
	setenv("TERM", type, 1);
	unsetenv("NO_COLOR");
	setlocale(LC_CTYPE, "C.UTF-8");
	f->vt = vterm_new(ROWS, COLS);
	vterm_set_utf8(f->vt, 1);
	f->screen = vterm_obtain_screen(f->vt);
	vterm_screen_enable_altscreen(f->screen, 1);
	vterm_screen_reset(f->screen, 1);
	f->tty = tty_new(NULL);
	if (f->tty == NULL)
		_exit(98);
	tty_enter(f->tty, false);
	f->draw = draw_new(f->tty, colour, false);
}

/* Until the terminal has all of it: a byte that is in no frame comes last. */
static void
fix_push(struct fix *f, const struct screen *s)
{
	struct pollfd p = { f->master, POLLIN, 0 };
	AUTO_BUF struct buf b = BUF_INIT(0);
	bool all = false, end = false;
	char chunk[4096];
	ssize_t n;

	draw_push(f->draw, s);
	while (!end) {
		/* The terminal has room then. */
		if (!all && tty_push(f->tty, NULL) && poll(&p, 1, 0) == 0) {
			all = true;
			if (write(STDOUT_FILENO, "\001", 1) != 1)
				_exit(97);
		}
		if (poll(&p, 1, all ? 60000 : 1) <= 0)
			continue;
		n = read(f->master, chunk, sizeof(chunk));
		if (n <= 0)
			_exit(96);
		end = chunk[n - 1] == 1;
		buf_add(&b, chunk, (size_t)n - end);
	}
	/* libvterm joins the bytes and marks of a character only in one piece. */
	vterm_input_write(f->vt, buf_str(&b), b.len);
	vterm_screen_flush_damage(f->screen);
}

/* What a cell shows, to be compared; of a blank, its background. */
static void
fix_cell(const struct fix *f, int y, int x, VTermScreenCell *c)
{
	VTermPos pos = { y, x };
	VTermScreenCell is;
	int i;

	memset(c, 0, sizeof(*c));
	vterm_screen_get_cell(f->screen, pos, &is);
	for (i = 0; i < VTERM_MAX_CHARS_PER_CELL && is.chars[i] != 0; i++)
		c->chars[i] = is.chars[i];
	if (i == 0)
		c->chars[0] = ' ';
	c->attrs.underline = is.attrs.underline;
	c->attrs.reverse = is.attrs.reverse;
	c->bg = is.bg;
	c->width = is.width;
	if (c->chars[0] == ' ' && c->chars[1] == 0 && !is.attrs.underline &&
	    !is.attrs.reverse)
		return;
	c->attrs.bold = is.attrs.bold;
	c->attrs.italic = is.attrs.italic;
	c->fg = is.fg;
}

static bool
fix_same(const VTermScreenCell *a, const VTermScreenCell *b)
{
	return memcmp(a->chars, b->chars, sizeof(a->chars)) == 0 &&
	    a->attrs.bold == b->attrs.bold &&
	    a->attrs.italic == b->attrs.italic &&
	    a->attrs.underline == b->attrs.underline &&
	    a->attrs.reverse == b->attrs.reverse &&
	    a->fg.type == b->fg.type && a->bg.type == b->bg.type &&
	    vterm_color_is_equal(&a->fg, &b->fg) &&
	    vterm_color_is_equal(&a->bg, &b->bg);
}

static void
fix_cells(const struct fix *f, VTermScreenCell *cells)
{
	int y, x;

	for (y = 0; y < ROWS; y++)
		for (x = 0; x < COLS; x++)
			fix_cell(f, y, x, &cells[y * COLS + x]);
}

/* The texts of a row, one after the other. */
struct row {
	struct {
		uint8_t	text, style, ink;
	}	 of[40];
	uint8_t	 rest;		/* the style of what is after them */
	uint8_t	 len;		/* so many of them are there */
	bool	 ascii;		/* of them, those whose width nobody doubts */
};

static void
any_row(struct screen *s, int y, const struct row *r)
{
	static const char *const texts[] = { "", "            ", "a", "be", "[", " ",
		"   ",
		"\xc3\xa9", "e\xcc\x81", "\xe4\xb8\xad", "\xf0\x9f\x98\x80",
		"\xd7\x90", "\t", "\x1b", "\xc2\xb7", "word", " words of it ",
		"\xe2\x94\x82" };
	const char *text;
	size_t i;
	int x = 0;

	screen_fill(s, y, 0, 80, (enum style)r->rest);
	for (i = 0; i < r->len; i++) {
		text = texts[r->of[i].text % MEM_COUNT(texts)];
		if (text[0] == '\0' || (r->ascii && (text[0] & 0x80) != 0))
			continue;
		screen_ink_add(s, (struct screen_ink){ 0, strlen(text),
		    r->of[i].ink });
		x = screen_puts(s, y, x, 80, (enum style)r->of[i].style, text);
	}
}

/* A row, or a part of it, is another. */
static void
any_change(struct row *r, uint64_t *seed)
{
	bool whole = random_next(seed, 4) == 0;
	size_t i, to, at = random_next(seed, MEM_COUNT(r->of));
	uint8_t style = (uint8_t)random_next(seed, STYLE_COUNT);

	to = at + random_next(seed, 4);
	if (whole || random_next(seed, 4) == 0)
		r->rest = random_next(seed, 2) == 0 ? STYLE_PLAIN : style;
	if (whole) {
		r->len = (uint8_t)random_next(seed, MEM_COUNT(r->of) + 1);
		r->ascii = random_next(seed, 2) == 0;
	}
	for (i = whole ? 0 : at; i < MEM_COUNT(r->of) && (whole || i <= to);
	    i++) {
		if (random_next(seed, 4) == 0)
			style = (uint8_t)random_next(seed, STYLE_COUNT);
		r->of[i].style = style;
		if (whole || random_next(seed, 2) == 0)
			r->of[i].text = (uint8_t)random_next(seed, 250);
		r->of[i].ink = (uint8_t)random_next(seed, SYNTAX_COUNT);
	}
}

/* Some rows are a program's, in looks that no style has. */
static void
any_program(struct draw *d, struct screen *s, const struct row *rows)
{
	uint32_t n;
	int y, x;

	for (y = 0; y < ROWS; y++)
		for (x = 0; x < COLS && rows[y].rest % 3 == 0; x++) {
			n = (uint8_t)screen_cell(s, y, x)->text[0] *
			    (rows[y].len + 1u) + (uint32_t)x / 7;
			assert_true(draw_set(d, &s->cells[y * COLS + x],
			    n % 64, n % 5 == 0 ? 0 : draw_nearest(d, n % 256),
			    n % 3 == 0 ? 0 : draw_nearest(d, PEN_RGB |
			    n * 7919 % PEN_RGB)));
		}
}

/* Is the row's text there?  Only of one whose widths nobody doubts; nor are marks
 * beside a letter, which libvterm takes for another one in the last column. */
static bool
any_is_there(const VTermScreenCell *is, const struct screen *s, int y,
    bool corner)
{
	int x, cols = COLS - (corner && y == ROWS - 1);

	for (x = 0; x < COLS; x++)
		if (screen_cell(s, y, x)->text[0] == '\0' ||
		    screen_cell(s, y, x)->text[1] != '\0')
			return true;
	for (x = 0; x < cols; x++)
		if (is[x].chars[0] != (unsigned char)screen_cell(s, y,
		    x)->text[0])
			return false;
	return true;
}

/* The cursor is where it types, or out of the way if it can't be hidden. */
static bool
any_cursor(const struct fix *f, const struct screen *s, bool hides)
{
	VTermPos at;

	vterm_state_get_cursorpos(vterm_obtain_state(f->vt), &at);
	return s->cursor_y >= 0 ? at.row == s->cursor_y &&
	    at.col == s->cursor_x : hides || (at.row == ROWS - 1 &&
	    at.col == COLS - 1);
}

/* Rows move up and down, all of them or some. */
static void
any_move(struct row *rows, uint64_t *seed)
{
	uint32_t from = random_next(seed, ROWS), n, by;

	n = 1 + random_next(seed, ROWS - from);
	by = random_next(seed, n);
	if (random_next(seed, 2) == 0)
		memmove(rows + from, rows + from + by, (n - by) * sizeof(*rows));
	else
		memmove(rows + from + by, rows + from, (n - by) * sizeof(*rows));
}

static int
any_run(const char *type, enum draw_colour colour, bool corner, bool hides)
{
	struct fix f = { 0 };
	struct screen s = { 0 };
	struct row rows[ROWS] = { 0 };
	VTermScreenCell *is = xcalloc(ROWS * COLS, sizeof(*is));
	VTermScreenCell *whole = xcalloc(ROWS * COLS, sizeof(*whole));
	uint64_t seed = rounds_seed();
	unsigned long long rounds = rounds_of(30, 3000);
	uint32_t n;
	int i;

	fix_init(&f, type, colour);
	screen_resize(&s, ROWS, COLS);
	for (; rounds > 0; rounds--) {
		if (random_next(&seed, 3) == 0)
			any_move(rows, &seed);
		for (n = random_next(&seed, 12); n > 0; n--)
			any_change(&rows[random_next(&seed, ROWS)], &seed);
		screen_clear(&s);
		for (n = 0; n < ROWS; n++)
			any_row(&s, (int)n, &rows[n]);
		if (random_next(&seed, 2) == 0) {
			s.cursor_y = (int)random_next(&seed, ROWS);
			s.cursor_x = (int)random_next(&seed, COLS);
		}
		any_program(f.draw, &s, rows);
		fix_push(&f, &s);
		fix_cells(&f, is);
		if (!any_cursor(&f, &s, hides)) {
			fprintf(stderr, "%s, %llu rounds left: the cursor "
			    "isn't at %d,%d\n", type, rounds, s.cursor_y,
			    s.cursor_x);
			return 1;
		}
		draw_reset(f.draw, ROWS, COLS);
		any_program(f.draw, &s, rows);
		fix_push(&f, &s);
		fix_cells(&f, whole);
		for (i = 0; i < ROWS * COLS; i++)
			if (!fix_same(&is[i], &whole[i]) ||
			    !any_is_there(is + i / COLS * COLS, &s, i / COLS,
			    corner)) {
				fprintf(stderr, "%s, %llu rounds left: %d,%d: "
				    "%x, not %x (%s)\n", type, rounds,
				    i / COLS, i % COLS, is[i].chars[0],
				    whole[i].chars[0],
				    screen_cell(&s, i / COLS, i % COLS)->text);
				return 1;
			}
	}
	draw_free(f.draw);
	tty_free(f.tty);
	vterm_free(f.vt);
	screen_release(&s);
	free(is);
	free(whole);
	return 0;
}

TEST(test_comes_to_the_same)
{
	static const struct {
		const char	*type;
		bool		 corner;	/* its last cell stays free */
		bool		 hides;		/* it can hide the cursor */
	} types[] = { { "xterm-256color", false, true },
		{ "linux", false, true }, { "vt100", false, false },
		{ "vt220", false, true }, { "screen", false, true },
		{ "xterm-mono", false, false },
		{ "tmux-256color", false, true }, { "ansi", true, false } };
	int status, i;
	pid_t pid;

	for (i = 0; i < 2 * (int)MEM_COUNT(types); i++) {
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			_exit(any_run(types[i / 2].type, i % 2 == 0 ?
			    DRAW_COLOUR_DARK : DRAW_COLOUR_NEVER,
			    types[i / 2].corner, types[i / 2].hides));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}
