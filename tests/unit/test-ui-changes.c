/*
 * The list of what was applied, without a terminal: what it says after undo,
 * redo and half of one, hundreds of changes at every size, and which keys ask
 * for what.
 */
#include "config.h"

#include "front/commit-run.h"
#include "ui/keys/keys.h"
#include "ui/panes/panes.h"

#include "ui-fix.h"

/* A change is applied: a proposal of `n` hunks of one file, of which `yes` are
 * taken. */
static void
fix_change(struct fix *f, int64_t *seq, int tx, int undoes, const char *path,
    int n, int yes)
{
	struct buf b = BUF_INIT(0);
	int64_t proposal = ++*seq;
	int i;

	buf_addf(&b, "{\"seq\":%lld,\"type\":\"proposal\",\"proposal\":0,"
	    "\"version\":1,\"final\":true,", (long long)proposal);
	if (undoes > 0)
		buf_addf(&b, "\"undo\":%d,", undoes);
	buf_addf(&b, "\"files\":[{\"path\":\"%s\",\"status\":\"modified\","
	    "\"before\":{\"hash\":\"a\"},\"after\":{\"hash\":\"b\"},"
	    "\"hunks\":[", path);
	for (i = 0; i < n; i++)
		buf_addf(&b, "%s{\"id\":\"h%d\",\"text\":\" a\\n-b\\n+c\\n"
		    "+d\\n\"}", i > 0 ? "," : "", i);
	buf_adds(&b, "]}]}");
	fix_line(f, buf_str(&b));
	buf_clear(&b);
	buf_addf(&b, "{\"seq\":%lld,\"type\":\"decision\",\"by\":\"%s\","
	    "\"proposal\":%lld,\"files\":[{\"path\":\"%s\",\"hunks\":[",
	    (long long)++*seq, tx % 2 == 1 ? "user" : "rule:small",
	    (long long)proposal, path);
	for (i = 0; i < n; i++)
		buf_addf(&b, "%s{\"id\":\"h%d\",\"decision\":\"%s\"}",
		    i > 0 ? "," : "", i, i < yes ? "yes" : "no");
	buf_adds(&b, "]}]}");
	fix_line(f, buf_str(&b));
	buf_clear(&b);
	buf_addf(&b, "{\"seq\":%lld,\"t\":\"2026-01-02T03:%02d:05.678Z\","
	    "\"type\":\"apply_begin\",\"tx\":%d,\"decision\":%lld,",
	    (long long)(*seq + 1), tx % 60, tx, (long long)*seq);
	++*seq;
	if (undoes > 0)
		buf_addf(&b, "\"undoes\":%d,", undoes);
	buf_addf(&b, "\"ops\":[{\"path\":\"%s\",\"op\":\"replace\","
	    "\"before\":{\"hash\":\"a\"},\"after\":{\"hash\":\"b\"}}]}", path);
	fix_line(f, buf_str(&b));
	buf_clear(&b);
	buf_addf(&b, "{\"seq\":%lld,\"type\":\"applied\",\"tx\":%d,\"ops\":"
	    "[{\"path\":\"%s\",\"ok\":true}]}", (long long)++*seq, tx, path);
	fix_line(f, buf_str(&b));
	buf_clear(&b);
	buf_addf(&b, "{\"seq\":%lld,\"type\":\"proposal\",\"proposal\":%lld,"
	    "\"version\":2,\"files\":[]}", (long long)++*seq,
	    (long long)proposal);
	fix_line(f, buf_str(&b));
	buf_release(&b);
}

static const struct fold_change *
fix_get(const struct fix *f, int tx)
{
	const struct fold_change *c = fold_change_find(f->ui.fold, tx);

	assert_non_null(c);
	return c;
}

/* The files of a change can be reached as they are listed; J and K go by change.
 * The cursor stays on its file when the hunks are listed and hidden. */
