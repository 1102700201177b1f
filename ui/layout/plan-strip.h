/*
 * plan-strip: the plan above the other panes.
 */
#ifndef ASSENT_UI_LAYOUT_PLAN_STRIP_H
#define ASSENT_UI_LAYOUT_PLAN_STRIP_H

#include <stdbool.h>

#include "ui/term/screen.h"

struct fold_plan;
struct ui;

/* Did the plan that was approved expect this file, or its folder? */
bool	plan_expects(const struct fold_plan *, const char *path);
/* Words of the model on one line, as the pane has them: no marks of Markdown,
 * a blank where a row ends.  Malloc'ed. */
char	*plan_words(const struct ui *, const char *words);
int	plan_strip_rows(const struct ui *, int rows);
int	plan_strip_most(const struct ui *);	/* that it has words for */
/* Does the line of the sandbox stand in so many rows of it? */
bool	plan_strip_has_sandbox(const struct ui *, int rows);
void	plan_strip_draw(struct ui *, const struct rect *);

#endif
