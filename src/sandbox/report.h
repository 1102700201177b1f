/*
 * report: the channel between launcher and the first process inside, a
 * SOCK_SEQPACKET pair.  In this order; descriptors may ride along.
 *   inside -> launcher   'G' what cgroup_join_self returned (v1 only)
 *                        'P' with descriptors of the sandbox's /proc and, if it
 *                        has one, /dev/shm (none on levels without namespaces)
 *                        'W' the port of the socket at which commands find the
 *                        proxy, and that socket (request.net)
 *                        'E' errno, message: nothing has run
 *                        'B' the payload is about to run
 *                        'R' names of programs that still run when the
 *                        payload has ended
 *                        'S' wait status of the payload, and how many calls
 *                        the broker performed (int64_t); if the worker stays,
 *                        nothing of the call is alive then
 *                        's' the same, but something may be
 *                        'z' all has stopped, after 'Z' with value 1
 *                        'N' the call's namespaces have ended, with everything
 *                        in them; the next are being made (request.renews)
 *   launcher -> inside   'M' the user and group maps are written: go on (only
 *                        if real root wrote them)
 *                        'L' the limits are in force: children may be made
 *                        (request.renews)
 *                        'F' seccomp program; again after 'N'
 *                        'C' a part of the call, value 1 for the last, with
 *                        the descriptor of the payload's output, and of a
 *                        server's input: go
 *                        'Z' stop everything, 'T' continue
 */
#ifndef ASSENT_SANDBOX_REPORT_H
#define ASSENT_SANDBOX_REPORT_H

#include <stddef.h>

#include "base/err.h"
#include "base/fdpass.h"

#define REPORT_MAX 65536

struct report {
	char	 kind;		/* 0 at the end of the channel */
	int	 value;		/* errno, wait status */
	char	*text;		/* malloc'ed, NUL-terminated; NULL if none */
	size_t	 len;
	int	 fds[FDPASS_MAX];	/* -1 if none */
};

int	report_pair(int out[2], struct err *);
int	report_send(int fd, char kind, int value, const void *text, size_t n,
	    const int *fds, size_t fds_len);
int	report_tell(int fd, char kind, int value);	/* just that */
/* Blocks for one message unless the descriptor is non-blocking. 0, or -1 with
 * errno; the caller frees text and owns the descriptors. */
int	report_receive(int fd, struct report *);
/* Send an err as 'E'. */
void	report_error(int fd, const struct err *);

#endif
