#include "config.h"

#include <sys/inotify.h>

#include <git2.h>

#include "base/fs.h"
#include "base/glob.h"
#include "base/mem.h"
#include "base/secret.h"
#include "gate/gate.h"
#include "gate/policy-table.h"
#include "scratch.h"
#include "store/gitlib.h"
#include "tests/messages.h"
#include "tests/unit/unit.h"

TEST(test_glob)
{
	static const struct {
		const char *pattern, *path;
		bool dir, yes, fold;
	} t[] = {
		{ "*.o", "a.o", false, true, false },
		{ "*.o", "x/y/a.o", false, true, false },
		{ "*", ".hidden", false, true, false },
		{ "/a", "a", false, true, false },
		{ "a/b", "a/b", false, true, false },
		{ "**/a/b", "x/a/b", false, true, false },
		{ "a/**/b", "a/x/.y/b", false, true, false },
		{ "a/**", "a/.x", false, true, false },
		{ "a/**/b/**/c", "a/b/x/b/c", false, true, false },
		{ "a/*", "a/x/y", false, false, false },
		{ "a?c", "a/c", false, false, false },
		{ "build/", "build", true, true, false },
		{ "build/", "build", false, false, false },
		{ "build/", "x/build", true, true, false },
		{ "[ab]x", "bx", false, true, false },
		{ "[]]x", "]x", false, true, false },
		{ "[[:digit:]]x", "7x", false, true, false },
		{ "[a-", "a", false, false, false },
		{ "[", "[", false, false, false },
		{ "\\*", "*", false, true, false },
		{ "\\#a", "#a", false, true, false },
		{ "#a", "#a", false, false, false },
		{ "\\!a", "!a", false, true, false },
		{ "A.PEM", "a.pem", false, false, false },
		{ "A.PEM", "a.pem", false, true, true },
		{ "*.pem", "X.PeM", false, true, true },
		{ "\xff*", "\xff\xfe", false, true, false },
		{ "a**b", "axxb", false, true, false },
		{ "/", "a", false, false, false },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		struct glob_list *g = glob_list_new(t[i].fold);

		glob_list_add(g, t[i].pattern, strlen(t[i].pattern));
		if ((glob_list_match(g, t[i].path, t[i].dir) == GLOB_YES) !=
		    t[i].yes)
			fail_msg("pattern %s, path %s", t[i].pattern,
			    t[i].path);
		glob_list_free(g);
	}
}

static struct policy *
policy_open(const struct policy_options *o)
{
	struct err e = ERR_INIT;
	struct policy *p = policy_new(o, &e);

	if (p == NULL)
		fail_msg("%s", e.text);
	return p;
}

