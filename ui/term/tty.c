/*
 * The terminal's settings are changed without waiting for queued output, which may
 * never be accepted.
 */

#include "config.h"

#include "ui/term/terminal.h"

#include <ctype.h>
#include <curses.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "base/b64.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "ui/term/tty-int.h"

#define TTY_PASTE_ON	"\033[?2004h"
#define TTY_PASTE_OFF	"\033[?2004l"
#define TTY_MOUSE_ON	"\033[?1000h\033[?1006h"
#define TTY_MOUSE_OFF	"\033[?1006l\033[?1000l"
#define TTY_WRAP_ON	"\033[?7h"
#define TTY_WRAP_OFF	"\033[?7l"
/*
 * Keys that terminals report only on request, such as Shift+Enter: xterm's
 * modifyOtherKeys, and kitty's protocol (ui/keys/key-code.h) with the base
 * layout; it has a stack for each screen.
 */
#define TTY_KEYS_ON	"\033[>4;%dm\033[>%uu"
#define TTY_KEYS_OFF	"\033[>4m\033[<u"
#define TTY_KEYS_FLAGS	5	/* what legacy bytes can't say; the base layout */
#define TTY_KEYS_OTHER	1
#define TTY_TITLE_KEEP	"\033[22;2t"
#define TTY_TITLE_BACK	"\033[23;2t"
#define TTY_TITLE_NONE	"\033]2;\007"

/*
 * What another program may have left on: line drawing (SO), reverse screen, a
 * newline that is two; then the keyboard's modes, of which each screen has its
 * own stack, and what else DECSTR resets; output that is held back; reports of
 * mouse, focus, colours and size.
 */
#define TTY_RESET_VT100	"\017\033[?5l\033[20l"
#define TTY_RESET_XTERM	"\033[?47h\033[<99u\033[?47l\033[<99u\033[>4m" \
	"\033[!p" TTY_SYNC_OFF \
	"\033[?9;1000;1001;1002;1003;1004;1005;1006;1015;1016;2031;2048l"
/* The palette, foreground, background and cursor: the terminal's own. */
#define TTY_COLOURS_XTERM "\033]104\a\033]110\a\033]111\a\033]112\a"
#define TTY_COLOURS_LINUX "\033]R"

/*
 * What a terminal type can do: from terminfo, and lists of types whose entries
 * don't say. The terminal isn't queried for it, but for an entry (tty_find).
 */

const char *
tty_string(const char *name)
{
	const char *s = tigetstr(name);

	return s == NULL || s == (const char *)-1 ? "" : s;
}

/* Types that have what xterm has, or ignore it. */
static bool
tty_is_like_xterm(const char *name)
{
	static const char *const known[] = { "xterm", "screen", "tmux",
		"rxvt", "alacritty", "kitty", "foot", "st-", "wezterm",
		"konsole", "gnome", "vte", "contour", "ghostty" };

	return MEM_BEGINS(known, name);
}

static bool
tty_is_in_tmux(void)
{
	const char *tmux = getenv("TMUX");

	/* GNU screen in it would show what is meant for it. */
	return tmux != NULL && tmux[0] != '\0' && getenv("STY") == NULL;
}

/* DECSET 2004 (bracketed paste). */
static bool
tty_knows_paste(const char *name)
{
	return tty_string("BE")[0] != '\0' || tty_is_like_xterm(name);
}

/* Terminals with synchronized output. They aren't queried, because the answer
 * could arrive after we have exited. */
static bool
tty_knows_sync(const char *name)
{
	static const char *const known[] = { "alacritty", "contour", "foot",
		"ghostty", "kitty", "wezterm", "xterm-ghostty",
		"xterm-kitty" };

	return tty_string("Sync")[0] != '\0' ||
	    MEM_BEGINS(known, name);
}

/* GNU screen would take a title for its own status line. */
static bool
tty_knows_titles(const char *name)
{
	return tty_is_like_xterm(name) && (strncmp(name, "screen", 6) != 0 ||
	    tty_is_in_tmux());
}

/* XTWINOPS 22 and 23. */
static bool
tty_knows_title_stack(const char *name)
{
	static const char *const known[] = { "alacritty", "foot", "ghostty",
		"kitty", "tmux", "wezterm", "xterm" };

	return MEM_BEGINS(known, name) ||
	    tty_is_in_tmux();
}

