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
#include "sandbox/devices.h"
#include "tool/tool.h"

/* Absolute. */
static bool
request_is_path(const char *p, size_t n)
{
	return p[0] == '/' && strlen(p) == n;
}

/* Relative, and without a component that climbs. */
static bool
request_is_mask(const char *p, size_t n)
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
request_is_variable(const char *p, size_t n)
{
	size_t name = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return strlen(p) == n && name > 0 && p[name] == '=' &&
	    p[name + 1] == '/' && strncmp(p, "LD_", 3) != 0;
}

static bool
request_is_setting(const char *p, size_t n)
{
	return strlen(p) == n && strchr(p, '=') > p;
}

static bool
request_is_endpoint(const char *p, size_t n)
{
	struct endpoint at;

	return strlen(p) == n && endpoint_parse(&at, p, NULL) == 0;
}

static bool
request_is_device(const char *p, size_t n)
{
	return strlen(p) == n && devices_known(p);
}

#define REQUEST_AT(member) offsetof(struct sandbox_spec, member)
#define REQUEST_OF(member) #member, REQUEST_AT(member)

enum request_kind {
	REQUEST_STRING,
	REQUEST_LIST,		/* of strings, NULL-terminated */
	REQUEST_FLAG,
	REQUEST_NUMBER,
};

enum request_need {
	NEED_NONE,
	NEED_ALWAYS,
	NEED_OVERLAY,		/* where the level overlays, */
	NEED_COPY,		/* or else */
	ONLY_ENCLOSED,		/* nothing where there are no namespaces */
};

/* The members of a request, but for those that are JSON themselves. */
struct request_member {
	const char	*name;
	size_t		 at;		/* offset in struct sandbox_spec */
	enum request_kind kind;
	enum request_need need;
	bool		(*is_sound)(const char *, size_t); /* each string; NULL:
							      any is */
};

static const struct request_member request_setup[] = {
	{ REQUEST_OF(root), REQUEST_STRING, NEED_ALWAYS, request_is_path },
	{ REQUEST_OF(alias), REQUEST_STRING, NEED_NONE, request_is_path },
	{ REQUEST_OF(home), REQUEST_STRING, NEED_NONE, request_is_path },
	{ REQUEST_OF(path), REQUEST_STRING, NEED_NONE, NULL },
	{ REQUEST_OF(upper), REQUEST_STRING, NEED_OVERLAY, request_is_path },
	{ REQUEST_OF(work), REQUEST_STRING, NEED_OVERLAY, request_is_path },
	{ REQUEST_OF(copy), REQUEST_STRING, NEED_COPY, request_is_path },
	{ REQUEST_OF(sandbox_home), REQUEST_STRING, NEED_ALWAYS,
	  request_is_path },
	{ REQUEST_OF(sandbox_tmp), REQUEST_STRING, NEED_ALWAYS,
	  request_is_path },
	{ REQUEST_OF(out_dir), REQUEST_STRING, NEED_NONE, request_is_path },
	{ REQUEST_OF(staged), REQUEST_STRING, NEED_NONE, request_is_path },
	{ REQUEST_OF(certificates), REQUEST_STRING, NEED_NONE,
	  request_is_path },
	{ REQUEST_OF(state_dir), REQUEST_STRING, NEED_NONE, request_is_path },
	{ REQUEST_OF(quota_dir), REQUEST_STRING, NEED_NONE, request_is_path },
	{ REQUEST_OF(environment), REQUEST_LIST, NEED_NONE,
	  request_is_variable },
	{ REQUEST_OF(toolchains), REQUEST_LIST, NEED_NONE, request_is_path },
	{ REQUEST_OF(devices), REQUEST_LIST, NEED_NONE, request_is_device },
	{ REQUEST_OF(skills), REQUEST_LIST, NEED_NONE, request_is_path },
	{ REQUEST_OF(skills_hidden), REQUEST_LIST, NEED_NONE,
	  request_is_path },
	{ REQUEST_OF(image), REQUEST_STRING, NEED_NONE, NULL },
	{ REQUEST_OF(bare), REQUEST_FLAG, NEED_NONE, NULL },
	{ REQUEST_OF(stays), REQUEST_FLAG, ONLY_ENCLOSED, NULL },
	{ REQUEST_OF(no_git), REQUEST_FLAG, NEED_NONE, NULL },
	{ REQUEST_OF(git), REQUEST_STRING, NEED_NONE, request_is_path },
	{ REQUEST_OF(git_objects), REQUEST_STRING, NEED_NONE,
	  request_is_path },
	{ REQUEST_OF(net), REQUEST_FLAG, NEED_NONE, NULL },
	{ REQUEST_OF(net_secret), REQUEST_STRING, NEED_NONE, NULL },
	{ REQUEST_OF(forward), REQUEST_LIST, NEED_NONE, request_is_endpoint },
	{ REQUEST_OF(settings), REQUEST_LIST, NEED_NONE, request_is_setting },
	{ REQUEST_OF(shares), REQUEST_FLAG, ONLY_ENCLOSED, NULL },
	{ REQUEST_OF(joins), REQUEST_NUMBER, ONLY_ENCLOSED, NULL },
	{ REQUEST_OF(landlock), REQUEST_NUMBER, NEED_NONE, NULL },
};

