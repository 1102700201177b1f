/*
 * The screen without a terminal: journal lines and keys in, a grid and commands
 * out.  Above all: what must not decide, does not.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "front/editor.h"
#include "ui/diff/diff.h"
#include "ui/keys/keys.h"
#include "ui/app/state.h"
#include "ui/text/input.h"
#include "ui/text/page.h"

#include "ui/app/verdict.h"
#include "ui-fix.h"
#include "tests/messages.h"
/* That the file was saved outside comes by itself, and moves the rows. */
static void
test_saved_outside(void **state)
{
	struct fix f;
	char dir[] = "/tmp/assent-ui-XXXXXX";
	char *path;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/a.c", dir);
	fix_init(&f, 24, 80);
	f.ui.fold->root = xstrdup(dir);
	fix_line(&f, "{\"seq\":50,\"t\":\"2020-01-01T00:00:00.000Z\","
	    "\"type\":\"proposal\",\"by\":\"core\",\"proposal\":0,"
	    "\"version\":1,\"final\":true,\"files\":[{\"path\":\"a.c\","
	    "\"status\":\"modified\",\"hunks\":["
	    "{\"id\":\"1\",\"old_start\":1,\"old_lines\":0,"
	    "\"new_start\":1,\"new_lines\":1,\"text\":\"+x\\n\"},"
	    "{\"id\":\"2\",\"old_start\":101,\"old_lines\":0,"
	    "\"new_start\":101,\"new_lines\":1,\"text\":\"+y\\n\"}]}]}");
	fix_live(&f);
	fix_stand(&f);
	assert_false(fix_shows(&f, "saved on disk"));
	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	f.ui.now += 5000;
	fix_draw(&f);
	fix_want_shown(&f, "saved on disk");
	fix_wait(&f, REVIEW_OWN_MS);
	keys_feed(f.keys, "y", 1, f.ui.now);
	assert_int_equal(fix_count(&f, "\"type\":\"mark\""), 0);
	fix_stand(&f);
	keys_feed(f.keys, "y", 1, f.ui.now);
	assert_int_equal(fix_count(&f, "\"type\":\"mark\""), 1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	free(path);
	fix_release(&f);
}

static void
test_panes(void **state)
{
	struct fix f;

	(void)state;
	fix_demo(&f, 24, 80, 13);
	fix_draw(&f);
	fix_want_shown(&f, "Commas inside quotes belong to the field");
	fix_review(&f);
	fix_want_shown(&f, "y approve");
	fix_type(&f, "y");
	assert_int_equal(fix_count(&f, "\"action\":\"approve\""), 1);
	assert_int_equal(fix_count(&f, "\"seen\":true"), 1);
	f.ui.now += 5000;
	fix_load(&f, "demo.jsonl", 13, 33);
	fix_draw(&f);
	fix_want_shown(&f, "7 open \xc2\xb7 check passed");
	fix_want_shown(&f, "model says: parse_next looked");
	fix_want_shown(&f, "parse.c      1/3 \xc2\xb7 hunk 1/7");
	assert_false(fix_shows(&f, "[test]"));
	fix_type(&f, "4,");
	fix_want_shown(&f, "[test]");
	fix_type(&f, ",2");
	fix_want_shown(&f, "[2 transcript]");
	fix_want_shown(&f, "check: make check passed");
	fix_type(&f, "3");
	fix_want_shown(&f, "[3 output]");
	fix_type(&f, "1");
	fix_want_shown(&f, "[>] 1. Teach parse_next");
	fix_type(&f, "K");
	fix_want_shown(&f, "no hunks or entries here · 2 shows the transcript");
	fix_type(&f, "?");
	fix_want_shown(&f, "The usual");
	fix_type(&f, "4");
	fix_type(&f, "4z");
	assert_false(fix_shows(&f, "plan v1"));
	f.ui.now += 5000;
	fix_load(&f, "demo.jsonl", 33, 100);
	fix_draw(&f);
	fix_want_shown(&f, "[2 transcript]");
	fix_want_shown(&f, "Quotes keep their commas.");
	fix_release(&f);
}

/* What goes through without a key, where it can be looked up; and what was
 * written says by whose word. */
static void
test_grants_in_sight(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 40, 100);
	fix_line(&f, "{\"seq\":1,\"type\":\"session_start\",\"by\":\"core\","
	    "\"settings\":{\"approve\":\"ask\"},\"grants\":[]}");
	fix_line(&f, "{\"type\":\"live\"}");
	fix_draw(&f);
	fix_type(&f, "1z");
	fix_want_shown(&f, "Review (mode ask)");
	fix_want_shown(&f, "you review after each plan step");
	fix_line(&f, "{\"seq\":2,\"type\":\"mode\",\"by\":\"user\","
	    "\"approve\":\"small\",\"grants\":[{\"text\":\"approve small "
	    "(set by \\u001b[2J): what; for this session\"}]}");
	fix_draw(&f);
	fix_want_shown(&f, "small: accepts small edits (50 lines a file");
	fix_want_shown(&f, "what; for this session");
	fix_type(&f, "?G");
	fix_want_shown(&f, "what; for this session");
	fix_type(&f, "q2");
	fix_line(&f, "{\"seq\":3,\"type\":\"applied\",\"by\":\"core\",\"tx\":1,"
	    "\"client\":\"tty 4\",\"undoes\":7,\"ops\":[{\"path\":\"a.c\","
	    "\"ok\":true,\"rule\":\"person\"},{\"path\":\"ci.yml\",\"ok\":true,"
	    "\"rule\":\"yes\",\"protected\":\"hooks\","
	    "\"grant\":\"allow_protected\"}]}");
	fix_draw(&f);
	fix_want_shown(&f, "a.c: by you, tty 4, undoing change 7");
	fix_want_shown(&f, "ci.yml: by rule yes, protected: hooks, "
	    "allow_protected");
	fix_type(&f, "p");
	assert_int_equal(fix_count(&f, "\"type\":\"propose\""), 1);
	fix_release(&f);
}

static void
test_marks(void **state)
{
	struct fix f;

	(void)state;
	fix_hunks(&f, 24, 80, 3, 4);
	/* Not yet drawn: nothing can be decided. */
	f.ui.now += 5000;
	keys_feed(f.keys, "y", 1, f.ui.now);
	keys_feed(f.keys, "A", 1, f.ui.now);
	assert_string_equal(buf_str(&f.sent), "");
	fix_type(&f, "y");
	assert_string_equal(buf_str(&f.sent), "{\"type\":\"mark\","
	    "\"proposal\":50,\"version\":1,\"hunk\":\"0000000000000001\","
	    "\"mark\":\"yes\",\"seen\":true,\"hold\":true}\n");
	fix_want_shown(&f, "[y]");
	fix_want_shown(&f, ", 2 open");
	/* On to the next one. */
	fix_type(&f, "n");
	assert_int_equal(fix_count(&f, "\"hunk\":\"0000000000000002\","
	    "\"mark\":\"no\""), 1);
	fix_type(&f, "Kr");
	fix_type(&f, "why\r");
	fix_want_shown(&f, MSG_WITH_YOUR_REASON);
	assert_false(fix_shows(&f, "y accepts it"));
	fix_type(&f, "K");
	fix_want_shown(&f, ">[n] @@ -101,0 +101,4 @@  +4 -0  rejected · "
	    "y accepts it");
	fix_type(&f, "J");
	assert_int_equal(fix_count(&f, "\"hunk\":\"0000000000000002\","
	    "\"mark\":\"no\",\"seen\":true,\"word\":\"why\""), 1);
	/* Wherever the cursor is: first the reason, then the rejection. */
	fix_type(&f, "KKu");
	assert_int_equal(fix_count(&f, "\"mark\":\"none\""), 0);
	fix_type(&f, "u");
	assert_int_equal(fix_count(&f, "\"mark\":\"none\""), 1);
	fix_type(&f, "x");
	assert_int_equal(fix_count(&f, "\"type\":\"decide\""), 1);
	assert_int_equal(fix_count(&f, "\"all\""), 0);
	fix_release(&f);
}

static void
test_unseen(void **state)
{
	struct fix f;

	(void)state;
	fix_hunks(&f, 24, 80, 2, 40);
	fix_review(&f);
	/* Not seen in full: the key shows the next rows instead, until all of
	 * them were on the screen. */
	fix_want_shown(&f, MSG_MORE_ROWS_OF_HUNK);
	fix_type(&f, "y");
	fix_want_shown(&f, MSG_HUNK_GOES_ON);
	fix_want_shown(&f, MSG_MORE_ROWS_OF_HUNK);
	assert_string_equal(buf_str(&f.sent), "");
	fix_type(&f, "y");
	fix_want_shown(&f, MSG_LOOK_AT_REST);
	assert_false(fix_shows(&f, MSG_MORE_ROWS_OF_HUNK));
	assert_string_equal(buf_str(&f.sent), "");
	/* The key of a read that brought the rows is too early. */
	fix_type(&f, "Jy");
	fix_want_shown(&f, MSG_HUNK_GOES_ON);
	keys_feed(f.keys, "yyyy", 4, f.ui.now);
	assert_string_equal(buf_str(&f.sent), "");
	fix_draw(&f);
	fix_type(&f, "KKy");
	assert_int_equal(fix_count(&f, "0001\",\"mark\":\"yes\","
	    "\"seen\":true"), 1);
	/* A rejection needs no look. */
	fix_type(&f, "n");
	assert_int_equal(fix_count(&f, "0002\",\"mark\":\"no\","
	    "\"seen\":"), 1);
	/* Read it all: no second key. */
	fix_type(&f, "g      Gg");
	fix_want_shown(&f, "hunk -/2 · 1 accepted, 1 rejected");
	fix_want_shown(&f, "0 unseen");
	fix_release(&f);
	/* Many pages of it: a second key instead. */
	fix_hunks(&f, 24, 80, 2, 400);
	fix_review(&f);
	fix_type(&f, "y");
	fix_want_shown(&f, "Accept 1 hunk? You haven't seen 1 of them (38");
	fix_want_shown(&f, "press capital Y to confirm");
	/* The same key again is no second key, and it says so. */
	fix_type(&f, "yy");
	fix_want_shown(&f, "y doesn't confirm: press capital Y");
	fix_type(&f, "\r");
	fix_want_shown(&f, "not done");
	assert_string_equal(buf_str(&f.sent), "");
	fix_type(&f, "yY");
	assert_int_equal(fix_count(&f, "0001\",\"mark\":\"yes\","
	    "\"seen\":false"), 1);
	fix_release(&f);
}

static void
test_all(void **state)
{
	static const char mine[] = "@@ -1,0 +1,1 @@\n+mine\n";
	struct fix f;

	(void)state;
	fix_hunks(&f, 24, 80, 3, 2);
	fix_review(&f);
	/* Always asked, though all of it was seen. */
	fix_type(&f, "A");
	fix_want_shown(&f, "Write 3 hunks in 1 file?");
	assert_string_equal(buf_str(&f.sent), "");
	/* The question goes when the proposal does. */
	fix_line(&f, "{\"seq\":60,\"type\":\"proposal\",\"proposal\":50,"
	    "\"version\":2,\"files\":[]}");
	fix_type(&f, "Y");
	assert_string_equal(buf_str(&f.sent), "");
	fix_propose(&f, 61, 1, 3, 2, "x");
	f.ui.now += 2000;
	fix_type(&f, "4AY");
	/* One command for all, also where some of it was not seen. */
	assert_int_equal(fix_count(&f, "\"type\":\"decide\",\"proposal\":61,"
	    "\"version\":1,\"all\":\"yes\",\"seen\":true"), 1);
	assert_int_equal(fix_count(&f, "\"type\""), 1);
	fix_line(&f, "{\"type\":\"refused\",\"text\":\"no\"}");
	fix_propose(&f, 70, 1, 30, 2, "x");
	f.ui.now += 2000;
	buf_clear(&f.sent);
	fix_type(&f, "4AY");
	assert_int_equal(fix_count(&f, "\"all\":\"yes\",\"seen\":[\""), 1);
	assert_int_equal(fix_count(&f, "\"type\""), 1);
	/* What is marked already is not in it; then it is a list. */
	fix_line(&f, "{\"type\":\"refused\",\"text\":\"no\"}");
	fix_propose(&f, 80, 1, 3, 2, "x");
	f.ui.now += 2000;
	fix_type(&f, "4");
	buf_clear(&f.sent);
	fix_type(&f, "n");
	assert_int_equal(fix_count(&f, "\"mark\":\"no\""), 1);
	fix_type(&f, "AY");
	assert_int_equal(fix_count(&f, "\"marks\":["), 1);
	assert_int_equal(fix_count(&f, "\"mark\":\"yes\",\"seen\":true"), 2);
	assert_int_equal(fix_count(&f, "\"type\":\"mark\""), 2);
	/* A mark of another terminal, or a new version: what was asked is no
	 * longer what would be written. */
	fix_line(&f, "{\"type\":\"refused\",\"text\":\"no\"}");
	fix_propose(&f, 90, 1, 3, 2, "x");
	f.ui.now += 2000;
	fix_type(&f, "4A");
	fix_want_shown(&f, "Write 3 hunks in 1 file?");
	buf_clear(&f.sent);
	fix_line(&f, "{\"seq\":91,\"type\":\"draft\",\"proposal\":90,"
	    "\"hunk\":\"0000000000000001\",\"mark\":\"no\"}");
	fix_draw(&f);
	fix_want_shown(&f, MSG_IT_CHANGED_MEANWHILE_NOT_DONE);
	fix_type(&f, "Y");
	assert_string_equal(buf_str(&f.sent), "");
	/* So is an edit of one that stays accepted; ours that only arrives
	 * isn't. */
	fix_type(&f, "g[Je");
	hunk_edit_edited(&f.ui, mine, strlen(mine), NULL);
	fix_draw(&f);
	fix_type(&f, "A");
	fix_line(&f, "{\"seq\":92,\"type\":\"draft\",\"proposal\":90,"
	    "\"hunk\":\"0000000000000001\",\"mark\":\"edited\","
	    "\"edit\":\"+mine\\n\"}");
	fix_draw(&f);
	fix_want_shown(&f, "Write 3 hunks in 1 file?");
	buf_clear(&f.sent);
	fix_line(&f, "{\"seq\":93,\"type\":\"draft\",\"proposal\":90,"
	    "\"hunk\":\"0000000000000001\",\"mark\":\"edited\","
	    "\"edit\":\"+evil\\n\"}");
	fix_draw(&f);
	fix_want_shown(&f, MSG_IT_CHANGED_MEANWHILE_NOT_DONE);
	fix_type(&f, "Y");
	assert_string_equal(buf_str(&f.sent), "");
	fix_line(&f, "{\"seq\":94,\"type\":\"draft\",\"proposal\":90,"
	    "\"hunk\":\"0000000000000001\",\"mark\":\"no\"}");
	/* On the rejected hunk, too, it is about what is open. */
	fix_type(&f, "g[JA");
	fix_want_shown(&f, "Write 2 of 3 hunks in 1 file, reject 1?");
	fix_line(&f, "{\"seq\":95,\"type\":\"proposal\",\"proposal\":90,"
	    "\"version\":2,\"files\":[{\"path\":\"b.c\",\"status\":"
	    "\"modified\",\"hunks\":[{\"id\":\"h4\",\"text\":\"+x\\n\"}]}"
	    "]}");
	fix_draw(&f);
	fix_want_shown(&f, MSG_IT_CHANGED_MEANWHILE_NOT_DONE);
	fix_type(&f, "Y");
	assert_string_equal(buf_str(&f.sent), "");
	/* Or a decision about one that nobody had marked. */
	fix_type(&f, "A");
	fix_want_shown(&f, "Write 1 hunk");
	fix_line(&f, "{\"seq\":96,\"type\":\"decision\",\"by\":\"user\","
	    "\"proposal\":90,\"files\":[{\"path\":\"b.c\",\"hunks\":"
	    "[{\"id\":\"h4\",\"decision\":\"yes\",\"seen\":true}]}]}");
	assert_int_equal(f.ui.confirm.action, ACTION_NONE);
	fix_release(&f);
}

