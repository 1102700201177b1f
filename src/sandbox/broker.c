/*
 * Receives calls, finds who performs them, answers. One call is served at a
 * time, and none may block: the process that serves them also has to end what
 * the payload started.
 */

#include "config.h"

#include "sandbox/broker.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/limits.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>
#include <utime.h>

#include <seccomp.h>

#include "base/fdpass.h"
#include "base/fs.h"
#include "base/mem.h"
#include "sandbox/sandbox-limits.h"
#include "sandbox/sys.h"
#include "sandbox/tasks.h"

#define BROKER_OPEN	4096	/* sockets that we hold at most: as many as one
				   process can have open */

#define BROKER_LOOK	20000	/* descriptors, in one look */

/* The first version of Landlock that confines signals and abstract sockets. */
#define BROKER_SCOPED	6

#define TARGET_PAGE 4096

/* Is the call still waiting, so that `pid` is still the same process? Ask after
 * opening anything of it, before using that. */
static bool
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

/* Read at most n bytes, as many as there are; 0 or -errno if there is
 * nothing. */
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

/* Copy from the caller's memory. 0 or -errno. */
static int
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
		/* The next page may not be mapped. */
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
	AUTO_CLOSE int fd = -1;

	while (*path == '/')
		path++;
	fd = broker_openat2(r->fd, *path == '\0' ? "." : path, O_NOFOLLOW,
	    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	return fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == want->st_dev &&
	    st.st_ino == want->st_ino;
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
	/* A deleted file's link still shows its last path, and no process
	 * outside could have moved that beneath the root. */
	gone = st.st_nlink == 0 && S_ISREG(st.st_mode);
	/* The copy is the first. */
	for (i = b->reads ? 1 : 0; i < b->roots_len; i++)
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

/* The file of a descriptor of the caller's, if the payload may write it: an
 * O_PATH descriptor, owned by the caller. */
static int
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

/* The same, by a path that was read. */
static int
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

/* The inode of a socket of the caller's, 0 if that is something else. */
static uint64_t
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

/* Modes, owners and times; and truncate, where landlock doesn't know it. */

/* The result of a system call; closes the file, unless it is an error of
 * ours. */
static int64_t
file_done_take(int fd, int rc)
{
	int64_t result = rc < 0 ? -errno : rc;

	close(fd);
	return result;
}

static int64_t
file_chmod_take(int fd, uint64_t mode)
{
	char name[BROKER_NAME];

	return fd < 0 ? fd : file_done_take(fd, chmod(broker_name(fd, name),
	    (mode_t)mode & 07777));
}

static int64_t
file_chown_take(int fd, uint64_t uid, uint64_t gid)
{
	return fd < 0 ? fd : file_done_take(fd, fchownat(fd, "", (uid_t)uid,
	    (gid_t)gid, AT_EMPTY_PATH));
}

/* `ts` NULL: now. */
static int64_t
file_times_take(int fd, const struct timespec *ts)
{
	return fd < 0 ? fd : file_done_take(fd, utimensat(fd, "", ts,
	    AT_EMPTY_PATH));
}

/* ---- modes ---- */

static int64_t
broker_chmod(struct broker_call *c)
{
	return file_chmod_take(broker_path(c, AT_FDCWD, c->args[0], 0),
	    c->args[1]);
}

static int64_t
broker_fchmod(struct broker_call *c)
{
	return file_chmod_take(broker_file(c, (int)c->args[0]), c->args[1]);
}

static int64_t
broker_fchmodat(struct broker_call *c)
{
	return file_chmod_take(broker_path(c, (int)c->args[0], c->args[1], 0),
	    c->args[2]);
}

static int64_t
broker_fchmodat2(struct broker_call *c)
{
	return file_chmod_take(broker_path(c, (int)c->args[0], c->args[1],
	    (int)c->args[3]), c->args[2]);
}

/* ---- owners ---- */

static int64_t
broker_chown(struct broker_call *c)
{
	return file_chown_take(broker_path(c, AT_FDCWD, c->args[0], 0),
	    c->args[1], c->args[2]);
}

static int64_t
broker_lchown(struct broker_call *c)
{
	return file_chown_take(broker_path(c, AT_FDCWD, c->args[0],
	    AT_SYMLINK_NOFOLLOW), c->args[1], c->args[2]);
}

static int64_t
broker_fchown(struct broker_call *c)
{
	return file_chown_take(broker_file(c, (int)c->args[0]), c->args[1],
	    c->args[2]);
}

static int64_t
broker_fchownat(struct broker_call *c)
{
	return file_chown_take(broker_path(c, (int)c->args[0], c->args[1],
	    (int)c->args[4]), c->args[2], c->args[3]);
}

/* ---- times ---- */

/* From an array of two of struct timeval. */
static int64_t
file_timevals(struct broker_call *c, int dirfd, uint64_t path, uint64_t at)
{
	struct timespec ts[2];
	struct timeval tv[2];
	int i, rc;

	if (at == 0)
		return file_times_take(broker_path(c, dirfd, path, 0), NULL);
	rc = broker_read(c, at, tv, sizeof(tv));
	if (rc < 0)
		return rc;
	for (i = 0; i < 2; i++) {
		if (tv[i].tv_usec < 0 || tv[i].tv_usec >= 1000000)
			return -EINVAL;
		ts[i].tv_sec = tv[i].tv_sec;
		ts[i].tv_nsec = tv[i].tv_usec * 1000;
	}
	return file_times_take(broker_path(c, dirfd, path, 0), ts);
}

static int64_t
broker_utime(struct broker_call *c)
{
	struct timespec ts[2] = { 0 };
	struct utimbuf u;
	int rc;

	if (c->args[1] == 0)
		return file_times_take(broker_path(c, AT_FDCWD, c->args[0],
		    0), NULL);
	rc = broker_read(c, c->args[1], &u, sizeof(u));
	if (rc < 0)
		return rc;
	ts[0].tv_sec = u.actime;
	ts[1].tv_sec = u.modtime;
	return file_times_take(broker_path(c, AT_FDCWD, c->args[0], 0), ts);
}

static int64_t
broker_utimes(struct broker_call *c)
{
	return file_timevals(c, AT_FDCWD, c->args[0], c->args[1]);
}

static int64_t
broker_futimesat(struct broker_call *c)
{
	return file_timevals(c, (int)c->args[0], c->args[1], c->args[2]);
}

static int64_t
broker_utimensat(struct broker_call *c)
{
	struct timespec ts[2];
	int fd, rc = 0;

	if (c->args[2] != 0)
		rc = broker_read(c, c->args[2], ts, sizeof(ts));
	if (rc < 0)
		return rc;
	fd = c->args[1] == 0 ? broker_file(c, (int)c->args[0]) :
	    broker_path(c, (int)c->args[0], c->args[1], (int)c->args[3]);
	return file_times_take(fd, c->args[2] == 0 ? NULL : ts);
}

/* ---- size ---- */

static int64_t
broker_truncate(struct broker_call *c)
{
	char name[BROKER_NAME];
	int64_t size = (int64_t)c->args[1];
	struct stat st;
	int fd;

	if (size < 0)
		return -EINVAL;
	if (size > c->b->file_max)
		return -EFBIG;
	fd = broker_path(c, AT_FDCWD, c->args[0], 0);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return -EINVAL;
	}
	return file_done_take(fd, truncate(broker_name(fd, name), size));
}

