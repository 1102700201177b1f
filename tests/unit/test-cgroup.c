/*
 * Finding and making cgroups, on a host made of plain files.  mkdir, rmdir and
 * writes of control files are replaced at link time by a small imitation of
 * what the kernel does with them.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "sandbox/cgroup.h"
#include "sandbox/sandbox-limits.h"
#include "tests/messages.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#define MNT "sys/fs/cgroup"
#define CORE 4000
#define CLIENT 3999

int	__real_mkdir(const char *, mode_t);
int	__real_rmdir(const char *);
ssize_t	__real_write(int, const void *, size_t);
int	__wrap_mkdir(const char *, mode_t);
int	__wrap_rmdir(const char *);
ssize_t	__wrap_write(int, const void *, size_t);

/* ---- the imitation ---- */

static struct {
	char		*dir;		/* the host's root; NULL: off */
	const char	*ignored;	/* a file whose writes change nothing */
	const char	*refused;	/* a file that cannot be written */
	struct cgroup	*found;
} fake;

static bool
fake_is_cgroup(const char *dir)
{
	char *p;
	bool is;

	if (fake.dir == NULL || strncmp(dir, fake.dir, strlen(fake.dir)) != 0)
		return false;
	p = fs_join(dir, "cgroup.procs");
	is = access(p, F_OK) == 0;
	free(p);
	return is;
}

static bool
fake_lists(const char *dir, const char *file, const char *word)
{
	AUTO_FREE char *text = scratch_get(dir, file);
	char *one, *save = NULL;
	bool has = false;

	for (one = text == NULL ? NULL : strtok_r(text, " \n", &save);
	    one != NULL && !has; one = strtok_r(NULL, " \n", &save))
		has = strcmp(one, word) == 0;
	return has;
}

/* The files of a new folder below one that delegates these. */
static void
fake_populate(const char *dir, bool memory, bool cpu, bool pids)
{
	scratch_put(dir, "cgroup.procs", "");
	scratch_put(dir, "cgroup.subtree_control", "");
	if (memory) {
		scratch_put(dir, "memory.max", "max\n");
		scratch_put(dir, "memory.swap.max", "max\n");
		scratch_put(dir, "memory.oom.group", "0\n");
		scratch_put(dir, "memory.events",
		    "low 0\nmax 0\noom 0\noom_kill 0\n");
	}
	if (cpu)
		scratch_put(dir, "cpu.max", "max 100000\n");
	if (pids)
		scratch_put(dir, "pids.max", "max\n");
}

int
__wrap_mkdir(const char *path, mode_t mode)
{
	char *dir = xstrdup(path);
	int rc;

	*strrchr(dir, '/') = '\0';
	rc = __real_mkdir(path, mode);
	if (rc == 0 && fake_is_cgroup(dir)) {
		const char *file = "cgroup.subtree_control";

		fake_populate(path, fake_lists(dir, file, "memory"),
		    fake_lists(dir, file, "cpu"),
		    fake_lists(dir, file, "pids"));
	}
	free(dir);
	return rc;
}

int
__wrap_rmdir(const char *path)
{
	char *procs;

	if (!fake_is_cgroup(path))
		return __real_rmdir(path);
	procs = scratch_get(path, "cgroup.procs");
	if (procs != NULL && procs[0] != '\0') {
		free(procs);
		errno = EBUSY;
		return -1;
	}
	free(procs);
	return fs_remove_tree(AT_FDCWD, path, NULL);
}

static int
fake_control(const char *dir, const char *order)
{
	char *procs = scratch_get(dir, "cgroup.procs"), *now, *more;
	bool busy = procs[0] != '\0';

	free(procs);
	if (busy) {
		errno = EBUSY;
		return -1;
	}
	if (!fake_lists(dir, "cgroup.controllers", order + 1)) {
		errno = ENOENT;
		return -1;
	}
	now = scratch_get(dir, "cgroup.subtree_control");
	more = xasprintf("%s%s ", now, order + 1);
	scratch_put(dir, "cgroup.subtree_control", more);
	free(now);
	free(more);
	return 0;
}

