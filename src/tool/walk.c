/*
 * See walk.h. Each folder is opened below its parent's descriptor, so a
 * folder replaced by a link meanwhile isn't entered.
 */

#include "config.h"

#include "tool/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/dotgit.h"
#include "base/fs.h"
#include "base/glob.h"
#include "base/mem.h"

#define WALK_MAX	1000000

#define WALK_DEPTH	100

struct gitignore {
	const struct gitignore	*up;
	size_t			 base_n;	/* with its slash */
	struct glob_list	*globs;
};

struct gitignore *
gitignore_new(const struct gitignore *up, const char *base, const char *text,
    size_t n)
{
	struct gitignore *ig = xcalloc(1, sizeof(*ig));

	ig->up = up;
	ig->base_n = *base == '\0' ? 0 : strlen(base) + 1;
	ig->globs = glob_list_new(false);
	(void)glob_list_add_lines(ig->globs, text, n);
	return ig;
}

void
gitignore_free(struct gitignore *ig)
{
	if (ig == NULL)
		return;
	glob_list_free(ig->globs);
	free(ig);
}

bool
gitignore_match(const struct gitignore *ig, const char *path, bool is_dir)
{
	enum glob_verdict v = GLOB_NONE;

	for (; ig != NULL && v == GLOB_NONE; ig = ig->up)
		v = glob_list_match(ig->globs, path + ig->base_n, is_dir);
	return v == GLOB_YES;
}

#define WALK_RULES_MAX ((size_t)1 << 20)	/* bytes of a .gitignore */

struct walk_state {
	struct walk	*w;
	struct buf	 root_path;	/* this folder, relative to the root */
	struct buf	 path;		/* relative to the start of the walk */
	bool		 stop;
};

/* Before each name. */
enum walk_kind { WALK_NONE, WALK_FILE = 'f', WALK_LINK = 'l', WALK_DIR = 'd' };

/* The names in a folder, sorted. */
struct walk_names {
	struct buf	  text;		/* for each its kind, name and NUL */
	const char	**v;		/* names in the text */
	size_t		  len;
	bool		  has_rules;	/* there may be a .gitignore */
};

/* Add the rules of `name` in the folder, if it exists. */
static struct gitignore *
walk_rules(const struct gitignore *up, int dir, const char *name,
    const char *base)
{
	AUTO_BUF struct buf b = BUF_INIT(WALK_RULES_MAX);
	struct gitignore *ig = NULL;
	struct stat st;
	AUTO_CLOSE int fd = path_open_plain(dir, name, &st);

	if (fd < 0)
		return NULL;
	/* Only the first part of an oversized file counts. */
	if (S_ISREG(st.st_mode) &&
	    (fs_read_all(fd, &b) == 0 || errno == EFBIG) && b.len > 0)
		ig = gitignore_new(up, base, b.p, b.len);
	return ig;
}

