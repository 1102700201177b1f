/*
 * stage-copy: the stage as a copy of the project, where no overlay can be had.
 * For each copied file the index keeps what stat said of the real one and of
 * the copy then: a copy that looks the same was not touched by a tool, a real
 * file that looks the same was not touched by the user.  Folders named .git
 * are left out at every depth, and secret files: nothing can mask them here.
 */
#include "config.h"

#include "gate/stage-priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"

#define COPY_INDEX	"copy-index"
#define COPY_MAX_BYTES	((int64_t)16 << 30)
#define COPY_MAX_ENTRIES ((size_t)1000000)

struct copy_entry {
	char		*path;		/* the key; must stay first */
	struct stage_id	 real, copy;
	unsigned	 seen;		/* by the walk of the copy */
	unsigned	 seen_real;	/* by the walk of the real tree */
};

struct copy_index {
	struct pathmap	files;		/* of struct copy_entry */
	unsigned	serial;
};

/* One walk of the real tree. */
struct copy_walk {
	struct stage	*st;
	struct buf	 path;
	bool		 sync;		/* else everything is new */
	int64_t		 bytes;
	size_t		 files, entries;
	size_t		 special, unreadable, secret;
	struct buf	*notes;
	struct err	*e;
	int		 rc;
};

static struct copy_entry *
copy_find(struct stage *st, const char *path)
{
	const struct copy_index *x = st->index;

	return pathmap_find(&x->files, path);
}

static struct copy_entry *
copy_add(struct stage *st, const char *path)
{
	struct copy_index *x = st->index;

	return pathmap_add(&x->files, path, sizeof(struct copy_entry));
}

static void
copy_remove(struct stage *st, const char *path)
{
	struct copy_index *x = st->index;

	if (pathmap_find(&x->files, path) == NULL)
		return;
	pathmap_remove(&x->files, path);
	st->index_dirty = true;
}

static void **
copy_list(struct stage *st)
{
	const struct copy_index *x = st->index;

	return pathmap_list(&x->files);
}

/* ---- the index in its file: numbers, path, NUL ---- */

static void
copy_id_save(struct buf *b, const struct stage_id *id)
{
	buf_addf(b, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64
	    " %" PRIu64 " %u ", id->mtime_s, id->mtime_ns, id->ctime_s,
	    id->ctime_ns, id->size, id->ino, id->mode);
}

static bool
copy_id_load(struct stage_id *id, char **p)
{
	int64_t v[7];
	size_t i;
	char *end;

	for (i = 0; i < 7; i++) {
		errno = 0;
		v[i] = strtoll(*p, &end, 10);
		if (errno != 0 || end == *p || *end != ' ')
			return false;
		*p = end + 1;
	}
	*id = (struct stage_id){ v[0], v[1], v[2], v[3], v[4],
		(uint64_t)v[5], (unsigned)v[6], true };
	return true;
}

static int
copy_index_save(struct stage *st, struct err *e)
{
	void **v = copy_list(st);
	struct buf b = BUF_INIT(0);
	size_t i;
	int rc;

	for (i = 0; v[i] != NULL; i++) {
		const struct copy_entry *c = v[i];

		copy_id_save(&b, &c->real);
		copy_id_save(&b, &c->copy);
		buf_add(&b, c->path, strlen(c->path) + 1);
	}
	rc = fs_replace(st->dir_fd, COPY_INDEX, buf_str(&b), b.len, 0600, e);
	if (rc == 0)
		st->index_dirty = false;
	buf_release(&b);
	free(v);
	return rc;
}

/* A damaged index is a short one: what it lacks is compared by content. */
static void
copy_index_load(struct stage *st)
{
	struct buf b = BUF_INIT(0);
	struct stage_id real, copy;
	struct copy_entry *c;
	char *p, *end;

	if (fs_read_file(st->dir_fd, COPY_INDEX, &b, NULL) == 0 && b.len > 0) {
		for (p = b.p, end = b.p + b.len; p < end; p += strlen(p) + 1) {
			if (!copy_id_load(&real, &p) ||
			    !copy_id_load(&copy, &p) || *p == '\0')
				break;
			c = copy_add(st, p);
			c->real = real;
			c->copy = copy;
		}
	}
	buf_release(&b);
}

