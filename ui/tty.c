/*
 * curses writes into a queue of ours and knows of no terminal: the settings are
 * made here, without waiting for what is on its way, which may never get there.
 * The strings that a dying process writes are made ready beforehand: a signal
 * handler may call nothing but write and tcsetattr.
 */
#include "config.h"

#include "ui/tty.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

#include "base/b64.h"
#include "base/buf.h"
#include "base/mem.h"
#include "ui/sendq.h"

#define TTY_PASTE_ON	"\033[?2004h"
#define TTY_PASTE_OFF	"\033[?2004l"

#define TTY_WRAP_ON	"\033[?7h"
#define TTY_WRAP_OFF	"\033[?7l"
#define TTY_SYNC_ON	"\033[?2026h"
#define TTY_SYNC_OFF	"\033[?2026l"
#define TTY_TITLE_KEEP	"\033[22;2t"
#define TTY_TITLE_BACK	"\033[23;2t"

#define TTY_LEAVE_MS	250	/* that it takes nothing, and is left so */
#define TTY_RESCUE_MS	50

struct tty {
	SCREEN		*screen;
	struct sendq	*sendq;
	bool		 entered;
	bool		 paste;		/* it knows bracketed paste */
	bool		 sync;		/* and synchronized output, */
	bool		 titles;	/* and a stack of titles */
	bool		 titled;
	bool		 copies;	/* it has a clipboard */
	bool		 unwraps;	/* it can be told not to wrap */
	bool		 counts;	/* the kernel knows what is on its way */
	struct termios	 saved;
};

static const int tty_fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

/* For the handler alone. */
static struct {
	volatile sig_atomic_t	on;
	struct termios		saved;
	int			fd;
	char			text[160];
	size_t			len;
} tty_rescue;

static void
tty_die(int sig)
{
	ssize_t n;

	if (tty_rescue.on) {
		n = write(tty_rescue.fd, tty_rescue.text, tty_rescue.len);
		(void)n;
		tcsetattr(STDIN_FILENO, TCSANOW, &tty_rescue.saved);
	}
	/* The default comes back by SA_RESETHAND. */
	raise(sig);
}

static const char *
tty_string(const char *name)
{
	const char *s = tigetstr(name);

	return s == NULL || s == (const char *)-1 ? "" : s;
}

static bool
tty_is_one_of(const char *name, const char *const *known, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strncmp(name, known[i], strlen(known[i])) == 0)
			return true;
	return false;
}

/* Terminals that take DECSET 2004, or ignore it without a trace. */
static bool
tty_knows_paste(const char *name)
{
	static const char *const known[] = { "xterm", "screen", "tmux",
		"rxvt", "alacritty", "kitty", "foot", "st-", "wezterm",
		"konsole", "gnome", "vte", "contour", "ghostty" };

	return tty_string("BE")[0] != '\0' ||
	    tty_is_one_of(name, known, MEM_COUNT(known));
}

/* Those that hold a frame back; nobody is asked, as the answer could come when
 * we are gone. */
static bool
tty_knows_sync(const char *name)
{
	static const char *const known[] = { "alacritty", "contour", "foot",
		"ghostty", "kitty", "wezterm", "xterm-ghostty",
		"xterm-kitty" };

	return tty_string("Sync")[0] != '\0' ||
	    tty_is_one_of(name, known, MEM_COUNT(known));
}

/* Those that keep a stack of titles (XTWINOPS 22 and 23). */
static bool
tty_knows_titles(const char *name)
{
	static const char *const known[] = { "alacritty", "foot", "ghostty",
		"kitty", "tmux", "wezterm", "xterm" };

	return tty_is_one_of(name, known, MEM_COUNT(known));
}

/* Those that say so, and some whose entry often does not. */
static bool
tty_knows_copy(const char *name)
{
	static const char *const known[] = { "xterm", "tmux", "alacritty",
		"kitty", "foot", "wezterm", "contour", "ghostty" };
	size_t i;

	if (tty_string("Ms")[0] != '\0')
		return true;
	for (i = 0; i < MEM_COUNT(known); i++)
		if (strncmp(name, known[i], strlen(known[i])) == 0)
			return true;
	return false;
}

