#include "config.h"

#include "core/changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "gate/gate.h"

struct change {
	char		*path;
	char		*before, *after;	/* hashes; NULL: no such file */
	unsigned	 before_mode, after_mode;
	char		*from;		/* its old name; NULL: not renamed */
	bool		 mixed;		/* someone else changed it in between */
};

struct change_at {
	char	*path;
	size_t	 at;		/* index in v */
};

struct changes {
	struct change	*v;
	size_t		 len;
	struct pathmap	 index;		/* of struct change_at */
	cJSON		*begun;		/* the ops of the open apply_begin */
	bool		 ended;		/* the last event was agent_end */
};

struct changes *
changes_new(void)
{
	return xcalloc(1, sizeof(struct changes));
}

static void
changes_clear(struct changes *cs)
{
	size_t i;

	for (i = 0; i < cs->len; i++) {
		free(cs->v[i].path);
		free(cs->v[i].before);
		free(cs->v[i].after);
		free(cs->v[i].from);
	}
	FREE_NULL(cs->v);
	cs->len = 0;
	pathmap_release(&cs->index);
}

void
changes_free(struct changes *cs)
{
	if (cs == NULL)
		return;
	changes_clear(cs);
	cJSON_Delete(cs->begun);
	free(cs);
}

/* The path of an op as bytes; malloc'ed. */
static char *
changes_path(const cJSON *op)
{
	size_t n;
	char *p = json_get_bytes(op, "path", &n);

	return p == NULL ? xstrdup("") : p;
}

static struct change *
changes_of(const struct changes *cs, const char *path)
{
	const struct change_at *x = pathmap_find(&cs->index, path);

	return x == NULL ? NULL : &cs->v[x->at];
}

static void
changes_add(struct changes *cs, char *path_take, const cJSON *op,
    const cJSON *done)
{
	const cJSON *before = json_get(op, "before");
	const cJSON *after = json_get(op, "after");
	struct change *c = changes_of(cs, path_take);
	struct change_at *x;
	size_t n;

	if (c == NULL) {
		GROW(cs->v, cs->len);
		x = pathmap_add(&cs->index, path_take, sizeof(*x));
		x->at = cs->len;
		c = &cs->v[cs->len++];
		memset(c, 0, sizeof(*c));
		c->path = path_take;
		c->before = xstrdup_null(json_str(before, "hash"));
		c->before_mode = (unsigned)json_int(before, "mode", 0);
	} else {
		const char *hash = json_str(before, "hash");

		c->mixed = c->mixed || (hash == NULL) != (c->after == NULL) ||
		    (hash != NULL && strcmp(hash, c->after) != 0);
		free(path_take);
	}
	if (json_get(done, "from") != NULL)
		FREE_SET(c->from, json_get_bytes(done, "from", &n));
	xstrset(&c->after, json_str(after, "hash"));
	c->after_mode = (unsigned)json_int(after, "mode", 0);
}

/* The op for this path, from `at` on. */
static const cJSON *
changes_find(const cJSON *at, const char *path)
{
	for (; at != NULL; at = at->next) {
		AUTO_FREE char *p = changes_path(at);
		bool same = strcmp(p, path) == 0;

		if (same)
			return at;
	}
	return NULL;
}

/* Both lists have the same order, and one may lack some ops; walk them
 * together, since there may be many. */
static void
changes_applied(struct changes *cs, const cJSON *event)
{
	const cJSON *first = cs->begun == NULL ? NULL : cs->begun->child;
	const cJSON *done, *op, *next = first;

	cJSON_ArrayForEach(done, json_array(event, "ops")) {
		char *path;

		if (!json_bool(done, "ok", false))
			continue;
		path = changes_path(done);
		op = changes_find(next, path);
		if (op == NULL)
			op = changes_find(first, path);
		if (op == NULL) {
			free(path);
			continue;
		}
		changes_add(cs, path, op, done);
		next = op->next;
	}
	json_drop(&cs->begun);
}

