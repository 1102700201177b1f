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
sandbox_worker_send_leaf(struct sandbox_worker *w, int64_t joins)
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
 * doesn't fit: its setup, and what that shows of the host: the files its paths
 * refer to, and, for one that stays, the mount plan, which is made anew before
 * each call, and the mounts are not. It has mounted and read nothing of the
 * project. If it fails before frame 'b', nothing has run and the caller starts the
 * call again in a new worker. There is at most one for commands, one for file
 * tools and one for the inspection, and none while a person is asked.
 */

struct sandbox_ready {
	struct sandbox_worker	 w;
	struct loop_watch	*watch;
	char			*worker;	/* these as in sandbox_spec */
	struct cgroup		*cgroup;
	struct sandbox_limits	 limits;
	bool			 stays;
	int64_t			 joins;
	char			*setup;		/* the message */
	size_t			 setup_len;
	struct buf		 key;		/* request_key */
	struct buf		 shown;		/* ready_shown */
	int			 mounts;	/* the host's mount table: of one
						   that stays; -1 */
};

/* The inodes that the setup's paths refer to now. */
static void
ready_paths(const struct sandbox_spec *spec, struct buf *b)
{
	AUTO_FREE char *git = fs_join(spec->root, ".git");
	const char *paths[] = {
		spec->root, git, spec->upper, spec->copy, spec->sandbox_home,
		spec->sandbox_tmp, spec->out_dir,
	};
	struct stat st;
	size_t i;

	for (i = 0; i < MEM_COUNT(paths); i++) {
		if (paths[i] == NULL || lstat(paths[i], &st) < 0)
			memset(&st, 0, sizeof(st));
		/* A worktree's .git file determines which repository is
		 * shown; what is in a folder is seen. */
		if (S_ISDIR(st.st_mode))
			memset(&st.st_ctim, 0, sizeof(st.st_ctim));
		buf_addf(b, "%llx %llx %o %lld.%ld ",
		    (unsigned long long)st.st_dev,
		    (unsigned long long)st.st_ino, st.st_mode & S_IFMT,
		    (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
	}
}

/* What this setup shows of the host now. */
static void
ready_shown(const struct sandbox_spec *spec, struct buf *b)
{
	ready_paths(spec, b);
	if (spec->stays)
		mount_plan_print(spec, b);
}

static bool
ready_same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
}

/* Mounts of the host that are made or removed show in its table only. */
static bool
ready_mounts_hold(const struct sandbox_ready *r)
{
	struct pollfd p = { .fd = r->mounts, .events = POLLPRI };

	return r->mounts >= 0 && poll(&p, 1, 0) == 0;
}

/* It sends nothing before the call unless it failed or was killed. */
static void
ready_ended(void *arg, int fd UNUSED, unsigned events UNUSED)
{
	struct sandbox_ready *r = arg;

	loop_watch_free(&r->watch);
	sandbox_worker_stop(&r->w);
}

/* The key is taken. */
static struct sandbox_ready *
ready_new(const struct sandbox_spec *spec, struct buf *key)
{
	struct sandbox_ready *r = xcalloc(1, sizeof(*r));
	AUTO_FREE char *text = request_encode_setup(spec, &r->setup_len);

	r->w = sandbox_worker_none;
	r->worker = xstrdup(spec->worker);
	r->cgroup = spec->cgroup;
	r->limits = spec->limits;
	r->stays = spec->stays;
	r->joins = spec->joins;
	r->mounts = -1;
	r->setup = sandbox_worker_message(text, &r->setup_len);
	r->key = *key;
	buf_init(key, BUF_MAX);
	buf_init(&r->shown, BUF_MAX);
	return r;
}

/* Start its worker, with a cgroup of its own for these limits if possible, and
 * send the first message. -1 with errno. */
static int
ready_start(struct sandbox_ready *r)
{
	struct sandbox_worker *w = &r->w;
	struct sandbox_limits in_leaf = r->limits;
	int saved;

	*w = sandbox_worker_next;
	sandbox_worker_next = sandbox_worker_none;
	/* A waiting worker may have been killed. */
	if (w->pid >= 0 && sandbox_worker_spoke(w))
		sandbox_worker_stop(w);
	if (w->pid < 0 && sandbox_worker_open(w, r->worker) < 0)
		return -1;
	w->cgroup = r->cgroup;
	/* The first process of all calls, beside the call's own. */
	in_leaf.pids += r->stays;
	w->leaf = cgroup_leaf_new(r->cgroup, &in_leaf);
	if (sandbox_worker_send_leaf(w, r->joins) < 0) {
		saved = errno;
		sandbox_worker_stop(w);
		errno = saved;
		return -1;
	}
	return 0;
}

/* Before its worker is started, so that later changes are detected. */
static void
ready_look(struct sandbox_ready *r, const struct sandbox_spec *spec)
{
	if (spec->stays)
		r->mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	ready_shown(spec, &r->shown);
}

/* Is it alive, and was it built for this setup? */
static bool
ready_waits(const struct sandbox_ready *r, const struct buf *key)
{
	return r->w.pid >= 0 && !sandbox_worker_spoke(&r->w) &&
	    ready_same(&r->key, key);
}

static bool
ready_fits(const struct sandbox_ready *r, const struct sandbox_spec *spec,
    const struct buf *key)
{
	AUTO_BUF struct buf now = BUF_INIT(BUF_MAX);

	if (!ready_waits(r, key) || (spec->stays && !ready_mounts_hold(r)))
		return false;
	ready_shown(spec, &now);
	return ready_same(&r->shown, &now);
}

void
sandbox_prepare(struct sandbox_ready **ready, struct loop *loop,
    const struct sandbox_spec *spec)
{
	AUTO_BUF struct buf key = BUF_INIT(BUF_MAX);
	struct sandbox_ready *r = *ready;
	ssize_t sent = -1;

	request_key(spec, &key);
	if (r != NULL && ready_waits(r, &key))
		return;
	r = ready_new(spec, &key);
	ready_look(r, spec);
	sandbox_ready_free(*ready);
	*ready = NULL;
	if (ready_start(r) == 0)
		do {
			sent = write(r->w.to, r->setup, r->setup_len);
		} while (sent < 0 && errno == EINTR);
	/* The worker didn't start, or the message is larger than a socket
	 * holds: let the call build its own sandbox. */
	if (sent != (ssize_t)r->setup_len) {
		sandbox_ready_free(r);
		return;
	}
	sandbox_ready_watch(r, loop);
	*ready = r;
}

/* The prepared one if it fits this call, else one without a worker. *ready is
 * NULL afterwards. */
static struct sandbox_ready *
sandbox_ready_take(struct sandbox_ready **ready,
    const struct sandbox_spec *spec)
{
	struct sandbox_ready *r = ready == NULL ? NULL : *ready;
	AUTO_BUF struct buf key = BUF_INIT(BUF_MAX);

	if (ready != NULL)
		*ready = NULL;
	request_key(spec, &key);
	if (r == NULL || !ready_fits(r, spec, &key)) {
		sandbox_ready_free(r);
		r = ready_new(spec, &key);
		if (spec->stays && ready != NULL)
			ready_look(r, spec);
	}
	loop_watch_free(&r->watch);
	return r;
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
	buf_release(&r->key);
	buf_release(&r->shown);
	FREE_ALL(r->worker, r->setup, r);
}

#define SANDBOX_HEAD	5
/* A worker that was stopped (SIGSTOP) enforces no limit. Until frame 'b', and
 * after the time limit, it is continued every SANDBOX_LATE_MS, so many times,
 * and then killed. */
#define SANDBOX_LATE_MS	1000
#define SANDBOX_BUILD_MAX 60	/* until frame 'b' */
#define SANDBOX_LATE_MAX 16	/* its end may take 14 s on level D */

struct sandbox_call {
	struct loop		*loop;
	struct sandbox_callbacks	 cb;
	void			*arg;
	struct sandbox_ready	*ready;		/* its worker, and what that is
						   built from */
	struct sandbox_ready	**back;		/* for a worker that stays */
	int64_t			 timeout_ms;
	struct loop_watch	*to_watch, *from_watch;
	bool			 wants_net;	/* of each worker its socket */
	bool			 net;		/* it may come */
	struct loop_timer	*failed;	/* reports that start failed */
	struct loop_timer	*late;		/* the call should have ended */
	int			 late_times;
	int			 first;		/* of a worker that we killed:
						   sandbox_worker_first; -1 */
	char			*request;	/* what it is sent: the call,
						   after the setup if its worker
						   is new */
	size_t			 request_len, request_at;
	bool			 prepared;	/* by a worker that already had
						   its setup */
	bool			 begun;		/* something may have run */
	bool			 served;	/* ... of an earlier call */
	struct buf		 in;		/* an unfinished frame */
	struct sandbox_result	 result;
	bool			 have_result;
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
	FREE_ALL(r->error, r->killed, r->limit, r->left);
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
	fs_close(c->first);
	sandbox_close_io(c);
	sandbox_ready_free(c->ready);
	sandbox_result_release(&c->result);
	buf_release(&c->in);
	FREE_ALL(c->request, c);
}

/* For a new worker: send the setup first. */
static void
sandbox_add_setup(struct sandbox_call *c)
{
	size_t n = c->ready->setup_len;

	c->request = xrealloc(c->request, n + c->request_len);
	memmove(c->request + n, c->request, c->request_len);
	memcpy(c->request, c->ready->setup, n);
	c->request_len += n;
	c->request_at = 0;
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
	sandbox_add_setup(c);
	sandbox_begin(c);
	return true;
}

static void
sandbox_done(struct sandbox_call *c)
{
	c->cb.done(c->arg, &c->result);
	sandbox_free(c);
}

/* The stream has ended, or was invalid: everything below is dead. */
static void
sandbox_finish(struct sandbox_call *c)
{
	int status;

	sandbox_unwatch(c);
	status = sandbox_worker_reap(&c->ready->w);
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
	sandbox_done(c);
}

static void
sandbox_first_ended(void *arg, int fd UNUSED, unsigned events UNUSED)
{
	sandbox_finish(arg);
}

/* The call is over, and its worker waits for the next, or for another setup. */
static void
sandbox_stayed(struct sandbox_call *c)
{
	struct sandbox_worker *w = &c->ready->w;

	sandbox_unwatch(c);
	if (!c->is_new && c->back != NULL && *c->back == NULL) {
		w->served = true;
		sandbox_ready_watch(c->ready, c->loop);
		*c->back = c->ready;
		c->ready = NULL;
		sandbox_done(c);
		return;
	}
	if (c->is_new) {
		sandbox_worker_stop(&sandbox_worker_next);
		cgroup_leaf_free(w->cgroup, w->leaf);
		w->leaf = NULL;
		sandbox_worker_next = *w;
		*w = sandbox_worker_none;
	} else
		sandbox_worker_stop(w);
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
	assert(c->ready->w.pid > 0);	/* kill(2): -1 is every process */
	if (c->late_times++ < (c->begun ? SANDBOX_LATE_MAX :
	    SANDBOX_BUILD_MAX)) {
		(void)kill(c->ready->w.pid, SIGCONT);
		c->late = loop_timer_new(c->loop, SANDBOX_LATE_MS, sandbox_late,
		    c);
		return;
	}
	/* Then we wait, however long it takes: what is alive still has the
	 * project mounted. */
	c->first = sandbox_worker_first(&c->ready->w);
	(void)kill(c->ready->w.pid, SIGKILL);
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
	if (!c->begun && c->timeout_ms > 0) {
		sandbox_late_in(c, c->timeout_ms);
	} else if (!c->begun) {
		loop_timer_free(&c->late);
	}
	c->begun = true;
}

static void
sandbox_take_ports(struct sandbox_call *c, const char *p, size_t n)
{
	const unsigned char *at = (const unsigned char *)p;
	int64_t ports[SANDBOX_PORTS];
	size_t i;

	for (i = 0; i < n / 2; i++)
		ports[i] = at[2 * i] << 8 | at[2 * i + 1];
	c->cb.ports(c->arg, ports, n / 2);
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
		else if (h[0] == 'l' && n <= 2 * SANDBOX_PORTS &&
		    c->cb.ports != NULL)
			sandbox_take_ports(c, body, n);
		else
			rc = -1;
	}
	buf_consume(&c->in, at);
	return rc;
}