/* A process is in one folder only; here they are all in one hierarchy. */
static int
fake_move(const char *dir, const char *pid)
{
	char *up = xstrdup(dir), *now, *more;
	bool in_leaf = strncmp(strrchr(dir, '/'), "/assent-", 8) == 0;

	*strrchr(up, '/') = '\0';
	if (in_leaf) {
		/* The process that was moved down was above. */
		char *rest = scratch_get(up, "cgroup.procs"), *at;
		size_t n = strlen(pid);

		at = rest == NULL ? NULL : strstr(rest, pid);
		if (at != NULL)
			memmove(at, at + n + 1, strlen(at + n + 1) + 1);
		if (rest != NULL)
			scratch_put(up, "cgroup.procs", rest);
		free(rest);
	} else {
		char *core = xasprintf("%s/assent-%d-core", dir, CORE);

		if (access(core, F_OK) == 0)
			scratch_put(core, "cgroup.procs", "");
		free(core);
	}
	now = scratch_get(dir, "cgroup.procs");
	more = xasprintf("%s%s\n", now, pid);
	scratch_put(dir, "cgroup.procs", more);
	free(now);
	free(more);
	free(up);
	return 0;
}

static int
fake_write(const char *dir, const char *file, const char *text)
{
	AUTO_FREE char *line = NULL;
	long long v;

	if (fake.refused != NULL && strcmp(fake.refused, file) == 0) {
		errno = EACCES;
		return -1;
	}
	if (fake.ignored != NULL && strcmp(fake.ignored, file) == 0)
		return 0;
	if (strcmp(file, "cgroup.subtree_control") == 0)
		return fake_control(dir, text);
	if (strcmp(file, "cgroup.procs") == 0)
		return fake_move(dir, text);
	/* Whole pages. */
	v = strtoll(text, NULL, 10);
	if (strncmp(file, "memory.", 7) == 0 && v > 4096)
		line = xasprintf("%lld\n", v / 4096 * 4096);
	else
		line = xasprintf("%s\n", text);
	scratch_put(dir, file, line);
	return 0;
}

ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	char name[64], path[PATH_MAX], *file;
	AUTO_FREE char *text = xmemdup(p, n);
	ssize_t len;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	/* Ours have this flag, those of the test don't. */
	len = (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0 ? -1 :
	    readlink(name, path, sizeof(path) - 1);
	path[len < 0 ? 0 : len] = '\0';
	file = strrchr(path, '/');
	if (file == NULL || file == path)
		return __real_write(fd, p, n);
	*file++ = '\0';
	if (!fake_is_cgroup(path))
		return __real_write(fd, p, n);
	return fake_write(path, file, text) < 0 ? -1 : (ssize_t)n;
}

static int
host_free(void **state)
{
	char *dir = fake.dir;

	cgroup_free(fake.found);
	memset(&fake, 0, sizeof(fake));
	if (dir != NULL)
		scratch_free(dir);
	return 0;
}

/* A host instead of the one before. */
static void
host_make(const char *self, const char *mounts)
{
	(void)host_free(NULL);
	fake.dir = scratch_new();
	if (chmod(fake.dir, 0755) < 0)
		fail();
	scratch_put(fake.dir, "proc/self/cgroup", self);
	scratch_put(fake.dir, "proc/self/mountinfo", mounts);
}

#define HOST_TEST(test) TEST_WITH(test, NULL, host_free)

static struct cgroup_host
host_ask(uid_t uid)
{
	return (struct cgroup_host){
		.root = fake.dir, .uid = uid, .pid = CORE, .parent = CLIENT,
	};
}

static struct cgroup *
host_find_as(const struct cgroup_host *h)
{
	cgroup_free(fake.found);
	return fake.found = cgroup_find(h);
}

static struct cgroup *
host_find(uid_t uid)
{
	struct cgroup_host h = host_ask(uid);

	return host_find_as(&h);
}

/* A v2 folder below the mount point, "" for the top. */
static void
host_v2(const char *below, const char *controllers, const char *down,
    const char *procs)
{
	char *dir = xasprintf("%s/" MNT "%s", fake.dir, below);

	scratch_put(dir, "cgroup.controllers", controllers);
	scratch_put(dir, "cgroup.subtree_control", down);
	scratch_put(dir, "cgroup.procs", procs);
	free(dir);
}

