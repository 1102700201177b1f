/*
 * Everything that is shown; the project last, once the call has come, with its
 * masks and covers. All of this runs before any foreign code, in a process that
 * has all capabilities inside its new user namespace and none outside.
 *
 * Real root (not root of a user namespace) takes the trees before it becomes
 * the project's owner; the kernel lets whoever holds a detached tree's
 * descriptor attach it in another user namespace.
 */

#include "config.h"

#include "sandbox/root.h"

#include <errno.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/mem.h"
#include "sandbox/sys.h"

#define ROOT_QUIET (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

/* Our own places in the new root, empty except while something is being
 * mounted. */
#define ROOT_STAGE	"assent/.stage"
#define ROOT_LAYERS	"assent/.layers"
#define ROOT_LOWER	"assent/.lower"
#define ROOT_KEPT	"assent/.kept"
#define ROOT_NO_DIR	"assent/masked-dir"
#define ROOT_NO_FILE	"assent/masked-file"

static int	root_keep_own(struct root *root, struct err *e);

static int
root_create(int dir, const char *name, bool is_dir)
{
	return is_dir ? mkdirat(dir, name, 0755) :
	    mknodat(dir, name, S_IFREG | 0644, 0);
}

/*
 * The folder or file `name`, created if missing; O_PATH. Anything in the way in
 * one of our own folders (a symlink that a command left in /tmp) is removed.
 */
static int
root_entry(int dir, const char *name, bool is_dir, bool likely_new)
{
	int fd = -1, tries;

	for (tries = 0; tries < 3 && fd < 0; tries++) {
		struct stat st = { 0 };
		bool made = false;

		if (likely_new || tries > 0) {
			made = root_create(dir, name, is_dir) == 0;
			if (!made && errno != EEXIST)
				return -1;
		}
		fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && errno != ENOENT)
			return -1;
		if (fd < 0 || made)
			continue;
		if (fstat(fd, &st) == 0 && !S_ISLNK(st.st_mode) &&
		    S_ISDIR(st.st_mode) == is_dir)
			break;
		fs_close(fd);
		fd = -1;
		if (unlinkat(dir, name, S_ISDIR(st.st_mode) ?
		    AT_REMOVEDIR : 0) < 0)
			return -1;
	}
	return fd;
}

static void
root_forget_dir(struct root *root)
{
	fs_close(root->dir_fd);
	root->dir_fd = -1;
	FREE_NULL(root->dir);
}

/* The folder that contains `path`, created if missing; it stays root's. */
static int
root_parent(struct root *root, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/'), *from;
	char *dir = xmemdup(path, (size_t)(slash - path)), *save = NULL, *one;
	AUTO_FREE char *rest = NULL;
	int fd;

	*name = slash + 1;
	if (root->dir != NULL && strcmp(root->dir, dir) == 0) {
		free(dir);
		return root->dir_fd;
	}
	from = dir;
	if (root->dir != NULL && root->dir[0] != '\0' &&
	    fs_is_below(dir, root->dir)) {
		fd = fcntl(root->dir_fd, F_DUPFD_CLOEXEC, 0);
		from += strlen(root->dir);
	} else
		fd = fcntl(root->base, F_DUPFD_CLOEXEC, 0);
	rest = xstrdup(from);
	for (one = strtok_r(rest, "/", &save); one != NULL && fd >= 0;
	    one = strtok_r(NULL, "/", &save)) {
		int sub = root_entry(fd, one, true, false);

		fs_close(fd);
		fd = sub;
	}
	root_forget_dir(root);
	if (fd < 0) {
		free(dir);
		return -1;
	}
	root->dir = dir;
	root->dir_fd = fd;
	return fd;
}

/* The folder or file itself, created if missing; O_PATH. */
static int
root_target(struct root *root, const char *path, bool is_dir)
{
	const char *name;
	int dir = root_parent(root, path, &name);

	return dir < 0 ? -1 : root_entry(dir, name, is_dir, !root->placed);
}

