/*
 * The fold: fixture journals to dumps of the state, live lines, marks that stay
 * or go, and hostile lines.  `test-fold FILE` prints the dump of a journal,
 * which is how the *.fold files are made.
 */
#include "config.h"

#include <fcntl.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "tests/unit/rounds.h"
#include "tests/unit/unit.h"

#include "fold-dump.h"
#include "tests/messages.h"

TEST(test_fixtures)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(fixtures); i++) {
		struct buf in = BUF_INIT(0), want = BUF_INIT(0);
		struct buf got = BUF_INIT(0);
		struct fold *f = fold_new();
		struct err e = ERR_INIT;
		char *copy;

		fixture_get(fixtures[i], ".jsonl", &in);
		fixture_get(fixtures[i], ".fold", &want);
		copy = xstrdup(buf_str(&in));
		fold_lines(f, copy);
		free(copy);
		/* Lines that were folded already change nothing. */
		copy = xstrdup(buf_str(&in));
		fold_lines(f, copy);
		free(copy);
		dump(&got, f);
		if (strcmp(buf_str(&got), buf_str(&want)) != 0)
			fail_msg("%s, got:\n%s", fixtures[i], buf_str(&got));
		assert_false(err_is_set(&e));
		fold_free(f);
		buf_release(&in);
		buf_release(&want);
		buf_release(&got);
	}
}

/* One row for the attempts, and for what a note and the model were told. */
TEST(test_said_once)
{
	struct fold *f = fold_new();

	fold_text(f, "{\"seq\":1,\"type\":\"retry\",\"attempt\":1,\"kind\":\"network\","
	    "\"wait_ms\":1000}");
	fold_text(f, "{\"seq\":2,\"type\":\"retry\",\"attempt\":2,\"kind\":\"network\","
	    "\"wait_ms\":1000}");
	fold_text(f, "{\"seq\":3,\"type\":\"note\",\"by\":\"core\",\"text\":\"b1 ended\"}");
	fold_text(f, "{\"seq\":4,\"type\":\"user_message\",\"by\":\"core\",\"text\":"
	    "\"[assent] b1 ended\"}");
	assert_int_equal(f->items_len, 4);
	assert_true(f->items[0].hidden && f->items[2].hidden);
	assert_false(f->items[1].hidden || f->items[3].hidden);
	fold_free(f);
}

/* A step of which all is rejected isn't done. */
TEST(test_rejected_step)
{
	static const char *const lines[] = {
		"\"plan\",\"by\":\"user\",\"version\":1,\"status\":"
		    "\"approved\",\"goal\":\"g\",\"steps\":[{\"title\":"
		    "\"a\"},{\"title\":\"b\"}]",
		"\"plan\",\"version\":1,\"status\":\"step\",\"step\":0",
		"\"proposal\",\"proposal\":0,\"files\":[{\"path\":\"x\","
		    "\"hunks\":[{\"id\":\"1\",\"text\":\"+a\\n\"}]}]",
		"\"decision\",\"by\":\"user\",\"files\":[{\"path\":\"x\","
		    "\"hunks\":[{\"id\":\"1\",\"decision\":\"no\"}]}]",
		"\"proposal\",\"proposal\":3,\"files\":[]",
		"\"plan\",\"version\":1,\"status\":\"step\",\"step\":1",
		"\"proposal\",\"proposal\":3,\"files\":[]",
	};
	struct fold *f = fold_new();
	size_t i;

	for (i = 0; i < MEM_COUNT(lines); i++) {
		char *line = xasprintf("{\"seq\":%zu,\"type\":%s}", i + 1,
		    lines[i]);

		fold_text(f, line);
		free(line);
	}
	assert_int_equal(fold_step_at(f, 0), STEP_REJECTED);
	assert_int_equal(fold_step_at(f, 1), STEP_DONE);
	fold_free(f);
}

#define SAID	"'user_message','by':'user','text':'go'"
#define TURN	"'turn_start','turn':1,'phase':'execute'"
#define ANSWER	"'assistant_message','by':'model','text':'x'"
#define ASKED	"'user_message','by':'user','text':'why?'," \
		"'question':{'hunk':'1','line':2"
#define END	"'agent_end','outcome':'done'"

/* Fold more lines, with ' for ", each numbered. */
static void
open_lines(struct fold *f, const char *const *lines)
{
	AUTO_FREE char *line = NULL;
	char *p;

	for (; *lines != NULL; lines++) {
		FREE_SET(line, xasprintf("{'seq':%lld,'type':%s}",
		    (long long)f->seq + 1, *lines));
		while ((p = strchr(line, '\'')) != NULL)
			*p = '"';
		fold_text(f, line);
	}
}
#define OPEN(f, ...) open_lines((f), (const char *const []){ __VA_ARGS__, \
	    NULL })

/* A question beside the work is open until its answer, but in a fork. */
TEST(test_open_btw)
{
	struct fold *f = fold_new();

	OPEN(f, "'btw','by':'user','status':'running','question':'why?'");
	assert_non_null(f->aside.asked);
	assert_true(fold_is_empty(f));
	fold_text(f, "{\"type\":\"delta\",\"kind\":\"btw\",\"text\":\"so\"}");
	assert_string_equal(f->aside.text.p, "so");
	OPEN(f, "'btw','by':'model','status':'done','text':'so'");
	assert_null(f->aside.asked);
	assert_string_equal(fold_item_last(f, ITEM_ASIDE)->title, "btw: why?");
	assert_false(fold_is_empty(f));
	OPEN(f, "'btw','by':'user','status':'running','question':'why?'",
	    "'note','by':'core','text':'x','forked':{'session':'s','seq':1}");
	assert_null(f->aside.asked);
	fold_free(f);
}