FIX_TEST(test_rows_of_files)
{
	int tx;

	/* No room for them beside it. */
	fix_init(f, 24, 60);
	for (tx = 1; tx <= 2; tx++) {
		AUTO_FREE char *begin = xasprintf("{'seq':%d,'type':"
		    "'apply_begin','tx':%d,'decision':0,'ops':[{'path':'a%d',"
		    "'op':'create','before':null,'after':{'hash':'a'}},"
		    "{'path':'b%d','op':'create','before':null,"
		    "'after':{'hash':'a'}}]}", 2 * tx, tx, tx, tx);
		AUTO_FREE char *end = xasprintf("{'seq':%d,'type':'applied',"
		    "'tx':%d,'ops':[{'path':'a%d','ok':true},{'path':'b%d',"
		    "'ok':true}]}", 2 * tx + 1, tx, tx, tx);

		fix_line(f, begin);
		fix_line(f, end);
	}
	fix_live(f);
	fix_see(f, "Cjj", "u undo b2 only  ");
	fix_type(f, "+");
	fix_line(f, "{'type':'change','tx':2,'files':[{'path':'a2',"
	    "'hunks':[]},{'path':'b2','hunks':[{'id':'h1','line':1,'added':1,"
	    "'removed':0,'text':'+x'},{'id':'h2','line':9,'added':1,"
	    "'removed':0,'text':'+y, too long a line for one row of the list, "
	    "whose end is cut'}]}]}");
	fix_want_shown(f, "line 9");
	assert_false(fix_shows(f, "is cut"));
	fix_want_shown(f, ">     b2");
	/* It was opened at that file: its lines. */
	fix_want_shown(f, "Enter close file");
	fix_want_shown(f, "no lines to show");
	fix_type(f, "+");
	buf_clear(&f->sent);
	fix_type(f, "u");
	assert_int_equal(fix_count(f, "'type':'undo','tx':2,'path':'b2'}"), 1);
}

/* The tree: tasks, their changes, and the files and hunks of the unfolded one,
 * each of which can be undone. */
FIX_TEST(test_tree)
{
	int64_t seq = 100;

	fix_init(f, 24, 80);
	fix_line(f, "{'seq':1,'type':'user_message','by':'user',"
	    "'text':'first task\\nwith more'}");
	fix_change(f, &seq, 1, 0, "a.txt", 2, 2);
	fix_line(f, "{'seq':500,'type':'user_message','by':'user',"
	    "'text':'more of it'}");
	seq = 500;
	fix_change(f, &seq, 2, 0, "b.txt", 2, 2);
	fix_line(f, "{'seq':900,'type':'agent_end','by':'core',"
	    "'outcome':'done','exit':0}");
	fix_line(f, "{'seq':901,'type':'user_message','by':'user',"
	    "'text':'second task'}");
	seq = 901;
	fix_change(f, &seq, 3, 0, "c.txt", 2, 2);
	fix_live(f);
	fix_type(f, "C");
	fix_see(f, "jjj", ">1  ");
	fix_type(f, "+");
	assert_int_equal(fix_count(f, "{'type':'changes','tx':1}"), 1);
	fix_line(f, "{'type':'change','tx':1,'files':[{'path':'a.txt',"
	    "'hunks':[{'id':'h1','line':3,'added':1,'removed':1,"
	    "'text':'+LINE 3'},{'id':'h2','line':50,'added':2,'removed':0,"
	    "'text':'+LINE 50'}]}]}");
	fix_want_shown(f, "a.txt  now line 2-3, 5-6");
	/* Others have changed the file: nobody knows. */
	fix_line(f, "{'type':'changes','left':0,'changed_on_disk':[{'tx':1,"
	    "'path':'a.txt'}]}");
	fix_want_shown(f, "a.txt  edited after this change");
	assert_false(fix_shows(f, "now line"));
	fix_line(f, "{'type':'changes','left':0,'changed_on_disk':[]}");
	fix_want_shown(f, "line 3  +1 -1  +LINE 3");
	fix_see(f, "jjj", ">       line 50  +2 -0  +LINE 50");
	fix_see(f, "KK", ">2  ");
	fix_see(f, "Jjjj", ">       line 50  +2 -0  +LINE 50");
	fix_type(f, "u");
	assert_int_equal(fix_count(f, "{'type':'undo','tx':1,'path':'a.txt',"
	    "'hunk':'h2'}"), 1);
	fix_type(f, "kku");
	assert_int_equal(fix_count(f, "{'type':'undo','tx':1,'path':"
	    "'a.txt'}"), 1);
}

/* An undo is no part of the last task: its plan and its check say nothing of
 * it. */
