/*
 * No row with text of others looks like one of ours. Each pane is drawn at each
 * width with names that are sentences of ours, so long that they wrap, and again
 * with other letters in them: what differs is theirs, and before it the row has
 * something of ours that isn't a blank.
 */
#include "config.h"

#include "ui-fix.h"

#include <ctype.h>
#include <string.h>

#include "ui/panes/panes.h"
#include "ui/term/screen.h"

static const char *const sentences[] = {
	MSG_NOTHING_WAS_WRITTEN, MSG_NO_FAILURE_RECOGNIZED,
	MSG_REVIEW_THE_OPEN_CHANGES_FIRST, MSG_SESSION_ENDED_NOTHING_WAS_SAID,
	"check: make test passed on the staged copy: 120 passed",
	"it fails on your files as they are, too",
	"note: with your tests as they are: passes",
	"modified src/parse.c  +1 -0  1 hunk",
};

/* In the lines below, @ and a letter are what others named. */
static void
rows_name(struct buf *b, char which, int cols, bool turned)
{
	const char *s = sentences[(which + cols) % (int)MEM_COUNT(sentences)];
	int i, c, pad = cols - 2 - which % 24;
	size_t from = b->len;

	for (i = 0; i < pad; i++)
		buf_addc(b, which);
	buf_addf(b, " %s %s", s, s);
	for (; turned && from < b->len; from++)
		if (isalnum(c = (unsigned char)b->p[from]))
			b->p[from] = (char)(isdigit(c) ? '0' + (c - '0' + 5) %
			    10 : (c & ~31) + 1 + ((c & 31) + 12) % 26);
}

static void
rows_lines(struct fix *f, const char *const *lines, int cols, bool turned)
{
	for (; *lines != NULL; lines++) {
		AUTO_BUF struct buf b = BUF_INIT(0);
		const char *p;

		for (p = *lines; *p != '\0'; p++)
			if (*p == '@')
				rows_name(&b, *++p, cols, turned);
			else
				buf_addc(&b, *p);
		fix_line(f, buf_str(&b));
	}
}

/* The cursor, and what it is in, have a sign in the first cell. */
static bool
rows_is_sign(const struct cell *c, bool first)
{
	return c->text[0] != ' ' && c->text[0] != '\0' && (!first ||
	    (strcmp(c->text, ">") != 0 && strcmp(c->text, "│") != 0));
}

/* In each part of a row, from a rule to the next, there is a sign before what
 * differs, or (`in`) so many cells, where no row of ours begins. */
static void
rows_check(const struct screen *a, const struct screen *b, const char *pane,
    int in)
{
	AUTO_BUF struct buf row = BUF_INIT(0);
	const struct cell *c;
	bool sign, theirs;
	int x, y, begin;

	for (y = 0; y < a->rows; y++) {
		sign = theirs = false;
		for (x = begin = 0; x < a->cols; x++) {
			c = screen_cell(a, y, x);
			if (c->style == STYLE_RULE) {
				begin = x + 1;
				sign = theirs = false;
			} else if (strcmp(c->text, screen_cell(b, y,
			    x)->text) != 0)
				theirs = true;
			else
				sign = sign || rows_is_sign(c, x == begin) ||
				    x + 1 == in;
			if (!theirs || sign)
				continue;
			screen_row(a, y > 0 ? y - 1 : 0, &row);
			buf_addc(&row, '\n');
			screen_row(a, y, &row);
			fail_msg("%s, %d columns, looks like ours:\n%s", pane,
			    a->cols, buf_str(&row));
		}
	}
}

struct rows_of {
	const char	*name;
	enum pane_id	 pane;
	const char	*keys;
	const char	*const *lines;
	int		 in;
};