static void
sandbox_readable(void *arg, int fd, unsigned events UNUSED)
{
	struct sandbox_call *c = arg;
	char chunk[65536];
	ssize_t n;

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
	if (n > 0 && c->ready->w.pid > 0) {
		(void)kill(c->ready->w.pid, SIGKILL);
		c->have_result = false;
		c->begun = true;
	}
	if (c->first < 0) {
		sandbox_finish(c);
		return;
	}
	/* The worker's streams close before the processes that it left are
	 * dead. */
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
	c->result.error = xasprintf("worker: cannot start %s: %s", c->ready->worker,
	    strerror(errno));
	c->failed = loop_timer_new(c->loop, 0, sandbox_failed, c);
}

/* Send the rest of the request, to the existing worker or a new one. */
static void
sandbox_begin(struct sandbox_call *c)
{
	if (c->ready->w.pid < 0 && ready_start(c->ready) < 0) {
		sandbox_start_failed(c);
		return;
	}
	if (c->net)
		(void)sandbox_take_net(c, c->ready->w.to, NULL);
	c->to_watch = loop_watch_new(c->loop, c->ready->w.to, LOOP_WRITE,
	    sandbox_to, c);
	c->from_watch = loop_watch_new(c->loop, c->ready->w.from, LOOP_READ,
	    sandbox_readable, c);
	sandbox_late_in(c, 0);
	sandbox_to(c, c->ready->w.to, LOOP_WRITE);
}

