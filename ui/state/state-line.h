/*
 * state-line: state_line and state_checking (state.h), and what keys and the
 * clock need of them.
 */
#ifndef ASSENT_UI_STATE_STATE_LINE_H
#define ASSENT_UI_STATE_STATE_LINE_H

#include <stdbool.h>

#include "ui/state/state.h"

/* Is the user typing or answering, so that the panes must not change? */
bool	state_is_held(const struct ui *);
/* Bring the pane of a prompt to the front, if that is due; true: it was. */
bool	state_attend_now(struct ui *);
/* Back to the message line, where the list of commands was opened, once what was
 * chosen there asks no more. */
void	state_focus_back(struct ui *);

#endif
