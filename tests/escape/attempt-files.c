/*
 * Files and folders by their names: to read what is hidden, to write what is
 * not the stage's, to make what the reader of a stage could mistake.
 */
#include "config.h"

#include "tests/escape/attempt.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define FILES_WHITEOUT 4u	/* RENAME_WHITEOUT */

ATTEMPT(read, path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	ssize_t n;
	char c;

	if (fd < 0)
		return errno;
	n = read(fd, &c, 1);
	return n < 0 ? errno : n == 0 ? ENODATA : 0;
}

ATTEMPT(write, path)
{
	return attempt_sys(open(path, O_WRONLY));
}

ATTEMPT(create, path)
{
	return attempt_sys(open(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
}

ATTEMPT(stat, path)
{
	struct stat st;

	return attempt_sys(stat(path, &st));
}

ATTEMPT(unlink, path)
{
	return attempt_sys(unlink(path));
}

ATTEMPT(rename, path)
{
	return attempt_sys(rename(path, "moved-away"));
}

ATTEMPT(link, path)
{
	return attempt_sys(link(path, "linked"));
}

ATTEMPT(chmod, path)
{
	return attempt_sys(chmod(path, 0777));
}

/* To the mode that it has: to be let is enough. */
ATTEMPT(rechmod, path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	return attempt_sys(chmod(path, st.st_mode & 07777));
}

ATTEMPT(utime, path)
{
	struct timespec t[2] = { { 1, 0 }, { 1, 0 } };

	return attempt_sys(utimensat(AT_FDCWD, path, t, 0));
}

ATTEMPT(setxattr, path)
{
	return attempt_sys(setxattr(path, "user.assent-escape", "x", 1, 0));
}

ATTEMPT(removexattr, path)
{
	return attempt_sys(removexattr(path, "user.assent-escape"));
}

ATTEMPT(truncate, path)
{
	return attempt_sys(truncate(path, 0));
}

ATTEMPT(chown, path)
{
	return attempt_sys(chown(path, 1, 1));
}

/* A file capability: any program that runs it gets it. */
ATTEMPT(setcap, path)
{
	static const unsigned char cap[20] = { 1, 0, 0, 2, 0xff };

	return attempt_sys(setxattr(path, "security.capability", cap,
	    sizeof(cap), 0));
}

ATTEMPT(list, path)
{
	DIR *d = opendir(path);
	struct dirent *de;
	int n = 0;

	if (d == NULL)
		return errno;
	while ((de = readdir(d)) != NULL)
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0 &&
		    strcmp(de->d_name, "ptmx") != 0)
			n++;
	closedir(d);
	return n == 0 ? ATTEMPT_CLEAN : ATTEMPT_LEAK;
}

ATTEMPT(readlink, path)
{
	char to[64];

	return attempt_sys(readlink(path, to, sizeof(to)));
}

ATTEMPT(through, path)
{
	(void)unlink("way-out");
	if (symlink(path, "way-out") < 0)
		return errno;
	return try_read("way-out");
}

ATTEMPT(loop, v)
{
	(void)v;
	if (symlink("loop-b", "loop-a") < 0 || symlink("loop-a", "loop-b") < 0)
		return errno;
	return try_read("loop-a");
}

ATTEMPT(mknod, kind)
{
	if (strcmp(kind, "whiteout") == 0)
		return attempt_sys(mknod("node", S_IFCHR | 0600,
		    makedev(0, 0)));
	return attempt_sys(mknod("node", (strcmp(kind, "block") == 0 ?
	    S_IFBLK : S_IFCHR) | 0600, makedev(1, 3)));
}

/* A rename that leaves the mark of a deletion. */
ATTEMPT(whiteout, path)
{
	return attempt_sys(syscall(SYS_renameat2, AT_FDCWD, path, AT_FDCWD,
	    "whited", FILES_WHITEOUT));
}

/* The test also looks at what reached the layer. */
ATTEMPT(overlay_mark, name)
{
	char full[64];

	(void)mkdir("forged", 0700);
	snprintf(full, sizeof(full), "user.overlay.%s", name);
	return attempt_sys(setxattr("forged", full, "y", 1, 0));
}

ATTEMPT(opaque, dir)
{
	if (mkdir(dir, 0700) < 0)
		return errno;
	return attempt_sys(setxattr(dir, "user.overlay.opaque", "y", 1, 0));
}

ATTEMPT(trusted, dir)
{
	return attempt_sys(setxattr(dir, "trusted.overlay.opaque", "y", 1, 0));
}

/* Two names of one file of the project; a write through the new one. */
ATTEMPT(link_write, path)
{
	int fd;

	(void)unlink("second-name");
	if (link(path, "second-name") < 0)
		return errno;
	fd = open("second-name", O_WRONLY | O_APPEND);
	return fd < 0 ? errno : attempt_sys(write(fd, "more\n", 5));
}

ATTEMPT(tmpfile, to)
{
	int fd = open(".", O_TMPFILE | O_RDWR, 0600);
	char from[64];

	if (fd < 0)
		return errno;
	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	return attempt_sys(linkat(AT_FDCWD, from, AT_FDCWD, to,
	    AT_SYMLINK_FOLLOW));
}

ATTEMPT(inotify, path)
{
	return attempt_sys(inotify_add_watch(inotify_init1(IN_CLOEXEC), path,
	    IN_OPEN | IN_ACCESS));
}

/* A user may have 128 on the whole machine, a sandbox half of them. */
ATTEMPT(inotifies, count)
{
	long left = strtol(count, NULL, 10);

	while (left-- > 0)
		if (inotify_init1(IN_CLOEXEC) < 0)
			return errno;
	return 0;
}

/* The machine has a few thousand terminals. */
ATTEMPT(terminals, count)
{
	long left = strtol(count, NULL, 10);

	while (left-- > 0)
		if (open("/dev/ptmx", O_RDWR | O_NOCTTY) < 0)
			return errno;
	return 0;
}

/* Without waiting for a reader: whose would it be? */
ATTEMPT(fifo, path)
{
	int fd = open(path, O_WRONLY | O_NONBLOCK);

	return fd < 0 ? errno : attempt_sys(write(fd, "x", 1));
}

ATTEMPT(fanotify, path)
{
	int fd = fanotify_init(FAN_CLASS_NOTIF, O_RDONLY);

	return fd < 0 ? errno : attempt_sys(fanotify_mark(fd, FAN_MARK_ADD |
	    FAN_MARK_MOUNT, FAN_OPEN, AT_FDCWD, path));
}

ATTEMPT(flock, path)
{
	int fd = open(path, O_RDONLY), rc;

	if (fd < 0)
		return errno;
	rc = attempt_sys(flock(fd, LOCK_EX | LOCK_NB));
	/* Two worlds try it at once: what the other has, could be had here. */
	return rc == EAGAIN ? attempt_sys(0) : rc;
}

/* A process that opens the file for writing then waits for the holder. */
ATTEMPT(lease, path)
{
	int fd = open(path, *path == '/' ? O_RDONLY : O_RDONLY | O_CREAT, 0600);

	return fd < 0 ? errno : attempt_sys(fcntl(fd, F_SETLEASE, F_RDLCK));
}

/* Access mode 3: no right to either comes with it, only the file. */
ATTEMPT(open_neither, path)
{
	return attempt_sys(open(path, O_ACCMODE | O_NONBLOCK));
}

/* The first disk that there is. */
ATTEMPT(disk, v)
{
	DIR *d = opendir("/sys/block");
	struct dirent *de;
	int error = ENOENT;

	(void)v;
	while (d != NULL && error != 0 && (de = readdir(d)) != NULL) {
		char path[300];

		if (de->d_name[0] == '.' || strncmp(de->d_name, "loop", 4) == 0
		    || strncmp(de->d_name, "ram", 3) == 0)
			continue;
		snprintf(path, sizeof(path), "/dev/%s", de->d_name);
		error = try_read(path);
	}
	if (d != NULL)
		closedir(d);
	return error;
}

/* Standard output by its name: a file there could be opened from its start. */
ATTEMPT(reopen, v)
{
	int fd = open("/proc/self/fd/1", O_RDWR | O_NONBLOCK);
	struct stat st;

	(void)v;
	if (fd < 0)
		return errno;
	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) ? ATTEMPT_SANDBOXED :
	    ATTEMPT_LEAK;
}

