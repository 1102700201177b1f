#include "config.h"

#include "sandbox/report.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/fdpass.h"
#include "base/mem.h"

struct report_head {
	char	kind;
	int32_t	value;
};

int
report_pair(int out[2], struct err *e)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, out) < 0)
		return err_sys(e, "worker: socketpair");
	return 0;
}

int
report_send(int fd, char kind, int value, const void *text, size_t n,
    const int *fds, size_t fds_len)
{
	struct report_head h = { .kind = kind, .value = value };
	struct iovec iov[2] = {
		{ &h, sizeof(h) }, { (void *)(uintptr_t)text, n },
	};

	return fdpass_send(fd, iov, n > 0 ? 2 : 1, fds, fds_len) < 0 ? -1 : 0;
}

int
report_tell(int fd, char kind, int value)
{
	return report_send(fd, kind, value, NULL, 0, NULL, 0);
}

int
report_receive(int fd, struct report *r)
{
	char *data = xmalloc(REPORT_MAX);
	struct report_head h;
	struct iovec iov[2] = {
		{ &h, sizeof(h) }, { data, REPORT_MAX - 1 },
	};
	ssize_t n;

	memset(r, 0, sizeof(*r));
	/* ECONNRESET comes once, ahead of the other side's pending messages, if
	 * it died without reading our last message. */
	do {
		n = fdpass_receive(fd, iov, 2, r->fds);
	} while (n < 0 && errno == ECONNRESET);
	if (n < (ssize_t)sizeof(h)) {
		free(data);
		return n < 0 ? -1 : 0;
	}
	r->kind = h.kind;
	r->value = h.value;
	r->len = (size_t)n - sizeof(h);
	data[r->len] = '\0';
	r->text = data;
	return 0;
}

void
report_error(int fd, const struct err *e)
{
	(void)report_send(fd, 'E', e->sys, e->text, strlen(e->text), NULL, 0);
}