/* The task's states, and when a plan is made. */
TEST(test_open_task)
{
	struct fold *f = fold_new();

	assert_int_equal(f->open.task, TASK_NONE);
	/* Told before the message. */
	OPEN(f, "'user_message','by':'core','text':'x'");
	assert_int_equal(f->open.task, TASK_NONE);
	OPEN(f, SAID);
	assert_int_equal(f->open.task, TASK_RUNS);
	assert_true(f->open.planning);
	OPEN(f, TURN, ANSWER, END);
	assert_int_equal(f->open.task, TASK_ENDED);
	assert_false(f->open.planning);
	/* A question begins no plan. */
	OPEN(f, ASKED "}");
	assert_int_equal(f->open.task, TASK_RUNS);
	assert_false(f->open.planning);
	OPEN(f, END ",'stopped':true");
	assert_int_equal(f->open.task, TASK_STOPPED);
	OPEN(f, SAID);
	assert_false(f->open.planning);
	OPEN(f, END ",'stopped':true", "'compaction','why':'new'");
	assert_int_equal(f->open.task, TASK_ENDED);
	OPEN(f, "'plan','by':'user','version':1,'status':'approved'");
	assert_int_equal(f->open.task, TASK_STOPPED);
	fold_free(f);
}

/* Calls without results; whether it is the model's turn, also after a question
 * about a hunk. */
TEST(test_open_answer)
{
	struct fold *f = fold_new();

	assert_false(fold_model_ended(f));
	OPEN(f, SAID, TURN, "'assistant_message','by':'model','calls':["
	    "{'id':'a','name':'bash'},{'id':'b','name':'done'}]",
	    "'tool_call','by':'model','id':'a','name':'bash'",
	    "'tool_result','by':'core','id':'a','name':'bash','ok':true",
	    "'tool_call','by':'model','id':'b','name':'done',"
	    "'args':{'summary':'s'}");
	assert_int_equal(f->open.calls[0], CALL_ENDED);
	assert_int_equal(f->open.calls[1], CALL_BEGUN);
	assert_string_equal(json_str(f->open.done, "summary"), "s");
	assert_false(fold_model_ended(f));
	OPEN(f, "'tool_result','by':'core','id':'b','name':'done'", TURN,
	    ANSWER ",'broken':true");
	assert_non_null(fold_open_call(f, 1));
	OPEN(f, ANSWER);
	assert_null(fold_open_call(f, 0));
	assert_true(fold_model_ended(f));
	/* A question and its answer leave the rest of the state as it was. */
	OPEN(f, ASKED ",'goes_on':false}", "'user_message','by':'core'");
	assert_non_null(f->open.question);
	assert_true(fold_model_ended(f));
	OPEN(f, TURN, ANSWER ",'stop':'max_tokens'");
	assert_non_null(f->open.question);
	OPEN(f, ANSWER);
	assert_null(f->open.question);
	assert_true(fold_model_ended(f));
	assert_true(f->open.answered > f->open.last[EVENT_USER_MESSAGE]);
	/* A message meanwhile is for the model afterwards. */
	OPEN(f, ASKED ",'goes_on':false}", SAID, TURN, ANSWER);
	assert_null(f->open.question);
	assert_false(fold_model_ended(f));
	assert_true(f->open.said > f->open.heard);
	/* The end leaves one open; the next message drops it. */
	OPEN(f, ASKED "}", END);
	assert_null(f->open.question);
	assert_non_null(f->open.left);
	OPEN(f, SAID);
	assert_null(f->open.left);
	fold_free(f);
}

/* A decision until its outcome is proposed; the user's own commands. */
TEST(test_open_work)
{
	struct fold *f = fold_new();

	OPEN(f, "'tool_call','by':'user','id':'user-2','name':'bash'");
	assert_string_equal(f->open.run, "user-2");
	OPEN(f, "'tool_result','by':'user','id':'user-2','name':'bash'");
	assert_null(f->open.run);
	assert_true(f->open.ran_end > f->open.last[EVENT_PROPOSAL]);
	OPEN(f, "'proposal','files':[]", "'decision','by':'user'",
	    "'apply_begin','tx':7,'ops':[]");
	assert_int_equal(f->open.tx, 7);
	assert_non_null(f->open.begin);
	assert_null(f->open.applied);
	OPEN(f, "'applied','tx':7,'ops':[]");
	assert_non_null(f->open.decision);
	assert_non_null(f->open.applied);
	OPEN(f, "'proposal','files':[]", END);
	assert_null(f->open.decision);
	assert_null(f->open.begin);
	fold_free(f);
}

TEST(test_live)
{
	struct fold *f = fold_new();

	fold_text(f, "{\"type\":\"hello\",\"session\":\"s\",\"dir\":\"/d\","
	    "\"seq\":99}");
	assert_string_equal(f->session, "s");
	assert_string_equal(f->dir, "/d");
	assert_int_equal(f->seq, 0);
	fold_text(f, "{\"type\":\"delta\",\"kind\":\"text\",\"text\":\"Hel\"}");
	fold_text(f, "{\"type\":\"delta\",\"kind\":\"text\",\"text\":\"lo\"}");
	fold_text(f, "{\"type\":\"delta\",\"kind\":\"thinking\","
	    "\"text\":\"hm\"}");
	assert_string_equal(f->partial.text.p, "Hello");
	assert_string_equal(f->partial.thinking.p, "hm");
	assert_int_equal(f->items_len, 0);
	fold_text(f, "{\"seq\":1,\"type\":\"assistant_message\","
	    "\"text\":\"Hello!\",\"thinking\":\"hm\"}");
	assert_null(f->partial.text.p);
	assert_null(f->partial.thinking.p);
	assert_int_equal(f->items_len, 2);
	assert_string_equal(f->items[1].text, "Hello!");

	fold_text(f, "{\"seq\":2,\"type\":\"tool_call\",\"id\":\"c\","
	    "\"name\":\"bash\",\"title\":\"make\"}");
	assert_true(f->items[2].running);
	fold_text(f, "{\"type\":\"delta\",\"kind\":\"output\","
	    "\"text\":\"cc\\n\"}");
	assert_string_equal(f->output.text.p, "cc\n");
	assert_string_equal(f->output.title, "make");
	/* A letter in two halves, each of them no text. */
	fold_text(f, "{\"type\":\"delta\",\"kind\":\"output\","
	    "\"text_b64\":\"ww==\"}");
	fold_text(f, "{\"type\":\"delta\",\"kind\":\"output\","
	    "\"text_b64\":\"qQ==\"}");
	assert_string_equal(f->output.text.p, "cc\n\xc3\xa9");
	fold_text(f, "{\"seq\":3,\"type\":\"tool_result\",\"id\":\"c\","
	    "\"name\":\"bash\",\"ok\":true,\"text\":\"exit 0\\ncc\\n\"}");
	assert_false(f->items[2].running);
	assert_true(f->items[2].ok);
	assert_int_equal(f->items[2].rev, 1);
	assert_string_equal(f->output.text.p, "cc\n\xc3\xa9");
	/* A page isn't added to the output of the command before. */
	fold_text(f, "{\"seq\":4,\"type\":\"tool_call\",\"id\":\"d\","
	    "\"name\":\"web_fetch\",\"title\":\"web_fetch x\"}");
	fold_text(f, "{\"type\":\"delta\",\"kind\":\"output\","
	    "\"text\":\"page\"}");
	assert_string_equal(f->output.text.p, "page");
	fold_text(f, "{\"seq\":5,\"type\":\"tool_result\",\"id\":\"d\","
	    "\"name\":\"web_fetch\",\"ok\":true,\"text\":\"page\"}");

	fold_text(f, "{\"type\":\"status\",\"state\":\"waiting\","
	    "\"doing\":\"you\",\"wait_ms\":5,\"for_ms\":7}");
	assert_string_equal(f->status.state, "waiting");
	assert_string_equal(f->status.doing, "you");
	assert_int_equal(f->status.left_ms, 5);
	assert_int_equal(f->status.for_ms, 7);
	fold_text(f, "{\"type\":\"status\",\"state\":\"model\"}");
	assert_null(f->status.doing);
	fold_text(f, "{\"type\":\"staged\",\"files\":2,\"ignored\":14}");
	assert_int_equal(f->staged_files, 2);
	assert_false(f->live);
	fold_text(f, "{\"type\":\"live\"}");
	assert_true(f->live);
	fold_text(f, "{\"type\":\"from_a_later_version\",\"seq\":6}");
	assert_int_equal(f->seq, 6);
	assert_int_equal(f->items_len, 4);
	fold_free(f);
}

