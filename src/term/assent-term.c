/* See term.h. */
#include "config.h"

#include "term/term.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/param.h>
#include <unistd.h>

#include <vterm.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "term/term-keys.h"
#include "term/term-vt.h"

#define TERM_CHANNEL	0
#define TERM_MASTER	1
#define TERM_TO_COMMAND	((size_t)1 << 20)	/* what it hasn't read: more is
						   dropped, as the kernel does */
#define TERM_CHUNK	65536
#define TERM_SPEAKS_MS	1000	/* for the front end to find out */
#define TERM_GONE	((size_t)2 << 20)	/* of what scrolled off: the last
						   so many bytes, at least */

struct term {
	VTerm		*vt;
	struct term_vt	 bytes;		/* of the command */
	VTermScreen	*screen;
	int		 rows, cols;
	bool		 dirty[TERM_ROWS_MAX];
	bool		 any;		/* one of them, or the cursor */
	VTermPos	 cursor;
	bool		 cursor_shown, bell, alt;
	bool		 asked;		/* for a frame */
	bool		 ended;		/* the terminal is closed */
	bool		 pastes;	/* what comes is no key */
	struct term_keys wants;
	enum { TERM_UNKNOWN, TERM_SPEAKS, TERM_IS_OLD }
			 user;		/* the user's terminal */
	/* The command has asked whether it speaks the protocol: nothing is sent
	 * until that is known, since other answers come after this one. */
	int64_t		 answer_by;	/* 0: it hasn't */
	size_t		 answer_at, answer_len;	/* in `keys` */
	struct buf	 in;		/* from the front end, incomplete */
	struct buf	 out;		/* to it */
	struct buf	 keys;		/* to the command */
	struct buf	 gone;		/* rows that scrolled off, after a byte:
					   were there more? */
};

/* ---- what libvterm tells ---- */

static int
term_damage(VTermRect r, void *arg)
{
	struct term *t = arg;
	int y;

	for (y = MAX(r.start_row, 0); y < r.end_row && y < t->rows; y++)
		t->dirty[y] = true;
	t->any = true;
	return 1;
}

static int
term_move(VTermPos pos, VTermPos old UNUSED, int visible UNUSED, void *arg)
{
	struct term *t = arg;

	t->cursor = pos;
	t->any = true;
	return 1;
}

/* Titles and the like end here. */
static int
term_prop(VTermProp prop, VTermValue *v, void *arg)
{
	struct term *t = arg;

	if (prop == VTERM_PROP_CURSORVISIBLE)
		t->cursor_shown = v->boolean;
	else if (prop == VTERM_PROP_ALTSCREEN)
		t->alt = v->boolean;
	else
		return 0;
	t->any = true;
	return 1;
}

/* The text of a cell; "": blank, or the second one of a wide character. */
static void
term_text(const VTermScreenCell *c, struct buf *text)
{
	size_t i;

	for (i = 0; i < VTERM_MAX_CHARS_PER_CELL && c->chars[i] != 0 &&
	    c->chars[i] != (uint32_t)-1; i++)
		utf8_put(text, c->chars[i]);
}

/* A row of what isn't a full-screen program has scrolled off. */
static int
term_scrolled(int cols, const VTermScreenCell *cells, void *arg)
{
	struct term *t = arg;
	size_t len = t->gone.len;
	int x;

	for (x = 0; x < cols; x++) {
		size_t had = t->gone.len;

		term_text(&cells[x], &t->gone);
		if (t->gone.len == had && cells[x].chars[0] == 0)
			buf_addc(&t->gone, ' ');
		else
			len = t->gone.len;
	}
	buf_cut(&t->gone, len);
	buf_addc(&t->gone, '\n');
	if (t->gone.len > 2 * TERM_GONE) {
		buf_consume(&t->gone, t->gone.len - TERM_GONE - 1);
		t->gone.p[0] = true;
	}
	return 1;
}

static int
term_bell(void *arg)
{
	struct term *t = arg;

	t->bell = t->any = true;
	return 1;
}

/* Its answers, and keys as the command wants them. */
static void
term_answer(const char *p, size_t n, void *arg)
{
	struct term *t = arg;

	buf_add(&t->keys, p, n);
}

