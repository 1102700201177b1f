/*
 * summary-edit: the summary of older messages for the model, in the user's
 * editor.
 */
#ifndef ASSENT_UI_PANES_SUMMARY_EDIT_H
#define ASSENT_UI_PANES_SUMMARY_EDIT_H

#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "journal/event.h"

struct ui;

/* The summary for the editor, malloc'ed, and its line's seq; NULL if there is
 * none. */
char	*summary_edit_text(const struct ui *, size_t *len, int64_t *seq);
/* Handle the edited text, or NULL with the reason. */
void	summary_edit_done(struct ui *, const char *text, size_t len,
	    int64_t seq, const char *why);
/* Handle a line from the core: a summary that it refuses moves to the input
 * line for the model. */
void	summary_edit_line(struct ui *, enum event_type type, const cJSON *line);

#endif
