/*
 * stage-time: what file times mean. When a call began, by the clock that stamps
 * files, so that a real file that changed under it is detected, even if that
 * clock was set back; and which staged files must look newer than the user's
 * build products.
 *
 * If a product in the user's tree is newer than a staged edit, make would skip
 * that edit. So before a command, edits by file tools, merges and decisions
 * become newer than the newest such product: once, and in their old order.
 * Files that a command wrote join them only if they are the newest in the
 * staged copy and no source has changed since. A clean copy joins them if the
 * product was built after the copy but before the apply. The search for
 * products is bounded, and skipped if nothing is staged.
 */
#include "config.h"

static bool
time_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec ||
	    (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* Can the file's stat data be from after the last call began, or after `since`
 * (or NULL)? */
static bool
stage_is_newer(const struct stage *st, const struct stage_id *id,
    const struct timespec *since)
{
	const struct timespec *t = &st->call_start;
	struct timespec ctime = { .tv_sec = id->ctime_s,
		.tv_nsec = id->ctime_ns };
	struct timespec now;

	if (since != NULL && time_before(since, t))
		t = since;
	clock_gettime(CLOCK_REALTIME, &now);
	/* Nothing that changed after the clock was set back has a later time
	 * than now. */
	return !time_before(&ctime, t) ||
	    (time_ns(&ctime) >= time_ns(t) - call_set_back(st) &&
	    time_ns(&ctime) <= time_ns(&now) + CALL_SLACK_NS);
}

/* What changes in a call has no later time than now. Unless the clock was set
 * back since the call began, a time that is ahead is an older one. */
bool
stage_real_is_newer(const struct stage *st, const struct stage_id *id,
    const struct timespec *since)
{
	const struct timespec ctime = { .tv_sec = id->ctime_s,
		.tv_nsec = id->ctime_ns };
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (time_ns(&ctime) > time_ns(&now) + CALL_SLACK_NS &&
	    (since == NULL || !time_before(since, &st->call_start)) &&
	    call_set_back(st) == 0 && fs_kind_is_known(st->root_fd))
		return false;
	return stage_is_newer(st, id, since);
}

bool
stage_is_surely_newer(const struct stage *st, const struct stage_id *id)
{
	struct timespec ctime = { .tv_sec = id->ctime_s,
		.tv_nsec = id->ctime_ns };

	return time_before(&st->call_known, &ctime) ||
	    (call_set_back(st) > 0 && stage_is_newer(st, id, NULL));
}

/* A copied view shows the user's product if it is its copy, with its time; the
 * index knows what was copied. */
static void
built_copied(struct built *b)
	struct stage *st = b->st;
	AUTO_FREE void **v = pathmap_list(&st->copied);
	size_t i;

	for (i = 0; v[i] != NULL; i++) {
		const struct copy_entry *c = v[i];
		const struct timespec t = { .tv_sec = c->copy.mtime_s,
			.tv_nsec = c->copy.mtime_ns };
		struct stat sb;
		struct stage_id copy, real;

		if (!S_ISREG(c->copy.mode) || time_before(&t, &b->since) ||
		    stage_stat(st->staged_fd, c->path, &sb) < 0)
			continue;
	}
}

