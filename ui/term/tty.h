/*
 * tty: enters and leaves the terminal: raw mode, the alternate screen,
 * bracketed paste.  On a fatal signal the terminal is restored before the
 * process dies. Only tty_leave waits for the terminal, and not for long: output
 * is queued until tty_push.
 */
#ifndef ASSENT_UI_TERM_TTY_H
#define ASSENT_UI_TERM_TTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct tty;

/* Checks TERM, stdin and stdout, and changes nothing. NULL with *e if the UI
 * can't be shown. */
struct tty *tty_new(struct err *e);
void	tty_free(struct tty *);
int	tty_enter(struct tty *, struct err *e);
/* From the next tty_enter on, its mouse is told; a terminal without one ignores
 * that. */
void	tty_use_mouse(struct tty *);
/* Send text to its clipboard (OSC 52); false if its type isn't known to have
 * one. */
bool	tty_copy(struct tty *, const char *text, size_t len);
/* Ask for its background (ground.h); false if its type isn't known to
 * understand the question. */
bool	tty_ask_ground(struct tty *);
/* The answer has come. */
void	tty_answered(struct tty *);
/* Can it show all signs of ours, if its locale can? */
bool	tty_has_signs(void);
/* Is NO_COLOR unset? */
bool	tty_wants_colour(void);
/* Begin or end a frame: a terminal that can (synchronized output) shows it only
 * when it is complete. */
void	tty_sync(const struct tty *, bool begin);
/* Does the kernel accept more than a few bytes? */
bool	tty_is_drained(void);
/* Write as much of the queue as it accepts; true if nothing is left. */
bool	tty_push(struct tty *);
/* Is the queue not empty: something was left by the last tty_push, or written
 * outside a frame? */
bool	tty_holds(const struct tty *);
/* Bytes that the kernel hasn't transmitted yet.  It counts them for serial
 * lines; for a pseudo-terminal the result is always 0. */
size_t	tty_left(void);
/* Are the queue and, as far as the kernel tells, the line empty? */
bool	tty_is_empty(const struct tty *);
/* Bytes that it has accepted since the last call. */
size_t	tty_gone(struct tty *);
/* Bits a second by the line's settings, if it is known to keep to them; 0:
 * there is no limit. Only after tty_enter. */
int64_t	tty_baud(const struct tty *);
void	tty_bell(const struct tty *);
/* Set the window's title (our own words only, ASCII); NULL: the old one, or none
 * where the terminal keeps none. */
void	tty_title(struct tty *, const char *words);
/* Let the terminal tell the user (OSC 9), in our own words. */
void	tty_notify(struct tty *, const char *words);
/* Turn wrapping off; curses turns it on when it enters the terminal. */
void	tty_unwrap(const struct tty *);
/* When curses enters the terminal again it resets all colours, even the user's
 * own: remove that from the queue. */
void	tty_keep_colours(const struct tty *);
/* Move the cursor, wherever it is. */
void	tty_place(const struct tty *, int y, int x);
/* Safe to call twice; tty_enter may follow.  If the terminal accepts nothing,
 * its unsent output is dropped. */
void	tty_leave(struct tty *);
/* Drop what was typed and not read yet. */
void	tty_discard(const struct tty *);
/* Print on a terminal that was left; dropped if it accepts nothing. */
void	tty_say(struct tty *, const char *text, size_t len);
/* The line that a dying process prints after restoring the terminal. */
void	tty_crash_words(const char *text);
/* Restore the old settings, whatever another program changed. */
void	tty_restore(struct tty *);
/* As the kernel says; 24 by 80 if it doesn't know. */
void	tty_size(int *rows, int *cols);

#endif
