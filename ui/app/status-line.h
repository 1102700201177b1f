/*
 * status-line: the status line, and below it the available keys.
 */
#ifndef ASSENT_UI_APP_STATUS_LINE_H
#define ASSENT_UI_APP_STATUS_LINE_H

#include <stdbool.h>

#include "ui/panes/layout.h"

struct ui;

void	status_draw(struct ui *, const struct layout *);
int	status_rows(const struct ui *, int cols);
/* Is there room for some keys after the notice? */
bool	status_has_both(const struct ui *, int cols);

#endif
