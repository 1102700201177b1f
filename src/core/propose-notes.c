#include "config.h"

#include "core/propose.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "core/call.h"
#include "core/core.h"
#include "core/seen.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "tool/v4a.h"

#define REASONS_OF_FILE 200
#define REASONS_TEXT_MAX ((size_t)64 << 10)	/* limit on replaced text */

/* A file of the proposal. */
struct reasons_file {
	char	*path;
	int	 hunks;
	bool	 decided;	/* all hunks are decided */
};

struct reasons {
	cJSON	*calls;		/* by id: edits of unanswered calls */
	cJSON	*paths;		/* by path: arrays of {text, old, new, all} */
	struct pathmap proposed;	/* of struct reasons_file */
	struct pathmap stopped;		/* of struct stopped_file */
	char	*root, *cwd;
	bool	 planning;	/* planning writes are thrown away */
};

const cJSON *
reasons_list(const struct core *c)
{
	return c->reasons->paths;
}

/* One edit of a call: the old text, the new text and the reason. Without old
 * and new the reason is for the whole file. */
static cJSON *
reasons_edit(const char *path, const char *text, const char *old,
    const char *new, bool all)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "path", path);
	json_add_str(o, "text", text);
	if (old != NULL && new != NULL && strlen(old) <= REASONS_TEXT_MAX &&
	    strlen(new) <= REASONS_TEXT_MAX) {
		json_add_str(o, "old", old);
		json_add_str(o, "new", new);
		json_add_bool(o, "all", all);
	}
	return o;
}

/* The edit in `o`, a call's arguments or one of its "edits". */
static void
reasons_add(cJSON *list, const cJSON *args, const cJSON *o)
{
	const char *path = json_str(args, "path");
	const char *text = json_str_or(o, "reason",
	    json_str(args, "reason"));

	if (path != NULL && text != NULL &&
	    cJSON_GetArraySize(list) < REASONS_OF_FILE)
		cJSON_AddItemToArray(list, reasons_edit(path, text,
		    json_str(o, "old_string"), json_str(o, "new_string"),
		    json_bool(o, "replace_all", false)));
}

/* The chunks of a patch, each with its own reason, its file's, or the
 * call's. */
static void
reasons_patch(cJSON *list, const char *patch, const char *said)
{
	struct err e = ERR_INIT;
	AUTO(v4a_release) struct v4a v = { 0 };
	size_t i, k;
	bool read = v4a_parse(&v, patch, strlen(patch), &e) == 0;

	for (i = 0; read && i < v.len; i++) {
		const struct v4a_file *f = &v.files[i];
		const char *text = f->reason != NULL ? f->reason : said;
		const char *path = f->move != NULL ? f->move : f->path;

		if (f->len == 0 && text != NULL)
			cJSON_AddItemToArray(list, reasons_edit(path, text,
			    NULL, NULL, false));
		for (k = 0; k < f->len; k++) {
			const char *words = f->chunks[k].reason != NULL ?
			    f->chunks[k].reason : text;
			AUTO_BUF struct buf old = BUF_INIT(0);
			AUTO_BUF struct buf new = BUF_INIT(0);

			if (words == NULL)
				continue;
			v4a_chunk_text(&f->chunks[k], false, &old);
			v4a_chunk_text(&f->chunks[k], true, &new);
			cJSON_AddItemToArray(list, reasons_edit(path, words,
			    buf_str(&old), buf_str(&new), false));
		}
	}
}

static void
reasons_call(struct reasons *r, const cJSON *ev)
{
	const cJSON *args = json_get(ev, "args"), *it;
	const cJSON *edits = json_array(args, "edits");
	cJSON *list;

	if (r->planning)
		return;
	list = cJSON_CreateArray();
	if (json_is(ev, "name", "apply_patch"))
		reasons_patch(list, json_str_or(args, "input", ""),
		    json_str(args, "reason"));
	else if (edits == NULL || json_str_or(args, "old_string",
	    "")[0] != '\0')
		reasons_add(list, args, args);
	cJSON_ArrayForEach(it, edits)
		reasons_add(list, args, it);
	if (list->child != NULL)
		json_set_take(r->calls, json_str_or(ev, "id", ""), list);
	else
		cJSON_Delete(list);
}

