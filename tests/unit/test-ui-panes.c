/* The panes: how the room is shared out; output and plan, while a command runs
 * and after it; searching, and the help. */
#include "config.h"

#include "base/sanitize.h"
#include "ui-fix.h"
#include "ui/panes/panes.h"
#include "ui/text/page.h"

static void
begin(struct fix *f, int rows, int cols)
{
	fix_init(f, rows, cols);
	fix_line(f, "{'seq':1,'type':'session_start','by':'core','session':'s',"
	    "'root':'/p','sandbox':{'level':'A','line':'sandbox A, net none'},"
	    "'limits':{'timeout_ms':120000}}");
	fix_live(f);
}

static void
output(struct fix *f, const char *text)
{
	char *s = xasprintf("{'type':'delta','kind':'output','text':'%s'}",
	    text);

	fix_line(f, s);
	free(s);
	fix_draw(f);
}

/* A list: a heading, and three trees, the first of which goes on below its
 * children; the cursor stays on its row when others come before it. */
TEST(test_list)
{
	static const int64_t ids[][2] = { { 8 }, { 9 }, { 0 }, { 1 }, { 1 },
		{ 1, 1 }, { 1, 2 }, { 1 }, { 2 }, { 2, 1 }, { 3 } };
	static const struct { enum action_id id; size_t cur, top; } t[] = {
		{ ACTION_LINE_DOWN, 3, 0 }, { ACTION_LINE_DOWN, 4, 1 },
		{ ACTION_LINE_DOWN, 6, 4 }, { ACTION_LINE_DOWN, 7, 4 },
		{ ACTION_LINE_UP, 6, 4 }, { ACTION_LINE_UP, 4, 4 },
		{ ACTION_LINE_UP, 3, 3 }, { ACTION_LINE_UP, 1, 0 },
		{ ACTION_PAGE_DOWN, 4, 1 }, { ACTION_BOTTOM, 8, 5 },
		{ ACTION_TOP, 1, 0 }, { ACTION_PAGE_DOWN, 4, 1 },
		{ ACTION_LINE_DOWN, 6, 4 }, { ACTION_HALF_UP, 4, 4 },
		{ ACTION_HALF_DOWN, 6, 4 }, { ACTION_NONE, 8, 6 },
	};
	struct pane p = { .height = 4 };
	size_t i, k;

	for (k = 0; k <= MEM_COUNT(t); k++) {
		page_clear(&p.page, 80, 0);
		for (i = k < MEM_COUNT(t) ? 2 : 0; i < MEM_COUNT(ids); i++)
			*page_row_add(&p.page) = (struct page_row){ .p = "x",
			    .id = { { ids[i][0], ids[i][1] } }, .len = 1 };
		list_keep(&p);
		assert_true(k == 0 || (p.cur == t[k - 1].cur && p.top ==
		    t[k - 1].top));
		if (k + 1 < MEM_COUNT(t))
			assert_true(list_move(&p, t[k].id));
	}
	list_go(&p, 3);
	assert_true(list_search(&p, "x", false) && p.cur == 5);
	list_open(&p, &p.at, true);
	p.at.of[1] = 0;
	assert_true(list_is_open(&p, &p.at));
	list_open(&p, &p.at, false);
	assert_int_equal(p.open_len, 0);
	list_release(&p);
}


/* The status line has room for whole facts only. */
FIX_TEST(test_status_narrow)
{
	begin(f, 24, 34);
	fix_line(f, "{'seq':2,'type':'tool_call','by':'model','id':'c',"
	    "'name':'bash','title':'make all the parts'}");
	fix_line(f, "{'type':'status','state':'tool'}");
	fix_want_shown(f, " sandboxed · running 0:00");
}

