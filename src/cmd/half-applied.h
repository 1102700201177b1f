/*
 * half-applied: a session whose core died while it wrote files.  The core's
 * program, which can hash, checks which of them are written.
 */
#ifndef ASSENT_CMD_HALF_APPLIED_H
#define ASSENT_CMD_HALF_APPLIED_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/cmd.h"

struct half_applied {
	bool	 known;			/* it did, and the rest is set */
	int64_t	 files, written, open;	/* open: unchanged */
};

/* Sets nothing for a running session or one that stopped otherwise. -1 with *e.
 */
int	half_applied_look(const char *id, struct half_applied *, struct err *);
/* "stopped while applying, 445 of 2000 files written"; in a static buffer. */
const char *half_applied_words(const struct half_applied *);

/*
 * Before starting a core for this session: tell the user, and ask on a terminal
 * unless --recover is given. *how is finish, undo, leave, or NULL if nothing is
 * half-written. 0, or the exit code after printing the error.
 */
int	half_applied_ask(const char *id, const struct cmd_args *,
	    const char **how,
	    struct half_applied *);

#endif