/* The second of three hunks overwrites what the user wrote meanwhile. */
static void
test_overwrites(void **state)
{
#define OVER_HUNK(id, at, more) "{\"id\":\"" id "\",\"old_start\":" at "," \
	"\"old_lines\":1,\"new_start\":" at ",\"new_lines\":1,\"text\":" \
	"\"-o" at "\\n+n" at "\\n\"" more "}"
	struct fix f;

	(void)state;
	fix_init(&f, 40, 80);
	fix_line(&f, "{\"seq\":9,\"type\":\"proposal\",\"proposal\":0,"
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
	fix_live(&f);
	fix_draw(&f);
	fix_want_shown(&f, "These lines were changed on disk.");
	fix_want_shown(&f, "-was");
	/* Neither the rest, nor the folder, nor all. */
	fix_type(&f, "4A");
	fix_want_shown(&f, "Accept 2 hunks? 1 that overwrites newer");
	fix_type(&f, "na");
	assert_int_equal(fix_count(&f, "\"hunk\":\"h1\",\"mark\":\"yes\""), 1);
	assert_int_equal(fix_count(&f, "\"hunk\":\"h3\",\"mark\":\"yes\""), 1);
	assert_int_equal(fix_count(&f, "\"hunk\":\"h2\""), 0);
	fix_draw(&f);
	f.ui.now += 2000;
	fix_type(&f, "Aa");
	assert_int_equal(fix_count(&f, "\"hunk\":\"h2\""), 0);
	fix_want_shown(&f, MSG_REMAINING_HUNKS_OVERWRITE_NEWER);
	/* By itself, with a second key. */
	fix_type(&f, "y");
	fix_want_shown(&f, "Accept this hunk and write all 3? It overwrites "
	    "newer lines of the file");
	assert_int_equal(fix_count(&f, "\"hunk\":\"h2\""), 0);
	fix_type(&f, "Y");
	assert_int_equal(fix_count(&f, "\"hunk\":\"h2\",\"mark\":\"yes\","
	    "\"seen\":true,\"overwrite\":true"), 1);
	assert_int_equal(fix_count(&f, "\"overwrite\""), 1);
	fix_release(&f);
}

/* A hunk that overwrites newer text only since the person looked at it, or began
 * to edit it: what is sent is about what they saw. */
static void
test_overwrites_now(void **state)
{
#define OVER_ONE(version, more) "{\"seq\":" version "9,\"type\":\"proposal\"," \
	"\"proposal\":0,\"version\":" version ",\"final\":true," \
	"\"refused\":[],\"ignored\":0,\"files\":[{\"path\":\"f\"," \
	"\"status\":\"modified\"," \
	"\"before\":{\"hash\":\"1\",\"mode\":33188,\"size\":9}," \
	"\"after\":{\"hash\":\"2\",\"mode\":33188,\"size\":9}," \
	"\"binary\":false,\"hunks\":[" OVER_HUNK("h1", "10", more) "]}]}"
	static const char edited[] = "@@ -10,1 +10,1 @@\n-o10\n+mine\n";
	struct fix f;
	char *text;
	size_t len;
	int i;

	(void)state;
	/* Lines: with a question of their own, for which there is a frame. */
	for (i = 0; i < 2; i++) {
		fix_init(&f, 40, 80);
		fix_line(&f, OVER_ONE("1", ""));
		fix_live(&f);
		fix_draw(&f);
		f.ui.now += 2000;
		fix_type(&f, "4v  ");
		fix_line(&f, OVER_ONE("2", ",\"overwrites\":true"));
		if (i == 0)
			fix_draw(&f);
		fix_type(&f, "y");
		assert_int_equal(fix_count(&f, "\"mark\""), 0);
		if (i == 1)
			fix_type(&f, "y");
		assert_int_equal(fix_count(&f, "\"mark\""), 0);
		fix_want_shown(&f, MSG_OVERWRITES_NEWER_LINES_OF);
		f.ui.now += 2000;
		fix_type(&f, "Y");
		assert_int_equal(fix_count(&f, "\"mark\":\"edited\""), 1);
		assert_int_equal(fix_count(&f, "\"overwrite\":true"), 1);
		fix_release(&f);
	}
	/* In the editor: kept, and said when it is opened again. */
	fix_init(&f, 40, 80);
	fix_line(&f, OVER_ONE("1", ""));
	fix_live(&f);
	fix_draw(&f);
	f.ui.now += 2000;
	fix_type(&f, "4e");
	text = hunk_edit_text(&f.ui, &len);
	assert_non_null(text);
	assert_null(strstr(text, "newer lines"));
	free(text);
	fix_line(&f, OVER_ONE("2", ",\"overwrites\":true"));
	hunk_edit_edited(&f.ui, edited, strlen(edited), NULL);
	assert_int_equal(fix_count(&f, "\"mark\""), 0);
	fix_draw(&f);
	fix_want_shown(&f, MSG_NOW_OVERWRITES_NEWER_LINES);
	f.ui.now += 2000;
	fix_type(&f, "e");
	text = hunk_edit_text(&f.ui, &len);
	assert_non_null(strstr(text, "newer lines"));
	assert_non_null(strstr(text, "+mine"));
	hunk_edit_edited(&f.ui, text, len, NULL);
	free(text);
	assert_int_equal(fix_count(&f, "\"overwrite\":true"), 1);
	fix_release(&f);
}

/* Files d/a, d/e/b, c and da, one hunk each, of `lines` lines. */
static void
fix_folders(struct fix *f, int lines)
{
	static const char *const names[] = { "c", "d/a", "d/e/b", "da" };
	struct buf b = BUF_INIT(0);
	size_t i;
	int k;

	buf_adds(&b, "{\"seq\":9,\"type\":\"proposal\",\"proposal\":0,"
	    "\"version\":1,\"final\":true,\"refused\":[],\"ignored\":0,"
	    "\"files\":[");
	for (i = 0; i < 4; i++) {
		buf_addf(&b, "%s{\"path\":\"%s\",\"status\":\"added\","
		    "\"before\":null,\"after\":{\"hash\":\"%zu\","
		    "\"mode\":33188,\"size\":2},\"binary\":false,"
		    "\"hunks\":[{\"id\":\"h%zu\",\"old_start\":0,"
		    "\"old_lines\":0,\"new_start\":1,\"new_lines\":1,"
		    "\"text\":\"", i > 0 ? "," : "", names[i], i, i);
		for (k = 0; k < lines; k++)
			buf_adds(&b, "+y\\n");
		buf_adds(&b, "\"}]}");
	}
	buf_adds(&b, "]}");
	fix_line(f, buf_str(&b));
	buf_release(&b);
}

static void
test_file_row(void **state)
{
	static const char *const keys[] = { "y", "a", "n", "d" };
	struct fix f;
	int i;

	(void)state;
	fix_init(&f, 24, 80);
	fix_live(&f);
	fix_folders(&f, 12);
	f.ui.now += 5000;
	fix_draw(&f);
	/* Where Space goes on by a page, no hint says that it decides. */
	fix_type(&f, "4g]");
	fix_want_shown(&f, "y accept file  n reject file");
	fix_release(&f);
	/* Of the keys that complete the review, a and d are none there either. */
	for (i = 0; i < 4; i++) {
		fix_hunks(&f, 24, 80, 1, 1);
		fix_review(&f);
		fix_type(&f, "4gjj");
		fix_want_shown(&f, "y accept file");
		fix_type(&f, keys[i]);
		assert_int_equal(fix_count(&f, "\"type\":\"mark\""), 1);
		assert_int_equal(fix_count(&f, "\"hold\":true"), i % 2);
		fix_release(&f);
	}
}

static void
test_renamed(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 80);
	fix_live(&f);
	fix_line(&f, "{\"seq\":9,\"type\":\"proposal\",\"proposal\":0,"
	    "\"version\":1,\"final\":true,\"refused\":[],\"ignored\":0,"
	    "\"files\":[{\"path\":\"new\",\"from\":\"o\\u001bld\","
	    "\"status\":\"renamed\",\"before\":{\"hash\":\"1\",\"mode\":"
	    "33188,\"size\":2},\"after\":{\"hash\":\"1\",\"mode\":33188,"
	    "\"size\":2},\"binary\":false,\"hunks\":[{\"id\":\"h1\","
	    "\"old_start\":0,\"old_lines\":0,\"new_start\":0,"
	    "\"new_lines\":0,\"text\":\"\"}]}]}");
	f.ui.now += 5000;
	fix_draw(&f);
	fix_type(&f, "4");
	fix_want_shown(&f, "renamed  new  1 hunk  from o");
	fix_want_shown(&f, MSG_RENAMED_CONTENT_UNCHANGED);
	assert_false(fix_shows(&f, "\033"));
	fix_type(&f, "y");
	assert_int_equal(fix_count(&f, "\"mark\":\"yes\",\"seen\":true"), 1);
	fix_release(&f);
}

/* The name is one decision, what changes in the file are others. */
static void
test_renamed_and_changed(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 80);
	fix_live(&f);
	fix_line(&f, "{\"seq\":9,\"type\":\"proposal\",\"proposal\":0,"
	    "\"version\":1,\"final\":true,\"refused\":[],\"ignored\":0,"
	    "\"files\":[{\"path\":\"new\",\"from\":\"o\\u001bld\","
	    "\"similarity\":87,\"status\":\"renamed\",\"before\":{\"hash\":"
	    "\"1\",\"mode\":33261,\"size\":2},\"after\":{\"hash\":\"2\","
	    "\"mode\":33188,\"size\":2},\"binary\":false,\"hunks\":["
	    "{\"id\":\"h1\",\"old_start\":0,\"old_lines\":0,"
	    "\"new_start\":0,\"new_lines\":0,\"text\":\"\"},"
	    "{\"id\":\"h2\",\"old_start\":0,\"old_lines\":0,"
	    "\"new_start\":0,\"new_lines\":0,\"text\":\"\"},"
	    "{\"id\":\"h3\",\"old_start\":1,\"old_lines\":1,"
	    "\"new_start\":1,\"new_lines\":1,\"text\":\"-a\\n+b\\n\"}]}]}");
	f.ui.now += 5000;
	fix_draw(&f);
	fix_type(&f, "4");
	fix_want_shown(&f, "renamed  new  +1 -1  3 hunks  from o");
	fix_want_shown(&f, "(87% similar)");
	fix_want_shown(&f, MSG_RENAMED_AND_CHANGED);
	fix_want_shown(&f, "mode 100755 becomes 100644");
	fix_want_shown(&f, "+b");
	assert_false(fix_shows(&f, "\033"));
	fix_type(&f, "y");
	assert_int_equal(fix_count(&f, "\"hunk\":\"h1\",\"mark\":\"yes\","
	    "\"seen\":true"), 1);
	fix_release(&f);
}

static void
test_two_keys_one_read(void **state)
{
	struct fix f;

	(void)state;
	fix_hunks(&f, 24, 80, 4, 3);
	fix_review(&f);
	/* The next hunk was on the screen, but not under the cursor. */
	keys_feed(f.keys, "yyyy", 4, f.ui.now);
	assert_int_equal(fix_count(&f, "\"type\":\"mark\""), 1);
	fix_draw(&f);
	f.ui.now += 100;
	keys_feed(f.keys, "Jnn", 3, f.ui.now);
	assert_int_equal(fix_count(&f, "\"type\":\"mark\""), 1);
	fix_release(&f);
}

/* A key that comes too early does nothing, and doesn't put off the next. */
static void
test_too_early(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 80);
	fix_live(&f);
	fix_type(&f, "2");
	fix_propose(&f, 50, 1, 3, 4, "x");
	fix_draw(&f);
	fix_want_shown(&f, "[4 diff]");
	fix_want_shown(&f, "\302\267 accept");
	assert_false(fix_shows(&f, "y accept"));
	fix_wait(&f, REVIEW_MS - 1);
	keys_feed(f.keys, "y", 1, f.ui.now);
	keys_feed(f.keys, "A", 1, f.ui.now);
	assert_string_equal(buf_str(&f.sent), "");
	fix_draw(&f);
	fix_want_shown(&f, MSG_JUST_CHANGED);
	assert_int_equal(state_deadline(&f.ui), f.ui.now + 1);
	f.ui.now += 1;
	assert_true(state_tick(&f.ui));
	fix_type(&f, "j");
	fix_want_shown(&f, "y accept");
	keys_feed(f.keys, "y", 1, f.ui.now);
	assert_int_equal(fix_count(&f, "\"type\":\"mark\""), 1);
	/* The user's own key brought the next hunk. */
	fix_draw(&f);
	fix_wait(&f, REVIEW_OWN_MS - 1);
	keys_feed(f.keys, "y", 1, f.ui.now);
	assert_int_equal(fix_count(&f, "\"type\":\"mark\""), 1);
	fix_wait(&f, 1);
	keys_feed(f.keys, "y", 1, f.ui.now);
	assert_int_equal(fix_count(&f, "\"type\":\"mark\""), 2);
	/* Another version under the cursor came by itself. */
	fix_stand(&f);
	fix_propose(&f, 51, 2, 3, 5, "z");
	fix_draw(&f);
	fix_wait(&f, REVIEW_MS - 1);
	keys_feed(f.keys, "y", 1, f.ui.now);
	assert_int_equal(fix_count(&f, "\"type\":\"mark\""), 2);
	/* A question too: no key answers it at once, and Esc always. */
	fix_stand(&f);
	keys_feed(f.keys, "A", 1, f.ui.now);
	fix_draw(&f);
	keys_feed(f.keys, "Y", 1, f.ui.now);
	keys_feed(f.keys, "n", 1, f.ui.now);
	assert_int_equal(f.ui.confirm.action, ACTION_ALL_ACCEPT);
	fix_wait(&f, REVIEW_OWN_MS);
	keys_feed(f.keys, "n", 1, f.ui.now);
	assert_int_equal(f.ui.confirm.action, ACTION_NONE);
	assert_int_equal(fix_count(&f, "\"decide\""), 0);
	fix_release(&f);
}

/* What another client marks or edits changes what a key writes: it came by
 * itself. One's own mark that the core has now did not. */
