#include "config.h"

#include "core/include.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/patch-call.h"
#include "core/run.h"
#include "core/core.h"
#include "core/propose-open.h"
#include "core/propose.h"
#include "core/driver.h"
#include "core/emit.h"
#include "journal/event.h"
#include "tool/tool.h"

#define INCLUDE_GLOB_MAX 4096

static void
include_rule(struct core *c, const cJSON *rule)
{
	size_t n;
	AUTO_FREE char *glob = json_get_bytes(rule, "glob", &n);

	if (glob != NULL)
		product_add_rule(policy_product_rules(c->policy), strcmp(
		    json_str_or(rule, "action", ""), "hide") == 0, glob, n);
}

void
include_written(struct core *c, const char *path)
{
	AUTO_FREE char *inside = NULL;

	if (path == NULL || c->task.planning)
		return;
	inside = fs_inside(c->root, c->cwd, path);
	if (inside != NULL)
		product_add_written(policy_product_rules(c->policy), inside);
}

/* The names of the files that a call writes. */
static cJSON *
include_targets(const struct tool_entry *t, const cJSON *args)
{
	cJSON *list = cJSON_CreateArray();
	struct tool_target *v;
	size_t i, n;

	v = tool_targets(t, args, &n);
	for (i = 0; i < n; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(v[i].path));
	tool_targets_free(v, n);
	return list;
}

/* From an old journal: rules, and the files written. They wait until the policy
 * exists. */
void
include_recall(struct core *c, const cJSON *event)
{
	enum event_type type = event_type(event);
	const char *id = json_str_or(event, "id", "");
	const struct tool_entry *t;

	if (c->included.rules == NULL) {
		c->included.rules = cJSON_CreateArray();
		c->included.writing = cJSON_CreateObject();
		c->included.written = cJSON_CreateArray();
	}
	if (type == EVENT_PRODUCTS)
		cJSON_AddItemToArray(c->included.rules,
		    cJSON_Duplicate(event, 1));
	if (type == EVENT_TOOL_CALL) {
		t = tool_find(json_str_or(event, "name", ""));
		if (t != NULL && (t->effects & TOOL_WRITES) != 0)
			json_set_take(c->included.writing, id,
			    include_targets(t, json_get(event, "args")));
	} else if (type == EVENT_TOOL_RESULT) {
		AUTO_JSON cJSON *paths =
		    cJSON_DetachItemFromObjectCaseSensitive(
			c->included.writing, id);

		while (json_bool(event, "ok", false) && paths != NULL &&
		    paths->child != NULL)
			cJSON_AddItemToArray(c->included.written,
			    cJSON_DetachItemFromArray(paths, 0));
	}
}

void
include_start(struct core *c)
{
	struct product_rules *rules = policy_product_rules(c->policy);
	const cJSON *it;

	/* Everything in a patch is meant to be applied, whatever its name. */
	if (patch_is_wanted(c))
		product_add_rule(rules, false, "*", 1);
	cJSON_ArrayForEach(it, json_array(c->start, "include"))
		if (cJSON_IsString(it))
			product_add_rule(rules, false, it->valuestring,
			    strlen(it->valuestring));
	cJSON_ArrayForEach(it, c->included.rules)
		include_rule(c, it);
	cJSON_ArrayForEach(it, c->included.written)
		include_written(c, it->valuestring);
	include_release(c);
}

void
include_release(struct core *c)
{
	cJSON_Delete(c->included.rules);
	cJSON_Delete(c->included.writing);
	cJSON_Delete(c->included.written);
	c->included.rules = c->included.writing = c->included.written = NULL;
}

/* The pattern in a command: `glob`, or `path` for that file alone. */
static char *
include_glob(const cJSON *command, size_t *n, struct err *e)
{
	struct buf b = BUF_INIT(0);
	char *path = json_get_bytes(command, "path", n), *glob;

	if (path != NULL) {
		while (*n > 1 && path[*n - 1] == '/')
			path[--*n] = '\0';
		if (strlen(path) == *n && apply_path_check(path, e) == 0)
			product_path_glob(&b, path);
		free(path);
		*n = b.len;
		glob = b.len == 0 ? NULL : buf_take(&b);
		buf_release(&b);
	} else
		glob = json_get_bytes(command, "glob", n);
	if (glob == NULL || *n == 0 || *n > INCLUDE_GLOB_MAX ||
	    strlen(glob) != *n || strpbrk(glob, "\r\n") != NULL ||
	    strchr("!#", glob[0]) != NULL) {
		err_set(e, "give a file's name or a pattern as in "
		    ".gitignore");
		free(glob);
		return NULL;
	}
	return glob;
}

/* Would this pattern include any staged file? */
static int
include_check(struct core *c, const char *glob, size_t n, struct err *e)
{
	struct glob_list *g = glob_list_new(false);
	struct stage_scan scan;
	bool any = false;
	size_t i;

	glob_list_add(g, glob, n);
	if (stage_scan(c->stage, &scan, e) < 0) {
		glob_list_free(g);
		return -1;
	}
	/* It may match a file beyond the end of the list. */
	any = scan.ignored_all > scan.ignored_len;
	for (i = 0; i < scan.ignored_len && !any; i++)
		any = glob_list_covers(g, scan.ignored[i]);
	stage_scan_release(&scan);
	glob_list_free(g);
	return any ? 0 : err_set(e, "no staged build product has this name");
}

void
include_refresh(struct core *c)
{
	/* phases: a mounted view is never scanned. */
	assert(c->phase == PHASE_IDLE && !run_is_on(c));
	c->review.product_due = false;
	if (c->task.planning || (phase_has_task(c) && !propose_is_open(c))) {
		propose_count(c, NULL);	/* proposed at the next occasion */
		return;
	}
	if (!phase_has_task(c))
		c->review.final = true;
	propose_anew(c);
	driver_soon(c);
}

int
include_command(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	bool hide = json_is(command, "type", "hide");
	cJSON *o;
	size_t n;
	AUTO_FREE char *glob = include_glob(command, &n, e);

	if (glob == NULL)
		return -1;
	if (!hide && c->phase == PHASE_IDLE && !run_is_on(c) &&
	    include_check(c, glob, n, e) < 0)
		return -1;
	o = cJSON_CreateObject();
	json_add_str(o, "action", hide ? "hide" : "include");
	json_add_bytes(o, "glob", glob, n);
	json_add_str(o, "client", client);
	emit_event(c, EVENT_PRODUCTS, "user", o);
	emit_sync(c);
	product_add_rule(policy_product_rules(c->policy), hide, glob, n);
	/* A mounted view is never scanned. */
	c->review.product_due = true;
	if (c->phase == PHASE_IDLE && !run_is_on(c))
		include_refresh(c);
	return 0;
}
