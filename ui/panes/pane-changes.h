/*
 * pane-changes: the list of applied changes.
 */
#ifndef ASSENT_UI_PANES_PANE_CHANGES_H
#define ASSENT_UI_PANES_PANE_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "front/bindings.h"

struct buf;
struct ui;

bool	changes_key(struct ui *, enum action_id);
/* The cursor to this row of the page. */
void	changes_goto_row(struct ui *, size_t row);
/* The command that undoes, or redoes, what is under the cursor; NULL: there is
 * nothing, and the user was told. */
cJSON	*changes_undo(struct ui *, bool redo);
/* Append what the key to undo or to redo would do, or only say whether it
 * would; false: the other one is for what is under the cursor. */
bool	changes_effect(const struct ui *, bool redo, bool brief,
	    struct buf *);
/* The same of the key that opens, and of the one that commits. */
bool	changes_open_effect(const struct ui *, struct buf *);
bool	changes_commit_effect(const struct ui *, bool brief, struct buf *);
/* Does the row below a change lead to one of its files, or the one above to its
 * task, of which more can be committed? */
bool	changes_leads(const struct ui *, bool down);
/* Ask the core which files have changed on disk since. */
void	changes_look(struct ui *);
/* The files and hunks of a change have come; NULL: they are hidden. */
void	changes_line(struct ui *, const cJSON *);

#endif
