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

/* The kernel stamps files with the coarse clock: a change after this moment has
 * this stamp or a later one. So may a change before it, in the same tick; none
 * has a stamp later than the fine clock. */
int
stage_call_begin(struct stage *st, bool opens, struct err *e)
{
	char text[64];
	int fd, n, rc;

	clock_gettime(CLOCK_REALTIME_COARSE, &st->call_start);
	clock_gettime(CLOCK_REALTIME, &st->call_known);
	st->call_boot_ns = time_boot_ns();
	if (opens) {
		call_load(st);
		return 0;
	}
	n = snprintf(text, sizeof(text), "%lld %lld\n",
	    (long long)time_ns(&st->call_start), (long long)st->call_boot_ns);
	fd = openat(st->dir_fd, STAGE_CALL, O_WRONLY | O_CREAT | O_TRUNC |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	rc = fd < 0 ? -1 : fs_write_all(fd, text, (size_t)n);
	if (rc < 0)
		err_sys(e, "cannot write in %s", st->dir);
	fs_close(fd);
	st->unscanned = true;
	return rc;
}

