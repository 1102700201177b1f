/*
 * attempt: tries to get out.  Runs as a command inside the cage, each argument
 * NAME or NAME=VALUE, and prints one line for each: the name and what the
 * kernel answered ("OK" if it let it happen). The expectations are the test's.
 */
#include "config.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <termios.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

typedef int attempt_fn(const char *value);

static int
attempt_sys(long rc)
{
	return rc < 0 ? errno : 0;
}

static int
try_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	ssize_t n;
	char c;

	if (fd < 0)
		return errno;
	n = read(fd, &c, 1);
	return n < 0 ? errno : n == 0 ? ENODATA : 0;
}

static int
try_write(const char *path)
{
	return attempt_sys(open(path, O_WRONLY));
}

static int
try_create(const char *path)
{
	return attempt_sys(open(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
}

static int
try_open_path(const char *path)
{
	struct stat st;

	return attempt_sys(stat(path, &st));
}

static int
try_unlink(const char *path)
{
	return attempt_sys(unlink(path));
}

static int
try_rename(const char *path)
{
	return attempt_sys(rename(path, "moved-away"));
}

static int
try_link(const char *path)
{
	return attempt_sys(link(path, "linked"));
}

static int
try_chmod(const char *path)
{
	return attempt_sys(chmod(path, 0777));
}

static int
try_tcp(const char *port)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtol(port, NULL, 10)),
		.sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) },
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return errno;
	return attempt_sys(connect(fd, (struct sockaddr *)&a, sizeof(a)));
}

static int
try_udp(const char *address)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(53) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || inet_pton(AF_INET, address, &a.sin_addr) != 1)
		return errno;
	return attempt_sys(sendto(fd, "x", 1, 0, (struct sockaddr *)&a,
	    sizeof(a)));
}

static int
attempt_unix(const char *name, size_t at)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t n = strlen(name);

	if (fd < 0)
		return errno;
	if (n + at >= sizeof(a.sun_path))
		return ENAMETOOLONG;
	memcpy(a.sun_path + at, name, n);
	return attempt_sys(connect(fd, (struct sockaddr *)&a, (socklen_t)
	    (offsetof(struct sockaddr_un, sun_path) + at + n)));
}

static int
try_unix(const char *name)
{
	return attempt_unix(name, 0);
}

static int
try_abstract(const char *name)
{
	return attempt_unix(name, 1);
}

static int
try_socket(const char *family)
{
	return attempt_sys(socket((int)strtol(family, NULL, 10), SOCK_STREAM,
	    0));
}

static int
try_keyctl(const char *v)
{
	(void)v;
	return attempt_sys(syscall(SYS_keyctl, 0, -3, 0));
}

static int
try_add_key(const char *v)
{
	(void)v;
	return attempt_sys(syscall(SYS_add_key, "user", "assent-test", "x", 1,
	    -3));
}

/* Into a terminal of its own: whose else could it be? The answer is the
 * filter's, before anyone looks at the descriptor. */
static int
try_tiocsti(const char *high)
{
	unsigned long request = TIOCSTI;
	char c = 'x';

	if (strcmp(high, "high") == 0)
		request |= 1ul << 32;
	return attempt_sys(syscall(SYS_ioctl, 0, request, &c));
}

static int
try_unshare(const char *v)
{
	(void)v;
	return attempt_sys(unshare(CLONE_NEWUSER));
}

static int
try_clone(const char *v)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL,
	    NULL, NULL);

	(void)v;
	if (pid == 0)
		_exit(0);
	return attempt_sys(pid);
}

static int
try_clone3(const char *v)
{
	struct clone_args a = { .flags = CLONE_NEWUSER,
		.exit_signal = SIGCHLD };
	long pid = syscall(SYS_clone3, &a, sizeof(a));

	(void)v;
	if (pid == 0)
		_exit(0);
	return attempt_sys(pid);
}

static int
try_setns(const char *v)
{
	(void)v;
	return attempt_sys(setns(open("/proc/1/ns/mnt", O_RDONLY), 0));
}

