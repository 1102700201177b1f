/*
 * displayed: records which bytes of a hunk, plan or command were in a frame
 * that was written to the terminal. If the text's length changes, its record
 * starts again; unseen text never counts as seen.
 */
#ifndef ASSENT_UI_PANES_DISPLAYED_H
#define ASSENT_UI_PANES_DISPLAYED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal/fold.h"
#include "ui/panes/mark-history.h"
#include "ui/text/page.h"

#define SEEN_SAVED 2	/* a byte's flag: diff/review-file.c has it */

struct ui;
struct pairs;

/* The bytes of a text that were in written frames; for a limit, the rows. */
struct seen {
	struct seen	*next;		/* in its bucket */
	char		*id;		/* hunk id, "plan:3", "ask:ID",
					   "pause:4" */
	unsigned char	*bytes;		/* for each byte: 0, or seen; at least
					   one */
	size_t		 len, count;
	bool		 fresh;		/* some that were seen aren't saved */
	bool		 framed;	/* a row of it was written */
	bool		 keep;		/* for the sweep */
	unsigned	 on_way;	/* our marks that the fold doesn't have
					   yet, */
	struct ui_mark	 sent;		/* the last of them */
	struct pairs	*pairs;		/* of a hunk's lines, or NULL */
	bool		 pairs_edited;	/* they are of the hunk as edited */
};

struct ui_shown {			/* a row of a frame */
	struct seen	*seen;		/* NULL: freed since */
	size_t		 off, len;
};

/* A frame that was sent in full. */
struct ui_sent {
	int64_t		 at;		/* when a key can be an answer to it */
	char		*effect;	/* what a verdict would do, and whether */
	bool		 came;		/* that came by itself: ui/app/verdict.h */
	struct ui_shown	*shown;
	size_t		 shown_len;
};

/* Record a row of the page as part of the frame being drawn. */
void	displayed_show(struct ui *, const struct page_row *);

struct seen *displayed_find(const struct ui *, const char *id);
/* Find or create the record; if the text's length has changed, it starts
 * again. */
struct seen *displayed_get(struct ui *, const char *id, size_t len);
bool	displayed_is_full(const struct seen *);
/* These bytes were seen. */
void	displayed_count(struct seen *, size_t off, size_t len);
/* Mark all of the text as not seen. */
void	displayed_again(struct ui *, struct seen *);
/* How many lines of the text were not seen in full. */
int	displayed_missing_lines(const struct seen *, const char *text,
	    size_t len);
/* Free the records of texts that no longer exist. */
void	displayed_sweep(struct ui *);
void	displayed_release(struct ui *);

#endif
