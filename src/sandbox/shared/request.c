/*
 * A request crosses from the trusted core to the worker.  The worker checks it
 * all the same: a missing path must end in a sentence and never in a mount of
 * something else.
 */
#include "config.h"

#include "sandbox/shared/request.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "sandbox/limits/cgroup.h"
#include "tool/tool.h"

static const char *const request_levels[] = {
	[SANDBOX_A] = "A",
	[SANDBOX_B] = "B",
	[SANDBOX_D] = "D",
	[SANDBOX_NONE] = "none",
};

bool
sandbox_stays_root(enum sandbox_level level, const char *root, const char *copy)
{
	struct stat st;

	return geteuid() == 0 && (level == SANDBOX_D ||
	    level == SANDBOX_NONE) &&
	    copy != NULL && stat(root, &st) == 0 && st.st_uid != 0 &&
	    !fs_lets_pass(copy, st.st_uid, st.st_gid);
}

bool
sandbox_spec_renews(const struct sandbox_spec *s)
{
	return s->stays && !s->bare &&
	    (s->level == SANDBOX_A || s->level == SANDBOX_B);
}

const char *
sandbox_level_name(enum sandbox_level level)
{
	return request_levels[level];
}

int
sandbox_level_find(const char *name)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(request_levels); i++)
		if (strcmp(request_levels[i], name) == 0)
			return (int)i;
	return -1;
}

static void
request_add_path(cJSON *o, const char *key, const char *path)
{
	if (path != NULL)
		json_add_bytes(o, key, path, strlen(path));
}

static void
request_add_paths(cJSON *o, const char *key, const char *const *paths)
{
	cJSON *list = cJSON_CreateArray();
	size_t i;

	for (i = 0; paths != NULL && paths[i] != NULL; i++) {
		cJSON *it = cJSON_CreateObject();

		request_add_path(it, "path", paths[i]);
		cJSON_AddItemToArray(list, it);
	}
	json_set_take(o, key, list);
}

char *
request_encode_leaf(const struct cgroup_leaf *l, const cJSON *filters,
    size_t *n)
{
	cJSON *o = cJSON_CreateObject();
	char *text;
	int i;

	if (l != NULL) {
		json_add_bool(o, "v2", l->kind == CGROUP_V2);
		for (i = 0; i < CGROUP_PARTS; i++)
			request_add_path(o, cgroup_parts[i], l->dir[i]);
	}
	if (filters != NULL)
		cJSON_AddItemReferenceToObject(o, "filters",
		    (cJSON *)(uintptr_t)filters);
	text = json_print(o);
	cJSON_Delete(o);
	*n = strlen(text);
	return text;
}

char *
request_encode_setup(const struct sandbox_spec *s,
    const struct sandbox_limits *l,
    size_t *n)
{
	cJSON *o = cJSON_CreateObject(), *lim = cJSON_CreateObject();
	struct sandbox_limits setup = *l;
	char *text;

	json_add_str(o, "level", sandbox_level_name(s->level));
	request_add_path(o, "root", s->root);
	request_add_path(o, "home", s->home);
	request_add_path(o, "path", s->path);
	request_add_path(o, "upper", s->upper);
	request_add_path(o, "work", s->work);
	request_add_path(o, "copy", s->copy);
	request_add_path(o, "sandbox_home", s->sandbox_home);
	request_add_path(o, "sandbox_tmp", s->sandbox_tmp);
	request_add_path(o, "out_dir", s->out_dir);
	request_add_path(o, "quota_dir", s->quota_dir);
	request_add_path(o, "state_dir", s->state_dir);
	request_add_paths(o, "environment", s->environment);
	request_add_paths(o, "toolchains", s->toolchains);
	setup.timeout_ms = 0;	/* the call's */
	sandbox_limits_json(&setup, lim);
	json_set_take(o, "limits", lim);
	json_add_int(o, "core_pid", getpid());
	json_add_bool(o, "bare", s->bare);
	json_add_bool(o, "stays", s->stays);
	text = json_print(o);
	cJSON_Delete(o);
	*n = strlen(text);
	return text;
}

