/*
 * The outer process of a call, outside the sandbox. It builds the sandbox as
 * soon as it has the setup and then sleeps until the call comes (possibly at
 * once). During the call it passes output on and enforces the limits, and never
 * waits for a reader while a limit is due, nor exits before everything of the
 * call is dead. It must never run or read anything of the project itself. On
 * levels C, D and none the first process is a guard, which kills what the call
 * leaves behind (init.h).
 *
 *   setup read -> folders readied -> (as real root: the mounts opened by
 *   root_open_trees, then the identity of the project's owner taken) -> init_run
 *   cloned or forked -> filter built and sent while the root is mounted ->
 *   asleep -> call read -> sent inside, where the project is mounted and the
 *   payload started -> output passed on until the first process is dead and
 *   its pipe at its end -> the result sent (frame 'r', see sandbox.h)
 * A worker that stays sends the result when everything of the call is dead but
 * the first process, and sleeps again.
 *
 * The end of descriptor 0 at any time: the core is gone, kill everything.
 */

#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fdpass.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "sandbox/cgroup.h"
#include "sandbox/filter.h"
#include "sandbox/init.h"
#include "sandbox/landlock.h"
#include "sandbox/mount-plan.h"
#include "sandbox/payload.h"
#include "sandbox/request.h"
#include "sandbox/root.h"
#include "sandbox/sandbox-limits.h"
#include "sandbox/sandbox.h"
#include "sandbox/sys.h"
#include "sandbox/tasks.h"
#include "sandbox/terminals.h"
#include "tool/tool.h"

struct launch {
	struct sandbox_spec	 r;
	struct mount_plan	 plan;
	struct root	 root;
	bool		 has_ns;
	bool		 has_plan;	/* A, B, C */
	bool		 drops;		/* real root, for another user's
					   project */
	uid_t		 uid;		/* the payload's identity */
	gid_t		 gid;
	int		 mounts;	/* the host's mount table, or -1 */
	int		 joins[2];	/* namespaces to join, or -1 */
	struct watch	*watch;
	cJSON		*filters;	/* of the first message */
	char		*filter_made;	/* frame 'f', until it is sent */
	struct buf	 filter;	/* the program */
	struct cgroup_join join;
	int64_t		 kills;		/* in it, when the call began */
	struct limit_enforcement enforced;
	int		 report, out;	/* ours; -1 at their end */
	struct {			/* the sockets at which commands find the
					   proxy and the forwards */
		bool	 due;		/* it is to be sent */
		int	 fd;		/* -1: it couldn't be made */
	}		 offers[1 + SANDBOX_NS_NET];
	bool		 begun;		/* the call was sent inside, or will
					   be */
	int		 inside[FDPASS_MAX];	/* the payload's output, a
					   server's stdin and stdout, until they
					   are sent with the call; -1 */
	bool		 holds;		/* the core has stopped it */
	int		 port;		/* of an order to connect, */
	int		 port_left;	/* of which so many bytes are to come */
	int		 dials;		/* that aren't answered */
	struct terminals terminals;	/* of the call (C) */
	int		 pidfd;		/* of the first process; -1: dead */
	pid_t		 pid;
	char		*call;		/* the complete second message */
	size_t		 call_len, call_at;	/* how much was sent inside */
	struct buf	 held;		/* output that may be the start of the
					   copy's path */
	struct buf	 queue;		/* frames not written yet */
	size_t		 queue_at;
	int64_t		 start, deadline, look_due, give_up;
	bool		 built, core_gone, killing;	/* built: the call's
							   view */
	bool		 have_status;
	bool		 answered;	/* the result was sent */
	bool		 last;		/* no other call may follow it here */
	bool		 alive;		/* something of it couldn't be killed */
	bool		 gone;		/* so are the namespaces that the call
					   had of its own */
	int		 status;
	int64_t		 printed, brokered;
	const char	*killed_by;	/* name of the limit that ended the
					   call */
	char		*limit_text;	/* message about it */
	char		*left;		/* programs that the command left
					   running, or NULL */
	struct err	 error;
};

#define LAUNCH_NICE	(-20)
static int launch_nice;		/* the worker's priority when it was started */

#define SUPERVISE_CHUNK	65536
#define SUPERVISE_PART	60000	/* bytes of the call in one message to the first
				   process (REPORT_MAX) */
#define SUPERVISE_DRAIN_MS	2000	/* for the pipe's end after the last
					   death */
#define SUPERVISE_GUARD_MS	6000	/* for the guard to kill everything */

static void
supervise_frame(struct launch *l, char type, const void *p, size_t n)
{
	unsigned char head[5] = {
		(unsigned char)type, (unsigned char)(n >> 24),
		(unsigned char)(n >> 16), (unsigned char)(n >> 8),
		(unsigned char)n,
	};

	buf_add(&l->queue, head, sizeof(head));
	buf_add(&l->queue, p, n);
}

/* Write what can be written. */
static void
supervise_flush(struct launch *l)
{
	while (l->queue_at < l->queue.len) {
		ssize_t n = write(STDOUT_FILENO, l->queue.p + l->queue_at,
		    l->queue.len - l->queue_at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			l->core_gone = true;
			break;
		}
		l->queue_at += (size_t)n;
	}
	buf_clear(&l->queue);
	l->queue_at = 0;
}

static void
supervise_call(struct launch *l)
{
	while (l->call_at < l->call_len) {
		size_t left = l->call_len - l->call_at;
		size_t n = left < SUPERVISE_PART ? left : SUPERVISE_PART;

		if (report_send(l->report, 'C', n == left, l->call +
		    l->call_at, n, l->inside,
		    n < left ? 0 : l->inside[1] < 0 ? 1 : 3) < 0) {
			if (errno == EAGAIN)
				return;
			/* EPIPE: the first process has failed and reported
			 * why. */
			break;
		}
		l->call_at += n;
	}
	l->call_at = l->call_len;
	FREE_NULL(l->call);
	fdpass_close(l->inside);
	memset(l->inside, -1, sizeof(l->inside));
}

static void
supervise_kill(struct launch *l)
{
	if (!l->killing)
		l->give_up = clock_mono_ms() + SUPERVISE_GUARD_MS;
	l->killing = true;
	if (l->pidfd < 0)
		return;
	if (l->has_ns)
		(void)sys_pidfd_kill(l->pidfd, SIGKILL);
	else if (l->report >= 0)
		(void)shutdown(l->report, SHUT_WR);
}

