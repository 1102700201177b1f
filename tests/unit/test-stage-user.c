/* The user is at work in the same tree: what they make, move, delete and build
 * while the agent's changes are staged is neither hidden, nor undone, nor taken
 * for the agent's. */
#include "config.h"

#include "gate/stage-priv.h"
#include "staged.h"
#include "tests/unit/unit.h"

#define PROJECT "d/x", "3", "d/y/z", "4", "a", "0", "f", "5"

static void
user_moves(struct staged *t, const char *from, const char *to)
{
	char *a = fs_join(t->root, from), *b = fs_join(t->root, to);

	staged_tick();
	assert_int_equal(rename(a, b), 0);
	staged_tick();
	free(a);
	free(b);
}

/* New files in a folder that the stage deleted are the user's. */
TEST_BOTH(test_added_below_a_deletion)
{
	static const char *const put[] = { PROJECT, "old/k", "7", NULL };

	staged_init(t, t->view, put);
	staged_call(t, "rm -r d");
	assert_changes(t, "d/x: 3 > -; d/y/z: 4 > -");
	user_writes(t, "d/kept", "mine");
	user_writes(t, "d/y/kept", "mine");
	user_moves(t, "old", "d/old");
	staged_scan(t);
	assert_changes(t, "d/x: 3 > -; d/y/z: 4 > -");
	staged_call(t, "test $(cat d/kept) = mine; test $(cat d/y/kept) = "
	    "mine; test $(cat d/old/k) = 7; test ! -e d/x; test ! -e d/y/z");
	assert_changes(t, "d/x: 3 > -; d/y/z: 4 > -");
	/* And so in the next session's eyes. */
	staged_reopen(t);
	staged_call(t, "rm -r d");
	assert_changes(t, "d/kept: mine > -; d/old/k: 7 > -; d/x: 3 > -; "
	    "d/y/kept: mine > -; d/y/z: 4 > -");
	user_writes(t, "d/later", "mine");
	staged_reopen(t);
	staged_call(t, "test $(cat d/later) = mine; test ! -e d/kept");
	staged_settle(t, "d/x", "3", "3", false);
	staged_call(t, "test $(cat d/x) = 3");
}

/* A program that is not removed after all is as old as it was, also where its
 * folder went with it. */
TEST_BOTH(test_removal_refused)
{
	static const char *const put[] = { "prog", "\x7f" "ELF", "d/prog",
		"\x7f" "ELF", NULL };
	const char *path;
	struct stage_side side;
	struct err e = ERR_INIT;
	struct stat sb;
	char *full;
	size_t i;

	staged_init(t, t->view, put);
	for (i = 0; (path = put[i]) != NULL; i += 2) {
		full = fs_join(t->root, path);
		assert_int_equal(truncate(full, 8), 0);
		free(full);
		user_dates(t, path, 1000000000);
	}
	staged_call(t, "rm -r d prog; mkdir d");
	assert_int_equal(t->scan.changes_len, 2);
	for (i = 0; (path = put[i]) != NULL; i += 2) {
		assert_int_equal(stage_read_real(t->st, path, NULL, &side,
		    &e), 0);
		assert_int_equal(
		    stage_rebase_file(t->st, path, &side, &side, false, &e), 0);
	}
	staged_call(t, "test $(stat -c %Y d/prog) = 1000000000; "
	    "test $(stat -c %Y prog) = 1000000000");
	assert_int_equal(t->scan.changes_len, 0);
	full = fs_join(t->stage, "up/d/prog");
	if (t->view == SANDBOX_VIEW_OVERLAY)
		assert_int_equal(lstat(full, &sb), 0);
	free(full);
	/* The user builds, and the next command does. */
	for (i = 0; (path = put[i]) != NULL; i += 2) {
		user_writes(t, path, "\x7f" "ELF2");
		full = fs_join(t->root, path);
		assert_int_equal(truncate(full, 8), 0);
		free(full);
		user_dates(t, path, 1000000001);
	}
	staged_call(t, "test $(head -c 5 d/prog | tail -c 1) = 2; "
	    "head -c 8 /dev/zero | tee -a prog >>d/prog");
	assert_int_equal(t->scan.changes_len, 2);
	/* A rebuilt one that is rejected, too: it is from the old sources. */
	for (i = 0; (path = put[i]) != NULL; i += 2) {
		assert_int_equal(stage_read_real(t->st, path, NULL, &side,
		    &e), 0);
		assert_int_equal(
		    stage_rebase_file(t->st, path, &side, &side, false, &e), 0);
	}
	staged_call(t, "test $(stat -c %Y d/prog) = 1000000001; "
	    "test $(stat -c %Y prog) = 1000000001");
	assert_changes(t, "");
}

