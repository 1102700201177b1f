/*
 * stage-copy: the stage as a copy of the project, for hosts without overlays.
 * For each copied file the index keeps the stat data of the real one and of the
 * copy: if the copy's is unchanged, no tool touched it; if the real file's is
 * unchanged, the user didn't. Leaves out folders named .git at every depth, and
 * secret files, which can't be masked here.
 */

#include "config.h"

#include "gate/stage-priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/dotgit.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "gate/gate.h"

#define COPY_NAMES	5		/* of what was left out */
#define COPY_TOLD	((size_t)1000)	/* files, before it is told */

/* State of one walk of the real tree. */
struct copy_walk {
	struct stage	*st;
	struct buf	 path;
	bool		 sync;		/* else everything is new */
	int64_t		 bytes;
	size_t		 files, entries;
	bool		 blocked;	/* a file was in a folder's place */
	size_t		 left_out, secret;
	struct buf	 left_names;	/* of the first, and why */
	struct err	*e;
	int		 rc;
};

static void
copy_walk_release(struct copy_walk *w)
{
	buf_release(&w->path);
	buf_release(&w->left_names);
}

static struct copy_entry *
copy_find(struct stage *st, const char *path)
{
	return pathmap_find(&st->copied, path);
}

static struct copy_entry *
copy_add(struct stage *st, const char *path)
{
	return pathmap_add(&st->copied, path, sizeof(struct copy_entry));
}

void
copy_remove(struct stage *st, const char *path)
{
	if (copy_find(st, path) == NULL)
		return;
	pathmap_remove(&st->copied, path);
	st->copied_dirty = true;
}

bool
copy_is_own(struct stage *st, const char *path, const struct stat *sb)
{
	const struct copy_entry *c = copy_find(st, path);
	struct stage_id id;

	stage_id_make(&id, sb);
	return c != NULL && stage_id_equal(&c->copy, &id);
}

static void
copy_id_save(struct buf *b, const struct stage_id *id)
{
	buf_addf(b, "%lld %lld %lld %lld %" PRId64 " %" PRIu64 " %u %d ",
	    (long long)id->mtime.tv_sec, (long long)id->mtime.tv_nsec,
	    (long long)id->ctime.tv_sec, (long long)id->ctime.tv_nsec,
	    id->size, id->ino, id->mode, id->settled);
}

static bool
copy_id_load(struct stage_id *id, char **p)
{
	int64_t v[8];
	size_t i;
	char *end;

	for (i = 0; i < 8; i++) {
		errno = 0;
		v[i] = strtoll(*p, &end, 10);
		if (errno != 0 || end == *p || *end != ' ')
			return false;
		*p = end + 1;
	}
	*id = (struct stage_id){ { v[0], v[1] }, { v[2], v[3] }, v[4],
		(uint64_t)v[5], (unsigned)v[6], v[7] != 0 };
	return true;
}

int
copy_index_save(struct stage *st, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	int rc;

	PATHMAP_EACH(&st->copied, copy_entry, c) {
		copy_id_save(&b, &c->real);
		copy_id_save(&b, &c->copy);
		buf_add(&b, c->path, strlen(c->path) + 1);
	}
	rc = fs_replace(st->dir_fd, STAGE_COPY_INDEX, buf_str(&b), b.len, 0600, e);
	if (rc == 0)
		st->copied_dirty = false;
	/* A command that writes what was copied in this tick would leave its
	 * times as they are, and the scan would take it for untouched. */
	time_wait(NULL);
	return rc;
}

/* A damaged index is just incomplete: missing entries are compared by
 * content. */
static void
copy_index_load(struct stage *st)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct stage_id real, copy;
	struct copy_entry *c;
	char *p, *end;

	if (fs_read_file(st->dir_fd, STAGE_COPY_INDEX, &b, NULL) < 0)
		return;
	for (p = b.p, end = b.p + b.len; p < end; p += strlen(p) + 1) {
		if (!copy_id_load(&real, &p) || !copy_id_load(&copy, &p) ||
		    *p == '\0')
			break;
		c = copy_add(st, p);
		c->real = real;
		c->copy = copy;
	}
}

/*
 * Copies one file of the project with its times and modes,
 * atomically. No link is followed, and nothing is copied over a tool's file.
 */