FIX_TEST(test_review)
{
	int64_t seq = 100;

	fix_init(f, 24, 80);
	fix_line(f, "{'seq':1,'type':'plan','by':'user','version':1,"
	    "'status':'approved','goal':'the goal','steps':[{'title':'one'}],"
	    "'files':['b.txt'],'check':'make check'}");
	fix_line(f, "{'seq':2,'type':'evidence','status':'done',"
	    "'command':'make check','check_by':'flag','where':'stage',"
	    "'exit':0}");
	fix_line(f, "{'seq':3,'type':'evidence','status':'stale'}");
	fix_live(f);
	fix_change(f, &seq, 1, 0, "a.txt", 1, 1);
	fix_want_shown(f, "step 1/1: one");
	fix_line(f, "{'seq':200,'type':'proposal','proposal':200,'version':1,"
	    "'final':true,'undo':1,'refused':[],'files':[{'path':'a.txt',"
	    "'status':'modified','binary':false,'hunks':[{'id':'h',"
	    "'old_start':1,'old_lines':1,'new_start':1,'new_lines':1,"
	    "'text':'-b\\n+a\\n'},{'id':'h2','old_start':9,'old_lines':1,"
	    "'new_start':9,'new_lines':1,'text':'-d\\n+c\\n'}]}]}");
	fix_see(f, "4", "undoes change 1");
	fix_want_shown(f, "check not run");
	assert_false(fix_shows(f, "step 1/1"));
	assert_false(fix_shows(f, "not in the plan"));
	assert_false(fix_shows(f, "stale"));
	fix_want_shown(f, "Enter puts back 2 hunks in 1 file (a.txt)");
	/* Some of it is accepted: to close the row rejects nothing. */
	fix_see(f, "y", "Enter puts back 1 hunk in 1 file (a.txt), 1 stays "
	    "open");
	fix_see(f, "n", "Enter puts back 1 hunk in 1 file (a.txt), keeps 1");
	fix_escape(f);
	fix_type(f, "j");
	assert_false(fix_shows(f, "Enter puts back"));
	assert_int_equal(fix_count(f, "'decide'"), 0);
}

#define OP(path) \
	"{\"path\":\"" path "\",\"op\":\"create\",\"before\":null," \
	"\"after\":{\"hash\":\"a\"}}"
#define OK(path) "{\"path\":\"" path "\",\"ok\":true}"

/* A file that no list has, but a step does, is in the plan. */
FIX_TEST(test_expected)
{
	static const struct { const char *path; bool is; } t[] = {
		{ "b.txt", true }, { "src/md/util.py", true },
		{ "md/util.py", true }, { "src/md/util.pyi", false },
		{ "other/util.py", true }, { "x/base.c", true },
		{ "x/data.c", false }, { "lib/deep/x.c", true },
		{ "Makefile", true }, { "src/update", false },
		{ "y/database.c", false }, { "ci/Makefile", false },
	};
	size_t i;

	fix_init(f, 24, 80);
	fix_line(f, "{'seq':1,'type':'plan','by':'user','version':1,"
	    "'status':'approved','goal':'data.c','steps':[{'title':'update "
	    "`./md/util.py`, then util.py.'},{'title':'x/base.c and the "
	    "Makefile','paths':['lib/']}],'files':['b.txt'],"
	    "'check':'make check'}");
	for (i = 0; i < MEM_COUNT(t); i++)
		if (fold_plan_expects(f->ui.fold, t[i].path) != t[i].is)
			fail_msg("%s", t[i].path);
}

FIX_TEST(test_states)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	int64_t seq = 0;

	fix_init(f, 24, 80);
	fix_change(f, &seq, 1, 0, "a.txt", 2, 2);
	fix_change(f, &seq, 2, 0, "b.txt", 3, 1);
	assert_int_equal(fix_get(f, 1)->files[0].added, 4);
	assert_int_equal(fix_get(f, 1)->files[0].removed, 2);
	assert_int_equal(fix_get(f, 2)->files[0].added, 2);
	assert_true(fix_get(f, 1)->whole);
	assert_false(fix_get(f, 2)->whole);
	fix_change(f, &seq, 3, 1, "a.txt", 2, 1);
	assert_int_equal(fix_get(f, 1)->undone, UNDONE_PART);
	fix_change(f, &seq, 4, 3, "a.txt", 1, 1);	/* redo */
	assert_int_equal(fix_get(f, 1)->undone, UNDONE_NOT);
	assert_int_equal(fix_get(f, 3)->undone, UNDONE_WHOLE);
	assert_true(fix_get(f, 4)->is_redo);
	fix_change(f, &seq, 5, 4, "a.txt", 2, 2);	/* and undo of that */
	assert_int_equal(fix_get(f, 1)->undone, UNDONE_PART);
	assert_int_equal(fix_get(f, 1)->undone_by, 3);
	assert_false(fix_get(f, 5)->is_redo);
	assert_int_equal(fix_get(f, 5)->root, 1);
	assert_int_equal(fold_change_undoing(f->ui.fold, 1)->tx, 5);
	assert_int_equal(fold_change_last(f->ui.fold, false)->tx, 2);
	assert_int_equal(fold_change_last(f->ui.fold, true)->tx, 5);
	fix_live(f);
	fix_type(f, "C");
	assert_int_equal(fix_count(f, "'type':'changes'"), 1);
	fix_want_shown(f, ">2  2026-01-02 03:02  +2 -1      rule small   "
	    "written");
	/* Each change once, as it is now. */
	fix_want_shown(f, "changes: 1 written · 1 undone");
	fix_want_shown(f, "    when              lines      accepted by  state "
	    "   files");
	fix_want_shown(f, " 1  2026-01-02 03:01  +4 -2      you          "
	    "undone");
	assert_false(fix_shows(f, " 5  "));
	fix_line(f, "{'type':'changes','changed_on_disk':[{'tx':2,"
	    "'path':'b.txt'},{'tx':9,'path':'b.txt'},{'path':7},3],'left':2}");
	fix_want_shown(f, "written, changed later");
	fix_want_shown(f, "b.txt  edited after this change");
	fix_want_shown(f, "2 files were not looked at");
	/* It was no other's edit. */
	fix_change(f, &seq, 6, 0, "b.txt", 1, 1);
	fold_add_lines(&b, "", f->ui.fold, fix_get(f, 6),
	    &fix_get(f, 6)->files[0]);
	assert_string_equal(buf_str(&b), "line 2-3");
	fix_line(f, "{'type':'changes','changed_on_disk':[{'tx':2,"
	    "'path':'b.txt'}],'left':0}");
	fix_want_shown(f, "b.txt  changed again by 6");
}

