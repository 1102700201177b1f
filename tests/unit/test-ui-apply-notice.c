/*
 * The screen when a decision was not carried out as it was made, and before
 * newer text in a file is overwritten: without a terminal.
 */
#include "config.h"

#include "journal/fold.h"
#include "ui/diff/diff.h"

#include "ui-fix.h"
#include "ui/keys/keys.h"

FIX_TEST(test_said_at_once)
{
	static const struct {
		const char *label, *line, *shown;
	} cases[] = {
		{ "all written", "{\"seq\":60,\"type\":\"applied\",\"tx\":1,"
		    "\"ops\":[{\"path\":\"a.c\",\"ok\":true}]}", NULL },
		{ "one was not", "{\"seq\":60,\"type\":\"applied\",\"tx\":1,"
		    "\"ops\":[{\"path\":\"b.c\",\"ok\":true},{\"path\":"
		    "\"a.c\",\"ok\":false,\"error\":\"failed\",\"text\":"
		    "\"a.c has changed\"}]}", "not written: a.c has changed" },
		{ "two were not", "{\"seq\":60,\"type\":\"applied\",\"tx\":1,"
		    "\"ops\":[{\"path\":\"a.c\",\"ok\":false,\"text\":"
		    "\"a.c has changed\"},{\"path\":\"b.c\",\"ok\":false}]}",
		    "2 files not written, such as a.c has changed" },
		{ "nothing was", "{\"seq\":60,\"type\":\"error\",\"kind\":"
		    "\"apply\",\"text\":\"nothing was written: a.c: no room"
		    "\"}", "nothing was written: a.c: no room" },
		{ "another error", "{\"seq\":60,\"type\":\"error\",\"kind\":"
		    "\"stage\",\"text\":\"a sentence\"}", NULL },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		fix_hunks(f, 24, 80, 2, 1);
		fix_draw(f);
		fix_line(f, cases[i].line);
		fix_draw(f);
		if (cases[i].shown != NULL)
			fix_want_shown(f, cases[i].shown);
		else if (f->ui.notice != NULL)
			fail_msg("%s: %s", cases[i].label, f->ui.notice);
	}
}

/* The line that says what was written stays until a key, with the keys below
 * it; the key that sends is named by its effect. */
FIX_TEST(test_wrote)
{
	fix_hunks(f, 24, 80, 4, 2);
	xstrset(&f->ui.fold->mode, "interactive");
	xstrset(&f->ui.fold->model, "m");
	fix_review(f);
	fix_see(f, "yn", "x write  ");
	/* A decision that was sent can't be undone: no notice says so. */
	fix_see(f, "Kn", "u undoes it");
	fix_line(f, "{'seq':60,'type':'decision','by':'user','proposal':50,"
	    "'files':[{'path':'a.c','hunks':[{'id':'0000000000000001',"
	    "'decision':'yes'},{'id':'0000000000000002','decision':'no'}]}]}");
	assert_false(fix_shows(f, "takes it back"));
	fix_line(f, "{'seq':61,'type':'apply_begin','tx':1,'decision':60,"
	    "'ops':[{'path':'a.c'}]}");
	fix_line(f, "{'seq':62,'type':'applied','tx':1,'ops':[{'path':'a.c',"
	    "'ok':true}]}");
	f->ui.now += 3600000;
	state_tick(&f->ui);
	fix_want_shown(f, "wrote a.c (+2 -0); 1 hunk rejected");
	fix_stand(f);
	fix_want_shown(f,
	    "y accept  n reject  r with reason  A accept all  ");
	fix_type(f, "J");
	fix_line(f, "{'seq':68,'type':'decision','by':'user',"
	    "'check':'running','proposal':50,'files':[{'path':'a.c',"
	    "'hunks':[{'id':'0000000000000004','decision':'no',"
	    "'word':'because'}]}]}");
	fix_line(f, "{'seq':69,'type':'apply_begin','tx':3,'decision':68,"
	    "'ops':[{'path':'a.c'}]}");
	fix_line(f, "{'seq':70,'type':'applied','tx':3,'ops':[{'path':'a.c',"
	    "'ok':true}]}");
	fix_want_shown(f, "1 hunk rejected; the check of this part hadn't");
	fix_hunks(f, 24, 80, 1, 2);
	fix_line(f, "{'seq':60,'type':'decision','by':'user',"
	    "'check':'running','proposal':50,'files':[{'path':'a.c',"
	    "'hunks':[{'id':'0000000000000001','decision':'yes'}]}]}");
	fix_line(f, "{'seq':61,'type':'apply_begin','tx':1,'decision':60,"
	    "'ops':[{'path':'a.c'}]}");
	fix_line(f, "{'seq':62,'type':'applied','tx':1,'ops':[{'path':'a.c',"
	    "'ok':true}]}");
	fix_want_shown(f, "wrote a.c (+2 -0); the check hadn't ended");
}