/* ---- copying ---- */

static int
copy_bytes(int in, int out)
{
	char chunk[65536];
	ssize_t n;

	if (ioctl(out, FICLONE, in) == 0)
		return 0;
	for (;;) {
		n = copy_file_range(in, NULL, out, NULL, (size_t)1 << 30, 0);
		if (n == 0)
			return 0;
		if (n < 0)
			break;
	}
	for (;;) {
		n = read(in, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -1 : 0;
		if (fs_write_all(out, chunk, (size_t)n) < 0)
			return -1;
	}
}

/* The file `name` of folder `from` to the new file "new" in the stage. 1: it
 * cannot be read. */
static int
copy_file(struct copy_walk *w, int from, const char *name,
    struct stage_id *real, const struct stage_id *shown)
{
	struct timespec times[2];
	struct stat sb;
	int in, out = -1, rc = -1;

	in = openat(from, name, O_RDONLY | O_NONBLOCK | O_NOCTTY |
	    O_NOFOLLOW | O_CLOEXEC);
	if (in < 0)
		return 1;
	if (fstat(in, &sb) < 0 || !S_ISREG(sb.st_mode)) {
		rc = 1;
		goto out;
	}
	stage_id_make(real, &sb);
	out = openat(w->st->dir_fd, ".new", O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0 || copy_bytes(in, out) < 0)
		goto fail;
	stage_own(w->st, out);
	times[0] = sb.st_atim;
	times[1] = sb.st_mtim;
	if (shown != NULL && (sb.st_mtim.tv_sec < shown->mtime_s ||
	    (sb.st_mtim.tv_sec == shown->mtime_s &&
	    sb.st_mtim.tv_nsec <= shown->mtime_ns)))
		clock_gettime(CLOCK_REALTIME, &times[1]);
	if (fchmod(out, sb.st_mode & 0777) < 0 || futimens(out, times) < 0)
		goto fail;
	w->bytes += sb.st_size;
	rc = 0;
	goto out;
fail:
	err_sys(w->e, "cannot copy %s", buf_str(&w->path));
out:
	if (out >= 0)
		close(out);
	close(in);
	return rc;
}

static int
copy_link(struct copy_walk *w, int from, const char *name)
{
	char target[4097];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);

	if (n < 0)
		return 1;
	target[n] = '\0';
	if (symlinkat(target, w->st->dir_fd, ".new") < 0)
		return err_sys(w->e, "cannot copy %s", buf_str(&w->path));
	return 0;
}

/* Copy w->path, `name` in folder `from`, over what the copy has there. */
static void
copy_one(struct copy_walk *w, int from, const char *name,
    const struct stat *sb, const struct stage_id *shown)
{
	const char *path = buf_str(&w->path), *last;
	struct stage_id real;
	struct copy_entry *c;
	struct stat now;
	int fd, rc;

	stage_id_make(&real, sb);
	if (unlinkat(w->st->dir_fd, ".new", 0) < 0 && errno != ENOENT) {
		w->rc = err_sys(w->e, "cannot copy %s", path);
		return;
	}
	rc = S_ISLNK(sb->st_mode) ? copy_link(w, from, name) :
	    copy_file(w, from, name, &real, shown);
	if (rc != 0) {
		w->rc = rc < 0 ? -1 : 0;
		w->unreadable += rc > 0;
		return;
	}
	fd = stage_open_parent(w->st, path, &last, w->e);
	if (fd < 0) {
		w->rc = -1;
		return;
	}
	if (renameat(w->st->dir_fd, ".new", fd, last) < 0) {
		/* A tool put a folder there: its work, its view. */
		w->unreadable++;
	} else if (fstatat(fd, last, &now, AT_SYMLINK_NOFOLLOW) < 0) {
		w->rc = err_sys(w->e, "cannot copy %s", path);
	} else {
		c = copy_add(w->st, path);
		c->real = real;
		stage_id_make(&c->copy, &now);
		c->seen_real = ((struct copy_index *)w->st->index)->serial;
		w->st->index_dirty = true;
		w->files++;
	}
	close(fd);
}