static void
test_marked_elsewhere(void **state)
{
#define ELSEWHERE(seq, marks) "{\"seq\":" seq ",\"type\":\"draft\"," \
	"\"proposal\":50,\"client\":\"other\",\"marks\":[" marks "]}"
#define ELSEWHERE_MARK(id, mark) "{\"hunk\":\"000000000000000" id "\"," \
	"\"mark\":\"" mark "\",\"edit\":\"+o 1\\n+o 2\\n\"}"
	static const char *const lines[] = {
		ELSEWHERE("60", ELSEWHERE_MARK("1", "no") ","
		    ELSEWHERE_MARK("2", "yes")),
		ELSEWHERE("61", ELSEWHERE_MARK("2", "edited")),
	};
	struct fix f;
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(lines); i++) {
		fix_hunks(&f, 24, 80, 3, 2);
		fix_type(&f, "yn");
		fix_line(&f, ELSEWHERE("51", ELSEWHERE_MARK("1", "yes") ","
		    ELSEWHERE_MARK("2", "no")));
		fix_draw(&f);
		fix_want_shown(&f, "y accept, write 2 of 3");
		fix_line(&f, lines[i]);
		fix_draw(&f);
		fix_wait(&f, REVIEW_MS - 1);
		keys_feed(f.keys, "y", 1, f.ui.now);
		assert_int_equal(fix_count(&f, "\"type\":\"mark\""), 2);
		f.ui.now += 1;
		(void)state_tick(&f.ui);
		keys_feed(f.keys, "y", 1, f.ui.now);
		assert_int_equal(fix_count(&f, "\"type\":\"mark\""), 3);
		fix_release(&f);
	}
	/* Under lines that are picked, and under a question. */
	for (i = 0; i < 2; i++) {
		fix_hunks(&f, 24, 80, 3, 2);
		fix_type(&f, i == 0 ? "v " : "A");
		fix_line(&f, ELSEWHERE("60", ELSEWHERE_MARK("1", "edited")));
		fix_draw(&f);
		if (i == 1)
			fix_want_shown(&f, MSG_IT_CHANGED_MEANWHILE_NOT_DONE);
		keys_feed(f.keys, "y", 1, f.ui.now);
		assert_string_equal(buf_str(&f.sent), "");
		fix_draw(&f);
		fix_want_shown(&f, MSG_JUST_CHANGED);
		fix_release(&f);
	}
}

/* While a reason is typed another client marks the rest: Enter writes nothing,
 * and the key that does counts only once that has stood. */
static void
test_reason_marked_elsewhere(void **state)
{
	struct fix f;

	(void)state;
	fix_hunks(&f, 24, 100, 3, 2);
	fix_type(&f, "rslow");
	fix_line(&f, ELSEWHERE("60", ELSEWHERE_MARK("2", "yes") ","
	    ELSEWHERE_MARK("3", "yes")));
	fix_stand(&f);
	fix_want_shown(&f, "Enter reject with this reason  ");
	keys_feed(f.keys, "\r", 1, f.ui.now);
	assert_int_equal(fix_count(&f, "\"word\":\"slow\""), 1);
	assert_int_equal(fix_count(&f, "\"hold\":true"), 1);
	fix_draw(&f);
	fix_want_shown(&f, "rejected, with your reason \302\267 x: write 2 of 3");
	fix_wait(&f, REVIEW_MS - 1);
	keys_feed(f.keys, "x", 1, f.ui.now);
	assert_int_equal(fix_count(&f, "\"decide\""), 0);
	fix_type(&f, "x");
	assert_int_equal(fix_count(&f, "\"decide\""), 1);
	fix_release(&f);
}

/* A key of one's own doesn't shorten the time of what came by itself. */
static void
test_own_key_shortens_nothing(void **state)
{
	struct fix f;

	(void)state;
	fix_hunks(&f, 24, 80, 3, 2);
	fix_review(&f);
	fix_propose(&f, 51, 2, 3, 3, "z");
	fix_draw(&f);
	fix_wait(&f, 100);
	keys_feed(f.keys, "J", 1, f.ui.now);
	fix_draw(&f);
	fix_wait(&f, REVIEW_MS - 101);
	keys_feed(f.keys, "y", 1, f.ui.now);
	assert_string_equal(buf_str(&f.sent), "");
	fix_wait(&f, 1);
	keys_feed(f.keys, "y", 1, f.ui.now);
	assert_int_equal(fix_count(&f, "\"mark\":\"yes\""), 1);
	fix_release(&f);
}

/* Before a question was on the screen no key answers it, nor takes it away. */
static void
test_before_question(void **state)
{
	struct fix f;

	(void)state;
	fix_hunks(&f, 24, 80, 2, 2);
	fix_type(&f, ":hunk-accept");
	keys_feed(f.keys, "\r", 1, f.ui.now);
	keys_feed(f.keys, "x", 1, f.ui.now);
	keys_feed(f.keys, "Y", 1, f.ui.now);
	assert_string_equal(buf_str(&f.sent), "");
	fix_type(&f, "Y");
	assert_int_equal(fix_count(&f, "\"mark\":\"yes\""), 1);
	fix_release(&f);
}

/* Nothing counts that came before another program had the terminal. */
static void
test_after_another_program(void **state)
{
	struct fix f;

	(void)state;
	fix_hunks(&f, 24, 80, 3, 4);
	fix_review(&f);
	review_unsend(&f.ui.review);
	f.ui.now += 5000;
	keys_feed(f.keys, "y", 1, f.ui.now);
	fix_draw(&f);
	fix_wait(&f, REVIEW_MS - 1);
	keys_feed(f.keys, "y", 1, f.ui.now);
	assert_string_equal(buf_str(&f.sent), "");
	fix_wait(&f, 1);
	keys_feed(f.keys, "y", 1, f.ui.now);
	assert_int_equal(fix_count(&f, "\"mark\":\"yes\""), 1);
	fix_release(&f);
}

static void
test_changed_text(void **state)
{
	struct fix f;

	(void)state;
	fix_hunks(&f, 24, 80, 1, 3);
	fix_draw(&f);
	/* Same id of another length: not what was seen. */
	fix_propose(&f, 51, 2, 1, 4, "x");
	f.ui.now += 2000;
	keys_feed(f.keys, "y", 1, f.ui.now);
	assert_int_equal(fix_count(&f, "\"seen\":true"), 0);
	fix_release(&f);
}

/* What waits gets the keys from an empty message line, 700 ms after the last
 * key. */
static void
test_focus(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 80);
	fix_live(&f);
	f.ui.typing = true;
	fix_draw(&f);
	f.ui.last_key = f.ui.now;
	fix_propose(&f, 50, 1, 2, 2, "x");
	fix_draw(&f);
	fix_want_shown(&f, "[2 transcript]");
	fix_want_shown(&f, "Esc: review 2 hunks");
	assert_int_equal(state_deadline(&f.ui), f.ui.now + UI_QUIET_MS);
	f.ui.now += UI_QUIET_MS;
	assert_true(state_tick(&f.ui));
	fix_draw(&f);
	fix_want_shown(&f, "[4 diff]");
	fix_want_shown(&f, "i: message");
	assert_int_equal(f.ui.screen.cursor_y, -1);
	fix_type(&f, "y");
	assert_int_equal(fix_count(&f, "\"mark\":\"yes\""), 1);
	/* A letter without a meaning is no message. */
	fix_type(&f, "Q");
	fix_want_shown(&f, MSG_DOES_NOTHING_HERE);
	assert_false(f.ui.typing);
	/* The line that was asked for keeps them, also while it is empty. */
	fix_type(&f, "i");
	f.ui.now += 60000;
	assert_false(state_tick(&f.ui));
	fix_type(&f, "ya\177\177");
	assert_int_equal(fix_count(&f, "\"type\":\"mark\""), 1);
	fix_want_shown(&f, "Esc: review");
	/* Until Esc, which keeps the text, or Enter. */
	fix_type(&f, "half");
	fix_escape(&f);
	fix_draw(&f);
	fix_want_shown(&f, "> half");
	fix_type(&f, "n");
	assert_int_equal(fix_count(&f, "\"mark\":\"no\""), 1);
	fix_release(&f);
	/* Not from a text, nor from somebody who reads elsewhere. */
	fix_init(&f, 24, 80);
	fix_live(&f);
	fix_type(&f, "ihello");
	f.ui.now += 60000;
	fix_propose(&f, 50, 1, 2, 2, "x");
	assert_false(state_tick(&f.ui));
	fix_type(&f, "yay");
	assert_string_equal(buf_str(&f.sent), "");
	fix_want_shown(&f, "> helloyay");
	fix_release(&f);
	fix_init(&f, 24, 80);
	fix_live(&f);
	fix_type(&f, "C");
	fix_propose(&f, 50, 1, 2, 2, "x");
	fix_type(&f, "y");
	fix_want_shown(&f, "[changes");
	fix_want_shown(&f, "Esc: review 2 hunks");
	assert_int_equal(fix_count(&f, "\"mark\""), 0);
	fix_escape(&f);
	fix_want_shown(&f, "[4 diff]");
	/* Who leaves it for another pane is not fetched back. */
	fix_type(&f, "2");
	f.ui.now += 60000;
	assert_false(state_tick(&f.ui));
	fix_want_shown(&f, "[2 transcript]");
	fix_release(&f);
}

/* "y" in the message line is rather an answer. */
static void
test_answer_as_message(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 80);
	fix_live(&f);
	fix_type(&f, "iyes");
	fix_propose(&f, 50, 1, 2, 2, "x");
	fix_type(&f, "\r");
	assert_string_equal(buf_str(&f.sent), "");
	fix_want_shown(&f, MSG_NOT_AN_ANSWER);
	fix_type(&f, "\r");
	assert_int_equal(fix_count(&f, "\"text\":\"yes\""), 1);
	/* The key that sends at once asks, too; and again after another. */
	fix_type(&f, "iy\017 \177\017");
	assert_int_equal(fix_count(&f, "\"text\":\"y\""), 0);
	fix_want_shown(&f, "C-o again sends \"y\" as a message");
	fix_type(&f, "\017");
	assert_int_equal(fix_count(&f, "\"text\":\"y\""), 1);
	fix_release(&f);
}

/* The oldest of several that wait has the keys, the others are counted. */
static void
test_oldest_first(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 80);
	fix_live(&f);
	fix_propose(&f, 50, 1, 2, 2, "x");
	fix_line(&f, "{\"seq\":60,\"type\":\"ask\",\"id\":\"q1\",\"command\":"
	    "\"make\",\"why\":\"no sandbox\"}");
	fix_review(&f);
	fix_want_shown(&f, "[4 diff]");
	fix_type(&f, "i");
	fix_want_shown(&f, "review 2 hunks (1 more waits)");
	fix_release(&f);
}

static void
test_paste(void **state)
{
	static const char paste[] = "\033[200~yyA\rY\nx\033[201~y\r";
	struct fix f;

	(void)state;
	fix_hunks(&f, 24, 80, 2, 2);
	fix_draw(&f);
	f.ui.now += 5000;
	keys_feed(f.keys, paste, sizeof(paste) - 1, f.ui.now);
	fix_draw(&f);
	assert_string_equal(buf_str(&f.sent), "");
	fix_want_shown(&f, "> yyA");
	fix_type(&f, "!\r");
	assert_string_equal(buf_str(&f.sent), "{\"type\":\"say\",\"text\":"
	    "\"yyA\\nY\\nxy\\n!\"}\n");
	fix_release(&f);
}

static void
test_plan_rules(void **state)
{
	struct fix f;

	(void)state;
	/* Too small for the whole plan: a second key. */
	fix_demo(&f, 9, 60, 13);
	f.ui.now += 5000;
	keys_feed(f.keys, "y", 1, f.ui.now);
	assert_string_equal(buf_str(&f.sent), "");
	f.ui.now += 5000;
	fix_draw(&f);
	fix_type(&f, "y");
	fix_want_shown(&f, "Approve this plan? You haven't seen");
	assert_string_equal(buf_str(&f.sent), "");
	fix_type(&f, "n   y");
	assert_int_equal(fix_count(&f, "\"action\":\"approve\""), 1);
	assert_int_equal(fix_count(&f, "\"seen\":true"), 1);
	fix_type(&f, "rmore tests\r");
	assert_int_equal(fix_count(&f, "\"action\":\"return\",\"word\":"
	    "\"more tests\""), 1);
	fix_type(&f, "e");
	assert_int_equal(f.ui.want_edit, UI_EDIT_PLAN);
	fix_release(&f);
}

/* The model's words in a plan are Markdown, commands and names are not; and what
 * was not on the screen is not taken for seen. */
/* While what a step made is under review, the plan is there, not at the next
 * step. */
static void
test_plan_review(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 80);
	fix_live(&f);
	fix_type(&f, "4J");
	fix_want_shown(&f, "no hunks or entries here");
	fix_line(&f, "{\"seq\":5,\"type\":\"plan\",\"by\":\"user\","
	    "\"version\":1,\"status\":\"approved\",\"goal\":\"g\","
	    "\"steps\":[{\"title\":\"Add it\"},{\"title\":\"Keep the old "
	    "name as an alias\"},{\"title\":\"Write a test for each of "
	    "both names\"}]}");
	fix_type(&f, "2i");
	fix_want_shown(&f, "\xe2\x96\xb8 step 1/3: Add it");
	fix_line(&f, "{\"seq\":6,\"type\":\"plan\",\"by\":\"model\","
	    "\"status\":\"step\",\"step\":0}");
	fix_draw(&f);
	fix_want_shown(&f, "\xe2\x96\xb8 step 2/3: Keep the old");
	fix_propose(&f, 7, 1, 1, 2, "x");
	fix_draw(&f);
	fix_want_shown(&f, "reviewing step 1/3: Add it");
	screen_resize(&f.ui.screen, 24, 120);
	fix_draw(&f);
	fix_want_shown(&f, "reviewing step 1/3: Add it");
	fix_escape(&f);
	fix_type(&f, "1");
	fix_want_shown(&f, "[>] 1. Add it (in review)");
	fix_want_shown(&f, "[ ] 2. Keep");
	screen_resize(&f.ui.screen, 24, 80);
	fix_type(&f, "2");
	/* Decided: now the next one is worked on. */
	fix_line(&f, "{\"seq\":20,\"type\":\"proposal\",\"id\":7,"
	    "\"version\":2,\"files\":[]}");
	fix_draw(&f);
	fix_want_shown(&f, "\xe2\x96\xb8 step 2/3: Keep the old");
	/* Several at once, out of order; the first one again. */
	fix_line(&f, "{\"seq\":21,\"type\":\"plan\",\"by\":\"model\","
	    "\"status\":\"step\",\"step\":2}");
	fix_line(&f, "{\"seq\":22,\"type\":\"plan\",\"by\":\"model\","
	    "\"status\":\"step\",\"step\":0}");
	fix_type(&f, "i");
	fix_propose(&f, 23, 1, 1, 2, "x");
	fix_draw(&f);
	fix_want_shown(&f, "reviewing steps 1, 3 of 3: Add it; Write");
	/* A change between two steps belongs to the one that isn't done. */
	fix_line(&f, "{\"seq\":24,\"type\":\"proposal\",\"id\":23,"
	    "\"version\":2,\"files\":[]}");
	fix_propose(&f, 25, 1, 1, 2, "x");
	fix_draw(&f);
	fix_want_shown(&f, "\xe2\x96\xb8 step 2/3: Keep the old");
	fix_release(&f);
}

