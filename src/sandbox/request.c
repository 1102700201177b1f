/*
 * A request crosses from the trusted core to the worker.  The worker checks it
 * all the same: a missing path must end in a sentence and never in a mount of
 * something else.
 */
#include "config.h"

#include "sandbox/request.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/endpoint.h"
#include "base/json.h"
#include "base/mem.h"
#include "sandbox/cgroup.h"
#include "tool/tool.h"

enum request_need { NEED_NONE, NEED_ALWAYS, NEED_OVERLAY, NEED_COPY };

#define MEMBER(name) #name, offsetof(struct sandbox_spec, name), \
    offsetof(struct request, name)

/* The absolute paths of the setup. */
static const struct request_path {
	const char	*name;
	size_t		 spec, request;	/* offsets */
	enum request_need need;
} request_paths[] = {
	{ MEMBER(root), NEED_ALWAYS },
	{ MEMBER(home), NEED_NONE },
	{ MEMBER(upper), NEED_OVERLAY },
	{ MEMBER(work), NEED_OVERLAY },
	{ MEMBER(copy), NEED_COPY },
	{ MEMBER(sandbox_home), NEED_ALWAYS },
	{ MEMBER(sandbox_tmp), NEED_ALWAYS },
	{ MEMBER(out_dir), NEED_NONE },
	{ MEMBER(staged), NEED_NONE },
	{ MEMBER(quota_dir), NEED_NONE },
	{ MEMBER(state_dir), NEED_NONE },
	{ MEMBER(certificates), NEED_NONE },
};

static char **
request_path_of(struct request *r, const struct request_path *t)
{
	return (char **)(void *)((char *)r + t->request);
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
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	char *text;
	int i;

	if (l != NULL) {
		request_add_path(o, "cgroup", l->dir);
		for (i = 0; i < CGROUP_PARTS; i++)
			json_add_bool(o, cgroup_parts[i], l->has[i]);
	}
	if (filters != NULL)
		cJSON_AddItemReferenceToObject(o, "filters",
		    (cJSON *)(uintptr_t)filters);
	text = json_print(o);
	*n = strlen(text);
	return text;
}

char *
request_encode_setup(const struct sandbox_spec *s,
    const struct sandbox_limits *l,
    size_t *n)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	cJSON *lim = cJSON_CreateObject();
	struct sandbox_limits setup = *l;
	char *text;
	size_t i;

	json_add_str(o, "level", sandbox_levels[s->level].name);
	for (i = 0; i < MEM_COUNT(request_paths); i++)
		request_add_path(o, request_paths[i].name,
		    *(const char *const *)(const void *)((const char *)s +
		    request_paths[i].spec));
	request_add_path(o, "path", s->path);
	request_add_path(o, "image", s->bare ? NULL : s->image);
	request_add_paths(o, "environment", s->environment);
	request_add_paths(o, "toolchains", s->toolchains);
	request_add_paths(o, "skills", s->skills);
	request_add_paths(o, "skills_hidden", s->skills_hidden);
	json_copy(o, "encodings", s->bare ? s->encodings : NULL);
	setup.timeout_ms = 0;	/* the call's */
	sandbox_limits_json(&setup, lim);
	json_set_take(o, "limits", lim);
	json_add_int(o, "core_pid", getpid());
	json_add_bool(o, "bare", s->bare);
	json_add_bool(o, "stays", s->stays);
	json_add_bool(o, "no_git", s->no_git);
	json_add_bool(o, "net", s->net);
	json_add_bool(o, "shares", s->shares);
	json_add_int(o, "joins", s->joins);
	json_add_str(o, "net_secret", s->net_secret);
	request_add_paths(o, "forward", s->forward);
	json_add_int(o, "landlock", s->landlock);
	text = json_print(o);
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
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	cJSON *covers = cJSON_CreateArray();
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
	json_add_int(o, "room", s->room);
	json_add_str(o, "tool", tool);
	if (args != NULL)
		cJSON_AddItemReferenceToObject(o, "args", (cJSON *)(uintptr_t)
		    args);
	text = json_print(o);
	*n = strlen(text);
	return text;
}

