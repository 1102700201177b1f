/*
 * Rules of staged .gitignore files by chance, in a real stage with the real
 * policy. Commands and tools write files, rules come and are rejected, the user
 * makes files. After each call every staged file is either proposed or listed as
 * ignored, and which of the two libgit2 and a few lines here say.
 *
 * SEED=n and ROUNDS=n in the environment; a failure prints the ones to give.
 */
#include "config.h"

#include <git2.h>

#include "base/fs.h"
#include "base/mem.h"
#include "gate/gate.h"
#include "scratch.h"
#include "store/blob.h"
#include "store/gitlib.h"
#include "tests/unit/rounds.h"
#include "tests/unit/unit.h"

#define ROUNDS_USUAL	60
#define STEPS		12

static const char *const files[] = { "made", "x.gen", "d/y.gen", "d/e/z",
	"kept.gen", "mine.gen", "d/mine", ".envrc", "d/.npmrc", "d/e/tool.gen",
	"big.log" };
static const char *const rule_files[] = { ".gitignore", "d/.gitignore",
	"d/e/.gitignore" };
static const char *const rules[] = { "*.gen", "/made", "d/", "y.gen", "e/",
	"*", "z", ".envrc", "/d/e/*", "*.log", ".gitignore", "# z", "[z", "d/e/z",
	"**/mine", "made/" };
/* In the top file alone: libgit2 drops those that take back another file's. */
static const char *const exceptions[] = { "!x.gen", "!made", "!/d/e/z",
	"!big.log", "!*.gen" };

struct world {
	char		*dir, *root, *stage_dir, *git_dir;
	struct blob_store *blobs;
	struct policy	*policy;
	struct stage	*st;
	struct stage_scan scan;
	uint64_t	 seed, first;
	bool		 written[MEM_COUNT(files)];
	bool		 real_exception;	/* "!x.gen" in the real file */
	unsigned	 hidden;		/* seen so, in all rounds */
};

static uint32_t
pick(struct world *w, size_t below)
{
	return random_next(&w->seed, below);
}

static char *
some_rules(struct world *w, bool top)
{
	struct buf b = BUF_INIT(0);
	uint32_t n = 1 + pick(w, 4);

	while (n-- > 0)
		buf_addf(&b, "%s\n", top && pick(w, 4) == 0 ?
		    exceptions[pick(w, MEM_COUNT(exceptions))] :
		    rules[pick(w, MEM_COUNT(rules))]);
	return buf_take(&b);
}

static void
world_open(struct world *w)
{
	char *dir = scratch_new();
	struct err e = ERR_INIT;
	git_repository *repo = NULL;
	git_index *index = NULL;

	w->dir = dir;
	w->root = fs_join(dir, "root");
	w->stage_dir = fs_join(dir, "stage");
	w->git_dir = fs_join(dir, "oracle.git");
	scratch_put(dir, "root/kept.gen", "kept\n");
	scratch_put(dir, "root/mine.gen", "the user's\n");
	scratch_put(dir, "root/d/mine", "the user's\n");
	w->real_exception = pick(w, 3) == 0;
	if (w->real_exception || pick(w, 2) == 0)
		scratch_put(dir, "root/.gitignore", w->real_exception ?
		    "*.log\n!x.gen\n" : "*.log\n");
	assert_int_equal(git_repository_init(&repo, w->root, 0), 0);
	assert_int_equal(git_repository_index(&index, repo), 0);
	assert_int_equal(git_index_add_bypath(index, "kept.gen"), 0);
	assert_int_equal(git_index_write(index), 0);
	git_index_free(index);
	git_repository_free(repo);
	assert_int_equal(git_repository_init(&repo, w->git_dir, 1), 0);
	git_repository_free(repo);
	w->policy = policy_new(&(struct policy_options){ .root = w->root }, &e);
	w->blobs = blob_store_open(dir, false, &e);
	if (w->policy == NULL || w->blobs == NULL)
		fail_msg("%s", e.text);
	w->st = stage_open(&(struct stage_options){ .dir = w->stage_dir,
		.root = w->root, .blobs = w->blobs, .view = pick(w, 2) == 0 ?
		    SANDBOX_VIEW_COPY : SANDBOX_VIEW_OVERLAY,
		.ignores = policy_ignores, .is_tracked = policy_is_tracked,
		.is_secret = policy_hides, .hold = policy_hold,
		.policy = w->policy }, &e);
	if (w->st == NULL)
		fail_msg("%s", e.text);
	w->policy->staged = w->st->staged_fd;
	memset(w->written, 0, sizeof(w->written));
}

