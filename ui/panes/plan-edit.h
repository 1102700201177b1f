/*
 * plan-edit: a plan in the user's editor.
 */
#ifndef ASSENT_UI_PANES_PLAN_EDIT_H
#define ASSENT_UI_PANES_PLAN_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct ui;

/* The plan for the editor, or the previous edit of it with a note where it can't
 * be read, malloc'ed, and the plan's version; NULL if there is no plan. */
char	*plan_edit_text(struct ui *, size_t *len, int *version, struct err *);
/* Does the text say what the plan says now? */
bool	plan_edit_is_plan(const struct ui *, const char *text, size_t len);
/* Is an edit of this plan kept that didn't become its next version? */
bool	plan_edit_waits(const struct ui *);
/* Handle the edited text, or NULL with the reason. */
void	plan_edit_done(struct ui *, const struct buf *, int version,
	    const char *why);
/* As plan_edit_done, when the UI ends: the text is kept for the next time. */
void	plan_edit_keep(struct ui *, const char *text, size_t len, int version);

#endif
