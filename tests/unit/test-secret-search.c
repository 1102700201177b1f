/* The search for secret files: in steps, and again after changes. */
#include "config.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "gate/gate.h"
#include "scratch.h"
#include "tests/unit/rounds.h"
#include "tests/unit/unit.h"

#define PEM "-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQEAx3UbdVNSdRvZ1Q\n" \
	"-----END PRIVATE KEY-----\n"

int	__wrap_clock_gettime(clockid_t, struct timespec *);

/* Nothing has changed just now, so that what is kept counts. */
int
__wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	int rc = (int)syscall(SYS_clock_gettime, id, ts);

	ts->tv_sec += id == CLOCK_REALTIME ? 60 : 0;
	return rc;
}

/* Wait until the file system's time goes on. */
static void
pass(const char *dir)
{
	AUTO_FREE char *path = xasprintf("%s-time", dir);
	struct stat st, was;
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(fstat(fd, &was), 0);
	do {
		assert_int_equal(fchmod(fd, 0600), 0);
		assert_int_equal(fstat(fd, &st), 0);
	} while (memcmp(&st.st_ctim, &was.st_ctim, sizeof(was.st_ctim)) == 0);
	close(fd);
	assert_int_equal(unlink(path), 0);
}

static struct policy *
opened(const char *dir)
{
	struct policy_options o = { .root = dir };
	struct err e = ERR_INIT;
	struct policy *p = policy_new(&o, &e);

	if (p == NULL)
		fail_msg("%s", e.text);
	return p;
}

static bool
has(const char *const *v, const char *what)
{
	for (; *v != NULL; v++)
		if (strcmp(*v, what) == 0)
			return true;
	return false;
}

static void
link_to(const char *dir, const char *path, const char *to)
{
	AUTO_FREE char *full = fs_join(dir, path);

	assert_int_equal(symlink(to, full), 0);
}

/* Until all is looked at, no list is there, and no file counts as clear. */
SCRATCH_TEST(test_search_in_steps)
{
	const char *dir = *state;
	struct policy *p;
	char path[64];
	int i, steps = 0;

	for (i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "part%d/deep/file%d.txt", i / 10,
		    i);
		scratch_put(dir, path, "long enough to be a key, but none\n");
	}
	scratch_put(dir, "part9/deep/z/plain", PEM);
	scratch_put(dir, "part9/deep/z/behind.txt", "no key, but a secret\n");
	link_to(dir, "part9/deep/z/.env", "behind.txt");
	p = opened(dir);
	while (!policy_search(p, 7)) {
		assert_false(policy_is_whole(p));
		assert_null(p->secrets);
		assert_true(steps++ < 1000);
	}
	/* About 140 names, then the files. */
	assert_true(steps > 140 / 7 + 100 / 7);
	assert_true(policy_is_whole(p));
	assert_true(has((const char *const *)p->secrets, "part9/deep/z/plain"));
	assert_true(has((const char *const *)p->secrets,
	    "part9/deep/z/behind.txt"));
	policy_free(p);
	/* One file is judged right at any time; and who needs the list gets all
	 * of it. */
	p = opened(dir);
	assert_false(policy_search(p, 7));
	assert_true(policy_hides(p, "part9/deep/z/plain"));
	assert_true(policy_hides(p, "part9/deep/z/behind.txt"));
	assert_false(policy_hides(p, "part0/deep/file0.txt"));
	assert_false(policy_is_whole(p));
	/* It came where the search has been. */
	scratch_put(dir, "late", PEM);
	assert_true(has(policy_secrets(p), "part9/deep/z/plain"));
	assert_true(policy_is_whole(p));
	pass(dir);
	assert_true(has(policy_secrets(p), "late"));
	policy_free(p);
}

/* Rules of git that change count for all folders below. */
SCRATCH_TEST(test_search_rules)
{
	const char *dir = *state;
	struct policy *p;

	scratch_put(dir, ".gitignore", "build/\n");
	scratch_put(dir, "a/build/x/y/.env", "K=1\n");
	p = opened(dir);
	assert_false(has(policy_secrets(p), "a/build/x/y/.env"));
	pass(dir);
	assert_false(has(policy_secrets(p), "a/build/x/y/.env"));
	/* As editors save. */
	scratch_put(dir, "new", "none/\n");
	{
		AUTO_FREE char *from = fs_join(dir, "new");
		AUTO_FREE char *to = fs_join(dir, ".gitignore");

		assert_int_equal(rename(from, to), 0);
	}
	assert_true(has(policy_secrets(p), "a/build/x/y/.env"));
	policy_free(p);
}

