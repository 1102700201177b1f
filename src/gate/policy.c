/*
 * policy: which paths are protected, secret, ignored, tests. It
 * only answers; the gate and the sandbox act on it. Names match in any case if a
 * match makes things stricter (some file systems do the same), and
 * case-sensitively if the user allows something.
 */

#include "config.h"

#include "gate/policy-int.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <search.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <git2.h>
#include <utf8proc.h>

#include "base/clock.h"
#include "base/dotgit.h"
#include "base/fs.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/sha.h"
#include "base/spawn.h"
#include "gate/gate.h"
#include "store/gitlib.h"

/* ---- what git ignores ---- */

/*
 * By the rules of the real tree. We read .gitignore files and info/exclude
 * ourselves (libgit2 drops a "!" rule that cancels another file's rule); libgit2
 * tells which paths are tracked. Those are never ignored. The user's repository
 * is only read.
 */

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
	/* As git does, write a size of 0 if the times don't say whether the
	 * file changed. */
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

/* Append such an index of these paths (NULL-terminated, below the work tree's
 * folder `prefix`, "" or "a/"), which are marked as not checked out. Entries
 * whose file changed at or after the second `time`, that of the index file, are
 * marked as to be compared, since the new file's time doesn't say so. False:
 * none of them is tracked, or the index can't be written in this form. */
static bool
index_hide(git_index *index, const char *prefix, const char *const *paths,
    int64_t time, struct buf *out)
{
	AUTO_FREE bool *hidden = index_find(index, prefix, paths);
	size_t n = git_index_entrycount(index), i, at = out->len;
	const git_index_entry *e, *last = NULL;
	unsigned char sum[SHA1_SIZE];
	struct sha1 *sha;

	if (hidden == NULL)
		return false;
	(void)buf_add(out, "DIRC", 4);
	index_add_32(out, 3);
	index_add_32(out, (uint32_t)n);
	for (i = 0; i < n; i++, last = e) {
		e = git_index_get_byindex(index, i);
		/* If core.ignorecase is set, libgit2 sorts them in another
		 * way. */
		if (out->full || (last != NULL && strcmp(last->path,
		    e->path) > 0))
			return false;
		index_add_entry(out, e, hidden[i], time);
	}
	sha = sha1_new();
	sha1_add(sha, out->p + at, out->len - at);
	sha1_end_free(sha, sum);
	(void)buf_add(out, sum, sizeof(sum));
	return !out->full;
}

#define IGNORE_MAX_BYTES ((size_t)256 << 10)

/* A file's stat data when it was read; ino 0: it wasn't. */
struct ignore_seen {
	struct timespec	 mtime, ctime;
	int64_t		 size;
	uint64_t	 ino;
};

/* Is the file still as it was? If not, it is read, as it is now. */
static bool
ignore_seen_is(struct ignore_seen *seen, const struct stat *st)
{
	struct timespec now;
	bool is = seen->ino == st->st_ino && seen->size == st->st_size &&
	    memcmp(&seen->mtime, &st->st_mtim, sizeof(seen->mtime)) == 0 &&
	    memcmp(&seen->ctime, &st->st_ctim, sizeof(seen->ctime)) == 0;

	/* What changes within the same tick leaves the times as they are: read
	 * it again. */
	clock_gettime(CLOCK_REALTIME, &now);
	*seen = (struct ignore_seen){ st->st_mtim, st->st_ctim,
		st->st_ctim.tv_sec >= now.tv_sec - 1 &&
		st->st_ctim.tv_sec <= now.tv_sec ? -1 : st->st_size,
		st->st_ino };
	return is;
}

/* An ignore file, read again when it changes. */
struct ignore_file {
	char		*path;		/* relative to top */
	struct glob_list *globs;	/* NULL: there is none */
	struct ignore_seen seen;
	unsigned	 round;		/* when it was checked; 0: never */
};

struct ignore {
	git_repository	*repo;		/* NULL: rules from files only */
	git_index	*index;
	struct ignore_seen index_seen;
	char		*prefix;	/* of root below top: "" or "a/b/" */
	int		 top;		/* the work tree's top, else root */
	struct ignore_file exclude;	/* info/exclude, absolute path */
	void		*files;		/* tsearch tree of ignore_file */
	char		*note;
	char		 head[41];	/* when it was opened, or "" */
	bool		 started;
	bool		 held;		/* answers are from this round */
	unsigned	 round;
	char		*near;		/* the last folder asked about in it;
					   NULL */
	bool		 near_yes;	/* it is ignored */
	bool		 no_index;	/* frozen: it can't be read */
	char		*built;		/* the last folder that was looked
					   through for build files, or NULL; */
	git_oid		 built_of;	/* in which index; */
	bool		 built_yes;	/* there is one */
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
		if (f->seen.ino != 0)
			ignore_file_read(g, f, -1);
		f->seen.ino = 0;
		return NULL;
	}
	if (!ignore_seen_is(&f->seen, &st))
		ignore_file_read(g, f, fd);
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

