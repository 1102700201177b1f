/* Facts: what became of hunks over their versions, who decided, who paid. */
#include "config.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/money.h"
#include "journal/event.h"
#include "journal/facts.h"
#include "journal/fold.h"
#include "tests/unit/unit.h"

/* A line of the journal, with ' for ", and the next number. */
static cJSON *
numbered(const char *quoted, int64_t *seq)
{
	AUTO_FREE char *text = xstrdup(quoted);
	cJSON *o;
	char *p;

	while ((p = strchr(text, '\'')) != NULL)
		*p = '"';
	o = json_parse(text, strlen(text), JSON_OWN, NULL);
	if (o == NULL)
		fail_msg("%s", text);
	json_add_int(o, "seq", ++*seq);
	return o;
}

static void
lines(struct facts *f, int64_t *seq, const char *const *texts, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		AUTO_EVENT struct event e = { 0 };
		AUTO_JSON cJSON *o = numbered(texts[i], seq);

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

/* What the user rejected stays so until it is accepted; while it is open again it
 * isn't in the list of those. */
TEST(test_rejected)
{
	struct facts f = { 0 };
	int64_t seq = 0;

	LINES(&f, SAID, TURN, OFFER(FILE("a", HUNK("1", "-x\\n+y\\n"))));
	assert_null(facts_rejected(&f, "1"));
	LINES(&f, "{'type':'decision','by':'user','files':[" FILE("a",
	    "{'id':'1','decision':'no','word':'why'}") "]}", OFFER(""));
	assert_true(facts_is_rejected(&f, facts_rejected(&f, "1")));
	assert_string_equal(f.hunks[0].word, "why");
	assert_int_equal(f.hunks[0].added, 1);
	/* Again, with another line before it. */
	LINES(&f, OFFER(FILE("a", HUNK("2", " z\\n-x\\n+y\\n"))));
	assert_null(facts_rejected(&f, "1"));
	assert_false(facts_is_rejected(&f, facts_rejected(&f, "2")));
	LINES(&f, DECIDE(FILE("a", MARK("2", "yes"))), OFFER(""));
	assert_null(facts_rejected(&f, "2"));
	facts_release(&f);
}

#define AT(time) "'t':'2026-11-20T" time ".000Z','by':'user',"
#define OPENED(at, more) "{'type':'proposal','proposal':0," AT(at) more \
		"'files':[" FILE("a", HUNK("1", "+y\\n")) "]}"
#define DECIDED(at, client, hunks) "{'type':'decision'," AT(at) \
		"'client':'" client "','files':[" FILE("a", hunks) "]}"

/* Your own rate: not a script's, not an undo's; a break isn't time of review. */
TEST(test_reviews)
{
	struct facts f = { 0 };
	const struct session_state *s = &f.state;
	int64_t seq = 0;

	LINES(&f, "{'type':'session_start','mode':'interactive'}",
	    OPENED("10:00:00", ""), "{'type':'draft','client':'/dev/pts/1',"
	    AT("10:00:04") "'hunk':'1','mark':'yes'}",
	    DECIDED("10:00:10", "/dev/pts/1", "{'id':'1','decision':'yes',"
	    "'seen':true},{'id':'2','decision':'yes','comments':[{'line':0,"
	    "'text':'c'}]},{'id':'3','decision':'no','word':'w'}"));
	assert_int_equal(s->reviewed, 3);
	assert_int_equal(s->accepted, 2);
	assert_int_equal(s->unseen, 1);
	assert_int_equal(s->comments, 2);
	assert_int_equal(s->timed, 3);
	assert_int_equal(s->timed_ms, 10000);
	LINES(&f, OPENED("11:00:00", ""), DECIDED("11:00:01", "no tty",
	    MARK("1", "yes")), OPENED("11:00:00", "'undo':1,"),
	    DECIDED("11:00:01", "/dev/pts/1", MARK("1", "yes")));
	assert_int_equal(s->reviewed, 3);
	LINES(&f, OPENED("12:00:00", ""), DECIDED("12:30:00", "/dev/pts/1",
	    MARK("1", "yes")));
	assert_int_equal(s->reviewed, 4);
	assert_int_equal(s->timed, 3);
	facts_release(&f);
}

/* A task is over once all its changes were rejected: the next message begins
 * another, whose hunk that adds the same lines is another, too. What was stopped
 * goes on with the next message, and counts what was decided before. */
TEST(test_tasks)
{
	struct facts f = { 0 };
	int64_t seq = 0;

	LINES(&f, SAID, TURN, PAID, OFFER(FILE("a", HUNK("1", "-x\\n+}\\n"))),
	    DECIDE(FILE("a", MARK("1", "no"))), OFFER(""));
	assert_true(facts_all_rejected(&f, f.since));
	LINES(&f, END("refused"), SAID, TURN, PAID);
	assert_false(facts_all_rejected(&f, f.since));
	expect(&f, FACTS_OF_TASK, "0 accepted, 0 edited, 0 rejected, "
	    "0 replaced: ");
	LINES(&f, OFFER(FILE("a", HUNK("2", "-w\\n+}\\n"))),
	    DECIDE(FILE("a", MARK("2", "no"))), OFFER(""), END("limit"), SAID,
	    TURN, PAID, OFFER(FILE("a", HUNK("3", "-v\\n+}\\n"))),
	    DECIDE(FILE("a", MARK("3", "yes"))), APPLIED("a", "true"),
	    END("done"));
	expect(&f, FACTS_OF_TASK, "1 accepted, 0 edited, 1 rejected, "
	    "1 replaced: 1 hunk in 1 file by you");
	assert_int_equal(f.tasks, 2);
	assert_int_equal(task_usage_whole(&f.usage).turns, 2);
	facts_release(&f);
}

/* Hunks of a file that are accepted in a later turn replace its rejected ones;
 * an undo belongs to no task. */
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

/* The files of the open proposal, as many as there is room for. */
TEST(test_paths)
{
	struct facts f = { 0 };
	int64_t seq = 0;
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *paths;
	int i;

	LINES(&f, "{'type':'session_start','mode':'exec','root':'/p'}", SAID,
	    OFFER(FILE("a.c", HUNK("1", "@")) ",{'path':'new','from':'old',"
	    "'hunks':[" HUNK("2", "@") "]}"));
	assert_string_equal(f.state.paths, "a.c\nnew\nold\n");
	LINES(&f, DECIDE(FILE("a.c", MARK("1", "yes"))));
	assert_null(f.state.paths);
	buf_adds(&b, "{'type':'proposal','files':[");
	for (i = 0; i < 5000; i++)
		buf_addf(&b, "%s{'path':'dir/%04d'}", i > 0 ? "," : "", i);
	buf_adds(&b, "]}");
	LINES(&f, buf_str(&b));
	paths = f.state.paths;
	assert_int_equal(f.state.files, 5000);
	assert_int_equal(strlen(paths), SESSION_PATHS_MAX / 9 * 9);
	assert_string_equal(paths + strlen(paths) - 9, "dir/0909\n");
	facts_release(&f);
	f = (struct facts){ 0 };
	/* Your own changes are on the disk. */
	LINES(&f, "{'type':'session_start','mode':'review','root':'/p'}",
	    OFFER(FILE("a.c", HUNK("1", "@"))));
	assert_null(f.state.paths);
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
	    "{'type':'btw','status':'running','question':'why?'}",
	    "{'type':'btw','status':'done','usage':{'input':1},'cost_usd':2,"
	    "'model':{'provider':'p','name':'m'}}",
	    "{'type':'user_message','by':'user','text':'why?','question':{"
	    "'hunk':'1'}}", TURN,
	    "{'type':'comment','by':'model'}", PAID, TURN, PAID);
	assert_int_equal(task_usage_cost(&f.usage.session), 8750000);
	assert_int_equal(f.state.cost, 8750000);
	assert_int_equal(f.paid[FACTS_TASK].cost, 500000);
	assert_int_equal(f.paid[FACTS_ASIDE].cost, 2250000);
	assert_int_equal(f.paid[FACTS_COMPACTION].cost, 5000000);
	assert_int_equal(f.paid[FACTS_REVIEWER].cost, 1000000);
	assert_int_equal(f.models_len, 2);
	assert_string_equal(f.models[0].name, "p/m");
	assert_int_equal(f.models[0].used.cost, 3750000);
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

/* ---- the lines of a change ---- */

/*
 * Random sessions against a plain model: a file as a list of lines, each with the
 * change that added it; removed ones stay in it, for an undo. Changes are written
 * to the fold as hunks, some of them rejected or edited; files are renamed,
 * deleted, changed by others, and changes undone and redone, in whole or in part.
 */
#define FILES		3
#define LINES_MAX	4000

struct line {
	int64_t	 tx, gone;	/* added and removed by these; 0: none */
	size_t	 id;
	bool	 was, is;	/* before and after the change being made */
};

struct model {
	struct line	*v;
	size_t		 len;
	bool		 exists, known;
	int		 name, was;	/* was: before the change being made */
};

struct random_session {
	struct fold	*fold;
	struct model	 files[FILES];
	int64_t		 seq, tx, undoes;
	uint64_t	 seed;
	size_t		 ids;
	int		 names, hunks;
	struct buf	 proposed, decided, begun, done;	/* of one change */
};

static unsigned
pick(struct random_session *s, unsigned n)
{
	s->seed = s->seed * UINT64_C(6364136223846793005) +
	    UINT64_C(1442695040888963407);
	return (unsigned)(s->seed >> 33) % n;
}

static void
put(struct random_session *s, const char *text)
{
	AUTO_JSON cJSON *o = numbered(text, &s->seq);

	fold_line(s->fold, o);
}

static void
put_side(struct buf *b, const struct model *m, bool after)
{
	uint64_t h = 1;
	size_t i;

	for (i = 0; i < m->len; i++)
		if (after ? m->v[i].is : m->v[i].was)
			h = h * 31 + m->v[i].id;
	buf_addf(b, "{'hash':'%016llx','mode':33188}", (unsigned long long)h);
}

/* Add n lines of this change at this place. */
static void
model_add(struct random_session *s, struct model *m, size_t at, size_t n)
{
	for (; n > 0 && m->len < LINES_MAX; n--) {
		GROW(m->v, m->len);
		memmove(&m->v[at + 1], &m->v[at],
		    (m->len++ - at) * sizeof(*m->v));
		m->v[at] = (struct line){ .tx = s->tx, .id = ++s->ids,
			.is = true };
	}
}

/* The lines from `at` to `end` as a hunk's text; `what`: '+' only or '-' and ' '
 * only, for another proposal in the same place; 0: as they are. */
static int
put_text(struct buf *b, const struct model *m, size_t at, size_t end, char what)
{
	size_t i, from, k;
	char sign;
	int n = 0;

	for (i = at; i < end; i = k) {
		/* As a diff: what a place removes is before what it adds. */
		for (k = i; k < end && !(m->v[k].was && m->v[k].is); k++)
			;
		k = k == i ? i + 1 : k;
		for (sign = '-'; sign == '-' || sign == '+';
		    sign = sign == '-' ? '+' : '\0')
			for (from = i; from < k; from++) {
				const struct line *l = &m->v[from];
				char own = l->was ? l->is ? ' ' : '-' : '+';

				if ((!l->was && !l->is) ||
				    (own == '+') != (sign == '+'))
					continue;
				if (what != '\0' && own == '+')
					continue;
				buf_addf(b, "%c%zu\\n", what != '\0' ? '-' :
				    own, m->v[from].id);
				n++;
			}
	}
	return n;
}

static bool
model_differs(const struct model *m, size_t i)
{
	return m->v[i].was != m->v[i].is;
}

/* The hunks of a file that changes; with `reject`, some are rejected. */
static void
put_hunks(struct random_session *s, struct model *m, bool reject)
{
	size_t at, end, i, from = 0, live, context;
	int old_start = 1, old_lines;
	bool no, edit, first = true;
	AUTO_BUF struct buf text = BUF_INIT(0), other = BUF_INIT(0);

	for (at = 0; at < m->len; at = from = end) {
		for (; at < m->len && !model_differs(m, at); at++)
			;
		if (at == m->len)
			break;
		/* Up to where so many unchanged lines follow. */
		context = pick(s, 3);
		for (end = i = at, live = 0; i < m->len && live <= 2 * context;
		    i++) {
			live += m->v[i].was && m->v[i].is;
			if (model_differs(m, i)) {
				end = i + 1;
				live = 0;
			}
		}
		for (live = 0; at > from && live < context; at--)
			live += m->v[at - 1].was;
		for (; from < at; from++)
			old_start += m->v[from].was;
		for (live = 0; end < m->len && live < context; end++)
			live += m->v[end].was;
		no = reject && pick(s, 4) == 0;
		edit = !no && pick(s, 5) == 0;
		for (old_lines = 0, i = at; i < end; i++)
			old_lines += m->v[i].was;
		buf_clear(&text);
		buf_clear(&other);
		put_text(&text, m, at, end, 0);
		put_text(&other, m, at, end, '-');
		buf_adds(&other, "+other\\n");
		buf_addf(&s->proposed, "%s{'id':'h%d','old_start':%d,"
		    "'old_lines':%d,'new_start':1,'new_lines':1,'text':'%s'}",
		    first ? "" : ",", ++s->hunks, old_start - (old_lines == 0),
		    old_lines, buf_str(edit ? &other : &text));
		buf_addf(&s->decided, "%s{'id':'h%d','decision':'%s'%s%s%s}",
		    first ? "" : ",", s->hunks, no ? "no" : edit ? "edited" :
		    "yes", edit ? ",'edit':'" : "", edit ? buf_str(&text) : "",
		    edit ? "'" : "");
		first = false;
		for (i = at; i < end; i++) {
			old_start += m->v[i].was;
			if (no)
				m->v[i].is = m->v[i].was;
		}
	}
}

/* Write what is made of a file: {from} is its old name, if that changes. */
static void
put_file(struct random_session *s, struct model *m, int from, bool reject)
{
	bool existed = m->exists, first = s->proposed.len == 0;
	size_t i;

	m->known = true;
	buf_addf(&s->proposed, "%s{'path':'f%d',", first ? "" : ",", m->name);
	if (from >= 0)
		buf_addf(&s->proposed, "'status':'renamed','from':'f%d',", from);
	buf_adds(&s->proposed, "'hunks':[");
	buf_addf(&s->decided, "%s{'path':'f%d','hunks':[", first ? "" : ",",
	    m->name);
	if (from >= 0) {
		buf_addf(&s->proposed, "{'id':'n%d','text':''}", ++s->hunks);
		buf_addf(&s->decided, "{'id':'n%d','decision':'yes'}",
		    s->hunks);
		for (i = 0; i < m->len && !model_differs(m, i); i++)
			;
		if (i < m->len) {
			buf_addc(&s->proposed, ',');
			buf_addc(&s->decided, ',');
		}
	}
	put_hunks(s, m, reject);
	buf_adds(&s->proposed, "]}");
	buf_adds(&s->decided, "]}");
	m->exists = false;
	for (i = 0; i < m->len; i++)
		m->exists = m->exists || m->v[i].is;
	/* An empty file doesn't count here. */
	buf_addf(&s->begun, "%s{'path':'f%d','before':", first ? "" : ",",
	    from >= 0 ? from : m->name);
	if (existed)
		put_side(&s->begun, m, false);
	else
		buf_adds(&s->begun, "null");
	buf_adds(&s->begun, ",'after':");
	if (from >= 0)
		buf_addf(&s->begun, "null},{'path':'f%d','before':null,"
		    "'after':", m->name);
	if (m->exists)
		put_side(&s->begun, m, true);
	else
		buf_adds(&s->begun, "null");
	buf_addc(&s->begun, '}');
	if (from >= 0)
		buf_addf(&s->done, "%s{'path':'f%d','ok':true,'to':'f%d'},"
		    "{'path':'f%d','ok':true,'from':'f%d'}", first ? "" : ",",
		    from, m->name, m->name, from);
	else
		buf_addf(&s->done, "%s{'path':'f%d','ok':true}",
		    first ? "" : ",", m->name);
	for (i = 0; i < m->len; i++) {
		struct line *l = &m->v[i];

		if (l->was && !l->is)
			l->gone = s->tx;
		else if (!l->was && l->is)
			l->gone = 0;
	}
}

/* The change that was put together. */
static void
put_change(struct random_session *s)
{
	AUTO_FREE char *undoes = s->undoes == 0 ? xstrdup("") :
	    xasprintf("'undo':%lld,'undoes':%lld,", (long long)s->undoes,
	    (long long)s->undoes);
	AUTO_FREE char *proposal = xasprintf("{'type':'proposal',%s"
	    "'version':1,'final':true,'files':[%s]}", undoes,
	    buf_str(&s->proposed));
	AUTO_FREE char *decision = NULL, *begin = NULL, *applied = NULL;

	if (s->proposed.len > 0) {
		put(s, proposal);
		decision = xasprintf("{'type':'decision','by':'user',"
		    "'proposal':%lld,'files':[%s]}", (long long)s->seq,
		    buf_str(&s->decided));
		put(s, decision);
		begin = xasprintf("{'type':'apply_begin','tx':%lld,%s"
		    "'decision':%lld,'ops':[%s]}", (long long)s->tx, undoes,
		    (long long)s->seq, buf_str(&s->begun));
		put(s, begin);
		applied = xasprintf("{'type':'applied','tx':%lld,%s'ops':[%s]}",
		    (long long)s->tx, undoes, buf_str(&s->done));
		put(s, applied);
	}
	buf_release(&s->proposed);
	buf_release(&s->decided);
	buf_release(&s->begun);
	buf_release(&s->done);
}

/* One that no file has, nor had before this change; often an old one. */
static int
random_name(struct random_session *s)
{
	int name = 1 + (int)pick(s, (unsigned)s->names);
	const struct model *m;

	for (m = s->files; m < s->files + FILES; m++)
		if (m->name == name || m->was == name)
			return ++s->names;
	return name;
}

/* A new change of some files, or some of their names. */
static void
random_change(struct random_session *s)
{
	struct model *m;
	size_t i, n;
	int from;

	for (m = s->files; m < s->files + FILES; m++) {
		if (pick(s, 2) != 0)
			continue;
		for (n = pick(s, 5), i = 0; i < n; i++)
			model_add(s, m, pick(s, (unsigned)m->len + 1),
			    1 + pick(s, 4));
		n = pick(s, 20) == 0 ? 1 : 6;
		for (i = 0; i < m->len; i++)
			if (m->v[i].was && pick(s, (unsigned)n) == 0)
				m->v[i].is = false;
		from = m->exists && pick(s, 6) == 0 ? m->name : -1;
		for (i = 0; i < m->len && !m->v[i].is; i++)
			;
		if (from >= 0 && i < m->len)
			m->name = random_name(s);
		else
			from = -1;
		for (i = 0; i < m->len && !model_differs(m, i); i++)
			;
		if (from >= 0 || i < m->len)
			put_file(s, m, from, from < 0);
	}
}

/* The reverse of a change, of all files or one. */
static void
random_undo(struct random_session *s)
{
	struct model *m;
	size_t i, n;
	bool part = pick(s, 3) == 0;

	s->undoes = 1 + pick(s, (unsigned)s->tx - 1);
	for (m = s->files; m < s->files + FILES; m++) {
		if (part && pick(s, 2) == 0)
			continue;
		for (i = n = 0; i < m->len; i++) {
			struct line *l = &m->v[i];

			if (l->was && l->tx == s->undoes)
				l->is = false;
			else if (!l->was && l->gone == s->undoes)
				l->is = true;
			n += l->is != l->was;
		}
		if (n > 0)
			put_file(s, m, -1, part);
	}
}

/* Somebody else changes a file: no line is anybody's. */
static void
random_other(struct random_session *s, struct model *m)
{
	size_t i;

	if (!m->exists)
		return;
	for (i = 0; i < m->len; i++)
		if (!m->v[i].was)
			memmove(&m->v[i], &m->v[i + 1], (m->len-- - i - 1) *
			    sizeof(*m->v)), i--;
		else
			m->v[i].tx = m->v[i].gone = 0;
	s->tx = 0;
	model_add(s, m, pick(s, (unsigned)m->len + 1), 1);
	m->known = false;
}

static void
expect_lines(const struct random_session *s)
{
	const struct fold_written *w;
	const struct model *m;
	struct file_range r;
	int64_t tx, line;
	size_t i, k, at;

	for (m = s->files; m < s->files + FILES; m++) {
		AUTO_FREE char *name = xasprintf("f%d", m->name);

		at = pathmap_number(&s->fold->files.at, name);
		if (at == 0 || !m->known)
			continue;
		w = &s->fold->files.list[at - 1];
		assert_string_equal(w->path, name);
		for (tx = 1; tx <= s->tx; tx++) {
			r = (struct file_range){ 0 };
			for (i = 0, line = 1; i < m->len; i = k) {
				k = i + 1;
				if (!m->v[i].is)
					continue;
				if (m->v[i].tx != tx) {
					line++;
					continue;
				}
				if (!file_lines_next(&w->lines, tx, &r) ||
				    r.from != line)
					fail_msg("%s: change %d has line %d",
					    name, (int)tx, (int)line);
				for (; k <= m->len; k++)
					if (m->v[k - 1].is &&
					    m->v[k - 1].tx != tx)
						break;
					else
						line += m->v[k - 1].is;
				k--;
				if (r.to != line - 1)
					fail_msg("%s: change %d up to %d, not "
					    "%d", name, (int)tx, (int)line - 1,
					    (int)r.to);
			}
			if (file_lines_next(&w->lines, tx, &r))
				fail_msg("%s: change %d has no line %d", name,
				    (int)tx, (int)r.from);
		}
	}
}

static void
random_session(uint64_t seed)
{
	struct random_session s = { .fold = fold_new(), .seed = seed };
	struct model *m;
	size_t i, step;
	int64_t tx;

	for (m = s.files; m < s.files + FILES; m++) {
		m->name = ++s.names;
		model_add(&s, m, 0, pick(&s, 20));
		m->exists = m->len > 0;
		m->known = true;
	}
	for (step = 0; step < 40; step++) {
		for (m = s.files; m < s.files + FILES; m++) {
			m->was = m->name;
			for (i = 0; i < m->len; i++)
				m->v[i].was = m->v[i].is;
		}
		tx = s.tx;
		s.undoes = 0;
		if (pick(&s, 15) == 0) {
			random_other(&s, &s.files[pick(&s, FILES)]);
			s.tx = tx;
			continue;
		}
		s.tx = tx + 1;
		if (tx > 1 && pick(&s, 3) == 0)
			random_undo(&s);
		else
			random_change(&s);
		if (s.proposed.len == 0)
			s.tx = tx;
		put_change(&s);
		expect_lines(&s);
	}
	for (m = s.files; m < s.files + FILES; m++)
		free(m->v);
	fold_free(s.fold);
}

TEST(test_lines_any)
{
	uint64_t seed;

	for (seed = 1; seed <= 300; seed++)
		random_session(seed);
}

/* An apply that was interrupted is finished after another decision: its lines
 * aren't known. */
TEST(test_lines_unknown)
{
	struct random_session s = { .fold = fold_new() };
	struct file_range r = { 0 };

	put(&s, "{'type':'proposal','files':[{'path':'f','hunks':[{'id':'h',"
	    "'old_start':1,'old_lines':0,'text':'+x\\n'}]}]}");
	put(&s, "{'type':'decision','by':'user','proposal':1,'files':[{'path':"
	    "'f','hunks':[{'id':'h','decision':'yes'}]}]}");
	put(&s, "{'type':'apply_begin','tx':1,'decision':2,'ops':[{'path':'f',"
	    "'before':null,'after':{'hash':'a','mode':33188}}]}");
	put(&s, "{'type':'decision','by':'user','proposal':9,'files':[]}");
	put(&s, "{'type':'applied','tx':1,'ops':[{'path':'f','ok':true}]}");
	assert_int_equal(s.fold->changes_len, 1);
	assert_int_equal(s.fold->files.list_len, 1);
	assert_false(file_lines_next(&s.fold->files.list[0].lines, 1, &r));
	fold_free(s.fold);
}