static char *
supervise_bytes(int64_t n)
{
	if (n >= (int64_t)1 << 30 && n % ((int64_t)1 << 30) == 0)
		return xasprintf("%lld GiB", (long long)(n >> 30));
	if (n >= (int64_t)1 << 20)
		return xasprintf("%lld MiB", (long long)(n >> 20));
	return xasprintf("%lld bytes", (long long)n);
}

static char *
supervise_duration(int64_t ms)
{
	if (ms % 60000 == 0)
		return xasprintf("%lld min", (long long)(ms / 60000));
	if (ms % 1000 == 0)
		return xasprintf("%lld s", (long long)(ms / 1000));
	return xasprintf("%lld ms", (long long)ms);
}

/* Takes ownership of `limit`. The first limit wins. */
static void
supervise_limit_take(struct launch *l, const char *killed, char *limit)
{
	if (l->killed_by == NULL && !l->have_status) {
		l->killed_by = killed;
		l->limit_text = limit;
	} else
		free(limit);
	supervise_kill(l);
}

static void
supervise_timeout(struct launch *l)
{
	AUTO_FREE char *d = supervise_duration(l->r.run_ms);

	supervise_limit_take(l, "timeout", xasprintf(l->r.own_timeout ?
	    "it ran longer than its timeout_s of %s" :
	    "it ran longer than %s; --timeout raises it", d));
}

/* Has the kernel killed one process? Then end all: half a build is worse than
 * none. */
static void
supervise_oom(struct launch *l)
{
	AUTO_FREE char *n = NULL;

	if (cgroup_join_kills(&l->join) <= l->kills)
		return;
	n = supervise_bytes(l->r.limits.memory_bytes);
	supervise_limit_take(l, "memory", xasprintf("out of its %s, or of the "
	    "machine's memory: the kernel killed one of its processes, and "
	    "then all were killed; --memory raises its limit", n));
}

static void
supervise_verdict(struct launch *l, enum watch_verdict v)
{
	const struct sandbox_limits *lim = &l->r.limits;
	char *n;

	switch (v) {
	case WATCH_FINE:
		break;
	case WATCH_MEMORY:
		n = supervise_bytes(lim->memory_bytes);
		supervise_limit_take(l, "memory", xasprintf("out of its %s; "
		    "--memory raises it", n));
		free(n);
		break;
	case WATCH_DISK:
		n = supervise_bytes(lim->disk_bytes);
		supervise_limit_take(l, "disk", xasprintf(
		    "what it wrote would make the changed files larger than "
		    "%s; "
		    "--disk raises it", n));
		free(n);
		break;
	case WATCH_INODES:
		supervise_limit_take(l, "disk",
		    xasprintf("what it wrote would make more than %lld "
			      "changed files; a larger --disk allows more",
			(long long)lim->disk_inodes));
		break;
	case WATCH_FULL:
		supervise_limit_take(l, "disk",
		    xstrdup("the disk that holds the "
			    "session is almost full; free some space"));
		break;
	case WATCH_PIDS:
		supervise_limit_take(l, "pids", xasprintf("it had more than "
		    "%lld processes and threads; --pids raises it",
		    (long long)lim->pids));
		break;
	}
}

/* To the core: this is that socket, or there is none. */
static void
supervise_hand(size_t which, int fd)
{
	struct iovec byte = { (char[]) { (char)which }, 1 };

	(void)fdpass_send(STDIN_FILENO, &byte, 1, &fd, fd >= 0);
}

static void
supervise_offer(struct launch *l)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(l->offers) && l->begun; i++) {
		if (!l->offers[i].due)
			continue;
		supervise_hand(i, l->offers[i].fd);
		fs_close(l->offers[i].fd);
		l->offers[i].due = false;
	}
}

/* The first process has connected, or can't. */
static void
supervise_dialled(struct launch *l, int fd)
{
	if (l->dials == 0)
		return;
	l->dials--;
	supervise_hand(SANDBOX_DIALLED, fd);
}

/* Only the first process of a server's own network is asked to connect. */
static void
supervise_dial(struct launch *l, int port)
{
	l->dials++;
	if (!l->r.is_server || !l->has_ns || l->call_at < l->call_len ||
	    l->report < 0 || report_send_value(l->report, 'K', port) < 0)
		supervise_dialled(l, -1);
}

/* The broker asks for a terminal; its message goes back. It asks for less than
 * the channel holds. */
static void
supervise_terminal(struct launch *l, const struct report *m)
{
	/* A server gets none, see filter_load_held. */
	int fd = l->r.is_server ? -EPERM :
	    terminals_open(&l->terminals, m->value);

	/* A command may have so many descriptors under way that none more can be
	 * sent. */
	if (fd < 0 || report_send(l->report, 'Y', 0, m->text, m->len, &fd,
	    1) < 0)
		(void)report_send(l->report, 'Y', fd < 0 ? -fd : EMFILE,
		    m->text, m->len, NULL, 0);
	fs_close(fd);
}

static bool
supervise_selftests(const struct launch *l)
{
	return strcmp(l->r.tool, "selftest") == 0;
}

static void
supervise_report(struct launch *l)
{
	struct report m;

	if (report_receive(l->report, &m) < 0) {
		if (errno == EAGAIN)
			return;
		m.kind = 0;
	}
	switch (m.kind) {
	case 'P':
		watch_attach_take(l->watch, m.fds[0], m.fds[1],
		    l->r.bare && l->r.stays ? -1 : 0);
		m.fds[0] = m.fds[1] = -1;
		break;
	case 'W':
		/* The next call's may come before this one has ended. */
		if (m.value < 0 || m.value > SANDBOX_NS_NET)
			break;
		l->offers[m.value].due = true;
		l->offers[m.value].fd = m.fds[0];
		m.fds[0] = -1;
		if (!l->have_status)
			supervise_offer(l);
		break;
	case 'K':
		supervise_dialled(l, m.fds[0]);
		break;
	case 'B':
		l->built = true;
		l->look_due = clock_mono_ms() + 20;
		break;
	case 'U':
		l->enforced.pids = ENFORCED_SAMPLED;
		break;
	case 'z':
		if (l->holds)
			supervise_frame(l, 'z', NULL, 0);
		break;
	case 'Y':
		if (sandbox_levels[l->r.level].brokers && !l->r.bare)
			supervise_terminal(l, &m);
		break;
	case 'V':
		if (l->r.on_terminal)
			supervise_hand(SANDBOX_TERMINAL, m.fds[0]);
		break;
	case 'N':
		l->gone = true;
		break;
	case 'E':
		/* The next sandbox failed; this call did not. */
		if (l->gone)
			l->last = true;
		else if (!err_is_set(&l->error)) {
			err_set(&l->error, "%s", m.text);
			l->error.sys = m.value;
		}
		break;
	case 'R':
		FREE_SET(l->left, m.text);
		m.text = NULL;
		break;
	case 'S':
		l->have_status = true;
		l->status = m.value;
		if (m.len == sizeof(l->brokered))
			memcpy(&l->brokered, m.text, m.len);
		/* Most probes make one call. */
		l->last = !WIFEXITED(l->status) ||
		    (supervise_selftests(l) &&
		    !json_bool(l->r.args, "stays", false));
		if (strcmp(l->r.tool, TOOL_PARALLEL) == 0 &&
		    WIFEXITED(l->status) &&
		    WEXITSTATUS(l->status) == PAYLOAD_STRUCK) {
			l->status = 0;
			l->last = true;
		}
		break;
	default:
		close(l->report);
		l->report = -1;
		supervise_call(l);
	}
	fs_close(m.fds[0]);
	fs_close(m.fds[1]);
	free(m.text);
}