FIX_TEST(test_output)
{
	begin(f, 24, 80);
	fix_see(f, "3", MSG_NO_OUTPUT_YET);
	fix_line(f, "{'seq':2,'type':'tool_call','by':'model','id':'c',"
	    "'name':'bash','title':'make all'}");
	fix_line(f, "{'type':'status','state':'tool'}");
	fix_want_shown(f, "0:00 of 2:00 · make all");
	fix_want_shown(f, "No output.");
	/* As an attached client is told. */
	fix_line(f, "{'type':'status','state':'tool','for_ms':90000}");
	fix_want_shown(f, "1:30 of 2:00 · make all");
	fix_want_shown(f, " running make all 1:30");
	/* A progress bar that is redrawn again and again is one line. */
	output(f, "10%\\r20%\\r30%");
	fix_want_shown(f, "30%");
	assert_false(fix_shows(f, "10%"));
	assert_false(fix_shows(f, "20%"));
	output(f, "\\r100%\\ndone\\n");
	assert_false(fix_shows(f, "30%"));
	fix_want_shown(f, "100%");
	fix_want_shown(f, "done");
	fix_line(f, "{'seq':3,'type':'tool_result','by':'core','id':'c',"
	    "'name':'bash','ok':false,'text':'x','exit':2,'ms':61234,"
	    "'out':{'sha256':'ab','size':34567}}");
	fix_want_shown(f, "exit 2, 61.2 s · 34 kB · make all");
	assert_false(fix_shows(f, "of 2:00"));
}

/* Returns: at the end of a line they are no part of it, within it they begin it
 * anew.  However the bytes come. */
FIX_TEST(test_output_returns)
{
	static const struct {
		const char *text, *want, *not[2];
	} t[] = {
		{ "10%\\r20%\\r\\nend", "(\xe2\x80\xa6) 20%", { "10%", "^M" } },
		{ "\\r10%\\r20%\\nend", "(\xe2\x80\xa6) 20%", { "10%", "^M" } },
		{ "\\r10%\\r\\nend", "10%", { "\xe2\x80\xa6", "^M" } },
		{ "one\\r\\ntwo\\r\\nend", "one", { "\xe2\x80\xa6", "^M" } },
		{ "one\\r\\r\\n\\r\\nend", "one", { "\xe2\x80\xa6", "^M" } },
		{ "a\\u001bb\\nend", "a^[b", { "^M", "\xe2\x80\xa6" } },
	};
	size_t i, at;

	for (i = 0; i < MEM_COUNT(t); i++)
		for (at = 0; at <= strlen(t[i].text); at++) {
			char *first = xmemdup(t[i].text, at);

			/* Not within an escape of JSON. */
			if (memchr(first, '\\', at) != NULL &&
			    strchr(strrchr(first, '\\'), 'u') != NULL &&
			    strlen(strrchr(first, '\\')) < 6) {
				free(first);
				continue;
			}
			if (at > 0 && first[at - 1] == '\\') {
				free(first);
				continue;
			}
			begin(f, 24, 80);
			fix_line(f, "{'seq':2,'type':'tool_call','by':'model',"
			    "'id':'c','name':'bash','title':'make'}");
			fix_type(f, "3");
			output(f, first);
			/* Nor is there one while it is only half there. */
			assert_false(fix_shows(f, "^M"));
			output(f, t[i].text + at);
			fix_want_shown(f, t[i].want);
			fix_want_shown(f, "end");
			assert_false(fix_shows(f, t[i].not[0]));
			assert_false(fix_shows(f, t[i].not[1]));
			free(first);
		}
}

/* The lines that count, by what prints them: of each kind of failure only the
 * best, so that one failure counts once. */
