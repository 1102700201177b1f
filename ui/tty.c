/* The strings that a dying process writes are made ready beforehand: a signal
 * handler may call nothing but write and tcsetattr. */
#include "config.h"

#include "ui/tty.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

#include "base/fs.h"
#include "base/mem.h"

#define TTY_PASTE_ON	"\033[?2004h"
#define TTY_PASTE_OFF	"\033[?2004l"

struct tty {
	SCREEN		*screen;
	bool		 entered;
	bool		 paste;		/* it knows bracketed paste */
	struct termios	 saved;
};

static const int tty_fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

/* For the handler alone. */
static struct {
	volatile sig_atomic_t	on;
	struct termios		saved;
	char			text[128];
	size_t			len;
} tty_rescue;

static void
tty_die(int sig)
{
	ssize_t n;

	if (tty_rescue.on) {
		n = write(STDOUT_FILENO, tty_rescue.text, tty_rescue.len);
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

/* Terminals that take DECSET 2004, or ignore it without a trace. */
static bool
tty_knows_paste(const char *name)
{
	static const char *const known[] = { "xterm", "screen", "tmux",
		"rxvt", "alacritty", "kitty", "foot", "st-", "wezterm",
		"konsole", "gnome", "vte", "contour", "ghostty" };
	size_t i;

	if (tty_string("BE")[0] != '\0')
		return true;
	for (i = 0; i < MEM_COUNT(known); i++)
		if (strncmp(name, known[i], strlen(known[i])) == 0)
			return true;
	return false;
}

struct tty *
tty_new(struct err *e)
{
	static const char way[] = "`assent exec` works without one, and "
	    "`assent log` shows what was done";
	const char *name = getenv("TERM");
	struct tty *t;
	int known = 0;
	bool places, paste;

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
	/* newterm reads the entry again for itself. */
	del_curterm(cur_term);
	if (!places) {
		err_set(e, "a terminal of type \"%.64s\" cannot place text: "
		    "set TERM to what it really is; %s", name, way);
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	t->paste = paste;
	if (tcgetattr(STDIN_FILENO, &t->saved) < 0) {
		err_sys(e, "cannot read the terminal's settings");
		free(t);
		return NULL;
	}
	return t;
}

static void
tty_write(const char *s)
{
	(void)fs_write_all(STDOUT_FILENO, s, strlen(s));
}

static void
tty_rescue_set(struct tty *t)
{
	struct sigaction sa;
	size_t i;

	tty_rescue.on = 0;
	tty_rescue.saved = t->saved;
	/* Padding marks such as "$<5>" have no place in a last gasp. */
	snprintf(tty_rescue.text, sizeof(tty_rescue.text), "%s\033[0m%s%s",
	    t->paste ? TTY_PASTE_OFF : "",
	    strstr(tty_string("rmcup"), "$<") == NULL ?
	    tty_string("rmcup") : "",
	    strstr(tty_string("cnorm"), "$<") == NULL ?
	    tty_string("cnorm") : "");
	tty_rescue.len = strlen(tty_rescue.text);
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
tty_wants_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return no == NULL || no[0] == '\0';
}

int
tty_enter(struct tty *t, struct err *e)
{
	int rows, cols;

	if (t->entered)
		return 0;
	if (t->screen == NULL) {
		t->screen = newterm(NULL, stdout, stdin);
		if (t->screen == NULL)
			return err_set(e, "curses cannot use this terminal");
		if (tty_wants_colour() && has_colors()) {
			start_color();
			use_default_colors();
		}
		idlok(stdscr, TRUE);
		leaveok(stdscr, FALSE);
		tty_rescue_set(t);
	}
	raw();
	noecho();
	nonl();
	tty_size(&rows, &cols);
	resizeterm(rows, cols);
	clearok(curscr, TRUE);
	if (t->paste)
		tty_write(TTY_PASTE_ON);
	tty_rescue.on = 1;
	t->entered = true;
	return 0;
}

void
tty_leave(struct tty *t)
{
	if (t == NULL || !t->entered)
		return;
	t->entered = false;
	if (t->paste)
		tty_write(TTY_PASTE_OFF);
	endwin();
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &t->saved);
	tty_rescue.on = 0;
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
