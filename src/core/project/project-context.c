/* See project-context.h. */
#include "config.h"

#include "core/project/project-context.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/compact.h"
#include "core/core.h"
#include "core/project/instructions.h"
#include "core/project/map.h"
#include "core/emit.h"
#include "journal/event.h"
#include "policy/success-check.h"

#define PROJECT_CONTEXT_MAP_MAX	((size_t)4 << 10)
#define PROJECT_CONTEXT_SHARE	6	/* limit: a sixth of the window, in
					   tokens */

static bool
project_context_skips(void *arg, const char *path, bool is_dir)
{
	struct core *c = arg;
	enum product_why why = policy_product(c->policy, path, is_dir);

	/* Unread files may be binary. */
	return (why != PRODUCT_NOT && why != PRODUCT_BINARY) ||
	    (!is_dir && policy_hides(c->policy, path));
}

size_t
project_context_all(const struct core *c)
{
	struct tokens_room room;

	compact_room(c, &room);
	return (size_t)(room.prompt / PROJECT_CONTEXT_SHARE) * 3;
}

size_t
project_context_room(const struct core *c)
{
	size_t max = project_context_all(c) / 4;

	return max < PROJECT_CONTEXT_MAP_MAX ? max : PROJECT_CONTEXT_MAP_MAX;
}

void
project_context_files_each(struct core *c, map_found found, void *arg)
{
	policy_hold(c->policy, true);
	map_each(stage_root_fd(c->stage), project_context_skips, c, found, arg);
	policy_hold(c->policy, false);
}

static cJSON *
project_context_read_all(struct core *c)
{
	cJSON *o = cJSON_CreateObject(), *files, *guess;
	const char *command, *from;
	char *map;

	files = instructions_begin(c, project_context_all(c));
	if (files->child != NULL)
		json_set_take(o, "files", files);
	else
		cJSON_Delete(files);
	if (c->project.context != NULL && !c->project.due) {
		json_add_str(o, "map", json_str(c->project.context, "map"));
		if (json_str(c->project.context, "symbols") != NULL)
			json_add_str(o, "symbols", json_str(c->project.context,
			    "symbols"));
	} else {
		policy_hold(c->policy, true);
		map = map_make(stage_root_fd(c->stage), project_context_skips,
		    c, project_context_room(c));
		policy_hold(c->policy, false);
		json_add_str(o, "map", map);
		free(map);
		c->project.symbols_due = true;
	}
	command = success_check_guess(stage_root_fd(c->stage), &from);
	if (command != NULL) {
		guess = cJSON_CreateObject();
		json_add_str(guess, "command", command);
		json_add_str(guess, "from", from);
		json_set_take(o, "check", guess);
	}
	return o;
}

/* Tell the user whose instructions the model gets. */
static void
project_context_note_files(struct core *c, const cJSON *o)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(o, "files")) {
		int64_t left_out = json_int(it, "left_out", 0);

		buf_addf(&b, "%s%s", b.len == 0 ? "" : ", ",
		    json_str_or(it, "path", "?"));
		if (json_bool(it, "unread", false))
			buf_adds(&b, " (not read: it is too large)");
		else if (left_out > 0)
			buf_addf(&b, json_bool(it, "newest", false) ?
			    " (without its first %lld bytes: shorten it)" :
			    " (without its last %lld bytes)",
			    (long long)left_out);
	}
	if (b.len > 0)
		emit_note(c, "Read for the model, from the project: %s",
		    buf_str(&b));
}

/* The screen says this one in its hints. */
static void
project_context_note_check(struct core *c, const char *check,
    const char *from)
{
	cJSON *o = cJSON_CreateObject();
	AUTO_FREE char *text = xasprintf("No success check is set. %s suggests "
	    "one: \"/check %s\" sets it; an approved plan sets another", from,
	    check);

	json_add_str(o, "check", check);
	json_add_str(o, "text", text);
	emit_event(c, EVENT_NOTE, "core", o);
}

static void
project_context_note(struct core *c, const cJSON *old)
{
	const cJSON *o = c->project.context, *guess = json_get(o, "check");

	if (!cJSON_Compare(json_get(o, "files"), json_get(old, "files"), 1))
		project_context_note_files(c, o);
	if (guess != NULL && c->person && c->check.command == NULL &&
	    !cJSON_Compare(guess, json_get(old, "check"), 1))
		project_context_note_check(c, json_str_or(guess, "command",
		    "?"), json_str_or(guess, "from", "?"));
}

void
project_context_take(struct core *c)
{
	cJSON *now = project_context_read_all(c), *old = c->project.context;

	c->project.due = false;
	if (old != NULL && cJSON_Compare(now, old, 1)) {
		cJSON_Delete(now);
		return;
	}
	c->project.context = now;
	emit_event(c, EVENT_PROJECT, "core", cJSON_Duplicate(now, 1));
	project_context_note(c, old);
	cJSON_Delete(old);
}

void
project_context_symbols(struct core *c, const char *text)
{
	json_add_str(c->project.context, "symbols", text);
	emit_event(c, EVENT_PROJECT, "core", cJSON_Duplicate(c->project.context, 1));
}

void
project_context_recall(struct core *c, const cJSON *line)
{
	static const char *const members[] = { "files", "map", "symbols",
		"check" };

	if (event_type(line) != EVENT_PROJECT)
		return;
	cJSON_Delete(c->project.context);
	c->project.context = cJSON_CreateObject();
	JSON_COPY(c->project.context, line, members);
}
