/*
 * welcome: the transcript of a session without a model: what can be done now.
 */
#ifndef ASSENT_UI_PANES_WELCOME_H
#define ASSENT_UI_PANES_WELCOME_H

#include <stdbool.h>

#include "front/bindings.h"
#include "ui/panes/ui-base.h"

void	welcome_draw(struct ui *, const struct rect *);
/* The program has ended; why: NULL if it succeeded. True if what it has said in
 * the terminal must be read first. */
bool	welcome_ran(struct ui *, enum ui_edit, const char *why);

#endif