/* Terminals whose entry says so, and some whose entry often doesn't. */
static bool
tty_knows_copy(const char *name)
{
	static const char *const known[] = { "xterm", "tmux", "alacritty",
		"kitty", "foot", "wezterm", "contour", "ghostty" };

	return tty_string("Ms")[0] != '\0' || tty_is_in_tmux() ||
	    MEM_BEGINS(known, name);
}

/* Does it take RGB colours, though its entry counts 256?  GNU screen before 5
 * doesn't understand them, whatever runs it says. */
static bool
tty_knows_shades(const char *name)
{
	const char *said = getenv("COLORTERM");

	if (name != NULL && strncmp(name, "screen", 6) == 0 &&
	    !tty_is_in_tmux())
		return false;
	return tigetflag("RGB") > 0 || tigetflag("Tc") > 0 || (said != NULL &&
	    (strcmp(said, "truecolor") == 0 || strcmp(said, "24bit") == 0));
}

/* Delays such as "$<5>" are for terminals that nobody has, and a dying process
 * can't use them. */
void
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

/* One byte, or a sequence that begins as ESC [ and ESC O do. */
static bool
tty_is_usual_key(const char *s)
{
	unsigned char c = (unsigned char)s[0];

	if ((c == 033 && s[1] != '\0' && strchr("[O", s[1]) != NULL) ||
	    c == 0x9b || c == 0x8f || isprint(c))
		return true;
	while (*s != '\0' && !isgraph((unsigned char)*s))
		s++;
	return *s == '\0';
}

/* The letters in other keys (a Wyse sends "^AA^M", a Heath "ESC ? y") could
 * decide something if a slow line cuts them off. */
bool
tty_has_usual_keys(void)
{
	size_t i;

	for (i = 0; strnames[i] != NULL; i++)
		if (strnames[i][0] == 'k' &&
		    !tty_is_usual_key(tty_string(strnames[i])))
			return false;
	return true;
}

/* Consoles, whose fonts are small, and old terminals. */
bool
tty_has_signs(void)
{
	static const char *const without[] = { "linux", "vt", "ansi", "cons",
		"sun", "wsvt", "pcansi" };
	const char *name = getenv("TERM");

	return name != NULL && (strncmp(name, "vte", 3) == 0 ||
	    !MEM_BEGINS(without, name));
}

int
tty_colours(void)
{
	const char *no = getenv("NO_COLOR");

	return (no != NULL && no[0] != '\0') || tty_string("setaf")[0] == '\0' ||
	    tty_string("setab")[0] == '\0' ? 0 : tigetnum("colors");
}

/* Can wrapping be turned off? Then a row with characters that this terminal
 * counts as wider than we do doesn't overflow into the next. */
static bool
tty_can_unwrap(const char *name)
{
	static const char *const known[] = { "screen", "tmux" };

	return tigetflag("xenl") > 0 && (tty_string("rmam")[0] != '\0' ||
	    MEM_BEGINS(known, name));
}

void
tty_size(int *rows, int *cols)
{
	struct winsize ws;

	*rows = 24;
	*cols = 80;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) < 0)
		return;
	/* Some lines don't know their size; some have absurd ones. */
	if (ws.ws_row > 0)
		*rows = ws.ws_row > 1000 ? 1000 : ws.ws_row;
	if (ws.ws_col > 0)
		*cols = ws.ws_col > 2000 ? 2000 : ws.ws_col;
}

/*
 * Restores the terminal when the process dies.  A signal handler may only call
 * write, poll and the functions that set a terminal, so the bytes are prepared
 * beforehand.
 */

static const int tty_fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

/* Only for the handler. */
static struct {
	volatile sig_atomic_t	on;
	pid_t			pid;	/* whose terminal it is */
	struct termios		saved;
	int			fd;
	char			text[256];
	size_t			len;
	char			words[200];	/* printed after it */
	size_t			words_len;
} tty_rescue;

/* The handler's own stack, in case the other one overflowed. */
static char tty_rescue_stack[(size_t)64 << 10];

