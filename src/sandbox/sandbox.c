/*
 * The core's side of a call: one worker, which may have been prepared, its
 * request, its frames. The core
 * trusts no byte that comes back: lengths are limited, the result goes through
 * the JSON parser, and anything invalid is a failure of the worker.
 */

#include "config.h"

#include "sandbox/sandbox.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fdpass.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "loop/loop.h"
#include "sandbox/cgroup.h"
#include "sandbox/mount-plan.h"
#include "sandbox/request.h"
#include "sandbox/tasks.h"

struct sandbox_worker {
	pid_t	 pid;		/* -1: none */
	int	 to, from;	/* not blocking; -1: closed */
	bool	 served;	/* a call has run in it */
	struct cgroup		*cgroup;	/* its own cgroup */
	struct cgroup_leaf	*leaf;
};
#define SANDBOX_WORKER_NONE { -1, -1, -1, false, NULL, NULL }
static const struct sandbox_worker sandbox_worker_none = SANDBOX_WORKER_NONE;

#define SANDBOX_FRAME_MAX ((size_t)1 << 20)

#define SANDBOX_WORKER_STOP_MS 8000	/* it needs less even on level D */
#define SANDBOX_WORKER_FILTER_MAX 12288
#define SANDBOX_WORKER_FILTERS 4

static void	sandbox_worker_stop(struct sandbox_worker *);
static void	sandbox_begin(struct sandbox_call *);

/* The filters that workers of this process have built: a list of {"key",
 * "program"}, or NULL. */
static cJSON *sandbox_worker_filters;

/* Frame 'f' of a worker in which nothing has run yet: later ones get it with
 * their first message. */
static void
sandbox_worker_learn(const char *p, size_t n)
{
	cJSON *o = json_parse(p, n, JSON_NUL_REFUSE, NULL);
	const cJSON *it;

	if (sandbox_worker_filters == NULL)
		sandbox_worker_filters = cJSON_CreateArray();
	cJSON_ArrayForEach(it, sandbox_worker_filters)
		if (strcmp(json_str_or(it, "key", ""),
		    json_str_or(o, "key", "")) == 0)
			break;
	if (o != NULL && it == NULL && n <= SANDBOX_WORKER_FILTER_MAX &&
	    cJSON_GetArraySize(sandbox_worker_filters) <
	    SANDBOX_WORKER_FILTERS)
		cJSON_AddItemToArray(sandbox_worker_filters, o);
	else
		cJSON_Delete(o);
}

/* A message for it: 4 bytes of length and the text, malloc'ed; *n in and
 * out. */
static char *
sandbox_worker_message(const char *text, size_t *n)
{
	char *m = xmalloc(*n + 4);

	m[0] = (char)(*n >> 24);
	m[1] = (char)(*n >> 16);
	m[2] = (char)(*n >> 8);
	m[3] = (char)*n;
	memcpy(m + 4, text, *n);
	*n += 4;
	return m;
}

/* Namespaces that workers can join. */
static struct {
	int	 number;
	int	 fds[2];	/* of users, of the network; -1 */
} sandbox_shared = { 0, { -1, -1 } };

int
sandbox_share(int user_take, int net_take)
{
	fs_close(sandbox_shared.fds[0]);
	fs_close(sandbox_shared.fds[1]);
	sandbox_shared.fds[0] = user_take;
	sandbox_shared.fds[1] = net_take;
	return ++sandbox_shared.number;
}

/* Less than a socket holds. */
static int
sandbox_worker_send_leaf(struct sandbox_worker *w, int joins)
{
	bool shared = joins != 0 && joins == sandbox_shared.number &&
	    sandbox_shared.fds[0] >= 0;
	size_t n;
	AUTO_FREE char *text =
	    request_encode_leaf(w->leaf, sandbox_worker_filters, &n);
	AUTO_FREE char *message = sandbox_worker_message(text, &n);
	struct iovec iov = { message, n };
	ssize_t sent;

	do {
		sent = fdpass_send(w->to, &iov, 1, sandbox_shared.fds,
		    shared ? 2 : 0);
	} while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)n ? 0 : -1;
}

