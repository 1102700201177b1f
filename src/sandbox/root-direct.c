/*
 * A search opens each file once, and an overlay makes an inode of its own for
 * each of them, which costs more than the search. So, for a search only,
 * folders of the real tree in which nothing is staged, masked or covered are
 * mounted over the same folders of the overlay. They are read-only; Landlock
 * refuses to open their FIFOs for writing, and the filter of the file tools
 * refuses to make a socket. They are opened before the search begins, which
 * therefore doesn't notice if the user replaces one of them.
 *
 * Folders above a masked or covered path are left out: when the user replaces a
 * masked file, the kernel removes the mount on it in the real tree, but not the
 * one in the overlay.
 */
#include "config.h"

#include "sandbox/root-priv.h"

#include <dirent.h>
#include <errno.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

/* The same folder in the real tree, in the staged copy (-1: nothing is staged in
 * it) and in the overlay; O_PATH. */
struct direct_folder {
	int		 tree, stage, shown;
	const char	*path;		/* relative; "" is the project */
};

static bool
direct_is_search(const struct request *r)
{
	const cJSON *it;

	if (strcmp(r->tool, TOOL_PARALLEL) != 0)
		return strcmp(r->tool, "grep") == 0;
	cJSON_ArrayForEach(it, json_array(r->args, "calls"))
		if (json_is(it, "name", "grep"))
			return true;
	return false;
}

/* False if a symlink or an unusual spelling makes it another path than it
 * reads. */
static bool
direct_keep(struct direct *d, int top, const char *path)
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
	GROW(d->kept, d->kept_len);
	d->kept[d->kept_len++] = xstrdup(path);
	return true;
}

static bool
direct_keep_all(struct direct *d, const struct request *r, int top)
{
	size_t n = strlen(r->root) + 1, i;
	bool plain = true;

	for (i = 0; r->masked[i] != NULL && plain; i++)
		plain = direct_keep(d, top, r->masked[i]);
	for (i = 0; i < r->covers_len && plain; i++)
		if (fs_is_below(r->covers[i].path, r->root))
			plain = strlen(r->covers[i].path) > n &&
			    direct_keep(d, top, r->covers[i].path + n);
	return plain;
}

static bool
direct_is_kept(const struct direct *d, const char *path)
{
	size_t i;

	for (i = 0; i < d->kept_len; i++)
		if (fs_is_below(d->kept[i], path))
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

	/* What fails is seen through the overlay. */
	if (tree >= 0)
		(void)sys_move_mount(tree, f->shown);
}

static void direct_list(struct direct *, const struct direct_folder *);

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
		if (de->d_type == DT_DIR && !dotgit_is_name(de->d_name) &&
		    d->left-- > 0)
			direct_enter(d, f, de->d_name);
}

void
root_direct(const struct root *root, const char *stage, int top)
{
	struct direct d = { .left = DIRECT_MOST };
	struct direct_folder f = { .path = "" };

	if (!root->r->bare || !root->r->reads || !direct_is_search(root->r) ||
	    landlock_version() == 0)
		return;
	f.tree = direct_open(root->base, ROOT_TREE);
	f.stage = direct_open(root->base, stage);
	f.shown = top;
	if (f.tree >= 0 && f.stage >= 0 && direct_keep_all(&d, root->r, top))
		direct_list(&d, &f);
	fs_close(f.tree);
	fs_close(f.stage);
	xfree_list(d.kept, d.kept_len);
}
