/* Staged changes: a scan of the upper folder as a kernel leaves it. */
#include "config.h"

#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include "staged.h"
#include "tests/messages.h"
#include "tests/unit/unit.h"

/* When set, so many names come out of a folder, and then an error. */
static int names_left = -1;

struct dirent *__real_readdir(DIR *);
struct dirent *__wrap_readdir(DIR *);

struct dirent *
__wrap_readdir(DIR *d)
{
	if (names_left == 0) {
		errno = EIO;
		return NULL;
	}
	if (names_left > 0)
		names_left--;
	return __real_readdir(d);
}

static void
up_gone(struct staged *t, const char *path)
{
	char *full = xasprintf("%s/up/%s", t->stage, path);

	unlink(full);
	if (mknod(full, S_IFCHR, makedev(0, 0)) < 0) {
		print_message("skipped: no whiteout can be made here\n");
		skip();
	}
	free(full);
}

static void
up_opaque(struct staged *t, const char *path)
{
	char *full = xasprintf("%s/up/%s", t->stage, path);

	assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
	if (setxattr(full, "user.overlay.opaque", "y", 1, 0) < 0) {
		print_message("skipped: no user xattrs here\n");
		skip();
	}
	free(full);
}

static void
up_put(struct staged *t, const char *path, const char *text)
{
	char *full = xasprintf("up/%s", path);

	scratch_put(t->stage, full, text);
	free(full);
}

static void
up_chmod(struct staged *t, const char *path, mode_t mode)
{
	char *full = xasprintf("%s/up/%s", t->stage, path);

	assert_int_equal(chmod(full, mode), 0);
	free(full);
}

static void
up_link(struct staged *t, const char *path, const char *target)
{
	char *full = xasprintf("%s/up/%s", t->stage, path);

	assert_int_equal(symlink(target, full), 0);
	free(full);
}

STAGED_TEST(test_kinds)
{
	static const char *const put[] = {
		"edit", "old", "gone", "g", "touched", "same", "bits", "b",
		"dir/a", "1", "dir/b/c", "2", "opaque/a", "3", "opaque/b", "4",
		"file", "f", "was/a", "5", NULL,
	};
	struct stage_scan look = { 0 };
	size_t i;

	staged_init(t, SANDBOX_VIEW_OVERLAY, put);
	staged_before(t);
	up_put(t, "edit", "new");
	up_put(t, "touched", "same");
	up_put(t, "bits", "b");
	up_chmod(t, "bits", 0755);
	up_put(t, "added/x", "x");
	up_put(t, "a\nb\x1b\xff", "odd");
	up_link(t, "link", "../out");
	up_gone(t, "gone");
	up_gone(t, "dir");
	up_opaque(t, "opaque");
	up_put(t, "opaque/b", "B");
	up_put(t, "file/below", "n");
	up_put(t, "was", "w");
	/* Looked at while the call runs, it is as it was after it. */
	assert_int_equal(stage_look(t->st, &look, true, NULL), 0);
	assert_int_equal(look.counted, 14);	/* "touched", not was/a */
	stage_scan_release(&look);
	assert_int_equal(stage_look(t->st, &look, false, NULL), 0);
	assert_int_equal(look.changes_len, 14);
	stage_scan_release(&look);
	staged_scan(t);
	for (i = 0; i < t->scan.changes_len; i++)
		assert_true(t->scan.changes[i].now);
	assert_changes(t, "a\nb\x1b\xff: - > odd; added/x: - > x; "
	    "bits: b > b(100755); dir/a: 1 > -; dir/b/c: 2 > -; "
	    "edit: old > new; file: f > -; file/below: - > n; gone: g > -; "
	    "link: - > ../out(120000); opaque/a: 3 > -; opaque/b: 4 > B; "
	    "was: - > w; was/a: 5 > -");
	assert_int_equal(t->scan.refused_len, 0);
	/* Nothing moved: the same again, and after a restart. */
	staged_scan(t);
	assert_int_equal(t->scan.changes_len, 14);
	staged_reopen(t);
	staged_scan(t);
	assert_int_equal(t->scan.changes_len, 14);
	assert_file(t->root, "edit", "old");
}

/* An entry that could not be read isn't taken for deleted: the scan fails as a
 * whole, and the next one finds all, with the contents it was made from. */
