/*
 * harden: what a process gives up before it reads what a stranger sends.
 */
#ifndef ASSENT_BASE_HARDEN_H
#define ASSENT_BASE_HARDEN_H

/* No core dumps, and no other process of the user's looks into this one. The build
 * of `./bootstrap dev` leaves both on. */
void	harden_dumps(void);
/* That; and it keeps no descriptors from `first` on, no environment and no folder,
 * and writes to no file. SIGPIPE is ignored. */
void	harden_process(unsigned first);
/* No capabilities, and none to come. -1: that can't be. */
int	harden_rights(void);

#endif
