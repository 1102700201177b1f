/*
 * half-applied: a session whose core died while it applied; what of it is in
 * the
 * tree is looked up by the core's program, which knows hashes.
 */
#ifndef ASSENT_CMD_HALF_APPLIED_H
#define ASSENT_CMD_HALF_APPLIED_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/cmd.h"

struct half_applied {
	bool	 known;			/* it did, and this is where it stands */
	int64_t	 files, written, open;	/* open: as they were before */
};

/* Nothing, for a session that lives or did not stop so. -1 with *e. */
int	half_applied_look(const char *id, struct half_applied *, struct err *);
/* Some are written and some not. */
bool	half_applied_is_half(const struct half_applied *);
/* "stopped while applying, 445 of 2000 files written"; in a static buffer. */
const char *half_applied_words(const struct half_applied *);

/*
 * Before a core is started for this session: the person is told, and asked at
 * a terminal unless --recover says it. *how is finish, undo, leave, or NULL
 * where nothing is half-written. 0, or the exit code after the sentence.
 */
int	half_applied_ask(const char *id, const struct cmd_args *,
	    const char **how,
	    struct half_applied *);

#endif