static const struct request_member request_call[] = {
	{ REQUEST_OF(cwd), REQUEST_STRING, NEED_NONE, request_is_path },
	{ REQUEST_OF(masked), REQUEST_LIST, NEED_NONE, request_is_mask },
	{ REQUEST_OF(shut), REQUEST_LIST, NEED_NONE, request_is_mask },
	{ "disk_bytes", REQUEST_AT(disk.bytes), REQUEST_NUMBER, NEED_NONE, NULL },
	{ "disk_files", REQUEST_AT(disk.files), REQUEST_NUMBER, NEED_NONE, NULL },
	{ "disk_free_bytes", REQUEST_AT(disk.free_bytes), REQUEST_NUMBER, NEED_NONE, NULL },
	{ "disk_free_files", REQUEST_AT(disk.free_files), REQUEST_NUMBER, NEED_NONE, NULL },
	{ "timeout_ms", REQUEST_AT(limits.timeout_ms), REQUEST_NUMBER, NEED_NONE, NULL },
	{ REQUEST_OF(room), REQUEST_NUMBER, NEED_NONE, NULL },
	{ REQUEST_OF(reads), REQUEST_FLAG, NEED_NONE, NULL },
	{ REQUEST_OF(low), REQUEST_FLAG, NEED_NONE, NULL },
	{ REQUEST_OF(tool), REQUEST_STRING, NEED_NONE, NULL },
};

#define REQUEST_EACH(m, table) \
	for (m = table; m < table + MEM_COUNT(table); m++)

/* What a member is, where it is. */
union request_value {
	void			*any;
	const char		**string;
	const char *const	**list;
	bool			*flag;
	int64_t			*number;
};

static union request_value
request_value(const struct sandbox_spec *s, const struct request_member *m)
{
	return (union request_value){ .any = (char *)(uintptr_t)s + m->at };
}

/* ---- writing ---- */

static void
request_add_bytes(cJSON *o, const char *key, const char *text)
{
	if (text != NULL)
		json_add_bytes(o, key, text, strlen(text));
}

static cJSON *
request_list_json(const char *const *list)
{
	cJSON *o = cJSON_CreateArray();

	for (; list != NULL && *list != NULL; list++) {
		cJSON *it = cJSON_CreateObject();

		request_add_bytes(it, "path", *list);
		cJSON_AddItemToArray(o, it);
	}
	return o;
}

