/*
 * Never runs foreign code and never reads foreign data. It isn't dumpable, so
 * that no process below can inspect it, and keeps descriptor 1, the launcher's
 * stream to the core, open until it dies: the end of that stream proves to the
 * core that nothing of the call is alive.
 */
#include "config.h"

#include "sandbox/worker/init.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "sandbox/worker/ns.h"
#include "sandbox/worker/payload.h"
#include "sandbox/worker/report.h"
#include "sandbox/worker/sys.h"
#include "sandbox/limits/tasks.h"

#define INIT_KILL_MS 5000

static _Noreturn void
init_die(const struct init *in, const struct err *e)
{
	report_error(in->report_fd, e);
	_exit(1);
}

static int
init_compare(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

/* Close everything except 1 and the descriptors in use, which are above 2. */
static void
init_close(const struct init *in)
{
	size_t n = 0, i;
	int *keep = xcalloc(2 + (in->root == NULL ? 0 :
	    ROOT_KEEP_MAX(in->root)), sizeof(*keep));
	unsigned next = 3;

	keep[n++] = in->report_fd;
	keep[n++] = in->out_fd;
	if (in->root != NULL)
		n += root_keep(in->root, keep + n);
	qsort(keep, n, sizeof(*keep), init_compare);
	close(0);
	close(2);
	for (i = 0; i < n; i++) {
		if ((unsigned)keep[i] > next)
			(void)sys_close_range(next, (unsigned)keep[i] - 1);
		next = (unsigned)keep[i] + 1;
	}
	(void)sys_close_range(next, ~0u);
	free(keep);
}

static void
init_share(const struct init *in)
{
	int fds[2];

	fds[0] = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fds[1] = open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fds[0] >= 0 && fds[1] >= 0)
		(void)report_send(in->report_fd, 'P', 0, NULL, 0, fds, 2);
	if (fds[0] >= 0)
		close(fds[0]);
	if (fds[1] >= 0)
		close(fds[1]);
}

static pid_t
init_start(const struct init *in, const struct report *filter)
{
	const struct mount_plan *plan =
	    in->root == NULL ? NULL : in->root->plan;
	struct payload p = {
		.r = in->r,
		.home = plan != NULL ? plan->home : in->r->sandbox_home,
		.tmp = plan != NULL ? plan->tmp : in->r->sandbox_tmp,
		.path = plan != NULL ? plan->path : in->r->path,
		.inside = plan != NULL,
		.out_fd = in->out_fd,
		.report_fd = in->report_fd,
		.filter = filter->text,
		.filter_len = filter->len,
	};
	pid_t pid;

	if (p.path == NULL)
		p.path = "/usr/local/bin:/usr/bin:/bin";
	(void)report_send(in->report_fd, 'B', 0, NULL, 0, NULL, 0);
	pid = fork();
	if (pid == 0)
		payload_run(&p);
	return pid;
}

/* ---- stopping ---- */

/* A process that stopped itself stays stopped when the others continue. */
struct init_still {
	struct tasks	 tasks;
	pid_t		*own;
	size_t		 own_len;
	bool		 on;
};

static size_t
init_list(const struct init *in, struct init_still *s)
{
	int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t n = 0, i;

	if (proc < 0 || tasks_list(proc, &s->tasks) < 0)
		s->tasks.len = 0;
	else if (in->root == NULL)
		n = tasks_mark(&s->tasks, getpid());
	else
		for (i = 0; i < s->tasks.len; i++) {
			s->tasks.v[i].below = s->tasks.v[i].pid != getpid();
			n += s->tasks.v[i].below;
		}
	if (proc >= 0)
		close(proc);
	return n;
}

static bool
init_stands(const struct init_still *s, pid_t pid)
{
	size_t i;

	for (i = 0; i < s->own_len; i++)
		if (s->own[i] == pid)
			return true;
	return false;
}

static void
init_signal(struct init_still *s, int sig)
{
	size_t i;

	for (i = 0; i < s->tasks.len; i++)
		if (s->tasks.v[i].below &&
		    !init_stands(s, s->tasks.v[i].pid))
			(void)kill(s->tasks.v[i].pid, sig);
}

static void
init_stop(const struct init *in, struct init_still *s)
{
	size_t n = init_list(in, s), before, i;

	s->own_len = 0;
	s->own = xreallocarray(s->own, n + 1, sizeof(*s->own));
	for (i = 0; i < s->tasks.len; i++)
		if (s->tasks.v[i].below && s->tasks.v[i].state == 'T')
			s->own[s->own_len++] = s->tasks.v[i].pid;
	s->on = true;
	if (in->root != NULL) {
		(void)kill(-1, SIGSTOP);
		return;
	}
	/* Again for processes that were started meanwhile. */
	do {
		before = n;
		init_signal(s, SIGSTOP);
		n = init_list(in, s);
	} while (n > before);
}

