#include "config.h"

#include "base/lineio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"

#define LINEIO_MOVE ((size_t)64 << 10)

struct lineio *
lineio_new_take(int fd, size_t in_max, size_t out_max)
{
	struct lineio *l = xcalloc(1, sizeof(*l));
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0)
		(void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	l->fd = fd;
	buf_init(&l->in, in_max);
	buf_init(&l->out, out_max);
	return l;
}

/* Lines that were handed out. */
static void
lineio_wipe(struct lineio *l)
{
	if (l->given > l->wiped)
		explicit_bzero(l->in.p + l->wiped, l->given - l->wiped);
	l->wiped = l->given;
}

void
lineio_free(struct lineio *l)
{
	if (l == NULL)
		return;
	close(l->fd);
	l->given = l->in.len;
	lineio_wipe(l);
	buf_release(&l->in);
	buf_release(&l->out);
	free(l);
}

int
lineio_read(struct lineio *l)
{
	char chunk[65536];
	ssize_t n;
	int rc;

	lineio_wipe(l);
	buf_consume(&l->in, l->given);
	/* Where what is left was. */
	if (l->given > 0)
		explicit_bzero(l->in.p + l->in.len, l->given);
	l->given = l->wiped = 0;
	for (;;) {
		n = fs_read(l->fd, chunk, sizeof(chunk));
		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		rc = buf_add(&l->in, chunk, (size_t)n);
		explicit_bzero(chunk, (size_t)n);
		if (n == 0 || rc < 0)
			return -1;
		/* Limit the work per round; poll returns for the rest. */
		if ((size_t)n < sizeof(chunk) || l->in.len >= 16 * sizeof(chunk))
			return 0;
	}
}

const char *
lineio_next(struct lineio *l, size_t *n)
{
	char *start, *nl;

	lineio_wipe(l);
	if (l->in.len == l->given)
		return NULL;
	start = l->in.p + l->given;
	nl = memchr(start, '\n', l->in.len - l->given);
	if (nl == NULL)
		return NULL;
	*nl = '\0';
	*n = (size_t)(nl - start);
	l->given += *n + 1;
	return start;
}

int
lineio_send(struct lineio *l, const char *line, size_t n)
{
	/* Reclaim the written part, also for a peer that never quite catches
	 * up. Moving is rare enough to be cheap. */
	if (l->sent >= LINEIO_MOVE && l->sent >= l->out.len / 2) {
		buf_consume(&l->out, l->sent);
		l->sent = 0;
	}
	if (buf_add(&l->out, line, n) < 0 || buf_addc(&l->out, '\n') < 0)
		return -1;
	return 0;
}

int
lineio_send_take(struct lineio *l, cJSON *o)
{
	AUTO_FREE char *s = json_print(o);
	int rc = lineio_send(l, s, strlen(s));

	cJSON_Delete(o);
	return rc;
}

int
lineio_flush(struct lineio *l)
{
	while (l->sent < l->out.len) {
		ssize_t n = send(l->fd, l->out.p + l->sent,
		    l->out.len - l->sent, MSG_NOSIGNAL);

		if (n < 0 && errno == ENOTSOCK)
			n = write(l->fd, l->out.p + l->sent,
			    l->out.len - l->sent);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		l->sent += (size_t)n;
	}
	buf_clear(&l->out);
	l->sent = 0;
	return 0;
}

