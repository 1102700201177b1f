/*
 * confirm: the question that wants a second key.
 */
#ifndef ASSENT_UI_BASE_CONFIRM_H
#define ASSENT_UI_BASE_CONFIRM_H

#include <stdbool.h>

#include "front/action.h"

struct ui;

void	confirm_ask(struct ui *, enum action_id, char *question_take);
/* Ask about the newer lines, and that many lines that were not seen. */
void	confirm_overwrite(struct ui *, enum action_id, const char *what,
	    int lines);
/* Is what was asked about still what stands for a decision? */
bool	confirm_holds(const struct ui *);
void	confirm_clear(struct ui *);

#endif
