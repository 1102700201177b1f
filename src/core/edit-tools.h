/*
 * edit-tools: chooses the tools for editing files. A model trained on
 * apply_patch (see the model table) gets apply_patch instead of edit and write.
 * After two failed calls of it in a row, the model gets edit and write for the
 * rest of the session. All three run whenever the model calls them.
 */
#ifndef ASSENT_CORE_EDIT_TOOLS_H
#define ASSENT_CORE_EDIT_TOOLS_H

#include <stdbool.h>

#include <cjson/cJSON.h>

struct core;
struct core_call;
struct tool_entry;

/* Is this tool listed for the current model? Unlisted ones run, too. */
bool	edit_tools_offered(const struct core *, const struct tool_entry *);
/* A call failed with this kind: advice to add to the answer; malloc'ed, or
 * NULL. */
char	*edit_tools_advice(const struct core *, const struct core_call *,
	    const char *kind);
/* Read a line of the journal, to count failed calls. */
void	edit_tools_event(struct core *, const cJSON *event);
/* Report once that the model gets other tools. */
void	edit_tools_note(struct core *);

#endif
