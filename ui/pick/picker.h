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

#define FUZZY_SPANS_MAX 32

/* Bytes of the text that matched, to be highlighted. */
struct fuzzy_spans {
	struct screen_span	of[FUZZY_SPANS_MAX];
	size_t			len;
};

/*
 * The higher the better; -1: no match; 0 for an empty query.  Ignores case for
 * a word without capitals.  A word that isn't in `text` may stand in `more` (or
 * NULL), letter by letter, which counts less.  Both may be any bytes.  `spans`
 * may be NULL.
 */
int	fuzzy_score(const char *query, const char *text, const char *more,
	    struct fuzzy_spans *spans);

enum picker_end { PICKER_STAYS, PICKER_TAKEN, PICKER_LEFT };

/* Adds the preview of a row to an empty page; may be NULL. */
typedef void picker_preview_cb(void *arg, size_t row, struct page *);

/* `what` is the title of the list: "commands". Nothing is borrowed. */
struct picker *picker_new(const char *what, picker_preview_cb *, void *arg);
void	picker_free(struct picker *);
/*
 * Append a row: its key or mark ("" or NULL: none), the text that is searched,
 * a note, which is searched for whole words and parts of them, and more words
 * to be found by (or NULL).  A row that is `off` can't do anything now: it is
 * dim, says "not now", and comes after others that match as well.  Of these, the
 * one added first comes first.
 */
void	picker_add(struct picker *, const char *key, const char *text,
	    const char *note, const char *more, bool off);
/* The row added last has another name, which is searched like its text. */
void	picker_alias(struct picker *, const char *name);
/* The notes are what people read: they come first, the texts after them where
 * there is room. */
void	picker_notes_first(struct picker *);
/* Say this where nothing matches: borrowed, instead of "no match". */
void	picker_no_match(struct picker *, const char *words);
/* The query is typed elsewhere, and the rows are those that match it, in their
 * order; call it before picker_start. */
void	picker_given(struct picker *, const char *query);
/* Call it after the last picker_add. */
void	picker_start(struct picker *);
/* Go to this row, if it is shown. */
void	picker_go(struct picker *, size_t row);

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
/* The text of a row. */
const char *picker_text(const struct picker *, size_t row);
/* What is typed. */
const char *picker_query(const struct picker *);
/* "commands · 7 found" */
void	picker_title(const struct picker *, struct buf *);
/* How many rows it needs, whatever is typed. */
int	picker_rows(const struct picker *, int cols);
/* Draws, and sets the screen's cursor. */
void	picker_draw(struct picker *, struct screen *, const struct rect *);
/* The same without the line to type in. */
void	picker_draw_list(struct picker *, struct screen *, const struct rect *);

#endif