/* Files that the next command makes are never older than sources we stamped. */
TEST_BOTH(test_made_at_once)
{
	static const char *const put[] = { "a.c", "0\n", NULL };
	struct stat source, made;
	int i;

	staged_init(t, t->view, put);
	staged_call(t, "echo 3 >a.c");
	for (i = 0; i < 20; i++) {
		staged_settle(t, "a.c", "0\n", i % 2 == 0 ? "1\n" : "2\n",
		    false);
		stage_freshen(t->st);
		scratch_put(t->root, "made", "");
		assert_int_equal(fstatat(t->st->staged_fd, "a.c", &source,
		    0), 0);
		assert_int_equal(fstatat(t->st->root_fd, "made", &made,
		    0), 0);
		if (made.st_mtim.tv_sec < source.st_mtim.tv_sec ||
		    (made.st_mtim.tv_sec == source.st_mtim.tv_sec &&
		    made.st_mtim.tv_nsec <= source.st_mtim.tv_nsec))
			fail_msg("made before its source, in round %d", i);
	}
}

/* The same size, the same mtime, within one tick of the clock. */
TEST_BOTH(test_sly_edits)
{
	static const char *const put[] = { "a", "000", "b", "000", NULL };
	int i;

	staged_init(t, t->view, put);
	user_dates(t, "a", 1000000000);
	user_dates(t, "b", 1000000000);
	staged_call(t, "printf 111 >b; touch a");
	for (i = 0; i < 30; i++) {
		char text[16], *command;

		snprintf(text, sizeof(text), "%03d", i);
		scratch_put(t->root, "a", text);
		user_dates(t, "a", 1000000000);
		command = xasprintf("test $(cat a) = %s", text);
		buf_clear(&t->notes);
		assert_int_equal(stage_before_call(t->st, false, &t->notes, NULL), 0);
		if (staged_shell(t, command) != 0)
			fail_msg("%s", command);
		staged_scan(t);
		free(command);
	}
	assert_changes(t, "b: 000 > 111");
}

/* The clock was set back by 10 s during the call. What it says now, or said
 * before that, is in the call; a time between the two was before it. */
TEST(test_clock_set_back)
{
	static const struct { int from_now; bool newer; } rows[] = {
		{ -60, false }, { 0, true }, { 5, false }, { 11, true },
	};
	struct staged t = { 0 };
	struct timespec now, boot;
	size_t i;

	staged_init(&t, SANDBOX_VIEW_OVERLAY, NULL);
	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	t.st->call_start = now;
	t.st->call_start.tv_sec += 10;
	t.st->call_boot_ns = boot.tv_sec * INT64_C(1000000000) + boot.tv_nsec;
	for (i = 0; i < MEM_COUNT(rows); i++) {
		const struct stage_id id = {
			.ctime = { now.tv_sec + rows[i].from_now,
				now.tv_nsec },
		};

		assert_int_equal(stage_real_is_newer(t.st, &id, NULL),
		    rows[i].newer);
	}
	staged_release(&t);
}