TEST(test_failure_lines)
{
	static const struct {
		const char *line;
		enum failure_line kind;
	} t[] = {
		{ "_______ test_add _______", FAILURE_LINE_TEST },
		{ "_ _ _ _ _ _ _ _ _ _ _ _", FAILURE_LINE_NONE },
		{ "FAILED tests/a.py::test_add - assert 1 == 2", FAILURE_LINE_LIST },
		{ "FAILED (failures=1)", FAILURE_LINE_NONE },
		{ "FAIL: test_add (a.Sum.test_add)", FAILURE_LINE_TEST },
		{ "ERROR: test_add (a.Sum.test_add)", FAILURE_LINE_TEST },
		{ "FAIL: tests/unit/a 3 - sum", FAILURE_LINE_TEST },
		{ "# FAIL:  1", FAILURE_LINE_NONE },
		{ "    --- FAIL: TestSum/two (0.00s)", FAILURE_LINE_TEST },
		{ "FAIL\tproject/sum\t0.1s", FAILURE_LINE_NONE },
		{ "./sum.go:3:9: undefined: x", FAILURE_LINE_ERROR },
		{ "---- sum::two stdout ----", FAILURE_LINE_TEST },
		{ "test sum::two ... FAILED", FAILURE_LINE_LIST },
		{ "test sum::one ... ok", FAILURE_LINE_NONE },
		{ "error[E0308]: mismatched types", FAILURE_LINE_ERROR },
		{ "test at test/sum.js:3:1", FAILURE_LINE_TEST },
		{ "    not ok 2 - sum", FAILURE_LINE_TEST },
		{ "not ok 3 - later # TODO", FAILURE_LINE_NONE },
		{ "  \xe2\x97\x8f sum \xe2\x80\xba two", FAILURE_LINE_TEST },
		{ "FAIL src/sum.test.js", FAILURE_LINE_LIST },
		{ "3/9 Test #3: sum ......***Failed    0.01 sec",
		  FAILURE_LINE_LIST },
		{ "src/a.c:12:3: error: 'x' undeclared", FAILURE_LINE_ERROR },
		{ "src/a.c:12:3: warning: unused", FAILURE_LINE_NONE },
		{ "src/a.ts(3,5): error TS2322: no", FAILURE_LINE_ERROR },
		{ "make[1]: *** [Makefile:3: check] Error 1",
		  FAILURE_LINE_REST },
		{ "make: Nothing to be done", FAILURE_LINE_NONE },
		{ "", FAILURE_LINE_NONE }, { "  ", FAILURE_LINE_NONE },
		{ "___", FAILURE_LINE_NONE }, { "make", FAILURE_LINE_NONE },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++)
		if (failure_line(t[i].line, strlen(t[i].line)) != t[i].kind)
			fail_msg("not of kind %d: %s", t[i].kind, t[i].line);
}

/* A failed check's output is shown from its first failure; a key goes to the
 * others, and the next command is followed again. */
FIX_TEST(test_output_failures)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	int i;

	begin(f, 24, 80);
	buf_adds(&b, "{\"seq\":3,\"type\":\"evidence\",\"status\":\"done\","
	    "\"command\":\"make check\",\"where\":\"stage\",\"exit\":2,"
	    "\"text\":\"");
	for (i = 0; i < 120; i++)
		buf_addf(&b, "%sline %d.\\n", i == 30 || i == 60 ||
		    i == 110 ? "FAIL: " : "", i);
	buf_adds(&b, "make: *** [check] Error 1\\n\"}");
	fix_line(f, "{'seq':2,'type':'evidence','status':'running',"
	    "'command':'make check','where':'stage'}");
	fix_line(f, buf_str(&b));
	fix_see(f, "3", "failure 1 of 3");
	fix_want_shown(f, "FAIL: line 30.");
	assert_false(fix_shows(f, " line 29."));
	fix_want_shown(f, "J next failure");
	fix_see(f, "J", "failure 2 of 3");
	fix_want_shown(f, "FAIL: line 60.");
	fix_see(f, "jK", "failure 2 of 3");
	/* The last one can't be at the top; then around the end. */
	fix_see(f, "J", "failure 3 of 3");
	fix_want_shown(f, "Error 1");
	fix_see(f, "J", "failure 1 of 3");
	fix_see(f, "K", "failure 3 of 3");
	/* The pane follows the next command. */
	fix_line(f, "{'seq':4,'type':'tool_call','by':'model','id':'c',"
	    "'name':'bash','title':'make'}");
	for (i = 0; i < 50; i++) {
		char line[32];

		snprintf(line, sizeof(line), "other %d.\\n", i);
		output(f, line);
	}
	fix_want_shown(f, "other 49.");
	assert_false(fix_shows(f, "failure"));
	fix_see(f, "J", MSG_NO_FAILURE_RECOGNIZED);
}

/* The plan at work: the current step, the whole plan in the pager and to copy,
 * and why it is not edited now. */