static int
try_mount(const char *at)
{
	return attempt_sys(syscall(SYS_mount, "none", at, "tmpfs", 0, NULL));
}

static int
try_remount(const char *at)
{
	return attempt_sys(syscall(SYS_mount, NULL, at, NULL,
	    MS_REMOUNT | MS_BIND, NULL));
}

static int
try_umount(const char *at)
{
	return attempt_sys(umount2(at, MNT_DETACH));
}

static int
try_chroot(const char *at)
{
	return attempt_sys(chroot(at));
}

static int
try_pivot(const char *at)
{
	return attempt_sys(syscall(SYS_pivot_root, at, at));
}

static int
try_mknod(const char *kind)
{
	if (strcmp(kind, "whiteout") == 0)
		return attempt_sys(mknod("node", S_IFCHR | 0600,
		    makedev(0, 0)));
	return attempt_sys(mknod("node", (strcmp(kind, "block") == 0 ?
	    S_IFBLK : S_IFCHR) | 0600, makedev(1, 3)));
}

/* Succeeds inside; the test looks at what reached the layer. */
static int
try_opaque(const char *dir)
{
	if (mkdir(dir, 0700) < 0)
		return errno;
	return attempt_sys(setxattr(dir, "user.overlay.opaque", "y", 1, 0));
}

static int
try_trusted(const char *dir)
{
	return attempt_sys(setxattr(dir, "trusted.overlay.opaque", "y", 1, 0));
}

static int
try_syscall(const char *nr)
{
	return attempt_sys(syscall(strtol(nr, NULL, 10), 0, 0, 0, 0, 0, 0));
}

static int
try_kill(const char *pid)
{
	return attempt_sys(kill((pid_t)strtol(pid, NULL, 10), 0));
}

static int
try_ptrace(const char *pid)
{
	return attempt_sys(ptrace(PTRACE_ATTACH, strtol(pid, NULL, 10), NULL,
	    NULL));
}

static int
try_peek(const char *pid)
{
	char c;
	struct iovec here = { &c, 1 }, there = { &c, 1 };

	return attempt_sys(process_vm_readv((pid_t)strtol(pid, NULL, 10),
	    &here, 1, &there, 1, 0));
}

static int
try_prlimit(const char *pid)
{
	struct rlimit l = { 3, 3 };

	return attempt_sys(prlimit((pid_t)strtol(pid, NULL, 10),
	    RLIMIT_NOFILE, &l, NULL));
}

static int
try_affinity(const char *v)
{
	cpu_set_t all;

	(void)v;
	memset(&all, 0xff, sizeof(all));
	return attempt_sys(sched_setaffinity(0, sizeof(all), &all));
}

static int
try_setuid(const char *uid)
{
	return attempt_sys(setuid((uid_t)strtol(uid, NULL, 10)));
}

static int
try_chown(const char *path)
{
	return attempt_sys(chown(path, 1, 1));
}

static int
try_memfd(const char *v)
{
	(void)v;
	return attempt_sys(syscall(SYS_memfd_create, "x", 0));
}

static int
try_shmget(const char *size)
{
	return attempt_sys(shmget(IPC_PRIVATE,
	    (size_t)strtol(size, NULL, 10), 0600));
}

static int
try_nice(const char *v)
{
	(void)v;
	return attempt_sys(setpriority(PRIO_PROCESS, 0, -20));
}

static int
try_core(const char *v)
{
	struct rlimit l = { RLIM_INFINITY, RLIM_INFINITY };

	(void)v;
	return attempt_sys(setrlimit(RLIMIT_CORE, &l));
}

/* Processes that stay, until one is refused; then a while for who counts by
 * looking. */
static int
try_forks(const char *count)
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

/* How many descriptors are open; 3 is right. */
static int
count_fds(const char *v)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *de;
	int n = 0;

	(void)v;
	while (d != NULL && (de = readdir(d)) != NULL)
		if (de->d_name[0] != '.')
			n++;
	if (d != NULL)
		closedir(d);
	printf("fds %d\n", n - 1);
	return -1;
}

