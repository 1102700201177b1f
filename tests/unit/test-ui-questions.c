/* Each key, sequence, paste and event that a terminal can send, while each of
 * the questions is on the screen: nothing is decided but by its key. */
#include "config.h"

#include "ui-fix.h"
#include "ui/keys/keys.h"
#include "ui/term/screen.h"

static void
ask_plan(struct fix *f)
{
	fix_load(f, "demo.jsonl", 0, 13);
	fix_live(f);
	fix_review(f);
}

static void
ask_command(struct fix *f)
{
	fix_live(f);
	fix_line(f, "{'seq':5,'type':'ask','id':'q1','command':'make',"
	    "'why':'no sandbox'}");
	fix_review(f);
}

static void
ask_limit(struct fix *f)
{
	fix_live(f);
	fix_line(f, "{'seq':7,'type':'budget','what':'turns','used':30,"
	    "'limit':30}");
	fix_review(f);
}

static void
ask_service(struct fix *f)
{
	fix_live(f);
	fix_line(f, "{'seq':7,'t':'2026-01-02T03:04:05.678Z','type':'budget',"
	    "'what':'service','limit':60}");
	fix_review(f);
}

static void
chose_service(struct fix *f)
{
	ask_service(f);
	fix_type(f, "w");
}

static void
ask_diff(struct fix *f)
{
	fix_propose(f, 50, 1, 2, 2, "x");
	fix_live(f);
	fix_review(f);
}

static void
ask_all(struct fix *f)
{
	ask_diff(f);
	fix_type(f, "A");
}

static void
ask_lines(struct fix *f)
{
	ask_diff(f);
	fix_type(f, "v ");
}

static void
ask_leave(struct fix *f)
{
	ask_diff(f);
	fix_type(f, "q");
}

static void
ask_help(struct fix *f)
{
	ask_diff(f);
	fix_type(f, "?");
}

static void
ask_typing(struct fix *f)
{
	ask_diff(f);
	fix_type(f, "iwords");
}

static void
ask_list(struct fix *f)
{
	ask_diff(f);
	fix_type(f, ":");
}

static void
chose_plan(struct fix *f)
{
	ask_plan(f);
	fix_type(f, "y");
}

static void
chose_fresh(struct fix *f)
{
	ask_plan(f);
	fix_type(f, ":plan-fresh\r");
}

static void
chose_command(struct fix *f)
{
	ask_command(f);
	fix_type(f, "n");
}

static void
chose_limit(struct fix *f)
{
	ask_limit(f);
	fix_type(f, "ew");
}

static void
ask_after_command(struct fix *f)
{
	f->ui.waits.until = UNTIL_GUEST_KEY;
	ask_diff(f);
}

static const struct question {
	const char	*name;
	void		(*ask)(struct fix *);
	const char	*shows;
	const char	*keys;		/* that decide it */
} questions[] = {
	{ "plan", ask_plan, "y approve", "" },
	{ "plan chosen", chose_plan, "Enter approves this plan", "\r" },
	{ "plan chosen, fresh", chose_fresh,
	    "approves this plan, without the exploration", "\r" },
	{ "command", ask_command, "y allow", "" },
	{ "command chosen", chose_command, "Enter rejects it", "\r" },
	{ "limit", ask_limit, "w wrap up", "" },
	{ "limit chosen", chose_limit, "Enter gives the model", "\r" },
	{ "service", ask_service, "w wait", "" },
	{ "service chosen", chose_service, "Enter waits until 2026-01-02 03:05",
	    "\r" },
	{ "diff", ask_diff, "y accept", "ynadAY" },
	{ "all", ask_all, "Enter writes 2", "\rynadu" },
	{ "lines", ask_lines, "y accept", "yY" },
	{ "after a command", ask_after_command, "C-]: review 2 hunks", "" },
	{ "leave", ask_leave, "d: detach", "" },
	{ "help", ask_help, MSG_ANY_OTHER_KEY, "" },
	{ "typing", ask_typing, "> words", "" },
	{ "list", ask_list, "Enter run", "\r" },
};

/* Whatever says yes or no to something. */
static bool
decided(struct fix *f)
{
	static const char *const words[] = { "\"decide\"", "\"mark\"",
		"\"answer\"", "\"plan\"", "\"budget\"", "\"undo\"",
		"\"hide\"", "\"include\"", "\"amend\"" };
	size_t i;

	for (i = 0; i < MEM_COUNT(words); i++)
		if (fix_count(f, words[i]) > 0)
			return true;
	return false;
}

