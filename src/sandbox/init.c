/*
 * See init.h. The first process never runs foreign code, and reads foreign data
 * on level C alone (broker.h), or once it is a file tool. It isn't dumpable, so
 * that no process below can inspect it. The first of all keeps descriptor 1, the
 * launcher's stream to the core, open until it dies: the end of that stream
 * proves to the core that nothing of the call is alive.
 */

#include "config.h"

#include "sandbox/init.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/endpoint.h"
#include "base/buf.h"
#include "base/fdpass.h"
#include "base/fs.h"
#include "base/mem.h"
#include "sandbox/broker.h"
#include "sandbox/landlock.h"
#include "sandbox/payload.h"
#include "sandbox/root.h"
#include "sandbox/sys.h"
#include "sandbox/tasks.h"

struct report_head {
	char	kind;
	int32_t	value;
};

int
report_send(int fd, char kind, int value, const void *text, size_t n,
    const int *fds, size_t fds_len)
{
	struct report_head h = { .kind = kind, .value = value };
	struct iovec iov[2] = {
		{ &h, sizeof(h) }, { (void *)(uintptr_t)text, n },
	};

	return fdpass_send(fd, iov, n > 0 ? 2 : 1, fds, fds_len) < 0 ? -1 : 0;
}

int
report_send_value(int fd, char kind, int value)
{
	return report_send(fd, kind, value, NULL, 0, NULL, 0);
}

int
report_receive(int fd, struct report *r)
{
	char *data = xmalloc(REPORT_MAX);
	struct report_head h;
	struct iovec iov[2] = {
		{ &h, sizeof(h) }, { data, REPORT_MAX - 1 },
	};
	ssize_t n;

	memset(r, 0, sizeof(*r));
	/* ECONNRESET comes once, ahead of the other side's pending messages, if
	 * it died without reading our last message. */
	do {
		n = fdpass_receive(fd, iov, 2, r->fds);
	} while (n < 0 && errno == ECONNRESET);
	if (n < (ssize_t)sizeof(h)) {
		free(data);
		return n < 0 ? -1 : 0;
	}
	r->kind = h.kind;
	r->value = h.value;
	r->len = (size_t)n - sizeof(h);
	data[r->len] = '\0';
	r->text = data;
	return 0;
}

/*
 * A call's namespaces and identities. Everything here runs before any foreign
 * code; from ns_enter on the first process has all capabilities inside its new
 * user namespace and none outside.
 */

#define NS_RENEWED (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | \
	CLONE_NEWUTS | CLONE_NEWCGROUP)

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
ns_clone(int *pidfd, int cgroup, bool *born, bool joined, struct err *e)
{
	return ns_clone_flags(NS_RENEWED | (joined ? 0 : CLONE_NEWNET |
	    CLONE_NEWUSER) | CLONE_PIDFD, pidfd, cgroup, born, e);
}

int
ns_join(const int ns[2], struct err *e)
{
	return setns(ns[0], CLONE_NEWUSER) < 0 ||
	    setns(ns[1], CLONE_NEWNET) < 0 ?
	    err_sys(e, "namespaces: cannot join those of a background "
	    "command") : 0;
}

static int
ns_write(const char *path, const char *text)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -1 : fs_write_all(fd, text, strlen(text));
}

/*
 * Resources that the kernel counts per user instead of per sandbox: leave some
 * of them to programs outside. And no nested namespaces, whatever the filter
 * allows; who stays makes them with capabilities that no command has.
 * Impossible if /proc/sys is read-only (in a container).
 */
static void
ns_limit_user(bool stays)
{
	static const struct {
		const char	*path, *max;
	} rows[] = {
		{ "/proc/sys/user/max_inotify_instances", "64" },
		{ "/proc/sys/user/max_fanotify_groups", "16" },
		{ "/proc/sys/user/max_user_namespaces", "0" },
		{ "/proc/sys/user/max_net_namespaces", "0" },
	};
	size_t n = MEM_COUNT(rows) - stays, i;

	for (i = 0; i < n; i++)
		(void)ns_write(rows[i].path, rows[i].max);
}

/* Limit the processes in this pid namespace, and in those below, by how many
 * numbers they have. Before Linux 6.14 this would be the whole machine's. */