/* Of changes that were undone in part, the last one is next. */
FIX_TEST(test_last_of_parts)
{
	int64_t seq = 0;

	fix_init(f, 24, 80);
	fix_change(f, &seq, 1, 0, "a.txt", 2, 2);
	fix_change(f, &seq, 2, 0, "b.txt", 2, 2);
	fix_change(f, &seq, 3, 1, "a.txt", 2, 1);
	fix_change(f, &seq, 4, 2, "b.txt", 2, 1);
	assert_int_equal(fix_get(f, 1)->undone, UNDONE_PART);
	assert_int_equal(fold_change_last(f->ui.fold, false)->tx, 2);
}

/* Changes that are committed are shown as committed. */
FIX_TEST(test_committed)
{
	int64_t seq = 0;

	fix_init(f, 24, 80);
	fix_change(f, &seq, 1, 0, "a.txt", 1, 1);
	fix_line(f, "{'seq':100,'type':'commit_begin','changes':[1],"
	    "'files':[{'path':'a.txt'}]}");
	fix_line(f, "{'seq':101,'type':'committed','commit':"
	    "'83b30251122334455667788990011223344556677'}");
	seq = 101;
	fix_live(f);
	fix_see(f, "C", "you          committed 83b3025");
	fix_want_shown(f, "[changes: 1 committed]");
	fix_want_shown(f, "u undo a.txt");
	/* While the agent works, too. */
	fix_line(f, "{'type':'status','state':'model'}");
	fix_line(f, "{'seq':102,'type':'staged','files':1}");
	fix_want_shown(f, "u undo");
	fix_line(f, "{'type':'status','state':'idle'}");
	fix_change(f, &seq, 2, 1, "a.txt", 1, 1);
	fix_want_shown(f, "you          committed 83b3025, undone");
}

static void
fix_commit(struct fix *f, int64_t *seq, const char *changes)
{
	AUTO_FREE char *begin = xasprintf("{'seq':%lld,'type':'commit_begin',"
	    "'changes':[%s],'files':[{'path':'a.txt'}]}",
	    (long long)*seq + 1, changes);
	AUTO_FREE char *end = xasprintf("{'seq':%lld,'type':'committed',"
	    "'commit':'83b3025'}", (long long)*seq + 2);

	fix_line(f, begin);
	fix_line(f, end);
	*seq += 2;
}

static void
want_lacks(struct fix *f, const char *want)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	for (i = 0; i < f->ui.fold->changes_len; i++)
		if (commit_run_lacks(f->ui.fold, &f->ui.fold->changes[i]))
			buf_addf(&b, " %lld", (long long)
			    f->ui.fold->changes[i].tx);
	assert_string_equal(buf_str(&b), want);
	assert_int_equal(commit_run_count(f->ui.fold, NULL, NULL) > 0, want[0] != '\0');
}

/* Write or, with `back`, take away the text of a change. */
static void
fix_write(struct fix *f, int64_t *seq, int tx, int undoes, bool back)
{
	AUTO_FREE char *begin = xasprintf("{\"seq\":%lld,\"type\":"
	    "\"apply_begin\",\"tx\":%d,\"undoes\":%d,\"decision\":0,"
	    "\"ops\":[{\"path\":\"a.txt\",\"op\":\"replace\","
	    "\"before\":{\"hash\":\"%c\"},\"after\":{\"hash\":\"%c\"}}"
	    "]}", (long long)*seq + 1, tx, undoes, back ? 'b' : 'a',
	    back ? 'a' : 'b');
	AUTO_FREE char *end = xasprintf("{'seq':%lld,'type':'applied','tx':%d,"
	    "'ops':[{'path':'a.txt','ok':true}]}", (long long)*seq + 2, tx);

	fix_line(f, begin);
	fix_line(f, end);
	*seq += 2;
}

