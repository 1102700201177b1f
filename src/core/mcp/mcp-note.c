/* The journal's notes about a server: a sentence, and the facts behind it. */
#include "config.h"

#include "core/mcp/mcp-int.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "core/core.h"
#include "core/emit.h"
#include "journal/event.h"

static cJSON *
note_tool(const struct mcp_tool *t)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "name", t->own);
	json_add_str(o, "hash", t->changed == NULL ? t->hash :
	    t->changed->hash);
	json_add_str(o, "state", t->changed != NULL ? "changed" : t->fresh ?
	    "new" : "known");
	if (t->changed != NULL)
		json_add_str(o, "description", t->changed->description);
	return o;
}

void
mcp_note(const struct mcp_server *s, const char *status, const char *text)
{
	const struct mcp *m = s->core->mcp;
	cJSON *o = cJSON_CreateObject(), *mcp, *tools = NULL;
	size_t i;

	json_add_str(o, "text", text);
	mcp = cJSON_AddObjectToObject(o, "mcp");
	json_add_str(mcp, "server", s->name);
	json_add_str(mcp, "status", status);
	json_add_str(mcp, "version", s->about);
	if (strcmp(status, "started") == 0)
		json_add_int(mcp, "ms", clock_mono_ms() - s->began_ms);
	if (strcmp(status, "failed") != 0)
		tools = cJSON_AddArrayToObject(mcp, "tools");
	for (i = 0; tools != NULL && i < m->tools_len; i++)
		if (m->tools[i]->server == s)
			cJSON_AddItemToArray(tools, note_tool(m->tools[i]));
	emit_event(s->core, EVENT_NOTE, "core", o);
}
