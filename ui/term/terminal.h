/*
 * terminal: the palette, the speed of the line, the terminal's settings, and
 * drawing on it.
 */
#ifndef ASSENT_UI_TERM_TERMINAL_H
#define ASSENT_UI_TERM_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "journal/event.h"
#include "ui/term/screen.h"

struct draw;
struct tty;

/* ---- palette.c: what each style looks like, by the number of colours that a
 * terminal has and by its background; pure: no terminal ---- */
enum palette_depth {
	PALETTE_NONE,		/* attributes alone */
	PALETTE_8,		/* the terminal's own */
	PALETTE_256,
	PALETTE_TRUE,		/* 256, some of them in finer shades */
};

/* The background of the terminal. */
enum palette_ground { PALETTE_UNKNOWN, PALETTE_DARK, PALETTE_LIGHT };

#define PALETTE_OWN	(-1)	/* the terminal's own text or background */

enum {
	PALETTE_BOLD = 1, PALETTE_DIM = 2, PALETTE_UNDERLINE = 4,
	PALETTE_REVERSE = 8, PALETTE_ITALIC = 16, PALETTE_BLINK = 32,
};

struct palette_look {
	int	 fg, bg;	/* one of 8 or 256 colours, or PALETTE_OWN */
	unsigned attr;
};

/* A style with the text in the colour of this class; with fewer than 256
 * colours the text has the style's. */
struct palette_look palette_look(enum style, enum syntax_class,
	    enum palette_depth, enum palette_ground);
/* The red, green and blue of a colour from 16 on, as 0xrrggbb. */
uint32_t palette_rgb(int colour, enum palette_depth, enum palette_ground);

/* Zeroed: nothing was seen yet. */
struct ground {
	size_t	matched;	/* bytes of what an answer begins with */
	char	answer[32];
	size_t	len;
};

/* By COLORFGBG (NULL: unset) and TERM. */
enum palette_ground ground_by_environment(const char *colorfgbg,
	    const char *term);
/* Input of the terminal, in pieces of any size; true if it has an answer, whose
 * colour is set, or PALETTE_UNKNOWN if it can't be read. */
bool	ground_feed(struct ground *, const char *p, size_t n,
	    enum palette_ground *);

/*
 * tty: enters and leaves the terminal: raw mode, the alternate screen,
 * bracketed paste.  On a fatal signal the terminal is restored before the
 * process dies. Only tty_leave waits for the terminal, and not for long: output
 * is queued until tty_push.
 */

/* Checks TERM, stdin and stdout, and changes nothing; a terminal whose type the
 * host doesn't know is asked if it is one. NULL with *e if the UI can't be shown. */
struct tty *tty_new(struct err *e);
/* The type whose entry is used because the host has none for TERM; or NULL. */
const char *tty_stand_in(const struct tty *);
void	tty_free(struct tty *);
/* Enter the screen. If this isn't the first time, reset what another program
 * may have left on. `mouse`: tell of it, if the terminal has one. */
void	tty_enter(struct tty *, bool mouse);
/* What resets that, for this type of terminal; the colours, too, if the program was
 * another machine's (`host`): else they are the user's. */
void	tty_add_reset(struct buf *, bool host);
/* Send text to its clipboard (OSC 52), through tmux if that lets it; false if its
 * type isn't known to have one. */
bool	tty_copy(struct tty *, const char *text, size_t len);
/* Can it show all signs of ours, if its locale can? */
bool	tty_has_signs(void);
bool	tty_has_usual_keys(void);
/* Write as much of the queue as it accepts; true if nothing is left.  *gone
 * (unless NULL): bytes that it has accepted since the last call. */
bool	tty_push(struct tty *, size_t *gone);
/* How many colours has it that the user wants? */
int	tty_colours(void);
/* Set the window's title (our own words only, ASCII). */
void	tty_title(struct tty *, const char *words);
/* Let the terminal tell the user (OSC 9), in our own words. */
void	tty_notify(struct tty *, const char *words);
/* Safe to call twice; tty_enter may follow.  If the terminal accepts nothing,
 * its unsent output is dropped.  Its old settings are restored, whatever another
 * program changed meanwhile. */
void	tty_leave(struct tty *);
/* Print on a terminal that was left; dropped if it accepts nothing. */
void	tty_say(struct tty *, const char *text, size_t len);
/* The line that a dying process prints after restoring the terminal. */
void	tty_crash_words(const char *text);
/* The terminal's size by the kernel; 24 by 80 if it doesn't know. */
void	tty_size(int *rows, int *cols);

/* draw: sends the screen to the terminal. */

enum draw_colour {
	DRAW_COLOUR_AUTO,		/* for the terminal's background */
	DRAW_COLOUR_NEVER,
	DRAW_COLOUR_LIGHT, DRAW_COLOUR_DARK,	/* for this background */
};

/* The terminal is borrowed. On a slow line colours that nobody asked for are as
 * short as possible. */
struct draw *draw_new(struct tty *, enum draw_colour, bool slow);
void	draw_free(struct draw *);
/* Has it colours for syntax? */
bool	draw_has_ink(const struct draw *);
/* Find out if the background is dark or light, where that matters; true if the
 * terminal was asked, and its input may have the answer. */
bool	draw_ask_ground(struct draw *, bool slow);
/* Input of the terminal; true if it has the answer.  The next frame is sent in
 * the colours for it. */
bool	draw_read_ground(struct draw *, const char *p, size_t n);
/* The nearest that the terminal has to a colour of a program's: a number of the
 * 256, or PEN_RGB and 0xrrggbb. */
uint32_t draw_nearest(const struct draw *, uint32_t colour);
/* Such colours (0: the terminal's own) and PALETTE_* for a cell, instead of its
 * style. False: there were too many looks since draw_reset, and it has none. */
bool	draw_set(struct draw *, struct cell *, unsigned attr, uint32_t fg,
	    uint32_t bg);
/* Send everything again, at this size. */
void	draw_reset(struct draw *, int rows, int cols);
/* Send what differs from the last frame. */
void	draw_push(struct draw *, const struct screen *);

#endif
