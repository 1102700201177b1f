/*
 * Who has the keys: the message line, a page that came by itself, and what is
 * typed in the moment after a decision.
 */
#include "config.h"

#include "ui-fix.h"

#include "base/mem.h"
#include "rounds.h"
#include "ui/keys/keys.h"
#include "ui/text/input.h"

/* A session with a model, among keys, at its transcript. */
static void
focus_begin(struct fix *f)
{
	fix_init(f, 24, 80);
	fix_line(f, "{'seq':1,'type':'session_start','by':'core',"
	    "'mode':'interactive'}");
	xstrset(&f->ui.fold->model, "m");
	fix_live(f);
	fix_draw(f);
}

/* The page comes to who has pressed this key before. */
static void
focus_comes(struct fix *f, const char *before)
{
	focus_begin(f);
	fix_type(f, before);
	fix_wait(f, 5000);
	fix_propose(f, 50, 1, 2, 2, "x");
	fix_draw(f);
	fix_want_shown(f, "[4 diff]");
}

/* It takes keys once it has stood, if nothing but moving was typed before. */
FIX_TEST(test_page_comes)
{
	focus_comes(f, "G");
	keys_feed(f->keys, "y", 1, f->ui.now);
	fix_want_shown(f, "just came: keys in a moment");
	assert_int_equal(fix_count(f, "'mark'"), 0);
	fix_stand(f);
	fix_want_shown(f, "y accept");
	fix_type(f, "y");
	assert_int_equal(fix_count(f, "'mark':'yes'"), 1);
}

/* Else only moving, until a Tab that comes alone and late enough. */
FIX_TEST(test_page_comes_to_busy_hands)
{
	focus_comes(f, "2");
	fix_type(f, "ynxAu\rY");
	assert_int_equal(fix_count(f, "'mark'"), 0);
	assert_false(f->ui.typing);
	fix_want_shown(f, "just came: Tab first");
	fix_want_shown(f, "Tab: review 2 hunks");
	fix_see(f, "J", "2/2 \xc2\xb7 2 open");
	/* The time begins anew with each other key. */
	fix_wait(f, 2000);
	keys_feed(f->keys, "y", 1, f->ui.now);
	fix_wait(f, 300);
	keys_feed(f->keys, "\t", 1, f->ui.now);
	fix_want_shown(f, "Tab again in a moment");
	fix_type(f, "y");
	assert_int_equal(fix_count(f, "'mark'"), 0);
	fix_wait(f, 2000);
	keys_feed(f->keys, "\t", 1, f->ui.now);
	fix_stand(f);
	fix_want_shown(f, "[4 diff]");
	fix_type(f, "y");
	assert_int_equal(fix_count(f, "'mark':'yes'"), 1);
	/* Esc leaves it; what was looked at once has the keys at once. */
	focus_comes(f, "2");
	fix_escape(f);
	fix_see(f, "\t", "[4 diff]");
	fix_type(f, "y");
	assert_int_equal(fix_count(f, "'mark':'yes'"), 1);
}

/* A page isn't brought to somebody who types, nor after that. */
FIX_TEST(test_message_line_keeps_it)
{
	focus_begin(f);
	fix_type(f, "ihello\r");
	fix_wait(f, 5000);
	fix_propose(f, 50, 1, 2, 2, "x");
	fix_wait(f, 60000);
	fix_want_shown(f, "[2 transcript]");
	fix_want_shown(f, "Tab: review 2 hunks");
	fix_escape(f);
	fix_wait(f, 60000);
	fix_want_shown(f, "[2 transcript]");
	fix_type(f, "i");
	/* Enter in the empty line leads there, too. */
	fix_see(f, "\r", "[4 diff]");
	fix_see(f, "y", "1 open");
}

/* Everything is marked, and Enter writes it. */
static void
focus_write(struct fix *f)
{
	focus_begin(f);
	fix_propose(f, 50, 1, 1, 2, "x");
	fix_review(f);
	fix_type(f, "y\r");
	assert_int_equal(fix_count(f, "'decide'"), 1);
	fix_line(f, "{'seq':60,'type':'decision','by':'user','proposal':50,"
	    "'files':[{'path':'a.c','hunks':[{'id':'0000000000000001',"
	    "'decision':'yes'}]}]}");
	fix_line(f, "{'seq':61,'type':'apply_begin','tx':1,'decision':60,"
	    "'ops':[{'path':'a.c'}]}");
	fix_line(f, "{'seq':62,'type':'applied','tx':1,'ops':[{'path':'a.c',"
	    "'ok':true}]}");
	fix_line(f, "{'seq':63,'type':'proposal','proposal':0,'files':[]}");
	buf_clear(&f->sent);
	fix_draw(f);
}