/* A folder of the tree, of at most `depth`. */
static void
any_folder(const char *dir, uint64_t *seed, char *out, size_t n)
{
	uint32_t depth = random_next(seed, 4), i;
	size_t at = (size_t)snprintf(out, n, "%s", dir);

	for (i = 0; i < depth; i++)
		at += (size_t)snprintf(out + at, n - at, "/d%u",
		    random_next(seed, 3));
}

/* A change that a user may make. */
static void
change(const char *dir, uint64_t *seed)
{
	static const char *const names[] = { ".env", "notes.txt", "a.py",
		".npmrc", "id_rsa", ".gitignore", "key", "d1", "config",
		"HEAD" };
	static const char *const texts[] = { PEM, "no key but long enough to be "
		"one, so it is read\n", "//r/:_authToken=abc\n", "d1/\n", "", "[user]\npassword = x\n" };
	char folder[512], other[512], from[600], to[600];
	int fd;

	any_folder(dir, seed, folder, sizeof(folder));
	any_folder(dir, seed, other, sizeof(other));
	snprintf(from, sizeof(from), "%s/%s", folder,
	    names[random_next(seed, MEM_COUNT(names))]);
	snprintf(to, sizeof(to), "%s/%s", other,
	    names[random_next(seed, MEM_COUNT(names))]);
	switch (random_next(seed, 8)) {
	case 0:
		(void)rename(folder, other);
		break;
	case 1:
		(void)fs_remove_tree(AT_FDCWD, from, NULL);
		break;
	case 2:
		(void)symlink(random_next(seed, 2) == 0 ? "notes.txt" : to,
		    from);
		break;
	case 3:
		(void)rename(from, to);
		break;
	default:
		(void)fs_mkdirs(folder, 0755, NULL);
		fd = open(from, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
		    O_NOFOLLOW, 0644);
		if (fd >= 0) {
			const char *text = texts[random_next(seed,
			    MEM_COUNT(texts))];

			assert_int_equal(fs_write_all(fd, text, strlen(text)), 0);
			close(fd);
		}
	}
}

/* What is kept over any changes says the same as a new search. */
SCRATCH_TEST(test_search_kept)
{
	const char *dir = *state;
	unsigned long long rounds = rounds_of(300, 10000), i;
	uint64_t seed = rounds_seed();
	struct policy *kept = opened(dir);

	for (i = 0; i < rounds; i++) {
		struct policy *new;
		const char *const *v, *const *w;
		int changes = (int)random_next(&seed, 4);

		while (changes-- >= 0)
			change(dir, &seed);
		pass(dir);
		new = opened(dir);
		v = policy_secrets(kept);
		w = policy_secrets(new);
		for (; *v != NULL; v++)
			if (!has(w, *v))
				fail_msg("round %llu: kept %s", i, *v);
		for (v = (const char *const *)kept->secrets; *w != NULL; w++)
			if (!has(v, *w))
				fail_msg("round %llu: missed %s", i, *w);
		policy_free(new);
	}
	policy_free(kept);
}

/* Rename one file over another. */
static void
put_over(const char *dir, const char *from, const char *to)
{
	AUTO_FREE char *a = fs_join(dir, from), *b = fs_join(dir, to);

	assert_int_equal(rename(a, b), 0);
}

/* Where a link leads can change in another folder. */
SCRATCH_TEST(test_search_links)
{
	const char *dir = *state;
	struct policy *p;

	scratch_put(dir, "config/dev.txt", "no key, but a secret\n");
	scratch_put(dir, "other/any.txt", "\n");
	link_to(dir, ".env", "config/now");
	link_to(dir, "late.env", "other/new.txt");
	link_to(dir, "config/now", "dev.txt");
	p = opened(dir);
	assert_true(has(policy_secrets(p), "config/dev.txt"));
	pass(dir);
	assert_false(has(policy_secrets(p), "other/new.txt"));
	scratch_put(dir, "other/new.txt", "a secret\n");
	assert_true(has(policy_secrets(p), "other/new.txt"));
	assert_true(policy_hides(p, "other/new.txt"));
	pass(dir);
	assert_false(has(policy_secrets(p), "config/prod.txt"));
	scratch_put(dir, "config/prod.txt", "another\n");
	link_to(dir, "config/new", "prod.txt");
	put_over(dir, "config/new", "config/now");
	assert_true(has(policy_secrets(p), "config/prod.txt"));
	policy_free(p);
}

/* The file begins with a key now, without a trace in its folder: by a name that
 * it got outside the project, or in a mapping. */
