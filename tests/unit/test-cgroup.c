/*
 * Finding and making cgroups, on a host made of plain files.  mkdir, rmdir and
 * our writes of control files are replaced at link time by a small imitation of
 * what the kernel does with them.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sandbox/cgroup.h"
#include "sandbox/sandbox-limits.h"
#include "tests/unit/scratch.h"
#include "tests/messages.h"

#define MNT "sys/fs/cgroup"
#define CORE 4000
#define CLIENT 3999

int	__real_mkdir(const char *, mode_t);
int	__real_rmdir(const char *);
int	__real_cgroup_write(const char *, const char *, const char *);
int	__wrap_mkdir(const char *, mode_t);
int	__wrap_rmdir(const char *);
int	__wrap_cgroup_write(const char *, const char *, const char *);

/* ---- the imitation ---- */

static struct {
	char		*dir;		/* the host's root; NULL: off */
	const char	*ignored;	/* a file whose writes change nothing */
	const char	*refused;	/* a file that cannot be written */
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
	char *text = scratch_get(dir, file);
	bool has = text != NULL && cgroup_has(text, word);

	free(text);
	return has;
}

/* The files that a new folder has, below one that hands these down. */
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
		/* What is moved down was above. */
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

int
__wrap_cgroup_write(const char *dir, const char *file, const char *text)
{
	char *line, *p;
	long long v;

	if (!fake_is_cgroup(dir))
		return __real_cgroup_write(dir, file, text);
	p = fs_join(dir, file);
	if (faccessat(AT_FDCWD, p, W_OK, AT_EACCESS) < 0 ||
	    (fake.refused != NULL && strcmp(fake.refused, file) == 0)) {
		free(p);
		errno = EACCES;
		return -1;
	}
	free(p);
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
	free(line);
	return 0;
}

static char *
host_make(const char *self, const char *mounts)
{
	fake.dir = scratch_new();
	fake.ignored = fake.refused = NULL;
	if (chmod(fake.dir, 0755) < 0)
		fail();
	scratch_put(fake.dir, "proc/self/cgroup", self);
	scratch_put(fake.dir, "proc/self/mountinfo", mounts);
	return fake.dir;
}

static void
host_free(void)
{
	char *dir = fake.dir;

	fake.dir = NULL;
	scratch_free(dir);
}

static struct cgroup_host
host_ask(void)
{
	return (struct cgroup_host){
		.root = fake.dir, .pid = CORE, .parent = CLIENT,
	};
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

static void
assert_base(const struct cgroup *c, int part, const char *below)
{
	char *want;

	if (below == NULL) {
		assert_true(c->base == NULL || !c->has[part]);
		return;
	}
	want = xasprintf("%s/" MNT "%s", fake.dir, below);
	assert_true(c->has[part]);
	assert_string_equal(c->base, want);
	free(want);
}

/* ---- finding one ---- */

#define DOWN3 "memory pids cpu\n"

static const struct find_case {
	const char	*label, *self, *mounts;
	struct { const char *below, *controllers, *down, *procs; } v2[4];
	const char	*base;
	const char	*has;		/* of memory, cpu, pids */
	const char	*procs;		/* then left in the last folder */
} finds[] = {
	{ "delegated", "0::/user.slice/a.scope\n", V2_MOUNT,
	  { { "", ALL3, DOWN3, "" },
	    { "/user.slice/a.scope", ALL3, "", "3999\n4000\n" } },
	  "/user.slice/a.scope", "mcp", "" },
	{ "only what is there is handed down", "0::/a.scope\n", V2_MOUNT,
	  { { "", ALL3, "memory pids\n", "" },
	    { "/a.scope", "memory pids\n", "", "4000\n" } }, "/a.scope", "mp", "" },
	{ "somebody else is in it", "0::/a.scope\n", V2_MOUNT,
	  { { "", ALL3, DOWN3, "" }, { "/a.scope", ALL3, "", "77\n4000\n" } },
	  NULL, "", "77\n4000\n" },
	{ "nothing to hand down: all is put back", "0::/a.scope\n", V2_MOUNT,
	  { { "", ALL3, "cpuset\n", "" },
	    { "/a.scope", "cpuset\n", "", "4000\n" } }, NULL, "", "4000\n" },
	{ "never up", "0::/b/c.scope\n", V2_MOUNT,
	  { { "", ALL3, DOWN3, "1\n" },
	    { "/b", "memory pids\n", "memory\n", "" },
	    { "/b/c.scope", "memory\n", "", "77\n4000\n" } }, NULL, "",
	  "77\n4000\n" },
	{ "a container without a namespace", "0::/docker/ab\n",
	  "25 20 0:22 /docker/ab /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
	  { { "", ALL3, "memory\n", "" } }, "", "m",
	  NULL },
	{ "odd names", "0::/a b\n",
	  "25 20 0:22 / /sys/fs/cgroup\\040x rw - cgroup2 cgroup2 rw\n",
	  { { " x", ALL3, "memory\n", "" }, { " x/a b", ALL3, "memory\n", "" } },
	  " x/a b", "m", NULL },
#define NONE(label, self, mounts)					\
	{ label, self, mounts, { { "", ALL3, DOWN3, "" },		\
	    { "/a", ALL3, "memory\n", "" } }, NULL, "",	\
	  NULL }
	NONE("nothing mounted", "0::/\n", ""),
	NONE("read-only", "0::/a\n",
	    "25 20 0:22 / /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n"),
	NONE("read-only below", "0::/a\n",
	    "25 20 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup2 ro\n"),
	NONE("outside of our namespace", "0::/../a\n", V2_MOUNT),
	NONE("climbing", "0::/x/../../../../etc\n", V2_MOUNT),
	NONE("climbing at the end", "0::/a/..\n", V2_MOUNT),
	NONE("another part is mounted", "0::/a\n",
	    "25 20 0:22 /b /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"),
	NONE("no such folder", "0::/gone\n", V2_MOUNT),
	NONE("cut short", "0::", "25 20 0:22 / /sys"),
	NONE("no fields", "\n:\n::\n0:\n", " - \n- -\n - cgroup2\n"),
	NONE("no path", "0::a\n", V2_MOUNT),
};

static void
find_run(const struct find_case *f)
{
	struct cgroup_host h;
	struct cgroup *c;
	const char *last = NULL;
	char *p;
	int i;

	host_make(f->self, f->mounts);
	for (i = 0; i < 4 && f->v2[i].below != NULL; i++) {
		last = f->v2[i].below;
		host_v2(last, f->v2[i].controllers, f->v2[i].down,
		    f->v2[i].procs);
	}
	h = host_ask();
	c = cgroup_find(&h);
	if ((c->base == NULL) != (f->base == NULL) ||
	    (c->why == NULL) != (f->base != NULL))
		fail_msg("%s: %s, %s", f->label, c->base, c->why);
	for (i = 0; i < CGROUP_PARTS; i++)
		assert_base(c, i, f->base != NULL &&
		    strchr(f->has, "mcp"[i]) != NULL ? f->base : NULL);
	if (f->base == NULL)
		assert_null(cgroup_leaf_new(c, &(struct sandbox_limits){ 0 }));
	if (f->procs != NULL) {
		p = xasprintf(MNT "%s/cgroup.procs", last);
		assert_file(fake.dir, p, f->procs);
		free(p);
		p = xasprintf("%s/" MNT "%s/assent-%d-core", fake.dir, last,
		    CORE);
		assert_int_equal(access(p, F_OK),
		    f->base == NULL ? -1 : 0);
		free(p);
	}
	cgroup_free(c);
	host_free();
}

static void
test_find(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(finds); i++)
		find_run(&finds[i]);
}