/* fs_open_std_fds keeps what is opened here above the standard three. */
static int
sandbox_worker_open(struct sandbox_worker *w, const char *path)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	w->served = false;
	if (null >= 0 &&
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) == 0 &&
	    pipe2(out, O_CLOEXEC) == 0)
		w->pid = spawn_bare(path, "assent-worker", in[0], out[1], null);
	fs_close(in[0]);
	fs_close(out[1]);
	if (w->pid < 0) {
		fs_close(in[1]);
		fs_close(out[0]);
		return -1;
	}
	w->to = in[1];
	w->from = out[0];
	(void)fcntl(w->to, F_SETFL, O_NONBLOCK);
	(void)fcntl(w->from, F_SETFL, O_NONBLOCK);
	return 0;
}

/* Has it sent anything, or ended? Doesn't wait. */
static bool
sandbox_worker_spoke(const struct sandbox_worker *w)
{
	struct pollfd p = { .fd = w->from, .events = POLLIN };

	return poll(&p, 1, 0) != 0;
}

static struct sandbox_worker sandbox_worker_next = SANDBOX_WORKER_NONE;

void
sandbox_worker_ahead(const char *worker_path)
{
	if (worker_path == NULL)
		sandbox_worker_stop(&sandbox_worker_next);
	else if (sandbox_worker_next.pid < 0)
		(void)sandbox_worker_open(&sandbox_worker_next, worker_path);
}

/* With a cgroup of its own for these limits, if possible; sends the first
 * message. -1 with errno. */
static int
sandbox_worker_start(struct sandbox_worker *w, const char *path,
    struct cgroup *cgroup, const struct sandbox_limits *limits, bool stays,
    int joins)
{
	struct sandbox_limits in_leaf = *limits;
	int saved;

	*w = sandbox_worker_next;
	sandbox_worker_next = sandbox_worker_none;
	/* A waiting worker may have been killed. */
	if (w->pid >= 0 && sandbox_worker_spoke(w))
		sandbox_worker_stop(w);
	if (w->pid < 0 && sandbox_worker_open(w, path) < 0)
		return -1;
	w->cgroup = cgroup;
	/* The first process of all calls, beside the call's own. */
	in_leaf.pids += stays;
	w->leaf = cgroup_leaf_new(cgroup, &in_leaf);
	if (sandbox_worker_send_leaf(w, joins) < 0) {
		saved = errno;
		sandbox_worker_stop(w);
		errno = saved;
		return -1;
	}
	return 0;
}

static void
sandbox_worker_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Reap it: its wait status; closes the streams and removes the cgroup. */
static int
sandbox_worker_reap(struct sandbox_worker *w)
{
	int status;

	sandbox_worker_close(&w->to);
	sandbox_worker_close(&w->from);
	status = w->pid > 0 ? spawn_reap(w->pid) : 0;
	w->pid = -1;
	cgroup_leaf_free(w->cgroup, w->leaf);
	w->leaf = NULL;
	return status;
}

/* A pidfd of the first process below it, or -1. When that has ended, nothing of
 * the call is alive, even if both were killed. */
static int
sandbox_worker_first(const struct sandbox_worker *w)
{
	AUTO(tasks_release) struct tasks l = { 0 };
	size_t i;

	if (w->pid > 0 && tasks_list_below(&l) > 0)
		for (i = 0; i < l.len; i++)
			if (l.v[i].ppid == w->pid)
				return (int)syscall(SYS_pidfd_open, l.v[i].pid,
				    0);
	return -1;
}

/* Tell it to kill everything, and wait until it has, or kill it. */
static void
sandbox_worker_stop(struct sandbox_worker *w)
{
	int64_t end = clock_mono_ms() + SANDBOX_WORKER_STOP_MS;
	char chunk[65536];

	/* Closing its input means: kill everything. The end of its output means
	 * that it is done. */
	sandbox_worker_close(&w->to);
	/* Somebody may have stopped it. */
	if (w->pid > 0)
		(void)kill(w->pid, SIGCONT);
	while (w->from >= 0) {
		struct pollfd p = { .fd = w->from, .events = POLLIN };
		int64_t left = end - clock_mono_ms();
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)left) == 0) {
			if (w->pid > 0)
				(void)kill(w->pid, SIGKILL);
			break;
		}
		n = read(w->from, chunk, sizeof(chunk));
		if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
			break;
	}
	(void)sandbox_worker_reap(w);
}