static void
init_go_on(const struct init *in, struct init_still *s)
{
	if (!s->on)
		return;
	s->on = false;
	(void)init_list(in, s);
	init_signal(s, SIGCONT);
}

/* ---- until the end ---- */

/* 0, or -1 at the end of the channel: the launcher ended it, or died. */
static int
init_order(const struct init *in, struct init_still *s)
{
	struct report m;

	if (report_receive(in->report_fd, &m) < 0)
		return errno == EAGAIN ? 0 : -1;
	if (m.kind == 'Z')
		init_stop(in, s);
	else if (m.kind == 'T')
		init_go_on(in, s);
	free(m.text);
	return m.kind == 0 ? -1 : 0;
}

/* Inside it is pid 1, whose end ends everything; otherwise a guard, which kills
 * everything below it first. */
static _Noreturn void
init_wait(const struct init *in, pid_t payload, int chld)
{
	struct init_still still = { .on = false };
	struct pollfd p[2] = {
		{ .fd = in->report_fd, .events = POLLIN },
		{ .fd = chld, .events = POLLIN },
	};
	int status = -1;

	while (status == -1) {
		struct signalfd_siginfo info;
		pid_t pid;
		int st;

		if (poll(p, 2, -1) < 0)
			continue;
		if (p[1].revents != 0)
			(void)!read(chld, &info, sizeof(info));
		while ((pid = waitpid(-1, &st, WNOHANG)) > 0)
			if (pid == payload)
				status = st;
		if (status == -1 && p[0].revents != 0 &&
		    init_order(in, &still) < 0)
			break;
	}
	if (in->root == NULL)
		(void)tasks_kill_below(INIT_KILL_MS, 0, NULL);
	if (status != -1)
		(void)report_send(in->report_fd, 'S', status, NULL, 0, NULL,
		    0);
	_exit(0);
}

/* The call, which may come in parts. -1: it won't come. */
static int
init_receive(const struct init *in, struct err *e)
{
	struct buf b = BUF_INIT(REQUEST_MAX);
	struct report m;
	bool last = false;
	int rc = -1;

	while (!last) {
		if (report_receive(in->report_fd, &m) < 0 || m.kind != 'C' ||
		    buf_add(&b, m.text, m.len) < 0)
			goto out;
		last = m.value != 0;
		free(m.text);
	}
	rc = request_decode_call(b.p, b.len, in->r, e);
	if (rc < 0)
		init_die(in, e);
out:
	buf_release(&b);
	return rc;
}

/*
 * Real root's worker stays root until it has written the maps: the project's
 * owner could trace a process of their own that writes them itself. Inside,
 * only the owner's uid is mapped, so that switching to it keeps the
 * capabilities.
 */
static int
init_identity(const struct init *in, struct err *e)
{
	struct report m;

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

static void
init_prepare(const struct init *in)
{
	struct err e = ERR_INIT;

	if (in->root != NULL) {
		if (init_identity(in, &e) < 0)
			init_die(in, &e);
		/* A new identity clears it. A launcher that died before shows
		 * at the channel. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (ns_enter(&e) < 0 ||
		    root_build(in->root, &e) < 0)
			init_die(in, &e);
	} else {
		(void)setsid();
		if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) {
			err_sys(&e, "guard: cannot gather orphans");
			init_die(in, &e);
		}
	}
	prctl(PR_SET_DUMPABLE, 0);
	init_close(in);
	payload_prepare();
	if (in->root != NULL)
		init_share(in);
}

_Noreturn void
init_run(struct init *in)
{
	struct err e = ERR_INIT;
	struct report filter;
	sigset_t mask;
	int chld;
	pid_t pid;

	init_prepare(in);
	/* No message: the launcher is gone, or the core no longer wants the
	 * call. */
	if (report_receive(in->report_fd, &filter) < 0 || filter.kind != 'F')
		_exit(1);
	if (init_receive(in, &e) < 0)
		_exit(1);
	if (in->root != NULL) {
		if (root_project(in->root, &e) < 0)
			init_die(in, &e);
		root_release(in->root);
	}
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	chld = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	pid = init_start(in, &filter);
	if (pid < 0 || chld < 0) {
		err_sys(&e, "payload: fork");
		init_die(in, &e);
	}
	close(in->out_fd);
	free(filter.text);
	init_wait(in, pid, chld);
}