static void
test_v1(void **state)
{
	struct cgroup_host h;
	struct cgroup *c;

	(void)state;
	host_make("8:pids:/\n4:memory:/api/1\n1:cpu,cpuacct:/\n0::/\n",
	    "35 31 0:32 / /sys/fs/cgroup/memory rw shared:9 - cgroup c rw,memory\n"
	    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
	scratch_put(fake.dir, MNT "/memory/api/1/cgroup.procs", "1\n");
	scratch_put(fake.dir, MNT "/unified/cgroup.controllers", "hugetlb\n");
	h = host_ask();
	c = cgroup_find(&h);
	assert_null(c->base);
	assert_non_null(c->why);
	cgroup_free(c);
	host_free();
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

static void
test_leaf_v2(void **state)
{
	struct sandbox_limits all = limits;
	struct cgroup_host h;
	struct cgroup_leaf *l, *m;
	struct cgroup *c;
	struct stat st;
	char *dir;

	(void)state;
	host_make("0::/\n", V2_MOUNT);
	host_v2("", ALL3, "memory cpu pids\n", "");
	h = host_ask();
	c = cgroup_find(&h);
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
	cgroup_leaf_free(m);
	dir = xstrdup(l->dir);
	cgroup_leaf_free(l);
	assert_int_equal(stat(dir, &st), -1);
	free(dir);

	/* Nobody says "kernel" of what did not take. */
	fake.ignored = "cpu.max";
	l = cgroup_leaf_new(c, &limits);
	assert_true(!l->has[CGROUP_CPU] && l->has[CGROUP_MEMORY]);
	cgroup_leaf_free(l);
	fake.ignored = "memory.max";
	l = cgroup_leaf_new(c, &limits);
	assert_true(!l->has[CGROUP_MEMORY] && l->has[CGROUP_CPU]);
	cgroup_leaf_free(l);
	fake.ignored = NULL;
	fake.refused = "pids.max";
	l = cgroup_leaf_new(c, &limits);
	assert_false(l->has[CGROUP_PIDS]);
	/* Still somebody inside: removed by a later session. */
	scratch_put(l->dir, "cgroup.procs", "12\n");
	dir = xstrdup(l->dir);
	cgroup_leaf_free(l);
	assert_int_equal(stat(dir, &st), 0);
	free(dir);
	cgroup_free(c);
	host_free();
}

static void
test_join(void **state)
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
	char *dir, *text;

	(void)state;
	dir = scratch_new();
	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct cgroup_leaf l = { .dir = dir,
			.has = { [CGROUP_MEMORY] = true, [CGROUP_CPU] = i > 0,
			[CGROUP_PIDS] = true } };
		struct limit_enforcement k = { 0 }, none = { 0 };
		struct cgroup_join j;

		scratch_put(dir, "cgroup.procs", "");
		scratch_put(dir, "memory.events", "max 9\noom_kill 3\n");
		cgroup_join_open(&j, &l);
		assert_true(j.dir >= 0 && !j.born);
		j.born = i == 1;
		cgroup_join_enter(&j, 77, &k);
		assert_file(dir, "cgroup.procs", j.born ? "" : "77");
		text = sandbox_limits_enforced_text(&k);
		assert_string_equal(text, i > 0 ? "memory, cpu, processes "
		    "enforced by the kernel; disk not enforced" : "memory, "
		    "processes enforced by the kernel; cpu, disk not "
		    "enforced");
		free(text);
		assert_true(sandbox_limits_enforced_weaker(&none, &k));
		assert_false(sandbox_limits_enforced_weaker(&k, &none));
		scratch_put(dir, "memory.events", cases[i].kills);
		if (cgroup_join_oom(&j) != cases[i].oom)
			fail_msg("%s", cases[i].label);
		cgroup_join_close(&j);
	}
	scratch_free(dir);
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

static void
test_scope(void **state)
{
	struct cgroup_host h;
	struct cgroup *c;
	char *path, *said;

	(void)state;
	scope_host();
	path = scope_play("printf '%s|' \"$@\" >\"$root/argv\"\n"
	    "env >\"$root/env\"\n"
	    "echo 0::/app/assent-4000.scope >\"$root/proc/self/cgroup\"\n");
	setenv("ASSENT_TEST_KEY", "secret", 1);
	setenv("XDG_RUNTIME_DIR", "/run/user/1000", 1);
	h = host_ask();
	h.path = path;
	h.bus = true;
	c = cgroup_find(&h);
	assert_non_null(c->base);
	assert_base(c, CGROUP_MEMORY, "/app/assent-4000.scope");
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
	cgroup_free(c);
	free(path);
	host_free();
}

static void
test_scope_refused(void **state)
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

	(void)state;
	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct cgroup_host h;
		struct cgroup *c;
		char *path;

		scope_host();
		path = scope_play(cases[i].script);
		h = host_ask();
		h.path = path;
		h.bus = true;
		c = cgroup_find(&h);
		if (c->base != NULL ||
		    strstr(c->why, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].label, c->why);
		cgroup_free(c);
		free(path);
		host_free();
	}
}