struct tty *
tty_new(struct err *e)
{
	static const char way[] = "`assent --plain` works on any, and `assent "
	    "exec` without one";
	const char *name = getenv("TERM");
	struct tty *t;
	int known = 0;
	bool places, paste, copies, sync;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		err_set(e, "the screen needs a terminal on standard input "
		    "and output; %s", way);
		return NULL;
	}
	if (name == NULL || name[0] == '\0') {
		err_set(e, "TERM is not set: set it to what your terminal is "
		    "(such as xterm-256color); %s", way);
		return NULL;
	}
	if (setupterm(name, STDOUT_FILENO, &known) != OK) {
		err_set(e, "the terminal \"%.64s\" is not in the terminfo "
		    "database: set TERM to one that is (such as vt100); %s",
		    name, way);
		return NULL;
	}
	places = tty_string("cup")[0] != '\0' &&
	    tty_string("clear")[0] != '\0';
	paste = tty_knows_paste(name);
	sync = tty_knows_sync(name);
	copies = tty_knows_copy(name);
	/* newterm reads the entry again for itself. */
	del_curterm(cur_term);
	if (!places) {
		err_set(e, "a terminal of type \"%.64s\" cannot place text: "
		    "set TERM to what it really is; %s", name, way);
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	t->paste = paste;
	t->sync = sync;
	t->titles = tty_knows_titles(name);
	t->copies = copies;
	if (tcgetattr(STDIN_FILENO, &t->saved) < 0) {
		err_sys(e, "cannot read the terminal's settings");
		free(t);
		return NULL;
	}
	return t;
}

/* A string of terminfo without its padding marks such as "$<5>", which have no
 * place in a last gasp. */
static void
tty_add_bare(struct buf *b, const char *s)
{
	const char *pad;

	while ((pad = strstr(s, "$<")) != NULL) {
		buf_add(b, s, (size_t)(pad - s));
		pad = strchr(pad, '>');
		s = pad == NULL ? "" : pad + 1;
	}
	buf_adds(b, s);
}

/* Has it no second screen, so that what was drawn stays where the shell goes
 * on? */
static bool
tty_has_one_screen(void)
{
	return tty_string("rmcup")[0] == '\0';
}

static void
tty_rescue_set(struct tty *t)
{
	struct buf b = BUF_INIT(0);
	struct sigaction sa;
	size_t i;

	tty_rescue.on = 0;
	tty_rescue.saved = t->saved;
	tty_rescue.fd = sendq_fd(t->sendq);
	/* It may come in the middle of a sequence, with a part of the rows set
	 * to scroll. */
	buf_addf(&b, "\030%s%s%s%s%s\033[0m",
	    tty_string("csr")[0] != '\0' ? "\033[r" : "",
	    t->unwraps ? TTY_WRAP_ON : "",
	    t->sync ? TTY_SYNC_OFF : "", t->paste ? TTY_PASTE_OFF : "",
	    t->titled ? TTY_TITLE_BACK : "");
	tty_add_bare(&b, tty_string(tty_has_one_screen() ? "clear" : "rmcup"));
	tty_add_bare(&b, tty_string("cnorm"));
	snprintf(tty_rescue.text, sizeof(tty_rescue.text), "%s", buf_str(&b));
	tty_rescue.len = strlen(tty_rescue.text);
	buf_release(&b);
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = tty_die;
	sa.sa_flags = (int)(SA_RESETHAND | SA_NODEFER);
	for (i = 0; i < MEM_COUNT(tty_fatal); i++)
		sigaction(tty_fatal[i], &sa, NULL);
	tty_rescue.on = 1;
}

bool
tty_marks_pastes(const struct tty *t)
{
	return t->paste;
}

bool
tty_copy(struct tty *t, const char *text, size_t len)
{
	struct buf b = BUF_INIT(0);

	/* While it takes nothing, each would be kept. */
	if (!t->copies || !t->entered || !sendq_push(t->sendq))
		return false;
	buf_adds(&b, "\033]52;c;");
	b64_encode(&b, text, len);
	buf_addc(&b, '\007');
	sendq_add(t->sendq, b.p, b.len);
	buf_release(&b);
	return true;
}

bool
tty_syncs(const struct tty *t)
{
	return t->sync;
}

void
tty_sync(const struct tty *t, bool begin)
{
	if (t->sync)
		sendq_adds(t->sendq, begin ? TTY_SYNC_ON : TTY_SYNC_OFF);
}

void
tty_unwrap(const struct tty *t)
{
	if (t->unwraps)
		sendq_adds(t->sendq, TTY_WRAP_OFF);
}

