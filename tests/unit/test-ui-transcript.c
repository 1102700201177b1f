/* The transcript: what is streamed, folded, opened, jumped to and found. */
#include "config.h"

#include "base/json.h"
#include "ui-fix.h"
#include "ui/panes/panes.h"
#include "ui/panes/transcript.h"

static int64_t seq;

/* Of each line that was added. */
static const char *types[1000];

static void
add(struct fix *f, const char *type, const char *key, const char *value,
    const char *more)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	AUTO_FREE char *s = NULL, *line = NULL;

	json_add_int(o, "seq", ++seq);
	types[seq] = type;
	json_add_str(o, "type", type);
	json_add_str(o, "by", strncmp(type, "tool_", 5) == 0 ? "model" :
	    "user");
	json_add_str(o, key, value);
	s = json_print(o);
	s[strlen(s) - 1] = '\0';
	line = xasprintf("%s%s}", s, more);
	fix_line(f, line);
}

/* A call of n lines of output: "out 1" and so on. */
static void
add_call(struct fix *f, const char *id, int n)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE char *call = xasprintf(",\"name\":\"bash\",\"title\":"
	    "\"bash: run %s\"", id), *more = NULL;
	int i;

	add(f, "tool_call", "id", id, call);
	for (i = 1; i <= n; i++)
		buf_addf(&b, "out %s %d\n", id, i);
	more = xasprintf(",\"name\":\"bash\",\"ok\":true,\"id\":\"%s\"", id);
	add(f, "tool_result", "text", buf_str(&b), more);
}

static void
begin(struct fix *f, int rows, int cols)
{
	seq = 0;
	fix_init(f, rows, cols);
	fix_live(f);
	fix_draw(f);
}

/* The rows of the screen, to compare. */
static char *
picture(struct fix *f, int from, int to)
{
	struct buf b = BUF_INIT(0);
	int y;

	for (y = from; y < to; y++) {
		screen_row(f->ui.screen, y, &b);
		buf_addc(&b, '\n');
	}
	return buf_take(&b);
}

static const char reply[] =
    "# A plan\n\nSome **bold** words and `code`.\n\n- one\n- two\n\n"
    "```c\nint x;\n```\n\nThe end.\n";

/* A command of the user has their mark, and is a place to jump to. */
FIX_TEST(test_own)
{
	AUTO_FREE char *said = NULL;

	begin(f, 24, 60);
	add(f, "user_message", "text", "do it", "");
	add_call(f, "a", 12);
	fix_line(f, "{\"seq\":90,\"type\":\"tool_call\",\"by\":\"user\","
	    "\"id\":\"a\",\"name\":\"bash\",\"title\":\"! make test\"}");
	/* Of the same name: each result goes to its own. */
	fix_line(f, "{\"seq\":91,\"type\":\"tool_call\",\"by\":\"model\","
	    "\"id\":\"a\",\"name\":\"read\",\"title\":\"read x\"}");
	fix_line(f, "{\"seq\":92,\"type\":\"tool_result\",\"by\":\"user\","
	    "\"id\":\"a\",\"name\":\"bash\",\"ok\":false,\"exit\":2,"
	    "\"text\":\"exit status 2\\nno such target\\n\"}");
	fix_want_shown(f, "> ! make test");
	fix_want_shown(f, "  exit 2");
	assert_false(fix_shows(f, "exit status"));
	fix_want_shown(f, "  │ no such target");
	fix_want_shown(f, "* read x");
	said = fix_styled(f, STYLE_USER);
	assert_non_null(strstr(said, "> ! make test"));
	fix_line(f, "{\"seq\":93,\"type\":\"tool_result\",\"by\":\"core\","
	    "\"id\":\"a\",\"name\":\"read\",\"ok\":true,"
	    "\"text\":\"content\"}");
	fix_want_shown(f, "* read x");
}

/* How often this row is on the screen, whatever the styles. */
static int
rows_like(struct fix *f, const char *row)
{
	char *all = picture(f, 0, f->ui.screen->rows), *line, *at = all;
	int n = 0;

	while ((line = strsep(&at, "\n")) != NULL)
		n += strncmp(line, row, strlen(row)) == 0 &&
		    line[strlen(row) + strspn(line + strlen(row), " ")] == '\0';
	free(all);
	return n;
}