static void
test_plan_markdown(void **state)
{
	static const char plan[] = "{\"seq\":5,\"type\":\"plan\",\"by\":"
	    "\"model\",\"version\":1,\"status\":\"proposed\","
	    "\"goal\":\"Keep **commas** in quotes:\\n\\n* one `x`\\n* two\\n\","
	    "\"steps\":[{\"title\":\"Teach `parse_next`\"},{\"title\":"
	    "\"plain *step\"}],\"files\":[\"a*b*c.txt\"],"
	    "\"risks\":[\"_some_ risk\"],"
	    "\"check\":{\"command\":\"make *check*\",\"by\":\"model\"}}";
	struct fix f;
	char *s;

	(void)state;
	fix_init(&f, 24, 80);
	fix_live(&f);
	f.ui.now += 5000;
	fix_line(&f, plan);
	fix_draw(&f);
	fix_want_shown(&f, "    Keep commas in quotes:");
	fix_want_shown(&f, "    - one x");
	fix_want_shown(&f, "    [ ] 1. Teach parse_next");
	fix_want_shown(&f, "    [ ] 2. plain *step");
	fix_want_shown(&f, "    a*b*c.txt");
	fix_want_shown(&f, "    make *check*");
	s = fix_styled(&f, STYLE_NAME);
	assert_string_equal(s, "x|parse_next");
	free(s);
	/* The strip has the same words, on one line. */
	fix_type(&f, "2");
	fix_want_shown(&f, "proposed: Keep commas in quotes: - one x - two");
	fix_want_shown(&f, "\xe2\x96\xb8 1 Teach parse_next    2 plain *step");
	screen_resize(&f.ui.screen, 24, 30);
	fix_draw(&f);
	fix_want_shown(&f, "step 1/2: Teach parse_next");
	screen_resize(&f.ui.screen, 24, 40);
	fix_draw(&f);
	fix_want_shown(&f, "proposed: Keep commas in quotes…");
	screen_resize(&f.ui.screen, 24, 80);
	fix_type(&f, "1");
	fix_draw(&f);
	fix_type(&f, "y");
	assert_int_equal(fix_count(&f, "\"action\":\"approve\",\"seen\":true"),
	    1);
	/* After the end no step is running. */
	fix_line(&f, "{\"seq\":90,\"type\":\"agent_end\",\"outcome\":"
	    "\"done\",\"exit\":0}");
	fix_type(&f, "2");
	assert_false(fix_shows(&f, "\xe2\x96\xb8"));
	fix_want_shown(&f, "[ ] 1 Teach parse_next");
	screen_resize(&f.ui.screen, 24, 30);
	fix_draw(&f);
	fix_want_shown(&f, "0 of 2 steps marked done");
	fix_release(&f);
	/* Half of it in one width and half in another is not all. */
	fix_init(&f, 12, 80);
	fix_live(&f);
	f.ui.now += 5000;
	fix_line(&f, plan);
	fix_draw(&f);
	fix_want_shown(&f, "[ ] 2. plain");
	assert_false(fix_shows(&f, "a*b*c.txt"));
	fix_type(&f, "2");
	screen_resize(&f.ui.screen, 12, 60);
	f.ui.panes[PANE_PLAN].top = 6;
	fix_type(&f, "1");
	assert_false(fix_shows(&f, "Keep commas"));
	fix_want_shown(&f, "_some_ risk");
	fix_type(&f, "y");
	fix_want_shown(&f, "haven't seen");
	assert_int_equal(fix_count(&f, "approve"), 0);
	fix_type(&f, "xgjjjjjjjjjjjjjjjjj");
	fix_type(&f, "y");
	assert_int_equal(fix_count(&f, "\"action\":\"approve\",\"seen\":true"),
	    1);
	fix_release(&f);
}

/* A second version: what was seen of the first counts where it is the same, and
 * one key shows only what changed. */
static void
test_plan_news(void **state)
{
	static const char plan[] = "{\"seq\":%d,\"type\":\"plan\",\"by\":"
	    "\"model\",\"version\":%d,\"status\":\"proposed\",\"goal\":"
	    "\"g\",\"steps\":[{\"title\":\"read it\"},{\"title\":\"%s\"},"
	    "{\"title\":\"test it\"}],\"files\":[\"a.c\"],\"risks\":[]}";
	struct fix f;
	char *line;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		fix_init(&f, i == 0 ? 24 : 8, 60);
		fix_live(&f);
		f.ui.now += 5000;
		line = xasprintf(plan, 5, 1, "write it");
		fix_line(&f, line);
		free(line);
		fix_draw(&f);
		fix_type(&f, "1V");
		fix_want_shown(&f, "all of it is new");
		fix_line(&f, "{\"seq\":6,\"type\":\"plan\",\"by\":\"user\","
		    "\"version\":1,\"status\":\"returned\"}");
		line = xasprintf(plan, 7, 2, "mend it");
		fix_line(&f, line);
		free(line);
		fix_review(&f);
		fix_type(&f, "k");
		fix_want_shown(&f, "V what changed");
		fix_type(&f, "V");
		fix_want_shown(&f, "-  [ ] 2. write it");
		fix_want_shown(&f, "+  [ ] 2. mend it");
		assert_false(fix_shows(&f, "test it"));
		fix_want_shown(&f, "  4 lines as before");
		/* The first version was seen in full on the higher screen. */
		fix_type(&f, "y");
		assert_int_equal(fix_count(&f,
		    "\"action\":\"approve\",\"seen\":true"), i == 0);
		if (i == 1)
			fix_want_shown(&f, "You haven't seen");
		fix_release(&f);
	}
}

/* The second key is for what was asked about, not for what has come in its
 * place: another plan, another command. */
static void
test_confirm_is_for_this(void **state)
{
	static const char plan[] = "{\"seq\":%d,\"type\":\"plan\",\"by\":"
	    "\"model\",\"version\":%d,\"status\":\"proposed\",\"goal\":"
	    "\"g\",\"steps\":[{\"title\":\"1\"},{\"title\":\"2\"},"
	    "{\"title\":\"3\"},{\"title\":\"4\"},{\"title\":\"5\"},"
	    "{\"title\":\"6\"},{\"title\":\"7\"},{\"title\":\"8\"}],"
	    "\"files\":[],\"risks\":[]}";
	struct fix f;
	char *line;

	(void)state;
	fix_init(&f, 9, 60);
	fix_live(&f);
	f.ui.now += 5000;
	line = xasprintf(plan, 5, 1);
	fix_line(&f, line);
	free(line);
	fix_draw(&f);
	fix_type(&f, "1y");
	fix_want_shown(&f, "Approve this plan? You haven't seen");
	fix_line(&f, "{\"seq\":6,\"type\":\"plan\",\"by\":\"user\","
	    "\"version\":1,\"status\":\"returned\",\"word\":\"no\"}");
	fix_draw(&f);
	fix_want_shown(&f, MSG_IT_CHANGED_MEANWHILE_NOT_DONE);
	line = xasprintf(plan, 7, 2);
	fix_line(&f, line);
	free(line);
	fix_draw(&f);
	fix_type(&f, "Y");
	assert_int_equal(fix_count(&f, "approve"), 0);
	fix_release(&f);

	fix_init(&f, 9, 60);
	fix_live(&f);
	fix_line(&f, "{\"seq\":5,\"type\":\"ask\",\"id\":\"q1\",\"command\":"
	    "\"1\\n2\\n3\\n4\\n5\\n6\\n7\\n8\\n9\",\"why\":\"no sandbox\"}");
	f.ui.now += 5000;
	fix_review(&f);
	fix_type(&f, "y");
	fix_want_shown(&f, "Run this command? You haven't seen");
	fix_line(&f, "{\"seq\":6,\"type\":\"answer\",\"id\":\"q1\","
	    "\"allow\":false}");
	fix_line(&f, "{\"seq\":7,\"type\":\"ask\",\"id\":\"q2\",\"command\":"
	    "\"rm -rf x\",\"why\":\"no sandbox\"}");
	fix_draw(&f);
	fix_type(&f, "Y");
	assert_int_equal(fix_count(&f, "\"allow\":true"), 0);
	fix_release(&f);
}

static void
test_ask_and_pause(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 80);
	fix_live(&f);
	fix_line(&f, "{\"seq\":5,\"type\":\"ask\",\"id\":\"q1\",\"command\":"
	    "\"rm -rf build\\nmake\",\"why\":\"no sandbox\"}");
	f.ui.now += 5000;
	keys_feed(f.keys, "y", 1, f.ui.now);
	assert_string_equal(buf_str(&f.sent), "");
	f.ui.now += 5000;
	fix_review(&f);
	fix_want_shown(&f, "  rm -rf build");
	fix_type(&f, "j");
	fix_want_shown(&f, "y allow");
	fix_want_shown(&f, "y, then Y runs it, n doesn't.");
	/* Nothing takes back what it does. */
	fix_type(&f, "y");
	assert_string_equal(buf_str(&f.sent), "");
	fix_want_shown(&f, "Run it without a sandbox, with all your rights?");
	fix_type(&f, "y");
	assert_string_equal(buf_str(&f.sent), "");
	fix_type(&f, "Y");
	assert_int_equal(fix_count(&f, "\"id\":\"q1\",\"allow\":true,"
	    "\"seen\":true"), 1);
	fix_line(&f, "{\"seq\":6,\"type\":\"answer\",\"id\":\"q1\","
	    "\"allow\":true}");
	fix_draw(&f);
	fix_want_shown(&f, "[2 transcript]");
	f.ui.now += 5000;
	fix_line(&f, "{\"seq\":7,\"type\":\"budget\",\"what\":\"turns\","
	    "\"used\":30,\"limit\":30}");
	fix_review(&f);
	fix_want_shown(&f, "The limit on turns is reached: 30 turns of 30 turns.");
	fix_type(&f, "w");
	assert_int_equal(fix_count(&f, "\"action\":\"wrap\",\"pause\":7}"),
	    1);
	fix_release(&f);
}

/* C-c takes away the question about quitting, and interrupts nothing: what
 * follows answers no question that is there no more. */
static void
test_quit_and_interrupt(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 80);
	fix_live(&f);
	fix_line(&f, "{\"type\":\"status\",\"state\":\"model\",\"doing\":"
	    "\"thinking\"}");
	f.ui.now += 5000;
	fix_draw(&f);
	fix_type(&f, "\033");
	fix_type(&f, "q");
	fix_want_shown(&f, "other keys go back");
	fix_type(&f, "\003");
	assert_string_equal(buf_str(&f.sent), "");
	fix_type(&f, "e");
	assert_int_equal(f.ui.want, 0);
	fix_release(&f);
}

/* Each says what it is about, in the journal's words; outside the sandbox it
 * takes two keys. */
static void
test_questions(void **state)
{
	static const struct {
		const char *members, *shown[4];
		bool	 twice;
	} cases[] = {
		{ "\"by\":\"core\",\"why\":\"no sandbox on this host: the check "
		  "would run\"", { "run this command?", "No sandbox on this "
		  "host: the check would run:", "y, then Y runs it" }, true },
		{ "\"by\":\"user\",\"why\":\"no sandbox: your command would run\"",
		  { "No sandbox: your command would run:", "y runs it" }, false },
		{ "\"why\":\"your hook h asks: sure?\",\"hook\":\"h\"",
		  { "allow this call?", "Your hook h asks: sure?", "y allows it" },
		  false },
		{ "\"why\":\"MCP server t is at https://x\",\"server\":\"t\"",
		  { "allow this call?", "MCP server t is at https://x:",
		  "y, then Y allows it" }, true },
		{ "\"why\":\"MCP server t says other things\",\"server\":\"t\","
		  "\"change\":\"-old words\\n+new words\"", { "accept this "
		  "description?", "MCP server t says other things:",
		  "  +new words", "y accepts it and calls" }, false },
	};
	struct fix f;
	char *line;
	size_t i, j;

	(void)state;
	for (i = 0; i < MEM_COUNT(cases); i++) {
		fix_init(&f, 24, 80);
		fix_live(&f);
		line = xasprintf("{\"seq\":6,\"type\":\"ask\",\"id\":\"q1\","
		    "\"command\":\"make it so\",%s}", cases[i].members);
		fix_line(&f, line);
		free(line);
		f.ui.now += 5000;
		fix_review(&f);
		fix_want_shown(&f, "  make it so");
		for (j = 0; j < 4 && cases[i].shown[j] != NULL; j++)
			fix_want_shown(&f, cases[i].shown[j]);
		fix_type(&f, "y");
		assert_int_equal(fix_count(&f, "\"allow\":true"),
		    !cases[i].twice);
		fix_type(&f, "Y");
		assert_int_equal(fix_count(&f, "\"allow\":true"), 1);
		fix_release(&f);
	}
}

/* What is shown in part isn't granted: also a description's change. */
static void
test_question_change(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 12, 40);
	fix_live(&f);
	fix_line(&f, "{\"seq\":6,\"type\":\"ask\",\"id\":\"q1\",\"command\":"
	    "\"t__x {}\",\"why\":\"other\",\"server\":\"t\",\"change\":"
	    "\"-a\\n+b\\n+c\\n+d\\n+e\\n+f\\n+g\\n+h\\n+i\\n+j\\n+k\"}");
	f.ui.now += 5000;
	fix_review(&f);
	fix_type(&f, "y");
	assert_int_equal(fix_count(&f, "\"allow\":true"), 0);
	fix_want_shown(&f, "seen 7 lines of it.");
	fix_release(&f);
}

/* No key answers a question of which a part was never on the screen. */
static void
test_pause_small(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 9, 40);
	fix_live(&f);
	f.ui.now += 5000;
	fix_line(&f, "{\"seq\":7,\"type\":\"budget\",\"what\":\"turns\","
	    "\"used\":30,\"limit\":30}");
	fix_review(&f);
	fix_want_shown(&f, " below \xc2\xb7 j");
	assert_false(fix_shows(&f, MSG_STOP_HERE));
	fix_type(&f, "s");
	fix_want_shown(&f, "not fully on screen: j");
	fix_type(&f, "w");
	fix_type(&f, "e");
	assert_string_equal(buf_str(&f.sent), "");
	fix_type(&f, "jjjjjjjjjjjjjjjj");
	fix_want_shown(&f, MSG_STOP_HERE);
	assert_false(fix_shows(&f, " below"));
	fix_want_shown(&f, "s stop");
	/* What was seen counts also when it is scrolled away. */
	fix_type(&f, "g");
	assert_false(fix_shows(&f, MSG_STOP_HERE));
	fix_type(&f, "s");
	assert_int_equal(fix_count(&f, "\"action\":\"stop\",\"pause\":7}"),
	    1);
	fix_release(&f);
}

/* A question that has no room isn't asked, and says how to leave it. */
static void
test_question_small(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 8, 22);
	fix_live(&f);
	fix_propose(&f, 50, 3, 2, 9, "x");
	fix_review(&f);
	fix_type(&f, "A");
	fix_want_shown(&f, "any key cancels");
	fix_type(&f, "Y");
	assert_string_equal(buf_str(&f.sent), "");
	fix_want_shown(&f, "not done");
	fix_release(&f);
}

