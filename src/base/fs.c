#include "config.h"

#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"

#define FS_OPEN_TRIES 1000
#define FS_ASIDE	".gone-"	/* the beginning of a name */

int
fs_open_beneath(int dirfd, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		.mode = (flags & O_CREAT) != 0 ? mode & 07777 : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
		    RESOLVE_NO_MAGICLINKS,
	};
	int tries = 0;
	long fd;

	/* EAGAIN: names changed meanwhile; or a lease, which can take long. */
	do {
		fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
	} while (fd < 0 && (errno == EINTR || (errno == EAGAIN &&
	    ++tries < FS_OPEN_TRIES)));
	return (int)fd;
}

int
fs_look(int dirfd, const char *name, struct stat *st, uint64_t *attributes)
{
	struct statx x = { 0 };
	int rc = statx(dirfd, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH,
	    STATX_BASIC_STATS, &x);

	*st = (struct stat){
		.st_dev = makedev(x.stx_dev_major, x.stx_dev_minor),
		.st_ino = x.stx_ino,
		.st_mode = x.stx_mode,
		.st_nlink = x.stx_nlink,
		.st_uid = x.stx_uid,
		.st_gid = x.stx_gid,
		.st_size = (off_t)x.stx_size,
		.st_mtim = { x.stx_mtime.tv_sec, x.stx_mtime.tv_nsec },
		.st_ctim = { x.stx_ctime.tv_sec, x.stx_ctime.tv_nsec },
	};
	*attributes = x.stx_attributes;
	return rc;
}

void
fs_chown_like(int dirfd, int fd)
{
	struct stat st, at;

	/* Someone may have replaced the entry we created. */
	if (geteuid() == 0 && fstat(dirfd, &st) == 0 &&
	    (st.st_uid != 0 || st.st_gid != 0) && fstat(fd, &at) == 0 &&
	    at.st_uid == 0 && (S_ISDIR(at.st_mode) || at.st_nlink == 1))
		(void)!fchownat(fd, "", st.st_uid, st.st_gid, AT_EMPTY_PATH);
}

bool
fs_is_ours(const char *path, const char *folder)
{
	struct stat st, at;

	return lstat(path, &st) == 0 && (st.st_uid == geteuid() ||
	    (stat(folder, &at) == 0 && st.st_uid == at.st_uid));
}

int
fs_open_parent(int dirfd, const char *path, bool make, const char **name)
{
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *dir = NULL;
	char *p;
	int fd;

	*name = slash == NULL ? path : slash + 1;
	if (**name == '\0' || strcmp(*name, ".") == 0 ||
	    strcmp(*name, "..") == 0) {
		errno = EINVAL;
		return -1;
	}
	dir = slash == NULL ? xstrdup(".") :
	    xmemdup(path, (size_t)(slash - path));
	fd = fs_open_beneath(dirfd, dir, O_RDONLY | O_DIRECTORY, 0);
	if (fd >= 0 || errno != ENOENT || !make)
		return fd;
	fd = fs_open_beneath(dirfd, ".", O_RDONLY | O_DIRECTORY, 0);
	for (p = dir; fd >= 0 && p != NULL;) {
		char *next = strchr(p, '/');
		int sub;

		if (next != NULL)
			*next++ = '\0';
		if (*p != '\0') {
			bool made = mkdirat(fd, p, 0777) == 0;

			if (!made && errno != EEXIST)
				sub = -1;
			else
				sub = fs_open_beneath(fd, p,
				    O_RDONLY | O_DIRECTORY, 0);
			if (made && sub >= 0)
				fs_chown_like(fd, sub);
			close(fd);
			fd = sub;
		}
		p = next;
	}
	return fd;
}

bool
fs_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash != NULL)
		*slash = '\0';
	return slash != NULL;
}

DIR *
fs_dir_take(int fd)
{
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	int saved = errno;

	if (d == NULL && fd >= 0 && errno == ENOMEM)
		mem_out();
	if (d == NULL && fd >= 0) {
		close(fd);
		errno = saved;
	}
	return d;
}