/* By the rules alone: the nearest folder with a matching rule decides. `by` (may
 * be NULL) gets the file and the pattern. */
static enum glob_verdict
ignore_rules_by(struct ignore *g, const char *path, bool is_dir,
    struct buf *by)
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
		slash = memrchr(path, '/', n);
		n = slash == NULL ? 0 : (size_t)(slash - path);
	}
	if (v != GLOB_NONE && by != NULL) {
		buf_addf(by, "%.*s%s.gitignore: ", (int)n, path,
		    n > 0 ? "/" : "");
		glob_list_pattern(globs, path + n + (n > 0), is_dir, by);
	}
	if (v == GLOB_NONE && g->exclude.path != NULL) {
		globs = ignore_file_globs(g, &g->exclude, false);
		if (globs != NULL)
			v = glob_list_match(globs, path, is_dir);
	}
	return v;
}

static enum glob_verdict
ignore_rules(struct ignore *g, const char *path, bool is_dir)
{
	return ignore_rules_by(g, path, is_dir, NULL);
}

/* False if there is none. */
static bool
ignore_index_read(struct ignore *g)
{
	struct stat st;
	bool is;

	if (g->index == NULL)
		return false;
	is = lstat(git_index_path(g->index), &st) == 0;
	/* It may block when opened. */
	if (is && !S_ISREG(st.st_mode))
		return false;
	if (!is || !ignore_seen_is(&g->index_seen, &st))
		git_index_read(g->index, 0);
	return true;
}

void
ignore_hold(struct ignore *g, bool hold)
{
	g->held = hold;
	FREE_NULL(g->near);
	if (!hold)
		return;
	g->round++;
	g->no_index = !ignore_index_read(g);
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

/* An ignored folder includes everything below it. */
static bool
ignore_folder(struct ignore *g, char *dir)
{
	const char *near = g->held ? g->near : NULL;
	char *slash = dir;
	bool yes = false;

	if (near != NULL && strcmp(near, dir) == 0)
		return g->near_yes;
	/* No folder above the last one is ignored if that isn't. */
	while (near != NULL && !g->near_yes && *near == *slash)
		near++, slash++;
	for (slash = strchr(slash, '/'); slash != NULL && !yes;
	    slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		yes = ignore_rules(g, dir, true) == GLOB_YES;
		*slash = '/';
	}
	FREE_SET(g->near, xstrdup(dir));
	g->near_yes = yes || ignore_rules(g, dir, true) == GLOB_YES;
	return g->near_yes;
}

/* The same, or by a rule for the path itself. */
static bool
ignore_covers(struct ignore *g, char *path, bool is_dir)
{
	char *slash = strrchr(path, '/');
	bool yes = false;

	if (slash != NULL) {
		*slash = '\0';
		yes = ignore_folder(g, path);
		*slash = '/';
	}
	return yes || ignore_rules(g, path, is_dir) == GLOB_YES;
}

bool
ignore_match(struct ignore *g, const char *path, bool is_dir)
{
	AUTO_FREE char *full = xasprintf("%s%s", g->prefix, path);

	return ignore_covers(g, full, is_dir) &&
	    !ignore_has_full(g, full, is_dir);
}

/* Git's index contains it, or (a folder) something below it. */
static bool
ignore_has_tracked(struct ignore *g, const char *path, bool is_dir)
{
	AUTO_FREE char *full = xasprintf("%s%s", g->prefix, path);

	return ignore_has_full(g, full, is_dir);
}

char *
ignore_index_hide(struct ignore *g, const char *const *paths, struct buf *out)
{
	struct stat st;

	/* Read the index's time first: an older time only makes git look
	 * twice. */
	if (paths[0] == NULL || g->index == NULL ||
	    lstat(git_index_path(g->index), &st) < 0 ||
	    !ignore_index_read(g) || !index_hide(g->index, g->prefix, paths,
	    st.st_mtim.tv_sec, out))
		return NULL;
	return xstrdup(git_index_path(g->index));
}

#define IGNORE_TRY_MS 4000
#define IGNORE_TRY_BYTES ((rlim_t)4 << 30)

/* Read everything in this process that will be read later; HEAD goes to id,
 * which stays empty if there is none. */
static int
ignore_try_read(const char *root, char id[41], struct err *e)
{
	git_repository *repo = NULL;
	git_index *index = NULL;
	git_oid oid;
	int rc = 0;

	id[0] = '\0';
	if (git_repository_open_ext(&repo, root, 0, NULL) < 0 ||
	    git_repository_index(&index, repo) < 0 ||
	    git_index_read(index, 0) < 0)
		rc = gitlib_error(e, "cannot read it");
	else if (git_reference_name_to_id(&oid, repo, "HEAD") == 0)
		git_oid_tostr(id, 41, &oid);
	git_index_free(index);
	git_repository_free(repo);
	return rc;
}

struct ignore_answer {
	char		id[41];
	struct err	why;	/* not set: it is readable */
};

static _Noreturn void
ignore_try_child(const char *root, int out)
{
	struct ignore_answer a = { .why = ERR_INIT };
#ifndef __SANITIZE_ADDRESS__
	struct rlimit most = { IGNORE_TRY_BYTES, IGNORE_TRY_BYTES };

	(void)setrlimit(RLIMIT_AS, &most);
#endif
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)ignore_try_read(root, a.id, &a.why);
	(void)fs_write_all(out, &a, sizeof(a));
	_exit(0);
}

