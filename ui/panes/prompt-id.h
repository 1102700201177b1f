/*
 * prompt-id: the prompts that wait for the user, and the one that the screen
 * shows now. Each has a name such as "plan:3", so that an answer can be
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
/* The prompt that waits for the user, whether in front or not, the oldest of
 * several; malloc'ed or NULL. */
char	*prompt_id_waiting(const struct ui *);
enum pane_id prompt_id_waiting_pane(const struct ui *);
/* How many things wait. */
int	prompt_id_count(const struct ui *);
/* A line of the core came: note what began to wait, and what no longer does. */
void	prompt_id_update(struct ui *);
bool	prompt_id_has_plan(const struct ui *);	/* does a plan wait for
						   review? */
char	*prompt_id_limit(const struct ui *);	/* of the current pause;
						   malloc'ed */
/* Of the command, host or limit that waits; malloc'ed or NULL. */
char	*prompt_id_question(const struct ui *);

#endif