DIR *
fs_opendir(const char *path)
{
	DIR *d = opendir(path);

	if (d == NULL && errno == ENOMEM)
		mem_out();
	return d;
}

int
fs_open_plain(const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS,
	};

	return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

char *
fs_realpath(const char *path)
{
	char *real;

	/* Most paths have no link in them; realpath(3) makes a system call for
	 * each component. */
	if (path[0] == '/') {
		AUTO_CLOSE int fd = fs_open_plain(path);

		if (fd >= 0)
			return fs_normalize("/", path);
		if (errno == ENOENT || errno == ENOTDIR)
			return NULL;
	}
	real = realpath(path, NULL);
	if (real == NULL && errno == ENOMEM)
		mem_out();
	return real;
}

bool
fs_is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

void
fs_close_dir_at(DIR **d)
{
	if (*d != NULL)
		closedir(*d);
}

struct dirent *
fs_dir_next(DIR **d)
{
	struct dirent *de;

	if (*d == NULL)
		return NULL;
	do
		de = readdir(*d);
	while (de != NULL && fs_is_dots(de->d_name));
	if (de == NULL) {
		closedir(*d);
		*d = NULL;
	}
	return de;
}

char **
fs_names(int dirfd, size_t most, size_t *n)
{
	AUTO_DIR DIR *d = fs_dir_take(dirfd < 0 ? -1 : openat(dirfd, ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	const struct dirent *de;
	char **v = NULL;

	*n = 0;
	while (*n < most && (de = fs_dir_next(&d)) != NULL) {
		if (de->d_name[0] == '.')
			continue;
		*GROW_ADD(v, *n) = xstrdup(de->d_name);
	}
	MEM_SORT(v, *n);
	return v;
}

int
fs_write_all(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

int
fs_open_regular(int dirfd, const char *path)
{
	struct stat st;
	int fd = fs_open_beneath(dirfd, path, O_RDONLY | O_NONBLOCK, 0);

	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		errno = EISDIR;
		fd = -1;
	}
	return fd;
}

ssize_t
fs_read(int fd, void *p, size_t n)
{
	ssize_t got;

	do {
		got = read(fd, p, n);
	} while (got < 0 && errno == EINTR);
	return got;
}

bool
fs_has_ending(const char *path, const char *const *ends, size_t n)
{
	size_t len = strlen(path), i, end;

	for (i = 0; i < n; i++) {
		end = strlen(ends[i]);
		if (len > end && strcasecmp(path + len - end, ends[i]) == 0)
			return true;
	}
	return false;
}

int
fs_read_all(int fd, struct buf *b)
{
	char chunk[65536];
	ssize_t n;

	for (;;) {
		n = fs_read(fd, chunk, sizeof(chunk));
		if (n < 0)
			return -1;
		if (n == 0)
			return 0;
		if (buf_add(b, chunk, (size_t)n) < 0) {
			errno = EFBIG;
			return -1;
		}
	}
}

int
fs_memory(const void *p, size_t n)
{
	int fd = memfd_create("assent", MFD_CLOEXEC);

	if (n == 0 || (fs_write_all(fd, p, n) == 0 && lseek(fd, 0,
	    SEEK_SET) == 0))
		return fd;
	fs_close(fd);
	return -1;
}

int
fs_memory_read(int fd, struct buf *b)
{
	return lseek(fd, 0, SEEK_SET) < 0 ? -1 : fs_read_all(fd, b);
}

int
fs_read_file(int dirfd, const char *path, struct buf *b, struct err *e)
{
	bool own = dirfd != AT_FDCWD;
	AUTO_CLOSE int fd = -1;
	struct stat st;

	do {
		fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC |
		    (own ? O_NONBLOCK : 0));
	} while (fd < 0 && errno == EINTR);
	if (fd >= 0 && own && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
		errno = EISDIR;
		return err_sys(e, "cannot read %s", path);
	}
	if (fd < 0)
		return err_sys(e, "cannot open %s", path);
	return fs_read_all(fd, b) < 0 ? err_sys(e, "cannot read %s", path) : 0;
}

char *
fs_boot_id(void)
{
	AUTO_BUF struct buf b = BUF_INIT(128);

	return fs_read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", &b,
	    NULL) < 0 ? NULL : xmemdup(b.p, strcspn(buf_str(&b), "\n"));
}