static cJSON *
request_disk_json(const struct sandbox_disk *d)
{
	cJSON *o = cJSON_CreateObject();

	json_add_int(o, "bytes", d->bytes);
	json_add_int(o, "files", d->files);
	json_add_int(o, "free_bytes", d->free_bytes);
	json_add_int(o, "free_files", d->free_files);
	return o;
}

static void
request_disk(const cJSON *o, struct sandbox_disk *d)
{
	d->bytes = json_int(o, "bytes", 0);
	d->files = json_int(o, "files", 0);
	d->free_bytes = json_int(o, "free_bytes", 0);
	d->free_files = json_int(o, "free_files", 0);
}

char *
request_encode_call(const struct sandbox_spec *s,
    const struct sandbox_limits *l,
    const char *tool, const cJSON *args, size_t *n)
{
	cJSON *o = cJSON_CreateObject(), *covers = cJSON_CreateArray();
	char *text;
	size_t i;

	request_add_path(o, "cwd", s->cwd);
	request_add_paths(o, "masked", s->masked);
	request_add_paths(o, "shut", s->shut);
	for (i = 0; i < s->covers_len; i++) {
		cJSON *one = cJSON_CreateObject();

		request_add_path(one, "path", s->covers[i].path);
		json_add_bytes(one, "text", s->covers[i].text,
		    s->covers[i].len);
		cJSON_AddItemToArray(covers, one);
	}
	json_set_take(o, "covers", covers);
	json_set_take(o, "disk", request_disk_json(&s->disk));
	json_add_int(o, "timeout_ms", l->timeout_ms);
	json_add_str(o, "tool", tool);
	if (args != NULL)
		cJSON_AddItemReferenceToObject(o, "args", (cJSON *)(uintptr_t)
		    args);
	text = json_print(o);
	cJSON_Delete(o);
	*n = strlen(text);
	return text;
}

/* An absolute path, or NULL if the member is missing. */
static int
request_path(const cJSON *o, const char *key, bool needed, char **out,
    struct err *e)
{
	size_t n = 0;
	char *p = json_get_bytes(o, key, &n);

	if (p == NULL)
		return !needed ? 0 :
		    err_set(e, "request: %s is missing", key);
	if (p[0] != '/' || strlen(p) != n) {
		free(p);
		return err_set(e, "request: %s is not an absolute path", key);
	}
	*out = p;
	return 0;
}

/* Relative, and without a component that climbs. */
static bool
request_mask_is_sound(const char *p, size_t n)
{
	const char *c = p;

	if (n == 0 || strlen(p) != n || p[0] == '/')
		return false;
	while (c != NULL) {
		size_t len = strcspn(c, "/");

		if (len == 2 && memcmp(c, "..", 2) == 0)
			return false;
		c = c[len] == '/' ? c + len + 1 : NULL;
	}
	return true;
}

static int
request_below(const cJSON *o, const char *key, char ***v, size_t *len,
    struct err *e)
{
	const cJSON *it, *list = json_get(o, key);
	size_t cap = (size_t)cJSON_GetArraySize(list) + 1;

	*v = xcalloc(cap, sizeof(**v));
	cJSON_ArrayForEach(it, list) {
		size_t n = 0;
		char *p = json_get_bytes(it, "path", &n);

		if (p == NULL || !request_mask_is_sound(p, n)) {
			free(p);
			return err_set(e, "request: a path that is %s is not "
			    "below the project", key);
		}
		(*v)[(*len)++] = p;
	}
	return 0;
}

static int
request_covers(const cJSON *list, struct request *r, struct err *e)
{
	size_t cap = (size_t)cJSON_GetArraySize(list) + 1;
	const cJSON *it;

	r->covers = xcalloc(cap, sizeof(*r->covers));
	cJSON_ArrayForEach(it, list) {
		struct sandbox_cover *c = &r->covers[r->covers_len++];

		if (request_path(it, "path", true, &c->path, e) < 0)
			return -1;
		c->text = json_get_bytes(it, "text", &c->len);
		if (c->text == NULL)
			c->text = xstrdup("");
	}
	return 0;
}

