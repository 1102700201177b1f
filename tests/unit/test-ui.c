/*
 * The screen without a terminal: journal lines and keys in, a grid and commands
 * out.  Above all: what must not decide, does not.
 */
#include "config.h"

#include <unistd.h>

#include "base/json.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "front/editor.h"
#include "ui-fix.h"
#include "ui/app/decide.h"
#include "ui/diff/diff.h"
#include "ui/keys/keys.h"
#include "ui/text/input.h"
#include "ui/text/page.h"

/* That the file was saved outside comes by itself, and moves the rows. */
FIX_TEST(test_saved_outside)
{
	char dir[] = "/tmp/assent-ui-XXXXXX";
	char *path;
	FILE *file;

	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/a.c", dir);
	fix_init(f, 24, 80);
	f->ui.fold->root = xstrdup(dir);
	fix_line(f, "{'seq':50,'t':'2020-01-01T00:00:00.000Z',"
	    "'type':'proposal','by':'core','proposal':0,'version':1,"
	    "'final':true,'files':[{'path':'a.c','status':'modified',"
	    "'hunks':[{'id':'1','old_start':1,'old_lines':0,'new_start':1,"
	    "'new_lines':1,'text':'+x\\n'},{'id':'2','old_start':101,"
	    "'old_lines':0,'new_start':101,'new_lines':1,'text':'+y\\n'}]}]}");
	fix_live(f);
	fix_stand(f);
	assert_false(fix_shows(f, "saved on disk"));
	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	f->ui.now += 5000;
	fix_want_shown(f, "saved on disk");
	fix_wait(f, REVIEW_OWN_MS);
	keys_feed(f->keys, "y", 1, f->ui.now);
	assert_int_equal(fix_count(f, "'type':'mark'"), 0);
	fix_stand(f);
	keys_feed(f->keys, "y", 1, f->ui.now);
	assert_int_equal(fix_count(f, "'type':'mark'"), 1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	free(path);
}

/* Changes accepted by rules can be looked up; and each written file names its
 * rule. */
FIX_TEST(test_grants_in_sight)
{
	fix_init(f, 40, 100);
	fix_line(f, "{'seq':1,'type':'session_start','by':'core',"
	    "'settings':{'approve':'ask'},'grants':[]}");
	fix_line(f, "{'type':'live'}");
	fix_see(f, "1z", "Review (mode ask)");
	fix_want_shown(f, "you review after each plan step");
	fix_line(f, "{'seq':2,'type':'mode','by':'user','approve':'small',"
	    "'grants':[{'text':'approve small (set by \\u001b[2J): what; for "
	    "this session'}]}");
	fix_want_shown(f, "small: accepts small edits of sources");
	fix_want_shown(f, "what; for this session");
}

FIX_TEST(test_marks)
{
	fix_hunks(f, 24, 80, 3, 4);
	/* Not yet drawn: nothing can be decided. */
	f->ui.now += 5000;
	keys_feed(f->keys, "y", 1, f->ui.now);
	keys_feed(f->keys, "A", 1, f->ui.now);
	assert_string_equal(buf_str(&f->sent), "");
	fix_type(f, "y");
	assert_string_equal(buf_str(&f->sent), "{\"type\":\"mark\","
	    "\"proposal\":50,\"version\":1,\"hunk\":\"0000000000000001\","
	    "\"mark\":\"yes\",\"seen\":true}\n");
	fix_want_shown(f, "[y]");
	fix_want_shown(f, " 2 open");
	/* On to the next one. */
	fix_type(f, "n");
	assert_int_equal(fix_count(f, "'hunk':'0000000000000002',"
	    "'mark':'no'"), 1);
	fix_type(f, "Kr");
	fix_see(f, "why\r", MSG_WITH_YOUR_REASON);
	assert_false(fix_shows(f, "y accepts it"));
	fix_type(f, "K");
	fix_want_shown(f, ">[n] @@ -101,0 +101,4 @@  +4 -0  rejected · "
	    "y accepts it");
	fix_type(f, "J");
	assert_int_equal(fix_count(f, "'hunk':'0000000000000002','mark':'no',"
	    "'seen':true,'word':'why'"), 1);
	/* Wherever the cursor is: first the reason, then the rejection. */
	fix_type(f, "KKu");
	assert_int_equal(fix_count(f, "'mark':'none'"), 0);
	fix_type(f, "u");
	assert_int_equal(fix_count(f, "'mark':'none'"), 1);
	fix_type(f, "x");
	assert_int_equal(fix_count(f, "'type':'decide'"), 0);
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "'type':'decide'"), 1);
	assert_int_equal(fix_count(f, "'all'"), 0);
}

/* As the loop does it, until nothing is due: how many frames are drawn. */
static int
frames_drawn(struct fix *f, const char *const *lines, size_t len)
{
	int64_t end = f->ui.now + 5000, at;
	int n = 0;
	size_t i;

	for (i = 0;; i++) {
		if (f->ui.want.frame != FRAME_NONE) {
			frame_draw(&f->ui, f->ui.want.frame);
			fix_written(f);
			n++;
		}
		if (i < len) {
			fix_line(f, lines[i]);
			continue;
		}
		at = state_deadline(&f->ui);
		if (f->ui.want.frame == FRAME_NONE && (at < 0 || at > end))
			return n;
		if (f->ui.want.frame == FRAME_NONE) {
			f->ui.now = at > f->ui.now ? at : f->ui.now;
			(void)state_tick(&f->ui);
		}
	}
}

/* A mark draws a frame, and one when keys count again; what the core does after
 * the last mark, one more. */
FIX_TEST(test_frames)
{
	static const char *const marked[] = {
		"{'seq':60,'type':'draft','proposal':50,'by':'user',"
		    "'hunk':'0000000000000001','mark':'yes','seen':true}",
		"{'type':'status','state':'waiting','doing':'1 to review',"
		    "'waits':true}",
	}, *const wrote[] = {
		"{'seq':61,'type':'draft','proposal':50,'by':'user',"
		    "'hunk':'0000000000000002','mark':'yes','seen':true}",
		"{'seq':62,'type':'decision','by':'user','proposal':50,"
		    "'files':[{'path':'a.c','hunks':[{'id':"
		    "'0000000000000001','decision':'yes'},{'id':"
		    "'0000000000000002','decision':'yes'}]}]}",
		"{'type':'status','state':'applying','doing':'writing'}",
		"{'seq':63,'type':'apply_begin','tx':1,'decision':62,"
		    "'ops':[{'path':'a.c'}]}",
		"{'seq':64,'type':'applied','tx':1,'ops':[{'path':'a.c',"
		    "'ok':true}]}",
		"{'seq':65,'type':'agent_end','by':'core','outcome':'done',"
		    "'exit':0}",
		"{'type':'status','state':'idle','doing':'ready'}",
	};

	fix_hunks(f, 40, 120, 2, 2);
	fix_line(f, marked[1]);
	fix_review(f);
	assert_int_equal(frames_drawn(f, NULL, 0), 0);
	keys_feed(f->keys, "y", 1, f->ui.now);
	assert_int_equal(frames_drawn(f, marked, MEM_COUNT(marked)), 2);
	fix_want_shown(f, "1 open");
	assert_int_equal(frames_drawn(f, NULL, 0), 0);
	keys_feed(f->keys, "y", 1, f->ui.now);
	assert_int_equal(frames_drawn(f, wrote, MEM_COUNT(wrote)), 4);
	fix_want_shown(f, "wrote a.c");
}

FIX_TEST(test_unseen)
{
	fix_hunks(f, 24, 80, 2, 40);
	fix_review(f);
	/* Not seen in full: the key marks nothing, and says what is left. */
	fix_want_shown(f, MSG_MORE_ROWS_OF_HUNK);
	fix_want_shown(f, "Y accept unread  n reject");
	fix_see(f, "y", "22 lines below · Space · Y accepts it unread");
	fix_type(f, " ");
	fix_see(f, "y", " lines below");
	fix_want_shown(f, MSG_MORE_ROWS_OF_HUNK);
	fix_type(f, " ");
	assert_false(fix_shows(f, MSG_MORE_ROWS_OF_HUNK));
	assert_string_equal(buf_str(&f->sent), "");
	fix_type(f, "KKy");
	assert_int_equal(fix_count(f, "0001','mark':'yes','seen':true"), 1);
	/* A rejection needs no look. */
	fix_type(f, "n");
	assert_int_equal(fix_count(f, "0002','mark':'no','seen':"), 1);
	/* Read it all: no second key. */
	fix_see(f, "g      Gg", "-/2 · 0 open");
	/* Its end alone isn't all of it. */
	fix_hunks(f, 24, 80, 1, 400);
	fix_review(f);
	fix_see(f, "Gy", "lines above · b · Y accepts it unread");
	assert_string_equal(buf_str(&f->sent), "");
	fix_see(f, "Y", "Enter writes 1 hunk");
	assert_int_equal(fix_count(f, "0001','mark':'yes','seen':false"), 1);
	/* Read after its mark: the decision says so. */
	fix_hunks(f, 24, 80, 2, 15);
	fix_review(f);
	fix_see(f, "A", "1 of 2 unread");
	fix_see(f, "\r", "Enter writes 2 hunks");
	assert_int_equal(fix_count(f, "'seen':['"), 0);
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "'seen':['0000000000000001',"
	    "'0000000000000002']"), 1);
}

/* Keys of one read mark; an Enter among them that has a key behind it, or more
 * than three before it, is a paste's. */
