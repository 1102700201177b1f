/*
 * fdpass: descriptors that go with bytes over a unix socket (SCM_RIGHTS,
 * unix(7)).
 */
#ifndef ASSENT_BASE_FDPASS_H
#define ASSENT_BASE_FDPASS_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#define FDPASS_MAX	3

/* Like writev and readv, but no signal interrupts them, and a non-blocking
 * socket stays so. The sender keeps its descriptors. The receiver gets new ones
 * in `fds`, closed on exec; unused places are -1. */
ssize_t	fdpass_send(int sock, const struct iovec *, size_t n, const int *fds,
	    size_t fds_len);
ssize_t	fdpass_receive(int sock, const struct iovec *, size_t n,
	    int fds[FDPASS_MAX]);
/* Close those that aren't -1. */
void	fdpass_close(const int fds[FDPASS_MAX]);

#endif
