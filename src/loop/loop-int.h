/* loop-int: shared by loop.c and loop-transfer.c. A program that has no
 * transfers doesn't need the latter, nor libcurl. */
#ifndef ASSENT_LOOP_LOOP_INT_H
#define ASSENT_LOOP_LOOP_INT_H

#include <poll.h>

#include "loop/loop.h"

struct transfers;

/* How transfers take part in a round of the loop. */
struct loop_transfers {
	void	(*free)(struct loop *);
	/* Are they looked at in this round? Then poll waits for the first n of
	 * l->fds, too. */
	bool	(*looks)(const struct loop *);
	int	(*poll)(struct loop *, unsigned n, int wait_ms);
	int64_t	(*wait_ms)(const struct loop *, int64_t wait_ms);
	void	(*run)(struct loop *);
};

struct loop {
	struct loop_watch	*watches;
	struct loop_timer	*timers;
	const struct loop_transfers *transfers;	/* NULL before the first */
	struct transfers	*data;		/* theirs */
	bool			 fresh;		/* one hasn't been started */
	struct pollfd		*fds;
	unsigned		 fds_cap;
	bool			 stopped;
	int			 status;
};

#endif