FIX_TEST(test_together)
{
	static const char *const pastes[] = { "\rJ", "x\rJ", "JKJK\r" };
	size_t i;

	fix_hunks(f, 24, 80, 2, 2);
	fix_review(f);
	keys_feed(f->keys, "yy", 2, f->ui.now);
	assert_int_equal(fix_count(f, "'mark':'yes'"), 2);
	for (i = 0; i < MEM_COUNT(pastes); i++) {
		fix_stand(f);
		keys_feed(f->keys, pastes[i], strlen(pastes[i]), f->ui.now);
		fix_stand(f);
		assert_int_equal(fix_count(f, "'decide'"), 0);
	}
	keys_feed(f->keys, "JKx\r", 4, f->ui.now);
	assert_int_equal(fix_count(f, "'decide'"), 0);
	fix_stand(f);
	assert_int_equal(fix_count(f, "'decide'"), 1);
}

/* An early Enter acts once its row has stood, if the row stays as it is. */
FIX_TEST(test_enter_is_held)
{
	static const char evidence[] = "{'seq':60,'type':'evidence',"
	    "'status':'done','command':'make','check_by':'flag','where':"
	    "'accepted','exit':1}";
	int i;

	/* 0: it acts; moving doesn't matter; a mark takes it back, and so do a
	 * check, a new version, and a smaller window. */
	for (i = 0; i < 6; i++) {
		fix_hunks(f, 24, 80, 2, 2);
		fix_review(f);
		fix_type(f, "n");
		keys_feed(f->keys, "y", 1, f->ui.now);
		keys_feed(f->keys, "\r", 1, f->ui.now += 80);
		fix_draw(f);
		assert_int_equal(fix_count(f, "'decide'"), 0);
		f->ui.now += 50;
		if (i == 1)
			keys_feed(f->keys, "k", 1, f->ui.now);
		else if (i == 2)
			keys_feed(f->keys, "y", 1, f->ui.now);
		else if (i == 3)
			fix_line(f, evidence);
		else if (i == 4)
			fix_propose(f, 61, 2, 2, 2, "z");
		else if (i == 5)
			screen_resize(f->ui.screen, 20, 80);
		fix_stand(f);
		if (fix_count(f, "'decide'") != (i < 2))
			fail_msg("%d: %s", i, buf_str(&f->sent));
	}
}

/* In the review of your own tree Enter acts at once, and keys are no words. */
FIX_TEST(test_own_tree)
{
	fix_own_tree(f, 3);
	keys_feed(f->keys, "jje", 3, f->ui.now);
	assert_int_equal(f->ui.want_edit, UI_EDIT_HUNK);
	f->ui.want_edit = UI_EDIT_NONE;
	fix_stand(f);
	fix_see(f, "y", "Enter stages 1 hunk to 1 file, 2 stay open");
	keys_feed(f->keys, "n", 1, f->ui.now);
	keys_feed(f->keys, "z", 1, f->ui.now += 80);
	fix_want_shown(f, "z does nothing here");
	fix_want_shown(f, "Enter stages 1 hunk to 1 file, leaves 1, 1 stays open");
	assert_int_equal(fix_count(f, "'mark':'none'"), 0);
	keys_feed(f->keys, "\r", 1, f->ui.now += 80);
	assert_int_equal(fix_count(f, "'decide'"), 1);
	assert_false(f->ui.typing);
	/* What wasn't on the screen is staged without Y. */
	fix_own_tree(f, 40);
	fix_see(f, "A", "Enter stages 40 hunks to 1 file");
	/* X has a row, which another key ends. */
	fix_own_tree(f, 3);
	fix_see(f, "X", "Discard this hunk?");
	fix_type(f, "j\r");
	assert_int_equal(fix_count(f, "'discard'"), 0);
	fix_see(f, "X", "Discard this hunk?");
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "'discard'"), 1);
}

/* The review of `try`, whose command has just ended. */
static void
after_command(struct fix *f)
{
	fix_init(f, 24, 80);
	f->ui.waits.until = UNTIL_GUEST_KEY;
	fix_propose(f, 50, 1, 2, 2, "x");
	fix_live(f);
	fix_draw(f);
}

/* At an even pace, whatever the screen says. */
static void
paced(struct fix *f, const char *keys, int ms)
{
	for (; *keys != '\0'; keys++) {
		fix_wait(f, ms);
		fix_draw(f);
		keys_feed(f->keys, keys, 1, f->ui.now);
		fix_draw(f);
	}
}

FIX_TEST(test_keys_for_a_command)
{
	static const int paces[] = { 0, 60, 120, 180, 250, 350, 450, 600, 700,
		1000, 2000, 5000 };
	size_t i;

	for (i = 0; i < MEM_COUNT(paces); i++) {
		after_command(f);
		paced(f, "y\ry\ry\ry\ry\ryyyyy\r\r\r", paces[i]);
		paced(f, "AYX\rYx\rY*!d\ri yes\r:q\r/e\rrno\r\x03\x04q\rdeEuU"
		    "\033w\r", paces[i]);
		keys_feed(f->keys, "\033[200~y\ry\r\x1d\033[201~", 17,
		    f->ui.now);
		assert_int_equal(fix_count(f, "'type':"), fix_count(f,
		    "'type':'syntax'"));
		assert_true(f->ui.want.loop == UI_WANT_NONE);
		assert_true(f->ui.want_edit == UI_EDIT_NONE);
		assert_true(!f->ui.typing);
		fix_want_shown(f, "C-]: review 2 hunks");
	}
}

/* It counts alone, on a page that was in sight for a time. */
FIX_TEST(test_key_after_a_command)
{
	static const char *const kinds[] = { "\x1d", "\033[93;5u" };
	size_t i;

	for (i = 0; i < MEM_COUNT(kinds); i++) {
		after_command(f);
		paced(f, "\x1d", 0);
		fix_want_shown(f, "C-] again in a moment");
		paced(f, "\x1d", REVIEW_MS - 1);
		/* The time begins anew with each key, also one that moves. */
		paced(f, "J\x1d", REVIEW_MS - 1);
		assert_int_equal(f->ui.waits.until, UNTIL_GUEST_KEY);
		fix_wait(f, REVIEW_MS);
		keys_feed(f->keys, "\x1dy", 2, f->ui.now);
		assert_int_equal(f->ui.waits.until, UNTIL_GUEST_KEY);
		fix_stand(f);
		keys_feed(f->keys, kinds[i], strlen(kinds[i]), f->ui.now);
		assert_int_equal(f->ui.waits.until, UNTIL_NOTHING);
		assert_int_equal(fix_count(f, "'mark'"), 0);
		fix_type(f, "A");
		fix_want_shown(f, "Enter writes 2 hunks");
		fix_type(f, "\r");
		assert_int_equal(fix_count(f, "'decide'"), 1);
	}
}

FIX_TEST(test_all)
{
	fix_hunks(f, 24, 80, 3, 2);
	fix_review(f);
	fix_see(f, "A", "Enter writes 3 hunks to 1 file ·");
	assert_int_equal(fix_count(f, "'mark':'yes','seen':true"), 3);
	assert_int_equal(fix_count(f, "'decide'"), 0);
	/* A mark of another terminal: what the row says comes by itself. */
	fix_line(f, "{'seq':91,'type':'draft','proposal':50,"
	    "'hunk':'0000000000000001','mark':'no','marks':[{'hunk':"
	    "'0000000000000001','mark':'yes'},{'hunk':'0000000000000002',"
	    "'mark':'yes'},{'hunk':'0000000000000003','mark':'yes'}]}");
	fix_line(f, "{'seq':92,'type':'draft','proposal':50,"
	    "'hunk':'0000000000000001','mark':'no'}");
	fix_want_shown(f, "Enter writes 2 hunks to 1 file, rejects 1");
	fix_wait(f, REVIEW_OWN_MS);
	keys_feed(f->keys, "\r", 1, f->ui.now);
	assert_int_equal(fix_count(f, "'decide'"), 0);
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "'decide'"), 1);
}

/* The second of three hunks overwrites what the user wrote meanwhile. */
FIX_TEST(test_overwrites)
{
#define OVER_HUNK(id, at, more) "{\"id\":\"" id "\",\"old_start\":" at "," \
	"\"old_lines\":1,\"new_start\":" at ",\"new_lines\":1,\"text\":" \
	"\"-o" at "\\n+n" at "\\n\"" more "}"

	fix_init(f, 40, 80);
	fix_line(f, "{\"seq\":9,\"type\":\"proposal\",\"proposal\":0,"
	    "\"version\":1,\"final\":true,\"refused\":[],\"ignored\":0,"
	    "\"files\":[{\"path\":\"f\",\"status\":\"modified\","
	    "\"before\":{\"hash\":\"1\",\"mode\":33188,\"size\":9},"
	    "\"after\":{\"hash\":\"2\",\"mode\":33188,\"size\":9},"
	    "\"binary\":false,\"changed_on_disk\":true,"
	    "\"meanwhile\":\"--- a\\n+++ b\\n"
	    "@@ -20 +20 @@\\n-was\\n+o20\\n\",\"hunks\":["
	    OVER_HUNK("h1", "10", "") ","
	    OVER_HUNK("h2", "20", ",\"overwrites\":true") ","
	    OVER_HUNK("h3", "30", "") "]}]}");
	fix_live(f);
	fix_want_shown(f, "These lines were changed on disk.");
	fix_want_shown(f, "-was");
	/* Neither the rest, nor the folder, nor all. */
	fix_type(f, "4");
	fix_type(f, "A");
	assert_int_equal(fix_count(f, "'hunk':'h1','mark':'yes'"), 1);
	assert_int_equal(fix_count(f, "'hunk':'h3','mark':'yes'"), 1);
	assert_int_equal(fix_count(f, "'hunk':'h2'"), 0);
	fix_type(f, "a");
	assert_int_equal(fix_count(f, "'hunk':'h2'"), 0);
	fix_want_shown(f, MSG_REMAINING_HUNKS_OVERWRITE_NEWER);
	/* By itself, and only Y writes it. */
	fix_see(f, "y", "1 overwrites your newer lines · Y writes 3 hunks to 1");
	assert_int_equal(fix_count(f, "'hunk':'h2','mark':'yes','seen':true,"
	    "'overwrite':true"), 1);
	assert_int_equal(fix_count(f, "'overwrite'"), 1);
}