/* The question before leaving, in a window that is too small for it. */
static void
test_quit_small(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 6, 40);
	fix_live(&f);
	fix_draw(&f);
	fix_type(&f, "q");
	fix_want_shown(&f, "Quit?  d: detach");
	fix_type(&f, "e");
	assert_int_equal(f.ui.want, UI_WANT_NONE);
	fix_want_shown(&f, "not ended");
	fix_type(&f, "qd");
	assert_int_equal(f.ui.want, UI_WANT_DETACH);
	f.ui.want = UI_WANT_NONE;
	screen_resize(&f.ui.screen, 6, 20);
	fix_type(&f, "q");
	fix_want_shown(&f, "Quit?  d: detach");
	fix_type(&f, "x");
	screen_resize(&f.ui.screen, 12, 40);
	fix_type(&f, "q");
	fix_want_shown(&f, "other");
	fix_type(&f, "e");
	assert_int_equal(f.ui.want, UI_WANT_END);
	fix_release(&f);
}

/* Quitting says that changes are kept only if there are any: staged, or in an
 * open proposal. */
static void
test_quit_kept(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 120);
	fix_live(&f);
	fix_draw(&f);
	fix_type(&f, "q");
	fix_want_shown(&f, "e: end \xc2\xb7 other keys go back");
	fix_type(&f, "x");
	fix_line(&f, "{\"type\":\"staged\",\"files\":2}");
	fix_type(&f, "q");
	fix_want_shown(&f, "e: end (open changes are kept)");
	fix_type(&f, "x");
	fix_propose(&f, 50, 1, 1, 1, "x");
	fix_type(&f, "q");
	fix_want_shown(&f, "e: end (open changes are kept)");
	fix_type(&f, "x");
	/* All of it was decided. */
	fix_line(&f, "{\"seq\":60,\"type\":\"proposal\",\"by\":\"core\","
	    "\"proposal\":50,\"version\":2,\"files\":[]}");
	fix_type(&f, "q");
	fix_want_shown(&f, "e: end \xc2\xb7 other keys go back");
	fix_release(&f);
}

/* A command that is too long for the status line is cut visibly. */
static void
test_running_cut(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 80);
	fix_live(&f);
	fix_line(&f, "{\"type\":\"status\",\"state\":\"tool\"}");
	fix_line(&f, "{\"seq\":5,\"type\":\"tool_call\",\"by\":\"model\","
	    "\"id\":\"a\",\"name\":\"bash\",\"title\":\"bash for i in "
	    "$(seq 1 500); do echo $i; done\"}");
	fix_draw(&f);
	fix_want_shown(&f, "running for i in $(seq 1 500); do echo\xe2\x80\xa6 0:0");
	f.ui.screen.flags |= SANITIZE_ASCII;
	fix_draw(&f);
	fix_want_shown(&f, "running for i in $(seq 1 500); do echo... 0:0");
	fix_line(&f, "{\"seq\":6,\"type\":\"tool_call\",\"by\":\"model\","
	    "\"id\":\"b\",\"name\":\"bash\",\"title\":\"bash make\"}");
	fix_draw(&f);
	fix_want_shown(&f, "running make 0:0");
	fix_release(&f);
}

/* What was used, as much of it as there is room for. */
static void
test_meter(void **state)
{
	static const struct { int cols; const char *shown, *not; } t[] = {
		{ 120, " $1.24  proj topic  m-1  82% context left", "~" },
		{ 80, " $1.24  proj topic  m-1  82% context left", "turn" },
		{ 45, " proj topic  m-1  82% context left", "$" },
		{ 34, " m-1  82% context left", "proj" },
		{ 18, "starting", "context" },
	};
	static const char said[] = "{\"type\":\"delta\",\"kind\":\"text\","
	    "\"text\":\"%s\"}";
	struct fix f;
	char text[3001], *line;
	size_t i;

	(void)state;
	fix_init(&f, 24, 140);
	fix_live(&f);
	f.ui.branch = xstrdup("topic");
	fix_line(&f, "{\"seq\":5,\"type\":\"session_start\",\"root\":\"/a/proj\","
	    "\"model\":{\"provider\":\"mock\",\"name\":\"m-1\","
	    "\"window\":200000},\"settings\":{}}");
	fix_line(&f, "{\"seq\":6,\"type\":\"turn_start\",\"turn\":1}");
	fix_line(&f, "{\"seq\":7,\"type\":\"turn_end\",\"usage\":{"
	    "\"input\":34000,\"output\":1000,\"cached\":17000},"
	    "\"cost_usd\":1.2351}");
	for (i = 0; i < MEM_COUNT(t); i++) {
		screen_resize(&f.ui.screen, 24, t[i].cols);
		fix_draw(&f);
		fix_want_shown(&f, t[i].shown);
		if (fix_shows(&f, t[i].not))
			fail_msg("%d columns have %s", t[i].cols, t[i].not);
	}
	/* What streams, and what came since, is counted by its bytes. */
	screen_resize(&f.ui.screen, 24, 140);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	line = xasprintf(said, text);
	fix_line(&f, line);
	free(line);
	fix_draw(&f);
	fix_want_shown(&f, "~82% context left");
	fix_type(&f, "i/status\r");
	fix_want_shown(&f, "/a/proj on topic · mock/m-1 · turn 1");
	fix_want_shown(&f, "task: 34,000 tokens in, 1,000 out, $1.24, cache 50%");
	fix_want_shown(&f, "of 200000 tokens");
	FREE_NULL(f.ui.notice);
	/* One turn without a price, and the sum is not known. */
	fix_line(&f, "{\"seq\":15,\"type\":\"turn_end\",\"usage\":{"
	    "\"input\":1,\"output\":1},\"cost_usd\":null}");
	fix_draw(&f);
	assert_false(fix_shows(&f, "$"));
	fix_release(&f);
}

/* How much more can be typed; what is no amount is not sent. */
static void
test_pause_amount(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 80);
	fix_live(&f);
	fix_line(&f, "{\"seq\":5,\"type\":\"budget\",\"what\":\"money\","
	    "\"used\":2.5,\"limit\":2}");
	/* Before it was on the screen nothing is taken. */
	f.ui.now += 5000;
	keys_feed(f.keys, "e", 1, f.ui.now);
	assert_string_equal(buf_str(&f.sent), "");
	f.ui.now += 5000;
	fix_review(&f);
	fix_want_shown(&f, "The limit on money is reached: $2.50 of $2.00.");
	fix_type(&f, "j");
	fix_want_shown(&f, "E by how much");
	fix_type(&f, "E");
	fix_want_shown(&f, "amount>");
	fix_type(&f, "much\r");
	fix_want_shown(&f, MSG_DOLLARS_SUCH_AS_0_50);
	assert_string_equal(buf_str(&f.sent), "");
	fix_type(&f, "\025" "0.75\r");
	assert_int_equal(fix_count(&f, "\"action\":\"extend\",\"pause\":5,"
	    "\"more\":0.75}"), 1);
	/* It was answered elsewhere, and another one waits by now. */
	fix_type(&f, "E");
	fix_line(&f, "{\"seq\":6,\"type\":\"budget\",\"what\":\"money\","
	    "\"action\":\"extend\",\"more\":1}");
	fix_line(&f, "{\"seq\":7,\"type\":\"budget\",\"what\":\"turns\","
	    "\"used\":30,\"limit\":30}");
	fix_type(&f, "9\r");
	assert_int_equal(fix_count(&f, "\"action\":\"extend\""), 1);
	fix_want_shown(&f, "already answered");
	fix_release(&f);
}

static void
test_sandbox_in_sight(void **state)
{
	static const struct {
		const char *level, *lacks, *badge, *strip;
	} t[] = {
		{ "A", "", " sandboxed ·", "sandboxed, no network" },
		{ "B", " (not enforced)", " sandboxed, limits not enforced ·",
		    "sandboxed, no network, limits not enforced" },
		{ "D", " · no Landlock", " sandbox D, no Landlock ",
		    "sandbox D, no network, no Landlock" },
		{ "none", "", " NO SANDBOX ", "NO SANDBOX, no network" },
	};
	struct fix f;
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(t); i++) {
		char *line = xasprintf("{\"seq\":1,\"type\":\"session_start\""
		    ",\"sandbox\":{\"level\":\"%s\",\"line\":\"the line · no "
		    "network · 50 processes%s\",\"why\":\"a step failed\","
		    "\"open\":\"the network\"}}", t[i].level, t[i].lacks);

		fix_init(&f, 24, 80);
		fix_line(&f, line);
		fix_live(&f);
		fix_draw(&f);
		/* Above it is there once, but for what is no sandbox of
		 * ours. */
		fix_want_shown(&f, t[i].strip);
		assert_int_equal(fix_shows(&f, t[i].badge), i >= 2);
		fix_line(&f, "{\"seq\":2,\"type\":\"plan\",\"version\":1,"
		    "\"status\":\"proposed\",\"goal\":\"g\",\"steps\":[]}");
		fix_type(&f, "1");
		fix_want_shown(&f, t[i].badge);
		fix_want_shown(&f, "the line · no network · 50 processes");
		fix_want_shown(&f, "because: a step failed");
		fix_want_shown(&f, "open to commands: the network");
		fix_type(&f, "2");
		fix_want_shown(&f, t[i].badge);
		screen_resize(&f.ui.screen, 40, 80);
		fix_draw(&f);
		fix_want_shown(&f, " · a step failed");
		f.ui.screen.flags |= SANITIZE_ASCII;
		fix_draw(&f);
		fix_want_shown(&f, " - a step failed");
		assert_false(fix_shows(&f, "<U+00B7>"));
		fix_type(&f, "3");
		assert_false(fix_shows(&f, "<U+00B7>"));
		fix_release(&f);
		free(line);
	}
}

/* Only what can be done is offered. */
static void
test_offers(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 200);
	fix_live(&f);
	fix_draw(&f);
	assert_false(fix_shows(&f, "C changes"));
	fix_type(&f, "C");
	fix_want_shown(&f, MSG_SO_NOTHING_TO_UNDO);
	assert_false(fix_shows(&f, "Enter propose"));
	fix_want_shown(&f, "Esc back");
	fix_type(&f, "2");
	fix_propose(&f, 50, 1, 1, 2, "x");
	f.ui.now += 5000;
	fix_review(&f);
	fix_want_shown(&f, "y accept");
	assert_false(fix_shows(&f, "J next"));
	assert_false(fix_shows(&f, "u undo"));
	assert_false(fix_shows(&f, "x write"));
	assert_false(fix_shows(&f, "s split"));
	assert_false(fix_shows(&f, "t check"));
	fix_propose(&f, 51, 1, 3, 2, "x");
	f.ui.now += 5000;
	state_tick(&f.ui);
	fix_draw(&f);
	fix_want_shown(&f, "2 hunks new");
	fix_type(&f, "kj");
	fix_want_shown(&f, "J next");
	/* Two of the three are marked: back on the first. */
	fix_type(&f, "nn");
	fix_want_shown(&f, "x reject 2 of 3");
	fix_type(&f, "jrno");
	fix_want_shown(&f, "Enter reject with this reason and tell the "
	    "model  Esc");
	fix_type(&f, "\025\r");
	fix_type(&f, "KK");
	fix_want_shown(&f, "u undo");
	/* Enter says what it does with the text. */
	fix_type(&f, "r");
	fix_want_shown(&f, "Enter add a reason (first type it)  Esc back");
	fix_type(&f, "no");
	fix_want_shown(&f, "Enter add this reason  Esc back");
	fix_type(&f, "\025\r");
	fix_type(&f, "vj");
	fix_want_shown(&f, "y accept picked, reject rest");
	fix_want_shown(&f, "c ask or comment");
	fix_type(&f, " k ");
	fix_want_shown(&f, "c ask about picked");
	fix_type(&f, " ");
	fix_want_shown(&f, "y accept picked, reject rest");
	fix_release(&f);
}

static void
test_evidence_words(void **state)
{
	static const struct {
		const char *end, *says, *more;
	} t[] = {
		{ "\"exit\":0", "make check passed on", NULL },
		{ "\"exit\":2", "make check failed on", NULL },
		{ "\"killed\":\"memory\",\"limit\":\"out of its 512 MiB; "
		  "--memory raises it\"", "make check stopped at a limit (memory) on", "  out of its 512 MiB; --memory raises it" },
		{ "\"killed\":\"output\",\"limit\":\"it printed too much\"",
		  "make check stopped at a limit (output) on",
		  "  it printed too much" },
		{ "\"killed\":\"no_sandbox\",\"limit\":\"there is no sandbox\"",
		  "make check not run on", "no sandbox" },
		{ "\"killed\":\"refused\",\"limit\":\"not allowed\"",
		  "make check not run on", "  not allowed" },
		{ "\"exit\":2,\"met\":\"--pids raises it\"",
		  "make check failed at a limit on",
		  "  --pids raises it" },
	};
	struct fix f;
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(t); i++) {
		char *line = xasprintf("{\"seq\":9,\"type\":\"evidence\","
		    "\"status\":\"done\",\"command\":\"make check\","
		    "\"check_by\":\"flag\",\"where\":\"stage\",%s}",
		    t[i].end);

		fix_init(&f, 24, 120);
		fix_propose(&f, 3, 1, 1, 3, "x");
		fix_live(&f);
		fix_line(&f, line);
		fix_type(&f, "4");
		fix_want_shown(&f, t[i].says);
		if (t[i].more != NULL)
			fix_want_shown(&f, t[i].more);
		assert_false(fix_shows(&f, "raises it raises it"));
		fix_release(&f);
		free(line);
	}

	/* A part of the change is named as a part, and a run that is stopped
	 * leaves no clock behind. */
	fix_init(&f, 24, 120);
	fix_propose(&f, 3, 1, 3, 3, "x");
	fix_live(&f);
	fix_review(&f);
	fix_type(&f, "y");
	fix_line(&f, "{\"seq\":9,\"type\":\"evidence\",\"status\":\"done\","
	    "\"command\":\"make check\",\"check_by\":\"flag\","
	    "\"where\":\"accepted\",\"exit\":1,"
	    "\"words\":\"FAILED (errors=41)\"}");
	fix_type(&f, "4");
	fix_want_shown(&f, "check: fails with the 1 accepted so far");
	fix_want_shown(&f, "check: failed with the hunks accepted so "
	    "far");
	/* No alarm: what it printed is for who asks for it. */
	assert_false(fix_shows(&f, "errors=41"));
	screen_resize(&f.ui.screen, 24, 60);
	fix_draw(&f);
	fix_want_shown(&f, "check fails so far");
	screen_resize(&f.ui.screen, 24, 45);
	fix_draw(&f);
	fix_want_shown(&f, "2/3 \xc2\xb7 2 open \xc2\xb7 check fails so far");
	fix_type(&f, "2");
	fix_want_shown(&f, "check with 0 of 3 hunks: make check");
	assert_false(fix_shows(&f, "errors=41"));
	fix_type(&f, "4");
	/* With nothing accepted, that result is of no choice. */
	fix_type(&f, "u");
	fix_want_shown(&f, "check not run");
	fix_type(&f, "U");
	/* The key that interrupts ends such a check only, and says so before. */
	screen_resize(&f.ui.screen, 24, 120);
	fix_line(&f, "{\"seq\":10,\"type\":\"evidence\",\"status\":"
	    "\"running\",\"command\":\"make check\",\"where\":"
	    "\"accepted\"}");
	fix_line(&f, "{\"type\":\"status\",\"state\":\"evidence\"}");
	fix_draw(&f);
	fix_want_shown(&f, "C-c end check");
	fix_type(&f, "\003");
	fix_want_shown(&f, "check ended \xc2\xb7 t runs it again");
	assert_int_equal(fix_count(&f, "\"type\":\"interrupt\",\"check\":true"),
	    1);
	fix_line(&f, "{\"seq\":11,\"type\":\"evidence\",\"status\":"
	    "\"running\",\"command\":\"make check\",\"where\":\"stage\"}");
	fix_draw(&f);
	fix_want_shown(&f, "C-c interrupt");
	screen_resize(&f.ui.screen, 24, 45);
	fix_draw(&f);
	fix_want_shown(&f, "running check: make check");
	fix_line(&f, "{\"seq\":12,\"type\":\"evidence\",\"status\":"
	    "\"stale\",\"stopped\":true}");
	fix_line(&f, "{\"type\":\"status\",\"state\":\"model\"}");
	fix_draw(&f);
	assert_false(fix_shows(&f, "running check"));
	assert_false(fix_shows(&f, "check running"));
	/* Nor one that ran when the core died. */
	fix_line(&f, "{\"seq\":13,\"type\":\"evidence\",\"status\":"
	    "\"running\",\"command\":\"make check\",\"where\":\"stage\"}");
	fix_draw(&f);
	fix_want_shown(&f, "running check: make check");
	fix_line(&f, "{\"seq\":14,\"type\":\"note\",\"resumed\":true,"
	    "\"text\":\"resumed\"}");
	fix_draw(&f);
	assert_false(fix_shows(&f, "running check"));
	assert_false(fix_shows(&f, "check running"));
	fix_release(&f);
}