/* The parts of a change, its undos and redos that aren't committed. */
FIX_TEST(test_lacks)
{
	int64_t seq = 0;

	fix_init(f, 24, 80);
	fix_write(f, &seq, 1, 0, false);
	want_lacks(f, " 1");
	fix_write(f, &seq, 2, 1, true);	/* undo */
	want_lacks(f, "");
	fix_write(f, &seq, 3, 2, false);	/* redo */
	want_lacks(f, " 1");
	fix_commit(f, &seq, "1");	/* as before: without the others */
	want_lacks(f, "");
	fix_write(f, &seq, 4, 1, true);
	want_lacks(f, " 4");
	fix_write(f, &seq, 5, 4, false);
	want_lacks(f, "");
	fix_write(f, &seq, 6, 1, true);
	fix_commit(f, &seq, "6");
	want_lacks(f, "");
	fix_write(f, &seq, 7, 6, false);
	want_lacks(f, " 7");
}

static void
fix_say(struct fix *f, int64_t *seq, const char *text, const char *end)
{
	AUTO_FREE char *said = xasprintf("{'seq':%lld,'type':'user_message',"
	    "'by':'user','text':'%s'}", (long long)++*seq, text);
	AUTO_FREE char *turn = xasprintf("{'seq':%lld,'type':'turn_start'}",
	    (long long)++*seq);
	AUTO_FREE char *ended = xasprintf("{'seq':%lld,'type':'agent_end',"
	    "'outcome':'%s','exit':1}", (long long)(*seq + 1), end);

	fix_line(f, said);
	fix_line(f, turn);
	if (end[0] == '\0')
		return;
	++*seq;
	fix_line(f, ended);
}

/* A change is listed at the message that began its task, not at one that
 * continued it; an undo at the change that it undoes, however late. */
FIX_TEST(test_headings)
{
	int64_t seq = 0;

	fix_init(f, 24, 80);
	fix_say(f, &seq, "first task", "interrupted");
	fix_say(f, &seq, "finish without it", "");
	fix_change(f, &seq, 1, 0, "a.txt", 1, 1);
	fix_line(f, "{'seq':200,'type':'agent_end','outcome':'done',"
	    "'exit':0}");
	seq = 200;
	fix_say(f, &seq, "second task", "");
	fix_line(f, "{'seq':203,'type':'plan','version':1,'status':'approved',"
	    "'goal':'second goal','steps':[{'title':'one'}]}");
	seq = 203;
	fix_change(f, &seq, 2, 0, "b.txt", 1, 1);
	fix_change(f, &seq, 3, 1, "a.txt", 1, 1);
	assert_string_equal(fix_get(f, 1)->task, "first task");
	assert_string_equal(fix_get(f, 2)->task, "second task");
	assert_string_equal(fix_get(f, 3)->task, "first task");
	assert_string_equal(fix_get(f, 2)->goal, "second goal");
	assert_null(fix_get(f, 3)->goal);
}

FIX_TEST(test_keys)
{
	int64_t seq = 0;

	fix_init(f, 24, 80);
	fix_change(f, &seq, 1, 0, "a.txt", 1, 1);
	fix_change(f, &seq, 2, 0, "b.txt", 1, 1);
	fix_live(f);
	fix_see(f, "C", "u undo b.txt  ");
	fix_type(f, "ju");
	assert_int_equal(fix_count(f, "'type':'undo','tx':1}"), 1);
	/* Not in one read with others. */
	buf_clear(&f->sent);
	keys_feed(f->keys, "kU", 2, f->ui.now);
	keys_feed(f->keys, "ku", 2, f->ui.now);
	assert_int_equal(fix_count(f, "undo"), 0);
	fix_see(f, "U", MSG_THIS_IS_NOT_UNDONE);
	/* The last one, from anywhere. */
	fix_type(f, "2");
	f->ui.now += UI_QUIET_MS;
	fix_type(f, "u");
	assert_int_equal(fix_count(f, "'type':'undo','tx':2}"), 1);
	fix_see(f, "U", MSG_NOTHING_TO_REDO);
}

/* A key is about the change, on whatever row it is. A click goes to another
 * one. */
