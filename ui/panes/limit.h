/*
 * limit: a limit that was reached, on the screen.
 */
#ifndef ASSENT_UI_PANES_LIMIT_H
#define ASSENT_UI_PANES_LIMIT_H

#include <stdbool.h>

#include "front/action.h"

struct ui;
struct page;

void	limit_page(struct ui *, struct page *);
/* Has all of it stood on the screen, or does it in the frame being drawn? */
bool	limit_is_shown(const struct ui *);
bool	limit_key(struct ui *, enum action_id);
/* What was typed as how much more. */
void	limit_amount(struct ui *, const char *text);

#endif