static enum walk_kind
walk_kind(int dir, const struct dirent *de)
{
	struct stat st;

	switch (de->d_type) {
	case DT_DIR:
		return WALK_DIR;
	case DT_LNK:
		return WALK_LINK;
	case DT_REG:
		return WALK_FILE;
	case DT_UNKNOWN:
		if (fstatat(dir, de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return WALK_FILE;	/* can't be read */
		return S_ISDIR(st.st_mode) ? WALK_DIR :
		    S_ISLNK(st.st_mode) ? WALK_LINK :
		    S_ISREG(st.st_mode) ? WALK_FILE : WALK_NONE;
	default:
		return WALK_NONE;
	}
}

static void
walk_list(struct walk *w, DIR *d, struct walk_names *names)
{
	struct dirent *de;
	const char *p;
	size_t i;

	while ((de = readdir(d)) != NULL) {
		enum walk_kind kind;

		if (fs_is_dots(de->d_name) ||
		    dotgit_is_name(de->d_name))
			continue;
		if (++w->seen > WALK_MAX) {
			w->truncated = names->has_rules = true;
			break;
		}
		kind = walk_kind(dirfd(d), de);
		if (kind == WALK_NONE)
			continue;
		if (strcmp(de->d_name, ".gitignore") == 0)
			names->has_rules = true;
		buf_addc(&names->text, (char)kind);
		buf_add(&names->text, de->d_name, strlen(de->d_name) + 1);
		names->len++;
	}
	if (names->len == 0)
		return;
	names->v = xcalloc(names->len, sizeof(*names->v));
	for (p = names->text.p, i = 0; i < names->len; i++) {
		names->v[i] = p + 1;
		p += strlen(p) + 1;
	}
	MEM_SORT(names->v, names->len);
}

static void
walk_push(struct buf *b, const char *name, size_t *keep)
{
	*keep = b->len;
	if (b->len > 0)
		buf_addc(b, '/');
	buf_adds(b, name);
}

/* One folder; takes ownership of fd. */
static void
walk_folder(struct walk_state *s, int fd, const struct gitignore *up,
    unsigned depth)
{
	DIR *d = fs_dir_take(fd);
	struct walk_names names = { .len = 0 };
	struct gitignore *own = NULL;
	size_t i, keep, root_keep;

	if (d == NULL)
		return;
	walk_list(s->w, d, &names);
	if (names.has_rules)
		own = walk_rules(up, fd, ".gitignore", buf_str(&s->root_path));
	for (i = 0; i < names.len && !s->stop; i++) {
		const char *name = names.v[i];
		enum walk_kind kind = (enum walk_kind)name[-1];
		int sub;

		walk_push(&s->root_path, name, &root_keep);
		walk_push(&s->path, name, &keep);
		if (gitignore_match(own != NULL ? own : up,
			buf_str(&s->root_path), kind == WALK_DIR)) {
			s->w->ignored++;
		} else if (kind != WALK_DIR) {
			s->stop = !s->w->file(s->w->arg, fd, name,
			    buf_str(&s->path), kind == WALK_LINK);
		} else if (depth >= WALK_DEPTH) {
			s->w->truncated = true;
		} else {
			sub = fs_open_beneath(fd, name,
			    O_RDONLY | O_DIRECTORY, 0);
			if (sub < 0)
				s->w->unreadable++;
			else
				walk_folder(s, sub, own != NULL ? own : up,
				    depth + 1);
		}
		buf_cut(&s->root_path, root_keep);
		buf_cut(&s->path, keep);
	}
	free(names.v);
	buf_release(&names.text);
	gitignore_free(own);
	closedir(d);
}

void
walk_run(struct walk *w, const struct tool_path *p, int fd)
{
	struct walk_state s = { .w = w };
	struct gitignore *sets[64] = { NULL }, *top = NULL;
	size_t n = 0;
	AUTO_FREE char *dir = xstrdup(p->rel);
	char *slash = dir;
	bool inside = strcmp(p->rel, ".") != 0, last;

	/* The rules of the folders above. If they exclude this folder, the user
	 * named it on purpose: ignore them. */
	sets[n] = walk_rules(NULL, p->base_fd, ".git/info/exclude", "");
	if (sets[n] != NULL)
		top = sets[n++];
	if (inside && (sets[n] = walk_rules(top, p->base_fd, ".gitignore",
	    "")) != NULL)
		top = sets[n++];
	for (last = !inside; !last && n < MEM_COUNT(sets);) {
		slash = strchrnul(slash, '/');
		last = *slash == '\0';
		*slash = '\0';
		if (gitignore_match(top, dir, true)) {
			top = NULL;
			break;
		}
		if (!last) {
			AUTO_FREE char *file = fs_join(dir, ".gitignore");

			sets[n] = walk_rules(top, p->base_fd, file, dir);
			if (sets[n] != NULL)
				top = sets[n++];
			*slash++ = '/';
		}
	}
	if (inside)
		buf_adds(&s.root_path, p->rel);
	walk_folder(&s, fd, top, 0);
	buf_release(&s.root_path);
	buf_release(&s.path);
	while (n > 0)
		gitignore_free(sets[--n]);
}