static int
count_processes(const char *v)
{
	DIR *d = opendir("/proc");
	struct dirent *de;
	int n = 0;

	(void)v;
	while (d != NULL && (de = readdir(d)) != NULL)
		if (de->d_name[0] >= '1' && de->d_name[0] <= '9')
			n++;
	if (d != NULL)
		closedir(d);
	printf("processes %d\n", n);
	return -1;
}

static const struct {
	const char	*name;
	attempt_fn	*fn;
} attempts[] = {
	{ "abstract", try_abstract }, { "add_key", try_add_key },
	{ "affinity", try_affinity }, { "chmod", try_chmod },
	{ "chown", try_chown }, { "chroot", try_chroot },
	{ "clone", try_clone }, { "clone3", try_clone3 },
	{ "core", try_core }, { "create", try_create },
	{ "fds", count_fds }, { "forks", try_forks },
	{ "keyctl", try_keyctl },
	{ "kill", try_kill }, { "link", try_link },
	{ "memfd", try_memfd }, { "mknod", try_mknod },
	{ "mount", try_mount }, { "nice", try_nice },
	{ "opaque", try_opaque }, { "peek", try_peek },
	{ "pivot", try_pivot }, { "prlimit", try_prlimit },
	{ "processes", count_processes }, { "ptrace", try_ptrace },
	{ "read", try_read }, { "remount", try_remount },
	{ "rename", try_rename }, { "setns", try_setns },
	{ "setuid", try_setuid }, { "shmget", try_shmget },
	{ "socket", try_socket }, { "stat", try_open_path },
	{ "syscall", try_syscall }, { "tcp", try_tcp },
	{ "tiocsti", try_tiocsti }, { "trusted", try_trusted },
	{ "udp", try_udp }, { "umount", try_umount },
	{ "unix", try_unix }, { "unlink", try_unlink },
	{ "unshare", try_unshare }, { "write", try_write },
};

static const char *
attempt_name(int error)
{
	static const struct {
		int		 error;
		const char	*name;
	} names[] = {
		{ EPERM, "EPERM" }, { ENOENT, "ENOENT" }, { ESRCH, "ESRCH" },
		{ EBADF, "EBADF" }, { EACCES, "EACCES" }, { EBUSY, "EBUSY" },
		{ EXDEV, "EXDEV" }, { EINVAL, "EINVAL" }, { EROFS, "EROFS" },
		{ ENXIO, "ENXIO" }, { ENOSYS, "ENOSYS" },
		{ ENOSPC, "ENOSPC" }, { ENODATA, "ENODATA" },
		{ EAFNOSUPPORT, "EAFNOSUPPORT" },
		{ ENETUNREACH, "ENETUNREACH" },
		{ ECONNREFUSED, "ECONNREFUSED" },
		{ EOPNOTSUPP, "EOPNOTSUPP" }, { EAGAIN, "EAGAIN" },
	};
	static char number[32];
	size_t i;

	if (error == 0)
		return "OK";
	for (i = 0; i < COUNT(names); i++)
		if (names[i].error == error)
			return names[i].name;
	snprintf(number, sizeof(number), "errno-%d", error);
	return number;
}

int
main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		size_t n = strcspn(argv[i], "="), k;
		const char *value = argv[i][n] == '=' ? argv[i] + n + 1 : "";

		for (k = 0; k < COUNT(attempts); k++)
			if (strlen(attempts[k].name) == n &&
			    strncmp(attempts[k].name, argv[i], n) == 0)
				break;
		if (k == COUNT(attempts)) {
			fprintf(stderr, "attempt: no such one: %s\n", argv[i]);
			return 2;
		}
		{
			int error = attempts[k].fn(value);

			if (error >= 0)
				printf("%s %s\n", argv[i],
				    attempt_name(error));
		}
		fflush(stdout);
	}
	return 0;
}
