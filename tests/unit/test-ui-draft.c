/* Unsent text: on the screen, and in the session's folder. */
#include "config.h"

#include "scratch.h"
#include "ui-fix.h"

#include "base/fs.h"
#include "ui/keys/keys.h"
#include "ui/panes/composer.h"
#include "ui/panes/confirm.h"
#include "ui/panes/panes.h"
#include "ui/text/input.h"

static void
begin(struct fix *f)
{
	fix_hunks(f, 24, 80, 2, 2);
	fix_type(f, "4");
}

static void
leave(struct fix *f)
{
	fix_escape(f);
	fix_draw(f);
	assert_false(f->ui.typing);
}

static void
paste(struct fix *f, const char *text, size_t n)
{
	f->ui.now += 2000;
	keys_feed(f->keys, "\033[200~", 6, f->ui.now);
	keys_feed(f->keys, text, n, f->ui.now);
	keys_feed(f->keys, "\033[201~", 6, f->ui.now);
	fix_draw(f);
}

static void
want(struct fix *f, const char *text)
{
	assert_string_equal(buf_str(&f->ui.input.text), text);
}

FIX_TEST(test_reason)
{
	begin(f);
	fix_type(f, "rtoo slow");
	leave(f);
	fix_want_shown(f, "not sent · press r for your text");
	/* Another hunk has none of it. */
	fix_type(f, "Jr");
	want(f, "");
	fix_type(f, "other");
	leave(f);
	fix_type(f, "Kr");
	want(f, "too slow");
	fix_want_shown(f, "reason (a.c, hunk 1/2)> too slow");
	fix_type(f, " by far\r");
	assert_int_equal(fix_count(f, "'word':'too slow by far'"), 1);
	/* Sent text is removed. */
	fix_type(f, "Kr");
	want(f, "");
	leave(f);

	/* It is about the hunk under the cursor, also right after n. */
	begin(f);
	fix_see(f, "n", "rejected · u undoes it   y accept");
	fix_see(f, "r", "reason (a.c, hunk 2/2)>");
	fix_want_shown(f, "Enter reject (first type a reason)");
	leave(f);
	fix_see(f, "Kr", "reason (a.c, hunk 1/2)>");
	fix_want_shown(f, "Enter add a reason (first type it)");
	fix_see(f, "slow", "Enter add this reason");
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "'word':'slow'"), 1);
}

/* Its hunk is gone when it is sent: it is in the line for the model. */
FIX_TEST(test_astray)
{
	begin(f);
	fix_type(f, "rtoo slow");
	fix_line(f, "{'seq':70,'type':'proposal','by':'core','id':50,"
	    "'version':2,'why':'turn end','files':[]}");
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "too slow"), 0);
	fix_want_shown(f, "press i for your text, now a message");
	fix_want_shown(f, "message draft> ");
	fix_type(f, "i");
	want(f, "too slow");
}

#define PLAN "{\"seq\":%d,\"type\":\"plan\",\"by\":\"%s\",\"version\":1," \
	"\"status\":\"%s\",\"goal\":\"s\",\"steps\":[{\"title\":\"w\"}]}"

static void
plan(struct fix *f, int seq, const char *by, const char *status)
{
	char *line = xasprintf(PLAN, seq, by, status);

	fix_line(f, line);
	free(line);
	fix_draw(f);
}

static void
begin_plan(struct fix *f)
{
	fix_init(f, 24, 80);
	fix_live(f);
	plan(f, 5, "model", "proposed");
	fix_see(f, "1", "r send back");
}

