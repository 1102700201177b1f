/*
 * page: text of many lines, wrapped to a width, ready to be drawn from any row.
 * Long lines are broken with a mark, never cut.  A row may belong to something
 * that has to be seen in full before it is decided (struct seen).
 */
#ifndef ASSENT_UI_PAGE_H
#define ASSENT_UI_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/screen.h"

struct seen;

/* Cut p into rows of at most `width` cells, at blanks if `words`. Start with
 * *pos = 0, *column = 0; false at the end. An empty text is one empty row;
 * a newline ends a row. */
struct wrap_row {
	size_t	start, len;	/* without the newline */
	size_t	next;		/* where the next row starts */
	int	column;		/* of its first cell in the line */
	bool	more;		/* the line goes on in the next row */
};
struct wrap {
	const char	*p;
	size_t		 n;
	int		 width;
	unsigned	 flags;
	bool		 words;
	bool		 tail;	/* an empty row after a last newline */
	size_t		 pos;
	int		 column;
	bool		 end;
};
bool	wrap_next(struct wrap *, struct wrap_row *);

struct page_row {
	const char	*prefix;	/* short, ours; NULL: none */
	enum style	 prefix_style;
	enum style	 style;
	const char	*p;
	size_t		 len;
	int		 column;
	bool		 more;
	struct seen	*seen;		/* what it is a part of, or NULL */
	size_t		 seen_off, seen_len;
	int		 kind;		/* the pane's own */
	int		 file, hunk;	/* -1: none */
};

struct page {
	struct page_row	*rows;
	size_t		 len, cap;
	int		 width;
	unsigned	 flags;
	char		**owned;
	size_t		 owned_len;
};

void	page_clear(struct page *, int width, unsigned flags);
void	page_release(struct page *);
/* Keep a malloc'ed string as long as the page. */
const char *page_keep_take(struct page *, char *);
/* One row as it is. */
struct page_row *page_row_add(struct page *);
/* Wrap borrowed text; the first row gets `first`, the others `rest` as prefix
 * (both may be NULL; same width). Returns the index of the first row. */
size_t	page_add(struct page *, enum style, const char *first,
	    const char *rest, const char *p, size_t n, bool words);
size_t	page_adds(struct page *, enum style, const char *);
size_t	page_addf(struct page *, enum style, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* Tell the rows from `row` on what they are a part of: byte 0 of the first is
 * `off`; what a row break swallows belongs to the row before. */
void	page_set_seen(struct page *, size_t row, struct seen *,
	    const char *base, size_t n);
/* Draw a row into y, from x to x_end. */
void	page_draw_row(struct screen *, const struct page_row *, int y, int x,
	    int x_end);

#endif