#define V2_MOUNT "25 20 0:22 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n"
#define ALL3 "cpuset cpu io memory pids\n"

/* Our folders are made here ("" for the top; NULL: nowhere), and these can be
 * limited in them: m, c, p. */
static void
assert_base(const struct cgroup *c, const char *below, const char *parts)
{
	AUTO_FREE char *want = NULL;
	int i;

	if (below == NULL) {
		assert_null(c->base);
		assert_non_null(c->why);
		return;
	}
	want = xasprintf("%s/" MNT "%s", fake.dir, below);
	assert_non_null(c->base);
	assert_string_equal(c->base, want);
	assert_null(c->why);
	for (i = 0; i < CGROUP_PARTS; i++)
		assert_int_equal(c->has[i], strchr(parts, "mcp"[i]) != NULL);
}

/* ---- the tests ---- */

HOST_TEST(test_v2_delegated)
{
	struct cgroup *c;
	char *name;

	host_make("0::/user.slice/a.scope\n", V2_MOUNT);
	host_v2("", ALL3, "memory pids cpu\n", "");
	host_v2("/user.slice/a.scope", ALL3, "", "3999\n4000\n");
	c = host_find(1000);
	assert_base(c, "/user.slice/a.scope", "mcp");
	name = xasprintf(MNT "/user.slice/a.scope/assent-%d-core/cgroup.procs",
	    CORE);
	assert_file(fake.dir, name, "4000\n3999\n");
	assert_file(fake.dir, MNT "/user.slice/a.scope/cgroup.procs", "");
	free(name);
}

/* Only what is there is handed down; the rest is to be looked at. */
HOST_TEST(test_v2_some)
{
	struct cgroup *c;

	host_make("0::/a.scope\n", V2_MOUNT);
	host_v2("", ALL3, "memory pids\n", "");
	host_v2("/a.scope", "memory pids\n", "", "4000\n");
	c = host_find(1000);
	assert_base(c, "/a.scope", "mp");
}

/* Somebody else is in it: nothing is moved, nothing is made. */
HOST_TEST(test_v2_internal)
{
	struct cgroup *c;

	host_make("0::/a.scope\n", V2_MOUNT);
	host_v2("", ALL3, "memory pids cpu\n", "");
	host_v2("/a.scope", ALL3, "", "77\n4000\n");
	c = host_find(1000);
	assert_base(c, NULL, NULL);
	assert_non_null(strstr(c->why, MSG_NO_CGROUP_IS_DELEGATED));
	assert_file(fake.dir, MNT "/a.scope/cgroup.procs", "77\n4000\n");
}

/* All is put back where nothing can be handed down. */
HOST_TEST(test_v2_nothing_to_hand_down)
{
	struct cgroup *c;
	char *name;

	host_make("0::/a.scope\n", V2_MOUNT);
	host_v2("", ALL3, "cpuset\n", "");
	host_v2("/a.scope", "cpuset\n", "", "4000\n");
	c = host_find(1000);
	assert_base(c, NULL, NULL);
	assert_file(fake.dir, MNT "/a.scope/cgroup.procs", "4000\n");
	name = xasprintf("%s/" MNT "/a.scope/assent-%d-core", fake.dir, CORE);
	assert_int_equal(access(name, F_OK), -1);
	free(name);
}

HOST_TEST(test_v2_not_writable)
{
	uid_t uid = geteuid();
	struct cgroup *c;
	char *dir;

	host_make("0::/a.scope\n", V2_MOUNT);
	host_v2("", ALL3, "memory pids cpu\n", "");
	host_v2("/a.scope", ALL3, "", "4000\n");
	dir = xasprintf("%s/" MNT "/a.scope", fake.dir);
	if (uid == 0 && seteuid(12345) < 0)
		fail();
	if (uid != 0) {
		static const char *const files[] = { "cgroup.procs",
			"cgroup.subtree_control", "" };
		size_t i;

		for (i = 0; i < MEM_COUNT(files); i++) {
			char *p = fs_join(dir, files[i]);

			if (chmod(p, *files[i] == '\0' ? 0555 : 0444) < 0)
				fail();
			free(p);
		}
	}
	c = host_find(12345);
	if (uid == 0 && seteuid(0) < 0)
		fail();
	assert_base(c, NULL, NULL);
	assert_file(fake.dir, MNT "/a.scope/cgroup.procs", "4000\n");
	(void)chmod(dir, 0755);
	free(dir);
}