/* Wait for the child's answer or end, up to the deadline. */
static int
ignore_try_wait(int in, struct ignore_answer *a, struct err *e)
{
	int64_t end = clock_mono_ms() + IGNORE_TRY_MS;
	size_t got = 0;

	while (got < sizeof(*a)) {
		struct pollfd p = { .fd = in, .events = POLLIN };
		int64_t left = end - clock_mono_ms();
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)left) == 0)
			return err_set(e, "reading it takes too long");
		n = fs_read(in, (char *)a + got, sizeof(*a) - got);
		if (n <= 0)
			return err_set(e, "libgit2 crashes on it");
		got += (size_t)n;
	}
	a->id[sizeof(a->id) - 1] = '\0';
	a->why.text[sizeof(a->why.text) - 1] = '\0';
	return err_is_set(&a->why) ? err_set(e, "%s", a->why.text) : 0;
}

/*
 * Is the repository around `root` readable: its HEAD, config and index? -1 with
 * the reason. The files may be hostile (a FIFO, endless, or a crash in
 * libgit2), so a child process tries first, with a deadline. `head` is the HEAD
 * commit, as hex, or "".
 */
static int
ignore_try(const char *root, char head[41], struct err *e)
{
	struct ignore_answer a = { .id = "" };
	int p[2] = { -1, -1 }, rc;
	pid_t pid = -1;

	if (gitlib_init(e) < 0)
		return -1;
	if (pipe2(p, O_CLOEXEC) == 0)
		pid = fork();
	if (pid == 0)
		ignore_try_child(root, p[1]);
	fs_close(p[1]);
	if (pid < 0)
		rc = err_sys(e, "cannot start a process to try it");
	else {
		rc = ignore_try_wait(p[0], &a, e);
		(void)kill(pid, SIGKILL);
		(void)spawn_reap(pid);
	}
	fs_close(p[0]);
	gitlib_release();
	memcpy(head, rc == 0 ? a.id : "", rc == 0 ? sizeof(a.id) : 1);
	return rc;
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

	rc = ignore_try(root, g->head, &why);
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
	FREE_ALL(g->prefix, g->near, g->built, g->note);
	if (g->started)
		gitlib_release();
	free(g);
}

/* ---- names ---- */

#define SHORT_STEM 6	/* letters before the "~" */
#define SHORT_EXT 3

/* Only case and form, for a pattern; NULL if nothing changes, or it isn't text.
 * malloc'ed. */
static char *
policy_name_fold(const char *path)
{
	utf8proc_uint8_t *out = NULL;
	utf8proc_ssize_t rc;
	const char *p;

	for (p = path; *p != '\0' && (unsigned char)*p < 0x80; p++)
		;
	if (*p == '\0')
		return NULL;
	rc = utf8proc_map((const utf8proc_uint8_t *)path, 0, &out,
	    (utf8proc_option_t)(UTF8PROC_NULLTERM | UTF8PROC_DECOMPOSE |
	    UTF8PROC_CASEFOLD | UTF8PROC_IGNORE));
	if (rc == UTF8PROC_ERROR_NOMEM)
		mem_out();
	if (rc < 0) {
		free(out);
		return NULL;
	}
	return (char *)out;
}