/* Write them.  If the terminal accepts nothing, resume stopped output and drop
 * what is queued.  Also for a signal handler. */
static bool
tty_rescue_write(void)
{
	struct pollfd p = { tty_rescue.fd, POLLOUT, 0 };
	int tries;

	for (tries = 0; tries < 3; tries++) {
		/* Output may be stopped, and would stay so in the shell; or
		 * unread output fills the queue. */
		if (tries == 1)
			tcflow(tty_rescue.fd, TCOON);
		else if (tries == 2)
			tcflush(tty_rescue.fd, TCOFLUSH);
		if (poll(&p, 1, 0) > 0 && write(tty_rescue.fd,
		    tty_rescue.text, tty_rescue.len) ==
		    (ssize_t)tty_rescue.len)
			return true;
	}
	return false;
}

static void
tty_give_back(void)
{
	struct pollfd p = { tty_rescue.fd, POLLOUT, 0 };
	ssize_t n;
	bool gone;

	if (!tty_rescue.on || getpid() != tty_rescue.pid)
		return;
	/* If the terminal accepts nothing, another write could block. */
	gone = tty_rescue_write();
	tcsetattr(STDIN_FILENO, TCSANOW, &tty_rescue.saved);
	if (gone && poll(&p, 1, 0) > 0) {
		n = write(tty_rescue.fd, tty_rescue.words,
		    tty_rescue.words_len);
		(void)n;
	}
}

static void
tty_die(int sig)
{
	tty_give_back();
	/* SA_RESETHAND has restored the default action. */
	raise(sig);
}

/* An OSC sequence. tmux passes it on if its allow-passthrough is on. */
static void
tty_add_osc(struct buf *b, const char *text, size_t len)
{
	bool wrap = tty_is_in_tmux();

	buf_adds(b, wrap ? "\033Ptmux;\033\033]" : "\033]");
	buf_add(b, text, len);
	buf_adds(b, wrap ? "\a\033\\" : "\a");
}

/* Prepare the bytes that give the terminal back, as it is now, from here on also if
 * the process dies. */
static void
tty_rescue_set(struct tty *t)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	int rows, cols;
	struct sigaction sa;
	stack_t had, own = { .ss_sp = tty_rescue_stack,
		.ss_size = sizeof(tty_rescue_stack) };
	size_t i;

	tty_rescue.on = 0;
	tty_rescue.pid = getpid();
	tty_rescue.saved = t->saved;
	tty_rescue.fd = t->sendq->fd;
	/* The process may die in the middle of a sequence, or while only some
	 * rows scroll. */
	buf_addf(&b, "\030%s%s%s%s%s%s%s",
	    tty_string("csr")[0] != '\0' ? "\033[r" : "",
	    t->unwraps ? TTY_WRAP_ON : "",
	    t->sync ? TTY_SYNC_OFF : "", t->paste ? TTY_PASTE_OFF : "",
	    t->mouse ? TTY_MOUSE_OFF : "", t->keys ? TTY_KEYS_OFF : "",
	    t->title == NULL ? "" : TTY_TITLE_NONE TTY_TITLE_BACK);
	tty_add_bare(&b, tty_string("sgr0"));
	/* Where there is one screen all the same, the shell goes on below. */
	tty_size(&rows, &cols);
	tty_add_bare(&b, tiparm(tty_string("cup"), rows - 1, 0));
	/* Without another screen the shell and our summary would be mixed with the
	 * last frame. */
	tty_add_bare(&b, tty_string(tty_string("rmcup")[0] == '\0' ? "clear" :
	    "rmcup"));
	tty_add_bare(&b, tty_string("cnorm"));
	snprintf(tty_rescue.text, sizeof(tty_rescue.text), "%s", buf_str(&b));
	tty_rescue.len = strlen(tty_rescue.text);
	if (sigaltstack(NULL, &had) == 0 && (had.ss_flags & SS_DISABLE) != 0)
		sigaltstack(&own, NULL);
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = tty_die;
	sa.sa_flags = (int)(SA_RESETHAND | SA_NODEFER | SA_ONSTACK);
	for (i = 0; i < MEM_COUNT(tty_fatal); i++)
		sigaction(tty_fatal[i], &sa, NULL);
	mem_before_out = tty_give_back;
	tty_rescue.on = 1;
}

