/* What was seen, and the place in the review, in the session's folder. */
#include "config.h"

TEST(test_back)
{
	char *dir = scratch_new(), *text;
	struct review_file *r, *other;
	struct fix f = { 0 }, g = { 0 };
	size_t half, size;

	r = come_back(&f, dir, 24, LINES);
	assert_int_equal(seen(&f, 2), 0);
	assert_false(fix_shows(&f, "You haven't seen"));
	gone(&f, r);
	/* Another text under that id. */
	r = come_back(&f, dir, 10, LINES + 1);
	assert_int_equal(seen(&f, 1), 0);
	gone(&f, r);
	scratch_free(dir);
}

/* How far the session was at the last key, in any UI before the keys of this
 * one. */
TEST(test_last_key)
{
	char *dir = scratch_new(), *text;
	struct review_file *r, *other;
	struct fix f = { 0 }, g = { 0 };

	r = come_back(&f, dir, 24, 5);
	assert_int_equal(review_file_load(r, &f.ui, false), 0);
	review_file_key(r, &f.ui, true);
	scratch_put(dir, "seen",
	    "{\"key\":-1}\n{\"key\":\"9\"}\n{\"key\":1e99}\n"
	    "{\"key\":7{\"key\":12}\n{\"key\":5}\n{\"key\":3}\n{\"key\":8}");
	r = come_back(&f, dir, 24, 5);
	assert_int_equal(review_file_load(r, &f.ui, false), 5);
	gone(&f, r);
	scratch_free(dir);
}

