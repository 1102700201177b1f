/*
 * take-back: the keys that take decisions back and make them again. Taking back
 * decides nothing, so the hunks needn't be on the screen.
 */
#ifndef ASSENT_UI_STATE_TAKE_BACK_H
#define ASSENT_UI_STATE_TAKE_BACK_H

#include <stdbool.h>

#include "front/action.h"

struct fold_file;
struct fold_hunk;
struct ui;

/* Take back the last decision or repeat it, and go to its first hunk; with none,
 * the mark of this hunk, or NULL. */
void	take_back_key(struct ui *, enum action_id, const struct fold_hunk *);
/* Take back the decisions on this file, or its folder. */
void	take_back_row(struct ui *, const struct fold_file *, bool folder);

#endif
