/*
 * screen: the grid of cells that panes draw into, without a terminal.  Text
 * gets in only through the sanitizer; draw.c sends what differs in it, and
 * tests read it.
 */
#ifndef ASSENT_UI_TERM_SCREEN_H
#define ASSENT_UI_TERM_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum style {
	STYLE_PLAIN, STYLE_DIM, STYLE_BOLD, STYLE_MARK, STYLE_ADD, STYLE_DEL,
	STYLE_CONTEXT,		/* lines around those that changed */
	STYLE_HUNK, STYLE_FILE,
	STYLE_BADGE,		/* a warning */
	STYLE_ALARM,		/* one that must not be overlooked */
	STYLE_GOOD, STYLE_BAD,
	STYLE_USER,		/* what the user wrote, and the cursor's row */
	STYLE_MODEL, STYLE_TAB, STYLE_TAB_ON, STYLE_STATUS,
	STYLE_TURN,		/* of the status: the user is to act */
	STYLE_RULE,		/* between two panes */
	STYLE_KEY,
	STYLE_CURRENT,		/* the cursor's place in a list */
	STYLE_ROW,		/* the rest of the cursor's row */
	STYLE_FOUND,
	STYLE_ADD_WORD, STYLE_DEL_WORD,	/* the words that differ */
	STYLE_DEL_SIGN,			/* where a line was removed */
	STYLE_BLANK,		/* spaces that would go unnoticed */
	STYLE_CODE, STYLE_NAME, STYLE_EMPH, STYLE_LINK,
	STYLE_COUNT,
};

#define CELL_TEXT 20

struct seen;

struct cell {
	char	text[CELL_TEXT];	/* a character with its marks; "" in the
					   second cell of a wide one */
	uint8_t	style;
	uint8_t	ink;			/* enum syntax_class: the colour of the
					   text, on the style's background */
};

/* A range of bytes of a text that is source code. */
struct screen_ink {
	size_t	from, to;
	uint8_t	class;			/* enum syntax_class */
};

/* A range of bytes of a text with its own style. */
struct screen_span {
	size_t		from, to;
	enum style	style;
};

/* Bytes of something that must be seen before it is decided. */
struct screen_shown {
	struct seen	*of;
	size_t		 off, len;
};

struct rect {
	int	y, x, rows, cols;
};

struct screen {
	int		 rows, cols;
	struct cell	*cells;
	unsigned	 flags;		/* for the sanitizer */
	struct screen_ink *ink;		/* of the text put next */
	size_t		 ink_len;
	struct screen_span *spans;	/* of the text put next */
	size_t		 spans_len;
	struct screen_shown *shown;	/* by all that was put since it was
					   cleared */
	size_t		 shown_len;
	int		 cursor_y, cursor_x;	/* -1: hidden */
	struct rect	 anew;		/* nothing else was put since it was last
					   sent; no rows: all of it */
};

/* A zeroed struct is valid. Clears the contents. */
void	screen_resize(struct screen *, int rows, int cols);
void	screen_release(struct screen *);
void	screen_clear(struct screen *);
const struct cell *screen_cell(const struct screen *, int y, int x);

/*
 * Put text at y, x, not beyond x_end; `column` is its column in its line (for
 * tab stops).  Text that doesn't fit is cut, with a mark in the last cell. 
 * Returns the x after it.  Does nothing outside the screen.
 */
int	screen_put(struct screen *, int y, int x, int x_end, enum style,
	    const char *p, size_t n, int column);
int	screen_puts(struct screen *, int y, int x, int x_end, enum style,
	    const char *);
/* screen_put with spans of p; if two overlap, the later one wins. */
int	screen_put_spans(struct screen *, int y, int x, int x_end, enum style,
	    const char *p, size_t n, int column, const struct screen_span *,
	    size_t spans_len);
/* For the text put next. */
void	screen_ink_add(struct screen *, struct screen_ink);
void	screen_span_add(struct screen *, struct screen_span);
void	screen_shown_add(struct screen *, struct seen *, size_t off, size_t len);
/* Does syntax colour show in text of this style?  Words that differ and marks
 * keep their own. */
bool	screen_takes_ink(enum style);
/* The sign for a visible space or tab. */
const char *screen_blank_mark(const struct screen *, bool tab);
/* A vertical line of one cell. */
const char *screen_bar(const struct screen *);
/* The sign of a row that continues in the next one, or the one above. */
const char *screen_wrap(const struct screen *);
/* Our own words, with our own signs (sanitize_own). */
int	screen_own(struct screen *, int y, int x, int x_end, enum style,
	    const char *);
/* Change the style of the cells from x to x_end. */
void	screen_restyle(struct screen *, int y, int x, int x_end, enum style);
/* Spaces from x to x_end. */
void	screen_fill(struct screen *, int y, int x, int x_end, enum style);
/* A row as text without trailing spaces, for tests and dumps. */
void	screen_row(const struct screen *, int y, struct buf *);

#endif
