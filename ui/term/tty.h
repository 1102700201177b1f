/*
 * tty: the terminal taken and given back.  Raw mode, the alternate screen,
 * bracketed paste; on a fatal signal the terminal is restored before the
 * process dies.  Nothing here waits for the terminal but leaving it, and that not
 * for long: what is written stands in a queue until tty_push.
 */
#ifndef ASSENT_UI_TERM_TTY_H
#define ASSENT_UI_TERM_TTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct tty;

/* Looks at TERM, stdin and stdout, and touches nothing. NULL with *e if there
 * can be no screen. */
struct tty *tty_new(struct err *e);
void	tty_free(struct tty *);
int	tty_enter(struct tty *, struct err *e);
/* It marks what is pasted. */
bool	tty_marks_pastes(const struct tty *);
/* Give it text to copy (OSC 52); false if its type is not known to do so. It is
 * never asked for anything, and answers nothing. */
bool	tty_copy(struct tty *, const char *text, size_t len);
/* NO_COLOR is not in force. */
bool	tty_wants_colour(void);
/* Does it hold a frame back until all of it is there? */
bool	tty_syncs(const struct tty *);
void	tty_sync(const struct tty *, bool begin);
/* Has it room for more than a few bytes? */
bool	tty_is_drained(void);
/* Give it what it takes of what was written; true if nothing is left here. */
bool	tty_push(struct tty *);
/* Something is left here since the last tty_push, or was written beside a
 * picture. */
bool	tty_holds(const struct tty *);
/* Bytes that the kernel has not given to the line yet.  It knows that of serial
 * lines; a pseudo-terminal always says that nothing is left. */
size_t	tty_left(void);
/* Nothing is left here, nor, where the kernel tells, on its way there. */
bool	tty_is_empty(const struct tty *);
/* Bytes that it has taken since this was last asked. */
size_t	tty_gone(struct tty *);
/* Bits a second as the settings of a line have them that is known to keep to
 * them; 0: it may be as quick as it likes. Once it was entered. */
int64_t	tty_baud(const struct tty *);
void	tty_bell(const struct tty *);
/* Our own words only; NULL: as it was. Not on terminals that could not give
 * it back. */
void	tty_title(struct tty *, const char *words);
/* Rows end at the last column, from now on; curses forgets that when it enters
 * the terminal. */
void	tty_unwrap(const struct tty *);
/* curses sets all colours of the terminal back when it enters it once more, the
 * user's own ones too: not in what has yet to be given to it. */
void	tty_keep_colours(const struct tty *);
/* The cursor to where it is meant, wherever it is. */
void	tty_place(const struct tty *, int y, int x);
/* Safe to call twice; tty_enter may follow.  A terminal that takes nothing loses
 * for it what it has not yet shown. */
void	tty_leave(struct tty *);
/* Last words on a terminal that was left; they are dropped if it takes nothing. */
void	tty_say(struct tty *, const char *text, size_t len);
/* What is told behind the screen by a process that dies; a few words. */
void	tty_crash_words(const char *text);
/* The settings as they were, whatever another program has made of them. */
void	tty_restore(struct tty *);
/* As the kernel has it; 24 by 80 where it does not know. */
void	tty_size(int *rows, int *cols);

#endif