/* The name under which a file system that distinguishes fewer names finds
 * `path`: ignoring case and Unicode form, invisible characters, trailing dots
 * and spaces, with backslashes as slashes, and without a stream's name; NULL if
 * it is `path` itself (except for ASCII case). malloc'ed. */
static char *
policy_name_plain(const char *path)
{
	AUTO_FREE char *folded = policy_name_fold(path);
	const char *p = folded == NULL ? path : folded;
	AUTO_BUF struct buf b = BUF_INIT(0);

	while (*p != '\0') {
		size_t n = strcspn(p, "/\\"), keep = n;
		const char *colon = memchr(p, ':', n);

		if (colon != NULL && colon > p)
			keep = (size_t)(colon - p);
		while (keep > 0 && (p[keep - 1] == '.' || p[keep - 1] == ' '))
			keep--;
		buf_add(&b, p, keep == 0 ? n : keep);
		if (p[n] != '\0')
			buf_addc(&b, '/');
		p += n + (p[n] != '\0');
	}
	if (strcmp(buf_str(&b), path) == 0)
		return NULL;
	return buf_take(&b);
}

static bool
policy_part_is_short(const char *p, size_t n)
{
	const char *tilde = memchr(p, '~', n), *end = p + n, *q;

	if (tilde == NULL || tilde == p || tilde - p > SHORT_STEM)
		return false;
	for (q = tilde + 1; q < end && *q >= '0' && *q <= '9'; q++)
		;
	if (q == tilde + 1)
		return false;
	return q == end || (*q == '.' && end - q - 1 <= SHORT_EXT);
}

/* Does a component look like another one's short name ("GITHUB~1")? */
static bool
policy_name_is_short(const char *path)
{
	size_t n;

	for (; *path != '\0'; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		if (policy_part_is_short(path, n))
			return true;
	}
	return false;
}

/* Is one of the two, ignoring ASCII case, the other or below it? "." is the
 * project, above all. */
static bool
policy_name_joins(const char *path, const char *own)
{
	size_t n = strlen(path), m = strlen(own);
	size_t less = n < m ? n : m;

	return strcmp(own, ".") == 0 || (strncasecmp(path, own, less) == 0 &&
	    (n == m || (n < m ? own : path)[less] == '/'));
}

static struct glob_list *
policy_globs_split(const char *text, bool fold)
{
	struct glob_list *g = glob_list_new(fold);

	glob_list_add_words(g, text);
	return g;
}

static struct glob_list *
policy_globs_user(const char *const *v, bool fold)
{
	struct glob_list *g = glob_list_new(fold);

	for (; v != NULL && *v != NULL; v++) {
		AUTO_FREE char *plain = fold ? policy_name_fold(*v) : NULL;

		glob_list_add(g, *v, strlen(*v));
		if (plain != NULL)
			glob_list_add(g, plain, strlen(plain));
	}
	return g;
}

/* From the start object. */
static void
policy_own_add(struct policy *p, const cJSON *list)
{
	const cJSON *it;

	p->own = xcalloc((size_t)cJSON_GetArraySize(list) + 1,
	    sizeof(*p->own));
	cJSON_ArrayForEach(it, list) {
		struct policy_own *o = &p->own[p->own_len];

		o->path = json_get_bytes(it, "path", NULL);
		if (o->path == NULL)
			continue;
		o->plain = policy_name_plain(o->path);
		o->by = json_is(it, "by", "git") ? POLICY_OWN_GIT :
		    json_is(it, "by", "assent") ? POLICY_OWN_ASSENT :
		    POLICY_OWN;
		p->own_len++;
	}
}

/* Names that say what reads a file; the first that matches counts, then the
 * tables of what runs commands. */
static const struct {
	enum policy_reader is;
	const char	*globs;
} policy_reader_rows[POLICY_READERS] = {
	{ POLICY_READER_OTHER, "*.ps1 *.psm1 *.psd1 *.bat *.cmd *.rc *.xml "
	  "*.csproj *.fsproj *.vbproj *.vcxproj *.props *.targets" },
	{ POLICY_READER_SHELL, "*.sh *.bash *.bats *.dash *.ksh *.zsh *.fish "
	  "*.csh *.tcsh *.command" },
	{ POLICY_READER_SCRIPT, "*.awk *.cjs *.el *.ex *.exs *.js *.jl *.lua "
	  "*.mjs *.php *.pl *.pm *.py *.r *.rb *.scm *.sed *.t *.tcl *.vim" },
};