FIX_TEST(test_rows_move)
{
	struct key_event click = { .key = KEYS_CLICK, .x = 5 };
	int64_t seq = 0;

	fix_init(f, 24, 80);
	fix_change(f, &seq, 1, 0, "a.txt", 1, 1);
	fix_change(f, &seq, 2, 0, "b.txt", 1, 1);
	fix_live(f);
	fix_type(f, "Cj");
	fix_change(f, &seq, 3, 0, "c.txt", 1, 1);
	fix_draw(f);
	keys_feed(f->keys, "u", 1, f->ui.now += UI_QUIET_MS);
	assert_int_equal(fix_count(f, "'type':'undo','tx':1}"), 1);
	click.y = f->ui.panes[PANE_CHANGES].y + 1;	/* below the heads */
	state_key(&f->ui, &click);
	keys_feed(f->keys, "u", 1, f->ui.now += UI_QUIET_MS);
	assert_int_equal(fix_count(f, "'type':'undo','tx':3}"), 1);
}

/* The reverse of change 1 in two files, the second with `lines` lines. */
static void
fix_reverse(struct fix *f, int64_t seq, int lines, const char *more)
{
	struct buf b = BUF_INIT(0);

	buf_addf(&b, "{\"seq\":%lld,\"type\":\"proposal\",\"proposal\":0,"
	    "\"version\":1,\"final\":true,\"undo\":1,%s\"files\":[{\"path\":"
	    "\"a.txt\",\"status\":\"modified\",\"hunks\":[{\"id\":\"u1\","
	    "\"text\":\"-x\\n+y\\n\"}]},{\"path\":\"b.txt\",\"status\":"
	    "\"modified\",\"hunks\":[{\"id\":\"u2\",\"text\":\"",
	    (long long)seq, more);
	while (lines-- > 0)
		buf_adds(&b, "+z\\n");
	buf_adds(&b, "\"}]}]}");
	fix_line(f, buf_str(&b));
	buf_release(&b);
	fix_stand(f);
}

/* A screen with change 1, whose undo was asked for. */
static void
fix_undo(struct fix *f, int64_t *seq)
{
	fix_init(f, 24, 80);
	fix_change(f, seq, 1, 0, "a.txt", 1, 1);
	fix_live(f);
	fix_type(f, "2u");
}

/* One row about all of an undo; Esc drops it. */
FIX_TEST(test_confirm)
{
	int64_t seq = 0;

	fix_undo(f, &seq);
	assert_int_equal(fix_count(f, "'type':'undo','tx':1}"), 1);
	fix_reverse(f, 90, 2, "");
	fix_want_shown(f, "Enter puts back 2 hunks in 2 files (a.txt, b.txt) · "
	    "Esc back");
	buf_clear(&f->sent);
	fix_type(f, "jY");
	assert_int_equal(f->sent.len, 0);
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "'all':'yes','seen':true"), 1);
	assert_int_equal(fix_count(f, "'type':'decide'"), 1);

	fix_undo(f, &seq);
	fix_reverse(f, 90, 2, "");
	fix_escape(f);
	assert_int_equal(fix_count(f, "'all':'no'"), 1);
	assert_int_equal(fix_count(f, "'type':'decide'"), 1);
}

/* What doesn't fit the screen can be looked at, and counts as unseen in the
 * record. */
FIX_TEST(test_confirm_unseen)
{
	int64_t seq = 0;

	fix_undo(f, &seq);
	fix_reverse(f, 90, 60, "");
	fix_want_shown(f, "1 of 2 unread · Y puts back 2 hunks in 2 files (a.txt, "
	    "b.txt) · Enter");
	fix_see(f, "\r", "7 +z");
	fix_want_shown(f, "1 of 2 unread");
	buf_clear(&f->sent);
	fix_see(f, "Y", "1 of 2 unread · Enter puts back 2 hunks");
	assert_int_equal(fix_count(f, "'all'"), 0);
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "'all':'yes','seen':['u1']"), 1);
}

/* No row where lines were edited since: it is reviewed, and u asks about all of
 * it. */
