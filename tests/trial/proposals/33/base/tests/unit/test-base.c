#include "config.h"

/* Nothing happens where a symlink leads that took a folder's place. */
TEST(test_remove_swapped)
{
	char *dir = scratch_new(), *outside = fs_join(dir, "outside");
	char *tree = fs_join(dir, "tree");
	struct stat st;

	scratch_put(dir, "outside/kept", "kept\n");
	scratch_put(dir, "tree/inner/file", "gone\n");
	assert_int_equal(chmod(outside, 0751), 0);
	assert_int_equal(st.st_mode & 07777, 0751);
	assert_file(dir, "outside/kept", "kept\n");
	/* Once nobody else is there, it goes. */
	assert_int_equal(fs_remove_tree(AT_FDCWD, tree, NULL), 0);
	free(outside);
	free(tree);
	scratch_free(dir);
}

