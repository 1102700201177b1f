/*
 * The filter of system calls: what a payload's process is answered, and that
 * the table has no misspelt names.
 */
#include "config.h"

TEST(test_reserved)
{
	char *dir = scratch_new();

	scratch = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(confined(reserved), 0);
	close(scratch);
	scratch_free(dir);
}