struct sandbox_call *
sandbox_call_start(struct loop *loop, const struct sandbox_spec *spec,
    struct sandbox_ready **ready, const struct sandbox_callbacks *cb,
    void *arg)
{
	struct sandbox_call *c = xcalloc(1, sizeof(*c));
	AUTO_FREE char *text = NULL;

	c->loop = loop;
	c->cb = *cb;
	c->arg = arg;
	c->net = c->wants_net = (spec->net || spec->shares ||
	    json_get(spec->args, "terminal") != NULL) && cb->net != NULL;
	c->timeout_ms = spec->limits.timeout_ms;
	c->first = -1;
	c->io[0] = c->io[1] = -1;
	if (strcmp(spec->tool, "serve") == 0)
		memcpy(c->io, spec->io_take, sizeof(c->io));
	c->result.exit = -1;
	buf_init(&c->in, SANDBOX_FRAME_MAX + 2 * 65536);
	c->ready = sandbox_ready_take(ready, spec);
	c->back = spec->stays ? ready : NULL;
	c->prepared = c->ready->w.pid > 0;
	c->served = c->ready->w.served;
	text = request_encode_call(spec, &c->request_len);
	if (c->ready->setup_len > REQUEST_MAX || c->request_len > REQUEST_MAX) {
		sandbox_worker_stop(&c->ready->w);
		c->prepared = false;
		errno = EFBIG;
		sandbox_start_failed(c);
		return c;
	}
	c->request = sandbox_worker_message(text, &c->request_len);
	if (!c->prepared)
		sandbox_add_setup(c);
	sandbox_begin(c);
	return c;
}