/* With a frame after each, as with a person; `pieces`: a byte at a time with so
 * many ms after it, as on a slow line; 0: all at once. */
static void
try(const struct question *q, const char *keys, size_t n, int pieces,
    bool want)
{
	struct fix f = { 0 };
	size_t i;

	fix_init(&f, 24, 80);
	q->ask(&f);
	f.ui.now += 5000;
	fix_want_shown(&f, q->shows);
	buf_clear(&f.sent);
	f.ui.now += 5000;
	for (i = 0; i < n; i += pieces > 0 ? 1 : n) {
		keys_feed(f.keys, keys + i, pieces > 0 ? 1 : n, f.ui.now);
		fix_draw(&f);
		f.ui.now += pieces > 0 ? pieces : 100;
	}
	f.ui.now += 5000;
	keys_tick(f.keys, f.ui.now);
	fix_draw(&f);
	if (decided(&f) != want)
		fail_msg("%s: %s after \"%s\" (0x%02x): %s", q->name,
		    want ? "nothing decided" : "decided", keys,
		    (unsigned char)keys[0], buf_str(&f.sent));
	fix_release(&f);
}

TEST(test_each_key)
{
	const struct question *q;
	char key[2] = "";
	int c;

	for (q = questions; q < questions + MEM_COUNT(questions); q++)
		for (c = 1; c < 0x80; c++) {
			/* Esc waits for what belongs to it. */
			key[0] = (char)c;
			try(q, key, 1, 0, strchr(q->keys, c) != NULL);
		}
}

/* Alt and each key: at once, and cut by a slow line. */
TEST(test_alt)
{
	const struct question *q;
	char keys[3] = "\033";
	int c;

	for (q = questions; q < questions + MEM_COUNT(questions); q++)
		for (c = 1; c < 0x80; c++) {
			/* These two are never taken for Alt, nor decide. */
			keys[1] = (char)c;
			try(q, keys, 2, 0, false);
			try(q, keys, 2, KEYS_ESC_MS - 1, false);
		}
}

/* A letter that decides, where a terminal can have it in something else. (Which
 * letter is one to test-keys.) */
TEST(test_sequences)
{
	static const char *const forms[] = {
		"\033[@", "\033O@", "\033[1;5@", "\033[1;2@", "\033[[@",
		"\033[27;5;13@", "\033[200~@\033[201~",
		"\033[200~@\r\033[201~", "\033[200~@\n@\033[201~",
		"\033[200~\033[201~@", "\033[M@@@", "\033[<0;@;1M",
		"\033]11;@\007", "\033]52;c;@\033\\", "\033P>|@\033\\",
		"\033[I\033[@", "\033[?1;2@", "\033_@\033\\",
	};
	const struct question *q;
	char keys[64], *at;
	const char *k;
	size_t i, n;

	for (q = questions; q < questions + MEM_COUNT(questions); q++)
		for (k = "yYn"; *k != '\0'; k++)
			for (i = 0; i < MEM_COUNT(forms); i++) {
				n = strlen(forms[i]);
				memcpy(keys, forms[i], n + 1);
				for (at = keys; (at = strchr(at, '@')) !=
				    NULL;)
					*at = *k;
				try(q, keys, n, 0, false);
				/* The end of a paste isn't waited for; a string
				 * is recognized after its ESC only in time, as
				 * long as none was asked for. */
				if (i != 9)
					try(q, keys, n, strchr("[O",
					    keys[1]) != NULL ? 100 :
					    KEYS_ESC_MS - 1, false);
			}
}

/* A question of long ago, while the answer to it is still on its way here. */
FIX_TEST(test_old_lines)
{
	int i;

	for (i = 0; i < 2; i++) {
		fix_init(f, 24, 80);
		if (i == 0)
			fix_load(f, "demo.jsonl", 0, 13);
		else
			fix_propose(f, 50, 1, 2, 2, "x");
		fix_type(f, i == 0 ? "1" : "4");
		fix_type(f, i == 0 ? "y\r" : "y");
		assert_false(decided(f));
		fix_live(f);
		fix_type(f, i == 0 ? "\0331y\r" : "y");
		assert_true(decided(f));
	}
}
