/* The map of the folders (project.h): all folders of one depth before those
 * below, so that the deepest are left out if space runs out. */
#include "config.h"

#include "core/project/project.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/dotgit.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/utf8.h"

#define MAP_DEPTH	3
#define MAP_ENTRIES	20000	/* limit on entries in all */
#define MAP_FOLDER	2000	/* limit per folder */
#define MAP_TOP		40	/* names shown of the project's folder */
#define MAP_SHOWN	20	/* of a folder below */

struct map_names {
	char	**v;
	size_t	 len;
};

struct map {
	int	 root;
	map_skip skip;
	void	*arg;
	size_t	 seen;		/* entries read */
	map_found found;	/* called for files, or NULL */
	void	*found_arg;
	struct map_names dirs;	/* folders to read, and those read; owned */
};

static void
map_names_add_take(struct map_names *n, char *s)
{
	GROW(n->v, n->len);
	n->v[n->len++] = s;
}

static void
map_names_release(struct map_names *n)
{
	xfree_list(n->v, n->len);
	memset(n, 0, sizeof(*n));
}

static char *
map_path(const char *dir, const char *name)
{
	return dir[0] == '\0' ? xstrdup(name) : fs_join(dir, name);
}

static void
map_tell(const struct map *m, int dir, const char *name,
    const struct map_names *files)
{
	size_t i;

	for (i = 0; i < files->len; i++) {
		AUTO_FREE char *path = map_path(name, files->v[i]);

		m->found(m->found_arg, dir, files->v[i], path);
	}
}

/* Read the folder: names of files, and of folders. False if there were too
 * many. */
static bool
map_read(struct map *m, const char *name, struct map_names *files,
    struct map_names *dirs)
{
	const struct dirent *d;
	size_t n = 0;
	AUTO_DIR DIR *dir = fs_dir_take(fs_open_beneath(m->root,
	    name[0] == '\0' ? "." : name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
	    0));

	if (dir == NULL)
		return true;
	while ((d = readdir(dir)) != NULL && n < MAP_FOLDER &&
	    m->seen < MAP_ENTRIES) {
		bool is_dir = d->d_type == DT_DIR;
		struct stat st;
		AUTO_FREE char *path = NULL;

		if (fs_is_dots(d->d_name) || dotgit_in_path(d->d_name))
			continue;
		n++;
		m->seen++;
		if (!utf8_is_line(d->d_name))
			continue;
		if (d->d_type == DT_UNKNOWN && fstatat(dirfd(dir), d->d_name,
		    &st, AT_SYMLINK_NOFOLLOW) == 0)
			is_dir = S_ISDIR(st.st_mode);
		path = map_path(name, d->d_name);
		if (!m->skip(m->arg, path, is_dir))
			map_names_add_take(is_dir ? dirs : files,
			    xstrdup(d->d_name));
	}
	MEM_SORT(files->v, files->len);
	MEM_SORT(dirs->v, dirs->len);
	if (m->found != NULL)
		map_tell(m, dirfd(dir), name, files);
	return d == NULL;
}

/* "src/: core/ ui/ assent-core.c (and 3 more)" */
static void
map_line(struct buf *b, const char *name, const struct map_names *dirs,
    const struct map_names *files, bool all)
{
	size_t most = name[0] == '\0' ? MAP_TOP : MAP_SHOWN, i, n = 0;

	buf_addf(b, "%s:", name[0] == '\0' ? "." : name);
	for (i = 0; i < dirs->len && n < most; i++, n++)
		buf_addf(b, " %s/", dirs->v[i]);
	for (i = 0; i < files->len && n < most; i++, n++)
		buf_addf(b, " %s", files->v[i]);
	if (!all)
		buf_adds(b, " (and many more)");
	else if (dirs->len + files->len > n)
		buf_addf(b, " (and %zu more)", dirs->len + files->len - n);
	buf_addc(b, '\n');
}

static int
map_depth(const char *name)
{
	int n = name[0] == '\0' ? 0 : 1;

	for (; *name != '\0'; name++)
		n += *name == '/';
	return n;
}

/* Queue its folders, to be read later. */
static void
map_go_into(struct map *m, const char *name, const struct map_names *dirs)
{
	size_t i;

	for (i = 0; i < dirs->len; i++)
		map_names_add_take(&m->dirs, map_path(name, dirs->v[i]));
}

char *
map_make(int root, map_skip skip, void *arg, size_t max, map_found found,
    void *found_arg)
{
	struct map m = { .root = root, .skip = skip, .arg = arg,
		.found = found, .found_arg = found_arg };
	AUTO_BUF struct buf out = BUF_INIT(0), line = BUF_INIT(0);
	size_t at;

	map_names_add_take(&m.dirs, xstrdup(""));
	for (at = 0; at < m.dirs.len && m.seen < MAP_ENTRIES; at++) {
		struct map_names files = { 0 }, dirs = { 0 };
		const char *name = m.dirs.v[at];
		bool all = map_read(&m, name, &files, &dirs);

		buf_clear(&line);
		if (found == NULL && files.len + dirs.len > 0)
			map_line(&line, name, &dirs, &files, all);
		if (found != NULL || map_depth(name) + 1 < MAP_DEPTH)
			map_go_into(&m, name, &dirs);
		map_names_release(&files);
		map_names_release(&dirs);
		if (found == NULL && out.len + line.len > max)
			break;
		buf_add(&out, buf_str(&line), line.len);
	}
	if (found == NULL && at < m.dirs.len && out.len > 0)
		buf_addf(&out, "(folders not listed: %zu)\n",
		    m.dirs.len - at);
	map_names_release(&m.dirs);
	return found != NULL ? NULL : buf_take(&out);
}
