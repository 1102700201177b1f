/*
 * Finding and making cgroups, on a host made of plain files.  mkdir, rmdir and
 * writes of control files are replaced at link time by a small imitation of
 * what the kernel does with them.
 */
#include "config.h"

/* v2: one folder is joined once, and its one file says both. */
TEST(test_join_v2)
{
	char *dir = scratch_new();
	struct cgroup_leaf l = { .kind = CGROUP_V2, .dir = { dir, dir, dir } };
	struct limit_enforcement k = { 0 }, none = { 0 };
	struct cgroup_join j;
	char *text;

	scratch_put(dir, "cgroup.procs", "");
	    "enforced");
	free(text);
	assert_true(sandbox_limits_enforced_weaker(&none, &k));
	assert_false(sandbox_limits_enforced_weaker(&k, &none));
	scratch_put(dir, "memory.events", "max 9\noom 1\noom_kill 1\n");
	assert_int_equal(cgroup_join_kills(&j), 1);
	scratch_free(dir);
}