/* Does it? Then the answer stays among what is sent. */
static void
term_learn(struct term *t, bool speaks)
{
	size_t end = t->answer_at + t->answer_len;

	t->user = speaks ? TERM_SPEAKS : TERM_IS_OLD;
	if (t->answer_by != 0 && !speaks) {
		memmove(t->keys.p + t->answer_at, t->keys.p + end,
		    t->keys.len - end);
		buf_cut(&t->keys, t->keys.len - t->answer_len);
	}
	t->answer_by = 0;
}

static void
term_asked(struct term *t)
{
	size_t had = t->keys.len;

	if (t->user == TERM_IS_OLD || t->answer_by != 0 || buf_addf(&t->keys,
	    "\033[?%uu", term_keys_flags(&t->wants, t->alt)) < 0 ||
	    t->user == TERM_SPEAKS)
		return;
	t->answer_by = clock_mono_ms() + TERM_SPEAKS_MS;
	t->answer_at = had;
	t->answer_len = t->keys.len - had;
	/* The front end enters its terminal with the first frame. */
	t->any = true;
}

static void
term_seen(void *arg, const char *seq, size_t n, char final)
{
	struct term *t = arg;

	if (final == 'c') {
		memset(&t->wants, 0, sizeof(t->wants));
		t->any = true;
		return;
	}
	switch (term_keys_csi(&t->wants, t->alt, seq, n, final)) {
	case TERM_KEYS_NOTHING:
		break;
	case TERM_KEYS_CHANGED:
		t->any = true;
		break;
	case TERM_KEYS_ASKED:
		term_asked(t);
		break;
	}
}

static void
term_new(struct term *t)
{
	static const VTermScreenCallbacks callbacks = {
		.damage = term_damage, .movecursor = term_move,
		.settermprop = term_prop, .bell = term_bell,
		.sb_pushline = term_scrolled,
	};

	t->rows = 24;
	t->cols = 80;
	t->cursor_shown = true;
	t->bytes.seen = term_seen;
	t->bytes.arg = t;
	t->vt = vterm_new(t->rows, t->cols);
	if (t->vt == NULL)
		abort();
	vterm_set_utf8(t->vt, 1);
	vterm_output_set_callback(t->vt, term_answer, t);
	t->screen = vterm_obtain_screen(t->vt);
	vterm_screen_set_callbacks(t->screen, &callbacks, t);
	vterm_screen_enable_altscreen(t->screen, 1);
	vterm_screen_set_damage_merge(t->screen, VTERM_DAMAGE_ROW);
	vterm_screen_reset(t->screen, 1);
}

/* ---- frames ---- */

static uint32_t
term_colour(const VTermColor *c, bool own)
{
	if (own)
		return TERM_OWN;
	if (VTERM_COLOR_IS_INDEXED(c))
		return c->indexed.idx;
	return TERM_RGB | (uint32_t)c->rgb.red << 16 |
	    (uint32_t)c->rgb.green << 8 | c->rgb.blue;
}

static void
term_add_cell(struct term *t, VTermPos pos, struct buf *b)
{
	AUTO_BUF struct buf text = BUF_INIT(0);
	VTermScreenCell c;
	size_t n;

	memset(&c, 0, sizeof(c));
	(void)vterm_screen_get_cell(t->screen, pos, &c);
	term_text(&c, &text);
	n = utf8_cut(buf_str(&text), text.len, TERM_TEXT_MAX);
	buf_addc(b, c.chars[0] == (uint32_t)-1 ? 0 : c.width > 1 ? 2 : 1);
	buf_addc(b, (char)((c.attrs.bold ? TERM_BOLD : 0) |
	    (c.attrs.underline ? TERM_UNDERLINE : 0) |
	    (c.attrs.italic ? TERM_ITALIC : 0) |
	    (c.attrs.reverse ? TERM_REVERSE : 0) |
	    (c.attrs.blink ? TERM_BLINK : 0)));
	term_add32(b, term_colour(&c.fg, VTERM_COLOR_IS_DEFAULT_FG(&c.fg)));
	term_add32(b, term_colour(&c.bg, VTERM_COLOR_IS_DEFAULT_BG(&c.bg)));
	buf_addc(b, (char)n);
	buf_add(b, buf_str(&text), n);
}

