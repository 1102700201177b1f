/*
 * What a view of the project needs beside its mount: real folders over the
 * overlay for a search, and git's in a copy that isn't mounted.
 */

#include "config.h"

#include "sandbox/root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/dotgit.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "sandbox/landlock.h"
#include "sandbox/sys.h"
#include "tool/tool.h"

#define DIRECT_MOST 500		/* folders that are listed or mounted */

struct direct {
	char	**kept;		/* masked and covered paths, relative */
	size_t	 kept_len;
	int	 left;		/* of DIRECT_MOST */
};

/* The same folder in the real tree, in the copy (-1: nothing is staged in
 * it) and in the overlay; O_PATH. */
struct direct_folder {
	int		 tree, stage, shown;
	const char	*path;		/* relative; "" is the project */
};

static void direct_list(struct direct *, const struct direct_folder *);

static bool
direct_is_search(const struct sandbox_spec *r)
{
	const cJSON *it;

	if (strcmp(r->tool, TOOL_PARALLEL) != 0)
		return strcmp(r->tool, "grep") == 0 ||
		    strcmp(r->tool, TOOL_WORDS) == 0;
	cJSON_ArrayForEach(it, json_array(r->args, "calls"))
		if (json_is(it, "name", "grep"))
			return true;
	return false;
}

/* False if a symlink or an unusual spelling makes it another path than it
 * reads. */
static bool
direct_add_hidden(struct direct *d, int top, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	AUTO_FREE char *plain = fs_normalize("/", path);
	bool same = strcmp(plain + 1, path) == 0;
	AUTO_CLOSE int fd = !same ? -1 : (int)syscall(SYS_openat2, top, path,
	    &how, sizeof(how));

	if (!same || (fd < 0 && errno != ENOENT && errno != ENOTDIR))
		return false;
	*GROW_ADD(d->kept, d->kept_len) = xstrdup(path);
	return true;
}

static bool
direct_add_all_hidden(struct direct *d, const struct sandbox_spec *r, int top)
{
	size_t n = strlen(r->root) + 1, i;
	bool plain = true;

	for (i = 0; r->masked[i] != NULL && plain; i++)
		plain = direct_add_hidden(d, top, r->masked[i]);
	for (i = 0; i < r->covers_len && plain; i++)
		if (fs_is_below(r->covers[i].path, r->root))
			plain = strlen(r->covers[i].path) > n &&
			    direct_add_hidden(d, top, r->covers[i].path + n);
	return plain;
}

static bool
direct_is_kept(const struct direct *d, const char *path)
{
	MEM_EACH(d, kept, it)
		if (fs_is_below(*it, path))
			return true;
	return false;
}

static int
direct_open(int dir, const char *name)
{
	return openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
}

static void
direct_mount(const struct direct_folder *f)
{
	AUTO_CLOSE int tree = sys_open_tree(f->tree, "", AT_EMPTY_PATH);

	/* If this fails, the folder is seen through the overlay. */
	if (tree >= 0)
		(void)sys_move_mount(tree, f->shown);
}

static void
direct_enter(struct direct *d, const struct direct_folder *up, const char *name)
{
	AUTO_FREE char *path = up->path[0] == '\0' ? xstrdup(name) :
	    fs_join(up->path, name);
	struct direct_folder f = { .stage = -1, .path = path };
	bool staged = up->stage >= 0;
	struct stat st;

	if (staged && fstatat(up->stage, name, &st, AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno == ENOENT)
		staged = false;
	if (staged)
		f.stage = direct_open(up->stage, name);
	f.tree = direct_open(up->tree, name);
	/* Not there if the staged folder above replaces the real one. */
	f.shown = direct_open(up->shown, name);
	if (f.tree >= 0 && f.shown >= 0 && (!staged || f.stage >= 0)) {
		if (staged || direct_is_kept(d, path))
			direct_list(d, &f);
		else
			direct_mount(&f);
	}
	fs_close(f.tree);
	fs_close(f.stage);
	fs_close(f.shown);
}

static void
direct_list(struct direct *d, const struct direct_folder *f)
{
	DIR *dir = fs_dir_take(openat(f->tree, ".", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC));
	struct dirent *de;

	while ((de = fs_dir_next(&dir)) != NULL)
		/* No search enters .git. */
		if (de->d_type == DT_DIR && !dotgit_in_path(de->d_name) &&
		    d->left-- > 0)
			direct_enter(d, f, de->d_name);
}

void
root_direct(const struct root *root, const char *stage, int top)
{
	struct direct d = { .left = DIRECT_MOST };
	struct direct_folder f = { .path = "" };

	if (!root->r->bare || !root->r->reads || !direct_is_search(root->r) ||
	    landlock_version(NULL) == 0)
		return;
	f.tree = direct_open(root->base, ROOT_TREE);
	f.stage = direct_open(root->base, stage);
	f.shown = top;
	if (f.tree >= 0 && f.stage >= 0 &&
	    direct_add_all_hidden(&d, root->r, top))
		direct_list(&d, &f);
	fs_close(f.tree);
	fs_close(f.stage);
	xfree_list(d.kept, d.kept_len);
}

/* git reads a HEAD that is a symlink by where it leads, so that one is copied;
 * so is a config of which only a part may be seen. A worktree's .git, or a
 * submodule's, says where the repository is; if that one's config is such, git
 * mustn't look there, and the copy gets a folder that has both. */

#define COPY_GIT_MAX 65536	/* of a HEAD, or of a .git that is a file */

static void
copy_git_write(const char *path, const char *text, size_t n)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0)
		(void)fs_write_all(fd, text, n);
}

