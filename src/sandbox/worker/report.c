#include "config.h"

#include "sandbox/worker/report.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

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
	union {
		char		 bytes[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr	 align;
	} control = { .bytes = { 0 } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = n > 0 ? 2 : 1 };
	ssize_t rc;

	if (fds_len > 2) {
		errno = EINVAL;
		return -1;
	}
	if (fds_len > 0) {
		struct cmsghdr *c;

		m.msg_control = control.bytes;
		m.msg_controllen = CMSG_SPACE(fds_len * sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(fds_len * sizeof(int));
		memcpy(CMSG_DATA(c), fds, fds_len * sizeof(int));
	}
	do {
		rc = sendmsg(fd, &m, MSG_NOSIGNAL);
	} while (rc < 0 && errno == EINTR);
	return rc < 0 ? -1 : 0;
}

int
report_receive(int fd, struct report *r)
{
	char *data = xmalloc(REPORT_MAX);
	struct report_head h;
	struct iovec iov[2] = {
		{ &h, sizeof(h) }, { data, REPORT_MAX - 1 },
	};
	union {
		char		 bytes[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr	 align;
	} control;
	struct msghdr m = {
		.msg_iov = iov, .msg_iovlen = 2,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *c;
	ssize_t n;

	memset(r, 0, sizeof(*r));
	r->fds[0] = r->fds[1] = -1;
	/* ECONNRESET comes once, ahead of the other side's pending messages, if
	 * it died without reading our last message. */
	do {
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	} while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < (ssize_t)sizeof(h)) {
		free(data);
		return n < 0 ? -1 : 0;
	}
	r->kind = h.kind;
	r->value = h.value;
	r->len = (size_t)n - sizeof(h);
	data[r->len] = '\0';
	r->text = data;
	for (c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_RIGHTS &&
		    c->cmsg_len <= CMSG_LEN(sizeof(r->fds)))
			memcpy(r->fds, CMSG_DATA(c),
			    c->cmsg_len - CMSG_LEN(0));
	return 0;
}

void
report_error(int fd, const struct err *e)
{
	(void)report_send(fd, 'E', e->sys, e->text, strlen(e->text), NULL, 0);
}
