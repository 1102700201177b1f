/*
 * The kind of a path changes: the agent turns it into something else, the user
 * accepts that and changes its kind again, as git does when it restores a file.
 * A command must see then what the project has, nothing else is proposed, and
 * the next change is compared with the path as it is. All combinations are
 * paths of one project.
 */
#include "config.h"

#include "base/fs.h"
#include "base/mem.h"
#include "gate/gate.h"
#include "staged.h"
#include "tests/unit/unit.h"

/* The kinds of a path: entries in the order in which they are made. */
struct entry {
	const char	*path;
	mode_t		 mode;
	const char	*text;
};
static const struct entry kinds[][5] = {
	{ { NULL, 0, NULL } },
	{ { "p", S_IFREG | 0644, "a\n" } },
	{ { "p", S_IFREG | 0755, "b\n" } },
	{ { "p", S_IFLNK, "q" } },
	{ { "p", S_IFDIR, NULL }, { "p/in", S_IFREG | 0644, "a\n" } },
	{ { "p", S_IFDIR, NULL }, { "p/in", S_IFREG | 0644, "b\n" },
	    { "p/sub", S_IFDIR, NULL }, { "p/sub/x", S_IFREG | 0644, "c\n" },
	    { "p/sub/y", S_IFREG | 0644, "d\n" } },
};
#define KINDS ((int)MEM_COUNT(kinds))

/* The path's neighbours: none, so that the folder may vanish with it; a file; a
 * file that the agent adds and that stays undecided. */
static const char *const sides[] = { "alone", "beside", "undecided" };

/* The three that change a path; each case's folder has the number of its three
 * kinds.  MEANWHILE is the user, too, before the agent's is accepted. */
enum who { FIRST, AGENT, USER, MEANWHILE };

static int
kinds_make_entry(int fd, const struct entry *x)
{
	int to, rc;

	if (S_ISDIR(x->mode))
		return mkdirat(fd, x->path, 0755);
	if (S_ISLNK(x->mode))
		return symlinkat(x->text, fd, x->path);
	to = openat(fd, x->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0)
		return -1;
	rc = fs_write_all(to, x->text, strlen(x->text)) < 0 ||
	    fchmod(to, x->mode & 0777) < 0 ? -1 : 0;
	close(to);
	return rc;
}

/* The folder of one case. */
static int
kinds_make_one(const char *dir, enum who who, int was, int kind)
{
	static const struct entry z = { "z", S_IFREG | 0644, "z\n" },
	    open_ = { "open", S_IFREG | 0644, "o\n" };
	int fd, i, rc = 0;

	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (who == FIRST && dir[0] != 'a')
		rc = kinds_make_entry(fd, &z);
	if (who == AGENT && dir[0] == 'u')
		rc = kinds_make_entry(fd, &open_);
	for (i = 5; rc == 0 && was != kind && i-- > 0;)
		if (kinds[was][i].path != NULL)
			rc = unlinkat(fd, kinds[was][i].path,
			    S_ISDIR(kinds[was][i].mode) ? AT_REMOVEDIR : 0);
	for (i = 0; rc == 0 && was != kind && i < 5 &&
	    kinds[kind][i].path != NULL; i++)
		rc = kinds_make_entry(fd, &kinds[kind][i]);
	close(fd);
	(void)rmdir(dir);
	return rc;
}

/* In the current folder. */
static int
kinds_make(const void *arg)
{
	enum who who = *(const enum who *)arg;
	int n, s, rc = 0;

	umask(022);
	for (s = 0; s < (int)MEM_COUNT(sides); s++)
		for (n = 0; rc == 0 && n < KINDS * KINDS * KINDS; n++) {
			const int kind[] = { 0, n / KINDS / KINDS,
				n / KINDS % KINDS, n % KINDS };
			char *dir = xasprintf("%s%d%d%d", sides[s], kind[1],
			    kind[2], kind[3]);

			rc = who == MEANWHILE ? kinds_make_one(dir, who,
			    kind[1], kind[3]) : kinds_make_one(dir, who,
			    kind[who], kind[who + 1]);
			free(dir);
		}
	return rc == 0 ? 0 : 1;
}

static void
kinds_user(struct staged *t, enum who who)
{
	int old = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	staged_tick();
	assert_int_equal(chdir(t->root), 0);
	assert_int_equal(kinds_make(&who), 0);
	assert_int_equal(fchdir(old), 0);
	close(old);
	staged_tick();
}

static void
kinds_agent(struct staged *t)
{
	enum who who = AGENT;

	staged_before(t);
	assert_int_equal(staged_child(t, kinds_make, &who), 0);
	staged_scan(t);
}

/* As `assent decide --accept`: all but the files named "open". How many were not
 * written. */
static int
kinds_accept(struct staged *t)
{
	struct apply_op *ops = xcalloc(t->scan.changes_len, sizeof(*ops));
	struct apply_tx *tx;
	struct err e = ERR_INIT;
	size_t i, n = 0;
	int left = 0;

	for (i = 0; i < t->scan.changes_len; i++) {
		const struct stage_change *c = &t->scan.changes[i];

		if (strstr(c->path, "/open") != NULL)
			continue;
		ops[n].path = xstrdup(c->path);
		ops[n].before = c->before;
		ops[n++].after = c->after;
	}
	tx = apply_prepare(t->st->root_fd, NULL, t->blobs, ops, n, &e);
	if (tx == NULL)
		fail_msg("%s", e.text);
	apply_commit_free(tx);
	for (i = 0; i < n; i++) {
		if (!ops[i].done)
			left++;
		else if (stage_rebase_file(t->st, ops[i].path, &ops[i].after,
		    &ops[i].after, true, &e) < 0)
			fail_msg("%s", e.text);
	}
	apply_ops_release(ops, n);
	free(ops);
	staged_scan(t);
	return left;
}

