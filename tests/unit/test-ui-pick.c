/* Lists to choose from: what matches, in which order; the list of commands runs
 * what its rows say, and decides nothing that the key wouldn't. */
#include "config.h"

#include "front/bindings.h"
#include "ui-fix.h"
#include "ui/keys/keys.h"
#include "ui/pick/picker.h"

/* The first of two rows for this query; -1: none matches. */
static int
fuzzy_first(const char *query, struct picker_entry a, struct picker_entry b)
{
	struct picker *p = picker_new(&(struct picker_kind){ .what = "" });
	size_t row;

	if (a.text != NULL)
		picker_add(p, &a);
	if (b.text != NULL)
		picker_add(p, &b);
	picker_start(p, 0);
	picker_paste(p, query, strlen(query));
	row = picker_row(p);
	picker_free(p);
	return row == SIZE_MAX ? -1 : a.text == NULL ? 1 : (int)row;
}

/* The first matches better than the second; NULL: the first doesn't match. */
TEST(test_fuzzy_order)
{
	static const struct {
		const char *query, *better, *worse;
	} cases[] = {
		{ "diff", "diff", "diff-words" },
		{ "diff", "diff-words", "pane-diff" },
		{ "diff", "pane-diff", "indifferent" },
		{ "sco", "discovery", "s.connect.ops" },
		{ "hac", "hunk-accept", "hunk-edit-a-c-x-hatch" },
		{ "hac", "hunk-accept", "what-a-catch" },
		{ "ld", "lineDown", "loud" },
		{ "abc", "a-b-c", "xaxbxc" },
		{ "abc", "xxabxc", "axxbxxc" },
		{ "accept hunk", "hunk-accept", NULL },
		{ "hunk accept", "hunk-accept", "hunk-reject" },
		{ "ACC", NULL, "hunk-accept" },
		{ "Acc", "Accept", "accept" },
		{ "\xc3\xa4\xc3\xb6", "\xc3\x84\xc3\x96", "a o" },
		{ "\xe6\xbc\xa2", "\xe6\xbc\xa2\xe5\xad\x97", "x" },
		{ "z", NULL, "abc" },
		{ "abc", NULL, "ab" },
		{ "\xfe", "a\xfe", "\xff" },
		{ "", "", NULL },
		{ "   ", "x", NULL },
		{ "x", NULL, "" },
	};
	const struct picker_entry more = { .text = "take-back",
		.more = "undo it" }, none = { 0 };
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		int first = fuzzy_first(cases[i].query,
		    (struct picker_entry){ .text = cases[i].worse },
		    (struct picker_entry){ .text = cases[i].better });

		if (first != (cases[i].better == NULL ? -1 : 1))
			fail_msg("%s: %s before %s", cases[i].query,
			    cases[i].worse, cases[i].better);
	}
	/* Words beside the text count less, and letter by letter only. */
	assert_int_equal(fuzzy_first("undo", more, none), 0);
	assert_int_equal(fuzzy_first("undo", more, (struct picker_entry){
	    .text = "u-n-d-o" }), 1);
	assert_int_equal(fuzzy_first("uit", more, none), -1);
}

/* ---- the list of commands ---- */

static void
start(struct fix *f, int rows, int cols)
{
	fix_hunks(f, rows, cols, 2, 2);
	fix_type(f, "4");
	buf_clear(&f->sent);
}

/* A row does what its key does: it says why it can't, too. */
FIX_TEST(test_runs)
{
	start(f, 24, 80);
	fix_type(f, ":pane-tr\r");
	assert_int_equal(f->ui.at, PANE_TRANSCRIPT);
	/* Dim, and it stays open with the reason. */
	fix_type(f, ":hunk-accept\r");
	assert_non_null(f->ui.pick.list);
	fix_want_shown(f, "hunk-accept: show the diff first (4)");
	assert_int_equal(f->sent.len, 0);
	fix_type(f, "\003");
	assert_null(f->ui.pick.list);
	assert_int_equal(f->sent.len, 0);
	/* By the name of the command that does the same. */
	fix_type(f, ":/diff\r");
	assert_int_equal(f->ui.at, PANE_DIFF);
	fix_type(f, ":hunk-lines\r");
	assert_non_null(f->ui.lines.hunk);
	fix_see(f, ":hunk-edit\r", "hunk-edit: stop picking lines first (v)");
	fix_type(f, "\003v");
	assert_null(f->ui.lines.hunk);
	/* A command that may have a text is typed, and never runs by a slip of
	 * vi's keys; a question comes before the end. */
	fix_see(f, ":/compact\r", "> /compact");
	assert_int_equal(f->sent.len, 0);
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "'compact'"), 1);
	buf_clear(&f->sent);
	fix_type(f, "\033");
	fix_type(f, ":/new\r\025\033:end\r");
	assert_int_equal(f->sent.len, 0);
	fix_want_shown(f, "Quit?");
	fix_type(f, "c");
	fix_type(f, ":/effort\r");
	fix_see(f, "xh", "> /effort xh");
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "'effort':'xhigh'"), 1);
	fix_see(f, "\033:/commit --note", "type a command and its words");
	fix_type(f, "\003");
	fix_start(f);
	fix_see(f, "4:hunk-accept\r", "hunk-accept: no changes to review");
}