/* Another screen was faster: the words are not sent, and not lost. */
FIX_TEST(test_plan_decided)
{
	begin_plan(f);
	fix_see(f, "r", "Enter send the plan back (first type why)");
	fix_type(f, "smaller");
	plan(f, 6, "user", "approved");
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "smaller"), 0);
	fix_want_shown(f, "press i for your text");
	fix_type(f, "i");
	want(f, "smaller");
	/* Left before it was decided. */
	begin_plan(f);
	fix_type(f, "rsmaller");
	leave(f);
	fix_want_shown(f, "not sent · press r for your text");
	plan(f, 6, "user", "approved");
	fix_want_shown(f, "press i for your text");
	fix_type(f, "i");
	want(f, "smaller");
}

/* The plan in the editor. */
static void
edited(struct fix *f, int version, const char *text)
{
	struct buf b = BUF_INIT(0);

	buf_adds(&b, text);
	edit_plan.done(&f->ui, buf_str(&b), b.len, version, "");
	buf_release(&b);
	fix_draw(f);
}

static char *
opened(struct fix *f, size_t *len)
{
	struct err e = ERR_INIT;
	int64_t version;

	return edit_plan.text(&f->ui, len, &version, &e);
}

#define MINE "# Goal\ng\n# Steps\n1. mine\n"

/* The text is one attachment in the line. */
static void
want_whole(struct fix *f, const char *text)
{
	size_t len;
	char *s = input_whole(&f->ui.input, false, &len);

	assert_string_equal(s, text);
	free(s);
}

/* A plan from the editor is sent, and kept until it is the plan. */
FIX_TEST(test_plan_edited)
{
	size_t len;
	char *text;

	begin_plan(f);
	/* It can't be read: it is there for the next time, and the plan
	 * waits. */
	edited(f, 1, "{oops");
	fix_want_shown(f, "line 1: text before the first heading");
	assert_int_equal(fix_count(f, "'edit'"), 0);
	/* Meanwhile the plan isn't approved without it by a single key. */
	fix_see(f, "\f", "y approve without your edit  e open your edit");
	fix_see(f, "y", "Y approves this plan without your edit");
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "approve"), 0);
	fix_type(f, "yY\r");
	assert_int_equal(fix_count(f, "'action':'approve'"), 1);
	text = opened(f, &len);
	assert_int_equal(len, strlen(text));
	assert_non_null(strstr(text, "first heading -->\n{oops"));
	free(text);
	edited(f, 1, MINE);
	assert_int_equal(fix_count(f, "'action':'edit'"), 1);
	assert_int_equal(f->ui.drafts.list_len, 1);
	/* Refused, it opens again. */
	fix_line(f, "{'type':'refused','to':'plan','text':'no'}");
	text = opened(f, &len);
	assert_int_equal(len, strlen(MINE));
	free(text);
	/* Taken, it is no draft, and waits for approval. */
	fix_line(f, "{'seq':6,'type':'plan','by':'user','version':2,"
	    "'status':'proposed','goal':'g','steps':[{'title':'mine'}]}");
	assert_int_equal(f->ui.drafts.list_len, 0);
	assert_true(f->ui.fold->plan.status == FOLD_PLAN_PROPOSED);
	fix_want_shown(f, "version 2, as you edited it");
	fix_type(f, "i");
	want(f, "");
}

/* While it was in the editor another one was handed in, or it was decided. */
FIX_TEST(test_plan_edited_late)
{
	begin_plan(f);
	fix_line(f, "{'seq':6,'type':'plan','by':'model','version':2,"
	    "'status':'proposed','goal':'other','steps':[{'title':'w'}]}");
	edited(f, 1, MINE);
	fix_want_shown(f, "press i for your text");
	assert_int_equal(fix_count(f, "'plan'"), 0);
	/* The new one waits as before, and is what e opens. */
	assert_true(f->ui.fold->plan.status == FOLD_PLAN_PROPOSED);
	fix_draw(f);
	assert_true((ui_contexts(&f->ui) & ACTION_CTX_PLAN) != 0);
	fix_type(f, "i");
	want_whole(f, MINE);
	begin_plan(f);
	plan(f, 6, "user", "approved");
	edited(f, 1, MINE);
	fix_want_shown(f, "press i for your text");
	assert_int_equal(fix_count(f, "'edit'"), 0);
	fix_type(f, "i");
	want_whole(f, MINE);
}