/* The names, kinds and contents of a folder, without `except`. */
#define LIST "{ find . -type l -printf '%%p -> %%l\\n' -o -type f " \
	"-perm -100 -printf '%%p x\\n' -o -printf '%%p %%y\\n'; " \
	"grep -r '' .; } | grep -v '%s' | LC_ALL=C sort >%s/%s"

/* A command sees the project as it is. */
static void
kinds_compare(struct staged *t, const char *except)
{
	char *view = xasprintf(LIST, except, t->dir, "view"),
	    *real = xasprintf("cd %s; " LIST, t->root, except, t->dir, "real"),
	    *diff = xasprintf("cd %s; diff -U0 real view >&2", t->dir);

	staged_call(t, view);
	assert_int_equal(system(real), 0);
	if (system(diff) != 0)
		fail_msg("%s", "the view differs from the project");
	free(view);
	free(real);
	free(diff);
}

static void
kinds_only_open(struct staged *t)
{
	size_t i;

	for (i = 0; i < t->scan.changes_len; i++) {
		const struct stage_change *c = &t->scan.changes[i];

		if (strstr(c->path, "/open") == NULL || c->changed_on_disk)
			fail_msg("%s is proposed", c->path);
	}
}

/* The text of the kind's file `path`, or NULL. */
static const char *
kinds_text(int kind, const char *path)
{
	int i;

	for (i = 0; i < 5 && kinds[kind][i].path != NULL; i++)
		if (strcmp(kinds[kind][i].path, path) == 0)
			return kinds[kind][i].text;
	return NULL;
}

/* A change overwrites without a question only what was there when the agent
 * began, or was merged. */
static void
kinds_check_marks(struct staged *t)
{
	size_t i;

	for (i = 0; i < t->scan.changes_len; i++) {
		const struct stage_change *c = &t->scan.changes[i];
		const char *slash = strchr(c->path, '/'), *text;
		char hash[SHA256_HEX_SIZE] = "";

		if (c->changed_on_disk || !c->before.exists ||
		    (c->after.exists && c->after.mode != 0120000 &&
		    c->before.mode != 0120000))
			continue;
		text = kinds_text(slash[-3] - '0', slash + 1);
		if (text != NULL)
			sha256_hex(text, strlen(text), hash);
		if (strcmp(hash, c->before.hash) != 0)
			fail_msg("%s is the user's", c->path);
	}
}

static void
kinds_init(struct staged *t)
{
	staged_init(t, t->view, NULL);
	kinds_user(t, FIRST);
	kinds_agent(t);
}

TEST_BOTH(test_after_accept)
{
	kinds_init(t);
	assert_int_equal(kinds_accept(t), 0);
	kinds_only_open(t);
	kinds_user(t, USER);
	kinds_compare(t, "/open");
	kinds_only_open(t);
}

/* The agent's change is open: what is proposed then, the user's marked as
 * changed, is all by which the view differs from the project. Only a file of
 * the agent's where the user has a folder stays a conflict. */
TEST_BOTH(test_before_accept)
{
	kinds_init(t);
	kinds_user(t, MEANWHILE);
	staged_scan(t);
	kinds_check_marks(t);
	staged_call(t, ":");
	kinds_check_marks(t);
	assert_int_equal(kinds_accept(t), 21 * (int)MEM_COUNT(sides));
	kinds_compare(t, "/open\\|0[1-3][45]/\\|1[23][45]/\\|2[13][45]/\\|"
	    "3[12][45]/\\|4[1-3]5/");
}

/* A copy of `put`, beside it a file that is too large to be recorded, which the
 * command deletes. The file's path; the caller frees it. */
static char *
kinds_delete_large(struct staged *t,
    const char *const *put, const char *name, const char *command)
{
	char *big;

	staged_init(t, t->view, put);
	big = xasprintf("%s/%s", t->root, name);
	scratch_put(t->root, name, "");
	assert_int_equal(truncate(big, (off_t)8 << 20), 0);
	staged_tick();
	staged_call(t, command);
	return big;
}

/* A deletion that can't be proposed isn't taken back, and is named each time,
 * until the user has made another file. */
TEST_BOTH(test_not_recorded)
{
	static const char *const put[] = { "a", "0", NULL };
	char *big = kinds_delete_large(t, put, "big", "rm a big");
	int i;

	for (i = 0; i < 3; i++) {
		assert_non_null(staged_refused(t, "big"));
		assert_changes(t, "a: 0 > -");
		if (i == 0)
			staged_reopen(t);
		if (i == 1)
			staged_call(t, "! test -e big");
		else
			staged_scan(t);
	}
	staged_tick();
	assert_int_equal(unlink(big), 0);
	scratch_put(t->root, "big", "1");
	staged_tick();
	staged_scan(t);
	assert_changes(t, "a: 0 > -");
	staged_call(t, t->view == SANDBOX_VIEW_OVERLAY ? "test -e big" : ":");
	assert_changes(t, t->view == SANDBOX_VIEW_OVERLAY ? "a: 0 > -" :
	    "a: 0 > -; big!: 1 > -");
	free(big);
}

/* Git ignores the agent's folder, but not the file that the user puts there. */
TEST_BOTH(test_file_for_ignored_folder)
{
	staged_init(t, t->view, NULL);
	staged_call(t, "mkdir out; echo x >out/x.o");
	scratch_put(t->root, "out", "0");
	staged_call(t, "test -f out");
	assert_changes(t, "");
}
