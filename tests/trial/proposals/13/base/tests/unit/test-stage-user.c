/* The user is at work in the same tree: what they make, move, delete and build
 * while the agent's changes are staged is neither hidden, nor undone, nor taken
 * for the agent's. */
#include "config.h"

/* The clock was set back by 10 s during the call. What it says now, or said
 * before that, is in the call; a time between the two was before it. */
TEST(test_clock_set_back)
{
	clock_gettime(CLOCK_BOOTTIME, &boot);
	t.st->call_start = now;
	t.st->call_start.tv_sec += 10;
	t.st->call_boot_ns = boot.tv_sec * INT64_C(1000000000) + boot.tv_nsec;
	for (i = 0; i < MEM_COUNT(rows); i++) {
		const struct stage_id id = {
			.ctime_s = now.tv_sec + rows[i].from_now,
			.ctime_ns = now.tv_nsec,
		};

		assert_int_equal(stage_real_is_newer(t.st, &id, NULL),
		    rows[i].newer);
	}
	staged_release(&t);
}

