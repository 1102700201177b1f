#include "config.h"

#include "core/call/seen.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"
#include "tool/tool.h"

#define SEEN_ID_MAX	160

/* Ids: no file exists; a file with this hash, as the gate wrote it. */
#define SEEN_NONE	"none"
#define SEEN_HASH	"sha256:"

struct seen_entry {
	char	*path;
	char	 id[SEEN_ID_MAX];
	char	 written[SEEN_ID_MAX];	/* state after an apply, if one wrote
					   the file */
};

/* The state of the real file as one word; malloc'ed. NULL: not a file. The
 * inode number is left out, since not every file system keeps it; ctime shows
 * that the file was replaced. */
static char *
seen_id(const struct core *c, const char *path)
{
	struct stat st;

	if (fstatat(stage_root_fd(c->stage), path, &st,
	    AT_SYMLINK_NOFOLLOW) < 0)
		return xstrdup(SEEN_NONE);
	if (!S_ISREG(st.st_mode))
		return NULL;
	return xasprintf("%lld-%lld.%09ld-%lld.%09ld", (long long)st.st_size,
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
seen_release(struct core_call *call)
{
	size_t i;

	for (i = 0; call->seen != NULL && i < call->targets_len; i++) {
		free(call->seen[i].path);
		free(call->seen[i].id);
	}
	FREE_NULL(call->seen);
}

void
seen_begin(struct core *c, struct core_call *call)
{
	size_t i;

	seen_release(call);
	call->seen = xcalloc(call->targets_len + 1, sizeof(*call->seen));
	for (i = 0; i < call->targets_len; i++) {
		struct call_seen *s = &call->seen[i];

		s->path = fs_inside(c->root, c->cwd, call->targets[i].path);
		if (s->path != NULL && !c->task.planning)
			s->id = seen_id(c, s->path);
	}
}

void
seen_missed(struct core_call *call, const cJSON *paths)
{
	const cJSON *it;
	size_t i;

	cJSON_ArrayForEach(it, paths)
		for (i = 0; call->seen != NULL && i < call->targets_len; i++)
			if (cJSON_IsString(it) && strcmp(it->valuestring,
			    call->targets[i].path) == 0) {
				free(call->seen[i].path);
				free(call->seen[i].id);
				call->seen[i] = (struct call_seen){ 0 };
			}
}

void
seen_done(const struct core_call *call, cJSON *result)
{
	cJSON *list = cJSON_CreateArray(), *o;
	size_t i;

	for (i = 0; call->seen != NULL && i < call->targets_len; i++) {
		const struct call_seen *s = &call->seen[i];

		if (s->id == NULL)
			continue;
		o = cJSON_CreateObject();
		json_add_bytes(o, "path", s->path, strlen(s->path));
		json_add_str(o, "id", s->id);
		cJSON_AddItemToArray(list, o);
	}
	/* For one file the value is that object, as in older journals. */
	if (list->child != NULL && list->child->next != NULL)
		json_set_take(result, "seen", list);
	else {
		if (list->child != NULL)
			json_set_take(result, "seen",
			    cJSON_DetachItemFromArray(list, 0));
		cJSON_Delete(list);
	}
}

/* The same as seen_id, if we know the content. */
static char *
seen_content(const struct core *c, const char *path)
{
	struct stage_side now;

	if (gate_look(stage_root_fd(c->stage), path, INT64_MAX, &now) != 0)
		return NULL;
	return now.exists ? xasprintf(SEEN_HASH "%s", now.hash) :
	    xstrdup(SEEN_NONE);
}

bool
seen_is_old(const struct core *c, const char *path)
{
	AUTO_FREE char *rel = fs_inside(c->root, c->cwd, path), *now = NULL;
	const struct seen_entry *s = rel == NULL ? NULL :
	    pathmap_find(&c->seen, rel);
	bool old = false;

	if (s != NULL) {
		now = strncmp(s->id, SEEN_HASH, strlen(SEEN_HASH)) == 0 ?
		    seen_content(c, rel) : seen_id(c, rel);
		old = now == NULL || strcmp(now, s->id) != 0;
	}
	return old;
}

static void
seen_begun(struct core *c, const cJSON *event)
{
	const cJSON *op;

	cJSON_ArrayForEach(op, json_array(event, "ops")) {
		const char *hash = json_str(json_get(op, "after"), "hash");
		struct seen_entry *s;
		size_t n;
		AUTO_FREE char *path = json_get_bytes(op, "path", &n);

		s = path == NULL ? NULL : pathmap_find(&c->seen, path);
		if (s != NULL)
			snprintf(s->written, sizeof(s->written), "%s%s",
			    hash == NULL ? SEEN_NONE : SEEN_HASH,
			    hash == NULL ? "" : hash);
	}
}

/* The model knows what the gate wrote. In a resumed session the content tells
 * which state that was. */
static void
seen_applied(struct core *c, const cJSON *event)
{
	const cJSON *op;

	cJSON_ArrayForEach(op, json_array(event, "ops")) {
		size_t n;
		AUTO_FREE char *path = json_get_bytes(op, "path", &n);
		struct seen_entry *s;

		s = path == NULL ? NULL : pathmap_find(&c->seen, path);
		if (s != NULL && json_bool(op, "ok", false)) {
			AUTO_FREE char *id = c->resume == NULL ?
						 seen_id(c, path) :
						 xstrdup(s->written);

			seen_set(c, path, id);
		}
	}
}

static void
seen_told(struct core *c, const cJSON *seen)
{
	size_t n;
	AUTO_FREE char *path = json_get_bytes(seen, "path", &n);

	if (path != NULL)
		seen_set(c, path, json_str(seen, "id"));
}

void
seen_event(struct core *c, const cJSON *event)
{
	const char *type = json_str_or(event, "type", "");
	const cJSON *seen = json_get(event, "seen"), *it;

	if (strcmp(type, "apply_begin") == 0)
		seen_begun(c, event);
	if (strcmp(type, "applied") == 0)
		seen_applied(c, event);
	if (strcmp(type, "tool_result") != 0)
		return;
	if (cJSON_IsObject(seen))
		seen_told(c, seen);
	else
		cJSON_ArrayForEach(it, seen)
			seen_told(c, it);
}
