/*
 * The outer process during a call, and how it ends. It must never wait for a
 * reader while a limit is due, or exit before everything of the call is dead.
 * On levels C, D and none the first process is a guard, which kills what the call
 * leaves behind (init.h).
 */
#include "config.h"

#include "sandbox/launch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdpass.h"
#include "base/json.h"
#include "base/mem.h"
#include "sandbox/init.h"
#include "sandbox/payload.h"
#include "sandbox/sandbox-limits.h"
#include "sandbox/sys.h"
#include "sandbox/tasks.h"
#include "sandbox/watch.h"
#include "tool/tool.h"

#define SUPERVISE_CHUNK	65536
#define SUPERVISE_PART	60000	/* bytes of the call in one message to the first
				   process (REPORT_MAX) */
#define SUPERVISE_DRAIN_MS	2000	/* for the pipe's end after the last
					   death */
#define SUPERVISE_GUARD_MS	6000	/* for the guard to kill everything */

void
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
void
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

void
supervise_call(struct launch *l)
{
	while (l->call_at < l->call_len) {
		size_t left = l->call_len - l->call_at;
		size_t n = left < SUPERVISE_PART ? left : SUPERVISE_PART;
		const int fds[] = { l->out_inside, l->io_inside };

		if (report_send(l->report, 'C', n == left, l->call +
		    l->call_at, n, fds, n < left ? 0 : fds[1] < 0 ? 1 : 2) <
		    0) {
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
	if (l->out_inside >= 0)
		close(l->out_inside);
	if (l->io_inside >= 0)
		close(l->io_inside);
	l->out_inside = l->io_inside = -1;
}

void
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
	AUTO_FREE char *d =
	    supervise_duration(request_timeout_ms(&l->r, &l->own_timeout));

	supervise_limit_take(l, "timeout", xasprintf(l->own_timeout ?
	    "it ran longer than its timeout_s of %s" :
	    "it ran longer than %s; --timeout raises it", d));
}

/* Has the kernel killed one process? Then end all: half a build is worse than
 * none. */
static void
supervise_oom(struct launch *l)
{
	AUTO_FREE char *n = NULL;

	if (!cgroup_join_oom(&l->join))
		return;
	n = supervise_bytes(l->r.limits.memory_bytes);
	supervise_limit_take(l, "memory", xasprintf("out of its %s, or of the "
	    "machine's memory: the kernel killed one of its processes, and "
	    "then all were killed; --memory raises its limit", n));
}

/* Enforce the CPU limit without a cgroup: stop and continue everything inside,
 * by turns (watch_stops). */
static void
supervise_duty(struct launch *l)
{
	bool stop = watch_stops(l->watch);

	if (!l->holds && stop != l->stopped && l->report >= 0 &&
	    report_tell(l->report, stop ? 'Z' : 'T', 0) == 0)
		l->stopped = stop;
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
		    "what it wrote would make the staged files larger than "
		    "%s; "
		    "--disk raises it", n));
		free(n);
		break;
	case WATCH_INODES:
		supervise_limit_take(l, "disk",
		    xasprintf("what it wrote would make more than %lld "
			      "staged files; a larger --disk allows more",
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

void
supervise_proxy(struct launch *l)
{
	struct iovec byte = { (char[]) { 'W' }, 1 };

	if (l->proxy < 0 || !l->begun)
		return;
	(void)fdpass_send(STDIN_FILENO, &byte, 1, &l->proxy, 1);
	close(l->proxy);
	l->proxy = -1;
}

void
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
		watch_attach_take(l->watch, m.fds[0], m.fds[1], 0);
		m.fds[0] = m.fds[1] = -1;
		break;
	case 'W':
		/* The next call's may come before this one has ended. */
		l->proxy = m.fds[0];
		m.fds[0] = -1;
		if (!l->have_status)
			supervise_proxy(l);
		break;
	case 'B':
		l->built = true;
		l->look_due = clock_mono_ms() + 20;
		break;
	case 'z':
		if (l->holds)
			supervise_frame(l, 'z', NULL, 0);
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
		/* The probe makes one call. */
		l->last = !WIFEXITED(l->status) ||
		    strcmp(l->r.tool, "selftest") == 0;
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
	if (m.fds[0] >= 0)
		close(m.fds[0]);
	if (m.fds[1] >= 0)
		close(m.fds[1]);
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

	if (l->has_ns || l->r.copy == NULL || !request_is_command(&l->r)) {
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
	int st;

	while (waitpid(l->pid, &st, 0) < 0 && errno == EINTR)
		;
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

/* Stop a server, or let it go on. What the limit on the CPU has stopped goes on
 * first: else it would count as what stopped itself. */
static void
supervise_order(struct launch *l, bool hold)
{
	if (!request_is_server(&l->r) || hold == l->holds || l->report < 0)
		return;
	if (hold && l->stopped && report_tell(l->report, 'T', 0) == 0)
		l->stopped = false;
	if (report_tell(l->report, hold ? 'Z' : 'T', hold) == 0)
		l->holds = hold;
}

/* Something came from the core, which has nothing more to send: its end, or an
 * order for a server. */
static void
supervise_stdin(struct launch *l)
{
	char orders[512];
	ssize_t n = read(STDIN_FILENO, orders, sizeof(orders)), i;

	for (i = 0; i < n; i++)
		if (orders[i] == 'Z' || orders[i] == 'T')
			supervise_order(l, orders[i] == 'Z');
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

bool
supervise_stays(const struct launch *l)
{
	return l->r.stays && l->have_status && !l->last &&
	    l->gone &&
	    l->out < 0 && l->pidfd >= 0 && !l->killing && !l->core_gone &&
	    l->killed_by == NULL && !err_is_set(&l->error);
}

bool
supervise_has_verdict(const struct launch *l)
{
	return !l->answered && l->have_status && l->out < 0 &&
	    l->killed_by == NULL && !err_is_set(&l->error) &&
	    strcmp(l->r.tool, "selftest") == 0;
}

void
supervise_run(struct launch *l)
{
	while (!supervise_stays(l) && !supervise_has_verdict(l) && (l->pidfd >= 0 ||
	    (l->out >= 0 && !l->core_gone) ||
	    (l->queue.len > 0 && !l->core_gone))) {
		struct pollfd p[5] = {
			{ .fd = l->core_gone ? -1 : STDIN_FILENO,
			  .events = POLLIN },
			{ .fd = l->core_gone || l->queue.len == 0 ? -1 :
			  STDOUT_FILENO, .events = POLLOUT },
			{ .fd = l->queue.len > 0 && !l->core_gone ? -1 :
			  l->out, .events = POLLIN },
			{ .fd = l->report, .events = (short)(POLLIN |
			  (l->call_at < l->call_len ? POLLOUT : 0)) },
			{ .fd = l->pidfd, .events = POLLIN },
		};
		int64_t now;
		int next;

		if (poll(p, 5, supervise_wait_ms(l)) < 0 && errno != EINTR)
			break;
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
		/* A worker that stays serves no call after one that failed. */
		if (!l->killing && (l->core_gone || (l->r.stays &&
		    l->have_status && (l->last || err_is_set(&l->error)))))
			supervise_kill(l);
		now = clock_mono_ms();
		if (l->pidfd >= 0 && !l->killing && now >= l->deadline)
			supervise_timeout(l);
		if (l->pidfd >= 0 && !l->killing && l->built && !l->holds &&
		    now >= l->look_due) {
			supervise_oom(l);
			supervise_verdict(l, watch_look(l->watch, &next));
			supervise_duty(l);
			l->look_due = clock_mono_ms() + next;
		}
		if (now < l->give_up || (!l->killing && l->pidfd >= 0) ||
		    (l->pidfd < 0 && l->queue.len > 0))
			continue;
		/* The first process doesn't end, or the pipe doesn't. */
		if (l->pidfd >= 0) {
			(void)sys_pidfd_kill(l->pidfd, SIGKILL);
			/* It may be held up by what it should end. */
			if (!l->has_ns)
				(void)tasks_kill_below(SUPERVISE_GUARD_MS, 0,
				    NULL);
			l->give_up = now + SUPERVISE_GUARD_MS;
		} else if (l->out >= 0) {
			close(l->out);
			l->out = -1;
		}
	}
}

void
supervise_result(struct launch *l)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	int code = -1, sig = 0;
	int64_t most;
	AUTO_FREE char *text = NULL;
	char *n;

	l->answered = true;
	json_add_str(o, "level", sandbox_level_name(l->r.level));
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
	/* The kernel may have killed one of its processes after our last check.
	 * With have_status supervise_limit_take wouldn't record that. */
	if (l->killed_by == NULL && cgroup_join_oom(&l->join)) {
		l->have_status = false;
		supervise_oom(l);
	}
	/* The kernel's own limit on one file. */
	if (l->killed_by == NULL && (sig == SIGXFSZ || code == 128 + SIGXFSZ)) {
		most = sandbox_limits_host(RLIMIT_FSIZE,
		    l->r.limits.disk_bytes);
		n = supervise_bytes(most);
		l->killed_by = "disk";
		l->limit_text = xasprintf("it wrote a file of more than %s%s",
		    n, most == l->r.limits.disk_bytes ? "; --disk raises it" :
		    ", the host's limit (ulimit -Hf)");
		free(n);
	}
	if (l->killed_by != NULL) {
		json_add_str(o, "killed", l->killed_by);
		json_add_str(o, "limit", l->limit_text);
	} else if (sig != 0)
		json_add_int(o, "signal", sig);
	else
		json_add_int(o, "exit", code);
	if (l->killed_by == NULL && request_is_command(&l->r))
		json_add_str(o, "left", l->left);
	if (l->brokered > 0)
		json_add_int(o, "brokered", l->brokered);
	json_set_take(o, "enforced",
	    sandbox_limits_enforced_json(&l->enforced));
	if (supervise_stays(l))
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
