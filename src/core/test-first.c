#include "config.h"

#include "core/test-first.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/changes.h"
#include "core/core.h"
#include "journal/fold.h"

/* Do the staged and applied changes of this task affect tests only? */
static bool
first_is_untouched(struct core *c, struct stage *stage)
{
	AUTO_FREE struct changes_op *ops = NULL;
	struct stage_scan scan;
	bool is = true;
	size_t i, n;

	ops = changes_ops(c, &n);
	for (i = 0; i < n; i++)
		is = is && policy_is_test(c->policy, ops[i].path);
	if (!is || stage == NULL || stage_scan(stage, &scan, NULL) < 0)
		return false;
	for (i = 0; i < scan.changes_len; i++)
		is = is && policy_is_test(c->policy, scan.changes[i].path);
	stage_scan_release(&scan);
	return is;
}

/* Is "`command`" in one of the plan's sentences? */
static bool
first_plan_names(const cJSON *plan, const char *mark)
{
	const cJSON *it;

	if (cJSON_IsString(plan))
		return strstr(plan->valuestring, mark) != NULL;
	cJSON_ArrayForEach(it, plan)
		if (first_plan_names(it, mark))
			return true;
	return false;
}

static bool
first_is_named(const struct core *c, const char *command)
{
	const struct fold_plan *p = &c->fold->plan;
	AUTO_JSON cJSON *plan = NULL;
	AUTO_FREE char *mark = NULL;

	if (c->check.command != NULL && strcmp(command, c->check.command) == 0)
		return true;
	if (p->json == NULL || p->status == NULL ||
	    strcmp(p->status, "approved") != 0)
		return false;
	plan = json_parse(p->json, strlen(p->json), JSON_NUL_REPLACE, NULL);
	mark = xasprintf("`%s`", command);
	return first_plan_names(plan, mark);
}

bool
test_first_failed(struct core *c, struct stage *stage, const char *tool,
    const char *args_text, const cJSON *result)
{
	AUTO_JSON cJSON *args = NULL;
	bool named;

	if (strcmp(json_str_or(c->start, "test_first", "off"), "on") != 0 ||
	    !json_is(result, "error", "exit"))
		return false;
	args = json_parse(args_text, strlen(args_text), JSON_NUL_REPLACE, NULL);
	named = strcmp(tool, "run_tests") == 0 || (strcmp(tool, "bash") == 0 &&
	    first_is_named(c, json_str_or(args, "command", "")));
	return named && first_is_untouched(c, stage);
}
