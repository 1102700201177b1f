/*
 * The half that waits for the call: the project's view, with its masks and
 * covers. No foreign code has run before in this copy of the mounts, and none
 * does until everything is in place.
 */
#include "config.h"

#include "sandbox/root-priv.h"

#include <dirent.h>
#include <errno.h>
#include <linux/openat2.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/mem.h"
#include "sandbox/sys.h"

/* Bind `fd` onto itself, read-only; a bind of the real one would leave sockets
 * inside open to connections. */
static int
root_shut(int fd)
{
	int tree = sys_open_tree(fd, "", AT_EMPTY_PATH | AT_RECURSIVE);
	int rc = -1;

	if (tree >= 0 && sys_mount_setattr(tree, "",
	    AT_EMPTY_PATH | AT_RECURSIVE, ROOT_QUIET | MOUNT_ATTR_RDONLY) == 0)
		rc = sys_move_mount(tree, fd);
	fs_close(tree);
	return rc;
}

static int
root_protect_git(struct root *root, int top, struct err *e)
{
	int rc;
	AUTO_CLOSE int fd = fs_open_beneath(top, ".git", O_PATH, 0);

	if (fd < 0 && errno == ENOENT && root->git >= 0) {
		AUTO_FREE char *git = fs_join(root->r->root, ".git");

		/* A copy can do without. */
		(void)root_shield(root, root->git, git);
		return 0;
	}
	if (fd < 0 && (errno == ENOENT || errno == ELOOP))
		return 0;
	if (fd < 0)
		return err_sys(e, "git: cannot open .git");
	rc = root_shut(fd);
	if (rc < 0)
		err_sys(e, "git: cannot make .git read-only");
	return rc;
}

/* The same for a repository in the project. If a command removed it from the
 * view, or replaced it by a symlink, there is nothing to protect. */
static int
root_protect_nested(int top, const char *path, struct err *e)
{
	int fd = fs_open_beneath(top, path, O_PATH, 0), rc;

	if (fd < 0)
		return 0;
	rc = root_shut(fd);
	if (rc < 0)
		err_sys(e, "git: cannot make %s read-only", path);
	close(fd);
	return rc;
}

/* Mount a file of ours, in a file system at ROOT_LAYERS, over the existing one;
 * no other name leads to it afterwards. */
