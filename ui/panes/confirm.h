/*
 * confirm: the question that needs a second key.
 */
#ifndef ASSENT_UI_PANES_CONFIRM_H
#define ASSENT_UI_PANES_CONFIRM_H

#include <stdbool.h>

#include "front/bindings.h"

struct ui;

void	confirm_ask(struct ui *, enum action_id, char *question_take);
/* The key that confirms, but in lower case; '\0' if it isn't a capital. It
 * leaves the question open: users press it for a capital. */
char	confirm_lower(const struct ui *);
/* Ask about overwriting newer lines, and name the number of lines not seen. */
void	confirm_overwrite(struct ui *, enum action_id, const char *what,
	    int lines);
/* Does the question still match what would be decided? */
bool	confirm_holds(const struct ui *);
void	confirm_clear(struct ui *);
/* A key that doesn't confirm: nothing is done, and an undo is dropped. */
void	confirm_cancel(struct ui *);

#endif