/* How many bytes at the end of these may be the start of `word`. */
static size_t
supervise_start(const char *p, size_t n, const char *word)
{
	size_t k = strlen(word) - 1;

	for (k = k < n ? k : n; k > 0; k--)
		if (memcmp(p + n - k, word, k) == 0)
			break;
	return k;
}

static void
supervise_frames(struct launch *l, const char *p, size_t n)
{
	for (; n > SUPERVISE_CHUNK; p += SUPERVISE_CHUNK, n -= SUPERVISE_CHUNK)
		supervise_frame(l, 'o', p, SUPERVISE_CHUNK);
	if (n > 0)
		supervise_frame(l, 'o', p, n);
}

/*
 * Output of a command. Where the copy has a path of its own (C, D, none), it
 * becomes the project's, which is what the user and the model know. At the end,
 * n 0, the rest follows.
 */
static void
supervise_pass(struct launch *l, const char *p, size_t n)
{
	AUTO_BUF struct buf out = BUF_INIT(0);
	const char *at, *end, *found;
	size_t keep;

	if (l->has_ns || l->r.copy == NULL || !l->r.is_command) {
		supervise_frames(l, p, n);
		return;
	}
	buf_add(&l->held, p, n);
	at = buf_str(&l->held);
	end = at + l->held.len;
	while ((found = memmem(at, (size_t)(end - at), l->r.copy,
	    strlen(l->r.copy))) != NULL) {
		buf_add(&out, at, (size_t)(found - at));
		buf_adds(&out, l->r.root);
		at = found + strlen(l->r.copy);
	}
	keep = n == 0 ? 0 : supervise_start(at, (size_t)(end - at), l->r.copy);
	buf_add(&out, at, (size_t)(end - at) - keep);
	buf_consume(&l->held, l->held.len - keep);
	supervise_frames(l, out.p, out.len);
}

static void
supervise_output(struct launch *l)
{
	char chunk[SUPERVISE_CHUNK];
	ssize_t n = read(l->out, chunk, sizeof(chunk));
	int64_t room = l->r.limits.output_bytes - l->printed;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		supervise_pass(l, NULL, 0);
		supervise_flush(l);
		close(l->out);
		l->out = -1;
		return;
	}
	l->printed += n;
	if (room > 0)
		supervise_pass(l, chunk, (size_t)(n < room ? n : room));
	if (l->printed > l->r.limits.output_bytes) {
		AUTO_FREE char *words =
		    supervise_bytes(l->r.limits.output_bytes);

		supervise_limit_take(l, "output", xasprintf("it printed more "
		    "than %s; redirect its output to a file", words));
	}
	supervise_flush(l);
}

/* The first process is dead. Read its remaining output to the end. */
static void
supervise_reaped(struct launch *l)
{
	(void)spawn_reap(l->pid);
	close(l->pidfd);
	l->pidfd = -1;
	while (l->report >= 0) {
		struct pollfd p = { .fd = l->report, .events = POLLIN };

		if (poll(&p, 1, 0) <= 0)
			break;
		supervise_report(l);
	}
	/* A killed guard leaves its orphans to us. */
	if (!l->has_ns)
		l->alive = tasks_kill_below(SUPERVISE_GUARD_MS, 0, NULL) > 0;
	l->give_up = clock_mono_ms() + SUPERVISE_DRAIN_MS;
}

/* Stop a server, or continue it. */
static void
supervise_order(struct launch *l, bool hold)
{
	if (l->r.is_server && hold != l->holds && l->report >= 0 &&
	    report_send_value(l->report, hold ? 'Z' : 'T', 0) == 0)
		l->holds = hold;
}

static void
supervise_ports(struct launch *l)
{
	unsigned ports[SANDBOX_PORTS];
	char text[2 * SANDBOX_PORTS];
	size_t n = watch_ports(l->watch, ports, SANDBOX_PORTS), i;

	for (i = 0; i < n; i++) {
		text[2 * i] = (char)(ports[i] >> 8);
		text[2 * i + 1] = (char)ports[i];
	}
	supervise_frame(l, 'l', text, 2 * n);
}

/* Something came from the core, which has nothing more to send: its end, or an
 * order for a server, or for a command on a terminal. */
static void
supervise_stdin(struct launch *l)
{
	char orders[512];
	ssize_t n = read(STDIN_FILENO, orders, sizeof(orders)), i;

	for (i = 0; i < n; i++) {
		if (l->port_left > 0) {
			l->port = (l->port << 8 & 0xff00) |
			    (unsigned char)orders[i];
			if (--l->port_left == 0)
				supervise_dial(l, l->port);
		} else if (orders[i] == 'Z' || orders[i] == 'T')
			supervise_order(l, orders[i] == 'Z');
		else if (orders[i] == 'K')
			l->port_left = 2;
		else if (orders[i] == 'Q' && l->r.on_terminal && l->report >= 0)
			(void)report_send_value(l->report, 'Q', 0);
		else if (orders[i] == 'L' && l->r.is_server && !l->answered)
			supervise_ports(l);
	}
	if (n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN)))
		return;
	l->core_gone = true;
}

/* How long nothing is due. */
static int
supervise_wait_ms(const struct launch *l)
{
	int64_t now = clock_mono_ms(), due = l->deadline;

	/* A slow reader may take its time. */
	if (l->pidfd < 0 && l->queue.len > 0)
		return -1;
	if (l->pidfd < 0 || l->killing)
		due = l->give_up;
	else if (l->built && !l->holds && l->look_due < due)
		due = l->look_due;
	return due <= now ? 0 : (int)(due - now);
}