SCRATCH_TEST(test_protected)
{
	static const char *const mine[] = { "deploy/**", NULL };
	static const char *const allowed[] = { "*.lock", NULL };
	static const struct {
		const char *path, *rule;	/* NULL: not protected */
	} t[] = {
		{ "src/a.c", NULL },
		{ "Makefile", NULL },
		{ "src/hooks/useThing.ts", "hooks" },
		{ "tools/git_hooks/pre-push", "hooks" },
		{ "src/hook/a.c", NULL },
		{ ".gitignore", "git configuration" },
		{ "sub/.EditorConfig", "git configuration" },
		{ "sub/.GitModules", "git configuration" },
		{ ".github/workflows/ci.yml", "continuous integration" },
		{ "x/Jenkinsfile", "continuous integration" },
		{ "CVS/Entries", "version control" },
		{ "x/a.pth", NULL },
		{ "pnpm-workspace.yaml", "package manager settings" },
		{ "hooks/pre-commit", "hooks" },
		{ "sub/.Rprofile", MSG_INTERPRETERS_START_FILE },
		{ "app/eslint.config.js", "tool configuration" },
		{ "src/config.js", NULL },
		{ "cloudbuild.py", NULL },
		{ "build.rs", "build" },
		{ "a/.flake8", MSG_INTERPRETERS_START_FILE },
		{ "eslintrc.md", NULL },
		{ "mise/src/a.c", NULL },
		{ ".envrc", "secret" },
		{ ".tool-versions", "shell environment" },
		{ ".vscode/tasks.json", MSG_EDITORS_PROJECT_FILES },
		{ "a/.VSCode/tasks.json", MSG_EDITORS_PROJECT_FILES },
		{ ".exrc", MSG_EDITORS_PROJECT_FILES },
		{ "ansible.cfg", "deployment" },
		{ ".npmrc", MSG_PACKAGE_MANAGER_SETTINGS },
		{ "src/tools/bazel", NULL },
		{ "AGENTS.md", "agents' instructions" },
		{ "sub/AGENTS.local.md", "agents' instructions" },
		{ "sub/claude.md", "agents' instructions" },
		{ "package-lock.json", "lockfile" },
		{ "src/auth/login.c", "authentication" },
		{ "payments/x.py", "payments" },
		{ "author/x.py", NULL },
		{ "src/author.py", NULL },
		{ "src/payload.c", NULL },
		{ "src/unauthored.c", NULL },
		{ "src/scripts/menu.js", NULL },
		{ "auth.py", "authentication" },
		{ "src/user_auth.go", "authentication" },
		{ "app/AuthService.java", "authentication" },
		{ "payment.py", "payments" },
		{ "CODEOWNERS", MSG_REVIEWS_AND_BOTS },
		{ "renovate.json", MSG_REVIEWS_AND_BOTS },
		{ "deno.json", "build" },
		{ "skaffold.yaml", "deployment" },
		{ "install.sh", "scripts" },
		{ "scripts/x", "scripts" },
		{ ".env", "secret" },
		{ ".env.local", "secret" },
		{ ".env.example", NULL },
		{ "deploy/x/y", MSG_NAMED_BY_YOUR_SETTINGS },
	};
	struct stage_side side = { .exists = true, .mode = 0100644 };
	char *dir = *state;
	struct policy_options o = { .root = dir, .protected_globs = mine,
		.allow_globs = allowed };
	struct policy *p = policy_open(&o);
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		const char *rule = policy_protected(p, t[i].path, &side,
		    &side, NULL);

		if ((rule == NULL) != (t[i].rule == NULL) ||
		    (rule != NULL && strcmp(rule, t[i].rule) != 0))
			fail_msg("%s: %s", t[i].path, rule ? rule : "none");
	}
	assert_true(glob_list_covers(p->allow, "a/Cargo.lock"));
	assert_false(glob_list_covers(p->allow, "a/CARGO.LOCK"));
	/* Answers about its folder from before a glob is added aren't
	 * reused. */
	glob_list_add(p->allow, "a/", 2);
	assert_true(glob_list_covers(p->allow, "a/CARGO.LOCK"));
	assert_false(glob_list_covers(p->allow, "ab/CARGO.LOCK"));
	policy_free(p);
}

SCRATCH_TEST(test_protected_modes)
{
	static const struct {
		const char *label, *path, *target;
		unsigned before, after;		/* 0: does not exist */
		const char *rule;
	} t[] = {
		{ "bit added", "a", NULL, 0100644, 0100755, "executable bit" },
		{ "new with it", "a", NULL, 0, 0100755, "executable bit" },
		{ "bit removed", "a", NULL, 0100755, 0100644, NULL },
		{ "deleted", "a", NULL, 0100755, 0, NULL },
		{ "link for a folder", ".vscode", "vsc", 0, 0120000,
		  "editor's" },
		{ "link goes", ".husky", NULL, 0120000, 0, "hooks" },
		{ "file for a link", ".husky", NULL, 0120000, 0100644,
		  "hooks" },
		{ "link inside", "d/l", "../a", 0, 0120000, NULL },
		{ "dots only", "d/e/l", "./../.././x", 0, 0120000, NULL },
		{ "too far up", "d/l", "../../a", 0, 0120000, "link" },
		{ "absolute", "l", "/etc/passwd", 0, 0120000, "link" },
		{ "through a name", "l", "x/../a", 0, 0120000, "link" },
		{ "empty", "l", "", 0, 0120000, "link" },
		{ "unknown", "l", NULL, 0, 0120000, "link" },
		{ "hooks", "a/l", "..//.GIT/hooks", 0, 0120000, "git" },
		{ "no git", "l", "a.git/.gitx", 0, 0120000, NULL },
	};
	char *dir = *state;
	struct policy_options o = { .root = dir };
	struct policy *p = policy_open(&o);
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		struct stage_side b = { .exists = t[i].before != 0,
			.mode = t[i].before };
		struct stage_side a = { .exists = t[i].after != 0,
			.mode = t[i].after };
		const char *rule = policy_protected(p, t[i].path, &b, &a,
		    t[i].target);

		if ((rule == NULL) != (t[i].rule == NULL) ||
		    (rule != NULL && strstr(rule, t[i].rule) == NULL))
			fail_msg("%s: %s", t[i].label, rule ? rule : "none");
	}
	policy_free(p);
}