static void
tty_add(const struct tty *t, const char *s)
{
	struct buf b = BUF_INIT(0);

	tty_add_bare(&b, s);
	sendq_add(t->sendq, buf_str(&b), b.len);
	buf_release(&b);
}

void
tty_place(const struct tty *t, int y, int x)
{
	const char *s = tiparm(tty_string("cup"), y, x);

	tty_add(t, s == NULL ? "" : s);
}

bool
tty_push(struct tty *t)
{
	return sendq_push(t->sendq);
}

size_t
tty_gone(struct tty *t)
{
	return sendq_gone(t->sendq);
}

bool
tty_holds(const struct tty *t)
{
	return !sendq_is_empty(t->sendq);
}

bool
tty_is_empty(const struct tty *t)
{
	int left = 0;

	if (tty_holds(t))
		return false;
	return !t->counts || ioctl(STDOUT_FILENO, TIOCOUTQ, &left) < 0 ||
	    left <= 0;
}

bool
tty_is_drained(void)
{
	struct pollfd p = { STDOUT_FILENO, POLLOUT, 0 };

	/* A line that is gone is for the read to find out. */
	return poll(&p, 1, 0) != 0;
}

static int64_t
tty_speed(const struct termios *modes)
{
	static const struct {
		speed_t	code;
		int64_t	baud;
	} speeds[] = { { B110, 110 }, { B300, 300 }, { B600, 600 },
		{ B1200, 1200 }, { B2400, 2400 }, { B4800, 4800 },
		{ B9600, 9600 }, { B19200, 19200 }, { B38400, 38400 },
		{ B57600, 57600 }, { B115200, 115200 }, { B230400, 230400 } };
	size_t i;

	for (i = 0; i < MEM_COUNT(speeds); i++)
		if (cfgetospeed(modes) == speeds[i].code)
			return speeds[i].baud;
	return 0;
}

int64_t
tty_baud(const struct tty *t)
{
	/* They are a terminal to us whatever line they are shown on, and take
	 * all there is. */
	static const char *const between[] = { "screen", "tmux" };
	int64_t baud = tty_speed(&t->saved);
	int modem;

	if (baud <= 0 || tty_is_one_of(getenv("TERM"), between,
	    MEM_COUNT(between)))
		return 0;
	/* That of a line without a speed, unless it has a modem's wires. */
	if (baud >= 38400 && ioctl(STDOUT_FILENO, TIOCMGET, &modem) < 0)
		return 0;
	return baud;
}

void
tty_bell(const struct tty *t)
{
	if (t->entered)
		sendq_adds(t->sendq, "\a");
}

void
tty_title(struct tty *t, const char *words)
{
	if (!t->titles || !t->entered)
		return;
	if (words == NULL) {
		if (t->titled)
			sendq_adds(t->sendq, TTY_TITLE_BACK);
		t->titled = false;
	} else {
		if (!t->titled)
			sendq_adds(t->sendq, TTY_TITLE_KEEP);
		t->titled = true;
		sendq_adds(t->sendq, "\033]2;");
		sendq_adds(t->sendq, words);
		sendq_adds(t->sendq, "\a");
	}
	tty_rescue_set(t);
}

bool
tty_wants_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return no == NULL || no[0] == '\0';
}

/* Where a row would flow over into the next, as this terminal takes some of its
 * characters for wider than we do, it is not to.  Only with the glitch does
 * curses not count on the wrapping. */
static bool
tty_can_unwrap(const char *name)
{
	static const char *const known[] = { "screen", "tmux" };

	return tigetflag("xenl") > 0 && (tty_string("rmam")[0] != '\0' ||
	    tty_is_one_of(name, known, MEM_COUNT(known)));
}

