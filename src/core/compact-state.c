/*
 * What must not depend on what a summary's author remembered: what is written,
 * what is only staged, what the user rejected and why, the plan and the check.
 */
#include "config.h"

#include "core/compact-int.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/run.h"
#include "core/core.h"
#include "core/changes.h"
#include "gate/stage.h"
#include "journal/event.h"
#include "journal/fold-proposal.h"

#define STATE_NAMES	20	/* files, or rejections */
#define STATE_REASON	300	/* bytes of one */

/* Add "file: reason" to those that are kept, the newest last. */
static void
state_reject(cJSON *list, const char *path, const char *reason)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const cJSON *it;

	json_path_text(&b, path);
	if (reason[0] != '\0')
		buf_addf(&b, ": %.*s", (int)utf8_cut(reason, strlen(reason),
		    STATE_REASON), reason);
	cJSON_ArrayForEach(it, list)
		if (strcmp(it->valuestring, buf_str(&b)) == 0) {
			cJSON_AddItemToArray(list,
			    cJSON_DetachItemViaPointer(list, (cJSON *)
			    (uintptr_t)it));
			return;
		}
	cJSON_AddItemToArray(list, cJSON_CreateString(buf_str(&b)));
	if (cJSON_GetArraySize(list) > STATE_NAMES)
		cJSON_DeleteItemFromArray(list, 0);
}

void
compact_state_event(struct core *c, const cJSON *event)
{
	const cJSON *file, *h;
	size_t n;

	if (event_type(event) == EVENT_COMPACTION &&
	    json_is(event, "why", "new"))
		json_drop(&c->compact->rejected);
	/* An undo is between the user and their files. */
	if (event_type(event) != EVENT_DECISION ||
	    c->fold->proposal == NULL || c->fold->proposal->undo != 0)
		return;
	if (c->compact->rejected == NULL)
		c->compact->rejected = cJSON_CreateArray();
	cJSON_ArrayForEach(file, json_array(event, "files")) {
		AUTO_FREE char *path = json_get_bytes(file, "path", &n);

		cJSON_ArrayForEach(h, json_array(file, "hunks"))
			if (path != NULL && json_is(h, "decision", "no"))
				state_reject(c->compact->rejected, path,
				    json_str_or(h, "word", ""));
	}
}

static void
state_name(struct buf *b, size_t *n, const char *name, const char *title)
{
	if ((*n)++ < STATE_NAMES)
		buf_addf(b, "%s%s", *n == 1 ? title : ", ", name);
}

static void
state_names_end(struct buf *b, size_t n)
{
	if (n > STATE_NAMES)
		buf_addf(b, " and %zu more", n - STATE_NAMES);
	if (n > 0)
		buf_addc(b, '\n');
}

static void
state_written(const struct core *c, struct buf *b)
{
	AUTO_JSON cJSON *paths = changes_paths(c);
	const cJSON *it;
	size_t n = 0;

	cJSON_ArrayForEach(it, paths)
		state_name(b, &n, it->valuestring, "- Written to the user's "
		    "files in this task: ");
	state_names_end(b, n);
}

static void
state_staged(const struct core *c, struct buf *b)
{
	struct stage_scan scan;
	size_t i, n = 0;

	/* Not while something may write there; and nothing that a session
	 * writes is kept that only looks. */
	if (c->stage == NULL || c->plan.mode == PLAN_LOOK ||
	    c->worker_call != NULL || run_is_on(c) ||
	    stage_scan(c->stage, &scan, NULL) < 0)
		return;
	for (i = 0; i < scan.changes_len; i++) {
		AUTO_BUF struct buf name = BUF_INIT(0);

		json_path_text(&name, scan.changes[i].path);
		state_name(b, &n, buf_str(&name), "- Only staged, not accepted "
		    "yet: ");
	}
	state_names_end(b, n);
	stage_scan_release(&scan);
}

static void
state_rejected(const struct core *c, struct buf *b)
{
	const cJSON *it;
	bool any = false;

	cJSON_ArrayForEach(it, c->compact->rejected) {
		buf_addf(b, "%s  - %s\n", any ? "" : "- Rejected by the user; "
		    "don't put it back unchanged:\n", it->valuestring);
		any = true;
	}
}

static void
state_plan(const struct core *c, struct buf *b)
{
	const struct fold_plan *p = &c->fold->plan;
	size_t i;

	if (p->version == 0)
		return;
	buf_addf(b, "- The plan%s: %s\n", c->task.planning ?
	    " that was last handed in" : "", p->goal == NULL ? "" : p->goal);
	for (i = 0; i < p->steps_len; i++)
		buf_addf(b, "  %zu. [%s] %s\n", i + 1,
		    p->steps[i].done ? "done" : "open",
		    p->steps[i].title == NULL ? "" : p->steps[i].title);
	for (i = 0; i < p->files_len; i++)
		buf_addf(b, "%s%s%s", i == 0 ? "  Files: " : ", ", p->files[i],
		    i + 1 == p->files_len ? "\n" : "");
}

void
compact_state(const struct core *c, struct buf *b, size_t max)
{
	if (c->plan.mode == PLAN_LOOK)
		buf_adds(b, "- Nothing is to be changed: look, and answer.\n");
	else if (phase_has_task(c) && c->task.planning)
		buf_adds(b, "- No plan is approved yet: explore, then hand in "
		    "a plan.\n");
	state_written(c, b);
	state_staged(c, b);
	state_rejected(c, b);
	state_plan(c, b);
	if (c->check.command != NULL)
		buf_addf(b, "- Success check: `%s`\n", c->check.command);
	if (b->len > max) {
		b->len = utf8_cut(b->p, b->len, max);
		buf_adds(b, " [...]\n");
	}
}
