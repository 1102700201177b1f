/*
 * Restores the terminal when the process dies.  A signal handler may only call
 * write, poll and the functions that set a terminal, so the bytes are prepared
 * beforehand.
 */
#include "config.h"

#include "ui/term/tty-int.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem-out.h"
#include "base/mem.h"
#include "ui/term/sendq.h"
#include "ui/term/tty.h"

static const int tty_fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

/* Only for the handler. */
static struct {
	volatile sig_atomic_t	on;
	struct termios		saved;
	int			fd;
	char			text[256];
	size_t			len;
	char			words[200];	/* printed after it */
	size_t			words_len;
} tty_rescue;

/* The handler's own stack, in case the other one overflowed. */
static char tty_rescue_stack[(size_t)64 << 10];

bool
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

	if (!tty_rescue.on)
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

void
tty_rescue_set(struct tty *t)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct sigaction sa;
	stack_t had, own = { .ss_sp = tty_rescue_stack,
		.ss_size = sizeof(tty_rescue_stack) };
	size_t i;

	tty_rescue.on = 0;
	tty_rescue.saved = t->saved;
	tty_rescue.fd = sendq_fd(t->sendq);
	/* The process may die in the middle of a sequence, or while only some
	 * rows scroll. */
	buf_addf(&b, "\030%s%s%s%s%s%s",
	    tty_string("csr")[0] != '\0' ? "\033[r" : "",
	    t->unwraps ? TTY_WRAP_ON : "",
	    t->sync ? TTY_SYNC_OFF : "", t->paste ? TTY_PASTE_OFF : "",
	    t->mouse ? TTY_MOUSE_OFF : "",
	    tty_title_back(t));
	tty_add_bare(&b, tty_string("sgr0"));
	tty_add_bare(&b, tty_string(tty_has_one_screen() ? "clear" : "rmcup"));
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
	mem_on_out(tty_give_back);
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

void
tty_rescue_on(bool on)
{
	tty_rescue.on = on;
}

void
tty_rescue_end(void)
{
	size_t i;

	mem_on_out(NULL);
	for (i = 0; i < MEM_COUNT(tty_fatal); i++)
		signal(tty_fatal[i], SIG_DFL);
}
