/* tty-int: shared by tty.c, sendq.c and draw.c. */
#ifndef ASSENT_UI_TERM_TTY_INT_H
#define ASSENT_UI_TERM_TTY_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <termios.h>

#include <curses.h>

#include "base/buf.h"

struct err;

/*
 * sendq: output that the terminal hasn't accepted yet.  Writing never blocks:
 * it goes into a file in memory, and from there to the terminal, as much as
 * that accepts at once.
 */
struct sendq {
	int	 mem;
	FILE	*file;		/* writes to mem; for curses */
	char	*map;		/* of mem */
	size_t	 map_len;
	size_t	 at, end;	/* in mem: the first unsent byte, and the end
				   as far as known */
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
/* Take back all that wasn't sent yet, to be added again. */
void	sendq_take_back(struct sendq *, struct buf *out);
/* Remove the first occurrence of these bytes from the queue. */
void	sendq_strip(struct sendq *, const char *s);
/* Write as much as the terminal accepts; true if nothing is left.  If the
 * terminal is gone, the rest is dropped. */
bool	sendq_push(struct sendq *);
/* Write all, waiting until the terminal has accepted nothing for so many ms:
 * then drop the rest; false. */
bool	sendq_drain(struct sendq *, int ms);

#define TTY_SYNC_OFF	"\033[?2026l"

struct tty {
	SCREEN		*screen;
	struct sendq	*sendq;
	bool		 entered, again;	/* again: not for the first
						   time */
	bool		 paste;		/* it knows bracketed paste, */
	bool		 mouse;		/* its mouse is ours */
	bool		 keys;		/* it is asked for all keys, */
	bool		 asked_keys;	/* and was */
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

struct pen_look {
	unsigned attr;		/* PALETTE_*, of those it has */
	char	 fg[24], bg[24]; /* by pen_colour; "": the terminal's own */
};

extern const struct pen_look pen_plain;

struct pen {
	struct buf	 out;
	char		*caps[PEN_CAPS];
	unsigned	 attrs, not_coloured;	/* those that it has, and not
						   with a colour */
	bool		 sgr;		/* looks are set by ECMA-48's SGR, */
	bool		 takes_back;	/* which also ends each by itself */
	bool		 fills;		/* erased cells have the background */
	bool		 moves;		/* in any look */
	bool		 near;		/* by newlines and backspaces */
	bool		 scrolls;	/* a part of its rows */
	bool		 stays;		/* at the end of a row */
	bool		 wraps;		/* at once there */
	int		 y, x;		/* -1: unknown */
	const struct pen_look *look;	/* NULL: unknown */
};

/* For a terminal that was entered. */
void	pen_init(struct pen *, const struct tty *);
void	pen_release(struct pen *);
/* Others have written to the terminal. */
void	pen_lost(struct pen *);
/* Those of the attributes that show, beside a colour. */
unsigned pen_has(const struct pen *, unsigned attr, bool colour);
/* A colour as curses counts it, for a look. */
void	pen_colour(const struct pen *, bool ground, int colour, char *out,
	    size_t size);
void	pen_set(struct pen *, const struct pen_look *);
void	pen_move(struct pen *, int y, int x);
/* A character of so many cells; `sure`: the terminal counts them like we do. */
void	pen_put(struct pen *, const char *text, int width, bool sure, int cols);
/* Are so many cells, `all` to the row's end, better erased than written, in this
 * look? */
bool	pen_erases(const struct pen *, const struct pen_look *, int cells,
	    bool all);
void	pen_erase(struct pen *, int cells, bool all);
/* Move what is in these rows up, or down if `by` is less than 0. */
void	pen_scroll(struct pen *, int top, int end, int by, int rows);

#endif