/* The row of the first hunk on the screen. */
static int
hunk_row(struct fix *f)
{
	struct buf b = BUF_INIT(0);
	int y;

	fix_draw(f);
	for (y = 0; y < f->ui.screen.rows; y++) {
		buf_clear(&b);
		screen_row(&f->ui.screen, y, &b);
		if (strstr(buf_str(&b), " @@ ") != NULL)
			break;
	}
	buf_release(&b);
	return y;
}

/* A check runs after each mark: its row is as long in each state, so that the
 * hunks stay where they are. The result goes with its command. */
static void
test_evidence_rows(void **state)
{
	static const int cols[] = { 80, 120, 200 };
	struct fix f;
	size_t i;
	int y;

	(void)state;
	for (i = 0; i < MEM_COUNT(cols); i++) {
		fix_init(&f, 24, cols[i]);
		fix_propose(&f, 3, 1, 1, 3, "x");
		fix_live(&f);
		fix_type(&f, "4");
		fix_line(&f, "{\"seq\":9,\"type\":\"evidence\",\"status\":"
		    "\"done\",\"command\":\"make check\",\"check_by\":"
		    "\"config\",\"where\":\"accepted\",\"exit\":0,"
		    "\"words\":\"8 passed, 0 failed\"}");
		y = hunk_row(&f);
		fix_line(&f, "{\"seq\":10,\"type\":\"evidence\",\"status\":"
		    "\"stale\"}");
		assert_int_equal(hunk_row(&f), y);
		fix_want_shown(&f, "check: stale with the hunks accepted");
		fix_line(&f, "{\"seq\":11,\"type\":\"evidence\",\"status\":"
		    "\"running\",\"command\":\"make check\",\"where\":"
		    "\"accepted\"}");
		assert_int_equal(hunk_row(&f), y);
		fix_want_shown(&f, "check: running with the hunks accepted");
		fix_line(&f, "{\"seq\":12,\"type\":\"evidence\",\"status\":"
		    "\"done\",\"command\":\"make check\",\"where\":"
		    "\"accepted\",\"exit\":0}");
		fix_line(&f, "{\"seq\":13,\"type\":\"check\",\"by\":\"user\","
		    "\"command\":\"make test\",\"check_by\":\"user\"}");
		fix_draw(&f);
		fix_want_shown(&f, "check not run");
		assert_false(fix_shows(&f, "make check passed"));
		fix_release(&f);
	}
}

/* A check that ran with all hunks says nothing of some of them: it is named as
 * what it is at every width, also in the strip. On a low screen, the hunks come
 * first. */
static void
test_check_of_all(void **state)
{
	struct fix f;

	(void)state;
	fix_demo(&f, 24, 80, 33);
	fix_type(&f, "4");
	assert_int_equal(hunk_row(&f), 5);
	f.ui.now += 5000;
	fix_type(&f, "j");
	fix_want_shown(&f, "7 open \xc2\xb7 check passed");
	fix_want_shown(&f, "A accept all 7");
	/* The question says it of what it would write. */
	fix_type(&f, "A");
	fix_want_shown(&f, "Write 7 hunks in 3 files? Their check passed.");
	fix_type(&f, "c");
	fix_type(&f, "n");
	fix_want_shown(&f, "check passes with all 7");
	fix_type(&f, "A");
	fix_want_shown(&f, "reject 1? Check not run on these hunks. To run");
	fix_want_shown(&f, "it: Esc, mark the rest (a), then t. You");
	fix_type(&f, "c");
	screen_resize(&f.ui.screen, 24, 60);
	fix_draw(&f);
	fix_want_shown(&f, "check passes with all 7");
	screen_resize(&f.ui.screen, 12, 40);
	fix_draw(&f);
	fix_want_shown(&f, "/7 · 6 open");
	screen_resize(&f.ui.screen, 40, 120);
	fix_type(&f, "2");
	fix_want_shown(&f, "make check  with all hunks: (passed)");
	/* One that runs on all of it is no run on another text. */
	fix_type(&f, "4u");
	fix_line(&f, "{\"seq\":80,\"type\":\"evidence\",\"status\":\"stale\"}");
	fix_type(&f, "A");
	fix_want_shown(&f, "3 files? Check not run on these hunks. To run it");
	fix_type(&f, "c");
	fix_line(&f, "{\"seq\":81,\"type\":\"evidence\",\"status\":\"running\","
	    "\"command\":\"make check\",\"where\":\"stage\"}");
	fix_type(&f, "A");
	fix_want_shown(&f, "3 files? Their check is still running.");
	fix_release(&f);
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
	f->ui.now += 5000;
	fix_draw(f);
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

static void
test_split(void **state)
{
	struct fix f;

	(void)state;
	fix_amend(&f, 24);
	fix_type(&f, "s");
	assert_int_equal(fix_count(&f, "\"type\":\"split\",\"proposal\":9,"
	    "\"hunk\":\"h1\""), 1);
	assert_int_equal(fix_count(&f, "\"mark\""), 0);
	/* The hunks that it makes are no news. */
	fix_propose(&f, 9, 1, 3, 1, "x");
	fix_draw(&f);
	assert_false(fix_shows(&f, "the proposal changed"));
	fix_release(&f);
	/* Nor for the header, beside a hunk that was seen before; a later
	 * version has news again. */
	fix_amend(&f, 24);
	fix_type(&f, "s");
	fix_line(&f, SPLIT_PROPOSAL("2", "s2"));
	fix_draw(&f);
	fix_want_shown(&f, "1 file, 3 hunks");
	assert_false(fix_shows(&f, "since you looked"));
	fix_line(&f, SPLIT_PROPOSAL("3", "s3"));
	fix_draw(&f);
	fix_want_shown(&f, "1 new since you looked");
	fix_release(&f);
}

#define LIST_FILE(name, id) \
	"{\"path\":\"tests/test_syntax/" name ".py\",\"status\":" \
	"\"modified\",\"judges\":true,\"binary\":false,\"hunks\":[{" \
	"\"id\":\"" id "\",\"old_start\":1,\"old_lines\":1," \
	"\"new_start\":1,\"new_lines\":1,\"text\":\"-a\\n+b\\n\"}]}"

/* Each file of the list has one row, so that a small screen shows many. */
static void
test_list_rows(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 80);
	fix_live(&f);
	fix_line(&f, "{\"seq\":9,\"type\":\"proposal\",\"proposal\":9,"
	    "\"version\":1,\"final\":true,\"refused\":[],\"files\":["
	    LIST_FILE("inline/test_images", "1") ","
	    LIST_FILE("extensions/test_footnote", "2") "]}");
	fix_type(&f, "4");
	fix_want_shown(&f, "modified tests/test_syntax/inline/test_images.py  "
	    "+1 -1  1 hunk  [test]");
	fix_want_shown(&f, "modified tests/test_syntax/extensions/"
	    "test_footnote.py  [test]");
	/* The transcript says what that means once for all of them. */
	fix_type(&f, "2");
	fix_want_shown(&f, "proposal: 2 files, 2 hunks; 2 files affect the "
	    "success check");
	fix_want_shown(&f, "extensions/test_footnote.py [test]");
	fix_type(&f, "4");
	/* Unseen is said in any room, in one column. */
	screen_resize(&f.ui.screen, 8, 80);
	fix_line(&f, "{\"seq\":10,\"type\":\"proposal\",\"proposal\":10,"
	    "\"version\":1,\"final\":true,\"refused\":[],\"files\":["
	    LIST_FILE("inline/test_images", "3") ","
	    LIST_FILE("extensions/test_footnote", "4") "]}");
	fix_type(&f, ",g");
	fix_want_shown(&f, "test_images.py  +1 -1  [test]  unseen");
	fix_want_shown(&f, "[ ] modified tests/test_syntax/extensions/"
	    "test_footnote.py  [test]   unseen");
	screen_resize(&f.ui.screen, 8, 40);
	fix_draw(&f);
	fix_want_shown(&f, "[ ] modified   unseen");
	screen_resize(&f.ui.screen, 8, 110);
	fix_draw(&f);
	fix_want_shown(&f, "test_footnote.py  +1 -1  1 hunk  [test]  unseen");
	fix_want_shown(&f, "test_images.py  +1 -1  1 hunk  [test]        "
	    "unseen");
	fix_release(&f);
}

#define PRODUCT_LINE(version, products) \
	"{\"seq\":1" version ",\"type\":\"proposal\",\"proposal\":9," \
	"\"version\":" version ",\"final\":true,\"files\":[{\"path\":" \
	"\"d/f.tmp\",\"status\":\"added\",\"before\":null," \
	"\"after\":{\"hash\":\"2\",\"mode\":33188,\"size\":2}," \
	"\"binary\":false,\"hunks\":[{\"id\":\"h1\",\"old_start\":0," \
	"\"old_lines\":0,\"new_start\":1,\"new_lines\":1,\"text\":" \
	"\"+y\\n\"}]}],\"refused\":[],\"ignored\":14," \
	"\"ignored_some\":[],\"products\":[" products "]}"

static void
test_products(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 80);
	fix_live(&f);
	fix_line(&f, PRODUCT_LINE("1", "{\"path\":\"build/\",\"files\":12,"
	    "\"why\":\"git\"},{\"path\":\"a\\u001b[1m.o\",\"files\":1,"
	    "\"why\":\"cache\"},{\"path\":\"b.o\",\"files\":1,"
	    "\"why\":\"cache\"}"));
	f.ui.now += 5000;
	fix_draw(&f);
	fix_type(&f, "4");
	fix_want_shown(&f, "14 build products, not proposed: build/ (12)");
	assert_false(fix_shows(&f, "b.o"));
	/* With the list closed it opens: nothing is included unseen. */
	fix_type(&f, "p");
	assert_string_equal(buf_str(&f.sent), "");
	fix_want_shown(&f, "build/  12 files  ignored by git");
	fix_want_shown(&f, "b.o  1 file  cache");
	fix_want_shown(&f, "m.o  1 file");
	assert_false(fix_shows(&f, "\033"));
	fix_type(&f, "p");
	assert_int_equal(fix_count(&f, "\"type\":\"include\",\"path\":"
	    "\"build/\""), 1);
	fix_type(&f, "jjp");
	assert_int_equal(fix_count(&f, "\"path\":\"b.o\""), 1);
	fix_type(&f, "h");
	assert_false(fix_shows(&f, "b.o"));
	/* The cursor on the file: its kind is suggested, and can be typed
	 * over. */
	buf_clear(&f.sent);
	fix_type(&f, "KH");
	fix_want_shown(&f, "never propose> *.tmp");
	fix_type(&f, "\x15*.temp\r");
	fix_want_shown(&f, "match *.temp in this session");
	fix_type(&f, "n");
	fix_want_shown(&f, "not done");
	assert_int_equal(fix_count(&f, "\"hide\""), 0);
	fix_type(&f, "H\x15*.temp\rY");
	assert_int_equal(fix_count(&f, "\"type\":\"hide\",\"glob\":"
	    "\"*.temp\""), 1);
	fix_line(&f, "{\"seq\":12,\"type\":\"products\",\"by\":\"user\","
	    "\"action\":\"hide\",\"glob\":\"*.temp\"}");
	assert_int_equal(f.ui.drafts.len, 0);
	/* A command that is typed here hides nothing. */
	fix_type(&f, "!make");
	fix_want_shown(&f, "run> !make");
	fix_type(&f, "\r\0334");
	assert_int_equal(fix_count(&f, "\"hide\""), 1);
	assert_int_equal(fix_count(&f, "{\"type\":\"run\",\"command\":"
	    "\"make\"}"), 1);
	/* All that is left has a mark, and none came that could send it. */
	assert_false(fix_shows(&f, "x: write it"));
	fix_line(&f, "{\"seq\":20,\"type\":\"draft\",\"by\":\"user\","
	    "\"proposal\":9,\"hunk\":\"h1\",\"mark\":\"yes\"}");
	fix_draw(&f);
	fix_want_shown(&f, "1 accepted, 0 rejected");
	/* What Ctrl-C says is what it can do. */
	fix_type(&f, "\003");
	fix_want_shown(&f, MSG_NOTHING_IS_RUNNING);
	fix_line(&f, "{\"type\":\"status\",\"state\":\"model\"}");
	fix_type(&f, "\003");
	fix_want_shown(&f, "interrupt sent · a message continues the "
	    "task · q quits");
	fix_line(&f, "{\"seq\":21,\"type\":\"agent_end\","
	    "\"outcome\":\"interrupted\"}");
	fix_draw(&f);
	fix_want_shown(&f, "interrupted · a message continues the task");
	fix_line(&f, "{\"type\":\"status\",\"state\":\"idle\","
	    "\"doing\":\"ready\"}");
	fix_type(&f, "\033\003");
	fix_want_shown(&f, "nothing is running · q quits");
	/* Changes that stayed open wait, and nothing runs. */
	fix_line(&f, "{\"type\":\"status\",\"state\":\"waiting\","
	    "\"doing\":\"1 of 1 hunk to review\"}");
	fix_type(&f, "\003");
	fix_want_shown(&f, "nothing is running · q quits");
	/* Where text is typed a q is one. */
	fix_type(&f, "i\003");
	fix_want_shown(&f, "nothing is running · Esc, then q quits");
	fix_type(&f, "\004");
	fix_want_shown(&f, "Quit?  d: detach");
	fix_type(&f, "c");
	fix_type(&f, "ab\001\004");
	assert_false(fix_shows(&f, "quits"));
	assert_string_equal(buf_str(&f.ui.input.text), "b");
	fix_type(&f, "\004\t");
	assert_int_equal(fix_count(&f, "\"mark\""), 0);
	/* An undo has none. */
	fix_line(&f, PRODUCT_LINE("99,\"undo\":3", "{\"path\":\"build/\","
	    "\"files\":12,\"why\":\"git\"}"));
	fix_draw(&f);
	fix_want_shown(&f, "undoes change 3");
	assert_false(fix_shows(&f, "build product"));
	fix_release(&f);
}

