#include "config.h"

#include "journal/event.h"

#include "base/json.h"
#include "base/mem.h"

static const struct event_row {
	const char	*name;
	enum event_type	 type;
	unsigned	 flags;
} event_rows[] = {
#define X(constant, name, flags) { #name, EVENT_##constant, flags },
	EVENT_TYPES(X)
#undef X
};

cJSON *
event_parse(const char *line, size_t n, struct err *e)
{
	return json_parse(line, n, JSON_NUL_REPLACE, e);
}

enum event_type
event_named(const char *name)
{
	const struct event_row *r = MEM_SEARCH(event_rows,
	    MEM_COUNT(event_rows), name);

	return r == NULL ? EVENT_OTHER : r->type;
}

enum event_type
event_type(const cJSON *line)
{
	return event_named(json_str_or(line, "type", ""));
}

const char *
event_name(enum event_type t)
{
	return event_rows[t - 1].name;
}

bool
event_has(enum event_type t, unsigned flag)
{
	return t != EVENT_OTHER && (event_rows[t - 1].flags & flag) != 0;
}
