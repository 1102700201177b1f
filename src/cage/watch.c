/*
 * Cheap looks first: the sum of resident sizes, the free space of the file
 * system. Only when those pass a limit, or a share of it, are proportional
 * sizes read and the stage walked.
 *
 * What a call wrote are the blocks of the files whose ctime is not older than
 * its start: no program can set a ctime back, and no walk is needed before the
 * call. Folders that cannot be walked, and deleted files still held open, are
 * seen by the free space alone.
 */
#include "config.h"

#include "cage/watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "cage/tasks.h"

#define WATCH_MS	20
#define WATCH_BACKOFF	10	/* a look may use a tenth of the time */
#define WATCH_WALK_MS	2000	/* walk at least this often, cost permitting */
#define WATCH_DEPTH	128
#define WATCH_FLOOR	((int64_t)64 << 20)

struct watch {
	struct cage_limits	 limits;
	bool			 count_pids;
	int			 quota_fd;
	int			 proc_fd, shm_fd;
	pid_t			 top;
	struct tasks		 tasks;
	struct timespec		 start;
	int64_t			 free0, free_walk, files0, files_walk;
	int64_t			 walk_due;
};

struct watch_sum {
	int64_t	bytes, files;
	bool	blind;		/* something could not be walked */
};

static int
watch_space(const struct watch *w, int64_t *bytes, int64_t *files,
    int64_t *avail)
{
	struct statvfs v;

	if (w->quota_fd < 0 || fstatvfs(w->quota_fd, &v) < 0)
		return -1;
	*bytes = (int64_t)v.f_bfree * (int64_t)v.f_frsize;
	*avail = (int64_t)v.f_bavail * (int64_t)v.f_frsize;
	*files = (int64_t)v.f_ffree;
	return 0;
}

struct watch *
watch_new(const struct request *r)
{
	struct watch *w = xcalloc(1, sizeof(*w));
	int64_t avail;

	w->limits = r->limits;
	w->proc_fd = w->shm_fd = -1;
	w->quota_fd = r->quota_dir == NULL ? -1 :
	    open(r->quota_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	clock_gettime(CLOCK_REALTIME_COARSE, &w->start);
	if (watch_space(w, &w->free0, &w->files0, &avail) < 0)
		w->free0 = w->files0 = 0;
	w->free_walk = w->free0;
	w->files_walk = w->files0;
	w->walk_due = clock_mono_ms() + WATCH_WALK_MS;
	return w;
}

void
watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	if (w->quota_fd >= 0)
		close(w->quota_fd);
	if (w->proc_fd >= 0)
		close(w->proc_fd);
	if (w->shm_fd >= 0)
		close(w->shm_fd);
	tasks_release(&w->tasks);
	free(w);
}

void
watch_attach_take(struct watch *w, int proc_fd, int shm_fd, pid_t top)
{
	w->proc_fd = proc_fd;
	w->shm_fd = shm_fd;
	w->top = top;
	/* RLIMIT_NPROC does not bind real root. */
	w->count_pids = getuid() == 0;
}

static enum watch_verdict
watch_tasks(struct watch *w)
{
	int64_t sum = 0, exact = 0, shm = 0, pids = 0;
	struct statfs fs;
	size_t i;

	if (w->proc_fd < 0 || tasks_list(w->proc_fd, &w->tasks) < 0)
		return WATCH_FINE;
	if (w->top > 0)
		tasks_mark(&w->tasks, w->top);
	for (i = 0; i < w->tasks.len; i++) {
		struct task *t = &w->tasks.v[i];

		/* In a namespace everything but its init. */
		if (w->top == 0)
			t->below = t->pid != 1;
		if (!t->below)
			continue;
		sum += t->rss_bytes;
		pids += t->threads;
	}
	if (w->count_pids && pids > w->limits.pids)
		return WATCH_PIDS;
	if (w->shm_fd >= 0 && fstatfs(w->shm_fd, &fs) == 0)
		shm = (int64_t)(fs.f_blocks - fs.f_bfree) *
		    (int64_t)fs.f_bsize;
	if (sum + shm <= w->limits.memory_bytes)
		return WATCH_FINE;
	for (i = 0; i < w->tasks.len; i++)
		if (w->tasks.v[i].below)
			exact += tasks_pss(w->proc_fd, &w->tasks.v[i]);
	return exact + shm > w->limits.memory_bytes ? WATCH_MEMORY :
	    WATCH_FINE;
}

