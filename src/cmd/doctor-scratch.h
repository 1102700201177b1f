/*
 * doctor-scratch: the scratch project of doctor --live.  It is locked while its
 * creator runs; the next run removes what a killed run left behind.
 */
#ifndef ASSENT_CMD_DOCTOR_SCRATCH_H
#define ASSENT_CMD_DOCTOR_SCRATCH_H

#include "base/err.h"

struct doctor_scratch {
	char	*dir;
	int	 lock;
};

/* Create one, and remove older ones with their sessions. Its sessions are in
 * the user's state directory, so that they hide the same files as every
 * session, or, if that isn't writable, in the scratch directory. -1 with *e. */
int	doctor_scratch_open(struct doctor_scratch *, struct err *);
/* Remove it; prints what can't be removed. */
void	doctor_scratch_close(struct doctor_scratch *);
/* Remove an unused one; the same. */
void	doctor_scratch_remove(const char *dir);

#endif