/* A mark from the list is as that of the key. */
FIX_TEST(test_verdicts)
{
	start(f, 24, 80);
	fix_type(f, ":hunk-reject\r");
	assert_null(f->ui.pick.list);
	assert_int_equal(fix_count(f, "'mark':'no'"), 1);
	/* The editor shows the hunk, and an edit only marks. */
	fix_type(f, ":hunk-edit\r");
	assert_int_equal(f->ui.confirm.action, ACTION_NONE);
	assert_int_equal(f->ui.want_edit, UI_EDIT_HUNK);
	/* In one read it marks at most. */
	start(f, 24, 80);
	keys_feed(f->keys, ":all-accept\rxY\r\r", 16, f->ui.now);
	fix_draw(f);
	assert_int_equal(fix_count(f, "'mark':'yes'"), 2);
	assert_int_equal(fix_count(f, "'decide'"), 0);
	/* Of a hunk that wasn't seen in full, nothing. */
	fix_hunks(f, 24, 80, 1, 100);
	fix_type(f, "4");
	buf_clear(&f->sent);
	fix_see(f, ":hunk-accept\r", "lines below");
	assert_int_equal(f->sent.len, 0);
}

/* Each row shows the key that this user has. */
FIX_TEST(test_own_keys)
{
	cJSON *keys = cJSON_CreateObject();
	struct err e = ERR_INIT;
	struct bindings *b;

	cJSON_AddStringToObject(keys, "hunk-accept", "%");
	cJSON_AddStringToObject(keys, "commands", "F5");
	cJSON_AddStringToObject(keys, "retry", ".");
	b = bindings_new(keys, "here", &e);
	assert_non_null(b);
	start(f, 24, 80);
	f->ui.bindings = b;
	/* Now it does nothing. */
	fix_type(f, ":");
	assert_null(f->ui.pick.list);
	fix_want_shown(f, MSG_DOES_NOTHING_HERE);
	fix_type(f, "\010");
	keys_feed(f->keys, "\033[15~", 5, f->ui.now);
	assert_non_null(f->ui.pick.list);
	fix_see(f, "hunk-acc", "> %");
	assert_string_equal(ui_way_of(&f->ui, ACTION_FORK), "F5 fork");
	assert_string_equal(ui_way_of(&f->ui, ACTION_RETRY), ".");
	assert_string_equal(ui_key_or(&f->ui, ACTION_RETRY, "/retry"), ".");
	f->ui.bindings = f->bindings;
	assert_string_equal(ui_way_of(&f->ui, ACTION_FORK), ":fork");
	assert_string_equal(ui_key_or(&f->ui, ACTION_RETRY, "/retry"),
	    "/retry");
	fix_release(f);
	bindings_free(b);
	cJSON_Delete(keys);
}

/* Where text is typed, the key of the list is text. */
FIX_TEST(test_key_typed)
{
	start(f, 24, 80);
	fix_type(f, "i:");
	assert_null(f->ui.pick.list);
	assert_string_equal(buf_str(&f->ui.input.text), ":");
}

/* A paste is searched for, whatever is in it. */
FIX_TEST(test_paste)
{
	start(f, 24, 80);
	fix_type(f, ":");
	keys_feed(f->keys, "\033[200~hunk\raccept\r\033[201~", 24, f->ui.now);
	f->ui.now += 2000;
	keys_tick(f->keys, f->ui.now);
	fix_draw(f);
	assert_non_null(f->ui.pick.list);
	assert_string_equal(picker_query(f->ui.pick.list), "hunk accept ");
	assert_int_equal(f->sent.len, 0);
}

/* ---- background commands ---- */

static const char *background_text;

static char *
background_piece(void *arg, const char *name, int64_t at, size_t n, size_t *len,
    int64_t *size)
{
	int64_t all = (int64_t)strlen(background_text);

	(void)arg;
	assert_string_equal(name, "b1");
	*size = all;
	at = at > all ? all : at;
	*len = (int64_t)n > all - at ? (size_t)(all - at) : n;
	return xmemdup(background_text + at, *len);
}

/* Is the core asked in the next second? */
static bool
background_is_asked(struct fix *f)
{
	buf_clear(&f->sent);
	f->ui.now += 1000;
	(void)state_tick(&f->ui);
	return fix_count(f, "{'type':'background'}") == 1;
}

/* The core is asked while somebody looks; the list keeps its row and what is
 * typed; a click on the status line opens it, too. */
