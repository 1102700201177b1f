/*
 * What is typed where keys act, by chance: words with their Enters decide
 * nothing, at any pace; and what a practised hand marks and stages is what was
 * meant, and no Enter of it is lost.
 *
 * 40,000 words in make check-slow; ROUNDS and SEED as in rounds.h
 */
#include "config.h"

#include "ui-fix.h"

#include "rounds.h"
#include "ui/keys/keys.h"
#include "ui/text/input.h"

/* Each has a letter without a meaning at a hunk, or two that open something
 * behind another letter. */
static const char *const words[] = { "yes but wait", "no, keep the old one",
	"update the docs too", "use sed instead", "remove this", "now also c.txt",
	"Yes but fix the test first", "any other idea?", "and run it again",
	"exit", "unquote it", "why not just rename it", "hello", "please go on",
	"rename the file", "Add a test", "nicer words here" };

static void
words_key(struct fix *f, const char *key, int64_t after)
{
	fix_wait(f, after);
	keys_feed(f->keys, key, 1, f->ui.now);
	if (random_next(&(uint64_t){ (uint64_t)f->ui.now }, 3) > 0)
		fix_draw(f);
	f->ui.want_edit = UI_EDIT_NONE;
}

/* What waits: a hunk or two, a plan, a host, or a limit. */
static void
words_page(struct fix *f, size_t kind)
{
	fix_hunks(f, 24, 80, 1 + (int)kind % 2, 2);
	if (kind == 2)
		fix_line(f, "{'seq':60,'type':'plan','by':'model','version':1,"
		    "'status':'proposed','goal':'g','steps':[{'title':'s'}]}");
	else if (kind == 3)
		fix_line(f, "{'seq':60,'type':'ask','id':'q1','host':"
		    "'e.example','port':80,'command':'e.example:80'}");
	else if (kind == 4)
		fix_line(f, "{'seq':60,'type':'budget','what':'money',"
		    "'used':2.5,'limit':2}");
	fix_review(f);
}

FIX_TEST(test_words)
{
	uint64_t seed = rounds_seed();
	unsigned long long n = rounds_of(400, 40000), i;
	size_t at, enters;
	const char *p;
	uint32_t pace;

	for (i = 0; i < n; i++) {
		words_page(f, random_next(&seed, 5));
		p = words[at = random_next(&seed, MEM_COUNT(words))];
		pace = 50 + random_next(&seed, 550);
		buf_clear(&f->sent);
		for (; *p != '\0'; p++)
			words_key(f, p, pace + random_next(&seed, 80));
		for (enters = 1 + random_next(&seed, 3); enters > 0; enters--)
			words_key(f, "\r", 50 + random_next(&seed, 1950));
		fix_stand(f);
		if (fix_count(f, "'decide'") + fix_count(f, "'approve'") +
		    fix_count(f, "'answer'") + fix_count(f, "'budget'") +
		    fix_count(f, "'undo'") > 0)
			fail_msg("%llu: \"%s\" at %u ms: %s", i, words[at],
			    pace, buf_str(&f->sent));
	}
}

/* At 5 to 8 keys a second, some of them in one read. */
FIX_TEST(test_practised_hand)
{
	uint64_t seed = rounds_seed();
	char id[80];
	int i, wrote = 0;
	bool yes, enter, together;

	fix_own_tree(f, 300);
	for (i = 0; i < 300; i++) {
		yes = random_next(&seed, 3) > 0;
		enter = random_next(&seed, 3) == 0;
		together = enter && random_next(&seed, 3) == 0;
		fix_wait(f, 125 + random_next(&seed, 75));
		keys_feed(f->keys, yes ? "y\r" : "n\r", together ? 2 : 1,
		    f->ui.now);
		if (enter && !together) {
			fix_draw(f);
			fix_wait(f, 45 + random_next(&seed, 155));
			keys_feed(f->keys, "\r", 1, f->ui.now);
		}
		fix_draw(f);
		wrote += enter;
		(void)snprintf(id, sizeof(id), "'hunk':'%016x','mark':'%s'",
		    i + 1, yes ? "yes" : "no");
		if (fix_count(f, id) != 1 || fix_count(f, "'decide'") != wrote)
			fail_msg("hunk %d: %s", i + 1, buf_str(&f->sent));
	}
	assert_int_equal(fix_count(f, "'mark':'"), 300);
	assert_false(f->ui.typing);
}