/* Names that are another's on some file system, and those that are not. */
SCRATCH_TEST(test_protected_twins)
{
	static const struct {
		const char *path, *rule;	/* NULL: not protected */
	} t[] = {
		{ "AGENT\xc5\xbf.md", "agents' instructions" },
		{ ".v\xc5\xbf"
		  "code/tasks.json",
		    MSG_EDITORS_PROJECT_FILES },
		{ ".g\xe2\x80\x8dithub/x", "continuous integration" },
		{ ".gi\xcc\xb0t/x", NULL },
		{ "AGENTS.md . ", "agents' instructions" },
		{ "AGENTS.md::$DATA", "agents' instructions" },
		{ "a/.github\\workflows\\x.yml", "continuous integration" },
		{ ".git\\hooks", "git configuration" },
		{ "a/.ENV.", "secret" },
		{ "d\xc3\xa9ploy/x", MSG_NAMED_BY_YOUR_SETTINGS },
		{ "D\xc3\x89PLOY/x", MSG_NAMED_BY_YOUR_SETTINGS },
		{ "GITHUB~1/x", "short name" },
		{ "CLAUDE~1.MD", "short name" },
		{ "a~b", NULL },
		{ "longname~1", NULL },
		{ "x~1.text", NULL },
		{ "file.c.~1~", NULL },
		{ "caf\xc3\xa9.txt", NULL },
		{ "...", NULL },
		{ ":x", NULL },
	};
	static const char *const mine[] = { "d\xc3\xa9ploy/", NULL };
	struct stage_side side = { .exists = true, .mode = 0100644 };
	char *dir = *state;
	struct policy_options o = { .root = dir, .protected_globs = mine };
	struct policy *p = policy_open(&o);
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		const char *rule = policy_protected(p, t[i].path, &side,
		    &side, NULL);

		if ((rule == NULL) != (t[i].rule == NULL) ||
		    (rule != NULL && strcmp(rule, t[i].rule) != 0))
			fail_msg("%zu %s: %s", i, t[i].path, rule ? rule :
			    "none");
	}
	assert_true(policy_is_test(p, "Tests./x.py"));
	assert_string_equal(policy_runs_at(p, "MAKEFILE."), "make");
	assert_int_equal(policy_reader(p, "X.SH."), POLICY_READER_SHELL);
	policy_free(p);
}

/* What runs a file later. */
SCRATCH_TEST(test_runs_at)
{
	static const struct {
		const char *path, *at;
	} t[] = {
		{ "src/a.c", NULL },
		{ "src/waf/rules.c", NULL },
		{ "src/bin/main.rs", NULL },
		{ "src/project/a.scala", NULL },
		{ "gradlew", "gradle" },
		{ "app/buildSrc/src/x.kt", "gradle" },
		{ "mvnw.cmd", "mvn" },
		{ "waf", "a build" },
		{ "conf.py", "a build" },
		{ "project/project/x.scala", "a build" },
		{ "lib/x.pth", "each start of Python" },
		{ "dev/user.clj", "each start in its folder" },
		{ "bootstrap.sh", "configure" },
		{ "sub/build.mill", "a build" },
		{ "project.clj", "a build" },
		{ "deps.edn", "a build" },
		{ "lakefile.lean", "a build" },
		{ "manage.py", "a task" }, { "e2e/wdio.conf.ts", "a task" },
		{ "_build_backend.py", "a build" },
		{ "x.csproj.user", "dotnet build" },
	};
	struct policy_options o = { .root = *state };
	struct policy *p = policy_open(&o);
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		const char *at = policy_runs_at(p, t[i].path);

		if ((at == NULL) != (t[i].at == NULL) ||
		    (at != NULL && strcmp(at, t[i].at) != 0))
			fail_msg("%s: %s", t[i].path, at ? at : "none");
	}
	/* Only a manifest beside it makes a folder one of caches. */
	for (i = 0; i < MEM_COUNT(policy_cache_rows); i++) {
		const char *w = policy_cache_rows[i].beside;
		size_t n;

		for (; w != NULL && *w != '\0'; w += n + strspn(w + n, " ")) {
			AUTO_FREE char *name = NULL;

			n = strcspn(w, " ");
			name = xmemdup(w, n);
			if (w[0] != '.' && policy_runs_at(p, name) == NULL)
				fail_msg("%s", name);
		}
	}
	policy_free(p);
}

/* The rule "small" accepts these alone: of the same kind as what git tracks there,
 * and new only where no tool looks for a name. */
