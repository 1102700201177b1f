/*
 * walk: see walk.h. Each folder is opened below its parent's descriptor, so a
 * folder replaced by a link meanwhile isn't entered.
 */
#include "config.h"

#include "tool/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/dotgit.h"
#include "base/fs.h"
#include "base/mem.h"
#include "tool/gitignore.h"

#define WALK_RULES_MAX ((size_t)1 << 20)	/* bytes of a .gitignore */

struct walk_state {
	struct walk	*w;
	struct buf	 root_path;	/* this folder, relative to the root */
	struct buf	 path;		/* relative to the start of the walk */
	bool		 stop;
};

struct walk_name {
	char	*name;
	bool	 is_dir, is_link;
};

/* Add the rules of `name` in the folder, if it exists. */
static struct gitignore *
walk_rules(const struct gitignore *up, int dir, const char *name,
    const char *base)
{
	struct buf b = BUF_INIT(WALK_RULES_MAX);
	struct gitignore *ig = NULL;
	struct stat st;
	int fd = fs_open_beneath(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY,
	    0);

	if (fd < 0)
		return NULL;
	/* Only the first part of an oversized file counts. */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (fs_read_all(fd, &b) == 0 || errno == EFBIG) && b.len > 0)
		ig = gitignore_new(up, base, b.p, b.len);
	close(fd);
	buf_release(&b);
	return ig;
}

static int
walk_by_name(const void *va, const void *vb)
{
	const struct walk_name *a = va, *b = vb;

	return strcmp(a->name, b->name);
}

/* The names in a folder, sorted; takes ownership of fd. */
static struct walk_name *
walk_list(struct walk *w, int fd, size_t *len)
{
	struct walk_name *names = NULL;
	struct dirent *de;
	size_t n = 0;
	DIR *d = fs_dir_take(fd);

	*len = 0;
	if (d == NULL)
		return NULL;
	while ((de = readdir(d)) != NULL) {
		struct stat st;
		bool is_dir = de->d_type == DT_DIR;
		bool is_link = de->d_type == DT_LNK;

		if (fs_is_dots(de->d_name) ||
		    dotgit_is_name(de->d_name))
			continue;
		if (++w->seen > WALK_MAX) {
			w->truncated = true;
			break;
		}
		if (de->d_type == DT_UNKNOWN && fstatat(dirfd(d), de->d_name,
		    &st, AT_SYMLINK_NOFOLLOW) == 0) {
			is_dir = S_ISDIR(st.st_mode);
			is_link = S_ISLNK(st.st_mode);
			if (!is_dir && !is_link && !S_ISREG(st.st_mode))
				continue;
		} else if (de->d_type != DT_UNKNOWN && !is_dir && !is_link &&
		    de->d_type != DT_REG) {
			continue;
		}
		GROW(names, n);
		names[n++] = (struct walk_name){ .name = xstrdup(de->d_name),
			.is_dir = is_dir, .is_link = is_link };
	}
	closedir(d);
	if (n > 0)
		qsort(names, n, sizeof(*names), walk_by_name);
	*len = n;
	return names;
}

static void
walk_push(struct buf *b, const char *name, size_t *keep)
{
	*keep = b->len;
	if (b->len > 0)
		buf_addc(b, '/');
	buf_adds(b, name);
}

static void
walk_pop(struct buf *b, size_t keep)
{
	b->len = keep;
	if (b->p != NULL)
		b->p[keep] = '\0';
}

/* One folder; takes ownership of fd. */
static void
walk_folder(struct walk_state *s, int fd, const struct gitignore *up,
    unsigned depth)
{
	struct gitignore *ig = walk_rules(up, fd, ".gitignore",
	    buf_str(&s->root_path));
	struct walk_name *names;
	size_t len, i, keep, root_keep;
	int dup_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	names = dup_fd < 0 ? NULL : walk_list(s->w, dup_fd, &len);
	if (dup_fd < 0)
		len = 0;
	for (i = 0; i < len && !s->stop; i++) {
		const struct walk_name *e = &names[i];
		int sub;

		walk_push(&s->root_path, e->name, &root_keep);
		walk_push(&s->path, e->name, &keep);
		if (gitignore_match(ig != NULL ? ig : up,
			buf_str(&s->root_path), e->is_dir)) {
			s->w->ignored++;
		} else if (!e->is_dir) {
			s->stop = !s->w->file(s->w->arg, fd, e->name,
			    buf_str(&s->path), e->is_link);
		} else if (depth >= WALK_DEPTH) {
			s->w->truncated = true;
		} else {
			sub = fs_open_beneath(fd, e->name,
			    O_RDONLY | O_DIRECTORY, 0);
			if (sub < 0)
				s->w->unreadable++;
			else
				walk_folder(s, sub, ig != NULL ? ig : up,
				    depth + 1);
		}
		walk_pop(&s->root_path, root_keep);
		walk_pop(&s->path, keep);
	}
	for (i = 0; i < len; i++)
		free(names[i].name);
	free(names);
	gitignore_free(ig);
	close(fd);
}

void
walk_run(struct walk *w, const struct tool_path *p, int fd)
{
	struct walk_state s = { .w = w };
	struct gitignore *sets[64] = { NULL }, *top = NULL;
	size_t n = 0;
	char *dir = xstrdup(p->rel), *slash = dir;
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
		char *file;

		slash = strchrnul(slash, '/');
		last = *slash == '\0';
		*slash = '\0';
		if (gitignore_match(top, dir, true)) {
			top = NULL;
			break;
		}
		if (!last) {
			file = fs_join(dir, ".gitignore");
			sets[n] = walk_rules(top, p->base_fd, file, dir);
			if (sets[n] != NULL)
				top = sets[n++];
			free(file);
			*slash++ = '/';
		}
	}
	if (inside)
		buf_adds(&s.root_path, p->rel);
	walk_folder(&s, fd, top, 0);
	buf_release(&s.root_path);
	buf_release(&s.path);
	free(dir);
	while (n > 0)
		gitignore_free(sets[--n]);
}