/* `type` is the tree's DT_*, or DT_UNKNOWN. */
static int
root_attach(struct root *root, int tree, int type, const char *path)
{
	AUTO_CLOSE int to = -1;
	const char *name;
	struct stat st = { 0 };
	int dir, rc = -1;
	bool is_dir;

	if ((type == DT_UNKNOWN && fstat(tree, &st) < 0) ||
	    (dir = root_parent(root, path, &name)) < 0)
		return -1;
	is_dir = type == DT_DIR || S_ISDIR(st.st_mode);
	/* A folder is attached to a folder, or not at all. */
	if ((root->placed && is_dir) || root_create(dir, name, is_dir) == 0)
		rc = sys_move_mount_at(tree, dir, name);
	else if (errno != EEXIST)
		return -1;
	if (rc < 0 && (to = root_entry(dir, name, is_dir, root->placed)) >= 0)
		rc = sys_move_mount(tree, to);
	/* It may just have been covered. */
	if (root->dir != NULL && fs_is_below(root->dir, path))
		root_forget_dir(root);
	return rc;
}

/* Attach the tree at `path` below the new root. Takes ownership of nothing. */
static int
root_attach_at(struct root *root, int tree, const char *below)
{
	return sys_move_mount_at(tree, root->base, below);
}

/* A file system of this kind, not created yet. Options are key, value pairs
 * with a NULL key at the end; a NULL value is a flag. */
static int
root_context(const char *type, const char *const *options)
{
	int fs = sys_fsopen(type);

	for (; fs >= 0 && options[0] != NULL; options += 2)
		if (sys_fsconfig(fs, options[0], options[1]) < 0) {
			fs_close(fs);
			return -1;
		}
	return fs;
}

/* Create it, detached. Takes ownership of the context, which may be -1. */
static int
root_make(int fs, unsigned attrs)
{
	int fd = -1;

	if (fs < 0)
		return -1;
	if (sys_fscreate(fs) == 0)
		fd = sys_fsmount(fs, attrs);
	fs_close(fs);
	return fd;
}

static int
root_make_at(struct root *root, const char *type, const char *const *options,
    unsigned attrs, const char *target)
{
	AUTO_CLOSE int fd = root_make(root_context(type, options), attrs);

	return fd < 0 ? -1 : root_attach(root, fd, DT_DIR, target);
}

static int
root_shield_lower(struct root *root, const char *target)
{
	static const char *const options[] = {
		"source", "assent", "lowerdir", ROOT_LOWER ":assent/empty",
		"userxattr", NULL,
		NULL, NULL,
	};

	if (root_make_at(root, "overlay", options,
	    ROOT_QUIET | MOUNT_ATTR_RDONLY, target) == 0)
		return sys_umount(ROOT_LOWER);
	/* Some file systems can't be below an overlay. Bound directly it would
	 * expose its sockets, so it is left out. */
	(void)sys_umount(ROOT_LOWER);
	return -1;
}

/* Read-only, and through an overlay: connect(2) to a socket inside then finds
 * another inode and is refused. The original tree is at ROOT_LOWER only during
 * this. -1: not shown. */
static int
root_shield(struct root *root, int tree, const char *target)
{
	struct stat st;

	if (fstat(tree, &st) < 0)
		return -1;
	if (S_ISREG(st.st_mode))
		return root_attach(root, tree, DT_REG, target);
	if (!S_ISDIR(st.st_mode) || root_attach_at(root, tree, ROOT_LOWER) < 0)
		return -1;
	return root_shield_lower(root, target);
}

/* Hide fd's file or folder behind an empty one of mode 000. */
static int
root_mask_fd(struct root *root, int fd)
{
	struct stat st;
	AUTO_CLOSE int blank = -1;

	if (fstat(fd, &st) < 0)
		return -1;
	blank = sys_open_tree(root->base,
	    S_ISDIR(st.st_mode) ? ROOT_NO_DIR : ROOT_NO_FILE, 0);
	return blank < 0 ? -1 : sys_move_mount(blank, fd);
}

