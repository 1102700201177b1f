/* The guess at what shows success, and the map of a project's folders. */
#include "config.h"

TEST(test_map)
{
	char *dir = scratch_new(), *map;
	int root = open_root(dir);

	map = map_make(root, skip_build, NULL, 4096, NULL, NULL);
	assert_string_equal(map, "");
	free(map);
	scratch_put(dir, "b.c", "");
	    "(folders not listed: 2)\n");
	free(map);
	map = map_make(root, skip_build, NULL, 0, NULL, NULL);
	assert_string_equal(map, "");
	free(map);
	close(root);
	scratch_free(dir);
}