/* Root may go up to where controllers are handed down, but past no limit. */
HOST_TEST(test_v2_root)
{
	static const struct {
		const char *label, *file, *text, *want;
	} cases[] = {
		{ "no limits", NULL, NULL, "/user.slice" },
		{ "none put on it", "c.scope/memory.max", "max\n",
		  "/user.slice" },
		{ "memory of our own", "c.scope/memory.max", "1000000\n",
		  NULL },
		{ "memory in between", "memory.max", "1000000\n", NULL },
		{ "processor", "cpu.max", "50000 100000\n", NULL },
		{ "processes", "c.scope/pids.max", "100\n", NULL },
		{ "nonsense", "c.scope/pids.max", "\xff\n", NULL },
		{ "limits further up", "../memory.max", "100000\n",
		  "/user.slice" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct cgroup *c;

		host_make("0::/user.slice/b/c.scope\n", V2_MOUNT);
		host_v2("", ALL3, "memory pids cpu\n", "1\n");
		host_v2("/user.slice", ALL3, "memory pids\n", "");
		host_v2("/user.slice/b", "memory pids\n", "", "");
		host_v2("/user.slice/b/c.scope", "", "", "77\n4000\n");
		if (cases[i].file != NULL) {
			char *p = fs_join(MNT "/user.slice/b", cases[i].file);

			scratch_put(fake.dir, p, cases[i].text);
			free(p);
		}
		c = host_find(0);
		if ((c->base != NULL) != (cases[i].want != NULL))
			fail_msg("%s", cases[i].label);
		assert_base(c, cases[i].want, "mp");
	}
}

/* With the controllers in v1, limits are sampled, even if they could be
 * written. */
HOST_TEST(test_v1)
{
	static const char v1[] =
	    "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
	    "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup c rw,memory\n";
	static const char unified[] =
	    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
	AUTO_FREE char *both = xasprintf("%s%s", v1, unified);
	int hybrid;

	for (hybrid = 0; hybrid < 2; hybrid++) {
		struct cgroup *c;

		host_make("4:memory:/\n1:cpu:/\n0::/\n", hybrid ? both : v1);
		scratch_put(fake.dir, MNT "/cpu/cgroup.procs", "1\n");
		scratch_put(fake.dir, MNT "/memory/cgroup.procs", "1\n");
		host_v2("/unified", "hugetlb\n", "", "1\n");
		c = host_find(0);
		assert_base(c, NULL, NULL);
		assert_string_equal(c->why, hybrid ?
		    MSG_CGROUP_V2_HAS_NO_CONTROLLERS :
		    MSG_NO_WRITABLE_CGROUP_V2);
	}
}

HOST_TEST(test_none)
{
	static const struct {
		const char *label, *self, *mounts;
	} cases[] = {
		{ "no files", NULL, NULL },
		{ "nothing mounted", "0::/\n", "" },
		{ "read-only", "0::/a\n",
		  "25 20 0:22 / /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n" },
		{ "read-only below", "0::/a\n",
		  "25 20 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup2 ro\n" },
		{ "outside of our namespace", "0::/../a\n", V2_MOUNT },
		{ "climbing", "0::/x/../../../../etc\n", V2_MOUNT },
		{ "climbing at the end", "0::/a/..\n", V2_MOUNT },
		{ "another part is mounted", "0::/a\n",
		  "25 20 0:22 /b /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n" },
		{ "no such folder", "0::/gone\n", V2_MOUNT },
		{ "cut short", "0::", "25 20 0:22 / /sys" },
		{ "no fields", "\n:\n::\n0:\n", " - \n- -\n - cgroup2\n" },
		{ "no path", "0::a\n", V2_MOUNT },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct cgroup *c;

		host_make(cases[i].self == NULL ? "" : cases[i].self,
		    cases[i].mounts == NULL ? "" : cases[i].mounts);
		if (cases[i].self == NULL) {
			char *p = fs_join(fake.dir, "proc");

			(void)fs_remove_tree(AT_FDCWD, p, NULL);
			free(p);
		}
		host_v2("", ALL3, "memory pids cpu\n", "");
		host_v2("/a", ALL3, "memory\n", "");
		c = host_find(0);
		if (c->base != NULL || c->why == NULL)
			fail_msg("%s", cases[i].label);
		assert_null(cgroup_leaf_new(c, &(struct sandbox_limits){ 0 }));
	}
}

/* As a container without a cgroup namespace sees it, and odd names. */
HOST_TEST(test_mounts)
{
	struct cgroup *c;

	host_make("0::/docker/ab\n", "25 20 0:22 /docker/ab /sys/fs/cgroup "
	    "rw - cgroup2 cgroup2 rw\n");
	host_v2("", ALL3, "memory\n", "");
	c = host_find(0);
	assert_base(c, "", "m");

	host_make("0::/a b\n", "25 20 0:22 / /sys/fs/cgroup\\040x rw - cgroup2 "
	    "cgroup2 rw\n");
	host_v2(" x/a b", ALL3, "memory\n", "");
	host_v2(" x", ALL3, "memory\n", "");
	c = host_find(0);
	assert_base(c, " x/a b", "m");
}

static const struct sandbox_limits limits = {
	.timeout_ms = 1000, .memory_bytes = (64 << 20) + 5, .disk_bytes = 1,
	.disk_inodes = 1, .output_bytes = 1, .pids = 50, .cpu = 25,
};

static void
assert_in(const char *dir, const char *file, const char *want)
{
	assert_non_null(dir);
	assert_file(dir, file, want);
}

HOST_TEST(test_leaf)
{
	struct sandbox_limits all = limits;
	struct cgroup_leaf *l, *m;
	struct cgroup *c;
	struct stat st;
	char *dir;

	host_make("0::/\n", V2_MOUNT);
	host_v2("", ALL3, "memory cpu pids\n", "");
	c = host_find(0);
	l = cgroup_leaf_new(c, &limits);
	assert_non_null(l);
	assert_in(l->dir, "memory.max", "67108864\n");
	assert_in(l->dir, "memory.swap.max", "0\n");
	assert_in(l->dir, "memory.oom.group", "1\n");
	assert_in(l->dir, "cpu.max", "25000 100000\n");
	assert_in(l->dir, "pids.max", "51\n");
	/* Each worker has its own. */
	all.cpu = 0;
	m = cgroup_leaf_new(c, &all);
	assert_string_not_equal(l->dir, m->dir);
	assert_false(m->has[CGROUP_CPU]);
	cgroup_leaf_free(c, m);
	dir = xstrdup(l->dir);
	cgroup_leaf_free(c, l);
	assert_int_equal(stat(dir, &st), -1);
	free(dir);

	/* Nobody says "kernel" of what did not take. */
	fake.ignored = "cpu.max";
	l = cgroup_leaf_new(c, &limits);
	assert_false(l->has[CGROUP_CPU]);
	assert_true(l->has[CGROUP_MEMORY]);
	cgroup_leaf_free(c, l);
	fake.ignored = "memory.max";
	l = cgroup_leaf_new(c, &limits);
	assert_false(l->has[CGROUP_MEMORY]);
	assert_true(l->has[CGROUP_CPU]);
	cgroup_leaf_free(c, l);
	fake.ignored = NULL;
	fake.refused = "pids.max";
	l = cgroup_leaf_new(c, &limits);
	assert_false(l->has[CGROUP_PIDS]);
	/* Still somebody inside: removed by the next. */
	scratch_put(l->dir, "cgroup.procs", "12\n");
	dir = xstrdup(l->dir);
	cgroup_leaf_free(c, l);
	assert_int_equal(stat(dir, &st), 0);
	scratch_put(dir, "cgroup.procs", "");
	l = cgroup_leaf_new(c, &limits);
	assert_int_equal(stat(dir, &st), -1);
	cgroup_leaf_free(c, l);
	free(dir);
}

/* A host with v1's controllers, and the folder that we are in there. */
static void
host_v1(const char *flags)
{
	AUTO_FREE char *mounts = xasprintf(
	    "25 20 0:22 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
	    "26 20 0:23 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
	    "27 20 0:24 / /sys/fs/cgroup/pids %s - cgroup cgroup rw,pids\n",
	    flags);

	host_make("9:cpu:/\n8:pids:/a:b\n0::/\n", mounts);
	host_v2("/unified", "", "", "");
	host_v2("/pids/a:b", "", "pids\n", "4000\n");
}

/* Where v2 doesn't limit the number of processes, v1 does. */
HOST_TEST(test_v1_pids)
{
	AUTO_FREE char *want = NULL, *leaf = NULL;
	struct limit_enforcement k = { 0 };
	struct cgroup_join j;
	struct cgroup_leaf *l;
	struct cgroup *c;

	host_v1("rw");
	c = host_find(0);
	want = xasprintf("%s/" MNT "/pids/a:b", fake.dir);
	assert_base(c, NULL, "");
	assert_string_equal(c->pids, want);
	l = cgroup_leaf_new(c, &limits);
	assert_null(l->dir);
	leaf = xstrdup(l->pids);
	assert_file(leaf, "pids.max", "51\n");
	cgroup_join_open(&j, l);
	cgroup_join_enter(&j, 77, &k);
	assert_file(leaf, "cgroup.procs", "77\n");
	assert_int_equal(k.pids, ENFORCED_KERNEL);
	assert_int_equal(k.memory, ENFORCED_OFF);
	scratch_put(leaf, "cgroup.procs", "");
	cgroup_leaf_free(c, l);
	assert_int_equal(access(leaf, F_OK), -1);
	/* It doesn't take the limit. */
	fake.refused = "pids.max";
	assert_null(cgroup_leaf_new(c, &limits));
	host_v1("ro");
	assert_null(host_find(0)->pids);
}

/* Our old folders are removed, not young ones or another program's. (Their age
 * needs a clock.) */
HOST_TEST(test_sweep)
{
	static const char *const kept[] = {
		"assent-999999-1", "assent-1-1", "other",
	};
	char *dir;
	size_t i;

	host_make("0::/\n", V2_MOUNT);
	host_v2("", ALL3, "memory cpu pids\n", "");
	dir = xasprintf("%s/" MNT, fake.dir);
	for (i = 0; i < MEM_COUNT(kept); i++) {
		char *p = xasprintf("%s/keep", kept[i]);

		scratch_put(dir, p, "");
		free(p);
	}
	(void)host_find(0);
	for (i = 0; i < MEM_COUNT(kept); i++) {
		char *p = fs_join(dir, kept[i]);

		assert_int_equal(access(p, F_OK), 0);
		free(p);
	}
	free(dir);
}

TEST(test_join)
{
	static const struct {
		const char *label, *kills;
		bool oom;
	} cases[] = {
		{ "nothing", "oom_kill 3\n", false },
		{ "one", "oom_kill 4\n", true },
		{ "huge", "oom_kill 99999999999999999999999\n", true },
		{ "nonsense", "oom_kill x\n", false },
		{ "empty", "", false },
		{ "gone", "oom_killx 4\n", false },
	};
	size_t i;
	char *dir;

	dir = scratch_new();
	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct cgroup_leaf l = { .dir = dir,
		    .has = { [CGROUP_MEMORY] = true } };
		struct limit_enforcement k = { ENFORCED_SAMPLED,
		    ENFORCED_OFF, ENFORCED_SAMPLED, ENFORCED_SAMPLED };
		struct cgroup_join j;

		scratch_put(dir, "cgroup.procs", "");
		scratch_put(dir, "memory.events", "max 9\noom 0\n"
		    "oom_kill 3\n");
		cgroup_join_open(&j, &l);
		cgroup_join_enter(&j, 77, &k);
		assert_file(dir, "cgroup.procs", "77");
		assert_int_equal(k.memory, ENFORCED_KERNEL);
		assert_int_equal(k.cpu, ENFORCED_OFF);
		assert_int_equal(k.pids, ENFORCED_SAMPLED);
		scratch_put(dir, "memory.events", cases[i].kills);
		if ((cgroup_join_kills(&j) > 3) != cases[i].oom)
			fail_msg("%s", cases[i].label);
	}
	scratch_free(dir);
}