/* If nothing is written, a notice says the decision, also beside the next
 * one. */
FIX_TEST(test_rejected)
{
	fix_hunks(f, 24, 80, 1, 2);
	fix_review(f);
	fix_line(f, "{'seq':60,'type':'decision','by':'user','proposal':50,"
	    "'files':[{'path':'a.c','hunks':[{'id':'0000000000000001',"
	    "'decision':'no','word':'because'}]}]}");
	fix_propose(f, 62, 2, 2, 1, "x");
	fix_want_shown(f, "you rejected 1 hunk in 1 file, reason sent");
}

/* A hunk that was accepted in a file that had changed is asked about again: the
 * mark that was sent is gone with its decision. */
FIX_TEST(test_not_written_is_open)
{
	fix_hunks(f, 24, 80, 2, 1);
	fix_review(f);
	fix_see(f, "yy", " 0 open");
	fix_line(f, "{'seq':60,'type':'decision','by':'user','proposal':50,"
	    "'files':[{'path':'a.c','hunks':[{'id':'0000000000000001',"
	    "'decision':'yes'},{'id':'0000000000000002','decision':'yes'}]}]}");
	fix_line(f, "{'seq':61,'type':'applied','tx':1,'ops':[{'path':'a.c',"
	    "'ok':false,'error':'changed'}]}");
	fix_propose(f, 62, 2, 2, 1, "x");
	fix_want_shown(f, " 2 open");
	assert_false(fix_shows(f, "[y]"));
}

/* No mark writes: after the last one a row says what Enter does, and it does it
 * once it stood, and no other key came. */
FIX_TEST(test_last)
{
	fix_hunks(f, 24, 80, 3, 1);
	fix_review(f);
	fix_want_shown(f, "y accept  n reject  r with reason  A accept all  "
	    "e edit  c ask  J next");
	fix_see(f, "yy", " 1 open");
	/* Enter is inert before it. */
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "'decide'"), 0);
	fix_see(f, "n", "Enter writes 2 hunks to 1 file, rejects 1 · Esc back");
	keys_feed(f->keys, "J", 1, f->ui.now);
	keys_feed(f->keys, "\r", 1, f->ui.now);
	/* The row has stood; a key that only moves doesn't matter. */
	assert_int_equal(fix_count(f, "'decide'"), 1);
	/* The row goes, and Enter does nothing for a while. */
	assert_false(fix_shows(f, "Enter writes"));
	keys_feed(f->keys, "\r", 1, f->ui.now);
	assert_false(f->ui.typing);
	assert_int_equal(fix_count(f, "'decide'"), 1);
}

/* Esc closes it, and the marks stay; x opens it again, also before the last
 * mark. */