/* Leave w->path out of the copy; the note names the first ones. */
static void
copy_leave_out(struct copy_walk *w, const char *why)
{
	if (++w->left_out > COPY_NAMES)
		return;
	buf_adds(&w->left_names, w->left_out == 1 ? "" : ", ");
	json_path_quoted(&w->left_names, buf_str(&w->path));
	buf_addf(&w->left_names, " (%s)", why);
}

/* From offset `at` up to `end`, or to the file's own end before. */
static int
copy_range(int in, int out, off_t at, off_t end)
{
	char chunk[65536];
	ssize_t n;

	if (lseek(in, at, SEEK_SET) < 0 || lseek(out, at, SEEK_SET) < 0)
		return -1;
	while (at < end) {
		n = copy_file_range(in, NULL, out, NULL, (size_t)(end - at), 0);
		if (n == 0)
			return 0;
		if (n < 0)
			break;
		at += n;
	}
	while (at < end) {
		n = fs_read(in, chunk, end - at < (off_t)sizeof(chunk) ?
		    (size_t)(end - at) : sizeof(chunk));
		if (n <= 0)
			return n < 0 ? -1 : 0;
		if (fs_write_all(out, chunk, (size_t)n) < 0)
			return -1;
		at += n;
	}
	return 0;
}

/* Keep holes: a file may claim more bytes than any disk has. */
static int
copy_bytes(int in, int out, off_t size)
{
	off_t at = 0, end;

	if (ioctl(out, FICLONE, in) == 0)
		return 0;
	while (at < size) {
		at = lseek(in, at, SEEK_DATA);
		if (at < 0 && errno == ENXIO)
			break;
		end = at < 0 ? -1 : lseek(in, at, SEEK_HOLE);
		if (end < 0)	/* unsupported here: all of it is data */
			return copy_range(in, out, 0, size);
		if (copy_range(in, out, at, end) < 0)
			return -1;
		at = end;
	}
	return ftruncate(out, size);
}

/* The file `name` in folder `from` to the new file "new" in the stage. 1: it
 * can't be read. */
static int
copy_file(struct copy_walk *w, int from, const char *name,
    struct stage_id *real, const struct stage_id *shown)
{
	struct timespec times[2];
	struct stat sb;
	AUTO_CLOSE int out = -1;
	AUTO_CLOSE int in = openat(from, name,
	    O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);

	if (in < 0)
		return 1;
	if (fstat(in, &sb) < 0 || !S_ISREG(sb.st_mode))
		return 1;
	stage_id_make(real, &sb);
	out = openat(w->st->dir_fd, STAGE_NEW, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		goto fail;
	if (ftruncate(out, sb.st_size) < 0 && errno == EFBIG)
		return 1;
	if (copy_bytes(in, out, sb.st_size) < 0)
		goto fail;
	stage_own(w->st, out);
	times[0] = sb.st_atim;
	times[1] = sb.st_mtim;
	if (shown != NULL && !time_before(&shown->mtime, &sb.st_mtim))
		clock_gettime(CLOCK_REALTIME, &times[1]);
	if (fchmod(out, sb.st_mode & 0777) < 0 || futimens(out, times) < 0)
		goto fail;
	w->bytes += (int64_t)sb.st_blocks * 512;
	return 0;
fail:
	err_sys(w->e, "cannot copy %s", buf_str(&w->path));
	return -1;
}

static int
copy_link(struct copy_walk *w, int from, const char *name)
{
	char target[4097];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);

	if (n < 0)
		return 1;
	target[n] = '\0';
	if (symlinkat(target, w->st->dir_fd, STAGE_NEW) < 0)
		return err_sys(w->e, "cannot copy %s", buf_str(&w->path));
	return 0;
}

/* Copy w->path, `name` in folder `from`, over the copy; never with an older
 * mtime than `shown` (or NULL). */
