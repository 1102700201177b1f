/*
 * launch-priv: what the two halves of the outer process share: launch.c, which
 * builds the sandbox and decides that the call begins, and pump.c below it,
 * which
 * moves bytes both ways and keeps the limits.  pump.c calls nothing of launch.c.
 */
#ifndef ASSENT_SANDBOX_LAUNCH_PRIV_H
#define ASSENT_SANDBOX_LAUNCH_PRIV_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "sandbox/cgroup.h"
#include "sandbox/plan.h"
#include "sandbox/request.h"
#include "sandbox/root.h"
#include "sandbox/watch.h"

struct launch {
	struct request	 r;
	struct plan	 plan;
	struct root	 root;
	bool		 has_ns;
	bool		 drops;		/* real root, for another's project */
	uid_t		 uid;		/* who the payload is */
	gid_t		 gid;
	int		 mounts;	/* the host's mount table, or -1 */
	struct watch	*watch;
	struct cgroup_join join;
	struct sandbox_kinds kinds;
	bool		 stopped;	/* everything inside stands still */
	int		 report, out;	/* ours; -1 when at their end */
	int		 pidfd;		/* of the first process; -1: dead */
	pid_t		 pid;
	char		*call;		/* the second message, whole */
	size_t		 call_len, call_at;	/* sent inside so far */
	struct buf	 queue;		/* frames not written yet */
	size_t		 queue_at;
	int64_t		 start, deadline, look_due, give_up;
	bool		 own_timeout;
	bool		 built, core_gone, killing;
	bool		 have_status;
	int		 status;
	int64_t		 printed;
	const char	*killed;	/* which limit */
	char		*limit;		/* words */
	struct err	 error;
};

/* A frame for the core, and writing what can be written. */
void	pump_frame(struct launch *, char type, const void *p, size_t n);
void	pump_flush(struct launch *);
/* Pass as much of the call to the first process as it takes. */
void	pump_call(struct launch *);
/* One message, or the end, of the first process's channel. */
void	pump_report(struct launch *);
/* Something came from the core, which has said all: its end. */
void	pump_stdin(struct launch *);
/* End the call: kill the first process, and with it all. */
void	pump_kill(struct launch *);
/* Until nothing of the call is alive and all it printed was passed on. */
void	pump_run(struct launch *);
/* The last frame: how it ended; written before it returns. */
void	pump_result(struct launch *);

#endif