/* What it adds is told once it is known whether the project had its target, or
 * that nobody knows; a line about another version says nothing. Until then its
 * hunk is in no group. */
TEST(test_adds)
{
	static const struct { const char *line; bool waits; const char *says; }
	    rows[] = {
		{ "\"version\":2,\"compared\":true", true, "" },
		{ "\"version\":1,\"compared\":true,\"known\":[\"k\"]", false,
		  "line 9: adds: s\nline 9: adds: host h\n" },
		{ "\"version\":1,\"compared\":false", false, "line 9: adds: s\n"
		  "line 9: adds: host h, not compared with the rest\n"
		  "line 9: adds: host k, not compared with the rest\n" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(rows); i++) {
		AUTO_BUF struct buf b = BUF_INIT(0);
		AUTO_FREE char *line = xasprintf("{\"seq\":6,\"type\":\"adds\","
		    "\"proposal\":5,%s}", rows[i].line);
		struct fold *f = fold_new();

		fold_text(f, "{\"seq\":5,\"type\":\"proposal\",\"files\":[{"
		    "\"path\":\"a\",\"adds\":[{\"line\":9,\"what\":\"s\"},"
		    "{\"line\":9,\"what\":\"host h\",\"target\":\"h\"},"
		    "{\"line\":9,\"what\":\"host k\",\"target\":\"k\"}],"
		    "\"hunks\":[{\"id\":\"x\",\"new_start\":9,\"new_lines\":1,"
		    "\"text\":\"+b\\n\"}]}]}");
		assert_true(fold_adds_wait(f));
		assert_true(fold_note_warns(f->proposal->files, 0));
		fold_text(f, line);
		assert_int_equal(fold_adds_wait(f), rows[i].waits);
		MEM_EACH(f->proposal->files, notes, n) {
			fold_add_note(&b, n);
			buf_addc(&b, '\n');
		}
		assert_string_equal(buf_str(&b), rows[i].says);
		fold_free(f);
	}
}

/* What the proposal's line says, and later ones, at its place; what speaks against
 * the change first. Without a check, no file affects it. */
TEST(test_notes)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct fold *f = fold_new();

	fold_text(f, "{\"seq\":5,\"type\":\"proposal\",\"files\":[{\"path\":\"a\","
	    "\"protected\":\"p\",\"judges\":true,\"hunks\":[{\"id\":\"x\","
	    "\"new_start\":9,\"new_lines\":1,\"text\":\"+b\\n\"}]}]}");
	assert_non_null(fold_note_text(f->proposal->files, FOLD_NOTE_FILE,
	    NOTE_TEST));
	fold_text(f, "{\"seq\":6,\"type\":\"check\",\"command\":\"make\"}");
	fold_text(f, "{\"seq\":7,\"type\":\"finding\",\"by\":\"model\",\"path\":"
	    "\"a\",\"line\":9,\"severity\":\"error\",\"message\":\"m\"}");
	fold_text(f, "{\"seq\":8,\"type\":\"proof\",\"which\":\"your_tests\","
	    "\"status\":\"passed\",\"files\":[{\"path\":\"a\"}]}");
	fold_text(f, "{\"seq\":9,\"type\":\"proof\",\"which\":\"its_tests\","
	    "\"status\":\"passed\",\"files\":[{\"path\":\"a\"}]}");
	fold_text(f, "{\"seq\":10,\"type\":\"notice\",\"status\":\"done\","
	    "\"result\":{\"of\":1,\"noticed\":0,\"unnoticed\":[{\"path\":"
	    "\"a\",\"line\":9,\"words\":\"`<`\"},{\"path\":\"a\",\"line\":9,"
	    "\"hunk\":\"x\"},{\"path\":\"a\",\"line\":9,\"hunk\":\"y\"}]}}");
	fold_notice_words(&b, f);
	MEM_EACH(f->proposal->files, notes, n) {
		buf_addf(&b, "\n%d ", n->hunk);
		fold_add_note(&b, n);
	}
	assert_string_equal(buf_str(&b), "0 of 1 small change is noticed by your "
	    "check\n-1 protected: p\n-1 affects the check"
	    "\n-1 passes without the change, too\n-1 passes with your version "
	    "of this test\n0 line 9: no test notices `<` here\n0 the check passes "
	    "without this hunk\n0 line 9: model says: error: m");
	fold_free(f);
}

#define FILE_OF(hunks) "\"files\":[{\"path\":\"a\",\"status\":\"modified\"," \
	"\"before\":{\"hash\":\"1\"},\"after\":{\"hash\":\"2\"},\"hunks\":[" \
	hunks "]}]"

