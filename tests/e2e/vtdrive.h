/* vtdrive: what its files share. */
#ifndef ASSENT_TESTS_VTDRIVE_H
#define ASSENT_TESTS_VTDRIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <vterm.h>

#include "base/buf.h"

struct drive {
	VTerm		*vt;
	VTermScreen	*screen;
	int		 rows, cols;
	int		 pty;		/* -1: closed */
	pid_t		 pid;
	bool		 ended;
	int		 status;
	size_t		 bytes;
	struct buf	 raw;
	struct buf	 in;		/* commands */
	bool		 in_end;
	bool		 alt, cursor;	/* the screen in use; is it shown */
	bool		 odd;		/* of another opinion about widths */
	bool		 quiet;		/* answers nothing */
	struct buf	 tail;		/* a character that is not whole yet */
};

/* ---- vtdrive.c ---- */

/* Has the program ended? Waits for it if `block`. */
void	drive_reap(struct drive *, bool block);
/* Wait up to `timeout` ms for bytes of the program, and take them; also for
 * commands, if they are wanted. */
void	drive_round(struct drive *, bool want_in, int timeout);

/* ---- vtdrive-cells.c ---- */

/* The style of each cell; answers. */
void	drive_cells(const struct drive *);

/* ---- vtdrive-idle.c ---- */

/* Does the program sleep now, so that it is not in the middle of a write? */
bool	drive_sleeps(const struct drive *);
/* Until nothing moves, or ms have passed; answers. */
void	drive_idle(struct drive *, const char *args);

#endif
