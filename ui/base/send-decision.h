/*
 * send-decision: the only place that sends a decision, with what was seen of it.  When
 * a key decides, and when it needs a second one, is in decide.c.
 */
#ifndef ASSENT_UI_BASE_SEND_DECISION_H
#define ASSENT_UI_BASE_SEND_DECISION_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "journal/fold-proposal.h"
#include "journal/fold.h"

struct ui;

/* Has a written frame asked what is in front now? */
bool	decision_is_armed(const struct ui *);
/* The mark as we know it: sent, or in the fold. */
enum fold_mark decision_mark(const struct ui *, const struct fold_hunk *);
void	decision_send_mark(struct ui *, const struct fold_hunk *,
	    enum fold_mark, const char *word);
/* The same mark for several hunks, at once; `overwrite`: also where that
 * overwrites newer lines. */
void	decision_send_marks(struct ui *, char *const *hunks, size_t len,
	    enum fold_mark, bool overwrite);
/* Accepted in this form; `seen`: its giver has seen all of it; `overwrite`: and
 * that it overwrites newer lines. */
void	decision_send_edit(struct ui *, const struct fold_hunk *,
	    const char *text, size_t len, bool seen, bool overwrite);
void	decision_send_plan(struct ui *, const char *action, const char *word,
	    const cJSON *plan);
/* Whether the command that waits may run. */
void	decision_send_answer(struct ui *, bool allow);
/* Marks that the fold has by now, or all. */
void	decision_forget_sent(struct ui *, bool all);

#endif
