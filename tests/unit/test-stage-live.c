/* The lower tree is live: calls, edits of the user and decisions, in turns, on
 * a copy and on a real overlay mount. */
#include "config.h"

#include "staged.h"
#include "tests/unit/unit.h"

#define TEN "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n"

TEST_BOTH(test_merge)
{
	static const char *const put[] = { "a", TEN, "b", "0\n", NULL };

	staged_init(t, t->view, put);
	staged_call(t, "sed -i 's/^1$/one/' a");
	user_writes(t, "a", "1\n2\n3\n4\n5\n6\n7\n8\n9\nten\n");
	/* Seen as it is until the next call: the base is what was recorded. */
	staged_scan(t);
	assert_changes(t, "a!: " TEN " > one\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
	staged_call(t, "grep -q one a && grep -q ten a");
	assert_changes(t, "a: 1\n2\n3\n4\n5\n6\n7\n8\n9\nten\n > "
	    "one\n2\n3\n4\n5\n6\n7\n8\n9\nten\n");
	assert_non_null(strstr(buf_str(&t->notes), "a: the newer version on disk"));
	/* The user makes our change too: nothing left to propose. */
	user_writes(t, "a", "one\n2\n3\n4\n5\n6\n7\n8\n9\nten\n");
	staged_call(t, "true");
	assert_changes(t, "");
}

/* The agent's lines and the user's are in two encodings: no merge. */
TEST_BOTH(test_merge_encodings)
{
	static const char *const put[] = { "ascii", TEN, "latin",
		"1\n2\n\xfc\n4\n5\n6\n7\n", NULL };

	staged_init(t, t->view, put);
	staged_call(t, "sed -i '1s/.*/\\xc3\\xbc/' ascii; "
	    "sed -i 1s/1/one/ latin");
	user_writes(t, "ascii", "1\n2\n3\n4\n5\n6\n7\n8\n9\n\xfc\n");
	/* Converted by the user: our ASCII fits. */
	user_writes(t, "latin", "1\n2\n\xc3\xbc\n4\n5\n6\nseven\n");
	staged_call(t, "true");
	staged_scan(t);
	assert_true(staged_find(t, "ascii")->conflict);
	assert_false(staged_find(t, "latin")->conflict);
	assert_non_null(strstr(buf_str(&t->notes), "ascii: changed on disk "
	    "too, and can't be merged"));
	assert_non_null(strstr(buf_str(&t->notes), "latin: the newer version on disk"));
	/* The user's Latin-1 stays, and so does what is staged. */
	staged_call(t, "LC_ALL=C grep -q one latin && "
	    "tail -n1 ascii | grep -qx 10");
}

/* The change of this path begins at this content. */
static void
conflict_before(struct staged *t, const char *path, const char *want)
{
	struct buf b = BUF_INIT(0);

	assert_non_null(staged_find(t, path));
	staged_side_text(t, &staged_find(t, path)->before, &b);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

TEST_BOTH(test_conflict)
{
	static const char *const put[] = {
		"a", TEN, "bin", "0", "gone", "0", "kept", "0", NULL,
	};
	struct err e = ERR_INIT;
	char *kept, *new;
	size_t i;

	staged_init(t, t->view, put);
	staged_call(t, "sed -i 's/^1$/one/' a; rm gone; printf 1 >kept; "
	    "printf '1\\0' >bin; printf s >new");
	user_writes(t, "a", "uno\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
	user_writes(t, "gone", "1");
	user_writes(t, "bin", "2");
	user_writes(t, "new", "u");
	kept = fs_join(t->root, "kept");
	assert_int_equal(unlink(kept), 0);
	staged_call(t, "grep -q one a && test ! -e gone");
	assert_non_null(strstr(buf_str(&t->notes), "a: changed on disk in the "
	    "same lines"));
	assert_non_null(strstr(buf_str(&t->notes), "gone: deleted in the"));
	assert_non_null(strstr(buf_str(&t->notes), "kept: changed in the"));
	assert_int_equal(t->scan.changes_len, 5);
	assert_true(staged_find(t, "a")->changed_on_disk);
	assert_true(staged_find(t, "bin")->changed_on_disk);
	assert_true(staged_find(t, "gone")->changed_on_disk);
	assert_true(staged_find(t, "kept")->changed_on_disk);
	assert_true(staged_find(t, "new")->changed_on_disk);
	/* Said once. Still so after a restart. */
	staged_reopen(t);
	staged_call(t, "true");
	assert_string_equal(buf_str(&t->notes), "");
	assert_true(staged_find(t, "a")->changed_on_disk);
	/* It is a change of what the user has now, and of nothing older. */
	conflict_before(t, "a",
	    "uno\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
	conflict_before(t, "gone", "1");
	conflict_before(t, "bin", "2");
	assert_false(staged_find(t, "kept")->before.exists);
	/* The user edits on: elsewhere it is merged, and still a conflict. */
	user_writes(t, "a", "uno\n2\n3\n4\n5\n6\n7\n8\n9\nten\n");
	staged_call(t, "grep -q one a && grep -q ten a");
	assert_true(staged_find(t, "a")->changed_on_disk);
	conflict_before(t, "a",
	    "uno\n2\n3\n4\n5\n6\n7\n8\n9\nten\n");
	/* Decided: settled. */
	assert_int_equal(stage_rebase_file(t->st, "a",
	    &staged_find(t, "a")->before, &staged_find(t, "a")->before,
	    false, &e), 0);
	staged_call(t, "grep -q uno a");
	assert_int_equal(t->scan.changes_len, 4);
	/* The user takes their own back, as another branch does: nothing newer
	 * is overwritten. */
	new = fs_join(t->root, "new");
	user_writes(t, "gone", "0");
	user_writes(t, "bin", "0");
	user_writes(t, "kept", "0");
	assert_int_equal(unlink(new), 0);
	staged_call(t, "true");
	for (i = 0; i < t->scan.changes_len; i++)
		assert_false(t->scan.changes[i].changed_on_disk);
	assert_non_null(strstr(buf_str(&t->notes), "kept: as it was before"));
	assert_int_equal(t->scan.changes_len, 4);
	free(new);
	free(kept);
}

/* Nor is it merged: against a base that the tool never saw, a merge would take
 * the user's edit back without a word. */
TEST_BOTH(test_during_is_not_merged)
{
	static const char *const put[] = { "a", TEN, NULL };

	staged_init(t, t->view, put);
	staged_before(t);
	assert_int_equal(staged_shell(t, "sed -i 's/^1$/one/' a"), 0);
	user_writes(t, "a", "1\n2\n3\n4\n5\n6\n7\n8\n9\nten\n");
	staged_scan(t);
	user_writes(t, "a", "1\n2\n3\n4\nfive\n6\n7\n8\n9\nten\n");
	staged_call(t, "grep -q one a && ! grep -q five a");
	assert_true(staged_find(t, "a")->changed_on_disk);
}

TEST_BOTH(test_settle)
{
	static const char *const put[] = {
		"a", "0\n", "d/x", "3", "d/y/z", "4", "e/x", "5", "m", "m",
		NULL,
	};

	staged_init(t, t->view, put);
	staged_call(t, "printf 1 >a; rm -r d; rm e/x; printf n >new; "
	    "printf k >keep; printf m2 >m");
	assert_int_equal(t->scan.changes_len, 7);
	/* Refused. */
	staged_settle(t, "a", "0\n", "0\n", false);
	staged_settle(t, "d/y/z", "4", "4", false);
	staged_settle(t, "new", NULL, NULL, false);
	staged_scan(t);
	assert_changes(t, "d/x: 3 > -; e/x: 5 > -; keep: - > k; m: m > m2");
	/* Taken. */
	scratch_put(t->root, "keep", "k");
	staged_settle(t, "keep", "k", "k", true);
	/* In part: the rest stays undecided. */
	scratch_put(t->root, "m", "m1");
	staged_settle(t, "m", "m1", "m2", false);
	staged_scan(t);
	assert_changes(t, "d/x: 3 > -; e/x: 5 > -; m: m1 > m2");
	staged_call(t, "test \"$(cat a)\" = 0 && test ! -e d/x && "
	    "test $(cat d/y/z) = 4 && test ! -e e/x && test ! -e new && "
	    "test $(cat keep) = k && test $(cat m) = m2");
	assert_changes(t, "d/x: 3 > -; e/x: 5 > -; m: m1 > m2");
	/* A deletion that was taken. */
	{
		char *ex = fs_join(t->root, "e/x");

		assert_int_equal(unlink(ex), 0);
		free(ex);
	}
	staged_settle(t, "e/x", NULL, NULL, true);
	staged_settle(t, "d/x", "3", "3", false);
	staged_call(t, "test ! -e e/x && test $(cat d/x) = 3");
	assert_changes(t, "m: m1 > m2");
}

STAGED_TEST(test_copy_faithful)
{
	static const char *const put[] = {
		"a", "0", "d/x", "1", ".git/config", "secret",
		"sub/.git/config", "secret", "run", "r", NULL,
	};
	struct stat sb;
	char *p;

	staged_init(t, SANDBOX_VIEW_COPY, put);
	p = fs_join(t->root, "run");
	assert_int_equal(chmod(p, 0750), 0);
	free(p);
	p = fs_join(t->root, "link");
	assert_int_equal(symlink("a", p), 0);
	free(p);
	p = fs_join(t->root, "pipe");
	assert_int_equal(mkfifo(p, 0600), 0);
	free(p);
	p = fs_join(t->root, "empty");
	assert_int_equal(mkdir(p, 0755), 0);
	free(p);
	user_dates(t, "a", 1000000000);
	p = fs_join(t->dir, "again");
	free(t->stage);
	t->stage = p;
	assert_int_equal(mkdir(p, 0700), 0);
	staged_reopen(t);
	assert_non_null(strstr(buf_str(&t->st->note), "copied 4 files"));
	assert_non_null(strstr(buf_str(&t->st->note), "left out: 1"));
	staged_call(t, "test ! -e .git; test ! -e sub/.git; test -d empty; "
	    "test -x run; test $(readlink link) = a; test ! -e pipe");
	p = fs_join(t->stage, "copy/a");
	assert_int_equal(stat(p, &sb), 0);
	assert_int_equal(sb.st_mtime, 1000000000);
	free(p);
	assert_changes(t, "");
}

/* A copy is without the secret files, and says nothing about them but that it
 * cannot write there. */
STAGED_TEST(test_copy_secrets)
{
	static const char *const put[] = {
		".env", "key", "d/.env", "key", "d/x", "1", "e/.env", "key",
		"e/y", "2", "f/.env", "key", NULL,
	};
	char *p;

	staged_init(t, SANDBOX_VIEW_COPY, put);
	assert_non_null(strstr(buf_str(&t->st->note), "4 secret files are not"));
	staged_call(t, "test ! -e .env; test ! -e d/.env; test -e d/x");
	assert_changes(t, "");
	assert_int_equal(t->scan.refused_len, 0);
	/* The folder of one goes, one is written, its folder is replaced. */
	staged_call(t, "rm -r d; printf mine >.env; rm -r e; printf E >e; "
	    "mkdir f/.env; printf x >f/.env/x; mkdir g; printf n >g/.env");
	assert_changes(t, "d/x: 1 > -; e/y: 2 > -; g/.env: - > n");
	assert_int_equal(t->scan.refused_len, 3);
	assert_non_null(strstr(staged_refused(t, ".env"), "secret"));
	assert_non_null(strstr(staged_refused(t, "e"), "secret"));
	assert_non_null(strstr(staged_refused(t, "f/.env/x"), "secret"));
	/* Nothing of it is in the store or comes into the copy later. */
	staged_reopen(t);
	user_writes(t, ".env", "newer key");
	staged_call(t, "test $(cat .env) = mine; ! grep -r key .");
	/* A new one that was taken stays as it was made until the user's own
	 * words are in it. */
	scratch_put(t->root, "g/.env", "n");
	staged_settle(t, "g/.env", "n", "n", true);
	staged_call(t, "test $(cat g/.env) = n");
	assert_null(staged_refused(t, "g/.env"));
	user_writes(t, "g/.env", "key");
	staged_call(t, "test ! -e g/.env");
	p = fs_join(t->root, "g/.env");
	assert_int_equal(unlink(p), 0);
	free(p);
	staged_call(t, "test ! -e g/.env");
	assert_null(staged_refused(t, "g/.env"));
}

/* A file becomes a secret one after it was copied, and after it was staged. */
STAGED_TEST(test_copy_secret_later)
{
	static const char *const put[] = { "a", TEN, "b", TEN, NULL };

	staged_init(t, SANDBOX_VIEW_COPY, put);
	t->secret = "a";
	user_writes(t, "a", TEN "token\n");
	staged_call(t, "test ! -e a; sed -i 's/^1$/one/' b");
	assert_changes(t, "b: " TEN " > one\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
	t->secret = "b";
	user_writes(t, "b", TEN "token\n");
	staged_call(t, "test ! -e b");
	assert_non_null(strstr(buf_str(&t->notes), "b: the project has a "
	    "secret"));
	assert_changes(t, "");
}