/*
 * Signals, where landlock doesn't keep them in (before version 6): only to what
 * this process is an ancestor of.
 */

/* The processes below this one. */
static void
signal_list(struct tasks *l)
{
	if (tasks_list_below(l) < 0)
		l->len = 0;
}

static bool
signal_is_below(const struct tasks *l, pid_t pid)
{
	size_t i;

	for (i = 0; i < l->len; i++)
		if (l->v[i].pid == pid)
			return l->v[i].below;
	return false;
}

static int64_t
signal_one(pid_t pid, int sig)
{
	AUTO(tasks_release) struct tasks l = { 0 };
	AUTO_CLOSE int fd = sys_pidfd_open(pid);

	if (fd < 0)
		return errno == EINVAL ? -ESRCH : -errno;
	/* A process in the list still has its number, or is dead. */
	signal_list(&l);
	return !signal_is_below(&l, pid) ? -EPERM :
	    sys_pidfd_kill(fd, sig) < 0 ? -errno : 0;
}

static int64_t
signal_group(pid_t group, int sig)
{
	AUTO(tasks_release) struct tasks l = { 0 };
	int64_t rc = -ESRCH;
	size_t i;

	signal_list(&l);
	for (i = 0; i < l.len; i++)
		if (l.v[i].below && getpgid(l.v[i].pid) == group &&
		    kill(l.v[i].pid, sig) == 0)
			rc = 0;
	return rc;
}

static int64_t
broker_kill(struct broker_call *c)
{
	pid_t pid = (pid_t)c->args[0];
	int sig = (int)c->args[1];

	if (pid > 0)
		return signal_one(pid, sig);
	if (pid == -1)
		return -EPERM;
	return signal_group(pid == 0 ? getpgid(c->pid) : -pid, sig);
}

/* A thread of a process below. */
static int64_t
signal_thread(struct broker_call *c, pid_t group, pid_t thread, int sig)
{
	AUTO(tasks_release) struct tasks l = { 0 };

	if (group <= 0 || thread <= 0)
		return -EINVAL;
	signal_list(&l);
	if (!signal_is_below(&l, group) || !broker_is_on(c))
		return -EPERM;
	return syscall(SYS_tgkill, group, thread, sig) < 0 ? -errno : 0;
}

static int64_t
broker_tgkill(struct broker_call *c)
{
	return signal_thread(c, (pid_t)c->args[0], (pid_t)c->args[1],
	    (int)c->args[2]);
}

/* Only to a process's first thread: libc uses tgkill for the others. */
static int64_t
broker_tkill(struct broker_call *c)
{
	return signal_thread(c, (pid_t)c->args[0], (pid_t)c->args[0],
	    (int)c->args[1]);
}

/* At the limit a fork fails: a fork bomb is faster than we can list and kill
 * its processes. All arguments are in registers, so the kernel may continue the
 * call. */
int64_t
broker_fork(struct broker_call *c)
{
	return forks_allow(&c->b->forks, c->pid) ? BROKER_CONTINUE : -EAGAIN;
}

/*
 * Sockets. We make each, so we know it by its inode, and hold it until it
 * listens or is connected; later calls on it need no permission. An internet
 * socket is tied to the loopback device, which a process without capabilities
 * cannot undo, and connects only to sockets that we made. Datagrams carry an
 * address that a filter cannot see, so such sockets aren't made at all.
 * Abstract names belong to the whole host, and are refused.
 *
 * What the payload has closed we may still hold: we let go of it when the same
 * address is wanted again, or when we hold too many.
 */

#define BROKER_SOCKETS	12288	/* that are remembered; more than are held and
				   have ports */
#define BROKER_PORTS	4096	/* that they take of the host's */

#define PORT_LISTENS	0x0a	/* TCP_LISTEN */

struct port {
	bool		 six;
	unsigned	 addr[4];	/* as the kernel prints it */
	unsigned	 port, state;
	unsigned long long inode;
};

static struct broker_socket *broker_socket_find(const struct broker *b,
    uint64_t inode);
static void	broker_socket_sweep(struct broker *b);

