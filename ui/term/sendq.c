/*
 * If its descriptor accepts only a part, curses drops the rest or loops until
 * all is accepted.  A file in memory accepts all; a pipe would fill up.
 */

#include "config.h"

#include "ui/term/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "ui/term/tty-int.h"

#define SENDQ_STEP	((size_t)1 << 20)	/* the mapping grows by it */
#define SENDQ_KEEP	((size_t)64 << 10)	/* then start at 0 again */
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

	q->fd = -1;
	q->mem = memfd_create("terminal", MFD_CLOEXEC);
	if (q->mem < 0 || (q->file = fdopen(q->mem, "w")) == NULL) {
		err_sys(e, "cannot create the terminal's queue");
		sendq_free(q);
		return NULL;
	}
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
	if (q->map != NULL)
		munmap(q->map, q->map_len);
	if (q->file != NULL)
		fclose(q->file);
	else if (q->mem >= 0)
		close(q->mem);
	if (q->fd >= 0)
		close(q->fd);
	free(q);
}

/* Find what was written to the file since; false if it can't be read. */
static bool
sendq_look(struct sendq *q)
{
	off_t end = lseek(q->mem, 0, SEEK_CUR);
	void *map;

	if (end > 0 && (size_t)end > q->end)
		q->end = (size_t)end;
	if (q->end <= q->map_len)
		return true;
	if (q->map != NULL)
		munmap(q->map, q->map_len);
	q->map_len = (q->end / SENDQ_STEP + 1) * SENDQ_STEP;
	map = mmap(NULL, q->map_len, PROT_READ, MAP_SHARED, q->mem, 0);
	q->map = map == MAP_FAILED ? NULL : map;
	if (q->map == NULL)
		q->map_len = 0;
	return q->map != NULL;
}

/* All is sent: start at 0 again, so that the file doesn't grow. */
static void
sendq_rewind(struct sendq *q)
{
	if (q->end <= SENDQ_KEEP || lseek(q->mem, 0, SEEK_SET) < 0)
		return;
	if (q->end > SENDQ_STEP && ftruncate(q->mem, 0) < 0)
		return;		/* the memory just stays in use */
	q->at = q->end = 0;
}

void
sendq_add(struct sendq *q, const void *p, size_t n)
{
	/* Fails only if there is no memory. */
	(void)fs_write_all(q->mem, p, n);
}

void
sendq_adds(struct sendq *q, const char *s)
{
	sendq_add(q, s, strlen(s));
}

void
sendq_take_back(struct sendq *q, struct buf *out)
{
	if (!sendq_look(q) || q->map == NULL)
		return;
	buf_add(out, q->map + q->at, q->end - q->at);
	/* Later writes go there. */
	if (lseek(q->mem, (off_t)q->at, SEEK_SET) < 0)
		buf_clear(out);
	else
		q->end = q->at;
}

void
sendq_strip(struct sendq *q, const char *s)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t n = strlen(s);
	const char *at;

	if (n == 0)
		return;
	sendq_take_back(q, &b);
	at = memmem(buf_str(&b), b.len, s, n);
	if (at == NULL)
		at = buf_str(&b) + b.len, n = 0;
	sendq_add(q, buf_str(&b), (size_t)(at - buf_str(&b)));
	sendq_add(q, at + n, (size_t)(buf_str(&b) + b.len - at) - n);
}

/* How much can be written now without blocking; 0: nothing. */
static size_t
sendq_room(const struct sendq *q)
{
	struct pollfd p = { q->fd, POLLOUT, 0 };
	size_t n = q->end - q->at;

	if (q->own)
		return n;
	if (poll(&p, 1, 0) <= 0)
		return 0;
	return n < SENDQ_PIECE ? n : SENDQ_PIECE;
}

/* Drop the rest. */
static void
sendq_drop(struct sendq *q)
{
	(void)sendq_look(q);
	q->at = q->end;
	sendq_rewind(q);
}

bool
sendq_push(struct sendq *q)
{
	size_t room;
	ssize_t n;

	if (!sendq_look(q)) {
		sendq_drop(q);
		return true;
	}
	while (q->at < q->end && (room = sendq_room(q)) > 0) {
		n = write(q->fd, q->map + q->at, room);
		if (n > 0) {
			q->at += (size_t)n;
			q->gone += (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			break;
		} else if (n == 0 || errno != EINTR) {
			q->at = q->end;
		}
	}
	if (q->at < q->end)
		return false;
	sendq_rewind(q);
	return true;
}

bool
sendq_drain(struct sendq *q, int ms)
{
	struct pollfd p = { q->fd, POLLOUT, 0 };
	int64_t until = clock_mono_ms() + SENDQ_LONGEST;

	while (!sendq_push(q))
		if (clock_mono_ms() >= until || poll(&p, 1, ms) == 0) {
			sendq_drop(q);
			return false;
		}
	return true;
}
