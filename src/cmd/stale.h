/*
 * stale: is the open proposal still the one that the user saw, and if not, how
 * does it differ? A pure fold of a journal's proposal lines.
 */
#ifndef ASSENT_CMD_STALE_H
#define ASSENT_CMD_STALE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "journal/event.h"

/* The line before a patch's first file that names the proposal: written by show,
 * read by decide, skipped by other readers of patches. */
#define STALE_HEAD	"# assent proposal "	/* "17.2" */
#define STALE_OF	" of session "		/* its id */

struct stale {
	int64_t	 id;		/* of the one the user saw; 0: none */
	int	 version;
	struct event *then, *now; /* its line, and the last one if that is
				   another one; or NULL */
};

/* Any line; skips all but proposals. */
void	stale_line(struct stale *, const struct event *);
/* Has it changed? Then *e says how. */
bool	stale_check(const struct stale *, struct err *e);
void	stale_release(struct stale *);

#endif