/* A process born there isn't moved. */
SCRATCH_TEST(test_join_born)
{
	struct err e = ERR_INIT;
	char *dir = *state;
	struct cgroup_leaf l = { .dir = dir, .has = { true, true, true } };
	struct limit_enforcement k = { 0 }, none = { 0 };
	struct cgroup_join j;
	char *text;

	scratch_put(dir, "cgroup.procs", "");
	scratch_put(dir, "memory.events", "max 9\noom 0\noom_kill 0\n");
	cgroup_join_open(&j, &l);
	assert_true(j.dir >= 0 && !j.born);
	j.born = true;
	cgroup_join_enter(&j, 77, &k);
	assert_file(dir, "cgroup.procs", "");
	assert_int_equal(k.memory, ENFORCED_KERNEL);
	j.born = false;
	k = none;
	cgroup_join_enter(&j, 77, &k);
	assert_file(dir, "cgroup.procs", "77");
	assert_int_equal(k.cpu, ENFORCED_KERNEL);
	assert_int_equal(k.disk, ENFORCED_OFF);
	text = sandbox_limits_enforced_text(&k);
	assert_string_equal(text,
	    "memory, cpu, processes held by the kernel; disk not held");
	free(text);
	assert_int_equal(sandbox_limits_check_cpu(&limits, &k, NULL, &e), 0);
	assert_int_equal(sandbox_limits_check_cpu(&limits, &none, "why", &e),
	    -1);
	assert_non_null(strstr(e.text, MSG_CANT_HOLD_A_COMMAND_TO " 25% of a "
	    "core: why;"));
	assert_true(sandbox_limits_enforced_weaker(&none, &k));
	assert_false(sandbox_limits_enforced_weaker(&k, &none));
	scratch_put(dir, "memory.events", "max 9\noom 1\noom_kill 1\n");
	assert_int_equal(cgroup_join_kills(&j), 1);
}