static bool
supervise_stays(const struct launch *l)
{
	return l->r.stays && l->have_status && !l->last &&
	    l->gone &&
	    l->out < 0 && l->pidfd >= 0 && !l->killing && !l->core_gone &&
	    l->killed_by == NULL && !err_is_set(&l->error);
}

static bool
supervise_has_verdict(const struct launch *l)
{
	return !l->answered && l->have_status && l->out < 0 &&
	    l->killed_by == NULL && !err_is_set(&l->error) &&
	    (supervise_selftests(l) || strcmp(l->r.tool, TOOL_INSPECT) == 0);
}

/* Wait for what happens next, and act on it; false: that failed. */
static bool
supervise_poll(struct launch *l)
{
	bool sends = l->queue.len > 0 && !l->core_gone;
	struct pollfd p[5] = {
		{ .fd = l->core_gone ? -1 : STDIN_FILENO, .events = POLLIN },
		{ .fd = sends ? STDOUT_FILENO : -1, .events = POLLOUT },
		{ .fd = sends ? -1 : l->out, .events = POLLIN },
		{ .fd = l->report, .events = (short)(POLLIN |
		  (l->call_at < l->call_len ? POLLOUT : 0)) },
		{ .fd = l->pidfd, .events = POLLIN },
	};

	if (poll(p, 5, supervise_wait_ms(l)) < 0 && errno != EINTR)
		return false;
	if (p[0].revents != 0)
		supervise_stdin(l);
	if (p[1].revents != 0)
		supervise_flush(l);
	if (p[2].revents != 0)
		supervise_output(l);
	if ((p[3].revents & POLLOUT) != 0)
		supervise_call(l);
	if ((p[3].revents & ~POLLOUT) != 0)
		supervise_report(l);
	if (p[4].revents != 0)
		supervise_reaped(l);
	return true;
}

/* Watch the call's limits: of time, and those that have to be polled. */
static void
supervise_limits(struct launch *l, int64_t now)
{
	int ms;

	if (l->pidfd >= 0 && !l->killing && now >= l->deadline)
		supervise_timeout(l);
	if (l->pidfd >= 0 && !l->killing && l->built && !l->holds &&
	    now >= l->look_due) {
		supervise_oom(l);
		supervise_verdict(l, watch_check(l->watch, &ms));
		l->look_due = clock_mono_ms() + ms;
	}
}

/* The first process doesn't end, or the pipe doesn't. */
static void
supervise_stuck(struct launch *l, int64_t now)
{
	if (l->pidfd >= 0) {
		(void)sys_pidfd_kill(l->pidfd, SIGKILL);
		/* A process that it has to end may delay it. */
		if (!l->has_ns)
			(void)tasks_kill_below(SUPERVISE_GUARD_MS, 0, NULL);
		l->give_up = now + SUPERVISE_GUARD_MS;
	} else if (l->out >= 0) {
		close(l->out);
		l->out = -1;
	}
}

static void
supervise_run(struct launch *l)
{
	int64_t now;

	while (!supervise_stays(l) && !supervise_has_verdict(l) && (l->pidfd >= 0 ||
	    (l->out >= 0 && !l->core_gone) ||
	    (l->queue.len > 0 && !l->core_gone))) {
		if (!supervise_poll(l))
			break;
		/* A worker that stays serves no call after one that failed. */
		if (!l->killing && (l->core_gone || (l->r.stays &&
		    l->have_status && (l->last || err_is_set(&l->error)))))
			supervise_kill(l);
		now = clock_mono_ms();
		supervise_limits(l, now);
		if (now >= l->give_up && (l->killing || l->pidfd < 0) &&
		    (l->pidfd >= 0 || l->queue.len == 0))
			supervise_stuck(l, now);
	}
}

static void
supervise_result(struct launch *l)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	int code = -1, sig = 0;
	int64_t most;
	AUTO_FREE char *text = NULL;
	char *n;

	l->answered = true;
	json_add_str(o, "level", sandbox_levels[l->r.level].name);
	json_add_int(o, "ms", clock_mono_ms() - l->start);
	if (!err_is_set(&l->error) && !l->built && l->killed_by == NULL) {
		errno = ECHILD;
		err_sys(&l->error, "worker: the first process died");
	}
	if (err_is_set(&l->error)) {
		json_add_str(o, "error", l->error.text);
		json_add_int(o, "errno", l->error.sys);
		goto out;
	}
	if (l->have_status && WIFEXITED(l->status))
		code = WEXITSTATUS(l->status);
	else if (l->have_status && WIFSIGNALED(l->status))
		sig = WTERMSIG(l->status);
	else if (l->killed_by == NULL)
		sig = SIGKILL;
	/* The kernel may have killed one of its processes since our last check.
	 * With have_status, supervise_limit_take would ignore that. */
	if (l->killed_by == NULL && cgroup_join_kills(&l->join) > l->kills) {
		l->have_status = false;
		supervise_oom(l);
	}
	/* The kernel's own limit on one file. */
	if (l->killed_by == NULL && (sig == SIGXFSZ || code == 128 + SIGXFSZ)) {
		most = sandbox_limits_host(RLIMIT_FSIZE,
		    l->r.limits.disk_bytes);
		n = supervise_bytes(most);
		l->killed_by = "disk";
		l->limit_text = xasprintf("it wrote a file of more than %s, "
		    "or the copy of one that it was going to change%s", n,
		    most == l->r.limits.disk_bytes ? "; --disk raises it" :
		    ", the host's limit (ulimit -Hf)");
		free(n);
	}
	if (l->killed_by != NULL) {
		JSON_ADD_TEXTS(o, "killed", l->killed_by,
		    "limit", l->limit_text);
	} else if (sig != 0)
		json_add_int(o, "signal", sig);
	else
		json_add_int(o, "exit", code);
	if (l->killed_by == NULL && l->r.is_command)
		json_add_str(o, "left", l->left);
	if (l->brokered > 0)
		json_add_int(o, "brokered", l->brokered);
	json_set_take(o, "enforced",
	    sandbox_limits_enforced_json(&l->enforced));
	if (supervise_stays(l) && !supervise_selftests(l))
		json_add_bool(o, "stays", true);
