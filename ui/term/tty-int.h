/* tty-int: shared by the tty files, draw.c and app.c. */
#ifndef ASSENT_UI_TERM_TTY_INT_H
#define ASSENT_UI_TERM_TTY_INT_H

#include "ui/term/tty.h"

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include <curses.h>

#include "base/buf.h"

#define TTY_PASTE_ON	"\033[?2004h"
#define TTY_PASTE_OFF	"\033[?2004l"
#define TTY_MOUSE_ON	"\033[?1000h\033[?1006h"
#define TTY_MOUSE_OFF	"\033[?1006l\033[?1000l"
#define TTY_WRAP_ON	"\033[?7h"
#define TTY_WRAP_OFF	"\033[?7l"
#define TTY_SYNC_ON	"\033[?2026h"
#define TTY_SYNC_OFF	"\033[?2026l"
#define TTY_ASK_GROUND	"\033]11;?\007"
#define TTY_TITLE_KEEP	"\033[22;2t"
#define TTY_TITLE_BACK	"\033[23;2t"
#define TTY_TITLE_NONE	"\033]2;\007"

struct sendq;

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
	bool		 asks;		/* it can be asked for its background */
	int64_t		 asked_until;	/* until then an answer is expected */
	struct termios	 saved;
};

/* ---- tty-type.c: by TERM, after terminfo was read ---- */
/* The string capability with this name, or "". */
const char *tty_string(const char *name);
/* Does `name` begin with one of `known`? */
bool	tty_is_one_of(const char *name, const char *const *known, size_t n);
bool	tty_knows_paste(const char *name);
bool	tty_knows_sync(const char *name);
bool	tty_knows_titles(const char *name);
bool	tty_knows_title_stack(const char *name);
/* The bytes that give the window its old title back, or none. */
const char *tty_title_back(const struct tty *);
bool	tty_knows_copy(const char *name);
bool	tty_can_unwrap(const char *name);
bool	tty_has_usual_keys(void);
bool	tty_is_in_tmux(void);
bool	tty_is_like_xterm(const char *name);
bool	tty_knows_shades(const char *name);
bool	tty_has_one_screen(void);
/* A string of terminfo without its marks for delays. */
void	tty_add_bare(struct buf *, const char *s);

/* ---- tty-rescue.c ---- */
/* Prepare the bytes that a dying process writes, for the terminal as it is
 * now. */
void	tty_rescue_set(struct tty *);
/* Must a dying process restore the terminal? */
void	tty_rescue_on(bool on);
/* Write them.  If the terminal accepts nothing, resume stopped output and drop
 * what is queued.  Also for a signal handler. */
bool	tty_rescue_write(void);
void	tty_rescue_end(void);

#endif
