/*
 * sanitize: the one way from a foreign byte to a terminal.  Text is cut into
 * units (a visible character with its combining marks, or a visible mark for
 * what must not reach the terminal), so that what is shown has a known width
 * and nothing is dropped in silence:
 *
 *   control bytes ^[ ^M ^?    C1, bidi, zero-width, odd blanks <U+202E>
 *   bytes that are not UTF-8 <FF>
 *
 * No unit ever holds a byte below 0x20, 0x7f, or a C1 control.
 */
#ifndef ASSENT_BASE_SANITIZE_H
#define ASSENT_BASE_SANITIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define SANITIZE_ASCII	(1u << 0)	/* all but ASCII becomes a mark */
#define SANITIZE_LINES	(1u << 1)	/* sanitize_add: keep newlines */
#define SANITIZE_WCWIDTH (1u << 2)	/* mark what libc gives another width
					   (for curses, which asks libc) */
#define SANITIZE_TAB	8
#define SANITIZE_UNIT_MAX 24

struct sanitize_unit {
	char	 text[SANITIZE_UNIT_MAX];	/* to show; NUL-terminated */
	size_t	 len;
	int	 width;		/* cells: 1 or 2; a mark or a tab: len */
	bool	 is_mark;	/* stands for something else */
	size_t	 used;		/* bytes of the input it covers */
};

/* The unit at p (n > 0).  `column` is where it will stand in its line, for
 * tab stops.  Always uses at least one byte.  A newline is a mark too. */
void	sanitize_next(const char *p, size_t n, unsigned flags, int column,
	    struct sanitize_unit *);
/* Would this code point stand as itself? */
bool	sanitize_is_plain(uint32_t cp, unsigned flags);
/* Append the whole text; tab stops count from the last newline. */
void	sanitize_add(struct buf *, const char *p, size_t n, unsigned flags);
/* Append JSON: what would not stand as itself is written as an escape, which
 * leaves it the same JSON.  `layout`: newlines and tabs stand, too. */
void	sanitize_json(struct buf *, const char *p, size_t n, bool layout);
/* malloc'ed. */
char	*sanitize_dup(const char *s, unsigned flags);
/* Our own words, malloc'ed: a middle dot is a dash where there is only ASCII.
 * Nothing else is done to them. */
char	*sanitize_own(const char *s, unsigned flags);
/* Cells of a text without newlines. */
int	sanitize_width(const char *p, size_t n, unsigned flags);
/* What the current locale can show: 0, or SANITIZE_ASCII when its character
 * set is not UTF-8.  Needs setlocale before. */
unsigned sanitize_locale(void);

#endif