/* Other sessions change a file, too: a few are named, in each version of it. */
TEST(test_also)
{
	static const char version[] = "{\"seq\":5,\"type\":\"proposal\",\"files\":"
	    "[{\"path\":\"a b\",\"hunks\":[{\"id\":\"x\"}]}]}";
	static const char *const others = "20261120-083206-0001 a b\n"
	    "20261120-083206-0001 a\n20261120-083206-0002 a b\n"
	    "20261120-083206-0003 a b\n20261120-083206-0004 a b\n"
	    "20261120-083206-0005 a b\n";
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct fold *f = fold_new();

	assert_true(fold_also(f, others));
	fold_text(f, version);
	fold_text(f, version);
	assert_false(fold_also(f, others));
	MEM_EACH(f->proposal->files, notes, n) {
		fold_add_note(&b, n);
		buf_addc(&b, '\n');
	}
	assert_string_equal(buf_str(&b), "also changed in 0001, which waits\n"
	    "also changed in 0002, which waits\nalso changed in 0003, which "
	    "waits\nalso changed in others, which wait\n");
	assert_true(fold_also(f, ""));
	assert_int_equal(f->proposal->files->notes_len, 0);
	fold_free(f);
}

TEST(test_marks)
{
	struct fold *f = fold_new();
	const struct fold_hunk *h;

	fold_text(f, "{\"seq\":5,\"type\":\"proposal\",\"proposal\":0,"
	    "\"version\":1," FILE_OF("{\"id\":\"x\",\"text\":\"+1\\n\"},"
	    "{\"id\":\"y\",\"text\":\"+2\\n-3\\n\"},{\"id\":\"z\"}") "}");
	assert_int_equal(f->proposal->id, 5);
	assert_int_equal(fold_hunks(f->proposal), 3);
	assert_int_equal(fold_undecided(f->proposal), 3);
	assert_non_null(fold_find_hunk(f, "y", &h));
	assert_int_equal(h->added, 1);
	assert_int_equal(h->removed, 1);
	fold_text(f, "{\"seq\":6,\"type\":\"draft\",\"proposal\":5,"
	    "\"hunk\":\"x\",\"mark\":\"yes\",\"seen\":true,"
	    "\"client\":\"tty\"}");
	fold_text(f, "{\"seq\":7,\"type\":\"draft\",\"proposal\":5,"
	    "\"hunk\":\"y\",\"mark\":\"no\",\"word\":\"why\"}");
	/* Another proposal's, an unknown hunk's: nothing. */
	fold_text(f, "{\"seq\":8,\"type\":\"draft\",\"proposal\":4,"
	    "\"hunk\":\"z\",\"mark\":\"yes\"}");
	fold_text(f, "{\"seq\":9,\"type\":\"draft\",\"proposal\":5,"
	    "\"hunk\":\"q\",\"mark\":\"yes\"}");
	assert_int_equal(fold_undecided(f->proposal), 1);
	/* A new version: y's text changed, so it has another id. */
	fold_text(f, "{\"seq\":10,\"type\":\"proposal\",\"proposal\":5,"
	    "\"version\":2," FILE_OF("{\"id\":\"x\"},{\"id\":\"y2\"},"
	    "{\"id\":\"z\"}") "}");
	assert_int_equal(f->proposal->version, 2);
	assert_int_equal(fold_undecided(f->proposal), 2);
	assert_non_null(fold_find_hunk(f, "x", &h));
	assert_int_equal(h->mark, MARK_YES);
	assert_true(h->seen);
	assert_string_equal(h->client, "tty");
	assert_null(fold_find_hunk(f, "y", &h));
	assert_null(h);
	/* Taken back. */
	fold_text(f, "{\"seq\":11,\"type\":\"draft\",\"proposal\":5,"
	    "\"hunk\":\"x\",\"mark\":\"none\",\"seen\":true}");
	assert_int_equal(fold_undecided(f->proposal), 3);
	/* Decided: neither marked nor waiting, and not to be marked. A failed
	 * check may send the model back as often as at first. */
	f->evidence.returned = 1;
	fold_text(f, "{\"seq\":12,\"type\":\"decision\",\"by\":\"user\","
	    "\"proposal\":5,\"files\":[{\"path\":\"a\",\"hunks\":["
	    "{\"id\":\"x\",\"decision\":\"yes\",\"seen\":false}]}]}");
	assert_int_equal(fold_undecided(f->proposal), 2);
	assert_non_null(strstr(f->items[f->items_len - 1].title,
	    "1 unread"));
	assert_int_equal(f->evidence.returned, 0);
	fold_text(f, "{\"seq\":13,\"type\":\"draft\",\"proposal\":5,"
	    "\"hunk\":\"x\",\"mark\":\"no\"}");
	assert_non_null(fold_find_hunk(f, "x", &h));
	assert_int_equal(h->mark, MARK_NONE);
	assert_true(h->decided);
	/* A hunk that couldn't be applied is proposed again without a mark. */
	fold_text(f, "{\"seq\":14,\"type\":\"proposal\",\"proposal\":5,"
	    "\"version\":3," FILE_OF("{\"id\":\"x\"}") "}");
	assert_int_equal(fold_undecided(f->proposal), 1);
	/* Another proposal keeps no marks. */
	fold_text(f, "{\"seq\":15,\"type\":\"draft\",\"proposal\":5,"
	    "\"hunk\":\"x\",\"mark\":\"yes\"}");
	fold_text(f, "{\"seq\":16,\"type\":\"proposal\",\"proposal\":0,"
	    FILE_OF("{\"id\":\"x\"}") "}");
	assert_int_equal(f->proposal->id, 16);
	assert_int_equal(fold_undecided(f->proposal), 1);
	fold_text(f, "{\"seq\":17,\"type\":\"proposal\",\"proposal\":16,"
	    "\"files\":[]}");
	assert_null(f->proposal);
	assert_int_equal(fold_undecided(f->proposal), 0);
	/* Nor does one after a message, if nothing came back after an undo. */
	fold_text(f, "{\"seq\":18,\"type\":\"proposal\",\"proposal\":0,"
	    FILE_OF("{\"id\":\"x\"}") "}");
	fold_text(f, "{\"seq\":19,\"type\":\"draft\",\"proposal\":18,"
	    "\"hunk\":\"x\",\"mark\":\"yes\"}");
	fold_text(f, "{\"seq\":20,\"type\":\"proposal\",\"proposal\":0,"
	    "\"undo\":1," FILE_OF("{\"id\":\"u\"}") "}");
	fold_text(f, "{\"seq\":21,\"type\":\"proposal\",\"proposal\":20,"
	    "\"files\":[]}");
	fold_text(f, "{\"seq\":22,\"type\":\"user_message\",\"by\":\"user\","
	    "\"text\":\"go\"}");
	fold_text(f, "{\"seq\":23,\"type\":\"proposal\",\"proposal\":0,"
	    FILE_OF("{\"id\":\"x\"}") "}");
	assert_int_equal(fold_undecided(f->proposal), 1);
	fold_free(f);
}