static void
sandbox_order(struct sandbox_call *c, const char *order, size_t n)
{
	if (c->to_watch == NULL)
		return;
	/* All before it was sent, and isn't needed again. */
	if (c->request_at == c->request_len)
		c->request_at = c->request_len = 0;
	c->request = xrealloc(c->request, c->request_len + n);
	memcpy(c->request + c->request_len, order, n);
	c->request_len += n;
	sandbox_to(c, c->ready->w.to, LOOP_WRITE);
}

void
sandbox_call_pause(struct sandbox_call *c, bool pause)
{
	sandbox_order(c, pause ? "Z" : "T", 1);
}

void
sandbox_call_terminate(struct sandbox_call *c)
{
	sandbox_order(c, "Q", 1);
}

void
sandbox_call_dial(struct sandbox_call *c, int port)
{
	const char order[] = { 'K', (char)(port >> 8), (char)port };

	sandbox_order(c, order, sizeof(order));
}

void
sandbox_call_ports(struct sandbox_call *c)
{
	sandbox_order(c, "L", 1);
}

const struct sandbox_result *
sandbox_call_result(const struct sandbox_call *c, int *fd, bool *begun)
{
	*fd = c->ready->w.from;
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
	sandbox_worker_stop(&c->ready->w);
	if (c->reading)
		c->cancelled = true;
	else
		sandbox_free(c);
}