struct policy *
policy_new(const struct policy_options *o, struct err *e)
{
	struct policy *p = xcalloc(1, sizeof(*p));
	size_t i;

	p->globs = xcalloc(1, sizeof(*p->globs));
	for (i = 0; i < POLICY_ROWS; i++)
		p->globs->rows[i] = policy_globs_split(
		    policy_protected_rows[i].globs, true);
	for (i = 0; i < POLICY_TOKENS; i++)
		p->globs->tokens[i] = policy_globs_split(
		    policy_token_rows[i].globs, true);
	p->secret = policy_globs_split(policy_secret_globs, true);
	p->test = policy_globs_split(policy_test_globs, true);
	p->source = policy_globs_split(policy_source_globs, false);
	p->foreign = policy_globs_split(policy_foreign_globs, true);
	for (i = 0; i < POLICY_BUILDS; i++)
		p->globs->builds[i] = policy_globs_split(
		    policy_build_rows[i].globs, true);
	for (i = 0; i < POLICY_READERS; i++)
		p->globs->readers[i] = policy_globs_split(
		    policy_reader_rows[i].globs, true);
	p->user_protected = policy_globs_user(o->protected_globs, true);
	p->user_secret = policy_globs_user(o->secret_globs, true);
	p->allow = policy_globs_user(o->allow_globs, false);
	p->lift = policy_globs_user(o->lift_globs, false);
	p->machine_protected = policy_globs_user(o->machine_protected, true);
	p->machine_secret = policy_globs_user(o->machine_secret, true);
	for (i = 0; i < POLICY_CACHES; i++)
		p->globs->caches[i] = policy_globs_split(
		    policy_cache_rows[i].globs, false);
	p->included = glob_list_new(false);
	policy_own_add(p, o->own_files);
	p->staged = -1;
	p->ignore_staged = xcalloc(1, sizeof(*p->ignore_staged));
	p->root = open(o->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	p->root_path = fs_realpath(o->root);
	if (p->root < 0) {
		err_sys(e, "cannot open %s", o->root);
	} else {
		p->ignore = ignore_new(o->root, e);
		if (p->ignore != NULL) {
			p->head = p->ignore->head[0] == '\0' ? NULL :
			    p->ignore->head;
			return p;
		}
	}
	policy_free(p);
	return NULL;
}

bool
policy_allows(const struct policy *p, const char *path)
{
	return glob_list_covers(p->allow, path) &&
	    !glob_list_covers(p->machine_protected, path);
}

bool
policy_lifts(const struct policy *p, const char *path)
{
	return glob_list_covers(p->lift, path) &&
	    !glob_list_covers(p->machine_secret, path);
}

void
policy_free(struct policy *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < POLICY_ROWS; i++)
		glob_list_free(p->globs->rows[i]);
	for (i = 0; i < POLICY_TOKENS; i++)
		glob_list_free(p->globs->tokens[i]);
	for (i = 0; i < p->own_len; i++) {
		FREE_ALL(p->own[i].path, p->own[i].plain);
	}
	free(p->own);
	glob_list_free(p->user_protected);
	glob_list_free(p->allow);
	glob_list_free(p->secret);
	glob_list_free(p->user_secret);
	glob_list_free(p->lift);
	glob_list_free(p->machine_protected);
	glob_list_free(p->machine_secret);
	glob_list_free(p->test);
	glob_list_free(p->source);
	glob_list_free(p->foreign);
	for (i = 0; i < POLICY_BUILDS; i++)
		glob_list_free(p->globs->builds[i]);
	for (i = 0; i < POLICY_CACHES; i++)
		glob_list_free(p->globs->caches[i]);
	for (i = 0; i < POLICY_READERS; i++)
		glob_list_free(p->globs->readers[i]);
	glob_list_free(p->included);
	pathmap_release(&p->written);
	ignore_free(p->ignore);
	p->ignore_staged->top = -1;
	ignore_free(p->ignore_staged);
	policy_secrets_forget(p);
	FREE_ALL(p->dirs, p->looks);
	buf_release(&p->cut_names);
	FREE_ALL(p->root_path, p->globs);
	buf_release(&p->cut_note);
	fs_close(p->root);
	free(p);
}