static bool
port_parse(const char *line, bool six, struct port *p)
{
	memset(p, 0, sizeof(*p));
	p->six = six;
	if (six)
		return sscanf(line, " %*u: %8x%8x%8x%8x:%x %*[^ ] %x %*s %*s "
		    "%*s %*s %*s %llu", &p->addr[0], &p->addr[1], &p->addr[2],
		    &p->addr[3], &p->port, &p->state, &p->inode) == 7;
	return sscanf(line, " %*u: %8x:%x %*[^ ] %x %*s %*s %*s %*s %*s %llu",
	    &p->addr[3], &p->port, &p->state, &p->inode) == 4;
}

/* Would a connection to this address find it? */
static bool
port_covers(const struct port *p, const struct port *want)
{
	static const unsigned any[4];

	if (p->state != PORT_LISTENS || p->port != want->port)
		return false;
	if (!p->six)
		return !want->six &&
		    (p->addr[3] == 0 || p->addr[3] == want->addr[3]);
	if (memcmp(p->addr, any, sizeof(any)) == 0)
		return true;
	if (want->six)
		return memcmp(p->addr, want->addr, sizeof(any)) == 0;
	/* ::ffff:a.b.c.d */
	return p->addr[0] == 0 && p->addr[1] == 0 &&
	    p->addr[2] == htonl(0xffff) &&
	    (p->addr[3] == 0 || p->addr[3] == want->addr[3]);
}

/* Is the listed socket this one? The inode alone is no proof: after 2^32 others
 * the kernel gives the number of a closed one again. */
static bool
port_is(const struct broker_socket *s, const struct port *p)
{
	if (s->at.family != (p->six ? AF_INET6 : AF_INET) ||
	    ntohs(s->at.four.sin_port) != p->port)
		return false;
	return p->six ? memcmp(&s->at.six.sin6_addr, p->addr, sizeof(p->addr)) ==
	    0 : s->at.four.sin_addr.s_addr == p->addr[3];
}

/* Search one list of sockets. *ours: one of the payload accepts a connection to
 * `want`. False if another program's socket may accept it, or if the list can't
 * be read. */
static bool
port_look(const struct broker *b, const char *list, bool six,
    const struct port *want, bool *ours)
{
	FILE *f = fopen(list, "re");
	const struct broker_socket *s;
	bool alone = true;
	char line[512];
	struct port p;

	/* A host without IPv6 has no second list. */
	if (f == NULL)
		return six && errno == ENOENT;
	while (alone && fgets(line, sizeof(line), f) != NULL) {
		/* The first line has titles. Sockets that listen come first. */
		if (!port_parse(line, six, &p))
			continue;
		if (p.state != PORT_LISTENS)
			break;
		if (!port_covers(&p, want))
			continue;
		s = broker_socket_find(b, p.inode);
		if (s == NULL || !port_is(s, &p))
			alone = false;
		else if (!six || want->six || !s->six)
			*ours = true;
	}
	alone = alone && ferror(f) == 0;
	(void)fclose(f);
	return alone;
}

/* Would the payload's own server accept a connection to this address? */
static bool
broker_port_is_ours(const struct broker *b, const struct sockaddr_storage *ss)
{
	const struct sockaddr_in *in = (const void *)ss;
	const struct sockaddr_in6 *in6 = (const void *)ss;
	struct port want = { .six = ss->ss_family == AF_INET6 };
	bool ours = false;

	want.port = ntohs(want.six ? in6->sin6_port : in->sin_port);
	if (want.six)
		memcpy(want.addr, &in6->sin6_addr, sizeof(want.addr));
	else
		memcpy(&want.addr[3], &in->sin_addr, sizeof(want.addr[3]));
	if (!want.six && (int)want.port == b->port &&
	    in->sin_addr.s_addr == htonl(INADDR_LOOPBACK))
		return true;
	return port_look(b, "/proc/self/net/tcp", false, &want, &ours) &&
	    port_look(b, "/proc/self/net/tcp6", true, &want, &ours) && ours;
}

/* ---- how many ---- */

static size_t
port_count(const struct broker *b)
{
	size_t n = 0;

	MEM_EACH(b, sockets, socket)
		n += socket->at.family != 0;
	return n;
}

/* Is the port free? A bind without SO_REUSEADDR fails if any socket has it. */
static bool
port_is_free(const struct broker_socket *s)
{
	AUTO_CLOSE int fd = socket(s->domain, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo",
	    3) == 0 && bind(fd, &s->at.any, s->domain == AF_INET6 ?
	    sizeof(s->at.six) : sizeof(s->at.four)) == 0;
}

/* May the payload take one more port? If not, EADDRINUSE, as if none were
 * free. */
static bool
broker_port_allows(struct broker *b)
{
	if (port_count(b) < BROKER_PORTS)
		return true;
	broker_socket_sweep(b);
	MEM_EACH(b, sockets, s) {
		if (s->at.family != 0 && port_is_free(s))
			s->at.family = 0;
	}
	return port_count(b) < BROKER_PORTS;
}

/* It has been bound, or listens. */
static void
broker_port_take(struct broker_socket *s)
{
	socklen_t n = sizeof(s->at);
	int on = 0;

	s->bound = true;
	if (s->domain != AF_INET && s->domain != AF_INET6)
		return;
	if (getsockname(s->fd, &s->at.any, &n) < 0)
		memset(&s->at, 0, sizeof(s->at));
	n = sizeof(on);
	s->six = s->domain == AF_INET6 && (getsockopt(s->fd, IPPROTO_IPV6,
	    IPV6_V6ONLY, &on, &n) < 0 || on != 0);
}

#define SOCKET_TYPE	0xf	/* without the flags */
#define SOCKET_SOON_US	5000
#define SOCKET_MADE_MS	100	/* below the second after which TCP tries again */
#define SOCKET_QUEUE	4096	/* of a server, at least; the host may allow less */