static void
term_frame(struct term *t)
{
	AUTO_BUF struct buf b = BUF_INIT(TERM_FRAME_MAX);
	VTermPos pos;

	term_add16(&b, (unsigned)t->rows);
	term_add16(&b, (unsigned)t->cols);
	term_add16(&b, (unsigned)MIN(MAX(t->cursor.row, 0), t->rows - 1));
	term_add16(&b, (unsigned)MIN(MAX(t->cursor.col, 0), t->cols - 1));
	buf_addc(&b, (char)((t->cursor_shown ? TERM_CURSOR : 0) |
	    (t->bell ? TERM_BELL : 0) | (t->alt ? TERM_ALT : 0)));
	buf_addc(&b, (char)term_keys_flags(&t->wants, t->alt));
	buf_addc(&b, (char)t->wants.other);
	for (pos.row = 0; pos.row < t->rows; pos.row++) {
		if (!t->dirty[pos.row])
			continue;
		t->dirty[pos.row] = false;
		term_add16(&b, (unsigned)pos.row);
		for (pos.col = 0; pos.col < t->cols; pos.col++)
			term_add_cell(t, pos, &b);
	}
	t->any = t->asked = t->bell = false;
	buf_addc(&t->out, 'F');
	term_add32(&t->out, (uint32_t)b.len);
	buf_add(&t->out, b.p, b.len);
}

/* ---- what the front end says ---- */

static void
term_resize(struct term *t, int rows, int cols)
{
	struct winsize size = { .ws_row = (unsigned short)rows,
		.ws_col = (unsigned short)cols };

	if (rows < 1 || cols < TERM_COLS_MIN || rows > TERM_ROWS_MAX ||
	    cols > TERM_COLS_MAX)
		return;
	t->rows = rows;
	t->cols = cols;
	term_vt_resize(&t->bytes, t->vt, rows, cols);
	memset(t->dirty, true, sizeof(t->dirty));
	t->any = true;
	(void)ioctl(TERM_MASTER, TIOCSWINSZ, &size);
}

/* Keys whose bytes depend on what the command has asked for: libvterm knows. */
static const struct {
	const char	*bytes;
	VTermKey	 key;
} term_keys[] = {
	{ "\033[A", VTERM_KEY_UP }, { "\033OA", VTERM_KEY_UP },
	{ "\033[B", VTERM_KEY_DOWN }, { "\033OB", VTERM_KEY_DOWN },
	{ "\033[C", VTERM_KEY_RIGHT }, { "\033OC", VTERM_KEY_RIGHT },
	{ "\033[D", VTERM_KEY_LEFT }, { "\033OD", VTERM_KEY_LEFT },
	{ "\033[H", VTERM_KEY_HOME }, { "\033OH", VTERM_KEY_HOME },
	{ "\033[F", VTERM_KEY_END }, { "\033OF", VTERM_KEY_END },
};

#define TERM_PASTE_ON	"\033[200~"
#define TERM_PASTE_OFF	"\033[201~"

/* The bytes of a key that begin here, after it was sent; 0: no such key. */
static size_t
term_key(struct term *t, const char *p, const char *end)
{
	size_t i;

	if (mem_starts(p, end, TERM_PASTE_ON)) {
		vterm_keyboard_start_paste(t->vt);
		t->pastes = true;
		return strlen(TERM_PASTE_ON);
	}
	if (mem_starts(p, end, TERM_PASTE_OFF)) {
		vterm_keyboard_end_paste(t->vt);
		t->pastes = false;
		return strlen(TERM_PASTE_OFF);
	}
	/* By the protocol, an arrow has the same bytes in each mode. */
	if (t->pastes || (t->user == TERM_SPEAKS &&
	    term_keys_flags(&t->wants, t->alt) != 0))
		return 0;
	for (i = 0; i < MEM_COUNT(term_keys); i++)
		if (mem_starts(p, end, term_keys[i].bytes)) {
			vterm_keyboard_key(t->vt, term_keys[i].key,
			    VTERM_MOD_NONE);
			return strlen(term_keys[i].bytes);
		}
	return 0;
}

static void
term_typed(struct term *t, const char *p, size_t n)
{
	const char *end = p + n;
	size_t skip;

	for (; p < end; p += skip)
		if (*p != '\033' || (skip = term_key(t, p, end)) == 0) {
			buf_addc(&t->keys, *p);
			skip = 1;
		}
}