static void
test_lines(void **state)
{
	struct fix f;

	(void)state;
	fix_amend(&f, 24);
	fix_type(&f, "v");
	/* What decides on hunks does not here. */
	fix_type(&f, "naAdx");
	fix_want_shown(&f, "you are picking lines · Space picks one, v stops");
	assert_string_equal(buf_str(&f.sent), "");
	fix_type(&f, "K");
	fix_want_shown(&f, "you are picking lines · Space picks one, v stops");
	fix_type(&f, "y");
	fix_want_shown(&f, MSG_NO_LINES_PICKED);
	fix_type(&f, "k ");
	fix_want_shown(&f, MSG_NO_CHANGED_LINE);
	/* a, -b, +B, c, -d, +D: it began on the second. */
	fix_type(&f, "j jjj ");
	/* Each moved on to the next. */
	fix_want_shown(&f, ">+E");
	fix_want_shown(&f, "*+D");
	fix_want_shown(&f, "*-b");
	/* Picked by mistake, and dropped again; the last one stays. */
	fix_type(&f, " ");
	fix_want_shown(&f, "#+E");
	fix_type(&f, " kk k ");
	fix_want_shown(&f, "2 of 5 lines picked (*)");
	fix_type(&f, "n");
	fix_want_shown(&f, "you are picking lines · y accepts them, v stops");
	/* Half of a replacement isn't marked before it was said. */
	fix_type(&f, "y");
	fix_want_shown(&f, "you picked - lines without the + lines");
	assert_int_equal(fix_count(&f, "\"mark\""), 0);
	fix_type(&f, "y");
	assert_int_equal(fix_count(&f, "\"mark\":\"edited\",\"seen\":true,"
	    "\"edit\":\" a\\n-b\\n c\\n d\\n+D\\n\""), 1);
	assert_int_equal(fix_count(&f, "\"seen\":true"), 1);
	fix_want_shown(&f, "picked lines accepted, rest rejected \xc2\xb7 x: "
	    "write 1 of 2 \xc2\xb7 u: undo");
	/* Nothing is written before the result was on the screen: the cursor is
	 * still there, and y says so. */
	assert_int_equal(fix_count(&f, "\"hold\":true"), 1);
	fix_want_shown(&f, "n reject");
	/* On the next hunk the usual keys are back. */
	fix_type(&f, "m");
	fix_want_shown(&f, "y accept");
	fix_type(&f, "n");
	assert_int_equal(fix_count(&f, "\"hunk\":\"h2\",\"mark\":\"no\""),
	    1);
	fix_release(&f);
	/* Leaving picks nothing; a changed hunk is not picked from. */
	fix_amend(&f, 24);
	fix_type(&f, "v v");
	assert_string_equal(buf_str(&f.sent), "");
	/* From an unchanged line to the next one that is none. */
	fix_type(&f, "jjv");
	fix_want_shown(&f, ">-d");
	fix_type(&f, "vgJv");
	fix_want_shown(&f, ">-b");
	fix_type(&f, " ");
	fix_line(&f, "{\"seq\":10,\"type\":\"proposal\",\"proposal\":9,"
	    "\"version\":2,\"final\":true,\"files\":[],\"refused\":[],"
	    "\"ignored\":0}");
	fix_draw(&f);
	fix_type(&f, "y");
	assert_string_equal(buf_str(&f.sent), "");
	fix_release(&f);
}

/* Esc leaves the picking of lines, wherever the cursor is, and when the next key
 * comes so soon after it that both are one. */
static void
test_lines_escape(void **state)
{
	static const char *const ways[] = { "\033", "j\033", "J\033", "jjjj\033",
		"G\033", "g\033", " \033", "/D\r\033\033" };
	static const char *const soon[] = { "\033j", "\033y", "\033v",
		"\033x", "\033\033", "\033\xc3\xa9" };
	struct fix f;
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(ways); i++) {
		fix_amend(&f, 24);
		fix_type(&f, "v");
		assert_true(ui_contexts(&f.ui) & ACTION_CTX_LINES);
		fix_type(&f, ways[i]);
		keys_tick(f.keys, f.ui.now + KEYS_WAIT_MS);
		assert_false(ui_contexts(&f.ui) & ACTION_CTX_LINES);
		assert_string_equal(buf_str(&f.sent), "");
		fix_release(&f);
	}
	for (i = 0; i < MEM_COUNT(soon); i++) {
		fix_amend(&f, 24);
		fix_type(&f, "v ");
		keys_feed(f.keys, soon[i], strlen(soon[i]), f.ui.now);
		keys_tick(f.keys, f.ui.now + KEYS_WAIT_MS);
		assert_false(ui_contexts(&f.ui) & ACTION_CTX_LINES);
		fix_draw(&f);
		/* The other key was none. */
		assert_string_equal(buf_str(&f.sent), "");
		assert_true(ui_contexts(&f.ui) & ACTION_CTX_DIFF);
		fix_release(&f);
	}
}

static void
test_lines_unseen(void **state)
{
	struct fix f;

	(void)state;
	/* Not all of the hunk fits: the key shows the rest first. */
	fix_amend(&f, 10);
	fix_type(&f, "v");
	fix_type(&f, "  y");
	fix_want_shown(&f, MSG_LOOK_AT_REST);
	assert_string_equal(buf_str(&f.sent), "");
	fix_type(&f, "y");
	assert_int_equal(fix_count(&f, "\"mark\":\"edited\""), 1);
	assert_int_equal(fix_count(&f, "\"seen\":true"), 1);
	fix_release(&f);
}

static void
test_edit(void **state)
{
	static const char bad[] = "# x\n a\n-bb\n+B\n c\n";
	static const char good[] = " a\n-b\n+Bee\n c\n d\n";
	static const char lost[] = "# all gone\n@@ -1,4 +1,5 @@\n\n";
	struct fix f;
	char *text;
	size_t n;

	(void)state;
	fix_amend(&f, 24);
	fix_type(&f, "e");
	assert_int_equal(f.ui.want_edit, UI_EDIT_HUNK);
	f.ui.want_edit = UI_EDIT_NONE;
	text = hunk_edit_text(&f.ui, &n);
	assert_non_null(strstr(text, "# A hunk of f\n"));
	assert_non_null(strstr(text, "@@ -1,4 +1,5 @@\n a\n-b\n+B\n c\n"));
	/* Untouched, or emptied: as it was. */
	hunk_edit_edited(&f.ui, text, n, "");
	assert_string_equal(buf_str(&f.sent), "");
	free(text);
	hunk_edit_edited(&f.ui, lost, strlen(lost), "");
	assert_string_equal(buf_str(&f.sent), "");
	hunk_edit_edited(&f.ui, NULL, 0, "no editor");
	fix_draw(&f);
	fix_want_shown(&f, "no editor");
	/* What does not fit comes back with the reason. */
	hunk_edit_edited(&f.ui, bad, strlen(bad), "");
	fix_draw(&f);
	fix_want_shown(&f, "line 4 is not what the file has there");
	assert_string_equal(buf_str(&f.sent), "");
	fix_type(&f, "e");
	text = hunk_edit_text(&f.ui, &n);
	assert_non_null(strstr(text, "# Doesn't apply: line 4"));
	assert_non_null(strstr(text, "-bb\n"));
	/* The last reason only. */
	hunk_edit_edited(&f.ui, text, n, "");
	free(text);
	fix_type(&f, "e");
	text = hunk_edit_text(&f.ui, &n);
	assert_non_null(strstr(text, "# Doesn't apply: line "));
	assert_null(strstr(strstr(text, "Doesn't apply") + 1,
	    "Doesn't apply"));
	free(text);
	hunk_edit_edited(&f.ui, good, strlen(good), "");
	fix_stand(&f);
	fix_want_shown(&f, "your version is accepted");
	/* With the keys of the hunk that the cursor is on now. */
	fix_want_shown(&f, "y accept");
	fix_want_shown(&f, "? help");
	assert_int_equal(fix_count(&f, "\"hunk\":\"h1\",\"mark\":\"edited\","
	    "\"seen\":true,\"edit\":\" a\\n-b\\n+Bee\\n c\\n d\\n\""), 1);
	/* The draft is shown as it will be written, and can be taken back. */
	fix_line(&f, "{\"seq\":10,\"type\":\"draft\",\"proposal\":9,"
	    "\"hunk\":\"h1\",\"mark\":\"edited\",\"edit\":"
	    "\" a\\n-b\\n+Bee\\n c\\n d\\n\",\"seen\":true}");
	fix_draw(&f);
	fix_want_shown(&f, "[e]");
	fix_want_shown(&f, "+Bee");
	assert_null(f.ui.edit.kept_text);
	fix_type(&f, "K");
	fix_draw(&f);
	/* No key that accepts brings the model's words back. */
	fix_type(&f, "y");
	fix_draw(&f);
	fix_want_shown(&f, "accepted as you edited it");
	fix_type(&f, "a");
	assert_int_equal(fix_count(&f, "\"hunk\":\"h1\",\"mark\":\"yes\""),
	    0);
	fix_type(&f, "\x1b");
	fix_type(&f, "u");
	fix_type(&f, "u");
	assert_int_equal(fix_count(&f, "\"hunk\":\"h1\",\"mark\":\"none\""),
	    1);
	fix_line(&f, "{\"seq\":11,\"type\":\"draft\",\"proposal\":9,"
	    "\"hunk\":\"h1\",\"mark\":\"none\"}");
	fix_draw(&f);
	assert_false(fix_shows(&f, "+Bee"));
	/* The core's refusal comes back too; so does what lost its hunk. */
	fix_type(&f, "e");
	hunk_edit_edited(&f.ui, good, strlen(good), "");
	fix_line(&f, "{\"type\":\"refused\",\"text\":\"two of them change "
	    "the same lines\"}");
	fix_type(&f, "Ke");
	text = hunk_edit_text(&f.ui, &n);
	assert_non_null(strstr(text, "Doesn't apply: two of them change"));
	free(text);
	fix_release(&f);
}

