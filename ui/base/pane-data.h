/*
 * pane-data: what the screen keeps of a pane, and what a pane can do.
 */
#ifndef ASSENT_UI_BASE_PANE_DATA_H
#define ASSENT_UI_BASE_PANE_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "front/action.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

struct ui;
struct export;

enum pane_id {
	PANE_PLAN, PANE_TRANSCRIPT, PANE_OUTPUT, PANE_DIFF,
	PANE_ASK,		/* only while a command or a limit waits */
	PANE_CHANGES,		/* only when it is asked for */
	PANE_COUNT,
};

struct place_at {
	size_t		 top, cur;
	bool		 follow;
	char		*hunk;
	size_t		 item, cursor;	/* of the transcript */
	int		 row;
	bool		 marked;
};

/* A place, in which size, and of which content. */
struct place_in {
	int		 rows, cols;	/* of the screen; 0: none */
	int		 width;		/* of the pane */
	int64_t		 content;
	struct place_at	 at;
};

struct place {
	struct place_in	 left;		/* by a person's keys */
	struct place_in	 rested;	/* looked at without a key since */
	struct place_in	 drawn;		/* by the last frame */
	bool		 moved;		/* since then, not by a size */
};

struct pane {
	const struct pane_ops *ops;
	struct page	 page;
	size_t		 top, cur;	/* rows of the page */
	int		 height;	/* of the last frame */
	bool		 follow;	/* keep the end in view */
	bool		 streams;	/* to be at the end is to follow it */
	bool		 asks;		/* says how much of it is below */
	int64_t		 made_seq;	/* fold.seq the page was made from */
	bool		 found;		/* the search was here last: */
	size_t		 found_item;
	int		 found_row;
	char		*hunk;		/* diff: id of the current hunk; changes:
					   "change:3" */
	int64_t		 proposal;	/* diff: the one it was opened for */
	struct place	 place;
};

struct pane_ops {
	const char	*name;
	/* Prepare for being looked at; may be NULL. */
	void (*open)(struct ui *);
	/* What stands in the bar above it. */
	void (*title)(const struct ui *, struct buf *);
	void (*draw)(struct ui *, const struct rect *);
	/* True if it took the action. May be NULL. */
	bool (*key)(struct ui *, enum action_id);
	/* Go to the next match of a text, false if there is none; NULL: as a
	 * page is searched. */
	bool (*search)(struct ui *, const char *text, bool back);
	/* A search that is long goes on in pieces: the next is due; look
	 * through it, true if there is something to be shown; it is given up.
	 * All three or none may be NULL. */
	bool (*search_is_busy)(const struct ui *);
	bool (*search_step)(struct ui *);
	void (*search_stop)(struct ui *);
	/* All of its text, or what is to be copied of it; false, with a notice
	 * or a general one: none. NULL: it never has any. */
	bool (*look)(struct ui *, bool all, struct export *);
};

/* Where what is drawn goes. */
struct layout {
	/* Title and rows of the pane in front, and of the one beside it. */
	struct rect	strip, title, main, beside_title, beside;
	struct rect	line;		/* between the two; no columns: none */
	struct rect	status, hints, input;
};

/* How a person wants the room to be shared out. */
struct view {
	bool		 columns;	/* where there is room */
	bool		 strip_away;	/* the plan's strip is hidden */
	int		 strip_more;	/* rows more than it has by itself */
	int		 share;		/* of the left column, in hundredths */
	enum pane_id	 other;		/* right of the transcript */
	bool		 jump;		/* of the frame being drawn: what
					   streams scrolls by half a pane */
};

#endif