/* A secret file is not copied; one that was, before it became one, goes. */
static void
copy_entry_hide(struct copy_walk *w)
{
	const char *path = buf_str(&w->path);

	w->secret++;
	if (!w->sync || copy_find(w->st, path) == NULL ||
	    manifest_find(&w->st->manifest, path) != NULL)
		return;		/* what is staged there is looked at later */
	if (stage_remove(w->st, path, w->e) < 0)
		w->rc = -1;
	copy_remove(w->st, path);
}

/* A file of the real tree: does the copy need it? */
static void
copy_entry_sync(struct copy_walk *w, int from, const char *name,
    const struct stat *sb)
{
	const char *path = buf_str(&w->path);
	struct copy_entry *c = copy_find(w->st, path);
	struct stage_id real, now;
	struct stat have;
	bool there;

	stage_id_make(&real, sb);
	if (c != NULL)
		c->seen_real = ((struct copy_index *)w->st->index)->serial;
	if (c != NULL && stage_id_equal(&c->real, &real))
		return;
	if (manifest_find(&w->st->manifest, path) != NULL)
		return;		/* merged with care, later */
	there = stage_stat(w->st->staged_fd, path, &have) == 0;
	if (there)
		stage_id_make(&now, &have);
	if (there ? c == NULL || !stage_id_equal(&c->copy, &now) : c != NULL) {
		/* A tool changed it: the stage wins if it is ignored. If not,
		 * the old entry says that the user changed it too. */
		if (stage_ignores(w->st, path, false)) {
			c = copy_add(w->st, path);
			c->real = real;
			w->st->index_dirty = true;
		}
		return;
	}
	copy_one(w, from, name, sb, there ? &now : NULL);
}

