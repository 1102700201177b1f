/*
 * tool_targets: which files a call is about, from its arguments alone, so that
 * code that tracks files asks one function for all tools.
 */
#include "config.h"

#include "tool/tool.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "tool/v4a.h"

struct targets {
	struct tool_target *v;
	size_t		 len;
};

static void
targets_add(struct targets *t, const char *path, bool whole)
{
	size_t i;

	if (path == NULL)
		return;
	for (i = 0; i < t->len; i++)
		if (strcmp(t->v[i].path, path) == 0) {
			t->v[i].whole = t->v[i].whole || whole;
			return;
		}
	GROW(t->v, t->len);
	t->v[t->len++] = (struct tool_target){ xstrdup(path), whole };
}

static void
targets_patch(struct targets *t, const char *patch)
{
	struct err e = ERR_INIT;
	AUTO(v4a_release) struct v4a v = { 0 };
	size_t i;

	/* An invalid patch changes nothing. */
	if (v4a_parse(&v, patch, strlen(patch), &e) == 0)
		for (i = 0; i < v.len; i++) {
			targets_add(t, v.files[i].path,
			    v.files[i].kind != V4A_UPDATE ||
			    v.files[i].move != NULL);
			targets_add(t, v.files[i].move, true);
		}
}

struct tool_target *
tool_targets(const struct tool_entry *tool, const cJSON *args, size_t *n)
{
	struct targets t = { 0 };
	const cJSON *it;

	if (strcmp(tool->name, "apply_patch") == 0)
		targets_patch(&t, json_str_or(args, "input", ""));
	else if ((tool->effects & (TOOL_READS | TOOL_WRITES)) != 0)
		targets_add(&t, json_str(args, "path"),
		    strcmp(tool->name, "write") == 0);
	if (strcmp(tool->name, "read") == 0) {
		cJSON_ArrayForEach(it, json_array(args, "paths"))
			targets_add(&t, cJSON_GetStringValue(it), false);
		cJSON_ArrayForEach(it, json_array(args, "ranges"))
			targets_add(&t, json_str(it, "path"), false);
	}
	*n = t.len;
	return t.v;
}

void
tool_targets_free(struct tool_target *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(v[i].path);
	free(v);
}