static int
request_toolchains(const cJSON *list, struct request *r, struct err *e)
{
	size_t cap = (size_t)cJSON_GetArraySize(list) + 1, n = 0;
	const cJSON *it;

	r->toolchains = xcalloc(cap, sizeof(*r->toolchains));
	cJSON_ArrayForEach(it, list)
		if (request_path(it, "path", true, &r->toolchains[n++], e) < 0)
			return -1;
	return 0;
}

/* A name in capitals, and an absolute path. */
static bool
request_variable_is_sound(const char *p, size_t n)
{
	size_t name = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return strlen(p) == n && name > 0 && p[name] == '=' &&
	    p[name + 1] == '/' && strncmp(p, "LD_", 3) != 0;
}

static int
request_environment(const cJSON *list, struct request *r, struct err *e)
{
	size_t cap = (size_t)cJSON_GetArraySize(list) + 1, i = 0;
	const cJSON *it;

	r->environment = xcalloc(cap, sizeof(*r->environment));
	cJSON_ArrayForEach(it, list) {
		size_t n = 0;
		char *p = json_get_bytes(it, "path", &n);

		if (p == NULL || !request_variable_is_sound(p, n)) {
			free(p);
			return err_set(e, "request: a variable is not the "
			    "name of a folder");
		}
		r->environment[i++] = p;
	}
	return 0;
}

static int
request_level(const cJSON *doc, struct request *r, struct err *e)
{
	const char *name = json_str_or(doc, "level", "");
	int level = sandbox_level_find(name);

	if (level < 0)
		return err_set(e, "request: unknown level \"%s\"", name);
	r->level = (enum sandbox_level)level;
	return 0;
}

static int
request_limits(const cJSON *lim, struct sandbox_limits *l, struct err *e)
{
	const struct sandbox_limit *t = sandbox_limit_table;
	size_t i;
	int64_t v;

	sandbox_limits_decode(lim, l);
	for (i = 0; i < sandbox_limit_table_len; i++, t++) {
		/* The time limit comes with the call. */
		if (t->member == offsetof(struct sandbox_limits, timeout_ms))
			continue;
		v = sandbox_limit_get(l, t);
		if (v < 0 || (v == 0 && !t->zero_is_all))
			return err_set(e, "request: the limit %s is missing",
			    t->name);
	}
	l->disk_inodes = sandbox_limits_inodes(l);
	return 0;
}

int
request_decode_leaf(const char *p, size_t n, struct cgroup_leaf *l,
    cJSON **filters, struct err *e)
{
	cJSON *doc = json_parse(p, n, JSON_NUL_REPLACE, e);
	int i, rc = doc == NULL ? -1 : 0;

	for (i = 0; rc == 0 && i < CGROUP_PARTS; i++) {
		rc = request_path(doc, cgroup_parts[i], false, &l->dir[i], e);
		if (l->dir[i] != NULL)
			l->kind = json_bool(doc, "v2", false) ? CGROUP_V2 :
			    CGROUP_V1;
	}
	*filters = cJSON_DetachItemFromObjectCaseSensitive(doc, "filters");
	cJSON_Delete(doc);
	return rc;
}

int
request_decode_setup(const char *p, size_t n, struct request *r, struct err *e)
{
	cJSON *doc;
	bool overlay, inside;
	int rc = -1;

	memset(r, 0, sizeof(*r));
	doc = json_parse(p, n, JSON_NUL_REPLACE, e);
	if (doc == NULL || request_level(doc, r, e) < 0)
		goto out;
	overlay = r->level == SANDBOX_A;
	inside = r->level == SANDBOX_A || r->level == SANDBOX_B;
	if (request_path(doc, "root", true, &r->root, e) < 0 ||
	    request_path(doc, "home", false, &r->home, e) < 0 ||
	    request_path(doc, "upper", overlay, &r->upper, e) < 0 ||
	    request_path(doc, "work", overlay, &r->work, e) < 0 ||
	    request_path(doc, "copy", !overlay, &r->copy, e) < 0 ||
	    request_path(doc, "sandbox_home", true, &r->sandbox_home, e) < 0 ||
	    request_path(doc, "sandbox_tmp", true, &r->sandbox_tmp, e) < 0 ||
	    request_path(doc, "out_dir", false, &r->out_dir, e) < 0 ||
	    request_path(doc, "quota_dir", false, &r->quota_dir, e) < 0 ||
	    request_path(doc, "state_dir", false, &r->state_dir, e) < 0 ||
	    request_environment(json_get(doc, "environment"), r, e) < 0 ||
	    request_toolchains(json_get(doc, "toolchains"), r, e) < 0)
		goto out;
	if (inside && strcmp(r->root, "/") == 0) {
		err_set(e, "request: the project cannot be /");
		goto out;
	}
	r->path = json_get_bytes(doc, "path", &n);
	r->core_pid = (pid_t)json_int(doc, "core_pid", 0);
	r->bare = json_bool(doc, "bare", false);
	r->stays = json_bool(doc, "stays", false);
	r->renews = r->stays && inside && !r->bare;
	rc = request_limits(json_get(doc, "limits"), &r->limits, e);
out:
	cJSON_Delete(doc);
	return rc;
}

