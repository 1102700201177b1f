/*
 * term-vt: how a stranger's bytes and the user's sizes reach libvterm. Version
 * 0.1.4 uses memory that isn't its own when a control sequence has more than 16
 * numbers, for a character that lacks its end and for C1 controls, and when a
 * smaller size leaves margins or a saved cursor outside.
 */
#ifndef ASSENT_TERM_TERM_VT_H
#define ASSENT_TERM_TERM_VT_H

#include <stddef.h>

#include <vterm.h>

#include "base/buf.h"

#define TERM_NUMBERS_MAX 15	/* of a control sequence; more are dropped */

enum term_vt_state {
	TERM_VT_TEXT,		/* or a string: its numbers don't matter */
	TERM_VT_ESC,
	TERM_VT_CSI,
};

/* Zeroed: before the first byte. */
struct term_vt {
	enum term_vt_state state;
	int		 numbers;	/* that began in this sequence */
	struct buf	 in;		/* the first bytes of a character */
	struct buf	 out;		/* what libvterm gets */
};

/* Puts into `out` what may reach libvterm of these bytes, which can be cut
 * anywhere: whole characters, U+FFFD for what is none, and control sequences
 * of so many numbers. UTF-8 is on: byte 0x9b begins no sequence. */
void	term_vt_clean(struct term_vt *, const char *p, size_t n);
void	term_vt_write(struct term_vt *, VTerm *, const char *p, size_t n);
/* As xterm does: there are no margins then. The cursor is inside. */
void	term_vt_resize(struct term_vt *, VTerm *, int rows, int cols);
void	term_vt_release(struct term_vt *);

#endif
