/* tty-int: shared by tty.c, sendq.c and draw.c. */
#ifndef ASSENT_UI_TERM_TTY_INT_H
#define ASSENT_UI_TERM_TTY_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <termios.h>

#include <curses.h>

struct buf;
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
	bool	 looked;	/* `end` is right for sendq_push, which comes
				   before curses writes anything more */
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
/* Is there a sequence among what wasn't sent yet? */
bool	sendq_has_escapes(struct sendq *);
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

#endif
