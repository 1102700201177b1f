#include "config.h"

#include "core/seen.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"

#define SEEN_ID_MAX	160

struct seen_entry {
	char	*path;
	char	 id[SEEN_ID_MAX];
};

/* The real file now, as a word; malloc'ed. NULL: it is no file. */
static char *
seen_id(const struct core *c, const char *path)
{
	struct stat st;

	if (fstatat(stage_root_fd(c->stage), path, &st,
	    AT_SYMLINK_NOFOLLOW) < 0)
		return xstrdup("none");
	if (!S_ISREG(st.st_mode))
		return NULL;
	return xasprintf("%llu-%lld-%lld.%09ld-%lld.%09ld",
	    (unsigned long long)st.st_ino, (long long)st.st_size,
	    (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
	    (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
}

static void
seen_set(struct core *c, const char *path, const char *id)
{
	struct seen_entry *s;

	if (id == NULL) {
		pathmap_remove(&c->seen, path);
		return;
	}
	s = pathmap_add(&c->seen, path, sizeof(*s));
	snprintf(s->id, sizeof(s->id), "%s", id);
}

void
seen_begin(struct core *c, struct core_call *call, const char *path)
{
	free(call->seen_path);
	free(call->seen_id);
	call->seen_path = path == NULL ? NULL : fs_inside(c->root, c->cwd,
	    path);
	call->seen_id = call->seen_path == NULL || c->planning ? NULL :
	    seen_id(c, call->seen_path);
}

void
seen_done(const struct core_call *call, cJSON *result)
{
	cJSON *o;

	if (call->seen_id == NULL)
		return;
	o = cJSON_AddObjectToObject(result, "seen");
	json_add_bytes(o, "path", call->seen_path, strlen(call->seen_path));
	json_add_str(o, "id", call->seen_id);
}

bool
seen_is_old(const struct core *c, const char *path)
{
	char *rel = fs_inside(c->root, c->cwd, path), *now = NULL;
	const struct seen_entry *s = rel == NULL ? NULL :
	    pathmap_find(&c->seen, rel);
	bool old = false;

	if (s != NULL) {
		now = seen_id(c, rel);
		old = now == NULL || strcmp(now, s->id) != 0;
	}
	free(now);
	free(rel);
	return old;
}

/* What the gate wrote is what the model knows of; what it was in a session that
 * is resumed, nobody can tell. */
static void
seen_applied(struct core *c, const cJSON *event)
{
	const cJSON *op;

	cJSON_ArrayForEach(op, json_array(event, "ops")) {
		size_t n;
		char *path = json_get_bytes(op, "path", &n), *id = NULL;

		if (path != NULL && json_bool(op, "ok", false) &&
		    pathmap_find(&c->seen, path) != NULL) {
			if (c->resume == NULL)
				id = seen_id(c, path);
			seen_set(c, path, id);
		}
		free(id);
		free(path);
	}
}

void
seen_event(struct core *c, const cJSON *event)
{
	const char *type = json_str_or(event, "type", "");
	const cJSON *seen = json_get(event, "seen");
	size_t n;
	char *path;

	if (strcmp(type, "applied") == 0)
		seen_applied(c, event);
	if (strcmp(type, "tool_result") != 0 || !cJSON_IsObject(seen))
		return;
	path = json_get_bytes(seen, "path", &n);
	if (path != NULL)
		seen_set(c, path, json_str(seen, "id"));
	free(path);
}