/* ---- systemd, by a program that plays it ---- */

static char *
scope_play(const char *script)
{
	char *text = xasprintf("#!/bin/sh\nroot='%s'\n%s", fake.dir, script);
	char *p = fs_join(fake.dir, "bin/busctl");

	scratch_put(fake.dir, "bin/busctl", text);
	assert_int_equal(chmod(p, 0755), 0);
	free(p);
	free(text);
	return xasprintf("relative:/no/such:%s/bin:/usr/bin:/bin", fake.dir);
}

static void
scope_host(void)
{
	host_make("0::/session-1.scope\n", V2_MOUNT);
	host_v2("", ALL3, "memory pids cpu\n", "");
	host_v2("/session-1.scope", ALL3, "", "77\n4000\n");
	host_v2("/app/assent-4000.scope", ALL3, "", "4000\n");
}

HOST_TEST(test_scope)
{
	struct cgroup_host h;
	struct cgroup *c;
	char *path, *said;

	scope_host();
	path = scope_play("printf '%s|' \"$@\" >\"$root/argv\"\n"
	    "env >\"$root/env\"\n"
	    "echo 0::/app/assent-4000.scope >\"$root/proc/self/cgroup\"\n");
	setenv("ASSENT_TEST_KEY", "secret", 1);
	setenv("XDG_RUNTIME_DIR", "/run/user/1000", 1);
	h = host_ask(1000);
	h.path = path;
	h.bus = true;
	c = host_find_as(&h);
	assert_base(c, "/app/assent-4000.scope", "mcp");
	assert_file(fake.dir, "argv", "--user|--timeout=2|call|"
	    "org.freedesktop.systemd1|/org/freedesktop/systemd1|"
	    "org.freedesktop.systemd1.Manager|StartTransientUnit|"
	    "ssa(sv)a(sa(sv))|assent-4000.scope|fail|4|Description|s|"
	    "assent session|Delegate|b|true|CollectMode|s|"
	    "inactive-or-failed|PIDs|au|1|4000|0|");
	said = scratch_get(fake.dir, "env");
	assert_null(strstr(said, "ASSENT_TEST_KEY"));
	assert_non_null(strstr(said, "XDG_RUNTIME_DIR=/run/user/1000"));
	free(said);
	unsetenv("ASSENT_TEST_KEY");
	free(path);
}

