/* Seen hunks, and the place in the review, in the session's folder. */
#include "config.h"

#include "scratch.h"
#include "ui-fix.h"

#include "base/fs.h"
#include "journal/fold.h"
#include "review/review.h"
#include "ui/diff/diff.h"
#include "ui/panes/panes.h"

#define HUNKS 3
#define LINES 30

/* Another screen on the same folder. */
static struct review_file *
come_back(struct fix *f, const char *dir, int rows, int lines)
{
	struct review_file *r = review_file_new(dir);

	fix_hunks(f, rows, 80, HUNKS, lines);
	review_file_load(r, &f->ui, true);
	fix_draw(f);
	return r;
}

static void
gone(struct fix *f, struct review_file *r)
{
	review_file_free(r);
	fix_release(f);
}

/* As the loop does: before the next key. */
static void
save(struct fix *f, struct review_file *r)
{
	review_file_key(r, &f->ui, true);
}

/* How many bytes of the nth hunk, from 1, were seen. */
static size_t
seen(struct fix *f, int n)
{
	AUTO_FREE char *id = xasprintf("%016x", n);
	const struct seen *s = seen_find(&f->ui.review, id);

	return s == NULL ? 0 : s->count;
}

static size_t
all(struct fix *f, int n)
{
	return f->ui.fold->proposal->files[0].hunks[n - 1].text_len;
}

SCRATCH_TEST(test_back)
{
	char *dir = *state, *text;
	struct review_file *r, *other;
	struct fix f = { 0 }, g = { 0 };
	size_t half, size;

	r = come_back(&f, dir, 24, LINES);
	assert_int_equal(seen(&f, 2), 0);
	fix_review(&f);
	fix_type(&f, "  ");
	save(&f, r);
	fix_type(&f, "jj");
	save(&f, r);
	half = seen(&f, 2);
	assert_int_equal(seen(&f, 1), all(&f, 1));
	assert_true(half > 0 && half < all(&f, 2));
	text = scratch_get(dir, "seen");
	size = strlen(text);
	free(text);
	/* Nothing new: nothing is written. */
	fix_draw(&f);
	save(&f, r);
	text = scratch_get(dir, "seen");
	assert_int_equal(strlen(text), size);
	free(text);
	assert_string_equal(f.ui.panes[PANE_DIFF].hunk, "0000000000000002");
	gone(&f, r);
	/* Seen hunks don't depend on the current view. */
	r = come_back(&f, dir, 10, LINES);
	assert_int_equal(seen(&f, 1), all(&f, 1));
	assert_int_equal(seen(&f, 2), half);
	assert_int_equal(seen(&f, 3), 0);
	assert_string_equal(f.ui.panes[PANE_DIFF].hunk, "0000000000000002");
	/* Not on the screen yet: no key of it decides. */
	assert_false(fix_count(&f, "mark"));
	/* Two screens: what one has shown the other knows, once it is asked. */
	other = come_back(&g, dir, 60, LINES);
	fix_type(&g, "4 ");
	assert_int_equal(seen(&g, 3), all(&g, 3));
	save(&g, other);
	gone(&g, other);
	fix_type(&f, "4");
	save(&f, r);
	review_file_load(r, &f.ui, false);
	assert_int_equal(seen(&f, 2), all(&f, 2));
	assert_int_equal(seen(&f, 3), all(&f, 3));
	fix_type(&f, "A");
	assert_false(fix_shows(&f, " unread"));
	gone(&f, r);
	/* Another text under that id. */
	r = come_back(&f, dir, 10, LINES + 1);
	assert_int_equal(seen(&f, 1), 0);
	gone(&f, r);
}

/* A new version came while nobody was there to press a key: at another terminal
 * it is still to be seen. */
FIX_TEST(test_nobody_there)
{
	char *dir = scratch_new();
	struct review_file *r;

	r = come_back(f, dir, 60, LINES);
	fix_type(f, "4");
	assert_int_equal(seen(f, 1), all(f, 1));
	gone(f, r);
	r = come_back(f, dir, 10, LINES);
	assert_true(seen(f, 1) < all(f, 1));
	gone(f, r);
	scratch_free(dir);
}

