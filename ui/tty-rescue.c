/*
 * The terminal given back by a process that dies: a signal handler may call
 * nothing but write and a few that set the terminal, so its bytes are made ready
 * beforehand.
 */
#include "config.h"

#include "ui/tty-int.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "ui/sendq.h"

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

void
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

void
tty_rescue_on(bool on)
{
	tty_rescue.on = on;
}

const char *
tty_rescue_text(size_t *len)
{
	*len = tty_rescue.len;
	return tty_rescue.text;
}

void
tty_rescue_end(void)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(tty_fatal); i++)
		signal(tty_fatal[i], SIG_DFL);
}