void
fs_close(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
}

#define FS_RUN_MAX 100		/* that stay open meanwhile */

void
fs_close_run(int run[2], int fd)
{
	if (run[0] >= 0 && fd == run[1] + 1 && fd - run[0] < FS_RUN_MAX) {
		run[1] = fd;
		return;
	}
	if (run[0] >= 0)
		(void)syscall(SYS_close_range, run[0], run[1], 0);
	run[0] = run[1] = fd;
}

void
fs_close_at(const int *fd)
{
	fs_close(*fd);
}

int
fs_fsync_dir(int dirfd, const char *path)
{
	AUTO_CLOSE int fd =
	    openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	return fsync(fd);
}

int
fs_open_std_fds(void)
{
	AUTO_CLOSE int fd = -1;

	/* Read-only, so that writing to it fails instead of vanishing. */
	do {
		fd = open("/dev/null", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return -1;
	return 0;
}

int
fs_replace(int dirfd, const char *name, const void *p, size_t n, mode_t mode,
    struct err *e)
{
	AUTO_FREE char *tmp = xasprintf("%s.tmp.%ld", name, (long)getpid());
	const char *slash = strrchr(name, '/');
	AUTO_FREE char *dir = slash == NULL ? xstrdup(".") :
	    xmemdup(name, (size_t)(slash - name) + (slash == name));
	int fd;

	fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
	    O_NOFOLLOW, mode);
	if (fd < 0)
		return err_sys(e, "cannot create %s", tmp);
	if (fs_write_all(fd, p, n) < 0 || fsync(fd) < 0) {
		err_sys(e, "cannot write %s", tmp);
		close(fd);
		unlinkat(dirfd, tmp, 0);
		return -1;
	}
	if (close(fd) < 0 || renameat(dirfd, tmp, dirfd, name) < 0 ||
	    fs_fsync_dir(dirfd, dir) < 0) {
		err_sys(e, "cannot replace %s", name);
		unlinkat(dirfd, tmp, 0);
		return -1;
	}
	return 0;
}

/* 0, or anything else with errno. */
static ssize_t
fs_copy_content(int in, int to, const char *name, const struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	AUTO_CLOSE int out = openat(to, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	char piece[1 << 16];
	ssize_t n;

	if (out < 0)
		return -1;
	while ((n = fs_read(in, piece, sizeof(piece))) > 0)
		if (fs_write_all(out, piece, (size_t)n) < 0)
			return -1;
	return n < 0 || fchmod(out, st->st_mode & 0777) < 0 ? -1 :
	    futimens(out, times);
}

int
fs_copy_file(int from, int to, const char *name, struct err *e)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);
	AUTO_CLOSE int in = -1;
	struct stat st;

	if (n >= 0) {
		target[n] = '\0';
		n = symlinkat(target, to, name);
	} else if ((in = fs_open_regular(from, name)) >= 0 &&
	    fstat(in, &st) == 0)
		n = fs_copy_content(in, to, name, &st);
	return n == 0 ? 0 : err_sys(e, "cannot copy %s", name);
}

/* A file that is gone meanwhile was temporary: no error. */
static int
fs_link_file(int from, int to, const char *name, struct err *e)
{
	return linkat(from, name, to, name, 0) == 0 || errno == ENOENT ? 0 :
	    fs_copy_file(from, to, name, e);
}

