/*
 * stage-time: what file times mean. When a call began, by the clock that stamps
 * files, so that a real file that changed under it is detected, even if that
 * clock was set back; and which staged files must look newer than the user's
 * built files ("products" here).
 *
 * If a product in the user's tree is newer than a staged edit, make would skip
 * that edit. So before a command, edits by file tools, merges and decisions
 * become newer than the newest such product: once, and in their old order.
 * Files that a command wrote join them only if they are the newest in the
 * copy and no source has changed since. A clean copy joins them if the
 * product was built after the copy but before the apply. The search for
 * products is bounded, and skipped if nothing is staged.
 */
#include "config.h"

#include "gate/stage-priv.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/dotgit.h"
#include "base/fs.h"
#include "base/mem.h"

#define CALL_SLACK_NS	500000000	/* more than a tick, and than a clock
					   drifts in a call */
#define NS		INT64_C(1000000000)

static int64_t
time_ns(const struct timespec *t)
{
	return (int64_t)t->tv_sec * NS + t->tv_nsec;
}

static int64_t
time_boot_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return time_ns(&t);
}

void
time_wait(const struct timespec *t)
{
	const struct timespec nap = { 0, 1000000 };
	struct timespec now, stamp;
	int i;

	clock_gettime(CLOCK_REALTIME, &now);
	if (t == NULL)
		t = &now;
	if (time_before(&now, t))
		return;
	for (i = 0; i < 50; i++) {
		clock_gettime(CLOCK_REALTIME_COARSE, &stamp);
		if (time_before(t, &stamp))
			return;
		nanosleep(&nap, NULL);
	}
}

/* How far the file clock was set back since the call began. */
static int64_t
call_set_back(const struct stage *st)
{
	/* In this order: a pause between the two must not look like a clock set
	 * back. */
	int64_t boot = time_boot_ns(), back;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	back = (boot - st->call_boot_ns) -
	    (time_ns(&now) - time_ns(&st->call_start));
	return back > CALL_SLACK_NS ? back + CALL_SLACK_NS : 0;
}

/* Can the file's stat data be from after the last call began, or after `since`
 * (or NULL)? */
static bool
stage_is_newer(const struct stage *st, const struct stage_id *id,
    const struct timespec *since)
{
	const struct timespec *t = &st->call_start;
	struct timespec now;

	if (since != NULL && time_before(since, t))
		t = since;
	clock_gettime(CLOCK_REALTIME, &now);
	/* Nothing that changed after the clock was set back has a later time
	 * than now. A file saved before the call, in the seconds that the clock
	 * passes again, looks the same, and what it held when the call began is
	 * recorded nowhere: it counts as changed, so the user is asked. */
	return !time_before(&id->ctime, t) ||
	    (time_ns(&id->ctime) >= time_ns(t) - call_set_back(st) &&
	    time_ns(&id->ctime) <= time_ns(&now) + CALL_SLACK_NS);
}

/* Is the real file newer? A change during a call has no time after now, so a
 * time ahead is that of an older change, unless the clock was set back since
 * the call began. */
bool
stage_real_is_newer(const struct stage *st, const struct stage_id *id,
    const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (time_ns(&id->ctime) > time_ns(&now) + CALL_SLACK_NS &&
	    (since == NULL || !time_before(since, &st->call_start)) &&
	    call_set_back(st) == 0 && fs_kind_is_known(st->root_fd))
		return false;
	return stage_is_newer(st, id, since);
}

bool
stage_is_surely_newer(const struct stage *st, const struct stage_id *id)
{

	return time_before(&st->call_known, &id->ctime) ||
	    (call_set_back(st) > 0 && stage_is_newer(st, id, NULL));
}

/* A call that was cut off. */
static void
call_load(struct stage *st)
{
	AUTO_BUF struct buf b = BUF_INIT(256);
	long long start, boot;

	st->uncovered = true;
	st->unscanned = fs_read_file(st->dir_fd, STAGE_CALL, &b, NULL) == 0;
	if (st->unscanned && sscanf(buf_str(&b), "%lld %lld", &start,
	    &boot) == 2) {
		st->call_start.tv_sec = (time_t)(start / NS);
		st->call_start.tv_nsec = (long)(start % NS);
		st->call_boot_ns = boot;
	} else if (st->unscanned) {
		/* Only that there was one is known. */
		st->call_start.tv_sec = 0;
	}
}

/* The kernel stamps files with the coarse clock: a change after this moment has
 * this stamp or a later one. So may a change before it, in the same tick; none
 * has a stamp later than the fine clock. */
