/*
 * displayed: which bytes of a hunk, a plan, a command have stood in a frame that
 * was written to the terminal.  A text of another length starts anew; nothing
 * here ever takes the unseen for seen.
 */
#ifndef ASSENT_UI_BASE_DISPLAYED_H
#define ASSENT_UI_BASE_DISPLAYED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/text/page.h"

struct ui;
struct pairs;

/* What has stood in written frames, by byte of its text; of a limit by row. */
struct seen {
	struct seen	*next;		/* in its bucket */
	char		*id;		/* hunk id, "plan:3", "ask:ID", "pause:4" */
	unsigned char	*bytes;		/* one flag a byte; at least one */
	size_t		 len, count;
	bool		 framed;	/* some row of it was written */
	bool		 keep;		/* for the sweep */
	enum fold_mark	 sent;		/* our mark, not yet in the fold */
	struct pairs	*pairs;		/* of a hunk's lines, or NULL */
	bool		 pairs_edited;	/* of the hunk as it was edited */
};

struct ui_shown {			/* a row of a frame */
	struct seen	*seen;		/* NULL: gone since */
	size_t		 off, len;
};

/* A frame that was sent in full. */
struct ui_sent {
	int64_t		 at;		/* when a key can be an answer to it */
	char		*surface;	/* what it asks, or NULL */
	char		*hunk;		/* under the cursor in it, or NULL */
	struct ui_shown	*shown;
	size_t		 shown_len;
};

/* Take a row of the page as standing in the frame that is being drawn. */
void	displayed_show(struct ui *, const struct page_row *);

struct seen *displayed_find(const struct ui *, const char *id);
/* Found or made; a text of another length starts anew. */
struct seen *displayed_get(struct ui *, const char *id, size_t len);
bool	displayed_is_full(const struct seen *);
/* Nothing of it has been seen. */
void	displayed_again(struct ui *, struct seen *);
/* Lines of the text that were not seen in full. */
int	displayed_missing_lines(const struct seen *, const char *text,
	    size_t len);
/* Forget what is no longer there. */
void	displayed_sweep(struct ui *);
void	displayed_release(struct ui *);

#endif