/* Add it under the file's path from the root. */
static void
reasons_of(struct reasons *r, const char *path, cJSON *o_take)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(r->paths, path);

	if (list == NULL) {
		list = cJSON_CreateArray();
		json_set_take(r->paths, path, list);
	}
	if (cJSON_GetArraySize(list) < REASONS_OF_FILE)
		cJSON_AddItemToArray(list, o_take);
	else
		cJSON_Delete(o_take);
}

/* Add a finished edit. */
static void
reasons_made(struct reasons *r, cJSON *o_take)
{
	AUTO_FREE char *full =
	    fs_normalize(fs_is_below(r->cwd, r->root) ? r->cwd : r->root,
		json_str_or(o_take, "path", ""));
	const char *path = full + strlen(r->root) + 1;

	if (fs_is_below(full, r->root) && strlen(full) > strlen(r->root) + 1)
		reasons_of(r, path, o_take);
	else
		cJSON_Delete(o_take);
}

/* Who wrote it, which no model says. */
static cJSON *
reasons_by(const char *path, const char *by)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "path", path);
	json_add_str(o, "by", by);
	return o;
}

/* What an MCP server wrote: its tool is "server__tool". */
static void
reasons_server(struct reasons *r, const cJSON *ev)
{
	const char *server = json_str_or(ev, "server", "");
	const char *tool = json_str_or(ev, "name", "");
	size_t n = strlen(server);
	AUTO_FREE char *by = xasprintf("MCP server %s (its tool %s)", server,
	    strncmp(tool, server, n) == 0 && strlen(tool) > n + 2 ?
	    tool + n + 2 : tool);
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(ev, "wrote")) {
		AUTO_FREE char *path = json_get_bytes(it, "path", &n);
		AUTO_FREE char *full = path == NULL || r->root == NULL ? NULL :
		    fs_join(r->root, path);

		if (full != NULL && !r->planning)
			reasons_made(r, reasons_by(full, by));
	}
}

static void
reasons_result(struct reasons *r, const cJSON *ev)
{
	AUTO_JSON cJSON *list = cJSON_DetachItemFromObjectCaseSensitive(
	    r->calls, json_str_or(ev, "id", ""));

	reasons_server(r, ev);
	if (json_bool(ev, "ok", false) && r->root != NULL)
		while (list != NULL && list->child != NULL)
			reasons_made(r, cJSON_DetachItemFromArray(list, 0));
}

/* Drop the reasons of files that are no longer proposed. */
static void
reasons_proposal(struct reasons *r, const cJSON *ev)
{
	const cJSON *file;
	cJSON *kept = cJSON_CreateObject(), *it;
	struct reasons_file *f;
	size_t n;

	pathmap_release(&r->proposed);
	cJSON_ArrayForEach(file, json_array(ev, "files")) {
		AUTO_FREE char *path = json_get_bytes(file, "path", &n);

		if (path == NULL)
			continue;
		f = pathmap_add(&r->proposed, path, sizeof(*f));
		f->hunks = cJSON_GetArraySize(json_array(file, "hunks"));
		it = cJSON_DetachItemFromObjectCaseSensitive(r->paths, path);
		if (it != NULL)
			json_set_take(kept, path, it);
	}
	cJSON_Delete(r->paths);
	r->paths = kept;
}

static void
reasons_decision(struct reasons *r, const cJSON *ev)
{
	const cJSON *file;
	struct reasons_file *f;
	size_t n;

	cJSON_ArrayForEach(file, json_array(ev, "files")) {
		AUTO_FREE char *path = json_get_bytes(file, "path", &n);

		f = path == NULL ? NULL : pathmap_find(&r->proposed, path);
		if (f != NULL && f->hunks == cJSON_GetArraySize(json_array(
		    file, "hunks")))
			f->decided = true;
	}
}

/* The reason was for the text that is written now. */
static void
reasons_applied(struct reasons *r, const cJSON *ev)
{
	const struct reasons_file *f;
	const cJSON *op;
	size_t n;

	cJSON_ArrayForEach(op, json_array(ev, "ops")) {
		AUTO_FREE char *path = json_get_bytes(op, "path", &n);

		f = path == NULL ? NULL : pathmap_find(&r->proposed, path);
		if (f != NULL && json_bool(op, "ok", false) && f->decided)
			cJSON_DeleteItemFromObjectCaseSensitive(r->paths, path);
	}
}