FIX_TEST(test_plan_at_work)
{
	fix_demo(f, 40, 80, 13);
	fix_see(f, "1", "[ ] 1. Teach");
	assert_false(fix_shows(f, "[>] 1. "));
	f->ui.now += 5000;
	fix_load(f, "demo.jsonl", 13, 14);
	fix_see(f, "1", "[>] 1. Teach");
	fix_want_shown(f, "[ ] 2. ");
	fix_see(f, "e", "> e");
	assert_int_equal(f->ui.want_edit, UI_EDIT_NONE);
	fix_escape(f);
	fix_type(f, ":look-pager\r");
	assert_int_equal(f->ui.want_edit, UI_LOOK_TEXT);
	assert_string_equal(f->ui.look.name, "plan.md");
	assert_non_null(strstr(f->ui.look.text, "# Goal\n\nCommas inside"));
	f->ui.want_edit = UI_EDIT_NONE;
	export_clear(&f->ui);
	/* A step that was decided and is worked on once more is in review. */
	fix_line(f, "{'seq':70,'type':'plan','status':'step','step':0}");
	fix_line(f, "{'seq':71,'type':'proposal','proposal':0,'files':[]}");
	fix_line(f, "{'seq':72,'type':'plan','status':'step','step':0}");
	fix_propose(f, 73, 1, 1, 1, "x");
	fix_review(f);
	fix_see(f, "1O", "copied the plan");
	fix_want_shown(f, "[>] 1. Teach");
}

/* A plan belongs to its task: a new one doesn't show it as its own, one that
 * goes on after an interruption does. */
FIX_TEST(test_plan_of_its_task)
{
	static const struct { const char *outcome; bool past; } cases[] = {
		{ "done", true }, { "interrupted", false }, { "provider", false }, { "limit", false },
	};
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;
	int step;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		fix_init(f, 34, 120);
		fix_line(f, "{'seq':1,'type':'user_message','by':'user',"
		    "'text':'first'}");
		fix_line(f, "{'seq':2,'type':'plan','version':1,"
		    "'status':'proposed','goal':'the old goal',"
		    "'steps':[{'title':'one'},{'title':'two'},"
		    "{'title':'three'},{'title':'four'}],'files':['b.c']}");
		fix_line(f, "{'seq':3,'type':'plan','version':1,"
		    "'status':'approved','by':'user'}");
		for (step = 0; step < 4; step += step == 0 ? 2 : 1) {
			buf_clear(&b);
			buf_addf(&b, "{\"seq\":%d,\"type\":\"plan\","
			    "\"version\":1,\"status\":\"step\",\"step\":%d}",
			    4 + step, step);
			fix_line(f, buf_str(&b));
		}
		buf_clear(&b);
		buf_addf(&b, "{'seq':8,'type':'agent_end','by':'core',"
		    "'outcome':'%s','stopped':%s,'exit':0,'steps':["
		    "{'title':'one','done':true},{'title':'two','done':false},"
		    "{'title':'three','done':true},{'title':'four',"
		    "'done':true}]}", cases[i].outcome, cases[i].past ?
		    "false" : "true");
		fix_line(f, buf_str(&b));
		fix_line(f, "{'type':'status','state':'idle',"
		    "'doing':'ready'}");
		fix_live(f);
		fix_want_shown(f, "the old goal");
		fix_want_shown(f, "3 of 4 steps marked done");
		assert_int_equal(fix_shows(f, "the model left step 2 "
		    "unticked: two"), cases[i].past);
		fix_line(f, "{'seq':9,'type':'user_message','by':'user',"
		    "'text':'second'}");
		fix_propose(f, 50, 1, 1, 1, "x");
		fix_draw(f);
		assert_int_equal(fix_shows(f, "reviewing steps"),
		    !cases[i].past);
		fix_review(f);
		assert_int_equal(fix_shows(f, "not in plan"), !cases[i].past);
		fix_see(f, "1", "the old goal");
		assert_int_equal(fix_shows(f, "of an earlier task"),
		    cases[i].past);
		fix_want_shown(f, "version 1, approved");
	}
}

/* Each cell of the screen belongs to one part at most; how many do. */
static int
cover(const struct layout *l, int rows, int cols, char *cells)
{
	const struct rect *parts[] = { &l->strip, &l->title, &l->main,
		&l->beside_title, &l->beside, &l->status, &l->hints,
		&l->input };
	int n = 0, y, x;
	size_t i;

	memset(cells, 0, (size_t)rows * (size_t)cols);
	for (i = 0; i < MEM_COUNT(parts); i++) {
		const struct rect *r = parts[i];

		assert_true(r->rows >= 0 && r->cols >= 0);
		for (y = r->y; y < r->y + r->rows; y++)
			for (x = r->x; x < r->x + r->cols; x++) {
				assert_true(y >= 0 && y < rows);
				assert_true(x >= 0 && x < cols);
				assert_int_equal(cells[y * cols + x], 0);
				cells[y * cols + x] = 1;
				n++;
			}
	}
	return n;
}

