/*
 * Receives calls, finds who performs them, answers. One call is served at a
 * time, and none may block: the process that serves them also has to end what
 * the payload started.
 */
#include "config.h"

#include "sandbox/broker.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <seccomp.h>

#include "base/fdpass.h"
#include "base/fs.h"
#include "base/mem.h"
#include "sandbox/sandbox-limits.h"
#include "sandbox/broker-priv.h"
#include "sandbox/landlock.h"

/* What broker_serve was woken by. */
#define BROKER_ON_CALL		0
#define BROKER_ON_CHANNEL	1

#define BROKER_SPARE		128	/* descriptors for all else */

const struct broker_row broker_rows[] = {
	{ "chmod", 0, broker_chmod },
	{ "fchmod", 0, broker_fchmod },
	{ "fchmodat", 0, broker_fchmodat },
	{ "fchmodat2", 0, broker_fchmodat2 },
	{ "chown", 0, broker_chown },
	{ "lchown", 0, broker_lchown },
	{ "fchown", 0, broker_fchown },
	{ "fchownat", 0, broker_fchownat },
	{ "utime", 0, broker_utime },
	{ "utimes", 0, broker_utimes },
	{ "futimesat", 0, broker_futimesat },
	{ "utimensat", 0, broker_utimensat },
	{ "getxattr", 0, broker_getxattr },
	{ "lgetxattr", 0, broker_lgetxattr },
	{ "listxattr", 0, broker_listxattr },
	{ "llistxattr", 0, broker_llistxattr },
	{ "truncate", 3, broker_truncate },
	{ "socket", 0, broker_socket },
	{ "bind", 0, broker_bind },
	{ "listen", 0, broker_listen },
	{ "connect", 0, broker_connect },
	{ "kill", 6, broker_kill },
	{ "tkill", 6, broker_tkill },
	{ "tgkill", 6, broker_tgkill },
	{ NULL, 0, NULL },
};

/* All that this process still does once the payload runs: above all nothing
 * that starts a program, or opens another way out. */
static const char *const broker_allowed[] = {
	"bind", "brk", "chdir", "chmod", "chown", "clock_gettime",
	"clock_nanosleep", "close", "connect", "dup", "epoll_ctl",
	"epoll_pwait", "epoll_wait", "exit", "exit_group", "fchdir", "fchmod",
	"fchmodat", "fchown", "fchownat", "fcntl", "fstat", "fstatfs",
	"futex", "getdents64", "getpgid", "getpgrp", "getpid",
	"getppid", "getrandom", "getsockname", "getsockopt", "gettid",
	"getuid", "getxattr", "ioctl", "kill", "lchown", "listen", "listxattr",
	"lseek", "lstat", "madvise", "mmap", "mprotect", "mremap",
	"munmap", "nanosleep", "newfstatat", "open", "openat", "openat2",
	"pidfd_open", "pidfd_send_signal", "poll", "ppoll", "pread64",
	"process_vm_writev", "read",
	"readlink", "readlinkat", "readv", "recvmsg", "restart_syscall",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait",
	"sendmsg", "setitimer", "setsockopt", "sigaltstack", "socket", "stat",
	"statx", "tgkill", "tkill", "truncate", "umask", "utimensat", "wait4",
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

/* Nobody guesses it, and a kernel without it is none that this runs on. */
static void
broker_choose_prefix(struct broker *b)
{
	unsigned char r[BROKER_PREFIX / 2];
	size_t i;

	while (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r))
		continue;
	for (i = 0; i < sizeof(r); i++)
		(void)snprintf(b->prefix + 2 * i, 3, "%02x", r[i]);
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

struct broker *
broker_new(const struct request *r, int landlock, struct err *e)
{
	const char *const roots[] = { r->copy, r->bare ? NULL :
	    r->sandbox_home, r->bare ? NULL : r->sandbox_tmp };
	struct broker *b = xcalloc(1, sizeof(*b));
	size_t i;

	b->landlock = landlock;
	b->file_max = r->limits.disk_bytes;
	b->listener = -1;
	broker_count_open(b);
	for (i = 0; i < MEM_COUNT(roots); i++)
		if (roots[i] != NULL && broker_add_root(b, roots[i], e) < 0)
			goto fail;
	b->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (b->epoll < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    b->channel) < 0) {
		err_sys(e, "broker: socketpair");
		goto fail;
	}
	broker_choose_prefix(b);
	if (broker_sizes(b, e) == 0 && broker_own_filter(b, e) == 0)
		return b;
fail:
	free(b);	/* the process ends */
	return NULL;
}

