#include "config.h"

#include "base/fdpass.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union fdpass_control {
	char		 bytes[CMSG_SPACE(FDPASS_MAX * sizeof(int))];
	struct cmsghdr	 align;
};

ssize_t
fdpass_send(int sock, const struct iovec *iov, size_t n, const int *fds,
    size_t fds_len)
{
	union fdpass_control control = { .bytes = { 0 } };
	struct msghdr m = {
		.msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = n,
	};
	ssize_t rc;

	if (fds_len > FDPASS_MAX) {
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
		rc = sendmsg(sock, &m, MSG_NOSIGNAL);
	} while (rc < 0 && errno == EINTR);
	return rc;
}

ssize_t
fdpass_receive(int sock, const struct iovec *iov, size_t n,
    int fds[FDPASS_MAX])
{
	union fdpass_control control;
	struct msghdr m = {
		.msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = n,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *c;
	ssize_t rc;
	int i;

	for (i = 0; i < FDPASS_MAX; i++)
		fds[i] = -1;
	do {
		rc = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	} while (rc < 0 && errno == EINTR);
	for (c = rc < 0 ? NULL : CMSG_FIRSTHDR(&m); c != NULL;
	    c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_RIGHTS &&
		    c->cmsg_len <= CMSG_LEN(FDPASS_MAX * sizeof(int)))
			memcpy(fds, CMSG_DATA(c),
			    c->cmsg_len - CMSG_LEN(0));
	return rc;
}

void
fdpass_close(const int fds[FDPASS_MAX])
{
	int i;

	for (i = 0; i < FDPASS_MAX; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}
