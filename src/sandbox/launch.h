/* launch: assent-worker's outer process, see launch.c. */
#ifndef ASSENT_SANDBOX_LAUNCH_H
#define ASSENT_SANDBOX_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "sandbox/cgroup.h"
#include "sandbox/mount-plan.h"
#include "sandbox/request.h"
#include "sandbox/root.h"

struct watch;

struct launch {
	struct request	 r;
	struct mount_plan	 plan;
	struct root	 root;
	bool		 has_ns;
	bool		 has_plan;	/* A, B, C */
	bool		 drops;		/* real root, for another user's
					   project */
	uid_t		 uid;		/* the payload's identity */
	gid_t		 gid;
	int		 mounts;	/* the host's mount table, or -1 */
	struct watch	*watch;
	cJSON		*filters;	/* of the first message */
	char		*filter_made;	/* frame 'f', until it is sent */
	struct buf	 filter;	/* the program */
	struct cgroup_join join;
	struct limit_enforcement enforced;
	bool		 stopped;	/* everything inside is stopped */
	int		 report, out;	/* ours; -1 at their end */
	int		 proxy;		/* the socket at which commands find the
					   proxy, until it is sent; -1 */
	bool		 begun;		/* the call was sent inside, or will
					   be */
	int		 out_inside;	/* the payload's output, until it is
					   sent with the call; -1 */
	int		 io_inside;	/* a server's input, likewise */
	bool		 holds;		/* the core has stopped it */
	int		 pidfd;		/* of the first process; -1: dead */
	pid_t		 pid;
	char		*call;		/* the complete second message */
	size_t		 call_len, call_at;	/* how much was sent inside */
	struct buf	 held;		/* output that may be the start of the
					   copy's path */
	struct buf	 queue;		/* frames not written yet */
	size_t		 queue_at;
	int64_t		 start, deadline, look_due, give_up;
	bool		 own_timeout;
	bool		 built, core_gone, killing;	/* built: the call's
							   view */
	bool		 have_status;
	bool		 answered;	/* the result was sent */
	bool		 last;		/* no other call may follow it here */
	bool		 alive;		/* something of it couldn't be killed */
	bool		 gone;		/* so are the namespaces that the call
					   had of its own */
	int		 status;
	int64_t		 printed, brokered;
	const char	*killed_by;	/* name of the limit that ended the
					   call */
	char		*limit_text;	/* message about it */
	char		*left;		/* programs that the command left
					   running, or NULL */
	struct err	 error;
};

/* Queue a frame for the core, and write as much as possible. */
void	supervise_frame(struct launch *, char type, const void *p, size_t n);
void	supervise_flush(struct launch *);
/* Pass as much of the call to the first process as it accepts. */
void	supervise_call(struct launch *);
/* Send the core the socket at which the call finds the proxy, if it is there. */
void	supervise_proxy(struct launch *);
/* One message, or the end, of the first process's channel. */
void	supervise_report(struct launch *);
/* End the call: kill the first process, and with it all others. */
void	supervise_kill(struct launch *);
/* Until nothing of the call is alive and all its output was passed on, or
 * supervise_has_verdict. */
void	supervise_run(struct launch *);
/* The self-test has ended, and its sandbox is about to: the core may have the
 * result already. */
bool	supervise_has_verdict(const struct launch *);
/* Has the call ended by itself, and can the next one come? */
bool	supervise_stays(const struct launch *);
/* The last frame: how it ended; written before this returns. */
void	supervise_result(struct launch *);

/* Reads one request from descriptor 0, answers on 1. Returns an exit status
 * when the call and everything below it has ended. */
int	launch_run(void);

#endif
