/*
 * Finding and making cgroups, on a host made of plain files.  mkdir, rmdir and
 * writes of control files are replaced at link time by a small imitation of
 * what the kernel does with them.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

HOST_TEST(test_scope)
{
	struct cgroup_host h;
	struct cgroup *c;
	assert_non_null(strstr(said, "XDG_RUNTIME_DIR=/run/user/1000"));
	free(said);
	unsetenv("ASSENT_TEST_KEY");
	free(path);
}

HOST_TEST(test_scope_refused)
{
	static const struct {
		const char *label, *script, *says;
	} cases[] = {
		{ "refused", "echo 'Failed: no' >&2; exit 1\n",
		    "systemd gave no scope: Failed: no" },
		{ "never", "exit 0\n", MSG_DID_NOT_CREATE_THE_SCOPE },
		{ "hangs", "exec sleep 100\n", MSG_SYSTEMD_GAVE_NO_SCOPE },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct cgroup_host h;
		struct cgroup *c;

		scope_host();
		path = scope_play(cases[i].script);
		h = host_ask(1000);
		h.path = path;
		h.bus = true;
		c = host_find_as(&h);
		if (c->base != NULL ||
		    strstr(c->why, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].label, c->why);
		free(path);
	}
}