/* A hunk that overwrites newer text only since the person looked at it, or
 * began to edit it: what is sent is about what they saw. */
FIX_TEST(test_overwrites_now)
{
#define OVER_ONE(version, more) "{\"seq\":" version "9,\"type\":\"proposal\"," \
	"\"proposal\":0,\"version\":" version ",\"final\":true," \
	"\"refused\":[],\"ignored\":0,\"files\":[{\"path\":\"f\"," \
	"\"status\":\"modified\"," \
	"\"before\":{\"hash\":\"1\",\"mode\":33188,\"size\":9}," \
	"\"after\":{\"hash\":\"2\",\"mode\":33188,\"size\":9}," \
	"\"binary\":false,\"hunks\":[" OVER_HUNK("h1", "10", more) "]}]}"
	static const char edited[] = "@@ -10,1 +10,1 @@\n-o10\n+mine\n";
	char *text;
	size_t len;

	/* Lines: only Y writes them. */
	fix_init(f, 40, 80);
	fix_line(f, OVER_ONE("1", ""));
	fix_live(f);
	fix_type(f, "4v  ");
	fix_line(f, OVER_ONE("2", ",\"overwrites\":true"));
	fix_see(f, "y", "1 overwrites your newer lines · Y writes 1 hunk");
	assert_int_equal(fix_count(f, "'mark':'edited'"), 1);
	assert_int_equal(fix_count(f, "'overwrite':true"), 1);
	/* In the editor: kept, and said when it is opened again. */
	fix_init(f, 40, 80);
	fix_line(f, OVER_ONE("1", ""));
	fix_live(f);
	fix_type(f, "4e");
	text = edit_hunk.text(&f->ui, &len, NULL, NULL);
	assert_non_null(text);
	assert_null(strstr(text, "newer lines"));
	free(text);
	fix_line(f, OVER_ONE("2", ",\"overwrites\":true"));
	edit_hunk.done(&f->ui, edited, strlen(edited), 0, NULL);
	assert_int_equal(fix_count(f, "'mark'"), 0);
	fix_want_shown(f, MSG_NOW_OVERWRITES_NEWER_LINES);
	fix_type(f, "e");
	text = edit_hunk.text(&f->ui, &len, NULL, NULL);
	assert_non_null(strstr(text, FOLD_OVERWRITES));
	assert_non_null(strstr(text, "+mine"));
	edit_hunk.done(&f->ui, text, len, 0, NULL);
	free(text);
	assert_int_equal(fix_count(f, "'overwrite':true"), 1);
}

FIX_TEST(test_file_row)
{
	static const char *const keys[] = { "y", "a", "n", "d" };
	int i;

	for (i = 0; i < 4; i++) {
		fix_hunks(f, 24, 80, 1, 1);
		fix_review(f);
		fix_see(f, "4g", "y accept file");
		fix_type(f, keys[i]);
		assert_int_equal(fix_count(f, "'type':'mark'"), 1);
		fix_want_shown(f, i < 2 ? "Enter writes 1 hunk" :
		    "Enter rejects 1 hunk");
	}
}

/* The name is one decision, changes of the contents are others. */
FIX_TEST(test_renamed_and_changed)
{
	fix_start(f);
	fix_line(f, "{'seq':9,'type':'proposal','proposal':0,'version':1,"
	    "'final':true,'refused':[],'ignored':0,'files':[{'path':'new',"
	    "'from':'o\\u001bld','similarity':87,'status':'renamed',"
	    "'before':{'hash':'1','mode':33261,'size':2},'after':{'hash':'2',"
	    "'mode':33188,'size':2},'binary':false,'hunks':[{'id':'h1',"
	    "'old_start':0,'old_lines':0,'new_start':0,'new_lines':0,"
	    "'text':''},{'id':'h2','old_start':0,'old_lines':0,'new_start':0,"
	    "'new_lines':0,'text':''},{'id':'h3','old_start':1,'old_lines':1,"
	    "'new_start':1,'new_lines':1,'text':'-a\\n+b\\n'}]}]}");
	fix_see(f, "4", "renamed  new  +1 -1  3 hunks  from o");
	fix_want_shown(f, "(87% similar)");
	fix_want_shown(f, MSG_RENAMED_AND_CHANGED);
	fix_want_shown(f, "mode 100755 becomes 100644");
	fix_want_shown(f, "+b");
	assert_false(fix_shows(f, "\033"));
	fix_type(f, "y");
	assert_int_equal(fix_count(f, "'hunk':'h1','mark':'yes',"
	    "'seen':true"), 1);
}

/* An open question gets the keys from an empty message line, 700 ms after the
 * last key. */
FIX_TEST(test_focus)
{
	fix_start(f);
	f->ui.typing = true;
	fix_draw(f);
	f->ui.last_key = f->ui.now;
	fix_propose(f, 50, 1, 2, 2, "x");
	/* The message line keeps its cursor, also while it is empty. */
	f->ui.now += 10 * UI_QUIET_MS;
	(void)state_tick(&f->ui);
	fix_want_shown(f, "[2 transcript]");
	fix_want_shown(f, "Tab: review 2 hunks");
	fix_see(f, "\t", "[4 diff]");
	assert_int_equal(f->ui.screen->cursor_y, -1);
	fix_type(f, "y");
	assert_int_equal(fix_count(f, "'mark':'yes'"), 1);
	fix_type(f, "i");
	fix_type(f, "ya\177\177");
	assert_int_equal(fix_count(f, "'type':'mark'"), 1);
	fix_want_shown(f, "Tab: review");
	/* Until Esc, which keeps the text, or Enter. */
	fix_type(f, "half");
	fix_want_shown(f, "Esc Tab: review");
	fix_escape(f);
	fix_want_shown(f, "> half");
	fix_type(f, "n");
	assert_int_equal(fix_count(f, "'mark':'no'"), 1);
	/* Not from a text, nor from somebody who reads elsewhere. */
	fix_start(f);
	fix_type(f, "ihello");
	f->ui.now += 60000;
	fix_propose(f, 50, 1, 2, 2, "x");
	assert_false(state_tick(&f->ui));
	fix_type(f, "yay");
	assert_string_equal(buf_str(&f->sent), "");
	fix_want_shown(f, "> helloyay");
}

/* Of several that wait, what stops the agent is named, the others are counted. */
FIX_TEST(test_what_stops_first)
{
	fix_start(f);
	fix_propose(f, 50, 1, 2, 2, "x");
	fix_review(f);
	fix_want_shown(f, "[4 diff]");
	/* Nobody who reviews is moved. */
	fix_line(f, "{'seq':60,'type':'ask','id':'q1','command':'make',"
	    "'why':'no sandbox'}");
	fix_stand(f);
	fix_want_shown(f, "[4 diff]");
	fix_want_shown(f, "(1 more waits)");
	fix_see(f, "\t", "n doesn't");
	fix_see(f, "\t", "[4 diff]");
	fix_see(f, "i", "(1 more waits)");
}

FIX_TEST(test_plan_rules)
{
	/* Too small for the whole plan: a second key. */
	fix_demo(f, 9, 60, 13);
	f->ui.now += 5000;
	keys_feed(f->keys, "y", 1, f->ui.now);
	assert_string_equal(buf_str(&f->sent), "");
	fix_see(f, "y", "19 lines unread · Y approves this plan");
	assert_string_equal(buf_str(&f->sent), "");
	/* Enter shows more, and the row says when that was all. */
	fix_see(f, "\r\r\r\r\r", "Enter approves this plan");
	assert_string_equal(buf_str(&f->sent), "");
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "'action':'approve'"), 1);
	assert_int_equal(fix_count(f, "'seen':true"), 1);
	fix_type(f, "rmore tests\r");
	assert_int_equal(fix_count(f, "'action':'return','word':'more "
	    "tests'"), 1);
	fix_type(f, "e");
	assert_int_equal(f->ui.want_edit, UI_EDIT_PLAN);
}

/* The plan's text is shown as it is written: what is read is what is approved. */
FIX_TEST(test_plan_markdown)
{
	static const char plan[] = "{\"seq\":5,\"type\":\"plan\",\"by\":"
	    "\"model\",\"version\":1,\"status\":\"proposed\","
	    "\"goal\":\"Keep **commas** in quotes:\\n\\n* one `x`\\n* two\\n\","
	    "\"steps\":[{\"title\":\"Teach `parse_next`\"},{\"title\":"
	    "\"plain *step\"}],\"files\":[\"a*b*c.txt\"],"
	    "\"risks\":[\"_some_ risk\"],"
	    "\"check\":{\"command\":\"make *check*\",\"by\":\"model\"}}";

	fix_start(f);
	f->ui.now += 5000;
	fix_line(f, plan);
	fix_want_shown(f, "> # Goal");
	fix_want_shown(f, "      Keep **commas** in quotes:");
	fix_want_shown(f, "  [ ] 1. Teach `parse_next`");
	fix_want_shown(f, "          make *check*");
	fix_want_shown(f, ": approving the plan sets this check");
	fix_type(f, "y\r");
	assert_int_equal(fix_count(f, "'action':'approve','seen':true"), 1);
}

