/*
 * confirm: the question that needs a second key.
 */
#ifndef ASSENT_UI_BASE_CONFIRM_H
#define ASSENT_UI_BASE_CONFIRM_H

#include <stdbool.h>

#include "front/action.h"

struct ui;

void	confirm_ask(struct ui *, enum action_id, char *question_take);
/* Ask about overwriting newer lines, and name the number of lines not seen. */
void	confirm_overwrite(struct ui *, enum action_id, const char *what,
	    int lines);
/* Does the question still match what would be decided? */
bool	confirm_holds(const struct ui *);
void	confirm_clear(struct ui *);

#endif