FIX_TEST(test_confirm_not)
{
	int64_t seq = 0;

	fix_undo(f, &seq);
	fix_reverse(f, 90, 2, "\"undo_left\":[{\"path\":\"c.txt\",\"why\":"
	    "\"the same lines\"}],");
	fix_want_shown(f, "not undone: c.txt: the same lines");
	assert_int_equal(f->ui.confirm.action, ACTION_NONE);
	fix_want_shown(f, "y accept");
	/* To reject the last one tells nobody, and ends no task's review. */
	fix_see(f, "n", "1 open");
	fix_want_shown(f, "x write  u undo");
	fix_type(f, "u");
	fix_see(f, "u", "Enter puts back 2 hunks in 2 files (a.txt, b.txt)");

	/* Asked for in the list, which doesn't come back after another key. */
	fix_undo(f, &seq);
	fix_type(f, "Cuj");
	fix_reverse(f, 90, 2, "");
	fix_type(f, "4");
	fix_line(f, "{'seq':91,'type':'proposal','proposal':90,'version':2,"
	    "'final':true,'files':[]}");
	assert_int_equal(f->ui.at, PANE_TRANSCRIPT);
	assert_int_equal(f->ui.confirm.action, ACTION_NONE);
}

#define NEEDS	"{\"commit\":null,\"git\":null,\"needs\":[2],\"text\":\"\"}"

/* c commits the change under the cursor of a frame, and nothing before one. */
FIX_TEST(test_commit)
{
	int64_t seq = 1;

	fix_init(f, 24, 80);
	fix_line(f, "{'seq':1,'type':'session_start','session':"
	    "'20260102-030405-abcd'}");
	fix_live(f);
	fix_change(f, &seq, 1, 0, "a.c", 1, 1);
	fix_change(f, &seq, 2, 0, "b.c", 1, 1);
	f->ui.git.here = true;
	f->ui.now += 5000;
	fix_draw(f);
	keys_feed(f->keys, "Cc", 2, f->ui.now);
	assert_int_equal(f->ui.want_edit, UI_EDIT_NONE);
	f->ui.now += 5000;
	fix_draw(f);
	keys_feed(f->keys, "jc", 2, f->ui.now);
	assert_int_equal(f->ui.want_edit, UI_EDIT_NONE);
	f->ui.now += 5000;
	fix_want_shown(f, ">1  2026");
	fix_type(f, "c");
	assert_int_equal(f->ui.want_edit, UI_RUN_COMMIT);
	assert_int_equal(f->ui.git.changes_len, 1);
	assert_int_equal(f->ui.git.changes[0], 1);
	/* Other changes have the same lines: Y alone commits those, too. */
	f->ui.want_edit = UI_EDIT_NONE;
	run_commit.done(&f->ui, NEEDS, sizeof(NEEDS) - 1, 0, "");
	assert_int_not_equal(f->ui.want_edit, UI_RUN_PAUSE);
	fix_want_shown(f, "Change 1 shares lines with change 2. Commit both?");
	fix_see(f, "y", "Commit both?  press Y");
	fix_see(f, "n", "not done");
	assert_int_equal(f->ui.want_edit, UI_EDIT_NONE);
	fix_type(f, "c");
	assert_int_equal(f->ui.git.changes_len, 1);
	f->ui.want_edit = UI_EDIT_NONE;
	run_commit.done(&f->ui, NEEDS, sizeof(NEEDS) - 1, 0, "");
	assert_int_not_equal(f->ui.want_edit, UI_RUN_PAUSE);
	fix_see(f, "Y", "press Enter to confirm");
	assert_int_equal(f->ui.want_edit, UI_EDIT_NONE);
	fix_type(f, "\r");
	assert_int_equal(f->ui.want_edit, UI_RUN_COMMIT);
	assert_int_equal(f->ui.git.changes_len, 2);
	assert_int_equal(f->ui.git.changes[1], 2);
}

/* On a task's heading, c commits what was written for it: also what comes after
 * a command of the user's, but nothing of a task with the same words. */
FIX_TEST(test_commit_task)
{
	static const char *const said[] = { "first task", NULL, "" };
	int64_t seq = 1;
	char *end;
	size_t i;

	fix_init(f, 24, 120);
	fix_line(f, "{'seq':1,'type':'session_start','session':"
	    "'20260102-030405-abcd'}");
	for (i = 0; i < MEM_COUNT(said); i++) {
		if (said[i] != NULL)
			fix_say(f, &seq, said[i], "");
		else {
			end = xasprintf("{'seq':%lld,'type':'tool_call',"
			    "'by':'user','name':'bash','title':'make'}",
			    (long long)++seq);
			fix_line(f, end);
			free(end);
			/* About its change: it begins no task. */
			end = xasprintf("{'seq':%lld,'type':'user_message',"
			    "'by':'user','text':'why?','question':{'comment':"
			    "1}}", (long long)++seq);
			fix_line(f, end);
			free(end);
		}
		fix_change(f, &seq, 10 * (int)i + 1, 0, "a.c", 1, 1);
		fix_change(f, &seq, 10 * (int)i + 2, 0, i == 1 ? "b.c" :
		    "dir/c.c", 1, 1);
		end = xasprintf("{'seq':%lld,'type':'agent_end',"
		    "'outcome':'done','exit':0}", (long long)++seq);
		fix_line(f, end);
		free(end);
	}
	fix_live(f);
	f->ui.git.here = true;
	fix_see(f, "C", ">22  ");
	fix_see(f, "k", ">first task");
	fix_want_shown(f, "c commit this task: 4 changes, 2 files  ");
	fix_type(f, "c");
	assert_int_equal(f->ui.git.changes_len, 4);
	/* Lines shared with other tasks. */
	f->ui.want_edit = UI_EDIT_NONE;
	run_commit.done(&f->ui, "{\"needs\":[11]}", 14, 0, "");
	assert_int_not_equal(f->ui.want_edit, UI_RUN_PAUSE);
	fix_want_shown(f, "Changes 1, 2, 21 and 22 share lines with change "
	    "11. Commit all 5?");
	fix_see(f, "Y", "press Enter to confirm");
	assert_int_equal(f->ui.want_edit, UI_EDIT_NONE);
	fix_type(f, "\r");
	assert_int_equal(f->ui.want_edit, UI_RUN_COMMIT);
	assert_int_equal(f->ui.git.changes_len, 5);
}