static void
copy_dir(struct copy_walk *w, int fd, int depth)
{
	DIR *d = fs_dir_take(fd);
	struct dirent *de;
	size_t len = w->path.len;

	if (d == NULL)
		return;
	while (w->rc == 0 && (de = readdir(d)) != NULL) {
		struct stat sb;
		int sub;

		if (fs_is_dots(de->d_name) ||
		    stage_name_is_git(de->d_name) ||
		    fstatat(dirfd(d), de->d_name, &sb,
		    AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (++w->entries > COPY_MAX_ENTRIES ||
		    w->bytes > COPY_MAX_BYTES) {
			w->rc = err_set(w->e, "the project is too large to be "
			    "copied (more than %zu files or %lld GB)",
			    COPY_MAX_ENTRIES,
			    (long long)(COPY_MAX_BYTES >> 30));
			break;
		}
		if (len > 0)
			buf_addc(&w->path, '/');
		buf_adds(&w->path, de->d_name);
		if (S_ISREG(sb.st_mode) && w->st->is_secret != NULL &&
		    w->st->is_secret(w->st->secret_arg, buf_str(&w->path))) {
			copy_entry_hide(w);
		} else if (S_ISREG(sb.st_mode) || S_ISLNK(sb.st_mode)) {
			if (w->sync)
				copy_entry_sync(w, dirfd(d), de->d_name, &sb);
			else
				copy_one(w, dirfd(d), de->d_name, &sb, NULL);
		} else if (!S_ISDIR(sb.st_mode) || depth >= STAGE_MAX_DEPTH ||
		    w->path.len > STAGE_MAX_PATH) {
			w->special++;
		} else if ((sub = openat(dirfd(d), de->d_name, O_RDONLY |
		    O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0) {
			w->unreadable++;
		} else {
			if (!w->sync) {
				const char *last;
				char *probe = xasprintf("%s/x",
				    buf_str(&w->path));
				int made = stage_open_parent(w->st, probe,
				    &last, w->e);

				if (made < 0)
					w->rc = -1;
				else
					close(made);
				free(probe);
			}
			copy_dir(w, sub, depth + 1);
		}
		w->path.len = len;
		w->path.p[len] = '\0';
	}
	closedir(d);
}

/* What is written from now on has a later stamp than what was copied. */
static void
copy_wait_tick(void)
{
	const struct timespec nap = { 0, 1000000 };
	struct timespec a, b;
	int i;

	clock_gettime(CLOCK_REALTIME_COARSE, &a);
	for (i = 0; i < 50; i++) {
		clock_gettime(CLOCK_REALTIME_COARSE, &b);
		if (a.tv_sec != b.tv_sec || a.tv_nsec != b.tv_nsec)
			return;
		nanosleep(&nap, NULL);
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
	buf_release(&w->path);
	return w->rc;
}

/* ---- the view ---- */

static int
copy_open(struct stage *st, struct err *e)
{
	struct copy_walk w = { .st = st, .e = e };
	int64_t start = clock_mono_ms();
	struct stat sb;

	st->index = xcalloc(1, sizeof(struct copy_index));
	/* The index is written last: without it the copy may be half. */
	if (fstatat(st->dir_fd, COPY_INDEX, &sb, AT_SYMLINK_NOFOLLOW) == 0) {
		copy_index_load(st);
		return 0;
	}
	if (st->manifest.files.len > 0) {
		buf_adds(&st->note, "the index of the copied project is gone: "
		    "files are compared by content; ");
		return copy_index_save(st, e);
	}
	stage_own(st, st->staged_fd);
	if (fchmod(st->staged_fd, (st->root_st.st_mode & 0777) | 0700) < 0)
		return err_sys(e, "cannot prepare the stage");
	if (copy_walk_real(&w) < 0 || copy_index_save(st, e) < 0)
		return -1;
	copy_wait_tick();
	buf_addf(&st->note, "copied %zu files, %.1f MB, in %.1f s", w.files,
	    (double)w.bytes / 1e6, (double)(clock_mono_ms() - start) / 1e3);
	if (w.special + w.unreadable > 0)
		buf_addf(&st->note, "; left out: %zu that are no files or too "
		    "deep, %zu that cannot be read", w.special, w.unreadable);
	if (w.secret > 0)
		buf_addf(&st->note, "; %zu secret file%s not shown", w.secret,
		    w.secret == 1 ? " is" : "s are");
	return 0;
}

static void
copy_release(struct stage *st)
{
	struct copy_index *x = st->index;

	if (x != NULL)
		pathmap_release(&x->files);
	free(x);
	st->index = NULL;
}

static int
copy_sync(struct stage *st, struct buf *notes, struct err *e)
{
	struct copy_walk w = { .st = st, .sync = true, .notes = notes, .e = e };
	struct copy_index *x = st->index;
	void **v;
	struct stage_id now;
	struct stat sb;
	size_t i;
	int rc = 0;

	x->serial++;
	if (copy_walk_real(&w) < 0)
		return -1;
	v = copy_list(st);
	for (i = 0; v[i] != NULL && rc == 0; i++) {
		const struct copy_entry *c = v[i];

		if (c->seen_real == x->serial ||
		    manifest_find(&st->manifest, c->path) != NULL)
			continue;
		/* The user deleted it. */
		if (stage_stat(st->staged_fd, c->path, &sb) == 0) {
			stage_id_make(&now, &sb);
			if (stage_id_equal(&c->copy, &now))
				rc = stage_remove(st, c->path, e);
		}
		copy_remove(st, c->path);
	}
	free(v);
	if (rc == 0 && st->index_dirty)
		rc = copy_index_save(st, e);
	if (w.files > 0)
		copy_wait_tick();
	return rc;
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

static void
copy_scan_dir(struct stage_scan_state *s, int fd, int depth, bool repo)
{
	DIR *d = fs_dir_take(fd);
	struct dirent *de;
	struct stat sb;
	bool told = false;

	if (d == NULL) {
		stage_scan_fail(s);
		return;
	}
	repo = repo || copy_is_repo(fd);
	while (s->rc == 0 && (de = stage_scan_next(s, d)) != NULL) {
		struct copy_entry *c;
		struct stage_id id;
		size_t len;
		int sub;

		if (!stage_scan_push(s, de->d_name, &len))
			continue;
		c = copy_find(s->st, buf_str(&s->path));
		if (stage_name_is_git(de->d_name)) {
			stage_refuse(s, "git's own files are not staged");
		} else if (fstatat(fd, de->d_name, &sb,
		    AT_SYMLINK_NOFOLLOW) < 0) {
			;
		} else if (S_ISREG(sb.st_mode) || S_ISLNK(sb.st_mode)) {
			stage_id_make(&id, &sb);
			if (c != NULL)
				c->seen = s->st->serial;
			if (c != NULL && stage_id_equal(&c->copy, &id) &&
			    manifest_find(&s->st->manifest, c->path) == NULL)
				;
			else if (!repo)
				stage_see(s, fd, de->d_name, &sb);
			else if (!told)
				stage_refuse(s,
				    "looks like a git repository");
			told = told || repo;
		} else if (!S_ISDIR(sb.st_mode)) {
			stage_refuse(s, S_ISFIFO(sb.st_mode) ? "a fifo" :
			    S_ISSOCK(sb.st_mode) ? "a socket" : "a device");
		} else if (depth >= STAGE_MAX_DEPTH) {
			stage_refuse(s, "folders nested too deep");
		} else if ((sub = stage_open_dir(fd, de->d_name)) < 0) {
			stage_refuse(s, "cannot be read");
		} else {
			copy_scan_dir(s, sub, depth + 1, repo);
		}
		stage_scan_pop(s, len);
	}
	closedir(d);
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
		/* A folder that stands there now holds files of its own. */
		if (stage_stat(s->st->root_fd, path, &sb) < 0 ||
		    !S_ISDIR(sb.st_mode))
			stage_see_gone(s, NULL);
		stage_scan_pop(s, len);
	}
}

static void
copy_scan(struct stage_scan_state *s)
{
	int fd = openat(s->st->staged_fd, ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct manifest_entry *m;
	const struct copy_entry *c;
	void **v;
	size_t i;

	if (fd < 0) {
		stage_scan_fail(s);
		return;
	}
	copy_scan_dir(s, fd, 0, false);
	if (s->cut)
		return;
	v = copy_list(s->st);
	for (i = 0; v[i] != NULL; i++) {
		c = v[i];
		if (c->seen != s->st->serial)
			copy_scan_gone(s, c->path);
	}
	free(v);
	v = pathmap_list(&s->st->manifest.files);
	for (i = 0; v[i] != NULL; i++) {
		m = v[i];
		if (m->seen != s->st->serial && m->base.exists)
			copy_scan_gone(s, m->path);
	}
	free(v);
}

/* Another real file than the one that was copied. */
static bool
copy_suspect(struct stage *st, const char *path, const struct stage_id *now,
    const struct timespec *since)
{
	const struct copy_entry *c = copy_find(st, path);

	(void)since;
	return c == NULL || !stage_id_equal(&c->real, now);
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
	struct copy_walk w = { .st = st, .e = e };
	const char *name;
	struct stat sb;
	int fd;

	*stays = false;
	fd = real->exists ? fs_open_parent(st->root_fd, path, false, &name) :
	    -1;
	if (fd < 0 || fstatat(fd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0) {
		if (fd >= 0)
			close(fd);
		copy_remove(st, path);
		return stage_remove(st, path, e);
	}
	buf_adds(&w.path, path);
	copy_one(&w, fd, name, &sb, shown);
	buf_release(&w.path);
	close(fd);
	return w.rc;
}

static bool
copy_shows_real(struct stage *st, const char *path)
{
	(void)st;
	(void)path;
	return false;
}

const struct stage_view stage_copy = {
	.folder = "copy",
	.open = copy_open,
	.release = copy_release,
	.sync = copy_sync,
	.walk = copy_scan,
	.suspect = copy_suspect,
	.erase = copy_erase,
	.follow = copy_follow,
	.shows_real = copy_shows_real,
};