out:
	text = json_print(o);
	supervise_frame(l, 'r', text, strlen(text));
	supervise_flush(l);
	/* Nothing else to do: wait for the reader. */
	while (!l->core_gone && l->queue.len > 0) {
		struct pollfd p[2] = {
			{ .fd = STDIN_FILENO, .events = POLLIN },
			{ .fd = STDOUT_FILENO, .events = POLLOUT },
		};

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		if (p[0].revents != 0)
			supervise_stdin(l);
		supervise_flush(l);
	}
}

/* A partly received message from the core. */
struct launch_message {
	unsigned char	 head[4];
	char		*text;		/* NULL: still at the head */
	size_t		 want, got;	/* of the head, then of the text */
	int		 io[2];		/* came with it, or -1 */
};

/* Like read(2), and receives a server's stdin and stdout, which come with its
 * call. */
static ssize_t
launch_receive(struct launch_message *m, void *p, size_t n)
{
	struct iovec iov = { p, n };
	int fds[FDPASS_MAX];
	ssize_t got = fdpass_receive(STDIN_FILENO, &iov, 1, fds);

	if (fds[1] >= 0 && m->io[0] < 0) {
		m->io[0] = fds[0];
		m->io[1] = fds[1];
		fds[0] = fds[1] = -1;
	}
	fdpass_close(fds);
	return got;
}

/* Read what is available. 1: the message is complete, 0: not yet, -1: there
 * won't be one. */
static int
launch_read(struct launch_message *m)
{
	if (m->text == NULL)
		m->want = sizeof(m->head);
	for (;;) {
		ssize_t n;

		if (m->got == m->want && m->text != NULL)
			return 1;
		if (m->got == m->want) {
			m->want = (size_t)m->head[0] << 24 |
			    (size_t)m->head[1] << 16 |
			    (size_t)m->head[2] << 8 | (size_t)m->head[3];
			if (m->want == 0 || m->want > REQUEST_MAX)
				return -1;
			m->text = xmalloc(m->want + 1);
			m->got = 0;
		}
		n = launch_receive(m, m->text == NULL ?
		    (char *)m->head + m->got : m->text + m->got,
		    m->want - m->got);
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n == 0 || (n < 0 && errno != EINTR))
			return -1;
		if (n > 0)
			m->got += (size_t)n;
	}
}

static int
launch_read_whole(struct launch_message *m)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	int rc;

	while ((rc = launch_read(m)) == 0)
		(void)poll(&p, 1, -1);
	return rc < 0 ? -1 : 0;
}

static int
launch_read_setup(struct launch *l, struct cgroup_leaf *leaf)
{
	struct launch_message first = { .io = { -1, -1 } };
	struct launch_message m = { .io = { -1, -1 } };
	int rc = launch_read_whole(&first);

	if (rc == 0)
		rc = launch_read_whole(&m);
	if (rc == 0 && request_decode_leaf(first.text, first.want, leaf,
	    &l->filters, &l->error) == 0)
		(void)request_decode_setup(m.text, m.want, &l->r, &l->error);
	memcpy(l->joins, first.io, sizeof(l->joins));
	FREE_ALL(first.text, m.text);
	return rc;
}

/* Give files that root's core created in the copy to the user who will
 * write there. */
static void
launch_chown(int at, const char *name, uid_t uid, gid_t gid)
{
	struct dirent *de;
	struct stat st;
	DIR *d;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (st.st_uid == 0)
		(void)!fchownat(at, name, uid, gid, AT_SYMLINK_NOFOLLOW);
	if (!S_ISDIR(st.st_mode))
		return;
	d = fs_dir_take(openat(at, name, O_RDONLY | O_DIRECTORY |
	    O_NOFOLLOW | O_CLOEXEC));
	while ((de = fs_dir_next(&d)) != NULL)
		launch_chown(dirfd(d), de->d_name, uid, gid);
}

/*
 * Is anything mounted below the project, which would make an overlay wrong even
 * if the kernel accepts it: it shows the folder under a mount point. *table is -1
 * at first and then the mount table's descriptor, owned by the caller: later
 * calls read it again only if it has changed.
 */
static int
launch_check_mounts(const char *root, int *table, struct err *e)
{
	struct pollfd p = { .fd = *table, .events = POLLPRI };
	AUTO_BUF struct buf b = BUF_INIT(16u << 20);
	char *line, *save = NULL;
	int rc = 0;

	/* The mount table was read, and the kernel reports no change since. */
	if (*table >= 0 && poll(&p, 1, 0) == 0)
		return 0;
	if (*table < 0)
		*table = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (*table < 0 || lseek(*table, 0, SEEK_SET) < 0 ||
	    fs_read_all(*table, &b) < 0 || b.p == NULL)
		return 0;
	for (line = strtok_r(b.p, "\n", &save); line != NULL && rc == 0;
	    line = strtok_r(NULL, "\n", &save)) {
		AUTO_FREE char *point = NULL;

		if (sscanf(line, "%*s %*s %*s %*s %ms", &point) != 1)
			continue;
		fs_unescape_mount(point);
		if (fs_is_below(point, root) && strcmp(point, root) != 0) {
			errno = EINVAL;
			rc = err_sys(e, "overlay: %.200s is mounted below the "
			    "project", point);
		}
	}
	return rc;
}

/* Create the overlay's work folder if it is missing; it is emptied when the
 * call comes. */
static int
launch_work(struct launch *l)
{
	if (!sandbox_levels[l->r.level].overlays)
		return 0;
	if (mkdir(l->r.work, 0700) < 0 && errno != EEXIST)
		return err_sys(&l->error, "overlay: cannot make %s",
		    l->r.work);
	return 0;
}

/*
 * The owner must be able to enter the folder that contains upper and work (its
 * parents stay closed: it is reached by descriptor).
 */
static void
launch_open_stage(const struct launch *l)
{
	AUTO_FREE char *dir = xstrdup(l->r.upper);
	struct stat st;

	*strrchr(dir, '/') = '\0';
	if (stat(dir, &st) == 0 && (st.st_mode & 0111) != 0111)
		(void)!chmod(dir, (st.st_mode & 07777) | 0111);
}

/*
 * Real root becomes the project's owner, because neither file modes nor limits
 * restrict root. Root stays root, without capabilities (payload_drop), if it
 * owns the project itself, or if the copy isn't mounted and lies in a session
 * folder that the owner can't enter (see sandbox_stays_root).
 */
