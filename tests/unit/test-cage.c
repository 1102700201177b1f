/* The pure parts of the cage: requests, limits, the plan of the root. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fcntl.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "cage/plan.h"
#include "cage/request.h"

static const struct cage_limits limits = {
	.timeout_ms = 1000, .memory_bytes = 1 << 20,
	.disk_bytes = 100 << 20, .disk_inodes = 10, .output_bytes = 1000,
	.pids = 5, .cpus = 1,
};

static struct cage_spec
spec_a(void)
{
	return (struct cage_spec){
		.rung = CAGE_A, .root = "/home/u/p\xff:,", .cwd = "/home/u/p",
		.home = "/home/u", .path = "/usr/bin", .upper = "/s/up",
		.work = "/s/wk", .cage_home = "/s/h", .cage_tmp = "/s/t",
	};
}

static void
test_request(void **state)
{
	const char *masked[] = { ".env", "a/\xff", NULL };
	struct cage_spec s = spec_a();
	struct request r;
	struct err e = ERR_INIT;
	cJSON *args = cJSON_CreateObject();
	size_t n;
	char *text;
	bool own;

	(void)state;
	s.masked = masked;
	json_add_str(args, "command", "true");
	json_add_num(args, "timeout_s", 0.5);
	text = request_encode(&s, &limits, "bash", args, &n);
	assert_int_equal(request_decode(text, n, &r, &e), 0);
	assert_string_equal(r.root, "/home/u/p\xff:,");
	assert_string_equal(r.tool, "bash");
	assert_int_equal(r.masked_len, 2);
	assert_string_equal(r.masked[1], "a/\xff");
	assert_string_equal(json_str(r.args, "command"), "true");
	assert_int_equal(r.core_pid, getpid());
	assert_int_equal(request_timeout_ms(&r, &own), 500);
	assert_true(own);
	/* One flag raises bytes and inodes. */
	assert_int_equal(r.limits.disk_inodes, 10240);
	request_release(&r);
	free(text);
	cJSON_Delete(args);
}

static void
test_request_refused(void **state)
{
	static const struct {
		const char *label, *json, *says;
	} cases[] = {
		{ "not JSON", "{", "" },
		{ "unknown rung", "{\"rung\":\"Z\"}", "rung" },
		{ "no root", "{\"rung\":\"A\"}", "root is missing" },
		{ "relative root", "{\"rung\":\"A\",\"root\":\"x\"}",
		  "not an absolute path" },
		{ "no upper", "{\"rung\":\"A\",\"root\":\"/x\"}",
		  "upper is missing" },
		{ "no copy", "{\"rung\":\"D\",\"root\":\"/x\"}",
		  "copy is missing" },
		{ "root is /", "{\"rung\":\"B\",\"root\":\"/\",\"copy\":\"/c\","
		  "\"cage_home\":\"/h\",\"cage_tmp\":\"/t\"}",
		  "cannot be /" },
		{ "mask climbs", "{\"rung\":\"B\",\"root\":\"/x\",\"copy\":"
		  "\"/c\",\"cage_home\":\"/h\",\"cage_tmp\":\"/t\","
		  "\"masked\":[{\"path\":\"a/../../b\"}]}", "masked" },
		{ "mask absolute", "{\"rung\":\"B\",\"root\":\"/x\",\"copy\":"
		  "\"/c\",\"cage_home\":\"/h\",\"cage_tmp\":\"/t\","
		  "\"masked\":[{\"path\":\"/b\"}]}", "masked" },
		{ "no limits", "{\"rung\":\"B\",\"root\":\"/x\",\"copy\":"
		  "\"/c\",\"cage_home\":\"/h\",\"cage_tmp\":\"/t\"}",
		  "limit" },
		{ "no tool", "{\"rung\":\"B\",\"root\":\"/x\",\"copy\":"
		  "\"/c\",\"cage_home\":\"/h\",\"cage_tmp\":\"/t\","
		  "\"limits\":{\"timeout_ms\":1,\"memory_bytes\":1,"
		  "\"disk_bytes\":1,\"output_bytes\":1,\"pids\":1}}",
		  "no tool" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct err e = ERR_INIT;
		struct request r;

		if (request_decode(cases[i].json, strlen(cases[i].json), &r,
		    &e) == 0 || strstr(e.text, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].label, e.text);
		request_release(&r);
	}
}

static void
test_presets(void **state)
{
	struct cage_limits s, d;

	(void)state;
	cage_limits_strict(&s);
	cage_limits_desk(&d);
	assert_int_equal(s.memory_bytes, (int64_t)512 << 20);
	assert_int_equal(s.pids, 50);
	assert_int_equal(s.cpus, 1);
	assert_int_equal(s.timeout_ms, 120000);
	assert_true(d.memory_bytes >= s.memory_bytes);
	assert_true(d.pids > s.pids && d.timeout_ms > s.timeout_ms);
	assert_int_equal(d.cpus, 0);
}

/* ---- the plan ---- */

struct place {
	char	*dir, *root, *home;
};

static void
place_make(struct place *p, const char *below)
{
	char *path = fs_join(p->dir, below);

	assert_int_equal(fs_mkdirs(path, 0755, NULL), 0);
	free(path);
}

static void
place_write(struct place *p, const char *below, const char *text)
{
	char *path = fs_join(p->dir, below);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, text, strlen(text)), 0);
	close(fd);
	free(path);
}

