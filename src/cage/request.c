/*
 * A request crosses from the trusted core to the worker.  The worker checks it
 * all the same: a missing path must end in a sentence and never in a mount of
 * something else.
 */
#include "config.h"

#include "cage/request.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"

static const char *const request_rungs[] = {
	[CAGE_A] = "A",
	[CAGE_B] = "B",
	[CAGE_D] = "D",
	[CAGE_NONE] = "none",
};

bool
cage_stays_root(enum cage_rung rung, const char *root, const char *copy)
{
	struct stat st;

	return geteuid() == 0 && (rung == CAGE_D || rung == CAGE_NONE) &&
	    copy != NULL && stat(root, &st) == 0 && st.st_uid != 0 &&
	    !fs_lets_pass(copy, st.st_uid, st.st_gid);
}

const char *
cage_rung_name(enum cage_rung rung)
{
	return request_rungs[rung];
}

static void
request_add_path(cJSON *o, const char *key, const char *path)
{
	if (path != NULL)
		json_add_bytes(o, key, path, strlen(path));
}

char *
request_encode(const struct cage_spec *s, const struct cage_limits *l,
    const char *tool, const cJSON *args, size_t *n)
{
	cJSON *o = cJSON_CreateObject(), *lim = cJSON_CreateObject();
	cJSON *masked = cJSON_CreateArray();
	char *text;
	size_t i;

	json_add_str(o, "rung", cage_rung_name(s->rung));
	request_add_path(o, "root", s->root);
	request_add_path(o, "cwd", s->cwd);
	request_add_path(o, "home", s->home);
	request_add_path(o, "path", s->path);
	request_add_path(o, "upper", s->upper);
	request_add_path(o, "work", s->work);
	request_add_path(o, "copy", s->copy);
	request_add_path(o, "cage_home", s->cage_home);
	request_add_path(o, "cage_tmp", s->cage_tmp);
	request_add_path(o, "out_dir", s->out_dir);
	request_add_path(o, "quota_dir", s->quota_dir);
	for (i = 0; s->masked != NULL && s->masked[i] != NULL; i++) {
		cJSON *m = cJSON_CreateObject();

		request_add_path(m, "path", s->masked[i]);
		cJSON_AddItemToArray(masked, m);
	}
	json_set_take(o, "masked", masked);
	json_add_int(lim, "timeout_ms", l->timeout_ms);
	json_add_int(lim, "memory_bytes", l->memory_bytes);
	json_add_int(lim, "disk_bytes", l->disk_bytes);
	json_add_int(lim, "disk_inodes", l->disk_inodes);
	json_add_int(lim, "output_bytes", l->output_bytes);
	json_add_int(lim, "pids", l->pids);
	json_add_int(lim, "cpus", l->cpus);
	json_set_take(o, "limits", lim);
	json_add_str(o, "tool", tool);
	json_add_int(o, "core_pid", getpid());
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
request_masks(const cJSON *list, struct request *r, struct err *e)
{
	const cJSON *it;
	size_t cap = (size_t)cJSON_GetArraySize(list) + 1;

	r->masked = xcalloc(cap, sizeof(*r->masked));
	cJSON_ArrayForEach(it, list) {
		size_t n = 0;
		char *p = json_get_bytes(it, "path", &n);

		if (p == NULL || !request_mask_is_sound(p, n)) {
			free(p);
			return err_set(e, "request: a masked path is not "
			    "below the project");
		}
		r->masked[r->masked_len++] = p;
	}
	return 0;
}

int
request_decode(const char *p, size_t n, struct request *r, struct err *e)
{
	const cJSON *lim;
	const char *rung;
	bool overlay, inside;
	size_t i;

	memset(r, 0, sizeof(*r));
	r->doc = json_parse(p, n, JSON_NUL_REPLACE, e);
	if (r->doc == NULL)
		return -1;
	rung = json_str_or(r->doc, "rung", "");
	for (i = 0; i < MEM_COUNT(request_rungs); i++)
		if (strcmp(rung, request_rungs[i]) == 0)
			break;
	if (i == MEM_COUNT(request_rungs))
		return err_set(e, "request: unknown rung \"%s\"", rung);
	r->rung = (enum cage_rung)i;
	overlay = r->rung == CAGE_A;
	inside = r->rung == CAGE_A || r->rung == CAGE_B;
	if (request_path(r->doc, "root", true, &r->root, e) < 0 ||
	    request_path(r->doc, "cwd", false, &r->cwd, e) < 0 ||
	    request_path(r->doc, "home", false, &r->home, e) < 0 ||
	    request_path(r->doc, "upper", overlay, &r->upper, e) < 0 ||
	    request_path(r->doc, "work", overlay, &r->work, e) < 0 ||
	    request_path(r->doc, "copy", !overlay, &r->copy, e) < 0 ||
	    request_path(r->doc, "cage_home", true, &r->cage_home, e) < 0 ||
	    request_path(r->doc, "cage_tmp", true, &r->cage_tmp, e) < 0 ||
	    request_path(r->doc, "out_dir", false, &r->out_dir, e) < 0 ||
	    request_path(r->doc, "quota_dir", false, &r->quota_dir, e) < 0 ||
	    request_masks(json_get(r->doc, "masked"), r, e) < 0)
		return -1;
	if (inside && strcmp(r->root, "/") == 0)
		return err_set(e, "request: the project cannot be /");
	if (r->cwd == NULL)
		r->cwd = xstrdup(r->root);
	r->path = json_get_bytes(r->doc, "path", &n);
	lim = json_get(r->doc, "limits");
	r->limits.timeout_ms = json_int(lim, "timeout_ms", 0);
	r->limits.memory_bytes = json_int(lim, "memory_bytes", 0);
	r->limits.disk_bytes = json_int(lim, "disk_bytes", 0);
	r->limits.disk_inodes = json_int(lim, "disk_inodes", 0);
	r->limits.output_bytes = json_int(lim, "output_bytes", 0);
	r->limits.pids = (int)json_int(lim, "pids", 0);
	r->limits.cpus = (int)json_int(lim, "cpus", 0);
	if (r->limits.timeout_ms <= 0 || r->limits.memory_bytes <= 0 ||
	    r->limits.disk_bytes <= 0 || r->limits.output_bytes <= 0 ||
	    r->limits.pids <= 0)
		return err_set(e, "request: a limit is missing");
	if (r->limits.disk_inodes < r->limits.disk_bytes / 10240)
		r->limits.disk_inodes = r->limits.disk_bytes / 10240;
	r->tool = xstrdup(json_str_or(r->doc, "tool", ""));
	if (r->tool[0] == '\0')
		return err_set(e, "request: no tool is named");
	r->args = json_get(r->doc, "args");
	r->core_pid = (pid_t)json_int(r->doc, "core_pid", 0);
	return 0;
}

void
request_release(struct request *r)
{
	size_t i;

	free(r->root);
	free(r->cwd);
	free(r->home);
	free(r->path);
	free(r->upper);
	free(r->work);
	free(r->copy);
	free(r->cage_home);
	free(r->cage_tmp);
	free(r->out_dir);
	free(r->quota_dir);
	for (i = 0; i < r->masked_len; i++)
		free(r->masked[i]);
	free(r->masked);
	free(r->tool);
	cJSON_Delete(r->doc);
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
	    strcmp(r->tool, "run_tests") == 0 || strcmp(r->tool, "argv") == 0;
}