int
fs_link_files(const char *from, const char *to, mode_t mode, struct err *e)
{
	AUTO_DIR DIR *d = fs_opendir(from);
	AUTO_CLOSE int tofd = -1;
	struct dirent *de;
	struct stat st;
	int rc = fs_mkdirs(to, mode, e);

	if (rc == 0 && d != NULL && (tofd = open(to, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC)) < 0)
		rc = err_sys(e, "cannot open %s", to);
	while (d != NULL && rc == 0 && (de = readdir(d)) != NULL)
		if (fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) ==
		    0 && S_ISREG(st.st_mode))
			rc = fs_link_file(dirfd(d), tofd, de->d_name, e);
	return rc;
}

int
fs_mkdirs(const char *path, mode_t mode, struct err *e)
{
	AUTO_FREE char *copy = xstrdup(path);
	char *p, c = '/';

	/* Usually only the last is missing, or none. */
	if (mkdir(path, mode) == 0 || errno == EEXIST)
		return 0;
	for (p = copy + 1; c != '\0'; p++) {
		c = *p;
		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(copy, mode) < 0 && errno != EEXIST) {
			int saved = errno;

			if (saved != EROFS || access(copy, F_OK) < 0) {
				errno = saved;
				return err_sys(e, "cannot create the folder %s",
				    copy);
			}
		}
		*p = c;
	}
	return 0;
}

/* Make a folder accessible; a link of this name isn't followed. */
static void
fs_make_accessible(int dirfd_, const char *name)
{
	AUTO_CLOSE int fd = openat(dirfd_, name, O_PATH | O_DIRECTORY |
	    O_NOFOLLOW | O_CLOEXEC);
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd >= 0)
		(void)chmod(path, 0700);
}

/*
 * Depth-first without recursion, with at most two open descriptors: a folder
 * that can't be removed at once is moved up into `top`, so depth never grows.
 */
