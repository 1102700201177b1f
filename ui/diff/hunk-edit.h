/*
 * hunk-edit: accepts parts of a hunk, or an edited hunk.
 */
#ifndef ASSENT_UI_DIFF_HUNK_EDIT_H
#define ASSENT_UI_DIFF_HUNK_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "front/bindings.h"

struct fold_hunk;
struct ui;

/* Split, edit and pick lines; true if the key was handled. `h` is the hunk
 * under the cursor. */
bool	hunk_edit_key(struct ui *, enum action_id, const struct fold_hunk *h);
/* The text for the editor; malloc'ed, NULL if the hunk is gone. */
char	*hunk_edit_text(const struct ui *, size_t *len);
/* Handle the text from the editor, or NULL with the reason. */
void	hunk_edit_edited(struct ui *, const char *text, size_t len,
	    const char *why);
/* Call after a line from the core: an edit that was accepted is dropped, and an
 * edit that was refused (why) is kept with the reason. */
void	hunk_edit_settle(struct ui *, const char *why);
/* The UI ends: text that could not be sent moves to the input line for the
 * model. */
void	hunk_edit_leave(struct ui *);
/* Send the picked lines of the hunk; or ask first, if they overwrite newer
 * lines and the user hasn't confirmed that. */
void	hunk_edit_lines_send(struct ui *, bool overwrite);
/* Forget the picks if the hunk is gone, or (`all`) always. */
void	hunk_edit_lines_drop(struct ui *, bool all);
/* How many lines are picked? */
size_t	hunk_edit_lines_count(const struct ui *);
/* Is the n-th changed line (from 1) of this hunk picked? */
bool	hunk_edit_is_picked(const struct ui *, const struct fold_hunk *, int n);

#endif