static int
ns_limit_pids(int64_t max)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)max);
	return sys_linux(6, 14) ? ns_write("/proc/sys/kernel/pid_max", text) :
	    -1;
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

/* The first to be killed when the host runs out of memory. */
static void
ns_kill_first(pid_t pid)
{
	(void)ns_tell(pid, "oom_score_adj", "500");
}

int
ns_map(pid_t pid, uid_t uid, gid_t gid, struct err *e)
{
	char text[64];

	ns_kill_first(pid);
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
	struct ifreq ifr = { .ifr_name = "lo",
		.ifr_flags = IFF_UP | IFF_RUNNING };
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr) < 0 ?
	    err_sys(e, "network: cannot bring up the loopback") : 0;
}

/* For the child, once it has its maps: private mounts and loopback. A worker that
 * stays calls ns_renew. */
static int
ns_enter(const struct sandbox_spec *r, struct err *e)
{
	ns_limit_user(r->stays);
	if (sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_sys(e, "mounts: cannot make them private");
	if (sethostname("sandbox", 7) < 0)
		return err_sys(e, "host name");
	return r->stays || r->joins != 0 ? 0 : ns_loopback(e);
}

/* As fork, into new namespaces of the same user namespace, with a copy of the
 * mounts: the child is their first process. A network namespace costs more than
 * all others, so the file tools, which can make no socket, share theirs, where
 * nothing is up. -1 with *e, in the child too. */
static pid_t
ns_renew(bool network, struct err *e)
{
	bool born;
	pid_t pid = ns_clone_flags(NS_RENEWED | (network ? CLONE_NEWNET : 0),
	    NULL, -1, &born, e);

	if (pid == 0 && network && ns_loopback(e) < 0)
		return -1;
	return pid;
}

#define INIT_KILL_MS 5000
#define INIT_STOP_MS 2000
#define INIT_STOP_TRIES 16	/* then let them go on for a moment */
#define INIT_NAMES 5

/* The next call as the core sent it; its child will decode it. */
struct init_call {
	struct buf	 text;
	int		 fds[FDPASS_MAX];	/* the payload's output, a
						   server's stdin and stdout;
						   -1 */
};

static _Noreturn void
init_die(const struct init *in, const struct err *e)
{
	(void)report_send(in->report_fd, 'E', e->sys, e->text, strlen(e->text),
	    NULL, 0);
	_exit(1);
}

static int
init_compare(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

#define ROOT_KEEP_MAX(r) (4 + 2 * (r)->plan->len)

/* Append the descriptors that must stay open until root_project; the array has
 * room. */
static size_t
init_keep_root(const struct root *root, int *fds)
{
	const int own[] = {
		root->base, root->at, root->stage, root->git,
	};
	size_t n = 0, i;

	for (i = 0; i < MEM_COUNT(own); i++)
		if (own[i] >= 0)
			fds[n++] = own[i];
	for (i = 0; i < root->plan->len; i++) {
		const struct mount_plan_step *s = &root->plan->steps[i];

		if (s->fd >= 0)
			fds[n++] = s->fd;
		if (s->layers_fd >= 0)
			fds[n++] = s->layers_fd;
	}
	return n;
}

/* Close everything except 1 and the descriptors in use, which are above 2. */
static void
init_close(const struct init *in)
{
	size_t n = 0, i;
	AUTO_FREE int *keep = xcalloc(1 + (in->root == NULL ? 0 :
	    ROOT_KEEP_MAX(in->root)), sizeof(*keep));
	unsigned next = 3;

	keep[n++] = in->report_fd;
	if (in->root != NULL)
		n += init_keep_root(in->root, keep + n);
	qsort(keep, n, sizeof(*keep), init_compare);
	close(0);
	close(2);
	for (i = 0; i < n; i++) {
		if ((unsigned)keep[i] > next)
			(void)sys_close_range(next, (unsigned)keep[i] - 1);
		next = (unsigned)keep[i] + 1;
	}
	(void)sys_close_range(next, ~0u);
}

static void
init_share(const struct init *in)
{
	int fds[2];

	fds[0] = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fds[1] = open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fds[0] >= 0)
		(void)report_send(in->report_fd, 'P', 0, NULL, 0, fds,
		    fds[1] >= 0 ? 2 : 1);
	fs_close(fds[0]);
	fs_close(fds[1]);
}

/* The same for a forward. A socket in the home or /tmp may be an earlier
 * call's; no symlink leads elsewhere. */
static int
init_listen_at(const char *text)
{
	struct endpoint at;
	AUTO_CLOSE int dir = -1;
	AUTO_FREE char *path = NULL;
	const char *name;
	struct stat st;

	if (endpoint_parse(&at, text, NULL) < 0)
		return -1;
	if (at.any.sa_family != AF_UNIX)
		return endpoint_listen(&at);
	path = xstrdup(at.un.sun_path);
	name = strrchr(path, '/') + 1;
	path[name - path - 1] = '\0';
	dir = fs_open_plain(path);
	if (dir < 0 || (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISSOCK(st.st_mode) && unlinkat(dir, name, 0) < 0) ||
	    snprintf(at.un.sun_path, sizeof(at.un.sun_path),
	    "/proc/self/fd/%d/%s", dir, name) >= (int)sizeof(at.un.sun_path))
		return -1;
	return endpoint_listen(&at);
}

static void
init_show(const struct init *in, int which, const char *path)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

	(void)report_send(in->report_fd, 'W', which, NULL, 0, &fd, fd >= 0);
}