static int
fs_remove_entries(int top, int fd, unsigned *serial)
{
	AUTO_DIR DIR *d = fs_dir_take(fd);
	struct dirent *de;
	int rc = 0;

	if (d == NULL)
		return -1;
	while (rc == 0 && (de = readdir(d)) != NULL) {
		char up[64];

		if (fs_is_dots(de->d_name))
			continue;
		errno = EISDIR;
		if (de->d_type != DT_DIR && (unlinkat(dirfd(d), de->d_name,
		    0) == 0 || errno == ENOENT))
			continue;
		if (errno != EISDIR && errno != EPERM)
			return -1;
		if (unlinkat(dirfd(d), de->d_name, AT_REMOVEDIR) == 0 ||
		    errno == ENOENT)
			continue;
		fs_make_accessible(dirfd(d), de->d_name);
		do {
			snprintf(up, sizeof(up), ".rm-%u", (*serial)++);
		} while (faccessat(top, up, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
		rc = renameat(dirfd(d), de->d_name, top, up) < 0 &&
		    errno != ENOENT ? -1 : 0;
	}
	return rc;
}

int
fs_remove_tree(int dirfd_, const char *name, struct err *e)
{
	unsigned serial = 0, done = 0;
	AUTO_CLOSE int top = -1;
	int fd, rc;

	if (unlinkat(dirfd_, name, 0) == 0 || errno == ENOENT ||
	    unlinkat(dirfd_, name, AT_REMOVEDIR) == 0)
		return 0;
	fs_make_accessible(dirfd_, name);
	top = openat(dirfd_, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (top < 0)
		return err_sys(e, "cannot remove %s", name);
	/* First the top's own entries, then each folder that was moved up into
	 * it. */
	fd = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = fd < 0 ? -1 : fs_remove_entries(top, fd, &serial);
	for (done = 0; rc == 0 && done < serial; done++) {
		char up[64];

		snprintf(up, sizeof(up), ".rm-%u", done);
		fd = openat(top, up,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)
			continue;
		rc = fd < 0 ? -1 : fs_remove_entries(top, fd, &serial);
		if (rc == 0)
			rc = unlinkat(top, up, AT_REMOVEDIR);
	}
	if (rc == 0)
		rc = unlinkat(dirfd_, name, AT_REMOVEDIR);
	if (rc < 0)
		return err_sys(e, "cannot remove %s", name);
	return 0;
}

int
fs_put_aside(int dirfd_, const char *name, struct err *e)
{
	char aside[32];
	unsigned i = 0;
	int rc;

	do {
		snprintf(aside, sizeof(aside), FS_ASIDE "%u", i++);
		rc = renameat(dirfd_, name, dirfd_, aside);
	} while (rc < 0 && (errno == ENOTEMPTY || errno == EEXIST));
	return rc == 0 ? 1 : errno == ENOENT ? 0 :
	    fs_remove_tree(dirfd_, name, e);
}

static const char *
fs_next_aside(DIR **d)
{
	const struct dirent *de;

	while ((de = fs_dir_next(d)) != NULL &&
	    strncmp(de->d_name, FS_ASIDE, sizeof(FS_ASIDE) - 1) != 0)
		;
	return de == NULL ? NULL : de->d_name;
}

bool
fs_has_aside(int dirfd_)
{
	AUTO_DIR DIR *d = fs_dir_take(openat(dirfd_, ".", O_RDONLY |
	    O_DIRECTORY | O_CLOEXEC));

	return fs_next_aside(&d) != NULL;
}

int
fs_remove_aside(int dirfd_)
{
	AUTO_DIR DIR *d = fs_dir_take(openat(dirfd_, ".", O_RDONLY |
	    O_DIRECTORY | O_CLOEXEC));
	const char *name;
	int rc = d == NULL ? -1 : 0;

	(void)flock(dirfd_, LOCK_EX);
	while ((name = fs_next_aside(&d)) != NULL)
		if (fs_remove_tree(dirfd_, name, NULL) < 0)
			rc = -1;
	return rc;
}

#define FS_DEPTH 200

static int
fs_measure_at(int dirfd_, const char *name, int depth, struct fs_size *s)
{
	AUTO_DIR DIR *d = fs_dir_take(openat(dirfd_, name, O_RDONLY |
	    O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	struct dirent *de;
	struct stat st;
	int rc = 0;

	if (d == NULL || depth > FS_DEPTH)
		return -1;
	while ((de = fs_dir_next(&d)) != NULL) {
		if (fstatat(dirfd(d), de->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) < 0) {
			rc = -1;
			continue;
		}
		/* A fork shares its contents with the other session. */
		s->bytes += (int64_t)st.st_blocks * 512 / (S_ISDIR(
		    st.st_mode) ? 1 : (int64_t)st.st_nlink);
		s->files++;
		if (S_ISDIR(st.st_mode) && fs_measure_at(dirfd(d), de->d_name,
		    depth + 1, s) < 0)
			rc = -1;
	}
	return rc;
}

int
fs_measure(int dirfd_, const char *name, struct fs_size *s)
{
	return fs_measure_at(dirfd_, name, 0, s);
}

char *
fs_join(const char *a, const char *b)
{
	size_t n = strlen(a);

	return xasprintf("%s%s%s", a, n > 0 && a[n - 1] == '/' ? "" : "/", b);
}

char *
fs_normalize(const char *cwd, const char *path)
{
	char *out, *p, *save = NULL;
	size_t len = 0;
	AUTO_FREE char *full =
	    path[0] == '/' ? xstrdup(path) : fs_join(cwd, path);

	out = xmalloc(strlen(full) + 2);
	for (p = strtok_r(full, "/", &save); p != NULL;
	    p = strtok_r(NULL, "/", &save)) {
		size_t n = strlen(p);

		if (strcmp(p, ".") == 0)
			continue;
		if (strcmp(p, "..") == 0) {
			while (len > 0 && out[--len] != '/')
				;
			continue;
		}
		out[len++] = '/';
		memcpy(out + len, p, n);
		len += n;
	}
	if (len == 0)
		out[len++] = '/';
	out[len] = '\0';
	return out;
}

void
fs_unescape_mount(char *s)
{
	char *out = s;

	while (*s != '\0') {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' &&
		    s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
			*out++ = (char)((s[1] - '0') << 6 |
			    (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else
			*out++ = *s++;
	}
	*out = '\0';
}

char *
fs_inside(const char *dir, const char *from, const char *path)
{
	AUTO_FREE char *full = fs_normalize(from, path);
	size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);

	return fs_is_below(full, dir) && full[n] == '/' &&
	    full[n + 1] != '\0' ? xstrdup(full + n + 1) : NULL;
}

bool
fs_is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (strcmp(dir, "/") == 0)
		return path[0] == '/';
	return strncmp(path, dir, n) == 0 &&
	    (path[n] == '\0' || path[n] == '/');
}

int
fs_check_linked(const char *root, const char *path, struct err *e)
{
	AUTO_FREE char *cwd = fs_realpath("."), *top = fs_realpath(root);
	AUTO_FREE char *copy = xstrdup(path), *real = fs_realpath(dirname(copy));
	AUTO_FREE char *name = xstrdup(path), *inside = NULL;
	AUTO_CLOSE int dir = open(root, O_PATH | O_CLOEXEC), fd = -1;

	/* Or is its folder, which the user may name by links of their own? */
	if (cwd != NULL && top != NULL && real != NULL && (inside = fs_inside(
	    top, cwd, path)) == NULL)
		inside = fs_inside(top, real, basename(name));
	if (inside == NULL)
		return 0;
	fd = fs_open_beneath(dir, inside, O_PATH, 0);
	return fd >= 0 || errno != ELOOP ? 0 : err_set(e, "%s is a symlink or "
	    "is reached by one; name what it leads to", path);
}

bool
fs_is_binary(int dirfd, const char *path)
{
	char head[8192];
	struct stat st;
	size_t whole;
	ssize_t n = 0;
	AUTO_CLOSE int fd = fs_open_beneath(dirfd, path, O_RDONLY |
	    O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, 0);

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		n = read(fd, head, sizeof(head));
	if (n <= 0)
		return false;
	/* More may follow: a character may be cut in two. */
	whole = (size_t)n < sizeof(head) ? (size_t)n :
	    utf8_cut(head, (size_t)n, (size_t)n - 1);
	return memchr(head, '\0', (size_t)n) != NULL ||
	    !utf8_is_valid(head, whole);
}

bool
fs_kind_is_known(int fd)
{
	struct statfs st;

	if (fstatfs(fd, &st) < 0)
		return false;
	switch ((unsigned long)st.f_type) {
	case EXT4_SUPER_MAGIC:
	case XFS_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
	case TMPFS_MAGIC:
		return true;
	default:
		return false;
	}
}

/*
 * Is a file the user's own? Only if no one but the user and root can change it;
 * ssh(1) has the same rule.
 */

#define MINE_LINKS 40

/* In a container "/" may belong to another uid, which can do what root can. */
static bool
mine_is_trusted(uid_t uid)
{
	struct stat top;

	return uid == 0 || uid == geteuid() ||
	    (stat("/", &top) == 0 && uid == top.st_uid);
}

/* Is the user alone in this group: the private one that Debian and others make
 * for each user, root's, or that of a container that has no names? */
static bool
mine_is_private(gid_t gid)
{
	const struct group *g = getgrgid(gid);
	const struct passwd *me = getpwuid(geteuid());
	size_t i;

	if (g == NULL)
		return me == NULL && gid == getegid();
	for (i = 0; g->gr_mem[i] != NULL; i++)
		if (me == NULL || strcmp(g->gr_mem[i], me->pw_name) != 0)
			return false;
	return gid == 0 || (me != NULL && me->pw_gid == gid &&
	    strcmp(g->gr_name, me->pw_name) == 0);
}

/* In a sticky folder, users can change only their own files. */
static bool
mine_others_write(const char *path, const struct stat *st, bool last)
{
	struct statvfs fs;

	if ((st->st_mode & 022) == 0 || S_ISLNK(st->st_mode) ||
	    (!last && S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0))
		return false;
	if ((st->st_mode & 002) == 0 && mine_is_private(st->st_gid) &&
	    getxattr(path, "system.posix_acl_access", NULL, 0) <= 0)
		return false;
	/* A volume of Kubernetes is open to all, but read-only. */
	return statvfs(path, &fs) < 0 || (fs.f_flag & ST_RDONLY) == 0;
}

static bool
mine_is_above_home(const char *path)
{
	const struct passwd *me = getpwuid(geteuid());
	AUTO_FREE char *home = me == NULL ? NULL : fs_realpath(me->pw_dir);

	return home != NULL && strcmp(home, path) != 0 &&
	    fs_is_below(home, path);
}

static int
mine_error(const char *path, const char *at, const struct stat *st,
    struct err *e)
{
	const struct passwd *pw = getpwuid(st->st_uid);
	unsigned mode = st->st_mode & 07777;

	if (strcmp(path, at) == 0)
		path = "it";
	if (mine_is_trusted(st->st_uid))
		return err_set(e, "other users can write to %s (mode %04o), so "
		    "%s isn't used. Run: chmod go-w %s", at, mode, path, at);
	return err_set(e, "%s belongs to another user, %s (uid %ld, mode %04o), "
	    "so %s isn't used. Use a folder of your own, or make it yours, "
	    "as root: chown %s%ld %s", at, pw == NULL ?
	    "without a name" : pw->pw_name, (long)st->st_uid, mode, path,
	    S_ISLNK(st->st_mode) ? "-h " : "", (long)geteuid(), at);
}

/* The path with the link `at` replaced by its target; NULL with errno. */
static char *
mine_follow(const char *at, const char *rest)
{
	AUTO_FREE char *to = xmalloc(PATH_MAX + 1), *dir = NULL, *full = NULL;
	ssize_t n = readlink(at, to, PATH_MAX);

	if (n < 0)
		return NULL;
	to[n] = '\0';
	dir = xmemdup(at, (size_t)(strrchr(at, '/') - at) + 1);
	full = xasprintf("%s%s", to, rest);
	return fs_normalize(dir, full);
}

/* Others can't change what is safe, so its folders aren't looked at again. */
static int
mine_keep(char **safe, const char *path, size_t n)
{
	if (n > 1)
		FREE_SET(*safe, xmemdup(path, n));
	return 0;
}

int
fs_check_own(const char *path, struct err *e)
{
	AUTO_FREE char *cwd = path[0] == '/' ? NULL : getcwd(NULL, 0);
	AUTO_FREE char *full = fs_normalize(cwd == NULL ? "/" : cwd, path);
	AUTO_FREE char *all = xstrdup(full);
	static char *safe;	/* a folder without links that was looked at */
	size_t n = 1, above = 1, links = 0;

	if (path[0] != '/' && cwd == NULL)
		return err_sys(e, "can't find the current folder");
	if (safe != NULL && fs_is_below(full, safe)) {
		above = strlen(safe);
		n = above + (all[above] != '\0');
		n += strcspn(all + n, "/");
	}
	for (;;) {
		AUTO_FREE char *at = xmemdup(all, n);
		bool last = all[n] == '\0';
		struct stat st;

		if (lstat(at, &st) < 0)
			return errno != ENOENT ? err_sys(e,
			    "cannot look at %s", at) : mine_keep(&safe, all,
			    links == 0 ? above : 0);
		if ((!mine_is_trusted(st.st_uid) ||
		    mine_others_write(at, &st, last)) &&
		    !mine_is_above_home(at))
			return mine_error(full, at, &st, e);
		if (S_ISLNK(st.st_mode)) {
			char *to = ++links > MINE_LINKS ? NULL :
			    mine_follow(at, all + n);

			if (to == NULL)
				return err_set(e, "cannot follow the link %s",
				    at);
			free(all);
			all = to;
			n = 1;
		} else if (last)
			return mine_keep(&safe, all, links == 0 ? above : 0);
		else {
			above = n;
			n += (n > 1) + strcspn(all + n + (n > 1), "/");
		}
	}
}