static void
watch_walk(const struct watch *w, int fd, int depth, struct watch_sum *s)
{
	DIR *d = fs_dir_take(fd);
	struct dirent *de;

	if (d == NULL) {
		s->blind = true;
		return;
	}
	while ((de = readdir(d)) != NULL &&
	    s->files <= w->limits.disk_inodes &&
	    s->bytes <= w->limits.disk_bytes) {
		struct stat st;
		int sub;

		if (fs_is_dots(de->d_name))
			continue;
		if (fstatat(dirfd(d), de->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (st.st_ctim.tv_sec > w->start.tv_sec ||
		    (st.st_ctim.tv_sec == w->start.tv_sec &&
		    st.st_ctim.tv_nsec >= w->start.tv_nsec)) {
			s->files++;
			s->bytes += (int64_t)st.st_blocks * 512;
		}
		if (!S_ISDIR(st.st_mode))
			continue;
		sub = depth >= WATCH_DEPTH ? -1 :
		    openat(dirfd(d), de->d_name, O_RDONLY | O_DIRECTORY |
		    O_NOFOLLOW | O_CLOEXEC);
		if (sub < 0)
			s->blind = true;
		else
			watch_walk(w, sub, depth + 1, s);
	}
	closedir(d);
}

/* Blocks of deleted files that the call's processes hold open. */
static int64_t
watch_held(const struct watch *w)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < w->tasks.len; i++) {
		char path[64];
		struct dirent *de;
		DIR *d;
		int fd;

		if (!w->tasks.v[i].below)
			continue;
		snprintf(path, sizeof(path), "%d/fd", (int)w->tasks.v[i].pid);
		fd = openat(w->proc_fd, path, O_RDONLY | O_DIRECTORY |
		    O_CLOEXEC);
		d = fs_dir_take(fd);
		if (d == NULL)
			continue;
		while ((de = readdir(d)) != NULL) {
			struct stat st;

			if (de->d_name[0] != '.' &&
			    fstatat(dirfd(d), de->d_name, &st, 0) == 0 &&
			    S_ISREG(st.st_mode) && st.st_nlink == 0)
				sum += (int64_t)st.st_blocks * 512;
		}
		closedir(d);
	}
	return sum;
}

static enum watch_verdict
watch_disk(struct watch *w)
{
	struct watch_sum s = { 0, 0, false };
	int64_t bytes, files, avail, now, drop;
	int fd;

	if (watch_space(w, &bytes, &files, &avail) < 0)
		return WATCH_FINE;
	drop = w->free0 - bytes;
	if (avail < WATCH_FLOOR && drop > (int64_t)1 << 20)
		return WATCH_FULL;
	now = clock_mono_ms();
	if (w->free_walk - bytes <= w->limits.disk_bytes / 8 &&
	    w->files_walk - files <= w->limits.disk_inodes / 8 &&
	    now < w->walk_due)
		return WATCH_FINE;
	fd = openat(w->quota_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return WATCH_FINE;
	watch_walk(w, fd, 0, &s);
	w->free_walk = bytes;
	w->files_walk = files;
	w->walk_due = clock_mono_ms();
	w->walk_due += WATCH_WALK_MS + (w->walk_due - now) * WATCH_BACKOFF;
	if (s.bytes <= w->limits.disk_bytes && drop > w->limits.disk_bytes) {
		s.bytes += watch_held(w);
		if (s.blind && s.bytes < drop)
			s.bytes = drop;
	}
	if (s.blind && w->files0 - files > s.files)
		s.files = w->files0 - files;
	if (s.bytes > w->limits.disk_bytes)
		return WATCH_DISK;
	return s.files > w->limits.disk_inodes ? WATCH_INODES : WATCH_FINE;
}

enum watch_verdict
watch_look(struct watch *w, int *next_ms)
{
	int64_t start = clock_mono_ms(), cost;
	enum watch_verdict v = watch_tasks(w);

	if (v == WATCH_FINE)
		v = watch_disk(w);
	cost = (clock_mono_ms() - start) * WATCH_BACKOFF;
	*next_ms = cost > 1000 ? 1000 : cost > WATCH_MS ? (int)cost : WATCH_MS;
	return v;
}