/* The sockets at which commands find the proxy and the forwards. The broker's
 * process keeps the proxy's, so that no other program on the host gets its
 * port. */
static void
init_open_listeners(struct init *in)
{
	/* The kernel chooses the port: a project's programs listen at ports that
	 * they know. */
	struct endpoint at = {
		.four = { .sin_family = AF_INET,
		    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) },
		.len = sizeof(at.four),
	};
	int fd = in->r->net ? endpoint_listen(&at) : -1, i;

	/* If this fails there is no network, as a command will see. */
	if (fd >= 0) {
		in->proxy_port = ntohs(at.four.sin_port);
		(void)report_send(in->report_fd, 'W', 0, NULL, 0, &fd, 1);
	}
	if (in->broker == NULL)
		fs_close(fd);
	else
		in->broker->port = in->proxy_port;
	if (in->r->shares) {
		init_show(in, SANDBOX_NS_USER, "/proc/self/ns/user");
		init_show(in, SANDBOX_NS_NET, "/proc/self/ns/net");
	}
	for (i = 0; in->r->forward[i] != NULL && i < ENDPOINT_MAX; i++) {
		fd = init_listen_at(in->r->forward[i]);
		(void)report_send(in->report_fd, 'W', i + 1, NULL, 0, &fd,
		    fd >= 0);
		fs_close(fd);
	}
}

static bool
init_is_brokered(const struct init *in)
{
	return sandbox_levels[in->r->level].brokers;
}

static int
init_decode(const struct init *in, const struct init_call *call,
    struct err *e)
{
	if (request_decode_call(call->text.p, call->text.len, in->r, e) < 0)
		return -1;
	if (init_is_brokered(in))
		in->broker->reads = in->r->reads;
	return 0;
}

/* In a process of its own: decode the call, show the project and become the
 * payload. */
static _Noreturn void
init_child(const struct init *in, const struct init_call *call)
{
	const struct mount_plan *plan = in->plan;
	bool inside = in->root != NULL;
	struct payload p = {
		.r = in->r,
		.home = inside ? plan->home : in->r->sandbox_home,
		.tmp = inside ? plan->tmp : in->r->sandbox_tmp,
		.path = plan != NULL ? plan->path : in->r->path,
		.inside = inside,
		.plan = plan,
		.broker = in->broker == NULL ? -1 : in->broker->channel[1],
		.nice = in->nice,
		.proxy_port = in->proxy_port,
		.out_fd = call->fds[0],
		.io = { call->fds[1], call->fds[2] },
		.report_fd = in->report_fd,
		.filter = in->filter.text,
		.filter_len = in->filter.len,
	};
	struct err e = ERR_INIT;

	if (p.path == NULL)
		p.path = "/usr/local/bin:/usr/bin:/bin";
	if (!init_is_brokered(in) && init_decode(in, call, &e) < 0)
		init_die(in, &e);
	if (in->root != NULL && root_project(in->root, &e) < 0)
		init_die(in, &e);
	(void)report_send_value(in->report_fd, 'B', 0);
	payload_run(&p);
}

