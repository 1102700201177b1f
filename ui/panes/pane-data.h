/*
 * pane-data: the UI's state of a pane, and the functions of a pane.
 */
#ifndef ASSENT_UI_PANES_PANE_DATA_H
#define ASSENT_UI_PANES_PANE_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "front/bindings.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

struct export;
struct pane_ops;
struct ui;

enum pane_id {
	PANE_PLAN, PANE_TRANSCRIPT, PANE_OUTPUT, PANE_DIFF,
	PANE_ASK,		/* only while a command or a limit waits */
	PANE_CHANGES,		/* only when the user opens it */
	PANE_COUNT,
};

struct pane {
	const struct pane_ops *ops;
	struct page	 page;
	size_t		 top, cur;	/* rows of the page */
	int		 height;	/* of the last frame */
	int		 y, x;		/* of the row `top`, likewise */
	bool		 follow;	/* keep the end in view */
	bool		 streams;	/* at its end, it follows new text */
	bool		 asks;		/* shows how much of it is below */
	int64_t		 made_seq;	/* fold.seq the page was made from */
	bool		 found;		/* the last match of the search: */
	size_t		 found_item;
	int		 found_row;
	char		*hunk;		/* diff: id of the current hunk;
					   changes: "change:3" */
	int64_t		 proposal;	/* diff: the proposal it was opened
					   for */
};

struct pane_ops {
	const char	*name;
	/* Prepare the pane for display; may be NULL. */
	void (*open)(struct ui *);
	/* Append the title in the bar above the pane, which has room for so
	 * many cells. */
	void (*title)(const struct ui *, int room, struct buf *);
	void (*draw)(struct ui *, const struct rect *);
	/* True if the pane handled the action. May be NULL. */
	bool (*key)(struct ui *, enum action_id);
	/* Go to the next match of a text; false if there is none. NULL: search
	 * the page. */
	bool (*search)(struct ui *, const char *text, bool back);
	/* A long search runs in pieces. Is the next piece due? All three or
	 * none of these functions may be NULL. */
	bool (*search_is_busy)(const struct ui *);
	/* Search the next piece; true if the screen changes. */
	bool (*search_step)(struct ui *);
	/* Cancel the search. */
	void (*search_stop)(struct ui *);
	/* Export all of the pane's text, or the part to copy; false, with a
	 * notice or a general one, if there is none. NULL: it never has any. */
	bool (*look)(struct ui *, bool all, struct export *);
};

/* The position of each part of the screen. */
struct layout {
	/* The title and rows of the pane in front, and of the pane beside
	 * it. */
	struct rect	strip, title, main, beside_title, beside;
	struct rect	list;		/* to choose from: instead of main, or
					   below it, if it is short */
	struct rect	line;		/* between the two; no columns: none */
	struct rect	status, hints, input;
};

/* How the user wants the space to be divided. */
struct view {
	bool		 columns;	/* two columns, if there is room */
	bool		 strip_hidden;	/* the plan's strip is hidden */
	enum pane_id	 other;		/* to the right of the transcript */
	bool		 jump;		/* for the frame being drawn: streamed
					   text scrolls by half a pane */
};

#endif
