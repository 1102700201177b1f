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

#define OWN_HUNKS	40

/* Your own tree, whose index takes its time to be written. */
struct own {
	const char *mark[OWN_HUNKS];	/* what was typed */
	bool	gone[OWN_HUNKS];	/* staged */
	int	seq, version, decided;
	bool	fails;			/* another git is using the index */
	int64_t	due;			/* of what is left; 0: nothing is written */
};

/* How often this hunk's mark was sent. */
static int
own_marked(struct fix *f, const struct own *o, int k)
{
	char id[80];

	(void)snprintf(id, sizeof(id), "'hunk':'%016x','mark':'%s'", k + 1,
	    o->mark[k]);
	return o->mark[k] == NULL ? 0 : fix_count(f, id);
}

/* The core's lines after a decision. */
static void
own_written(struct fix *f, struct own *o)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *sep = "";
	int i;

	buf_addf(&b, "{'seq':%d,'type':'decision','by':'user','proposal':50,"
	    "'files':[{'path':'a.c','hunks':[", ++o->seq);
	for (i = 0; i < OWN_HUNKS; i++)
		if (!o->gone[i] && own_marked(f, o, i) > 0) {
			buf_addf(&b, "%s{'id':'%016x','decision':'%s'}", sep,
			    i + 1, o->mark[i]);
			sep = ",";
			o->gone[i] = !o->fails && o->mark[i][0] == 'y';
		}
	buf_adds(&b, "]}]}");
	fix_line(f, buf_str(&b));
	if (o->fails)
		fix_line(f, "{'seq':60,'type':'applied','tx':1,'index':true,"
		    "'ops':[{'path':'a.c','ok':false,'error':'stopped',"
		    "'text':'another git is using the index'}]}");
	buf_clear(&b);
	buf_addf(&b, "{'seq':%d,'type':'proposal','by':'core','proposal':50,"
	    "'version':%d,'final':true,'files':[{'path':'a.c','status':"
	    "'modified','hunks':[", ++o->seq, ++o->version);
	sep = "";
	for (i = 0; i < OWN_HUNKS; i++)
		if (!o->gone[i]) {
			buf_addf(&b, "%s{'id':'%016x','old_start':%d,"
			    "'old_lines':0,'new_start':%d,'new_lines':1,'text':"
			    "'+x %d'}", sep, i + 1, i * 100 + 1, i * 100 + 1,
			    i);
			sep = ",";
		}
	buf_adds(&b, "]}]}");
	fix_line(f, buf_str(&b));
	o->due = 0;
}

/* So long nothing is typed; the index may be written meanwhile. */
static void
own_wait(struct fix *f, struct own *o, int64_t ms, uint64_t *seed)
{
	int64_t until = f->ui.now + ms;
	int n = fix_count(f, "'decide'");

	if (n > o->decided) {
		o->decided = n;
		o->due = f->ui.now + 20 + random_next(seed, 900);
	}
	if (o->due != 0 && o->due <= until) {
		fix_wait(f, o->due - f->ui.now);
		own_written(f, o);
	}
	fix_draw(f);
	fix_wait(f, until - f->ui.now);
	fix_draw(f);
}

/* At 5 to 8 keys a second, some of them in one read, while git's index is
 * written: keys wait for what is left, and mark that. */
FIX_TEST(test_practised_hand)
{
	uint64_t seed = rounds_seed();
	unsigned long long n = rounds_of(10, 1000), i;
	struct own o;
	bool enter, together;
	int k, enters;
	char keys[3];

	for (i = 0; i < n; i++) {
		fix_own_tree(f, OWN_HUNKS);
		o = (struct own){ .seq = 50, .version = 1 };
		enters = 0;
		for (k = 0; k < OWN_HUNKS; k++) {
			o.mark[k] = random_next(&seed, 3) == 0 ? "no" : "yes";
			enter = random_next(&seed, 3) == 0;
			together = enter && random_next(&seed, 3) == 0;
			(void)snprintf(keys, sizeof(keys), "%c\r",
			    o.mark[k][0]);
			keys_feed(f->keys, keys, together ? 2 : 1, f->ui.now);
			own_wait(f, &o, 125 + random_next(&seed, 75), &seed);
			enters += enter;
			if (!enter || together)
				continue;
			keys_feed(f->keys, "\r", 1, f->ui.now);
			own_wait(f, &o, 45 + random_next(&seed, 155), &seed);
		}
		for (k = 0; k < OWN_HUNKS; k++)
			own_wait(f, &o, 1000, &seed);
		for (k = 0; k < OWN_HUNKS; k++)
			if (own_marked(f, &o, k) != 1)
				fail_msg("%llu, hunk %d: %s", i, k + 1,
				    buf_str(&f->sent));
		if (fix_count(f, "'mark':'") != OWN_HUNKS ||
		    fix_count(f, "'decide'") != enters)
			fail_msg("%llu, %d times Enter: %s", i, enters,
			    buf_str(&f->sent));
		assert_false(f->ui.typing);
	}
}

/* Where the index can't be written, the row says why, and no kept key takes it
 * away. */
FIX_TEST(test_index_in_use)
{
	struct own o = { .seq = 60, .version = 1, .mark = { "yes" },
		.fails = true };

	fix_own_tree(f, OWN_HUNKS);
	fix_type(f, "y\r");
	fix_type(f, "n");
	assert_int_equal(fix_count(f, "'mark':'no'"), 0);
	own_written(f, &o);
	fix_stand(f);
	assert_int_equal(fix_count(f, "'mark':'no'"), 0);
	fix_want_shown(f, "another git is using the index");
	fix_type(f, "n");
	assert_int_equal(fix_count(f, "'mark':'no'"), 1);
}
