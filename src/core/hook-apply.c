#include "config.h"

#include "core/hook-apply.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"
#include "core/hook-int.h"
#include "core/decision.h"
#include "core/driver.h"
#include "core/emit.h"
#include "journal/fold.h"

/* The files of which something would be written: [{path, status?, from?}]. */
static cJSON *
hook_apply_files(const struct core *c)
{
	cJSON *list = cJSON_CreateArray();
	const cJSON *file, *h;
	size_t n;

	cJSON_ArrayForEach(file, json_array(c->decision.line, "files")) {
		AUTO_FREE char *path = json_get_bytes(file, "path", &n);
		bool any = false;
		cJSON *o;

		cJSON_ArrayForEach(h, json_array(file, "hunks"))
			any = any || !json_is(h, "decision", "no");
		if (!any || path == NULL)
			continue;
		o = cJSON_CreateObject();
		json_add_path(o, "path", path);
		cJSON_AddItemToArray(list, o);
	}
	return list;
}

static cJSON *
hook_apply_names(const cJSON *files)
{
	cJSON *names = cJSON_CreateArray();
	const cJSON *it;

	cJSON_ArrayForEach(it, files)
		cJSON_AddItemToArray(names, cJSON_CreateString(json_str_or(it,
		    "path", "")));
	return names;
}

bool
hook_apply_is_due(const struct core *c)
{
	AUTO_JSON cJSON *files = NULL, *names = NULL;

	if (c->hooks->passed == c->decision.seq ||
	    json_array(c->start, "hooks") == NULL)
		return false;
	files = hook_apply_files(c);
	names = hook_apply_names(files);
	return files->child != NULL &&
	    hook_wants(c, HOOK_BEFORE_APPLY, names);
}

static void
hook_apply_done(struct core *c, const struct hook_verdict *v)
{
	if (v->decision == HOOK_ALLOW)
		c->hooks->passed = c->decision.seq;
	else
		decision_block(c);
}

/* Has an earlier core begun with this decision's hooks? */
static bool
hook_apply_was_begun(const struct core *c, const char *seq)
{
	const struct fold_hook *h = c->fold->hooks.list;
	size_t i;

	for (i = 0; i < c->fold->hooks.len; i++)
		if (strcmp(h[i].event, "before_apply") == 0 &&
		    h[i].subject != NULL && strcmp(h[i].subject, seq) == 0)
			return true;
	return false;
}

void
hook_apply_before(struct core *c)
{
	AUTO_FREE char *seq = xasprintf("%lld", (long long)c->decision.seq);
	const char *rule = json_str(c->decision.line, "rule");
	AUTO_FREE char *by = NULL;
	cJSON *o, *files;

	if (hook_apply_was_begun(c, seq)) {
		emit_note(c, "nothing was written: assent was restarted while "
		    "your hooks looked at the decision. Decide its hunks again "
		    "to run them again");
		decision_block(c);
		driver_soon(c);
		return;
	}
	o = cJSON_CreateObject();
	files = hook_apply_files(c);
	by = rule == NULL ? xstrdup("user") : xasprintf("rule:%s", rule);
	json_add_str(o, "by", by);
	json_set_take(o, "files", files);
	hook_begin(c, HOOK_BEFORE_APPLY, o, hook_apply_names(files), seq,
	    hook_apply_done);
}

void
hook_apply_too_late(struct core *c)
{
	emit_note(c, "nothing was written: the session ended before your hooks "
	    "had looked at the decision");
	decision_block(c);
}
