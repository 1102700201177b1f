/*
 * mark-history: what the user's keys accepted, rejected and cleared since the
 * last decision, in that order, to take it back and do it again.
 */
#ifndef ASSENT_UI_PANES_MARK_HISTORY_H
#define ASSENT_UI_PANES_MARK_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "journal/fold.h"

struct ui;

struct ui_mark {
	char		*hunk;		/* id */
	enum fold_mark	 mark;
	char		*word;		/* or NULL */
	char		*edit;		/* as in struct fold_hunk; or NULL */
	size_t		 edit_len;
};

void	mark_release(struct ui_mark *);
void	mark_copy(struct ui_mark *, const struct ui_mark *from);

struct ui_mark_step {			/* of one key */
	struct ui_mark	*was, *now;	/* of each hunk, before and after it */
	size_t		 len;
};

/* Record what a key marked, copying the marks that it changed; what was taken
 * back before it can't be done again. */
void	mark_history_add(struct ui *, const struct ui_mark *was,
	    const struct ui_mark *now, size_t len);
/* The step to take back, or to do again; NULL: none. Borrowed. */
const struct ui_mark_step *mark_history_back(struct ui *);
const struct ui_mark_step *mark_history_again(struct ui *);
void	mark_history_clear(struct ui *);

#endif
