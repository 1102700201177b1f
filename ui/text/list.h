/*
 * list: a page in a part of the screen: how far it is scrolled and, if rows of it
 * have an id, a cursor, which stays on its row when the page is made again.
 *
 * The first row of an id is a node: the cursor goes to nodes. A row goes on with
 * the node above if it has the same id, or one above that. Rows without an id,
 * such as headings, are passed.
 */
#ifndef ASSENT_UI_TEXT_LIST_H
#define ASSENT_UI_TEXT_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "front/bindings.h"
#include "ui/text/page.h"

struct pane_ops;

struct pane {
	const struct pane_ops *ops;
	struct page	 page;
	size_t		 top, cur;	/* rows of the page */
	int		 height;	/* of the last frame */
	int		 y, x;		/* of the row `top`, in the last frame */
	struct page_id	 at;		/* under the cursor; to move it while the
					   page is `stale`: set this */
	struct page_id	*open;		/* what is unfolded */
	size_t		 open_len;
	bool		 follow;	/* keep the end in view */
	int64_t		 made_seq;	/* fold.seq the page was made from */
	bool		 stale;		/* it must be made again all the same */
	bool		 found;		/* the last match of the search: */
	size_t		 found_item;
	int		 found_row;
	char		*hunk;		/* diff: id of the current hunk */
	int64_t		 proposal;	/* diff: the proposal it was opened
					   for; plan: the version */
};

void	list_release(struct pane *);

/* How many levels has it? 0: it is none. */
int	list_level(const struct page_id *);
/* Is it this one, or above it? */
bool	list_has(const struct page_id *, const struct page_id *);

/* The cursor to the node of this row, with its parent's row and as much below it
 * in view as fits. */
void	list_go(struct pane *, size_t row);
/* The row of what `at` says, or of what is above that; of none of it: the
 * cursor's. */
size_t	list_find(const struct pane *);
/* The page was made again: the cursor goes there, at the same height. */
void	list_keep(struct pane *);
/* To the next node, or the one before, of this level (0: any); false: there is
 * none. */
bool	list_step(struct pane *, bool forward, int level);
/* How many rows a page key moves by in a pane of this height, or one of half a
 * page. */
size_t	list_rows_of(enum action_id, int height);
/* Move the cursor or, in a page without nodes, the page by a line, by a page or
 * half of one, or to an end; false: the key does something else. */
bool	list_move(struct pane *, enum action_id);
/* To the next match. */
bool	list_search(struct pane *, const char *text, bool back);

/* Is it unfolded, or something below it? */
bool	list_is_open(const struct pane *, const struct page_id *);
/* Unfold it alone, or fold it and all below it. */
void	list_open(struct pane *, const struct page_id *, bool);

#endif
