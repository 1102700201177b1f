/*
 * A worker that renews the sandbox for each call builds the sandbox's root once,
 * without the mounts that each call needs for itself: those that calls must not
 * share (/tmp, /proc), those whose source the user may change in between, and
 * those that a command could move (mounts below its home). While the root is
 * built, these are attached below ROOT_KEPT instead of at their targets. For each
 * call, the first process of its new namespaces mounts them in its own copy of
 * all mounts, and unmounts ROOT_KEPT, before it runs the command.
 */
#include "config.h"

#include "sandbox/root-priv.h"

#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/mem.h"
#include "sandbox/sys.h"

/* ROOT_KEPT/NUMBER and a letter: the tree, the layers of a cache, the real
 * .git. */
static char *
root_kept(size_t i, char what)
{
	return xasprintf(ROOT_KEPT "/%zu%c", i, what);
}

static bool
root_kind_is_own(enum mount_plan_kind kind)
{
	switch (kind) {
	case MOUNT_PLAN_BIND_RW:
	case MOUNT_PLAN_SHIELD:
	case MOUNT_PLAN_CACHE:
	case MOUNT_PLAN_TMPFS:
	case MOUNT_PLAN_PROC:
	case MOUNT_PLAN_DEVPTS:
	case MOUNT_PLAN_PROJECT:
		return true;
	default:
		return false;
	}
}

/* Does each call get its own mount for this step: because of its kind, or because
 * its target is below that of such a step? (The steps are sorted by target, so
 * that one comes first.) Returns false in the second case: the root needs no
 * mount point for it then. */
static bool
root_mark_own(struct mount_plan *plan, size_t at)
{
	struct mount_plan_step *s = &plan->steps[at];
	bool inside = false;
	size_t i;

	for (i = 0; i < at && !inside; i++)
		inside = plan->steps[i].own &&
		    strcmp(plan->steps[i].target, s->target) != 0 &&
		    fs_is_below(s->target, plan->steps[i].target);
	s->own = inside || root_kind_is_own(s->kind);
	return !inside;
}

static int
root_keep_tree(struct root *root, int *tree, size_t i, char what)
{
	AUTO_FREE char *name = NULL;
	struct stat st;
	int rc;

	if (*tree < 0)
		return 0;
	name = root_kept(i, what);
	rc = fstat(*tree, &st);
	if (rc == 0)
		rc = S_ISDIR(st.st_mode) ? mkdirat(root->base, name, 0700) :
		    mknodat(root->base, name, S_IFREG | 0600, 0);
	if (rc == 0)
		rc = root_attach_at(root, *tree, name);
	fs_close(*tree);
	*tree = -1;
	return rc;
}

/* Keep one step. A /proc is created here already: the kernel refuses a new one
 * in a mount namespace that shows none. `place`: create a mount point for it. */
static int
root_keep_step(struct root *root, struct mount_plan_step *s, size_t i,
    bool place)
{
	static const char *const none[] = { NULL };
	bool is_dir = true;
	struct stat st;
	int fd;

	if (s->kind == MOUNT_PLAN_PROC)
		s->fd = root_make(root_context("proc", none), ROOT_QUIET |
		    MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY);
	if (s->fd >= 0 && fstat(s->fd, &st) == 0)
		is_dir = S_ISDIR(st.st_mode);
	else if (s->kind != MOUNT_PLAN_TMPFS && s->kind != MOUNT_PLAN_DEVPTS)
		place = false;
	if (place) {
		fd = root_target(root, s->target, is_dir);
		fs_close(fd);
		if (fd < 0)
			return -1;
	}
	if (s->kind == MOUNT_PLAN_PROJECT && sandbox_levels[root->r->level].overlays)
		return 0;
	s->kept = s->fd >= 0;
	return root_keep_tree(root, &s->fd, i, 't') < 0 ? -1 :
	    root_keep_tree(root, &s->layers_fd, i, 'l');
}

int
root_keep_own(struct root *root, struct err *e)
{
	static const char *const options[] = {
		"size", "1m", "mode", "0700", NULL,
	};
	int fd = root_make(root_context("tmpfs", options), ROOT_QUIET);
	int rc = fd < 0 ? -1 : root_attach_at(root, fd, ROOT_KEPT);
	size_t i;

	fs_close(fd);
	if (rc < 0)
		return err_sys(e, "root: cannot set aside the mounts of "
		    "each call");
	for (i = 0; i < root->plan->len; i++) {
		struct mount_plan_step *s = &root->plan->steps[i];
		bool place = root_mark_own(root->plan, i);

		if (s->own && root_keep_step(root, s, i, place) < 0)
			return err_sys(e, "%s: cannot set aside its mount", s->target +
			    (s->target[0] == '/'));
	}
	root_forget_dir(root);
	return root_keep_tree(root, &root->git, 0, 'g') < 0 ?
	    err_sys(e, ".git: cannot set aside its mount") : 0;
}

static int
root_kept_tree(struct root *root, size_t i, char what)
{
	AUTO_FREE char *name = root_kept(i, what);

	return sys_open_tree(root->base, name, AT_RECURSIVE);
}

/* The layers of a cache, with a work folder that no overlay has used. */
static int
root_kept_layers(struct root *root, size_t i)
{
	AUTO_FREE char *name = root_kept(i, 'l'), *work = fs_join(name, "wk");
	int rc = root_empty(root->base, work, NULL);

	return rc < 0 ? -1 : root_kept_tree(root, i, 'l');
}

int
root_renew(struct root *root, struct err *e)
{
	mode_t mask = umask(022);
	int rc = -1;
	size_t i;

	root_release(root);
	root->base = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; i < root->plan->len; i++) {
		struct mount_plan_step *s = &root->plan->steps[i];

		if (s->kind == MOUNT_PLAN_PROJECT) {
			root->at = root_target(root, s->target, true);
			if (root->at < 0) {
				err_sys(e, "project: no place for it at %s",
				    s->target);
				goto out;
			}
		}
		if (s->kept && s->kind != MOUNT_PLAN_PROC &&
		    (s->fd = root_kept_tree(root, i, 't')) < 0) {
			err_sys(e, "root: cannot mount %s", s->target);
			goto out;
		}
		if (s->kept && s->kind == MOUNT_PLAN_CACHE)
			s->layers_fd = root_kept_layers(root, i);
		if ((s->own || s->kind == MOUNT_PLAN_MASK) &&
		    s->kind != MOUNT_PLAN_PROJECT && !root_is_late(root, s) &&
		    root_step(root, s, e) < 0)
			goto out;
	}
	root_forget_dir(root);
	root->git = root_kept_tree(root, 0, 'g');
	rc = sys_umount(ROOT_KEPT);
	if (rc < 0)
		err_sys(e, "root: cannot unmount what was set aside");
out:
	umask(mask);
	return rc;
}
