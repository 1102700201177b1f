/* Facts: what became of hunks over their versions, who decided, who paid. */
#include "config.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/money.h"
#include "journal/event.h"
#include "journal/facts.h"
#include "tests/unit/unit.h"

/* Fold lines, with ' for ", each numbered. */
static void
lines(struct facts *f, int64_t *seq, const char *const *texts, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		AUTO_EVENT struct event e = { 0 };
		AUTO_FREE char *text = xstrdup(texts[i]);
		AUTO_JSON cJSON *o = NULL;
		char *p;

		while ((p = strchr(text, '\'')) != NULL)
			*p = '"';
		o = json_parse(text, strlen(text), JSON_OWN, NULL);
		if (o == NULL)
			fail_msg("%s", text);
		json_add_int(o, "seq", ++*seq);
		event_read(&e, o);
		facts_event(f, &e);
	}
}

#define LINES(f, ...) do { \
		const char *const some[] = { __VA_ARGS__ }; \
		lines((f), &seq, some, MEM_COUNT(some)); \
	} while (0)

#define SAID	"{'type':'user_message','by':'user','text':'go'}"
#define TURN	"{'type':'turn_start','turn':1}"
#define PAID	"{'type':'turn_end','usage':{'input':10,'output':1}," \
		"'cost_usd':0.25}"
#define END(outcome) "{'type':'agent_end','outcome':'" outcome "'}"
#define HUNK(id, text) "{'id':'" id "','text':'" text "'}"
#define FILE(path, hunks) "{'path':'" path "','hunks':[" hunks "]}"
#define OFFER(files) "{'type':'proposal','final':true,'files':[" files "]}"
#define MARK(id, what) "{'id':'" id "','decision':'" what "'}"
#define DECIDE(files) "{'type':'decision','by':'user'," \
		"'client':'/dev/pts/1','files':[" files "]}"
#define APPLIED(path, ok) "{'type':'applied','ops':[{'path':'" path \
		"','ok':" ok "}]}"

static void
expect(const struct facts *f, enum facts_of of, const char *want)
{
	struct facts_hunks h = facts_hunks(f, of);
	AUTO_BUF struct buf b = BUF_INIT(0);

	buf_addf(&b, "%d accepted, %d edited, %d rejected, %d replaced: ",
	    h.n[FACTS_ACCEPTED], h.n[FACTS_EDITED], h.n[FACTS_REJECTED],
	    h.replaced);
	assert_int_equal(h.decided, h.n[FACTS_ACCEPTED] + h.n[FACTS_EDITED] +
	    h.n[FACTS_REJECTED]);
	facts_add_accepted(&b, &h);
	assert_string_equal(buf_str(&b), want);
}

/* A hunk that comes again since the user edited beside it, or since it couldn't
 * be written, was decided once. */
TEST(test_versions)
{
	struct facts f = { 0 };
	int64_t seq = 0;

	LINES(&f, SAID, TURN, PAID,
	    OFFER(FILE("a", HUNK("1", "-x\\n+y\\n") "," HUNK("2",
	    " c\\n+z\\n"))),
	    DECIDE(FILE("a", MARK("1", "yes") "," MARK("2", "no"))),
	    APPLIED("a", "true"),
	    /* The lines before it are others now. */
	    OFFER(FILE("a", HUNK("3", " d\\n+z\\n"))),
	    DECIDE(FILE("a", MARK("3", "no"))), END("refused"));
	expect(&f, FACTS_OF_TASK, "1 accepted, 0 edited, 1 rejected, 0 replaced: "
	    "1 hunk in 1 file by you");
	/* The same lines elsewhere, and others here, are other hunks. */
	LINES(&f, OFFER(FILE("b", HUNK("4", "+z\\n")) "," FILE("a",
	    HUNK("5", "+w\\n"))),
	    DECIDE(FILE("b", MARK("4", "yes")) "," FILE("a",
	    MARK("5", "edited"))),
	    APPLIED("b", "false"));
	expect(&f, FACTS_OF_TASK, "1 accepted, 1 edited, 1 rejected, 0 replaced: "
	    "2 hunks in 1 file by you");
	/* One that was written isn't that of a later proposal. */
	LINES(&f, SAID, TURN, OFFER(FILE("a", HUNK("1", "-x\\n+y\\n"))),
	    "{'type':'decision','by':'rule:small','rule':'small','files':["
	    FILE("a", MARK("1", "yes")) "]}");
	expect(&f, FACTS_OF_SESSION, "2 accepted, 1 edited, 1 rejected, 0 replaced: "
	    "2 hunks in 1 file by you, 1 hunk in 1 file by rule small");
	facts_release(&f);
}

