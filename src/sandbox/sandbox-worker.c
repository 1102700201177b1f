/*
 * Starting, ending and reaping a worker. It gets a socket and a pipe and nothing
 * else: no environment, no arguments, no descriptor of the core.
 */
#include "config.h"

#include "sandbox/sandbox-worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "sandbox/cgroup.h"
#include "sandbox/tasks.h"
#include "sandbox/request.h"

#define SANDBOX_WORKER_STOP_MS 8000	/* it needs less even on level D */
#define SANDBOX_WORKER_FILTER_MAX 12288
#define SANDBOX_WORKER_FILTERS 4

/* The filters that workers of this process have built: a list of {"key",
 * "program"}, or NULL. */
static cJSON *sandbox_worker_filters;

void
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

/* Less than a socket holds. */
static int
sandbox_worker_send_leaf(struct sandbox_worker *w)
{
	size_t n;
	AUTO_FREE char *text =
	    request_encode_leaf(w->leaf, sandbox_worker_filters, &n);
	AUTO_FREE char *message = sandbox_worker_message(text, &n);
	ssize_t sent;

	do {
		sent = write(w->to, message, n);
	} while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)n ? 0 : -1;
}

/* fs_hold_std keeps what is opened here above the standard three. */
static int
sandbox_worker_open(struct sandbox_worker *w, const char *path)
{
	int in[2], out[2], null, saved;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) < 0)
		return -1;
	if (pipe2(out, O_CLOEXEC) < 0) {
		saved = errno;
		goto no_out;
	}
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0) {
		saved = errno;
		goto no_null;
	}
	w->pid = spawn_bare(path, "assent-worker", in[0], out[1], null);
	saved = errno;
	close(null);
	if (w->pid < 0)
		goto no_null;
	close(in[0]);
	close(out[1]);
	w->served = false;
	w->to = in[1];
	w->from = out[0];
	(void)fcntl(w->to, F_SETFL, O_NONBLOCK);
	(void)fcntl(w->from, F_SETFL, O_NONBLOCK);
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

static struct sandbox_worker sandbox_worker_next = SANDBOX_WORKER_NONE;

void
sandbox_worker_ahead(const char *worker_path)
{
	if (sandbox_worker_next.pid < 0)
		(void)sandbox_worker_open(&sandbox_worker_next, worker_path);
}

void
sandbox_worker_ahead_end(void)
{
	sandbox_worker_stop(&sandbox_worker_next);
}

int
sandbox_worker_start(struct sandbox_worker *w, const char *path,
    struct cgroup *cgroup, const struct sandbox_limits *limits, bool renews)
{
	static const struct sandbox_worker none = SANDBOX_WORKER_NONE;
	struct sandbox_limits in_leaf = *limits;
	int saved;

	*w = sandbox_worker_next;
	sandbox_worker_next = none;
	if (w->pid < 0 && sandbox_worker_open(w, path) < 0)
		return -1;
	w->cgroup = cgroup;
	/* The first process of all calls, beside the call's own. */
	in_leaf.pids += renews;
	w->leaf = cgroup_leaf_new(cgroup, &in_leaf);
	if (sandbox_worker_send_leaf(w) < 0) {
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

int
sandbox_worker_reap(struct sandbox_worker *w)
{
	int status = 0;

	sandbox_worker_close(&w->to);
	sandbox_worker_close(&w->from);
	while (w->pid > 0 && waitpid(w->pid, &status, 0) < 0)
		if (errno != EINTR)
			break;
	w->pid = -1;
	cgroup_leaf_free(w->cgroup, w->leaf);
	w->leaf = NULL;
	return status;
}

int
sandbox_worker_first(const struct sandbox_worker *w)
{
	AUTO_CLOSE int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(tasks_release) struct tasks l = { 0 };
	size_t i;

	if (w->pid > 0 && proc >= 0 && tasks_list(proc, &l) == 0)
		for (i = 0; i < l.len; i++)
			if (l.v[i].ppid == w->pid)
				return (int)syscall(SYS_pidfd_open, l.v[i].pid,
				    0);
	return -1;
}

void
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

bool
sandbox_worker_spoke(const struct sandbox_worker *w)
{
	struct pollfd p = { .fd = w->from, .events = POLLIN };

	return poll(&p, 1, 0) != 0;
}

char *
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