static void
copy_git_file(const char *from, const char *to)
{
	AUTO_BUF struct buf b = BUF_INIT(COPY_GIT_MAX);
	struct stat st;

	if (lstat(from, &st) == 0 && S_ISREG(st.st_mode) &&
	    fs_read_file(AT_FDCWD, from, &b, NULL) == 0)
		copy_git_write(to, b.p, b.len);
}

/* Existing entries stay. */
static void
copy_git_entry(const struct sandbox_spec *r, const char *from, const char *to,
    const char *name)
{
	AUTO_FREE char *real = fs_join(from, name), *link = fs_join(to, name);
	const struct sandbox_cover *cover = MEM_FIND_IN(r->covers,
	    r->covers_len, real);

	if (cover != NULL)
		copy_git_write(link, cover->text, cover->len);
	else if (strcmp(name, "HEAD") == 0)
		copy_git_file(real, link);
	else
		(void)!symlink(real, link);
}

static void
copy_git_dir(const struct sandbox_spec *r, const char *from, const char *to)
{
	static const char *const not[] = {	/* of linked worktrees */
		"commondir", "gitdir", "worktrees",
	};
	AUTO_DIR DIR *d = fs_opendir(from);
	struct dirent *de;

	while (d != NULL && (de = readdir(d)) != NULL)
		if (!fs_is_dots(de->d_name) && MEM_FIND(not, de->d_name) ==
		    NULL)
			copy_git_entry(r, from, to, de->d_name);
}

/* The folder that a .git file names, malloc'ed; or NULL. */
static char *
copy_git_target(const struct sandbox_spec *r, const char *file)
{
	AUTO_BUF struct buf b = BUF_INIT(COPY_GIT_MAX);
	AUTO_FREE char *path = NULL;
	char *text;

	if (fs_read_file(AT_FDCWD, file, &b, NULL) < 0 ||
	    strncmp(buf_str(&b), "gitdir: ", 8) != 0)
		return NULL;
	text = b.p + 8;
	text[strcspn(text, "\r\n")] = '\0';
	path = *text == '/' ? xstrdup(text) : fs_join(r->root, text);
	return fs_realpath(path);
}

/* False: what the .git that is a file names can be read. */
static bool
copy_git_linked(const struct sandbox_spec *r, const char *from, const char *to)
{
	static const char here[] = "\n[core]\n\tbare = false\n"
	    "\tworktree = ..\n";
	AUTO_FREE char *git = copy_git_target(r, from);
	AUTO_FREE char *config = fs_join(to, "config");
	size_t i;

	for (i = 0; git != NULL && i < r->covers_len; i++) {
		AUTO_FREE char *common = xstrdup(r->covers[i].path);
		AUTO_CLOSE int fd = -1;
		char *slash = strrchr(common, '/');

		if (slash == NULL || strcmp(slash, "/config") != 0)
			continue;
		*slash = '\0';
		if (!fs_is_below(git, common) || mkdir(to, 0700) < 0)
			continue;
		/* The worktree's own HEAD and index first. */
		copy_git_dir(r, git, to);
		copy_git_dir(r, common, to);
		fd = open(config, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			(void)fs_write_all(fd, here, sizeof(here) - 1);
		return true;
	}
	return false;
}

/* The folder of a repository in the project, in the copy; -1: there is none. A
 * command may have put a symlink there. */
static int
copy_git_nested(const struct sandbox_spec *r, const char *path)
{
	AUTO_CLOSE int top = open(r->copy, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *name;
	int fd = fs_open_parent(top, path, false, &name);

	if (fd >= 0 && strcmp(name, ".git") != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void
copy_git_show_nested(const struct sandbox_spec *r, const char *path)
{
	AUTO_FREE char *from = fs_join(r->root, path), *to = NULL;
	AUTO_CLOSE int fd = copy_git_nested(r, path);
	struct stat st;

	if (fd < 0 || lstat(from, &st) < 0 || !S_ISDIR(st.st_mode) ||
	    mkdirat(fd, ".git", 0700) < 0)
		return;
	to = xasprintf("/proc/self/fd/%d/.git", fd);
	copy_git_dir(r, from, to);
}

static void
copy_git_remove(const struct sandbox_spec *r)
{
	AUTO_FREE char *to = fs_join(r->copy, ".git");
	size_t i;

	(void)fs_remove_tree(AT_FDCWD, to, NULL);
	for (i = 0; r->shut != NULL && r->shut[i] != NULL; i++) {
		AUTO_CLOSE int fd = copy_git_nested(r, r->shut[i]);

		if (fd >= 0)
			(void)fs_remove_tree(fd, ".git", NULL);
	}
}

static void
copy_git_show(const struct sandbox_spec *r)
{
	AUTO_FREE char *from = fs_join(r->root, ".git");
	AUTO_FREE char *to = fs_join(r->copy, ".git");
	struct stat st;
	size_t i;

	for (i = 0; r->shut != NULL && r->shut[i] != NULL; i++)
		copy_git_show_nested(r, r->shut[i]);
	if (lstat(from, &st) < 0)
		return;
	if (S_ISREG(st.st_mode) && !copy_git_linked(r, from, to))
		copy_git_file(from, to);
	if (S_ISDIR(st.st_mode) && mkdir(to, 0700) == 0)
		copy_git_dir(r, from, to);
}

void
copy_git(const struct sandbox_spec *r, bool show)
{
	copy_git_remove(r);
	if (show)
		copy_git_show(r);
}
