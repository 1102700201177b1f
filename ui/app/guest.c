#include "config.h"

#include "ui/app/guest.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/bindings.h"
#include "term/term.h"
#include "ui/keys/key-code.h"
#include "ui/keys/keys.h"
#include "ui/term/terminal.h"
#include "ui/term/tty-int.h"

#define GUEST_OUT_MAX	((size_t)1 << 20)
/* Kitty's keyboard protocol: which flags are set? A terminal that doesn't
 * speak it answers the second question (DA1) alone. */
#define GUEST_ASK	"\033[?u\033[c"
#define GUEST_ASK_MS	1000	/* until then an answer is expected */
#define GUEST_KEYS	(KEYS_CTRL | (GUEST_KEY + '@'))

struct guest {
	int		 fd;
	struct tty	*tty;		/* NULL: not entered */
	struct draw	*draw;
	struct screen	 screen;
	bool		 on;		/* to be shown */
	bool		 colour;
	struct keys	*keys;
	enum { GUEST_UNKNOWN, GUEST_SPEAKS, GUEST_IS_OLD }
			 ours_is;	/* our terminal, by the protocol */
	bool		 asks;		/* C-] was typed: which? */
	uint32_t	 ours;		/* the last key that was, */
	enum guest_want	 want;		/* and what it meant */
	struct term_view view;
	struct buf	 in, out;
	struct buf	 gone;		/* what had scrolled off, at the end */
	int64_t		 files;		/* -1: not known */
	char		*waits;		/* for an answer; or NULL */
	char		*notice;	/* until a key, or NULL */
};

static void
guest_room(int *rows, int *cols)
{
	tty_size(rows, cols);
	*rows = MIN(MAX(*rows - 1, 1), TERM_ROWS_MAX);
	*cols = MIN(MAX(*cols, TERM_COLS_MIN), TERM_COLS_MAX);
}

cJSON *
guest_size(void)
{
	cJSON *o = cJSON_CreateObject();
	int rows, cols;

	guest_room(&rows, &cols);
	json_add_int(o, "rows", rows);
	json_add_int(o, "cols", cols);
	return o;
}

/* ---- drawing ---- */

_Static_assert(TERM_RGB == PEN_RGB && TERM_TEXT_MAX + 1 == CELL_TEXT,
    "cells of term.h and of a screen");

static uint32_t
guest_colour(const struct guest *g, uint32_t c)
{
	return c == TERM_OWN ? 0 : draw_nearest(g->draw, c);
}

static unsigned
guest_attr(unsigned attr)
{
	return ((attr & TERM_BOLD) != 0 ? PALETTE_BOLD : 0) |
	    ((attr & TERM_UNDERLINE) != 0 ? PALETTE_UNDERLINE : 0) |
	    ((attr & TERM_ITALIC) != 0 ? PALETTE_ITALIC : 0) |
	    ((attr & TERM_REVERSE) != 0 ? PALETTE_REVERSE : 0) |
	    ((attr & TERM_BLINK) != 0 ? PALETTE_BLINK : 0);
}

/* The command's cells; false: some have no look of their own. */
static bool
guest_draw_cells(struct guest *g)
{
	const struct term_view *v = &g->view;
	const struct term_cell *from;
	struct screen *s = &g->screen;
	struct cell *to;
	bool all = true;
	int y, x;

	for (y = 0; y < v->rows && y < s->rows - 1; y++)
		for (x = 0; x < v->cols && x < s->cols; x++) {
			from = &v->cells[y * v->cols + x];
			to = &s->cells[y * s->cols + x];
			memcpy(to->text, from->text, sizeof(to->text));
			/* A wide character's second cell stays empty. */
			if (from->text[0] == '\0' && (x == 0 ||
			    from[-1].width != 2))
				to->text[0] = ' ';
			all = draw_set(g->draw, to, guest_attr(from->attr),
			    guest_colour(g, from->fg), guest_colour(g,
			    from->bg)) && all;
		}
	return all;
}

/* Malloc'ed. What to do comes before a host's name, which may be long. */
static char *
guest_words(const struct guest *g)
{
	char files[64] = "";

	if (g->asks)
		return xasprintf("assent: r %s \xc2\xb7 x stop the command "
		    "\xc2\xb7 C-] send C-]", g->waits != NULL ? "answer" :
		    "review so far");
	if (g->waits != NULL)
		return xasprintf("assent: C-] answers: %s", g->waits);
	if (g->notice != NULL)
		return xasprintf("assent: %s", g->notice);
	if (g->files >= 0)
		snprintf(files, sizeof(files), " \xc2\xb7 %lld file%s changed",
		    (long long)g->files, g->files == 1 ? "" : "s");
	return xasprintf("sandboxed%s \xc2\xb7 C-] for assent", files);
}

