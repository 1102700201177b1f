/*
 * devices: what the user's setting `devices` gives to commands: device nodes of
 * the host, and the part of /sys that tells a card's libraries about it.
 */
#ifndef ASSENT_SANDBOX_DEVICES_H
#define ASSENT_SANDBOX_DEVICES_H

#include <stdbool.h>

/* Is there a device of this name in the setting? */
bool	devices_known(const char *name);
/*
 * For each node there is of these (NULL-terminated, or NULL), with `to` NULL; each
 * folder of /sys, with `to` its path; and each link in /sys that leads to one,
 * with `to` its real path.
 */
void	devices_each(const char *const *names, void each(void *arg,
	    const char *path, const char *to), void *arg);

#endif
