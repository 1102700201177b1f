/*
 * term-vt: how a stranger's bytes and the user's sizes reach libvterm. Version
 * 0.1.4 uses memory that isn't its own when a control sequence has more than 16
 * numbers, for a character that lacks its end and for C1 controls, and when a
 * smaller size leaves margins or a saved cursor outside. Sequences that it
 * doesn't know, but we do, are told when it has all that came before.
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

#define TERM_SEQ_MAX	24	/* longer ones aren't told */

/* A CSI sequence of which the parameters begin with one of "<=>?" and the last
 * byte is u or m; or no parameters and c: all is reset (RIS). */
typedef void term_vt_cb(void *arg, const char *seq, size_t n, char final);

/* Zeroed: before the first byte. */
struct term_vt {
	enum term_vt_state state;
	int		 numbers;	/* that began in this sequence */
	char		 seq[TERM_SEQ_MAX + 1];
	size_t		 seq_len;
	char		 final;		/* its end came; 0: not yet */
	term_vt_cb	*seen;		/* or NULL */
	void		*arg;
	VTerm		*vt;		/* for what was put out, or NULL */
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