/* Ours, which always looks like this. */
static void
guest_draw_row(struct guest *g)
{
	struct screen *s = &g->screen;
	AUTO_FREE char *words = guest_words(g);
	int x;

	screen_own(s, s->rows - 1, 0, s->cols, STYLE_PLAIN, words);
	for (x = 0; x < s->cols; x++)
		(void)draw_set(g->draw, &s->cells[(s->rows - 1) * s->cols + x],
		    PALETTE_REVERSE, 0, 0);
}

/* Our terminal encodes keys as the command has asked for; and we want to know
 * C-] in each layout. */
static void
guest_form(struct guest *g)
{
	unsigned flags = g->ours_is == GUEST_SPEAKS ? g->view.keys : 0;

	if (flags != 0)
		flags |= TERM_KEYS_ALTERNATES;
	tty_keys(g->tty, flags, g->view.other);
}

static void
guest_draw(struct guest *g)
{
	const struct term_view *v = &g->view;
	struct screen *s = &g->screen;
	int rows, cols;

	if (g->tty == NULL)
		return;
	tty_size(&rows, &cols);
	screen_resize(s, rows, cols);
	if (!guest_draw_cells(g)) {
		draw_reset(g->draw, rows, cols);
		(void)guest_draw_cells(g);
	}
	guest_draw_row(g);
	s->cursor_y = MIN(v->cursor_y, rows - 1);
	s->cursor_x = MIN(v->cursor_x, cols - 1);
	if (v->bell)
		tty_notify(g->tty, NULL);
	g->view.bell = false;
	guest_form(g);
	draw_push(g->draw, s);
	(void)tty_push(g->tty, NULL);
}

void
guest_waits(struct guest *g, const char *words)
{
	if (g->waits == NULL && words == NULL)
		return;
	if (g->waits != NULL && words != NULL && strcmp(g->waits, words) == 0)
		return;
	xstrset(&g->waits, words);
	if (words != NULL)
		g->view.bell = true;
	guest_draw(g);
}

void
guest_say(struct guest *g, const char *words)
{
	xstrset(&g->notice, words);
	guest_draw(g);
}

static const char *
guest_text(const struct term_cell *c)
{
	return c->text[0] != '\0' ? c->text : c->width == 0 ? "" : " ";
}

/* The cells of a row without the blanks at its end. */
static int
guest_row_end(const struct term_view *v, int y)
{
	int x = v->cols;

	while (x > 0 && strcmp(guest_text(&v->cells[y * v->cols + x - 1]),
	    " ") == 0)
		x--;
	return x;
}

/* ---- the channel ---- */

static void
guest_close(struct guest *g)
{
	fs_close(g->fd);
	g->fd = -1;
}

static void
guest_flush(struct guest *g)
{
	ssize_t n = g->out.len == 0 || g->fd < 0 ? 0 : send(g->fd, g->out.p,
	    g->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n > 0)
		buf_consume(&g->out, (size_t)n);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		buf_clear(&g->out);	/* what it had sent is still to be read */
}

static void
guest_send(struct guest *g, char type, const void *p, size_t n)
{
	if (g->out.len + n + 3 > GUEST_OUT_MAX)
		return;
	buf_addc(&g->out, type);
	term_add16(&g->out, (unsigned)n);
	buf_add(&g->out, p, n);
	guest_flush(g);
}

static void
guest_send_size(struct guest *g)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	int rows, cols;

	guest_room(&rows, &cols);
	term_add16(&b, (unsigned)rows);
	term_add16(&b, (unsigned)cols);
	guest_send(g, 's', b.p, b.len);
	guest_send(g, 'f', NULL, 0);
}

/* assent-term, which answers the command, has to know it. */
static void
guest_speaks(struct guest *g, bool speaks)
{
	char answer = speaks;

	g->ours_is = speaks ? GUEST_SPEAKS : GUEST_IS_OLD;
	guest_send(g, 'u', &answer, 1);
}

static void
guest_ask(struct guest *g)
{
	if (!g->tty->keys) {
		guest_speaks(g, false);
		return;
	}
	sendq_adds(g->tty->sendq, GUEST_ASK);
	g->tty->asked_until = clock_mono_ms() + GUEST_ASK_MS;
}

