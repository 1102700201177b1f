/*
 * init: the first process of a call, created ahead of it. On A and B it is pid
 * 1 of the sandbox, builds the root and dies with the launcher; on C, D and
 * none it is a guard that adopts every orphan below it and kills them all at the
 * end. On C, and where nothing else limits processes, it is the broker of the
 * payload, too. Both run the payload as their
 * child and report how it ended. In a worker that stays, they then kill the rest
 * of the call and wait for the next one; there a file tool is pid 1 itself.
 */
#ifndef ASSENT_SANDBOX_INIT_H
#define ASSENT_SANDBOX_INIT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/fdpass.h"
#include "sandbox/cgroup.h"
#include "sandbox/request.h"
#include "sandbox/root.h"

struct broker;

#define REPORT_MAX 65536

struct report {
	char	 kind;		/* 0 at the end of the channel */
	int	 value;		/* errno, wait status */
	char	*text;		/* malloc'ed, NUL-terminated; NULL if none */
	size_t	 len;
	int	 fds[FDPASS_MAX];	/* -1 if none */
};

int	report_send(int fd, char kind, int value, const void *text, size_t n,
	    const int *fds, size_t fds_len);
int	report_send_value(int fd, char kind, int value);	/* just that */
/* Blocks for one message unless the descriptor is non-blocking. 0, or -1 with
 * errno; the caller frees text and owns the descriptors. */
int	report_receive(int fd, struct report *);

/* Like fork, into new namespaces and, if possible (then *born is set), into
 * this cgroup (a folder's descriptor, or -1). *pidfd is for the parent. -1 with
 * *e. */
pid_t	ns_clone(int *pidfd, int cgroup, bool *born, bool joined, struct err *);
/* Enter these namespaces, of users and of the network, with all capabilities
 * there: ns_clone with `joined` leaves them as they are. */
int	ns_join(const int ns[2], struct err *);
/* Write the maps of process `pid`, or of this one (0). */
int	ns_map(pid_t, uid_t, gid_t, struct err *);

/* Before each call to the first process of a worker that stays: it
 * is alive, so the call's own may begin. */
#define INIT_GO SIGUSR1

struct init {
	struct sandbox_spec		*r;	/* the setup; the call comes later */
	struct root		*root;	/* NULL: no namespaces */
	struct mount_plan	*plan;	/* what is shown (A, B, C); NULL */
	uid_t			 uid;	/* the payload's identity */
	gid_t			 gid;
	bool			 mapped;	/* the launcher writes the
						   maps */
	int			 report_fd;
	int			 go_fd;		/* set inside, if it stays */
	struct report		 filter;	/* set inside */
	struct broker		*broker;	/* set inside (C, or to count
						   forks); NULL */
	int			 proxy_port;	/* set inside; 0: none */
	int			 nice;		/* the payload's */
	int64_t			 pid_max;	/* of its pid namespace; 0: as it
						   is */
};

_Noreturn void init_run(struct init *);

/* assent-worker's outer process, see launch.c: reads one request from descriptor
 * 0, answers on 1. Returns an exit status when the call and everything below it
 * has ended. */
int	launch_run(void);

#endif
