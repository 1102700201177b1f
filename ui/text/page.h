/*
 * page: text of many lines, wrapped to a width, that can be drawn from any row.
 * Long lines are broken with a mark, never cut. A row may belong to something
 * that must be seen in full before it is decided (struct seen).
 */
#ifndef ASSENT_UI_TEXT_PAGE_H
#define ASSENT_UI_TEXT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/term/screen.h"

struct pairs;

/* One row of the text. */
struct wrap_row {
	size_t	start, len;	/* without the newline */
	size_t	next;		/* where the next row starts */
	int	column;		/* of its first cell, in the line */
	bool	more;		/* the line continues in the next row */
	bool	hidden;		/* its one character is wider than a row and
				   not shown */
};
struct wrap {
	const char	*p;
	size_t		 n;
	int		 width;
	unsigned	 flags;
	bool		 words;	/* break at spaces, if possible */
	/* Used by page_wrap_next only; 0 at the start. */
	size_t		 pos;
	int		 column;
	bool		 end;
};
/* Cut the next row of at most `width` cells from p; false at the end. An empty
 * text is one empty row; a newline ends a row. */
bool	page_wrap_next(struct wrap *, struct wrap_row *);

/* What a row is of, as numbers from the root on; zeros at its end, or all of
 * them: none. See list.h. */
#define PAGE_LEVELS 5
struct page_id {
	int64_t	of[PAGE_LEVELS];
};

struct page_row {
	struct page_id	 id;
	const char	*prefix;	/* short, our own text; NULL: none */
	enum style	 prefix_style;
	enum style	 style;
	const char	*p;
	size_t		 len;
	int		 column;
	bool		 more;
	bool		 joins;		/* continues the row before */
	bool		 hidden;	/* its content doesn't fit and isn't
					   shown */
	size_t		 spans;		/* number of its first span, from 1;
					   0: none */
	struct seen	*seen;		/* what it belongs to, or NULL */
	size_t		 seen_off, seen_len;
	int		 kind;		/* the pane's own */
	int		 file, hunk;	/* -1: none */
	int		 change;	/* diff: number, from 1, of the '+' or '-'
					   line in its hunk, or of an ignored
					   file; 0: none */
	int		 line;		/* diff: number, from 1, of the line in
					   its hunk's text; 0: none */
	int		 number;	/* diff: number of the line in its file;
					   0: none; transcript: rows omitted */
	int		 before;	/* diff, in one column: its number in
					   the old file; 0: none */
	int		 indent;	/* empty cells before it */
	bool		 styled;	/* the pane has set its spans */
	bool		 stop;		/* diff: keys for the next hunk stop
					   here */
};

/* A part of a row with its own style. */
struct page_span {
	struct screen_span	 at;	/* bytes of the row's text */
	size_t			 next;	/* number, from 1; 0: the last */
};

struct page {
	struct page_row	*rows;
	size_t		 len;
	struct page_span *spans;
	size_t		 spans_len;
	int		 width;
	unsigned	 flags;
	struct page_row	 next;		/* what is said of the rows that are
					   added next, but for their text */
	char		**owned;
	size_t		 owned_len;
	bool		 unwrapped;	/* page_theirs without `words` makes one
					   row of each line, however long */
};

/* The length of a page, to cut it back to. */
struct page_mark {
	size_t	rows, spans, owned;
};

void	page_clear(struct page *, int width, unsigned flags);
void	page_release(struct page *);
void	page_get_mark(const struct page *, struct page_mark *);
/* Drop what was added after the mark. */
void	page_truncate(struct page *, const struct page_mark *);
/* Keep a malloc'ed string as long as the page. */
const char *page_keep_take(struct page *, char *);
/* Append one row without wrapping. */
struct page_row *page_row_add(struct page *);
/*
 * Wrap borrowed text; the first row gets `first` as prefix. Whose text it is says
 * what the other rows begin with; the index of the first row is returned.
 *
 * Perhaps with words of others in it, such as names: the rows begin with `rest`,
 * blanks or NULL (as far in as the first row), and the mark of a row that continues
 * another. So no row of it is mistaken for one of ours.
 */
size_t	page_add(struct page *, enum style, const char *first,
	    const char *rest, const char *p, size_t n);
/* All of it of one author, and `rest` the sign of that, or else in a place where
 * only his text is: each row begins with it. Without `words`, a line that is broken
 * has a mark at its end. */
size_t	page_theirs(struct page *, enum style, const char *first,
	    const char *rest, const char *p, size_t n, bool words);
/* Nothing but our own words and signs (sanitize_own); the page keeps a copy. */
size_t	page_own(struct page *, enum style, const char *first,
	    const char *rest, const char *text);
/* Lines of ours, each for itself; `indent` is before all but the first. What begins
 * with a bar is somebody's text, and each of its rows has the bar. */
size_t	page_lines(struct page *, enum style, const char *first,
	    const char *indent, const char *p, size_t n);
/* Before a row that continues another, after so many blanks. */
const char *page_goes_on(const struct page *, size_t in);
/* The sign of what a program printed, or of a quoted text. */
const char *page_bar(const struct page *);
/* page_add of our own words and signs, perhaps with others between them; the page
 * keeps a copy. */
size_t	page_adds(struct page *, enum style, const char *);
size_t	page_addf(struct page *, enum style, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* Set what the rows from `row` on belong to. `base` is the start of its text,
 * n its length; bytes dropped at a row break belong to the row before. */
void	page_set_seen(struct page *, size_t row, struct seen *,
	    const char *base, size_t n);
/* Set the style of n bytes at `text`, which is in the text that rows [row, end)
 * were made of. */
void	page_style(struct page *, size_t row, size_t end, const char *text,
	    size_t n, enum style);
/* Mark the words of rows [first, end) that the other version of this line (from
 * 0) doesn't have. */
void	page_style_pair(struct page *, size_t first, size_t end,
	    const struct pairs *, const char *text, size_t line);
/* Draw row i at y, from x to x_end, with matches of `find` (or NULL)
 * highlighted. What must be seen of it is then shown. */
void	page_draw_row(struct screen *, const struct page *, size_t i,
	    const char *find, int y, int x, int x_end);
/* The same for the cursor's row: plain text has the accent. */
void	page_draw_current(struct screen *, const struct page *, size_t i,
	    const char *find, int y, int x, int x_end);

/* The row in which a match begins, after row `from` or (`back`) before it,
 * wrapping around; p->len if there is none. A pattern without capitals
 * ignores case; a match may span rows. */
size_t	page_find(const struct page *, size_t from, const char *text,
	    bool back);
/* Does the text contain a match? *at (unless NULL): where the first one
 * begins. */
bool	page_find_in(const char *p, size_t n, const char *text, size_t *at);
/* Could it contain a match if markup between letters is skipped? False only
 * if it can't. `json`: the text is JSON, with escapes. */
bool	page_find_may(const char *p, size_t n, const char *text, bool json);
/* Does a match begin in row i? */
bool	page_find_at(const struct page *, size_t i, const char *text);

#endif
