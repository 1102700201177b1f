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

struct buf;
struct export;
struct fold_item;
struct markdown;
struct page;
struct ui;

#define TRANSCRIPT_FOLDED 1	/* kind of the row that says how much is
				   omitted */

/* Number of items, including the streaming ones. */
size_t	transcript_len(const struct ui *);
void	transcript_item(const struct ui *, size_t i, struct fold_item *out);
/* The line of the user's message that is selected; -1: none is. */
int64_t	transcript_message(const struct ui *);
/* The pane's look, see pane_ops. */
bool	transcript_look(struct ui *, bool all, struct export *);
/* Could the text be in a part of the item that isn't in the fold, or is cut
 * there? Adds the number of bytes that were searched. */
bool	transcript_item_may(const struct ui *, const struct fold_item *,
	    bool open, const char *text, size_t *looked);
/* A number that changes when the item's rows do. */
uint64_t transcript_item_version(const struct ui *, size_t i, bool open);
/* Append the lines of a hunk as they were proposed in that line of the journal. */
void	transcript_add_hunk(const struct ui *, int64_t seq, const char *id,
	    struct buf *);
/* Append the item's rows; to an empty page, with one above it if its text would
 * run into the item before. */
void	transcript_item_rows(const struct ui *, size_t i, bool open,
	    struct page *, struct markdown *);

#endif
