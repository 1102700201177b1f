/*
 * decide-scope: which hunks a key decides, and what the core would write if they
 * are the last open ones.
 */
#ifndef ASSENT_UI_APP_DECIDE_SCOPE_H
#define ASSENT_UI_APP_DECIDE_SCOPE_H

#include <stdbool.h>

#include "front/bindings.h"

struct buf;
struct effect;
struct fold_file;
struct fold_hunk;
struct ui;

/* Put the ids of the hunks that the key applies to into ui.confirm; the cursor
 * is on this hunk, or (NULL) on the file. */
void	decide_targets(struct ui *, enum action_id, const struct fold_file *,
	    const struct fold_hunk *);
/* Does the key only mark, even the last open hunk? It may mark several, and isn't
 * always among the hints: the user still has to send the marks. `row`: on the
 * row of a file or folder. */
bool	decide_only_marks(enum action_id, bool row);
/* Would the key, pressed now, mark the last open hunks? Then the decision is
 * complete, and the core carries out *e. */
bool	decide_effect(const struct ui *, enum action_id, struct effect *);
/* Then append " and write 5 of 9"; brief: ", write". */
void	decide_effect_text(const struct ui *, enum action_id, bool brief,
	    struct buf *);

/* Name the unseen hunks of a question by their numbers in the header, and
 * remember the first. */
void	decide_name_unseen(struct ui *, struct buf *);
/* Append what the key leaves as it is, of the hunks that it names: " · 1 stays as
 * you edited it". */
void	decide_untouched(const struct ui *, enum action_id, struct buf *);

#endif
