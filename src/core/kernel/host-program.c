#include "config.h"

#include "core/kernel/host-program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "loop/loop.h"
#include "sandbox/sandbox.h"

#define HOST_PROGRAM_END_MS 5000	/* the guard needs less */

struct host_program {
	struct loop		*loop;
	const struct host_program_ops *ops;
	void			*arg;
	pid_t			 pid;		/* 0: reaped */
	int			 out, said, end;	/* end: a pidfd */
	struct loop_watch	*out_watch, *said_watch, *end_watch;
	struct loop_timer	*timer;
	bool			 late;
};

/* The guard kills the rest, and then itself. */
static void
host_program_stop(const struct host_program *h)
{
	(void)kill(h->pid, SIGTERM);
	(void)kill(h->pid, SIGCONT);
}

static int
host_program_reap(struct host_program *h)
{
	struct pollfd end = { .fd = h->end, .events = POLLIN };
	int status;

	if (h->pid == 0)
		return 0;
	host_program_stop(h);
	if (h->end < 0 || poll(&end, 1, HOST_PROGRAM_END_MS) <= 0)
		(void)kill(h->pid, SIGKILL);
	status = spawn_reap(h->pid);
	h->pid = 0;
	return status;
}

void
host_program_free(struct host_program *h)
{
	if (h == NULL)
		return;
	(void)host_program_reap(h);
	loop_watch_free(&h->out_watch);
	loop_watch_free(&h->said_watch);
	loop_watch_free(&h->end_watch);
	loop_timer_free(&h->timer);
	fs_close(h->out);
	fs_close(h->said);
	fs_close(h->end);
	free(h);
}

static void
host_program_unwatch(struct loop_watch **w)
{
	loop_watch_free(w);
}

/* Read what is there, one piece at a time: a flood doesn't block the loop. */
static bool
host_program_read(struct host_program *h, int fd)
{
	char chunk[16384];
	ssize_t n = fs_read(fd, chunk, sizeof(chunk));

	if (n > 0)
		h->ops->output(h->arg, fd == h->out, chunk, (size_t)n);
	else if (n == 0 || errno != EAGAIN)
		host_program_unwatch(fd == h->out ? &h->out_watch :
		    &h->said_watch);
	return n > 0;
}

static void
host_program_ready(void *arg, int fd, unsigned events UNUSED)
{
	(void)host_program_read(arg, fd);
}

static void
host_program_ended(void *arg, int fd UNUSED, unsigned events UNUSED)
{
	struct host_program *h = arg;
	siginfo_t si = { 0 };
	int i, status;

	/* It is a zombie until host_program_reap, so its status is its own. */
	if (waitid(P_PID, (id_t)h->pid, &si, WEXITED | WNOWAIT | WNOHANG) < 0 ||
	    si.si_pid == 0)
		return;
	/* The size of a pipe. */
	for (i = 0; i < 128 && host_program_read(h, h->out); i++)
		continue;
	for (i = 0; i < 128 && host_program_read(h, h->said); i++)
		continue;
	status = host_program_reap(h);
	host_program_unwatch(&h->out_watch);
	host_program_unwatch(&h->said_watch);
	host_program_unwatch(&h->end_watch);
	h->ops->done(h->arg, status, h->late);
}

static void
host_program_stuck(void *arg)
{
	struct host_program *h = arg;

	h->timer = NULL;
	(void)kill(h->pid, SIGKILL);
}

static void
host_program_late(void *arg)
{
	struct host_program *h = arg;

	h->late = true;
	host_program_stop(h);
	h->timer = loop_timer_new(h->loop, HOST_PROGRAM_END_MS,
	    host_program_stuck, h);
}

/* -1 with *e. `*out` is the program's end, which is the caller's with `own`. */
static int
host_program_pipe(int own, int *out, struct err *e)
{
	int p[2];

	*out = own;
	if (own >= 0)
		return -1;
	if (pipe2(p, O_CLOEXEC) < 0) {
		err_sys(e, "can't create a pipe");
		return -1;
	}
	(void)fcntl(p[0], F_SETFL, O_NONBLOCK);
	*out = p[1];
	return p[0];
}

static pid_t
host_program_spawn(const struct host_program_spec *spec, int out, int said)
{
	AUTO_FREE char *own = xasprintf("%ld", (long)getpid());
	const char *const guard[] = { "assent-worker", GUARD_WORD, own };
	const int fds[3] = { spec->in, out, said };
	AUTO_FREE const char **argv = NULL;
	size_t n = 0;

	while (spec->argv[n] != NULL)
		n++;
	argv = xcalloc(MEM_COUNT(guard) + n + 1, sizeof(*argv));
	memcpy(argv, guard, sizeof(guard));
	memcpy(&argv[MEM_COUNT(guard)], spec->argv, n * sizeof(*argv));
	return spawn_as_user(spec->worker, argv, spec->dir, spec->env, fds);
}

static struct loop_watch *
host_program_watch(struct host_program *h, struct loop *loop, int fd,
    loop_fd_cb *cb)
{
	return fd < 0 ? NULL : loop_watch_new(loop, fd, LOOP_READ, cb, h);
}

int
host_program_input(const void *p, size_t n, struct err *e)
{
	int fd = fs_memory(p, n);

	return fd < 0 ? err_sys(e, "can't create a file in memory") : fd;
}

struct host_program *
host_program_new(struct loop *loop, const struct host_program_spec *spec,
    const struct host_program_ops *ops, void *arg, struct err *e)
{
	struct host_program *h = xcalloc(1, sizeof(*h));
	int out, said;

	h->loop = loop;
	h->ops = ops;
	h->arg = arg;
	h->end = -1;
	h->out = host_program_pipe(spec->out, &out, e);
	h->said = host_program_pipe(-1, &said, e);
	if (!err_is_set(e) && (h->pid = host_program_spawn(spec, out, said)) <
	    0) {
		h->pid = 0;
		err_sys(e, "can't start it");
	}
	if (spec->out < 0)
		fs_close(out);
	fs_close(said);
	if (h->pid > 0 &&
	    (h->end = (int)syscall(SYS_pidfd_open, h->pid, 0)) < 0)
		err_sys(e, "can't watch it");
	if (err_is_set(e)) {
		host_program_free(h);
		return NULL;
	}
	h->out_watch = host_program_watch(h, loop, h->out, host_program_ready);
	h->said_watch = host_program_watch(h, loop, h->said,
	    host_program_ready);
	h->end_watch = host_program_watch(h, loop, h->end, host_program_ended);
	if (spec->timeout_ms > 0)
		h->timer = loop_timer_new(loop, spec->timeout_ms,
		    host_program_late, h);
	return h;
}
