/* tty-int: shared by tty.c and draw.c. */
#ifndef ASSENT_UI_TERM_TTY_INT_H
#define ASSENT_UI_TERM_TTY_INT_H

#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

#include <curses.h>

struct sendq;

#define TTY_SYNC_OFF	"\033[?2026l"

struct tty {
	SCREEN		*screen;
	struct sendq	*sendq;
	bool		 entered;
	bool		 paste;		/* it knows bracketed paste, */
	bool		 mouse;		/* its mouse is ours */
	bool		 sync;		/* synchronized output, */
	bool		 titles;	/* titles, */
	bool		 title_stack;	/* and a stack of them */
	char		*title;		/* ours, or NULL */
	bool		 copies;	/* it has a clipboard */
	bool		 unwraps;	/* wrapping can be turned off */
	bool		 shades;	/* it takes RGB colours */
	bool		 asks;		/* it can be asked for its background */
	int64_t		 asked_until;	/* until then an answer is expected */
	struct termios	 saved;
};

#endif
