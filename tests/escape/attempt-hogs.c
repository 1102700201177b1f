/*
 * Too much of something: each asks for a bounded amount, or ends with the call.
 * And what does not want to end with it.
 */
#include "config.h"

#include "tests/escape/attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HOG_MIB ((size_t)1 << 20)
#define HOG_EXCHANGE 2u		/* RENAME_EXCHANGE */

static size_t
hog_size(const char *mib)
{
	return (size_t)strtol(mib, NULL, 10) * HOG_MIB;
}

/* Long enough for a check every few milliseconds. */
static int
hog_stay(void)
{
	sleep(20);
	return 0;
}

ATTEMPT(memory, mib)
{
	size_t n = hog_size(mib);
	char *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return p == MAP_FAILED ? errno : hog_stay();
}

/* The same, in six processes. */
ATTEMPT(memories, mib)
{
	int i;

	for (i = 0; i < 6; i++)
		if (fork() == 0)
			_exit(try_memory(mib));
	return hog_stay();
}

static void *
hog_rest(void *mib)
{
	_exit(try_memory(mib));
}

/* In a process whose first thread has ended. */
ATTEMPT(headless, mib)
{
	pthread_t t;
	char *copy = strdup(mib);
	int error = copy == NULL ? ENOMEM :
	    pthread_create(&t, NULL, hog_rest, copy);

	if (error == 0)
		pthread_exit(NULL);
	return error;
}

/* Long enough to be seen by a check every few milliseconds. */
static int
hog_moment(void)
{
	usleep(150000);
	return 0;
}

/* Shared pages that no process has mapped any more, but the mapping has. */
ATTEMPT(left_pages, mib)
{
	size_t n = hog_size(mib);
	char *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED || madvise(p, n, MADV_DONTNEED) < 0)
		return errno;
	return hog_moment();
}

/* Nothing in it, but tables to say so: one page for each 2 MiB of nothing. */
ATTEMPT(tables, mib)
{
	size_t n = hog_size(mib) * 512, at;
	volatile const char *p = mmap(NULL, n, PROT_READ, MAP_PRIVATE |
	    MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return errno;
	(void)madvise((void *)(uintptr_t)p, n, MADV_NOHUGEPAGE);
	for (at = 0; at < n; at += 2 * HOG_MIB)
		(void)p[at];
	return hog_moment();
}

/* Sent, and not received. */
ATTEMPT(buffers, mib)
{
	size_t left = hog_size(mib);
	static char chunk[65536];

	while (left > 0) {
		int pair[2];
		ssize_t n;

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
		    pair) < 0)
			return errno;
		while (left > 0 && (n = write(pair[0], chunk,
		    sizeof(chunk))) > 0)
			left -= (size_t)n < left ? (size_t)n : left;
	}
	return hog_moment();
}

/* A file of its own, filled. */
ATTEMPT(fill, path)
{
	static char chunk[1 << 16];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600), error;

	if (fd < 0)
		return errno;
	signal(SIGXFSZ, SIG_IGN);
	while (write(fd, chunk, sizeof(chunk)) > 0)
		;
	error = errno;
	(void)unlink(path);
	return error;
}

/* Written and no name left. */
ATTEMPT(unlinked, mib)
{
	static char chunk[1 << 16];
	size_t left = hog_size(mib);
	int fd = -1, k;
	char name[32];

	for (k = 0; left > 0; left -= sizeof(chunk)) {
		if (left % (8 * HOG_MIB) == 0) {
			snprintf(name, sizeof(name), "gone-%d", k++);
			fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
			(void)unlink(name);
		}
		if (write(fd, chunk, sizeof(chunk)) < 0)
			return errno;
	}
	return hog_stay();
}

ATTEMPT(inodes, count)
{
	long left = strtol(count, NULL, 10);
	char name[32];

	while (left-- > 0) {
		snprintf(name, sizeof(name), "inode-%ld", left);
		if (mknod(name, S_IFREG | 0600, 0) < 0)
			return errno;
	}
	return hog_stay();
}

ATTEMPT(sparse, gib)
{
	off_t n = (off_t)strtol(gib, NULL, 10) << 30;
	int fd = open("sparse", O_WRONLY | O_CREAT, 0600);

	signal(SIGXFSZ, SIG_IGN);
	return fd < 0 ? errno : attempt_sys(ftruncate(fd, n));
}

ATTEMPT(fallocate, gib)
{
	off_t n = (off_t)strtol(gib, NULL, 10) << 30;
	int fd = open("reserved", O_WRONLY | O_CREAT, 0600);

	signal(SIGXFSZ, SIG_IGN);
	return fd < 0 ? errno : attempt_sys(fallocate(fd, 0, 0, n));
}

/* Each child does as its parent. `mark` is for the test, which looks for our
 * processes. */
ATTEMPT(bomb, mark)
{
	while (mark != NULL)
		(void)fork();
	return 0;
}

ATTEMPT(sessions, mark)
{
	while (mark != NULL)
		if (fork() == 0)
			(void)setsid();
	return 0;
}

/* Each process has ended before it is listed with its parent. */
ATTEMPT(orphans, mark)
{
	while (mark != NULL)
		if (fork() == 0 && fork() > 0)
			_exit(0);
	return 0;
}

static void *
hog_thread(void *arg)
{
	pause();
	return arg;
}

ATTEMPT(threads, count)
{
	long left = strtol(count, NULL, 10);
	pthread_attr_t small;
	pthread_t t;
	int error = 0;

	pthread_attr_init(&small);
	(void)pthread_attr_setstacksize(&small, 65536);
	while (left-- > 0 && error == 0)
		error = pthread_create(&t, &small, hog_thread, NULL);
	return error != 0 ? error : hog_stay();
}

/* Start processes that stay, until one is refused; then wait, so that the
 * watcher counts them. */
ATTEMPT(forks, count)
{
	int left = (int)strtol(count, NULL, 10), error = 0;
	pid_t pid = 0;

	while (left-- > 0 && (pid = fork()) > 0)
		;
	if (pid == 0)
		pause();
	if (pid < 0)
		error = errno;
	else
		sleep(10);
	return error;
}

/* Left behind, with all signals blocked that can be. */
static _Noreturn void
hog_daemon(void)
{
	int sig;

	for (sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_IGN);
	(void)setsid();
	for (;;)
		pause();
}

ATTEMPT(daemon, mark)
{
	pid_t pid = fork();

	(void)mark;
	if (pid == 0) {
		if (fork() != 0)
			_exit(0);
		hog_daemon();
	}
	return attempt_sys(pid);
}

/* A brother, not a child. */
ATTEMPT(brother, mark)
{
	long pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL,
	    NULL, NULL);

	(void)mark;
	if (pid == 0)
		hog_daemon();
	return attempt_sys(pid);
}

/* Orphans become children of this process, not of the one that should kill
 * them. */
ATTEMPT(reaper, mark)
{
	pid_t pid = fork();

	(void)mark;
	if (pid == 0) {
		prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
		if (fork() == 0 && fork() == 0)
			hog_daemon();
		hog_daemon();
	}
	return attempt_sys(pid);
}

/* A folder and a symlink change places as long as this lives. */
ATTEMPT(swap, to)
{
	pid_t pid;

	if ((mkdir("swapped", 0700) < 0 || symlink(to, "swapping") < 0) &&
	    errno != EEXIST)
		return errno;
	pid = fork();
	if (pid == 0)
		for (;;)
			(void)syscall(SYS_renameat2, AT_FDCWD, "swapped",
			    AT_FDCWD, "swapping", HOG_EXCHANGE);
	return attempt_sys(pid);
}