/* A hunk that the user has rejected before is to be seen again. */
FIX_TEST(test_rejected)
{
	char *dir = scratch_new();
	struct review_file *r;

	r = come_back(f, dir, 60, 5);
	fix_type(f, "4");
	save(f, r);
	gone(f, r);
	r = review_file_new(dir);
	fix_init(f, 60, 80);
	fix_line(f, "{'seq':40,'type':'decision','by':'user','proposal':39,"
	    "'files':[{'path':'a.c','hunks':[{'id':'0000000000000002',"
	    "'decision':'no'}]}]}");
	fix_propose(f, 50, 1, HUNKS, 5, "x");
	fix_live(f);
	review_file_load(r, &f->ui, true);
	assert_int_equal(seen(f, 1), all(f, 1));
	assert_int_equal(seen(f, 2), 0);
	gone(f, r);
	scratch_free(dir);
}

/* Another screen on the same folder, of a session with a plan. */
static struct review_file *
come_to_plan(struct fix *f, const char *dir, int rows, int cols,
    const char *goal)
{
	struct review_file *r = review_file_new(dir);
	AUTO_FREE char *line = xasprintf("{\"seq\":5,\"type\":"
	    "\"plan\",\"by\":\"model\",\"version\":1,\"status\":"
	    "\"proposed\",\"goal\":\"%s\",\"steps\":[{\"title\":\"read\"},"
	    "{\"title\":\"write\"},{\"title\":\"test\"},{\"title\":\"run\"}],"
	    "\"files\":[\"a.c\",\"b.c\",\"c.c\"],\"risks\":[\"none\"]}",
	    goal);

	fix_init(f, rows, cols);
	fix_line(f, line);
	fix_live(f);
	review_file_load(r, &f->ui, true);
	fix_type(f, "1");
	f->ui.now += 5000;
	fix_draw(f);
	review_file_key(r, &f->ui, true);
	return r;
}

/* That all of a plan was seen is kept, for its text alone; not a part of it. */
FIX_TEST(test_plan)
{
	static const struct {
		int	 rows, cols;
		const char *goal;
		bool	 full;
	} steps[] = {
		{ 9, 80, "mend it", false },
		{ 9, 80, "mend it", false },
		{ 40, 80, "mend it", true },
		{ 9, 60, "mend it", true },
		{ 9, 60, "mend at", false },
	};
	char *dir = scratch_new();
	struct review_file *r;
	size_t i;

	for (i = 0; i < MEM_COUNT(steps); i++) {
		r = come_to_plan(f, dir, steps[i].rows, steps[i].cols,
		    steps[i].goal);
		fix_type(f, "y");
		if (!steps[i].full)
			fix_want_shown(f, " unread · Y approves this plan");
		fix_type(f, "\r");
		assert_int_equal(fix_count(f,
		    "\"action\":\"approve\",\"seen\":true"), steps[i].full);
		gone(f, r);
	}
	scratch_free(dir);
}

/* How far the session was at the last key, in any UI before the keys of this
 * one. */
SCRATCH_TEST(test_last_key)
{
	char *dir = *state, *text;
	struct review_file *r, *other;
	struct fix f = { 0 }, g = { 0 };

	r = come_back(&f, dir, 24, 5);
	assert_int_equal(review_file_load(r, &f.ui, false), 0);
	review_file_key(r, &f.ui, true);
	review_file_key(r, &f.ui, true);
	text = scratch_get(dir, "seen");
	assert_non_null(strstr(text, "{\"key\":50}\n"));
	assert_null(strstr(strstr(text, "key") + 1, "key"));
	free(text);
	/* Another terminal, also where nothing is proposed. */
	other = review_file_new(dir);
	fix_init(&g, 24, 80);
	assert_int_equal(review_file_load(other, &g.ui, true), 50);
	fix_line(&f, "{'seq':60,'type':'note','by':'core','text':'x'}");
	review_file_key(r, &f.ui, false);
	assert_int_equal(review_file_load(other, &g.ui, true), 60);
	fix_line(&g, "{'seq':70,'type':'note','by':'core','text':'x'}");
	review_file_key(other, &g.ui, true);
	assert_int_equal(review_file_load(other, &g.ui, true), 60);
	gone(&g, other);
	gone(&f, r);
	/* Damaged. */
	scratch_put(dir, "seen",
	    "{\"key\":-1}\n{\"key\":\"9\"}\n{\"key\":1e99}\n"
	    "{\"key\":7{\"key\":12}\n{\"key\":5}\n{\"key\":3}\n{\"key\":8}");
	r = come_back(&f, dir, 24, 5);
	assert_int_equal(review_file_load(r, &f.ui, false), 5);
	gone(&f, r);
}

