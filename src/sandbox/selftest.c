/*
 * Runs after everything was dropped, like any command. Each attempt returns
 * true if the sandbox held.
 */
#include "config.h"

#include "sandbox/selftest.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "sandbox/landlock.h"

static bool
selftest_connect(const struct sockaddr *a, socklen_t n)
{
	AUTO_CLOSE int fd = socket(a->sa_family, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0);

	return fd < 0 || (connect(fd, a, n) < 0 && errno != EINPROGRESS);
}

static bool
selftest_port(const cJSON *args)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)json_int(args, "port", 9)),
		.sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) },
	};
	struct sockaddr_in far = in;
	/* The loopback answers at once; a blocking connect gives a definite
	 * answer. */
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	far.sin_addr.s_addr = htonl(0xc0000201);	/* 192.0.2.1 */
	return (fd < 0 ||
	    connect(fd, (struct sockaddr *)&in, sizeof(in)) < 0) &&
	    selftest_connect((struct sockaddr *)&far, sizeof(far));
}

/* A socket by its name; any error but "no such socket" means that something
 * answers. */
static bool
selftest_unix(const struct sockaddr_un *un, size_t name)
{
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0);

	return fd < 0 || (connect(fd, (const struct sockaddr *)un,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + name)) < 0 &&
	    errno != EAGAIN && errno != EINPROGRESS);
}

static bool
selftest_abstract(const char *name)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t n = strlen(name);

	if (n + 1 > sizeof(un.sun_path))
		return true;
	memcpy(un.sun_path + 1, name, n);
	return selftest_unix(&un, n + 1);
}

/* Long paths go through their folder. */
static bool
selftest_socket(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const char *name = strrchr(path, '/');
	AUTO_FREE char *dir = NULL;
	AUTO_CLOSE int fd = -1;
	int n;

	if (name == NULL)
		return true;
	dir = xmemdup(path, (size_t)(name - path) + 1);
	fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return true;
	n = snprintf(un.sun_path, sizeof(un.sun_path), "/proc/self/fd/%d%s",
	    fd, name);
	return n <= 0 || (size_t)n >= sizeof(un.sun_path) ||
	    selftest_unix(&un, (size_t)n + 1);
}

static bool
selftest_unreadable(const char *path)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char c;

	return fd < 0 || read(fd, &c, 1) <= 0;
}

static bool
selftest_unlistable(const char *path)
{
	AUTO_DIR DIR *d = fs_opendir(path);

	return d == NULL;
}

static bool
selftest_unwritable(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return true;
	close(fd);
	(void)unlink(path);
	return false;
}

/* Only init and this process may be visible. */
static bool
selftest_alone(void)
{
	AUTO_DIR DIR *d = fs_opendir("/proc");
	struct dirent *de;
	int n = 0;

	while ((de = fs_dir_next(&d)) != NULL)
		n += de->d_name[0] >= '1' && de->d_name[0] <= '9';
	return n <= 2;
}

/* Is this process out of reach? Without a pid namespace, others' processes can
 * be seen. */
static bool
selftest_apart(pid_t other)
{
	AUTO_FREE char *path = xasprintf("/proc/%d/environ", (int)other);

	return kill(other, 0) < 0 && errno == EPERM &&
	    selftest_unreadable(path);
}

/* The copy's files are ours to change, and nobody else's: `file` is outside. */
static bool
selftest_broker(const char *file)
{
	static const char name[] = ".assent-broker";
	AUTO_CLOSE int fd =
	    open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct stat st;
	bool works;

	if (fd < 0)
		return false;
	works = fchmod(fd, 0640) == 0 && chmod(name, 0600) == 0 &&
	    futimens(fd, NULL) == 0 && fstat(fd, &st) == 0 &&
	    (st.st_mode & 0777) == 0600;
	(void)unlink(name);
	return works && (file == NULL || (chmod(file, 0600) < 0 &&
	    utimensat(AT_FDCWD, file, NULL, 0) < 0));
}

static bool
selftest_capless(void)
{
	char *p;
	AUTO_BUF struct buf b = BUF_INIT(65536);

	if (fs_read_file(AT_FDCWD, "/proc/self/status", &b, NULL) < 0)
		return false;
	p = strstr(buf_str(&b), "\nCapEff:");
	return p != NULL && strtoull(p + 8, NULL, 16) == 0 &&
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
	    prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2;
}

/* Leaves the folder for the probe, which checks it from outside. Only in an
 * overlay does a whiteout mean anything; elsewhere any user may create one. */