/* In a /proc of our own, before anybody else is there. The folder that we are in
 * is the new root. */
static int
root_mask_early(const char *path, struct err *e)
{
	if (sys_mount(ROOT_NO_FILE, path + 1, NULL, MS_BIND, NULL) == 0 ||
	    errno == ENOENT)
		return 0;
	return err_sys(e, "mask: %s", path + 1);
}

/* Hide `path`, following symlinks, but never out of `top`. A missing path needs
 * no mask, and neither does one outside the sandbox. */
static int
root_mask(struct root *root, int top, const char *path, uint64_t resolve,
    struct err *e)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = resolve | RESOLVE_NO_MAGICLINKS,
	};
	AUTO_CLOSE int fd = -1;

	while (*path == '/')
		path++;
	fd = (int)syscall(SYS_openat2, top, path, &how, sizeof(how));
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR ||
	    errno == ELOOP || errno == EXDEV || errno == EACCES))
		return 0;
	if (fd < 0)
		return err_sys(e, "mask: %s", path);
	return root_mask_fd(root, fd) < 0 ? err_sys(e, "mask: %s", path) : 0;
}

static int
root_open_tree_at(int at, const char *path, unsigned flags, uint64_t attrs,
    const char *step, struct err *e)
{
	int fd = sys_open_tree(at, path, flags);

	if (fd < 0)
		return err_sys(e, "%s: cannot take %s", step,
		    path[0] == '\0' ? "the project's folder" : path);
	if (sys_mount_own(fd, flags & AT_RECURSIVE, attrs) < 0) {
		err_sys(e, "%s: cannot restrict %s", step, path);
		close(fd);
		return -1;
	}
	return fd;
}

static int
root_open_tree(const char *path, unsigned flags, uint64_t attrs,
    const char *step, struct err *e)
{
	return root_open_tree_at(AT_FDCWD, path, flags, attrs, step, e);
}

static int
root_open_project(struct root *root, struct mount_plan_step *s, struct err *e)
{
	const struct sandbox_spec *r = root->r;
	struct stat st;

	if (root->place < 0 && (root->place = fs_open_plain(r->root)) < 0)
		return err_sys(e, "project: %s", r->root);
	if (sandbox_levels[r->level].overlays) {
		AUTO_FREE char *dir = xstrdup(r->upper);
		char *slash = strrchr(dir, '/');
		size_t n = (size_t)(slash - dir);

		if (n == 0 || strncmp(r->work, dir, n + 1) != 0 ||
		    strchr(r->work + n + 1, '/') != NULL) {
			errno = EINVAL;
			return err_sys(e, "overlay: upper and work are not "
			    "in one folder");
		}
		*slash = '\0';
		root->stage = root_open_tree(dir, 0, ROOT_QUIET, "overlay", e);
		if (root->stage < 0)
			return -1;
		s->fd = root_open_tree_at(root->place, "", AT_EMPTY_PATH,
		    ROOT_QUIET | MOUNT_ATTR_RDONLY, "overlay", e);
	} else {
		root->git = r->no_git ? -1 :
		    root_open_tree_at(root->place, ".git", AT_RECURSIVE |
		    AT_SYMLINK_NOFOLLOW, ROOT_QUIET | MOUNT_ATTR_RDONLY, "git",
		    NULL);
		if (root->git >= 0 && (fstat(root->git, &st) < 0 ||
		    S_ISLNK(st.st_mode))) {
			close(root->git);
			root->git = -1;
		}
		s->fd = root_open_tree(r->copy, 0, ROOT_QUIET, "copy", e);
	}
	fs_close(root->place);
	root->place = -1;
	return s->fd < 0 ? -1 : 0;
}

