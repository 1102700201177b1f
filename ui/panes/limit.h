/*
 * limit: the prompt for a limit that was reached.
 */
#ifndef ASSENT_UI_PANES_LIMIT_H
#define ASSENT_UI_PANES_LIMIT_H

#include <stdbool.h>

#include "front/bindings.h"

struct ui;
struct page;

void	limit_page(struct ui *, struct page *);
/* Was all of the prompt displayed, or is it in the frame being drawn? */
bool	limit_is_shown(const struct ui *);
bool	limit_key(struct ui *, enum action_id);
/* Handle the amount that the user typed. */
void	limit_amount(struct ui *, const char *text);

#endif