static void
copy_one(struct copy_walk *w, int from, const char *name,
    const struct stat *sb, const struct stage_id *shown)
{
	const char *path = buf_str(&w->path), *last;
	struct err why = ERR_INIT;
	struct stage_id real;
	struct copy_entry *c;
	struct stat now;
	AUTO_CLOSE int fd = -1;
	int rc;

	stage_id_make(&real, sb);
	if (unlinkat(w->st->dir_fd, STAGE_NEW, 0) < 0 && errno != ENOENT) {
		w->rc = err_sys(w->e, "cannot copy %s", path);
		return;
	}
	rc = S_ISLNK(sb->st_mode) ? copy_link(w, from, name) :
	    copy_file(w, from, name, &real, shown);
	if (rc != 0) {
		w->rc = rc < 0 ? -1 : 0;
		if (rc > 0)
			copy_leave_out(w, "cannot be read");
		/* The user has closed it since: to a tool, too. */
		if (rc > 0 && stage_stat(w->st->staged_fd, path, &now) == 0 &&
		    copy_is_own(w->st, path, &now)) {
			w->rc = stage_remove(w->st, path, w->e);
			copy_remove(w->st, path);
		}
		return;
	}
	fd = stage_open_parent(w->st, path, &last, &why);
	if (fd < 0 && stage_is_missing(why.sys)) {
		/* A file is above it: perhaps the user's old one. A tool's is
		 * left alone. */
		w->blocked = true;
		return;
	} else if (fd < 0) {
		w->rc = err_set(w->e, "%s", why.text);
		return;
	}
	if (renameat(w->st->dir_fd, STAGE_NEW, fd, last) < 0 &&
	    (stage_is_staged_below(w->st, path) ||
	    fs_remove_tree(fd, last, NULL) < 0 ||
	    renameat(w->st->dir_fd, STAGE_NEW, fd, last) < 0)) {
		/* A folder with the agent's changes is in its place, so the
		 * file counts as deleted. */
		w->rc = stage_count_deleted(w->st, path, w->e);
	} else if (fstatat(fd, last, &now, AT_SYMLINK_NOFOLLOW) < 0) {
		w->rc = err_sys(w->e, "cannot copy %s", path);
	} else {
		c = copy_add(w->st, path);
		c->real = real;
		stage_id_make(&c->copy, &now);
		c->seen_real = w->st->copied_serial;
		w->st->copied_dirty = true;
		w->files++;
	}
}

/* What can't be there, since the other copy has a folder in its place, is left
 * out. */