static int
root_cover(struct root *root, const struct sandbox_cover *c)
{
	static const char name[] = ROOT_LAYERS "/cover";
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int to, ours, tree = -1, rc = -1;

	to = (int)syscall(SYS_openat2, root->base, c->path + 1, &how,
	    sizeof(how));
	if (to < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	ours = openat(root->base, name, O_WRONLY | O_CREAT | O_EXCL |
	    O_CLOEXEC, 0444);
	if (ours >= 0 && fs_write_all(ours, c->text, c->len) == 0)
		tree = sys_open_tree(root->base, name, 0);
	if (tree >= 0 && sys_mount_setattr(tree, "", AT_EMPTY_PATH,
	    ROOT_QUIET | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC) == 0 &&
	    sys_move_mount(tree, to) == 0)
		rc = unlinkat(root->base, name, 0);
	fs_close(tree);
	fs_close(ours);
	fs_close(to);
	return rc;
}

static int
root_covers(struct root *root, struct err *e)
{
	static const char *const options[] = {
		"size", "64m", "mode", "0755", NULL,
	};
	const struct request *r = root->r;
	int fd, rc = -1;
	size_t i;

	if (r->covers_len == 0)
		return 0;
	fd = root_make(root_context("tmpfs", options), ROOT_QUIET);
	if (fd < 0 || root_attach_at(root, fd, ROOT_LAYERS) < 0) {
		err_sys(e, "cover: cannot make room for it");
		goto out;
	}
	for (i = 0; i < r->covers_len; i++)
		if (root_cover(root, &r->covers[i]) < 0) {
			err_sys(e, "cover: %s", r->covers[i].path);
			goto out;
		}
	rc = sys_umount(ROOT_LAYERS);
	if (rc < 0)
		err_sys(e, "cover: cannot hide its folder");
out:
	fs_close(fd);
	return rc;
}

int
root_empty(int dir, const char *name, struct err *e)
{
	/* What an overlay leaves, in this order: found and removed one by one it
	 * takes ten times the system calls. */
	static const char *const left[] = {
		"work/incompat/volatile/dirty", "work/incompat/volatile",
		"work/incompat", "work",
	};
	DIR *d = fs_dir_take(openat(dir, name, O_RDONLY | O_DIRECTORY |
	    O_NOFOLLOW | O_CLOEXEC));
	struct dirent *de;
	int rc = 0;
	size_t i;

	if (d == NULL)
		return err_sys(e, "overlay: cannot open its work folder");
	for (i = 0; i < MEM_COUNT(left); i++)
		if (unlinkat(dirfd(d), left[i], i == 0 ? 0 : AT_REMOVEDIR) < 0)
			break;
	while (rc == 0 && (de = readdir(d)) != NULL)
		if (!fs_is_dots(de->d_name))
			rc = fs_remove_tree(dirfd(d), de->d_name, e);
	closedir(d);
	return rc;
}

/* The other staged copy, without repositories and secret files. */
static int
root_staged(struct root *root, struct err *e)
{
	static const char both[] = MOUNT_PLAN_STAGED ":/" ROOT_TREE;
	const char *const options[] = {
		"source", "assent", "lowerdir", both, "userxattr", NULL, NULL,
		NULL,
	};
	const char *const *hidden[] = {
		(const char *const *)root->r->masked,
		(const char *const *)root->r->shut,
	};
	AUTO_CLOSE int to = openat(root->base, SANDBOX_STAGED_DIR + 1,
	    O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int fd = root_make(root_context("overlay", options),
	    ROOT_QUIET | MOUNT_ATTR_RDONLY);
	size_t i, k;

	if (to < 0 || fd < 0 || sys_move_mount(fd, to) < 0 ||
	    sys_umount(MOUNT_PLAN_STAGED) < 0)
		return err_sys(e, "overlay: cannot show the staged copy");
	if (root_mask(root, fd, ".git", RESOLVE_BENEATH, e) < 0)
		return -1;
	for (k = 0; k < MEM_COUNT(hidden); k++)
		for (i = 0; hidden[k][i] != NULL; i++)
			if (root_mask(root, fd, hidden[k][i], RESOLVE_BENEATH,
			    e) < 0)
				return -1;
	return 0;
}

/* Mount the overlay; its descriptor, or -1. For a call that only reads the
 * staged copy is one more lower layer: the same files, and nothing to write. */
static int
root_overlay(struct root *root, struct err *e)
{
	bool reads = root->r->reads;
	AUTO_FREE char *up =
	    xasprintf(ROOT_STAGE "%s", strrchr(root->r->upper, '/'));
	AUTO_FREE char *wk =
	    xasprintf(ROOT_STAGE "%s", strrchr(root->r->work, '/'));
	AUTO_FREE char *both = xasprintf("%s:" ROOT_TREE, up);
	const char *const writing[] = {
		"source", "assent", "lowerdir", ROOT_TREE, "userxattr", NULL,
		"volatile", NULL, "upperdir", up, "workdir", wk, NULL, NULL,
	}, *const reading[] = {
		"source", "assent", "lowerdir", both, "userxattr", NULL, NULL,
		NULL,
	};
	int fd = -1;

	if (!reads && root_empty(root->base, wk, e) < 0)
		return fd;
	fd = root_make(root_context("overlay", reads ? reading : writing),
	    ROOT_QUIET | (reads ? MOUNT_ATTR_RDONLY : 0));
	if (fd < 0 || sys_move_mount(fd, root->at) < 0) {
		err_sys(e, "overlay: cannot mount it");
		goto fail;
	}
	if (root->r->staged != NULL && root_staged(root, e) < 0)
		goto fail;
	root_direct(root, up, fd);
	/* The overlay holds its layers; nobody else shall see them. */
	if (sys_umount(ROOT_TREE) == 0 && sys_umount(ROOT_STAGE) == 0)
		return fd;
	err_sys(e, "overlay: cannot hide its layers");
fail:
	fs_close(fd);
	return -1;
}

static int
root_copy(struct root *root, struct mount_plan_step *s, struct err *e)
{
	int fd = s->fd;

	/* It is there already, and the real .git in its place. */
	if (root->r->stays && !root->r->renews)
		return fcntl(root->at, F_DUPFD_CLOEXEC, 0);
	s->fd = -1;
	if (sys_move_mount(fd, root->at) == 0)
		return fd;
	err_sys(e, "copy: cannot show it at %s", s->target);
	fs_close(fd);
	return -1;
}

static int
root_show(struct root *root, struct mount_plan_step *s, struct err *e)
{
	size_t i;
	AUTO_CLOSE int top = sandbox_levels[root->r->level].overlays ?
				 root_overlay(root, e) :
				 root_copy(root, s, e);

	if (top < 0)
		return -1;
	/* What is read-only as a whole needs no more. */
	if (sandbox_levels[root->r->level].overlays && root->r->reads)
		goto masks;
	if (root_protect_git(root, top, e) < 0)
		return -1;
	for (i = 0; root->r->shut[i] != NULL; i++)
		if (root_protect_nested(top, root->r->shut[i], e) < 0)
			return -1;
masks:
	for (i = 0; root->r->masked[i] != NULL; i++)
		if (root_mask(root, top, root->r->masked[i], RESOLVE_BENEATH,
		    e) < 0)
			return -1;
	return 0;
}

int
root_copy_mounts(struct root *root, struct err *e)
{
	const struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};

	/* Memory that the call shares (System V) ends with it, too. */
	if (unshare(CLONE_NEWNS | CLONE_NEWIPC) < 0)
		return err_sys(e, "namespaces: cannot copy the mounts");
	/* What was opened before is in the mounts that were copied. */
	root_release(root);
	root->base = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root->base >= 0)
		root->at = (int)syscall(SYS_openat2, root->base,
		    root->r->root + 1, &how, sizeof(how));
	if (root->at < 0)
		return err_sys(e, "project: no place for it at %s",
		    root->r->root);
	if (sandbox_levels[root->r->level].overlays)
		return 0;
	root->git = sys_open_tree(root->base, ROOT_GIT, AT_RECURSIVE);
	if (root->git < 0 && errno != ENOENT)
		return err_sys(e, "git: cannot take it");
	if (root->git >= 0 && sys_umount(ROOT_GIT) < 0)
		return err_sys(e, "git: cannot hide it");
	return 0;
}

int
root_project(struct root *root, struct err *e)
{
	mode_t mask = umask(022);
	int rc = 0;
	size_t i;

	for (i = 0; i < root->plan->len && rc == 0; i++) {
		struct mount_plan_step *s = &root->plan->steps[i];

		if (s->kind == MOUNT_PLAN_PROJECT)
			rc = root_show(root, s, e);
		else if (root_is_late(root, s))
			rc = root_step(root, s, e);
	}
	if (rc == 0)
		rc = root_covers(root, e);
	umask(mask);
	return rc;
}
