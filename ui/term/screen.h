/*
 * screen: the picture that panes draw into, a grid of cells with no terminal
 * in it.  Text gets in through the sanitizer alone; draw.c pushes the grid to
 * curses, tests look at it.
 */
#ifndef ASSENT_UI_TERM_SCREEN_H
#define ASSENT_UI_TERM_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum style {
	STYLE_PLAIN, STYLE_DIM, STYLE_BOLD, STYLE_MARK, STYLE_ADD, STYLE_DEL,
	STYLE_HUNK, STYLE_FILE, STYLE_BADGE, STYLE_GOOD, STYLE_BAD,
	STYLE_USER, STYLE_MODEL, STYLE_BAR, STYLE_KEY, STYLE_CURRENT,
	STYLE_FOUND,
	STYLE_ADD_WORD, STYLE_DEL_WORD,	/* the words that differ */
	STYLE_BLANK,		/* blanks that would not be noticed */
	STYLE_SPACE,		/* blanks, where all are shown */
	STYLE_CODE, STYLE_NAME, STYLE_EMPH, STYLE_LINK,
	STYLE_COUNT,
};

#define CELL_TEXT 20

struct cell {
	char	text[CELL_TEXT];	/* one unit; "" in the second cell of a
					   wide one */
	uint8_t	style;
};

struct screen {
	int		 rows, cols;
	struct cell	*cells;
	unsigned	 flags;		/* for the sanitizer */
	bool		 blanks;	/* show them, in what is put now */
	int		 cursor_y, cursor_x;	/* -1: hidden */
};

/* Bytes of a text that look different from the rest of it. */
struct screen_span {
	size_t		from, to;
	enum style	style;
};

struct rect {
	int	y, x, rows, cols;
};

/* A zeroed struct is a valid argument; contents are cleared. */
void	screen_resize(struct screen *, int rows, int cols);
void	screen_release(struct screen *);
void	screen_clear(struct screen *);
const struct cell *screen_cell(const struct screen *, int y, int x);

/*
 * Put text at y, x, not beyond x_end; `column` is where it stands in its line
 * (tab stops).  What does not fit is cut with a mark in the last cell.
 * Returns the x after it.  Outside of the screen nothing happens.
 */
int	screen_put(struct screen *, int y, int x, int x_end, enum style,
	    const char *p, size_t n, int column);
int	screen_puts(struct screen *, int y, int x, int x_end, enum style,
	    const char *);
/* screen_put with spans of p; where two overlap the later one wins. */
int	screen_put_spans(struct screen *, int y, int x, int x_end, enum style,
	    const char *p, size_t n, int column, const struct screen_span *,
	    size_t spans_len);
/* What stands for a blank or a tab where it is shown. */
const char *screen_blank_mark(const struct screen *, bool tab);
/* Our own words: a middle dot becomes a dash where there is only ASCII. */
int	screen_own(struct screen *, int y, int x, int x_end, enum style,
	    const char *);
/* What stands from x to x_end, in another style. */
void	screen_restyle(struct screen *, int y, int x, int x_end, enum style);
/* Blanks from x to x_end. */
void	screen_fill(struct screen *, int y, int x, int x_end, enum style);
/* A row as text without trailing blanks, for tests and dumps. */
void	screen_row(const struct screen *, int y, struct buf *);

#endif