static struct broker_socket *
broker_socket_find(const struct broker *b, uint64_t inode)
{
	size_t i;

	for (i = b->sockets_len; i > 0; i--)
		if (b->sockets[i - 1].inode == inode)
			return &b->sockets[i - 1];
	return NULL;
}

static void
socket_release(struct broker_socket *s)
{
	fs_close(s->fd);
	s->fd = -1;
}

static void
socket_forget(struct broker *b, struct broker_socket *s)
{
	socket_release(s);
	b->sockets_len--;
	memmove(s, s + 1, (size_t)(b->sockets + b->sockets_len - s) *
	    sizeof(*s));
}

static size_t
socket_held(const struct broker *b)
{
	size_t n = 0;

	MEM_EACH(b, sockets, socket)
		n += socket->fd >= 0;
	return n;
}

/* May the payload have one more? We may still hold sockets that it has
 * closed. */
static bool
socket_allows(struct broker *b)
{
	if (socket_held(b) >= b->open_max)
		broker_socket_sweep(b);
	return socket_held(b) < b->open_max;
}

/* Forget the oldest socket that no longer matters: we don't hold it, and it has
 * no port, which would count. */
static void
socket_make_room(struct broker *b)
{
	size_t i = 0;

	while (i < b->sockets_len && (b->sockets[i].fd >= 0 ||
	    b->sockets[i].at.family != 0))
		i++;
	if (b->sockets_len == BROKER_SOCKETS && i < b->sockets_len)
		socket_forget(b, &b->sockets[i]);
}

static void
socket_remember_take(struct broker *b, int domain, int fd)
{
	struct broker_socket *s;
	struct stat st;

	if (fstat(fd, &st) < 0) {
		close(fd);
		return;
	}
	socket_make_room(b);
	s = GROW_ADD(b->sockets, b->sockets_len);
	s->inode = st.st_ino;
	s->domain = domain;
	s->fd = fd;
	s->six = domain == AF_INET6;
}

int
broker_give(const struct broker *b, uint64_t id, int fd, bool cloexec)
{
	struct seccomp_notif_addfd a = {
		.id = id, .srcfd = (uint32_t)fd,
		.newfd_flags = cloexec ? O_CLOEXEC : 0,
	};
	int n = ioctl(b->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &a);

	return n < 0 ? -errno : n;
}

static int64_t
broker_socket(struct broker_call *c)
{
	int domain = (int)c->args[0], type = (int)c->args[1];
	int kind = type & SOCKET_TYPE, fd, given;
	bool inet = domain == AF_INET || domain == AF_INET6;

	if (domain != AF_NETLINK && kind != SOCK_STREAM &&
	    (inet || kind != SOCK_SEQPACKET))
		return -EACCES;
	if (!socket_allows(c->b))
		return -EMFILE;
	fd = socket(domain, type | SOCK_CLOEXEC, (int)c->args[2]);
	if (fd < 0)
		return -errno;
	if (inet && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) < 0)
		given = -EACCES;
	else
		given = broker_give(c->b, c->id, fd, (type & SOCK_CLOEXEC) != 0);
	if (given < 0)
		close(fd);
	else
		socket_remember_take(c->b, domain, fd);
	return given;
}

/* The address in the caller's memory, whose length is its second argument. */
static int
socket_address(struct broker_call *c, struct sockaddr_storage *ss,
    socklen_t *len)
{
	uint64_t n = c->args[2];

	memset(ss, 0, sizeof(*ss));
	if (n < sizeof(sa_family_t) || n > sizeof(*ss))
		return -EINVAL;
	*len = (socklen_t)n;
	return broker_read(c, c->args[1], ss, (size_t)n);
}

/* The path in an address, terminated; NULL if there is none. */
static const char *
socket_path(const struct sockaddr_storage *ss, socklen_t len, char *out)
{
	const struct sockaddr_un *un = (const void *)ss;
	size_t n = len - offsetof(struct sockaddr_un, sun_path);

	if (len <= offsetof(struct sockaddr_un, sun_path) ||
	    len > sizeof(*un) || un->sun_path[0] == '\0')
		return NULL;
	memcpy(out, un->sun_path, n);
	out[n] = '\0';
	return out;
}

mode_t
broker_umask(const struct broker_call *c)
{
	char text[1024], *p = NULL;
	AUTO_CLOSE int fd = broker_open(c, "status", O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n > 0) {
		text[n] = '\0';
		p = strstr(text, "\nUmask:");
	}
	return p == NULL ? 077 : (mode_t)strtoul(p + 7, NULL, 8) & 0777;
}

/* Landlock, which restricts us as it does the caller, decides where. The kernel
 * resolves the path, so it must mean the same for us. */