static void
request_add(cJSON *o, const struct sandbox_spec *s,
    const struct request_member *m)
{
	union request_value v = request_value(s, m);

	switch (m->kind) {
	case REQUEST_STRING:
		request_add_bytes(o, m->name, *v.string);
		break;
	case REQUEST_LIST:
		json_set_take(o, m->name, request_list_json(*v.list));
		break;
	case REQUEST_FLAG:
		json_add_bool(o, m->name, *v.flag);
		break;
	case REQUEST_NUMBER:
		json_add_int(o, m->name, *v.number);
	}
}

static char *
request_print(const cJSON *o, size_t *n)
{
	char *text = json_print(o);

	*n = strlen(text);
	return text;
}

char *
request_encode_leaf(const struct cgroup_leaf *l, const cJSON *filters,
    size_t *n)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	int i;

	if (l != NULL) {
		request_add_bytes(o, "cgroup", l->dir);
		request_add_bytes(o, "cgroup_pids", l->pids);
		for (i = 0; i < CGROUP_PARTS; i++)
			json_add_bool(o, cgroup_parts[i], l->has[i]);
	}
	if (filters != NULL)
		cJSON_AddItemReferenceToObject(o, "filters",
		    (cJSON *)(uintptr_t)filters);
	return request_print(o, n);
}

/* The limits of the setup: those without the time, which is a call's. */
static struct sandbox_limits
request_limits_of(const struct sandbox_spec *s)
{
	struct sandbox_limits l = s->limits;

	l.timeout_ms = 0;
	return l;
}

char *
request_encode_setup(const struct sandbox_spec *s, size_t *n)
{
	const struct sandbox_limits limits = request_limits_of(s);
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	cJSON *list = cJSON_CreateObject();
	const struct request_member *m;

	json_add_str(o, "level", sandbox_levels[s->level].name);
	REQUEST_EACH(m, request_setup)
		request_add(o, s, m);
	json_copy(o, "encodings", s->encodings);
	sandbox_limits_json(&limits, list);
	json_set_take(o, "limits", list);
	json_add_int(o, "core_pid", getpid());
	return request_print(o, n);
}

char *
request_encode_call(const struct sandbox_spec *s, size_t *n)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	cJSON *covers = cJSON_CreateArray();
	const struct request_member *m;

	REQUEST_EACH(m, request_call)
		request_add(o, s, m);
	MEM_EACH(s, covers, cover) {
		cJSON *one = cJSON_CreateObject();

		request_add_bytes(one, "path", cover->path);
		json_add_bytes(one, "text", cover->text, cover->len);
		cJSON_AddItemToArray(covers, one);
	}
	json_set_take(o, "covers", covers);
	if (s->args != NULL)
		cJSON_AddItemReferenceToObject(o, "args",
		    (cJSON *)(uintptr_t)s->args);
	return request_print(o, n);
}

/* Add a string with its NUL; NULL differs from "". */
static void
request_key_string(struct buf *b, const char *text)
{
	buf_add(b, text == NULL ? "n" : "s", 1);
	if (text != NULL)
		buf_add(b, text, strlen(text) + 1);
}

static void
request_key_member(struct buf *b, const struct sandbox_spec *s,
    const struct request_member *m)
{
	union request_value v = request_value(s, m);
	const char *const *list;

	switch (m->kind) {
	case REQUEST_STRING:
		request_key_string(b, *v.string);
		break;
	case REQUEST_LIST:
		for (list = *v.list; list != NULL && *list != NULL; list++)
			request_key_string(b, *list);
		request_key_string(b, NULL);
		break;
	case REQUEST_FLAG:
		buf_add(b, v.any, sizeof(*v.flag));
		break;
	case REQUEST_NUMBER:
		buf_add(b, v.any, sizeof(*v.number));
	}
}

void
request_key(const struct sandbox_spec *s, struct buf *b)
{
	const struct sandbox_limits limits = request_limits_of(s);
	AUTO_FREE char *encodings = s->encodings == NULL ? NULL :
	    json_print(s->encodings);
	const struct request_member *m;

	buf_add(b, &s->level, sizeof(s->level));
	REQUEST_EACH(m, request_setup)
		request_key_member(b, s, m);
	request_key_string(b, encodings);
	buf_add(b, &limits, sizeof(limits));
}

