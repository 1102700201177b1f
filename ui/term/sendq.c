/* What the terminal hasn't accepted yet waits in memory. */

#include "config.h"

#include "ui/term/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "ui/term/tty-int.h"

#define SENDQ_KEEP	((size_t)64 << 10)	/* memory, once all is sent */
#define SENDQ_PIECE	256			/* to a blocking descriptor */
#define SENDQ_LONGEST	2000			/* ms for sendq_drain */

/* The same terminal, non-blocking; -1 if it can't be opened: it may belong to
 * another user, or be in another /dev. */
static int
sendq_open(int fd)
{
	int flags = O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, own;
	AUTO_FREE char *path = xasprintf("/proc/self/fd/%d", fd);

	own = open(path, flags);
	if (own < 0 && tcgetpgrp(fd) >= 0)
		own = open("/dev/tty", flags);
	return own;
}

struct sendq *
sendq_new(int fd, struct err *e)
{
	struct sendq *q = xcalloc(1, sizeof(*q));

	q->fd = sendq_open(fd);
	q->own = q->fd >= 0;
	if (!q->own && (q->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3)) < 0) {
		err_sys(e, "cannot open the terminal");
		sendq_free(q);
		return NULL;
	}
	return q;
}

void
sendq_free(struct sendq *q)
{
	if (q == NULL)
		return;
	if (q->fd >= 0)
		close(q->fd);
	buf_release(&q->out);
	free(q);
}

void
sendq_add(struct sendq *q, const void *p, size_t n)
{
	(void)buf_add(&q->out, p, n);
}

void
sendq_adds(struct sendq *q, const char *s)
{
	sendq_add(q, s, strlen(s));
}

/* How much can be written now without blocking; 0: nothing. */
static size_t
sendq_room(const struct sendq *q)
{
	struct pollfd p = { q->fd, POLLOUT, 0 };
	size_t n = q->out.len - q->at;

	if (q->own)
		return n;
	if (poll(&p, 1, 0) <= 0)
		return 0;
	return n < SENDQ_PIECE ? n : SENDQ_PIECE;
}

bool
sendq_push(struct sendq *q)
{
	size_t room;
	ssize_t n;

	while (q->at < q->out.len && (room = sendq_room(q)) > 0) {
		n = write(q->fd, q->out.p + q->at, room);
		if (n > 0) {
			q->at += (size_t)n;
			q->gone += (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			break;
		} else if (n == 0 || errno != EINTR) {
			q->at = q->out.len;
		}
	}
	/* Each byte moves at most once. */
	if (q->at >= q->out.len / 2) {
		buf_consume(&q->out, q->at);
		q->at = 0;
	}
	if (q->out.len == 0 && q->out.cap > SENDQ_KEEP)
		buf_release(&q->out);
	return q->out.len == 0;
}

bool
sendq_drain(struct sendq *q, int ms)
{
	struct pollfd p = { q->fd, POLLOUT, 0 };
	int64_t until = clock_mono_ms() + SENDQ_LONGEST;

	while (!sendq_push(q))
		if (clock_mono_ms() >= until || poll(&p, 1, ms) == 0) {
			q->at = q->out.len;
			(void)sendq_push(q);
			return false;
		}
	return true;
}