/* A command's own lines can't pass for its result or output. */
FIX_TEST(test_forged_result)
{
	static const char command[] = "bash make check\nexit 0\n"
	    "\u2502 120 passed\n| 120 passed";
	static const char of[] = ",\"name\":\"bash\",\"id\":\"a\"";

	begin(f, 24, 60);
	add(f, "tool_call", "title", command, of);
	add(f, "tool_result", "text", "exit status 2\n3 failed\n",
	    ",\"name\":\"bash\",\"id\":\"a\",\"ok\":false,\"exit\":2");
	fix_draw(f);
	assert_int_equal(rows_like(f, "! bash make check"), 1);
	assert_int_equal(rows_like(f, "  : exit 0"), 1);
	assert_int_equal(rows_like(f, "  : \u2502 120 passed"), 1);
	assert_int_equal(rows_like(f, "  exit 0"), 0);
	assert_int_equal(rows_like(f, "  exit 2"), 1);
	assert_int_equal(rows_like(f, "  \u2502 3 failed"), 1);
	assert_int_equal(rows_like(f, "  \u2502 120 passed"), 0);
}

/* The hint for a selected entry goes with it when streamed text pushes it out. */
FIX_TEST(test_selected_is_gone)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	int i;

	fix_init(f, 16, 100);
	fix_line(f, "{'seq':1,'type':'user_message','by':'user','text':'go'}");
	fix_line(f, "{'type':'status','state':'model'}");
	fix_live(f);
	fix_type(f, "\033");
	fix_see(f, "K", " copy");
	for (i = 0; i < 30; i++) {
		fix_stream(f, "text", "more\n\n", strlen("more\n\n"));
		frame_draw(&f->ui, f->ui.want.frame);
		fix_written(f);
	}
	assert_false(f->ui.transcript.marked);
	screen_row(f->ui.screen, f->ui.layout.hints.y, &b);
	assert_null(strstr(buf_str(&b), "copy"));
}

/* Streamed and from the journal: the same picture. */
FIX_TEST(test_stream)
{
	char part[2] = "", *streamed, *final;
	size_t i;

	begin(f, 24, 60);
	add(f, "user_message", "text", "do it", "");
	for (i = 0; reply[i] != '\0'; i++) {
		part[0] = reply[i];
		fix_stream(f, "text", part, strlen(part));
		fix_draw(f);
	}
	fix_want_shown(f, "Some bold words and code.");
	fix_want_shown(f, "    int x;");
	streamed = picture(f, 1, 20);
	add(f, "assistant_message", "text", reply, ",\"turn\":1");
	fix_draw(f);
	final = picture(f, 1, 20);
	assert_string_equal(streamed, final);
	free(streamed);
	free(final);
	/* A new text is shown from its beginning. */
	fix_stream(f, "text", "**another** one", strlen("**another** one"));
	fix_want_shown(f, "  another one");
	add(f, "retry", "text", "once more", ",\"attempt\":1");
	fix_stream(f, "text", "a *third*, which is longer", strlen("a *third*, which is longer"));
	fix_want_shown(f, "  a third, which is longer");
	assert_false(fix_shows(f, "another one"));
}

/* One line at a time, as a journal's reader has it. */
static const char *
source_line(void *arg, int64_t n, size_t *len)
{
	static char line[400];

	snprintf(line, sizeof(line), "{\"seq\":%d,\"type\":\"%s\",\"args\":"
	    "{\"command\":\"make\\ntest\",\"limit\":7},\"out\":{\"sha256\":"
	    "\"%064d\",\"size\":9},\"text\":\"line\\tof %d, **bold**\"}",
	    (int)n, types[n], (int)n, (int)n);
	++*(int *)arg;
	*len = strlen(line);
	return line;
}

static char *
source_kept(void *arg, const char *sha256, size_t max, size_t *len)
{
	char *s = xasprintf("all of it\nfrom %s\n", sha256 + 62);

	(void)arg;
	assert_true(strlen(s) <= max);
	*len = strlen(s);
	return s;
}

