/*
 * Places in the new root and what is mounted there. They are reached component
 * by component without following symlinks, because the home, /tmp and the stage
 * inside contain leftovers of earlier calls.
 */
#include "config.h"

#include "sandbox/root-priv.h"

#include <errno.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/mem.h"
#include "sandbox/sys.h"

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
			made = (is_dir ? mkdirat(dir, name, 0755) : mknodat(
			    dir, name, S_IFREG | 0644, 0)) == 0;
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

void
root_forget_dir(struct root *root)
{
	fs_close(root->dir_fd);
	root->dir_fd = -1;
	FREE_NULL(root->dir);
}

int
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

int
root_target(struct root *root, const char *path, bool is_dir)
{
	const char *name;
	int dir = root_parent(root, path, &name);

	return dir < 0 ? -1 : root_entry(dir, name, is_dir, true);
}

int
root_attach(struct root *root, int tree, const char *path)
{
	struct stat st;
	int to, rc;

	if (fstat(tree, &st) < 0)
		return -1;
	to = root_target(root, path, S_ISDIR(st.st_mode));
	if (to < 0)
		return -1;
	rc = sys_move_mount(tree, to);
	fs_close(to);
	/* It may just have been covered. */
	if (root->dir != NULL && fs_is_below(root->dir, path))
		root_forget_dir(root);
	return rc;
}

int
root_attach_at(struct root *root, int tree, const char *below)
{
	int to = openat(root->base, below, O_PATH | O_NOFOLLOW | O_CLOEXEC), rc;

	if (to < 0)
		return -1;
	rc = sys_move_mount(tree, to);
	fs_close(to);
	return rc;
}

int
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

int
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

int
root_make_at(struct root *root, const char *type, const char *const *options,
    unsigned attrs, const char *target)
{
	int fd = root_make(root_context(type, options), attrs), rc;

	if (fd < 0)
		return -1;
	rc = root_attach(root, fd, target);
	fs_close(fd);
	return rc;
}

int
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

int
root_shield(struct root *root, int tree, const char *target)
{
	struct stat st;

	if (fstat(tree, &st) < 0)
		return -1;
	if (S_ISREG(st.st_mode))
		return root_attach(root, tree, target);
	if (!S_ISDIR(st.st_mode) || root_attach_at(root, tree, ROOT_LOWER) < 0)
		return -1;
	return root_shield_lower(root, target);
}

/* Hide fd's file or folder behind an empty one of mode 000. */
static int
root_mask_fd(struct root *root, int fd)
{
	struct stat st;
	int blank, rc;

	if (fstat(fd, &st) < 0)
		return -1;
	blank = sys_open_tree(root->base,
	    S_ISDIR(st.st_mode) ? ROOT_NO_DIR : ROOT_NO_FILE, 0);
	if (blank < 0)
		return -1;
	rc = sys_move_mount(blank, fd);
	fs_close(blank);
	return rc;
}

/* In a /proc of our own, before anybody else is there. The folder that we are in
 * is the new root. */
int
root_mask_early(const char *path, struct err *e)
{
	if (sys_mount(ROOT_NO_FILE, path + 1, NULL, MS_BIND, NULL) == 0 ||
	    errno == ENOENT)
		return 0;
	return err_sys(e, "mask: %s", path + 1);
}

int
root_mask(struct root *root, int top, const char *path, uint64_t resolve,
    struct err *e)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = resolve | RESOLVE_NO_MAGICLINKS,
	};
	int fd, rc;

	while (*path == '/')
		path++;
	fd = (int)syscall(SYS_openat2, top, path, &how, sizeof(how));
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR ||
	    errno == ELOOP || errno == EXDEV || errno == EACCES))
		return 0;
	if (fd < 0)
		return err_sys(e, "mask: %s", path);
	rc = root_mask_fd(root, fd);
	if (rc < 0)
		err_sys(e, "mask: %s", path);
	close(fd);
	return rc;
}