/* After your own write the cursor is in the message line. */
FIX_TEST(test_written)
{
	focus_write(f);
	assert_true(f->ui.typing);
	fix_want_shown(f, "wrote a.c (+2 -0) \xc2\xb7 Esc u undoes");
	keys_feed(f->keys, "yes\004", 4, f->ui.now += 100);
	assert_true(input_is_empty(&f->ui.input));
	assert_int_equal(f->ui.want.loop, 0);
	fix_want_shown(f, "Esc u undoes");
	/* A command may begin at once. */
	keys_feed(f->keys, "/g", 2, f->ui.now += 100);
	assert_string_equal(buf_str(&f->ui.input.text), "/g");
	/* A mark that came too late is asked about. */
	focus_write(f);
	fix_wait(f, 2000);
	fix_see(f, "y\r", "send \"y\" as a message?");
	assert_int_equal(fix_count(f, "'say'"), 0);
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "'text':'y'"), 1);
	focus_write(f);
	fix_wait(f, 2000);
	fix_type(f, "why\r");
	assert_int_equal(fix_count(f, "'text':'why'"), 1);
}

FIX_TEST(test_undo_behind_esc)
{
	focus_write(f);
	fix_escape(f);
	fix_want_shown(f, "Esc u undoes");
	fix_type(f, "u");
	assert_int_equal(fix_count(f, "'undo'"), 1);
	focus_write(f);
	fix_wait(f, 2000);
	keys_feed(f->keys, "\033u", 2, f->ui.now);
	assert_int_equal(fix_count(f, "'undo'"), 1);
}

/* Another's decision, or the end of a task, moves no cursor. */
FIX_TEST(test_end_by_itself)
{
	focus_begin(f);
	fix_propose(f, 50, 1, 1, 2, "x");
	fix_review(f);
	fix_line(f, "{'seq':60,'type':'decision','by':'user','client':'other',"
	    "'proposal':50,'files':[{'path':'a.c','hunks':[{'id':"
	    "'0000000000000001','decision':'yes'}]}]}");
	fix_line(f, "{'seq':63,'type':'proposal','proposal':0,'files':[]}");
	fix_draw(f);
	assert_false(f->ui.typing);
}

/* By chance, the row changes before it has stood: a held Enter does nothing. */
FIX_TEST(test_row_changes)
{
	static const char *const lines[] = {
		"{'seq':%d,'type':'evidence','status':'done','command':'make',"
		    "'check_by':'flag','where':'accepted','exit':1}",
		"{'seq':%d,'type':'draft','proposal':50,'hunk':"
		    "'0000000000000002','mark':'no'}",
		"{'seq':%d,'type':'draft','proposal':50,'hunk':"
		    "'0000000000000001','mark':'none'}",
	};
	uint64_t seed = rounds_seed();
	unsigned long long n = rounds_of(300, 20000), i;
	uint32_t kind, held;

	for (i = 0; i < n; i++) {
		focus_begin(f);
		fix_propose(f, 50, 1, 2, 2, "x");
		fix_review(f);
		fix_type(f, "y");
		keys_feed(f->keys, "y", 1, f->ui.now);
		fix_line(f, "{'seq':58,'type':'draft','proposal':50,'hunk':"
		    "'0000000000000001','mark':'yes'}");
		fix_line(f, "{'seq':59,'type':'draft','proposal':50,'hunk':"
		    "'0000000000000002','mark':'yes'}");
		fix_draw(f);
		held = random_next(&seed, 250);
		fix_wait(f, held);
		keys_feed(f->keys, "\r", 1, f->ui.now);
		fix_draw(f);
		if (fix_count(f, "'decide'") > 0)
			continue;	/* it had stood */
		fix_wait(f, random_next(&seed, 290 - held));
		if (fix_count(f, "'decide'") > 0)
			continue;
		kind = random_next(&seed, MEM_COUNT(lines) + 2);
		if (kind < MEM_COUNT(lines)) {
			AUTO_FREE char *line = xasprintf("%s", lines[kind]);

			memcpy(strchr(line, '%'), "70", 2);
			fix_line(f, line);
		} else if (kind == MEM_COUNT(lines))
			fix_propose(f, 71, 2, 2, 2, "z");
		else
			screen_resize(f->ui.screen, 24, 79);
		fix_stand(f);
		fix_stand(f);
		if (fix_count(f, "'decide'") > 0)
			fail_msg("%llu: change %u after %u ms: %s", i, kind,
			    held, buf_str(&f->sent));
	}
}

