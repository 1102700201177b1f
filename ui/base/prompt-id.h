/*
 * prompt-id: the prompts that wait for the user, and the one that the screen
 * shows now. Each has a name such as "plan:3", so that an answer can be
 * compared with the prompt that was displayed (see decide.c).
 */
#ifndef ASSENT_UI_BASE_PROMPT_ID_H
#define ASSENT_UI_BASE_PROMPT_ID_H

#include <stdbool.h>

#include "ui/base/pane-data.h"

struct ui;

/* The prompt that a deciding key would answer: "diff:17" "lines:17" "plan:2"
 * "ask:c1" "pause:…" "confirm:4"; malloc'ed, NULL if there is none. */
char	*prompt_id(const struct ui *);
char	*prompt_id_pane(const struct ui *);	/* of the pane, ignoring
						   questions in front */
/* The prompt that waits for the user, whether in front or not, the first of
 * several; malloc'ed or NULL. */
char	*prompt_id_waiting(const struct ui *);
enum pane_id prompt_id_waiting_pane(const struct ui *);
/* The keys that answer the prompt of the pane in front count only once the user
 * has gone to it: with Tab or the pane's number, while it waited.  That lasts
 * while the user stays in the pane and something waits there, such as a new
 * version of the proposal; each command and limit is a prompt of its own. */
void	prompt_id_go(struct ui *);
bool	prompt_id_went(const struct ui *);
/* Does the pane in front have the keys, and those that answer its prompt?  If
 * not, it looks inactive: no bright cursor, and a quieter title. */
bool	prompt_id_has_keys(const struct ui *);
/* A line of the core, or another pane in front, may have ended that. */
void	prompt_id_settle(struct ui *);
bool	prompt_id_has_plan(const struct ui *);	/* does a plan wait for
						   review? */
char	*prompt_id_limit(const struct ui *);	/* of the current pause;
						   malloc'ed */

#endif
