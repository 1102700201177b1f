/*
 * tty: the terminal taken and given back.  Raw mode, the alternate screen,
 * bracketed paste; on a fatal signal the terminal is restored before the
 * process dies.
 */
#ifndef ASSENT_UI_TTY_H
#define ASSENT_UI_TTY_H

#include <stdbool.h>

#include "base/err.h"

struct tty;

/* Looks at TERM, stdin and stdout, and touches nothing. NULL with *e if there
 * can be no screen. */
struct tty *tty_new(struct err *e);
void	tty_free(struct tty *);
int	tty_enter(struct tty *, struct err *e);
/* It marks what is pasted. */
bool	tty_marks_pastes(const struct tty *);
/* NO_COLOR is not in force. */
bool	tty_wants_colour(void);
/* Safe to call twice; tty_enter may follow. */
void	tty_leave(struct tty *);
/* As the kernel has it; 24 by 80 where it does not know. */
void	tty_size(int *rows, int *cols);

#endif
