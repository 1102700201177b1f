#include "config.h"

TEST(test_protected)
{
	static const char *const mine[] = { "deploy/**", NULL };
	static const char *const allowed[] = { "*.lock", NULL };
	static const struct {
		const char *path, *rule;	/* NULL: not protected */
	} t[] = {
		{ ".env", "secret" },
		{ ".env.local", "secret" },
		{ ".env.example", NULL },
		{ "deploy/x/y", MSG_NAMED_BY_YOUR_SETTINGS },
	};
	struct stage_side side = { .exists = true, .mode = 0100644 };
	char *dir = scratch_new();
	struct policy_options o = { .root = dir, .protected_globs = mine,
		.allow_globs = allowed };
	struct policy *p = policy_open(&o);
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		    (rule != NULL && strcmp(rule, t[i].rule) != 0))
			fail_msg("%s: %s", t[i].path, rule ? rule : "none");
	}
	assert_true(glob_list_covers(p->allow, "a/Cargo.lock"));
	assert_false(glob_list_covers(p->allow, "a/CARGO.LOCK"));
	policy_free(p);
	scratch_free(dir);
}

TEST(test_protected_modes)
{
	static const struct {
		const char *label, *path, *target;
		unsigned before, after;		/* 0: does not exist */
		const char *rule;
	} t[] = {
		{ "through a name", "l", "x/../a", 0, 0120000, "link" },
		{ "empty", "l", "", 0, 0120000, "link" },
		{ "unknown", "l", NULL, 0, 0120000, "link" },
		{ "hooks", "a/l", "..//.GIT/hooks", 0, 0120000, "git" },
		{ "no git", "l", "a.git/.gitx", 0, 0120000, NULL },
	};
	char *dir = scratch_new();
	struct policy_options o = { .root = dir };
	struct policy *p = policy_open(&o);
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		struct stage_side b = { .exists = t[i].before != 0,

		if ((rule == NULL) != (t[i].rule == NULL) ||
		    (rule != NULL && strstr(rule, t[i].rule) == NULL))
			fail_msg("%s: %s", t[i].label, rule ? rule : "none");
	}
	policy_free(p);
	scratch_free(dir);
}

/* Names that are another's on some file system, and those that are not. */
TEST(test_protected_twins)
{
	static const struct {
		const char *path, *rule;	/* NULL: not protected */
	} t[] = {
		{ "AGENT\xc5\xbf.md", "agents' instructions" },
		{ ".v\xc5\xbf"
		{ "caf\xc3\xa9.txt", NULL },
		{ "...", NULL },
		{ ":x", NULL },
	};
	static const char *const mine[] = { "d\xc3\xa9ploy/", NULL };
	struct stage_side side = { .exists = true, .mode = 0100644 };
	char *dir = scratch_new();
	struct policy_options o = { .root = dir, .protected_globs = mine };
	struct policy *p = policy_open(&o);
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		const char *rule = policy_protected(p, t[i].path, &side,
			fail_msg("%zu %s: %s", i, t[i].path, rule ? rule :
			    "none");
	}
	assert_true(policy_is_test(p, "Tests./x.py"));
	assert_string_equal(policy_runs_at(p, "MAKEFILE."), "make");
	policy_free(p);
	scratch_free(dir);
}

TEST(test_secrets)
{
	static const char *const mine[] = { "vault/", NULL };
	static const char *const lift[] = { "tests/*.pem", NULL };
	static const struct { const char *path, *text; bool yes; } t[] = {
		{ ".env", "K=1", true },
		{ "app/.ENV.production", "K=1", true },
		{ ".tool/token", "x", true },
		{ "src/token", "x", false },
		{ ".tool/token.py", "x", false },
		{ "env/production", "x", true },
		{ "env/other", "x", false },
	};
	char *dir = scratch_new();
	struct policy_options o = { .root = dir, .secret_globs = mine,
		.lift_globs = lift };
	struct policy *p;
	const char *const *v;
	char *link_path;
	size_t i;
	assert_true(has(policy_secrets(p), "src/deep/.env"));
	scratch_put(dir, "src/late.key", "x");
	v = policy_secrets(p);
	assert_true(has(v, "src/late.key"));
	assert_true(has(v, "src/deep/.env"));
	policy_free(p);
	scratch_free(dir);
}

/* The same with a key, in any file. */
TEST(test_secrets_key_in_place)
{
	static const struct timespec old[2] = { { 1, 0 }, { 1, 0 } };
	static const char *const became[] = { "a/empty", "a/notes.txt",
		"a/large" };
	char *large = xmalloc(KEYTEXT_FILE + 2), *dir = scratch_new(), *path;
	struct policy_options o = { .root = dir };
	struct policy *p;
	size_t i;

	memset(large, 'x', KEYTEXT_FILE + 1);
	large[KEYTEXT_FILE + 1] = '\0';
		assert_false(has(policy_secrets(p), became[i]));
		put_in_place(path, PEM);
		assert_true(has(policy_secrets(p), became[i]));
		free(path);
	}
	policy_free(p);
	scratch_free(dir);
}