static int64_t
clear(struct staged *t, bool reset)
{
	struct stage_usage freed;
	struct err e = ERR_INIT;
	int64_t files;

	if (stage_usage(t->st, reset ? STAGE_RESET : STAGE_CLEAR,
	    &freed, &e) < 0)
		fail_msg("%s", e.text);
	files = freed.files;
	buf_release(&freed.names);
	return files;
}

static bool
has(const struct staged *t, const char *name)
{
	AUTO_FREE char *path = fs_join(t->stage, name);

	return access(path, F_OK) == 0;
}

/* Clearing removes all that a stopped call made, and all ignored files, or on
 * demand these and all caches. Then the user's own show again, and edited files
 * are newer than those. */
TEST_BOTH(test_clear)
{
	static const char *const put[] = { PROJECT, "build/u", "u", "f.o", "5",
		NULL };
	struct stage_usage u;
	struct err e = ERR_INIT;

	staged_init(t, t->view, put);
	staged_call(t, "echo 1 >a; echo 1 >a.o; echo u1 >build/u; echo 6 >f; "
	    "echo 6 >f.o; rm d/x");
	user_writes(t, "f.o", "55");
	user_writes(t, "a.o", "00");
	scratch_put(t->stage, "home/before", "");
	scratch_put(t->stage, "cache/c/up/before", "");
	staged_before(t);
	stage_freshen(t->st);
	staged_tick();
	assert_int_equal(staged_shell(t, "echo 2 >a.o; mkdir build/new; "
	    "head -c 500000 /dev/zero >build/new/x; echo 2 >a; echo n >n; "
	    "mv d/y/z moved; head -c 300000 /dev/zero >zeros; "
	    "rm f.o; echo 7 >f.o"), 0);
	if (stage_usage(t->st, STAGE_KEEP, &u, &e) < 0)
		fail_msg("%s", e.text);
	if (u.bytes < 800000 || u.bytes > 900000 || strncmp(buf_str(&u.names),
	    "build", 5) != 0 || strstr(buf_str(&u.names), "zeros 30") == NULL)
		fail_msg("%d %s", (int)u.bytes, buf_str(&u.names));
	buf_release(&u.names);
	scratch_put(t->stage, "home/new", "");
	scratch_put(t->stage, "cache/c/up/new", "");
	assert_true(clear(t, true) >= 8);
	assert_true(has(t, "home/before") && has(t, "cache/c/up/before"));
	assert_false(has(t, "home/new") || has(t, "cache/c/up/new"));
	staged_scan(t);
	assert_changes(t, "a: 0 > 1\n; d/x: 3 > -; f: 5 > 6\n");
	staged_call(t, "test $(cat build/u) = u; test $(cat f.o) = 55; "
	    "test $(cat a.o) = 00; test f -nt f.o; test a -nt a.o; "
	    "test ! -e build/new; test $(cat d/y/z) = 4; test ! -e zeros; "
	    "echo u1 >build/u");
	assert_int_equal(clear(t, false), 3);
	staged_scan(t);
	assert_changes(t, "a: 0 > 1\n; d/x: 3 > -; f: 5 > 6\n");
	staged_call(t, "test $(cat build/u) = u");
}

/* A call was stopped for the room it takes after it had moved, deleted and
 * changed: what was staged before is there again, and no file of the user's is a
 * deletion or half of a change. */
