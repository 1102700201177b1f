/*
 * A caller's memory, descriptors and files. Everything of it is opened by its
 * thread's number, which may be another process's a moment later: broker_is_on
 * says that it still waits for us.
 *
 * A file is the payload's to change if it lies beneath one of the roots. The
 * kernel says where a descriptor's file is; opening that place again, beneath
 * the root and through no symlink, must lead to the same inode.
 */
#include "config.h"

#include "sandbox/broker-priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

#define TARGET_PAGE 4096

bool
broker_is_on(const struct broker_call *c)
{
	uint64_t id = c->id;

	return ioctl(c->b->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

int
broker_open(const struct broker_call *c, const char *name, int flags)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)c->pid, name);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!broker_is_on(c)) {
		close(fd);
		return -EINTR;
	}
	return fd;
}

/* As much as is there, at most n; 0 or -errno if nothing is. */
static ssize_t
broker_read_some(struct broker_call *c, uint64_t at, void *p, size_t n)
{
	ssize_t got;

	if (c->mem < 0)
		c->mem = broker_open(c, "mem", O_RDONLY);
	if (c->mem < 0)
		return -EACCES;	/* it doesn't let itself be seen */
	got = pread(c->mem, p, n, (off_t)at);
	return got <= 0 ? -EFAULT : got;
}

int
broker_read(struct broker_call *c, uint64_t at, void *p, size_t n)
{
	char *to = p;

	while (n > 0) {
		ssize_t got = broker_read_some(c, at, to, n);

		if (got < 0)
			return (int)got;
		at += (uint64_t)got;
		to += got;
		n -= (size_t)got;
	}
	return 0;
}

int
broker_read_string(struct broker_call *c, uint64_t at, char *p, size_t size)
{
	size_t len = 0;

	while (len < size) {
		/* The page behind the last byte may not be there. */
		size_t n = TARGET_PAGE - (size_t)((at + len) % TARGET_PAGE);
		ssize_t got;

		got = broker_read_some(c, at + len, p + len,
		    n < size - len ? n : size - len);
		if (got < 0)
			return (int)got;
		if (memchr(p + len, '\0', (size_t)got) != NULL)
			return 0;
		len += (size_t)got;
	}
	return -ENAMETOOLONG;
}

/* Landlock lets us write no other process than those of the payload, even if the
 * caller has died, and its number is another's. */
int
broker_write(const struct broker_call *c, uint64_t at, const void *p, size_t n)
{
	struct iovec from = { (void *)(uintptr_t)p, n };
	struct iovec to = { (void *)(uintptr_t)at, n };
	ssize_t done = process_vm_writev(c->pid, &from, 1, &to, 1, 0);

	if (done < 0 && errno != EFAULT)
		return -EOPNOTSUPP;	/* a container's profile refuses it */
	return done == (ssize_t)n ? 0 : -EFAULT;
}

char *
broker_name(int fd, char out[BROKER_NAME])
{
	(void)snprintf(out, BROKER_NAME, "/proc/self/fd/%d", fd);
	return out;
}

static int
broker_openat2(int dirfd, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = flags | O_PATH | O_CLOEXEC, .resolve = resolve,
	};
	long fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