/* A note on a row: its text is below the row, and an answer takes it along,
 * after a question. */
FIX_TEST(test_plan_notes)
{
	static const char plan[] = "{\"seq\":%d,\"type\":\"plan\",\"by\":"
	    "\"%s\",\"version\":%d,\"status\":\"proposed\",\"goal\":"
	    "\"g\",\"steps\":[{\"title\":\"read it\"},{\"title\":\"%s\"}],"
	    "\"files\":[\"a.c\",\"b.c\"],\"risks\":[\"r\"]}";
	char *line;

	fix_start(f);
	f->ui.now += 5000;
	line = xasprintf(plan, 5, "model", 1, "write it");
	fix_line(f, line);
	free(line);
	fix_want_shown(f, "> # Goal");
	fix_see(f, "jjjj", "> [ ] 2. write it");
	fix_see(f, "c", "note (step 2)>");
	fix_type(f, "use a table\r");
	assert_int_equal(fix_count(f, "'action':'note','word':'use a table',"
	    "'at':'step 2'"), 1);
	fix_line(f, "{'seq':6,'type':'plan','by':'user','version':1,"
	    "'status':'note','at':'step 2','word':'use a table'}");
	fix_want_shown(f, "    you: use a table");
	fix_want_shown(f, "y approve with 1 note");
	/* The next rows, and back; the note's own is its step's. */
	fix_see(f, "jjj", ">     - a.c");
	fix_see(f, "c", "note (file 1)>");
	fix_type(f, "old\r");
	fix_line(f, "{'seq':7,'type':'plan','by':'user','version':1,"
	    "'status':'note','at':'file 1','word':'old'}");
	fix_see(f, "kk", ">   you: use a table");
	fix_see(f, "c", "note (step 2)> use a table");
	fix_type(f, "\x15\r");
	assert_int_equal(fix_count(f, "'action':'note','word':'',"
	    "'at':'step 2'"), 1);
	/* One that can't be kept goes along with the goal. */
	line = xasprintf(plan, 8, "user", 2, "test it");
	fix_line(f, line);
	free(line);
	fix_want_shown(f, "you: On step 2 \"write it\": use a table");
	fix_want_shown(f, "   you: old");
	fix_stand(f);
	fix_see(f, "y", "Enter approves this plan with 2 notes");
	assert_int_equal(fix_count(f, "'action':'approve'"), 0);
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "'action':'approve','seen':true"), 1);
	/* Without a word, too. */
	fix_see(f, "r", "Enter send the plan back with 2 notes");
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "'action':'return'"), 1);
	/* They are in the transcript then, and gone from the plan. */
	fix_line(f, "{'seq':9,'type':'plan','by':'user','version':2,"
	    "'status':'approved','notes':'On step 1: *all* of it'}");
	fix_type(f, "2");
	fix_want_shown(f, "On step 1: *all* of it");
	fix_line(f, "{'seq':10,'type':'plan','by':'user','version':2,"
	    "'status':'returned','notes':'On the goal: use a table'}");
	fix_want_shown(f, "On the goal: use a table");
	fix_type(f, "1");
	assert_false(fix_shows(f, "you: "));
	/* In the order of the rows, not as they were written. */
	line = xasprintf(plan, 11, "model", 3, "test it");
	fix_line(f, line);
	free(line);
	fix_line(f, "{'seq':12,'type':'plan','by':'user','version':3,"
	    "'status':'note','at':'risk 1','word':'one'}");
	fix_line(f, "{'seq':13,'type':'plan','by':'user','version':3,"
	    "'status':'note','at':'goal','word':'two'}");
	fix_line(f, "{'seq':14,'type':'plan','by':'user','version':3,"
	    "'status':'note','at':'step 2','word':'three'}");
	assert_int_equal(f->ui.fold->plan.notes_len, 3);
	assert_string_equal(f->ui.fold->plan.notes[0].at, "goal");
	assert_string_equal(f->ui.fold->plan.notes[1].at, "step 2");
	assert_string_equal(f->ui.fold->plan.notes[2].at, "risk 1");
	fix_want_shown(f, "Expected files");
	fix_line(f, "{'seq':15,'type':'plan','by':'model','version':4,"
	    "'status':'proposed','goal':'g','steps':[{'title':'s','paths':"
	    "['b.c','a.c']}],'files':['a.c','b.c']}");
	fix_want_shown(f, "- paths: b.c, a.c");
	fix_want_shown(f, " -# Expected files");
}

/* A second version is compared with the first: what is the same counts as read if
 * all of the first was, and the cursor is where they differ. */
FIX_TEST(test_plan_news)
{
	static const char plan[] = "{\"seq\":%d,\"type\":\"plan\",\"by\":"
	    "\"model\",\"version\":%d,\"status\":\"proposed\",\"goal\":"
	    "\"g\",\"steps\":[{\"title\":\"read it\"},{\"title\":\"%s\"},"
	    "{\"title\":\"test it\"}],\"files\":[\"a.c\"],\"risks\":[]}";
	char *line, *s;
	int i;

	for (i = 0; i < 2; i++) {
		fix_init(f, i == 0 ? 24 : 8, 60);
		fix_live(f);
		f->ui.now += 5000;
		line = xasprintf(plan, 5, 1, "write the file");
		fix_line(f, line);
		free(line);
		fix_type(f, "1");
		fix_line(f, "{'seq':6,'type':'plan','by':'user','version':1,"
		    "'status':'returned'}");
		line = xasprintf(plan, 7, 2, "mend the file");
		fix_line(f, line);
		free(line);
		fix_review(f);
		fix_see(f, "kk", "What changed since version 1");
		if (i == 0) {
			fix_see(f, "jj", " -    2. write the file");
			fix_want_shown(f, ">+[ ] 2. mend the file");
			s = fix_styled(f, STYLE_ADD_WORD);
			assert_string_equal(s, "mend");
			free(s);
		}
		/* The first version was seen in full on the higher screen. */
		fix_type(f, "y");
		if (i == 1)
			fix_want_shown(f, " unread · Y approves this plan");
		fix_type(f, "\r");
		assert_int_equal(fix_count(f,
		    "\"action\":\"approve\",\"seen\":true"), i == 0);
	}
}

static int
save_host(void *arg, const char *host, struct err *e)
{
	return *(bool *)arg ? 0 : err_set(e, "%s: no", host);
}

/* What each key of a question about a host says once its row has stood. A host
 * that couldn't be saved is allowed for the session. */
FIX_TEST(test_host_keys)
{
	static const struct {
		const char *key, *row, *want;
		bool	 saves;
	} cases[] = {
		{ "y", "Enter allows", "'allow':true,"
		    "'scope':'call','seen':true", true },
		{ "s", "Enter allows", "'scope':'session'", true },
		{ "W", "Enter allows e.example:80 for every session",
		    "'scope':'always'", true },
		{ "W", "Enter allows", "'scope':'session'", false },
		{ "n", "Enter rejects", "'allow':false", true },
	};
	bool saves;
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		fix_init(f, 24, 80);
		f->ui.save_host = save_host;
		f->ui.save_arg = &saves;
		saves = cases[i].saves;
		fix_line(f, "{'seq':5,'type':'ask','id':'q1','host':'e.example',"
		    "'port':80,'command':'e.example:80'}");
		fix_live(f);
		fix_stand(f);
		buf_clear(&f->sent);
		fix_see(f, cases[i].key, cases[i].row);
		assert_int_equal(fix_count(f, "'answer'"), 0);
		fix_type(f, "\r");
		assert_int_equal(fix_count(f, cases[i].want), 1);
		assert_int_equal(fix_count(f, "'answer'"), 1);
	}
	/* What lasts has a capital. */
	fix_line(f, "{'seq':9,'type':'ask','id':'q2','host':'f.example',"
	    "'port':80,'command':'f.example:80'}");
	fix_stand(f);
	fix_type(f, "w");
	assert_false(fix_shows(f, "Enter allows"));
}

FIX_TEST(test_ask_and_pause)
{
	fix_start(f);
	fix_line(f, "{'seq':5,'type':'ask','id':'q1','command':'rm -rf "
	    "build\\nmake','why':'no sandbox'}");
	f->ui.now += 5000;
	keys_feed(f->keys, "y", 1, f->ui.now);
	assert_string_equal(buf_str(&f->sent), "");
	fix_review(f);
	fix_want_shown(f, "  │ rm -rf build");
	fix_see(f, "j", "y allow");
	fix_want_shown(f, "y, then Y, runs it, n doesn't.");
	/* Nothing takes back what it does. */
	fix_type(f, "y");
	assert_string_equal(buf_str(&f->sent), "");
	fix_want_shown(f, "Run it without a sandbox, with all your rights? "
	    "Y runs it");
	fix_see(f, "\r", "press Y");
	assert_string_equal(buf_str(&f->sent), "");
	fix_see(f, "Y", "with all your rights? Enter runs it");
	assert_string_equal(buf_str(&f->sent), "");
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "'id':'q1','allow':true,'seen':"
	    "true"), 1);
	fix_line(f, "{'seq':6,'type':'answer','id':'q1','allow':true}");
	fix_want_shown(f, "[2 transcript]");
	f->ui.now += 5000;
	fix_line(f, "{'seq':7,'type':'budget','what':'turns','used':30,"
	    "'limit':30}");
	fix_review(f);
	fix_want_shown(f,
	    "The limit on turns is reached: 30 turns of 30 turns.");
	fix_type(f, "sw\r");
	assert_int_equal(fix_count(f, "'action':'wrap','pause':7}"), 1);
}