TEST_BOTH(test_clear_takes_moves_back)
{
	static const char *const put[] = { PROJECT, "s/p", "p", "s/q", "q",
		"w/v", "v", "k/1", "one", "k/2", "two", "k/3", "three",
		"k/4", "four", "k/5", "five", "k/6", "six", "k/7", "7", NULL };
	static const char changes[] = "a: 0 > 1; d/x: 3 > -; k/5: five > 5; "
	    "k/6: six > -; lib/n: - > n; made: - > m; "
	    "new/t: - > t; s/p: p > P; "
	    "w: - > n; w/v: v > -";

	staged_init(t, t->view, put);
	staged_call(t, "printf 1 >a; rm -r d/x w; printf P >s/p; mkdir lib; "
	    "printf n >lib/n; printf m >made; printf n >w; printf 5 >k/5; "
	    "rm k/6; mkdir new; printf t >new/t");
	assert_changes(t, changes);
	staged_before(t);
	stage_freshen(t->st);
	staged_tick();
	assert_int_equal(staged_shell(t, "cp a k/3; mv a b; mv lib/n n; rmdir lib; "
	    "mv made lib; mv s s2; mv f t; mkdir f; mv t f/f; mv d/y d/u; "
	    "mv w s; mv k/1 k/2; : >k/4; sed -i s/5/6/ k/5; "
	    "echo z >d/u/z; echo z >s2/z; mv new new2; mkdir build; mv k/7 build; "
	    "echo back >k/6; chmod +x k/3; : >none; head -c 300000 /dev/zero >zeros"), 0);
	scratch_put(t->stage, "cache/empty", "");
	(void)clear(t, true);
	staged_scan(t);
	assert_changes(t, changes);
	staged_call(t, "test $(cat a) = 1; test $(cat f) = 5; test $(cat s/q)"
	    " = q; test $(cat d/y/z) = 4; test $(cat w) = n; test ! -e d/x; "
	    "test $(cat k/*) = onetwothreefour57; test ! -x k/3");
	assert_changes(t, changes);
}

/* The host went down: the overlay was volatile, so that what was written last
 * may be there in name only. What is on record is made whole, what is not, and
 * cannot be checked, goes. */
TEST_BOTH(test_power_cut)
{
	static const char *const put[] = { PROJECT, NULL };
	struct buf b = BUF_INIT(0);
	char *file, *text, *boot;
	const char *folder;

	staged_init(t, t->view, put);
	folder = t->view == SANDBOX_VIEW_COPY ? "copy" : "up";
	staged_call(t, "printf 1 >a; printf n >n; rm d/x; printf o >x.o; "
	    "mkdir -p build/sub; printf o >build/sub/y");
	staged_before(t);
	assert_int_equal(staged_shell(t, "printf half >half"), 0);
	stage_free(t->st);
	/* Cut short, with the length that was on disk. */
	text = xasprintf("%s/%s/", t->stage, folder);
	scratch_put(text, "a", "");
	scratch_put(text, "n", "");
	scratch_put(text, "x.o", "");
	scratch_put(text, "build/sub/y", "");
	scratch_put(text, "half", "");
	file = fs_join(text, "d/x");
	if (t->view == SANDBOX_VIEW_OVERLAY)
		assert_int_equal(unlink(file), 0);
	else
		scratch_put(text, "d/x", "3");
	free(file);
	free(text);
	staged_manifest(t, &b);
	boot = strstr(buf_str(&b), "\"boot\":\"");
	assert_non_null(boot);
	boot[8] = boot[8] == '0' ? '1' : '0';
	scratch_put(t->stage, "manifest.json", buf_str(&b));
	staged_open(t);
	assert_int_not_equal(t->st->note.len, 0);
	assert_non_null(strstr(buf_str(&t->st->note), "rebooted"));
	if (t->view == SANDBOX_VIEW_OVERLAY) {
		assert_non_null(strstr(buf_str(&t->st->note), "half"));
		assert_non_null(strstr(buf_str(&t->st->note), "build/sub/y"));
	}
	staged_call(t, "test $(cat a) = 1; test $(cat n) = n; "
	    "test ! -e d/x; test ! -e x.o; test ! -e build/sub/y; "
	    "test ! -e half");
	assert_changes(t, "a: 0 > 1; d/x: 3 > -; n: - > n");
	staged_call(t, "printf o >x.o");
	staged_reopen(t);
	assert_null(strstr(buf_str(&t->st->note), "rebooted"));
	staged_call(t, "test $(cat x.o) = o");
	buf_release(&b);
}
