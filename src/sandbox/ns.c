/*
 * A call's namespaces and identities. Everything here runs before any foreign
 * code; from ns_enter on the first process has all capabilities inside its new
 * user namespace and none outside.
 */
#include "config.h"

#include "sandbox/ns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "sandbox/sys.h"

#define NS_RENEWED (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | \
	CLONE_NEWUTS | CLONE_NEWCGROUP)

/* The mount point in a line of mountinfo, the fifth word; NULL if there is
 * none. */
static char *
ns_mount_point(char *line)
{
	int i;

	for (i = 0; i < 4 && line != NULL; i++)
		if ((line = strchr(line, ' ')) != NULL)
			line++;
	if (line == NULL)
		return NULL;
	line[strcspn(line, " ")] = '\0';
	fs_unescape_mount(line);
	return line;
}

/* An overlay shows the folder under a mount point, not the mount. */
int
ns_check(const char *root, int *table, struct err *e)
{
	struct pollfd p = { .fd = *table, .events = POLLPRI };
	AUTO_BUF struct buf b = BUF_INIT(16u << 20);
	char *line, *point, *save = NULL;
	int rc = 0;

	/* Already read, and the kernel reports no change since. */
	if (*table >= 0 && poll(&p, 1, 0) == 0)
		return 0;
	if (*table < 0)
		*table = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (*table < 0 || lseek(*table, 0, SEEK_SET) < 0 ||
	    fs_read_all(*table, &b) < 0 || b.p == NULL)
		return 0;
	for (line = strtok_r(b.p, "\n", &save); line != NULL && rc == 0;
	    line = strtok_r(NULL, "\n", &save)) {
		point = ns_mount_point(line);
		if (point != NULL && fs_is_below(point, root) &&
		    strcmp(point, root) != 0) {
			errno = EINVAL;
			rc = err_sys(e, "overlay: %.200s is mounted below the "
			    "project", point);
		}
	}
	return rc;
}

static pid_t
ns_clone_flags(unsigned flags, int *pidfd, int cgroup, bool *born,
    struct err *e)
{
	struct clone_args a = {
		.flags = flags,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
	};
	long pid = -1;

	*born = false;
#ifdef CLONE_INTO_CGROUP
	if (cgroup >= 0) {
		a.flags |= CLONE_INTO_CGROUP;
		a.cgroup = (unsigned)cgroup;
		pid = syscall(SYS_clone3, &a, sizeof(a));
		*born = pid >= 0;
		a.flags &= ~(uint64_t)CLONE_INTO_CGROUP;
		a.cgroup = 0;
	}
#else
	(void)cgroup;
#endif
	if (pid < 0)
		pid = syscall(SYS_clone3, &a, sizeof(a));
	/* Some containers answer ENOSYS so that callers use the older call; its
	 * first three arguments are the same on our platforms. */
	if (pid < 0 && errno == ENOSYS)
		pid = syscall(SYS_clone, flags | SIGCHLD, NULL, pidfd, NULL,
		    NULL);
	if (pid < 0)
		return err_sys(e, "namespaces: clone is refused");
	return (pid_t)pid;
}

pid_t
ns_clone(int *pidfd, int cgroup, bool *born, struct err *e)
{
	return ns_clone_flags(NS_RENEWED | CLONE_NEWUSER | CLONE_PIDFD, pidfd,
	    cgroup, born, e);
}

static int
ns_write(const char *path, const char *text)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	return fs_write_all(fd, text, strlen(text));
}

/*
 * Resources that the kernel counts per user instead of per sandbox: leave some
 * of them to programs outside. And no nested namespaces, whatever the filter
 * allows; who renews some makes them with capabilities that no command has.
 * Impossible if /proc/sys is read-only (in a container).
 */
static void
ns_limit_user(bool renews)
{
	static const struct {
		const char	*path, *max;
	} rows[] = {
		{ "/proc/sys/user/max_inotify_instances", "64" },
		{ "/proc/sys/user/max_fanotify_groups", "16" },
		{ "/proc/sys/user/max_user_namespaces", "0" },
		{ "/proc/sys/user/max_net_namespaces", "0" },
	};
	size_t n = MEM_COUNT(rows) - renews, i;

	for (i = 0; i < n; i++)
		(void)ns_write(rows[i].path, rows[i].max);
}

/* Write a line into this file of a process. */
static int
ns_tell(pid_t pid, const char *file, const char *text)
{
	char path[64];

	if (pid == 0)
		snprintf(path, sizeof(path), "/proc/self/%s", file);
	else
		snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, file);
	return ns_write(path, text);
}

int
ns_map(pid_t pid, uid_t uid, gid_t gid, struct err *e)
{
	char text[64];

	/* The first to be killed when the host runs out of memory. */
	(void)ns_tell(pid, "oom_score_adj", "500");
	if (ns_tell(pid, "setgroups", "deny") < 0)
		return err_sys(e, "user namespace: setgroups");
	snprintf(text, sizeof(text), "%u %u 1", uid, uid);
	if (ns_tell(pid, "uid_map", text) < 0)
		return err_sys(e, "user namespace: uid_map");
	snprintf(text, sizeof(text), "%u %u 1", gid, gid);
	if (ns_tell(pid, "gid_map", text) < 0)
		return err_sys(e, "user namespace: gid_map");
	return 0;
}

static int
ns_loopback(struct err *e)
{
	struct ifreq ifr = { .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd;

	memcpy(ifr.ifr_name, "lo", sizeof("lo"));
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr) < 0) {
		err_sys(e, "network: cannot bring up the loopback");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

int
ns_enter(bool renews, struct err *e)
{
	ns_limit_user(renews);
	if (sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_sys(e, "mounts: cannot make them private");
	if (sethostname("sandbox", 7) < 0)
		return err_sys(e, "host name");
	return renews ? 0 : ns_loopback(e);
}

pid_t
ns_renew(struct err *e)
{
	bool born;
	pid_t pid = ns_clone_flags(NS_RENEWED, NULL, -1, &born, e);

	if (pid == 0 && ns_loopback(e) < 0)
		return -1;
	return pid;
}