/* Is this still what lies at `path` beneath the root? */
static bool
broker_is_at(const struct broker_root *r, const char *path,
    const struct stat *want)
{
	struct stat st;
	bool same;
	int fd;

	while (*path == '/')
		path++;
	fd = broker_openat2(r->fd, *path == '\0' ? "." : path, O_NOFOLLOW,
	    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	if (fd < 0)
		return false;
	same = fstat(fd, &st) == 0 && st.st_dev == want->st_dev &&
	    st.st_ino == want->st_ino;
	close(fd);
	return same;
}

/* 0, or -errno: it isn't the payload's. */
static int
broker_check(const struct broker *b, int fd)
{
	char name[BROKER_NAME], path[PATH_MAX];
	struct stat st;
	ssize_t n;
	bool gone;
	size_t i;

	if (fstat(fd, &st) < 0)
		return -errno;
	n = readlink(broker_name(fd, name), path, sizeof(path) - 1);
	if (n <= 0 || S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		return -EACCES;
	path[n] = '\0';
	/* One without a name keeps the last, which nobody outside could have
	 * moved beneath the root. */
	gone = st.st_nlink == 0 && S_ISREG(st.st_mode);
	for (i = 0; i < b->roots_len; i++)
		if (fs_is_below(path, b->roots[i].path) && (gone ||
		    broker_is_at(&b->roots[i], path + b->roots[i].len, &st)))
			return 0;
	return -EACCES;
}

static int
broker_checked_take(const struct broker *b, int fd)
{
	int rc = fd < 0 ? fd : broker_check(b, fd);

	if (rc < 0 && fd >= 0)
		close(fd);
	return rc < 0 ? rc : fd;
}

int
broker_file(struct broker_call *c, int fd)
{
	char name[32];
	int file;

	(void)snprintf(name, sizeof(name), "fd/%d", fd);
	file = fd < 0 ? -EBADF : broker_open(c, name, O_PATH);
	if (file < 0)
		return file == -ENOENT ? -EBADF : file;
	return broker_checked_take(c->b, file);
}

/* The number in a path that names a descriptor of the caller's own, or -1. */
static int
broker_own_descriptor(const struct broker_call *c, const char *path)
{
	static const char *const names[] = {
		"/proc/self/fd/", "/proc/thread-self/fd/", "/dev/fd/",
	};
	AUTO_FREE char *own = xasprintf("/proc/%d/fd/", (int)c->pid);
	const char *digits = NULL;
	size_t i;

	for (i = 0; i < MEM_COUNT(names); i++)
		if (strncmp(path, names[i], strlen(names[i])) == 0)
			digits = path + strlen(names[i]);
	if (strncmp(path, own, strlen(own)) == 0)
		digits = path + strlen(own);
	if (digits == NULL || *digits == '\0' || strlen(digits) > 7 ||
	    strspn(digits, "0123456789") != strlen(digits))
		return -1;
	return (int)strtol(digits, NULL, 10);
}

int
broker_path_of(struct broker_call *c, int dirfd, const char *path, int flags)
{
	bool follow = (flags & AT_SYMLINK_NOFOLLOW) == 0;
	char name[32];
	int base, fd;

	if (*path == '\0' && (flags & AT_EMPTY_PATH) == 0)
		return -ENOENT;
	if (*path == '\0' && dirfd != AT_FDCWD)
		return broker_file(c, dirfd);
	fd = broker_own_descriptor(c, path);
	if (fd >= 0)
		return follow ? broker_file(c, fd) : -EACCES;
	(void)snprintf(name, sizeof(name), "fd/%d", dirfd);
	base = *path == '/' ? open("/", O_PATH | O_CLOEXEC) :
	    broker_open(c, dirfd == AT_FDCWD ? "cwd" : name, O_PATH);
	if (base < 0)
		return base == -ENOENT ? -EBADF : -EACCES;
	fd = broker_openat2(base, *path == '\0' ? "." : path, follow ? 0 :
	    O_NOFOLLOW, RESOLVE_NO_MAGICLINKS);
	close(base);
	return broker_checked_take(c->b, fd);
}

int
broker_path(struct broker_call *c, int dirfd, uint64_t at, int flags)
{
	char path[PATH_MAX];
	int rc = broker_read_string(c, at, path, sizeof(path));

	return rc < 0 ? rc : broker_path_of(c, dirfd, path, flags);
}

uint64_t
broker_inode(const struct broker_call *c, int fd)
{
	char name[64], text[64];
	unsigned long long inode;
	ssize_t n;

	(void)snprintf(name, sizeof(name), "/proc/%d/fd/%d", (int)c->pid, fd);
	n = fd < 0 ? -1 : readlink(name, text, sizeof(text) - 1);
	if (n < 0 || !broker_is_on(c))
		return 0;
	text[n] = '\0';
	return sscanf(text, "socket:[%llu]", &inode) == 1 ? inode : 0;
}