/* Words that a screen had sent before it left, and the journal of then. */
static void
sent(struct fix *f, const char *after, const char *text)
{
	struct drafts *d = &f->ui.drafts;
	struct input in;

	input_init(&in);
	(void)input_insert(&in, text, strlen(text));
	GROW(d->list, d->list_len);
	d->list[d->list_len++] = (struct draft){ UI_SENT, xstrdup(after), in };
}

FIX_TEST(test_sent_and_left)
{
	/* They were journaled meanwhile. */
	fix_init(f, 24, 80);
	sent(f, "3", "//stop that");
	fix_line(f, "{'seq':4,'type':'user_message','by':'user',"
	    "'text':'/stop that'}");
	fix_line(f, "{'type':'live'}");
	assert_int_equal(f->ui.drafts.list_len, 0);
	fix_type(f, "i");
	want(f, "");
	/* The core that had accepted them died: another one has the same words
	 * from before. */
	fix_init(f, 24, 80);
	sent(f, "4", "stop that");
	fix_line(f, "{'seq':4,'type':'user_message','by':'user',"
	    "'text':'stop that'}");
	fix_line(f, "{'type':'status','state':'idle','doing':'ready'}");
	fix_line(f, "{'type':'live'}");
	fix_want_shown(f, MSG_YOUR_MESSAGE_DIDNT_ARRIVE);
	fix_type(f, "i");
	want(f, "stop that");
	/* It lives, and is ending what they interrupt. */
	fix_init(f, 24, 80);
	sent(f, "3", "stop that");
	fix_line(f, "{'type':'status','state':'tool','doing':'make'}");
	fix_line(f, "{'type':'live'}");
	fix_line(f, "{'seq':4,'type':'agent_end','outcome':'interrupted',"
	    "'exit':1}");
	assert_int_equal(f->ui.drafts.list_len, 1);
	fix_line(f, "{'seq':5,'type':'user_message','by':'user',"
	    "'text':'stop that'}");
	assert_int_equal(f->ui.drafts.list_len, 0);
	fix_type(f, "i");
	want(f, "");
}

/* Refused while the next one is typed, and with one more under way. */
FIX_TEST(test_refused_later)
{
	static const char refused[] = "{\"type\":\"refused\",\"to\":\"say\","
	    "\"text\":\"no\"}";

	begin(f);
	fix_type(f, "ione\r");
	fix_type(f, "two\r");
	fix_type(f, "thr");
	fix_line(f, refused);
	want(f, "thr");
	fix_want_shown(f,
	    "no · your message comes back when the line is empty");
	fix_line(f, "{'seq':71,'type':'user_message','by':'user',"
	    "'text':'two'}");
	assert_int_equal(f->ui.say.pending, 0);
	fix_type(f, "ee\r");
	assert_int_equal(fix_count(f, "'text':'three'"), 1);
	want(f, "one");
	/* While a reason is typed it goes beside it. */
	leave(f);
	fix_type(f, "4rword");
	fix_line(f, refused);
	want(f, "word");
	leave(f);
	fix_type(f, "i");
	want(f, "one\nthree");
}

FIX_TEST(test_refused)
{
	begin(f);
	fix_type(f, "ihello\r");
	fix_line(f, "{'type':'refused','to':'mark','text':'no'}");
	want(f, "");
	fix_line(f, "{'type':'refused','to':'say','text':'no'}");
	want(f, "hello");
	fix_type(f, "i\r");
	fix_line(f, "{'seq':71,'type':'user_message','by':'user',"
	    "'text':'hello'}");
	assert_int_equal(f->ui.say.pending, 0);
	want(f, "");
	/* To a plan that waits it is why that is sent back. */
	fix_type(f, "iother\r");
	assert_int_equal(f->ui.say.pending, 1);
	fix_line(f, "{'seq':72,'type':'plan','by':'user','version':1,"
	    "'status':'returned','word':'other'}");
	assert_int_equal(f->ui.say.pending, 0);
}