FIX_TEST(test_background)
{
	struct key_event click = { .key = KEYS_CLICK, .x = 5 };

	fix_init(f, 24, 80);
	f->ui.transcript.source.piece = background_piece;
	fix_live(f);
	fix_escape(f);
	fix_see(f, "&", "no command was started in the background");
	fix_line(f, "{'seq':2,'type':'tool_result','by':'core','id':'c',"
	    "'name':'bash','ok':true,'text':'x','background':{'id':'b1',"
	    "'command':'npm run dev'}}");
	fix_line(f, "{'seq':3,'type':'tool_result','by':'core','id':'d',"
	    "'name':'bash','ok':true,'text':'x','background':{'id':'b2',"
	    "'command':'make \\u001b[2J watch'}}");
	fix_want_shown(f, "2 in the background: &");
	assert_false(background_is_asked(f));
	fix_type(f, "&");
	assert_true(fix_count(f, "{'type':'background'}") > 0);
	fix_line(f, "{'type':'backgrounds','commands':[{'id':'b1','ms':65000,"
	    "'bytes':6,'last':'ready','ports':[80,5173]},{'id':'b2','ms':1,"
	    "'bytes':0}]}");
	fix_want_shown(f, "b1  npm run dev");
	fix_want_shown(f, "runs 1:05 \xc2\xb7 ports 80, 5173 \xc2\xb7 ready");
	fix_want_shown(f, "> b2");
	fix_want_shown(f, "watch");
	assert_true(background_is_asked(f));
	fix_type(f, "b1");
	fix_line(f, "{'type':'backgrounds','commands':[{'id':'b1','ms':66000,"
	    "'bytes':6,'last':'ready','ports':[]}]}");
	fix_want_shown(f, "1 found");
	fix_want_shown(f, "runs 1:06 \xc2\xb7 ready");
	background_text = "first\nready\n";
	fix_see(f, "\r", "b1 runs \xc2\xb7 12 bytes");
	fix_want_shown(f, "first");
	background_text = "first\nready\nmore\n";
	assert_true(background_is_asked(f));
	fix_line(f, "{'type':'backgrounds','commands':[]}");
	fix_want_shown(f, "more");
	/* Elsewhere nobody looks. */
	fix_type(f, "2");
	assert_false(background_is_asked(f));
	click.y = f->ui.layout.status.y;
	state_key(&f->ui, &click);
	fix_want_shown(f, "background commands");
	fix_type(f, "\030");
	assert_int_equal(fix_count(f, "{'type':'stop','id':'b2'}"), 1);
	fix_line(f, "{'seq':4,'type':'note','by':'core','text':'t','background':"
	    "{'id':'b2','command':'make watch','ended':'stopped by the user'}}");
	fix_want_shown(f, "stopped by the user");
	fix_see(f, "\030", "b2 has ended");
	assert_int_equal(fix_count(f, "'stop'"), 1);
}

/* Only a capital Y opens a port, once the question has been on the screen; an open
 * one is closed without a question. */
FIX_TEST(test_background_port)
{
	fix_init(f, 24, 80);
	fix_live(f);
	fix_escape(f);
	fix_line(f, "{'seq':2,'type':'tool_result','by':'core','id':'c',"
	    "'name':'bash','ok':true,'text':'x','background':{'id':'b1',"
	    "'command':'npm run dev'}}");
	fix_type(f, "&");
	fix_draw(f);
	fix_see(f, "\024", "b1 has no port to open: only on levels A and B");
	fix_line(f, "{'type':'backgrounds','commands':[{'id':'b1','ms':65000,"
	    "'bytes':6,'ports':[5173]}]}");
	fix_type(f, "\024");
	fix_want_shown(f, "Open port 5173 of b1 at 127.");
	fix_stand(f);
	fix_see(f, "y", "press Y");
	fix_see(f, "n", "not done");
	assert_int_equal(fix_count(f, "{'type':'port'}"), 0);
	fix_type(f, "&");
	fix_draw(f);
	fix_type(f, "\024");
	fix_draw(f);
	fix_stand(f);
	fix_type(f, "Y\r");
	assert_int_equal(fix_count(f, "{'type':'port','id':'b1','port':5173}"),
	    1);
	fix_line(f, "{'seq':3,'type':'note','by':'user','text':'t','port':{"
	    "'id':'b1','command':'npm run dev','port':5173,'address':"
	    "'127.1.2.3:40000'}}");
	fix_want_shown(f, "http://127.1.2.3:40000");
	fix_type(f, "&");
	fix_line(f, "{'type':'backgrounds','commands':[{'id':'b1','ms':65000,"
	    "'bytes':6,'ports':[80,5173]}]}");
	fix_want_shown(f, "port 80 \xc2\xb7 5173 is open at 127.1.2.3:40000");
	/* Also where nobody listens now. */
	fix_line(f, "{'type':'backgrounds','commands':[{'id':'b1','ms':65000,"
	    "'bytes':6,'ports':[]}]}");
	fix_want_shown(f, "5173 is open at 127.1.2.3:40000");
	fix_type(f, "\024");
	assert_int_equal(fix_count(f, "{'type':'port','id':'b1','port':5173,"
	    "'close':true}"), 1);
	fix_line(f, "{'seq':4,'type':'note','by':'user','text':'t','port':{"
	    "'id':'b1','command':'npm run dev','port':5173,'address':"
	    "'127.1.2.3:40000','closed':'you closed it'}}");
	fix_type(f, "&");
	fix_want_shown(f, "runs 1:05");
	assert_false(fix_shows(f, "is open at"));
}