TEST(test_every_size)
{
	static const int widths[] = { 1, 2, 20, 40, 80, 120, 159, 160, 161,
		200, 400 };
	struct layout_wish w;
	struct layout l;
	char cells[60 * 400];
	size_t i;
	int rows, k;

	for (i = 0; i < MEM_COUNT(widths); i++)
		for (rows = 1; rows <= 60; rows++)
			for (k = 0; k < 16; k++) {
				memset(&w, 0, sizeof(w));
				w.strip = (k & 1) != 0 ? 4 : 0;
				w.input = (k & 2) != 0 ? 9 : 0;
				w.hints = (k & 4) != 0 ? 6 : 1;
				w.enough = (k & 8) != 0 ? 20 : 0;
				layout_make(&l, rows, widths[i], &w);
				assert_int_equal(cover(&l, rows, widths[i],
				    cells), rows * widths[i]);
				assert_true(rows < 3 || l.main.rows > 0);
				assert_int_equal(l.status.rows, 1);
				if (l.beside.rows == 0)
					continue;
				assert_true(w.enough > 0);
				assert_true(l.beside.y > l.main.y);
			}
}

static void
want_found(struct fix *f, const char *text)
{
	char *s = fix_styled(f, STYLE_FOUND);

	assert_string_equal(s, text);
	free(s);
}

/* Rows of a page 10 cells wide, as a string of digits of those in which a match
 * begins. */
TEST(test_page_find)
{
	/* clang-format off */
	static const struct {
		const char *text, *find, *rows;
	} cases[] = {
		{ "one\ntwo\none two", "one", "02" },
		{ "one\ntwo", "One", "" },
		{ "ONE\nOnE", "one", "01" },
		{ "ONE\nOne", "One", "1" },
		{ "Straße ÄÖ", "äö", "0" },
		/* Broken after nine cells, with a mark. */
		{ "abcdefghijklmnopq", "hijk", "0" },
		{ "abcdefghijklmnopq", "j", "1" },
		{ "abcdefghijklmnopq\njk", "jk", "12" },
		{ "ab\ncd", "abcd", "" },
		{ "a\xffz", "z", "0" },
		{ "\xc3\xa9t\xc3\xa9", "t", "0" },
		{ "", "x", "" },
		{ "aaaa", "aa", "0" },
	};
	/* clang-format on */
	size_t i, k;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct page p = { 0 };
		char rows[10] = "";

		page_clear(&p, 10, 0);
		page_theirs(&p, STYLE_PLAIN, NULL, NULL, cases[i].text,
		    strlen(cases[i].text), false);
		for (k = 0; k < p.len; k++)
			if (page_find_at(&p, k, cases[i].find))
				rows[strlen(rows)] = (char)('0' + k);
		if (strcmp(rows, cases[i].rows) != 0)
			fail_msg("%s in %s: in rows \"%s\", not \"%s\"",
			    cases[i].find, cases[i].text, rows, cases[i].rows);
		page_release(&p);
	}
}

/* A text that goes over the end of a row is marked in both. */
TEST(test_marks_over_rows)
{
	struct screen s = { 0 };
	struct page p = { 0 };
	struct buf b = BUF_INIT(0);
	size_t i;
	int y, x;

	screen_resize(&s, 3, 10);
	page_clear(&p, 10, 0);
	page_theirs(&p, STYLE_PLAIN, NULL, NULL, "abcdefghijklmnopq", 17,
	    false);
	page_style(&p, 0, p.len, p.rows[0].p, 3, STYLE_BOLD);
	for (i = 0; i < p.len; i++)
		page_draw_row(&s, &p, i, "hijk", (int)i, 0, 10);
	for (y = 0; y < 2; y++)
		for (x = 0; x < 10; x++)
			if (screen_cell(&s, y, x)->style == STYLE_FOUND)
				buf_adds(&b, screen_cell(&s, y, x)->text);
	assert_string_equal(buf_str(&b), "hijk");
	assert_int_equal(screen_cell(&s, 0, 2)->style, STYLE_BOLD);
	assert_int_equal(screen_cell(&s, 0, 3)->style, STYLE_PLAIN);
	buf_release(&b);
	page_release(&p);
	screen_release(&s);
}

