/* What glibc declares and musl 1.2.3 doesn't; included before each file. */
#ifndef ASSENT_MUSL_H
#define ASSENT_MUSL_H

#define _GNU_SOURCE 1
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/stat.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* musl.c: the tests wrap them. */
int	statx(int dir, const char *path, int flags, unsigned mask, struct statx *);
int	renameat2(int from, const char *old, int to, const char *new, unsigned flags);

static inline int
close_range(unsigned first, unsigned last, int flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

/* The tests use it. */
static inline int
scandirat(int dir, const char *path, struct dirent ***list,
    int (*select)(const struct dirent *),
    int (*compare)(const struct dirent **, const struct dirent **))
{
	char at[4096];

	if (dir == AT_FDCWD)
		return scandir(path, list, select, compare);
	(void)snprintf(at, sizeof(at), "/proc/self/fd/%d/%s", dir, path);
	return scandir(at, list, select, compare);
}

#endif
