#include "config.h"

#include "core/edit-tools.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/call.h"
#include "core/core.h"
#include "core/emit.h"
#include "core/turn-body.h"
#include "journal/event.h"
#include "tool/tool.h"

#define EDIT_TOOLS_FAILS 2

static bool
edit_tools_patch(const struct core *c)
{
	if (!call_is_on(c, "apply_patch"))
		return false;
	/* The user's list may contain nothing else. */
	return (c->target.facts.apply_patch && c->edits.patch == PATCH_ON) ||
	    (!call_is_on(c, "edit") && !call_is_on(c, "write"));
}

bool
edit_tools_offered(const struct core *c, const struct tool_entry *t)
{
	bool patch = strcmp(t->name, "apply_patch") == 0;

	if (!patch && (t->effects & TOOL_WRITES) == 0)
		return true;
	return edit_tools_patch(c) == patch;
}

/* Does this failure tell how well the model handles the tool? */
static bool
edit_tools_counts(const char *name, const char *kind)
{
	static const char *const others[] = { "plan_phase", "plan_step",
		"question",
		"interrupted", "killed", "sandbox", "stage", "changed" };

	return MEM_FIND(others, kind) == NULL &&
	    strcmp(name, "apply_patch") == 0;
}

char *
edit_tools_advice(const struct core *c, const struct core_call *call,
    const char *kind)
{
	if (!edit_tools_counts(call->name, kind) ||
	    c->edits.patch != PATCH_ON || !c->target.facts.apply_patch ||
	    c->edits.patch_fails + 1 < EDIT_TOOLS_FAILS ||
	    !call_is_on(c, "edit"))
		return NULL;
	return xstrdup("\n\napply_patch failed twice in a row. From now on you "
	    "have edit (replace a piece of a file) and write (a whole file) "
	    "instead: use those.");
}

void
edit_tools_event(struct core *c, const cJSON *event)
{
	const char *name = json_str_or(event, "name", "");

	if (event_type(event) != EVENT_TOOL_RESULT)
		return;
	if (json_bool(event, "ok", false)) {
		if (edit_tools_counts(name, ""))
			c->edits.patch_fails = 0;
	} else if (edit_tools_counts(name, json_str_or(event, "error", "")) &&
	    ++c->edits.patch_fails >= EDIT_TOOLS_FAILS) {
		/* A resumed session has told the model before. */
		c->edits.patch = c->resume != NULL ? PATCH_OFF_TOLD : PATCH_OFF;
	}
}

void
edit_tools_note(struct core *c)
{
	if (c->edits.patch != PATCH_OFF)
		return;
	c->edits.patch = PATCH_OFF_TOLD;
	if (!c->target.facts.apply_patch || !call_is_on(c, "edit"))
		return;
	emit_note(c, "%s failed with apply_patch twice in a row: it gets edit "
	    "and write instead", c->target.model);
	c->overhead = turn_overhead(c);
}
