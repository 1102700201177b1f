/*
 * A process can end between listing and reading: skip anything unreadable. A
 * process chooses its name in /proc/N/stat, so fields are counted from the last
 * ")".
 *
 * The limits that are watched: cheap checks come first: the sum of resident sizes, the free
 * space of the file system. Only if those exceed a limit, or a share of it, are
 * proportional sizes read and the stage walked.
 *
 * The disk limit covers the whole stage, so a walk counts everything there and
 * subtracts what the core has declared free (struct sandbox_disk). Folders that
 * can't be walked show only in the free space, deleted files still open only at
 * their processes.
 */
#include "config.h"

#include "sandbox/tasks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <search.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"

/* Read at most size - 1 bytes of a file in /proc. */
static int
tasks_read(int proc_fd, pid_t pid, const char *name, char *out, size_t size)
{
	char path[64];
	size_t len = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%d/%s", (int)pid, name);
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	/* All of it comes at once, and most ends with a line's end. */
	while (len < size - 1 && (len == 0 || out[len - 1] != '\n') &&
	    (n = read(fd, out + len, size - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	out[len] = '\0';
	return len > 0 ? 0 : -1;
}

static int
tasks_parse(const char *stat, struct task *t)
{
	const char *p = strrchr(stat, ')'), *name = strchr(stat, '(');
	long long rss;
	int ppid, threads;

	/* state ppid pgrp session tty tpgid flags minflt cminflt majflt
	 * cmajflt utime stime cutime cstime priority nice threads itreal
	 * start vsize rss */
	if (p == NULL || sscanf(p + 1, " %c %d %*d %*d %d %*d %*u %*u %*u %*u "
	    "%*u %*d %*d %*d %*d %*d %*d %d %*d %*u %*u %lld", &t->state, &ppid,
	    &t->tty, &threads, &rss) != 5)
		return -1;
	snprintf(t->name, sizeof(t->name), "%.*s", name == NULL || name > p ?
	    0 : (int)(p - name - 1), name + 1);
	t->ppid = ppid;
	t->threads = threads;
	t->rss_bytes = rss * sysconf(_SC_PAGESIZE);
	t->below = t->foreign = false;
	return 0;
}

static DIR *
tasks_threads(int proc_fd, pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "%d/task", (int)pid);
	return fs_dir_take(openat(proc_fd, path, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC));
}

/* The first thread of this process that hasn't ended. */
static bool
tasks_find_thread(int proc_fd, pid_t pid, struct task *found)
{
	AUTO_DIR DIR *d = tasks_threads(proc_fd, pid);
	char text[1024];
	struct dirent *de;

	while ((de = fs_dir_next(&d)) != NULL) {
		found->pid = (pid_t)strtol(de->d_name, NULL, 10);
		if (tasks_read(proc_fd, found->pid, "stat", text,
		    sizeof(text)) == 0 && tasks_parse(text, found) == 0 &&
		    found->state != 'Z')
			return true;
	}
	return false;
}

/* The first thread has ended, others go on: what it shared with them is to be
 * read by one of those. */
static void
tasks_look_on(int proc_fd, struct task *t)
{
	struct task other;

	if (!tasks_find_thread(proc_fd, t->pid, &other))
		return;
	t->via = other.pid;
	t->state = other.state;
	t->rss_bytes = other.rss_bytes;
}

#define TASKS_STOPPED	"TtZXx"
#define TASKS_AGAIN	3

static bool
tasks_has(const struct tasks *l, pid_t pid)
{
	size_t i;

	for (i = 0; i < l->len; i++)
		if (l->v[i].pid == pid)
			return true;
	return false;
}

/* Are the children of this thread in the list? Not one that is younger than the
 * list, or that /proc hides. */
static bool
tasks_has_children(const struct tasks *l, int proc_fd, pid_t tid)
{
	char name[32], text[16384] = "", *p = text, *end;
	long pid;

	snprintf(name, sizeof(name), "task/%d/children", (int)tid);
	errno = 0;
	if (tasks_read(proc_fd, tid, name, text, sizeof(text)) < 0)
		/* None, or a kernel without that file. */
		return errno == 0 || errno == ENOENT;
	for (; (pid = strtol(p, &end, 10)) > 0; p = end)
		if (!tasks_has(l, (pid_t)pid))
			return false;
	return true;
}

/* Adds to `seen` what each thread is doing and how often it has run. */
static bool
tasks_is_stopped(const struct tasks *l, int proc_fd, pid_t pid,
    struct buf *seen)
{
	AUTO_DIR DIR *d = tasks_threads(proc_fd, pid);
	char text[16384], *state, *switches;
	struct dirent *de;
	pid_t tid;

	/* One that is ending may show no threads. */
	if (d == NULL && errno != ENOENT)
		return false;
	while ((de = fs_dir_next(&d)) != NULL) {
		tid = (pid_t)strtol(de->d_name, NULL, 10);
		if (tasks_read(proc_fd, tid, "status", text, sizeof(text)) < 0 ||
		    (state = strstr(text, "\nState:\t")) == NULL ||
		    strchr(TASKS_STOPPED, state[8]) == NULL ||
		    !tasks_has_children(l, proc_fd, tid))
			return false;
		/* Linux has it; what only looks like it may not. */
		switches = strstr(state, "\nvoluntary_");
		buf_addf(seen, "%d%c%s", (int)tid, state[8],
		    switches == NULL ? "\n" : switches);
	}
	return true;
}

bool
tasks_are_stopped(const struct tasks *l, struct buf *seen)
{
	AUTO_CLOSE int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_BUF struct buf now = BUF_INIT(0);
	struct buf last = *seen;
	bool still = true;
	size_t i;

	/* The kernel continues a session whose terminal hangs up. Of a child that
	 * /proc hides nothing is known, not even its state. */
	for (i = 0; i < l->len && still; i++)
		if (l->v[i].below)
			still = l->v[i].tty == 0 && l->v[i].state != '\0' &&
			    strchr(TASKS_STOPPED, l->v[i].state) != NULL &&
			    tasks_is_stopped(l, proc, l->v[i].pid, &now);
	*seen = now;
	now = last;
	return still && last.len > 0 && last.len == seen->len &&
	    memcmp(last.p, seen->p, last.len) == 0;
}

static DIR *
tasks_open(int proc_fd)
{
	return fs_dir_take(openat(proc_fd, ".", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC));
}

/* The next process, 0 at the end. */
static pid_t
tasks_next(DIR *d, uint64_t *ino)
{
	struct dirent *de;

	while ((de = readdir(d)) != NULL) {
		char *end;
		long pid = strtol(de->d_name, &end, 10);

		*ino = de->d_ino;
		if (pid > 0 && *end == '\0')
			return (pid_t)pid;
	}
	return 0;
}

/* Of a task or a task_id: both begin with the number. */
static int
tasks_by_pid(const void *a, const void *b)
{
	const pid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* From now on skip what there is now, without `top`: a machine has many
 * processes, and none of them will be below a program that isn't started yet. */
static void
tasks_skip_others(int proc_fd, struct tasks *l, pid_t top)
{
	AUTO_DIR DIR *d = tasks_open(proc_fd);
	struct task_id t;

	l->others_len = 0;
	while (d != NULL && (t.pid = tasks_next(d, &t.ino)) > 0) {
		/* 1: the kernel couldn't say. */
		if (t.pid == top || t.ino <= 1)
			continue;
		*GROW_ADD(l->others, l->others_len) = t;
	}
	MEM_SORT_BY(l->others, l->others_len, tasks_by_pid);
}

static bool
tasks_is_other(const struct tasks *l, pid_t pid, uint64_t ino)
{
	const struct task_id key = { .pid = pid }, *t = l->others_len == 0 ?
	    NULL : bsearch(&key, l->others, l->others_len, sizeof(key),
	    tasks_by_pid);

	return t != NULL && t->ino == ino;
}

/* Fill from the folder; zero the struct before the first use; it can be reused.
 * -1 with errno. */
static int
tasks_list(int proc_fd, struct tasks *l)
{
	AUTO_DIR DIR *d = tasks_open(proc_fd);
	char text[1024];
	struct task t;
	uint64_t ino;

	l->len = 0;
	if (d == NULL)
		return -1;
	while ((t.pid = tasks_next(d, &ino)) > 0) {
		if (tasks_is_other(l, t.pid, ino) || tasks_read(proc_fd, t.pid,
		    "stat", text, sizeof(text)) < 0 ||
		    tasks_parse(text, &t) < 0)
			continue;
		t.via = t.pid;
		if (t.state == 'Z' && t.threads > 1)
			tasks_look_on(proc_fd, &t);
		*GROW_ADD(l->v, l->len) = t;
	}
	return 0;
}

void
tasks_release(struct tasks *l)
{
	FREE_ALL(l->v, l->others);
	memset(l, 0, sizeof(*l));
}

static bool
tasks_is_below(const struct tasks *l, pid_t pid, pid_t top)
{
	size_t i;

	if (pid == top)
		return true;
	for (i = 0; i < l->len; i++)
		if (l->v[i].pid == pid)
			return l->v[i].below;
	return false;
}

/* Mark the descendants of `top` (not itself). Returns how many. */
static size_t
tasks_mark(struct tasks *l, pid_t top)
{
	size_t n = 0, before, i;

	do {
		before = n;
		for (i = 0; i < l->len; i++)
			if (!l->v[i].below &&
			    tasks_is_below(l, l->v[i].ppid, top)) {
				l->v[i].below = true;
				n++;
			}
	} while (n != before);
	return n;
}

/* /proc may be mounted with hidepid, and then shows a user only what that user
 * may trace: not a process that made itself undumpable. */
static void
tasks_add_children(int proc_fd, struct tasks *l)
{
	char path[64], text[16384], *p = text, *end;
	long pid;

	snprintf(path, sizeof(path), "task/%d/children", (int)getpid());
	if (tasks_read(proc_fd, getpid(), path, text, sizeof(text)) < 0)
		return;
	for (; (pid = strtol(p, &end, 10)) > 0; p = end) {
		/* The last may have been cut. */
		if (*end == '\0')
			return;
		if (tasks_has(l, (pid_t)pid))
			continue;
		*GROW_ADD(l->v, l->len) = (struct task) { .pid = (pid_t)pid,
			.via = (pid_t)pid, .ppid = getpid() };
	}
}

ssize_t
tasks_list_below(struct tasks *l)
{
	AUTO_CLOSE int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	l->len = 0;
	if (proc < 0 || tasks_list(proc, l) < 0)
		return -1;
	tasks_add_children(proc, l);
	return (ssize_t)tasks_mark(l, getpid());
}

void
tasks_skip_others_now(struct tasks *l)
{
	AUTO_CLOSE int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	tasks_skip_others(proc, l, getpid());
}

enum tasks_whose { TASKS_NOBODY, TASKS_OURS, TASKS_FOREIGN };

/* Whose child is it? Nobody's if its parent has ended since it was read. */
static enum tasks_whose
tasks_whose(const struct tasks *l, const struct task *t)
{
	const struct task key = { .pid = t->ppid };
	const struct task_id other = { .pid = t->ppid };
	const struct task *parent = bsearch(&key, l->v, l->len, sizeof(key),
	    tasks_by_pid);

	if (t->ppid == getpid())
		return TASKS_OURS;
	/* The machine's first, or one that came into a container. Others that
	 * aren't skipped any more, since /proc has new inodes, are below. */
	if (t->ppid == 0)
		return TASKS_FOREIGN;
	if (parent != NULL)
		return parent->foreign ? TASKS_FOREIGN : TASKS_OURS;
	return l->others_len > 0 && bsearch(&other, l->others, l->others_len,
	    sizeof(other), tasks_by_pid) != NULL ? TASKS_FOREIGN : TASKS_NOBODY;
}

/* Was it started by another program, or has it ended? One that can't be told is
 * ours. */
static bool
tasks_is_foreign(int proc_fd, const struct tasks *l, struct task *t)
{
	enum tasks_whose whose = tasks_whose(l, t);
	char text[1024];
	int i;

	/* It has another parent now. */
	for (i = 0; i < TASKS_AGAIN && whose == TASKS_NOBODY; i++) {
		if (tasks_read(proc_fd, t->pid, "stat", text,
		    sizeof(text)) < 0 || tasks_parse(text, t) < 0)
			return true;
		whose = tasks_whose(l, t);
	}
	return whose == TASKS_FOREIGN;
}

int64_t
tasks_count_new(struct tasks *l)
{
	AUTO_CLOSE int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool more = true;
	int64_t n = 0;
	size_t i;

	l->len = 0;
	if (proc < 0 || tasks_list(proc, l) < 0)
		return -1;
	tasks_add_children(proc, l);
	MEM_SORT_BY(l->v, l->len, tasks_by_pid);
	while (more) {
		more = false;
		for (i = 0; i < l->len; i++)
			if (!l->v[i].foreign &&
			    tasks_is_foreign(proc, l, &l->v[i]))
				more = l->v[i].foreign = true;
	}
	for (i = 0; i < l->len; i++)
		if (!l->v[i].foreign && l->v[i].pid != getpid())
			n += l->v[i].threads > 0 ? l->v[i].threads : 1;
	return n;
}

char
tasks_state(pid_t thread)
{
	AUTO_CLOSE int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char text[1024];
	struct task t;

	if (tasks_read(proc, thread, "stat", text, sizeof(text)) < 0 ||
	    tasks_parse(text, &t) < 0)
		return '\0';
	return t.state;
}

/* Proportional memory of one process, or its resident size if that isn't
 * readable. One that has ended since it was listed uses none. */
static int64_t
tasks_pss(int proc_fd, const struct task *t)
{
	char text[4096], *p;
	struct task now;

	if (tasks_read(proc_fd, t->via, "smaps_rollup", text,
	    sizeof(text)) == 0 && (p = strstr(text, "\nPss:")) != NULL)
		return strtoll(p + 5, NULL, 10) * 1024;
	if (tasks_read(proc_fd, t->via, "stat", text, sizeof(text)) < 0 ||
	    tasks_parse(text, &now) < 0)
		return 0;
	return now.rss_bytes;
}

int
tasks_count_uid(uid_t uid)
{
	AUTO_CLOSE int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_DIR DIR *d = tasks_open(proc);
	char text[4096], *p;
	uint64_t ino;
	pid_t pid;
	int n = 0;

	while (d != NULL && (pid = tasks_next(d, &ino)) > 0)
		if (tasks_read(proc, pid, "status", text, sizeof(text)) == 0 &&
		    (p = strstr(text, "\nUid:")) != NULL &&
		    strtoul(p + 5, NULL, 10) == uid &&
		    (p = strstr(p, "\nThreads:")) != NULL)
			n += (int)strtol(p + 9, NULL, 10);
	return n;
}

/* True if no child is left, so nothing below: orphans become children. */
static bool
tasks_reap(pid_t wanted, int *status)
{
	pid_t pid;
	int st;

	while ((pid = waitpid(-1, &st, WNOHANG | __WALL)) > 0)
		if (pid == wanted && status != NULL)
			*status = st;
	return pid < 0 && errno == ECHILD;
}

size_t
tasks_kill_below(int ms, pid_t wanted, int *status)
{
	int64_t end = clock_mono_ms() + ms;
	const struct timespec pause = { .tv_nsec = 1000000 };
	AUTO(tasks_release) struct tasks l = { 0 };
	ssize_t left;
	size_t i;

	for (;;) {
		left = tasks_reap(wanted, status) ? 0 : tasks_list_below(&l);
		if (left <= 0)
			break;
		/* Stop all processes first, so that none forks while others
		 * die. */
		for (i = 0; i < l.len; i++)
			if (l.v[i].below)
				(void)kill(l.v[i].pid, SIGSTOP);
		for (i = 0; i < l.len; i++)
			if (l.v[i].below)
				(void)kill(l.v[i].pid, SIGKILL);
		if (clock_mono_ms() >= end)
			break;
		(void)nanosleep(&pause, NULL);
	}
	return left < 0 ? 1 : (size_t)left;	/* perhaps */
}

/* ---- the limits that no kernel counter enforces ---- */

#define WATCH_MS	20
#define WATCH_LATEST_MS	1000
#define WATCH_BACKOFF	10	/* a check may use a tenth of the time */
#define WATCH_WALK_MS	2000	/* walk at least this often, cost permitting */
#define WATCH_DEPTH	128
#define WATCH_FLOOR	((int64_t)64 << 20)

struct watch_sum {
	int64_t	bytes, files;
	bool	blind;		/* a folder couldn't be walked */
};

struct watch {
	struct sandbox_limits	 limits;
	bool			 inside;	/* it has namespaces of its
						   own */
	bool			 spare_memory;
	const struct limit_enforcement *enforced;	/* its caller's */
	int			 quota_fd;
	int			 home_fd;	/* a home outside of it counts,
						   too; or -1 */
	char			*work;		/* the overlay's, below quota_fd */
	ino_t			 work_ino;
	int			 proc_fd, shm_fd;
	pid_t			 top;
	struct tasks		 tasks;
	bool			 counts;	/* the contents of quota_fd
						   count */
	struct sandbox_disk	 disk;
	struct watch_sum	 last;		/* the count at the last walk */
	int64_t			 free0, free_walk, files0, files_walk;
	int64_t			 walk_due, tasks_due;
	int64_t			 memory_last, memory_at;	/* at the last
								   check */
	int			 memory_ms;	/* until the next one at the
						   latest */
	int64_t			 free_last, last_ms;	/* at the last check */
	int			 disk_ms;	/* until the next check */
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
watch_new(const struct sandbox_spec *r)
{
	struct watch *w = xcalloc(1, sizeof(*w));

	w->limits = r->limits;
	w->inside = sandbox_levels[r->level].encloses;
	w->proc_fd = w->shm_fd = -1;
	w->quota_fd = r->quota_dir == NULL ? -1 :
	    open(r->quota_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	w->home_fd = r->quota_dir == NULL ||
	    fs_is_below(r->sandbox_home, r->quota_dir) ? -1 :
	    open(r->sandbox_home, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (r->quota_dir != NULL && r->work != NULL &&
	    fs_is_below(r->work, r->quota_dir) &&
	    strlen(r->work) > strlen(r->quota_dir))
		w->work = xstrdup(r->work + strlen(r->quota_dir) + 1);
	return w;
}

void
watch_begin(struct watch *w, const struct sandbox_spec *r,
    const struct limit_enforcement *k)
{
	int64_t avail;

	w->spare_memory = w->inside && k->memory == ENFORCED_KERNEL;
	w->enforced = k;
	w->counts = r->is_command;
	w->disk = r->disk;
	w->last.bytes = w->disk.bytes;
	w->last.files = w->disk.files;
	if (watch_space(w, &w->free0, &w->files0, &avail) < 0)
		w->free0 = w->files0 = 0;
	w->free_walk = w->free_last = w->free0;
	w->last_ms = clock_mono_ms();
	w->memory_last = 0;
	w->memory_at = w->last_ms;
	w->files_walk = w->files0;
	w->walk_due = clock_mono_ms() + WATCH_WALK_MS;
	if (w->top > 0)
		tasks_skip_others(w->proc_fd, &w->tasks, w->top);
}

void
watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	fs_close(w->quota_fd);
	fs_close(w->home_fd);
	fs_close(w->proc_fd);
	fs_close(w->shm_fd);
	tasks_release(&w->tasks);
	FREE_ALL(w->work, w);
}

void
watch_attach_take(struct watch *w, int proc_fd, int shm_fd, pid_t top)
{
	fs_close(w->proc_fd);
	fs_close(w->shm_fd);
	w->proc_fd = proc_fd;
	w->shm_fd = shm_fd;
	w->top = top;
}

/* List all processes inside, and mark them. */
static int
watch_list(struct watch *w)
{
	size_t i;

	if (w->proc_fd < 0 || tasks_list(w->proc_fd, &w->tasks) < 0)
		return -1;
	if (w->top > 0)
		tasks_mark(&w->tasks, w->top);
	else	/* In a namespace everything; its init if that is the call. */
		for (i = 0; i < w->tasks.len; i++)
			w->tasks.v[i].below = w->top < 0 ||
			    w->tasks.v[i].pid != 1;
	return 0;
}

/* Half of the ms until `left` is used up at the rate of the last `ms`; INT_MAX:
 * nothing was used in them. */
static int
watch_half(int64_t left, int64_t grown, int64_t ms)
{
	double next;

	if (grown <= 0)
		return INT_MAX;
	if (left < 0)
		left = 0;
	next = (double)left / (double)grown * (double)(ms < 1 ? 1 : ms) / 2;
	return next < 1 ? 1 : next > WATCH_LATEST_MS ? WATCH_LATEST_MS :
	    (int)next;
}

/* What it uses now, which may be somewhat less. */
static void
watch_memory_pace(struct watch *w, int64_t used)
{
	int64_t now = clock_mono_ms();

	w->memory_ms = watch_half(w->limits.memory_bytes - used,
	    used - w->memory_last, now - w->memory_at);
	w->memory_last = used;
	w->memory_at = now;
}

static int
watch_by_size(const void *a, const void *b)
{
	const struct task *x = a, *y = b;

	return (x->rss_bytes < y->rss_bytes) - (x->rss_bytes > y->rss_bytes);
}

/* What they use, the largest first, until it is known whether that is more than
 * `most`: a process that is getting memory makes who asks wait. */
static int64_t
watch_exact(struct watch *w, int64_t resident, int64_t most)
{
	int64_t used = resident;
	size_t i;

	MEM_SORT_BY(w->tasks.v, w->tasks.len, watch_by_size);
	for (i = 0; i < w->tasks.len; i++) {
		const struct task *t = &w->tasks.v[i];

		if (used <= most || used - resident > most)
			break;
		if (!t->below)
			continue;
		resident -= t->rss_bytes;
		used += tasks_pss(w->proc_fd, t) - t->rss_bytes;
	}
	return used;
}

static enum watch_verdict
watch_memory(struct watch *w, int64_t resident)
{
	int64_t used, shm = 0;
	struct statfs fs;

	if (w->shm_fd >= 0 && fstatfs(w->shm_fd, &fs) == 0)
		shm = (int64_t)(fs.f_blocks - fs.f_bfree) *
		    (int64_t)fs.f_bsize;
	used = shm + watch_exact(w, resident, w->limits.memory_bytes - shm);
	watch_memory_pace(w, used);
	return used > w->limits.memory_bytes ? WATCH_MEMORY : WATCH_FINE;
}

/* Are processes sampled? RLIMIT_NPROC doesn't limit real root. */
static bool
watch_counts(const struct watch *w)
{
	enum limit_enforced how = w->enforced->pids;

	if (getuid() != 0 || how == ENFORCED_COUNTED)
		return false;
	return !w->inside || how == ENFORCED_SAMPLED;
}

static enum watch_verdict
watch_tasks(struct watch *w)
{
	int64_t resident = 0, pids = 0;
	bool counts = watch_counts(w);
	size_t i;

	if ((w->spare_memory && !counts) || watch_list(w) < 0)
		return WATCH_FINE;
	for (i = 0; i < w->tasks.len; i++) {
		const struct task *t = &w->tasks.v[i];

		if (!t->below)
			continue;
		resident += t->rss_bytes;
		pids += t->threads;
	}
	if (counts && pids > w->limits.pids)
		return WATCH_PIDS;
	return w->spare_memory ? WATCH_FINE : watch_memory(w, resident);
}

static void
watch_walk(const struct watch *w, int fd, int depth, struct watch_sum *s)
{
	AUTO_DIR DIR *d = fs_dir_take(fd);
	struct dirent *de;

	if (d == NULL)
		s->blind = true;
	while ((de = fs_dir_next(&d)) != NULL &&
	    s->files - w->disk.free_files <= w->limits.disk_inodes &&
	    s->bytes - w->disk.free_bytes <= w->limits.disk_bytes) {
		struct stat st;
		int sub;

		if (fstatat(dirfd(d), de->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		s->files++;
		s->bytes += (int64_t)st.st_blocks * 512;
		/* The overlay locks a folder in its work folder; a call can't
		 * get there. */
		if (!S_ISDIR(st.st_mode) || (w->work_ino != 0 &&
		    st.st_ino == w->work_ino))
			continue;
		sub = depth >= WATCH_DEPTH ? -1 :
		    openat(dirfd(d), de->d_name, O_RDONLY | O_DIRECTORY |
		    O_NOFOLLOW | O_CLOEXEC);
		if (sub < 0)
			s->blind = true;
		else
			watch_walk(w, sub, depth + 1, s);
	}
}

/* A deleted file that a process keeps open. */
struct watch_gone {
	dev_t	dev;
	ino_t	ino;
	int64_t	bytes;
};

struct watch_gones {
	struct watch_gone	*v;
	size_t			 len;
};

static int
watch_by_file(const void *a, const void *b)
{
	const struct watch_gone *x = a, *y = b;

	return x->dev != y->dev ? (x->dev > y->dev) - (x->dev < y->dev) :
	    (x->ino > y->ino) - (x->ino < y->ino);
}

/* Add a file, unless it is memory, such as memfd_create's, and takes no
 * disk. */
static void
watch_gone_add(struct watch_gones *g, int fd, dev_t disk)
{
	struct stat st;
	struct statfs fs;

	if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0 ||
	    (st.st_dev != disk && (fs.f_type == TMPFS_MAGIC ||
	    fs.f_type == HUGETLBFS_MAGIC)))
		return;
	*GROW_ADD(g->v, g->len) = (struct watch_gone){ .dev = st.st_dev,
		.ino = st.st_ino, .bytes = (int64_t)st.st_blocks * 512 };
}

/* Add the nameless files of one process; `fd`: its folder in /proc. */
static void
watch_gone_list(struct watch_gones *g, int fd, dev_t disk)
{
	AUTO_DIR DIR *d = fs_dir_take(fd);
	struct dirent *de;
	struct stat st;

	while ((de = fs_dir_next(&d)) != NULL) {
		AUTO_CLOSE int file = -1;

		if (fstatat(dirfd(d), de->d_name, &st, 0) < 0 ||
		    !S_ISREG(st.st_mode) || st.st_nlink > 0)
			continue;
		file = openat(dirfd(d), de->d_name, O_PATH | O_CLOEXEC);
		if (file >= 0)
			watch_gone_add(g, file, disk);
	}
}

/* The blocks of deleted files that the call's processes keep open: each once,
 * however many have it. */
static int64_t
watch_deleted(struct watch *w)
{
	struct watch_gones g = { NULL, 0 };
	int64_t sum = 0;
	struct stat disk;
	size_t i;

	if (fstat(w->quota_fd, &disk) < 0 || watch_list(w) < 0)
		return 0;
	for (i = 0; i < w->tasks.len; i++) {
		char path[64];

		if (!w->tasks.v[i].below)
			continue;
		snprintf(path, sizeof(path), "%d/fd", (int)w->tasks.v[i].via);
		watch_gone_list(&g, openat(w->proc_fd, path, O_RDONLY |
		    O_DIRECTORY | O_CLOEXEC), disk.st_dev);
	}
	MEM_SORT_BY(g.v, g.len, watch_by_file);
	for (i = 0; i < g.len; i++)
		if (i == 0 || watch_by_file(&g.v[i - 1], &g.v[i]) != 0)
			sum += g.v[i].bytes;
	free(g.v);
	return sum;
}

#define PORTS_SOCKETS	4096	/* are looked at, */
#define PORTS_TABLE	((size_t)4 << 20)	/* and bytes of a table */

/* Their numbers, which have 32 bits. */
struct watch_sockets {
	unsigned *v;
	size_t	 len;
};

static int
watch_by_number(const void *a, const void *b)
{
	const unsigned *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The sockets of one process; `fd`: its folder in /proc. */
static void
watch_sockets_list(struct watch_sockets *s, int fd)
{
	AUTO_DIR DIR *d = fs_dir_take(fd);
	struct dirent *de;
	struct stat st;

	while (s->len < PORTS_SOCKETS && (de = fs_dir_next(&d)) != NULL)
		if (fstatat(dirfd(d), de->d_name, &st, 0) == 0 &&
		    S_ISSOCK(st.st_mode)) {
			*GROW_ADD(s->v, s->len) = (unsigned)st.st_ino;
		}
}

/* Add the ports of those of the sockets that listen, by a table of the network of
 * this process; not `own`: take out those of all others. */
static size_t
watch_table(const struct watch *w, pid_t pid, const char *table, bool own,
    const struct watch_sockets *s, unsigned *ports, size_t len, size_t max)
{
	AUTO_BUF struct buf b = BUF_INIT(PORTS_TABLE);
	char path[64], *line, *rest;
	unsigned port, state, ino, *at;

	snprintf(path, sizeof(path), "%d/net/%s", (int)pid, table);
	(void)fs_read_file(w->proc_fd, path, &b, NULL);
	rest = b.p;
	while ((line = strsep(&rest, "\n")) != NULL) {
		/* sl local remote state queues timer retransmits uid timeout
		 * inode; 10: it listens. (sscanf takes the length of all that
		 * follows: so line by line.) */
		if (sscanf(line, "%*s %*[0-9A-F]:%x %*s %x %*s %*s %*s %*s %*s "
		    "%u", &port, &state, &ino) != 3 || state != 10)
			continue;
		if (own != (bsearch(&ino, s->v, s->len, sizeof(ino),
		    watch_by_number) != NULL))
			continue;
		at = lfind(&port, ports, &len, sizeof(port), watch_by_number);
		if (own && at == NULL && len < max)
			ports[len++] = port;
		else if (!own && at != NULL)
			*at = ports[--len];
	}
	return len;
}

size_t
watch_ports(struct watch *w, unsigned *ports, size_t max)
{
	struct watch_sockets s = { NULL, 0 };
	size_t i, n = 0;
	pid_t one = 0;

	if (!w->inside || watch_list(w) < 0)
		return 0;
	for (i = 0; i < w->tasks.len; i++) {
		char path[64];

		if (!w->tasks.v[i].below)
			continue;
		one = w->tasks.v[i].via;
		snprintf(path, sizeof(path), "%d/fd", (int)one);
		watch_sockets_list(&s, openat(w->proc_fd, path, O_RDONLY |
		    O_DIRECTORY | O_CLOEXEC));
	}
	if (s.len > 0) {
		qsort(s.v, s.len, sizeof(*s.v), watch_by_number);
		n = watch_table(w, one, "tcp", true, &s, ports, n, max);
		n = watch_table(w, one, "tcp6", true, &s, ports, n, max);
		/* At 127.0.0.1 the proxy's would answer, or another command's. */
		n = watch_table(w, one, "tcp", false, &s, ports, n, max);
		qsort(ports, n, sizeof(*ports), watch_by_number);
	}
	free(s.v);
	return n;
}

/* How soon to check again, in ms, with `left` bytes free and `grown` used in
 * the last `ms`: after half of the time until the space runs out. */
static int
watch_pace(int64_t left, int64_t grown, int64_t ms)
{
	int half = watch_half(left, grown, ms);

	return half > WATCH_MS ? WATCH_MS : half;
}

/* How much may be written before the next full walk: half of what the limit
 * leaves, within bounds. */
static int64_t
watch_stride(int64_t limit, int64_t used)
{
	int64_t half = (limit - used) / 2;

	return half > limit / 8 ? limit / 8 : half < limit / 64 ? limit / 64 :
	    half;
}

/* Compute when to check again: before the next walk is due. */
static void
watch_disk_pace(struct watch *w, int64_t bytes, int64_t avail)
{
	int64_t now = clock_mono_ms();
	int64_t left = watch_stride(w->limits.disk_bytes, w->last.bytes) -
	    (w->free_walk - bytes);

	if (avail - WATCH_FLOOR < left)
		left = avail - WATCH_FLOOR;
	w->disk_ms = watch_pace(left, w->free_last - bytes, now - w->last_ms);
	w->free_last = bytes;
	w->last_ms = now;
}

static enum watch_verdict
watch_disk(struct watch *w)
{
	struct watch_sum s = { 0, 0, false };
	int64_t bytes, files, avail, now, drop;
	struct stat st;
	int fd;

	if (watch_space(w, &bytes, &files, &avail) < 0)
		return WATCH_FINE;
	drop = w->free0 - bytes;
	if (avail < WATCH_FLOOR && drop > (int64_t)1 << 20)
		return WATCH_FULL;
	now = clock_mono_ms();
	if (!w->counts || (now < w->walk_due && w->free_walk - bytes <=
	    watch_stride(w->limits.disk_bytes, w->last.bytes) &&
	    w->files_walk - files <= watch_stride(w->limits.disk_inodes,
	    w->last.files))) {
		watch_disk_pace(w, bytes, avail);
		return WATCH_FINE;
	}
	fd = openat(w->quota_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return WATCH_FINE;
	if (w->work != NULL && fstatat(fd, w->work, &st,
	    AT_SYMLINK_NOFOLLOW) == 0)
		w->work_ino = st.st_ino;
	watch_walk(w, fd, 0, &s);
	if (w->home_fd >= 0 && (fd = openat(w->home_fd, ".", O_RDONLY |
	    O_DIRECTORY | O_CLOEXEC)) >= 0)
		watch_walk(w, fd, 0, &s);
	s.bytes -= w->disk.free_bytes;
	s.files -= w->disk.free_files;
	w->last = s;
	w->free_walk = bytes;
	w->files_walk = files;
	watch_disk_pace(w, bytes, avail);
	/* The free space can't say whether there are any: others may have
	 * freed as much. */
	if (s.bytes <= w->limits.disk_bytes)
		s.bytes += watch_deleted(w);
	w->walk_due = clock_mono_ms();
	w->walk_due += WATCH_WALK_MS + (w->walk_due - now) * WATCH_BACKOFF;
	if (s.blind && s.bytes < w->disk.bytes + drop)
		s.bytes = w->disk.bytes + drop;
	if (s.blind && w->disk.files + w->files0 - files > s.files)
		s.files = w->disk.files + w->files0 - files;
	if (s.bytes > w->limits.disk_bytes)
		return WATCH_DISK;
	return s.files > w->limits.disk_inodes ? WATCH_INODES : WATCH_FINE;
}

/* The CPU time that checking cost. Counting the wait on a busy machine too
 * would make checks too rare while the processes keep running. */
static int64_t
watch_used_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

enum watch_verdict
watch_check(struct watch *w, int *ms)
{
	int64_t start = watch_used_ms(), now = clock_mono_ms(), cost;
	enum watch_verdict v = WATCH_FINE;

	/* If a disk or the memory fills up fast, check it more often. */
	if (now >= w->tasks_due) {
		w->memory_ms = INT_MAX;
		v = watch_tasks(w);
	}
	w->disk_ms = WATCH_MS;
	if (v == WATCH_FINE)
		v = watch_disk(w);
	cost = (watch_used_ms() - start) * WATCH_BACKOFF;
	if (now >= w->tasks_due || cost > 0) {
		*ms = cost < WATCH_MS ? WATCH_MS :
		    cost > WATCH_LATEST_MS ? WATCH_LATEST_MS : (int)cost;
		/* Many processes make checks slow, and this must not give them
		 * time. */
		if (w->memory_ms < *ms)
			*ms = w->memory_ms;
		w->tasks_due = clock_mono_ms() + *ms;
	} else
		*ms = (int)(w->tasks_due - now);
	if (w->disk_ms < WATCH_MS && w->disk_ms < *ms)
		*ms = w->disk_ms;
	return v;
}
