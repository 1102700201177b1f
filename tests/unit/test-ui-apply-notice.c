/*
 * The screen when a decision was not carried out as it was made, and before
 * newer text in a file is overwritten: without a terminal.
 */
#include "config.h"

#include "journal/fold.h"
#include "ui/diff/diff.h"

#include "ui-fix.h"

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
	fix_see(f, "yn", "x write 1 of 4  ");
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
	    "y accept  n reject  r with reason  A accept all 2  ");
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
	fix_see(f, "yy", "2 accepted");
	fix_line(f, "{'seq':60,'type':'decision','by':'user','proposal':50,"
	    "'files':[{'path':'a.c','hunks':[{'id':'0000000000000001',"
	    "'decision':'yes'},{'id':'0000000000000002','decision':'yes'}]}]}");
	fix_line(f, "{'seq':61,'type':'applied','tx':1,'ops':[{'path':'a.c',"
	    "'ok':false,'error':'changed'}]}");
	fix_propose(f, 62, 2, 2, 1, "x");
	fix_want_shown(f, ", 2 open");
	assert_false(fix_shows(f, "[y]"));
}

/* The key that completes the decision says that it writes. */
FIX_TEST(test_last)
{
	int cols;

	fix_hunks(f, 24, 80, 3, 1);
	fix_review(f);
	fix_want_shown(f, "y accept  n reject  r with reason  A accept all 3  e edit  c ask  J next");
	fix_see(f, "yy", "2 accepted, 0 rejected, 1 open \xc2\xb7 no check");
	fix_want_shown(f, "y accept, write all 3  "
	    "n reject, write 2  x write 2, 1 open  r reason  ");
	/* Made again, it has the same room. */
	cols = f->ui.offers.cols;
	offers_make(&f->ui);
	assert_int_equal(f->ui.offers.cols, cols);
	fix_see(f, ":hunk-reject\r", "Reject this hunk and write 2 of 3?");
}

/* While a reason is typed another client marks the other hunk: the key that the
 * screen said rejects one doesn't write. */
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
	assert_int_equal(fix_count(f, "'hold':true"), 1);
}

/* Nothing is written if everything is rejected; the question about hunks that
 * weren't seen says what is written. */
FIX_TEST(test_last_question)
{
	fix_hunks(f, 24, 80, 2, 40);
	fix_review(f);
	fix_see(f, "n", "y show rest  n reject, end review  ");
	fix_see(f, "M", "n reject, end review  ");
	/* With a reason it is not for good: the model proposes anew. */
	fix_line(f, "{'seq':60,'type':'draft','proposal':50,"
	    "'hunk':'0000000000000001','mark':'no','word':'slow'}");
	fix_want_shown(f, "1 rejected, 1 open");
	fix_want_shown(f, "n reject, tell model  ");
	fix_type(f, "[");
	fix_type(f, "y");
	fix_want_shown(f, "Write 1 of 2 hunks in 1 file, reject 1? You "
	    "have seen 35 of its 40 lines.");
	/* A key that may mark several only marks. */
	fix_type(f, "\003JJ");
	fix_see(f, "a", "Accept 1 hunk? You have seen 35 of its 40 lines.");
	fix_see(f, "Y", "1 hunk accepted · x: write 1 of 2 · u: undo");
	assert_int_equal(fix_count(f, "'hold':true"), 2);
}

/* A newcomer finds all keys of a single hunk in 80 columns. */
FIX_TEST(test_last_single)
{
	fix_hunks(f, 24, 80, 1, 1);
	fix_review(f);
	fix_want_shown(f, "y accept, write it  n reject, end review  "
	    "r with reason  e edit  c ask  ? help");
	/* The step's change: the model goes on. */
	f->ui.fold->proposal->final = false;
	fix_want_shown(f, "y accept, write it  n reject, tell model  "
	    "r with reason  e edit  c ask  ? help");
	f->ui.fold->proposal->final = true;
	fix_line(f, "{'seq':70,'type':'hook','id':'hook-1',"
	    "'event':'before_apply','name':'todo','status':'done','ok':true,"
	    "'decision':'deny'}");
	/* That is something else. */
	fix_want_shown(f, "\302\267 accept and run the hook again  ");
	fix_stand(f);
	fix_want_shown(f,
	    "y accept and run the hook again  n reject, end review");
}