static int64_t
socket_bind_path(struct broker_call *c, int fd, const char *path,
    const struct sockaddr_storage *ss, socklen_t len)
{
	AUTO_CLOSE int cwd = -1;

	if (strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/dev/fd/", 8) == 0)
		return -EACCES;
	cwd = broker_open(c, "cwd", O_PATH | O_DIRECTORY);
	if (cwd < 0)
		return -EACCES;
	if (fchdir(cwd) < 0)
		return -errno;
	(void)umask(broker_umask(c));
	return bind(fd, (const struct sockaddr *)ss, len) < 0 ? -errno : 0;
}

/* Show the descriptors of one process. False: more than *left. */
static bool
broker_visit_fds_of(struct broker *b, pid_t pid, broker_look_fn *look,
    size_t *left)
{
	char path[64], text[64];
	struct dirent *de;
	ssize_t n;
	AUTO_DIR DIR *d = NULL;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	d = fs_opendir(path);
	while ((de = fs_dir_next(&d)) != NULL && *left > 0) {
		--*left;
		n = readlinkat(dirfd(d), de->d_name, text, sizeof(text) - 1);
		text[n < 0 ? 0 : n] = '\0';
		look(b, pid, de->d_name, text);
	}
	return *left > 0;
}

bool
broker_visit_fds(struct broker *b, broker_look_fn *look)
{
	AUTO(tasks_release) struct tasks l = { 0 };
	size_t left = BROKER_LOOK, i;

	if (tasks_list_below(&l) < 0)
		return false;
	for (i = 0; i < l.len; i++)
		if (l.v[i].below &&
		    !broker_visit_fds_of(b, l.v[i].via, look, &left))
			return false;
	return true;
}

static void
socket_mark(struct broker *b, pid_t pid UNUSED, const char *fd UNUSED,
    const char *link)
{
	unsigned long long inode;
	struct broker_socket *s;

	if (sscanf(link, "socket:[%llu]", &inode) == 1 &&
	    (s = broker_socket_find(b, inode)) != NULL)
		s->used = true;
}

/* A socket on its way between processes, or in one that can't be inspected, is
 * taken for closed: it can no longer listen or be connected. */
static void
broker_socket_sweep(struct broker *b)
{
	MEM_EACH(b, sockets, socket)
		socket->used = false;
	if (!broker_visit_fds(b, socket_mark))
		return;
	MEM_EACH(b, sockets, it)
		if (!it->used)
			socket_release(it);
}

/* The name may be in use by a socket that only the broker still holds open. */
static int
socket_bind_name(struct broker *b, const struct broker_socket *s,
    struct sockaddr_storage *ss, socklen_t len)
{
	const struct sockaddr *sa = (const struct sockaddr *)ss;

	/* The kernel ties the socket to this device instead, even where it then
	 * refuses the address. */
	if (ss->ss_family == AF_INET6)
		((struct sockaddr_in6 *)(void *)ss)->sin6_scope_id = 0;
	if (bind(s->fd, sa, len) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return -errno;
	broker_socket_sweep(b);
	return bind(s->fd, sa, len) < 0 ? -errno : 0;
}

static int64_t
broker_bind(struct broker_call *c)
{
	struct broker_socket *s = broker_socket_find(c->b, broker_inode(c,
	    (int)c->args[0]));
	char buf[sizeof(struct sockaddr_un)];
	struct sockaddr_storage ss;
	const char *path;
	socklen_t len;
	int64_t rc = socket_address(c, &ss, &len);

	if (rc < 0)
		return rc;
	if (s == NULL)
		return -EACCES;
	if (s->fd < 0 || s->bound || (ss.ss_family != s->domain &&
	    ss.ss_family != AF_UNSPEC))
		return -EINVAL;
	if (s->domain == AF_UNIX) {
		path = socket_path(&ss, len, buf);
		rc = path == NULL ? -EACCES :
		    socket_bind_path(c, s->fd, path, &ss, len);
	} else if (s->domain != AF_NETLINK && !broker_port_allows(c->b))
		return -EADDRINUSE;
	else
		rc = socket_bind_name(c->b, s, &ss, len);
	if (rc == 0)
		broker_port_take(s);
	/* libc makes one for each look-up, and never listens. */
	if (rc == 0 && s->domain == AF_NETLINK)
		socket_release(s);
	return rc;
}

/* Listen, also on a socket without a port, to which the kernel gives one. */
static int64_t
broker_listen(struct broker_call *c)
{
	uint64_t inode = broker_inode(c, (int)c->args[0]);
	struct broker_socket *s = broker_socket_find(c->b, inode);

	if (inode == 0)
		return -ENOTSOCK;
	/* One of a pair. */
	if (s == NULL || s->connected)
		return -EINVAL;
	/* shutdown() may have ended the listening, which we can't start
	 * again. */
	if (s->listens)
		return s->at.family == 0 || broker_port_is_ours(c->b,
		    (const struct sockaddr_storage *)&s->at) ? 0 : -EINVAL;
	if (s->fd < 0)
		return -EACCES;
	/* The kernel may have chosen it a name, in a connection that failed. */
	if (s->domain == AF_UNIX && !s->bound)
		return -EINVAL;
	if (s->domain != AF_UNIX && !s->bound &&
	    !broker_port_allows(c->b))
		return -EADDRINUSE;
	/* Connections can't wait for room in it (socket_made). */
	if (listen(s->fd, s->domain == AF_UNIX ? (int)c->args[1] :
	    SOCKET_QUEUE) < 0)
		return -errno;
	broker_port_take(s);
	s->listens = true;
	socket_release(s);
	return 0;
}

/* ---- connections ---- */

/* 127.0.0.0/8 and ::1. The unspecified address means this host; an IPv4 address
 * in IPv6 becomes the former. False: it isn't the loopback's. */
static bool
socket_loopback(struct sockaddr_storage *ss, struct sockaddr_storage *plain)
{
	struct sockaddr_in6 *in6 = (void *)ss;
	struct sockaddr_in *in = (void *)plain;

	*plain = *ss;
	if (ss->ss_family == AF_INET6 &&
	    IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr))
		((struct sockaddr_in6 *)(void *)plain)->sin6_addr =
		    in6addr_loopback;
	else if (ss->ss_family == AF_INET6 &&
	    IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		memset(plain, 0, sizeof(*plain));
		in->sin_family = AF_INET;
		in->sin_port = in6->sin6_port;
		memcpy(&in->sin_addr, &in6->sin6_addr.s6_addr[12], 4);
	}
	if (plain->ss_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(
		    &((struct sockaddr_in6 *)(void *)plain)->sin6_addr);
	if (in->sin_addr.s_addr == htonl(INADDR_ANY))
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return (ntohl(in->sin_addr.s_addr) >> 24) == 127;
}

/* 0, or why it may not be connected to. */
static int
socket_allow_inet(struct broker_call *c, struct sockaddr_storage *ss,
    socklen_t len)
{
	struct sockaddr_in6 *in6 = (void *)ss;
	struct sockaddr_storage plain;
	struct sockaddr_in *in = (void *)&plain;

	if (len < (ss->ss_family == AF_INET ? sizeof(struct sockaddr_in) :
	    offsetof(struct sockaddr_in6, sin6_scope_id)))
		return -EINVAL;
	if (!socket_loopback(ss, &plain))
		return -ENETUNREACH;
	/* For 0.0.0.0 the kernel would take the device's first address, and for
	 * :: an IPv4 one if the socket is bound to such. */
	if (ss->ss_family == plain.ss_family)
		*ss = plain;
	else
		memcpy(&in6->sin6_addr.s6_addr[12], &in->sin_addr, 4);
	return broker_port_is_ours(c->b, &plain) ? 0 : -ECONNREFUSED;
}

static void
socket_alarm(int sig UNUSED)
{
}

/* A call that would wait ends with EINTR, and again every 5 ms: whether it blocks
 * is the payload's choice, which it can change at any time. */
static void
socket_alarm_set(bool on)
{
	const struct sigaction wakes = { .sa_handler = socket_alarm };
	const struct itimerval soon = { { 0, SOCKET_SOON_US },
		{ 0, SOCKET_SOON_US } }, never = { 0 };

	(void)sigaction(SIGALRM, &wakes, NULL);
	(void)setitimer(ITIMER_REAL, on ? &soon : &never, NULL);
}

/* connect(2), but not for long: with EINTR the connection is still being made. */
static int
socket_connect_soon(int fd, const struct sockaddr_storage *ss, socklen_t len)
{
	int rc;

	socket_alarm_set(true);
	rc = connect(fd, (const struct sockaddr *)ss, len) < 0 ? errno : 0;
	socket_alarm_set(false);
	return rc;
}

/* Is it still being made? The kernel would go on trying for minutes, in which the
 * server may close and a program of the host take its port. */
static bool
socket_is_pending(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	uint8_t state;	/* the first of struct tcp_info */
	socklen_t n = sizeof(state);

	(void)poll(&p, 1, SOCKET_MADE_MS);
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &state, &n) < 0 ||
	    state == TCP_SYN_SENT || state == TCP_SYN_RECV;
}

/* The kernel's answer to a connection that was begun. */
static int
socket_made(int fd, int rc)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };
	socklen_t n = sizeof(rc);

	if (socket_is_pending(fd)) {
		(void)connect(fd, &none, sizeof(none));
		return ECONNREFUSED;
	}
	if (rc == EINTR && getsockopt(fd, SOL_SOCKET, SO_ERROR, &rc, &n) < 0)
		rc = errno;
	return rc;
}

