/*
 * prompt-id: the prompt that the screen shows now. It has a name such as "plan:3", so that an answer can be
 * compared with the prompt that was displayed (see decide.c).
 */
#ifndef ASSENT_UI_PANES_PROMPT_ID_H
#define ASSENT_UI_PANES_PROMPT_ID_H

#include <stdbool.h>

#include "ui/panes/ui-base.h"

struct ui;

/* The prompt that a deciding key would answer: "diff:17" "lines:17" "plan:2"
 * "ask:c1" "pause:…" "confirm:4"; malloc'ed, NULL if there is none. */
char	*prompt_id(const struct ui *);
char	*prompt_id_pane(const struct ui *);	/* of the pane, ignoring
						   questions in front */
/* Of what waits longest, whether in front or not. */
enum pane_id prompt_id_waiting_pane(const struct ui *);

#endif
