/*
 * The core's side of a call: one worker, its request, its frames.  The core
 * trusts no byte that comes back: lengths are bounded, the result is parsed by
 * the JSON door, and whatever does not fit is the worker's failure.
 */
#include "config.h"

#include "cage/cage.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "cage/request.h"
#include "loop/loop.h"

#define CAGE_HEAD	5
#define CAGE_CANCEL_MS	8000	/* the worker needs less even on rung D */

struct cage_call {
	struct loop		*loop;
	struct cage_callbacks	 cb;
	void			*arg;
	pid_t			 pid;		/* -1: never started */
	int			 to, from;	/* -1: closed */
	struct loop_watch	*to_watch, *from_watch;
	struct loop_timer	*failed;	/* reports that start failed */
	char			*request;	/* header and JSON */
	size_t			 request_len, request_at;
	struct buf		 in;		/* an unfinished frame */
	struct cage_result	 result;
	bool			 have_result;
	bool			 reading;	/* output() may be running */
	bool			 cancelled;	/* from within output() */
};

void
cage_result_release(struct cage_result *r)
{
	free(r->error);
	free(r->killed);
	free(r->limit);
	memset(r, 0, sizeof(*r));
}

/*
 * vfork shares memory until the exec and costs the same however big this
 * process has grown; the child touches nothing but descriptors.
 */
static pid_t __attribute__((noinline))
cage_spawn(const char *path, int in, int out, int null)
{
	static const char *const argv[] = { "assent-worker", NULL };
	static const char *const envp[] = { NULL };
	pid_t pid = vfork();

	if (pid == 0) {
		/* All three are above 2, see cage_open. */
		if (dup2(in, 0) >= 0 && dup2(out, 1) >= 0 &&
		    dup2(null, 2) >= 0 &&
		    syscall(SYS_close_range, 3, ~0u, 0) == 0)
			execve(path, (char *const *)(uintptr_t)argv,
			    (char *const *)(uintptr_t)envp);
		_exit(127);
	}
	return pid;
}

/* As pipe2, with both ends above the standard three. */
static int
cage_pipe(int p[2])
{
	int i, saved;

	if (pipe2(p, O_CLOEXEC) < 0)
		return -1;
	for (i = 0; i < 2; i++) {
		int fd;

		if (p[i] > 2)
			continue;
		fd = fcntl(p[i], F_DUPFD_CLOEXEC, 3);
		saved = errno;
		close(p[i]);
		p[i] = fd;
		if (fd < 0) {
			if (p[1 - i] >= 0)
				close(p[1 - i]);
			errno = saved;
			return -1;
		}
	}
	return 0;
}

static void
cage_close(struct cage_call *c)
{
	loop_watch_free(c->to_watch);
	loop_watch_free(c->from_watch);
	loop_timer_free(c->failed);
	c->to_watch = c->from_watch = NULL;
	c->failed = NULL;
	if (c->to >= 0)
		close(c->to);
	if (c->from >= 0)
		close(c->from);
	c->to = c->from = -1;
}

static void
cage_free(struct cage_call *c)
{
	cage_close(c);
	cage_result_release(&c->result);
	buf_release(&c->in);
	free(c->request);
	free(c);
}

static int
cage_wait(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 0;
	return status;
}

/* The stream is at its end, or was no good: all below is dead. */
static void
cage_finish(struct cage_call *c)
{
	int status = 0;

	cage_close(c);
	if (c->pid > 0)
		status = cage_wait(c->pid);
	c->pid = -1;
	if (!c->have_result) {
		c->result.built = false;
		c->result.exit = -1;
		c->result.error_errno = ECHILD;
		free(c->result.error);
		c->result.error = WIFSIGNALED(status) ?
		    xasprintf("worker: it was killed by signal %d",
		    WTERMSIG(status)) :
		    xasprintf("worker: it ended with status %d and no result",
		    WEXITSTATUS(status));
	}
	c->cb.done(c->arg, &c->result);
	cage_free(c);
}

static int
cage_take_result(struct cage_call *c, const char *p, size_t n)
{
	struct err e = ERR_INIT;
	cJSON *o = json_parse(p, n, JSON_NUL_REPLACE, &e);
	struct cage_result *r = &c->result;

	if (o == NULL || c->have_result) {
		cJSON_Delete(o);
		return -1;
	}
	c->have_result = true;
	r->error = xstrdup_null(json_str(o, "error"));
	r->error_errno = (int)json_int(o, "errno", 0);
	r->built = r->error == NULL;
	r->exit = (int)json_int(o, "exit", -1);
	r->signal = (int)json_int(o, "signal", 0);
	r->killed = xstrdup_null(json_str(o, "killed"));
	r->limit = xstrdup_null(json_str(o, "limit"));
	r->ms = json_int(o, "ms", 0);
	cJSON_Delete(o);
	return 0;
}

/* Whole frames out of c->in. -1 if the stream makes no sense. */
static int
cage_frames(struct cage_call *c)
{
	size_t at = 0;
	int rc = 0;

	while (rc == 0 && !c->cancelled && c->in.len - at >= CAGE_HEAD) {
		const unsigned char *h = (unsigned char *)c->in.p + at;
		size_t n = (size_t)h[1] << 24 | (size_t)h[2] << 16 |
		    (size_t)h[3] << 8 | (size_t)h[4];
		const char *body = c->in.p + at + CAGE_HEAD;

		if (n > CAGE_FRAME_MAX)
			return -1;
		if (c->in.len - at - CAGE_HEAD < n)
			break;
		at += CAGE_HEAD + n;
		if (h[0] == 'o' && !c->have_result) {
			if (n > 0)
				c->cb.output(c->arg, body, n);
		} else if (h[0] == 'r')
			rc = cage_take_result(c, body, n);
		else
			rc = -1;
	}
	buf_consume(&c->in, at);
	return rc;
}