static bool
request_path_is_sound(const char *p, size_t n)
{
	return p[0] == '/' && strlen(p) == n;
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
	if (!request_path_is_sound(p, n)) {
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

/* A name in capitals, and an absolute path. */
static bool
request_variable_is_sound(const char *p, size_t n)
{
	size_t name = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return strlen(p) == n && name > 0 && p[name] == '=' &&
	    p[name + 1] == '/' && strncmp(p, "LD_", 3) != 0;
}

static bool
request_endpoint_is_sound(const char *p, size_t n)
{
	struct endpoint at;

	return strlen(p) == n && endpoint_parse(&at, p, NULL) == 0;
}

static int
request_list(const cJSON *o, const char *key,
    bool (*is_sound)(const char *, size_t), char ***out, struct err *e)
{
	const cJSON *it, *list = json_get(o, key);
	char **v = *out = xcalloc((size_t)cJSON_GetArraySize(list) + 1,
	    sizeof(*v));

	cJSON_ArrayForEach(it, list) {
		size_t n = 0;

		*v = json_get_bytes(it, "path", &n);
		if (*v == NULL || !is_sound(*v++, n))
			return err_set(e, "request: an entry of %s is wrong",
			    key);
	}
	return 0;
}

static void
request_list_free(char ***list)
{
	size_t i;

	for (i = 0; *list != NULL && (*list)[i] != NULL; i++)
		free((*list)[i]);
	FREE_NULL(*list);
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
	AUTO_JSON cJSON *doc = json_parse(p, n, JSON_NUL_REPLACE, e);
	int i, rc = doc == NULL ? -1 :
	    request_path(doc, "cgroup", false, &l->dir, e);

	for (i = 0; i < CGROUP_PARTS; i++)
		l->has[i] = json_bool(doc, cgroup_parts[i], false);
	*filters = cJSON_DetachItemFromObjectCaseSensitive(doc, "filters");
	return rc;
}

int
request_decode_setup(const char *p, size_t n, struct request *r, struct err *e)
{
	AUTO_JSON cJSON *doc = NULL;
	const struct sandbox_level_row *is;
	size_t i;

	memset(r, 0, sizeof(*r));
	doc = json_parse(p, n, JSON_NUL_REPLACE, e);
	if (doc == NULL || request_level(doc, r, e) < 0)
		return -1;
	is = &sandbox_levels[r->level];
	for (i = 0; i < MEM_COUNT(request_paths); i++)
		if (request_path(doc, request_paths[i].name,
		    request_paths[i].need == NEED_ALWAYS ||
		    request_paths[i].need == (is->overlays ? NEED_OVERLAY :
		    NEED_COPY),
		    request_path_of(r, &request_paths[i]), e) < 0)
			return -1;
	if (request_list(doc, "environment", request_variable_is_sound,
	    &r->environment, e) < 0 ||
	    request_list(doc, "toolchains", request_path_is_sound,
	    &r->toolchains, e) < 0 ||
	    request_list(doc, "skills", request_path_is_sound, &r->skills,
	    e) < 0 ||
	    request_list(doc, "skills_hidden", request_path_is_sound,
	    &r->skills_hidden, e) < 0 ||
	    request_list(doc, "forward", request_endpoint_is_sound,
	    &r->forward, e) < 0)
		return -1;
	if (is->encloses && strcmp(r->root, "/") == 0)
		return err_set(e, "request: the project cannot be /");
	r->path = json_get_bytes(doc, "path", &n);
	r->image = json_get_bytes(doc, "image", &n);
	r->encodings = cJSON_DetachItemFromObjectCaseSensitive(doc, "encodings");
	r->core_pid = (pid_t)json_int(doc, "core_pid", 0);
	r->bare = json_bool(doc, "bare", false);
	r->no_git = json_bool(doc, "no_git", false);
	r->net = json_bool(doc, "net", false);
	r->shares = json_bool(doc, "shares", false) && is->encloses;
	r->joins = is->encloses ? (int)json_int(doc, "joins", 0) : 0;
	r->net_secret = xstrdup_null(json_str(doc, "net_secret"));
	r->stays = json_bool(doc, "stays", false) && is->encloses;
	r->landlock = (int)json_int(doc, "landlock", 0);
	return request_limits(json_get(doc, "limits"), &r->limits, e);
}

int
request_decode_call(const char *p, size_t n, struct request *r, struct err *e)
{
	static const char *const commands[] = {
		"bash", "run_tests", "argv", "web_fetch", TOOL_INSPECT,
	};
	double s;

	r->doc = json_parse(p, n, JSON_NUL_REPLACE, e);
	if (r->doc == NULL ||
	    request_path(r->doc, "cwd", false, &r->cwd, e) < 0 ||
	    request_list(r->doc, "masked", request_mask_is_sound, &r->masked,
	    e) < 0 ||
	    request_list(r->doc, "shut", request_mask_is_sound, &r->shut,
	    e) < 0 ||
	    request_covers(json_get(r->doc, "covers"), r, e) < 0)
		return -1;
	if (r->cwd == NULL)
		r->cwd = xstrdup(r->root);
	request_disk(json_get(r->doc, "disk"), &r->disk);
	r->limits.timeout_ms = json_int(r->doc, "timeout_ms", 0);
	r->room = json_int(r->doc, "room", 0);
	if (r->limits.timeout_ms <= 0)
		return err_set(e, "request: a limit is missing");
	r->tool = xstrdup(json_str_or(r->doc, "tool", ""));
	if (r->tool[0] == '\0')
		return err_set(e, "request: no tool is named");
	r->args = json_get(r->doc, "args");
	r->is_server = strcmp(r->tool, "serve") == 0;
	r->is_command = r->is_server || MEM_FIND(commands, r->tool) != NULL;
	r->run_ms = r->limits.timeout_ms;
	s = json_num(r->args, "timeout_s", 0);
	r->own_timeout = s > 0 && s * 1000 < (double)r->run_ms;
	if (r->own_timeout)
		r->run_ms = s * 1000 < 1 ? 1 : (int64_t)(s * 1000);
	return 0;
}

static void
request_release_call(struct request *r)
{
	size_t i;

	free(r->cwd);
	request_list_free(&r->masked);
	request_list_free(&r->shut);
	for (i = 0; i < r->covers_len; i++) {
		free(r->covers[i].path);
		free(r->covers[i].text);
	}
	free(r->covers);
	free(r->tool);
	cJSON_Delete(r->doc);
	r->cwd = r->tool = NULL;
	r->covers = NULL;
	r->covers_len = 0;
	r->doc = NULL;
	r->args = NULL;
}

void
request_release(struct request *r, bool all)
{
	size_t i;

	request_release_call(r);
	if (!all)
		return;
	for (i = 0; i < MEM_COUNT(request_paths); i++)
		free(*request_path_of(r, &request_paths[i]));
	free(r->path);
	free(r->image);
	cJSON_Delete(r->encodings);
	free(r->net_secret);
	request_list_free(&r->environment);
	request_list_free(&r->toolchains);
	request_list_free(&r->skills);
	request_list_free(&r->skills_hidden);
	request_list_free(&r->forward);
	memset(r, 0, sizeof(*r));
}