TEST(test_ignored_in_repo)
{
	char *dir = scratch_new(), *sub;
	struct policy_options o = { .root = dir };
	git_repository *repo = NULL;
	git_index *index = NULL;
	struct policy *p;
	size_t i;

	assert_false(ignore_match(p->ignore, "a.o", false));
	policy_free(p);
	free(sub);
	git_index_free(index);
	git_repository_free(repo);
	gitlib_release();
	scratch_free(dir);
}

TEST(test_products)
{
	static const char *const globs[] = { "gen/", "!*.class", NULL };
	char *dir = scratch_new();
	struct policy_options o = { .root = dir, .product_globs = globs };
	git_repository *repo = NULL;
	git_index *index = NULL;
	struct buf b = BUF_INIT(0);
	struct policy *p;
	size_t i;
	assert_int_equal(policy_product(p, "out/y.log", false), PRODUCT_HIDDEN);
	buf_release(&b);
	policy_free(p);
	git_index_free(index);
	git_repository_free(repo);
	gitlib_release();
	scratch_free(dir);
}

/* A rule file that is no file, or endless, hides nothing and hangs nothing. */
TEST(test_ignored_hostile)
{
	char *dir = scratch_new(), *path;
	struct policy_options o = { .root = dir };
	struct policy *p;
	char *big;

	path = fs_join(dir, ".gitignore");
	assert_int_equal(mkfifo(path, 0600), 0);
	scratch_put(dir, ".gitignore", big);
	assert_false(ignore_match(p->ignore, "a.o", false));
	assert_non_null(strstr(policy_note(p), "too long"));
	free(big);
	policy_free(p);
	free(path);
	scratch_free(dir);
}

TEST(test_kinds)
{
	static const struct { const char *path, *what; bool is_test; } t[] = {
		{ "tests/a.c", NULL, true }, { "src/a_test.go", NULL, true },
		{ "test_x.py", NULL, true }, { "src/x.spec.ts", NULL, true },
		{ "a/FooTest.java", NULL, true }, { "t/basic.t", NULL, true },
		{ "src/main.c", NULL, false }, { "contest/x.c", NULL, false },
		{ "magefile.go", "a task", false },
		{ "docs/conf.py", "a build", false },
		{ "Setup.hs", "a build", false },
		{ "debian/rules", "a build", false },
		{ "src/conf.py", NULL, false }, { "src/rules", NULL, false },
	};
	char *dir = scratch_new();
	struct policy_options o = { .root = dir };
	struct policy *p = policy_open(&o);
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		const char *what = policy_runs_at(p, t[i].path);
		if (policy_is_test(p, t[i].path) != t[i].is_test ||
		    strcmp(what == NULL ? "-" : what,
		    t[i].what == NULL ? "-" : t[i].what) != 0)
			fail_msg("%s: %s", t[i].path, what);
	}
	policy_free(p);
	scratch_free(dir);
}