FIX_TEST(test_diff)
{
	fix_init(f, 24, 80);
	fix_propose(f, 1, 1, 4, 20, "line");
	fix_live(f);
	fix_type(f, "4/LINE 2.7\r");
	want_found(f, "");
	fix_want_shown(f, "not found: LINE 2.7");
	fix_type(f, "/line 2.7\r");
	fix_want_shown(f, "search> line 2.7");
	want_found(f, "line 2.7");
	fix_want_shown(f, "> 208 +line 2.7");
	/* The cursor is on the hunk that was found. */
	fix_see(f, "/.19\r", "> 220 +line 2.19");
	fix_see(f, "n", "> 320 +line 3.19");
	/* The box stays while keys only move. */
	fix_see(f, "jn", ">  20 +line 0.19");
	fix_see(f, "N", "> 320 +line 3.19");
	fix_want_shown(f, "n next match  N previous  Esc end search");
	assert_false(fix_shows(f, "n reject"));
	assert_non_null(f->ui.search.text);
	fix_escape(f);
	fix_draw(f);
	want_found(f, "");
	fix_want_shown(f, "n reject");
	/* Another key ends it: then n rejects. */
	fix_type(f, "/.19\rn");
	assert_int_equal(fix_count(f, "'mark'"), 0);
	fix_type(f, "yn");
	assert_int_equal(fix_count(f, "'mark'"), 2);
}

/* A command's name that doesn't stand in the text is run, as the row of keys
 * says; Tab searches all the same. What throws away goes to the message line. */
FIX_TEST(test_box)
{
	fix_init(f, 24, 80);
	fix_propose(f, 1, 1, 4, 20, "plan");
	fix_live(f);
	fix_see(f, "4/plan", "Enter search");
	fix_see(f, "\r", "search> plan");
	fix_see(f, "/changes", "Enter run /changes · Tab searches");
	fix_see(f, "\t", "not found: changes");
	fix_see(f, "/changes\r", "[changes]");
	assert_int_equal(f->ui.at, PANE_CHANGES);
	fix_see(f, "/new", "Enter type /new · Tab searches");
	fix_see(f, "\r", "> /new");
	assert_int_equal(fix_count(f, "compaction") + fix_count(f, "'new'"), 0);
	fix_see(f, "\025\033/mode sm", "Enter run /mode sm · Tab searches");
	fix_see(f, "\b\b\b\r", "> /mode");
}

/* The help is long: what can be pressed now is at its top, the rest is searched
 * for; what has no meaning in it leads back. */
FIX_TEST(test_help)
{
	fix_hunks(f, 27, 80, 2, 2);
	fix_see(f, "2?", "The usual");
	fix_want_shown(f,
	    "  Tab                  go to the open question or review");
	fix_want_shown(f, "  C                    see what was written");
	fix_want_shown(f, "Everywhere · active now");
	fix_see(f, " ", "Esc back");
	assert_false(fix_shows(f, "q quit"));
	fix_see(f, "q4v?", "Picking lines of a hunk · active now");
	fix_want_shown(f, MSG_PICK_THIS_OR_LINE);
	/* Letters that decide elsewhere are the text here. */
	fix_see(f, "/by", "search> by");
	assert_int_equal(ui_contexts(&f->ui), ACTION_CTX_INPUT);
	fix_see(f, "\010\010detach or end\r", MSG_QUIT_DETACH_OR_END);
	want_found(f, MSG_DETACH_OR_END);
	fix_see(f, "/trailing space\r", "trailing space");
	f->ui.screen->flags |= SANITIZE_ASCII;
	fix_want_shown(f, "trailing space");
	f->ui.screen->flags &= ~SANITIZE_ASCII;
	fix_see(f, "/no such key\r", MSG_NO_KEY_MATCHES);
	fix_type(f, "x");
	assert_false(f->ui.help);
	assert_null(f->ui.search.text);
	fix_want_shown(f, "[4 diff]");
	assert_int_equal(f->sent.len, 0);
}