/* ---- stopping ---- */

/* A process that stopped itself stays stopped when the others continue. */
struct init_stopped {
	struct tasks	 tasks;
	pid_t		*before;	/* had stopped before we did it */
	size_t		 before_len;
	bool		 on;		/* we have stopped the others */
};

static size_t
init_list(const struct init *in, struct init_stopped *s)
{
	ssize_t n = tasks_list_below(&s->tasks);
	size_t i;

	if (n < 0)
		s->tasks.len = 0;
	if (n < 0 || in->root == NULL)
		return n < 0 ? 0 : (size_t)n;
	for (n = 0, i = 0; i < s->tasks.len; i++) {
		s->tasks.v[i].below = s->tasks.v[i].pid != getpid();
		n += s->tasks.v[i].below;
	}
	return (size_t)n;
}

static bool
init_had_stopped(const struct init_stopped *s, pid_t pid)
{
	MEM_EACH(s, before, it)
		if (*it == pid)
			return true;
	return false;
}

static void
init_signal(struct init_stopped *s, int sig)
{
	size_t i;

	for (i = 0; i < s->tasks.len; i++)
		if (s->tasks.v[i].below &&
		    !init_had_stopped(s, s->tasks.v[i].pid))
			(void)kill(s->tasks.v[i].pid, sig);
}

/* Can kill(-1) reach nothing but the call's processes? It signals all of them
 * at once, so that none that forks escapes. */
static bool
init_has_all(const struct init *in)
{
	return in->root != NULL ||
	    (in->broker != NULL && in->broker->scoped);
}

static void
init_stop_once(const struct init *in, struct init_stopped *s)
{
	if (init_has_all(in))
		(void)kill(-1, SIGSTOP);
	else
		init_signal(s, SIGSTOP);
}

static void
init_stop(const struct init *in, struct init_stopped *s)
{
	size_t n = init_list(in, s), before, i;

	s->before_len = 0;
	s->before = xreallocarray(s->before, n + 1, sizeof(*s->before));
	for (i = 0; i < s->tasks.len; i++)
		if (s->tasks.v[i].below && s->tasks.v[i].state == 'T')
			s->before[s->before_len++] = s->tasks.v[i].pid;
	s->on = true;
	/* Again for processes that were started meanwhile. */
	do {
		before = n;
		init_stop_once(in, s);
	} while (!init_has_all(in) && (n = init_list(in, s)) > before);
}

/* A signal takes its time: wait until they are stopped. Some may have to be
 * stopped again: a child that was ending can wake its parent, or its group. One
 * that waits in vfork can't stop until its child, if that has stopped, goes on. */
static bool
init_all_stopped(const struct init *in, struct init_stopped *s)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	AUTO_BUF struct buf seen = BUF_INIT(0);
	int i;

	for (i = 0; i < INIT_STOP_MS; i++) {
		(void)init_list(in, s);
		if (tasks_are_stopped(&s->tasks, &seen))
			return true;
		if (i % INIT_STOP_TRIES == INIT_STOP_TRIES - 1)
			init_signal(s, SIGCONT);
		else
			init_stop_once(in, s);
		(void)nanosleep(&pause, NULL);
	}
	return false;
}

static void
init_go_on(const struct init *in, struct init_stopped *s)
{
	if (!s->on)
		return;
	s->on = false;
	(void)init_list(in, s);
	init_signal(s, SIGCONT);
}

/* ---- until the end ---- */

/* Connect to a port of this network, and hand the socket out: no process of the
 * call ever has it. */
static void
init_dial(const struct init *in, int port)
{
	char four[32], six[32];
	int fd = -1;

	snprintf(four, sizeof(four), "127.0.0.1:%d", port);
	snprintf(six, sizeof(six), "[::1]:%d", port);
	if (port != in->proxy_port && (fd = endpoint_connect(four, NULL)) < 0)
		fd = endpoint_connect(six, NULL);
	(void)report_send(in->report_fd, 'K', 0, NULL, 0, &fd, fd >= 0);
	fs_close(fd);
}

