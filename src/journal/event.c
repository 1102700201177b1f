#include "config.h"

#include "journal/event.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"

/* Types of format 1. */
static const struct {
	const char	*was, *is;
} event_types[] = {
	{ "criterion",	"check" },
	{ "noise",	"products" },
};

/* Members of format 1, in the line (in: NULL) or in an object in it. */
static const struct {
	const char	*type;	/* the current name */
	const char	*in;	/* the current name */
	const char	*was, *is;
} event_members[] = {
	{ "agent_end",	   NULL,       "criterion",	"check" },
	{ "check",	   NULL,       "criterion_by",	"check_by" },
	{ "evidence",	   NULL,       "criterion_by",	"check_by" },
	{ "note",	   NULL,       "cage",		"sandbox" },
	{ "note",	   "sandbox",  "rung",		"level" },
	{ "plan",	   NULL,       "criterion",	"check" },
	{ "project",	   NULL,       "criterion",	"check" },
	{ "proposal",	   NULL,       "noise",		"products" },
	{ "session_start", NULL,       "cage",		"sandbox" },
	{ "session_start", "sandbox",  "rung",		"level" },
	{ "session_start", "settings", "cage",		"sandbox" },
	{ "session_start", "settings", "cage_require",	"sandbox_require" },
	{ "session_start", "settings", "linger",	"keep_alive" },
	{ "session_start", "settings", "noise",		"products" },
	{ "session_start", "settings", "promote",	"include" },
};

/* Words of format 1 in members of the line. */
static const struct {
	const char	*type, *member;
	const char	*was, *is;
} event_words[] = {
	{ "evidence",	 "killed",	"cage",		"sandbox" },
	{ "evidence",	 "killed",	"no_cage",	"no_sandbox" },
	{ "products",	 "action",	"promote",	"include" },
	{ "tool_result", "error",	"cage",		"sandbox" },
	{ "tool_result", "error",	"no_cage",	"no_sandbox" },
};

static void
event_rename(cJSON *o, const char *was, const char *is)
{
	cJSON *v = json_get(o, was) == NULL ? NULL :
	    cJSON_DetachItemFromObjectCaseSensitive(o, was);

	if (v != NULL)
		json_set_take(o, is, v);
}

cJSON *
event_parse(const char *line, size_t n, struct err *e)
{
	cJSON *o = json_parse(line, n, JSON_NUL_REPLACE, e);
	const char *type;
	size_t i;

	if (!cJSON_IsObject(o))
		return o;
	for (i = 0; i < MEM_COUNT(event_types); i++)
		if (strcmp(json_str_or(o, "type", ""),
		    event_types[i].was) == 0)
			json_add_str(o, "type", event_types[i].is);
	type = json_str_or(o, "type", "");
	for (i = 0; i < MEM_COUNT(event_members); i++)
		if (strcmp(type, event_members[i].type) == 0)
			event_rename(event_members[i].in == NULL ? o :
			    cJSON_GetObjectItemCaseSensitive(o,
			    event_members[i].in), event_members[i].was,
			    event_members[i].is);
	for (i = 0; i < MEM_COUNT(event_words); i++)
		if (strcmp(type, event_words[i].type) == 0 &&
		    strcmp(json_str_or(o, event_words[i].member, ""),
		    event_words[i].was) == 0)
			json_add_str(o, event_words[i].member,
			    event_words[i].is);
	return o;
}
