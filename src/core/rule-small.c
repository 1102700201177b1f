/* The lines that the rule "small" has accepted: a pure fold of the
 * decisions. */
#include "config.h"

#include "core/rule.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "journal/event.h"
#include "policy/approve.h"

struct rule_small {
	cJSON	*lines;		/* path -> lines since the user last reviewed */
	int64_t	 total;
};

struct rule_small *
rule_small_new(void)
{
	struct rule_small *r = xcalloc(1, sizeof(*r));

	r->lines = cJSON_CreateObject();
	return r;
}

void
rule_small_free(struct rule_small *r)
{
	if (r == NULL)
		return;
	cJSON_Delete(r->lines);
	free(r);
}

void
rule_small_event(struct rule_small *r, const cJSON *event)
{
	const char *rule = json_str_or(event, "rule", "");
	const cJSON *file;
	size_t len;

	if (event_type(event) != EVENT_DECISION)
		return;
	cJSON_ArrayForEach(file, json_array(event, "files")) {
		AUTO_FREE char *path = json_get_bytes(file, "path", &len);
		int64_t n = json_int(file, "lines", 0);

		if (path == NULL)
			continue;
		if (rule[0] == '\0') {
			cJSON_DeleteItemFromObjectCaseSensitive(r->lines,
			    path);
		} else if (strcmp(rule, "small") == 0 ||
		    strcmp(rule, "reviewer") == 0) {
			json_add_int(r->lines, path,
			    json_int(r->lines, path, 0) + n);
			r->total += n;
		}
	}
}

bool
rule_small_allows(const struct rule_small *r, const char *path, int lines,
    int others)
{
	return json_int(r->lines, path, 0) + lines <= APPROVE_SMALL_FILE &&
	    r->total + others + lines <= APPROVE_SMALL_SESSION;
}