STAGED_TEST(test_unreadable)
{
	static const enum sandbox_view_kind views[] = {
		SANDBOX_VIEW_OVERLAY, SANDBOX_VIEW_COPY,
	};
	static const char *const put[] = { "a", "0", "d/b", "1", NULL };
	struct stage_scan scan;
	size_t i;
	int n;

	for (i = 0; i < MEM_COUNT(views); i++) {
		const char *top = i == 0 ? "up/" : "copy/";
		char *a = xasprintf("%sa", top), *b = xasprintf("%sd/b", top);

		staged_init(t, views[i], put);
		staged_before(t);
		scratch_put(t->stage, a, "A");
		scratch_put(t->stage, b, "B");
		for (n = 0; n < 8; n++) {
			struct err e = ERR_INIT;

			names_left = n;
			if (stage_scan(t->st, &scan, &e) == 0)
				fail_msg("%s%d names, and no error", top, n);
			names_left = -1;
			if (strstr(e.text, MSG_CANNOT_READ_THE_COPY) == NULL)
				fail_msg("%s: %s", top, e.text);
		}
		staged_scan(t);
		assert_changes(t, "a: 0 > A; d/b: 1 > B");
		free(a);
		free(b);
	}
}

TEST(test_refused)
{
	static const char *const put[] = { "a", "0", "had", "0", "had-g", "0",
		"gid", "0", "repo/HEAD", "ref: x",
		"repo/objects/x", "", "repo/refs/x", "", NULL };
	static const struct { const char *path, *why; } t[] = {
		{ "fifo", "fifo" }, { "sock", "socket" },
		{ "suid", "set-user-id" }, { "gid", "set-user-id" },
		{ "had-g", "set-user-id" }, { "big", "too large" },
		{ "bare", "git repository" }, { "repo", "git repository" },
		{ "linked", "git repository" },
	};
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	AUTO_FREE char *had = NULL, *had_g = NULL;
	struct staged s = { 0 };
	char *path;
	size_t i;
	int fd;

	staged_init(&s, SANDBOX_VIEW_OVERLAY, put);
	had = fs_join(s.root, "had");
	had_g = fs_join(s.root, "had-g");
	assert_int_equal(chmod(had, 06755), 0);
	assert_int_equal(chmod(had_g, 02755), 0);
	staged_tick();
	staged_before(&s);
	up_put(&s, "fine", "f");
	up_put(&s, "suid", "s");
	up_chmod(&s, "suid", 04755);
	up_put(&s, "gid", "g");
	up_chmod(&s, "gid", 02755);
	/* Mode bits of the real file aren't a change; one more bit is. */
	up_put(&s, "had", "h");
	up_chmod(&s, "had", 02755);
	up_put(&s, "had-g", "h");
	up_chmod(&s, "had-g", 06755);
	up_put(&s, "bare/HEAD", "ref: refs/heads/x");
	up_put(&s, "bare/config", "[core]\n\tfsmonitor = evil\n");
	up_put(&s, "bare/objects/x", "");
	up_put(&s, "bare/refs/x", "");
	up_put(&s, "linked/HEAD", "ref: refs/heads/x");
	up_put(&s, "linked/commondir", "../common");
	up_put(&s, "repo/config", "[core]\n\tpager = evil\n");
	up_put(&s, "big", "");
	path = xasprintf("%s/up/big", s.stage);
	assert_int_equal(truncate(path, (off_t)1 << 40), 0);
	free(path);
	path = xasprintf("%s/up/fifo", s.stage);
	assert_int_equal(mkfifo(path, 0600), 0);
	free(path);
	path = xasprintf("%s/up", s.stage);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(chdir(path), 0);
	memcpy(sa.sun_path, "sock", 5);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(chdir("/"), 0);
	close(fd);
	free(path);
	staged_scan(&s);
	for (i = 0; i < MEM_COUNT(t); i++) {
		const char *why = staged_refused(&s, t[i].path);

		if (why == NULL || strstr(why, t[i].why) == NULL)
			fail_msg("%s: %s", t[i].path, why ? why : "fine");
	}
	assert_changes(&s, "fine: - > f; had: 0(100755) > h(100755)");
	staged_release(&s);
}

static void
up_size(struct staged *t, const char *path, off_t size)
{
	char *full = xasprintf("%s/up/%s", t->stage, path);

	up_put(t, path, "");
	assert_int_equal(truncate(full, size), 0);
	free(full);
}

/* Entries beyond the bounds of a scan are named, the same at each scan; build
 * files are not counted. */