static int
launch_identity(struct launch *l)
{
	struct stat st;

	l->uid = geteuid();
	l->gid = getegid();
	if (l->uid != 0)
		return 0;
	/* Check the owner of a folder and show that same folder, even if its
	 * owner replaces it meanwhile. */
	l->root.place = fs_open_plain(l->r.root);
	if (l->root.place < 0 || fstat(l->root.place, &st) < 0)
		return err_sys(&l->error, "project: %s", l->r.root);
	if (sandbox_stays_root(l->r.level, l->r.root, l->r.copy))
		return 0;
	l->uid = st.st_uid;
	l->gid = st.st_uid == 0 ? l->gid : st.st_gid;
	if (l->uid != 0) {
		const char *own[] = {
			l->r.upper, l->r.work, l->r.copy, l->r.sandbox_home,
			l->r.sandbox_tmp,
		};
		size_t i;

		for (i = 0; i < MEM_COUNT(own); i++)
			if (own[i] != NULL)
				launch_chown(AT_FDCWD, own[i], l->uid,
				    l->gid);
		if (l->r.upper != NULL)
			launch_open_stage(l);
	}
	return 0;
}

/* Permanently. From here on no other process can inspect this one. */
static int
launch_drop(struct launch *l)
{
	if (setresgid(l->gid, l->gid, l->gid) < 0 ||
	    setresuid(l->uid, l->uid, l->uid) < 0)
		return err_sys(&l->error, "owner: cannot become uid %u",
		    l->uid);
	prctl(PR_SET_DUMPABLE, 0);
	return 0;
}

static int
launch_become(struct launch *l)
{
	l->root.uid = l->uid;
	l->root.gid = l->gid;
	if (geteuid() != 0)
		return 0;
	if (l->has_ns && root_open_trees(&l->root, &l->error) < 0) {
		if (l->error.sys != EPERM)
			return -1;
		/* Root of a container may not mount here; root_build tries
		 * again inside. */
		l->error = (struct err)ERR_INIT;
	}
	(void)setgroups(0, NULL);
	l->drops = l->uid != 0;
	return l->drops && !l->has_ns ? launch_drop(l) : 0;
}

/*
 * The namespaces belong to the owner, but root writes the maps: a process with
 * only the owner's identity must be dumpable to write its own, and then the
 * owner could trace it and get root's descriptors.
 */
static int
launch_clone(struct launch *l)
{
	struct err e = ERR_INIT;

	if (l->r.joins != 0) {
		if (ns_join(l->joins, &l->error) < 0 ||
		    (l->drops && launch_drop(l) < 0))
			return -1;
		l->pid = ns_clone(&l->pidfd, l->join.dir, &l->join.born, true,
		    &l->error);
		return 0;
	}
	if (l->drops && (setegid(l->gid) < 0 || seteuid(l->uid) < 0))
		return err_sys(&l->error, "owner: cannot become uid %u",
		    l->uid);
	if (l->drops)
		prctl(PR_SET_DUMPABLE, 0);
	l->pid = ns_clone(&l->pidfd, l->join.dir, &l->join.born, false,
	    &l->error);
	if (l->pid == 0 || !l->drops)
		return 0;
	if (seteuid(0) < 0 || setegid(0) < 0)
		err_sys(&e, "owner: cannot go back to root");
	else if (l->pid > 0)
		(void)ns_map(l->pid, l->uid, l->gid, &e);
	if (launch_drop(l) < 0)
		return -1;
	if (err_is_set(&e) && !err_is_set(&l->error))
		l->error = e;
	return 0;
}

/* Put the first process under the limits. It builds the sandbox meanwhile, and
 * starts no process before it has the call, or 'L'. */
static void
launch_limit(struct launch *l)
{
	enum limit_enforced without = l->enforced.pids;

	cgroup_join_enter(&l->join, l->pid, &l->enforced);
	/* Where nothing keeps root from writing, it could leave it again. */
	if (l->uid == 0 && !l->has_plan && landlock_version(&l->r) == 0)
		l->enforced.pids = without;
	if (l->r.stays)
		(void)report_send_value(l->report, 'L', 0);
}

static int
launch_start(struct launch *l)
{
	int pair[2];
	struct init in = { .r = &l->r, .uid = l->uid, .gid = l->gid };

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(&l->error, "worker: socketpair");
	in.root = l->has_ns ? &l->root : NULL;
	in.plan = l->has_plan ? &l->plan : NULL;
	in.report_fd = pair[1];
	in.mapped = l->has_ns && l->drops && l->r.joins == 0;
	in.nice = launch_nice;
	/* Beside the call's own: the first process of all calls, that of the
	 * call, and the number 0. */
	if (l->enforced.pids == ENFORCED_NUMBERS)
		in.pid_max = l->r.limits.pids + 3 < SANDBOX_PID_MAX ?
		    SANDBOX_PID_MAX : l->r.limits.pids + 3;
	l->pid = -1;
	if (l->has_ns)
		(void)launch_clone(l);
	else if ((l->pid = fork()) < 0)
		err_sys(&l->error, "guard: fork");
	if (l->pid == 0)
		init_run(&in);
	close(pair[1]);
	l->report = pair[0];
	if (l->pid < 0)
		return -1;
	if (in.mapped && !err_is_set(&l->error))
		(void)report_send_value(l->report, 'M', 0);
	if (!l->has_ns && (l->pidfd = sys_pidfd_open(l->pid)) < 0)
		return err_sys(&l->error, "guard: pidfd");
	(void)fcntl(l->pidfd, F_SETFD, FD_CLOEXEC);
	launch_limit(l);
	(void)fcntl(l->report, F_SETFL, O_NONBLOCK);
	return err_is_set(&l->error) ? -1 : 0;
}

/* A cache key for a filter; NULL if no other worker can use it. */
static char *
launch_filter_key(const struct filter_options *o)
{
	struct stat st;

	if (o->spared_len > 0 || stat("/proc/self/exe", &st) < 0)
		return NULL;
	return xasprintf("%d%d%d%d%d%d%d %llx %llx %lld.%09ld", o->pinned,
	    o->counted, o->own_ipc, o->no_sockets, o->brokered, o->landlock,
	    o->counts_forks,
	    (unsigned long long)st.st_dev,
	    (unsigned long long)st.st_ino, (long long)st.st_mtim.tv_sec,
	    st.st_mtim.tv_nsec);
}

