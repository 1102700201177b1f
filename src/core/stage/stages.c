#include "config.h"

#include "core/stage/stages.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "core/kernel/core.h"
#include "journal/event.h"
#include "journal/fold.h"

void
stages_side(struct stage_side *to, const struct fold_side *from)
{
	memset(to, 0, sizeof(*to));
	to->exists = from->exists;
	if (from->hash != NULL)
		snprintf(to->hash, sizeof(to->hash), "%s", from->hash);
	to->mode = from->mode;
	to->size = from->size;
}

static const char *
stages_op_name(const struct apply_op *op)
{
	if (!op->after.exists)
		return "delete";
	if (op->after.mode == 0120000)
		return "symlink";
	if (!op->before.exists)
		return "create";
	return strcmp(op->before.hash, op->after.hash) == 0 ? "mode" :
	    "replace";
}

/* NULL: there is no file. */
static struct ev_side *
stages_event_side(struct event *to, const struct stage_side *s)
{
	struct ev_side *side = s->exists ? ev_alloc(to, sizeof(*side)) : NULL;

	if (side != NULL)
		*side = (struct ev_side){ .hash = s->hash, .mode = s->mode };
	return side;
}

void
stages_add_ops(struct event *to, const struct apply_op *ops, size_t n)
{
	struct ev_apply_begin *begin = &to->apply_begin;

	begin->ops = ev_alloc(to, (n + 1) * sizeof(*begin->ops));
	for (; begin->ops_len < n; ops++)
		begin->ops[begin->ops_len++] = (struct ev_begin_op){
			.path_bytes = ops->path, .op = stages_op_name(ops),
			.before = stages_event_side(to, &ops->before),
			.after = stages_event_side(to, &ops->after) };
}

void
stages_side_read(struct stage_side *s, const cJSON *side)
{
	memset(s, 0, sizeof(*s));
	s->exists = cJSON_IsObject(side);
	if (!s->exists)
		return;
	snprintf(s->hash, sizeof(s->hash), "%s", json_str_or(side, "hash",
	    ""));
	s->mode = (unsigned)json_int(side, "mode", 0100644);
	s->size = json_int(side, "size", 0);
}

struct policy *
stages_policy(const struct core *c, const char *root, struct err *e)
{
	struct policy_options o = { .root = root };
	const cJSON *machine = json_get(c->start, "machine");
	const cJSON *own_prot = json_array(machine, "protected");
	const cJSON *own_secret = json_array(machine, "secret");
	AUTO_FREE const char **prot =
	    json_strings(json_array(c->start, "protected"), own_prot);
	AUTO_FREE const char **allow =
	    json_strings(json_array(c->start, "allow_protected"), NULL);
	AUTO_FREE const char **secret =
	    json_strings(json_array(c->start, "secret"), own_secret);
	AUTO_FREE const char **lift = xcalloc((size_t)cJSON_GetArraySize(
	    json_array(c->start, "secret")) + 1, sizeof(*lift));
	AUTO_FREE const char **machine_prot = json_strings(own_prot, NULL);
	AUTO_FREE const char **machine_secret = json_strings(own_secret, NULL);
	size_t i, k, lifted = 0;

	for (i = k = 0; secret[i] != NULL; i++)
		if (secret[i][0] == '!')
			lift[lifted++] = secret[i] + 1;
		else
			secret[k++] = secret[i];
	secret[k] = NULL;
	o.protected_globs = prot;
	o.allow_globs = allow;
	o.secret_globs = secret;
	o.lift_globs = lift;
	o.machine_protected = machine_prot;
	o.machine_secret = machine_secret;
	o.own_files = json_array(c->start, "own_files");
	return policy_new(&o, e);
}

/* Who starts a session waits for this, and has no line of it yet. */
static void
stages_copied(void *arg, size_t files)
{
	struct core *c = arg;
	AUTO_FREE char *doing = xasprintf("copying the project: %zu files",
	    files);

	if (c->fold->status.state == NULL)
		emit_early(c, EVENT_LINE(status, .state = "starting", .doing =
		    doing));
}

struct stage *
stages_open_as(struct core *c, const char *name, enum sandbox_view_kind view,
    struct err *e)
{
	struct stage_options o = { 0 };
	struct stage *s;
	AUTO_FREE char *dir = fs_join(c->dir, name);

	o.dir = dir;
	o.root = c->root;
	o.view = view;
	o.blobs = c->blobs;
	o.ignores = policy_ignores;
	o.is_tracked = policy_is_tracked;
	o.is_secret = policy_hides;
	o.hold = policy_hold;
	o.policy = c->policy;
	o.copied = stages_copied;
	o.copied_arg = c;
	o.keep_owner = sandbox_stays_root(c->sandbox.level, c->root, dir);
	s = stage_open(&o, e);
	if (s != NULL && strcmp(name, "stage") == 0)
		c->policy->staged = s->staged_fd;
	return s;
}

struct stage *
stages_open(struct core *c, const char *name, struct err *e)
{
	return stages_open_as(c, name, sandbox_levels[c->sandbox.level].overlays ?
	    SANDBOX_VIEW_OVERLAY : SANDBOX_VIEW_COPY, e);
}

/* Remove what was put aside, in a process of its own; if there can't be one
 * (`clean`), do it now. */
static void
stages_remove_aside(const struct core *c, int fd)
{
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid = c->worker == NULL || null < 0 ? -1 : spawn_bare(c->worker,
	    REMOVER_WORD, fd, null, null);

	/* It ends at once, and a child of its own goes on. */
	if (pid < 0 || spawn_reap(pid) != 0)
		(void)fs_remove_aside(fd);
}

int
stages_remove(struct core *c, const char *name, struct err *e)
{
	AUTO_CLOSE int fd = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 ? 0 : fs_put_aside(fd, name, e);

	if (rc > 0)
		stages_remove_aside(c, fd);
	return rc < 0 ? -1 : 0;
}

void
stages_sweep(struct core *c)
{
	AUTO_CLOSE int fd = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && fs_has_aside(fd))
		stages_remove_aside(c, fd);
}

struct stage *
stages_scratch(struct core *c, const char *name, struct err *e)
{
	/* Remove what an earlier run left behind. */
	(void)stages_remove(c, name, NULL);
	return stages_open(c, name, e);
}

void
stages_drop(struct core *c, struct stage **stage, const char *name)
{
	struct err e = ERR_INIT;

	if (*stage == NULL)
		return;
	stage_free(*stage);
	*stage = NULL;
	if (stages_remove(c, name, &e) < 0)
		emit_note(c, "the copy \"%s\" was not removed: %s", name,
		    e.text);
}

struct stage *
stages_current(struct core *c)
{
	return task_plans(c) ? c->plan.stage : c->stage;
}

int
stages_open_plan(struct core *c, struct err *e)
{
	if (c->plan.stage == NULL)
		c->plan.stage = stages_scratch(c, "plan", e);
	return c->plan.stage == NULL ? -1 : 0;
}
