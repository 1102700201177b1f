/* The panes of output and plan: what stands there while a command runs, after
 * it, and what has come of a plan. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "ui/panes/panes.h"
#include "ui-fix.h"
#include "tests/messages.h"

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

static void
test_output(void **state)
{
	struct fix *f = *state;

	begin(f, 24, 80);
	fix_see(f, "3", MSG_NO_OUTPUT_YET);
	fix_line(f, "{'seq':2,'type':'tool_call','by':'model','id':'c',"
	    "'name':'bash','title':'make all'}");
	fix_line(f, "{'type':'status','state':'tool'}");
	fix_want_shown(f, "0:00 of 2:00 · make all");
	fix_want_shown(f, "No output.");
	f->ui.now += 61000;
	fix_want_shown(f, "1:01 of 2:00 · make all");
	/* As an attached client is told. */
	fix_line(f, "{'type':'status','state':'tool','for_ms':90000}");
	fix_want_shown(f, "1:30 of 2:00 · make all");
	/* A bar that is drawn again and again is one line. */
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
static void
test_output_returns(void **state)
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
	struct fix *f = *state;
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
			fix_release(f);
			free(first);
		}
}

/* Only the tail is kept here: that there was more is said. */
static void
test_output_long(void **state)
{
	struct fix *f = *state;
	char *line = xmalloc(1001);
	int i;

	memset(line, 'x', 998);
	memcpy(line + 998, "\\n", 3);
	begin(f, 24, 80);
	fix_line(f, "{'seq':2,'type':'tool_call','by':'model','id':'c',"
	    "'name':'bash','title':'make'}");
	for (i = 0; i < 100; i++)
		output(f, line);
	fix_type(f, "3g");
	fix_want_shown(f, MSG_BYTES_BEFORE_THIS);
	fix_line(f, "{\"seq\":3,\"type\":\"tool_result\",\"id\":\"c\","
	    "\"ok\":true}");
	fix_want_shown(f, MSG_BYTES_BEFORE);
	free(line);
}

/* The lines that count, by what prints them: of each kind of failure only the
 * best, so that one failure counts once. */
static void
test_failure_lines(void **state)
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

	(void)state;
	for (i = 0; i < MEM_COUNT(t); i++)
		if (failure_line(t[i].line, strlen(t[i].line)) != t[i].kind)
			fail_msg("not of kind %d: %s", t[i].kind, t[i].line);
}

/* What a failed check printed is shown from its first failure; a key goes to the
 * others, and the next command is followed again. */
static void
test_output_failures(void **state)
{
	struct fix *f = *state;
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
	/* As one left it. */
	fix_see(f, "JJ23", "FAIL: line 60.");
	fix_see(f, "G", "3 failures");
	fix_see(f, "23", "failure 1 of 3");
	/* What runs next is followed. */
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

/* Where the work is, all of it in the pager and to copy, and why it is not
 * edited now. */
static void
test_plan_at_work(void **state)
{
	struct fix *f = *state;

	fix_demo(f, 40, 80, 13);
	fix_see(f, "1", "[ ] 1. Teach");
	assert_false(fix_shows(f, "[>] 1. "));
	f->ui.now += 5000;
	fix_load(f, "demo.jsonl", 13, 14);
	fix_see(f, "1", "[>] 1. Teach");
	fix_want_shown(f, "[ ] 2. ");
	fix_see(f, "e", MSG_DOES_NOTHING_HERE);
	assert_int_equal(f->ui.want_edit, UI_EDIT_NONE);
	fix_type(f, "r");
	assert_false(f->ui.typing);
	fix_type(f, "P");
	assert_int_equal(f->ui.want_edit, UI_LOOK_TEXT);
	assert_string_equal(f->ui.look.name, "plan.txt");
	assert_non_null(strstr(f->ui.look.text, "Goal\n  Commas inside"));
	assert_non_null(strstr(f->ui.look.text, "[>] 1. Teach"));
	f->ui.want_edit = UI_EDIT_NONE;
	export_clear(&f->ui);
	fix_see(f, "Y", "copied the plan");
	assert_non_null(strstr(f->ui.look.copy, "Goal\n  Commas inside"));
}

/* A plan belongs to its task: a new one doesn't show it as its own, one that
 * goes on after an interruption does. */
static void
test_plan_of_its_task(void **state)
{
	static const struct { const char *outcome; bool past; } cases[] = {
		{ "done", true }, { "interrupted", false }, { "provider", false }, { "limit", false },
	};
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct fix *f = *state;
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
		fix_want_shown(f, "\xe2\x9c\x93 1 one  [ ] 2 two  "
		    "\xe2\x9c\x93 3 three  \xe2\x9c\x93 4 four");
		assert_int_equal(fix_shows(f, "the model left step 2 "
		    "unticked: two"), cases[i].past);
		fix_line(f, "{'seq':9,'type':'user_message','by':'user',"
		    "'text':'second'}");
		fix_propose(f, 50, 1, 1, 1, "x");
		fix_draw(f);
		assert_int_equal(fix_shows(f, "the old goal"), !cases[i].past);
		fix_review(f);
		assert_int_equal(fix_shows(f, "in the plan"), !cases[i].past);
		fix_see(f, "1", "the old goal");
		assert_int_equal(fix_shows(f, "of an earlier task"),
		    cases[i].past);
		fix_want_shown(f, "version 1, approved");
		fix_release(f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIX_TEST(test_output),
		FIX_TEST(test_output_returns),
		FIX_TEST(test_output_long),
		cmocka_unit_test(test_failure_lines),
		FIX_TEST(test_output_failures),
		FIX_TEST(test_plan_at_work),
		FIX_TEST(test_plan_of_its_task),
	};

	return cmocka_run_group_tests_name("ui-panes", tests, NULL, NULL);
}
