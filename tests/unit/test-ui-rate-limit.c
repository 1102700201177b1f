/* A slow line: how much of it is on its way (pace.c), and what a frame that has
 * not got there yet has shown and asked (frame.c): nothing. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui-fix.h"
#include "ui/keys/keys.h"
#include "ui/app/state.h"
#include "ui/app/decide.h"
#include "ui/term/terminal.h"
#include "tests/messages.h"

/* ---- pace.c ---- */

static void
test_quick(void **state)
{
	static const int64_t quick[] = { 0, -1, 300000, 4000000 };
	struct rate_limit p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(quick) / sizeof(quick[0]); i++) {
		rate_limit_init(&p, quick[i], 0);
		assert_false(rate_limit_is_slow(&p));
		rate_limit_sent(&p, 1000000, 5);
		assert_true(rate_limit_when(&p, 0) <= 5);
		assert_int_equal(rate_limit_answered(&p, 7), 7);
	}
}

static void
test_slow(void **state)
{
	struct rate_limit p;

	(void)state;
	rate_limit_init(&p, 9600, 0);
	assert_true(rate_limit_is_slow(&p));
	assert_int_equal(rate_limit_piece(&p), 192);
	assert_true(rate_limit_when(&p, 0) <= 1000);
	rate_limit_sent(&p, 960, 1000);
	assert_int_equal(rate_limit_when(&p, 0), 2000);
	assert_int_equal(rate_limit_when(&p, 250), 1750);
	assert_int_equal(rate_limit_answered(&p, 1000), 2000);
	/* Half of it is out; more goes behind the rest. */
	rate_limit_sent(&p, 96, 1500);
	assert_int_equal(rate_limit_when(&p, 0), 2100);
	/* Nobody saves up what was not used. */
	rate_limit_sent(&p, 480, 100000);
	assert_int_equal(rate_limit_when(&p, 0), 100500);
	/* A byte is not there before it is there. */
	rate_limit_sent(&p, 1, 200000);
	assert_int_equal(rate_limit_when(&p, 0), 200002);
	assert_int_equal(rate_limit_answered(&p, 200100), 200100);
}

/* In many small parts it takes as long as at once. */
static void
test_parts(void **state)
{
	struct rate_limit p;
	int64_t now = 1000;
	int i;

	(void)state;
	rate_limit_init(&p, 300, 0);
	for (i = 0; i < 3000; i++)
		rate_limit_sent(&p, 1, now + i % 7);
	assert_int_equal(rate_limit_when(&p, 0), now + 100000);
}

static void
test_least(void **state)
{
	struct rate_limit p;

	(void)state;
	rate_limit_init(&p, 1, 0);
	assert_int_equal(rate_limit_piece(&p), 1);
	rate_limit_sent(&p, 3, 10);
	assert_int_equal(rate_limit_when(&p, 0), 3010);
}

static void
test_delay(void **state)
{
	struct rate_limit p;

	(void)state;
	rate_limit_init(&p, 0, 300);
	assert_false(rate_limit_is_slow(&p));
	assert_int_equal(rate_limit_answered(&p, 1000), 1300);
	rate_limit_init(&p, 9600, 300);
	rate_limit_sent(&p, 96, 1000);
	assert_int_equal(rate_limit_when(&p, 0), 1100);
	assert_int_equal(rate_limit_answered(&p, 1000), 1400);
}

/* The kernel knows better than the count how much has yet to go, but not what
 * is beyond it. */
static void
test_behind(void **state)
{
	struct rate_limit p;

	(void)state;
	rate_limit_init(&p, 9600, 0);
	rate_limit_sent(&p, 96, 1000);
	rate_limit_left(&p, 40, 1000);
	assert_int_equal(rate_limit_when(&p, 0), 1100);
	/* It should be empty, and is not. */
	rate_limit_left(&p, 480, 2000);
	assert_int_equal(rate_limit_when(&p, 0), 2500);
	assert_int_equal(rate_limit_answered(&p, 2000), 2500);
	/* It stands still: looked at now and then. */
	rate_limit_left(&p, 480, 3000);
	assert_int_equal(rate_limit_when(&p, 0), 3500);
	rate_limit_left(&p, 24, 4000);
	assert_int_equal(rate_limit_when(&p, 0), 4050);
	/* A few bytes behind is no standing still. */
	rate_limit_left(&p, 4, 5000);
	assert_int_equal(rate_limit_when(&p, RATE_LIMIT_AHEAD_MS), 5000);
	rate_limit_left(&p, 0, 6000);
	assert_true(rate_limit_when(&p, 0) <= 6000);
	/* Of a quick one nothing is to be known. */
	rate_limit_init(&p, 0, 0);
	rate_limit_left(&p, 100000, 1000);
	assert_true(rate_limit_when(&p, 0) <= 1000);
}

/* ---- frame.c ---- */

static void
pace_frame(struct fix *f, int64_t later)
{
	frame_draw(&f->ui);
	review_sent(&f->ui.review, f->ui.now + later);
}

static void
pace_key(struct fix *f, char c)
{
	struct key_event ev = { .key = (uint32_t)c };

	state_key(&f->ui, &ev);
}

/* A frame that is on its way has asked nothing. */
static void
test_not_there_yet(void **state)
{
	struct fix *f = *state;

	fix_hunks(f, 24, 80, 3, 3);
	pace_key(f, '4');
	f->ui.now += 2000;
	assert_int_equal(review_settles(&f->ui.review), -1);
	pace_frame(f, 400);
	assert_int_equal(review_settles(&f->ui.review), f->ui.now + 400);
	f->ui.now += 400 + REVIEW_MS - 1;
	frame_settle(&f->ui, f->ui.now - REVIEW_MS);
	pace_key(f, 'y');
	pace_key(f, 'n');
	assert_string_equal(buf_str(&f->sent), "");
	frame_settle(&f->ui, f->ui.now);
	assert_int_equal(review_settles(&f->ui.review), -1);
	fix_wait(f, REVIEW_MS);
	pace_key(f, 'y');
	assert_int_equal(fix_count(f, "\"mark\":\"yes\",\"seen\":true"), 1);
	/* Now the second one is under the cursor, which nobody saw. */
	pace_frame(f, 400);
	pace_key(f, 'y');
	assert_int_equal(fix_count(f, "\"type\":\"mark\""), 1);
	f->ui.now += 400;
	frame_settle(&f->ui, f->ui.now);
	fix_wait(f, REVIEW_OWN_MS);
	pace_key(f, 'y');
	assert_int_equal(fix_count(f, "\"type\":\"mark\""), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quick),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_least),
		cmocka_unit_test(test_delay),
		cmocka_unit_test(test_behind),
		FIX_TEST(test_not_there_yet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
