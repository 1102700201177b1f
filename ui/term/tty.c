/*
 * curses writes to our queue, not to a terminal: the terminal's settings are
 * changed here, without waiting for queued output, which may never be accepted.
 */
#include "config.h"

#include "ui/term/tty.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

#include "base/b64.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "ui/term/sendq.h"
#include "ui/term/tty-int.h"

#define TTY_LEAVE_MS	250	/* it accepts nothing: leave it */
#define TTY_ANSWER_MS	2000	/* an answer may still be under way */

struct tty *
tty_new(struct err *e)
{
	static const char way[] =
	    "`assent --plain` works on any terminal, `assent exec` without one";
	const char *name = getenv("TERM");
	struct tty *t;
	int known = 0;
	bool places, usual, paste, copies, sync;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		err_set(e, "the screen needs a terminal on standard input "
		    "and output; %s", way);
		return NULL;
	}
	if (name == NULL || name[0] == '\0') {
		err_set(e,
		    "TERM is not set: set it to your terminal's type (such as "
		    "xterm-256color); %s",
		    way);
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
	usual = tty_has_usual_keys();
	paste = tty_knows_paste(name);
	sync = tty_knows_sync(name);
	copies = tty_knows_copy(name);
	/* newterm reads the entry again. */
	del_curterm(cur_term);
	if (!places) {
		err_set(e,
		    "terminal type \"%.64s\" cannot move the cursor: set TERM "
		    "to the real type; %s",
		    name, way);
		return NULL;
	}
	if (!usual) {
		err_set(e, "terminal type \"%.64s\" has keys that look like "
		    "typed letters; %s", name, way);
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	t->paste = paste;
	t->sync = sync;
	t->titles = tty_knows_titles(name);
	t->title_stack = tty_knows_title_stack(name);
	t->copies = copies;
	t->asks = tty_is_like_xterm(name);	/* OSC 11 with ? */
	if (tcgetattr(STDIN_FILENO, &t->saved) < 0) {
		err_sys(e, "cannot read the terminal's settings");
		free(t);
		return NULL;
	}
	return t;
}

void
tty_use_mouse(struct tty *t)
{
	t->mouse = tty_is_in_tmux() || t->paste;
}

bool
tty_copy(struct tty *t, const char *text, size_t len)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	/* While the terminal accepts nothing, copies would pile up. */
	if (!t->copies || !t->entered || !sendq_push(t->sendq))
		return false;
	buf_adds(&b, "\033]52;c;");
	b64_encode(&b, text, len);
	buf_addc(&b, '\007');
	sendq_add(t->sendq, b.p, b.len);
	return true;
}

bool
tty_ask_ground(struct tty *t)
{
	if (!t->asks || !t->entered)
		return false;
	sendq_adds(t->sendq, TTY_ASK_GROUND);
	t->asked_until = clock_mono_ms() + TTY_ANSWER_MS;
	return true;
}

void
tty_answered(struct tty *t)
{
	t->asked_until = 0;
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
	AUTO_BUF struct buf b = BUF_INIT(0);

	tty_add_bare(&b, s);
	sendq_add(t->sendq, buf_str(&b), b.len);
}

void
tty_place(const struct tty *t, int y, int x)
{
	const char *s = tiparm(tty_string("cup"), y, x);

	tty_add(t, s == NULL ? "" : s);
}