static unsigned
term_get16(const char *p)
{
	return (unsigned)(unsigned char)p[0] << 8 | (unsigned char)p[1];
}

static void
term_messages(struct term *t)
{
	const char *p;
	size_t n;

	while (t->in.len >= 3 && t->in.len >= (n = term_get16(t->in.p + 1)) +
	    3) {
		p = t->in.p + 3;
		if (t->in.p[0] == 'k')
			term_typed(t, p, n);
		else if (t->in.p[0] == 's' && n == 4)
			term_resize(t, (int)term_get16(p),
			    (int)term_get16(p + 2));
		else if (t->in.p[0] == 'u' && n == 1)
			term_learn(t, p[0] != 0);
		else if (t->in.p[0] == 'f')
			t->asked = true;
		buf_consume(&t->in, n + 3);
	}
}

/* ---- the loop ---- */

/* False: it is closed. */
static bool
term_write(int fd, struct buf *b)
{
	ssize_t n = b->len == 0 ? 0 : write(fd, b->p, b->len);

	if (n > 0)
		buf_consume(b, (size_t)n);
	return n >= 0 || errno == EAGAIN || errno == EINTR;
}

static ssize_t
term_read(int fd, char *p)
{
	ssize_t n = read(fd, p, TERM_CHUNK);

	return n < 0 && (errno == EAGAIN || errno == EINTR) ? -1 : MAX(n, 0);
}

static void
term_end(struct term *t)
{
	t->ended = true;
	term_frame(t);
	buf_addc(&t->out, 'E');
	term_add32(&t->out, (uint32_t)t->gone.len);
	buf_add(&t->out, t->gone.p, t->gone.len);
}

/* How long may the front end still take to find out? */
static int
term_wait_ms(const struct term *t)
{
	int64_t left = t->answer_by - clock_mono_ms();

	return t->answer_by == 0 ? -1 : (int)MAX(left, 0);
}

/* False: the front end is gone, or has all, the end too. */
static bool
term_once(struct term *t)
{
	static char chunk[TERM_CHUNK];
	bool sends = t->keys.len > 0 && t->answer_by == 0;
	struct pollfd p[2] = {
		{ TERM_CHANNEL, (short)(POLLIN | (t->out.len > 0 ? POLLOUT :
		    0)), 0 },
		{ t->ended ? -1 : TERM_MASTER, (short)(POLLIN |
		    (sends ? POLLOUT : 0)), 0 },
	};
	ssize_t n;

	if (poll(p, 2, term_wait_ms(t)) < 0)
		return errno == EINTR;
	if (term_wait_ms(t) == 0)
		term_learn(t, false);
	if (p[1].revents != 0) {
		if (sends)
			(void)term_write(TERM_MASTER, &t->keys);
		n = term_read(TERM_MASTER, chunk);
		if (n > 0)
			term_vt_write(&t->bytes, t->vt, chunk, (size_t)n);
		vterm_screen_flush_damage(t->screen);
		if (n == 0)
			term_end(t);
	}
	if (p[0].revents != 0) {
		n = term_read(TERM_CHANNEL, chunk);
		if (n == 0 || (n > 0 && buf_add(&t->in, chunk, (size_t)n) < 0))
			return false;
		term_messages(t);
	}
	if (t->asked && t->any && !t->ended && t->out.len == 0)
		term_frame(t);
	return term_write(TERM_CHANNEL, &t->out) &&
	    (!t->ended || t->out.len > 0);
}

static int
term_unblock(int fd)
{
	return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

int
main(void)
{
	static struct term t;

	if (term_unblock(TERM_CHANNEL) < 0 || term_unblock(TERM_MASTER) < 0 ||
	    term_confine() < 0)
		return 1;
	buf_init(&t.in, TERM_CHUNK + 65536 + 3);
	buf_init(&t.out, 2 * TERM_FRAME_MAX + 2 * TERM_GONE + TERM_CHUNK);
	buf_init(&t.keys, TERM_TO_COMMAND);
	buf_init(&t.gone, 0);
	buf_addc(&t.gone, false);
	term_new(&t);
	while (term_once(&t))
		continue;
	/* The core stops a command whose terminal nobody sees. */
	return t.ended ? 0 : 3;
}