void
tty_crash_words(const char *text)
{
	size_t n = strlen(text);

	tty_rescue.words_len = 0;
	if (n >= sizeof(tty_rescue.words))
		return;
	memcpy(tty_rescue.words, text, n);
	tty_rescue.words_len = n;
}

static void
tty_rescue_end(void)
{
	size_t i;

	mem_before_out = NULL;
	for (i = 0; i < MEM_COUNT(tty_fatal); i++)
		signal(tty_fatal[i], SIG_DFL);
}

/* ---- a type that the host's terminfo doesn't have ---- */

#define TTY_ASK		"\033[c"	/* DA1; the answer is CSI ? ... c */
#define TTY_ANSWER_MS	200		/* an answer counts, */
#define TTY_LATE_MS	1000		/* and until then it is read: the shell
					   would take it for keys */

/* Is it the last byte of an answer, of which so many were matched? */
static bool
tty_is_answer(size_t *matched, char c)
{
	static const char begin[] = "\033[?";

	if (c == begin[0])
		*matched = 1;
	else if (*matched < sizeof(begin) - 1)
		*matched = c == begin[*matched] ? *matched + 1 : 0;
	else if (c == 'c')
		return true;
	else if (!isdigit((unsigned char)c) && c != ';')
		*matched = 0;
	return false;
}

/* Read until it has answered; false if that time has passed. Keys are dropped, as
 * are all before the first frame. */
static bool
tty_hears(size_t *matched, int64_t until)
{
	struct pollfd p = { STDIN_FILENO, POLLIN, 0 };
	char chunk[4096];
	int64_t left;
	ssize_t i, n;

	while ((left = until - clock_mono_ms()) > 0) {
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		if ((n = read(STDIN_FILENO, chunk, sizeof(chunk))) <= 0)
			return false;
		for (i = 0; i < n; i++)
			if (tty_is_answer(matched, chunk[i]))
				return true;
	}
	return false;
}

/* Ask it, and give it back as it was: a signal that ends or stops us waits. In the
 * background we are stopped before. */
static bool
tty_ask(struct tty *t)
{
	struct termios quiet = t->saved;
	sigset_t held, mask;
	size_t matched = 0;
	int64_t asked;
	bool answered;

	sigfillset(&held);
	sigdelset(&held, SIGTTOU);
	sigdelset(&held, SIGTTIN);
	sigprocmask(SIG_BLOCK, &held, &mask);
	quiet.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL);
	quiet.c_cc[VMIN] = 1;
	quiet.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
	asked = clock_mono_ms();
	sendq_adds(t->sendq, TTY_ASK);
	answered = sendq_push(t->sendq) &&
	    tty_hears(&matched, asked + TTY_ANSWER_MS);
	if (!answered)
		(void)tty_hears(&matched, asked + TTY_LATE_MS);
	tcsetattr(STDIN_FILENO, TCSANOW, &t->saved);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return answered;
}

/* Once for this process. */
static bool
tty_answers(struct tty *t)
{
	static enum { TTY_NOT_ASKED, TTY_ANSWERED, TTY_SILENT } said;

	if (said == TTY_NOT_ASKED)
		said = tty_ask(t) ? TTY_ANSWERED : TTY_SILENT;
	return said == TTY_ANSWERED;
}

/* The entry of this type. If the host has none, the terminal is asked whether it
 * is one at all; then it has what nearly all of today's have. */
static bool
tty_find(struct tty *t, const char *name)
{
	static const char *const inner[] = { "screen", "tmux" };
	const char *like = MEM_BEGINS(inner, name) ? "screen-256color" :
	    "xterm-256color";
	int known = 0;

	/* A type that can't be used on a screen, such as paper, is known, too. */
	if (setupterm(name, STDOUT_FILENO, &known) == OK || known == 1) {
		t->term = cur_term;
		return true;
	}
	if (strcmp(name, "dumb") == 0 || strcmp(name, "unknown") == 0 ||
	    setupterm(like, STDOUT_FILENO, &known) != OK)
		return false;
	t->term = cur_term;
	t->stand_in = like;
	return tty_answers(t);
}