/* ---- reading ---- */

static int
request_read_string(const cJSON *o, const struct request_member *m,
    const char **out, struct err *e)
{
	size_t n = 0;
	char *p = json_get_bytes(o, m->name, &n);

	if (p != NULL && m->is_sound != NULL && !m->is_sound(p, n)) {
		free(p);
		return err_set(e, "request: %s is not an absolute path",
		    m->name);
	}
	*out = p;
	return 0;
}

static int
request_read_list(const cJSON *o, const struct request_member *m,
    const char *const **out, struct err *e)
{
	const cJSON *it, *list = json_get(o, m->name);
	char **v = xcalloc((size_t)cJSON_GetArraySize(list) + 1, sizeof(*v));

	*out = (const char *const *)v;
	cJSON_ArrayForEach(it, list) {
		size_t n = 0;

		*v = json_get_bytes(it, "path", &n);
		if (*v == NULL || !m->is_sound(*v++, n))
			return err_set(e, "request: an entry of %s is wrong",
			    m->name);
	}
	return 0;
}

static int
request_read(const cJSON *o, struct sandbox_spec *s,
    const struct request_member *m, struct err *e)
{
	const struct sandbox_level_row *is = &sandbox_levels[s->level];
	union request_value v = request_value(s, m);
	int rc = 0;

	if (m->need == ONLY_ENCLOSED && !is->encloses)
		return 0;
	switch (m->kind) {
	case REQUEST_STRING:
		rc = request_read_string(o, m, v.string, e);
		if (rc == 0 && *v.string == NULL && (m->need == NEED_ALWAYS ||
		    m->need == (is->overlays ? NEED_OVERLAY : NEED_COPY)))
			rc = err_set(e, "request: %s is missing", m->name);
		break;
	case REQUEST_LIST:
		rc = request_read_list(o, m, v.list, e);
		break;
	case REQUEST_FLAG:
		*v.flag = json_bool(o, m->name, false);
		break;
	case REQUEST_NUMBER:
		*v.number = json_int(o, m->name, 0);
	}
	return rc;
}

static int
request_covers(const cJSON *list, struct sandbox_spec *s, struct err *e)
{
	static const struct request_member path = { .name = "path",
		.is_sound = request_is_path };
	size_t cap = (size_t)cJSON_GetArraySize(list) + 1;
	struct sandbox_cover *c = xcalloc(cap, sizeof(*c));
	const cJSON *it;

	s->covers = c;
	cJSON_ArrayForEach(it, list) {
		const char *at = NULL;

		if (request_read_string(it, &path, &at, e) < 0)
			return -1;
		if (at == NULL)
			return err_set(e, "request: path is missing");
		s->covers_len++;
		c->path = (char *)(uintptr_t)at;
		c->text = json_get_bytes(it, "text", &c->len);
		if (c->text == NULL)
			c->text = xstrdup("");
		c++;
	}
	return 0;
}

static int
request_level(const cJSON *doc, struct sandbox_spec *r, struct err *e)
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
	static const struct request_member dir = { .name = "cgroup",
		.is_sound = request_is_path };
	static const struct request_member pids = { .name = "cgroup_pids",
		.is_sound = request_is_path };
	AUTO_JSON cJSON *doc = json_parse(p, n, JSON_NUL_REPLACE, e);
	const char *at = NULL, *v1 = NULL;
	int i, rc = doc == NULL ? -1 : request_read_string(doc, &dir, &at, e);

	if (rc == 0)
		rc = request_read_string(doc, &pids, &v1, e);
	l->dir = (char *)(uintptr_t)at;
	l->pids = (char *)(uintptr_t)v1;
	for (i = 0; i < CGROUP_PARTS; i++)
		l->has[i] = json_bool(doc, cgroup_parts[i], false);
	*filters = cJSON_DetachItemFromObjectCaseSensitive(doc, "filters");
	return rc;
}

