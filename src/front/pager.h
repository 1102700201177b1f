/*
 * pager: standard output and error through the user's $PAGER (less), while
 * standard output is a terminal. LESS is FRX unless the user has set it, as in
 * git.
 */
#ifndef ASSENT_FRONT_PAGER_H
#define ASSENT_FRONT_PAGER_H

#include <stdbool.h>

/* Does nothing without a terminal or with a pager that doesn't exist. */
void	pager_begin(void);
enum pager_result {
	PAGER_READ,		/* it has read everything, or there is none */
	PAGER_LEFT,		/* not all of standard output */
	PAGER_FAILED,		/* it may have shown nothing */
};
/* Wait until the user leaves the pager, if there is one. */
enum pager_result pager_end(void);
bool	pager_is_on(void);
/* Is this descriptor's output paged? */
bool	pager_has(int fd);

#endif
