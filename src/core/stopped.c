#include "config.h"

#include "core/stopped.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/call-answer.h"
#include "core/seen.h"
#include "core/core.h"
#include "journal/event.h"
#include "journal/fold-proposal.h"

#define STOPPED_NAMES	20	/* in one note */
#define STOPPED_NOTE "a stopped call changed this; it may be half done"

struct stopped_file {
	char	*path;		/* the key; must stay first */
	bool	 shown;		/* the open proposal shows it as the stopped
				   call left it */
};

static bool
stopped_is(const cJSON *result)
{
	return json_str(result, "killed") != NULL || json_is(result,
	    "error", "interrupted");
}

bool
stopped_has(const struct core *c, const char *path)
{
	return pathmap_find(&c->stopped, path) != NULL;
}

/* Did this call write the whole file, so that nothing half-done remains? */
static bool
stopped_is_whole(const struct core *c, const cJSON *result, const char *path)
{
	const struct core_call *call = &c->calls.list[c->calls.next];

	return json_is(result, "name", "write") &&
	    json_bool(result, "ok", false) && c->calls.next < c->calls.len &&
	    call->seen != NULL && call->targets_len == 1 &&
	    call->seen[0].path != NULL &&
	    strcmp(call->seen[0].path, path) == 0;
}

void
stopped_look(struct core *c, const struct stage_scan *scan, cJSON *result)
{
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	bool stopped = stopped_is(result);
	cJSON *list = cJSON_CreateArray(), *o;
	size_t i, n = 0;

	for (i = 0; i < scan->changes_len; i++) {
		const struct stage_change *ch = &scan->changes[i];
		bool by_it = stopped && ch->now;

		if (!by_it && (!stopped_has(c, ch->path) ||
		    stopped_is_whole(c, result, ch->path)))
			continue;
		o = cJSON_CreateObject();
		json_add_path(o, "path", ch->path);
		cJSON_AddItemToArray(list, o);
		if (!by_it || ++n > STOPPED_NAMES)
			continue;
		buf_adds(&notes, n > 1 ? ", " :
					 "the call was stopped; its changes so "
					 "far are staged: ");
		json_path_text(&notes, ch->path);
	}
	if (n > STOPPED_NAMES)
		buf_addf(&notes, ", and %zu more", n - STOPPED_NAMES);
	if (n > 0)
		buf_addc(&notes, '\n');
	call_stage_notes(c, &notes);
	/* An empty list ends an earlier one. */
	if (list->child != NULL || c->stopped.len > 0)
		json_set_take(result, "stopped", list);
	else
		cJSON_Delete(list);
}

/* Did the user decide everything shown of the file? */
static bool
stopped_is_decided(const struct core *c, const char *path)
{
	const struct fold_file *f = fold_find_file(c->fold, path);
	size_t i;

	for (i = 0; f != NULL && i < f->hunks_len; i++)
		if (!f->hunks[i].decided)
			return false;
	return f != NULL;
}

/* The stopped files after a call. A call that was itself stopped may have
 * changed what was shown before. */
static void
stopped_set(struct core *c, const cJSON *list, bool stopped)
{
	AUTO(pathmap_release) struct pathmap had = c->stopped;
	const cJSON *it;
	size_t n;

	c->stopped = (struct pathmap){ 0 };
	cJSON_ArrayForEach(it, list) {
		AUTO_FREE char *path = json_get_bytes(it, "path", &n);
		const struct stopped_file *old;
		struct stopped_file *now;

		if (path == NULL)
			continue;
		old = pathmap_find(&had, path);
		now = pathmap_add(&c->stopped, path, sizeof(*now));
		now->shown = old != NULL && old->shown && !stopped;
	}
}

void
stopped_event(struct core *c, const cJSON *event)
{
	enum event_type type = event_type(event);
	bool shown = type == EVENT_PROPOSAL;
	bool decided = type == EVENT_DECISION &&
	    json_str(event, "rule") == NULL;
	const cJSON *list = json_array(event, shown || decided ? "files" :
	    type == EVENT_APPLIED ? "ops" : "stopped"), *it;

	if (type == EVENT_TOOL_RESULT && list != NULL)
		stopped_set(c, list, stopped_is(event));
	else if (type == EVENT_DECISION && !decided)
		return;		/* only the apply counts */
	else if (c->stopped.len > 0)
		cJSON_ArrayForEach(it, list) {
			size_t n;
			AUTO_FREE char *path = json_get_bytes(it, "path", &n);
			struct stopped_file *f = path == NULL ? NULL :
			    pathmap_find(&c->stopped, path);

			if (f != NULL && shown)
				f->shown = true;
			/* The user may have left some of its hunks
			 * undecided. */
			else if (f != NULL && f->shown && (decided ?
			    stopped_is_decided(c, path) :
			    json_bool(it, "ok", false) && !json_is(it,
			    "rule", "person")))
				pathmap_remove(&c->stopped, path);
		}
}

void
stopped_tell(const struct core *c, cJSON *fields)
{
	cJSON *file;

	cJSON_ArrayForEach(file, json_array(fields, "files")) {
		size_t n;
		AUTO_FREE char *path = json_get_bytes(file, "path", &n);
		const char *had = json_str(file, "note");

		if (path != NULL && stopped_has(c, path)) {
			AUTO_FREE char *note =
			    had == NULL ? xstrdup(STOPPED_NOTE) :
					  xasprintf("%s; " STOPPED_NOTE, had);

			json_add_str(file, "note", note);
		}
	}
}