/* Each says what it is about, in the journal's words; outside the sandbox it
 * takes two keys. */
FIX_TEST(test_questions)
{
	static const struct {
		const char *members, *shown[4];
		bool	 twice;
	} cases[] = {
		{ "\"by\":\"core\",\"why\":\"no sandbox on this host: the check "
		  "would run\"", { "run this command?", "No sandbox on this "
		  "host: the check would run:", "y, then Y, runs it" }, true },
		{ "\"by\":\"user\",\"why\":\"no sandbox: your command would run\"",
		  { "No sandbox: your command would run:", "y, then Enter, runs it" },
		    false },
		{ "\"why\":\"your hook h asks: sure?\",\"hook\":\"h\"",
		  { "allow this call?", "Your hook h asks: sure?",
		    "y, then Enter, allows it" },
		  false },
		{ "\"why\":\"MCP server t is at https://x\",\"server\":\"t\"",
		  { "allow this call?", "MCP server t is at https://x:",
		  "y, then Y, allows it" }, true },
		{ "\"why\":\"MCP server t says other things\",\"server\":\"t\","
		  "\"change\":\"-old words\\n+new words\"", { "accept this "
		  "description?", "MCP server t says other things:",
		  "  │ +new words", "y, then Enter, accepts it and calls" }, false },
	};
	char *line;
	size_t i, j;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		fix_start(f);
		line = xasprintf("{\"seq\":6,\"type\":\"ask\",\"id\":\"q1\","
		    "\"command\":\"make it so\",%s}", cases[i].members);
		fix_line(f, line);
		free(line);
		fix_review(f);
		fix_want_shown(f, "  │ make it so");
		for (j = 0; j < 4 && cases[i].shown[j] != NULL; j++)
			fix_want_shown(f, cases[i].shown[j]);
		fix_type(f, "y");
		assert_int_equal(fix_count(f, "\"allow\":true"), 0);
		fix_type(f, "\r");
		assert_int_equal(fix_count(f, "\"allow\":true"),
		    !cases[i].twice);
		fix_type(f, "Y\r");
		assert_int_equal(fix_count(f, "\"allow\":true"), 1);
	}
}

/* An answer is chosen by one letter alone: words allow and extend nothing. */
FIX_TEST(test_which)
{
	static const char *const lines[] = {
		"{'seq':5,'type':'budget','what':'money','used':2.5,'limit':2}",
		"{'seq':6,'type':'ask','id':'q1','host':'e.example','port':80,"
		    "'command':'e.example:80'}" };
	static const char *const words[] = { "see", "sny" };
	size_t i;
	const char *p;

	for (i = 0; i < MEM_COUNT(lines); i++) {
		fix_init(f, 40, 80);
		fix_line(f, "{'seq':1,'type':'session_start','mode':'try'}");
		fix_live(f);
		fix_line(f, lines[i]);
		fix_review(f);
		for (p = words[i]; *p != '\0'; p++) {
			keys_feed(f->keys, p, 1, f->ui.now += 200);
			fix_draw(f);
		}
		fix_want_shown(f, "which? press one letter");
		fix_type(f, "\r\r");
		assert_int_equal(fix_count(f, "'allow'") +
		    fix_count(f, "'budget'"), 0);
		fix_type(f, "s\r");
		assert_int_equal(fix_count(f, "'allow':true") +
		    fix_count(f, "'action':'stop'"), 1);
	}
}

/* A command that is shown in part isn't granted: also if only its description
 * changed. */
FIX_TEST(test_question_change)
{
	fix_init(f, 12, 40);
	fix_live(f);
	fix_line(f, "{'seq':6,'type':'ask','id':'q1','command':'t__x {}',"
	    "'why':'other','server':'t','change':"
	    "'-a\\n+b\\n+c\\n+d\\n+e\\n+f\\n+g\\n+h\\n+i\\n+j\\n+k'}");
	fix_review(f);
	fix_type(f, "y");
	assert_int_equal(fix_count(f, "'allow':true"), 0);
	fix_want_shown(f, "6 lines unread");
}

/* No key answers a question of which a part was never on the screen. */
FIX_TEST(test_pause_small)
{
	fix_init(f, 9, 40);
	fix_live(f);
	f->ui.now += 5000;
	fix_line(f, "{'seq':7,'type':'budget','what':'turns','used':30,"
	    "'limit':30}");
	fix_review(f);
	fix_see(f, "s", "not fully on screen: j");
	fix_type(f, "w");
	fix_type(f, "e");
	assert_string_equal(buf_str(&f->sent), "");
	/* Left, it is interrupted as on its page. */
	fix_see(f, "\x1b", "answer the limit");
	buf_clear(&f->sent);
	fix_see(f, "\x03", "interrupt sent");
	assert_int_equal(fix_count(f, "'type':'interrupt'"), 1);
	buf_clear(&f->sent);
	fix_type(f, "\t");
	fix_see(f, "jjjjjjjjjjjjjjjj", MSG_STOP_HERE);
	fix_want_shown(f, "s stop");
	fix_type(f, "s\r");
	assert_int_equal(fix_count(f, "'action':'stop','pause':7}"), 1);
}

/* A question that has no room isn't asked, and says how to leave it. */
FIX_TEST(test_question_small)
{
	fix_init(f, 8, 22);
	fix_live(f);
	fix_propose(f, 50, 3, 2, 9, "x");
	fix_review(f);
	fix_see(f, "A", "Esc goes back");
	buf_clear(&f->sent);
	fix_type(f, "Y\r");
	assert_string_equal(buf_str(&f->sent), "");
}

/* How much more can be typed; what is no amount is not sent. */
FIX_TEST(test_pause_amount)
{
	fix_start(f);
	fix_line(f, "{'seq':5,'type':'budget','what':'money','used':2.5,"
	    "'limit':2}");
	/* Before it was on the screen nothing is taken. */
	f->ui.now += 5000;
	keys_feed(f->keys, "e", 1, f->ui.now);
	assert_string_equal(buf_str(&f->sent), "");
	fix_review(f);
	fix_want_shown(f, "The limit on money is reached: $2.50 of $2.00.");
	fix_see(f, "j", ":limit-extend-by  continue with");
	fix_see(f, ":limit-extend-by\r", "amount>");
	fix_see(f, "much\r", MSG_DOLLARS_SUCH_AS_0_50);
	assert_string_equal(buf_str(&f->sent), "");
	fix_see(f, "\025" "0.75\r", "Enter continues with 0.75 more");
	assert_string_equal(buf_str(&f->sent), "");
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "'action':'extend','pause':5,"
	    "'more':0.75}"), 1);
}

/* Without a plan the first row is the task, and how the command of `assent try`
 * failed. */
FIX_TEST(test_task_in_sight)
{
	static const char *const modes[] = { "interactive", "try" };
	size_t i;

	for (i = 0; i < 2; i++) {
		char *line = xasprintf("{'seq':1,'type':'session_start',"
		    "'mode':'%s','root':'/src/twelve','model':{'name':'m'},"
		    "'sandbox':{'level':'A','line':'A · no network'}}",
		    modes[i]);

		fix_init(f, 24, 80);
		fix_line(f, line);
		free(line);
		fix_line(f, "{'seq':2,'type':'user_message','by':'user',"
		    "'text':'run the formatter'}");
		fix_line(f, "{'seq':3,'type':'tool_call','id':'c','name':"
		    "'bash','title':'bash x'}");
		fix_line(f, "{'seq':4,'type':'tool_result','id':'c','name':"
		    "'bash','ok':false,'exit':3,'text':''}");
		fix_live(f);
		fix_draw(f);
		fix_want_shown(f, i == 0 ? "run the formatter" :
		    "exit 3: bash x");
		fix_want_shown(f, " sandboxed ·");
		assert_false(fix_shows(f, "no network"));
		fix_line(f, "{'seq':5,'type':'decision','by':'user','files':["
		    "{'path':'a','hunks':[{'id':'1','decision':'yes'},"
		    "{'id':'2','decision':'no'},{'id':'3','decision':'no'}]}"
		    "]}");
		fix_line(f, "{'seq':6,'type':'agent_end','outcome':'done'}");
		fix_draw(f);
		/* The place is kept. */
		fix_want_shown(f, "2 of 3 hunks rejected");
		fix_want_shown(f, " twelve ");
		fix_see(f, "q", "");
		assert_int_equal(f->ui.want.loop, UI_WANT_DETACH);
		fix_release(f);
	}
	fix_init(f, 24, 80);
}

