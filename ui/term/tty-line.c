/* The terminal's line: its size, its speed, and what is still on
 * its way. */
#include "config.h"

#include "ui/term/tty-int.h"

#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <sys/ioctl.h>

#include "base/mem.h"
#include "ui/term/tty.h"

size_t
tty_left(void)
{
	int left = 0;

	return ioctl(STDOUT_FILENO, TIOCOUTQ, &left) < 0 || left < 0 ? 0 :
	    (size_t)left;
}

bool
tty_is_empty(const struct tty *t)
{
	return !tty_holds(t) && tty_left() == 0;
}

bool
tty_is_drained(void)
{
	struct pollfd p = { STDOUT_FILENO, POLLOUT, 0 };

	/* Also true if the line is gone: reading will report that. */
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
	/* Whatever line they are shown on, they accept all output at once. */
	static const char *const between[] = { "screen", "tmux" };
	int64_t baud = tty_speed(&t->saved);
	int modem;

	if (baud <= 0 || tty_is_one_of(getenv("TERM"), between,
	    MEM_COUNT(between)))
		return 0;
	/* A pseudo-terminal has this speed, too; only a serial line has modem
	 * signals. */
	if (baud >= 38400 && ioctl(STDOUT_FILENO, TIOCMGET, &modem) < 0)
		return 0;
	return baud;
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
