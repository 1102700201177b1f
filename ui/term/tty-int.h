/* tty-int: shared by tty.c, sendq.c and draw.c. */
#ifndef ASSENT_UI_TERM_TTY_INT_H
#define ASSENT_UI_TERM_TTY_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

#include "base/buf.h"

struct err;

/*
 * sendq: output that the terminal hasn't accepted yet.  Adding never blocks, nor
 * does writing: as much as the terminal accepts at once.
 */
struct sendq {
	struct buf out;
	size_t	 at;		/* the first unsent byte */
	size_t	 gone;		/* bytes that the terminal has accepted */
	int	 fd;		/* the terminal, for a signal handler, too */
	bool	 own;		/* opened by us: non-blocking */
};

/*
 * For the terminal of `fd`, which isn't changed, since other programs share it:
 * the terminal is opened again, non-blocking.  If that fails, small pieces are
 * written to `fd` itself when poll says that it has room.
 */
struct sendq *sendq_new(int fd, struct err *e);
void	sendq_free(struct sendq *);
void	sendq_add(struct sendq *, const void *, size_t n);
void	sendq_adds(struct sendq *, const char *);
/* Write as much as the terminal accepts; true if nothing is left.  If the
 * terminal is gone, the rest is dropped. */
bool	sendq_push(struct sendq *);
/* Write all, waiting until the terminal has accepted nothing for so many ms:
 * then drop the rest; false. */
bool	sendq_drain(struct sendq *, int ms);

#define TTY_SYNC_OFF	"\033[?2026l"

struct tty {
	void		*term;		/* its entry of terminfo, */
	const char	*stand_in;	/* or that of this type; or NULL */
	struct sendq	*sendq;
	bool		 entered, begun;	/* begun: it was entered once */
	bool		 paste;		/* it knows bracketed paste, */
	bool		 mouse;		/* its mouse is ours */
	bool		 keys;		/* it can be asked for all keys: */
	unsigned	 key_flags;	/* by kitty's protocol, */
	int		 key_other;	/* and by modifyOtherKeys */
	bool		 sync;		/* synchronized output, */
	bool		 titles;	/* titles, */
	bool		 title_stack;	/* and a stack of them */
	char		*title;		/* ours, or NULL */
	bool		 copies;	/* it has a clipboard */
	bool		 unwraps;	/* wrapping can be turned off */
	bool		 shades;	/* it takes RGB colours */
	bool		 like_xterm;	/* it has what xterm has: OSC 11 with ?,
					   DECSTR, or ignores it */
	int64_t		 asked_until;	/* until then an answer is expected */
	struct termios	 saved;
};

/* Ask for keys in this form from now on. */
void	tty_keys(struct tty *, unsigned flags, int other);
/* The string capability with this name, or "". */
const char *tty_string(const char *name);
/* A string of terminfo without its delays. */
void	tty_add_bare(struct buf *, const char *);

/*
 * pen: where the terminal's cursor is and which look is set, and the shortest way
 * to others. What it writes is gathered in `out`.
 */
enum pen_cap {
	PEN_CUP, PEN_HPA, PEN_CUF, PEN_CR, PEN_DOWN, PEN_BACK, PEN_EL, PEN_ECH,
	PEN_CSR, PEN_INDN, PEN_IND, PEN_RIN, PEN_RI, PEN_SGR0, PEN_OP, PEN_FG,
	PEN_BG,
	PEN_CAPS,
};

#define PEN_NEAR 8		/* rows below to which newlines may lead */
#define PEN_EL_LEAST 3		/* shorter than this, spaces are */
#define PEN_ECH_LEAST 10

/*
 * A look: attributes (PALETTE_*), text colour and background. A colour is 0, the
 * terminal's own; a number of the terminal's, plus 1; or PEN_RGB and 0xrrggbb. No
 * bits: what has no look.
 */
#define PEN_RGB		0x1000000u
#define PEN_BG_AT	25		/* the bits of the background, */
#define PEN_ATTR_AT	50		/* and of the attributes */
#define PEN_LOST	UINT64_MAX	/* unknown */

struct pen {
	struct buf	 out;
	char		*caps[PEN_CAPS];
	unsigned	 attrs, not_coloured;	/* those that it has, and not
						   with a colour */
	bool		 direct;	/* its numbers are RGB, from 8 on */
	bool		 sgr;		/* looks are set by ECMA-48's SGR, */
	bool		 takes_back;	/* which also ends each by itself */
	bool		 fills;		/* erased cells have the background */
	bool		 moves;		/* in any look */
	bool		 near;		/* by newlines and backspaces */
	bool		 scrolls;	/* a part of its rows */
	bool		 stays;		/* at the end of a row */
	bool		 wraps;		/* at once there */
	int		 y, x;		/* -1: unknown */
	uint64_t	 look;
};

/* For a terminal that was entered. */
void	pen_init(struct pen *, const struct tty *);
void	pen_release(struct pen *);
/* Others have written to the terminal. */
void	pen_lost(struct pen *);
/* A look with those of the attributes that show, beside a colour. */
uint64_t pen_look(const struct pen *, unsigned attr, uint32_t fg, uint32_t bg);
/* What a blank shows of it. */
uint64_t pen_blank(uint64_t look);
void	pen_set(struct pen *, uint64_t look);
void	pen_move(struct pen *, int y, int x);
/* A character of so many cells; `sure`: the terminal counts them like we do. */
void	pen_put(struct pen *, const char *text, int width, bool sure, int cols);
/* Are so many cells, `all` to the row's end, better erased than written, in this
 * look? */
bool	pen_erases(const struct pen *, uint64_t look, int cells, bool all);
void	pen_erase(struct pen *, int cells, bool all);
/* Move what is in these rows up, or down if `by` is less than 0. */
void	pen_scroll(struct pen *, int top, int end, int by, int rows);

#endif