int
broker_wall(struct broker *b, const struct request *r,
    const struct mount_plan *plan, struct err *e)
{
	if (landlock_confine(r, plan, LANDLOCK_BROKER, e) < 0)
		return -1;
	b->walled = true;
	return 0;
}

bool
broker_is_scoped(const struct broker *b)
{
	return b->walled && b->landlock >= BROKER_SCOPED;
}

int
broker_channel(const struct broker *b)
{
	return b->channel[1];
}

int
broker_fd(const struct broker *b)
{
	return b->epoll;
}

int64_t
broker_count(const struct broker *b)
{
	return b->count;
}

void
broker_forked(struct broker *b)
{
	close(b->channel[1]);
	b->channel[1] = -1;
	(void)broker_watch(b, b->channel[0], EPOLLIN, BROKER_ON_CHANNEL);
}

/* ---- handing over the listener ---- */

int
broker_offer(int channel, int listener, struct err *e)
{
	char byte = 0;
	const struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	ssize_t n = fdpass_send(channel, &iov, 1, &listener, 1);

	close(listener);
	if (n == 1)
		n = read(channel, &byte, 1);
	close(channel);
	return n == 1 ? 0 : err_set(e, "broker: it doesn't answer");
}

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
	    seccomp_load(b->own) == 0)
		(void)!write(b->channel[0], "", 1);
	/* Otherwise the payload finds the channel closed, and ends. */
	close(b->channel[0]);
	b->channel[0] = -1;
}

/* ---- calls ---- */

static void
broker_answer(struct broker *b, uint64_t id, int64_t result)
{
	memset(b->resp, 0, b->resp_size);
	b->resp->id = id;
	if (result < 0)
		b->resp->error = (int32_t)result;
	else
		b->resp->val = result;
	/* ENOENT: the caller is gone. */
	(void)ioctl(b->listener, SECCOMP_IOCTL_NOTIF_SEND, b->resp);
}

int
broker_give(struct broker_call *c, int fd, bool cloexec)
{
	struct seccomp_notif_addfd a = {
		.id = c->id, .srcfd = (uint32_t)fd,
		.newfd_flags = cloexec ? O_CLOEXEC : 0,
	};
	int n = ioctl(c->b->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &a);

	return n < 0 ? -errno : n;
}

static broker_fn *
broker_function(int nr)
{
	AUTO_FREE char *name = seccomp_syscall_resolve_num_arch(
	    SCMP_ARCH_NATIVE, nr);
	size_t i;

	for (i = 0; name != NULL && broker_rows[i].name != NULL; i++)
		if (strcmp(broker_rows[i].name, name) == 0)
			return broker_rows[i].fn;
	return NULL;
}

static void
broker_take(struct broker *b)
{
	struct broker_call c = { .b = b, .mem = -1 };
	broker_fn *fn;
	int64_t result;

	memset(b->notif, 0, b->notif_size);
	if (ioctl(b->listener, SECCOMP_IOCTL_NOTIF_RECV, b->notif) < 0)
		return;
	b->count++;
	c.id = b->notif->id;
	c.pid = (pid_t)b->notif->pid;
	c.args = (const uint64_t *)b->notif->data.args;
	fn = broker_function(b->notif->data.nr);
	result = fn == NULL ? -ENOSYS : fn(&c);
	if (c.mem >= 0)
		close(c.mem);
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
