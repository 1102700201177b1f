/*
 * A sandbox prepared ahead: a worker that has its setup and waits for a call.
 * We remember what it was built from, so that it is never used for a call it
 * doesn't fit: the setup's text, and the files its paths refer to. For one that
 * serves commands also what it shows of the host: the mount plan is made anew
 * before each of them, and the mounts are not. It has mounted and read nothing
 * of the project. If it fails before frame 'b', nothing
 * has run and the caller starts the call again in a new worker. There is at most
 * one for commands, one for file tools and one for the inspection, and none while
 * a person is asked.
 */
#include "config.h"

#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "sandbox/sandbox-worker.h"
#include "sandbox/mount-plan.h"
#include "sandbox/request.h"
#include "loop/loop.h"

#define READY_PATHS 7

/* What a path referred to when the sandbox was built. */
struct ready_stamp {
	dev_t		 dev;
	ino_t		 ino;	/* 0: nothing there */
	mode_t		 type;
	struct timespec	 changed;	/* for anything but a folder */
};

struct sandbox_ready {
	struct sandbox_worker	 w;
	struct loop_watch	*watch;
	char			*setup;
	struct ready_stamp	 stamps[READY_PATHS];
	bool			 renews;	/* then: */
	struct buf		 plan;		/* mount_plan_print */
	int			 mounts;	/* the host's mount table */
};

static void
ready_stamp(const char *path, struct ready_stamp *s)
{
	struct stat st;

	memset(s, 0, sizeof(*s));
	if (path == NULL || lstat(path, &st) < 0)
		return;
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	s->type = st.st_mode & S_IFMT;
	/* A worktree's .git file determines which repository is shown. */
	if (!S_ISDIR(st.st_mode))
		s->changed = st.st_ctim;
}

static void
ready_stamps(const struct sandbox_spec *spec, struct ready_stamp *s)
{
	AUTO_FREE char *git = fs_join(spec->root, ".git");
	const char *paths[READY_PATHS] = {
		spec->root, git, spec->upper, spec->copy, spec->sandbox_home,
		spec->sandbox_tmp, spec->out_dir,
	};
	size_t i;

	for (i = 0; i < READY_PATHS; i++)
		ready_stamp(paths[i], &s[i]);
}

static bool
ready_stamps_equal(const struct ready_stamp *a, const struct ready_stamp *b)
{
	size_t i;

	for (i = 0; i < READY_PATHS; i++)
		if (a[i].dev != b[i].dev || a[i].ino != b[i].ino ||
		    a[i].type != b[i].type ||
		    a[i].changed.tv_sec != b[i].changed.tv_sec ||
		    a[i].changed.tv_nsec != b[i].changed.tv_nsec)
			return false;
	return true;
}

/* What it would show now. */
static void
ready_plan(const char *setup, struct buf *b)
{
	AUTO(request_release) struct request r = { 0 };

	if (request_decode_setup(setup, strlen(setup), &r, NULL) == 0)
		mount_plan_print(&r, b);
}

/* Is what it shows what there is? Mounts of the host that are made or removed
 * show in its table only. */
static bool
ready_plan_holds(const struct sandbox_ready *r)
{
	struct pollfd p = { .fd = r->mounts, .events = POLLPRI };
	AUTO_BUF struct buf now = BUF_INIT(BUF_MAX);

	if (!r->renews)
		return true;
	if (r->mounts < 0 || poll(&p, 1, 0) != 0)
		return false;
	ready_plan(r->setup, &now);
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
	loop_watch_free(r->watch);
	r->watch = NULL;
	sandbox_worker_stop(&r->w);
}

