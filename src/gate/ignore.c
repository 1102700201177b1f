#include "config.h"

#include "gate/ignore.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <search.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <git2.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/glob.h"
#include "base/mem.h"
#include "base/sha.h"
#include "store/gitlib.h"

#define INDEX_FIXED	64	/* bytes of an entry before its path, with the
				   extended flags */

static void
index_add_32(struct buf *out, uint32_t v)
{
	v = htonl(v);
	(void)buf_add(out, &v, sizeof(v));
}

static void
index_add_16(struct buf *out, unsigned v)
{
	uint16_t be = htons((uint16_t)v);

	(void)buf_add(out, &be, sizeof(be));
}

static void
index_add_entry(struct buf *out, const git_index_entry *e, bool hidden,
    int64_t time)
{
	static const char zeroes[8];
	size_t n = strlen(e->path);
	unsigned more = (e->flags_extended & GIT_INDEX_ENTRY_EXTENDED_FLAGS) |
	    (hidden ? GIT_INDEX_ENTRY_SKIP_WORKTREE : 0u);
	unsigned flags = (e->flags & (GIT_INDEX_ENTRY_STAGEMASK |
	    GIT_INDEX_ENTRY_VALID)) | (more != 0 ? GIT_INDEX_ENTRY_EXTENDED :
	    0u);
	size_t fixed = more != 0 ? INDEX_FIXED : INDEX_FIXED - 2;

	index_add_32(out, (uint32_t)e->ctime.seconds);
	index_add_32(out, e->ctime.nanoseconds);
	index_add_32(out, (uint32_t)e->mtime.seconds);
	index_add_32(out, e->mtime.nanoseconds);
	index_add_32(out, e->dev);
	index_add_32(out, e->ino);
	index_add_32(out, e->mode);
	index_add_32(out, e->uid);
	index_add_32(out, e->gid);
	/* As git does: a size of 0 means that the times don't say whether the
	 * file was changed. */
	index_add_32(out, e->mtime.seconds >= time ? 0 : e->file_size);
	(void)buf_add(out, e->id.id, GIT_OID_RAWSZ);
	index_add_16(out, flags | (n < GIT_INDEX_ENTRY_NAMEMASK ?
	    (unsigned)n : GIT_INDEX_ENTRY_NAMEMASK));
	if (more != 0)
		index_add_16(out, more);
	(void)buf_add(out, e->path, n);
	(void)buf_add(out, zeroes, 8 - (fixed + n) % 8);
}

/* Which entries are these paths; NULL: none. */
static bool *
index_find(git_index *index, const char *prefix, const char *const *paths)
{
	bool *hidden = NULL;
	size_t at;

	for (; *paths != NULL; paths++) {
		AUTO_FREE char *full = xasprintf("%s%s", prefix, *paths);

		if (git_index_find(&at, index, full) != 0 ||
		    GIT_INDEX_ENTRY_STAGE(git_index_get_byindex(index, at)) !=
		    0)
			continue;
		if (hidden == NULL)
			hidden = xcalloc(git_index_entrycount(index),
			    sizeof(*hidden));
		hidden[at] = true;
	}
	return hidden;
}

static bool
index_hide(git_index *index, const char *prefix, const char *const *paths,
    int64_t time, struct buf *out)
{
	AUTO_FREE bool *hidden = index_find(index, prefix, paths);
	size_t n = git_index_entrycount(index), i, at = out->len;
	const git_index_entry *e, *last = NULL;
	unsigned char sum[SHA1_SIZE];

	if (hidden == NULL)
		return false;
	(void)buf_add(out, "DIRC", 4);
	index_add_32(out, 3);
	index_add_32(out, (uint32_t)n);
	for (i = 0; i < n; i++, last = e) {
		e = git_index_get_byindex(index, i);
		/* With core.ignorecase libgit2 sorts them in another way. */
		if (out->full || (last != NULL && strcmp(last->path,
		    e->path) > 0))
			return false;
		index_add_entry(out, e, hidden[i], time);
	}
	sha1_bytes(out->p + at, out->len - at, sum);
	(void)buf_add(out, sum, sizeof(sum));
	return !out->full;
}

#define IGNORE_MAX_BYTES ((size_t)256 << 10)

/* An ignore file, read again when it changes. */
struct ignore_file {
	char		*path;		/* relative to top */
	struct glob_list *globs;	/* NULL: there is none */
	struct timespec	 mtime, ctime;
	int64_t		 size;
	uint64_t	 ino;
	unsigned	 round;		/* when it was checked; 0: never */
};

struct ignore {
	git_repository	*repo;		/* NULL: rules from files only */
	git_index	*index;
	char		*prefix;	/* of root below top: "" or "a/b/" */
	int		 top;		/* the work tree's top, else root */
	struct ignore_file exclude;	/* info/exclude, absolute path */
	void		*files;		/* tsearch tree of ignore_file */
	char		*note;
	char		 head[41];	/* when it was opened, or "" */
	bool		 started;
	bool		 held;		/* answers are from this round */
	unsigned	 round;
	bool		 no_index;	/* frozen: it can't be read */
};

