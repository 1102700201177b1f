/*
 * The manual's table of keys: in each state of the screen, what each of the keys
 * that all states share leads to.
 */
#include "config.h"

#include "ui-fix.h"

#include "base/json.h"
#include "ui/panes/confirm.h"
#include "ui/keys/keys.h"
#include "ui/text/input.h"

static const char *const columns[] = { "\003", "\004", "\033", "\r", "?", "/",
	":", "i", "q", "\t" };
static const char *const names[] = { "C-c", "C-d", "Esc", "Enter", "?", "/", ":",
	"i", "q", "Tab" };

/* A session with a model that works, among keys, at its transcript. */
static void
begin(struct fix *f)
{
	fix_init(f, 24, 80);
	fix_line(f, "{'seq':1,'type':'session_start','by':'core',"
	    "'mode':'interactive'}");
	fix_line(f, "{'seq':2,'type':'user_message','by':'user','text':'go'}");
	xstrset(&f->ui.fold->model, "m");
	fix_live(f);
	fix_line(f, "{'type':'status','state':'model'}");
	fix_draw(f);
	fix_want_shown(f, "[2 transcript]");
}

static void
begin_k0(struct fix *f)
{
	begin(f);
}

static void
begin_t0(struct fix *f)
{
	begin(f);
	fix_type(f, "i");
	fix_propose(f, 50, 1, 2, 2, "x");
	fix_stand(f);
}

static void
begin_t1(struct fix *f)
{
	begin(f);
	fix_type(f, "iab");
}

static void
begin_m(struct fix *f)
{
	begin(f);
	fix_type(f, "i/he");
}

static void
begin_kd(struct fix *f)
{
	begin(f);
	fix_propose(f, 50, 1, 2, 2, "x");
	fix_review(f);
}

/* Your own changes, where nobody reads messages. */
static void
begin_own(struct fix *f)
{
	fix_own_tree(f, 2);
	fix_stand(f);
}

static void
begin_kw(struct fix *f)
{
	begin_kd(f);
	fix_type(f, "y");
	fix_line(f, "{'seq':60,'type':'draft','proposal':50,'hunk':"
	    "'0000000000000001','mark':'yes'}");
	fix_type(f, "y");
	fix_line(f, "{'seq':61,'type':'draft','proposal':50,'hunk':"
	    "'0000000000000002','mark':'yes'}");
	fix_stand(f);
}

static void
begin_v(struct fix *f)
{
	begin_kd(f);
	fix_type(f, "v");
}

static void
begin_kq(struct fix *f)
{
	begin(f);
	fix_line(f, "{'seq':60,'type':'ask','id':'q1','host':'e.example',"
	    "'port':80,'command':'e.example:80'}");
	fix_review(f);
}

static void
begin_s(struct fix *f)
{
	begin_kd(f);
	fix_type(f, "rno");
}

static void
begin_s_empty(struct fix *f)
{
	begin_kd(f);
	fix_type(f, "r");
}

static void
begin_l(struct fix *f)
{
	begin(f);
	fix_type(f, "?");
}

static void
begin_q(struct fix *f)
{
	begin(f);
	fix_type(f, "q");
}

