/*
 * plan-edit: a plan in the user's editor.
 */
#ifndef ASSENT_UI_INPUT_PLAN_EDIT_H
#define ASSENT_UI_INPUT_PLAN_EDIT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct ui;

/* The plan for the editor, or what was written of it before, malloc'ed, and its
 * version; NULL if there is none. */
char	*plan_edit_text(struct ui *, size_t *len, int *version, struct err *);
/* What came out of it, or NULL with the reason. */
void	plan_edit_done(struct ui *, const struct buf *, int version,
	    const char *why);
/* The same for one who leaves: it is kept for the next time. */
void	plan_edit_keep(struct ui *, const char *text, size_t len, int version);

#endif