static void
ignore_file_free(void *p)
{
	AUTO_FREE struct ignore_file *f = p;

	free(f->path);
	glob_list_free(f->globs);
}

static void
ignore_file_read(struct ignore *g, struct ignore_file *f, int fd)
{
	AUTO_BUF struct buf b = BUF_INIT(IGNORE_MAX_BYTES);

	glob_list_free(f->globs);
	f->globs = NULL;
	if (fd >= 0) {
		f->globs = glob_list_new(false);
		if (fs_read_all(fd, &b) < 0 ||
		    !glob_list_add_lines(f->globs, b.p, b.len)) {
			/* Don't hide anything by rules we couldn't read. */
			glob_list_free(f->globs);
			f->globs = NULL;
			if (g->note == NULL)
				g->note = xasprintf("the ignore rules in %s "
				    "are too long and were not used", f->path);
		}
	}
}

/* The current rules; valid until the next call. */
static const struct glob_list *
ignore_file_globs(struct ignore *g, struct ignore_file *f, bool beneath)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;
	struct timespec now;
	struct stat st;
	AUTO_CLOSE int fd = -1;

	if (g->held && f->round == g->round)
		return f->globs;
	f->round = g->round;
	fd = beneath ? fs_open_beneath(g->top, f->path, flags, 0) :
	    open(f->path, flags | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		fd = -1;
	}
	if (fd < 0) {
		if (f->ino != 0)
			ignore_file_read(g, f, -1);
		f->ino = 0;
		return NULL;
	}
	if (f->ino != st.st_ino || f->size != st.st_size ||
	    memcmp(&f->mtime, &st.st_mtim, sizeof(f->mtime)) != 0 ||
	    memcmp(&f->ctime, &st.st_ctim, sizeof(f->ctime)) != 0) {
		ignore_file_read(g, f, fd);
		/* What changes within the same tick leaves the times as they
		 * are: read it again. */
		clock_gettime(CLOCK_REALTIME, &now);
		f->ino = st.st_ino;
		f->size = st.st_ctim.tv_sec >= now.tv_sec - 1 &&
		    st.st_ctim.tv_sec <= now.tv_sec ? -1 : st.st_size;
		f->mtime = st.st_mtim;
		f->ctime = st.st_ctim;
	}
	return f->globs;
}

/* The rules of folder `dir` (relative to top, "" is the top). */
static const struct glob_list *
ignore_dir_globs(struct ignore *g, const char *dir, size_t n)
{
	struct ignore_file key = { .path = NULL }, *f;
	void *node;

	key.path = xasprintf("%.*s%s.gitignore", (int)n, dir,
	    n > 0 ? "/" : "");
	node = tfind(&key, &g->files, mem_by_name);
	if (node == NULL) {
		f = xcalloc(1, sizeof(*f));
		f->path = key.path;
		if (tsearch(f, &g->files, mem_by_name) == NULL)
			mem_out();
	} else {
		f = *(struct ignore_file **)node;
		free(key.path);
	}
	return ignore_file_globs(g, f, true);
}

/* By the rules alone: the nearest folder with a matching rule decides. */
static enum glob_verdict
ignore_rules(struct ignore *g, const char *path, bool is_dir)
{
	const struct glob_list *globs;
	enum glob_verdict v = GLOB_NONE;
	const char *slash = strrchr(path, '/');
	size_t n = slash == NULL ? 0 : (size_t)(slash - path);

	for (;;) {
		globs = ignore_dir_globs(g, path, n);
		if (globs != NULL)
			v = glob_list_match(globs, path + n + (n > 0), is_dir);
		if (v != GLOB_NONE || n == 0)
			break;
		while (n > 0 && path[n - 1] != '/')
			n--;
		if (n > 0)
			n--;
	}
	if (v == GLOB_NONE && g->exclude.path != NULL) {
		globs = ignore_file_globs(g, &g->exclude, false);
		if (globs != NULL)
			v = glob_list_match(globs, path, is_dir);
	}
	return v;
}

/* False if there is none. */
static bool
ignore_index_read(struct ignore *g)
{
	struct stat st;

	/* It may block when opened. */
	if (g->index == NULL ||
	    (lstat(git_index_path(g->index), &st) == 0 &&
	    !S_ISREG(st.st_mode)))
		return false;
	git_index_read(g->index, 0);
	return true;
}

void
ignore_hold(struct ignore *g, bool hold)
{
	g->held = hold;
	if (!hold)
		return;
	g->round++;
	g->no_index = !ignore_index_read(g);
}

bool
ignore_is_held(const struct ignore *g)
{
	return g->held;
}

static bool
ignore_has_full(struct ignore *g, const char *path, bool is_dir)
{
	AUTO_FREE char *dir = NULL;

	if (g->held ? g->no_index : !ignore_index_read(g))
		return false;
	if (git_index_find(NULL, g->index, path) == 0)
		return true;
	if (!is_dir)
		return false;
	dir = xasprintf("%s/", path);
	return git_index_find_prefix(NULL, g->index, dir) == 0;
}