/* A review lists what it staged and what it discarded, each as what it is; what
 * a commit has isn't undone. */
FIX_TEST(test_review_changes)
{
	static const char *const lines[] = {
		"{'seq':1,'type':'session_start','mode':'review'}",
		"{'seq':2,'type':'proposal','proposal':0,'version':1,'files':"
		    "[{'path':'a','before':{'hash':'a'},'after':{'hash':'b'},"
		    "'hunks':[{'id':'h1','text':'-x\\n+y\\n+z\\n'},{'id':"
		    "'h2','text':'-x\\n+y\\n+z\\n'}]}]}",
		"{'seq':3,'type':'decision','by':'user','proposal':2,'files':"
		    "[{'path':'a','hunks':[{'id':'h1','decision':'yes'}]}]}",
		"{'seq':4,'type':'apply_begin','tx':1,'decision':3,'index':"
		    "true,'ops':[{'path':'a','op':'replace','before':{'hash':"
		    "'a'},'after':{'hash':'c'}}]}",
		"{'seq':5,'type':'applied','tx':1,'index':true,'ops':[{"
		    "'path':'a','ok':true}]}",
		"{'seq':6,'type':'decision','by':'user','proposal':2,"
		    "'discard':true,'files':[{'path':'a','hunks':[{'id':'h2',"
		    "'decision':'no'}]}]}",
		"{'seq':7,'type':'apply_begin','tx':2,'decision':6,'ops':[{"
		    "'path':'a','op':'replace','before':{'hash':'b'},'after':"
		    "{'hash':'c'}}]}",
		"{'seq':8,'type':'applied','tx':2,'ops':[{'path':'a','ok':"
		    "true}]}",
		"{'seq':9,'type':'proposal','proposal':2,'version':2,'files':"
		    "[]}",
	};
	size_t i;

	fix_init(f, 24, 80);
	for (i = 0; i < MEM_COUNT(lines); i++)
		fix_line(f, lines[i]);
	fix_live(f);
	fix_see(f, "C", "changes: 1 staged · 1 discarded");
	fix_want_shown(f, "+1 -2      you          discarded  a");
	fix_want_shown(f, "+2 -1      you          staged   a");
	assert_int_equal(fold_change_last(f->ui.fold, false)->tx, 2);
	fix_line(f, "{'seq':10,'type':'git_begin','act':'commit','argv':[],"
	    "'head':'1111111'}");
	fix_line(f, "{'seq':11,'type':'git_end','status':0,'head':'2222222'}");
	fix_see(f, "+", "committed 2222222");
	fix_line(f, "{'seq':12,'type':'apply_begin','tx':3,'undoes':2,"
	    "'decision':6,'ops':[{'path':'a','op':'replace','before':{'hash':"
	    "'c'},'after':{'hash':'b'}}]}");
	fix_line(f, "{'seq':13,'type':'applied','tx':3,'undoes':2,'ops':[{"
	    "'path':'a','ok':true}]}");
	assert_null(fold_change_last(f->ui.fold, false));
	/* What comes back wasn't rejected. */
	fix_line(f, "{'seq':14,'type':'proposal','proposal':2,'version':3,"
	    "'files':[{'path':'a','hunks':[{'id':'h2','text':'-x\\n+y\\n'"
	    "}]}]}");
	fix_see(f, "4", "1 open");
	assert_false(fix_shows(f, "same as you rejected"));
	fix_want_shown(f, "y stage  n leave  U redo  e edit");
}
