/*
 * context-lines: unchanged lines around a hunk.
 */
#ifndef ASSENT_UI_DIFF_CONTEXT_LINES_H
#define ASSENT_UI_DIFF_CONTEXT_LINES_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "front/bindings.h"

struct diff_around;
struct fold_file;
struct fold_hunk;
struct ui;

/* The lines known around the hunk, or NULL. */
const struct diff_around *context_lines_find(const struct ui *,
	    const struct fold_file *, const struct fold_hunk *);
/* How many of these lines are below the hunk. */
int	context_lines_below(const struct ui *, const struct fold_file *,
	    const struct fold_hunk *);
void	context_lines_line(struct ui *, const cJSON *line);	/* the core's answer */
bool	context_lines_key(struct ui *, enum action_id);
void	context_lines_drop(struct ui *);

#endif
