/*
 * pick-view: the menu of how things are shown: a row for each switch, with what
 * it is now.  None of them decides anything.
 */
#ifndef ASSENT_UI_APP_PICK_VIEW_H
#define ASSENT_UI_APP_PICK_VIEW_H

#include <stddef.h>

struct ui;

void	pick_view_open(struct ui *);
/* The user chose this row. */
void	pick_view_take(struct ui *, size_t row);

#endif