FIX_TEST(test_row_closed)
{
	fix_hunks(f, 24, 80, 2, 1);
	fix_review(f);
	fix_see(f, "x", "nothing is marked");
	fix_see(f, "yx", "Enter writes 1 hunk to 1 file, 1 stays open");
	fix_see(f, "y", "Enter writes 2 hunks to 1 file ·");
	fix_escape(f);
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "'decide'"), 0);
	assert_false(fix_shows(f, "Enter writes"));
	fix_see(f, "x", "Enter writes 2 hunks to 1 file ·");
	/* To leave and come back keeps it; what is typed isn't an answer. */
	fix_see(f, "2", "[2 transcript]");
	assert_false(fix_shows(f, "Enter writes"));
	fix_see(f, "4", "Enter writes 2 hunks");
	fix_see(f, "u", " 1 open");
	assert_false(fix_shows(f, "Enter writes"));
	fix_type(f, "y\r");
	assert_int_equal(fix_count(f, "'decide'"), 1);
}

/* Another client marks the other hunk while a reason is typed: the row comes by
 * itself. */
FIX_TEST(test_last_while_typing)
{
	fix_hunks(f, 24, 80, 2, 1);
	fix_review(f);
	fix_type(f, "rslow");
	fix_line(f, "{'seq':60,'type':'draft','client':'other','proposal':50,"
	    "'hunk':'0000000000000002','mark':'yes'}");
	fix_stand(f);
	buf_clear(&f->sent);
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "'mark':'no'"), 1);
	assert_int_equal(fix_count(f, "'decide'"), 0);
	fix_want_shown(f, "Enter writes 1 hunk to 1 file, rejects 1");
}

/* Only Y writes what speaks against it, and the row says what does. */
FIX_TEST(test_capital)
{
	fix_hunks(f, 24, 80, 2, 40);
	fix_review(f);
	fix_see(f, "n", "rejected · u undoes it");
	/* To accept what isn't read marks nothing. */
	fix_see(f, "y", "lines below · Space · Y accepts it unread");
	assert_int_equal(fix_count(f, "'mark':'yes'"), 0);
	fix_see(f, "A", "1 of 2 unread · Y writes them too, rejects 1 · Enter "
	    "goes to the");
	fix_see(f, "Y", "1 of 2 unread · Enter writes them too, rejects 1 · Esc");
	assert_int_equal(fix_count(f, "'decide'"), 0);
	/* What speaks against it newly, it wasn't chosen for. */
	fix_line(f, "{'seq':70,'type':'hook','id':'hook-1',"
	    "'event':'before_apply','name':'todo','status':'done','ok':true,"
	    "'decision':'deny'}");
	fix_see(f, "", "todo blocked this · Y writes them too");
	/* It goes there. */
	fix_see(f, "g\r", "+x 1.19");
	assert_int_equal(fix_count(f, "'decide'"), 0);
	fix_see(f, "Y", "todo blocked this · Enter writes them too");
	assert_int_equal(fix_count(f, "'decide'"), 0);
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "'decide'"), 1);
	/* A hunk that Y marked counts as answered. */
	fix_hunks(f, 24, 80, 1, 40);
	fix_review(f);
	fix_see(f, "Y", "Enter writes 1 hunk to 1 file ·");
	assert_int_equal(fix_count(f, "'mark':'yes','seen':false"), 1);
	/* A hook blocked it. */
	fix_line(f, "{'seq':70,'type':'hook','id':'hook-1',"
	    "'event':'before_apply','name':'todo','status':'done','ok':true,"
	    "'decision':'deny'}");
	fix_stand(f);
	fix_see(f, "\r", "todo blocked this · Y writes 1 hunk to 1 file · "
	    "press Y");
	assert_int_equal(fix_count(f, "'decide'"), 0);
	/* Nothing is written if all is rejected. */
	fix_hunks(f, 24, 80, 1, 1);
	fix_review(f);
	fix_see(f, "n", "Enter rejects 1 hunk · Esc back");
	f->ui.fold->proposal->final = false;
	fix_want_shown(f, "Enter rejects 1 hunk and tells the model");
}

/* A newcomer finds all keys of a single hunk in 80 columns. */
FIX_TEST(test_last_single)
{
	fix_hunks(f, 24, 80, 1, 1);
	fix_review(f);
	fix_want_shown(f, "y accept  n reject  "
	    "r with reason  e edit  c ask  v lines");
}