/* 0, or -1 at the end of the channel: the launcher ended it, or died. */
static int
init_order(const struct init *in, struct init_stopped *s)
{
	struct report m;

	if (report_receive(in->report_fd, &m) < 0)
		return errno == EAGAIN ? 0 : -1;
	if (m.kind == 'Z') {
		init_stop(in, s);
		if (init_all_stopped(in, s))
			(void)report_send_value(in->report_fd, 'z', 0);
	} else if (m.kind == 'T')
		init_go_on(in, s);
	else if (m.kind == 'K' && in->root != NULL)
		init_dial(in, m.value);
	else if (m.kind == 'Q') {
		(void)init_list(in, s);
		init_signal(s, SIGTERM);
	} else if (m.kind == 'Y')
		broker_terminal(in->broker, m.text, m.len, m.fds[0], m.value);
	fs_close(m.fds[0]);
	free(m.text);
	return m.kind == 0 ? -1 : 0;
}

/* Reap what has ended, with *status if the payload has. True if no child is
 * left: then nothing of the call is alive, since orphans become children of
 * this process. */
static bool
init_reap(pid_t payload, int *status)
{
	pid_t pid;
	int st;

	while ((pid = waitpid(-1, &st, WNOHANG)) > 0)
		/* A process that asked to be traced by us may only have
		 * stopped. */
		if (pid == payload && (WIFEXITED(st) || WIFSIGNALED(st)))
			*status = st;
	return pid < 0;
}

/* Name what the command has left running. */
static void
init_tell_rest(const struct init *in)
{
	AUTO(tasks_release) struct tasks l = { 0 };
	AUTO_BUF struct buf names = BUF_INIT(0);
	size_t n = 0, more = 0, i, k;
	int st = 0;

	if (init_reap(0, &st) || tasks_list_below(&l) <= 0)
		return;
	for (i = 0; i < l.len; i++) {
		struct task *t = &l.v[i];

		t->below = t->below && strchr("ZXx", t->state) == NULL;
		if (!t->below)
			continue;
		for (k = 0; t->name[k] != '\0'; k++)
			if (!isalnum((unsigned char)t->name[k]) &&
			    strchr("-_.+:/", t->name[k]) == NULL)
				t->name[k] = '?';
		for (k = 0; k < i; k++)
			if (l.v[k].below && strcmp(l.v[k].name, t->name) == 0)
				break;
		if (k < i)
			continue;
		if (n++ < INIT_NAMES)
			buf_addf(&names, "%s%s", n > 1 ? ", " : "", t->name);
		else
			more++;
	}
	if (more > 0)
		buf_addf(&names, " and %zu more", more);
	if (n > 0)
		(void)report_send(in->report_fd, 'R', 0, names.p, names.len,
		    NULL, 0);
}

/* Kill everything but this process. */
static void
init_kill_rest(const struct init *in)
{
	int st = 0;

	if (init_reap(0, &st))
		return;
	if (!init_has_all(in)) {
		/* From now on, calls that need the broker fail, also fork. */
		if (in->broker != NULL)
			fs_close(in->broker->listener);
		(void)tasks_kill_below(INIT_KILL_MS, 0, NULL);
		return;
	}
	(void)kill(-1, SIGKILL);
	while (waitpid(-1, &st, 0) > 0 || errno == EINTR)
		;
}

/* Wait until the payload has ended, or the launcher has ended the call or died.
 * True, with *status, if the payload ended. */
static bool
init_wait(const struct init *in, pid_t payload, int chld, int *status)
{
	struct init_stopped stopped = { .on = false };
	struct pollfd p[3] = {
		{ .fd = in->report_fd, .events = POLLIN },
		{ .fd = chld, .events = POLLIN },
		{ .fd = in->broker == NULL ? -1 : in->broker->epoll,
		  .events = POLLIN },
	};

	*status = -1;
	while (*status == -1) {
		struct signalfd_siginfo info;

		if (poll(p, 3, -1) < 0)
			continue;
		if (p[2].revents != 0)
			broker_serve(in->broker);
		if (p[1].revents != 0) {
			(void)!read(chld, &info, sizeof(info));
			(void)init_reap(payload, status);
		}
		if (*status == -1 && p[0].revents != 0 &&
		    init_order(in, &stopped) < 0)
			break;
	}
	tasks_release(&stopped.tasks);
	free(stopped.before);
	return *status != -1;
}