static int64_t passed_ms;
static bool hangs;

int64_t __wrap_clock_mono_ms(void);
int64_t __real_clock_mono_ms(void);
int	__wrap_nanosleep(const struct timespec *, struct timespec *);
int	__wrap_poll(struct pollfd *, nfds_t, int);
int	__real_poll(struct pollfd *, nfds_t, int);

int64_t
__wrap_clock_mono_ms(void)
{
	return __real_clock_mono_ms() + passed_ms;
}

int
__wrap_nanosleep(const struct timespec *want, struct timespec *left)
{
	passed_ms += want->tv_nsec / 1000000;
	return 0;
}

int
__wrap_poll(struct pollfd *fds, nfds_t n, int ms)
{
	return hangs ? 0 : __real_poll(fds, n, ms);
}

HOST_TEST(test_scope_refused)
{
	static const struct {
		const char *label, *script, *says;
		bool hangs;
	} cases[] = {
		{ "refused", "echo 'Failed: no' >&2; exit 1\n",
		    "systemd gave no scope: Failed: no", false },
		{ "never", "exit 0\n", MSG_DID_NOT_CREATE_THE_SCOPE, false },
		{ "hangs", "exec sleep 100\n", MSG_SYSTEMD_GAVE_NO_SCOPE,
		    true },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct cgroup_host h;
		struct cgroup *c;
		char *path;

		scope_host();
		path = scope_play(cases[i].script);
		h = host_ask(1000);
		h.path = path;
		h.bus = true;
		hangs = cases[i].hangs;
		c = host_find_as(&h);
		hangs = false;
		if (c->base != NULL ||
		    strstr(c->why, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].label, c->why);
		free(path);
	}
}

