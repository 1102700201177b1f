/*
 * transcript: the session's messages and tool calls, as rows. Rows are made for
 * the items in view, and kept for a while; the number of an item's rows is
 * remembered. Data that isn't in the fold (arguments, complete outputs) is read
 * when an item is opened.
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

#define TRANSCRIPT_OUTPUT_MAX ((size_t)1 << 20)	/* bytes of one output */
#define TRANSCRIPT_FOLDED 1	/* kind of the row that says how much is
				   omitted */

void	transcript_release(struct transcript *);

/* ---- transcript.c ---- */
/* Number of items, including the streaming ones. */
size_t	transcript_len(const struct ui *);
void	transcript_item(const struct ui *, size_t i, struct fold_item *out);
void	transcript_set_width(struct ui *, int width);
bool	transcript_is_open(const struct ui *, size_t i);
/* Open the item, or fold it again. */
void	transcript_toggle(struct ui *, size_t i);
void	transcript_toggle_all(struct ui *);
void	transcript_fold_all(struct ui *);
/* The item's rows; borrowed until the next call. */
struct page *transcript_page(struct ui *, size_t i);
int	transcript_height(struct ui *, size_t i);
/* Would rows of the item be omitted if it were not open? */
bool	transcript_folds(struct ui *, size_t i);
/* Are rows of it omitted now? */
bool	transcript_hides(struct ui *, size_t i);

/* ---- transcript-find.c ---- */
/* The pane's search, see pane_ops: false if there is no match. True also while
 * the search goes on, which the notice says. */
bool	transcript_search(struct ui *, const char *text, bool back);
/* Is the next piece due? */
bool	transcript_find_is_busy(const struct ui *);
/* Search the next piece; true if the screen changes. */
bool	transcript_find_step(struct ui *);
/* Cancel the search. */
void	transcript_find_stop(struct ui *);

/* ---- transcript-export.c ---- */
/* The pane's look, see pane_ops. */
bool	transcript_look(struct ui *, bool all, struct export *);

/* ---- transcript-item.c ---- */
/* Could the text be in a part of the item that isn't in the fold, or is cut
 * there? Adds the number of bytes that were searched. */
bool	transcript_item_may(const struct ui *, const struct fold_item *,
	    bool open, const char *text, size_t *looked);
/* The text of an item that the fold has dropped (`text_dropped`); malloc'ed. */
char	*transcript_item_text(const struct ui *, const struct fold_item *);
/* Does it show the output of a command that still runs? */
bool	transcript_item_lives(const struct ui *, const struct fold_item *);
/* Is its last row empty? */
bool	transcript_item_ends_apart(const struct fold_item *);
/* The mark in front of an item: "> ". */
const char *transcript_item_mark(const struct fold_item *);
/* The arguments of a tool call: calls fn with each argument as text. */
void	transcript_item_arguments(const struct ui *, const struct fold_item *,
	    void (*fn)(void *arg, char *take), void *arg);
/* A tool's complete output, or at most `max` bytes of it; malloc'ed. NULL if
 * there is no more of it than the item has. */
char	*transcript_item_output(const struct ui *, const struct fold_item *,
	    size_t max, size_t *len);
/* Append the item's rows. */
void	transcript_item_rows(const struct ui *, const struct fold_item *,
	    bool open, struct page *, struct markdown *);

#endif