/* Receive the call, which may come in parts; with the last one come the
 * descriptors for the payload. -1: there won't be a call. */
static int
init_receive(const struct init *in, struct init_call *call)
{
	struct report m;
	bool last = false;
	char byte;

	buf_init(&call->text, REQUEST_MAX);
	while (!last) {
		if (report_receive(in->report_fd, &m) < 0)
			return -1;
		if (m.kind != 'C' || buf_add(&call->text, m.text, m.len) < 0)
			return -1;
		last = m.value != 0;
		memcpy(call->fds, m.fds, sizeof(call->fds));
		free(m.text);
	}
	if (in->r->stays && read(in->go_fd, &byte, 1) != 1)
		return -1;
	return call->fds[0] < 0 ? -1 : 0;
}

static void
init_ended(const struct init *in, int status)
{
	int64_t n = in->broker == NULL ? 0 : in->broker->count;

	(void)report_send(in->report_fd, 'S', status, &n, sizeof(n), NULL, 0);
}

/* The launcher wants the payload's forks counted. */
static int
init_count_forks(struct init *in, struct err *e)
{
	if (in->broker == NULL)
		in->broker = broker_new_forks(e);
	if (in->broker == NULL)
		return -1;
	forks_begin(&in->broker->forks, in->r->limits.pids);
	return 0;
}

/* -1: this process must end, and everything with it. */
static int
init_serve(struct init *in, int chld)
{
	struct init_call call = { .fds = { -1, -1, -1 } };
	struct err e = ERR_INIT;
	int status;
	bool ended;
	pid_t pid;

	/* No message: the launcher is gone, or the core no longer wants a
	 * call. */
	if (init_receive(in, &call) < 0)
		_exit(1);
	/* The broker's Landlock rules depend on the call: secret files, and
	 * whether it only reads. The payload gets more rules; the broker can
	 * still inspect it. */
	if (init_is_brokered(in) && init_decode(in, &call, &e) < 0)
		init_die(in, &e);
	if (init_is_brokered(in) && !in->r->bare && !in->r->no_git)
		copy_git(in->r, true);
	if (init_is_brokered(in) &&
	    landlock_confine(in->r, in->plan, LANDLOCK_BROKER, &e) < 0)
		init_die(in, &e);
	if (in->filter.value != 0 && init_count_forks(in, &e) < 0)
		init_die(in, &e);
	/* A file tool leaves nothing running: it is this process itself, and who
	 * watches over that tells how it ended. */
	pid = in->r->bare && in->r->stays ? 0 : fork();
	if (pid == 0)
		init_child(in, &call);
	if (pid < 0) {
		err_sys(&e, "payload: fork");
		init_die(in, &e);
	}
	fdpass_close(call.fds);
	buf_release(&call.text);
	if (in->broker != NULL)
		close(in->broker->channel[1]);
	/* The child has its own. */
	if (in->root != NULL) {
		root_release(in->root);
		mount_plan_release(in->root->plan);
	}
	ended = init_wait(in, pid, chld, &status);
	if (ended)
		init_tell_rest(in);
	/* The end of pid 1 ends everything. */
	if (in->root == NULL)
		init_kill_rest(in);
	if (in->broker != NULL)
		broker_end(in->broker);
	if (ended)
		init_ended(in, status);
	return ended ? 0 : -1;
}

/*
 * If real root started the worker, the launcher writes the maps of this process
 * (see launch_clone) and sends 'M'; only then does this process become the
 * owner. The kernel clears capabilities when a process gives up uid 0; inside,
 * no uid is 0, since only the owner's is mapped.
 */