static void
copy_ignored(struct copy_walk *w, const struct stage *from, const char *path,
    const struct timespec *latest)
{
	struct stage *st = w->st;
	struct stat sb, has;
	struct stage_id id;
	const char *name, *last;
	AUTO_CLOSE int dir = fs_open_parent(from->staged_fd, path, false,
	    &name);
	AUTO_CLOSE int fd = -1;
	int rc;

	if (dir < 0 || fstatat(dir, name, &sb, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (!S_ISREG(sb.st_mode) && !S_ISLNK(sb.st_mode)))
		return;
	if (stage_stat(st->staged_fd, path, &has) == 0 &&
	    !time_before(&has.st_mtim, &sb.st_mtim))
		return;
	buf_clear(&w->path);
	buf_adds(&w->path, path);
	(void)unlinkat(st->dir_fd, STAGE_NEW, 0);
	rc = S_ISLNK(sb.st_mode) ? copy_link(w, dir, name) :
	    copy_file(w, dir, name, &id, NULL);
	w->rc = rc < 0 ? -1 : 0;
	if (rc != 0 || (fd = stage_open_parent(st, path, &last, NULL)) < 0)
		return;
	if (latest != NULL && time_before(latest, &sb.st_mtim)) {
		const struct timespec times[2] = { *latest, *latest };

		(void)utimensat(st->dir_fd, STAGE_NEW, times,
		    AT_SYMLINK_NOFOLLOW);
	}
	(void)!renameat(st->dir_fd, STAGE_NEW, fd, last);
}

int
stage_take_ignored(struct stage *st, const struct stage *from,
    const struct stage_scan *scan, const struct timespec *latest,
    struct err *e)
{
	AUTO(copy_walk_release) struct copy_walk w = { .st = st, .e = e };
	size_t i;

	for (i = 0; i < scan->ignored_len && w.rc == 0; i++)
		copy_ignored(&w, from, scan->ignored[i], latest);
	return w.rc;
}

int64_t
stage_copied(struct stage *st, size_t *files)
{
	int64_t bytes = 0;

	PATHMAP_EACH(&st->copied, copy_entry, c)
		bytes += c->copy.size;
	*files = st->copied.len;
	return bytes;
}

#define COPY_MAX_BYTES	((int64_t)16 << 30)
#define COPY_MAX_ENTRIES ((size_t)1000000)

/* ---- copying the real tree ---- */

/* A secret file isn't copied; a file that becomes one is removed. */
static void
copy_entry_hide(struct copy_walk *w)
{
	const char *path = buf_str(&w->path);

	w->secret++;
	if (!w->sync || copy_find(w->st, path) == NULL ||
	    pathmap_find(&w->st->manifest->files, path) != NULL)
		return;		/* staged changes there are handled later */
	if (stage_remove(w->st, path, w->e) < 0)
		w->rc = -1;
	copy_remove(w->st, path);
}

static bool
copy_same_bytes(int a, int b)
{
	char x[16384], y[16384];
	ssize_t n, m;

	for (;;) {
		n = read(a, x, sizeof(x));
		m = n <= 0 ? read(b, y, 1) : read(b, y, (size_t)n);
		if (n <= 0)
			return n == 0 && m == 0;
		if (m != n || memcmp(x, y, (size_t)n) != 0)
			return false;
	}
}

/* Is the copy's content the real file's? It is compared if the file was copied
 * so soon after a change that it may have changed again within the same tick, or
 * if only its mode or links did: a new copy would be newer than what was built
 * from the old one. */
static bool
copy_is_same(struct copy_walk *w, struct copy_entry *c, int from,
    const char *name, const struct stat *sb)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;
	struct stage_id real;
	struct stat copy;
	bool equal, same;
	AUTO_CLOSE int a = -1, b = -1;

	stage_id_make(&real, sb);
	equal = stage_id_equal(&c->real, &real);
	if (equal && (c->real.settled || S_ISLNK(real.mode)))
		return true;
	if (!equal && (!S_ISREG(real.mode) || !S_ISREG(c->real.mode) ||
	    real.size != c->real.size ||
	    !time_equal(&real.mtime, &c->real.mtime)))
		return false;
	if (stage_stat(w->st->staged_fd, c->path, &copy) < 0 ||
	    !copy_is_own(w->st, c->path, &copy))
		return equal;	/* a tool's now: merged with care */
	a = openat(from, name, flags | O_CLOEXEC);
	b = fs_open_beneath(w->st->staged_fd, c->path, flags, 0);
	same = a < 0 || b < 0 ? equal : copy_same_bytes(a, b) &&
	    (equal || (fchmod(b, sb->st_mode & 0777) == 0 &&
	    fstat(b, &copy) == 0));
	if (same) {
		w->st->copied_dirty = w->st->copied_dirty || real.settled ||
		    !equal;
		c->real = real;
		stage_id_make(&c->copy, &copy);
	}
	return same;
}

/* Does the copy need this file of the real tree? */
static void
copy_entry_sync(struct copy_walk *w, int from, const char *name,
    const struct stat *sb)
{
	const char *path = buf_str(&w->path);
	struct copy_entry *c = copy_find(w->st, path);
	struct stage_id now;
	struct stat have;
	bool there;

	if (c != NULL)
		c->seen_real = w->st->copied_serial;
	if (c != NULL && copy_is_same(w, c, from, name, sb))
		return;
	if (pathmap_find(&w->st->manifest->files, path) != NULL)
		return;		/* merged with care, later */
	there = stage_stat(w->st->staged_fd, path, &have) == 0;
	if (there && S_ISDIR(have.st_mode)) {
		/* The user has made a file of a folder. */
		if (c == NULL && !stage_ignores(w->st, path, false))
			copy_one(w, from, name, sb, NULL);
		return;
	}
	if (there ? !copy_is_own(w->st, path, &have) : c != NULL) {
		/* A tool changed it: if it is ignored the staged version
		 * wins. If not, the old entry records that the user changed
		 * it too. */
		if (stage_ignores(w->st, path, false)) {
			c = copy_add(w->st, path);
			stage_id_make(&c->real, sb);
			w->st->copied_dirty = true;
		}
		return;
	}
	if (there)
		stage_id_make(&now, &have);
	copy_one(w, from, name, sb, there ? &now : NULL);
}

