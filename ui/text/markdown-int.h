/* markdown-int: one block, through md4c into rows. For markdown*.c alone. */
#ifndef ASSENT_UI_TEXT_MARKDOWN_INT_H
#define ASSENT_UI_TEXT_MARKDOWN_INT_H

#include <md4c.h>

#include "base/buf.h"
#include "ui/text/page.h"

#define MARKDOWN_DEPTH 32	/* lists and quotes in each other */
#define MARKDOWN_SPANS 16	/* emphasis and links in each other */
#define MARKDOWN_COLUMNS 32	/* of a table */

struct markdown_span {
	size_t		 from, to;	/* of the text of the block */
	enum style	 style;
};

/* A list, an item of it, or a quote. */
struct markdown_level {
	MD_BLOCKTYPE	 type;
	char		 mark[16];	/* of an item: "- ", "12. " */
	bool		 used;		/* the mark has been shown */
};

struct markdown_cell {
	size_t		 from, to;	/* of the text */
	bool		 last;		/* in its row */
	bool		 head;
};

struct render {
	struct page	*page;
	const char	*margin;
	const char	*src, *end;
	const char	*at;		/* up to here all is accounted for */
	bool		 bad;		/* something would get lost */
	size_t		 calls, calls_max;
	bool		 first;		/* nothing of it stands above */
	bool		 blank;		/* an empty line stands above */
	struct buf	 text;		/* of the block being read */
	struct markdown_span *spans;
	size_t		 spans_len;
	size_t		 open[MARKDOWN_SPANS];	/* of them, by number */
	size_t		 open_len;
	struct markdown_level levels[MARKDOWN_DEPTH];
	size_t		 levels_len;
	enum style	 style;		/* of the block */
	bool		 verbatim;
	struct markdown_cell *cells;
	size_t		 cells_len;
};

/* The block as rows; false, and nothing added, if it has to be shown as it
 * is. */
bool	markdown_render(struct page *, const char *margin, const char *src,
	    size_t n);
void	markdown_span_add(struct render *, size_t from, size_t to,
	    enum style);
/* Lay the cells out in r->text, one line for each row of the table; false if
 * they are too wide to stand below each other. */
bool	markdown_table(struct render *, int width);

#endif
