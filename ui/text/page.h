/*
 * page: text of many lines, wrapped to a width, ready to be drawn from any row.
 * Long lines are broken with a mark, never cut.  A row may belong to something
 * that has to be seen in full before it is decided (struct seen).
 */
#ifndef ASSENT_UI_TEXT_PAGE_H
#define ASSENT_UI_TEXT_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/term/screen.h"

struct seen;

/* Cut p into rows of at most `width` cells, at blanks if `words`. Start with
 * *pos = 0, *column = 0; false at the end. An empty text is one empty row;
 * a newline ends a row. */
struct wrap_row {
	size_t	start, len;	/* without the newline */
	size_t	next;		/* where the next row starts */
	int	column;		/* of its first cell in the line */
	bool	more;		/* the line goes on in the next row */
	bool	hidden;		/* its one unit is wider than a row: it cannot
				   be shown */
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
bool	page_wrap_next(struct wrap *, struct wrap_row *);

struct page_row {
	const char	*prefix;	/* short, ours; NULL: none */
	enum style	 prefix_style;
	enum style	 style;
	const char	*p;
	size_t		 len;
	int		 column;
	bool		 more;
	bool		 joins;		/* goes on with the row before */
	bool		 hidden;	/* there is no room for what is in it */
	size_t		 spans;		/* number, from 1, of its first; 0 */
	struct seen	*seen;		/* what it is a part of, or NULL */
	size_t		 seen_off, seen_len;
	int		 kind;		/* the pane's own */
	int		 file, hunk;	/* -1: none */
	int		 change;	/* diff: number, from 1, of the '+' or '-'
					   line in its hunk, or of a build
					   product; 0: none */
	int		 line;		/* diff: number, from 1, of the line in
					   its hunk's text; 0: none */
	int		 number;	/* diff: of the line in its file; 0 */
	bool		 styled;	/* the pane has given it its spans */
};

/* A part of a row in a style of its own. */
struct page_span {
	struct screen_span	 at;	/* bytes of the row's text */
	size_t			 next;	/* number, from 1; 0: the last */
};

struct page {
	struct page_row	*rows;
	size_t		 len;
	struct page_span *spans;
	size_t		 spans_len;
	struct screen_span *drawn;	/* of the row being drawn */
	size_t		 drawn_len;
	int		 width;
	unsigned	 flags;
	char		**owned;
	size_t		 owned_len;
	bool		 unwrapped;	/* page_add without `words`: a row a
					   line, however long */
};

/* What of a row is in sight, when it is drawn from a column on. */
struct page_cut {
	size_t	from, to;	/* bytes of its text */
};

/* How much there is of a page, to take it back to. */
struct page_mark {
	size_t	rows, spans, owned;
};

void	page_clear(struct page *, int width, unsigned flags);
void	page_release(struct page *);
void	page_get_mark(const struct page *, struct page_mark *);
/* Drop what was added after the mark. */
void	page_cut(struct page *, const struct page_mark *);
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
/* Give n bytes at `text`, which is what rows from `row` on were made of, a style
 * of their own. */
void	page_style(struct page *, size_t row, const char *text, size_t n,
	    enum style);
/* Draw row i into y, from x to x_end, with what matches `find` (or NULL) in
 * sight. */
void	page_draw_row(struct screen *, struct page *, size_t i, const char *find,
	    int y, int x, int x_end);

/* The same for a row that may be longer than the room, from column `left` of
 * its line on: ends that are cut have a mark. */
struct page_cut page_draw_row_from(struct screen *, struct page *, size_t i,
	    const char *find, int y, int x, int x_end, int left);
/* page_style for rows [row, end) alone. */
void	page_style_rows(struct page *, size_t row, size_t end,
	    const char *text, size_t n, enum style);

/* ---- page-find.c ---- */

/* The row in which a match begins, after row `from` or (`back`) before it, at
 * the other end again when there is none; p->len if there is none at all.  A
 * text in small letters is found in capitals too; a match may go over the end
 * of a row. */
size_t	page_find(const struct page *, size_t from, const char *text,
	    bool back);
/* Does a text match anywhere in another? */
bool	page_find_in(const char *p, size_t n, const char *text);
/* The same, and where the first match begins. */
bool	page_find_pos(const char *p, size_t n, const char *text, size_t *at);
/* The same if marks between letters may have to be passed over: false only if
 * it can't be. `json`: what is searched is JSON, with its escapes. */
bool	page_find_may(const char *p, size_t n, const char *text, bool json);
/* Does a match begin in row i? */
bool	page_find_at(const struct page *, size_t i, const char *text);
/* Add the parts of row i that match to p->drawn. */
void	page_find_spans(struct page *, size_t i, const char *text);
/* For page_find_spans and page_draw_row. */
void	page_drawn_add(struct page *, size_t from, size_t to, enum style);

#endif
