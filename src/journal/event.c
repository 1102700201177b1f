#include "config.h"

#include "journal/event.h"

#include "base/json.h"

cJSON *
event_parse(const char *line, size_t n, struct err *e)
{
	return json_parse(line, n, JSON_NUL_REPLACE, e);
}
