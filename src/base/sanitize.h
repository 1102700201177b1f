/*
 * sanitize: makes foreign text safe for the terminal; nothing else may print
 * it. Text is cut into units: a visible character with its combining marks, or
 * a visible mark for anything that must not reach the terminal. So the width is
 * known and nothing disappears:
 *
 *   control bytes ^[ ^M ^?    C1, bidi, zero-width, odd blanks <U+202E>
 *   bytes that are not UTF-8 <FF>
 *
 * A unit never contains a byte below 0x20, 0x7f, or a C1 control.
 */
#ifndef ASSENT_BASE_SANITIZE_H
#define ASSENT_BASE_SANITIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* A name that looks like another one. */
struct lookalike {
	size_t		 from, to;	/* bytes of the line */
	const char	*script;	/* of its first letter, or NULL */
	const char	*other;		/* another one in it, or NULL */
	bool		 foreign;	/* it has letters beyond ASCII */
	bool		 is_ascii;	/* all of it is ASCII or looks like it */
};

/* The next name of this kind from *at on; *at moves past it. A word that only
 * looks like ASCII isn't reported next to a word that is clearly of its script:
 * then it is ordinary text. */
bool	lookalike_next(const char *p, size_t n, size_t *at, struct lookalike *);
/* Append: "<U+0441>" looks like "c", is Cyrillic. */
void	lookalike_words(struct buf *, const char *p, const struct lookalike *);
/* A key that is equal for names that look alike; malloc'ed. Spaces at the end
 * are left out; *space (may be NULL): there were some. */
char	*lookalike_name(const char *name, bool *space);

#define SANITIZE_ASCII	(1u << 0)	/* all but ASCII becomes a mark */
#define SANITIZE_LINES	(1u << 1)	/* sanitize_add: keep newlines */
#define SANITIZE_WCWIDTH (1u << 2)	/* mark characters whose width libc sees
					   differently */
#define SANITIZE_SIGNS	(1u << 3)	/* sanitize_own: the font may lack ticks */
#define SANITIZE_TAB	8
#define SANITIZE_UNIT_MAX 24

struct sanitize_unit {
	char	 text[SANITIZE_UNIT_MAX];	/* what to show;
						   NUL-terminated */
	size_t	 len;
	int	 width;		/* cells: 1 or 2; a mark or a tab: len */
	bool	 is_mark;	/* replaces something else */
	size_t	 used;		/* input bytes it covers */
};

/* The unit at p (n > 0). `column` is its position in the line, for tab stops.
 * Always consumes at least one byte. A newline is a mark too. */
void	sanitize_next(const char *p, size_t n, unsigned flags, int column,
	    struct sanitize_unit *);
/* The most cells that a terminal may use for it: a Chinese, Japanese or Korean
 * one shows ambiguous characters in two; `careful`: any may, of symbols and
 * punctuation. */
int	sanitize_most(const struct sanitize_unit *, bool careful);
/* Can this code point be shown unchanged? */
bool	sanitize_is_plain(uint32_t cp, unsigned flags);
/* Append the whole text; tab stops count from the last newline. */
void	sanitize_add(struct buf *, const char *p, size_t n, unsigned flags);
/* Append a name for a row of a page: a newline becomes two bytes that don't end
 * the row and that sanitize_next shows as its mark. */
void	sanitize_name(struct buf *, const char *s);
/* Append a name, quoted as in C if it contains a blank or begins with a quote:
 * no row that begins with it reads like one of ours. It isn't safe yet. */
void	sanitize_quote(struct buf *, const char *name);
/* malloc'ed. */
char	*sanitize_dup(const char *s, unsigned flags);
/* Our own text, malloc'ed: on an ASCII terminal a middle dot becomes a dash, a
 * tick [x] and an arrow [>].  Nothing else changes. */
char	*sanitize_own(const char *s, unsigned flags);
/* Width in cells of a text without newlines. */
int	sanitize_width(const char *p, size_t n, unsigned flags);
/* Use the characters of the environment's locale. If it isn't installed, but its
 * name says UTF-8, use C.UTF-8: the terminal is where it is. */
void	sanitize_set_locale(void);
/* 0 if the locale is UTF-8, else SANITIZE_ASCII. */
unsigned sanitize_locale(void);

#endif