#define HOOK(seq, event) "{\"seq\":" seq ",\"type\":\"hook\",\"by\":\"core\"," \
	"\"name\":\"lint\",\"event\":\"" event "\",\"id\":\"1\"," \
	"\"status\":\"done\",\"ok\":true,\"decision\":\"deny\"}"

/* Only one before an apply can block what you accept. */
TEST(test_hook_blocks)
{
	struct fold *f = fold_new();

	fold_text(f, HOOK("1", "proposal"));
	assert_null(fold_hook_blocks(f));
	fold_text(f, HOOK("2", "before_apply"));
	assert_non_null(fold_hook_blocks(f));
	fold_free(f);
}

/* A change is of the decision that its line names, and of no later one. */
TEST(test_change_of)
{
	static const char begin[] = "{\"seq\":%d,\"type\":\"apply_begin\","
	    "\"tx\":%d,\"decision\":12,\"ops\":[{\"path\":\"a\"}]}";
	static const char end[] = "{\"seq\":%d,\"type\":\"applied\","
	    "\"tx\":%d,\"ops\":[{\"path\":\"a\",\"ok\":true}]}";
	struct fold *f = fold_new();
	int i;

	for (i = 0; i < 2; i++) {
		AUTO_FREE char *decision = xasprintf("{\"seq\":%d,\"type\":"
		    "\"decision\",\"by\":\"user\",\"files\":[]}", 12 + 9 * i);
		AUTO_FREE char *one = xasprintf(begin, 13 + 9 * i, 1 + i);
		AUTO_FREE char *two = xasprintf(end, 14 + 9 * i, 1 + i);

		fold_text(f, decision);
		fold_text(f, one);
		fold_text(f, two);
		assert_non_null(fold_change_find(f, 1 + i));
		assert_int_equal(fold_change_find(f, 1 + i)->who != NULL,
		    i == 0);
	}
	fold_free(f);
}

static void
want_words(const struct fold *f, size_t reasons, size_t comments)
{
	struct fold_words n = fold_words(f->proposal);

	assert_int_equal(n.reasons, reasons);
	assert_int_equal(n.comments, comments);
}

/* Reasons and comments wait until nothing is open, or for the next message. */
TEST(test_words)
{
	struct fold *f = fold_new();

	want_words(f, 0, 0);
	fold_text(f, "{\"seq\":5,\"type\":\"proposal\",\"proposal\":5,"
	    "\"version\":1," FILE_OF("{\"id\":\"x\"},{\"id\":\"y\"},"
	    "{\"id\":\"z\"}") "}");
	fold_text(f, "{\"seq\":6,\"type\":\"draft\",\"proposal\":5,"
	    "\"hunk\":\"x\",\"mark\":\"no\",\"word\":\"why\"}");
	want_words(f, 1, 0);
	fold_text(f, "{\"seq\":7,\"type\":\"decision\",\"by\":\"user\","
	    "\"proposal\":5,\"files\":[{\"path\":\"a\",\"hunks\":["
	    "{\"id\":\"x\",\"decision\":\"no\",\"word\":\"why\"},"
	    "{\"id\":\"y\",\"decision\":\"yes\",\"comments\":[{\"line\":0,"
	    "\"text\":\"more\"}]}]}]}");
	want_words(f, 1, 1);
	/* It has gone to the model: too late to comment on. */
	fold_text(f, "{\"seq\":8,\"type\":\"comment\",\"by\":\"user\","
	    "\"proposal\":5,\"hunk\":\"x\",\"line\":0,\"text\":\"late\"}");
	want_words(f, 1, 1);
	/* y couldn't be written: its comment comes with its mark. */
	fold_text(f, "{\"seq\":9,\"type\":\"proposal\",\"proposal\":5,"
	    "\"version\":2," FILE_OF("{\"id\":\"y\"},{\"id\":\"z\"}") "}");
	want_words(f, 1, 0);
	/* A question takes no reasons along, a message does. */
	fold_text(f, "{\"seq\":10,\"type\":\"user_message\",\"by\":\"user\","
	    "\"text\":\"why?\",\"question\":{\"hunk\":\"z\"}}");
	fold_text(f, "{\"seq\":11,\"type\":\"user_message\",\"by\":\"core\","
	    "\"text\":\"[assent] Answer in plain text.\"}");
	want_words(f, 1, 0);
	fold_text(f, "{\"seq\":12,\"type\":\"user_message\",\"by\":\"user\","
	    "\"text\":\"go on\"}");
	want_words(f, 0, 0);
	fold_free(f);
}

/* A decision file by file: verdicts, words, and the lines that were rejected, but
 * not those that were accepted. */
TEST(test_decision_text)
{
	static const char line[] = "{\"seq\":6,\"type\":\"decision\",\"by\":"
	    "\"user\",\"proposal\":5,\"files\":[{\"path\":\"a\","
	    "\"hunks\":[{\"id\":\"x\",\"decision\":\"yes\"},"
	    "{\"id\":\"y\",\"decision\":\"no\",\"word\":\"why\"},"
	    "{\"id\":\"gone\",\"decision\":\"no\",\"comments\":["
	    "{\"line\":0,\"text\":\"more\"}]}]}]}";
	AUTO_JSON cJSON *o = json_parse(line, strlen(line), JSON_OWN, NULL);
	AUTO_EVENT struct event e;
	struct fold *f = fold_new();
	AUTO_BUF struct buf b = BUF_INIT(0);

	fold_text(f, "{\"seq\":5,\"type\":\"proposal\",\"proposal\":5,"
	    "\"version\":1," FILE_OF("{\"id\":\"x\",\"text\":\"+yes\\n\"},"
	    "{\"id\":\"y\",\"old_start\":3,\"old_lines\":1,\"new_start\":4,"
	    "\"new_lines\":1,\"function\":\"f()\",\"text\":\"-1\\n+2\\n\"}")
	    "}");
	event_read(&e, o);
	fold_event(f, &e);
	assert_int_equal(f->items[f->items_len - 1].result_seq, 5);
	fold_decision_text(&b, f, &e.decision);
	assert_string_equal(buf_str(&b), "a: accepted 1 hunk and rejected 2, "
	    "1 unread\n  rejected: why\n@@ -3,1 +4,1 @@ f()\n-1\n+2\n"
	    "  comment: more\n");
	fold_free(f);
}

