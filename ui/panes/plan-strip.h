/*
 * plan-strip: the plan above the other panes.
 */
#ifndef ASSENT_UI_PANES_PLAN_STRIP_H
#define ASSENT_UI_PANES_PLAN_STRIP_H

#include <stdbool.h>

#include "ui/term/screen.h"

struct fold;
struct ui;

/* Does the approved plan name this file or its folder, among its files, or
 * in a step? One that lists no files expects every file. */
bool	plan_expects(const struct fold *, const char *path);
/* The model's text on one line, without Markdown, a space for each line
 * break. Malloc'ed. */
char	*plan_words(const struct ui *, const char *words);
int	plan_strip_rows(const struct ui *, int rows);
/* Does the sandbox's line fit into `rows` rows? */
bool	plan_strip_has_sandbox(const struct ui *, int rows);
void	plan_strip_draw(struct ui *, const struct rect *);

#endif
