/*
 * picker: a list to choose from: a line to type in, the rows that match it, the
 * best first, and a preview of the current row, which stands beside the rows
 * from 160 columns on.  Knows nothing of what is chosen.
 */
#ifndef ASSENT_UI_PICK_PICKER_H
#define ASSENT_UI_PICK_PICKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "front/bindings.h"
#include "ui/term/screen.h"

struct page;
struct picker;

enum picker_end { PICKER_STAYS, PICKER_TAKEN, PICKER_LEFT };

/* Adds the preview of a row to an empty page; may be NULL. */
typedef void picker_preview_cb(void *arg, size_t row, struct page *);

struct picker_kind {
	const char	*what;		/* the title of the list: "commands" */
	picker_preview_cb *preview;
	void		*arg;
	bool		 notes_first;	/* they are what people read: the texts
					   come after them where there is room */
	const char	*no_match;	/* to say where nothing matches:
					   borrowed; NULL: "no match" */
	const char	*none;		/* to say without rows: likewise */
	const char	*query;		/* typed elsewhere, and the rows are
					   those that match it, in their order;
					   NULL: it is typed in the list */
};
/* A row. Among rows that match equally well, the one added first comes
 * first. */
struct picker_entry {
	const char	*key;		/* or a mark; "" or NULL: none */
	const char	*text;		/* is searched: letters in their order */
	const char	*alias;		/* another name, likewise, or NULL */
	const char	*note;		/* is searched for whole words and parts
					   of them, or NULL */
	const char	*more;		/* more words to be found by, or NULL */
	bool		 off;		/* can't do anything now: it is dim,
					   says "not now", and comes after
					   others that match as well */
};

struct picker *picker_new(const struct picker_kind *);
void	picker_free(struct picker *);
/* New rows come, under this title; what is typed stays. */
void	picker_clear(struct picker *, const char *what);
void	picker_add(struct picker *, const struct picker_entry *);
/* Call it after the last picker_add: be at this row. */
void	picker_start(struct picker *, size_t row);

/* Go to the row in this row of the screen. */
void	picker_click(struct picker *, int y);
/* `a` is the action of the key, or NULL. A taken row is picker_row(). */
enum picker_end picker_key(struct picker *, const struct action *a,
	    uint32_t key);
/* Pasted text is searched for; it never chooses. */
void	picker_paste(struct picker *, const char *, size_t);
/* The current row, as a number from 0 in the order of picker_add; SIZE_MAX: no
 * row matches. */
size_t	picker_row(const struct picker *);
/* How many rows match. */
size_t	picker_found(const struct picker *);
/* The text of a row. */
const char *picker_text(const struct picker *, size_t row);
/* What is typed. */
const char *picker_query(const struct picker *);
/* "commands · 7 found" */
void	picker_title(const struct picker *, struct buf *);
/* How many rows it needs, whatever is typed. */
int	picker_rows(const struct picker *, int cols);
/* Before it is drawn there: the cursor's row is in view, and its preview made. */
void	picker_place(struct picker *, const struct rect *, unsigned flags);
/* Draws; the line to type in, and the screen's cursor, only if the query is typed
 * here. */
void	picker_draw(const struct picker *, struct screen *,
	    const struct rect *);

#endif