/*
 * Does a link at `path` lead out of the tree? Judged by its text alone:
 * absolute, more ".." than folders above it, or a ".." after a name, which
 * another link could turn into anything.
 */
static bool
policy_link_leaves(const char *path, const char *target)
{
	size_t depth = 0;
	bool named = false;

	for (; *path != '\0'; path++)
		depth += *path == '/';
	if (*target == '/' || *target == '\0')
		return true;
	while (*target != '\0') {
		size_t n = strcspn(target, "/");

		if (n == 2 && target[0] == '.' && target[1] == '.') {
			if (named || depth == 0)
				return true;
			depth--;
		} else if (n > 0 && !(n == 1 && target[0] == '.')) {
			named = true;
		}
		target += n;
		target += strspn(target, "/");
	}
	return false;
}

/* A name, and other names that may mean the same. */
struct policy_name {
	const char	*path;
	char		*plain;		/* see policy_name_plain; or NULL */
	bool		 link;		/* possibly to a folder */
};

static bool
policy_covers(struct glob_list *g, const struct policy_name *n)
{
	const char *const forms[] = { n->path, n->plain };
	size_t i;

	for (i = 0; i < MEM_COUNT(forms) && forms[i] != NULL; i++)
		if (glob_list_covers(g, forms[i]) || (n->link &&
		    glob_list_match(g, forms[i], true) == GLOB_YES))
			return true;
	return false;
}

static const char *
policy_case(enum policy_case which)
{
	return policy_protected_cases[which].rule;
}

/* Something at a folder's name takes the place of all below it. */
static const struct policy_own *
policy_own_find(const struct policy *p, const struct policy_name *n)
{
	size_t i;

	for (i = 0; i < p->own_len; i++) {
		const struct policy_own *o = &p->own[i];
		const char *own = o->plain != NULL ? o->plain : o->path;

		if (policy_name_joins(n->path, o->path) ||
		    policy_name_joins(n->plain != NULL ? n->plain : n->path,
		    own))
			return o;
	}
	return NULL;
}

/* By its name. */
static const char *
policy_protected_name(struct policy *p, const struct policy_name *n)
{
	const struct policy_own *own;
	size_t i;

	if (policy_is_secret(p, n->path, n->plain))
		return policy_case(POLICY_SECRET);
	own = policy_own_find(p, n);
	if (own != NULL)
		return policy_case(own->by);
	for (i = 0; i < POLICY_ROWS; i++)
		if (policy_covers(p->globs->rows[i], n))
			return policy_protected_rows[i].rule;
	if (policy_covers(p->user_protected, n))
		return policy_case(POLICY_USER);
	return policy_name_is_short(n->plain != NULL ? n->plain : n->path) ?
	    policy_case(POLICY_SHORT) : NULL;
}

/* By its new content or type. */
static const char *
policy_protected_kind(const char *path, const struct stage_side *before,
    const struct stage_side *after, const char *target)
{
	if (after == NULL || !after->exists)
		return NULL;
	if (after->mode == 0120000) {
		/* Writing through it would change git's own files. */
		if (target != NULL && dotgit_in_path(target))
			return policy_case(POLICY_GIT_LINK);
		return target == NULL || policy_link_leaves(path, target) ?
		    policy_case(POLICY_OUT_LINK) : NULL;
	}
	if (after->mode == 0100755 && (before == NULL || !before->exists ||
	    before->mode != 0100755))
		return policy_case(POLICY_EXECUTABLE);
	return NULL;
}

static bool
policy_side_is_link(const struct stage_side *s)
{
	return s != NULL && s->exists && s->mode == 0120000;
}

const char *
policy_protected(struct policy *p, const char *path,
    const struct stage_side *before, const struct stage_side *after,
    const char *link_target)
{
	struct policy_name n = {
		.path = path, .plain = policy_name_plain(path),
		/* A link may lead to a folder: patterns for folders match it,
		 * too. */
		.link = policy_side_is_link(before) ||
		    policy_side_is_link(after),
	};
	const char *rule = policy_protected_name(p, &n);

	free(n.plain);
	return rule != NULL ? rule :
	    policy_protected_kind(path, before, after, link_target);
}

bool
policy_is_tracked(struct policy *p, const char *path)
{
	return ignore_has_tracked(p->ignore, path, false);
}

