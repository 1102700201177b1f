/*
 * edit-tools: by which tools a model changes files.  One that is trained on
 * apply_patch (the model table says so) gets that instead of edit and write.
 * After two calls of it in a row that failed it gets those two for the rest of
 * the session.  All of them run whenever they are called.
 */
#ifndef ASSENT_CORE_CALL_EDIT_TOOLS_H
#define ASSENT_CORE_CALL_EDIT_TOOLS_H

#include <stdbool.h>

#include <cjson/cJSON.h>

struct core;
struct core_call;
struct tool_entry;

/* Is this tool listed for the model that is asked? Others run, too. */
bool	edit_tools_offered(const struct core *, const struct tool_entry *);
/* A call fails, with this kind: what is added to its answer; malloc'ed, NULL:
 * nothing. */
char	*edit_tools_advice(const struct core *, const struct core_call *,
	    const char *kind);
/* A line of the journal: calls that failed count. */
void	edit_tools_event(struct core *, const cJSON *event);
/* Say, once, that the model gets other tools. */
void	edit_tools_note(struct core *);

#endif
