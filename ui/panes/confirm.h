/*
 * confirm: what the screen asks now: the row that says what Enter does, or only
 * Y, while all other keys work (marks are written, a letter has chosen an
 * answer), and the question before something is thrown away or costs, which
 * another key ends.
 */
#ifndef ASSENT_UI_PANES_CONFIRM_H
#define ASSENT_UI_PANES_CONFIRM_H

#include <stdbool.h>

#include "front/bindings.h"
#include "ui/panes/ui-base.h"

/* What becomes of marks in a review that stages nothing. */
#define CONFIRM_KEPT	" \xc2\xb7 your marks stay until it changes"

extern const struct ui_part part_confirm;

/* The prompt that a deciding key would answer, and the number of the question,
 * plan or proposal; PROMPT_NOTHING or PROMPT_PANE: there is none. */
enum review_prompt prompt_now(const struct ui *, int64_t *of);
/* The prompt of the pane itself; questions in front of it are ignored. */
enum review_prompt prompt_pane(const struct ui *, int64_t *of);
/* The pane of what waits longest, whether in front or not. */
enum pane_id prompt_waiting_pane(const struct ui *);

void	confirm_ask(struct ui *, enum action_id, char *question_take);
void	confirm_quit(struct ui *);
/* The row says what this does; ACTION_SEND: a write, with the marks as they are. */
void	confirm_choose(struct ui *, enum action_id);
/* Y: from now on Enter does it, as long as the words stay. */
void	confirm_choose_capital(struct ui *);
/* Make the row's words, and the row itself once all hunks have their mark. */
void	confirm_make(struct ui *);
/* Is a question open? */
bool	confirm_is_question(const struct ui *);
/* Is a row shown where the keys go? */
bool	confirm_stands(const struct ui *);
/* The name of the key that does it. */
const char *confirm_key(const struct ui *);
void	confirm_clear(struct ui *);
/* The same, and with these marks it doesn't come again by itself. */
void	confirm_close(struct ui *);
/* A key that doesn't confirm: nothing is done. */
void	confirm_cancel(struct ui *);
/* The row of a write goes for a key without a meaning, until x; not one that only
 * fills git's index. */
void	confirm_step_aside(struct ui *);
/* The row goes, the marks stay; an undo without marks is dropped. */
void	confirm_leave(struct ui *);

/* Say that no hunk is open, or that the rest is hidden. */
void	confirm_say_all(struct ui *);

#endif