/* From an earlier worker, or built here, which costs more than all the rest. */
static int
launch_filter(struct launch *l, const struct filter_options *o)
{
	AUTO_FREE char *key = launch_filter_key(o), *known = NULL;
	const cJSON *it = key == NULL ? NULL : json_find(l->filters, "key", key);
	size_t n;
	int rc;

	if (it != NULL) {
		known = json_get_bytes(it, "program", &n);
		return known != NULL && buf_add(&l->filter, known, n) == 0 ? 0 :
		    err_set(&l->error, "seccomp: the filter is malformed");
	}
	rc = filter_build(o, &l->filter, &l->error);
	if (rc == 0 && key != NULL) {
		AUTO_JSON cJSON *made = JSON_TEXTS("key", key);

		json_add_bytes(made, "program", l->filter.p, l->filter.len);
		l->filter_made = json_print(made);
	}
	return rc;
}

/* Each first process inside needs it, and whether it is to count forks. EPIPE: it
 * has already failed and reported why. */
static void
launch_send_filter(struct launch *l)
{
	(void)report_send(l->report, 'F', l->enforced.pids == ENFORCED_COUNTED,
	    l->filter.p, l->filter.len, NULL, 0);
}

static int
launch_make_filter(struct launch *l)
{
	pid_t spared[3] = { getpid(), l->pid, l->r.core_pid };
	struct filter_options o = {
		.pinned = sandbox_limits_pinned(&l->r.limits),
		.counted = l->enforced.memory == ENFORCED_KERNEL,
		.own_ipc = l->has_ns,
		.no_sockets = l->r.bare,
		.brokered = sandbox_levels[l->r.level].brokers,
		.landlock = landlock_version(&l->r),
		.counts_forks = l->enforced.pids == ENFORCED_COUNTED,
		.spared = spared,
		.spared_len = l->has_plan ? 0 : l->r.core_pid > 0 ? 3 : 2,
	};

	if (launch_filter(l, &o) < 0)
		return -1;
	launch_send_filter(l);
	return 0;
}

/* Remove from a copy what was made to show the real .git. */
static void
launch_tidy(const struct launch *l)
{
	const struct sandbox_level_row *is = &sandbox_levels[l->r.level];
	AUTO_FREE char *git = NULL;
	struct stat st;

	/* Don't remove what a live process may still use. A worker that never
	 * got a call leaves this alone, too: another worker's call may be using
	 * it. */
	if (l->alive || !l->begun)
		return;
	if (is->brokers && !l->r.bare && l->r.copy != NULL)
		copy_git(&l->r, false);
	if (!is->encloses || is->overlays || l->r.copy == NULL)
		return;
	git = fs_join(l->r.copy, ".git");
	if (lstat(git, &st) < 0)
		;
	else if (S_ISDIR(st.st_mode))
		(void)rmdir(git);
	else if (S_ISREG(st.st_mode) && st.st_size == 0)
		(void)unlink(git);
}

static enum limit_enforced
launch_pids(const struct launch *l)
{
	bool is_tool = l->r.bare && l->r.stays;

	/* RLIMIT_NPROC doesn't limit real root. */
	if (l->uid != 0)
		return ENFORCED_KERNEL;
	/* A file tool is the first process itself, and nobody could count. */
	if (!is_tool && sandbox_limits_can_count())
		return ENFORCED_COUNTED;
	if (!sandbox_limits_lacks_pids())
		return ENFORCED_KERNEL;
	return l->has_ns && sys_linux(6, 14) ? ENFORCED_NUMBERS :
	    ENFORCED_SAMPLED;
}

/* How each limit is enforced without a cgroup; cgroup_join_enter() improves on
 * it. */
static void
launch_enforcement(struct launch *l)
{
	l->enforced.memory = ENFORCED_SAMPLED;
	l->enforced.cpu = ENFORCED_OFF;
	l->enforced.pids = launch_pids(l);
	l->enforced.disk = l->r.quota_dir == NULL ? ENFORCED_OFF :
	    ENFORCED_SAMPLED;
}

