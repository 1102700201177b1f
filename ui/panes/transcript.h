/*
 * transcript: what was said and done, as rows.  Rows are made of what is in
 * view, and kept for a while; how many an item has is remembered.  What is not
 * in the fold (arguments, whole outputs) is asked for when an item is opened.
 */
#ifndef ASSENT_UI_PANES_TRANSCRIPT_H
#define ASSENT_UI_PANES_TRANSCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct export;
struct fold_item;
struct markdown;
struct page;
struct transcript;
struct ui;

#define TRANSCRIPT_KEPT_MAX ((size_t)1 << 20)	/* of one output */
#define TRANSCRIPT_FOLDED 1	/* kind of the row that says what is left out */

void	transcript_release(struct transcript *);

/* ---- transcript.c ---- */
/* Items, those that are streaming included. */
size_t	transcript_len(const struct ui *);
void	transcript_item(const struct ui *, size_t i, struct fold_item *out);
void	transcript_set_width(struct ui *, int width);
bool	transcript_is_open(const struct ui *, size_t i);
void	transcript_turn(struct ui *, size_t i);
void	transcript_turn_all(struct ui *);
/* Its rows; borrowed until the next call. */
struct page *transcript_page(struct ui *, size_t i);
int	transcript_height(struct ui *, size_t i);
/* Would rows of it be left out if it were not open? */
bool	transcript_folds(struct ui *, size_t i);

/* ---- transcript-find.c ---- */
/* The pane's, see pane_ops: false if there is no match.  True also while it is
 * not known, which the notice says. */
bool	transcript_search(struct ui *, const char *text, bool back);
/* The next piece is due. */
bool	transcript_find_is_busy(const struct ui *);
/* Look through it; true if there is something to be shown. */
bool	transcript_find_step(struct ui *);
/* The search is given up. */
void	transcript_find_stop(struct ui *);

/* ---- transcript-export.c ---- */
/* The pane's, see pane_ops. */
bool	transcript_look(struct ui *, bool all, struct export *);

/* ---- transcript-item.c ---- */
/* Could this text be in what is not in the fold, or is cut there? Adds the bytes
 * that were looked through for it. */
bool	transcript_item_may(const struct ui *, const struct fold_item *,
	    bool open, const char *text, size_t *looked);
/* A text that the fold has let go of (`away`); malloc'ed. */
char	*transcript_item_text(const struct ui *, const struct fold_item *);
/* The mark in front of it: "> ". */
const char *transcript_item_mark(const struct fold_item *);
/* What a tool was called with: fn is told each argument as text. */
void	transcript_item_arguments(const struct ui *, const struct fold_item *,
	    void (*fn)(void *arg, char *take), void *arg);
/* All that a tool said, or at most `max` bytes of it; malloc'ed. NULL if
 * no more of it is to be had than the item has. */
char	*transcript_item_output(const struct ui *, const struct fold_item *,
	    size_t max, size_t *len);
/* Append its rows. */
void	transcript_item_rows(const struct ui *, const struct fold_item *,
	    bool open, struct page *, struct markdown *);

#endif