int
request_decode_setup(const char *p, size_t n, struct sandbox_spec *r,
    struct err *e)
{
	const struct request_member *m;
	AUTO_JSON cJSON *doc = NULL;

	memset(r, 0, sizeof(*r));
	doc = json_parse(p, n, JSON_NUL_REPLACE, e);
	if (doc == NULL || request_level(doc, r, e) < 0)
		return -1;
	REQUEST_EACH(m, request_setup)
		if (request_read(doc, r, m, e) < 0)
			return -1;
	if (sandbox_levels[r->level].encloses && strcmp(r->root, "/") == 0)
		return err_set(e, "request: the project cannot be /");
	r->encodings = cJSON_DetachItemFromObjectCaseSensitive(doc,
	    "encodings");
	r->core_pid = (pid_t)json_int(doc, "core_pid", 0);
	return request_limits(json_get(doc, "limits"), &r->limits, e);
}

int
request_decode_call(const char *p, size_t n, struct sandbox_spec *r,
    struct err *e)
{
	static const char *const commands[] = {
		"bash", "run_tests", "argv", TOOL_INSPECT,
	};
	AUTO_JSON cJSON *doc = json_parse(p, n, JSON_NUL_REPLACE, e);
	const struct request_member *m;
	double s;

	if (doc == NULL)
		return -1;
	REQUEST_EACH(m, request_call)
		if (request_read(doc, r, m, e) < 0)
			return -1;
	if (request_covers(json_get(doc, "covers"), r, e) < 0)
		return -1;
	if (r->cwd == NULL)
		r->cwd = xstrdup(r->root);
	if (r->limits.timeout_ms <= 0)
		return err_set(e, "request: a limit is missing");
	if (r->tool == NULL || r->tool[0] == '\0')
		return err_set(e, "request: no tool is named");
	r->reads = r->reads || tool_only_reads(r->tool);
	r->args = cJSON_DetachItemFromObjectCaseSensitive(doc, "args");
	r->is_server = strcmp(r->tool, "serve") == 0;
	r->on_terminal = strcmp(r->tool, "argv") == 0 &&
	    json_get(r->args, "terminal") != NULL;
	r->is_command = r->is_server || MEM_FIND(commands, r->tool) != NULL;
	r->run_ms = r->limits.timeout_ms;
	s = json_num(r->args, "timeout_s", 0);
	r->own_timeout = s > 0 && s * 1000 < (double)r->run_ms;
	if (r->own_timeout)
		r->run_ms = s * 1000 < 1 ? 1 : (int64_t)(s * 1000);
	return 0;
}

static void
request_release_member(struct sandbox_spec *s, const struct request_member *m)
{
	union request_value v = request_value(s, m);

	if (m->kind == REQUEST_STRING) {
		free((void *)(uintptr_t)*v.string);
		*v.string = NULL;
	} else if (m->kind == REQUEST_LIST) {
		const char *const *it = *v.list;

		for (; it != NULL && *it != NULL; it++)
			free((void *)(uintptr_t)*it);
		free((void *)(uintptr_t)*v.list);
		*v.list = NULL;
	}
}

void
request_release(struct sandbox_spec *r, bool all)
{
	const struct request_member *m;

	REQUEST_EACH(m, request_call)
		request_release_member(r, m);
	MEM_EACH(r, covers, cover)
		FREE_ALL(cover->path, cover->text);
	free((void *)(uintptr_t)r->covers);
	r->covers = NULL;
	r->covers_len = 0;
	cJSON_Delete((cJSON *)(uintptr_t)r->args);
	r->args = NULL;
	if (!all)
		return;
	REQUEST_EACH(m, request_setup)
		request_release_member(r, m);
	cJSON_Delete((cJSON *)(uintptr_t)r->encodings);
	memset(r, 0, sizeof(*r));
}
