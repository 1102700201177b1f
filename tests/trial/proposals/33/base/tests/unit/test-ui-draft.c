/* What was begun and not sent: on the screen, and in the session's folder. */
#include "config.h"

TEST(test_file)
{
	bool any;
	char *dir = scratch_new(), *big = xmalloc(200001);
	struct draft_file *d, *other;
	struct fix f = { 0 }, g = { 0 };
	size_t i, n;
	ino_t text;
	char *whole;

	assert_true(any);
	want(&f, "");
	fix_live(&f);
	want(&f, "too slow");
	gone(&f, d);
	free(big);
	scratch_free(dir);
}