/* What raw() and its like would set. */
static void
tty_raw(const struct tty *t)
{
	struct termios raw = t->saved;

	raw.c_iflag &= ~(tcflag_t)(BRKINT | PARMRK | IXON | ICRNL | INLCR |
	    IGNCR);
	raw.c_oflag &= ~(tcflag_t)(ONLCR | TABDLY);
	raw.c_lflag &= ~(tcflag_t)(ICANON | ISIG | IEXTEN | ECHO | ECHONL);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

/* What stood in that variable; malloc'ed, or NULL. */
static char *
tty_tell(const char *name, int n)
{
	char *was = xstrdup_null(getenv(name)), *text = xasprintf("%d", n);

	setenv(name, text, 1);
	free(text);
	return was;
}

static void
tty_untell_take(const char *name, char *was)
{
	if (was == NULL)
		unsetenv(name);
	else
		setenv(name, was, 1);
	free(was);
}

/* Of a file curses cannot ask the size, and it would part the terminal, which it
 * takes for one of 24 lines, into what scrolls and what does not. */
static SCREEN *
tty_open_screen(FILE *to)
{
	SCREEN *screen;
	char *rows_were, *cols_were;
	int rows, cols;

	tty_size(&rows, &cols);
	rows_were = tty_tell("LINES", rows);
	cols_were = tty_tell("COLUMNS", cols);
	screen = newterm(NULL, to, stdin);
	tty_untell_take("LINES", rows_were);
	tty_untell_take("COLUMNS", cols_were);
	return screen;
}

static int
tty_begin(struct tty *t, struct err *e)
{
	struct stat st;

	if ((t->sendq = sendq_new(STDOUT_FILENO, e)) == NULL)
		return -1;
	/* A pseudo-terminal always says that nothing is left. */
	t->counts = fstat(STDOUT_FILENO, &st) == 0 &&
	    (major(st.st_rdev) < 136 || major(st.st_rdev) > 143);
	t->screen = tty_open_screen(sendq_file(t->sendq));
	if (t->screen == NULL)
		return err_set(e, "curses cannot use this terminal");
	if (tty_wants_colour() && has_colors()) {
		start_color();
		use_default_colors();
	}
	/* A picture is not given up half-way as a key is waiting to be read: it
	 * counts as written, and what it shows as seen. */
	typeahead(-1);
	/* That all goes out as it is, and a newline is one. */
	nonl();
	idlok(stdscr, TRUE);
	leaveok(stdscr, FALSE);
	t->unwraps = tty_can_unwrap(getenv("TERM"));
	tty_rescue_set(t);
	return 0;
}

int
tty_enter(struct tty *t, struct err *e)
{
	int rows, cols;

	if (t->entered)
		return 0;
	if (t->screen == NULL && tty_begin(t, e) < 0)
		return -1;
	tty_raw(t);
	tty_size(&rows, &cols);
	resizeterm(rows, cols);
	clearok(curscr, TRUE);
	if (t->paste)
		sendq_adds(t->sendq, TTY_PASTE_ON);
	tty_rescue.on = 1;
	t->entered = true;
	return 0;
}

void
tty_leave(struct tty *t)
{
	if (t == NULL || !t->entered)
		return;
	tty_title(t, NULL);
	t->entered = false;
	if (t->paste)
		sendq_adds(t->sendq, TTY_PASTE_OFF);
	if (t->unwraps)
		sendq_adds(t->sendq, TTY_WRAP_ON);
	endwin();
	/* Else the shell, and what is told, would stand among what we drew. */
	if (tty_has_one_screen())
		tty_add(t, tty_string("clear"));
	if (!sendq_drain(t->sendq, TTY_LEAVE_MS)) {
		/* No more of a picture, only what matters. */
		sendq_drop(t->sendq);
		sendq_add(t->sendq, tty_rescue.text, tty_rescue.len);
		(void)sendq_drain(t->sendq, TTY_RESCUE_MS);
		sendq_drop(t->sendq);
	}
	tty_restore(t);
	tty_rescue.on = 0;
}

void
tty_say(struct tty *t, const char *text, size_t len)
{
	sendq_add(t->sendq, text, len);
	if (!sendq_drain(t->sendq, TTY_LEAVE_MS))
		sendq_drop(t->sendq);
}

void
tty_restore(struct tty *t)
{
	/* Not after what is on its way: that may be stopped for ever. */
	tcsetattr(STDIN_FILENO, TCSANOW, &t->saved);
}

void
tty_free(struct tty *t)
{
	size_t i;

	if (t == NULL)
		return;
	tty_leave(t);
	for (i = 0; t->screen != NULL && i < MEM_COUNT(tty_fatal); i++)
		signal(tty_fatal[i], SIG_DFL);
	if (t->screen != NULL)
		delscreen(t->screen);
	sendq_free(t->sendq);
	free(t);
}

void
tty_size(int *rows, int *cols)
{
	struct winsize ws;

	*rows = 24;
	*cols = 80;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) < 0)
		return;
	/* Some lines know no size; some say absurd ones. */
	if (ws.ws_row > 0)
		*rows = ws.ws_row > 1000 ? 1000 : ws.ws_row;
	if (ws.ws_col > 0)
		*cols = ws.ws_col > 2000 ? 2000 : ws.ws_col;
}