static bool
selftest_forge(const struct sandbox_spec *r, int root, const char *scratch,
    bool *landlock)
{
	static const char *const marks[] = { SELFTEST_MARKS };
	bool held = true;
	size_t i;
	AUTO_CLOSE int fd = -1, inner = -1;

	if (mkdirat(root, scratch, 0700) < 0)
		return false;
	fd = openat(root, scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (sandbox_levels[r->level].overlays &&
	    mknodat(fd, "whiteout", S_IFCHR | 0600, makedev(0, 0)) == 0)
		held = false;
	if (mknodat(fd, "device", S_IFCHR | 0600, makedev(1, 3)) == 0)
		held = false;
	/* EACCES is landlock's answer, which comes before the kernel's own. */
	*landlock = errno == EACCES || landlock_version(NULL) == 0;
	inner = mkdirat(fd, SELFTEST_INNER, 0700) < 0 ? -1 : openat(fd,
	    SELFTEST_INNER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; inner >= 0 && i < MEM_COUNT(marks); i++)
		(void)fsetxattr(inner, marks[i], "y", 1, 0);
	return held && inner >= 0;
}

/* The real tree, by its own path: an unnamed file shows whether it is writable,
 * and leaves nothing. If the path shows the stage, the probe checks from
 * outside. */
static bool
selftest_tree(const struct sandbox_spec *r)
{
	AUTO_CLOSE int fd =
	    open(r->root, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

	return fd < 0 &&
	    ((errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT) ||
	    faccessat(AT_FDCWD, r->root, W_OK, AT_EACCESS) < 0);
}

static bool
selftest_git(const struct sandbox_spec *r)
{
	AUTO_FREE char *git = fs_join(r->root, ".git");
	AUTO_FREE char *file = fs_join(git, "assent-selftest");
	struct stat st;

	return lstat(git, &st) < 0 || !S_ISDIR(st.st_mode) ||
	    selftest_unwritable(file);
}

_Noreturn void
selftest_run(const struct sandbox_spec *r)
{
	cJSON *out = cJSON_CreateObject(), *held = cJSON_CreateObject();
	const cJSON *args = r->args;
	const char *file = json_str(args, "file");
	const char *sock = json_str(args, "socket");
	const char *abstract = json_str(args, "abstract");
	const char *own = json_str(args, "own");
	const char *scratch = json_str_or(args, "scratch", ".assent-probe");
	const char *masked = json_str(args, "masked");
	int root = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statvfs vfs;
	bool landlock = false;
	char *text;
	int rc;

	json_add_bool(held, "network", selftest_port(args));
	if (file != NULL)
		json_add_bool(held, "home", selftest_unreadable(file));
	if (own != NULL)
		json_add_bool(held, "own", selftest_unreadable(own));
	if (sock != NULL)
		json_add_bool(held, "socket", selftest_socket(sock));
	if (abstract != NULL)
		json_add_bool(held, "abstract_socket",
		    selftest_abstract(abstract));
	if (masked != NULL)
		json_add_bool(held, "masked", selftest_unreadable(masked));
	json_add_bool(held, "capabilities", selftest_capless());
	json_add_bool(held, "unshare", unshare(CLONE_NEWUSER) < 0);
	json_add_bool(held, "keyring", syscall(SYS_keyctl, 0, -3, 0) < 0);
	json_add_bool(held, "forgery", root >= 0 &&
	    selftest_forge(r, root, scratch, &landlock));
	json_add_bool(held, "landlock", landlock);
	json_add_bool(held, "processes", sandbox_levels[r->level].brokers ?
	    selftest_apart(r->core_pid) : selftest_alone());
	/* If no wall is claimed, don't touch anything on the host to test
	 * one. */
	if (!sandbox_levels[r->level].encloses)
		json_add_bool(held, "tree", selftest_tree(r) &&
		    (!sandbox_levels[r->level].brokers ||
		    selftest_unlistable(r->root)));
	if (sandbox_levels[r->level].brokers)
		json_add_bool(held, "broker", selftest_broker(file));
	if (sandbox_levels[r->level].holds) {
		/* A program in the copy must run. */
		json_add_bool(held, "exec", fstatvfs(root, &vfs) == 0 &&
		    (vfs.f_flag & ST_NOEXEC) == 0);
		json_add_bool(held, "shadow",
		    selftest_unreadable("/etc/shadow"));
		json_add_bool(held, "outside",
		    selftest_unwritable("/assent-out") &&
		    selftest_unwritable("/usr/assent-out") &&
		    selftest_unwritable("/etc/assent-out"));
		json_add_bool(held, "mount", syscall(SYS_mount, "none",
		    "/tmp", "tmpfs", 0, NULL) < 0);
		json_add_bool(held, "git", selftest_git(r));
	}
	json_set_take(out, "held", held);
	text = json_print(out);
	rc = fs_write_all(STDOUT_FILENO, text, strlen(text));
	_exit(rc == 0 ? 0 : 1);
}