/* One to a server whose queue is full fails. */
static int64_t
socket_connect(struct broker_call *c, struct broker_socket *s,
    const struct sockaddr_storage *ss, socklen_t len)
{
	int rc = socket_connect_soon(s->fd, ss, len);

	if (rc == EINTR && s->domain == AF_UNIX)
		rc = EAGAIN;
	else if (rc == EINTR || rc == EINPROGRESS)
		rc = socket_made(s->fd, rc);
	if ((rc != 0 && rc != EINPROGRESS) || ss->ss_family == AF_UNSPEC)
		return -rc;
	/* If the payload has closed its descriptor, this is the last one, and
	 * the close may linger. */
	socket_alarm_set(true);
	socket_release(s);
	socket_alarm_set(false);
	s->connected = true;
	if (!s->bound)
		socket_forget(c->b, s);
	return -rc;
}

static int64_t
socket_connect_path(struct broker_call *c, struct broker_socket *s,
    const char *path)
{
	struct sockaddr_storage ss = { .ss_family = AF_UNIX };
	AUTO_CLOSE int fd = broker_path_of(c, AT_FDCWD, path, 0);

	if (fd < 0)
		return fd;
	(void)broker_name(fd, ((struct sockaddr_un *)(void *)&ss)->sun_path);
	return socket_connect(c, s, &ss, sizeof(struct sockaddr_un));
}

static int64_t
broker_connect(struct broker_call *c)
{
	uint64_t inode = broker_inode(c, (int)c->args[0]);
	struct broker_socket *s = broker_socket_find(c->b, inode);
	char buf[sizeof(struct sockaddr_un)];
	struct sockaddr_storage ss;
	const char *path;
	socklen_t len;
	int rc = socket_address(c, &ss, &len);

	if (rc < 0)
		return rc;
	if (inode == 0)
		return -ENOTSOCK;
	/* Or one of a pair. */
	if (s == NULL || s->connected)
		return -EISCONN;
	if (s->fd < 0)
		return -EACCES;
	if (ss.ss_family == AF_UNSPEC)
		return socket_connect(c, s, &ss, len);
	if (ss.ss_family != s->domain)
		return -EAFNOSUPPORT;
	switch (s->domain) {
	case AF_UNIX:
		path = socket_path(&ss, len, buf);
		return path == NULL ? -ECONNREFUSED :
		    socket_connect_path(c, s, path);
	case AF_NETLINK:
		if (len < sizeof(struct sockaddr_nl) ||
		    ((struct sockaddr_nl *)(void *)&ss)->nl_pid != 0)
			return -EACCES;
		break;
	default:
		rc = socket_allow_inet(c, &ss, len);
		if (rc < 0)
			return rc;
	}
	return socket_connect(c, s, &ss, len);
}

/* Descriptors that broker_serve polls. */
#define BROKER_ON_CALL		0
#define BROKER_ON_CHANNEL	1

#define BROKER_SPARE		128	/* descriptors for all else */