bool
ignore_match(struct ignore *g, const char *path, bool is_dir)
{
	char *full = xasprintf("%s%s", g->prefix, path), *slash;
	bool yes = false;

	/* An ignored folder includes everything below it. */
	for (slash = strchr(full, '/'); slash != NULL && !yes;
	    slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		yes = ignore_rules(g, full, true) == GLOB_YES;
		*slash = '/';
	}
	if (!yes)
		yes = ignore_rules(g, full, is_dir) == GLOB_YES;
	if (yes)
		yes = !ignore_has_full(g, full, is_dir);
	free(full);
	return yes;
}

bool
ignore_has_tracked(struct ignore *g, const char *path, bool is_dir)
{
	AUTO_FREE char *full = xasprintf("%s%s", g->prefix, path);

	return ignore_has_full(g, full, is_dir);
}

char *
ignore_index_hide(struct ignore *g, const char *const *paths, struct buf *out)
{
	struct stat st;

	/* Its time first: that of an older one only makes git look twice. */
	if (paths[0] == NULL || g->index == NULL ||
	    lstat(git_index_path(g->index), &st) < 0 ||
	    !ignore_index_read(g) || !index_hide(g->index, g->prefix, paths,
	    st.st_mtim.tv_sec, out))
		return NULL;
	return xstrdup(git_index_path(g->index));
}

/* Anybody can create a repository in /tmp, above other people's projects. */
static bool
ignore_top_is_ours(const char *top, const char *root)
{
	AUTO_FREE char *git = fs_join(top, ".git");

	return strcmp(top, root) == 0 || fs_is_ours(git, root);
}

/* The repository that contains root, if libgit2 can read it and its work tree
 * really contains root: the project controls its config. */
static char *
ignore_repo_open(struct ignore *g, const char *root)
{
	struct err why = ERR_INIT;
	const char *workdir;
	char *top = NULL;
	struct stat st;
	int rc;

	rc = gitlib_try(root, g->head, &why);
	if (rc == 0) {
		err_set(&why, "its work tree, owner or index is not the usual "
		    "one");
		rc = git_repository_open_ext(&g->repo, root, 0, NULL);
	}
	if (rc == 0) {
		workdir = git_repository_workdir(g->repo);
		top = workdir == NULL ? NULL : fs_realpath(workdir);
		if (top != NULL && fs_is_below(root, top) &&
		    ignore_top_is_ours(top, root) &&
		    git_repository_index(&g->index, g->repo) == 0 &&
		    git_index_read(g->index, 0) == 0)
			return top;
	}
	FREE_SET(top, fs_join(root, ".git"));
	if (rc == 0 || lstat(top, &st) == 0)
		g->note = xasprintf("libgit2 cannot read this repository (%s): "
		    "ignore rules come from the files alone, and tracked files "
		    "are unknown", why.text);
	free(top);
	g->head[0] = '\0';
	git_index_free(g->index);
	g->index = NULL;
	git_repository_free(g->repo);
	g->repo = NULL;
	return NULL;
}

struct ignore *
ignore_new(const char *root, struct err *e)
{
	struct ignore *g = xcalloc(1, sizeof(*g));
	AUTO_FREE char *real = NULL, *top = NULL;
	git_buf info = { NULL, 0, 0 };
	bool fine = false;

	g->top = -1;
	if (gitlib_init(e) < 0)
		goto out;
	g->started = true;
	real = fs_realpath(root);
	if (real == NULL) {
		err_sys(e, "cannot open %s", root);
		goto out;
	}
	top = ignore_repo_open(g, real);
	if (top == NULL) {
		top = xstrdup(real);
		g->exclude.path = fs_join(real, ".git/info/exclude");
	} else if (git_repository_item_path(&info, g->repo,
	    GIT_REPOSITORY_ITEM_INFO) == 0) {
		g->exclude.path = fs_join(info.ptr, "exclude");
	}
	if (strcmp(top, real) == 0)
		g->prefix = xstrdup("");
	else
		g->prefix = xasprintf("%s/", real + strlen(top) +
		    (strcmp(top, "/") != 0));
	g->top = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (g->top < 0)
		err_sys(e, "cannot open %s", top);
	fine = g->top >= 0;
out:
	git_buf_dispose(&info);
	if (!fine) {
		ignore_free(g);
		g = NULL;
	}
	return g;
}

void
ignore_free(struct ignore *g)
{
	if (g == NULL)
		return;
	tdestroy(g->files, ignore_file_free);
	glob_list_free(g->exclude.globs);
	free(g->exclude.path);
	git_index_free(g->index);
	git_repository_free(g->repo);
	fs_close(g->top);
	free(g->prefix);
	free(g->note);
	if (g->started)
		gitlib_release();
	free(g);
}

const char *
ignore_head(const struct ignore *g)
{
	return g->head[0] == '\0' ? NULL : g->head;
}

const char *
ignore_note(const struct ignore *g)
{
	return g->note;
}