#define TTY_LEAVE_MS	250	/* it accepts nothing: leave it */

static const char tty_way[] =
    "`assent --plain` works on any terminal, `assent exec` without one";

/* What its type can do; false with *e if that isn't enough for a screen. */
static bool
tty_learn(struct tty *t, const char *name, struct err *e)
{
	if (!tty_find(t, name)) {
		err_set(e, "this host's terminfo has no terminal \"%.64s\": "
		    "install its entry (Debian: ncurses-term) or set "
		    "TERM=xterm-256color; %s", name, tty_way);
		return false;
	}
	t->like_xterm = t->keys = tty_is_like_xterm(name);
	t->key_flags = TTY_KEYS_FLAGS;
	t->key_other = TTY_KEYS_OTHER;
	t->paste = tty_knows_paste(name);
	t->mouse = tty_is_in_tmux() || t->paste;
	t->sync = tty_knows_sync(name);
	t->titles = tty_knows_titles(name);
	t->title_stack = tty_knows_title_stack(name);
	t->copies = tty_knows_copy(name);
	t->unwraps = tty_can_unwrap(name);
	t->shades = tty_knows_shades(name);
	if (tty_string("cup")[0] == '\0' || tty_string("clear")[0] == '\0') {
		err_set(e,
		    "terminal type \"%.64s\" cannot move the cursor: set TERM "
		    "to the real type; %s",
		    name, tty_way);
		return false;
	}
	if (!tty_has_usual_keys()) {
		err_set(e, "terminal type \"%.64s\" has keys that look like "
		    "typed letters; %s", name, tty_way);
		return false;
	}
	return true;
}

struct tty *
tty_new(struct err *e)
{
	const char *name = getenv("TERM");
	struct tty *t;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		err_set(e, "the screen needs a terminal on standard input "
		    "and output; %s", tty_way);
		return NULL;
	}
	if (name == NULL || name[0] == '\0') {
		err_set(e,
		    "TERM is not set: set it to your terminal's type (such as "
		    "xterm-256color); %s",
		    tty_way);
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	if (tcgetattr(STDIN_FILENO, &t->saved) < 0)
		err_sys(e, "cannot read the terminal's settings");
	else if ((t->sendq = sendq_new(STDOUT_FILENO, e)) != NULL &&
	    tty_learn(t, name, e))
		return t;
	tty_free(t);
	return NULL;
}

const char *
tty_stand_in(const struct tty *t)
{
	return t->stand_in;
}

bool
tty_copy(struct tty *t, const char *text, size_t len)
{
	AUTO_BUF struct buf b = BUF_INIT(0), seq = BUF_INIT(0);

	/* While the terminal accepts nothing, copies would pile up. */
	if (!t->copies || !t->entered || !sendq_push(t->sendq))
		return false;
	buf_adds(&seq, "52;c;");
	b64_encode(&seq, text, len);
	/* If tmux has set-clipboard on, it takes the text itself; otherwise it
	 * may pass it on. */
	if (tty_is_in_tmux())
		buf_addf(&b, "\033]%s\a", buf_str(&seq));
	tty_add_osc(&b, seq.p, seq.len);
	sendq_add(t->sendq, b.p, b.len);
	return true;
}

bool
tty_push(struct tty *t, size_t *gone)
{
	bool all = sendq_push(t->sendq);

	if (gone != NULL)
		*gone = t->sendq->gone;
	t->sendq->gone = 0;
	return all;
}

void
tty_title(struct tty *t, const char *words)
{
	bool had = t->title != NULL;

	/* One that couldn't be given back isn't taken. */
	if (!t->titles || !t->title_stack || !t->entered ||
	    (had && strcmp(t->title, words) == 0))
		return;
	if (!had)
		sendq_adds(t->sendq, TTY_TITLE_KEEP);
	sendq_adds(t->sendq, "\033]2;");
	sendq_adds(t->sendq, words);
	sendq_adds(t->sendq, "\a");
	xstrset(&t->title, words);
	if (!had)
		tty_rescue_set(t);
}

