/*
 * A cage prepared ahead: a worker that has its setup and waits for a call.
 * What it was built from is remembered, so that a cage is never used for a call
 * it does not fit: the setup's text, and what its paths named.
 */
#include "config.h"

#include "cage/cage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "cage/cage-worker.h"
#include "cage/request.h"
#include "loop/loop.h"

#define READY_PATHS 7

/* What a path named when the cage was built. */
struct ready_stamp {
	dev_t		 dev;
	ino_t		 ino;	/* 0: nothing there */
	mode_t		 type;
	struct timespec	 changed;	/* of what is no folder */
};

struct cage_ready {
	struct cage_worker	 w;
	struct loop_watch	*watch;
	char			*setup;
	struct ready_stamp	 stamps[READY_PATHS];
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
	/* A worktree's .git file says which repository is shown. */
	if (!S_ISDIR(st.st_mode))
		s->changed = st.st_ctim;
}

static void
ready_stamps(const struct cage_spec *spec, struct ready_stamp *s)
{
	char *git = fs_join(spec->root, ".git");
	const char *paths[READY_PATHS] = {
		spec->root, git, spec->upper, spec->copy, spec->cage_home,
		spec->cage_tmp, spec->out_dir,
	};
	size_t i;

	for (i = 0; i < READY_PATHS; i++)
		ready_stamp(paths[i], &s[i]);
	free(git);
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

/* It has nothing to say before the call: it failed, or was killed. */
static void
ready_ended(void *arg, int fd, unsigned events)
{
	struct cage_ready *r = arg;

	(void)fd;
	(void)events;
	loop_watch_free(r->watch);
	r->watch = NULL;
	cage_worker_stop(&r->w);
}

struct cage_ready *
cage_prepare(struct loop *loop, const char *worker,
    const struct cage_spec *spec, const struct cage_limits *limits)
{
	struct cage_ready *r = xcalloc(1, sizeof(*r));
	char *message;
	ssize_t sent;
	size_t n;

	/* First, so that whatever changes from here on is seen. */
	ready_stamps(spec, r->stamps);
	r->setup = request_encode_setup(spec, limits, &n);
	message = cage_worker_message(r->setup, &n);
	if (cage_worker_start(&r->w, worker, spec->cgroup, limits) < 0) {
		free(message);
		free(r->setup);
		free(r);
		return NULL;
	}
	do {
		sent = write(r->w.to, message, n);
	} while (sent < 0 && errno == EINTR);
	free(message);
	/* Larger than a pipe: let the call itself build its cage. */
	if (sent != (ssize_t)n) {
		cage_ready_free(r);
		return NULL;
	}
	r->watch = loop_watch_new(loop, r->w.from, LOOP_READ, ready_ended, r);
	return r;
}

static bool
ready_fits(const struct cage_ready *r, const struct cage_spec *spec,
    const char *setup)
{
	struct ready_stamp now[READY_PATHS];

	if (r->w.pid < 0 || cage_worker_spoke(&r->w) ||
	    strcmp(r->setup, setup) != 0)
		return false;
	ready_stamps(spec, now);
	return ready_stamps_equal(r->stamps, now);
}

bool
cage_ready_fits(const struct cage_ready *r, const struct cage_spec *spec,
    const struct cage_limits *limits)
{
	size_t n;
	char *setup;
	bool fits;

	if (r == NULL)
		return false;
	setup = request_encode_setup(spec, limits, &n);
	fits = ready_fits(r, spec, setup);
	free(setup);
	return fits;
}

bool
cage_ready_take(struct cage_ready **ready, const struct cage_spec *spec,
    const char *setup, struct cage_worker *w)
{
	static const struct cage_worker none = CAGE_WORKER_NONE;
	struct cage_ready *r = ready == NULL ? NULL : *ready;
	bool fits;

	if (r == NULL)
		return false;
	*ready = NULL;
	fits = ready_fits(r, spec, setup);
	if (fits) {
		*w = r->w;
		r->w = none;
	}
	cage_ready_free(r);
	return fits;
}

void
cage_ready_free(struct cage_ready *r)
{
	if (r == NULL)
		return;
	loop_watch_free(r->watch);
	cage_worker_stop(&r->w);
	free(r->setup);
	free(r);
}
