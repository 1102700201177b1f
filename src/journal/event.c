#include "config.h"

#include "journal/event.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"

/* Old types. */
static const struct {
	const char	*was, *is;
} event_types[] = {
	{ "criterion",	"check" },
	{ "noise",	"products" },
};

/* Old members of the line (in: NULL), or of an object or each object of an
 * array in it. */
static const struct {
	const char	*type;	/* the current name */
	const char	*in;	/* the current name */
	const char	*was, *is;
} event_members[] = {
	{ "agent_end",	   NULL,       "criterion",	"check" },
	{ "agent_end",	   NULL,       "let_through",	"accepted_by" },
	{ "check",	   NULL,       "criterion_by",	"check_by" },
	{ "evidence",	   NULL,       "criterion_by",	"check_by" },
	{ "note",	   NULL,       "cage",		"sandbox" },
	{ "note",	   "sandbox",  "kinds",		"enforced" },
	{ "note",	   "sandbox",  "rung",		"level" },
	{ "plan",	   NULL,       "criterion",	"check" },
	{ "project",	   NULL,       "criterion",	"check" },
	{ "proposal",	   "files",    "moved",		"changed_on_disk" },
	{ "proposal",	   NULL,       "noise",		"products" },
	{ "session_start", NULL,       "cage",		"sandbox" },
	{ "session_start", "sandbox",  "kinds",		"enforced" },
	{ "session_start", "sandbox",  "rung",		"level" },
	{ "session_start", "settings", "cage",		"sandbox" },
	{ "session_start", "settings", "cage_require",	"sandbox_require" },
	{ "session_start", "settings", "linger",	"keep_alive" },
	{ "session_start", "settings", "noise",		"products" },
	{ "session_start", "settings", "promote",	"include" },
};

/* Old words in a member of the line, or of each object of an array in it. */
static const struct {
	const char	*type, *in, *member;
	const char	*was, *is;
} event_words[] = {
	{ "applied",	 "ops", "error",   "moved",	"changed" },
	{ "evidence",	 NULL,	"killed",  "cage",	"sandbox" },
	{ "evidence",	 NULL,	"killed",  "no_cage",	"no_sandbox" },
	{ "products",	 NULL,	"action",  "promote",	"include" },
	{ "tool_result", NULL,	"error",   "cage",	"sandbox" },
	{ "tool_result", NULL,	"error",   "no_cage",	"no_sandbox" },
};

static void
event_rename(cJSON *o, const char *was, const char *is)
{
	cJSON *v = json_get(o, was) == NULL ? NULL :
	    cJSON_DetachItemFromObjectCaseSensitive(o, was);

	if (v != NULL)
		json_set_take(o, is, v);
}

/* The object after `at` (NULL: the first) in which a row renames something. */
static cJSON *
event_next(cJSON *line, const char *in, const cJSON *at)
{
	cJSON *o = in == NULL ? line :
	    cJSON_GetObjectItemCaseSensitive(line, in);

	if (!cJSON_IsArray(o))
		return at == NULL ? o : NULL;
	return at == NULL ? o->child : at->next;
}

cJSON *
event_parse(const char *line, size_t n, struct err *e)
{
	cJSON *o = json_parse(line, n, JSON_NUL_REPLACE, e), *it;
	const char *type;
	size_t i;

	if (!cJSON_IsObject(o))
		return o;
	type = json_str_or(o, "type", "");
	if (MEM_FIND(event_types, type) != NULL) {
		type = MEM_FIND(event_types, type)->is;
		json_add_str(o, "type", type);
	}
	for (i = 0; i < MEM_COUNT(event_members); i++) {
		if (strcmp(type, event_members[i].type) != 0)
			continue;
		for (it = NULL; (it = event_next(o, event_members[i].in,
		    it)) != NULL; )
			event_rename(it, event_members[i].was,
			    event_members[i].is);
	}
	for (i = 0; i < MEM_COUNT(event_words); i++) {
		if (strcmp(type, event_words[i].type) != 0)
			continue;
		for (it = NULL; (it = event_next(o, event_words[i].in,
		    it)) != NULL; )
			if (strcmp(json_str_or(it, event_words[i].member, ""),
			    event_words[i].was) == 0)
				json_add_str(it, event_words[i].member,
				    event_words[i].is);
	}
	return o;
}
