/*
 * Never runs foreign code and never reads what foreign code wrote.  It is not
 * dumpable, so that nothing below may look into it, and keeps descriptor 1,
 * the launcher's stream to the core, open until it dies: the core's end of
 * stream is the proof that nothing of the call is alive.
 */
#include "config.h"

#include "cage/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "base/mem.h"
#include "cage/payload.h"
#include "cage/report.h"
#include "cage/sys.h"
#include "cage/tasks.h"

#define INSIDE_KILL_MS 5000

static _Noreturn void
inside_die(const struct inside *in, const struct err *e)
{
	report_error(in->report_fd, e);
	_exit(1);
}

/* Close all but 1 and the two that are used; both are above 2. */
static void
inside_close(const struct inside *in)
{
	unsigned a = (unsigned)in->report_fd, b = (unsigned)in->out_fd;
	unsigned low = a < b ? a : b, high = a < b ? b : a;

	close(0);
	close(2);
	if (low > 3)
		(void)sys_close_range(3, low - 1);
	if (high > low + 1)
		(void)sys_close_range(low + 1, high - 1);
	(void)sys_close_range(high + 1, ~0u);
}

static void
inside_share(const struct inside *in)
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
inside_start(const struct inside *in, const struct report *filter)
{
	const struct plan *plan = in->ns == NULL ? NULL : in->ns->plan;
	struct payload p = {
		.r = in->r,
		.home = plan != NULL ? plan->home : in->r->cage_home,
		.tmp = plan != NULL ? plan->tmp : in->r->cage_tmp,
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

/* pid 1: its end is everybody's end. */
static _Noreturn void
inside_wait_init(const struct inside *in, pid_t payload)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, 0);

		if (pid < 0 && errno != EINTR)
			_exit(1);
		if (pid != payload)
			continue;
		(void)report_send(in->report_fd, 'S', status, NULL, 0, NULL,
		    0);
		_exit(0);
	}
}

/* The end of the channel is the launcher's wish, or its death. */
static _Noreturn void
inside_wait_guard(const struct inside *in, pid_t payload, int chld)
{
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
		if (status == -1 && p[0].revents != 0)
			break;
	}
	(void)tasks_kill_below(INSIDE_KILL_MS, 0, NULL);
	if (status != -1)
		(void)report_send(in->report_fd, 'S', status, NULL, 0, NULL,
		    0);
	_exit(0);
}

_Noreturn void
inside_run(struct inside *in)
{
	struct err e = ERR_INIT;
	struct report filter;
	sigset_t mask;
	int chld = -1;
	pid_t pid;

	if (in->ns != NULL) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (ns_enter(in->ns, &e) < 0 || ns_build(in->ns, &e) < 0)
			inside_die(in, &e);
	} else {
		(void)setsid();
		if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) {
			err_sys(&e, "guard: cannot gather orphans");
			inside_die(in, &e);
		}
	}
	prctl(PR_SET_DUMPABLE, 0);
	inside_close(in);
	if (in->ns != NULL)
		inside_share(in);
	/* No message: the launcher died before PDEATHSIG was set. */
	if (report_receive(in->report_fd, &filter) < 0 || filter.kind != 'F')
		_exit(1);
	if (in->ns == NULL) {
		sigemptyset(&mask);
		sigaddset(&mask, SIGCHLD);
		sigprocmask(SIG_BLOCK, &mask, NULL);
		chld = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	}
	pid = inside_start(in, &filter);
	if (pid < 0 || (in->ns == NULL && chld < 0)) {
		err_sys(&e, "payload: fork");
		inside_die(in, &e);
	}
	close(in->out_fd);
	free(filter.text);
	if (in->ns != NULL)
		inside_wait_init(in, pid);
	inside_wait_guard(in, pid, chld);
}
