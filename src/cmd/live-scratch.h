/*
 * live-scratch: the folder of the project that doctor --live works in. It is
 * locked as long as its maker lives: what a run that was killed left behind,
 * the next one removes.
 */
#ifndef ASSENT_CMD_LIVE_SCRATCH_H
#define ASSENT_CMD_LIVE_SCRATCH_H

#include "base/err.h"

struct live_scratch {
	char	*dir;
	int	 lock;
};

/* Make one, and remove older ones with their sessions. The sessions of this one
 * are the user's, so that they hide what every session hides; only where the
 * state folder cannot be written do they live in the scratch folder. -1 with
 * *e. */
int	live_scratch_open(struct live_scratch *, struct err *);
/* Remove it; what cannot be removed is named on stderr. */
void	live_scratch_close(struct live_scratch *);
/* Remove a folder of ours that nobody uses; the same. */
void	live_scratch_remove(const char *dir);

#endif