/* Two files under one number, by turns. */
struct swap {
	int	 own, other;
	int	 done;
};

#define SWAP_FD		100
#define SWAP_TIMES	200

static void *
swap_thread(void *arg)
{
	struct swap *s = arg;

	while (!__atomic_load_n(&s->done, __ATOMIC_RELAXED)) {
		(void)dup3(s->other, SWAP_FD, O_CLOEXEC);
		(void)dup3(s->own, SWAP_FD, O_CLOEXEC);
		/* With a single processor, leave time to the broker. */
		(void)sched_yield();
	}
	return NULL;
}

/* Whoever looks twice at a descriptor may see the one and change the other. */
ATTEMPT(swap_chmod, path)
{
	struct swap s = { .other = open(path, O_PATH | O_CLOEXEC) };
	struct stat before, after;
	pthread_t t;
	int i, error = errno;

	if (s.other < 0)
		return error;
	s.own = open("swapped", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s.own < 0 || fstat(s.other, &before) < 0 ||
	    pthread_create(&t, NULL, swap_thread, &s) != 0)
		return errno;
	for (i = 0; i < SWAP_TIMES; i++)
		(void)fchmod(SWAP_FD, 0646);
	__atomic_store_n(&s.done, 1, __ATOMIC_RELAXED);
	(void)pthread_join(t, NULL);
	if (fstat(s.other, &after) < 0)
		return errno;
	return after.st_mode == before.st_mode ? ATTEMPT_CLEAN : ATTEMPT_LEAK;
}

/* Its extended attributes, of which a file may have none. */
ATTEMPT(attributes, path)
{
	ssize_t n = listxattr(path, NULL, 0);

	return n < 0 ? errno : 0;
}