static void
cage_readable(void *arg, int fd, unsigned events)
{
	struct cage_call *c = arg;
	char chunk[65536];
	ssize_t n;

	(void)events;
	n = read(fd, chunk, sizeof(chunk));
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0 && buf_add(&c->in, chunk, (size_t)n) == 0) {
		int rc;

		c->reading = true;
		rc = cage_frames(c);
		c->reading = false;
		if (c->cancelled) {
			cage_free(c);
			return;
		}
		if (rc == 0)
			return;
	}
	if (n > 0 && c->pid > 0) {
		(void)kill(c->pid, SIGKILL);
		c->have_result = false;
	}
	cage_finish(c);
}

/* The request; its end stays open for as long as the call may live. */
static void
cage_writable(void *arg, int fd, unsigned events)
{
	struct cage_call *c = arg;
	ssize_t n;

	(void)events;
	n = write(fd, c->request + c->request_at,
	    c->request_len - c->request_at);
	if (n > 0)
		c->request_at += (size_t)n;
	/* A worker that is gone is seen at the other stream. */
	if (c->request_at == c->request_len ||
	    (n < 0 && errno != EINTR && errno != EAGAIN))
		loop_watch_set(c->to_watch, 0);
}

static void
cage_failed(void *arg)
{
	struct cage_call *c = arg;

	c->failed = NULL;
	cage_finish(c);
}

static int
cage_open(struct cage_call *c, const char *worker)
{
	int in[2], out[2], null, saved;

	if (cage_pipe(in) < 0)
		return -1;
	if (cage_pipe(out) < 0) {
		saved = errno;
		goto no_out;
	}
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0 && null <= 2) {
		int high = fcntl(null, F_DUPFD_CLOEXEC, 3);

		close(null);
		null = high;
	}
	if (null < 0) {
		saved = errno;
		goto no_null;
	}
	c->pid = cage_spawn(worker, in[0], out[1], null);
	saved = errno;
	close(null);
	if (c->pid < 0)
		goto no_null;
	close(in[0]);
	close(out[1]);
	c->to = in[1];
	c->from = out[0];
	(void)fcntl(c->to, F_SETFL, O_NONBLOCK);
	(void)fcntl(c->from, F_SETFL, O_NONBLOCK);
	return 0;
no_null:
	close(out[0]);
	close(out[1]);
no_out:
	close(in[0]);
	close(in[1]);
	errno = saved;
	return -1;
}

struct cage_call *
cage_call_start(struct loop *loop, const char *worker,
    const struct cage_spec *spec, const struct cage_limits *limits,
    const char *tool, const cJSON *args, const struct cage_callbacks *cb,
    void *arg)
{
	struct cage_call *c = xcalloc(1, sizeof(*c));
	char *text;
	size_t n;

	c->loop = loop;
	c->cb = *cb;
	c->arg = arg;
	c->pid = -1;
	c->to = c->from = -1;
	c->result.exit = -1;
	buf_init(&c->in, CAGE_FRAME_MAX + 2 * 65536);
	text = request_encode(spec, limits, tool, args, &n);
	errno = EFBIG;
	if (n > REQUEST_MAX || cage_open(c, worker) < 0) {
		c->have_result = true;
		c->result.error_errno = errno;
		c->result.error = xasprintf("worker: cannot start %s: %s",
		    worker, strerror(errno));
		c->failed = loop_timer_new(loop, 0, cage_failed, c);
		free(text);
		return c;
	}
	c->request = xmalloc(n + 4);
	c->request[0] = (char)(n >> 24);
	c->request[1] = (char)(n >> 16);
	c->request[2] = (char)(n >> 8);
	c->request[3] = (char)n;
	memcpy(c->request + 4, text, n);
	c->request_len = n + 4;
	free(text);
	c->to_watch = loop_watch_new(loop, c->to, LOOP_WRITE, cage_writable,
	    c);
	c->from_watch = loop_watch_new(loop, c->from, LOOP_READ,
	    cage_readable, c);
	cage_writable(c, c->to, LOOP_WRITE);
	return c;
}

void
cage_call_cancel(struct cage_call *c)
{
	int64_t end = clock_mono_ms() + CAGE_CANCEL_MS;
	char chunk[65536];

	if (c == NULL)
		return;
	/* The end of the request's stream means: kill everything. The end of
	 * the other one means that it is done. */
	if (c->to >= 0) {
		loop_watch_free(c->to_watch);
		c->to_watch = NULL;
		close(c->to);
		c->to = -1;
	}
	while (c->from >= 0) {
		struct pollfd p = { .fd = c->from, .events = POLLIN };
		int64_t left = end - clock_mono_ms();
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)left) == 0) {
			if (c->pid > 0)
				(void)kill(c->pid, SIGKILL);
			break;
		}
		n = read(c->from, chunk, sizeof(chunk));
		if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
			break;
	}
	if (c->pid > 0)
		(void)cage_wait(c->pid);
	c->pid = -1;
	if (c->reading) {
		cage_close(c);
		c->cancelled = true;
	} else
		cage_free(c);
}