static int
init_identity(const struct init *in, struct err *e)
{
	struct report m;

	if (in->r->joins != 0) {
		ns_kill_first(0);
		return 0;
	}
	if (!in->mapped)
		return ns_map(0, in->uid, in->gid, e);
	if (report_receive(in->report_fd, &m) < 0 || m.kind != 'M')
		_exit(1);
	free(m.text);
	if (setresgid(in->gid, in->gid, in->gid) < 0 ||
	    setresuid(in->uid, in->uid, in->uid) < 0)
		return err_sys(e, "owner: cannot become uid %u inside",
		    in->uid);
	prctl(PR_SET_DUMPABLE, 0);
	return 0;
}

static int
init_broker(struct init *in, struct err *e)
{
	in->broker = broker_new(in->r, landlock_version(in->r), e);
	if (in->broker == NULL)
		return -1;
	in->broker->launcher = in->report_fd;
	return payload_drop(e);
}

static void
init_prepare(struct init *in)
{
	struct err e = ERR_INIT;

	if (in->root != NULL) {
		if (init_identity(in, &e) < 0)
			init_die(in, &e);
		/* Only now, since a change of identity clears it. If the
		 * launcher is already dead, reading the channel fails. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (in->pid_max > 0 && ns_limit_pids(in->pid_max) < 0)
			(void)report_send_value(in->report_fd, 'U', 0);
		if (ns_enter(in->r, &e) < 0 ||
		    root_build(in->root, &e) < 0)
			init_die(in, &e);
	} else {
		ns_kill_first(0);
		(void)setsid();
		sys_raise_session();
		if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) {
			err_sys(&e, "guard: cannot gather orphans");
			init_die(in, &e);
		}
	}
	prctl(PR_SET_DUMPABLE, 0);
	init_close(in);
	(void)signal(SIGPIPE, SIG_DFL);
	if (in->root != NULL)
		sys_drop_bounding();
	if (in->root == NULL && in->plan != NULL && init_broker(in, &e) < 0)
		init_die(in, &e);
	if (in->root != NULL && !in->r->stays)
		init_share(in);
	if (!in->r->stays)
		init_open_listeners(in);
}

/* Wait until this child is dead. Let it start its call only after INIT_GO:
 * before that, this process may be about to be killed. */
static void
init_watch_over(const struct init *in, pid_t pid, const sigset_t *mask, int go)
{
	int status = -1;
	bool begun = false;

	while (status == -1) {
		if (sigwaitinfo(mask, NULL) == INIT_GO)
			begun = write(go, "", 1) == 1;
		else
			(void)init_reap(pid, &status);
	}
	if (begun && in->r->bare)
		init_ended(in, status);
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		_exit(1);
}

/* Fork a child with namespaces of its own for each call; only the children
 * return. The next one is made once nothing of the last one is left. */
static void
init_renew(struct init *in)
{
	struct err e = ERR_INIT;
	struct report m;
	sigset_t mask;
	int go[2];
	pid_t pid;

	/* A child made before would be outside the cgroup. */
	if (report_receive(in->report_fd, &m) < 0 || m.kind != 'L')
		_exit(1);
	free(m.text);
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, INIT_GO);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	if (pipe2(go, O_CLOEXEC) < 0) {
		err_sys(&e, "worker: pipe");
		init_die(in, &e);
	}
	while ((pid = ns_renew(!in->r->bare && in->r->joins == 0, &e)) > 0) {
		init_watch_over(in, pid, &mask, go[1]);
		(void)report_send_value(in->report_fd, 'N', 0);
	}
	if (pid < 0 || root_renew(in->root, &e) < 0)
		init_die(in, &e);
	in->go_fd = go[0];
	init_share(in);
	init_open_listeners(in);
}

_Noreturn void
init_run(struct init *in)
{
	struct err e = ERR_INIT;
	sigset_t mask;
	int chld;

	init_prepare(in);
	if (in->r->stays)
		init_renew(in);
	/* Skip late orders for the call that has just ended. */
	do {
		free(in->filter.text);
		if (report_receive(in->report_fd, &in->filter) < 0)
			_exit(1);
	} while (in->filter.kind == 'Z' || in->filter.kind == 'T');
	if (in->filter.kind != 'F')
		_exit(1);
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	chld = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (chld < 0) {
		err_sys(&e, "payload: signalfd");
		init_die(in, &e);
	}
	_exit(init_serve(in, chld) == 0 ? 0 : 1);
}
