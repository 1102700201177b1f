/* markdown-int: one block, by md4c into rows. Only for markdown*.c. */
#ifndef ASSENT_UI_TEXT_MARKDOWN_INT_H
#define ASSENT_UI_TEXT_MARKDOWN_INT_H

#include <md4c.h>

#include "base/buf.h"
#include "ui/text/page.h"

#define MARKDOWN_DEPTH 32	/* nested lists and quotes */
#define MARKDOWN_SPANS 16	/* nested emphasis and links */
#define MARKDOWN_COLUMNS 32	/* columns of a table */

struct markdown_span {
	size_t		 from, to;	/* in the block's text */
	enum style	 style;
};

/* A list, an item or a quote. */
struct markdown_level {
	MD_BLOCKTYPE	 type;
	char		 mark[16];	/* an item's marker: "- ", "12. " */
	bool		 used;		/* the marker was displayed */
};

struct markdown_cell {
	size_t		 from, to;	/* of the text */
	bool		 last;		/* the last cell of its row */
	bool		 head;
};

struct render {
	struct page	*page;
	const char	*margin;
	const char	*src, *end;
	const char	*at;		/* source processed up to here */
	bool		 bad;		/* some text would be lost */
	size_t		 calls, calls_max;
	bool		 first;		/* no row yet */
	bool		 blank;		/* an empty line is above */
	struct buf	 text;		/* the block being read */
	struct markdown_span *spans;
	size_t		 spans_len;
	size_t		 open[MARKDOWN_SPANS];	/* indices of open spans */
	size_t		 open_len;
	struct markdown_level levels[MARKDOWN_DEPTH];
	size_t		 levels_len;
	enum style	 style;		/* the block's style */
	bool		 verbatim;
	struct markdown_cell *cells;
	size_t		 cells_len;
};

/* Append the block's rows; false, with nothing added, if it must be shown as
 * source. */
bool	markdown_render(struct page *, const char *margin, const char *src,
	    size_t n);
void	markdown_span_add(struct render *, size_t from, size_t to,
	    enum style);
/* Lay the cells out in r->text, one line per table row; false if they are
 * too wide. */
bool	markdown_table(struct render *, int width);

#endif