STAGED_TEST(test_bounds)
{
	static const char *const put[] = { "real", "", "kept", "0", NULL };
	char name[16];
	char *real;
	int i, big;

	staged_init(t, SANDBOX_VIEW_OVERLAY, put);
	real = fs_join(t->root, "real");
	assert_int_equal(truncate(real, 3 << 20), 0);
	free(real);
	t->max_scan = 5 << 20;
	t->max_changes = 5;
	staged_reopen(t);
	staged_before(t);
	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "%d.o", i);
		up_size(t, name, 3 << 20);
	}
	up_size(t, "a", 3 << 20);
	up_size(t, "b", 3 << 20);
	for (i = 0; i < 2; i++) {
		up_put(t, i == 0 ? "z" : "kept", "1");
		staged_scan(t);
		assert_int_equal(t->scan.ignored_all, 40);
		assert_int_equal(t->scan.refused_len, 1);
		assert_string_equal(
		    t->scan.refused[0].why, MSG_TOO_LARGE_TOGETHER);
		big = t->scan.refused[0].path[0];
		assert_true(big == 'a' || big == 'b');
		assert_int_equal(t->scan.changes_len, 2 + i);
		(void)staged_find(t, big == 'a' ? "b" : "a");
		(void)staged_find(t, "z");
	}
	/* The content that it was made from is stored, too. */
	up_put(t, "real", "1");
	staged_scan(t);
	assert_int_equal(t->scan.refused_len, 2);
	assert_int_equal(t->scan.changes_len, 3);
	(void)staged_find(t, big == 'a' ? "b" : "a");
	up_put(t, "y", "1");
	staged_scan(t);
	assert_string_equal(
	    staged_refused(t, "."), MSG_TOO_MANY_ENTRIES_THE_REST);
}

/* New changes beyond the limits leave out none that was shown. */
STAGED_TEST(test_bounds_keep)
{
	static const char *const put[] = { "gone", "0", "kept", "0", NULL };
	static const enum sandbox_view_kind views[] = {
		SANDBOX_VIEW_OVERLAY, SANDBOX_VIEW_COPY,
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(views); i++) {
		if (!staged_can(views[i]))
			continue;
		staged_init(t, views[i], put);
		t->max_changes = 4;
		staged_reopen(t);
		staged_call(t, "rm gone; echo -n 1 > kept; echo -n 1 > made");
		assert_changes(t, "gone: 0 > -; kept: 0 > 1; made: - > 1");
		staged_call(t, "for i in 1 2 3 4 5 6 7 8 9; do : > $i; done");
		assert_non_null(staged_refused(t, "."));
		assert_int_equal(t->scan.changes_len, 4);
		(void)staged_find(t, "gone");
		(void)staged_find(t, "kept");
		(void)staged_find(t, "made");
	}
}

/* Only files that make the project itself a repository are left out. */
STAGED_TEST(test_repo_at_top)
{
	static const enum sandbox_view_kind views[] = {
		SANDBOX_VIEW_OVERLAY, SANDBOX_VIEW_COPY,
	};
	static const char *const put[] = { "a", "0", "objects/n", "1", NULL };
	static const char *const planted[] = { "HEAD", "objects/x", "refs/x",
		"config", "hooks/pre-commit" };
	size_t i, j;

	for (i = 0; i < MEM_COUNT(views); i++) {
		staged_init(t, views[i], put);
		staged_before(t);
		for (j = 0; j < MEM_COUNT(planted) + 2; j++) {
			const char *name = j == 0 ? "a" : j == 1 ? "d/refs" :
			    planted[j - 2];
			char *path = xasprintf("%s/%s", i == 0 ? "up" : "copy",
			    name);

			scratch_put(t->stage, path, "new");
			free(path);
		}
		staged_scan(t);
		assert_changes(t, "a: 0 > new; d/refs: - > new");
		assert_non_null(strstr(staged_refused(t, "HEAD"),
		    "remove it"));
		assert_non_null(staged_refused(t, "config"));
	}
}

/* git's own files never stay, however they are spelt. */
STAGED_TEST(test_git_names)
{
	static const char *const names[] = {
		".git/hooks/x", ".GIT/config", "sub/.git/config", "sub2/.Git",
		"a/.git /x", "b/.git./x", "c/git~1/x", "d/.g\xe2\x80\x8cit/x",
		"e/.git::$INDEX_ALLOCATION/x", "f/.git.........../x",
	};
	size_t i;

	staged_init(t, SANDBOX_VIEW_OVERLAY, NULL);
	staged_before(t);
	for (i = 0; i < MEM_COUNT(names); i++)
		up_put(t, names[i], "evil");
	up_put(t, ".gitignore", "fine");
	up_put(t, "git/x", "fine");
	up_put(t, "x.git/y", "fine");
	staged_scan(t);
	assert_changes(t, ".gitignore: - > fine; git/x: - > fine; "
	    "x.git/y: - > fine");
	assert_non_null(strstr(buf_str(&t->notes), "sub/.git"));
	assert_int_equal(t->scan.refused_len, 0);
}

