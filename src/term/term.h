/*
 * term: what assent-term and the front end say to each other. The terminal of a
 * command in the sandbox is read here alone, by libvterm, in a process that can
 * open nothing: descriptor 0 is the channel to the front end, descriptor 1 the
 * terminal's master. No arguments, no environment.
 *
 *   command -> its terminal -> assent-term --cells--> front end
 *           <-              <-             <--keys---
 *
 * A message is a byte, its type, a length and so many bytes; numbers are
 * big-endian. To assent-term (a length of 2 bytes):
 *   'k'  bytes that were typed; no key or mark of a paste is cut
 *   'u'  a byte: does the user's terminal speak kitty's keyboard protocol?
 *   's'  rows and columns, 2 bytes each: the size from now on; the next frame is
 *        all of it
 *   'f'  empty: one frame, as soon as something differs from the last one
 * So what the command prints takes no memory while nobody draws it. To the front
 * end (a length of 4 bytes):
 *   'F'  rows, columns, the cursor's row and column, 2 bytes each; a byte of enum
 *        term_flag; how the command wants its keys (term-keys.h): the protocol's
 *        flags and modifyOtherKeys, a byte each; then each row that differs: its
 *        number in 2 bytes and its cells. A cell: width (0: the second one of a
 *        wide character), attributes (enum term_attr), a byte each; text and
 *        background colour, 4 bytes each; the length of its text in a byte, and
 *        its text
 *   'E'  last: the command has closed its terminal. A byte, 1: only the end of it
 *        is here; and the rows that had scrolled off, as lines, at most some MB
 */
#ifndef ASSENT_TERM_TERM_H
#define ASSENT_TERM_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define TERM_ROWS_MAX	512
#define TERM_COLS_MAX	1024
#define TERM_COLS_MIN	2	/* as wide as a character may be */
#define TERM_TEXT_MAX	19	/* bytes of a cell: screen.h's, without the NUL */
#define TERM_TYPED_MAX	4096	/* bytes of one 'k' */
#define TERM_FRAME_MAX	((size_t)TERM_ROWS_MAX * \
	(2 + TERM_COLS_MAX * (11 + TERM_TEXT_MAX)) + 16)

enum term_flag {
	TERM_CURSOR = 1, TERM_BELL = 2,
	TERM_ALT = 4,		/* it is a full-screen program's */
};

#define TERM_KEYS_ALL	31	/* the protocol's flags */
#define TERM_KEYS_ALTERNATES 4	/* with the key of a US keyboard */
#define TERM_OTHER_MAX	3	/* modifyOtherKeys */

enum term_attr {
	TERM_BOLD = 1, TERM_UNDERLINE = 2, TERM_ITALIC = 4, TERM_REVERSE = 8,
	TERM_BLINK = 16,
};

/* A colour is a number of the 256, TERM_RGB | 0xrrggbb, or this. */
#define TERM_OWN	UINT32_MAX	/* the terminal's own */
#define TERM_RGB	0x1000000u

static inline void
term_add16(struct buf *b, unsigned n)
{
	buf_addc(b, (char)(n >> 8));
	buf_addc(b, (char)n);
}

static inline void
term_add32(struct buf *b, uint32_t n)
{
	term_add16(b, n >> 16);
	term_add16(b, n & 0xffff);
}

/* ---- assent-term ---- */

/* Keep the rights to read, write and poll these descriptors, and to set the
 * terminal's size. -1: that can't be, and nothing may be read. */
int	term_confine(void);

/* ---- the front end ---- */

struct term_cell {
	char	 text[TERM_TEXT_MAX + 1];	/* "": blank, or the second cell
						   of a wide character */
	uint8_t	 width, attr;
	uint32_t fg, bg;
};

/* The terminal as the last frame has it. Zeroed: nothing yet. */
struct term_view {
	int		 rows, cols;
	unsigned	 flags;		/* for the sanitizer; set by the caller */
	struct term_cell *cells;
	int		 cursor_y, cursor_x;	/* -1: hidden */
	unsigned	 keys;		/* the protocol's flags */
	int		 other;		/* modifyOtherKeys */
	bool		 bell, alt;
};

/* The content of a frame, of which nothing is trusted. False: it is malformed, and
 * the view may have some of it. */
bool	term_view_read(struct term_view *, const char *p, size_t n);
void	term_view_release(struct term_view *);

#endif