/* ---- files ---- */

/* Another screen on the same folder; true if it has got something. */
static bool
come_back(struct fix *f, struct draft_file **d, const char *dir)
{
	begin(f);
	*d = draft_file_open(dir, &f->ui);
	return draft_is_own(&f->ui);
}

static void
gone(struct fix *f, struct draft_file *d)
{
	draft_file_free(d);
	fix_release(f);
}

static ino_t
inode(const char *dir, const char *name)
{
	char *path = fs_join(dir, name);
	struct stat st;
	ino_t ino = stat(path, &st) < 0 ? 0 : st.st_ino;

	if (ino != 0)
		assert_int_equal(st.st_mode & 07777, 0600);
	free(path);
	return ino;
}

SCRATCH_TEST(test_file)
{
	char *dir = *state, *big = xmalloc(200001);
	struct draft_file *d, *other;
	struct fix f = { 0 }, g = { 0 };
	size_t i, n;
	ino_t text;
	char *whole;

	for (i = 0; i < 200000; i++)
		big[i] = (char)(i % 100 == 99 ? '\n' : 'a' + i % 7);
	big[200000] = '\0';
	/* Nothing is no file, and a blank in front is kept nowhere. */
	assert_false(come_back(&f, &d, dir));
	assert_false(draft_file_save(d, &f.ui));
	fix_type(&f, "i mine");
	assert_false(draft_file_save(d, &f.ui));
	assert_int_equal(inode(dir, "typed-0"), 0);
	fix_type(&f, "\025ab");
	paste(&f, "\351", 1);
	fix_type(&f, "c ");
	paste(&f, big, 200000);
	fix_type(&f, " end");
	assert_true(draft_file_save(d, &f.ui));
	text = inode(dir, "typed-0");
	assert_true(text != 0);
	/* As it was: not written. */
	assert_true(draft_file_save(d, &f.ui));
	assert_true(inode(dir, "typed-0") == text);
	fix_type(&f, "s");
	assert_true(draft_file_save(d, &f.ui));
	leave(&f);
	fix_type(&f, "rtoo slow");
	assert_true(draft_file_save(d, &f.ui));
	/* One that is open is not taken from its owner; another one is told
	 * so, once. */
	assert_false(come_back(&g, &other, dir));
	fix_type(&g, "isecon");
	assert_false(draft_file_save(other, &g.ui));
	fix_draw(&g);
	fix_want_shown(&g, MSG_ANOTHER_SCREEN_HAS_UNSENT_TEXT);
	fix_type(&g, "d");
	assert_false(draft_file_save(other, &g.ui));
	gone(&f, d);
	/* It takes over what that has left, and keeps both. */
	assert_true(draft_file_save(other, &g.ui));
	assert_int_equal(inode(dir, "typed-1"), 0);
	want(&g, "second");
	gone(&g, other);
	assert_true(come_back(&f, &d, dir));
	want(&f, "second");
	fix_type(&f, "i\r");
	assert_int_equal(fix_count(&f, "'text':'second'"), 1);
	fix_line(&f, "{'seq':71,'type':'user_message','by':'user',"
	    "'text':'second'}");
	whole = input_whole(&f.ui.input, false, &n);
	assert_int_equal(n, 5 + 1 + 200000 + 5);
	assert_memory_equal(whole, "ab\351c \n", 6);
	free(whole);
	leave(&f);
	fix_type(&f, "4r");
	want(&f, "too slow");
	fix_type(&f, "\r");
	fix_type(&f, "i\r");
	assert_true(draft_file_save(d, &f.ui));	/* not arrived yet */
	fix_line(&f, "{'seq':72,'type':'user_message','by':'user','text':'x'}");
	assert_false(draft_file_save(d, &f.ui));
	assert_int_equal(inode(dir, "typed-0"), 0);
	gone(&f, d);
	assert_false(come_back(&f, &d, dir));
	/* The subject of the text is gone when somebody comes back. */
	fix_type(&f, "rtoo slow");
	assert_true(draft_file_save(d, &f.ui));
	gone(&f, d);
	fix_init(&f, 24, 80);
	d = draft_file_open(dir, &f.ui);
	assert_true(draft_is_own(&f.ui));
	want(&f, "");
	fix_live(&f);
	want(&f, "too slow");
	gone(&f, d);
	free(big);
}

