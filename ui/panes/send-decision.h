/*
 * send-decision: the only place that sends a decision, and how much of the text
 * was seen. decide.c says when a key decides, and when it needs a second one.
 */
#ifndef ASSENT_UI_PANES_SEND_DECISION_H
#define ASSENT_UI_PANES_SEND_DECISION_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "journal/fold.h"
#include "ui/panes/mark-history.h"

struct ui;

/* The hunk's mark as the UI knows it: sent, or in the fold. */
enum fold_mark decision_mark(const struct ui *, const struct fold_hunk *);
/* The same with its reason and edit. Borrowed, until the next is sent. */
struct ui_mark decision_mark_whole(const struct ui *, const struct fold_hunk *);
/* The hunks with this mark. */
size_t decision_count(const struct ui *, enum fold_mark);
/* Did the success check run with all hunks, while the marks choose some? */
bool	decision_is_unchecked(const struct ui *);
/* Has every hunk a mark? Then another one for it completes nothing: the user
 * still has to send the marks. */
bool	decision_is_complete(const struct ui *);
/* `hold`: if no hunk is open then, the user still has to send the marks. */
void	decision_send_mark(struct ui *, const struct fold_hunk *,
	    enum fold_mark, const char *word, bool hold);
/* Send the same mark for several hunks, at once; `overwrite`: also where it
 * overwrites newer lines. */
void	decision_send_marks(struct ui *, char *const *hunks, size_t len,
	    enum fold_mark, bool overwrite, bool hold);

struct decision_step {
	const char	*hunk;		/* id of the first one */
	size_t		 n;		/* hunks that got another mark */
	size_t		 unseen;	/* that would be accepted unseen, or
					   overwrite newer lines: left out */
	enum fold_mark	 mark;		/* of the first one now */
};

/* Take back the last verdict: each hunk has the mark again that it had before.
 * Or do the next one again that was taken back. Accept no hunk that wasn't seen
 * in full or that overwrites newer lines, and write nothing. False: there is
 * none. */
bool	decision_send_step(struct ui *, bool back, struct decision_step *);
/* Accept a hunk as edited, or some of its lines: this writes nothing yet, since
 * the result must be displayed first. `editor`: the user has seen all of the
 * hunk there; `overwrite`: it may overwrite newer lines. */
void	decision_send_edit(struct ui *, const struct fold_hunk *,
	    const char *text, size_t len, bool editor, bool overwrite);
void	decision_send_plan(struct ui *, const char *action, const char *word,
	    const cJSON *plan);
/* Answer whether the waiting command may run. */
void	decision_send_answer(struct ui *, bool allow, const char *scope);
/* A line of the core: it may have marks that were sent. */
void	decision_line(struct ui *, const cJSON *line);
/* Forget the sent marks of hunks that were decided, or all. */
void	decision_forget_sent(struct ui *, bool all);

#endif
