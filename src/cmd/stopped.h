/*
 * stopped: a session whose core died while it applied; what of it is in the
 * tree is looked up by the core's program, which knows hashes.
 */
#ifndef ASSENT_CMD_STOPPED_H
#define ASSENT_CMD_STOPPED_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/cmd.h"

struct stopped {
	bool	 known;			/* it did, and this is where it stands */
	int64_t	 files, written, open;	/* open: as they were before */
};

/* Nothing, for a session that lives or did not stop so. -1 with *e. */
int	stopped_look(const char *id, struct stopped *, struct err *);
/* Some are written and some not. */
bool	stopped_is_half(const struct stopped *);
/* "stopped while applying, 445 of 2000 files written"; in a static buffer. */
const char *stopped_words(const struct stopped *);

/*
 * Before a core is started for this session: the person is told, and asked at
 * a terminal unless --recover says it. *how is finish, undo, leave, or NULL
 * where nothing is half-written. 0, or the exit code after the sentence.
 */
int	stopped_ask(const char *id, const struct cmd_args *, const char **how,
	    struct stopped *);

#endif
