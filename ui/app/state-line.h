/*
 * state-line: state_line and state_checking (state.h), and what keys and the
 * clock need of them.
 */
#ifndef ASSENT_UI_APP_STATE_LINE_H
#define ASSENT_UI_APP_STATE_LINE_H

#include <stdbool.h>

#include "ui/app/state.h"

/* Does what waits come to the front, and get the keys, UI_QUIET_MS after the
 * last key? */
bool	state_comes(const struct ui *);
/* Give it the keys, if that is due; true: it was. */
bool	state_attend_now(struct ui *);
/* Go to what waits; false if nothing does, or it has the keys. */
bool	state_to_waiting(struct ui *);
/* Back to the message line, where the list of commands was opened, once what was
 * chosen there asks no more. */
void	state_focus_back(struct ui *);

#endif