FIX_TEST(test_fold)
{
	int asked = 0;
	AUTO_FREE char *bar = NULL;

	begin(f, 24, 60);
	add(f, "user_message", "text", "do it", "");
	fix_see(f, "+", MSG_NOTHING_MORE_TO_SHOW);
	add_call(f, "a", 12);
	add_call(f, "b", 3);
	fix_draw(f);
	/* Of a command, the end. */
	fix_want_shown(f, "  │ out a 12");
	fix_want_shown(f, "  │ out a 8");
	assert_false(fix_shows(f, "out a 7"));
	fix_want_shown(f, "(7 more rows, + opens)");
	/* The journal's folder is not known: what the fold has. */
	fix_see(f, "KK+", "│ out a 1");
	bar = fix_styled(f, STYLE_CURRENT);
	assert_non_null(strchr(bar, '>'));
	fix_want_shown(f, "*>bash: run a");
	fix_want_shown(f, "│ │ out a 12");
	fix_type(f, "+");
	assert_false(fix_shows(f, "out a 6"));
	f->ui.transcript.source = (struct transcript_source){ source_line,
		source_kept, NULL, &asked };
	assert_int_equal(asked, 0);
	fix_see(f, "+", " : command:");
	fix_want_shown(f, " : make");
	fix_want_shown(f, " : test");
	fix_want_shown(f, " : limit: 7");
	fix_want_shown(f, "│ all of it");
	fix_want_shown(f, "│ from 03");
	fix_see(f, "J+", "│ from 05");
	/* A text that is shown is not requested again. */
	asked = 0;
	fix_draw(f);
	assert_int_equal(asked, 0);
	fix_type(f, "+K+");
	assert_false(fix_shows(f, "all of it"));
	fix_want_shown(f, "(7 more rows, + opens)");
}

#define DECIDED_PROPOSAL "{\"seq\":1,\"type\":\"proposal\",\"proposal\":0," \
	"\"version\":1,\"files\":[{\"path\":\"a.c\",\"status\":\"modified\"," \
	"\"before\":{\"hash\":\"1\"},\"after\":{\"hash\":\"2\"},\"hunks\":[" \
	"{\"id\":\"x\",\"old_start\":3,\"old_lines\":1,\"new_start\":3," \
	"\"new_lines\":1,\"text\":\"-one\\n+two\\n\"}]}]}"
#define DECIDED "{\"seq\":2,\"type\":\"decision\",\"by\":\"user\"," \
	"\"proposal\":1,\"files\":[{\"path\":\"a.c\",\"hunks\":[" \
	"{\"id\":\"x\",\"decision\":\"no\",\"word\":\"too slow\"}]}]}"

static const char *
source_decided(void *arg, int64_t n, size_t *len)
{
	const char *line = n == 1 ? DECIDED_PROPOSAL : DECIDED;

	(void)arg;
	*len = strlen(line);
	return line;
}

/* A decision unfolds to what was rejected. */
FIX_TEST(test_decision_unfolds)
{
	begin(f, 24, 60);
	fix_line(f, DECIDED_PROPOSAL);
	fix_line(f, DECIDED);
	fix_type(f, "2");
	fix_want_shown(f, "  a.c: rejected: too slow");
	fix_want_shown(f, "(file by file, + opens)");
	assert_false(fix_shows(f, "+two"));
	/* The journal can't be read. */
	fix_see(f, "K+", MSG_CANT_READ_THIS);
	fix_type(f, "+");
	f->ui.transcript.source.line = source_decided;
	fix_see(f, "+", " │ a.c: rejected 1 hunk");
	fix_want_shown(f, " │   rejected: too slow");
	fix_want_shown(f, " │ @@ -3,1 +3,1 @@");
	fix_want_shown(f, " │ +two");
	fix_type(f, "+");
	assert_false(fix_shows(f, "+two"));
}

/* The failures of a check stay on the screen, of a command and of a done that
 * is refused by the check; and the end, with what the runner counted. */