SCRATCH_TEST(test_own_sources)
{
	static const struct { const char *path; uint32_t mode; } tracked[] = {
		{ "src/a.c", 0100644 }, { "src/.hid/a.c", 0100644 },
		{ "src/link.js", 0120000 }, { "src/run.py", 0100755 },
		{ "docs/a.md", 0100644 }, { "main.py", 0100644 },
		{ "x.json", 0100644 }, { "src/a.json", 0100644 },
		{ "web/index.js", 0100644 }, { "web/package.json", 0100644 },
		{ "src/vendor/a.c", 0100644 }, { "bin/a.py", 0100644 },
		{ "lib/requirements.txt", 0100644 }, { "src/a.sh", 0100644 },
	};
	static const char look[] = MSG_IT_IS_NEW_WHERE_TOOLS_LOOK;
	static const char none[] = MSG_TRACKS_NONE_OF_ITS_KIND;
	static const char other[] = MSG_IT_IS_NO_SOURCE;
	static const struct { const char *path; bool new; const char *why; } t[] = {
		{ "src/a.c", false, NULL }, { "src/b.c", true, NULL },
		{ "src/b.test.c", true, NULL }, { "docs/b.md", true, NULL },
		{ "main.py", false, NULL }, { "web/index.js", false, NULL },
		{ "conf.py", true, look }, { "_build_backend.py", true, look },
		{ "web/karma.js", true, look }, { "web/sub/a.js", true, none },
		{ "src/deep/b.c", true, none }, { "src/b.C", true, other },
		{ "SRC/b.c", true, none }, { "src/b.h", true, none },
		{ "src/b.js", true, none }, { "src/b.py", true, none },
		{ "gulp/b.js", true, none }, { "README.md", true, none },
		{ "src/.b.c", true, other }, { "src/.hid/a.c", false, other },
		{ "src/vendor/a.c", false, other }, { "bin/a.py", false, other },
		{ "x.json", false, other }, { "src/a.json", false, other },
		{ "lib/requirements.txt", false, other },
		{ "src/a.sh", false, other }, { "src/b.c.in", true, other },
		{ "src/b", true, other }, { "src/b.c/Tupfile", true, other },
		{ "BUCK", true, other }, { "Jamroot", true, other },
		{ "debian/postinst", true, other }, { "src/Makevars", true, other },
		{ "META-INF/services/x.Processor", true, other },
		{ "x-gdb.scm", true, other }, { "config/runtime.exs", true, other },
		{ "k8s/deploy.yaml", true, other }, { "x.spec", true, other },
	};
	const struct policy_options o = { .root = *state };
	git_repository *repo = NULL;
	git_index *index = NULL;
	struct policy *p = policy_open(&o);
	size_t i;

	/* Without git no file is the project's. */
	assert_string_equal(policy_not_own(p, "src/a.c", false), none);
	policy_free(p);
	assert_int_equal(gitlib_init(NULL), 0);
	assert_int_equal(git_repository_init(&repo, *state, 0), 0);
	assert_int_equal(git_repository_index(&index, repo), 0);
	for (i = 0; i < MEM_COUNT(tracked); i++) {
		const git_index_entry e = { .path = tracked[i].path,
			.mode = tracked[i].mode };

		assert_int_equal(git_index_add_from_buffer(index, &e, "x\n",
		    2), 0);
	}
	assert_int_equal(git_index_write(index), 0);
	p = policy_open(&o);
	for (i = 0; i < MEM_COUNT(t); i++) {
		const char *why = policy_not_own(p, t[i].path, t[i].new);

		if ((why == NULL) != (t[i].why == NULL) || (why != NULL &&
		    strstr(why, t[i].why) == NULL))
			fail_msg("%s: %s", t[i].path, why ? why : "none");
	}
	policy_free(p);
	git_index_free(index);
	git_repository_free(repo);
	gitlib_release();
}

static bool
has(const char *const *v, const char *what)
{
	for (; *v != NULL; v++) {
		if (strcmp(*v, what) == 0)
			return true;
	}
	return false;
}

#define PEM "-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQEAx3UbdVNSdRvZ1Q\n" \
	"-----END PRIVATE KEY-----\n"

