/*
 * start-settings: what a start object asks for, checked and taken over: mode,
 * project, limits, model, the rules about paths.  It reads what that names and
 * makes nothing.
 */
#include "config.h"

#include "core/core.h"
#include "core/start.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"

/* One of `words`, by its place; -1 and a sentence for anything else. */
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
static const char *const plan_words[] = { "auto", "require", "skip", NULL };

const char *
start_mode_name(const struct core *c)
{
	return mode_words[c->mode];
}

/* What a project says of a limit can only lower it. */
static int64_t
start_lower(const cJSON *most, const char *key, int64_t v)
{
	int64_t m = json_int(most, key, v);

	return m > 0 && m < v ? m : v;
}

int
start_limits(const cJSON *start, struct cage_limits *l, struct err *e)
{
	const cJSON *o = json_get(start, "limits");
	const cJSON *most = json_get(start, "limits_most");
	const char *preset = json_str_or(start, "preset", "strict");

	if (strcmp(preset, "desk") == 0)
		cage_limits_desk(l);
	else if (strcmp(preset, "strict") == 0)
		cage_limits_strict(l);
	else
		return err_set(e, "unknown preset \"%s\"", preset);
	l->timeout_ms = json_int(o, "timeout_ms", l->timeout_ms);
	l->memory_bytes = json_int(o, "memory_bytes", l->memory_bytes);
	l->disk_bytes = json_int(o, "disk_bytes", l->disk_bytes);
	l->pids = (int)json_int(o, "pids", l->pids);
	l->timeout_ms = start_lower(most, "timeout_ms", l->timeout_ms);
	l->memory_bytes = start_lower(most, "memory_bytes", l->memory_bytes);
	l->disk_bytes = start_lower(most, "disk_bytes", l->disk_bytes);
	l->pids = (int)start_lower(most, "pids", l->pids);
	l->cpu = (int)json_int(o, "cpu_percent", l->cpu);
	/* 0 is the widest. */
	l->cpu = (int)start_lower(most, "cpu_percent", l->cpu == 0 ? INT_MAX :
	    l->cpu);
	if (l->cpu == INT_MAX)
		l->cpu = 0;
	return 0;
}

static int
start_model(struct core *c, struct err *e)
{
	const cJSON *m = json_get(c->start, "model");
	const char *name, *format;
	struct err why = ERR_INIT;
	char *dir, *p;

	c->target.dialect = *dialect_of(NULL);
	if (!cJSON_IsObject(m)) {
		if (c->mode == MODE_TRY)
			return 0;
		return err_set(e, "no model is given");
	}
	c->target.provider = xstrdup(json_str_or(m, "provider", "model"));
	c->target.base_url = xstrdup(json_str_or(m, "base_url", ""));
	c->target.key_env = xstrdup_null(json_str(m, "key_env"));
	c->target.replay_dir = xstrdup_null(json_str(m, "replay_dir"));
	c->target.replay_paced = json_bool(m, "replay_paced", false);
	c->target.priced = price_read(json_get(m, "price"), &c->target.price);
	name = json_str_or(m, "name", "");
	c->target.model = xstrdup(name);
	format = json_str_or(m, "format", "");
	if (strcmp(format, "replay") == 0) {
		struct buf b = BUF_INIT(1 << 20);
		cJSON *rec;

		dir = c->target.replay_dir != NULL ?
		    xstrdup(c->target.replay_dir) : xstrdup("");
		p = fs_join(dir, "recording.json");
		free(dir);
		if (fs_read_file(AT_FDCWD, p, &b, e) < 0) {
			free(p);
			buf_release(&b);
			return -1;
		}
		rec = json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, e);
		c->target.format = provider_format_find(
		    json_str_or(rec, "format", ""));
		cJSON_Delete(rec);
		buf_release(&b);
		if (c->target.format == NULL) {
			err_set(e, "%s names no known format", p);
			free(p);
			return -1;
		}
		free(p);
		return 0;
	}
	c->target.format = provider_format_find(format);
	if (c->target.format == NULL)
		return err_set(e, "provider \"%s\" has the unknown format "
		    "\"%s\"", c->target.provider, format);
	if (dialect_read(json_get(m, "dialect"), c->target.base_url,
	    &c->target.dialect, &why) < 0)
		return err_set(e, "provider \"%s\": dialect: %s",
		    c->target.provider, why.text);
	return 0;
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
	c->plan_mode = (enum core_plan_mode)plan;
	c->person = json_bool(c->start, "person", false);
	c->linger = json_bool(c->start, "linger", false);
	c->rollback = json_bool(c->start, "rollback", false);
	c->retry_base_ms = json_int(c->start, "retry_base_ms", 500);
	c->root = xstrdup_null(json_str(c->start, "root"));
	c->cwd = xstrdup(json_str_or(c->start, "cwd",
	    c->root == NULL ? "/" : c->root));
	if (c->root == NULL || c->root[0] != '/')
		return err_set(e, "no project folder is given");
	if (!fs_is_below(c->cwd, c->root)) {
		free(c->cwd);
		c->cwd = xstrdup(c->root);
	}
	if (json_str(c->start, "test") != NULL) {
		c->criterion = xstrdup(json_str(c->start, "test"));
		c->criterion_by = xstrdup(json_str_or(c->start, "test_by",
		    "config"));
	}
	if (start_limits(c->start, &c->limits, e) < 0)
		return -1;
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
	const char **prot, **allow, **secret, **lift, **noise;

	prot = start_strings(json_array(c->start, "protected"));
	allow = start_strings(json_array(c->start, "allow_protected"));
	secret = start_strings(json_array(c->start, "secret"));
	lift = start_strings(json_array(c->start, "secret_lift"));
	noise = start_strings(json_array(c->start, "noise"));
	o.protected_globs = prot;
	o.allow_globs = allow;
	o.secret_globs = secret;
	o.lift_globs = lift;
	o.noise_globs = noise;
	c->policy = policy_new(&o, e);
	free(prot);
	free(allow);
	free(secret);
	free(lift);
	free(noise);
	if (c->policy == NULL)
		return -1;
	promote_start(c);
	return 0;
}