/* An arrow in a name is not taken for a new name. */
TEST(test_names)
{
	static const struct { const char *from, *path, *text; } t[] = {
		{ NULL, "a.txt", "a.txt" }, { "a", "b", "a -> b" },
		{ NULL, "a -> b.txt", "\"a -> b.txt\"" },
		{ "a -> b", "c", "\"a -> b\" -> c" },
		{ NULL, "\"a\" -> \\b", "\"\\\"a\\\" -> \\\\b\"" },
		{ NULL, "\"a\"", "\"\\\"a\\\"\"" }, { NULL, "a->b", "a->b" },
	};
	struct fold *f = fold_new();
	struct buf b = BUF_INIT(0);
	size_t i;

	for (i = 0; i < MEM_COUNT(t); i++) {
		buf_clear(&b);
		fold_add_names(&b, t[i].from, t[i].path);
		assert_string_equal(buf_str(&b), t[i].text);
	}
	fold_text(f, "{\"seq\":1,\"type\":\"applied\",\"tx\":1,\"ops\":[{"
	    "\"path\":\"x -> y\",\"ok\":true}]}");
	assert_non_null(strstr(f->items[f->items_len - 1].text,
	    "\"x -> y\""));
	buf_release(&b);
	fold_free(f);
}

/* The hosts that are allowed and were connected to, and an open question. */
TEST(test_hosts)
{
	struct fold *f = fold_new();

	fold_text(f, "{\"seq\":1,\"type\":\"session_start\",\"sandbox\":{"
	    "\"level\":\"A\",\"line\":\"sandbox A, no network, 512M\",\"net\":["
	    "\"a.example:443\",7,\"b.example\"]}}");
	assert_string_equal(f->sandbox.line, "sandbox A, "
	    "network: a.example:443 and "
	    "1 more, 512M");
	fold_text(f, "{\"seq\":2,\"type\":\"ask\",\"id\":\"n\",\"host\":"
	    "\"c.example\",\"port\":80,\"command\":\"c.example:80\",\"for\":"
	    "\"fetch\"}");
	assert_int_equal(f->ask.kind, ASK_HOST);
	assert_string_equal(f->net.ask_for, "fetch");
	fold_text(f, "{\"seq\":3,\"type\":\"answer\",\"id\":\"n\",\"allow\":"
	    "true,\"scope\":\"call\"}");
	assert_int_equal(f->ask.kind, ASK_NONE);
	assert_null(f->ask.command);
	assert_false(fold_net_serves(f, "c.example:80", NULL));
	fold_text(f, "{\"seq\":4,\"type\":\"ask\",\"id\":\"o\",\"host\":"
	    "\"c.example\",\"port\":80,\"command\":\"c.example:80\"}");
	assert_null(f->net.ask_for);
	fold_text(f, "{\"seq\":5,\"type\":\"answer\",\"id\":\"o\",\"allow\":"
	    "true,\"scope\":\"session\"}");
	assert_true(fold_net_serves(f, "c.example:80", NULL));
	assert_string_equal(f->sandbox.line, "sandbox A, "
	    "network: a.example:443 and "
	    "2 more, 512M");
	/* A command's answer allows no host, nor does a refusal. */
	fold_text(f, "{\"seq\":6,\"type\":\"ask\",\"id\":\"p\",\"command\":"
	    "\"make\",\"why\":\"\"}");
	assert_string_equal(f->ask.text, "A command needs permission:\nmake");
	fold_text(f, "{\"seq\":7,\"type\":\"answer\",\"id\":\"p\",\"allow\":"
	    "true,\"scope\":\"session\"}");
	fold_text(f, "{\"seq\":8,\"type\":\"ask\",\"id\":\"q\",\"host\":"
	    "\"d.example\",\"port\":80,\"command\":\"d.example:80\"}");
	fold_text(f, "{\"seq\":9,\"type\":\"answer\",\"id\":\"q\",\"allow\":"
	    "false,\"scope\":\"session\"}");
	assert_false(fold_net_serves(f, "make", NULL));
	assert_false(fold_net_serves(f, "d.example:80", NULL));
	/* Told once; each refusal is told. */
	fold_text(f, "{\"seq\":10,\"type\":\"net\",\"host\":\"fd00::1\","
	    "\"port\":443,\"address\":\"fd00::1\",\"allowed_by\":\"config\"}");
	fold_text(f, "{\"seq\":11,\"type\":\"net\",\"host\":\"fd00::1\","
	    "\"port\":443,\"address\":\"fd00::1\",\"allowed_by\":\"config\"}");
	assert_int_equal(f->net.hosts.len, 1);
	assert_non_null(pathmap_find(&f->net.hosts, "[fd00::1]:443"));
	assert_string_equal(f->items[f->items_len - 1].title, "connected to "
	    "[fd00::1]:443 (fd00::1), allowed by config");
	fold_text(f, "{\"seq\":12,\"type\":\"net\",\"host\":\"d.example\","
	    "\"port\":80,\"refused\":\"why\"}");
	assert_string_equal(f->items[f->items_len - 1].title,
	    "not connected to d.example:80");
	assert_int_equal(f->net.hosts.len, 1);
	/* An answer to a question that this one hid. */
	fold_text(f, "{\"seq\":13,\"type\":\"ask\",\"id\":\"r\",\"command\":"
	    "\"make\",\"why\":\"\"}");
	fold_text(f, "{\"seq\":14,\"type\":\"answer\",\"id\":\"q\",\"allow\":"
	    "false}");
	assert_string_equal(f->ask.id, "r");
	/* An MCP server's session is its own; the settings are for all. */
	fold_text(f, "{\"seq\":15,\"type\":\"ask\",\"id\":\"t\",\"host\":"
	    "\"f.example\",\"port\":80,\"command\":\"f.example:80\","
	    "\"server\":\"t\"}");
	fold_text(f, "{\"seq\":16,\"type\":\"answer\",\"id\":\"t\",\"allow\":"
	    "true,\"scope\":\"session\"}");
	assert_true(fold_net_serves(f, "f.example:80", "t"));
	assert_false(fold_net_serves(f, "f.example:80", "u"));
	assert_false(fold_net_serves(f, "f.example:80", NULL));
	assert_false(fold_net_serves(f, "c.example:80", "t"));
	/* A resumed session has what the settings have then. */
	fold_text(f, "{\"seq\":17,\"type\":\"ask\",\"id\":\"s\",\"host\":"
	    "\"e.example\",\"port\":80,\"command\":\"e.example:80\"}");
	fold_text(f, "{\"seq\":18,\"type\":\"answer\",\"id\":\"s\",\"allow\":"
	    "true,\"scope\":\"always\"}");
	assert_true(fold_net_serves(f, "e.example:80", NULL));
	assert_true(fold_net_serves(f, "e.example:80", "t"));
	fold_text(f, "{\"seq\":19,\"type\":\"note\",\"text\":\"resumed\","
	    "\"resumed\":true,\"sandbox\":{\"level\":\"A\",\"line\":"
	    "\"sandbox A, no network, 512M\",\"net\":[]}}");
	assert_false(fold_net_serves(f, "e.example:80", NULL));
	assert_true(fold_net_serves(f, "c.example:80", NULL));
	assert_string_equal(f->sandbox.line, "sandbox A, network: c.example:80 "
	    "and 1 more, 512M");
	fold_free(f);
}

