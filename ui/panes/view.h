/*
 * view: which panes are shown where, and which has the focus.
 */
#ifndef ASSENT_UI_PANES_VIEW_H
#define ASSENT_UI_PANES_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "front/bindings.h"
#include "ui/panes/layout.h"
#include "ui/panes/pane-data.h"

struct ui;

/* The layout wanted, without input and hints. */
void	view_wish(const struct ui *, struct layout_wish *);
/* The pane beside the focused one, if any. */
enum pane_id view_beside(const struct ui *);
/* Bring a pane to the front. */
void	view_go(struct ui *, enum pane_id);
/* The same by a key of the user, who goes to its prompt, too. */
void	view_visit(struct ui *, enum pane_id);
/* Handle actions that change sizes; true if it was one. */
bool	view_key(struct ui *, enum action_id);
/* The top row for a page of `len` rows that follows its end. */
size_t	view_follow(const struct ui *, size_t top, size_t len, int rows);

#endif
