/*
 * verdicts: what the user's keys accepted and rejected since the last decision,
 * in that order, to take it back and do it again.
 */
#ifndef ASSENT_UI_BASE_VERDICTS_H
#define ASSENT_UI_BASE_VERDICTS_H

#include <stdbool.h>
#include <stddef.h>

#include "journal/fold-proposal.h"

struct ui;

struct ui_verdict {			/* of one key */
	char		**hunks;	/* ids */
	size_t		 len;
	enum fold_mark	 mark;
	char		*word;		/* or NULL */
	bool		 edited;	/* its text isn't kept here */
};

/* Record a verdict; what was taken back before it can't be done again. */
void	verdicts_add(struct ui *, char *const *hunks, size_t len,
	    enum fold_mark, const char *word, bool edited);
/* The last verdict that still holds for a hunk, which is taken back now; NULL:
 * none. Borrowed. */
const struct ui_verdict *verdicts_back(struct ui *);
/* The verdict to do again, or NULL. Borrowed. */
const struct ui_verdict *verdicts_again(struct ui *);
/* Does this verdict hold for the hunk? */
bool	verdicts_holds(const struct ui *, const struct ui_verdict *,
	    const char *id);
void	verdicts_clear(struct ui *);

#endif