static void
guest_enter(struct guest *g)
{
	struct err e = ERR_INIT;

	if (g->tty != NULL || !g->on)
		return;
	sanitize_set_locale();
	g->view.flags = sanitize_locale() | SANITIZE_WCWIDTH;
	g->tty = tty_new(&e);
	if (g->tty == NULL)
		return;
	/* They go to the command, which says what it wants. */
	tty_keys(g->tty, 0, 0);
	tty_enter(g->tty, false);
	g->draw = draw_new(g->tty, g->colour ? DRAW_COLOUR_AUTO :
	    DRAW_COLOUR_NEVER, false);
	if (g->ours_is == GUEST_UNKNOWN)
		guest_ask(g);
}

void
guest_show(struct guest *g)
{
	g->on = true;
	guest_send_size(g);
}

void
guest_hide(struct guest *g)
{
	g->on = g->asks = false;
	keys_forget(g->keys);
	if (g->tty == NULL)
		return;
	/* It was typed for the command. */
	(void)tcflush(STDIN_FILENO, TCIFLUSH);
	tty_leave(g->tty);
	tty_free(g->tty);
	g->tty = NULL;
	draw_free(g->draw);
}

/* What had scrolled off; if there was more, from a whole line on. */
static void
guest_print_gone(const struct guest *g)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *p = g->gone.p, *end = p + g->gone.len;

	if (g->gone.len == 0)
		return;
	if (*p++ != 0) {
		fputs("...\n", stdout);
		p = mem_line_after(p, end);
	}
	sanitize_add(&b, p, (size_t)(end - p), sanitize_locale() |
	    SANITIZE_LINES);
	fwrite(buf_str(&b), 1, b.len, stdout);
}

#define GUEST_END_MS 2000	/* for the last frame: it is on its way */

void
guest_end(struct guest *g)
{
	struct pollfd p = { .fd = g->fd, .events = POLLIN };
	const struct term_view *v = &g->view;
	int64_t until = clock_mono_ms() + GUEST_END_MS, now;
	int rows, y, x, end;

	while (g->on && g->fd >= 0 && (now = clock_mono_ms()) < until &&
	    poll(&p, 1, (int)(until - now)) > 0)
		guest_ready(g);
	guest_hide(g);
	for (rows = v->alt ? 0 : v->rows; rows > 0; rows--)
		if (guest_row_end(v, rows - 1) > 0)
			break;
	guest_print_gone(g);
	for (y = 0; y < rows; y++) {
		end = guest_row_end(v, y);
		for (x = 0; x < end; x++)
			fputs(guest_text(&v->cells[y * v->cols + x]), stdout);
		fputc('\n', stdout);
	}
	fflush(stdout);
}

bool
guest_is_open(const struct guest *g)
{
	return g != NULL && g->fd >= 0;
}

bool
guest_is_shown(const struct guest *g)
{
	return g != NULL && g->on;
}

int
guest_fd(const struct guest *g)
{
	return g == NULL || !g->on ? -1 : g->fd;
}

short
guest_events(const struct guest *g)
{
	return (short)(POLLIN | (g->out.len > 0 ? POLLOUT : 0));
}

/* A whole message; false: there is none yet. */
static bool
guest_message(struct guest *g)
{
	const unsigned char *p = (const unsigned char *)g->in.p;
	size_t n;

	if (g->in.len < 5)
		return false;
	n = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];
	if (n > TERM_FRAME_MAX || (p[0] != 'F' && p[0] != 'E')) {
		guest_close(g);
		return false;
	}
	if (g->in.len < n + 5)
		return false;
	if (p[0] == 'E') {
		guest_say(g, "the command has closed its terminal");
		buf_add(&g->gone, p + 5, n);
		guest_close(g);
	} else if (!term_view_read(&g->view, g->in.p + 5, n)) {
		guest_close(g);
		return false;
	} else
		guest_send(g, 'f', NULL, 0);
	buf_consume(&g->in, n + 5);
	return true;
}

void
guest_ready(struct guest *g)
{
	char chunk[65536];
	ssize_t n = recv(g->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
	bool any = false;

	guest_flush(g);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) ||
	    (n > 0 && buf_add(&g->in, chunk, (size_t)n) < 0)) {
		guest_close(g);
		return;
	}
	while (g->fd >= 0 && guest_message(g))
		any = true;
	if (!any)
		return;
	guest_enter(g);
	guest_draw(g);
}