FIX_TEST(test_sandbox_in_sight)
{
	static const struct {
		const char *level, *lacks, *badge, *first;
	} t[] = {
		{ "A", "", " sandboxed ·", "sandboxed, no network" },
		{ "B", "", " sandboxed ·", "sandboxed, no network" },
		{ "D", " · no Landlock", " sandbox D, no Landlock ",
		    "sandbox D, no network, no Landlock" },
		{ "none", "", " NO SANDBOX ", "NO SANDBOX, no network" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		char *line = xasprintf("{'seq':1,'type':'session_start',"
		    "'sandbox':{'level':'%s','line':'the line · no network · "
		    "50 processes%s','why':'a step failed',"
		    "'open':'the network'}}", t[i].level, t[i].lacks);

		fix_init(f, 24, 80);
		fix_line(f, line);
		fix_live(f);
		fix_draw(f);
		/* Before the first task it says that there is no network. */
		fix_want_shown(f, t[i].first);
		fix_line(f, "{'seq':3,'type':'user_message','by':'user',"
		    "'text':'do it'}");
		fix_line(f, "{'seq':2,'type':'plan','version':1,"
		    "'status':'proposed','goal':'g','steps':[]}");
		fix_type(f, "1");
		fix_want_shown(f, t[i].badge);
		fix_want_shown(f, "the line · no network · 50 processes");
		fix_want_shown(f, "because: a step failed");
		fix_want_shown(f, "open to commands: the network");
		fix_type(f, "2");
		fix_want_shown(f, t[i].badge);
		free(line);
	}
}

/* What the proofs say is above the hunks. */
FIX_TEST(test_proof_words)
{
	fix_init(f, 24, 120);
	fix_propose(f, 3, 1, 1, 3, "x");
	fix_live(f);
	fix_line(f, "{\"seq\":9,\"type\":\"proof\",\"which\":\"your_tests\","
	    "\"status\":\"failed\",\"words\":\"4 failed\",\"proposal\":3,"
	    "\"text\":\"why it fails\\n\",\"version\":1}");
	fix_line(f, "{\"seq\":10,\"type\":\"proof\",\"which\":\"its_tests\","
	    "\"status\":\"none\",\"reason\":\"a\\u001bb\",\"proposal\":3,"
	    "\"version\":1}");
	fix_type(f, "4");
	fix_want_shown(f, "✗ failed once with your tests as they are "
	    "(4 failed)");
	fix_want_shown(f, "  │ why it fails");
	fix_want_shown(f, "the new tests weren't run without the change: a");
	fix_line(f, "{\"seq\":11,\"type\":\"proof\",\"which\":\"your_tests\","
	    "\"status\":\"failed\",\"text\":\"one\\ntwo\\nthree\\nfour\\n\","
	    "\"proposal\":3,\"version\":1}");
	fix_want_shown(f, "✗ failed once with your tests as they are");
	fix_want_shown(f, "  │ two");
	fix_want_shown(f, "  │ four");
	assert_false(fix_shows(f, "  │ one"));
	fix_line(f, "{\"seq\":14,\"type\":\"proof\",\"which\":\"your_tests\","
	    "\"status\":\"failed\",\"files\":[{\"path\":\"a.c\"}],"
	    "\"proposal\":3,\"version\":1}");
	fix_want_shown(f, "! failed once with your version of this test");
	fix_want_shown(f, "  :/proof tells the model now");
	fix_type(f, "i/proof\r");
	assert_int_equal(fix_count(f, "\"type\":\"evidence\",\"tell\":true"), 1);
	fix_line(f, "{\"seq\":15,\"type\":\"proof\",\"which\":\"your_tests\","
	    "\"status\":\"failed\",\"returned\":true,\"proposal\":3,"
	    "\"version\":1}");
	fix_want_shown(f, "the model was told");
	/* Of tests that exist: why nothing was run is dim; that it fails with
	 * all changes, too, isn't. */
	fix_line(f, "{\"seq\":16,\"type\":\"proof\",\"which\":\"your_tests\","
	    "\"status\":\"none\",\"reason\":\"too large\",\"proposal\":3,"
	    "\"version\":1}");
	fix_want_shown(f, "your tests, as they were, weren't run: too large");
	assert_false(fix_shows(f, "✗ your tests, as"));
	fix_line(f, "{\"seq\":17,\"type\":\"proof\",\"which\":\"your_tests\","
	    "\"status\":\"none\",\"reason\":\"fails in a clean copy\",\"exit\":1,"
	    "\"files\":[{\"path\":\"a.c\"}],\"proposal\":3,"
	    "\"version\":1}");
	fix_want_shown(f, "✗ no result with your tests as they were: fails in a "
	    "clean copy");
	fix_line(f, "{\"seq\":19,\"type\":\"proof\",\"which\":\"its_tests\","
	    "\"status\":\"passed\",\"files\":[{\"path\":\"a.c\"}],"
	    "\"words\":\"3 passed\",\"text\":\"end of it\",\"proposal\":3,"
	    "\"version\":1}");
	fix_want_shown(f, "the new tests also passed without the change "
	    "(3 passed)");
	/* What is counted needs no output. */
	assert_false(fix_shows(f, "end of it"));
}

FIX_TEST(test_evidence_words)
{
	static const struct {
		const char *end, *says, *more;
	} t[] = {
		{ "\"exit\":0", "check passed · make check", "" },
		{ "\"exit\":2,\"words\":\"1 failed\"",
		  "check failed · make check: 1 failed", "" },
		{ "\"killed\":\"memory\",\"limit\":\"out of its 512 MiB; "
		  "--memory raises it\"", "check stopped at a limit · make check",
		  "check: out of its 512 MiB; --memory raises it" },
		{ "\"killed\":\"no_sandbox\",\"limit\":\"there is no sandbox\"",
		  "check not run", "check: there is no sandbox" },
		{ "\"exit\":2,\"met\":\"--pids raises it\"",
		  "check failed at a limit · make check",
		  "check: --pids raises it" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		AUTO_FREE char *line = xasprintf("{\"seq\":9,\"type\":\"evidence\","
		    "\"status\":\"done\",\"command\":\"make check\","
		    "\"check_by\":\"flag\",\"where\":\"stage\",%s}", t[i].end);

		fix_init(f, 24, 120);
		fix_propose(f, 3, 1, 1, 3, "x");
		fix_live(f);
		fix_line(f, line);
		fix_type(f, "4");
		fix_want_shown(f, t[i].says);
		fix_want_shown(f, t[i].more);
	}

	/* A part of the change is named as a part, and a run that is stopped
	 * leaves no clock behind. */
	fix_init(f, 24, 120);
	fix_propose(f, 3, 1, 3, 3, "x");
	fix_live(f);
	fix_review(f);
	fix_type(f, "y");
	fix_line(f, "{\"seq\":9,\"type\":\"evidence\",\"status\":\"done\","
	    "\"command\":\"make check\",\"check_by\":\"flag\","
	    "\"where\":\"accepted\",\"exit\":1,"
	    "\"words\":\"FAILED (errors=41)\"}");
	fix_see(f, "4", "check fails without the rest");
	fix_line(f, "{'seq':10,'type':'draft','proposal':3,'hunk':"
	    "'0000000000000001','mark':'yes'}");
	fix_line(f, "{'seq':11,'type':'draft','proposal':3,'hunk':"
	    "'0000000000000002','mark':'no'}");
	fix_line(f, "{'seq':12,'type':'draft','proposal':3,'hunk':"
	    "'0000000000000003','mark':'no'}");
	fix_want_shown(f, "check failed without what you rejected");
	fix_line(f, "{'seq':13,'type':'draft','proposal':3,'hunk':"
	    "'0000000000000003','mark':'none'}");
	fix_want_shown(f, "check fails without the rest");
	/* The key that interrupts ends such a check only, and says so
	 * before. */
	screen_resize(f->ui.screen, 24, 120);
	fix_line(f, "{\"seq\":14,\"type\":\"evidence\",\"status\":"
	    "\"running\",\"command\":\"make check\",\"where\":"
	    "\"accepted\"}");
	fix_line(f, "{\"type\":\"status\",\"state\":\"evidence\"}");
	f->ui.now += REVIEW_MS;
	fix_stand(f);
	fix_want_shown(f, "C-c end check");
	fix_see(f, "\003", "check ended \xc2\xb7 t runs it again");
	assert_int_equal(fix_count(f, "\"type\":\"interrupt\",\"check\":true"),
	    1);
}

/* A check that ran with all hunks says nothing of some of them: it is named as
 * what it is at every width, also in the strip. On a low screen, the hunks come
 * first. */
FIX_TEST(test_check_of_all)
{
	fix_demo(f, 24, 80, 33);
	fix_type(f, "4");
	fix_see(f, "j", "check passed");
	fix_want_shown(f, "A accept all");
	/* The row says it of what it would write. */
	fix_see(f, "A", "writes them too · check passes with these");
	fix_type(f, "u");
	/* So is that it fails with the user's own tests. */
	fix_line(f, "{'seq':34,'type':'proof','which':'your_tests','status':"
	    "'failed','proposal':33,'version':1}");
	fix_want_shown(f, "check passed \xc2\xb7 failed once with your tests");
	fix_see(f, "A", "check passes with these, your tests fail");
	fix_type(f, "u");
	fix_line(f, "{'seq':35,'type':'proof','which':'your_tests','status':"
	    "'passed','proposal':33,'version':1}");
	assert_false(fix_shows(f, "failed once"));
	fix_see(f, "n", "check passes with all 7");
	fix_see(f, "A", "rejects 1 · check not run on these");
	fix_type(f, "u");
	/* One that runs on all of it is no run on another text. */
	fix_type(f, "4u");
	fix_line(f, "{'seq':80,'type':'evidence','status':'stale'}");
	fix_see(f, "A", "check not run on these");
	fix_line(f, "{'seq':81,'type':'evidence','status':'running',"
	    "'command':'make check','where':'stage'}");
	fix_want_shown(f, "check is running on these");
}

/* Then the steps aren't ticked, and the model's reason comes first. */
FIX_TEST(test_check_that_cannot_pass)
{
	fix_demo(f, 24, 80, 1000);
	fix_want_shown(f, "\xe2\x9c\x93 all 3 steps done");
	fix_line(f, "{'seq':990,'type':'tool_call','by':'model','id':'d',"
	    "'turn':9,'name':'done','args':{'summary':'s','cannot_pass':"
	    "'no pandoc here'}}");
	fix_line(f, "{'seq':991,'type':'evidence','status':'done','command':"
	    "'make check','check_by':'config','where':'stage','exit':2}");
	fix_want_shown(f, "3 of 3 steps marked done");
	fix_line(f, "{'seq':992,'type':'proposal','by':'core','proposal':0,"
	    "'version':1,'final':true,'files':[{'path':'a.c','status':"
	    "'modified','hunks':[{'id':'h1','old_start':1,'old_lines':0,"
	    "'new_start':1,'new_lines':1,'text':'+a\\n'}]}]}");
	fix_see(f, "4", "model says the check can't pass: no pandoc here");
	/* Not all of it is in view: the review begins there, too. */
	fix_propose(f, 994, 1, 3, 12, "x");
	fix_want_shown(f, "model says the check can't pass: no pandoc here");
}

FIX_TEST(test_plan_of_one_step)
{
	fix_init(f, 24, 80);
	fix_line(f, "{'seq':1,'type':'plan','by':'user','version':1,"
	    "'status':'approved','goal':'g','steps':[{'title':'one'}]}");
	fix_line(f, "{'seq':2,'type':'plan','status':'step','step':0}");
	fix_live(f);
	/* Also when you have rejected a hunk of it, and the model works again. */
	fix_want_shown(f, "1 of 1 step marked done: g");
	fix_line(f, "{'seq':3,'type':'agent_end','outcome':'interrupted'}");
	fix_want_shown(f, "\xe2\x9c\x93 1 step done: g");
}

#define AMEND_TEXT " a\\n-b\\n+B\\n c\\n-d\\n+D\\n+E\\n"
#define AMEND_PROPOSAL(more) \
	"{\"seq\":9,\"type\":\"proposal\",\"proposal\":0,\"version\":1," \
	"\"final\":true,\"files\":[{\"path\":\"f\",\"status\":\"modified\"," \
	"\"before\":{\"hash\":\"1\",\"mode\":33188,\"size\":8}," \
	"\"after\":{\"hash\":\"2\",\"mode\":33188,\"size\":9}," \
	"\"binary\":false,\"hunks\":[{\"id\":\"h1\",\"old_start\":1," \
	"\"old_lines\":4,\"new_start\":1,\"new_lines\":5,\"text\":\"" \
	AMEND_TEXT "\"}" more "]}],\"refused\":[],\"ignored\":0}"

static void
fix_amend(struct fix *f, int rows)
{
	fix_init(f, rows, 80);
	fix_live(f);
	fix_line(f, AMEND_PROPOSAL(",{\"id\":\"h2\",\"old_start\":9,"
	    "\"old_lines\":1,\"new_start\":10,\"new_lines\":1,\"text\":"
	    "\"-x\\n+y\\n\"}"));
	fix_type(f, "4");
}

/* h1 in two parts. */
#define SPLIT_PROPOSAL(version, second) \
	"{\"seq\":1" version ",\"type\":\"proposal\",\"proposal\":9," \
	"\"version\":" version ",\"final\":true,\"files\":[{\"path\":\"f\"," \
	"\"status\":\"modified\",\"before\":{\"hash\":\"1\",\"mode\":33188," \
	"\"size\":8},\"after\":{\"hash\":\"2\",\"mode\":33188,\"size\":9}," \
	"\"binary\":false,\"hunks\":[{\"id\":\"s1\",\"old_start\":1," \
	"\"old_lines\":3,\"new_start\":1,\"new_lines\":3,\"text\":" \
	"\" a\\n-b\\n+B\\n c\\n\"},{\"id\":\"" second "\",\"old_start\":4," \
	"\"old_lines\":1,\"new_start\":4,\"new_lines\":2,\"text\":" \
	"\"-d\\n+D\\n+" second "\\n\"},{\"id\":\"h2\",\"old_start\":9," \
	"\"old_lines\":1,\"new_start\":10,\"new_lines\":1,\"text\":" \
	"\"-x\\n+y\\n\"}]}],\"refused\":[],\"ignored\":0}"

FIX_TEST(test_split)
{
	fix_amend(f, 24);
	fix_type(f, "s");
	assert_int_equal(fix_count(f, "'type':'split','proposal':9,"
	    "'hunk':'h1'"), 1);
	assert_int_equal(fix_count(f, "'mark'"), 0);
	/* The hunks that it makes are no news. */
	fix_propose(f, 9, 1, 3, 1, "x");
	assert_false(fix_shows(f, "the changes are new"));
	/* Nor for the header, beside a hunk that was seen before; a later
	 * version has news again. */
	fix_amend(f, 24);
	fix_type(f, "s");
	fix_line(f, SPLIT_PROPOSAL("2", "s2"));
	fix_want_shown(f, "3 hunks");
	assert_false(fix_shows(f, "since you looked"));
	fix_line(f, SPLIT_PROPOSAL("3", "s3"));
	fix_want_shown(f, "1 new to you");
}

#define IGNORED_LINE(version, n, products) \
	"{\"seq\":1" version ",\"type\":\"proposal\",\"proposal\":9," \
	"\"version\":" version ",\"final\":true,\"files\":[{\"path\":" \
	"\"d/f.tmp\",\"status\":\"added\",\"before\":null," \
	"\"after\":{\"hash\":\"2\",\"mode\":33188,\"size\":2}," \
	"\"binary\":false,\"hunks\":[{\"id\":\"h1\",\"old_start\":0," \
	"\"old_lines\":0,\"new_start\":1,\"new_lines\":1,\"text\":" \
	"\"+y\\n\"}]}],\"refused\":[],\"ignored\":" n "," \
	"\"ignored_some\":[],\"products\":[" products "]}"

FIX_TEST(test_ignored)
{
	fix_start(f);
	fix_line(f, IGNORED_LINE("1", "14", "{\"path\":\"build/\",\"files\":12,"
	    "\"why\":\"git\"},{\"path\":\"a\\u001b[1m.o\",\"files\":1,"
	    "\"why\":\"cache\"},{\"path\":\"b.o\",\"files\":1,"
	    "\"why\":\"cache\"}"));
	fix_see(f, "4", "14 ignored files: build/ (12)");
	assert_false(fix_shows(f, "b.o"));
	/* With the list closed it opens: nothing is included unseen. */
	fix_type(f, ":include\r");
	assert_int_equal(fix_count(f, "'include'"), 0);
	fix_want_shown(f, "build/  12 files  ignored by git");
	fix_want_shown(f, "b.o  1 file  cache");
	fix_want_shown(f, "m.o  1 file");
	assert_false(fix_shows(f, "\033"));
	fix_type(f, ":include\r");
	assert_int_equal(fix_count(f, "'type':'include','path':'build/'"), 1);
	fix_want_shown(f, ":ignored folds them, :include reviews one");
	fix_type(f, "jj:include\r");
	assert_int_equal(fix_count(f, "'path':'b.o'"), 1);
	fix_type(f, ":ignored\r");
	assert_false(fix_shows(f, "b.o"));
	fix_line(f, IGNORED_LINE("2", "1", "{\"path\":\"b.o\",\"files\":1,"
	    "\"why\":\"cache\"}"));
	fix_want_shown(f, "1 ignored file: b.o");
	/* An undo has none. */
	fix_line(f, IGNORED_LINE("99,\"undo\":3", "14", "{\"path\":\"build/\","
	    "\"files\":12,\"why\":\"git\"}"));
	fix_want_shown(f, "undoes change 3");
	assert_false(fix_shows(f, "ignored file"));
}

FIX_TEST(test_lines)
{
	fix_amend(f, 24);
	fix_type(f, "v");
	/* Keys that decide on hunks do nothing here: they are text. */
	fix_see(f, "naAdx", "> naAdx");
	assert_string_equal(buf_str(&f->sent), "");
	fix_escape(f);
	fix_see(f, "*", "you are picking lines · Space picks one, v stops");
	fix_see(f, "k ", MSG_NO_CHANGED_LINE);
	/* a, -b, +B, c, -d, +D: it began on the second. */
	fix_type(f, "j jjj ");
	/* Each moved on to the next. */
	fix_want_shown(f, ">   5 +E");
	fix_want_shown(f, "*   4 +D");
	fix_want_shown(f, "*     -b");
	/* Picked by mistake, and dropped again; the last one stays. */
	fix_see(f, " ", "#   5 +E");
	fix_see(f, " kk k ", "2 of 5 lines picked (*)");
	fix_type(f, "y");
	assert_int_equal(fix_count(f, "'mark':'edited','seen':true,"
	    "'edit':' a\\n-b\\n c\\n d\\n+D\\n'"), 1);
	assert_int_equal(fix_count(f, "'seen':true"), 1);
	fix_want_shown(f, "picked lines accepted, rest rejected \xc2\xb7 u "
	    "undoes it");
}

/* Picked lines are marked; another key writes them. The head counts them. */
FIX_TEST(test_lines_of_one)
{
	fix_hunks(f, 24, 80, 1, 2);
	fix_review(f);
	fix_want_shown(f, "  +2 -0");
	fix_see(f, "v ", "1 of 2 lines picked");
	fix_see(f, "j", "y accept picked, reject rest  ");
	fix_see(f, "y", "Enter writes 1 hunk");
	fix_line(f, "{'seq':60,'type':'draft','proposal':50,'hunk':"
	    "'0000000000000001','mark':'edited','edit':'+x 0.0\\n'}");
	fix_want_shown(f, "  +1 -0");
	fix_line(f, "{'seq':61,'type':'draft','proposal':50,'hunk':"
	    "'0000000000000001','mark':'none'}");
	fix_want_shown(f, "  +2 -0");
}

/* The next hunk is whole on the screen: the page stays. */
FIX_TEST(test_page_stays)
{
	size_t top;

	fix_hunks(f, 24, 80, 3, 4);
	fix_review(f);
	top = f->ui.panes[PANE_DIFF].top;
	fix_see(f, "y", "2/3");
	assert_int_equal(f->ui.panes[PANE_DIFF].top, top);
}

/* One verb for one question. */
FIX_TEST(test_project_command)
{
	fix_start(f);
	fix_line(f, "{'seq':5,'type':'ask','id':'s','command':'/fixit','why':"
	    "'/fixit is new','contents':'Fix it.'}");
	fix_review(f);
	fix_see(f, "j", "y send  n don't send");
	fix_want_shown(f, "send this project command?");
}

FIX_TEST(test_no_model)
{
	fix_init(f, 24, 80);
	fix_line(f, "{'seq':1,'type':'session_start','mode':'interactive'}");
	fix_live(f);
	fix_see(f, "ido it\r", "no model yet: /login, /local or /model");
	assert_string_equal(buf_str(&f->sent), "");
}

FIX_TEST(test_edit)
{
	static const char bad[] = "# x\n a\n-bb\n+B\n c\n";
	static const char good[] = " a\n-b\n+Bee\n c\n d\n";
	static const char lost[] = "# all gone\n@@ -1,4 +1,5 @@\n\n";
	char *text;
	size_t n;

	fix_amend(f, 24);
	fix_type(f, "e");
	assert_int_equal(f->ui.want_edit, UI_EDIT_HUNK);
	f->ui.want_edit = UI_EDIT_NONE;
	text = edit_hunk.text(&f->ui, &n, NULL, NULL);
	assert_non_null(strstr(text, "# A hunk of f\n"));
	assert_non_null(strstr(text, "@@ -1,4 +1,5 @@\n a\n-b\n+B\n c\n"));
	/* Untouched, or emptied: as it was. */
	edit_hunk.done(&f->ui, text, n, 0, "");
	assert_string_equal(buf_str(&f->sent), "");
	free(text);
	edit_hunk.done(&f->ui, lost, strlen(lost), 0, "");
	assert_string_equal(buf_str(&f->sent), "");
	fix_want_shown(f, "hunk unchanged · y accepts it");
	edit_hunk.done(&f->ui, NULL, 0, 0, "no editor");
	fix_want_shown(f, "no editor");
	/* An edit that does not fit comes back with the reason. */
	edit_hunk.done(&f->ui, bad, strlen(bad), 0, "");
	fix_want_shown(f, "line 4 is not what the file has there");
	assert_string_equal(buf_str(&f->sent), "");
	fix_type(f, "e");
	text = edit_hunk.text(&f->ui, &n, NULL, NULL);
	assert_non_null(strstr(text, "# Doesn't apply: line 4"));
	assert_non_null(strstr(text, "-bb\n"));
	free(text);
	edit_hunk.done(&f->ui, good, strlen(good), 0, "");
	fix_stand(f);
	fix_want_shown(f, "your version is accepted");
	assert_int_equal(fix_count(f, "'hunk':'h1','mark':'edited',"
	    "'seen':true,'edit':' a\\n-b\\n+Bee\\n c\\n d\\n'"), 1);
	/* The draft is shown as it will be written, and can be taken back. */
	fix_line(f, "{'seq':10,'type':'draft','proposal':9,'hunk':'h1',"
	    "'mark':'edited','edit':' a\\n-b\\n+Bee\\n c\\n d\\n',"
	    "'seen':true}");
	fix_want_shown(f, "[e]");
	fix_want_shown(f, "+Bee");
	assert_int_equal(f->ui.drafts.list_len, 0);
	edit_hunk.done(&f->ui, lost, strlen(lost), 0, "");
	fix_want_shown(f, "hunk unchanged");
	assert_false(fix_shows(f, "accepts it"));
	/* No key that accepts brings the model's words back. */
	fix_see(f, "Ky", "accepted as you edited it");
	fix_type(f, "a");
	assert_int_equal(fix_count(f, "'hunk':'h1','mark':'yes'"), 0);
	fix_type(f, "uu");
	fix_line(f, "{'seq':11,'type':'draft','proposal':9,'hunk':'h1',"
	    "'mark':'none'}");
	assert_false(fix_shows(f, "+Bee"));
	/* What the core refuses is kept; so is what lost its hunk. */
	fix_type(f, "e");
	edit_hunk.done(&f->ui, good, strlen(good), 0, "");
	fix_line(f, "{'type':'refused','text':'two of them change the same "
	    "lines'}");
	fix_want_shown(f, "doesn't apply: two of them change the same lines");
	fix_type(f, "Ke");
	text = edit_hunk.text(&f->ui, &n, NULL, NULL);
	assert_non_null(strstr(text, "+Bee\n"));
	free(text);
	fix_line(f, "{'seq':12,'type':'proposal','proposal':9,'version':2,"
	    "'files':[]}");
	fix_want_shown(f, "no longer open");
	fix_see(f, "i", "> [pasted");
}

TEST(test_wrap)
{
	/* clang-format off */
	static const struct {
		const char *label, *in;
		int width;
		bool words;
		const char *want;
	} cases[] = {
		{ "empty", "", 5, true, "" },
		{ "fits", "abcde", 5, false, "abcde" },
		{ "cut", "abcdef", 5, false, "abcde\\|f" },
		{ "words", "one two three", 8, true,
		    "one two \\|three" },
		{ "a word too long", "abcdefgh ij", 5, true,
		    "abcde\\|fgh \\|ij" },
		{ "lines", "a\nb\n", 5, false, "a|b" },
		{ "blank line", "a\n\nb", 5, true, "a||b" },
		{ "exact then newline", "abcde\nf", 5, false,
		    "abcde|f" },
		{ "blank at the edge", "abcde fg", 5, true,
		    "abcde\\|fg" },
		{ "blank at the edge of the line", "abcde \nfg", 5, true,
		    "abcde|fg" },
		{ "wide", "\xe6\xbc\xa2\xe6\xbc\xa2", 3, false,
		    "\xe6\xbc\xa2\\|\xe6\xbc\xa2" },
		{ "too narrow", "ab", 0, false, "a\\|b" },
	};
	/* clang-format on */
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct wrap w = { .p = cases[i].in, .n = strlen(cases[i].in),
			.width = cases[i].width, .words = cases[i].words };
		struct wrap_row r;
		struct buf b = BUF_INIT(0);
		bool first = true;

		while (page_wrap_next(&w, &r)) {
			buf_addf(&b, "%s%.*s%s", first ? "" : "|", (int)r.len,
			    w.p + r.start, r.more ? "\\" : "");
			first = false;
		}
		if (strcmp(buf_str(&b), cases[i].want) != 0)
			fail_msg("%s: %s", cases[i].label, buf_str(&b));
		buf_release(&b);
	}
}

/* Text for the editor can be shown, and comes back as it was. */
TEST(test_editor_marks)
{
	static const struct { const char *text, *marked; } t[] = {
		{ "plain\n\ttext\n", "plain\n\ttext\n" },
		{ "caf\xc3\xa9 \xc2\xb7 \xe6\xbc\xa2 e\xcc\x81\n",
		  "caf\xc3\xa9 \xc2\xb7 \xe6\xbc\xa2 e\xcc\x81\n" },
		{ "a\xe2\x80\xae" "b\033[2J\xf3\xa0\x81\x81.",
		  "a<U+202E>b<U+001B>[2J<U+E0041>." },
		/* A mark typed as letters stays letters. */
		{ "<U+202E> \xe2\x80\xae \xe2\x80\x8d <U+20 <U+> <U+41>",
		  "<U+202E> \xe2\x80\xae <U+200D> <U+20 <U+> <U+41>" },
	};
	char *in, *back;
	size_t i, n;

	for (i = 0; i < MEM_COUNT(t); i++) {
		in = editor_mark(t[i].text, &n);
		assert_string_equal(in, t[i].marked);
		assert_int_equal(n, strlen(in));
		back = editor_unmark(in, &n, t[i].text);
		assert_string_equal(back, t[i].text);
		assert_int_equal(n, strlen(back));
		free(in);
		free(back);
	}
	/* One that was deleted is gone, one that a person writes is text. */
	n = 13;
	back = editor_unmark("b <U+2066>\xe2\x80\xae", &n, t[2].text);
	assert_string_equal(back, "b <U+2066>\xe2\x80\xae");
	free(back);
}

/* A notice is shown beside the keys; without room for both, the keys come back
 * by themselves, and then no timer runs any more. */
FIX_TEST(test_notice)
{
	fix_init(f, 24, 100);
	fix_live(f);
	fix_propose(f, 5, 1, 2, 3, "line");
	fix_see(f, "4", "A accept all");
	ui_notice(&f->ui, "it was not done");
	fix_want_shown(f, "it was not done   y accept  n reject");
	fix_want_shown(f, "? help");
	assert_int_equal(state_deadline(&f->ui), -1);
	f->ui.now += 100000;
	assert_false(state_tick(&f->ui));
	fix_want_shown(f, "it was not done");
	fix_type(f, "j");
	assert_false(fix_shows(f, "it was not done"));
	screen_resize(f->ui.screen, 24, 36);
	ui_notice(&f->ui, "it was not done");
	fix_want_shown(f, "it was not done");
	assert_false(fix_shows(f, "y accept"));
	assert_true(state_deadline(&f->ui) > f->ui.now + 5000);
	assert_false(state_tick(&f->ui));
	f->ui.now = state_deadline(&f->ui);
	assert_true(state_tick(&f->ui));
	fix_want_shown(f, "y accept");
	assert_false(fix_shows(f, "it was not done"));
	assert_int_equal(state_deadline(&f->ui), -1);
}
