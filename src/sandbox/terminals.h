/*
 * terminals: the pseudo-terminals of a call on level C, opened outside its
 * walls. A rule of landlock for /dev/pts would open the user's own.
 */
#ifndef ASSENT_SANDBOX_TERMINALS_H
#define ASSENT_SANDBOX_TERMINALS_H

#include <stddef.h>

#define TERMINALS_MAX	16
#define TERMINALS_NEW	(-1)

/* Zeroed: none. */
struct terminals {
	struct {
		int	 number, fd;	/* of the slave; O_PATH */
	}	 v[TERMINALS_MAX];
	size_t	 len;
};

/* The master of a new one, or the slave with this number, of those opened here:
 * its descriptor, which is the caller's, or -errno. */
int	terminals_open(struct terminals *, int number);

#endif
