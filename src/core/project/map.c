/* The map of the folders (project.h): all folders of one depth before those
 * below. If space runs out, fewer names of the deepest are shown, then only how
 * many they have; the last ones are left out. */
#include "config.h"

#include "core/project/project.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
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

struct map_folder {
	char	*name;
	int	 depth;
	struct map_names files, dirs;
	bool	 all;		/* that it has */
};

struct map {
	int	 root;
	map_skip skip;
	void	*arg;
	size_t	 seen;		/* entries read */
	map_found found;	/* called for files, or NULL */
	void	*found_arg;
	struct map_folder *folders;
	size_t	 len, read;	/* of them */
	size_t	 listed;	/* that the text is about: the first ones */
};

static void
map_names_add_take(struct map_names *n, char *s)
{
	*GROW_ADD(n->v, n->len) = s;
}

static void
map_add_take(struct map *m, char *name, int depth)
{
	*GROW_ADD(m->folders, m->len) = (struct map_folder){ .name = name,
		.depth = depth };
	m->listed += depth < MAP_DEPTH;
}

static void
map_release(struct map *m)
{
	struct map_folder *f;

	for (f = m->folders; f < m->folders + m->len; f++) {
		xfree_list(f->files.v, f->files.len);
		xfree_list(f->dirs.v, f->dirs.len);
		free(f->name);
	}
	free(m->folders);
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

static void
map_read(struct map *m, struct map_folder *f)
{
	const char *name = f->name;
	const struct dirent *d;
	size_t n = 0;
	AUTO_DIR DIR *dir = fs_dir_take(fs_open_beneath(m->root,
	    name[0] == '\0' ? "." : name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
	    0));

	f->all = true;
	if (dir == NULL)
		return;
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
			map_names_add_take(is_dir ? &f->dirs : &f->files,
			    xstrdup(d->d_name));
	}
	MEM_SORT(f->files.v, f->files.len);
	MEM_SORT(f->dirs.v, f->dirs.len);
	if (m->found != NULL)
		map_tell(m, dirfd(dir), name, &f->files);
	f->all = d == NULL;
}

/* "src: core/ ui/ assent-core.c (and 3 more)", or "src: 6 names" */
static void
map_line(struct buf *b, const struct map_folder *f, size_t most)
{
	size_t all = f->dirs.len + f->files.len, i;

	buf_addf(b, "%s:", f->depth == 0 ? "." : f->name);
	for (i = 0; i < all && i < most; i++)
		if (i < f->dirs.len)
			buf_addf(b, " %s/", f->dirs.v[i]);
		else
			buf_addf(b, " %s", f->files.v[i - f->dirs.len]);
	if (most == 0)
		buf_addf(b, " %zu name%s", all, all == 1 ? "" : "s");
	if (!f->all)
		buf_adds(b, " (and many more)");
	else if (most > 0 && all > i)
		buf_addf(b, " (and %zu more)", all - i);
	buf_addc(b, '\n');
}

/* The lines that fit, with so many names of each depth. Returns the first folder
 * that doesn't. */
static size_t
map_text(const struct map *m, const size_t most[], size_t max, struct buf *out)
{
	size_t at, len;

	buf_clear(out);
	for (at = 0; at < m->read; at++) {
		const struct map_folder *f = &m->folders[at];

		len = out->len;
		if (f->dirs.len + f->files.len > 0)
			map_line(out, f, most[f->depth]);
		if (out->len > max) {
			buf_cut(out, len);
			break;
		}
	}
	return at;
}

/* Choose for each depth as many names as fit, the first ones first. */
static void
map_fit(const struct map *m, size_t max, struct buf *out)
{
	size_t most[MAP_DEPTH] = { 0 }, at = 0;
	int depth;

	for (depth = 0; depth < MAP_DEPTH; depth++)
		for (most[depth] = depth == 0 ? MAP_TOP : MAP_SHOWN;
		    (at = map_text(m, most, max, out)) < m->read &&
		    m->folders[at].depth <= depth && most[depth] > 0;)
			most[depth]--;
	if (at < m->listed && out->len > 0)
		buf_addf(out, "(folders not listed: %zu)\n", m->listed - at);
}

char *
map_make(int root, map_skip skip, void *arg, size_t max, map_found found,
    void *found_arg)
{
	AUTO(map_release) struct map m = { .root = root, .skip = skip,
		.arg = arg, .found = found, .found_arg = found_arg };
	AUTO_BUF struct buf out = BUF_INIT(0);
	size_t i;

	map_add_take(&m, xstrdup(""), 0);
	for (; m.read < m.len && m.seen < MAP_ENTRIES; m.read++) {
		struct map_folder f = m.folders[m.read];

		map_read(&m, &f);
		m.folders[m.read] = f;
		for (i = 0; i < f.dirs.len && (found != NULL ||
		    f.depth + 1 < MAP_DEPTH); i++)
			map_add_take(&m, map_path(f.name, f.dirs.v[i]),
			    f.depth + 1);
	}
	m.read = MIN(m.read, m.listed);
	map_fit(&m, max, &out);
	return buf_take(&out);
}