/* Release 0.2.0 had a file for each screen. */
SCRATCH_TEST(test_file_old)
{
	static const char old[] = "{\"version\":1,\"texts\":[{\"for\":"
	    "\"say\",\"parts\":[{\"text\":\"%s\"}]}]}\n";
	char *dir = *state, *one = xasprintf(old, "one"),
	    *two = xasprintf(old, "two");
	struct draft_file *d;
	struct fix f = { 0 };

	scratch_put(dir, "typed-1", one);
	scratch_put(dir, "typed-3", two);
	assert_true(come_back(&f, &d, dir));
	want(&f, "two");
	assert_true(inode(dir, "typed-0") != 0);
	assert_int_equal(inode(dir, "typed-1"), 0);
	assert_int_equal(inode(dir, "typed-3"), 0);
	fix_type(&f, "i\r");
	want(&f, "one");
	gone(&f, d);
	free(one);
	free(two);
}

/* More than the longest JSON that is read, and each text comes back. */
SCRATCH_TEST(test_file_long)
{
	char *dir = *state, *big = xmalloc(6 << 20);
	struct draft_file *d;
	struct fix f = { 0 };
	size_t n;

	memset(big, 1, 6 << 20);
	(void)come_back(&f, &d, dir);
	paste(&f, big, 6 << 20);
	leave(&f);
	fix_type(&f, "r");
	paste(&f, big, 6 << 20);
	assert_true(draft_file_save(d, &f.ui));
	gone(&f, d);
	assert_true(come_back(&f, &d, dir));
	free(input_whole(&f.ui.input, false, &n));
	assert_int_equal(n, 6 << 20);
	leave(&f);
	fix_type(&f, "4r");
	free(input_whole(&f.ui.input, false, &n));
	assert_int_equal(n, 6 << 20);
	gone(&f, d);
	free(big);
}

/* Whatever somebody has left there, it is a text or nothing. */
FIX_TEST(test_bad_files)
{
	static const char *const bad[] = {
		"", "{", "[]", "{\"version\":2,\"texts\":[]}",
		"{\"version\":1,\"texts\":[{\"for\":\"search\",\"parts\":"
		    "[{\"text\":\"x\"}]},{\"for\":\"say\"},7,"
		    "{\"for\":\"say\",\"parts\":[{\"file\":\"journal.jsonl\"},"
		    "{\"paste\":7},{\"text\":7}]}]}",
	};
	char *dir = scratch_new();
	struct draft_file *d;
	size_t i;

	scratch_put(dir, "journal.jsonl", "secret\n");
	for (i = 0; i < MEM_COUNT(bad); i++) {
		scratch_put(dir, "typed-0", bad[i]);
		assert_false(come_back(f, &d, dir));
		want(f, "");
		assert_int_equal(f->ui.drafts.list_len, 0);
		gone(f, d);
	}
	scratch_put(dir, "typed-0", "{\"version\":1,\"texts\":[{\"for\":"
	    "\"say\",\"parts\":[{\"text\":\"good\\u001b[2J\"}]}]}");
	assert_true(come_back(f, &d, dir));
	want(f, "good\033[2J");
	gone(f, d);
	scratch_free(dir);
}