/* A rejection is of the run it was made in, though the next message continues
 * the task; and not of another hunk that adds the same lines. */
TEST(test_runs)
{
	struct facts f = { 0 };
	int64_t seq = 0;

	LINES(&f, SAID, TURN, PAID, OFFER(FILE("a", HUNK("1", "-x\\n+}\\n"))),
	    DECIDE(FILE("a", MARK("1", "no"))), OFFER(""));
	assert_true(facts_all_rejected(&f));
	LINES(&f, END("refused"), SAID, TURN, PAID);
	assert_false(facts_all_rejected(&f));
	expect(&f, FACTS_OF_RUN, "0 accepted, 0 edited, 0 rejected, "
	    "0 replaced: ");
	LINES(&f, OFFER(FILE("a", HUNK("2", "-w\\n+}\\n"))),
	    DECIDE(FILE("a", MARK("2", "yes"))));
	expect(&f, FACTS_OF_TASK, "1 accepted, 0 edited, 1 rejected, "
	    "1 replaced: 1 hunk in 1 file by you");
	facts_release(&f);
}

/* What is accepted of a file after later turns replaces what was rejected of it;
 * an undo is no task's. */
TEST(test_replaced)
{
	struct facts f = { 0 };
	int64_t seq = 0;

	LINES(&f, SAID, TURN, PAID, OFFER(FILE("a", HUNK("1", "+y\\n"))),
	    DECIDE(FILE("a", MARK("1", "no"))), TURN, PAID,
	    OFFER(FILE("a", HUNK("2", "+z\\n"))),
	    DECIDE(FILE("a", MARK("2", "yes"))), APPLIED("a", "true"),
	    END("done"));
	expect(&f, FACTS_OF_TASK, "1 accepted, 0 edited, 1 rejected, 1 replaced: "
	    "1 hunk in 1 file by you");
	LINES(&f, "{'type':'proposal','undo':1,'final':true,'files':["
	    FILE("a", HUNK("9", "-z\\n")) "]}",
	    DECIDE(FILE("a", MARK("9", "no"))), OFFER(""));
	expect(&f, FACTS_OF_SESSION, "1 accepted, 0 edited, 1 rejected, 0 replaced: "
	    "1 hunk in 1 file by you");
	/* The next task begins at nothing; a script decides. */
	LINES(&f, SAID, TURN, OFFER(FILE("a", HUNK("7", "+v\\n"))),
	    "{'type':'decision','by':'user','client':'no tty','files':["
	    FILE("a", MARK("7", "yes")) "]}");
	expect(&f, FACTS_OF_TASK, "1 accepted, 0 edited, 0 rejected, 0 replaced: "
	    "1 hunk in 1 file by you, without a terminal");
	facts_release(&f);
}

TEST(test_money)
{
	struct facts f = { 0 };
	int64_t seq = 0;

	LINES(&f, "{'type':'session_start','model':{'provider':'p','name':'m'}}",
	    SAID, TURN, PAID,
	    "{'type':'compaction','usage':{'input':1},'cost_usd':5,'model':{"
	    "'provider':'p','name':'s'}}",
	    "{'type':'compaction','cost_usd':7}",
	    "{'type':'review','usage':{'input':1},'cost_usd':1,'model':{"
	    "'provider':'p','name':'m'}}",
	    "{'type':'user_message','by':'user','text':'why?','question':{"
	    "'hunk':'1'}}", TURN,
	    "{'type':'comment','by':'model'}", PAID, TURN, PAID);
	assert_int_equal(task_usage_cost(&f.usage.session), 6750000);
	assert_int_equal(f.state.cost, 6750000);
	assert_int_equal(f.paid[FACTS_TASK].cost, 500000);
	assert_int_equal(f.paid[FACTS_ASIDE].cost, 250000);
	assert_int_equal(f.paid[FACTS_COMPACTION].cost, 5000000);
	assert_int_equal(f.paid[FACTS_REVIEWER].cost, 1000000);
	assert_int_equal(f.models_len, 2);
	assert_string_equal(f.models[0].name, "p/m");
	assert_int_equal(f.models[0].used.cost, 1750000);
	LINES(&f, "{'type':'turn_end','usage':{},'cost_usd':null}");
	assert_int_equal(task_usage_cost(&f.usage.session), MONEY_UNKNOWN);
	/* A fork has paid for nothing yet. */
	LINES(&f, "{'type':'note','text':'x','forked':{'session':'s','seq':1}}",
	    TURN, PAID);
	assert_int_equal(task_usage_cost(&f.usage.session), 250000);
	assert_int_equal(f.state.cost, 250000);
	assert_int_equal(f.models_len, 1);
	facts_release(&f);
}