/* ---- keys ---- */

static void
guest_pass(struct guest *g, const struct key_event *ev)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (ev->text != NULL || (g->view.keys & TERM_KEYS_ALTERNATES) != 0)
		buf_add(&b, ev->bytes, ev->bytes_len);
	else
		key_add_bare(&b, ev->bytes, ev->bytes_len);
	if (b.len > 0)
		guest_send(g, 'k', b.p, b.len);
}

/* An answer of our terminal's: the command gets its own from assent-term. */
static bool
guest_hears(struct guest *g, const struct key_event *ev)
{
	size_t n = ev->bytes_len;
	char final = n > 3 ? ev->bytes[n - 1] : '\0';

	if (ev->key != 0 || ev->text != NULL || n < 4 ||
	    memcmp(ev->bytes, "\033[?", 3) != 0 ||
	    (final != 'u' && final != 'c'))
		return false;
	if (final == 'u' || g->ours_is == GUEST_UNKNOWN)
		guest_speaks(g, final == 'u');
	return true;
}

/* C-] was typed, and now this. */
static void
guest_answer(struct guest *g, const struct key_event *ev)
{
	uint32_t key = key_latin(ev->key);

	g->asks = false;
	if (key == GUEST_KEYS)
		guest_pass(g, ev);
	else if (key == 'r')
		g->want = GUEST_LOOK;
	else if (key == 'x') {
		g->want = GUEST_STOP;
		guest_say(g, "stopping the command");
	}
}

/* Is it a key that the command doesn't get? */
static bool
guest_takes(struct guest *g, const struct key_event *ev)
{
	/* What follows was typed for a command that is left. */
	if (g->want != GUEST_NOTHING)
		return true;
	if (ev->released)
		return ev->key != 0 && (ev->key == g->ours ||
		    ev->key == GUEST_KEYS);
	if (ev->key == 0) {
		/* Shift alone, or a report, is no answer; a paste is one. */
		if (ev->text != NULL)
			g->asks = false;
		return false;
	}
	if (!g->asks && ev->key != GUEST_KEYS)
		return false;
	g->ours = ev->key;
	if (g->asks)
		guest_answer(g, ev);
	else
		g->asks = true;
	return true;
}

static void
guest_key(void *arg, const struct key_event *ev)
{
	struct guest *g = arg;

	if (!guest_hears(g, ev) && !guest_takes(g, ev))
		guest_pass(g, ev);
}

struct guest *
guest_new(int fd_take, bool colour)
{
	struct guest *g = xcalloc(1, sizeof(*g));

	g->fd = fd_take;
	g->colour = colour;
	g->files = -1;
	g->keys = keys_new_raw(guest_key, g);
	buf_init(&g->in, TERM_FRAME_MAX + 2 * 65536);
	buf_init(&g->out, GUEST_OUT_MAX);
	buf_init(&g->gone, TERM_FRAME_MAX);
	return g;
}

enum guest_want
guest_typed(struct guest *g)
{
	char chunk[TERM_TYPED_MAX];
	ssize_t n = read(STDIN_FILENO, chunk, sizeof(chunk));

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		return GUEST_GONE;
	FREE_NULL(g->notice);
	g->want = GUEST_NOTHING;
	if (n > 0)
		keys_feed(g->keys, chunk, (size_t)n, clock_mono_ms());
	guest_draw(g);
	return g->want;
}

int64_t
guest_due(const struct guest *g)
{
	return guest_is_shown(g) ? keys_deadline(g->keys) : -1;
}

void
guest_tick(struct guest *g)
{
	int64_t due = guest_due(g), now = clock_mono_ms();

	if (due < 0 || now < due)
		return;
	keys_tick(g->keys, now);
	guest_draw(g);
}

void
guest_resized(struct guest *g)
{
	guest_send_size(g);
	guest_draw(g);
}

void
guest_changed(struct guest *g, int64_t files)
{
	bool same = g->files == files;

	g->files = files;
	if (!same)
		guest_draw(g);
}

void
guest_free_at(struct guest **at)
{
	struct guest *g = *at;

	if (g == NULL)
		return;
	guest_hide(g);
	fs_close(g->fd);
	keys_free(g->keys);
	term_view_release(&g->view);
	screen_release(&g->screen);
	buf_release(&g->in);
	buf_release(&g->out);
	buf_release(&g->gone);
	FREE_ALL(g->waits, g->notice, g);
}