bool
policy_is_sparse(struct policy *p, const char *path)
{
	AUTO_FREE char *full = xasprintf("%s%s", p->ignore->prefix, path);
	size_t at;

	return policy_is_tracked(p, path) &&
	    git_index_find(&at, p->ignore->index, full) == 0 &&
	    (git_index_get_byindex(p->ignore->index, at)->flags_extended &
	    GIT_INDEX_ENTRY_SKIP_WORKTREE) != 0;
}

/* Did the model write something in this folder? */
static bool
ignored_is_written_below(const struct policy *p, const char *dir)
{
	AUTO_FREE char *below = xasprintf("%s/", dir);
	const struct policy_path *first = pathmap_after(&p->written, below);

	return first != NULL &&
	    strncmp(first->path, below, strlen(below)) == 0;
}

static bool
file_is_there(int fd, const char *path)
{
	AUTO_CLOSE int f = fd < 0 ? -1 :
	    fs_open_beneath(fd, path, O_PATH | O_NOFOLLOW, 0);

	return f >= 0;
}

/* Is one of the names next to `path`? */
static bool
cache_is_beside(const char *names, int root, int staged, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t dir = slash == NULL ? 0 : (size_t)(slash - path) + 1, n;

	MEM_EACH_WORD(names, n, names) {
		AUTO_FREE char *at = n > 2 && strncmp(names, "./", 2) == 0 ?
		    xasprintf("%s%.*s", path, (int)n - 1, names + 1) :
		    xasprintf("%.*s%.*s", (int)dir, path, (int)n, names);

		if (file_is_there(root, at) || file_is_there(staged, at))
			return true;
	}
	return false;
}

/* This path alone. A folder in which git tracks something is the project's,
 * despite its name. */
static bool
cache_is(struct policy *p, const char *path, bool is_dir)
{
	bool yes = false;
	size_t i;

	for (i = 0; i < POLICY_CACHES && !yes; i++)
		yes = glob_list_match(p->globs->caches[i], path, is_dir) ==
		    GLOB_YES && (policy_cache_rows[i].beside == NULL ||
		    cache_is_beside(policy_cache_rows[i].beside, p->root,
		    p->staged, path));
	return yes && !ignore_has_tracked(p->ignore, path, is_dir);
}

/* The path or a folder above it. */
static bool
cache_covers(struct policy *p, const char *path, bool is_dir)
{
	AUTO_FREE char *copy = xstrdup(path);
	char *slash;

	for (slash = strchr(copy, '/'); slash != NULL;
	    slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (cache_is(p, copy, true))
			return true;
		*slash = '/';
	}
	return cache_is(p, path, is_dir);
}

/*
 * The rules of staged .gitignore files, which the model or a command wrote: they
 * hide only files that aren't the project's yet, and no protected path, such as a
 * .gitignore: its rules can be rejected. Folders are never hidden whole: each file
 * in them is judged.
 */
static bool
ignored_is_staged(struct policy *p, const char *path)
{
	AUTO_FREE char *full = xasprintf("%s%s", p->ignore->prefix, path);
	AUTO_FREE char *own = xstrdup(path);

	p->ignore_staged->top = p->staged;
	return p->staged >= 0 && ignore_covers(p->ignore_staged, own, false) &&
	    ignore_rules(p->ignore, full, false) != GLOB_TAKEN_BACK &&
	    !ignore_has_full(p->ignore, full, false) &&
	    !file_is_there(p->root, path) &&
	    policy_protected(p, path, NULL, NULL, NULL) == NULL;
}

size_t
policy_staged_rule(struct policy *p, const char *path, struct buf *rule)
{
	AUTO_FREE char *copy = xstrdup(path);
	size_t n = 0;
	char *slash;

	for (slash = strchr(copy, '/'); slash != NULL && n == 0;
	    slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (ignore_rules(p->ignore_staged, copy, true) == GLOB_YES) {
			n = (size_t)(slash - copy);
			(void)ignore_rules_by(p->ignore_staged, copy, true,
			    rule);
		}
		*slash = '/';
	}
	if (n == 0)
		(void)ignore_rules_by(p->ignore_staged, path, false, rule);
	return n;
}

enum ignored
policy_ignores(struct policy *p, const char *path, bool is_dir)
{
	if (is_dir ? ignored_is_written_below(p, path) ||
	    glob_list_match(p->included, path, true) == GLOB_YES :
	    policy_is_tracked(p, path) ||
	    pathmap_find(&p->written, path) != NULL)
		return IGNORED_NOT;
	if (glob_list_covers(p->included, path))
		return IGNORED_NOT;
	if (ignore_match(p->ignore, path, is_dir))
		return IGNORED_GIT;
	if (cache_covers(p, path, is_dir) &&
	    !ignore_has_tracked(p->ignore, path, is_dir))
		return IGNORED_CACHE;
	return !is_dir && ignored_is_staged(p, path) ? IGNORED_STAGED :
	    IGNORED_NOT;
}