static void
rows_draw(struct fix *f, const struct rows_of *r, int cols, bool turned)
{
	/* The transcript, where the model speaks, isn't below. */
	fix_init(f, r->in > 0 ? 24 : 150, cols);
	rows_lines(f, r->lines, cols, turned);
	fix_live(f);
	fix_draw(f);
	view_go(&f->ui, r->pane);
	f->ui.typing = false;
	fix_draw(f);
	if (r->keys != NULL)
		fix_type(f, r->keys);
}

static const char *const proposed[] = {
	"{'seq':1,'type':'session_start','by':'core','root':'/p','sandbox':"
	"{'level':'C','line':'level C: @l','why':'@w'}}",
	"{'seq':2,'type':'user_message','by':'user','text':'fix it'}",
	"{'seq':3,'type':'turn_start','by':'core','turn':1,'phase':'execute'}",
	"{'seq':4,'type':'tool_call','by':'model','id':'c1','turn':1,"
	"'name':'bash','args':{'command':'@c'},'title':'@c'}",
	"{'seq':5,'type':'tool_result','by':'core','id':'c1','name':'bash',"
	"'ok':false,'error':'failed','note':'@e','text':'@t\\n@u'}",
	"{'seq':6,'type':'diagnostics','by':'core','checker':'cc','for':'c1',"
	"'text':'[assent] New with your edits, says cc:\\n| @d','findings':"
	"[{'path':'@a','line':1,'severity':'error','message':'@m'}]}",
	"{'seq':7,'type':'finding','by':'model','path':'@z','line':3,"
	"'severity':'error','message':'@f'}",
	"{'seq':8,'type':'retry','by':'core','attempt':1,'wait_ms':1500,"
	"'kind':'overloaded','text':'the provider says: @r'}",
	"{'seq':9,'type':'error','by':'core','kind':'auth','status':401,"
	"'text':'refused: @r'}",
	"{'seq':10,'type':'note','by':'core','text':'noted: @n'}",
	"{'seq':11,'type':'proposal','by':'core','proposal':0,'version':1,"
	"'final':true,'files':[{'path':'@a','status':'modified','reason':'@o',"
	"'hunks':[{'id':'0000000000000001','old_start':1,'old_lines':0,"
	"'new_start':1,'new_lines':1,'text':'+@p\\n','function':'@f'}]},"
	"{'path':'@b','from':'@q','similarity':90,'status':'renamed','hunks':["
	"{'id':'0000000000000002','old_start':1,'old_lines':1,'new_start':1,"
	"'new_lines':0,'text':'-@p\\n'}]},"
	"{'path':'@c ','status':'added','binary':true,'hunks':[{'id':"
	"'0000000000000003','old_start':0,'old_lines':0,'new_start':0,"
	"'new_lines':0,'text':''}]}],"
	"'refused':[{'path':'@g','why':'@h'}],'ignored':3,'products':["
	"{'path':'@i','files':3,'why':'staged','rule':'@j'}]}",
	"{'seq':12,'type':'evidence','by':'core','status':'done','command':"
	"'@k','exit':1,'words':'@s','where':'stage','limit':'@l','killed':"
	"'memory','put_away':['@v','@w'],'returned':2}",
	"{'seq':13,'type':'hook','by':'core','status':'running','command':'@k',"
	"'id':'hook-6','event':'proposal','name':'@x'}",
	"{'seq':14,'type':'hook','by':'core','status':'done','id':'hook-6',"
	"'event':'proposal','name':'@x','exit':1,'ok':true,'decision':'deny',"
	"'reason':'@y'}",
	"{'seq':15,'type':'proof','by':'core','which':'your_tests','status':"
	"'failed','proposal':11,'version':1,'words':'@s','text':'@t\\n@u\\n'}",
	"{'seq':16,'type':'comment','by':'user','proposal':11,'hunk':"
	"'0000000000000001','line':1,'text':'what is @a?'}",
	"{'seq':17,'type':'comment','by':'model','proposal':11,'hunk':"
	"'0000000000000001','line':1,'text':'it is\\n@d'}",
	"{'seq':18,'type':'user_message','by':'core','text':'[assent] not done "
	"yet: the check failed\\n@t\\n@u'}",
	NULL
};
static const char *const written[] = {
	"{'seq':2,'type':'user_message','by':'user','text':'fix it'}",
	"{'seq':11,'type':'proposal','by':'core','proposal':0,'version':1,"
	"'final':true,'files':[{'path':'@a','status':'modified',"
	"'hunks':[{'id':'0000000000000001','old_start':1,'old_lines':0,"
	"'new_start':1,'new_lines':1,'text':'+@p\\n'}]}]}",
	"{'seq':12,'type':'decision','by':'user','proposal':11,'files':["
	"{'path':'@a','hunks':[{'id':'0000000000000001','decision':'yes',"
	"'seen':true}]}]}",
	"{'seq':13,'type':'apply_begin','by':'core','tx':1,'decision':12,"
	"'ops':[{'path':'@a','op':'replace'}]}",
	"{'seq':14,'type':'applied','by':'core','tx':1,'ops':[{'path':'@a',"
	"'ok':true}]}",
	"{'seq':15,'type':'agent_end','by':'core','outcome':'done','exit':0,"
	"'summary':'','turns':4,'modified_files':['@a'],'check':{'command':"
	"'@k','exit':0}}",
	NULL
};
static const char *const planned[] = {
	"{'seq':2,'type':'user_message','by':'user','text':'fix it'}",
	"{'seq':3,'type':'plan','by':'model','version':1,'status':'proposed',"
	"'goal':'@g','steps':[{'title':'@s','paths':['@p']}],'check':"
	"{'command':'@k','by':'model'},'risks':['@r']}",
	"{'seq':4,'type':'plan_note','by':'user','version':1,'at':'step 1',"
	"'text':'what is @n?'}",
	NULL
};
static const char *const asked[] = {
	"{'seq':2,'type':'user_message','by':'user','text':'fix it'}",
	"{'seq':3,'type':'ask','by':'core','id':'q1','command':'@c',"
	"'server':'@s','why':'The server asks:'}",
	NULL
};
static const char *const connects[] = {
	"{'seq':2,'type':'user_message','by':'user','text':'fix it'}",
	"{'seq':3,'type':'ask','by':'core','id':'q1','command':'example.org',"
	"'host':'example.org','for':'@c','reason':'@r','why':'A command asks:'}",
	NULL
};