static void
test_wrap(void **state)
{
	/* clang-format off */
	static const struct {
		const char *label, *in;
		int width;
		bool words, tail;
		const char *want;
	} cases[] = {
		{ "empty", "", 5, true, false, "" },
		{ "fits", "abcde", 5, false, false, "abcde" },
		{ "cut", "abcdef", 5, false, false, "abcde\\|f" },
		{ "words", "one two three", 8, true, false,
		    "one two \\|three" },
		{ "a word too long", "abcdefgh ij", 5, true, false,
		    "abcde\\|fgh \\|ij" },
		{ "lines", "a\nb\n", 5, false, false, "a|b" },
		{ "lines and a last one", "a\nb\n", 5, false, true, "a|b|" },
		{ "blank line", "a\n\nb", 5, true, false, "a||b" },
		{ "exact then newline", "abcde\nf", 5, false, false,
		    "abcde|f" },
		{ "blank at the edge", "abcde fg", 5, true, false,
		    "abcde\\|fg" },
		{ "blank at the edge of the line", "abcde \nfg", 5, true,
		    false, "abcde|fg" },
		{ "wide", "\xe6\xbc\xa2\xe6\xbc\xa2", 3, false, false,
		    "\xe6\xbc\xa2\\|\xe6\xbc\xa2" },
		{ "too narrow", "ab", 0, false, false, "a\\|b" },
	};
	/* clang-format on */
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct wrap w = { .p = cases[i].in, .n = strlen(cases[i].in),
			.width = cases[i].width, .words = cases[i].words,
			.tail = cases[i].tail };
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

static void
test_long_lines(void **state)
{
	struct fix f;
	char *line = xmalloc(3001);

	(void)state;
	memset(line, 'x', 3000);
	line[3000] = '\0';
	fix_init(&f, 24, 80);
	fix_propose(&f, 50, 1, 1, 1, line);
	fix_live(&f);
	fix_review(&f);
	fix_want_shown(&f, "xx»");
	fix_type(&f, "y");
	fix_want_shown(&f, MSG_HUNK_GOES_ON);
	fix_type(&f, " G");
	assert_false(fix_shows(&f, "unseen"));
	/* Wrapped in another way it is still seen. */
	screen_resize(&f.ui.screen, 12, 40);
	fix_draw(&f);
	fix_type(&f, "y");
	assert_int_equal(fix_count(&f, "\"mark\":\"yes\",\"seen\":true"), 1);
	fix_release(&f);
	free(line);
}

static void
test_input(void **state)
{
	/* clang-format off */
	static const struct {
		const char *label, *keys, *want;
	} cases[] = {
		{ "typed", "ab", "ab" },
		{ "newlines", "a\033\rb\nc", "a\nb\nc" },
		{ "home, end", "bc\001a\005d", "abcd" },
		{ "kill to the end", "abc\002\002\013", "a" },
		{ "kill to the start", "abc\002\025", "c" },
		{ "kill a word", "one two \027", "one " },
		{ "backspace over a wide one", "a\xe6\xbc\xa2\177", "a" },
		{ "backspace over a combined one", "ae\xcc\x81\177", "a" },
		{ "up", "ab\ncd\033[Ax", "abx\ncd" },
		{ "down", "ab\ncd\033[A\001\033[Bx", "ab\nxcd" },
		{ "delete joins lines", "a\nb\033[A\004", "ab" },
	};
	/* clang-format on */
	struct fix f;
	const char *p;
	size_t i;

	(void)state;
	for (i = 0; i < MEM_COUNT(cases); i++) {
		fix_init(&f, 24, 80);
		f.ui.typing = true;
		for (p = cases[i].keys; *p != '\0'; p++)
			keys_feed(f.keys, p, 1, f.ui.now);
		fix_draw(&f);
		if (strcmp(buf_str(&f.ui.input.text), cases[i].want) != 0)
			fail_msg("%s: \"%s\"", cases[i].label,
			    buf_str(&f.ui.input.text));
		assert_true(f.ui.screen.cursor_y >= 0);
		fix_release(&f);
	}
}

/* The row of the cursor is in view, wherever it stands. */
static void
test_input_rows(void **state)
{
	struct fix f;
	struct buf b = BUF_INIT(0);
	int i;

	(void)state;
	fix_init(&f, 24, 80);
	f.ui.typing = true;
	for (i = 0; i < 20000; i++)
		buf_addf(&b, "line %d, long enough to be broken into two rows "
		    "of a screen that has eighty cells a row\n", i);
	buf_adds(&b, "last");
	input_insert(&f.ui.input, b.p, b.len);
	fix_draw(&f);
	fix_want_shown(&f, "last");
	assert_int_equal(f.ui.screen.cursor_x, 2 + 4);
	keys_feed(f.keys, "\033[A", 3, f.ui.now);
	fix_draw(&f);
	fix_want_shown(&f, "line 19999");
	f.ui.input.cursor = 0;
	fix_draw(&f);
	fix_want_shown(&f, "> line 0");
	assert_int_equal(f.ui.screen.cursor_x, 2);
	/* A full row: the cursor stands behind its last character. */
	input_set(&f.ui.input, "");
	for (i = 0; i < 77; i++)
		fix_type(&f, "x");
	assert_int_equal(f.ui.screen.cursor_x, 79);
	assert_int_equal(f.ui.screen.cursor_y, 23);
	buf_release(&b);
	fix_release(&f);
}

static void
fix_check_cells(const struct fix *f, const char *label)
{
	uint32_t cp;
	size_t i, used;
	int y, x;

	for (y = 0; y < f->ui.screen.rows; y++)
		for (x = 0; x < f->ui.screen.cols; x++) {
			const struct cell *c = screen_cell(&f->ui.screen, y,
			    x);

			for (i = 0; i < strlen(c->text); i += used) {
				used = utf8_next(c->text + i,
				    strlen(c->text) - i, &cp);
				if (used == 0 || (i == 0 &&
				    !sanitize_is_plain(cp,
				    f->ui.screen.flags)))
					fail_msg("%s: U+%04X at %d,%d",
					    label, cp, y, x);
			}
		}
}

/* Every state of every fixture at every odd size: no crash, no byte that could
 * move the cursor. */
static void
test_sizes(void **state)
{
	static const char *const names[] = { "demo.jsonl", "hostile.jsonl",
		"open.jsonl", "stops.jsonl" };
	static const struct { int rows, cols; } sizes[] = {
		{ 1, 1 }, { 2, 3 }, { 3, 10 }, { 5, 7 }, { 12, 40 },
		{ 24, 80 }, { 50, 200 },
	};
	struct fix f;
	size_t i, j;
	int line, n;
	const char *p;

	(void)state;
	for (i = 0; i < MEM_COUNT(names); i++) {
		fix_init(&f, 24, 80);
		n = fix_load(&f, names[i], 0, 1000);
		fix_release(&f);
		fix_init(&f, 24, 80);
		fix_live(&f);
		for (line = 0; line < n; line++) {
			fix_load(&f, names[i], line, line + 1);
			f.ui.screen.flags = line % 2 == 0 ? 0 : SANITIZE_ASCII;
			for (j = 0; j < MEM_COUNT(sizes); j++) {
				screen_resize(&f.ui.screen, sizes[j].rows,
				    sizes[j].cols);
				for (p = "14Jj3?q2"; *p != '\0'; p++) {
					f.ui.now += 2000;
					keys_feed(f.keys, p, 1, f.ui.now);
					fix_draw(&f);
					fix_check_cells(&f, names[i]);
				}
			}
		}
		fix_release(&f);
	}
}

/* Random keys, without those that say yes: nothing says yes. */
static void
test_random(void **state)
{
	static const char *const keys[] = { "j", "k", "J", "K", "\033[A",
		"\033[B", "\033", "[", "O", "\t", "1", "2", "3", "4", "z",
		"?", "i", "\r", "\033[200~yA\r\033[201~", "b", "g", "G",
		"q", "c", "n", "d", "r", "u", "x", "\177", "\001", "Y",
		"\033[1;5A", "\033OA" };
	struct fix f;
	unsigned seed = 12345;
	char *line;
	int i, rows, cols;

	(void)state;
	fix_init(&f, 24, 80);
	fix_load(&f, "open.jsonl", 0, 1000);
	fix_live(&f);
	for (i = 0; i < 20000; i++) {
		const char *k;

		seed = seed * 1103515245 + 12345;
		k = keys[(seed >> 16) % MEM_COUNT(keys)];
		f.ui.now += (seed >> 8) % 3 * 700;
		keys_feed(f.keys, k, strlen(k), f.ui.now);
		keys_tick(f.keys, f.ui.now + 1);
		if ((seed >> 12) % 64 == 0) {
			rows = (int)((seed >> 20) % 60);
			cols = (int)((seed >> 14) % 120);
			screen_resize(&f.ui.screen, rows, cols);
		}
		if ((seed >> 10) % 4 != 0)
			fix_draw(&f);
		f.ui.want = UI_WANT_NONE;
	}
	/* But `u` brings one back, which writes nothing. */
	for (line = strtok(f.sent.p, "\n"); line != NULL;
	    line = strtok(NULL, "\n")) {
		if (strstr(line, "\"mark\":\"yes\"") != NULL)
			assert_non_null(strstr(line, "\"hold\":true"));
		assert_null(strstr(line, "\"approve\""));
	}
	assert_int_equal(fix_count(&f, "\"approve\""), 0);
	fix_release(&f);
}

/* What goes into the editor can be shown, and comes back as it was. */
static void
test_editor_marks(void **state)
{
	static const struct { const char *text, *marked; } t[] = {
		{ "plain\n\ttext\n", "plain\n\ttext\n" },
		{ "caf\xc3\xa9 \xc2\xb7 \xe6\xbc\xa2 e\xcc\x81\n",
		  "caf\xc3\xa9 \xc2\xb7 \xe6\xbc\xa2 e\xcc\x81\n" },
		{ "a\xe2\x80\xae" "b\033[2J\xf3\xa0\x81\x81.",
		  "a<U+202E>b<U+001B>[2J<U+E0041>." },
		/* The letters of a mark are none. */
		{ "<U+202E> \xe2\x80\xae \xe2\x80\x8d <U+20 <U+> <U+41>",
		  "<U+202E> \xe2\x80\xae <U+200D> <U+20 <U+> <U+41>" },
	};
	char *in, *back;
	size_t i, n;

	(void)state;
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

/* What has happened stands beside the keys; where there is no room for both the
 * keys come back by themselves, and then nothing wakes any more. */
static void
test_notice(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 100);
	fix_live(&f);
	fix_propose(&f, 5, 1, 2, 3, "line");
	f.ui.now += 5000;
	fix_draw(&f);
	fix_type(&f, "4");
	fix_want_shown(&f, "A accept all 2");
	ui_notice(&f.ui, "it was not done");
	fix_draw(&f);
	fix_want_shown(&f, "it was not done   y accept  n reject");
	fix_want_shown(&f, "? help");
	assert_int_equal(state_deadline(&f.ui), -1);
	f.ui.now += 100000;
	assert_false(state_tick(&f.ui));
	fix_want_shown(&f, "it was not done");
	fix_type(&f, "j");
	assert_false(fix_shows(&f, "it was not done"));
	screen_resize(&f.ui.screen, 24, 36);
	ui_notice(&f.ui, "it was not done");
	fix_draw(&f);
	fix_want_shown(&f, "it was not done");
	assert_false(fix_shows(&f, "y accept"));
	assert_true(state_deadline(&f.ui) > f.ui.now + 5000);
	assert_false(state_tick(&f.ui));
	f.ui.now = state_deadline(&f.ui);
	assert_true(state_tick(&f.ui));
	fix_draw(&f);
	fix_want_shown(&f, "y accept");
	assert_false(fix_shows(&f, "it was not done"));
	assert_int_equal(state_deadline(&f.ui), -1);
	/* A check that was found is offered once, above the keys. */
	screen_resize(&f.ui.screen, 24, 80);
	fix_line(&f, "{\"seq\":9,\"type\":\"note\",\"by\":\"core\",\"text\":"
	    "\"No success check is set.\",\"check\":\"make check\"}");
	fix_stand(&f);
	fix_want_shown(&f, "set \xc2\xb7 /check make check sets the project's");
	fix_want_shown(&f, "y accept");
	fix_type(&f, "2");
	assert_false(fix_shows(&f, "make check"));
	assert_false(fix_shows(&f, "No success check"));
	fix_release(&f);
	/* Until a plan suggests one. */
	fix_init(&f, 24, 80);
	fix_live(&f);
	fix_line(&f, "{\"seq\":9,\"type\":\"note\",\"by\":\"core\",\"text\":"
	    "\"No success check is set.\",\"check\":\"make check\"}");
	fix_draw(&f);
	fix_want_shown(&f, "sets the project's");
	fix_line(&f, "{\"seq\":10,\"type\":\"plan\",\"version\":1,\"status\":"
	    "\"proposed\",\"goal\":\"g\",\"steps\":[{\"title\":\"s\"}],"
	    "\"check\":{\"command\":\"make check\",\"by\":\"model\"}}");
	fix_draw(&f);
	assert_false(fix_shows(&f, "sets the project's"));
	fix_release(&f);
}

/* Where there is only ASCII our own words have no mark in them. */
static void
test_own_words_ascii(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 80);
	f.ui.screen.flags = SANITIZE_ASCII;
	fix_live(&f);
	fix_line(&f, "{\"seq\":1,\"type\":\"session_start\",\"sandbox\":{"
	    "\"level\":\"A\",\"line\":\"sandbox A \xc2\xb7 net none \xc2\xb7 mem\"},"
	    "\"settings\":{}}");
	fix_type(&f, "1");
	fix_want_shown(&f, "    sandbox A - net none - mem");
	assert_false(fix_shows(&f, "<U+00B7>"));
	fix_line(&f, "{\"seq\":20,\"type\":\"proposal\",\"files\":[{\"path\":"
	    "\"a.bin\",\"status\":\"modified\",\"binary\":true,"
	    "\"before\":{\"hash\":\"aa\",\"mode\":33188,\"size\":6},"
	    "\"after\":{\"hash\":\"bb\",\"mode\":33188,\"size\":7},"
	    "\"hunks\":[{\"id\":\"1\",\"old_start\":0,\"old_lines\":0,"
	    "\"new_start\":0,\"new_lines\":0,\"text\":\"\"}]}]}");
	fix_type(&f, "4");
	fix_want_shown(&f, "6 bytes -> 7 bytes: binary");
	assert_false(fix_shows(&f, "<U+"));
	fix_release(&f);
}

/* Why the sandbox is weak is said whole, or where to read it. */
static void
test_why_the_sandbox_is_weak(void **state)
{
	int cols;

	(void)state;
	for (cols = 40; cols <= 80; cols += 40) {
		struct fix f;

		fix_init(&f, 24, cols);
		fix_live(&f);
		fix_line(&f, "{\"seq\":1,\"type\":\"session_start\","
		    "\"sandbox\":{\"level\":\"C\",\"line\":\"sandbox C "
		    "\xc2\xb7 no namespaces \xc2\xb7 project copied\","
		    "\"why\":\"namespaces: clone is refused: not permitted\"},"
		    "\"settings\":{}}");
		fix_draw(&f);
		fix_want_shown(&f, cols == 40 ?
		    "sandbox C \xc2\xb7 see assent doctor" :
		    "sandbox C \xc2\xb7 namespaces: clone is refused: not permitted");
		fix_release(&f);
	}
}

/* A head that takes two rows stays one, and a search goes over both. */
static void
test_plan_in_a_narrow_pane(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 40, 5);
	fix_live(&f);
	fix_line(&f, "{\"seq\":10,\"type\":\"plan\",\"version\":1,\"status\":"
	    "\"proposed\",\"goal\":\"g\",\"steps\":[{\"title\":\"s\"}],"
	    "\"files\":[\"a\"]}");
	f.ui.search.text = xstrdup("pected files");
	fix_draw(&f);
	fix_want_shown(&f, "Expec");
	assert_false(fix_shows(&f, "Expec\n\n"));
	fix_release(&f);
}

/* What a command begins is said until the status shows it, and isn't there any
 * more when it is over. */
static void
test_what_begins(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, 24, 200);
	fix_live(&f);
	fix_line(&f, "{\"type\":\"status\",\"state\":\"idle\"}");
	fix_type(&f, "i/test\r");
	fix_want_shown(&f, "running the success check");
	fix_line(&f, "{\"type\":\"status\",\"state\":\"check\"}");
	fix_draw(&f);
	assert_false(fix_shows(&f, "running the success check"));
	fix_release(&f);
}

/* Beside a notice the key that accepts has a shorter hint before the one that
 * rejects is left out. */
static void
test_hints_beside_a_notice(void **state)
{
	const char *notice = "wrote 3 files (+27 -8); 1 hunk rejected, 5 more are "
	    "still open in 4 other files, and one of them was changed on disk";
	bool full = true;
	struct fix f;
	int n, brief = 0;

	(void)state;
	fix_init(&f, 24, 151);
	fix_live(&f);
	fix_propose(&f, 5, 1, 2, 3, "line");
	f.ui.now += 5000;
	fix_draw(&f);
	fix_type(&f, "4y");
	for (n = 0; n <= 98; n++) {
		ui_notice(&f.ui, "%.*s", n, notice);
		fix_draw(&f);
		fix_want_shown(&f, "  n reject");
		full = full && fix_shows(&f, "y accept and write all 2");
		brief += fix_shows(&f, "y accept, write all 2");
		assert_int_equal(!full, fix_shows(&f, "y accept, write all 2"));
	}
	assert_true(brief > 0 && brief < n);
	fix_release(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_begins),
		cmocka_unit_test(test_plan_in_a_narrow_pane),
		cmocka_unit_test(test_why_the_sandbox_is_weak),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_input_rows),
		cmocka_unit_test(test_saved_outside),
		cmocka_unit_test(test_panes),
		cmocka_unit_test(test_grants_in_sight),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_unseen),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_overwrites),
		cmocka_unit_test(test_overwrites_now),
		cmocka_unit_test(test_file_row),
		cmocka_unit_test(test_renamed),
		cmocka_unit_test(test_renamed_and_changed),
		cmocka_unit_test(test_two_keys_one_read),
		cmocka_unit_test(test_too_early),
		cmocka_unit_test(test_own_key_shortens_nothing),
		cmocka_unit_test(test_before_question),
		cmocka_unit_test(test_marked_elsewhere),
		cmocka_unit_test(test_reason_marked_elsewhere),
		cmocka_unit_test(test_after_another_program),
		cmocka_unit_test(test_changed_text),
		cmocka_unit_test(test_focus),
		cmocka_unit_test(test_answer_as_message),
		cmocka_unit_test(test_oldest_first),
		cmocka_unit_test(test_paste),
		cmocka_unit_test(test_plan_rules),
		cmocka_unit_test(test_plan_markdown),
		cmocka_unit_test(test_plan_review),
		cmocka_unit_test(test_plan_news),
		cmocka_unit_test(test_confirm_is_for_this),
		cmocka_unit_test(test_ask_and_pause),
		cmocka_unit_test(test_meter),
		cmocka_unit_test(test_pause_amount),
		cmocka_unit_test(test_quit_and_interrupt),
		cmocka_unit_test(test_questions),
		cmocka_unit_test(test_question_change),
		cmocka_unit_test(test_pause_small),
		cmocka_unit_test(test_hints_beside_a_notice),
		cmocka_unit_test(test_question_small),
		cmocka_unit_test(test_quit_small),
		cmocka_unit_test(test_quit_kept),
		cmocka_unit_test(test_running_cut),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_sandbox_in_sight),
		cmocka_unit_test(test_offers),
		cmocka_unit_test(test_evidence_words),
		cmocka_unit_test(test_evidence_rows),
		cmocka_unit_test(test_check_of_all),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_list_rows),
		cmocka_unit_test(test_products),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_lines_escape),
		cmocka_unit_test(test_lines_unseen),
		cmocka_unit_test(test_edit),
		cmocka_unit_test(test_editor_marks),
		cmocka_unit_test(test_own_words_ascii),
		cmocka_unit_test(test_notice),
	};

	return cmocka_run_group_tests_name("ui", tests, NULL, NULL);
}
