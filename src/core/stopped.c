#include "config.h"

#include "core/stopped.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"

#define STOPPED_NAMES	20	/* in one note */
#define STOPPED_NOTE \
	"a call that was stopped before its end changed this; it may be half done"

struct stopped_file { char *path; };

static bool
stopped_is(const cJSON *result)
{
	return json_str(result, "killed") != NULL || strcmp(json_str_or(result,
	    "error", ""), "interrupted") == 0;
}

bool
stopped_has(const struct core *c, const char *path)
{
	return pathmap_find(&c->stopped, path) != NULL;
}

void
stopped_look(struct core *c, const struct stage_scan *scan, cJSON *result)
{
	struct buf notes = BUF_INIT(1 << 16);
	bool stopped = stopped_is(result);
	cJSON *list = cJSON_CreateArray(), *o;
	size_t i, n = 0;

	for (i = 0; i < scan->changes_len; i++) {
		const struct stage_change *ch = &scan->changes[i];

		if (ch->now ? !stopped : !stopped_has(c, ch->path))
			continue;
		o = cJSON_CreateObject();
		json_add_path(o, "path", ch->path);
		cJSON_AddItemToArray(list, o);
		if (!ch->now || ++n > STOPPED_NAMES)
			continue;
		buf_adds(&notes, n > 1 ? ", " : "the call was stopped before "
		    "its end; what it had changed by then is staged: ");
		json_path_text(&notes, ch->path);
	}
	if (n > STOPPED_NAMES)
		buf_addf(&notes, ", and %zu more", n - STOPPED_NAMES);
	if (n > 0)
		buf_addc(&notes, '\n');
	call_stage_notes(c, &notes);
	buf_release(&notes);
	/* An empty one ends what an earlier one said. */
	if (list->child != NULL || c->stopped.len > 0)
		json_set_take(result, "stopped", list);
	else
		cJSON_Delete(list);
}

void
stopped_recover(struct core *c, cJSON *result)
{
	struct buf notes = BUF_INIT(1 << 16);

	if (!c->planning) {
		(void)stage_after_call(c->stage, &notes, NULL);
		call_stage_notes(c, &notes);
		propose_count(c, result);
		call_add_notes(c, result);
	}
	buf_release(&notes);
}

void
stopped_event(struct core *c, const cJSON *event)
{
	const char *type = json_str_or(event, "type", "");
	bool looked = strcmp(type, "tool_result") == 0;
	const cJSON *list = looked ? json_array(event, "stopped") :
	    strcmp(type, "applied") == 0 ? json_array(event, "ops") : NULL, *it;
	char *path;
	size_t n;

	if (list != NULL && looked)
		pathmap_release(&c->stopped);
	cJSON_ArrayForEach(it, list) {
		path = json_get_bytes(it, "path", &n);
		if (path != NULL && looked)
			pathmap_add(&c->stopped, path,
			    sizeof(struct stopped_file));
		/* It was looked at. */
		else if (path != NULL && json_bool(it, "ok", false))
			pathmap_remove(&c->stopped, path);
		free(path);
	}
}

void
stopped_tell(const struct core *c, cJSON *fields)
{
	cJSON *file;

	cJSON_ArrayForEach(file, json_array(fields, "files")) {
		size_t n;
		char *path = json_get_bytes(file, "path", &n), *note;
		const char *had = json_str(file, "note");

		if (path != NULL && stopped_has(c, path)) {
			note = had == NULL ? xstrdup(STOPPED_NOTE) :
			    xasprintf("%s; " STOPPED_NOTE, had);
			json_add_str(file, "note", note);
			free(note);
		}
		free(path);
	}
}