const struct broker_row broker_rows[] = {
	{ .name = "chmod", .fn = broker_chmod },
	{ .name = "fchmod", .fn = broker_fchmod },
	{ .name = "fchmodat", .fn = broker_fchmodat },
	{ .name = "fchmodat2", .fn = broker_fchmodat2 },
	{ .name = "chown", .fn = broker_chown },
	{ .name = "lchown", .fn = broker_lchown },
	{ .name = "fchown", .fn = broker_fchown },
	{ .name = "fchownat", .fn = broker_fchownat },
	{ .name = "utime", .fn = broker_utime },
	{ .name = "utimes", .fn = broker_utimes },
	{ .name = "futimesat", .fn = broker_futimesat },
	{ .name = "utimensat", .fn = broker_utimensat },
	{ .name = "truncate", .below = 3, .fn = broker_truncate },
	{ .name = "socket", .fn = broker_socket },
	{ .name = "bind", .fn = broker_bind },
	{ .name = "listen", .fn = broker_listen },
	{ .name = "connect", .fn = broker_connect },
	{ .name = "kill", .below = 6, .fn = broker_kill },
	{ .name = "tkill", .below = 6, .fn = broker_tkill },
	{ .name = "tgkill", .below = 6, .fn = broker_tgkill },
	{ .name = "clone", .fn = broker_fork },
	{ .name = "fork", .fn = broker_fork },
	{ .name = "vfork", .fn = broker_fork },
#define HERE(n)		{ n, SCMP_CMP_MASKED_EQ, 0xffffffff, \
	(uint32_t)AT_FDCWD }
#define READS_AND_WRITES(n) { n, SCMP_CMP_MASKED_EQ, O_ACCMODE, O_RDWR }
	/* For ptys, semaphores and shared memory: opens to read and write,
	 * which builds seldom do, and calls with a path. */
	{ "open", 0, broker_device_open, 0, 1, { READS_AND_WRITES(1) } },
	{ "openat", 0, broker_device_open, 1, 1, { READS_AND_WRITES(2) } },
	{ .name = "link", .fn = broker_device_link },
	{ "linkat", 0, broker_device_link, 1, 2, { HERE(0), HERE(2) } },
	{ .name = "unlink", .fn = broker_device_unlink },
	{ "unlinkat", 0, broker_device_unlink, 1, 1, { HERE(0) } },
	{ .name = "rename", .fn = broker_device_rename },
	{ "renameat", 0, broker_device_rename, 1, 2, { HERE(0), HERE(2) } },
	{ "renameat2", 0, broker_device_renameat2, 1, 2, { HERE(0), HERE(2) } },
	{ .name = "inotify_init", .fn = broker_inotify_init },
	{ .name = "inotify_init1", .fn = broker_inotify_init1 },
	{ .name = "inotify_add_watch", .fn = broker_inotify_add_watch },
	{ .name = NULL },
};

/* All that this process still does once the payload runs: above all nothing
 * that starts a program, or opens another way out. */
static const char *const broker_allowed[] = {
	"bind", "brk", "chdir", "chmod", "chown", "clock_gettime",
	"clock_nanosleep", "close", "connect", "dup", "epoll_ctl",
	"epoll_pwait", "epoll_wait", "exit", "exit_group", "faccessat",
	"faccessat2", "fchdir", "fchmod", "fchmodat", "fchown", "fchownat",
	"fcntl", "fstat", "fstatfs", "futex",
	"getdents64", "getpgid", "getpgrp", "getpid", "getppid", "getrandom",
	"getsockname", "getsockopt", "gettid", "getuid", "inotify_add_watch",
	"inotify_init1", "ioctl", "kill", "lchown", "linkat", "listen",
	"lseek", "lstat", "madvise", "mkdir", "mkdirat", "mmap", "mprotect",
	"mremap", "munmap", "nanosleep", "newfstatat", "open", "openat",
	"openat2", "pidfd_open", "pidfd_send_signal", "poll", "ppoll",
	"pread64", "read", "readlink", "readlinkat", "readv", "recvmsg",
	"renameat", "renameat2", "restart_syscall", "rt_sigaction",
	"rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait", "sendmsg", "setitimer",
	"setsockopt", "sigaltstack", "socket", "stat", "statx", "tgkill",
	"tkill", "truncate", "umask", "unlinkat", "utimensat", "wait4",
	"waitid", "write", "writev",
};

static int
broker_add_root(struct broker *b, const char *path, struct err *e)
{
	struct broker_root *r = &b->roots[b->roots_len];

	r->path = fs_realpath(path);
	if (r->path == NULL)
		return err_sys(e, "broker: %s", path);
	r->len = strlen(r->path);
	r->fd = open(r->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->fd < 0)
		return err_sys(e, "broker: cannot open %s", path);
	b->roots_len++;
	return 0;
}

static int
broker_own_filter(struct broker *b, struct err *e)
{
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = c == NULL ? -ENOMEM : 0, nr;
	size_t i;

	for (i = 0; i < MEM_COUNT(broker_allowed) && rc == 0; i++) {
		nr = seccomp_syscall_resolve_name(broker_allowed[i]);
		if (nr != __NR_SCMP_ERROR)
			rc = seccomp_rule_add(c, SCMP_ACT_ALLOW, nr, 0);
		if (rc == -EDOM)
			rc = 0;
	}
	if (rc < 0)
		return err_set(e, "broker: cannot build its filter: %s",
		    strerror(-rc));
	(void)seccomp_attr_set(c, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	b->own = c;
	return 0;
}

/* The kernel's structs may be longer than ours. */
static int
broker_sizes(struct broker *b, struct err *e)
{
	struct seccomp_notif_sizes s;

	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &s) < 0)
		return err_sys(e, "broker: no user notification");
	b->notif_size = s.seccomp_notif > sizeof(*b->notif) ?
	    s.seccomp_notif : sizeof(*b->notif);
	b->resp_size = s.seccomp_notif_resp > sizeof(*b->resp) ?
	    s.seccomp_notif_resp : sizeof(*b->resp);
	b->notif = xcalloc(1, b->notif_size);
	b->resp = xcalloc(1, b->resp_size);
	return 0;
}