FIX_TEST(test_fold_failures)
{
	static const char out[] = "PASS: t1\nPASS: t2\nFAIL: t3\nPASS: t4\n"
	    "FAIL: t5\nFAIL: t6\nPASS: t7\n====\n# TOTAL: 7\n# FAIL: 3\n"
	    "====\nSee ./test-suite.log\nmake: *** [check] Error 1\n";
	static const struct {
		const char *name, *error;
	} t[] = {
		{ "bash", "exit" }, { "run_tests", "exit" }, { "done", "check" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		AUTO_FREE char *call = xasprintf(",\"name\":\"%s\",\"title\":"
		    "\"%s\"", t[i].name, t[i].name);
		AUTO_FREE char *text = xasprintf("%s%s", strcmp(t[i].error,
		    "exit") == 0 ? "exit status 2\n" : "", out);
		AUTO_FREE char *result = xasprintf(",\"name\":\"%s\",\"ok\":"
		    "false,\"error\":\"%s\",\"exit\":2,\"words\":\"3 failed, "
		    "4 passed\",\"id\":\"a\"", t[i].name, t[i].error);

		begin(f, 24, 60);
		add(f, "tool_call", "id", "a", call);
		add(f, "tool_result", "text", text, result);
		fix_want_shown(f, "  exit 2: 3 failed, 4 passed");
		fix_want_shown(f, "(8 more rows, + opens)");
		fix_want_shown(f, "│ FAIL: t3");
		fix_want_shown(f, "│ FAIL: t5");
		fix_want_shown(f, "│ make: ***");
		assert_false(fix_shows(f, "PASS: t1"));
		assert_false(fix_shows(f, "FAIL: t6"));
		assert_false(fix_shows(f, "FAIL: 3"));
		fix_see(f, "2K+", "│ PASS: t1");
	}

	/* A command that passed may print such lines, too. */
	begin(f, 24, 60);
	add(f, "tool_call", "id", "a", ",\"name\":\"bash\"");
	add(f, "tool_result", "text", out, ",\"name\":\"bash\",\"ok\":true,"
	    "\"id\":\"a\"");
	assert_false(fix_shows(f, "FAIL: t3"));
	fix_want_shown(f, "│ # TOTAL: 7");
}

FIX_TEST(test_jump)
{
	char *text;
	int i;

	begin(f, 14, 60);
	for (i = 1; i <= 5; i++) {
		text = xasprintf("wish %d", i);
		add(f, "user_message", "text", text, "");
		free(text);
		add(f, "assistant_message", "text",
		    "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl", ",\"turn\":1");
	}
	fix_see(f, "[", ">>wish 5");
	fix_see(f, "[[", ">>wish 3");
	assert_int_equal(f->ui.transcript.item, 4);
	fix_see(f, "]", ">>wish 4");
	fix_see(f, "[[[", ">>wish 1");
	fix_see(f, "[", "you said nothing before this");
	fix_type(f, "]]]]]");
	assert_true(f->ui.panes[PANE_TRANSCRIPT].follow);

	/* All of them are in view. */
	begin(f, 14, 60);
	add(f, "user_message", "text", "first", "");
	add(f, "user_message", "text", "second", "");
	fix_see(f, "[", ">>second");
	fix_see(f, "[", ">>first");
}

/* New lines at the end do not move the view of a user who reads further up. */
FIX_TEST(test_scrolled)
{
	char *before, *after;
	int i;

	begin(f, 14, 60);
	for (i = 0; i < 20; i++)
		add(f, "user_message", "text", "one\ntwo\nthree", "");
	fix_see(f, "bb", "G goes to the end");
	before = picture(f, 1, 12);
	fix_stream(f, "text", "# more\n\nand more", strlen("# more\n\nand more"));
	fix_draw(f);
	add(f, "assistant_message", "text", "# more\n\nand more", "");
	add_call(f, "a", 30);
	fix_draw(f);
	after = picture(f, 1, 12);
	assert_string_equal(before, after);
	fix_see(f, "G", "more rows");
	assert_false(fix_shows(f, "G goes to the end"));
	free(before);
	free(after);
}

FIX_TEST(test_find_folded)
{
	begin(f, 14, 60);
	add_call(f, "a", 40);
	add(f, "assistant_message", "text", "a **bo**ld [link](http://x/y)",
	    ",\"turn\":1");
	add_call(f, "b", 40);
	fix_see(f, "2/OUT a 33\r", "not found");
	fix_see(f, "/out a 33\r", "│ out a 33");
	fix_see(f, "/a bold\r", "a bold link <http://x/y>");
	assert_false(fix_shows(f, "not found"));
	fix_type(f, "/link <http\r");
	assert_false(fix_shows(f, "not found"));
	/* Items that don't match stay folded. */
	fix_see(f, "G", "(35 more rows, + opens)");
}

/* Texts that the fold has let go of come from the journal, when they are in
 * view, and are found there. */
/* From the last message, or the selected one. */
FIX_TEST(test_fork)
{
	fix_init(f, 24, 80);
	fix_line(f, "{'seq':1,'type':'session_start'}");
	fix_line(f, "{'seq':2,'type':'user_message','by':'user','text':'a'}");
	fix_live(f);
	fix_type(f, "\t2");
	fix_type(f, ":fork\r");
	assert_int_equal(f->ui.want.fork, -1);
	fix_see(f, "[", "  :fork  ");
	fix_type(f, ":fork\r");
	assert_int_equal(f->ui.want.fork, 2);
}

FIX_TEST(test_away)
{
	int asked = 0, i;

	begin(f, 14, 60);
	f->ui.fold->texts.max = 2000;
	f->ui.transcript.source = (struct transcript_source){ source_line,
		source_kept, NULL, &asked };
	for (i = 0; i < 100; i++) {
		add_call(f, "a", 20);
		add(f, "assistant_message", "text", "some text that is long "
		    "enough to be worth it, if there are many of them",
		    ",\"turn\":1");
	}
	assert_true(f->ui.fold->texts.len <= 2000);
	fix_draw(f);
	assert_int_equal(asked, 0);
	fix_want_shown(f, "some text that is");
	fix_see(f, "g", "  │ line    of 2, **bold**");
	fix_want_shown(f, "  line    of 3, bold");
	assert_true(asked > 0 && asked < 20);
	fix_see(f, "/of 153, bold\r", "of 153, bold");
	fix_see(f, "/of 152, \"bold\r", "not found");
	/* Without the journal it says so. */
	f->ui.transcript.source.line = NULL;
	fix_type(f, "G");
	screen_resize(f->ui.screen, 14, 59);
	fix_see(f, "g", MSG_CANT_READ_THIS);
}

#define LARGE 200000	/* bytes of each of these lines */

static const char *
source_large(void *arg, int64_t n, size_t *len)
{
	static char line[LARGE + 100];
	char word[32];

	(void)arg;
	snprintf(line, sizeof(line), "{\"seq\":%d,\"type\":\"%s\",\"text\":\"",
	    (int)n, types[n]);
	*len = strlen(line);
	snprintf(word, sizeof(word), " needle %d ", (int)n);
	/* At their ends, with what could begin it before. */
	memset(line + *len, 'n', LARGE);
	*len += LARGE;
	memcpy(line + *len - strlen(word), word, strlen(word));
	memcpy(line + *len, "\"}", 3);
	*len += 2;
	return line;
}

/* Lines that came cut have their texts from the journal; a search in them goes
 * on a piece at a time, and any key ends it. */
FIX_TEST(test_cut)
{
	int i;

	begin(f, 14, 60);
	f->ui.transcript.source = (struct transcript_source){ source_large,
		NULL, NULL, NULL };
	for (i = 0; i < 100; i++) {
		add(f, "tool_call", "id", "a", ",\"name\":\"read\","
		    "\"title\":\"read it\",\"cut\":{\"args\":2000}");
		add(f, "tool_result", "id", "a", ",\"name\":\"read\","
		    "\"ok\":true,\"cut\":{\"text\":200000}");
		assert_true(f->ui.fold->items[i].text_dropped);
	}
	assert_int_equal(f->ui.fold->texts.len, 0);
	fix_see(f, "g/needle 150 \r", "searching the transcript: ");
	assert_true(fix_searched(f) > 5);
	fix_want_shown(f, "needle 150");
	assert_false(fix_shows(f, "searching"));
	assert_int_equal(f->ui.transcript.item, 74);
	/* Over the end, and from there back. */
	fix_type(f, "/needle 8 \r");
	assert_true(fix_searched(f) > 2);
	assert_int_equal(f->ui.transcript.item, 3);
	fix_type(f, "n");
	assert_true(fix_searched(f) > 10);
	assert_int_equal(f->ui.transcript.item, 3);
	fix_see(f, "/needle 7 \r", "searching the transcript: ");
	/* Lines that come or go meanwhile do no harm. */
	fix_stream(f, "text", "it streams", strlen("it streams"));
	assert_true(f->ui.search.runs);
	state_tick(&f->ui);
	add(f, "assistant_message", "text", "", "");
	fix_searched(f);
	fix_want_shown(f, "not found: needle 7");
	assert_int_equal(f->ui.transcript.item, 3);
	fix_type(f, "/needle 7 \r");
	assert_true(f->ui.search.runs);
	fix_type(f, "j");
	assert_false(f->ui.search.runs);
	fix_type(f, "g");
	assert_int_equal(f->ui.transcript.item, 0);
}

#define C_CODE "Look:\n\n```c\nint x;\n\nchar y; /* it is so */\n"
#define OTHER_CODE "```\n\n```\nint none;\n```\n\n```sh\necho a\n"

static void
code_colours(struct fix *f, const char *id, const char *lines)
{
	AUTO_FREE char *line = xasprintf("{\"type\":\"colours\",\"id\":\"%s\","
	    "\"from\":1,\"lines\":[%s]}", id, lines);

	fix_line(f, line);
	fix_draw(f);
}

/* Code of a language is asked for once, when it is complete and has stood for a
 * moment; text first, colours when they are here. */
FIX_TEST(test_code)
{
	static const char text[] = "Look:\n\n```c\nint x;\n\nchar y; /* it is "
	    "so */\n```\n\n```\nint none;\n```\n\n```sh\necho a\n";
	AUTO_FREE char *id = NULL;

	begin(f, 24, 14);
	f->ui.colours.wanted = true;
	fix_stream(f, "text", C_CODE, sizeof(C_CODE) - 1);
	fix_draw(f);
	assert_int_equal(fix_count(f, "\"type\":\"code\""), 0);
	fix_stream(f, "text", OTHER_CODE, sizeof(OTHER_CODE) - 1);
	fix_draw(f);
	fix_wait(f, 499);
	fix_draw(f);
	assert_int_equal(fix_count(f, "\"type\":\"code\""), 0);
	fix_wait(f, 1);
	fix_draw(f);
	assert_int_equal(fix_count(f, "\"type\":\"code\""), 1);
	id = xasprintf("partial %u.1", f->ui.fold->partial.starts);
	assert_int_equal(fix_count(f, id), 1);
	code_colours(f, id, "\"6 0+3t\",\"0\",\"22 0+4t 8+14c\"");
	assert_string_equal(fix_ink(f, "int x;"), "ttt---");
	assert_string_equal(fix_ink(f, "int none;"), "---------");
	assert_int_equal(fix_count(f, "\"language\":\"c\",\"text\":\"int "
	    "x;\\n\\nchar y; /* it is so */\"}"), 1);
	/* They stay, once it is said; the rest is asked for: and nothing is
	 * believed of another line. */
	add(f, "assistant_message", "text", text, "");
	fix_draw(f);
	assert_string_equal(fix_ink(f, "int x;"), "ttt---");
	assert_int_equal(fix_count(f, "{\"type\":\"code\",\"id\":\"code 1.3\","
	    "\"language\":\"sh\",\"text\":\"echo a\"}"), 1);
	assert_int_equal(fix_count(f, "\"type\":\"code\""), 2);
	code_colours(f, "code 1.1", "\"7 0+3t\",\"0\",\"22 0+4t 8+14c\"");
	assert_string_equal(fix_ink(f, "int x;"), "------");
	assert_string_equal(fix_ink(f, "char y;"), "tttt---");
	/* Its line is broken. */
	assert_string_equal(fix_ink(f, "* it is s"), "c-cc-cc-c");
	/* Whoever wants none asks for none. */
	f->ui.colours.wanted = false;
	fix_draw(f);
	assert_string_equal(fix_ink(f, "char y;"), "-------");
	fix_line(f, "{\"type\":\"refused\",\"to\":\"code\",\"text\":\"no\"}");
	assert_null(f->ui.notice);
}