void
tty_keep_colours(const struct tty *t)
{
	sendq_strip(t->sendq, tty_string("oc"));
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

void
tty_bell(const struct tty *t)
{
	if (t->entered)
		sendq_adds(t->sendq, "\a");
}

const char *
tty_title_back(const struct tty *t)
{
	/* A window that kept no old title has none: the shell sets it. */
	return t->title == NULL ? "" : TTY_TITLE_NONE TTY_TITLE_BACK;
}

void
tty_title(struct tty *t, const char *words)
{
	bool had = t->title != NULL;

	/* One that couldn't be given back isn't taken. */
	if (!t->titles || !t->title_stack || !t->entered || (had && words != NULL &&
	    strcmp(t->title, words) == 0))
		return;
	if (words == NULL) {
		sendq_adds(t->sendq, tty_title_back(t));
	} else {
		if (!had)
			sendq_adds(t->sendq, TTY_TITLE_KEEP);
		sendq_adds(t->sendq, "\033]2;");
		sendq_adds(t->sendq, words);
		sendq_adds(t->sendq, "\a");
	}
	xstrset(&t->title, words);
	if (had != (words != NULL))
		tty_rescue_set(t);
}

void
tty_notify(struct tty *t, const char *words)
{
	bool wrap = tty_is_in_tmux();

	if (!t->titles || !t->entered)
		return;
	/* tmux passes it on if its allow-passthrough is on. */
	sendq_adds(t->sendq, wrap ? "\033Ptmux;\033\033]9;" : "\033]9;");
	sendq_adds(t->sendq, words);
	sendq_adds(t->sendq, wrap ? "\a\033\\" : "\a");
}

/* As raw() and similar functions would set it. */
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

/* Set this variable; returns its old value, malloc'ed, or NULL. */
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

/* curses can't get the size of a file: it would assume 24 lines and set a
 * scroll region. */
static SCREEN *
tty_open_screen(FILE *to)
{
	struct sigaction stops;
	SCREEN *screen;
	char *rows_were, *cols_were;
	int rows, cols;

	tty_size(&rows, &cols);
	rows_were = tty_tell("LINES", rows);
	cols_were = tty_tell("COLUMNS", cols);
	/* Its handler would leave the terminal once more than we do. */
	sigaction(SIGTSTP, NULL, &stops);
	screen = newterm(NULL, to, stdin);
	sigaction(SIGTSTP, &stops, NULL);
	tty_untell_take("LINES", rows_were);
	tty_untell_take("COLUMNS", cols_were);
	return screen;
}

static int
tty_begin(struct tty *t, struct err *e)
{
	if ((t->sendq = sendq_new(STDOUT_FILENO, e)) == NULL)
		return -1;
	t->screen = tty_open_screen(sendq_file(t->sendq));
	if (t->screen == NULL)
		return err_set(e, "curses can't use this terminal");
	if (tty_wants_colour() && has_colors()) {
		start_color();
		use_default_colors();
	}
	/* Don't stop drawing a frame when a key arrives: the frame counts as
	 * written, and its lines as seen. ncurses never does, other versions
	 * may. */
	typeahead(-1);
	/* Output is sent unchanged: a newline is only a newline. */
	nonl();
	idlok(stdscr, TRUE);
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
	if (t->mouse)
		sendq_adds(t->sendq, TTY_MOUSE_ON);
	tty_rescue_on(true);
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
	if (t->mouse)
		sendq_adds(t->sendq, TTY_MOUSE_OFF);
	if (t->unwraps)
		sendq_adds(t->sendq, TTY_WRAP_ON);
	endwin();
	/* Else the shell and our summary would be mixed with the last frame. */
	if (tty_has_one_screen())
		tty_add(t, tty_string("clear"));
	if (!sendq_drain(t->sendq, TTY_LEAVE_MS)) {
		/* Drop the frame; write only what restores the terminal. */
		sendq_drop(t->sendq);
		(void)tty_rescue_write();
	}
	/* An answer that has just come is none of the shell's business. */
	if (clock_mono_ms() < t->asked_until)
		tcflush(STDIN_FILENO, TCIFLUSH);
	tty_restore(t);
	tty_rescue_on(false);
}

void
tty_discard(const struct tty *t)
{
	if (t->entered)
		tcflush(STDIN_FILENO, TCIFLUSH);
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
	/* Don't wait for queued output: it may be stopped forever. */
	tcsetattr(STDIN_FILENO, TCSANOW, &t->saved);
}

void
tty_free(struct tty *t)
{
	if (t == NULL)
		return;
	tty_leave(t);
	if (t->screen != NULL) {
		tty_rescue_end();
		delscreen(t->screen);
	}
	sendq_free(t->sendq);
	free(t->title);
	free(t);
}