/* A project's busctl is not run, nor is any without a bus. */
HOST_TEST(test_scope_not_run)
{
	struct cgroup_host h;
	struct cgroup *c;
	char *path, *ran;

	scope_host();
	path = scope_play("touch \"$root/ran\"\n");
	h = host_ask(1000);
	h.path = path;
	c = host_find_as(&h);
	assert_null(ran = scratch_get(fake.dir, "ran"));
	h.bus = true;
	h.project = fake.dir;
	free(path);
	path = xasprintf("%s/bin", fake.dir);
	h.path = path;
	c = host_find_as(&h);
	assert_null(ran = scratch_get(fake.dir, "ran"));
	assert_non_null(strstr(c->why, MSG_THERE_IS_NO_BUSCTL));
	free(path);
}

/* The limits of a container, or of a cluster's job, whose own folder has no
 * limit but one above it. */
HOST_TEST(test_memory)
{
	static const char none[] = "0::/a/b\n";
	static const struct {
		const char *text;
		int64_t limit;
	} cases[] = {
		{ "12\n", 12 }, { "max 100000\n", INT64_MAX },
		{ "18446744073709551615", INT64_MAX }, { "-1", INT64_MAX },
		{ "12x", INT64_MAX }, { "", INT64_MAX },
	};
	size_t i;

	host_make(none, "");
	assert_true(cgroup_memory(fake.dir) == INT64_MAX);
	scratch_put(fake.dir, "sys/fs/cgroup/a/memory.max", "4096000\n");
	scratch_put(fake.dir, "sys/fs/cgroup/a/b/memory.max", "max\n");
	assert_int_equal(cgroup_memory(fake.dir), 4096000);
	scratch_put(fake.dir, "sys/fs/cgroup/a/b/memory.max", "8192\n");
	assert_int_equal(cgroup_memory(fake.dir), 8192);
	for (i = 0; i < MEM_COUNT(cases); i++) {
		scratch_put(fake.dir, "sys/fs/cgroup/a/b/memory.max",
		    cases[i].text);
		scratch_put(fake.dir, "sys/fs/cgroup/a/memory.max", "max\n");
		assert_true(cgroup_memory(fake.dir) == cases[i].limit);
	}
	host_make("0::/\n", "");
	scratch_put(fake.dir, "sys/fs/cgroup/memory.max", "4096\n");
	assert_int_equal(cgroup_memory(fake.dir), 4096);
	host_make("5:memory:/x\n", "");
	scratch_put(fake.dir, "sys/fs/cgroup/memory/memory.limit_in_bytes",
	    "4096\n");
	assert_int_equal(cgroup_memory(fake.dir), 4096);
}