static int
place_setup(void **state)
{
	struct place *p = xcalloc(1, sizeof(*p));

	p->dir = xstrdup("/tmp/assent-plan-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	p->root = fs_join(p->dir, "h/p");
	p->home = fs_join(p->dir, "h");
	place_make(p, "h/p");
	*state = p;
	return 0;
}

static int
place_teardown(void **state)
{
	struct place *p = *state;

	assert_int_equal(fs_remove_tree(AT_FDCWD, p->dir, NULL), 0);
	free(p->dir);
	free(p->root);
	free(p->home);
	free(p);
	return 0;
}

static void
place_request(struct place *p, struct request *r, char *path)
{
	memset(r, 0, sizeof(*r));
	r->rung = CAGE_A;
	r->root = r->cwd = p->root;
	r->home = p->home;
	r->path = path;
	r->cage_home = (char *)(uintptr_t)"/s/home";
	r->cage_tmp = (char *)(uintptr_t)"/s/tmp";
}

static const struct plan_step *
plan_find(const struct plan *plan, enum plan_kind kind, const char *target)
{
	size_t i;

	for (i = 0; i < plan->len; i++)
		if (plan->steps[i].kind == kind &&
		    strcmp(plan->steps[i].target, target) == 0)
			return &plan->steps[i];
	return NULL;
}

static void
test_plan(void **state)
{
	struct place *p = *state;
	struct request r;
	struct plan plan;
	char *path, *cargo, *rustup, *mask, *nvm;
	size_t i;

	place_make(p, "h/.cargo/bin");
	place_make(p, "h/.rustup");
	place_make(p, "h/.nvm");
	path = xasprintf("relative::%s/.cargo/bin:%s/.secret/bin:/usr/bin:"
	    "/usr/bin/:%s/tools", p->home, p->home, p->root);
	place_request(p, &r, path);
	plan_build(&r, &plan);
	cargo = fs_join(p->home, ".cargo");
	rustup = fs_join(p->home, ".rustup");
	nvm = fs_join(p->home, ".nvm");
	mask = fs_join(p->home, ".cargo/credentials.toml");
	assert_non_null(plan_find(&plan, PLAN_SHIELD, cargo));
	assert_non_null(plan_find(&plan, PLAN_SHIELD, rustup));
	assert_non_null(plan_find(&plan, PLAN_MASK, mask));
	/* Not on PATH. */
	assert_null(plan_find(&plan, PLAN_SHIELD, nvm));
	assert_non_null(plan_find(&plan, PLAN_PROJECT, p->root));
	assert_non_null(plan_find(&plan, PLAN_BIND_RW, p->home));
	assert_non_null(plan_find(&plan, PLAN_PROC, "/proc"));
	assert_false(plan_shows(&plan, "/etc/shadow"));
	assert_false(plan_shows(&plan, "/sys"));
	assert_false(plan_shows(&plan, "/etc"));
	assert_true(plan_shows(&plan, "/usr/bin/env"));
	/* What lies below comes later. */
	for (i = 1; i < plan.len; i++)
		assert_true(strcmp(plan.steps[i - 1].target,
		    plan.steps[i].target) <= 0);
	free(mask);
	mask = xasprintf("%s/bin:/usr/bin:%s/tools", cargo, p->root);
	assert_string_equal(plan.path, mask);
	assert_string_equal(plan.home, p->home);
	plan_release(&plan);
	free(mask);
	free(cargo);
	free(rustup);
	free(nvm);
	free(path);
}

static void
test_plan_home(void **state)
{
	struct place *p = *state;
	static const char *const odd[] = {
		NULL, "/", "/tmp", "/usr/share/u", "/etc", "/proc/1",
	};
	struct request r;
	struct plan plan;
	size_t i;

	for (i = 0; i <= MEM_COUNT(odd); i++) {
		place_request(p, &r, NULL);
		/* The last: a home below the project. */
		r.home = i < MEM_COUNT(odd) ? (char *)(uintptr_t)odd[i] :
		    p->root;
		plan_build(&r, &plan);
		assert_string_equal(plan.home, "/home/cage");
		assert_non_null(plan.path);
		plan_release(&plan);
	}
}

static void
test_gitlink(void **state)
{
	struct place *p = *state;
	char *dirs[2], *text, *common;

	/* None, a folder, nonsense. */
	assert_int_equal(gitlink_find(p->root, dirs), 0);
	place_write(p, "h/p/.git", "gitdir: ../other/.git/worktrees/p\n");
	assert_int_equal(gitlink_find(p->root, dirs), 0);
	place_make(p, "h/other/.git/worktrees/p");
	place_make(p, "h/other/.git/objects");
	place_make(p, "h/other/.git/refs");
	place_write(p, "h/other/.git/worktrees/p/HEAD", "x\n");
	place_write(p, "h/other/.git/worktrees/p/commondir", "../..\n");
	place_write(p, "h/other/.git/HEAD", "x\n");
	/* It does not point back: somebody else's repository. */
	assert_int_equal(gitlink_find(p->root, dirs), 0);
	place_write(p, "h/other/.git/worktrees/p/gitdir", "/elsewhere/.git\n");
	assert_int_equal(gitlink_find(p->root, dirs), 0);
	text = xasprintf("%s/.git\n", p->root);
	place_write(p, "h/other/.git/worktrees/p/gitdir", text);
	free(text);
	assert_int_equal(gitlink_find(p->root, dirs), 1);
	common = fs_join(p->dir, "h/other/.git");
	assert_string_equal(dirs[0], common);
	free(common);
	free(dirs[0]);
}

static void
test_gitlink_submodule(void **state)
{
	struct place *p = *state;
	char *dirs[2], *text;

	place_write(p, "h/p/.git", "gitdir: ../super/.git/modules/p\n");
	place_make(p, "h/super/.git/modules/p/objects");
	place_write(p, "h/super/.git/modules/p/HEAD", "x\n");
	place_write(p, "h/super/.git/modules/p/config",
	    "[core]\n\tworktree = ../../../../q\n");
	assert_int_equal(gitlink_find(p->root, dirs), 0);
	text = xasprintf("[core]\n\tbare = false\n\tworktree = %s\n",
	    "../../../../p");
	place_write(p, "h/super/.git/modules/p/config", text);
	free(text);
	assert_int_equal(gitlink_find(p->root, dirs), 1);
	free(dirs[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_request_refused),
		cmocka_unit_test(test_presets),
		cmocka_unit_test_setup_teardown(test_plan, place_setup,
		    place_teardown),
		cmocka_unit_test_setup_teardown(test_plan_home, place_setup,
		    place_teardown),
		cmocka_unit_test_setup_teardown(test_gitlink, place_setup,
		    place_teardown),
		cmocka_unit_test_setup_teardown(test_gitlink_submodule,
		    place_setup, place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