/* At 5 to 8 keys a second in a session with a model: every mark is the one that
 * was meant, and no Enter is lost. */
FIX_TEST(test_practised_hand)
{
	uint64_t seed = rounds_seed();
	unsigned long long n = rounds_of(60, 3000), i;
	char id[80];
	int k;

	for (i = 0; i < n; i++) {
		focus_begin(f);
		fix_propose(f, 50, 1, 5, 2, "x");
		fix_review(f);
		for (k = 0; k < 5; k++) {
			bool yes = random_next(&seed, 3) > 0;

			fix_wait(f, 125 + random_next(&seed, 75));
			/* To look at another one does no harm. */
			if (random_next(&seed, 4) == 0) {
				keys_feed(f->keys, "jk", 2, f->ui.now);
				fix_draw(f);
				fix_wait(f, 125);
			}
			keys_feed(f->keys, yes ? "y" : "n", 1, f->ui.now);
			fix_draw(f);
			(void)snprintf(id, sizeof(id),
			    "'hunk':'%016x','mark':'%s'", k + 1,
			    yes ? "yes" : "no");
			if (fix_count(f, id) != 1)
				fail_msg("%llu, hunk %d: %s", i, k + 1,
				    buf_str(&f->sent));
		}
		fix_wait(f, 45 + random_next(&seed, 155));
		keys_feed(f->keys, "\r", 1, f->ui.now);
		fix_stand(f);
		if (fix_count(f, "'decide'") != 1 || fix_count(f,
		    "'mark':'none'") != 0)
			fail_msg("%llu: %s", i, buf_str(&f->sent));
	}
}

/* Words that are typed while pages come by themselves, at any moment. */
FIX_TEST(test_words_while_pages_come)
{
	static const char *const words[] = { "yes please", "any news",
		"use sed instead", "y", "nay", "update the docs too",
		"so yes", "wait", "sny", "allow it", "explain" };
	static const char *const pages[] = {
		"{'seq':60,'type':'plan','by':'model','version':1,"
		    "'status':'proposed','goal':'g','steps':[{'title':'s'}]}",
		"{'seq':60,'type':'ask','id':'q1','host':'e.example',"
		    "'port':80,'command':'e.example:80'}",
		"{'seq':60,'type':'budget','what':'money','used':2.5,"
		    "'limit':2}",
	};
	uint64_t seed = rounds_seed();
	unsigned long long n = rounds_of(400, 40000), i;
	uint32_t page, moment, at, pace;
	const char *p;

	for (i = 0; i < n; i++) {
		focus_begin(f);
		buf_clear(&f->sent);
		p = words[random_next(&seed, MEM_COUNT(words))];
		moment = random_next(&seed, (uint32_t)strlen(p) + 2);
		page = random_next(&seed, MEM_COUNT(pages) + 1);
		pace = 50 + random_next(&seed, 1950);
		/* In the message line, or by mistake among keys. */
		if (random_next(&seed, 2) == 0)
			fix_type(f, "i");
		else
			fix_type(f, "2");
		for (at = 0; at <= strlen(p) + 1; at++) {
			if (at == moment && page < MEM_COUNT(pages))
				fix_line(f, pages[page]);
			else if (at == moment)
				fix_propose(f, 50, 1, 1, 2, "x");
			fix_wait(f, pace);
			keys_feed(f->keys, at < strlen(p) ? p + at : "\r", 1,
			    f->ui.now);
			f->ui.want_edit = UI_EDIT_NONE;
			fix_draw(f);
		}
		fix_stand(f);
		if (fix_count(f, "'decide'") + fix_count(f, "'approve'") +
		    fix_count(f, "'answer'") + fix_count(f, "'budget'") +
		    fix_count(f, "'mark':'yes'") > 0)
			fail_msg("%llu: \"%s\" at %u ms, page %u before key "
			    "%u: %s", i, p, pace, page, moment,
			    buf_str(&f->sent));
	}
}