static void
overwrite(const char *file, bool mapped)
{
	AUTO_CLOSE int fd = open(file, O_RDWR | O_CLOEXEC);
	char *p;

	if (!mapped) {
		assert_int_equal(fs_write_all(fd, PEM, strlen(PEM)), 0);
		return;
	}
	p = mmap(NULL, strlen(PEM), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(p != MAP_FAILED);
	memcpy(p, PEM, strlen(PEM));
}

/* Whoever changes a file, and whatever replaces its folder: the key is known
 * before the next command. */
SCRATCH_TEST(test_search_in_place)
{
	static const char text[] = "No key, but longer than the one above, so "
		"that a file which is overwritten with that is as long as it "
		"was.\n";
	const char *dir = *state;
	AUTO_FREE char *named = fs_join(dir, "a/named.txt");
	AUTO_FREE char *mapped = fs_join(dir, "a/mapped.txt");
	AUTO_FREE char *moved = fs_join(dir, "new/moved.txt");
	AUTO_FREE char *other = xasprintf("%s-name", dir);
	struct policy *p;

	scratch_put(dir, "a/named.txt", text);
	scratch_put(dir, "a/mapped.txt", text);
	scratch_put(dir, "b/moved.txt", text);
	scratch_put(dir, "new/moved.txt", text);
	p = opened(dir);
	assert_null(policy_secrets(p)[0]);
	assert_int_equal(link(named, other), 0);
	pass(dir);
	assert_null(policy_secrets(p)[0]);
	pass(dir);
	overwrite(other, false);
	overwrite(mapped, true);
	assert_true(has(policy_secrets(p), "a/named.txt"));
	assert_true(has((const char *const *)p->secrets, "a/mapped.txt"));
	assert_int_equal(unlink(other), 0);
	overwrite(moved, false);
	put_over(dir, "b", "old");
	put_over(dir, "new", "b");
	assert_true(has(policy_secrets(p), "b/moved.txt"));
	assert_false(has((const char *const *)p->secrets, "old/moved.txt"));
	policy_free(p);
}

/* Whether a file may hold a token can depend on another one. */
SCRATCH_TEST(test_search_beside)
{
	const char *dir = *state;
	struct policy *p;

	scratch_put(dir, "mirror/config", "[remote \"o\"]\n"
	    "\turl = https://me:ghp_x@example.com/r\n");
	p = opened(dir);
	assert_false(has(policy_secrets(p), "mirror/config"));
	pass(dir);
	scratch_put(dir, "mirror/HEAD", "ref: refs/heads/main\n");
	assert_true(has(policy_secrets(p), "mirror/config"));
	policy_free(p);
}

/* Folders that are made anew, as a build does, don't use up the limit. */
SCRATCH_TEST(test_search_limit)
{
	const char *dir = *state;
	AUTO_FREE char *full = fs_join(dir, "out");
	struct policy *p = opened(dir);
	int i;

	for (i = 0; i < 3; i++) {
		scratch_put(dir, "out/a/b/1", "x\n");
		scratch_put(dir, "out/a/b/2", "x\n");
		assert_false(has(policy_secrets(p), "out"));
		assert_int_equal(p->entries, 5);
		pass(dir);
		assert_int_equal(fs_remove_tree(AT_FDCWD, full, NULL), 0);
		assert_null(policy_secrets(p)[0]);
		assert_int_equal(p->entries, 0);
		pass(dir);
	}
	policy_free(p);
}

/* A command could give itself permission to read what we can't. */
SCRATCH_TEST(test_search_unreadable)
{
	static const char *const shut[] = { "all", "all/deep", "list", "key" };
	const char *dir = *state;
	const char *const *v;
	const bool root = geteuid() == 0;
	struct policy *p;
	size_t i;

	scratch_put(dir, "all/deep/.env", "K=1\n");
	scratch_put(dir, "list/odd", PEM);
	scratch_put(dir, "key", PEM);
	if (root)
		assert_int_equal(chown(dir, 65534, 65534), 0);
	for (i = MEM_COUNT(shut); i-- > 0; ) {
		AUTO_FREE char *path = fs_join(dir, shut[i]);

		if (root)
			assert_int_equal(chown(path, 65534, 65534), 0);
		assert_int_equal(chmod(path, shut[i][0] == 'l' ? 0400 : 0), 0);
	}
	if (root)
		assert_int_equal(seteuid(65534), 0);
	p = opened(dir);
	pass(dir);
	for (i = 0; i < 2; i++) {
		v = policy_secrets(p);
		assert_true(has(v, "all"));
		assert_true(has(v, "list/odd"));
		assert_true(has(v, "key"));
	}
	if (root)
		assert_int_equal(seteuid(0), 0);
	for (i = 0; i < MEM_COUNT(shut); i++) {
		AUTO_FREE char *path = fs_join(dir, shut[i]);

		assert_int_equal(chmod(path, 0700), 0);
	}
	v = policy_secrets(p);
	assert_false(has(v, "all"));
	assert_true(has(v, "all/deep/.env"));
	policy_free(p);
}