void
tty_notify(struct tty *t, const char *words)
{
	AUTO_BUF struct buf b = BUF_INIT(0), text = BUF_INIT(0);

	if (!t->entered)
		return;
	if (words == NULL) {
		buf_addc(&b, '\a');
	} else if (t->titles) {
		buf_addf(&text, "9;%s", words);
		tty_add_osc(&b, text.p, text.len);
	}
	sendq_add(t->sendq, buf_str(&b), b.len);
}

/* Types that nobody knows may draw these as text. */
void
tty_add_reset(struct buf *b, bool host)
{
	static const char *const vt100[] = { "linux", "vt" };
	const char *name = getenv("TERM");
	bool xterm;

	if (name == NULL)
		return;
	xterm = tty_is_like_xterm(name);
	if (xterm || MEM_BEGINS(vt100, name))
		buf_adds(b, TTY_RESET_VT100);
	if (xterm)
		buf_adds(b, TTY_RESET_XTERM);
	if (host && xterm)
		buf_adds(b, TTY_COLOURS_XTERM);
	else if (host && strncmp(name, "linux", 5) == 0)
		buf_adds(b, TTY_COLOURS_LINUX);
}

/* Set the terminal as raw() and similar functions would. */
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

void
tty_enter(struct tty *t, bool mouse)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	int rows, cols;

	if (t->entered)
		return;
	(void)set_curterm(t->term);
	t->mouse = t->mouse && mouse;
	if (t->begun)
		tty_add_reset(&b, false);
	tty_raw(t);
	/* What was typed meanwhile was for the other program, also if that
	 * one didn't read it. */
	if (t->begun)
		tcflush(STDIN_FILENO, TCIFLUSH);
	tty_size(&rows, &cols);
	tty_add_bare(&b, tty_string("smcup"));
	/* Another program may have left them on. */
	tty_add_bare(&b, tiparm(tty_string("csr"), 0, rows - 1));
	tty_add_bare(&b, tty_string("sgr0"));
	tty_add_bare(&b, tty_string("rmir"));
	if (t->unwraps)
		buf_adds(&b, TTY_WRAP_OFF);
	else
		tty_add_bare(&b, tty_string("smam"));
	buf_addf(&b, "%s%s", t->paste ? TTY_PASTE_ON : "",
	    t->mouse ? TTY_MOUSE_ON : "");
	if (t->keys)
		buf_addf(&b, TTY_KEYS_ON, t->key_other, t->key_flags);
	sendq_add(t->sendq, b.p, b.len);
	t->entered = t->begun = true;
	tty_rescue_set(t);
}

void
tty_keys(struct tty *t, unsigned flags, int other)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (t->key_other != other)
		buf_addf(&b, "\033[>4;%dm", other);
	if (t->key_flags != flags)
		buf_addf(&b, "\033[=%u;1u", flags);
	t->key_flags = flags;
	t->key_other = other;
	if (t->keys && t->entered)
		sendq_add(t->sendq, buf_str(&b), b.len);
}

void
tty_leave(struct tty *t)
{
	if (t->entered) {
		tty_rescue_set(t);
		/* What would end a sequence isn't needed. */
		sendq_add(t->sendq, tty_rescue.text + 1, tty_rescue.len - 1);
		if (!sendq_drain(t->sendq, TTY_LEAVE_MS)) {
			/* Write only what restores the terminal. */
			(void)tty_rescue_write();
		}
		/* An answer that has just come is none of the shell's
		 * business. */
		if (clock_mono_ms() < t->asked_until)
			tcflush(STDIN_FILENO, TCIFLUSH);
		FREE_NULL(t->title);
	}
	t->entered = false;
	/* Don't wait for queued output: it may be stopped forever. */
	tcsetattr(STDIN_FILENO, TCSANOW, &t->saved);
	tty_rescue.on = 0;
}

void
tty_say(struct tty *t, const char *text, size_t len)
{
	sendq_add(t->sendq, text, len);
	(void)sendq_drain(t->sendq, TTY_LEAVE_MS);
}

void
tty_free(struct tty *t)
{
	if (t == NULL)
		return;
	if (t->entered)
		tty_leave(t);
	if (t->begun)
		tty_rescue_end();
	del_curterm(t->term);
	sendq_free(t->sendq);
	FREE_ALL(t->title, t);
}