/*
 * A sandbox prepared ahead: a worker that has its setup and waits for a call.
 * We remember what it was built from, so that it is never used for a call it
 * doesn't fit: the setup's text, and the files its paths refer to. For one that
 * serves commands also what it shows of the host: the mount plan is made anew
 * before each of them, and the mounts are not. It has mounted and read nothing
 * of the project. If it fails before frame 'b', nothing has run and the caller
 * starts the call again in a new worker. There is at most one for commands, one
 * for file tools and one for the inspection, and none while a person is asked.
 */

struct sandbox_ready {
	struct sandbox_worker	 w;
	struct loop_watch	*watch;
	char			*setup;
	struct sandbox_spec	 spec;		/* of the last sandbox_prepare: only
						   to be compared */
	struct sandbox_limits	 limits;	/* the same */
	char			*paths;		/* ready_paths */
	bool			 stays;		/* then: */
	struct request		 request;	/* the setup, decoded */
	struct buf		 plan;		/* mount_plan_print */
	int			 mounts;	/* the host's mount table */
};

/* The inodes that the setup's paths refer to now, as text; malloc'ed. */
static char *
ready_paths(const struct sandbox_spec *spec)
{
	AUTO_FREE char *git = fs_join(spec->root, ".git");
	const char *paths[] = {
		spec->root, git, spec->upper, spec->copy, spec->sandbox_home,
		spec->sandbox_tmp, spec->out_dir,
	};
	struct buf b = BUF_INIT(0);
	struct stat st;
	size_t i;

	for (i = 0; i < MEM_COUNT(paths); i++) {
		if (paths[i] == NULL || lstat(paths[i], &st) < 0)
			memset(&st, 0, sizeof(st));
		/* A worktree's .git file determines which repository is
		 * shown; what is in a folder is seen. */
		if (S_ISDIR(st.st_mode))
			memset(&st.st_ctim, 0, sizeof(st.st_ctim));
		buf_addf(&b, "%llx %llx %o %lld.%ld ",
		    (unsigned long long)st.st_dev,
		    (unsigned long long)st.st_ino, st.st_mode & S_IFMT,
		    (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
	}
	return buf_take(&b);
}

/* The mount plan as it would be now. */
static void
ready_plan(const struct sandbox_ready *r, struct buf *b)
{
	if (r->request.root != NULL)
		mount_plan_print(&r->request, b);
}

/* Is its root up to date? Mounts of the host that are made or removed
 * show in its table only. */
static bool
ready_plan_holds(const struct sandbox_ready *r)
{
	struct pollfd p = { .fd = r->mounts, .events = POLLPRI };
	AUTO_BUF struct buf now = BUF_INIT(BUF_MAX);

	if (!r->stays)
		return true;
	if (r->mounts < 0 || poll(&p, 1, 0) != 0)
		return false;
	ready_plan(r, &now);
	return now.len == r->plan.len &&
	    memcmp(now.p, r->plan.p, now.len) == 0;
}

/* It sends nothing before the call unless it failed or was killed. */
static void
ready_ended(void *arg, int fd, unsigned events)
{
	struct sandbox_ready *r = arg;

	(void)fd;
	(void)events;
	loop_watch_free(&r->watch);
	sandbox_worker_stop(&r->w);
}

/* Before its worker is started, so that later changes are detected. */
static struct sandbox_ready *
ready_new(const struct sandbox_spec *spec, char *setup_take)
{
	struct sandbox_ready *r = xcalloc(1, sizeof(*r));

	r->w = sandbox_worker_none;
	r->paths = ready_paths(spec);
	r->setup = setup_take;
	buf_init(&r->plan, BUF_MAX);
	r->stays = spec->stays;
	r->mounts = !r->stays ? -1 : open("/proc/self/mountinfo",
	    O_RDONLY | O_CLOEXEC);
	if (r->stays && request_decode_setup(setup_take, strlen(setup_take),
	    &r->request, NULL) < 0)
		request_release(&r->request, true);
	ready_plan(r, &r->plan);
	return r;
}

/* Is it alive, and was it built for this setup? */
static bool
ready_waits(const struct sandbox_ready *r, const char *setup)
{
	return r->w.pid >= 0 && !sandbox_worker_spoke(&r->w) &&
	    strcmp(r->setup, setup) == 0;
}

static bool
ready_fits(const struct sandbox_ready *r, const struct sandbox_spec *spec,
    const char *setup)
{
	AUTO_FREE char *now = ready_paths(spec);

	return ready_waits(r, setup) && strcmp(r->paths, now) == 0 &&
	    ready_plan_holds(r);
}

void
sandbox_prepare(struct sandbox_ready **ready, struct loop *loop,
    const char *worker, const struct sandbox_spec *spec,
    const struct sandbox_limits *limits)
{
	AUTO_FREE char *message = NULL;
	struct sandbox_ready *r = *ready;
	ssize_t sent = -1;
	char *setup;
	size_t n;

	/* Most often nothing has changed. These are compared as pointers, and
	 * the call that takes it compares what they point to. */
	if (r != NULL && memcmp(&r->spec, spec, sizeof(*spec)) == 0 &&
	    memcmp(&r->limits, limits, sizeof(*limits)) == 0 &&
	    ready_waits(r, r->setup))
		return;
	setup = request_encode_setup(spec, limits, &n);
	if (r != NULL && ready_waits(r, setup)) {
		r->spec = *spec;
		r->limits = *limits;
		free(setup);
		return;
	}
	message = sandbox_worker_message(setup, &n);
	r = ready_new(spec, setup);
	sandbox_ready_free(*ready);
	*ready = NULL;
	if (sandbox_worker_start(&r->w, worker, spec->cgroup, limits,
	    spec->stays, spec->joins) == 0)
		do {
			sent = write(r->w.to, message, n);
		} while (sent < 0 && errno == EINTR);
	/* Not started, or the message is larger than a socket holds: let the
	 * call build its own sandbox. */
	if (sent != (ssize_t)n) {
		sandbox_ready_free(r);
		return;
	}
	r->watch = loop_watch_new(loop, r->w.from, LOOP_READ, ready_ended, r);
	*ready = r;
}

/* The prepared worker moves to *w if it fits this call; *ready is NULL
 * afterwards. `setup` is the call's. Returns what this worker was built from, or
 * the one that the call starts will be, for sandbox_ready_return; NULL if the
 * call's worker doesn't stay. */
static struct sandbox_ready *
sandbox_ready_take(struct sandbox_ready **ready,
    const struct sandbox_spec *spec,
    const char *setup, struct sandbox_worker *w)
{
	struct sandbox_ready *r = ready == NULL ? NULL : *ready;

	if (r != NULL) {
		*ready = NULL;
		if (ready_fits(r, spec, setup)) {
			loop_watch_free(&r->watch);
			*w = r->w;
			r->w = sandbox_worker_none;
			if (spec->stays)
				return r;
		}
		sandbox_ready_free(r);
	}
	return spec->stays && ready != NULL ? ready_new(spec, xstrdup(setup)) :
	    NULL;
}

/* A worker that stays waits for the next call; *w has none then. */
static void
sandbox_ready_return(struct sandbox_ready *r, struct loop *loop,
    struct sandbox_worker *w)
{
	r->w = *w;
	*w = sandbox_worker_none;
	sandbox_ready_watch(r, loop);
}

void
sandbox_ready_watch(struct sandbox_ready *r, struct loop *loop)
{
	loop_watch_free(&r->watch);
	r->watch = loop_watch_new(loop, r->w.from, LOOP_READ, ready_ended, r);
}

void
sandbox_ready_free(struct sandbox_ready *r)
{
	if (r == NULL)
		return;
	loop_watch_free(&r->watch);
	sandbox_worker_stop(&r->w);
	fs_close(r->mounts);
	buf_release(&r->plan);
	request_release(&r->request, true);
	free(r->setup);
	free(r->paths);
	free(r);
}

#define SANDBOX_HEAD	5
/* A worker that was stopped (SIGSTOP) enforces no limit. Until frame 'b', and
 * after the time limit, it is continued, so many times, so often, and then
 * killed. */
#define SANDBOX_LATE_MS	1000
#define SANDBOX_BUILD_MAX 60	/* until frame 'b' */
#define SANDBOX_LATE_MAX 16	/* its end may take 14 s on level D */

struct sandbox_call {
	struct loop		*loop;
	struct sandbox_callbacks	 cb;
	void			*arg;
	char			*worker;
	struct cgroup		*cgroup;
	struct sandbox_limits	 limits;
	struct sandbox_worker	 w;
	struct sandbox_ready	**back;		/* for a worker that stays */
	struct sandbox_ready	*origin;	/* what it was built from, or
						   NULL */
	struct loop_watch	*to_watch, *from_watch;
	bool			 wants_net;	/* of each worker its socket */
	bool			 net;		/* it may come */
	struct loop_timer	*failed;	/* reports that start failed */
	struct loop_timer	*late;		/* the call should have ended */
	int			 late_times;
	int			 first;		/* of a worker that we killed:
						   sandbox_worker_first; -1 */
	char			*request;	/* setup and call */
	size_t			 request_len, request_at;
	bool			 prepared;	/* by a worker that already had
						   its setup */
	bool			 begun;		/* something may have run */
	bool			 served;	/* ... of an earlier call */
	struct buf		 in;		/* an unfinished frame */
	struct sandbox_result	 result;
	bool			 have_result;
	bool			 stays;		/* sandbox_spec */
	int			 joins;		/* the same */
	bool			 stayed;	/* it can serve another call */
	bool			 is_new;	/* ... or take another setup */
	bool			 reading;	/* output() may be running */
	bool			 cancelled;	/* from within output() */
	int			 io[2];		/* a server's, until they are
						   sent; -1 */
};

void
sandbox_result_release(struct sandbox_result *r)
{
	free(r->error);
	free(r->killed);
	free(r->limit);
	free(r->left);
	memset(r, 0, sizeof(*r));
}

static void
sandbox_unwatch(struct sandbox_call *c)
{
	loop_watch_free(&c->to_watch);
	loop_watch_free(&c->from_watch);
	loop_timer_free(&c->failed);
	loop_timer_free(&c->late);
}

static void
sandbox_close_io(struct sandbox_call *c)
{
	fs_close(c->io[0]);
	fs_close(c->io[1]);
	c->io[0] = c->io[1] = -1;
}

static void
sandbox_free(struct sandbox_call *c)
{
	sandbox_unwatch(c);
	(void)sandbox_worker_reap(&c->w);
	fs_close(c->first);
	sandbox_close_io(c);
	sandbox_ready_free(c->origin);
	sandbox_result_release(&c->result);
	buf_release(&c->in);
	free(c->worker);
	free(c->request);
	free(c);
}

/* A prepared sandbox failed before anything ran in it: use a new one. */
static bool
sandbox_again(struct sandbox_call *c)
{
	if (!c->prepared || (c->have_result ? c->result.built : c->begun))
		return false;
	c->prepared = c->begun = c->have_result = c->served = false;
	c->is_new = false;
	c->net = c->wants_net;
	sandbox_result_release(&c->result);
	c->result.exit = -1;
	buf_clear(&c->in);
	c->request_at = 0;
	sandbox_begin(c);
	return true;
}

/* The stream has ended, or was invalid: everything below is dead. */
static void
sandbox_finish(struct sandbox_call *c)
{
	int status;

	sandbox_unwatch(c);
	status = sandbox_worker_reap(&c->w);
	fs_close(c->first);
	c->first = -1;
	if (sandbox_again(c))
		return;
	if (!c->have_result) {
		c->result.built = false;
		c->result.exit = -1;
		c->result.error_errno = ECHILD;
		FREE_SET(c->result.error, WIFSIGNALED(status) ?
		    xasprintf("worker: it was killed by signal %d",
		    WTERMSIG(status)) :
		    xasprintf("worker: it ended with status %d and no result",
		    WEXITSTATUS(status)));
	}
	c->cb.done(c->arg, &c->result);
	sandbox_free(c);
}

static void
sandbox_first_ended(void *arg, int fd, unsigned events)
{
	(void)fd;
	(void)events;
	sandbox_finish(arg);
}

/* The call is over, and its worker waits for the next, or for another setup. */
static void
sandbox_stayed(struct sandbox_call *c)
{
	sandbox_unwatch(c);
	if (c->is_new) {
		sandbox_worker_stop(&sandbox_worker_next);
		cgroup_leaf_free(c->w.cgroup, c->w.leaf);
		c->w.leaf = NULL;
		sandbox_worker_next = c->w;
		c->w = sandbox_worker_none;
	} else if (c->back != NULL && *c->back == NULL) {
		*c->back = c->origin;
		c->origin = NULL;
		c->w.served = true;
		sandbox_ready_return(*c->back, c->loop, &c->w);
	} else
		sandbox_worker_stop(&c->w);
	sandbox_finish(c);
}

static int
sandbox_take_result(struct sandbox_call *c, const char *p, size_t n)
{
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *o = json_parse(p, n, JSON_NUL_REPLACE, &e);
	struct sandbox_result *r = &c->result;

	if (o == NULL || c->have_result)
		return -1;
	c->have_result = true;
	r->error = xstrdup_null(json_str(o, "error"));
	r->error_errno = (int)json_int(o, "errno", 0);
	r->built = r->error == NULL;
	r->exit = (int)json_int(o, "exit", -1);
	r->signal = (int)json_int(o, "signal", 0);
	r->killed = xstrdup_null(json_str(o, "killed"));
	r->limit = xstrdup_null(json_str(o, "limit"));
	r->left = xstrdup_null(json_str(o, "left"));
	sandbox_limits_enforced_decode(json_get(o, "enforced"), &r->enforced);
	r->ms = json_int(o, "ms", 0);
	r->brokered = json_int(o, "brokered", 0);
	c->stayed = r->built && json_bool(o, "stays", false);
	return 0;
}

static void
sandbox_late(void *arg)
{
	struct sandbox_call *c = arg;

	c->late = NULL;
	assert(c->w.pid > 0);	/* kill(2): -1 is every process */
	if (c->late_times++ < (c->begun ? SANDBOX_LATE_MAX :
	    SANDBOX_BUILD_MAX)) {
		(void)kill(c->w.pid, SIGCONT);
		c->late = loop_timer_new(c->loop, SANDBOX_LATE_MS, sandbox_late,
		    c);
		return;
	}
	/* Then we wait, however long it takes: what is alive still has the
	 * project mounted. */
	c->first = sandbox_worker_first(&c->w);
	(void)kill(c->w.pid, SIGKILL);
	if (c->first >= 0)
		(void)syscall(SYS_pidfd_send_signal, c->first, SIGCONT, NULL, 0);
}

/* In `ms`, and a little later if the worker works. */
static void
sandbox_late_in(struct sandbox_call *c, int64_t ms)
{
	loop_timer_free(&c->late);
	c->late_times = 0;
	c->late = loop_timer_new(c->loop, ms + SANDBOX_LATE_MS, sandbox_late, c);
}

/* The worker's time limit counts from here on, too. */
static void
sandbox_begun(struct sandbox_call *c)
{
	if (!c->begun && c->limits.timeout_ms > 0) {
		sandbox_late_in(c, c->limits.timeout_ms);
	} else if (!c->begun) {
		loop_timer_free(&c->late);
	}
	c->begun = true;
}

/* Complete frames from c->in. -1 if the stream is invalid. */
static int
sandbox_frames(struct sandbox_call *c)
{
	size_t at = 0;
	int rc = 0;

	while (rc == 0 && !c->cancelled && c->in.len - at >= SANDBOX_HEAD) {
		const unsigned char *h = (unsigned char *)c->in.p + at;
		size_t n = (size_t)h[1] << 24 | (size_t)h[2] << 16 |
		    (size_t)h[3] << 8 | (size_t)h[4];
		const char *body = c->in.p + at + SANDBOX_HEAD;

		if (n > SANDBOX_FRAME_MAX)
			return -1;
		if (c->in.len - at - SANDBOX_HEAD < n)
			break;
		at += SANDBOX_HEAD + n;
		if (h[0] == 'o' && !c->have_result) {
			if (n > 0)
				c->cb.output(c->arg, body, n);
		} else if (h[0] == 'r') {
			rc = sandbox_take_result(c, body, n);
			if (rc == 0 && c->result.built && c->cb.known != NULL)
				c->cb.known(c->arg, &c->result);
		} else if (h[0] == 'b' && n == 0)
			sandbox_begun(c);
		else if (h[0] == 'f' && !c->begun && !c->served)
			sandbox_worker_learn(body, n);
		else if (h[0] == 's' && n == 0 && c->have_result)
			c->stayed = c->result.built;
		else if (h[0] == 'n' && n == 0 && c->have_result)
			c->is_new = true;
		else if (h[0] == 'z' && n == 0 && c->cb.held != NULL)
			c->cb.held(c->arg);
		else
			rc = -1;
	}
	buf_consume(&c->in, at);
	return rc;
}

static void
sandbox_readable(void *arg, int fd, unsigned events)
{
	struct sandbox_call *c = arg;
	char chunk[65536];
	ssize_t n;

	(void)events;
	n = read(fd, chunk, sizeof(chunk));
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0 && buf_add(&c->in, chunk, (size_t)n) == 0) {
		int rc;

		c->reading = true;
		rc = sandbox_frames(c);
		c->reading = false;
		if (c->cancelled) {
			sandbox_free(c);
			return;
		}
		if (rc == 0 && c->in.len == 0 && (c->stayed || c->is_new)) {
			sandbox_stayed(c);
			return;
		}
		if (rc == 0)
			return;
	}
	if (n > 0 && c->w.pid > 0) {
		(void)kill(c->w.pid, SIGKILL);
		c->have_result = false;
		c->begun = true;
	}
	if (c->first < 0) {
		sandbox_finish(c);
		return;
	}
	/* Its streams close before what it left is dead. */
	loop_watch_free(&c->from_watch);
	c->from_watch = loop_watch_new(c->loop, c->first, LOOP_READ,
	    sandbox_first_ended, c);
}

/* The call's own sockets, or, with `net` NULL, those of earlier calls, which
 * ended before we got them. False: there won't be one. */
static bool
sandbox_take_net(struct sandbox_call *c, int from,
    void (*net)(void *, unsigned, int))
{
	char byte;
	struct iovec iov = { &byte, 1 };
	int fds[FDPASS_MAX];
	ssize_t n;

	do {
		n = fdpass_receive(from, &iov, 1, fds);
		if (n > 0 && net != NULL) {
			net(c->arg, (unsigned char)byte, fds[0]);
			fds[0] = -1;
		}
		fdpass_close(fds);
	} while (n > 0);
	return n < 0 && errno == EAGAIN;
}

/* Write some of the request; a server's descriptors go with the last byte of
 * its call. */
static ssize_t
sandbox_write(struct sandbox_call *c, int fd)
{
	struct iovec iov = { c->request + c->request_at,
		c->request_len - c->request_at };
	ssize_t n;

	if (c->io[0] < 0)
		return write(fd, iov.iov_base, iov.iov_len);
	if (iov.iov_len > 1)
		return write(fd, iov.iov_base, iov.iov_len - 1);
	n = fdpass_send(fd, &iov, 1, c->io, 2);
	if (n > 0)
		sandbox_close_io(c);
	return n;
}

/* The request, whose end stays open as long as the call may live; and back comes
 * its socket. */
static void
sandbox_to(void *arg, int fd, unsigned events)
{
	struct sandbox_call *c = arg;
	ssize_t n;

	if ((events & LOOP_READ) != 0 && c->net)
		c->net = sandbox_take_net(c, fd, c->cb.net);
	n = c->request_at == c->request_len ? 0 : sandbox_write(c, fd);
	if (n > 0)
		c->request_at += (size_t)n;
	/* The other stream shows that a worker is gone. */
	if (n < 0 && errno != EINTR && errno != EAGAIN)
		c->request_at = c->request_len;
	loop_watch_set(c->to_watch, (c->net ? LOOP_READ : 0) |
	    (c->request_at < c->request_len ? LOOP_WRITE : 0));
}

static void
sandbox_failed(void *arg)
{
	struct sandbox_call *c = arg;

	c->failed = NULL;
	sandbox_finish(c);
}

static void
sandbox_start_failed(struct sandbox_call *c)
{
	c->have_result = true;
	c->result.error_errno = errno;
	c->result.error = xasprintf("worker: cannot start %s: %s", c->worker,
	    strerror(errno));
	c->failed = loop_timer_new(c->loop, 0, sandbox_failed, c);
}

/* Send the rest of the request, to the existing worker or a new one. */
static void
sandbox_begin(struct sandbox_call *c)
{
	if (c->w.pid < 0 && sandbox_worker_start(&c->w, c->worker, c->cgroup,
	    &c->limits, c->stays, c->joins) < 0) {
		sandbox_start_failed(c);
		return;
	}
	if (c->net)
		(void)sandbox_take_net(c, c->w.to, NULL);
	c->to_watch = loop_watch_new(c->loop, c->w.to, LOOP_WRITE,
	    sandbox_to, c);
	c->from_watch = loop_watch_new(c->loop, c->w.from, LOOP_READ,
	    sandbox_readable, c);
	sandbox_late_in(c, 0);
	sandbox_to(c, c->w.to, LOOP_WRITE);
}

struct sandbox_call *
sandbox_call_start(struct loop *loop, const struct sandbox_start *s)
{
	struct sandbox_call *c = xcalloc(1, sizeof(*c));
	AUTO_FREE char *setup = NULL, *text = NULL, *call = NULL;
	size_t setup_len, call_len;

	c->loop = loop;
	c->cb = *s->cb;
	c->arg = s->arg;
	c->worker = xstrdup(s->worker);
	c->cgroup = s->spec->cgroup;
	c->net = c->wants_net = (s->spec->net || s->spec->shares) &&
	    s->cb->net != NULL;
	c->limits = *s->limits;
	c->stays = s->spec->stays;
	c->joins = s->spec->joins;
	c->w = sandbox_worker_none;
	c->first = -1;
	c->io[0] = c->io[1] = -1;
	if (strcmp(s->tool, "serve") == 0)
		memcpy(c->io, s->io_take, sizeof(c->io));
	c->result.exit = -1;
	buf_init(&c->in, SANDBOX_FRAME_MAX + 2 * 65536);
	setup = request_encode_setup(s->spec, s->limits, &setup_len);
	c->origin = sandbox_ready_take(s->ready, s->spec, setup, &c->w);
	c->back = s->spec->stays ? s->ready : NULL;
	c->prepared = c->w.pid > 0;
	c->served = c->w.served;
	text = setup;
	setup = sandbox_worker_message(text, &setup_len);
	FREE_SET(text, request_encode_call(s->spec, s->limits, s->tool,
	    s->args, &call_len));
	errno = EFBIG;
	if (setup_len > REQUEST_MAX || call_len > REQUEST_MAX) {
		sandbox_worker_stop(&c->w);
		c->prepared = false;
		sandbox_start_failed(c);
		return c;
	}
	call = sandbox_worker_message(text, &call_len);
	c->request_len = setup_len + call_len;
	c->request = xmalloc(c->request_len);
	memcpy(c->request, setup, setup_len);
	memcpy(c->request + setup_len, call, call_len);
	c->request_at = c->prepared ? setup_len : 0;
	sandbox_begin(c);
	return c;
}

void
sandbox_call_hold(struct sandbox_call *c, bool hold)
{
	if (c->to_watch == NULL)
		return;
	/* All before it was sent, and isn't needed again. */
	if (c->request_at == c->request_len)
		c->request_at = c->request_len = 0;
	c->request = xrealloc(c->request, c->request_len + 1);
	c->request[c->request_len++] = hold ? 'Z' : 'T';
	sandbox_to(c, c->w.to, LOOP_WRITE);
}

const struct sandbox_result *
sandbox_call_result(const struct sandbox_call *c, bool *begun)
{
	*begun = c->begun;
	return c->have_result ? &c->result : NULL;
}

void
sandbox_call_cancel(struct sandbox_call **call)
{
	struct sandbox_call *c = *call;

	if (c == NULL)
		return;
	*call = NULL;
	sandbox_unwatch(c);
	sandbox_worker_stop(&c->w);
	if (c->reading)
		c->cancelled = true;
	else
		sandbox_free(c);
}