static void
world_close(struct world *w)
{
	stage_scan_release(&w->scan);
	stage_free(w->st);
	policy_free(w->policy);
	blob_store_free(w->blobs);
	scratch_free(w->dir);
	FREE_ALL(w->root, w->stage_dir, w->git_dir);
}

/* A hunk of it, or all of it, is rejected: then it is as the user's. */
static void
reject(struct world *w, const char *path)
{
	struct stage_side real;
	struct err e = ERR_INIT;

	if (stage_read_real(w->st, path, NULL, &real, &e) < 0 ||
	    stage_rebase_file(w->st, path, &real, &real, false, &e) < 0)
		fail_msg("SEED=%llu: %s", (unsigned long long)w->first, e.text);
}

/* By a command, or a tool, which says so. */
static void
write_some(struct world *w)
{
	const char *top = w->st->staged_path;
	uint32_t i = pick(w, MEM_COUNT(files)), k = pick(w, 3);
	AUTO_FREE char *text = NULL, *words = NULL;

	if (pick(w, 3) == 0) {
		text = some_rules(w, k == 0);
		scratch_put(top, rule_files[k], text);
		return;
	}
	words = xasprintf("%u\n", pick(w, 1000));
	scratch_put(top, files[i], words);
	if (pick(w, 4) == 0) {
		w->written[i] = true;
		pathmap_add(&w->policy->written, files[i],
		    sizeof(struct policy_path));
	}
}

static void
step(struct world *w)
{
	struct buf notes = BUF_INIT(0);
	struct err e = ERR_INIT;
	uint32_t n = 1 + pick(w, 4), k = pick(w, 6);

	if (k == 0)
		scratch_put(w->root, files[pick(w, MEM_COUNT(files))], "the user's\n");
	if (stage_before_call(w->st, false, &notes, &e) < 0)
		fail_msg("%s", e.text);
	while (n-- > 0)
		write_some(w);
	stage_scan_release(&w->scan);
	if (stage_after_call(w->st, &notes, &e) < 0 ||
	    stage_scan(w->st, &w->scan, &e) < 0)
		fail_msg("%s", e.text);
	buf_release(&notes);
}

static void
reject_some(struct world *w, bool all)
{
	struct err e = ERR_INIT;
	size_t i;

	for (i = 0; i < MEM_COUNT(rule_files); i++)
		if (stage_scan_find(&w->scan, rule_files[i]) != NULL &&
		    (all || pick(w, 2) == 0))
			reject(w, rule_files[i]);
	stage_scan_release(&w->scan);
	if (stage_scan(w->st, &w->scan, &e) < 0)
		fail_msg("%s", e.text);
}

static bool
has(const char *dir, const char *path)
{
	AUTO_FREE char *at = fs_join(dir, path);

	return access(at, F_OK) == 0;
}

/* Would git ignore it by the rules in this folder? libgit2 forgets that a file in
 * an ignored folder can't be taken back. */
static bool
oracle(const struct world *w, const char *dir, const char *path)
{
	git_repository *repo = NULL;
	const char *slash;
	int yes = 0;

	assert_int_equal(git_repository_open(&repo, w->git_dir), 0);
	assert_int_equal(git_repository_set_workdir(repo, dir, 0), 0);
	for (slash = strchr(path, '/'); slash != NULL && !yes;
	    slash = strchr(slash + 1, '/')) {
		AUTO_FREE char *above = xmemdup(path,
		    (size_t)(slash - path) + 1);

		assert_int_equal(git_ignore_path_is_ignored(&yes, repo, above),
		    0);
	}
	if (!yes)
		assert_int_equal(git_ignore_path_is_ignored(&yes, repo, path),
		    0);
	git_repository_free(repo);
	return yes != 0;
}

