/*
 * doctor-scratch: the folder of the project that doctor --live works in. It is
 * locked as long as its maker lives: what a run that was killed left behind,
 * the next one removes.
 */
#ifndef ASSENT_CMD_DOCTOR_SCRATCH_H
#define ASSENT_CMD_DOCTOR_SCRATCH_H

#include "base/err.h"

struct doctor_live_scratch {
	char	*dir;
	int	 lock;
};

/* Make one, and remove older ones with their sessions. The sessions of this one
 * are the user's, so that they hide what every session hides; only where the
 * state folder cannot be written do they live in the scratch folder. -1 with
 * *e. */
int	doctor_scratch_open(struct doctor_live_scratch *, struct err *);
/* Remove it; what cannot be removed is named on stderr. */
void	doctor_live_scratch_close(struct doctor_live_scratch *);
/* Remove a folder of ours that nobody uses; the same. */
void	doctor_live_scratch_remove(const char *dir);

#endif