/* Only events since then are named, and once. */
FIX_TEST(test_away)
{
	int i;

	fix_init(f, 24, 120);
	(void)fix_load(f, "demo.jsonl", 0, 33);
	fix_live(f);
	away_notice(&f->ui, 0);
	assert_null(f->ui.notice);
	away_notice(&f->ui, f->ui.fold->seq);
	assert_null(f->ui.notice);
	/* By a damaged file. */
	away_notice(&f->ui, f->ui.fold->seq + 1);
	assert_null(f->ui.notice);
	away_notice(&f->ui, 10);
	assert_string_equal(f->ui.notice,
	    "since your last key here: 3 edits, check "
	    "passed; 7 hunks to review");
	away_notice(&f->ui, 33);
	FREE_NULL(f->ui.notice);
	for (i = 0; i < 3; i++) {
		AUTO_FREE char *call = xasprintf("{'seq':%d,'type':'tool_call',"
		    "'by':'%s','id':'x%d','name':'bash'}",
		    40 + i, i == 2 ? "user" : "model", i);

		fix_line(f, call);
	}
	fix_line(f, "{'seq':50,'type':'tool_result','by':'core','id':'y',"
	    "'name':'edit','ok':true,'diff':'x'}");
	away_notice(&f->ui, 33);
	assert_string_equal(f->ui.notice,
	    "since your last key here: 2 commands,"
	    " 1 edit; 7 hunks to review");
	fix_line(f, "{'seq':51,'type':'tool_call','by':'model','id':'z',"
	    "'name':'bash'}");
	fix_draw(f);
	assert_string_equal(f->ui.notice,
	    "since your last key here: 3 commands,"
	    " 1 edit; 7 hunks to review");
}

/* Whatever somebody has left there, at worst nothing is seen. */
FIX_TEST(test_bad_files)
{
#define ONE "{\"hunk\":\"0000000000000001\",\"bytes\":42,\"seen\":"
	static const char *const bad[] = {
		"", "\n\n", "{\n", "[]\n", "7\n", "{\"hunk\":7}\n",
		ONE "7}\n", ONE "[0]}\n", ONE "[\"0\",\"42\"]}\n",
		ONE "[0,43]}\n", ONE "[-1,42]}\n", ONE "[42,0]}\n",
		ONE "[1e300,2e300]}\n", ONE "[0,42]}",	/* torn */
		ONE "[0,4" ONE "[0,42]}\n",	/* and continued by another */
		"{\"hunk\":\"0000000000000001\",\"seen\":[0,42]}\n",
		"{\"hunk\":\"0000000000000001\",\"bytes\":41,\"seen\":"
		    "[0,41]}\n",
		"{\"hunk\":\"0000000000000009\",\"bytes\":42,\"seen\":"
		    "[0,42]}\n",
		"{\"at\":\"none\",\"line\":-5,\"above\":1e18}\n",
	};
	char *dir = scratch_new(), *path = fs_join(dir, "seen");
	struct review_file *r;
	size_t i;
	int fd;

	scratch_put(dir, "elsewhere", ONE "[0,42]}\n");
	for (i = 0; i < MEM_COUNT(bad); i++) {
		scratch_put(dir, "seen", bad[i]);
		r = come_back(f, dir, 5, 6);
		assert_int_equal(all(f, 1), 42);
		assert_true(seen(f, 1) < 42);
		gone(f, r);
	}
	scratch_put(dir, "seen", ONE "[0,20,20,42]}\n");
	r = come_back(f, dir, 5, 6);
	assert_int_equal(seen(f, 1), 42);
	gone(f, r);
	/* Others could write it; a link; one that is too large. */
	assert_int_equal(chmod(path, 0622), 0);
	r = come_back(f, dir, 5, 6);
	assert_true(seen(f, 1) < 42);
	gone(f, r);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("elsewhere", path), 0);
	r = come_back(f, dir, 5, 6);
	assert_true(seen(f, 1) < 42);
	fix_type(f, "4");
	save(f, r);
	gone(f, r);
	assert_file(dir, "elsewhere", ONE "[0,42]}\n");
	assert_int_equal(unlink(path), 0);
	scratch_put(dir, "seen", ONE "[0,42]}\n");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, 9 << 20), 0);
	close(fd);
	r = come_back(f, dir, 5, 6);
	assert_true(seen(f, 1) < 42);
	assert_int_equal(access(path, F_OK), -1);
	gone(f, r);
	free(path);
	scratch_free(dir);
}
