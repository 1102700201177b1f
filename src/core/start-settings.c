/*
 * start-settings: checks and reads a start object: mode, project, limits,
 * model, path rules. It reads the files named there and creates nothing.
 */
#include "config.h"

#include "core/start.h"

#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"
#include "core/include.h"
#include "core/failover.h"
#include "core/route.h"
#include "core/target.h"
#include "policy/approve.h"
#include "sandbox/cgroup.h"

/* The index of the word in `words`; -1 with a message if it isn't there. */
static int
start_word(const cJSON *o, const char *key, const char *const *words, int def,
    struct err *e)
{
	const char *s = json_str(o, key);
	int i;

	if (s == NULL)
		return def;
	for (i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], s) == 0)
			return i;
	return err_set(e, "unknown %s \"%s\"", key, s);
}

static const char *const mode_words[] = {
	"interactive", "exec", "try", "demo", NULL
};
static const char *const plan_words[] = { "auto", "require", "skip",
	"look", NULL };

const char *
start_mode_name(const struct core *c)
{
	return mode_words[c->mode];
}

void
start_limits(const cJSON *start, struct sandbox_limits *l)
{
	sandbox_limits_usual(l, cgroup_memory(""));
	sandbox_limits_decode(json_get(start, "limits"), l);
}

static int
start_model(struct core *c, struct err *e)
{
	const cJSON *m = json_get(c->start, "model");
	char *key = c->target.key;
	int rc;

	c->target.dialect = dialect_of(NULL);
	if (!cJSON_IsObject(m)) {
		/* The user can choose a model later (`model`). */
		if (c->mode == MODE_TRY || c->mode == MODE_INTERACTIVE)
			return 0;
		return err_set(e, "no model is given");
	}
	rc = target_read(&c->target, m, e);
	c->target.key = key;
	return rc < 0 || failover_start(c, e) < 0 ? -1 : route_start(c, e);
}

int
start_settings(struct core *c, struct err *e)
{
	int mode, plan;
	const char *approve = json_str_or(c->start, "approve", "ask");

	mode = start_word(c->start, "mode", mode_words, MODE_INTERACTIVE, e);
	plan = start_word(c->start, "plan", plan_words, PLAN_REQUIRE, e);
	if (mode < 0 || plan < 0)
		return -1;
	c->approve = approve_find(approve);
	if (c->approve == NULL)
		return err_set(e, "unknown approve \"%s\"", approve);
	c->mode = (enum core_mode)mode;
	c->plan.mode = (enum core_plan_mode)plan;
	c->person = json_bool(c->start, "person", false);
	c->keep_alive = json_bool(c->start, "keep_alive", false);
	c->diff = hunk_diff_find(json_str(c->start, "diff"));
	c->check.require = xstrdup_null(json_str(c->start, "require"));
	c->rollback.on = json_bool(c->start, "rollback", false);
	c->retry.base_ms = json_int(c->start, "retry_base_ms", 500);
	c->retry.time_ms = json_int(c->start, "retry_time_ms", 120000);
	c->root = xstrdup_null(json_str(c->start, "root"));
	c->cwd = xstrdup(json_str_or(c->start, "cwd",
	    c->root == NULL ? "/" : c->root));
	if (c->root == NULL || c->root[0] != '/')
		return err_set(e, "no project folder is given");
	if (!fs_is_below(c->cwd, c->root))
		xstrset(&c->cwd, c->root);
	if (json_str(c->start, "test") != NULL) {
		c->check.command = xstrdup(json_str(c->start, "test"));
		c->check.by = xstrdup(json_str_or(c->start, "test_by",
		    "config"));
	}
	start_limits(c->start, &c->limits);
	return start_model(c, e);
}

const char **
start_strings(const cJSON *array)
{
	const char **v;
	const cJSON *it;
	size_t n = 0;

	v = xcalloc((size_t)cJSON_GetArraySize(array) + 1, sizeof(*v));
	cJSON_ArrayForEach(it, array)
		if (cJSON_IsString(it))
			v[n++] = it->valuestring;
	return v;
}

int
start_policy(struct core *c, struct err *e)
{
	struct policy_options o = { .root = c->root };
	AUTO_FREE const char **prot =
	    start_strings(json_array(c->start, "protected"));
	AUTO_FREE const char **allow =
	    start_strings(json_array(c->start, "allow_protected"));
	AUTO_FREE const char **secret =
	    start_strings(json_array(c->start, "secret"));
	AUTO_FREE const char **lift = xcalloc((size_t)cJSON_GetArraySize(
	    json_array(c->start, "secret")) + 1, sizeof(*lift));
	AUTO_FREE const char **products =
	    start_strings(json_array(c->start, "products"));
	size_t i, k, lifted = 0;

	for (i = 0; secret[i] != NULL;)
		if (secret[i][0] == '!') {
			lift[lifted++] = secret[i] + 1;
			for (k = i; secret[k] != NULL; k++)
				secret[k] = secret[k + 1];
		} else
			i++;
	o.protected_globs = prot;
	o.allow_globs = allow;
	o.secret_globs = secret;
	o.lift_globs = lift;
	o.product_globs = products;
	o.own_files = json_array(c->start, "own_files");
	c->policy = policy_new(&o, e);
	if (c->policy == NULL)
		return -1;
	include_start(c);
	return 0;
}
