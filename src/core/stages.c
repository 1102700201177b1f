/* See stages.h. */
#include "config.h"

#include "core/stages.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "core/call-sandbox.h"
#include "core/core.h"
#include "core/emit.h"

struct stage *
stages_open_as(struct core *c, const char *name, enum sandbox_view_kind view,
    struct err *e)
{
	struct stage_options o = { 0 };
	struct stage *s;
	char *dir = fs_join(c->dir, name);

	o.dir = dir;
	o.root = c->root;
	o.view = view;
	o.blobs = c->blobs;
	o.product = policy_product;
	o.is_tracked = policy_is_tracked;
	o.is_secret = policy_hides;
	o.hold = policy_hold;
	o.policy = c->policy;
	o.keep_owner = sandbox_stays_root(c->level, c->root, dir);
	s = stage_open(&o, e);
	if (s != NULL && strcmp(name, "stage") == 0)
		policy_product_view(c->policy, stage_view_fd(s));
	free(dir);
	return s;
}

struct stage *
stages_open(struct core *c, const char *name, struct err *e)
{
	return stages_open_as(c, name, sandbox_levels[c->level].overlays ?
	    SANDBOX_VIEW_OVERLAY : SANDBOX_VIEW_COPY, e);
}

int
stages_remove(struct core *c, const char *name, struct err *e)
{
	AUTO_CLOSE int fd = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	return fs_remove_tree(fd, name, e);
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
		emit_note(c, "the staged copy \"%s\" was not removed: %s", name,
		    e.text);
}

int
stages_open_plan(struct core *c, struct err *e)
{
	if (c->plan.stage == NULL)
		c->plan.stage = stages_scratch(c, "plan", e);
	return c->plan.stage == NULL ? -1 : 0;
}

void
stages_drop_plan(struct core *c)
{
	/* A worker that is still building its sandbox would create new folders
	 * in the one being removed. */
	if (c->plan.stage != NULL)
		call_unprepare(c);
	c->plan.dropped = 0;
	stages_drop(c, &c->plan.stage, "plan");
}