static const char *const told[] = {
	"{'seq':2,'type':'user_message','by':'user','text':'fix it'}",
	"{'type':'live'}",
	"{'type':'refused','to':'include','text':'no such file: @f\\n@g'}",
	NULL
};

static const struct rows_of panes[] = {
	{ "diff", PANE_DIFF, NULL, proposed, 0 },
	{ "diff, open", PANE_DIFF, "b", proposed, 0 },
	{ "transcript", PANE_TRANSCRIPT, NULL, proposed, 0 },
	{ "written", PANE_TRANSCRIPT, NULL, written, 0 },
	{ "changes", PANE_CHANGES, NULL, written, 0 },
	{ "plan", PANE_PLAN, NULL, planned, 5 },
	{ "question", PANE_ASK, NULL, asked, 0 },
	{ "host", PANE_ASK, NULL, connects, 0 },
	{ "notice", PANE_TRANSCRIPT, NULL, told, 0 },
};

FIX_TEST(test_rows_of_others)
{
	static struct fix turned;
	size_t i;
	int cols;

	for (i = 0; i < MEM_COUNT(panes); i++)
		for (cols = 20; cols <= 200; cols++) {
			rows_draw(f, &panes[i], cols, false);
			rows_draw(&turned, &panes[i], cols, true);
			rows_check(f->ui.screen, turned.ui.screen,
			    panes[i].name, panes[i].in);
		}
	fix_release(&turned);
}