SCRATCH_TEST(test_secrets)
{
	static const char *const mine[] = { "vault/", "tests/firm*", NULL };
	static const char *const lift[] = { "tests/*.pem", "tests/", NULL };
	static const char *const machine[] = { "tests/firm*", NULL };
	static const struct { const char *path, *text; bool yes; } t[] = {
		{ ".env", "K=1", true },
		{ "app/.ENV.production", "K=1", true },
		{ ".env.example", "K=", false },
		{ "tls/a.pem", "x", true },
		{ "tests/a.pem", "x", false },
		{ "tests/firm.pem", "x", true },
		{ "id_rsa", "x", true },
		{ "id_rsa.pub", "x", false },
		{ "infra/x.tfstate", "{}", true },
		{ "infra/prod.tfvars.example", "k=1", false },
		{ "www/wp-config.php", "<?php", true },
		{ "www/wp-config-sample.php", "<?php", false },
		{ "ops/deploy_key", "x", true },
		{ "ops/deploy_key.pub", "x", false },
		{ "m2/settings.xml", "<a><Password>x</Password></a>", true },
		{ "app/settings.xml", "<a/>", false },
		{ ".npmrc", "//r/:_authToken=abc\n", true },
		{ "sub/.npmrc", "save-exact=true\n", false },
		{ "vault/a.txt", "x", true },
		{ "node_modules/a/.env", "x", true },
		{ "node_modules/a/b/c/d/.env", "x", false },
		{ "src/main.c", "int x;", false },
		{ "ops/prod", PEM, true },
		{ "src/key.py", PEM, true },
		{ "ops/bundle.txt", "-----BEGIN CERTIFICATE-----\nMII\n"
		  "-----END CERTIFICATE-----\n" PEM, true },
		{ "docs/keys.txt", "A key:\n" PEM, false },
		{ "tests/lifted.pem", PEM, false },
		{ ".git/config", "url = https://me:hunter2@host/r\n", false },
		{ ".git/x.pem", "x", false },
		{ "bare/HEAD", "ref: refs/heads/main\n", false },
		{ "bare/config", "url = https://me:hunter2@host/r\n", true },
		{ "mirror/HEAD", "ref: refs/heads/main\n", false },
		{ "mirror/config", "url = https://host/r\n", false },
		{ "deploy/config", "url = https://me:hunter2@host/r\n", false },
		{ "new\nline/.env", "x", true },
		{ "..env.swp", "x", true },
		{ "tls.key.bak", "x", true },
		{ "vault-list/.#id_rsa", "x", true },
		{ "main.c.bak", "x", false },
		{ "infra/prod.tfvars.example~", "k=1", false },
		{ "conf/credentials.yaml", "x", true },
		{ "token.txt", "x", true },
		{ "auth.json", "{}", true },
		{ "secrets.example.json", "{}", false },
		{ "tokens.json", "{}", false },
		{ "tokenizer.json", "{}", false },
		{ "src/token.c", "x", false },
		{ "src/password.py", "x", false },
		{ "secretary.txt", "x", false },
		{ "#.env#", "x", true },
		{ ".dev.vars", "K=1", true },
		{ "app/.secret", "x", true },
		{ "sub/.aws/credentials", "x", true },
		{ ".tool/token", "x", true },
		{ "src/token", "x", false },
		{ ".tool/token.py", "x", false },
		{ "env/production", "x", true },
		{ "env/other", "x", false },
	};
	char *dir = *state;
	struct policy_options o = { .root = dir, .secret_globs = mine,
		.lift_globs = lift, .machine_secret = machine };
	struct policy *p;
	const char *const *v;
	char *link_path;
	size_t i;

	scratch_put(dir, ".gitignore", "node_modules/\n");
	for (i = 0; i < MEM_COUNT(t); i++)
		scratch_put(dir, t[i].path, t[i].text);
	link_path = xasprintf("%s/link", dir);
	assert_int_equal(mkdir(link_path, 0755), 0);
	free(link_path);
	link_path = xasprintf("%s/link/.env", dir);
	assert_int_equal(symlink("../env/production", link_path), 0);
	free(link_path);
	p = policy_open(&o);
	v = policy_secrets(p);
	for (i = 0; i < MEM_COUNT(t); i++) {
		if (has(v, t[i].path) != t[i].yes)
			fail_msg("%s", t[i].path);
		/* The same answer for a single path. */
		if (strncmp(t[i].path, ".git/", 5) != 0 &&
		    policy_hides(p, t[i].path) != t[i].yes)
			fail_msg("one: %s", t[i].path);
	}
	/* One that comes later is seen, and one that goes too. */
	scratch_put(dir, "src/deep/.env", "K=1");
	assert_true(has(policy_secrets(p), "src/deep/.env"));
	scratch_put(dir, "src/late.key", "x");
	v = policy_secrets(p);
	assert_true(has(v, "src/late.key"));
	assert_true(has(v, "src/deep/.env"));
	policy_free(p);
}