static bool
is_hidden(const struct world *w, size_t i)
{
	const char *path = files[i];

	if (w->written[i] || strcmp(path, "kept.gen") == 0)
		return false;
	if (oracle(w, w->root, path))
		return true;
	return !has(w->root, path) && strcmp(path, ".envrc") != 0 &&
	    strcmp(path, "d/.npmrc") != 0 && !(w->real_exception &&
	    strcmp(path, "x.gen") == 0) &&
	    oracle(w, w->st->staged_path, path);
}

/* The file and the line that are named as the reason are there, and proposed. */
static void
check_rule(const struct world *w, const char *path)
{
	struct buf rule = BUF_INIT(0), text = BUF_INIT(0);
	struct err e = ERR_INIT;
	size_t n = policy_staged_rule(w->policy, path, &rule);
	char *colon = strstr(buf_str(&rule), ": ");
	AUTO_FREE char *line = NULL;

	assert_non_null(colon);
	assert_true(n == 0 || path[n] == '/');
	*colon = '\0';
	line = xasprintf("\n%s\n", colon + 2);
	buf_adds(&text, "\n");
	assert_int_equal(fs_read_file(w->st->staged_fd, rule.p, &text, &e), 0);
	if (strstr(buf_str(&text), line) == NULL)
		fail_msg("SEED=%llu: %s is hidden by \"%s\", not in %s: %s",
		    (unsigned long long)w->first, path, colon + 2, rule.p,
		    text.p);
	if (stage_scan_find(&w->scan, rule.p) == NULL)
		fail_msg("SEED=%llu: %s is hidden by %s, which isn't proposed",
		    (unsigned long long)w->first, path, rule.p);
	buf_release(&rule);
	buf_release(&text);
}

static void
check(struct world *w)
{
	size_t i, k;

	for (i = 0; i < MEM_COUNT(files); i++) {
		bool proposed = stage_scan_find(&w->scan, files[i]) != NULL;
		bool listed = false, want;

		for (k = 0; k < w->scan.ignored_len; k++)
			listed = listed || strcmp(w->scan.ignored[k],
			    files[i]) == 0;
		if (proposed && listed)
			fail_msg("SEED=%llu: %s is both", (unsigned long long)
			    w->first, files[i]);
		if (!proposed && !listed)
			continue;
		want = is_hidden(w, i);
		if (want != listed)
			fail_msg("SEED=%llu: %s is %s", (unsigned long long)
			    w->first, files[i], listed ? "hidden" : "proposed");
		if (policy_ignores(w->policy, files[i], false) ==
		    IGNORED_STAGED) {
			w->hidden++;
			check_rule(w, files[i]);
		}
	}
	/* Nothing is left out silently. */
	for (i = 0; i < MEM_COUNT(files); i++)
		if (has(w->st->staged_path, files[i]) &&
		    !has(w->root, files[i]) &&
		    stage_scan_find(&w->scan, files[i]) == NULL) {
			for (k = 0; k < w->scan.ignored_len &&
			    strcmp(w->scan.ignored[k], files[i]) != 0; k++)
				;
			if (k == w->scan.ignored_len)
				fail_msg("SEED=%llu: %s is left out",
				    (unsigned long long)w->first, files[i]);
		}
}

TEST(test_rules_by_chance)
{
	unsigned long long n = rounds_of(ROUNDS_USUAL, 2000), seed = rounds_seed();
	struct world w = { 0 };
	size_t i;
	int k;

	assert_int_equal(gitlib_init(NULL), 0);
	for (; n > 0; n--, seed++) {
		w.seed = w.first = seed;
		world_open(&w);
		for (k = 0; k < STEPS; k++) {
			step(&w);
			check(&w);
			reject_some(&w, k == STEPS - 1);
			check(&w);
		}
		for (i = 0; i < MEM_COUNT(files); i++)
			assert_int_not_equal(policy_ignores(w.policy, files[i],
			    false), IGNORED_STAGED);
		world_close(&w);
	}
	assert_true(w.hidden > 0);
	gitlib_release();
}