/* Everything that doesn't need the call. */
static int
launch_prepare(struct launch *l, const struct cgroup_leaf *leaf)
{
	static bool bounded;	/* once for all calls without namespaces */

	l->has_ns = sandbox_levels[l->r.level].encloses;
	l->has_plan = l->has_ns || sandbox_levels[l->r.level].brokers;
	if (l->has_plan)
		mount_plan_build(&l->r, &l->plan);
	l->watch = watch_new(&l->r);
	cgroup_join_open(&l->join, leaf);
	if ((sandbox_levels[l->r.level].overlays &&
	    launch_check_mounts(l->r.root, &l->mounts, &l->error) < 0) ||
	    launch_work(l) < 0 || launch_identity(l) < 0 ||
	    launch_become(l) < 0)
		return -1;
	launch_enforcement(l);
	if (!l->has_ns && !bounded) {
		(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
		sys_drop_bounding();
		bounded = true;
	}
	if (launch_start(l) < 0)
		return -1;
	/* The first process has its own copies of these descriptors. */
	root_release(&l->root);
	mount_plan_release(&l->plan);
	fs_close(l->joins[0]);
	fs_close(l->joins[1]);
	prctl(PR_SET_DUMPABLE, 0);
	if (!l->has_ns)
		watch_attach_take(l->watch, open("/proc", O_RDONLY |
		    O_DIRECTORY | O_CLOEXEC), -1, l->pid);
	return launch_make_filter(l);
}

/* Sleep until the call comes. -1: it won't come, or the sandbox built for it no
 * longer exists. */
static int
launch_await(struct launch *l, struct launch_message *m)
{
	int rc;

	while ((rc = launch_read(m)) == 0) {
		struct pollfd p[3] = {
			{ .fd = STDIN_FILENO, .events = POLLIN },
			{ .fd = l->report, .events = POLLIN },
			{ .fd = l->pidfd, .events = POLLIN },
		};

		(void)poll(p, 3, -1);
		if (p[1].revents != 0)
			supervise_report(l);
		if (p[2].revents != 0 || err_is_set(&l->error))
			return -1;
	}
	if (rc < 0)
		l->core_gone = true;
	return rc < 0 ? -1 : 0;
}

/* The payload may reopen its output as /dev/stdout, so it must belong to the
 * user that we have become. */
static int
launch_output(struct launch *l)
{
	int out[2];

	if (pipe2(out, O_CLOEXEC) < 0)
		return err_sys(&l->error, "worker: pipe");
	(void)fcntl(out[0], F_SETFL, O_NONBLOCK);
	l->out = out[0];
	l->inside[0] = out[1];
	return 0;
}

/* Where the command has no /dev/pts of its own its terminal is the host's: one of
 * those that the broker opens for it. It gets one end with the call. */
static int
launch_terminal(struct launch *l)
{
	int master = terminals_open(&l->terminals, TERMINALS_NEW), slave;

	if (master < 0) {
		errno = -master;
		return err_sys(&l->error, "terminal: cannot make one");
	}
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	l->inside[1] = slave;
	l->inside[2] = slave < 0 ? -1 : fcntl(slave, F_DUPFD_CLOEXEC, 3);
	supervise_hand(SANDBOX_TERMINAL, master);
	close(master);
	return slave >= 0 && l->inside[2] >= 0 ? 0 :
	    err_sys(&l->error, "terminal: cannot open it");
}

/* l takes over the message. */
static int
launch_go(struct launch *l, struct launch_message *m)
{
	if (l->start == 0)
		l->start = clock_mono_ms();
	l->call = m->text;
	l->call_len = m->want;
	l->call_at = 0;
	l->inside[1] = m->io[0];
	l->inside[2] = m->io[1];
	m->text = NULL;
	m->got = 0;
	m->io[0] = m->io[1] = -1;
	if (request_decode_call(l->call, l->call_len, &l->r, &l->error) < 0)
		return -1;
	l->deadline = l->start + l->r.run_ms;
	/* The host may have mounted something below the project meanwhile. */
	if (sandbox_levels[l->r.level].overlays &&
	    launch_check_mounts(l->r.root, &l->mounts, &l->error) < 0)
		return -1;
	if (launch_output(l) < 0 || (l->r.on_terminal && !l->has_ns &&
	    launch_terminal(l) < 0))
		return -1;
	watch_begin(l->watch, &l->r, &l->enforced);
	l->kills = cgroup_join_kills(&l->join);
	if (l->filter_made != NULL)
		supervise_frame(l, 'f', l->filter_made,
		    strlen(l->filter_made));
	FREE_NULL(l->filter_made);
	/* From here on the call may have run. */
	supervise_frame(l, 'b', NULL, 0);
	supervise_flush(l);
	l->begun = true;
	supervise_offer(l);
	if (l->r.stays)
		(void)sys_pidfd_kill(l->pidfd, INIT_GO);
	supervise_call(l);
	return 0;
}

/* The call is over, and everything of it is dead. */
static void
launch_next(struct launch *l)
{
	request_release(&l->r, false);
	l->built = l->have_status = l->gone = l->answered = false;
	l->begun = false;
	FREE_NULL(l->left);
	l->printed = l->start = 0;
}

/* Our parent may have ignored signals. */
static void
launch_signals(void)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *p = fs_read_file(AT_FDCWD, "/proc/self/status", &b,
	    NULL) < 0 ? NULL : strstr(buf_str(&b), "\nSigIgn:");
	unsigned long long ignored = p == NULL ? ~0ull :
	    strtoull(p + 8, NULL, 16);
	int i;

	for (i = 1; i < NSIG; i++, ignored >>= 1)
		if ((ignored & 1) != 0)
			(void)signal(i, SIG_DFL);
}

/* Can this worker take another setup: nothing of a call is left, and it still
 * has its first identity? Not after a server, whose orders may be under way. */
static bool
launch_is_new(const struct launch *l)
{
	return !l->drops && !l->core_gone && !l->alive && !l->r.is_server &&
	    l->pidfd < 0 && l->killed_by == NULL &&
	    (l->pid <= 0 || (sandbox_levels[l->r.level].brokers &&
	    l->have_status));
}

/* One setup and its calls. True: another may follow. */
static bool
launch_serve(void)
{
	struct launch l = { 0 };
	struct cgroup_leaf leaf = { 0 };
	struct launch_message m = { .io = { -1, -1 } };
	bool ready, stays, is_new = false;

	/* Filled by one read at a time. */
	buf_init(&l.queue, 0);
	buf_init(&l.held, 0);
	buf_init(&l.filter, REPORT_MAX - 16);
	l.report = l.out = l.pidfd = l.mounts = l.join.events = -1;
	memset(l.inside, -1, sizeof(l.inside));
	l.root = (struct root){ .r = &l.r, .plan = &l.plan, .place = -1,
	    .base = -1, .at = -1, .stage = -1, .git = -1, .dir_fd = -1 };
	if (launch_read_setup(&l, &leaf) < 0)
		return false;
	/* If the call is already waiting, the time to build its sandbox counts
	 * towards its time limit. */
	if (launch_read(&m) != 0)
		l.start = clock_mono_ms();
	ready = !err_is_set(&l.error) && launch_prepare(&l, &leaf) == 0;
	do {
		if (!ready || launch_await(&l, &m) < 0 ||
		    launch_go(&l, &m) < 0)
			supervise_kill(&l);
		supervise_run(&l);
		if (supervise_has_verdict(&l)) {
			supervise_result(&l);
			supervise_run(&l);
			if (supervise_stays(&l))
				supervise_frame(&l, 's', NULL, 0);
			supervise_flush(&l);
		}
		launch_tidy(&l);
		if (!l.answered)
			supervise_result(&l);
		stays = supervise_stays(&l);
		is_new = !stays && launch_is_new(&l);
		launch_next(&l);
		if (stays)
			launch_send_filter(&l);
	} while (stays);
	if (is_new)
		supervise_frame(&l, 'n', NULL, 0);
	supervise_flush(&l);
	watch_free(l.watch);
	root_release(&l.root);
	mount_plan_release(&l.plan);
	request_release(&l.r, true);
	buf_release(&l.held);
	buf_release(&l.queue);
	buf_release(&l.filter);
	FREE_ALL(m.text, l.call, l.limit_text, l.left, l.filter_made, leaf.dir,
	    leaf.pids);
	cJSON_Delete(l.filters);
	(void)sys_close_range(3, ~0u);
	prctl(PR_SET_DUMPABLE, 1);
	return is_new;
}

/* What watches a call must not be starved by it: raise the priority of this
 * process and the first one inside, as far as the system allows. */
static void
launch_raise(void)
{
	int n = LAUNCH_NICE;

	launch_nice = getpriority(PRIO_PROCESS, 0);
	while (n < launch_nice && setpriority(PRIO_PROCESS, 0, n) < 0)
		n++;
	sys_raise_session();
}

int
launch_run(void)
{
	sigset_t mask;

	launch_signals();
	/* The first process must have it blocked before it can be sent. */
	sigemptyset(&mask);
	sigaddset(&mask, INIT_GO);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	(void)setsid();
	launch_raise();
	(void)fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
	(void)fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK);
	while (launch_serve())
		continue;
	return 0;
}