/* Too deep to follow: said, and the rest is there. */
STAGED_TEST(test_deep)
{
	char *up;
	int fd, i;

	staged_init(t, SANDBOX_VIEW_OVERLAY, NULL);
	staged_before(t);
	up_put(t, "z", "1");
	up = fs_join(t->stage, "up");
	fd = open(up, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; i < 3000; i++) {
		int next;

		assert_int_equal(mkdirat(fd, "d", 0755), 0);
		next = openat(fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = next;
	}
	close(fd);
	free(up);
	staged_scan(t);
	assert_changes(t, "z: - > 1");
	assert_int_equal(t->scan.refused_len, 1);
	assert_non_null(strstr(t->scan.refused[0].why, "too deep"));
}

/* Temporary files of an apply, this session's or another's, are never proposed:
 * not their removal; a file that a command makes of one is named. */
STAGED_TEST(test_temps)
{
	static const char one[] = ".assent-0123456789abcdef01234567.tmp";
	static const char two[] = "d/.assent-0123456789abcdef01234567.tmp";
	const char *const put[] = { one, "0", two, "0", "d/x", "0",
		".assent-0123456789abcdef01234567.tm", "0", NULL };

	staged_init(t, SANDBOX_VIEW_OVERLAY, put);
	staged_before(t);
	up_gone(t, one);
	up_gone(t, ".assent-0123456789abcdef01234567.tm");
	up_gone(t, "d");
	staged_scan(t);
	assert_changes(t, ".assent-0123456789abcdef01234567.tm: 0 > -; "
	    "d/x: 0 > -");
	assert_int_equal(t->scan.refused_len, 0);
	staged_init(t, SANDBOX_VIEW_OVERLAY, put);
	staged_before(t);
	up_put(t, one, "1");
	staged_scan(t);
	assert_int_equal(t->scan.changes_len, 0);
	assert_int_equal(t->scan.refused_len, 1);
	assert_non_null(strstr(t->scan.refused[0].why, "temporary file"));
}

/* A link in the upper never leads the stage out of its folder. */

STAGED_TEST(test_link_escape)
{
	static const char *const put[] = { "d/a", "0", NULL };

	staged_init(t, SANDBOX_VIEW_OVERLAY, put);
	scratch_put(t->dir, "outside/a", "safe");
	staged_before(t);
	up_link(t, "d", "../../../outside");
	staged_scan(t);
	assert_changes(t, "d: - > ../../../outside(120000); d/a: 0 > -");
	/* Refused: the link first, then the file below it. */
	staged_settle(t, "d", NULL, NULL, false);
	staged_settle(t, "d/a", "0", "0", false);
	staged_scan(t);
	assert_changes(t, "");
	assert_file(t->dir, "outside/a", "safe");
}

/* The user's git makes a folder anew while a scan goes through it: what the
 * agent deleted there stays deleted. */
STAGED_TEST(test_folder_made_anew)
{
	static const char *const put[] = {
		"d/a", "0", "d/b", "1", "d/c", "2",
		"e/a", "0", "e/b", "1", "e/c", "2", NULL,
	};
	int n;

	for (n = 1; n <= 3; n++) {
		staged_init(t, SANDBOX_VIEW_OVERLAY, put);
		staged_before(t);
		up_put(t, "d/c", "2");
		up_gone(t, "d/a");
		up_gone(t, "d/b");
		t->swap_at = n;
		staged_scan(t);
		staged_scan(t);
		assert_changes(t, "d/a: 0 > -; d/b: 1 > -");
	}
}

STAGED_TEST(test_manifest_damage)
{
	static const char *const put[] = { "a", "0", NULL };
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct err e = ERR_INIT;
	struct stage_options o;

	staged_init(t, SANDBOX_VIEW_OVERLAY, put);
	staged_before(t);
	up_put(t, "a", "1");
	staged_scan(t);
	stage_free(t->st);
	staged_manifest(t, &b);
	scratch_put(t->stage, "manifest.json", "{\"version\":1,\"fi");
	o = (struct stage_options){ .dir = t->stage, .root = t->root,
		.view = SANDBOX_VIEW_OVERLAY, .blobs = t->blobs };
	assert_null(stage_open(&o, &e));
	assert_true(err_is_set(&e));
	scratch_put(t->stage, "manifest.json", "{\"version\":1,\"files\":["
	    "{},{\"path\":7},{\"path\":\"\"},{\"path\":\"x\",\"base\":1}]}");
	staged_open(t);
	staged_scan(t);
	assert_int_equal(t->scan.changes_len, 1);
}
