/*
 * broker: on level C, the calls of a payload that landlock doesn't decide. The
 * first process of a call, an ancestor of all that it runs, gets them by
 * seccomp's user notification and performs or refuses each itself: on a
 * descriptor that it opened beneath the folders that the payload may write, or
 * on its own copy of an address. It never looks at a call and then lets the
 * kernel carry it out, since the caller's memory may change in between.
 *
 * Order: broker_new, broker_wall; then fork, and in the child broker_offer; in
 * the parent broker_serve whenever broker_fd is readable. seccomp_unotify(2).
 */
#ifndef ASSENT_SANDBOX_BROKER_H
#define ASSENT_SANDBOX_BROKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sandbox/request.h"

struct broker;
struct broker_call;
struct mount_plan;

/* Performs a call: its value, or -errno. */
typedef int64_t broker_fn(struct broker_call *);

/* A call that the payload doesn't make itself. */
struct broker_row {
	const char	*name;
	int		 below;		/* landlock decides it from this version
					   on; 0: never */
	broker_fn	*fn;
};
/* Ends with a NULL name. */
extern const struct broker_row broker_rows[];

/* What the broker works on are the request's copy, home and tmp, by the names
 * that they have on the host. */
struct broker *broker_new(const struct request *, int landlock, struct err *);
/* Confine the calling process, which has no capabilities, to what the payload
 * may reach. */
int	broker_wall(struct broker *, const struct request *,
	    const struct mount_plan *, struct err *);
/* Do signals of this process reach nothing but what it runs? By landlock, from
 * version 6 on, once broker_wall has succeeded. */
bool	broker_is_scoped(const struct broker *);
/* The child's end of the channel to the parent; it must survive until
 * broker_offer. */
int	broker_channel(const struct broker *);
/* Connections to this port of 127.0.0.1, which is ours, are allowed. */
void	broker_add_port(struct broker *, int port);
/* In the child: hand over the listener of the filter, close it, and wait until
 * the parent is ready. */
int	broker_offer(int channel, int listener, struct err *);
/* In the parent, after the fork. */
void	broker_forked(struct broker *);
int	broker_fd(const struct broker *);
void	broker_serve(struct broker *);
/* Calls so far. */
int64_t	broker_count(const struct broker *);

#endif