/* Before its worker is started, so that later changes are detected. */
static struct sandbox_ready *
ready_new(const struct sandbox_spec *spec, char *setup_take)
{
	static const struct sandbox_worker none = SANDBOX_WORKER_NONE;
	struct sandbox_ready *r = xcalloc(1, sizeof(*r));

	r->w = none;
	ready_stamps(spec, r->stamps);
	r->setup = setup_take;
	buf_init(&r->plan, BUF_MAX);
	r->renews = sandbox_spec_renews(spec);
	r->mounts = !r->renews ? -1 : open("/proc/self/mountinfo",
	    O_RDONLY | O_CLOEXEC);
	if (r->renews)
		ready_plan(setup_take, &r->plan);
	return r;
}

struct sandbox_ready *
sandbox_prepare(struct loop *loop, const char *worker,
    const struct sandbox_spec *spec, const struct sandbox_limits *limits)
{
	size_t n;
	char *setup = request_encode_setup(spec, limits, &n);
	struct sandbox_ready *r = ready_new(spec, setup);
	ssize_t sent;
	AUTO_FREE char *message = sandbox_worker_message(r->setup, &n);

	if (sandbox_worker_start(&r->w, worker, spec->cgroup, limits,
	    r->renews) < 0) {
		sandbox_ready_free(r);
		return NULL;
	}
	do {
		sent = write(r->w.to, message, n);
	} while (sent < 0 && errno == EINTR);
	/* Larger than a socket holds: let the call build its own sandbox. */
	if (sent != (ssize_t)n) {
		sandbox_ready_free(r);
		return NULL;
	}
	r->watch = loop_watch_new(loop, r->w.from, LOOP_READ, ready_ended, r);
	return r;
}

static bool
ready_fits(const struct sandbox_ready *r, const struct sandbox_spec *spec,
    const char *setup)
{
	struct ready_stamp now[READY_PATHS];

	if (r->w.pid < 0 || sandbox_worker_spoke(&r->w) ||
	    strcmp(r->setup, setup) != 0)
		return false;
	ready_stamps(spec, now);
	return ready_stamps_equal(r->stamps, now) && ready_plan_holds(r);
}

bool
sandbox_ready_is_for(const struct sandbox_ready *r,
    const struct sandbox_spec *spec, const struct sandbox_limits *limits)
{
	size_t n;
	AUTO_FREE char *setup = NULL;

	if (r == NULL || r->w.pid < 0)
		return false;
	setup = request_encode_setup(spec, limits, &n);
	return strcmp(r->setup, setup) == 0;
}

bool
sandbox_ready_fits(const struct sandbox_ready *r,
    const struct sandbox_spec *spec,
    const struct sandbox_limits *limits)
{
	return sandbox_ready_is_for(r, spec, limits) &&
	    ready_fits(r, spec, r->setup);
}

struct sandbox_ready *
sandbox_ready_take(struct sandbox_ready **ready,
    const struct sandbox_spec *spec,
    const char *setup, struct sandbox_worker *w)
{
	static const struct sandbox_worker none = SANDBOX_WORKER_NONE;
	struct sandbox_ready *r = ready == NULL ? NULL : *ready;

	if (r != NULL) {
		*ready = NULL;
		if (ready_fits(r, spec, setup)) {
			loop_watch_free(r->watch);
			r->watch = NULL;
			*w = r->w;
			r->w = none;
			if (spec->stays)
				return r;
		}
		sandbox_ready_free(r);
	}
	return spec->stays && ready != NULL ? ready_new(spec, xstrdup(setup)) :
	    NULL;
}

void
sandbox_ready_return(struct sandbox_ready *r, struct loop *loop,
    struct sandbox_worker *w)
{
	static const struct sandbox_worker none = SANDBOX_WORKER_NONE;

	r->w = *w;
	*w = none;
	r->watch = loop_watch_new(loop, r->w.from, LOOP_READ, ready_ended, r);
}

void
sandbox_ready_free(struct sandbox_ready *r)
{
	if (r == NULL)
		return;
	loop_watch_free(r->watch);
	sandbox_worker_stop(&r->w);
	if (r->mounts >= 0)
		close(r->mounts);
	buf_release(&r->plan);
	free(r->setup);
	free(r);
}
