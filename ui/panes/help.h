/*
 * help: the page that lists the keys.
 */
#ifndef ASSENT_UI_PANES_HELP_H
#define ASSENT_UI_PANES_HELP_H

#include "ui/term/screen.h"

struct ui;

void	help_draw(struct ui *, const struct rect *);

#endif