/* The screen's state, and the first command that was sent. */
static const char *
state_said(struct fix *f)
{
	static char said[80];
	const struct ui *ui = &f->ui;
	unsigned c = ui_contexts(ui);
	const char *state = "K0";
	AUTO_JSON cJSON *o = NULL;
	struct err e = ERR_INIT;
	size_t len = strcspn(buf_str(&f->sent), "\n");

	if (ui->want.loop == UI_WANT_DETACH)
		state = "detach";
	else if (ui->want.loop == UI_WANT_END)
		state = "end";
	else if (c == ACTION_CTX_QUIT)
		state = "Q";
	else if (c == ACTION_CTX_CONFIRM)
		state = "C";
	else if ((c & ACTION_CTX_HELP) != 0)
		state = "L";
	else if ((c & ACTION_CTX_PICK) != 0)
		state = ui->typing ? "M" : "box";
	else if (ui->typing && ui->purpose == UI_SEARCH)
		state = "box";
	else if (ui->typing && ui->purpose != UI_SAY)
		state = "S";
	else if (ui->typing)
		state = input_is_empty(&ui->input) ? "T0" :
		    ui->say.complete.len > 0 ? "M" : "T1";
	else if ((c & ACTION_CTX_LINES) != 0)
		state = "V";
	else if ((c & (ACTION_CTX_ASK | ACTION_CTX_NET | ACTION_CTX_PAUSES)) != 0)
		state = "KQ";
	else if ((c & ACTION_CTX_ROW) != 0)
		state = "KW";
	else if ((c & (ACTION_CTX_PLAN | ACTION_CTX_DIFF)) != 0)
		state = "KD";
	if (len > 0)
		o = json_parse(buf_str(&f->sent), len, JSON_NUL_REPLACE, &e);
	(void)snprintf(said, sizeof(said), "%s%s%s", state, len > 0 ? " " : "",
	    len > 0 ? json_str_or(o, "type", "") : "");
	return said;
}

/* "not yet" stands before what it does until a later change. */
#define NOT_YET "not yet: "

static const struct row {
	const char *name;
	void (*begin)(struct fix *);
	const char *cells[MEM_COUNT(columns)];
} rows[] = {
	{ "T0", begin_t0, { "T0 interrupt", "Q", "K0", "KD", "L", "M", "T1",
	    "T1", "T1", "KD" } },
	{ "T1", begin_t1, { "T0", "T1", "K0", "T0 say", "T1", "T1", "T1", "T1",
	    "T1", "T1" } },
	{ "M", begin_m, { "T0", "T1", "T1", "L", "T1", "T1", "T1", "T1", "T1",
	    "T1" } },
	{ "K0", begin_k0, { "K0 interrupt", "K0", "K0", "T0", "L", "box", "box",
	    "T0", "Q", "K0" } },
	{ "KD", begin_kd, { "KD interrupt", "KD", "K0", "KD", "L", "box", "box",
	    "T0", "Q", "K0" } },
	{ "KD, own tree", begin_own, { "KD", "KD", "K0", "KD", "L", "box",
	    "box", "KD", "detach", NOT_YET "K0" } },
	{ "KW", begin_kw, { "KD interrupt", "KW", "KD", "KD decide", "L", "box",
	    "box", "T0", "Q", "K0" } },
	{ "V", begin_v, { "KD", "V", "KD", "V", "L", "box", "box",
	    NOT_YET "T0", NOT_YET "Q", "K0" } },
	{ "KQ", begin_kq, { "KQ interrupt", "KQ", "K0", "KQ", "L", "box", "box",
	    "T0", "Q", "KQ" } },
	{ "S", begin_s, { "S", "S", "KD", "KD mark", "S", "S", "S", "S", "S",
	    "S" } },
	{ "S, empty", begin_s_empty, { "KD", "KD", "KD", "KD", "S", "S",
	    "S", "S", "S", "S" } },
	{ "L", begin_l, { "L interrupt", "L", "K0", "K0", "K0", "box", "box",
	    "T0", "K0", "L" } },
	{ "Q", begin_q, { "K0", "Q", "K0", "detach", "K0", "K0", "K0", "K0",
	    "Q", "K0" } },
};

FIX_TEST(test_table)
{
	size_t i, j;
	int wrong = 0;

	for (i = 0; i < MEM_COUNT(rows); i++)
		for (j = 0; j < MEM_COUNT(columns); j++) {
			const char *want = rows[i].cells[j], *is;

			if (strncmp(want, NOT_YET, strlen(NOT_YET)) == 0)
				want += strlen(NOT_YET);
			rows[i].begin(f);
			buf_clear(&f->sent);
			if (columns[j][0] == '\033')
				fix_escape(f);
			else
				fix_type(f, columns[j]);
			is = state_said(f);
			if (strcmp(is, want) == 0)
				continue;
			print_message("# %s, %s: %s, and it is %s (%s)\n",
			    rows[i].name, names[j], want, is,
			    f->ui.notice == NULL ? "" : f->ui.notice);
			wrong++;
		}
	assert_int_equal(wrong, 0);
}