int
request_decode_call(const char *p, size_t n, struct request *r, struct err *e)
{
	r->doc = json_parse(p, n, JSON_NUL_REPLACE, e);
	if (r->doc == NULL ||
	    request_path(r->doc, "cwd", false, &r->cwd, e) < 0 ||
	    request_below(r->doc, "masked", &r->masked, &r->masked_len,
	    e) < 0 ||
	    request_below(r->doc, "shut", &r->shut, &r->shut_len, e) < 0 ||
	    request_covers(json_get(r->doc, "covers"), r, e) < 0)
		return -1;
	if (r->cwd == NULL)
		r->cwd = xstrdup(r->root);
	request_disk(json_get(r->doc, "disk"), &r->disk);
	r->limits.timeout_ms = json_int(r->doc, "timeout_ms", 0);
	if (r->limits.timeout_ms <= 0)
		return err_set(e, "request: a limit is missing");
	r->tool = xstrdup(json_str_or(r->doc, "tool", ""));
	if (r->tool[0] == '\0')
		return err_set(e, "request: no tool is named");
	r->args = json_get(r->doc, "args");
	return 0;
}

void
request_release_call(struct request *r)
{
	size_t i;

	free(r->cwd);
	for (i = 0; i < r->masked_len; i++)
		free(r->masked[i]);
	free(r->masked);
	for (i = 0; i < r->shut_len; i++)
		free(r->shut[i]);
	free(r->shut);
	for (i = 0; i < r->covers_len; i++) {
		free(r->covers[i].path);
		free(r->covers[i].text);
	}
	free(r->covers);
	free(r->tool);
	cJSON_Delete(r->doc);
	r->cwd = r->tool = NULL;
	r->masked = r->shut = NULL;
	r->covers = NULL;
	r->masked_len = r->shut_len = r->covers_len = 0;
	r->doc = NULL;
	r->args = NULL;
}

void
request_release(struct request *r)
{
	size_t i;

	request_release_call(r);
	free(r->root);
	free(r->home);
	free(r->path);
	free(r->upper);
	free(r->work);
	free(r->copy);
	free(r->sandbox_home);
	free(r->sandbox_tmp);
	free(r->out_dir);
	free(r->quota_dir);
	free(r->state_dir);
	for (i = 0; r->environment != NULL && r->environment[i] != NULL; i++)
		free(r->environment[i]);
	free(r->environment);
	for (i = 0; r->toolchains != NULL && r->toolchains[i] != NULL; i++)
		free(r->toolchains[i]);
	free(r->toolchains);
	memset(r, 0, sizeof(*r));
}

int64_t
request_timeout_ms(const struct request *r, bool *own)
{
	double s = json_num(r->args, "timeout_s", 0);

	*own = s > 0 && s * 1000 < (double)r->limits.timeout_ms;
	if (!*own)
		return r->limits.timeout_ms;
	return s * 1000 < 1 ? 1 : (int64_t)(s * 1000);
}

bool
request_is_command(const struct request *r)
{
	return strcmp(r->tool, "bash") == 0 ||
	    strcmp(r->tool, "run_tests") == 0 ||
	    strcmp(r->tool, "argv") == 0 ||
	    strcmp(r->tool, TOOL_INSPECT) == 0;
}