void
changes_event(struct changes *cs, const cJSON *event)
{
	const char *type = json_str_or(event, "type", "");

	if (strcmp(type, "apply_begin") == 0) {
		cJSON_Delete(cs->begun);
		cs->begun = cJSON_Duplicate(json_array(event, "ops"), 1);
	} else if (strcmp(type, "applied") == 0)
		changes_applied(cs, event);
	else if (strcmp(type, "agent_end") == 0)
		cs->ended = true;
	else if (strcmp(type, "user_message") == 0 && cs->ended &&
	    !json_is(event, "by", "core")) {
		/* Asked again, the task goes on. */
		if (!json_bool(event, "again", false))
			changes_clear(cs);
		cs->ended = false;
	}
}

static bool
change_is_real(const struct change *c)
{
	if ((c->before == NULL) != (c->after == NULL))
		return true;
	return c->before != NULL && (strcmp(c->before, c->after) != 0 ||
	    c->before_mode != c->after_mode);
}

cJSON *
changes_paths(const struct changes *cs)
{
	cJSON *a = cJSON_CreateArray();
	size_t i;

	for (i = 0; i < cs->len; i++) {
		AUTO_BUF struct buf text = BUF_INIT(0);

		if (!change_is_real(&cs->v[i]))
			continue;
		json_path_text(&text, cs->v[i].path);
		cJSON_AddItemToArray(a, cJSON_CreateString(buf_str(&text)));
	}
	return a;
}

/* The file that had another name when the task began and was renamed to this
 * one, if nothing has the old name now. */
static const struct change *
change_origin(const struct changes *cs, const struct change *c)
{
	size_t steps;

	if (c->before != NULL || c->after == NULL)
		return NULL;
	for (steps = 0; c != NULL && c->from != NULL && steps < cs->len;
	    steps++) {
		c = changes_of(cs, c->from);
		if (c != NULL && c->before != NULL)
			return c->after == NULL ? c : NULL;
	}
	return NULL;
}

cJSON *
changes_renamed(const struct changes *cs)
{
	cJSON *a = cJSON_CreateArray();
	size_t i;

	for (i = 0; i < cs->len; i++) {
		const struct change *from = change_origin(cs, &cs->v[i]);
		cJSON *o;

		if (from == NULL)
			continue;
		o = cJSON_CreateObject();
		json_add_path(o, "from", from->path);
		json_add_path(o, "path", cs->v[i].path);
		cJSON_AddItemToArray(a, o);
	}
	return a;
}

static void
change_side(struct stage_side *side, const char *hash, unsigned mode)
{
	memset(side, 0, sizeof(*side));
	if (hash == NULL)
		return;
	side->exists = true;
	snprintf(side->hash, sizeof(side->hash), "%s", hash);
	side->mode = mode;
}

struct changes_op *
changes_ops(const struct changes *cs, size_t *n)
{
	struct changes_op *ops = xcalloc(cs->len + 1, sizeof(*ops));
	const struct change *from;
	struct changes_op *old;
	size_t i;

	for (i = 0, *n = 0; i < cs->len; i++) {
		const struct change *c = &cs->v[i];

		if (!change_is_real(c))
			continue;
		if ((from = change_origin(cs, c)) != NULL)
			ops[*n].other = from->path;
		ops[*n].path = xstrdup(c->path);
		ops[*n].mixed = c->mixed;
		change_side(&ops[*n].before, c->before, c->before_mode);
		change_side(&ops[(*n)++].after, c->after, c->after_mode);
	}
	MEM_SORT(ops, *n);
	for (i = 0; i < *n; i++) {
		old = ops[i].other == NULL || !ops[i].after.exists ? NULL :
		    MEM_SEARCH(ops, *n, ops[i].other);
		if (old != NULL)
			old->other = ops[i].path;
	}
	return ops;
}

int
changes_patch(const struct changes *cs, struct blob_store *blobs,
    enum hunk_diff diff, struct buf *out, struct err *e)
{
	size_t i;

	for (i = 0; i < cs->len; i++) {
		const struct change *c = &cs->v[i];
		struct stage_side before, after;

		if (!change_is_real(c))
			continue;
		change_side(&before, c->before, c->before_mode);
		change_side(&after, c->after, c->after_mode);
		if (gate_patch(out, blobs, c->path, &before, &after,
		    diff, true, e) < 0)
			return -1;
	}
	return 0;
}
