#include "config.h"

#include "core/plan-step.h"

#include <string.h>

#include "base/fs.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/call-answer.h"
#include "core/core.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "tool/tool.h"

#define STEP_NAMES 20	/* files or steps named in one text */

struct step_outside { char *path; };

static bool
step_plan_holds(const struct core *c)
{
	const struct fold_plan *p = &c->fold->plan;

	return !c->task.planning && c->plan.mode != PLAN_SKIP &&
	    c->plan.mode != PLAN_LOOK && !p->past && p->status != NULL &&
	    strcmp(p->status, "approved") == 0;
}

/* The current step; steps_len if all are done. */
static size_t
step_now(const struct fold_plan *p)
{
	size_t i = 0;

	while (i < p->steps_len && p->steps[i].done)
		i++;
	return i;
}

static bool
step_is_editing(const char *name)
{
	const struct tool_entry *t = tool_find(name);

	return t != NULL && (t->effects & TOOL_WRITES) != 0;
}

static bool
step_has_tool(const struct fold_step *s, const char *name)
{
	size_t i;

	/* A model with apply_patch has it instead of edit and write. */
	for (i = 0; i < s->tools_len; i++)
		if (strcmp(s->tools[i], name) == 0 ||
		    (step_is_editing(name) && step_is_editing(s->tools[i]) &&
		    (strcmp(name, "apply_patch") == 0 ||
		    strcmp(s->tools[i], "apply_patch") == 0)))
			return true;
	return s->tools_len == 0;
}

/* The paths of the steps from..to; NULL if one of them may change any. */
static struct glob_list *
step_globs_new(const struct fold_plan *p, size_t from, size_t to)
{
	struct glob_list *g = glob_list_new(false);
	size_t i, k;

	for (i = from; i <= to && i < p->steps_len; i++) {
		const struct fold_step *s = &p->steps[i];

		if (s->paths_len == 0) {
			glob_list_free(g);
			return NULL;
		}
		for (k = 0; k < s->paths_len; k++) {
			const char *one = s->paths[k];

			while (strncmp(one, "./", 2) == 0)
				one += 2;
			/* The whole project. */
			if (one[0] == '\0' || strcmp(one, ".") == 0)
				one = "*";
			glob_list_add(g, one, strlen(one));
		}
	}
	return g;
}

char *
plan_step_refuses(const struct core *c, const struct tool_entry *t,
    const char *path)
{
	const struct fold_plan *p = &c->fold->plan;
	const struct fold_step *s;
	size_t at = step_now(p);
	struct glob_list *g = NULL;
	const char *what = NULL;

	if ((t->effects & (TOOL_WRITES | TOOL_COMMAND)) == 0 ||
	    !step_plan_holds(c) || at == p->steps_len)
		return NULL;
	s = &p->steps[at];
	if (!step_has_tool(s, t->name))
		what = t->name;
	else if ((t->effects & TOOL_WRITES) != 0 && path != NULL &&
	    (g = step_globs_new(p, 0, at)) != NULL) {
		AUTO_FREE char *inside = fs_inside(c->root, c->cwd, path);

		/* The tool itself rejects paths outside the project. */
		if (inside != NULL && !glob_list_covers(g, inside))
			what = path;
		glob_list_free(g);
	}
	return what == NULL ? NULL :
	    xasprintf("%.200s is not part of step %zu of the plan (only %.400s); "
	    "nothing was done. Finish the step and call step_done, then go on "
	    "with the next one. If the plan leaves it out, say so with done",
	    what, at + 1, s->held == NULL ? "" : s->held);
}

bool
plan_step_refuses_done(struct core *c, const struct core_call *call)
{
	const struct fold_plan *p = &c->fold->plan;
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i, n = 0;

	if (!step_plan_holds(c) || c->plan.nudged)
		return false;
	for (i = 0; i < p->steps_len; i++)
		if (!p->steps[i].done && n++ < STEP_NAMES)
			buf_addf(&b, "%s%zu (%.200s)", n == 1 ? "not yet: open "
			    "steps of the plan: " : ", ", i + 1,
			    p->steps[i].title);
	if (n == 0)
		return false;
	c->plan.nudged = true;
	if (n > STEP_NAMES)
		buf_addf(&b, " and %zu more", n - STEP_NAMES);
	buf_adds(&b, ". Call step_done for each that is done, and do the "
	    "others; or call done again, and say in its summary why they stay "
	    "open");
	call_result(c, call->id, call->name, false, "plan_step", buf_str(&b));
	return true;
}

void
plan_step_look(struct core *c, const struct stage_scan *scan, cJSON *result)
{
	const struct fold_plan *p = &c->fold->plan;
	struct glob_list *g = NULL;
	cJSON *list = cJSON_CreateArray(), *o;
	size_t i, n = 0;

	if (step_plan_holds(c) && p->steps_len > 0)
		g = step_globs_new(p, 0, step_now(p));
	for (i = 0; i < scan->changes_len; i++) {
		const char *path = scan->changes[i].path;
		bool known = plan_step_is_outside(c, path);

		if (!known && (g == NULL || glob_list_covers(g, path)))
			continue;
		if (!known && n++ < STEP_NAMES) {
			buf_adds(&c->model_notes, n > 1 ? ", " : "changed "
			    "outside the paths of this step of the plan, so "
			    "the user will decide: ");
			json_path_text(&c->model_notes, path);
		}
		o = cJSON_CreateObject();
		json_add_bytes(o, "path", path, strlen(path));
		cJSON_AddItemToArray(list, o);
	}
	if (n > STEP_NAMES)
		buf_addf(&c->model_notes, " and %zu more", n - STEP_NAMES);
	if (n > 0)
		buf_addc(&c->model_notes, '\n');
	glob_list_free(g);
	/* An empty list ends an earlier one. */
	if (list->child != NULL || c->plan.outside.len > 0)
		json_set_take(result, "outside", list);
	else
		cJSON_Delete(list);
}

void
plan_step_event(struct core *c, const cJSON *event)
{
	const cJSON *list, *it;
	size_t n;

	if (event_type(event) != EVENT_TOOL_RESULT ||
	    (list = json_array(event, "outside")) == NULL)
		return;
	pathmap_release(&c->plan.outside);
	cJSON_ArrayForEach(it, list) {
		AUTO_FREE char *path = json_get_bytes(it, "path", &n);

		if (path != NULL)
			pathmap_add(&c->plan.outside, path,
			    sizeof(struct step_outside));
	}
}

bool
plan_step_is_outside(const struct core *c, const char *path)
{
	return pathmap_find(&c->plan.outside, path) != NULL;
}
