/*
 * hunk-edit: less than a hunk, or another one.
 */
#ifndef ASSENT_UI_DIFF_HUNK_EDIT_H
#define ASSENT_UI_DIFF_HUNK_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "front/action.h"

struct fold_hunk;
struct ui;

/* Split, edit and pick lines; true if the key was taken. `h` is the hunk under
 * the cursor. */
bool	hunk_edit_key(struct ui *, enum action_id, const struct fold_hunk *h);
/* What goes into the editor; malloc'ed, NULL if the hunk is gone. */
char	*hunk_edit_text(const struct ui *, size_t *len);
/* What came out of it, or NULL with the reason. */
void	hunk_edit_edited(struct ui *, const char *text, size_t len,
	    const char *why);
/* A line came: an edit that was taken needs not be kept any more, and one that
 * was refused (why) comes back with the reason. */
void	hunk_edit_settle(struct ui *, const char *why);
/* The screen leaves: what could not be sent goes to the line for the model. */
void	hunk_edit_leave(struct ui *);
/* The picked lines of the hunk, sent; or a question, if they overwrite newer
 * lines and that was not asked. */
void	hunk_edit_lines_send(struct ui *, bool overwrite);
/* Forget the picks if the hunk is gone, or (`all`) in any case. */
void	hunk_edit_lines_drop(struct ui *, bool all);
/* Is the n-th changed line (from 1) of this hunk picked? */
bool	hunk_edit_is_picked(const struct ui *, const struct fold_hunk *, int n);

#endif