/* Take the source by its real path; fail if that now contains a symlink. */
static int
root_open_exact(const struct mount_plan_step *s, uint64_t attrs)
{
	AUTO_CLOSE int at = fs_open_plain(s->source);

	return at < 0 ? -1 : root_open_tree_at(at, "",
	    AT_EMPTY_PATH | AT_RECURSIVE, attrs, "root", NULL);
}

/* A new work folder each time: an overlay with `volatile` refuses a used one.
 * Without its layers a cache is shown read-only. */
static void
root_open_layers(const struct root *root, struct mount_plan_step *s)
{
	static const char *const names[] = { "up", "wk" };
	size_t i;
	AUTO_CLOSE int fd = -1;

	if (fs_mkdirs(s->layers, 0700, NULL) < 0)
		return;
	fd = open(s->layers, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	if (fs_remove_tree(fd, "wk", NULL) < 0)
		return;
	for (i = 0; i < MEM_COUNT(names); i++) {
		if (mkdirat(fd, names[i], 0755) < 0 && errno != EEXIST)
			return;
		if (geteuid() == 0 && root->uid != 0 && fchownat(fd, names[i],
		    root->uid, root->gid, AT_SYMLINK_NOFOLLOW) < 0)
			return;
	}
	if (geteuid() == 0 && root->uid != 0 && fchown(fd, root->uid, root->gid) < 0)
		return;
	s->layers_fd = root_open_tree(s->layers, 0, ROOT_QUIET, "cache", NULL);
}

int
root_open_trees(struct root *root, struct err *e)
{
	size_t i;

	for (i = 0; i < root->plan->len; i++) {
		struct mount_plan_step *s = &root->plan->steps[i];
		uint64_t attrs = ROOT_QUIET;

		switch (s->kind) {
		case MOUNT_PLAN_PROJECT:
			if (root_open_project(root, s, e) < 0)
				return -1;
			break;
		case MOUNT_PLAN_DEVICE:
			/* A device can be written even through a read-only
			 * mount; its mode and owner are the host's. */
			attrs = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC |
			    MOUNT_ATTR_RDONLY;
			/* FALLTHROUGH */
		case MOUNT_PLAN_CACHE:
			if (s->kind == MOUNT_PLAN_CACHE)
				root_open_layers(root, s);
			/* FALLTHROUGH */
		case MOUNT_PLAN_BIND_RO:
		case MOUNT_PLAN_LAYER:
		case MOUNT_PLAN_SHIELD:
		case MOUNT_PLAN_BIND_RW:
			if (s->kind != MOUNT_PLAN_BIND_RW)
				attrs |= MOUNT_ATTR_RDONLY;
			s->fd = s->exact ? root_open_exact(s, attrs) :
			    root_open_tree(s->source, AT_RECURSIVE, attrs,
			    "root", s->optional ? NULL : e);
			if (s->fd < 0 && !s->optional)
				return -1;
			break;
		default:
			break;
		}
	}
	root->taken = true;
	return 0;
}

void
root_release(struct root *root)
{
	int *own[] = {
		&root->base, &root->at, &root->stage, &root->git,
		&root->place,
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(own); i++) {
		fs_close(*own[i]);
		*own[i] = -1;
	}
	root_forget_dir(root);
}

/* Don't look anything up in it before the call, so that changes by the user's
 * programs until then are visible. */
static int
root_cache(struct root *root, const struct mount_plan_step *s)
{
	static const char *const options[] = {
		"source", "assent", "lowerdir", ROOT_LOWER, "upperdir",
		ROOT_LAYERS "/up", "workdir", ROOT_LAYERS "/wk", "userxattr",
		NULL, "volatile", NULL, NULL, NULL,
	};
	int rc;

	if (s->layers_fd < 0)
		return root_shield(root, s->fd, s->target);
	if (root_attach_at(root, s->fd, ROOT_LOWER) < 0)
		return -1;
	if (root_attach_at(root, s->layers_fd, ROOT_LAYERS) < 0)
		return root_shield_lower(root, s->target);
	rc = root_make_at(root, "overlay", options, ROOT_QUIET, s->target);
	if (sys_umount(ROOT_LAYERS) < 0)
		return -1;
	return rc == 0 ? sys_umount(ROOT_LOWER) :
	    root_shield_lower(root, s->target);
}

static int
root_text(struct root *root, const struct mount_plan_step *s)
{
	const char *name;
	int dir = root_parent(root, s->target, &name);
	AUTO_CLOSE int fd = -1;

	/* In an image it may be a symlink. */
	if (dir >= 0 && root->r->image != NULL)
		(void)unlinkat(dir, name, 0);
	fd = dir < 0 ? -1 : openat(dir, name, O_WRONLY |
	    O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
	return fd < 0 ? -1 : fs_write_all(fd, s->source, strlen(s->source));
}

static int
root_link(struct root *root, const struct mount_plan_step *s)
{
	const char *name;
	int dir = root_parent(root, s->target, &name), rc;

	rc = dir < 0 ? -1 : symlinkat(s->source, dir, name);
	return rc < 0 && dir >= 0 && errno == EEXIST ? 0 : rc;
}

static int
root_dir(struct root *root, const struct mount_plan_step *s)
{
	int fd = root_target(root, s->target, true);

	return fd < 0 ? -1 : close(fd);
}

/* Does it wait for the call? True for the project, everything in it, and masked
 * files, because replacing a file removes its mask; the kernel's own in /proc
 * don't change. */
static bool
root_is_late(const struct root *root, const struct mount_plan_step *s)
{
	return fs_is_below(s->target, root->r->root) ||
	    (s->kind == MOUNT_PLAN_MASK && !fs_is_below(s->target, "/proc"));
}

/* One step of the plan. Its descriptors are closed with all that aren't needed
 * (init_close), or with their process. */
static int
root_step(struct root *root, struct mount_plan_step *s, struct err *e)
{
	static const char *const none[] = { NULL };
	static const char *const pids[] = { "subset", "pid", NULL };
	/* Terminals are counted for the whole machine. */
	static const char *const pts[] = { "ptmxmode", "0666", "mode", "0620",
		"max", "64",
		NULL };
	char size[32];
	const char *shm[] = { "size", size, "nr_inodes", "4096", "mode",
		"1777", NULL };
	int64_t bytes = root->r->limits.memory_bytes / 4;
	int rc = -1;

	switch (s->kind) {
	case MOUNT_PLAN_BIND_RO:
	case MOUNT_PLAN_BIND_RW:
	case MOUNT_PLAN_DEVICE:
		rc = s->fd < 0 ? 0 : root_attach(root, s->fd,
		    s->type, s->target);
		break;
	case MOUNT_PLAN_SHIELD:
		rc = s->fd < 0 ? 0 : root_shield(root, s->fd, s->target);
		break;
	case MOUNT_PLAN_CACHE:
		rc = s->fd < 0 ? 0 : root_cache(root, s);
		break;
	case MOUNT_PLAN_LINK:
		rc = root_link(root, s);
		break;
	case MOUNT_PLAN_TEXT:
		rc = root_text(root, s);
		break;
	case MOUNT_PLAN_DIR:
		rc = root_dir(root, s);
		break;
	case MOUNT_PLAN_TMPFS:
		snprintf(size, sizeof(size), "%lld",
		    (long long)(bytes > 256 << 20 ? 256 << 20 : bytes));
		rc = root_make_at(root, "tmpfs", shm, ROOT_QUIET, s->target);
		break;
	case MOUNT_PLAN_PROC:
		/* Read-only: real root without any capability could still write
		 * sysctls through the owner's bits. */
		rc = root_make_at(root, "proc", root->r->bare ? pids : none,
		    ROOT_QUIET | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY,
		    s->target);
		break;
	case MOUNT_PLAN_DEVPTS:
		rc = root_make_at(root, "devpts", pts, MOUNT_ATTR_NOSUID |
		    MOUNT_ATTR_NOEXEC, s->target);
		break;
	case MOUNT_PLAN_MASK:
		if (!root_is_late(root, s))
			return root_mask_early(s->target, e);
		return root_mask(root, root->base, s->target, RESOLVE_IN_ROOT,
		    e);
	case MOUNT_PLAN_LAYER:
	case MOUNT_PLAN_PROJECT:
		rc = 0;
		break;
	}
	s->fd = s->layers_fd = -1;
	if (rc < 0 && !s->optional)
		return err_sys(e, "%s: cannot mount it",
		    s->target + (s->target[0] == '/'));
	return 0;
}

/* A masked path is a file of this mode; on a mount of its own, so that copies
 * of it have its flags. */
static int
root_blank(struct root *root, const char *name)
{
	AUTO_CLOSE int tree = sys_open_tree(root->base, name, 0);

	return tree < 0 || sys_mount_setattr(tree, "", AT_EMPTY_PATH,
	    ROOT_QUIET | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC) < 0 ? -1 :
	    root_attach_at(root, tree, name);
}

/*
 * The image's layers in a folder of the tmpfs that we are in, and an overlay of
 * them, which becomes the new root. What the plan adds is written to the tmpfs,
 * above them; then the overlay becomes read-only.
 */
static int
root_image(struct root *root, struct err *e)
{
	AUTO_BUF struct buf options = BUF_INIT(4096);
	size_t i;

	buf_adds(&options, "userxattr,upperdir=up,workdir=wk,lowerdir=");
	/* Ours is there before the image's file of that name is. */
	if (mkdir("up", 0755) < 0 || mkdir("up/assent", 0755) < 0 ||
	    mkdir("wk", 0755) < 0 || mkdir("all", 0755) < 0)
		return err_sys(e, "image: cannot prepare it");
	for (i = 0; i < root->plan->len; i++) {
		struct mount_plan_step *s = &root->plan->steps[i];
		const char *name = strrchr(s->target, '/') + 1;

		if (s->kind != MOUNT_PLAN_LAYER)
			continue;
		if (mkdir(name, 0755) < 0 ||
		    root_attach_at(root, s->fd, name) < 0)
			return err_sys(e, "image: cannot place %s", s->source);
		buf_addf(&options, "%s:", name);
	}
	options.p[options.len - 1] = '\0';
	if (sys_mount("assent", "all", "overlay", MS_NOSUID | MS_NODEV,
	    options.p) < 0)
		return err_sys(e, "image: cannot mount its layers");
	close(root->base);
	root->base = open("all", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root->base < 0 || fchdir(root->base) < 0 ?
	    err_sys(e, "image: cannot enter it") : 0;
}

static int
root_tmpfs(struct root *root, struct err *e)
{
	static const char *const places[] = { "/tmp", "/usr", "/mnt" };
	size_t i;

	for (i = 0; i < MEM_COUNT(places); i++)
		if (sys_mount("assent", places[i], "tmpfs",
		    MS_NOSUID | MS_NODEV,
		    "size=16m,nr_inodes=16384,mode=755") == 0)
			break;
	if (i == MEM_COUNT(places))
		return err_sys(e, "root: cannot mount a tmpfs");
	root->base = open(places[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root->base < 0 || fchdir(root->base) < 0)
		return err_sys(e, "root: cannot enter it");
	if (root->r->image != NULL && root_image(root, e) < 0)
		return -1;
	if ((root->r->image == NULL && mkdir("assent", 0755) < 0) ||
	    mkdir(ROOT_TREE, 0755) < 0 ||
	    mkdir(ROOT_STAGE, 0755) < 0 || mkdir(ROOT_LOWER, 0755) < 0 ||
	    mkdir(ROOT_LAYERS, 0755) < 0 || mkdir(ROOT_KEPT, 0755) < 0 ||
	    mkdir("assent/empty", 0755) < 0 ||
	    mkdir(ROOT_NO_DIR, 0) < 0 ||
	    mknod(ROOT_NO_FILE, S_IFREG, 0) < 0 ||
	    root_blank(root, ROOT_NO_DIR) < 0 ||
	    root_blank(root, ROOT_NO_FILE) < 0)
		return err_sys(e, "root: cannot prepare it");
	return 0;
}

/* Place the project's layers where only we see them. */
static int
root_layers(struct root *root, struct mount_plan_step *s, struct err *e)
{
	root->at = root_target(root, s->target, true);
	if (root->at < 0)
		return err_sys(e, "project: no place for it at %s", s->target);
	if (!sandbox_levels[root->r->level].overlays)
		return 0;
	if (root_attach_at(root, s->fd, ROOT_TREE) < 0 ||
	    root_attach_at(root, root->stage, ROOT_STAGE) < 0)
		return err_sys(e, "overlay: cannot place its layers");
	s->fd = root->stage = -1;
	return 0;
}

int
root_build(struct root *root, struct err *e)
{
	mode_t mask = umask(022);
	int rc = -1;
	size_t i;

	if ((!root->taken && root_open_trees(root, e) < 0) ||
	    root_tmpfs(root, e) < 0 ||
	    (root->r->stays && root_keep_own(root, e) < 0))
		goto out;
	for (i = 0; i < root->plan->len; i++) {
		struct mount_plan_step *s = &root->plan->steps[i];

		if (s->kind == MOUNT_PLAN_PROJECT) {
			if (root_layers(root, s, e) < 0)
				goto out;
		} else if (!s->own && !root_is_late(root, s) &&
		    (s->kind != MOUNT_PLAN_MASK || !root->r->stays) &&
		    root_step(root, s, e) < 0)
			goto out;
	}
	root_forget_dir(root);
	if (sys_pivot_root(".", ".") < 0 || sys_umount(".") < 0 ||
	    chdir("/") < 0) {
		err_sys(e, "root: cannot change to it");
		goto out;
	}
	if (sys_mount_setattr(AT_FDCWD, "/", 0, MOUNT_ATTR_RDONLY) < 0) {
		err_sys(e, "root: cannot make it read-only");
		goto out;
	}
	rc = 0;
out:
	umask(mask);
	return rc;
}

/*
 * A worker that stays builds the sandbox's root once,
 * without the mounts that each call needs for itself: those that calls must not
 * share (/tmp, /proc), those whose source the user may change in between, and
 * those that a command could move (mounts below its home). While the root is
 * built, these are attached below ROOT_KEPT instead of at their targets. For each
 * call, the first process of its new namespaces mounts them in its own copy of
 * all mounts, and unmounts ROOT_KEPT, before it runs the command.
 */

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

/* Keep what is each call's own, instead of mounting it. */
static int
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

/* Remove everything in a folder: an overlay with `volatile` refuses a work
 * folder that was used before. */
static int
root_empty(int dir, const char *name, struct err *e)
{
	/* Files that an overlay leaves, in this order: to list them takes ten
	 * times the system calls. */
	static const char *const left[] = {
		"work/incompat/volatile/dirty", "work/incompat/volatile",
		"work/incompat", "work",
	};
	AUTO_DIR DIR *d = fs_dir_take(openat(dir, name, O_RDONLY | O_DIRECTORY |
	    O_NOFOLLOW | O_CLOEXEC));
	struct dirent *de;
	int rc = 0;
	size_t i;

	if (d == NULL)
		return err_sys(e, "overlay: cannot open its work folder");
	for (i = 0; i < MEM_COUNT(left); i++)
		if (unlinkat(dirfd(d), left[i], i == 0 ? 0 : AT_REMOVEDIR) < 0)
			break;
	while (rc == 0 && (de = fs_dir_next(&d)) != NULL)
		rc = fs_remove_tree(dirfd(d), de->d_name, e);
	return rc;
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
	root->placed = true;
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

/* Bind `fd` onto itself, read-only; a bind of the real one would leave sockets
 * inside open to connections. */
static int
root_make_read_only(int fd)
{
	AUTO_CLOSE int tree =
	    sys_open_tree(fd, "", AT_EMPTY_PATH | AT_RECURSIVE);

	return tree < 0 || sys_mount_setattr(tree, "",
	    AT_EMPTY_PATH | AT_RECURSIVE, ROOT_QUIET | MOUNT_ATTR_RDONLY) < 0 ?
	    -1 : sys_move_mount(tree, fd);
}

static int
root_protect_git(struct root *root, int top, struct err *e)
{
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
	return root_make_read_only(fd) < 0 ?
	    err_sys(e, "git: cannot make .git read-only") : 0;
}

/* The same for a repository in the project. If a command removed it from the
 * view, or replaced it by a symlink, there is nothing to protect. */
static int
root_protect_nested(int top, const char *path, struct err *e)
{
	AUTO_CLOSE int fd = fs_open_beneath(top, path, O_PATH, 0);

	return fd >= 0 && root_make_read_only(fd) < 0 ?
	    err_sys(e, "git: cannot make %s read-only", path) : 0;
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
	AUTO_CLOSE int to = (int)syscall(SYS_openat2, root->base, c->path + 1,
	    &how, sizeof(how)), ours = -1, tree = -1;

	if (to < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	ours = openat(root->base, name, O_WRONLY | O_CREAT | O_EXCL |
	    O_CLOEXEC, 0444);
	if (ours >= 0 && fs_write_all(ours, c->text, c->len) == 0)
		tree = sys_open_tree(root->base, name, 0);
	return tree >= 0 && sys_mount_setattr(tree, "", AT_EMPTY_PATH,
	    ROOT_QUIET | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC) == 0 &&
	    sys_move_mount(tree, to) == 0 ? unlinkat(root->base, name, 0) : -1;
}

static int
root_covers(struct root *root, struct err *e)
{
	static const char *const options[] = {
		"size", "64m", "mode", "0755", NULL,
	};
	const struct sandbox_spec *r = root->r;
	AUTO_CLOSE int fd = -1;

	if (r->covers_len == 0)
		return 0;
	fd = root_make(root_context("tmpfs", options), ROOT_QUIET);
	if (fd < 0 || root_attach_at(root, fd, ROOT_LAYERS) < 0)
		return err_sys(e, "cover: cannot make room for it");
	MEM_EACH(r, covers, cover)
		if (root_cover(root, cover) < 0)
			return err_sys(e, "cover: %s", cover->path);
	return sys_umount(ROOT_LAYERS) < 0 ?
	    err_sys(e, "cover: cannot hide its folder") : 0;
}

/* The other copy, without repositories and secret files. */
static int
root_staged(struct root *root, struct err *e)
{
	static const char both[] = MOUNT_PLAN_STAGED ":/" ROOT_TREE;
	const char *const options[] = {
		"source", "assent", "lowerdir", both, "userxattr", NULL, NULL,
		NULL,
	};
	const char *const *hidden[] = {
		root->r->masked,
		root->r->shut,
	};
	AUTO_CLOSE int to = openat(root->base, &SANDBOX_STAGED_DIR[1],
	    O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int fd = root_make(root_context("overlay", options),
	    ROOT_QUIET | MOUNT_ATTR_RDONLY);
	size_t i, k;

	if (to < 0 || fd < 0 || sys_move_mount(fd, to) < 0 ||
	    sys_umount(MOUNT_PLAN_STAGED) < 0)
		return err_sys(e, "overlay: cannot show the copy");
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
 * copy is one more lower layer: the same files, and nothing to write. */
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
	/* The whole project is read-only. */
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
	if (!sandbox_levels[root->r->level].overlays && root->r->reads &&
	    sys_mount_setattr(top, "", AT_EMPTY_PATH, MOUNT_ATTR_RDONLY) < 0)
		return err_sys(e, "copy: cannot make it read-only");
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