/* A project's own busctl is not run, nor is one asked for without a bus. */
static void
test_scope_not_run(void **state)
{
	struct cgroup_host h;
	struct cgroup *c;
	char *path, *ran;

	(void)state;
	scope_host();
	path = scope_play("touch \"$root/ran\"\n");
	h = host_ask();
	h.path = path;
	c = cgroup_find(&h);
	assert_null(ran = scratch_get(fake.dir, "ran"));
	cgroup_free(c);
	h.bus = true;
	h.project = fake.dir;
	free(path);
	path = xasprintf("%s/bin", fake.dir);
	h.path = path;
	c = cgroup_find(&h);
	assert_null(ran = scratch_get(fake.dir, "ran"));
	assert_non_null(strstr(c->why, MSG_THERE_IS_NO_BUSCTL));
	cgroup_free(c);
	free(path);
	host_free();
}

/* What a container may use, or a job of a cluster, whose own folder has no limit
 * but one above it. */
static void
test_memory(void **state)
{
	static const char none[] = "0::/a/b\n";

	(void)state;
	host_make(none, "");
	assert_true(cgroup_memory(fake.dir) == INT64_MAX);
	scratch_put(fake.dir, "sys/fs/cgroup/a/memory.max", "4096000\n");
	scratch_put(fake.dir, "sys/fs/cgroup/a/b/memory.max", "max\n");
	assert_int_equal(cgroup_memory(fake.dir), 4096000);
	scratch_put(fake.dir, "sys/fs/cgroup/a/b/memory.max", "8192\n");
	assert_int_equal(cgroup_memory(fake.dir), 8192);
	host_free();
	host_make("0::/\n", "");
	scratch_put(fake.dir, "sys/fs/cgroup/memory.max", "4096\n");
	assert_int_equal(cgroup_memory(fake.dir), 4096);
	host_free();
	host_make("5:memory:/x\n", "");
	scratch_put(fake.dir, "sys/fs/cgroup/memory/memory.limit_in_bytes",
	    "4096\n");
	assert_int_equal(cgroup_memory(fake.dir), 4096);
	host_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_v1),
		cmocka_unit_test(test_leaf_v2),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_scope),
		cmocka_unit_test(test_scope_refused),
		cmocka_unit_test(test_scope_not_run),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