static int
broker_watch(struct broker *b, int fd, uint32_t events, uint32_t what)
{
	struct epoll_event ev = { .events = events, .data.u32 = what };

	return epoll_ctl(b->epoll, EPOLL_CTL_ADD, fd, &ev);
}

/* How many sockets this process can hold, beside what it needs itself. */
static void
broker_count_open(struct broker *b)
{
	rlim_t most = (rlim_t)sandbox_limits_host(RLIMIT_NOFILE, BROKER_OPEN +
	    BROKER_SPARE);
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < most) {
		l.rlim_cur = most;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
	b->open_max = most > 2 * BROKER_SPARE ? (size_t)most - BROKER_SPARE :
	    BROKER_SPARE;
}

static int
broker_open_ends(struct broker *b, struct err *e)
{
	b->listener = -1;
	b->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (b->epoll < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    b->channel) < 0 || broker_watch(b, b->channel[0], EPOLLIN,
	    BROKER_ON_CHANNEL) < 0)
		return err_sys(e, "broker: socketpair");
	return broker_sizes(b, e);
}

struct broker *
broker_new(const struct sandbox_spec *r, int landlock, struct err *e)
{
	const char *const roots[] = { r->copy, r->bare ? NULL :
	    r->sandbox_home, r->bare ? NULL : r->sandbox_tmp };
	struct broker *b = xcalloc(1, sizeof(*b));
	size_t i;

	b->scoped = landlock >= BROKER_SCOPED;
	b->file_max = r->limits.disk_bytes;
	broker_count_open(b);
	for (i = 0; i < MEM_COUNT(roots); i++)
		if (roots[i] != NULL && broker_add_root(b, roots[i], e) < 0)
			goto fail;
	b->alive = epoll_create1(EPOLL_CLOEXEC);
	if (b->alive < 0) {
		err_sys(e, "broker: epoll");
		goto fail;
	}
	if (broker_open_ends(b, e) == 0 && broker_own_filter(b, e) == 0)
		return b;
fail:
	free(b);	/* the process ends */
	return NULL;
}

struct broker *
broker_new_forks(struct err *e)
{
	struct broker *b = xcalloc(1, sizeof(*b));

	if (broker_open_ends(b, e) == 0)
		return b;
	free(b);	/* the process ends */
	return NULL;
}

/* ---- handing over the listener ---- */

/* The payload's filter is loaded: take its listener, and be confined. */
static void
broker_adopt(struct broker *b)
{
	char byte = 0;
	const struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	int fds[FDPASS_MAX];

	if (fdpass_receive(b->channel[0], &iov, 1, fds) == 1)
		b->listener = fds[0];
	if (b->listener >= 0 &&
	    broker_watch(b, b->listener, EPOLLIN, BROKER_ON_CALL) == 0 &&
	    (b->own == NULL || seccomp_load(b->own) == 0))
		(void)!write(b->channel[0], "", 1);
	/* Otherwise the payload finds the channel closed, and ends. */
	close(b->channel[0]);
	b->channel[0] = -1;
}

/* ---- calls ---- */

void
broker_answer(struct broker *b, uint64_t id, int64_t result)
{
	memset(b->resp, 0, b->resp_size);
	b->resp->id = id;
	if (result == BROKER_CONTINUE)
		b->resp->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else if (result < 0)
		b->resp->error = (int32_t)result;
	else
		b->resp->val = result;
	/* ENOENT: the caller is gone. */
	(void)ioctl(b->listener, SECCOMP_IOCTL_NOTIF_SEND, b->resp);
}

static const struct broker_row *
broker_row_of(int nr)
{
	AUTO_FREE char *name = seccomp_syscall_resolve_num_arch(
	    SCMP_ARCH_NATIVE, nr);
	size_t i;

	for (i = 0; name != NULL && broker_rows[i].name != NULL; i++)
		if (strcmp(broker_rows[i].name, name) == 0)
			return &broker_rows[i];
	return NULL;
}

static void
broker_take(struct broker *b)
{
	struct broker_call c = { .b = b, .mem = -1 };
	const struct broker_row *row;
	int64_t result;

	memset(b->notif, 0, b->notif_size);
	if (ioctl(b->listener, SECCOMP_IOCTL_NOTIF_RECV, b->notif) < 0)
		return;
	c.id = b->notif->id;
	c.pid = (pid_t)b->notif->pid;
	c.args = (const uint64_t *)b->notif->data.args;
	row = broker_row_of(b->notif->data.nr);
	c.path = row == NULL ? 0 : row->path;
	result = row == NULL ? -ENOSYS : row->fn(&c);
	fs_close(c.mem);
	b->count += result != BROKER_CONTINUE;
	if (result != BROKER_LATER)
		broker_answer(b, c.id, result);
}

void
broker_serve(struct broker *b)
{
	struct epoll_event ev[8];
	int n = epoll_wait(b->epoll, ev, MEM_COUNT(ev), 0), i;

	for (i = 0; i < n; i++) {
		uint32_t what = ev[i].data.u32;

		if (what == BROKER_ON_CHANNEL)
			broker_adopt(b);
		else if ((ev[i].events & EPOLLIN) != 0)
			broker_take(b);
		else	/* nothing under the filter is alive */
			(void)epoll_ctl(b->epoll, EPOLL_CTL_DEL, b->listener,
			    NULL);
	}
}