#define END_WROTE(seq, tx, undoes, path) \
	"{\"seq\":" seq "0,\"type\":\"apply_begin\",\"tx\":" tx "," undoes \
	"\"ops\":[{\"path\":\"" path "\",\"before\":null,\"after\":{\"hash\":" \
	"\"a\"}}]}", "{\"seq\":" seq "1,\"type\":\"applied\",\"tx\":" tx \
	",\"ops\":[{\"path\":\"" path "\",\"ok\":true}]}"

/* An answer is no failure, unless a check says so or a change is left. */
#define QUESTION(more) \
	"{\"seq\":2,\"type\":\"ask\",\"id\":\"q\",\"command\":\"c\"" more "}"

/* What each kind of question is told by, and whether it outlives its task. */
TEST(test_questions)
{
	static const struct {
		const char		*line;
		enum fold_ask_kind	 kind;
		bool			 stays;
	} t[] = {
		{ QUESTION(",\"by\":\"user\""), ASK_OWN, false },
		{ QUESTION(",\"host\":\"h\",\"server\":\"s\""), ASK_HOST, true },
		{ QUESTION(",\"server\":\"s\",\"change\":\"+x\""), ASK_TOOL,
		    false },
		{ QUESTION(",\"hook\":\"h\",\"by\":\"user\""), ASK_HOOK,
		    false },
		{ QUESTION(",\"by\":\"core\""), ASK_COMMAND, false },
		{ QUESTION(",\"server\":\"s\""), ASK_CALL, false },
		{ QUESTION(",\"contents\":\"x\""), ASK_FILE, true },
		{ QUESTION(",\"contents\":\"x\",\"server\":\"s\""), ASK_PROMPT,
		    true },
		{ QUESTION(",\"form\":{\"name\":\"n\",\"given\":\"\"}"),
		    ASK_FORM, false },
		{ QUESTION(",\"server\":\"s\",\"form\":{}"), ASK_AGREE, false },
	};
	const struct fold_ask_row *row;
	size_t i;

	assert_int_equal(MEM_COUNT(t), ASK_KINDS - 1);
	for (i = 0; i < MEM_COUNT(t); i++) {
		struct fold *f = fold_new();

		fold_text(f, t[i].line);
		if (f->ask.kind != t[i].kind)
			fail_msg("%s: %d", t[i].line, (int)f->ask.kind);
		fold_text(f, "{\"seq\":3,\"type\":\"agent_end\"}");
		assert_int_equal(f->ask.kind, t[i].stays ? t[i].kind :
		    ASK_NONE);
		fold_free(f);
	}
	for (i = 0; i < ASK_KINDS; i++) {
		row = &fold_ask_rows[i];
		assert_true(row->title != NULL && row->look != NULL &&
		    row->waits != NULL && row->yes != NULL && row->no != NULL);
		assert_true((row->hint_yes == NULL) == (row->hint_no == NULL));
		assert_true((row->was_yes == NULL) == (row->was_no == NULL));
		assert_true((row->confirm != NULL) ==
		    ((row->flags & ASK_OUTSIDE) != 0));
	}
}

#define NO_TOKENS ", 0 tokens in, 0 out"

