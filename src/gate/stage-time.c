/*
 * stage-time: what the times of files say.  When a call began, on the clock that
 * the kernel stamps files with, so that a real file that changed under it is
 * known, also where that clock was set back meanwhile; and which staged files
 * must look newer than what the user has built.
 */
#include "config.h"

#include "gate/stage-priv.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

#define CALL_SLACK_NS	500000000	/* more than a tick, and than what a
					   clock drifts in a call */
#define NS		INT64_C(1000000000)

static int64_t
time_ns(const struct timespec *t)
{
	return (int64_t)t->tv_sec * NS + t->tv_nsec;
}

static int64_t
time_boot_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return time_ns(&t);
}

static bool
time_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec ||
	    (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* How far the clock of the files was set back since the call began. */
static int64_t
call_set_back(const struct stage *st)
{
	/* In this order: to be put off between the two is not to be set back. */
	int64_t boot = time_boot_ns(), back;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	back = (boot - st->call_boot_ns) -
	    (time_ns(&now) - time_ns(&st->call_start));
	return back > CALL_SLACK_NS ? back + CALL_SLACK_NS : 0;
}

bool
stage_is_newer(const struct stage *st, const struct stage_id *id,
    const struct timespec *since)
{
	const struct timespec *t = &st->call_start;
	struct timespec ctime = { .tv_sec = id->ctime_s,
		.tv_nsec = id->ctime_ns };

	if (since != NULL && time_before(since, t))
		t = since;
	return !time_before(&ctime, t) ||
	    time_ns(&ctime) >= time_ns(t) - call_set_back(st);
}

void
stage_call_load(struct stage *st)
{
	struct buf b = BUF_INIT(256);
	long long start, boot;

	clock_gettime(CLOCK_REALTIME_COARSE, &st->call_start);
	st->call_boot_ns = time_boot_ns();
	st->unscanned = fs_read_file(st->dir_fd, STAGE_CALL, &b, NULL) == 0;
	if (st->unscanned && sscanf(buf_str(&b), "%lld %lld", &start,
	    &boot) == 2) {
		st->call_start.tv_sec = (time_t)(start / NS);
		st->call_start.tv_nsec = (long)(start % NS);
		st->call_boot_ns = boot;
	} else if (st->unscanned) {
		/* Nothing is known but that there was one. */
		st->call_start.tv_sec = 0;
	}
	buf_release(&b);
}

/* The kernel stamps files with the coarse clock: a change after this moment
 * has this stamp or a later one. */
int
stage_call_begin(struct stage *st, struct err *e)
{
	char text[64];
	int fd, n, rc;

	clock_gettime(CLOCK_REALTIME_COARSE, &st->call_start);
	st->call_boot_ns = time_boot_ns();
	n = snprintf(text, sizeof(text), "%lld %lld\n",
	    (long long)time_ns(&st->call_start), (long long)st->call_boot_ns);
	fd = openat(st->dir_fd, STAGE_CALL, O_WRONLY | O_CREAT | O_TRUNC |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	rc = fd < 0 ? -1 : fs_write_all(fd, text, (size_t)n);
	if (rc < 0)
		err_sys(e, "cannot write in %s", st->dir);
	if (fd >= 0)
		close(fd);
	st->unscanned = true;
	return rc;
}

void
stage_call_end(struct stage *st)
{
	if (st->unscanned)
		(void)unlinkat(st->dir_fd, STAGE_CALL, 0);
	st->unscanned = false;
}

/*
 * The agent edits, the user builds the old version, the agent builds: make would
 * take the user's object for built from the edit.  As long as nothing in the
 * stage was built after the edit, nothing is built twice by making it newer.
 * The time we set is no tick of the kernel's clock, so that it stands for the
 * content that we know: what a tool writes next has another.
 */
void
stage_freshen(struct stage *st)
{
	void **v = pathmap_list(&st->manifest.files);
	struct timespec times[2];
	struct stage_id id;
	struct stat sb;
	const char *name;
	size_t i;
	int fd;

	for (i = 0; v[i] != NULL; i++) {
		struct manifest_entry *m = v[i];

		if (!m->after.exists || m->after.mode == 0120000 ||
		    stage_side_equal(&m->after, &m->base))
			continue;
		fd = fs_open_parent(st->staged_fd, m->path, false, &name);
		if (fd < 0)
			continue;
		clock_gettime(CLOCK_REALTIME, &times[0]);
		times[1] = times[0];
		if (fstatat(fd, name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(sb.st_mode) &&
		    time_before(&st->product, &sb.st_mtim) &&
		    time_before(&sb.st_mtim, &times[0])) {
			stage_id_make(&id, &sb);
			if (utimensat(fd, name, times, AT_SYMLINK_NOFOLLOW) ==
			    0 && stage_id_holds(&m->after_id, &id) &&
			    fstatat(fd, name, &sb, AT_SYMLINK_NOFOLLOW) == 0) {
				stage_id_make(&m->after_id, &sb);
				m->after_id.settled = true;
			}
		}
		close(fd);
	}
	free(v);
}
