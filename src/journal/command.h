/*
 * command: builds the commands that front ends send to the core (man 5
 * assent-journal). Those about a proposal refer to the version that the person
 * or script has seen. The caller adds its own members and deletes the object.
 */
#ifndef ASSENT_JOURNAL_COMMAND_H
#define ASSENT_JOURNAL_COMMAND_H

#include <stdbool.h>

#include "base/json.h"
#include "journal/fold.h"

/* {"type":TYPE}, and the same with one text, which may be NULL. */
cJSON	*command_of(const char *type);
cJSON	*command_text(const char *type, const char *member, const char *text);
/* The same with a number. */
cJSON	*command_int(const char *type, const char *member, int64_t n);
/* Switch to this model (as in the start object), with its key and
 * headers, which may be NULL. */
cJSON	*command_model(cJSON *model_take, const char *key,
	    const cJSON *headers);
/* "approve" or "return", with the user's comment, any text, or NULL; the caller
 * adds "seen" and "plan". */
cJSON	*command_plan(const struct fold *, const char *action,
	    const char *comment);
/* The answer to the command that waits for permission; the caller adds
 * "seen". */
/* `scope` of a host that is allowed: "call", "session", "always"; else NULL. */
cJSON	*command_answer(const struct fold *, bool allow, const char *scope);
/* tx 0: the last change. To undo an undo is to redo. Path and hunk: of the change
 * alone this file, or this hunk of it (NULL: all of it). */
cJSON	*command_undo(int64_t tx, const char *path, const char *hunk);
/* A note on a row of the plan ("step 2"); an empty text deletes it. */
cJSON	*command_plan_note(const struct fold *, const char *at,
	    const char *text);
/* A comment on one line of a hunk (0: all of it); an empty text deletes it. */
cJSON	*command_comment(const struct fold_proposal *, const char *hunk,
	    int line, int end, const char *text);
/* {"type":TYPE,"proposal":...,"version":...}; about a hunk, whatever the
 * version: with "hunk" instead. */
cJSON	*command_about(const struct fold_proposal *, const char *type,
	    const char *hunk);
/* Write what is marked, as the fold has it. */
cJSON	*command_decide(const struct fold *);
/* A mark on a hunk: "yes", "no", "edited" (add "edit") or "none". seen: the
 * user had all of it on the screen. reason: of a rejection or edit, any text;
 * may be NULL or empty. */
cJSON	*command_mark(const struct fold_proposal *, const char *hunk,
	    const char *mark, bool seen, const char *reason);
enum command_how {
	COMMAND_MARKS,
	COMMAND_EXACT,		/* refused if the version is another one */
	COMMAND_DECISION,	/* with exactly these (at least one): accepted or
				   refused as a whole */
};
/* One command for all these marks (takes ownership of the list): the mark
 * itself if there is one; a "decide" with "all" if they are one verdict on
 * every open hunk; otherwise a list. NULL if there are none. */
cJSON	*command_marks(const struct fold_proposal *, enum command_how,
	    cJSON *list_take);
/* An answer to this limit and no later one: "extend", "wrap", "stop", "wait". The
 * amount to extend it by, as it was typed ("20", "10m"), may be NULL or "": the limit's own
 * size. NULL: it isn't one, or this answer has none. */
cJSON	*command_budget(const struct fold *, const char *action,
	    const char *amount);

#endif
