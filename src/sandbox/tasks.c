/*
 * A process can end between listing and reading: skip anything unreadable. A
 * process chooses its name in /proc/N/stat, so fields are counted from the last
 * ")".
 */
#include "config.h"

#include "sandbox/tasks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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
	while (len < size - 1 &&
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
	long long rss, user, sys, waited_user, waited_sys;
	int ppid, threads;
	int64_t tick = 1000000 / sysconf(_SC_CLK_TCK);

	/* state ppid pgrp session tty tpgid flags minflt cminflt majflt
	 * cmajflt utime stime cutime cstime priority nice threads itreal
	 * start vsize rss */
	if (p == NULL || sscanf(p + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u "
	    "%*u %lld %lld %lld %lld %*d %*d %d %*d %*u %*u %lld", &t->state,
	    &ppid, &user, &sys, &waited_user, &waited_sys, &threads,
	    &rss) != 8)
		return -1;
	snprintf(t->name, sizeof(t->name), "%.*s", name == NULL || name > p ?
	    0 : (int)(p - name - 1), name + 1);
	t->used_us = (user + sys) * tick;
	t->reaped_us = (waited_user + waited_sys) * tick;
	t->ppid = ppid;
	t->threads = threads;
	t->rss_bytes = rss * sysconf(_SC_PAGESIZE);
	t->below = false;
	return 0;
}

/* The first thread has ended, others go on: what it shared with them is to be
 * read by one of those. */
static void
tasks_look_on(int proc_fd, struct task *t)
{
	char path[64], text[1024];
	struct task other = { .via = 0 };
	struct dirent *de;
	DIR *d;

	snprintf(path, sizeof(path), "%d/task", (int)t->pid);
	d = fs_dir_take(openat(proc_fd, path, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC));
	while (d != NULL && t->via == t->pid && (de = readdir(d)) != NULL) {
		pid_t tid = (pid_t)strtol(de->d_name, NULL, 10);

		if (tid <= 0 || tid == t->pid || tasks_read(proc_fd, tid,
		    "stat", text, sizeof(text)) < 0 ||
		    tasks_parse(text, &other) < 0 || other.state == 'Z')
			continue;
		t->via = tid;
		t->state = other.state;
		t->rss_bytes = other.rss_bytes;
	}
	if (d != NULL)
		closedir(d);
}

static bool
tasks_is_still(char state)
{
	/* Of a child that /proc hides, nothing is known. */
	return state == '\0' || strchr("TtZXx", state) != NULL;
}

/* Any thread of this one that goes on? */
static bool
tasks_has_moving(int proc_fd, const struct task *t)
{
	char path[64], text[1024];
	struct task other = { .via = 0 };
	bool moving = false;
	struct dirent *de;
	DIR *d;

	snprintf(path, sizeof(path), "%d/task", (int)t->pid);
	d = fs_dir_take(openat(proc_fd, path, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC));
	while (d != NULL && !moving && (de = readdir(d)) != NULL) {
		pid_t tid = (pid_t)strtol(de->d_name, NULL, 10);

		moving = tid > 0 && tasks_read(proc_fd, tid, "stat", text,
		    sizeof(text)) >= 0 && tasks_parse(text, &other) == 0 &&
		    !tasks_is_still(other.state);
	}
	if (d != NULL)
		closedir(d);
	return moving;
}

bool
tasks_stand_still(const struct tasks *l)
{
	AUTO_CLOSE int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t i;

	for (i = 0; i < l->len; i++)
		if (l->v[i].below && (!tasks_is_still(l->v[i].state) ||
		    (l->v[i].threads > 1 && tasks_has_moving(proc, &l->v[i]))))
			return false;
	return true;
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

static int
tasks_by_pid(const void *a, const void *b)
{
	const struct task_id *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

void
tasks_skip_others(int proc_fd, struct tasks *l, pid_t top)
{
	AUTO_DIR DIR *d = tasks_open(proc_fd);
	struct task_id t;

	l->others_len = 0;
	while (d != NULL && (t.pid = tasks_next(d, &t.ino)) > 0) {
		/* 1: the kernel couldn't say. */
		if (t.pid == top || t.ino <= 1)
			continue;
		GROW(l->others, l->others_len);
		l->others[l->others_len++] = t;
	}
	if (l->others_len > 0)
		qsort(l->others, l->others_len, sizeof(*l->others),
		    tasks_by_pid);
}

static bool
tasks_is_other(const struct tasks *l, pid_t pid, uint64_t ino)
{
	const struct task_id key = { .pid = pid }, *t = l->others_len == 0 ?
	    NULL : bsearch(&key, l->others, l->others_len, sizeof(key),
	    tasks_by_pid);

	return t != NULL && t->ino == ino;
}

int
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
		GROW(l->v, l->len);
		l->v[l->len++] = t;
	}
	return 0;
}

void
tasks_release(struct tasks *l)
{
	free(l->v);
	free(l->others);
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

size_t
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
		size_t i = 0;

		/* The last may have been cut. */
		if (*end == '\0')
			return;
		while (i < l->len && l->v[i].pid != (pid_t)pid)
			i++;
		if (i < l->len)
			continue;
		GROW(l->v, l->len);
		l->v[l->len++] = (struct task) { .pid = (pid_t)pid,
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

int64_t
tasks_pss(int proc_fd, const struct task *t)
{
	char text[4096], *p;

	if (tasks_read(proc_fd, t->via, "smaps_rollup", text,
	    sizeof(text)) < 0 || (p = strstr(text, "\nPss:")) == NULL)
		return t->rss_bytes;
	return strtoll(p + 5, NULL, 10) * 1024;
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
