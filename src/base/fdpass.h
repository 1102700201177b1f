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

/* As writev and readv, interrupted by no signal; a socket that isn't blocking
 * stays so. The sender keeps its descriptors; the receiver gets new ones, closed
 * on exec, in `fds`, whose others are -1. */
ssize_t	fdpass_send(int sock, const struct iovec *, size_t n, const int *fds,
	    size_t fds_len);
ssize_t	fdpass_receive(int sock, const struct iovec *, size_t n,
	    int fds[FDPASS_MAX]);
/* Those that aren't -1. */
void	fdpass_close(const int fds[FDPASS_MAX]);

#endif