static void
reasons_line(struct reasons *r, const cJSON *ev, enum event_type type)
{
	if (type == EVENT_TOOL_CALL)
		reasons_call(r, ev);
	else if (type == EVENT_TOOL_RESULT)
		reasons_result(r, ev);
	else if (type == EVENT_PROPOSAL)
		reasons_proposal(r, ev);
	else if (type == EVENT_DECISION)
		reasons_decision(r, ev);
	else if (type == EVENT_APPLIED)
		reasons_applied(r, ev);
	else if (type == EVENT_TURN_START)
		r->planning = json_str(ev, "phase") != NULL &&
		    !json_is(ev, "phase", "execute");
	else if (type == EVENT_SESSION_START && r->root == NULL) {
		r->root = xstrdup(json_str_or(ev, "root", "/"));
		r->cwd = xstrdup(json_str_or(ev, "cwd", r->root));
	}
}

/*
 * stopped: names the files of a stopped call. Changes of a call that was
 * stopped (by a limit, by the user, or with its core) stay staged, since the
 * work before the stop may be useful. A file may be half done, so it is named
 * to the model and the user when the call ends, and with each proposal, until
 * the user has decided all its shown hunks, it was applied, `write` has
 * replaced it, or its change is gone. Another call that changes one line proves
 * nothing about the rest.
 */

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
	return pathmap_find(&c->reasons->stopped, path) != NULL;
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
	if (list->child != NULL || c->reasons->stopped.len > 0)
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
	AUTO(pathmap_release) struct pathmap had = c->reasons->stopped;
	const cJSON *it;
	size_t n;

	c->reasons->stopped = (struct pathmap){ 0 };
	cJSON_ArrayForEach(it, list) {
		AUTO_FREE char *path = json_get_bytes(it, "path", &n);
		const struct stopped_file *old;
		struct stopped_file *now;

		if (path == NULL)
			continue;
		old = pathmap_find(&had, path);
		now = pathmap_add(&c->reasons->stopped, path, sizeof(*now));
		now->shown = old != NULL && old->shown && !stopped;
	}
}

/* The last result with a list counts. */
static void
stopped_line(struct core *c, const cJSON *event, enum event_type type)
{
	bool shown = type == EVENT_PROPOSAL;
	bool decided = type == EVENT_DECISION &&
	    json_str(event, "rule") == NULL;
	const cJSON *list = json_array(event, shown || decided ? "files" :
	    type == EVENT_APPLIED ? "ops" : "stopped"), *it;

	if (type == EVENT_TOOL_RESULT && list != NULL)
		stopped_set(c, list, stopped_is(event));
	else if (type == EVENT_DECISION && !decided)
		return;		/* only the apply counts */
	else if (c->reasons->stopped.len > 0)
		cJSON_ArrayForEach(it, list) {
			size_t n;
			AUTO_FREE char *path = json_get_bytes(it, "path", &n);
			struct stopped_file *f = path == NULL ? NULL :
			    pathmap_find(&c->reasons->stopped, path);

			if (f != NULL && shown)
				f->shown = true;
			/* The user may have left some of its hunks
			 * undecided. */
			else if (f != NULL && f->shown && (decided ?
			    stopped_is_decided(c, path) :
			    json_bool(it, "ok", false) && !json_is(it,
			    "rule", "person")))
				pathmap_remove(&c->reasons->stopped, path);
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

static void
notes_init(struct core *c)
{
	c->reasons = xcalloc(1, sizeof(*c->reasons));
	c->reasons->calls = cJSON_CreateObject();
	c->reasons->paths = cJSON_CreateObject();
}

static void
notes_line(struct core *c, const cJSON *line, enum event_type type)
{
	stopped_line(c, line, type);
	reasons_line(c->reasons, line, type);
}

static void
notes_free(struct core *c)
{
	struct reasons *r = c->reasons;

	cJSON_Delete(r->calls);
	cJSON_Delete(r->paths);
	pathmap_release(&r->proposed);
	free(r->root);
	free(r->cwd);
	pathmap_release(&r->stopped);
	free(r);
}

const struct core_part notes_part = {
	.init = notes_init, .line = notes_line, .free = notes_free,
};