int
stage_call_begin(struct stage *st, bool opens, struct err *e)
{
	char text[64];
	AUTO_CLOSE int fd = -1;
	int n;

	clock_gettime(CLOCK_REALTIME_COARSE, &st->call_start);
	clock_gettime(CLOCK_REALTIME, &st->call_known);
	st->call_boot_ns = time_boot_ns();
	if (opens) {
		call_load(st);
		return 0;
	}
	n = snprintf(text, sizeof(text), "%lld %lld\n",
	    (long long)time_ns(&st->call_start), (long long)st->call_boot_ns);
	fd = openat(st->dir_fd, STAGE_CALL, O_WRONLY | O_CREAT | O_TRUNC |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	st->unscanned = true;
	return fd >= 0 && fs_write_all(fd, text, (size_t)n) == 0 ? 0 :
	    err_sys(e, "cannot write in %s", st->dir);
}

/* ---- the user's builds ---- */

#define BUILT_MAX_ENTRIES	((size_t)100000)

struct built {
	struct stage	*st;
	struct buf	 path;
	struct timespec	 since;		/* nothing older matters */
	struct timespec	*products;	/* the user's visible ones, by age */
	size_t		 products_len;
	struct timespec	 source;	/* the newest of all others */
	size_t		 entries;
};

/* Is it a build product: an ignored file, or a binary one that isn't
 * tracked? */
static bool
built_is_product(const struct built *b, int fd, const char *name)
{
	struct stage *st = b->st;
	const char *path = buf_str(&b->path);

	if (stage_ignores(st, path, false))
		return true;
	return !st->o.is_tracked(st->o.policy, path) && fs_is_binary(fd, name);
}

/* This file is the user's, and visible. `name` in fd is b->path. */
static void
built_see(struct built *b, int fd, const char *name, const struct timespec *t)
{
	if (!built_is_product(b, fd, name)) {
		if (time_before(&b->source, t))
			b->source = *t;
		return;
	}
	*GROW_ADD(b->products, b->products_len) = *t;
}

/* `up` is the stage's folder over it; -1: none. Takes ownership of both. */
static void
built_dir(struct built *b, int fd, int up, int depth)
{
	DIR *d = fs_dir_take(fd);
	size_t len = b->path.len;
	struct dirent *de;

	while ((de = fs_dir_next(&d)) != NULL) {
		struct stat sb, over;
		bool covered;

		if (dotgit_in_path(de->d_name) ||
		    ++b->entries > BUILT_MAX_ENTRIES ||
		    fstatat(dirfd(d), de->d_name, &sb,
		    AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		covered = up >= 0 && fstatat(up, de->d_name, &over,
		    AT_SYMLINK_NOFOLLOW) == 0;
		buf_addf(&b->path, "%s%s", len > 0 ? "/" : "", de->d_name);
		if (S_ISDIR(sb.st_mode) && depth < STAGE_MAX_DEPTH) {
			int sub = covered && S_ISDIR(over.st_mode) ?
			    stage_open_dir(up, de->d_name) : -1;

			if (!covered || (sub >= 0 && !stage_is_opaque(sub)))
				built_dir(b, openat(dirfd(d), de->d_name,
				    O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
				    O_CLOEXEC), sub, depth + 1);
			else fs_close(sub);
		} else if (S_ISREG(sb.st_mode) && !covered &&
		    !time_before(&sb.st_mtim, &b->since)) {
			built_see(b, dirfd(d), de->d_name, &sb.st_mtim);
		}
		buf_cut(&b->path, len);
	}
	fs_close(up);
}

/* A copied view shows the user's product if it is its copy, with its time; the
 * index knows what was copied. */
static void
built_copied(struct built *b)
{
	struct stage *st = b->st;

	PATHMAP_EACH(&st->copied, copy_entry, c) {
		const struct timespec t = c->copy.mtime;
		struct stat sb;
		struct stage_id copy, real;

		if (!S_ISREG(c->copy.mode) || time_before(&t, &b->since) ||
		    stage_stat(st->staged_fd, c->path, &sb) < 0)
			continue;
		stage_id_make(&copy, &sb);
		if (stage_stat_real(st, c->path, &sb) < 0)
			continue;
		stage_id_make(&real, &sb);
		if (!stage_id_equal(&c->copy, &copy) ||
		    !stage_id_equal(&c->real, &real))
			continue;
		buf_clear(&b->path);
		buf_adds(&b->path, c->path);
		built_see(b, st->staged_fd, c->path, &t);
	}
}

static int
built_compare(const void *a, const void *b)
{
	return time_before(a, b) ? -1 : time_before(b, a);
}

/* Was one built after `t` (and, unless that is NULL, before `end`)? */
static bool
built_since(const struct built *b, const struct timespec *t,
    const struct timespec *end)
{
	size_t at = MEM_FIRST(b->products_len, i,
	    !time_before(&b->products[i], t));

	return at < b->products_len &&
	    (end == NULL || time_before(&b->products[at], end));
}

static void
built_look(struct built *b)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	struct stage *st = b->st;

	if (st->view == &stage_copy)
		built_copied(b);
	else
		built_dir(b, openat(st->root_fd, ".", flags),
		    openat(st->staged_fd, ".", flags), 0);
	buf_release(&b->path);
	MEM_SORT_BY(b->products, b->products_len, built_compare);
}

/* ---- making files newer ---- */

struct fresh {
	struct manifest_entry *m;
	struct timespec	 mtime;
	bool		 clean;		/* equals the user's file */
	struct timespec	 real;		/* and its time then */
};

static int
fresh_compare(const void *a, const void *b)
{
	const struct fresh *x = a, *y = b;

	return time_before(&x->mtime, &y->mtime) ? -1 :
	    time_before(&y->mtime, &x->mtime) ? 1 :
	    strcmp(x->m->path, y->m->path);
}

/* Staged files that differ from the real ones, oldest first; with `clean`, also
 * copies older than the same real file. */
static size_t
fresh_list(struct stage *st, bool clean, struct fresh **out)
{
	size_t n = 0;
	struct stat sb, real;

	*out = xcalloc(st->manifest->files.len + 1, sizeof(**out));
	STAGE_EACH(st, m) {
		if (!m->after.exists || m->after.mode == 0120000 ||
		    stage_stat(st->staged_fd, m->path, &sb) < 0 ||
		    !S_ISREG(sb.st_mode))
			continue;
		(*out)[n].clean = stage_side_equal(&m->after, &m->base);
		if ((*out)[n].clean) {
			if (!clean || stage_stat_real(st, m->path,
			    &real) < 0 ||
			    !time_before(&sb.st_mtim, &real.st_mtim))
				continue;
			(*out)[n].real = real.st_mtim;
		}
		(*out)[n].m = m;
		(*out)[n++].mtime = sb.st_mtim;
	}
	qsort(*out, n, sizeof(**out), fresh_compare);
	return n;
}

static void
fresh_touch(struct stage *st, struct manifest_entry *m,
    const struct timespec *t)
{
	const struct timespec times[2] = { *t, *t };
	struct stage_id id;
	struct stat sb;
	const char *name;
	AUTO_CLOSE int fd =
	    fs_open_parent(st->staged_fd, m->path, false, &name);

	if (fd >= 0 && fstatat(fd, name, &sb, AT_SYMLINK_NOFOLLOW) == 0) {
		stage_id_make(&id, &sb);
		if (utimensat(fd, name, times, AT_SYMLINK_NOFOLLOW) == 0 &&
		    stage_id_holds(&m->after_id, &id) &&
		    fstatat(fd, name, &sb, AT_SYMLINK_NOFOLLOW) == 0) {
			stage_id_make(&m->after_id, &sb);
			m->after_id.settled = true;
		}
		st->dirty = true;
	}
}

static bool
fresh_is_source(struct stage *st, const struct manifest_entry *m)
{
	return m->by_tool || (m->base.exists &&
	    st->o.is_tracked(st->o.policy, m->path));
}

static void
fresh_next(struct timespec *t)
{
	if (++t->tv_nsec == NS) {
		t->tv_nsec = 0;
		t->tv_sec++;
	}
}

/*
 * The agent edits, the user builds the old version, the agent builds: make
 * would assume that the user's object was built from the edit. So if the user
 * has built since, files written by a tool, a merge or a decision become newer
 * than that, once. So do files that a command made from tracked ones; anything
 * else it wrote may be a product itself: it comes along only while it is the
 * last in the stage and no source has changed since. All keep their order. A
 * product may have been built from the old version, and become visible only
 * after the edit was accepted, for example when its removal is rejected: then
 * the accepted files become newer, too. The time we set is no tick of the
 * kernel's clock, so it identifies the content that we know: a tool's next
 * write has another time. The kernel's clock runs behind ours: the command's
 * build results must not look older.
 */
void
stage_freshen(struct stage *st)
{
	struct built b = { .st = st };
	struct timespec now, newest = { 0 };
	AUTO_FREE struct fresh *v = NULL;
	size_t i, n = fresh_list(st, st->uncovered, &v);
	bool touched = false;		/* a clean one: all after it are, too */

	st->command = true;
	st->uncovered = false;
	if (n > 0) {
		b.since = v[0].mtime;
		built_look(&b);
	}
	clock_gettime(CLOCK_REALTIME, &now);
	if (n > 0)
		newest = v[n - 1].mtime;
	for (i = 0; i < n; i++) {
		const struct timespec *t = &v[i].mtime;

		if (v[i].clean)
			touched = touched || built_since(&b, t, &v[i].real);
		if (v[i].clean ? !touched : !built_since(&b, t, NULL) ||
		    (!fresh_is_source(st, v[i].m) &&
		    (!time_before(&st->product, t) ||
		    !time_before(&b.source, t))))
			continue;
		fresh_touch(st, v[i].m, &now);
		newest = now;
		fresh_next(&now);
	}
	free(b.products);
	time_wait(&newest);
}

void
stage_touch(struct stage *st)
{
	struct timespec now;
	AUTO_FREE struct fresh *v = NULL;
	size_t i, n = fresh_list(st, false, &v);

	st->uncovered = true;
	clock_gettime(CLOCK_REALTIME, &now);
	for (i = 0; i < n; i++) {
		v[i].m->by_tool = true;
		fresh_touch(st, v[i].m, &now);
		fresh_next(&now);
	}
	if (n > 0)
		time_wait(&now);
}