static void
copy_dir(struct copy_walk *w, int fd, int depth)
{
	AUTO_DIR DIR *d = fs_dir_take(fd);
	struct dirent *de;
	size_t len = w->path.len;

	while (w->rc == 0 && (de = fs_dir_next(&d)) != NULL) {
		struct stat sb;
		int sub;

		if (dotgit_in_path(de->d_name) || gate_is_temp(de->d_name) ||
		    fstatat(dirfd(d), de->d_name, &sb,
		    AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (++w->entries > COPY_MAX_ENTRIES ||
		    w->bytes > COPY_MAX_BYTES) {
			w->rc = err_set(w->e, "the project is too large to "
			    "copy (more than %zu files or %lld GB)",
			    COPY_MAX_ENTRIES,
			    (long long)(COPY_MAX_BYTES >> 30));
			break;
		}
		if (w->entries % COPY_TOLD == 0 && w->st->o.copied != NULL)
			w->st->o.copied(w->st->o.copied_arg, w->entries);
		buf_addf(&w->path, "%s%s", len > 0 ? "/" : "", de->d_name);
		if (S_ISREG(sb.st_mode) &&
		    w->st->o.is_secret(w->st->o.policy, buf_str(&w->path))) {
			copy_entry_hide(w);
		} else if (S_ISREG(sb.st_mode) || S_ISLNK(sb.st_mode)) {
			if (w->sync)
				copy_entry_sync(w, dirfd(d), de->d_name, &sb);
			else
				copy_one(w, dirfd(d), de->d_name, &sb, NULL);
		} else if (!S_ISDIR(sb.st_mode)) {
			copy_leave_out(w, stage_type_name(sb.st_mode));
		} else if (depth >= STAGE_MAX_DEPTH ||
		    w->path.len > STAGE_MAX_PATH) {
			copy_leave_out(w, "nested too deep");
		} else if ((sub = openat(dirfd(d), de->d_name, O_RDONLY |
		    O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0) {
			copy_leave_out(w, "cannot be read");
		} else {
			if (!w->sync) {
				const char *last;
				AUTO_FREE char *probe = xasprintf("%s/x",
				    buf_str(&w->path));
				AUTO_CLOSE int made = stage_open_parent(w->st,
				    probe, &last, w->e);

				w->rc = made < 0 ? -1 : 0;
			}
			copy_dir(w, sub, depth + 1);
		}
		buf_cut(&w->path, len);
	}
}

static int
copy_walk_real(struct copy_walk *w)
{
	int fd = openat(w->st->root_fd, ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(w->e, "cannot read the project");
	copy_dir(w, fd, 0);
	return w->rc;
}

/* ---- the view ---- */

static int
copy_open(struct stage *st, struct err *e)
{
	AUTO(copy_walk_release) struct copy_walk w = { .st = st, .e = e };
	int64_t start = clock_mono_ms();
	struct stat sb;

	/* Write the index last: without it the copy may be incomplete. */
	if (fstatat(st->dir_fd, STAGE_COPY_INDEX, &sb, AT_SYMLINK_NOFOLLOW) == 0) {
		copy_index_load(st);
		return 0;
	}
	if (st->manifest->files.len > 0 && !st->manifest->rebooted) {
		buf_adds(&st->note, "the index of the copied project is gone: "
		    "comparing files by content; ");
		return copy_index_save(st, e);
	}
	stage_own(st, st->staged_fd);
	if (fchmod(st->staged_fd, (st->root_st.st_mode & 0777) | 0700) < 0)
		return err_sys(e, "cannot prepare the copy");
	if (copy_walk_real(&w) < 0 || copy_index_save(st, e) < 0)
		return -1;
	buf_addf(&st->note, "copied %zu file%s, %.1f MB, in %.1f s", w.files,
	    w.files == 1 ? "" : "s", (double)w.bytes / 1e6,
	    (double)(clock_mono_ms() - start) / 1e3);
	if (w.left_out > 0)
		buf_addf(&st->note, "; left out: %zu: %s%s", w.left_out,
		    buf_str(&w.left_names),
		    w.left_out > COPY_NAMES ? ", ..." : "");
	if (w.secret > 0)
		buf_addf(&st->note, "; %zu secret file%s not shown", w.secret,
		    w.secret == 1 ? " is" : "s are");
	return 0;
}

static void
copy_release(struct stage *st)
{
	pathmap_release(&st->copied);
}

/* Remove what the user deleted, perhaps like the agent. 1: there was some. */
static int
copy_drop_gone(struct stage *st, struct err *e)
{
	struct stat sb;
	int rc = 0, any = 0;

	PATHMAP_EACH(&st->copied, copy_entry, c) {
		const struct manifest_entry *m =
		    pathmap_find(&st->manifest->files, c->path);

		if (rc < 0 || c->seen_real == st->copied_serial || (m != NULL &&
		    m->after.exists))
			continue;
		if (stage_stat(st->staged_fd, c->path, &sb) == 0 &&
		    copy_is_own(st, c->path, &sb))
			rc = stage_remove(st, c->path, e);
		copy_remove(st, c->path);
		any = 1;
	}
	return rc < 0 ? rc : any;
}

static int
copy_sync(struct stage *st, struct buf *notes UNUSED, struct err *e)
{
	AUTO(copy_walk_release) struct copy_walk w = { .st = st, .sync = true,
		.e = e };
	int rc;

	st->copied_serial++;
	rc = copy_walk_real(&w);
	if (rc == 0)
		rc = copy_drop_gone(st, e);
	/* The user has made a folder of a file: now there is room for it. */
	if (rc > 0 && w.blocked) {
		w.entries = 0;
		rc = copy_walk_real(&w);
	}
	if (rc < 0)
		return -1;
	return st->copied_dirty ? copy_index_save(st, e) : 0;
}

/* What git takes for a repository; see overlay_is_repo. */
static bool
copy_is_repo(int fd)
{
	struct stat sb;

	if (fstatat(fd, "HEAD", &sb, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return fstatat(fd, "commondir", &sb, AT_SYMLINK_NOFOLLOW) == 0 ||
	    (fstatat(fd, "objects", &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	    fstatat(fd, "refs", &sb, AT_SYMLINK_NOFOLLOW) == 0);
}

/* A folder whose changes aren't staged, and is named once if it has any. */
struct copy_repo {
	const char	*why;
	size_t		 len;	/* of its path */
	bool		 told;
};

static void
copy_repo_leave_out(struct stage_scan_state *s, struct copy_repo *repo)
{
	size_t len = s->path.len;
	char next = s->path.p[repo->len];

	if (repo->told)
		return;
	buf_cut(&s->path, repo->len);
	stage_leave_out(s, repo->why);
	s->path.p[repo->len] = next;
	s->path.len = len;
	repo->told = true;
}

static void
copy_scan_dir(struct stage_scan_state *s, int fd, int depth,
    struct copy_repo *repo)
{
	struct copy_repo own = { .why = STAGE_REPO, .len = s->path.len };
	AUTO_DIR DIR *d = fs_dir_take(fd);
	struct dirent *de;
	struct stat sb;
	bool top;

	if (d == NULL) {
		stage_scan_fail(s);
		return;
	}
	top = s->path.len == 0 && copy_is_repo(fd);
	if (repo == NULL && !top && copy_is_repo(fd))
		repo = &own;
	while (s->rc == 0 && (de = stage_scan_next(s, d)) != NULL) {
		struct copy_entry *c;
		struct stage_id id;
		struct copy_repo part = { .why = STAGE_REPO_PART }, *in = repo;
		size_t len;
		int sub;

		if (!stage_scan_push(s, de->d_name, &len))
			continue;
		part.len = s->path.len;
		if (top && stage_is_repo_part(de->d_name))
			in = &part;
		c = copy_find(s->st, buf_str(&s->path));
		if (s->st->has_git && depth == 0 &&
		    strcmp(de->d_name, ".git") == 0) {
			;
		} else if (dotgit_in_path(de->d_name)) {
			stage_leave_out(s, "git's own files are left out");
		} else if (fstatat(fd, de->d_name, &sb,
		    AT_SYMLINK_NOFOLLOW) < 0) {
			;
		} else if (S_ISREG(sb.st_mode) || S_ISLNK(sb.st_mode)) {
			stage_id_make(&id, &sb);
			if (c != NULL)
				c->seen = s->st->serial;
			if (c != NULL && stage_id_equal(&c->copy, &id) &&
			    pathmap_find(&s->st->manifest->files,
			    c->path) == NULL)
				;
			else if (in != NULL)
				copy_repo_leave_out(s, in);
			else
				stage_scan_add(s, &sb);
		} else if (!S_ISDIR(sb.st_mode)) {
			stage_leave_out(s, stage_type_name(sb.st_mode));
		} else if (depth >= STAGE_MAX_DEPTH) {
			stage_leave_out(s, "folders nested too deep");
		} else if ((sub = stage_scan_dir(s->st, fd, de->d_name)) < 0) {
			stage_leave_out(s, "cannot be read");
		} else {
			copy_scan_dir(s, sub, depth + 1, in);
		}
		buf_cut(&s->path, len);
	}
}

static void
copy_scan_gone(struct stage_scan_state *s, const char *path)
{
	struct stat sb;
	size_t len;

	if (stage_stat(s->st->staged_fd, path, &sb) == 0 &&
	    !S_ISDIR(sb.st_mode))
		return;
	if (stage_scan_push(s, path, &len)) {
		bool gone = stage_stat_real(s->st, path, &sb) < 0;

		/* A folder in its place now has files of its own. */
		if (gone || !S_ISDIR(sb.st_mode))
			stage_scan_add_gone(s, NULL);
		/* Files that the user, or an undo, creates there later are
		 * neither deletions nor changes on disk. */
		if (!s->st->live && (gone || S_ISDIR(sb.st_mode)))
			copy_remove(s->st, buf_str(&s->path));
		buf_cut(&s->path, len);
	}
}

static void
copy_scan(struct stage_scan_state *s)
{
	int fd = openat(s->st->staged_fd, ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		stage_scan_fail(s);
		return;
	}
	copy_scan_dir(s, fd, 0, NULL);
	if (s->cut)
		return;
	PATHMAP_EACH(&s->st->copied, copy_entry, c)
		if (c->seen != s->st->serial)
			copy_scan_gone(s, c->path);
	STAGE_EACH(s->st, m)
		if (m->seen != s->st->serial && m->base.exists)
			copy_scan_gone(s, m->path);
	if (s->rc == 0 && s->st->copied_dirty && !s->st->live)
		s->rc = copy_index_save(s->st, s->e);
}

/* A different real file than the copied one. */
static bool
copy_suspect(struct stage *st, const char *path, const struct stage_id *now,
    const struct timespec *since UNUSED)
{
	const struct copy_entry *c = copy_find(st, path);

	return c == NULL || !stage_id_equal(&c->real, now);
}

static bool
copy_lost(struct stage *st, const char *path)
{
	return copy_find(st, path) != NULL;
}

static int
copy_erase(struct stage *st, const char *path, struct err *e)
{
	if (stage_hides(st, path))
		copy_remove(st, path);
	return stage_remove(st, path, e);
}

static int
copy_follow(struct stage *st, const char *path, const struct stage_side *real,
    const struct stage_id *shown, bool *stays, struct err *e)
{
	AUTO(copy_walk_release) struct copy_walk w = { .st = st, .e = e };
	const char *name;
	struct stat sb;
	AUTO_CLOSE int fd = real->exists ?
	    fs_open_parent(st->root_fd, path, false, &name) : -1;

	*stays = false;
	if (fd < 0 || fstatat(fd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0) {
		copy_remove(st, path);
		return stage_remove(st, path, e);
	}
	buf_adds(&w.path, path);
	copy_one(&w, fd, name, &sb, shown);
	return w.rc;
}

static bool
copy_shows_real(struct stage *st UNUSED, const char *path UNUSED)
{
	return false;
}

const struct stage_view stage_copy = {
	.folder = "copy",
	.open = copy_open,
	.release = copy_release,
	.sync = copy_sync,
	.walk = copy_scan,
	.suspect = copy_suspect,
	.lost = copy_lost,
	.erase = copy_erase,
	.follow = copy_follow,
	.shows_real = copy_shows_real,
};
