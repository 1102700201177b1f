/*
 * prompt-id: what waits for a person, and which question the screen puts to them
 * now.  Both are names such as "plan:3", so that an answer can be held against
 * what stood there (see decide.c).
 */
#ifndef ASSENT_UI_BASE_PROMPT_ID_H
#define ASSENT_UI_BASE_PROMPT_ID_H

#include <stdbool.h>

#include "ui/base/pane-data.h"

struct ui;

/* What a decision key would be about: "diff:17" "lines:17" "plan:2" "ask:c1"
 * "pause:…" "confirm:4"; malloc'ed, NULL if nothing. */
char	*prompt_id(const struct ui *);
char	*prompt_id_pane(const struct ui *);	/* with nothing before it */
/* What waits for a person, whether in front or not; malloc'ed or NULL. */
char	*prompt_id_waiting(const struct ui *);
enum pane_id prompt_id_waiting_pane(const struct ui *);
bool	prompt_id_has_plan(const struct ui *);	/* one to be decided */
char	*prompt_id_limit(const struct ui *);	/* of the present pause; malloc'ed */

#endif