TEST(test_end_answered)
{
	static const struct { const char *mode, *more, *title, *row; } t[] = {
		{ "interactive", "", "nothing changed", "1 turn" NO_TOKENS },
		{ "exec", "", "check not passed",
		    "check: make not run\n1 turn" NO_TOKENS },
		{ "interactive", ",\"modified_files\":[\"a\"]",
		    "check not passed: wrote 1 file",
		    "a\ncheck: make not run\n1 turn" NO_TOKENS },
		{ "interactive", ",\"proposed\":[\"a\"]", "check not passed",
		    "check: make not run\n1 turn" NO_TOKENS },
		{ "interactive", ",\"check\":{\"command\":\"make\","
		    "\"exit\":1}", "check not passed",
		    "check: make failed, exit 1\n1 turn" NO_TOKENS },
		/* Also one that has passed may prove nothing. */
		{ "exec", ",\"check\":{\"command\":\"make\",\"by\":\"model\","
		    "\"exit\":0}", "only the model's own check passed",
		    "check: make passed\n1 turn" NO_TOKENS },
		{ "exec", ",\"check\":{\"command\":\"make\",\"by\":\"flag\","
		    "\"exit\":2},\"rolled_back\":true",
		    "check not passed, its changes undone",
		    "check: make failed, exit 2\n1 turn" NO_TOKENS },
		{ "exec", ",\"check\":{\"command\":\"make\",\"by\":\"flag\","
		    "\"exit\":0},\"summary\":\"test first\"",
		    "no test failed first",
		    "check: make passed\n1 turn" NO_TOKENS },
		{ "exec", ",\"check\":null", "unproven",
		    "1 turn" NO_TOKENS },
	};
	static const char *const wrote[] = { END_WROTE("1", "1", "", "a") };
	size_t i, k;

	for (i = 0; i < MEM_COUNT(t); i++) {
		struct fold *f = fold_new();
		AUTO_FREE char *start = xasprintf("{\"seq\":1,\"type\":"
		    "\"session_start\",\"mode\":\"%s\"}", t[i].mode);
		AUTO_FREE char *end = xasprintf("{\"seq\":13,\"type\":"
		    "\"agent_end\",\"outcome\":\"unproven\",\"exit\":3,"
		    "\"turns\":1%s%s}", t[i].more, strstr(t[i].more,
		    "check") != NULL ? "" :
		    ",\"check\":{\"command\":\"make\",\"exit\":null}");
		const struct fold_item *it;

		fold_text(f, start);
		fold_text(f, "{\"seq\":2,\"type\":\"user_message\",\"by\":"
		    "\"user\",\"text\":\"why?\"}");
		fold_text(f, "{\"seq\":3,\"type\":\"turn_start\"}");
		for (k = 0; strstr(t[i].more, "modified") != NULL && k < 2; k++)
			fold_text(f, wrote[k]);
		if (strstr(t[i].more, "test first") != NULL)
			fold_text(f, "{\"seq\":9,\"type\":\"tool_result\","
			    "\"id\":\"c\",\"name\":\"done\",\"ok\":false,"
			    "\"error\":\"test_first\",\"text\":\"\"}");
		fold_text(f, end);
		it = &f->items[f->items_len - 1];
		assert_string_equal(it->title, t[i].title);
		assert_string_equal(it->summary, t[i].row);
		assert_int_equal(it->ok, i == 0);
		assert_int_equal(f->end.exit, 3);
		fold_free(f);
	}
}

static cJSON *
junk(uint64_t *seed)
{
	static const char *const texts[] = {
		"", "yes", "done", "running", "step", "\xf0\x9f\x98\x80", "x",
		"approved", "-1", "77777777777777777777", "output", "bash",
	};
	cJSON *o;

	switch (random_next(seed, 9)) {
	case 0:
		return cJSON_CreateNull();
	case 1:
		return cJSON_CreateBool(random_next(seed, 2) == 0);
	case 2:
		return cJSON_CreateNumber(1e308);
	case 3:
		return cJSON_CreateNumber(-9007199254740992.0);
	case 4:
		return cJSON_CreateNumber((double)random_next(seed, 40) - 5);
	case 5:
		return cJSON_CreateArray();
	case 6:
		o = cJSON_CreateArray();
		cJSON_AddItemToArray(o, junk(seed));
		cJSON_AddItemToArray(o, junk(seed));
		return o;
	case 7:
		o = cJSON_CreateObject();
		cJSON_AddItemToObject(o, "id", junk(seed));
		cJSON_AddItemToObject(o, "hunks", junk(seed));
		return o;
	default:
		return cJSON_CreateString(texts[random_next(seed,
		    (unsigned)MEM_COUNT(texts))]);
	}
}

/* Replace, remove or double something somewhere below o. */
static void
mutate(cJSON *o, uint64_t *seed)
{
	cJSON *parent = o, *item;
	int n, at;

	for (;;) {
		n = cJSON_GetArraySize(parent);
		if (n == 0)
			return;
		at = (int)random_next(seed, (unsigned)n);
		item = cJSON_GetArrayItem(parent, at);
		if ((cJSON_IsObject(item) || cJSON_IsArray(item)) &&
		    random_next(seed, 3) > 0) {
			parent = item;
			continue;
		}
		break;
	}
	if (item->string != NULL && strcmp(item->string, "type") == 0)
		return;
	if (random_next(seed, 4) == 0) {
		cJSON_Delete(cJSON_DetachItemViaPointer(parent, item));
	} else if (random_next(seed, 6) == 0) {
		cJSON *twin = cJSON_Duplicate(item, true);

		if (twin != NULL)
			cJSON_AddItemToArray(parent, twin);
	} else if (cJSON_IsObject(parent)) {
		char *name = xstrdup(item->string);

		cJSON_ReplaceItemInObjectCaseSensitive(parent, name,
		    junk(seed));
		free(name);
	} else {
		cJSON_ReplaceItemInArray(parent, at, junk(seed));
	}
}

TEST(test_hostile)
{
	uint64_t seed = 20261120;
	int round;
	size_t i;

	for (i = 0; i < MEM_COUNT(fixtures); i++) {
		struct buf in = BUF_INIT(0);

		fixture_get(fixtures[i], ".jsonl", &in);
		for (round = 0; round < 150; round++) {
			struct fold *f = fold_new();
			struct buf out = BUF_INIT(0);
			char *copy = xstrdup(buf_str(&in)), *line;
			char *save = NULL;
			int64_t seq = 0;

			for (line = strtok_r(copy, "\n", &save); line != NULL;
			    line = strtok_r(NULL, "\n", &save)) {
				cJSON *o = json_parse(line, strlen(line),
				    JSON_NUL_REPLACE, NULL);

				mutate(o, &seed);
				mutate(o, &seed);
				if (random_next(&seed, 20) != 0)
					json_add_int(o, "seq", ++seq);
				fold_line(f, o);
				cJSON_Delete(o);
			}
			/* The dump touches all there is. */
			dump(&out, f);
			assert_true(out.len > 0);
			buf_release(&out);
			fold_free(f);
			free(copy);
		}
		buf_release(&in);
	}
}

static int
print_dump(const char *path)
{
	struct buf in = BUF_INIT(0), out = BUF_INIT(0);
	struct fold *f = fold_new();
	int rc = 1;

	if (fs_read_file(AT_FDCWD, path, &in, NULL) == 0 && in.len > 0) {
		fold_lines(f, in.p);
		dump(&out, f);
		fputs(buf_str(&out), stdout);
		rc = 0;
	}
	fold_free(f);
	buf_release(&in);
	buf_release(&out);
	return rc;
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		return print_dump(argv[1]);
	return unit_run();
}
