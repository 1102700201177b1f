/*
 * view: which panes stand where, and which one is in front.
 */
#ifndef ASSENT_UI_LAYOUT_VIEW_H
#define ASSENT_UI_LAYOUT_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "front/action.h"
#include "ui/base/pane-data.h"
#include "ui/layout/layout.h"

struct ui;

void	view_init(struct view *);
/* What the layout is to be, without input and hints. */
void	view_wish(const struct ui *, struct layout_wish *);
/* The pane that is shown beside the one in front, if one is. */
enum pane_id view_beside(const struct ui *);
/* Another pane comes in front. */
void	view_go(struct ui *, enum pane_id);
/* True if the action changes how the room is shared out. */
bool	view_key(struct ui *, enum action_id);
/* The top of a page of `len` rows that is followed to its end. */
size_t	view_follow(const struct ui *, size_t top, size_t len, int rows);

#endif