void
policy_path_glob(struct buf *b, const char *path)
{
	buf_addc(b, '/');
	for (; *path != '\0'; path++) {
		if (strchr("*?[]\\ ", *path) != NULL)
			buf_addc(b, '\\');
		buf_addc(b, *path);
	}
}

void
policy_hold(struct policy *p, bool hold)
{
	p->held = hold;
	ignore_hold(p->ignore, hold);
	ignore_hold(p->ignore_staged, hold);
}

static bool
policy_covers_any(struct glob_list *g, const char *path)
{
	AUTO_FREE char *plain = policy_name_plain(path);
	const struct policy_name n = { .path = path, .plain = plain };

	return policy_covers(g, &n);
}

bool
policy_is_test(struct policy *p, const char *path)
{
	return policy_covers_any(p->test, path);
}

const char *
policy_runs_at(struct policy *p, const char *path)
{
	size_t i;

	for (i = 0; i < POLICY_BUILDS; i++)
		if (policy_covers_any(p->globs->builds[i], path))
			return policy_build_rows[i].what;
	return NULL;
}

/* Does git track a build file in this folder ("" or "a/b/"), whose entries begin
 * at this one? Many new files may be beside each other. */
static bool
policy_has_build(struct policy *p, const char *dir, size_t at)
{
	struct ignore *g = p->ignore;
	const git_oid *of = git_index_checksum(g->index);
	const git_index_entry *e;
	size_t n = strlen(dir);

	/* index.skipHash leaves it zero. */
	if (g->built != NULL && strcmp(dir, g->built) == 0 &&
	    !git_oid_is_zero(of) && git_oid_equal(of, &g->built_of))
		return g->built_yes;
	xstrset(&g->built, dir);
	g->built_of = *of;
	g->built_yes = false;
	for (; !g->built_yes && (e = git_index_get_byindex(g->index, at)) !=
	    NULL && strncmp(e->path, dir, n) == 0; at++)
		g->built_yes = strchr(e->path + n, '/') == NULL &&
		    policy_runs_at(p, e->path + strlen(g->prefix)) != NULL;
	return g->built_yes;
}

const char *
policy_not_own(struct policy *p, const char *path, bool new)
{
	static const char none[] = "git tracks no file of its kind in its folder";
	struct ignore *g = p->ignore;
	AUTO_FREE char *dir = xasprintf("%s%s", g->prefix, path);
	const char *slash = strrchr(path, '/'), *name, *dot;
	size_t n = strlen(dir) - strlen(slash == NULL ? path : slash + 1);
	size_t at = 0, i;
	bool own = false;
	const git_index_entry *e;

	if (glob_list_match(p->source, path, false) != GLOB_YES ||
	    policy_covers_any(p->foreign, path))
		return "it is no source or document of the project's own";
	dir[n] = '\0';
	if ((g->held ? g->no_index : !ignore_index_read(g)) || (n > 0 &&
	    git_index_find_prefix(&at, g->index, dir) < 0))
		return none;
	for (i = at; !own && (e = git_index_get_byindex(g->index, i)) != NULL &&
	    strncmp(e->path, dir, n) == 0; i++) {
		name = e->path + n;
		dot = strrchr(name, '.');
		own = strchr(name, '/') == NULL && e->mode == 0100644 &&
		    dot != NULL && strcmp(dot, strrchr(path, '.')) == 0;
	}
	return !own ? none : new && (slash == NULL ||
	    policy_has_build(p, dir, at)) ?
	    "it is new where tools look for files by their name" : NULL;
}

enum policy_reader
policy_reader(struct policy *p, const char *path)
{
	size_t i;

	for (i = 0; i < POLICY_READERS; i++)
		if (policy_covers_any(p->globs->readers[i], path))
			return policy_reader_rows[i].is;
	for (i = 0; i < POLICY_RUN_ROWS; i++)
		if (policy_covers_any(p->globs->rows[i], path))
			return POLICY_READER_SHELL;
	return policy_runs_at(p, path) != NULL ? POLICY_READER_SHELL :
	    POLICY_READER_UNKNOWN;
}

const char *
policy_note(struct policy *p)
{
	return p->ignore->note;
}