static void
put_in_place(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* The same with a key, in any file. */
SCRATCH_TEST(test_secrets_key_in_place)
{
	static const struct timespec old[2] = { { 1, 0 }, { 1, 0 } };
	static const char *const became[] = { "a/empty", "a/notes.txt",
		"a/large" };
	char *large = xmalloc(KEYTEXT_FILE + 2), *dir = *state, *path;
	struct policy_options o = { .root = dir };
	struct policy *p;
	size_t i;

	memset(large, 'x', KEYTEXT_FILE + 1);
	large[KEYTEXT_FILE + 1] = '\0';
	scratch_put(dir, "a/empty", "");
	scratch_put(dir, "a/notes.txt", "so far only notes, and some of them\n");
	scratch_put(dir, "a/large", large);
	free(large);
	path = fs_join(dir, "a");
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	assert_int_equal(utimensat(AT_FDCWD, dir, old, 0), 0);
	free(path);
	p = policy_open(&o);
	for (i = 0; i < MEM_COUNT(became); i++) {
		path = fs_join(dir, became[i]);
		assert_false(has(policy_secrets(p), became[i]));
		put_in_place(path, PEM);
		assert_true(has(policy_secrets(p), became[i]));
		put_in_place(path, "no longer a key, but long enough for one\n");
		assert_false(has(policy_secrets(p), became[i]));
		put_in_place(path, PEM);
		assert_true(has(policy_secrets(p), became[i]));
		free(path);
	}
	policy_free(p);
}

/* What a call may read without another search. */
SCRATCH_TEST(test_clear)
{
	static const struct { const char *path; bool tracked, clear; } t[] = {
		{ "notes.txt", true, true },
		{ "src/a.c", true, true },
		{ "src/new.c", false, false },
		{ ".env", true, false },
		{ "key.txt", true, false },
	};
	char *dir = *state, *notes = fs_join(dir, "notes.txt"), *link;
	char *pipe = fs_join(dir, "src/a.c"), event[256];
	int watch = unit_inotify();
	struct policy_options o = { .root = dir };
	git_repository *repo = NULL;
	git_index *index = NULL;
	struct policy *p;
	size_t i;

	assert_int_equal(gitlib_init(NULL), 0);
	assert_int_equal(git_repository_init(&repo, dir, 0), 0);
	assert_int_equal(git_repository_index(&index, repo), 0);
	for (i = 0; i < MEM_COUNT(t); i++) {
		scratch_put(dir, t[i].path, strcmp(t[i].path, "key.txt") == 0 ?
		    PEM : "long enough for a key, but without one\n");
		if (t[i].tracked)
			assert_int_equal(git_index_add_bypath(index,
			    t[i].path), 0);
	}
	assert_int_equal(git_index_write(index), 0);
	link = fs_join(dir, "there");
	assert_int_equal(symlink("src", link), 0);
	p = policy_open(&o);
	assert_false(policy_is_clear(p, "notes.txt"));
	(void)policy_secrets(p);
	for (i = 0; i < MEM_COUNT(t); i++)
		if (policy_is_clear(p, t[i].path) != t[i].clear)
			fail_msg("%s", t[i].path);
	assert_false(policy_is_clear(p, "src"));
	assert_false(policy_is_clear(p, "there/a.c"));
	assert_false(policy_is_clear(p, "none"));
	/* The user writes a key into it, and takes it out again. */
	put_in_place(notes, PEM);
	assert_false(policy_is_clear(p, "notes.txt"));
	assert_true(has(policy_secrets(p), "notes.txt"));
	put_in_place(notes, "no longer a key, but long enough for one\n");
	assert_false(policy_is_clear(p, "notes.txt"));
	assert_false(has(policy_secrets(p), "notes.txt"));
	assert_true(policy_is_clear(p, "notes.txt"));
	/* A pipe in its place isn't opened. */
	assert_int_equal(unlink(pipe), 0);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	assert_true(inotify_add_watch(watch, pipe, IN_OPEN) >= 0);
	assert_false(policy_is_clear(p, "src/a.c"));
	assert_int_equal(read(watch, event, sizeof(event)), -1);
	close(watch);
	free(pipe);
	policy_free(p);
	git_index_free(index);
	git_repository_free(repo);
	gitlib_release();
	free(notes);
	free(link);
}

static const struct { const char *path; bool dir, yes, tracked; } ignored[] = {
	{ "a.c", false, false, false },
	{ "a.o", false, true, false },
	{ "x/y/a.o", false, true, false },
	{ "keep/a.o", false, false, false },
	{ "build", true, true, false },
	{ "build", false, false, false },
	{ "build/x/y", false, true, false },
	{ "build/in.c", false, true, true },
	{ "excluded.txt", false, true, false },
	{ "new/dir/a.o", false, true, false },
	{ ".gitignore", false, false, false },
};

static void
ignored_tree(const char *dir)
{
	scratch_put(dir, ".gitignore", "*.o\nbuild/\n");
	scratch_put(dir, "keep/.gitignore", "!*.o\n");
	scratch_put(dir, "build/in.c", "x");
	scratch_put(dir, "a.c", "x");
}

SCRATCH_TEST(test_ignored_in_repo)
{
	char *dir = *state, *sub;
	struct policy_options o = { .root = dir };
	git_repository *repo = NULL;
	git_index *index = NULL;
	struct policy *p;
	size_t i;

	ignored_tree(dir);
	assert_int_equal(gitlib_init(NULL), 0);
	assert_int_equal(git_repository_init(&repo, dir, 0), 0);
	assert_int_equal(git_repository_index(&index, repo), 0);
	scratch_put(dir, ".git/info/exclude", "excluded.txt\n");
	p = policy_open(&o);
	for (i = 0; i < MEM_COUNT(ignored); i++) {
		if (ignore_match(p->ignore, ignored[i].path, ignored[i].dir) !=
		    ignored[i].yes)
			fail_msg("%s", ignored[i].path);
	}
	/* A tracked file isn't ignored, also if it became tracked now. */
	assert_int_equal(git_index_add_bypath(index, "build/in.c"), 0);
	assert_int_equal(git_index_write(index), 0);
	assert_false(ignore_match(p->ignore, "build/in.c", false));
	assert_false(ignore_match(p->ignore, "build", true));
	assert_true(ignore_match(p->ignore, "build/other.c", false));
	/* The rules of the moment count. */
	scratch_put(dir, ".gitignore", "*.log\n");
	assert_false(ignore_match(p->ignore, "a.o", false));
	assert_true(ignore_match(p->ignore, "a.log", false));
	/* Also if it was written in the tick in which it was read. */
	for (i = 0; i < 64; i++) {
		scratch_put(dir, ".gitignore", i % 2 == 0 ? "*.lag\n" :
		    "*.log\n");
		assert_int_equal(ignore_match(p->ignore, "a.log", false),
		    i % 2);
	}
	/* Also for a folder that an earlier pass asked about. */
	for (i = 0; i < 2; i++) {
		policy_hold(p, true);
		assert_int_equal(ignore_match(p->ignore, "d/x/a", false), i);
		assert_int_equal(ignore_match(p->ignore, "d/x/b", false), i);
		policy_hold(p, false);
		scratch_put(dir, ".gitignore", "d/\n*.log\n");
	}
	assert_null(policy_note(p));
	policy_free(p);
	/* A root below the top still has the rules above it. */
	sub = fs_join(dir, "keep");
	o.root = sub;
	p = policy_open(&o);
	assert_true(ignore_match(p->ignore, "a.log", false));
	assert_false(ignore_match(p->ignore, "a.o", false));
	policy_free(p);
	free(sub);
	git_index_free(index);
	git_repository_free(repo);
	gitlib_release();
}

static const struct {
	const char	*label, *path;
	bool		 dir;
	enum ignored	 why;
} ignored_cases[] = {
	{ "python's cache", "pkg/__pycache__/a.cpython-311.pyc", false,
	    IGNORED_CACHE },
	{ "its folder", "pkg/__pycache__", true, IGNORED_CACHE },
	{ "a lone pyc", "a.pyc", false, IGNORED_CACHE },
	{ "an object", "lib/a.o", false, IGNORED_CACHE },
	{ "a source", "lib/a.c", false, IGNORED_NOT },
	{ "dependencies", "web/node_modules/x/index.js", false, IGNORED_CACHE },
	{ "target beside Cargo.toml", "rs/target/debug/x", false,
	    IGNORED_CACHE },
	{ "target of another kind", "src/target/arm.c", false, IGNORED_NOT },
	{ "a folder with a tracked file", "web2/node_modules", true,
	    IGNORED_NOT },
	{ "a new file beside a tracked one", "web2/node_modules/b.js", false,
	    IGNORED_NOT },
	{ "tracked", "kept.o", false, IGNORED_NOT },
	{ MSG_IGNORED_BY_GIT, "x.log", false, IGNORED_GIT },
	{ "a CMake build folder", "lib/build/Testing/log", false,
	    IGNORED_CACHE },
	{ "what is beside it", "lib/log", false, IGNORED_NOT },
	{ "a virtual environment", "venv/bin/python", false, IGNORED_CACHE },
	{ "a folder called so", "env/prod.yaml", false, IGNORED_NOT },
	{ "near misses", "node_modules.md", false, IGNORED_NOT },
};

SCRATCH_TEST(test_ignored)
{
	char *dir = *state;
	struct policy_options o = { .root = dir };
	git_repository *repo = NULL;
	git_index *index = NULL;
	struct buf b = BUF_INIT(0);
	struct policy *p;
	size_t i;

	scratch_put(dir, ".gitignore", "*.log\n");
	scratch_put(dir, "rs/Cargo.toml", "");
	scratch_put(dir, "venv/pyvenv.cfg", "");
	scratch_put(dir, "lib/build/CMakeCache.txt", "");
	scratch_put(dir, "kept.o", "x");
	scratch_put(dir, "web2/node_modules/a.js", "x");
	assert_int_equal(gitlib_init(NULL), 0);
	assert_int_equal(git_repository_init(&repo, dir, 0), 0);
	assert_int_equal(git_repository_index(&index, repo), 0);
	assert_int_equal(git_index_add_bypath(index, "kept.o"), 0);
	assert_int_equal(git_index_add_bypath(index,
	    "web2/node_modules/a.js"), 0);
	assert_int_equal(git_index_write(index), 0);
	p = policy_open(&o);
	for (i = 0; i < MEM_COUNT(ignored_cases); i++)
		if (policy_ignores(p, ignored_cases[i].path,
		    ignored_cases[i].dir) != ignored_cases[i].why)
			fail_msg("%s: %s", ignored_cases[i].label,
			    ignored_cases[i].path);
	/* What the user includes; a name is no pattern. */
	policy_path_glob(&b, "a[1]* .o");
	glob_list_add(p->included, b.p, b.len);
	assert_int_equal(policy_ignores(p, "a[1]* .o", false), IGNORED_NOT);
	assert_int_equal(policy_ignores(p, "a1.o", false), IGNORED_CACHE);
	glob_list_add(p->included, "*.pyc", 5);
	assert_int_equal(policy_ignores(p, "a.pyc", false), IGNORED_NOT);
	/* Files written on purpose are always proposed. */
	pathmap_add(&p->written, "out/x.log", sizeof(struct policy_path));
	assert_int_equal(policy_ignores(p, "out/x.log", false), IGNORED_NOT);
	assert_int_equal(policy_ignores(p, "out", true), IGNORED_NOT);
	assert_int_equal(policy_ignores(p, "out/y.log", false), IGNORED_GIT);
	buf_release(&b);
	policy_free(p);
	git_index_free(index);
	git_repository_free(repo);
	gitlib_release();
}

/* A rule file that isn't a regular file, or is endless, hides nothing and
 * blocks nothing. */
SCRATCH_TEST(test_ignored_hostile)
{
	char *dir = *state, *path;
	struct policy_options o = { .root = dir };
	struct policy *p;
	char *big;

	path = fs_join(dir, ".gitignore");
	assert_int_equal(mkfifo(path, 0600), 0);
	p = policy_open(&o);
	assert_false(ignore_match(p->ignore, "a.o", false));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/zero", path), 0);
	assert_false(ignore_match(p->ignore, "a.o", false));
	assert_int_equal(unlink(path), 0);
	big = xmalloc(400001);
	memset(big, '*', 400000);
	big[400000] = '\0';
	scratch_put(dir, ".gitignore", big);
	assert_false(ignore_match(p->ignore, "a.o", false));
	assert_non_null(strstr(policy_note(p), "too long"));
	free(big);
	policy_free(p);
	free(path);
}

SCRATCH_TEST(test_kinds)
{
	static const struct { const char *path, *what; bool is_test; } t[] = {
		{ "tests/a.c", NULL, true }, { "src/a_test.go", NULL, true },
		{ "test_x.py", NULL, true }, { "src/x.spec.ts", NULL, true },
		{ "a/FooTest.java", NULL, true }, { "app/tests.py", NULL, true },
		{ "src/tests.rs", NULL, true }, { "run-tests.sh", NULL, true },
		{ "TestFoo.java", NULL, true }, { "test.js", NULL, true }, { "t/basic.t", NULL, true },
		{ "src/main.c", NULL, false }, { "contest/x.c", NULL, false },
		{ "contests.py", NULL, false },
		{ "latest.txt", NULL, false },
		{ "sub/Makefile.PL", "make", false },
		{ "autogen.sh", "configure", false },
		{ "magefile.go", "a task", false },
		{ "docs/conf.py", "a build", false },
		{ "Setup.hs", "a build", false },
		{ "debian/rules", "a build", false },
		{ "src/conf.py", NULL, false }, { "src/rules", NULL, false },
		{ "golden/a.txt", NULL, true }, { "src/expected.hpp", NULL, false },
	};
	char *dir = *state;
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
}
