#include "config.h"

#include "core/hook/hook-host.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "loop/loop.h"

struct hook_host {
	const struct hook_host_ops *ops;
	void			*arg;
	pid_t			 pid;		/* 0: reaped */
	int			 out, said, end;	/* end: a pidfd */
	struct loop_watch	*out_watch, *said_watch, *end_watch;
	struct loop_timer	*timer;
	bool			 late;
};

/* Its group's members may outlive it: they go first, while its number is still
 * its own. */
static int
hook_host_reap(struct hook_host *h)
{
	int status = 0;

	if (h->pid == 0)
		return 0;
	(void)kill(-h->pid, SIGKILL);
	(void)kill(h->pid, SIGKILL);
	while (waitpid(h->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	h->pid = 0;
	return status;
}

void
hook_host_free(struct hook_host *h)
{
	if (h == NULL)
		return;
	(void)hook_host_reap(h);
	loop_watch_free(h->out_watch);
	loop_watch_free(h->said_watch);
	loop_watch_free(h->end_watch);
	loop_timer_free(h->timer);
	fs_close(h->out);
	fs_close(h->said);
	fs_close(h->end);
	free(h);
}

static void
hook_host_unwatch(struct loop_watch **w)
{
	loop_watch_free(*w);
	*w = NULL;
}

/* Read what is there, one piece at a time: who floods doesn't hold the loop. */
static bool
hook_host_read(struct hook_host *h, int fd)
{
	char chunk[16384];
	ssize_t n = fs_read(fd, chunk, sizeof(chunk));

	if (n > 0)
		h->ops->output(h->arg, fd == h->out, chunk, (size_t)n);
	else if (n == 0 || errno != EAGAIN)
		hook_host_unwatch(fd == h->out ? &h->out_watch :
		    &h->said_watch);
	return n > 0;
}

static void
hook_host_ready(void *arg, int fd, unsigned events)
{
	(void)events;
	(void)hook_host_read(arg, fd);
}

static void
hook_host_ended(void *arg, int fd, unsigned events)
{
	struct hook_host *h = arg;
	siginfo_t si = { 0 };
	int i, status;

	(void)fd;
	(void)events;
	/* It is a zombie until hook_host_reap, so its status is its own. */
	if (waitid(P_PID, (id_t)h->pid, &si, WEXITED | WNOWAIT | WNOHANG) < 0 ||
	    si.si_pid == 0)
		return;
	/* What a pipe holds. */
	for (i = 0; i < 128 && hook_host_read(h, h->out); i++)
		continue;
	for (i = 0; i < 128 && hook_host_read(h, h->said); i++)
		continue;
	status = hook_host_reap(h);
	hook_host_unwatch(&h->out_watch);
	hook_host_unwatch(&h->said_watch);
	hook_host_unwatch(&h->end_watch);
	h->ops->done(h->arg, status, h->late);
}

static void
hook_host_late(void *arg)
{
	struct hook_host *h = arg;

	h->timer = NULL;
	h->late = true;
	(void)kill(-h->pid, SIGKILL);
}

/* A file in memory: nothing of ours waits for a hook that doesn't read. */
static int
hook_host_input(const char *text, struct err *e)
{
	int fd = memfd_create("hook", MFD_CLOEXEC);

	if (fd < 0 || fs_write_all(fd, text, strlen(text)) < 0 ||
	    lseek(fd, 0, SEEK_SET) < 0) {
		err_sys(e, "can't create a file in memory");
		fs_close(fd);
		return -1;
	}
	return fd;
}

struct hook_host *
hook_host_new(struct loop *loop, const char *dir, const char *command,
    const char *input, int64_t timeout_ms, const struct hook_host_ops *ops,
    void *arg, struct err *e)
{
	const char *argv[] = { "sh", "-c", command, NULL };
	AUTO_CLOSE int in = hook_host_input(input, e);
	int out[2] = { -1, -1 }, said[2] = { -1, -1 };
	struct hook_host *h;

	if (in < 0)
		return NULL;
	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(said, O_CLOEXEC) < 0) {
		err_sys(e, "can't create a pipe");
		fs_close(out[0]);
		fs_close(out[1]);
		return NULL;
	}
	(void)fcntl(out[0], F_SETFL, O_NONBLOCK);
	(void)fcntl(said[0], F_SETFL, O_NONBLOCK);
	h = xcalloc(1, sizeof(*h));
	h->ops = ops;
	h->arg = arg;
	h->out = out[0];
	h->said = said[0];
	h->end = -1;
	h->pid = spawn_as_user("/bin/sh", argv, dir, in, out[1], said[1]);
	fs_close(out[1]);
	fs_close(said[1]);
	if (h->pid < 0) {
		h->pid = 0;
		err_sys(e, "can't start it");
		hook_host_free(h);
		return NULL;
	}
	h->end = (int)syscall(SYS_pidfd_open, h->pid, 0);
	if (h->end < 0) {
		err_sys(e, "can't watch it");
		hook_host_free(h);
		return NULL;
	}
	h->out_watch = loop_watch_new(loop, h->out, LOOP_READ, hook_host_ready,
	    h);
	h->said_watch = loop_watch_new(loop, h->said, LOOP_READ,
	    hook_host_ready, h);
	h->end_watch = loop_watch_new(loop, h->end, LOOP_READ, hook_host_ended,
	    h);
	h->timer = loop_timer_new(loop, timeout_ms, hook_host_late, h);
	return h;
}
