/*
 * confirm: what the screen asks now, the question that needs a second key, and
 * what is said of a key that marked.
 */
#ifndef ASSENT_UI_PANES_CONFIRM_H
#define ASSENT_UI_PANES_CONFIRM_H

#include <stdbool.h>

#include "front/bindings.h"
#include "ui/panes/ui-base.h"

/* What becomes of marks in a review that stages nothing. */
#define CONFIRM_KEPT	" \xc2\xb7 your verdicts are kept in the session"

extern const struct ui_part part_confirm;

/* The prompt that a deciding key would answer, and the number of the question,
 * plan or proposal; PROMPT_NOTHING or PROMPT_PANE: there is none. */
enum review_prompt prompt_now(const struct ui *, int64_t *of);
/* That of the pane, ignoring questions in front. */
enum review_prompt prompt_pane(const struct ui *, int64_t *of);
/* The pane of what waits longest, whether in front or not. */
enum pane_id prompt_waiting_pane(const struct ui *);

void	confirm_ask(struct ui *, enum action_id, char *question_take);
/* The key that confirms, but in lower case; '\0' if it isn't a capital. It
 * leaves the question open: users press it for a capital. */
char	confirm_lower(const struct ui *);
/* Ask about overwriting newer lines, and name the number of lines not seen. */
void	confirm_overwrite(struct ui *, enum action_id, const char *what,
	    int lines);
void	confirm_quit(struct ui *);
void	confirm_clear(struct ui *);
/* A key that doesn't confirm: nothing is done, and an undo is dropped. */
void	confirm_cancel(struct ui *);

/* Say that all is decided, and what the key that sends the marks does; or that
 * the rest is hidden. */
void	confirm_say_all(struct ui *);
/* "2 hunks WHAT · x: write 1 of 3 · u: undo", with `rest` after WHAT: the
 * key that marked wrote nothing. n of 0: without a number. */
void	confirm_say_marked(struct ui *, size_t n, const char *what,
	    const char *rest);

#endif
