/* The diff as it is looked at: marks, notes, both sides, jumps; and that
 * nothing counts as seen but what was drawn. */
#include "config.h"

#include <limits.h>

#include "base/json.h"
#include "base/sanitize.h"
#include "journal/event.h"
#include "review/review.h"
#include "tests/unit/rounds.h"
#include "ui-fix.h"
#include "ui/app/decide.h"
#include "ui/diff/diff.h"
#include "ui/keys/keys.h"
#include "ui/panes/panes.h"
#include "ui/text/page.h"

struct hunk { const char *path, *text; };

static bool changed;	/* the files of `propose` exist, else are new */

/* A proposal of these hunks, each with the id 0..1, 0..2, ...; those of one
 * path are of one file. */
static void
propose(struct fix *f, const struct hunk *hunks, size_t n)
{
	cJSON *o = cJSON_CreateObject(), *files = cJSON_CreateArray();
	cJSON *list = NULL;
	char id[20], *s;
	size_t i;

	json_add_int(o, "seq", 50);
	json_add_str(o, "type", "proposal");
	json_add_str(o, "by", "core");
	json_add_int(o, "proposal", 0);
	json_add_int(o, "version", 1);
	json_add_bool(o, "final", true);
	for (i = 0; i < n; i++) {
		cJSON *h = cJSON_CreateObject();

		if (i == 0 || strcmp(hunks[i].path, hunks[i - 1].path) != 0) {
			cJSON *file = cJSON_CreateObject();
			cJSON *side = cJSON_CreateObject();

			json_add_str(side, "hash", "aa");
			json_set_take(file, "after", side);
			if (changed)
				json_set_take(file, "before",
				    cJSON_CreateObject());
			json_add_str(file, "path", hunks[i].path);
			json_add_str(file, "status", "modified");
			if (strncmp(hunks[i].path, "tests/", 6) == 0)
				json_add_bool(file, "judges", true);
			list = cJSON_CreateArray();
			json_set_take(file, "hunks", list);
			cJSON_AddItemToArray(files, file);
		}
		snprintf(id, sizeof(id), "%016zx", i + 1);
		json_add_str(h, "id", id);
		json_add_int(h, "old_start", (int)i * 100 + 11);
		json_add_int(h, "old_lines", 2);
		json_add_int(h, "new_start", (int)i * 100 + 11);
		json_add_int(h, "new_lines", 2);
		json_add_bytes(h, "text", hunks[i].text,
		    strlen(hunks[i].text));
		cJSON_AddItemToArray(list, h);
	}
	json_set_take(o, "files", files);
	s = json_print(o);
	fix_line(f, s);
	free(s);
	cJSON_Delete(o);
	fix_live(f);
}

/* On the screen, with the cursor on the first hunk. */
static void
begin(struct fix *f, int rows, int cols, const struct hunk *hunks, size_t n)
{
	fix_init(f, rows, cols);
	propose(f, hunks, n);
	f->ui.now += 5000;
	state_tick(&f->ui);
	fix_type(f, "4");
	fix_draw(f);
}

static void
want_styled(struct fix *f, enum style style, const char *want)
{
	char *s = fix_styled(f, style);

	assert_string_equal(s, want);
	free(s);
}

static bool
is_seen(struct fix *f, int n)
{
	char id[20];

	snprintf(id, sizeof(id), "%016x", n);
	return seen_is_full(seen_find(&f->ui.review, id));
}

FIX_TEST(test_notes)
{
	static const struct {
		const char *label, *text, *want;
	} cases[] = {
		{ "trailing", "-x = 1;\n+x = 1;  \n",
		    "= differs only in trailing spaces" },
		{ "CRLF", "-x = 1;\n-y = 2;\n+x = 1;\r\n+y = 2;\r\n",
		    "= they differ only in the line end (CRLF, LF)" },
		{ "some", "-x = 1;\n-y = 2;\n+x = 1; \n+y = 3;\n",
		    "= 1 of these 2 lines differs only in trailing spaces" },
		{ "form", "-caf\xc3\xa9\n+cafe\xcc\x81\n",
		    "= differs only in how accents are written (NFC, NFD)" },
		{ "newline", "-a\n\\ No newline at end of file\n+a\n",
		    "= differs only in the newline at the end of the file" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct hunk h = { "a.c", cases[i].text };

		print_message("# %s\n", cases[i].label);
		begin(f, 24, 80, &h, 1);
		fix_want_shown(f, cases[i].want);
		assert_true(is_seen(f, 1));
	}
}

/* The row that the cursor is on, from its sign. */
static void
want_cursor(struct fix *f, const char *want)
{
	struct buf b = BUF_INIT(0);
	int y;

	for (y = 0; y < f->ui.screen->rows; y++) {
		buf_clear(&b);
		screen_row(f->ui.screen, y, &b);
		if (buf_str(&b)[0] == '>' || (f->ui.diff.tree_at.cols > 0 &&
		    screen_cell(f->ui.screen, y,
		    f->ui.panes[PANE_DIFF].x)->text[0] == '>'))
			break;
	}
	assert_true(y < f->ui.screen->rows);
	if (strstr(buf_str(&b), want) == NULL)
		fail_msg("%s, not %s", buf_str(&b), want);
	buf_release(&b);
}

/* The last verdict is taken back, then the one before it, wherever the cursor
 * is; and they are done again, in their order. */
FIX_TEST(test_take_back)
{
	static const struct hunk h[] = { { "a.c", " 1\n+2\n" },
		{ "b.c", " 3\n+4\n" }, { "c.c", " 5\n+6\n" } };
	static const struct { const char *keys, *shown, *cursor; } steps[] = {
		{ "u", "nothing to undo", NULL },
		{ "yn", " 1 open", "@@ -211,2" },
		{ "u", " 2 open", "@@ -111,2" },
		{ "u", " 3 open", "@@ -11,2" },
		{ "u", "nothing to undo", NULL },
		{ "UU", "1 open", NULL },
		{ "U", "nothing to redo", NULL },
		/* A new one: what was taken back before it is gone. */
		{ "uyU", "nothing to redo", NULL },
		/* One that changed another is taken back to that one. */
		{ "gJn", "1 open", NULL },
		{ "u", "1 open", NULL },
		{ "U", "1 open", NULL },
		{ "uuu", " 3 open", NULL },
		/* A mark of several hunks by one key is undone as one. */
		{ "gJyA", "Enter writes 3 hunks to 3 files", NULL },
		{ "u", " 2 open", NULL },
		{ "U", "Enter writes 3 hunks to 3 files", NULL },
	};
	size_t i;
	int n;

	begin(f, 24, 80, h, 3);
	for (i = 0; i < MEM_COUNT(steps); i++) {
		fix_type(f, steps[i].keys);
		fix_want_shown(f, steps[i].shown);
		if (steps[i].cursor != NULL)
			want_cursor(f, steps[i].cursor);
	}
	assert_int_equal(fix_count(f, "'decide'"), 0);
	/* A decision ends it. */
	fix_line(f, "{'seq':60,'type':'decision','by':'user','proposal':50,"
	    "'files':[]}");
	assert_false(fix_shows(f, "u undo"));

	/* Not what another terminal has changed since. */
	begin(f, 24, 200, h, 3);
	fix_see(f, "y", "u undo");
	fix_line(f, "{'seq':60,'type':'draft','proposal':50,"
	    "'hunk':'0000000000000001','mark':'yes'}");
	fix_line(f, "{'seq':61,'type':'draft','proposal':50,"
	    "'hunk':'0000000000000001','mark':'no'}");
	fix_see(f, "u", "nothing to undo");

	/* Its edit is shown, until the mark that was on its way arrives. */
	begin(f, 24, 200, h, 3);
	fix_see(f, "y", "u undo");
	fix_line(f, "{'seq':60,'type':'draft','proposal':50,"
	    "'hunk':'0000000000000001','mark':'edited','edit':'+theirs\\n'}");
	fix_want_shown(f, "+theirs");
	fix_line(f, "{'seq':61,'type':'draft','proposal':50,"
	    "'hunk':'0000000000000001','mark':'yes'}");
	assert_false(fix_shows(f, "+theirs"));

	/* A mark of what isn't read comes back; the row says that it isn't. */
	fix_hunks(f, 24, 80, 3, 40);
	fix_type(f, "4Ja");
	n = fix_count(f, "\"mark\":\"yes\"");
	assert_true(n > 0);
	fix_type(f, "uU");
	assert_true(fix_count(f, "'mark':'none'") > 0);
	assert_int_equal(fix_count(f, "'mark':'yes'"), 2 * n);
	fix_see(f, "x", "unread · Y writes");
}

/* Why there are no lines of a file. */
static void
begin_no_lines(struct fix *f, int rows)
{
	fix_init(f, rows, 100);
	fix_line(f, "{'seq':50,'type':'proposal','by':'core','proposal':0,"
	    "'version':1,'final':true,'files':[{'path':'big','status':'added',"
	    "'before':null,'after':{'hash':'bb','mode':33188,'size':4888895},"
	    "'binary':true,'kind':'text','hunks':[{'id':'0000000000000001',"
	    "'text':''}]},{'path':'pic','status':'added','before':null,"
	    "'after':{'hash':'cc','mode':33188,'size':9},'binary':true,"
	    "'kind':'PNG image','hunks':[{'id':'0000000000000002','text':''}]},"
	    "{'path':'huge','status':'added','before':null,"
	    "'after':{'hash':'dd','mode':33188,'size':104857600},'binary':true,"
	    "'hunks':[{'id':'0000000000000003','text':''}]}]}");
	fix_live(f);
}

FIX_TEST(test_no_lines)
{
	begin_no_lines(f, 24);
	fix_see(f, "4", "of 104857600 bytes: too large to show");
	fix_want_shown(f, "1 hunk  [too large to show]");
	fix_want_shown(f, "a new file of 4888895 bytes: too large to show, "
	    "only as a whole");
	fix_want_shown(f, "1 hunk  [binary]");
	fix_want_shown(f, "a new file of 9 bytes: binary, PNG image, only as a whole");
	fix_see(f, "o", "no lines to show: this file is too large to show");
	/* Nor are these seen before they were on the screen. */
	begin_no_lines(f, 9);
	fix_see(f, "4A", "2 of 3 unread · Y writes them too");
}

FIX_TEST(test_columns)
{
	static const struct hunk h = { "a.c", " same\n-int red = 1;\n"
	    "-gone entirely\n+int blue = 1;\n tail\n" };

	begin(f, 24, 80, &h, 1);
	fix_see(f, ":diff-columns\r", "side-by-side needs 120 columns (have 80)");
	begin(f, 24, 130, &h, 1);
	fix_see(f, ":diff-columns\r", "  12 -int red = 1;");
	fix_want_shown(f, "│  12 +int blue = 1;");
	fix_want_shown(f, "  11  same");
	fix_want_shown(f, "│  11  same");
	fix_want_shown(f, "  13 -gone entirely");
	want_styled(f, STYLE_ADD_WORD, "blue");
	want_styled(f, STYLE_DEL_WORD, "red");
	assert_true(is_seen(f, 1));
	/* A match on the right is found. */
	fix_type(f, "/blue\r");
	want_styled(f, STYLE_FOUND, "blue");
	/* Lines are picked one below the other. */
	fix_type(f, "v");
	assert_false(f->ui.diff.beside);
	fix_type(f, "v");
}

/* On the list a key moves by files, also where a name has two rows, and what is
 * searched for are names. */
FIX_TEST(test_list_keys)
{
	static const char name[] = "some/folder/with/a/long/name/and/a/file/in/"
	    "it/that/has/one/too.c";
	static const struct hunk hunks[] = {
		{ "a.c", "+a\n" }, { name, "+b\n" }, { "c.c", "+too\n" },
	};

	begin(f, 30, 80, hunks, MEM_COUNT(hunks));
	fix_type(f, ",j");
	want_cursor(f, "some/folder");
	fix_type(f, "j");
	want_cursor(f, "modified c.c");
	fix_type(f, "k");
	want_cursor(f, "some/folder");
	fix_want_shown(f, "y accept file");
	fix_type(f, "KJJ");
	want_cursor(f, "modified c.c");
	fix_see(f, "J", MSG_THIS_IS_THE_LAST_FILE);
	want_cursor(f, "modified c.c");
	/* A decision that is taken back leaves the cursor in the list. */
	fix_type(f, "gnyu");
	want_cursor(f, "some/folder");
	fix_type(f, "u");
	want_cursor(f, "modified a.c");
	fix_type(f, "/too\r");
	want_cursor(f, "some/folder");
	fix_want_shown(f, "Esc end search");
	fix_see(f, "/zoo\r", "not found: zoo");
	assert_null(f->ui.search.text);
	/* The match is opened, and the search ends. */
	fix_type(f, "/c.c\r\r");
	want_cursor(f, "@@ -211,2");
	assert_null(f->ui.search.text);
}

/* The same in the tree, where Left and Right fold and unfold, too. */
FIX_TEST(test_tree_keys)
{
	static const struct hunk hunks[] = {
		{ "src/a.c", "+smart\n" }, { "src/smart.c", "+c\n" },
		{ "top.c", "+d\n" },
	};

	begin(f, 30, 200, hunks, MEM_COUNT(hunks));
	/* A search goes on in the diff. */
	fix_type(f, ",/smart\r");
	assert_true(f->ui.diff.on != DIFF_ON_TREE);
	want_cursor(f, "+smart");
	fix_escape(f);
	fix_draw(f);
	assert_null(f->ui.search.text);
	/* To the folder; there it folds. */
	fix_see(f, ",<", ">\xe2\x96\xbe src/");
	fix_see(f, "<", ">\xe2\x96\xb8 [ ] src/ ");
	fix_see(f, "J", ">[ ] top.c");
	fix_see(f, "K>", ">\xe2\x96\xbe src/");
	fix_see(f, "J", "> [ ] a.c");
}

/* Files with the same name have as many of their folders as tell them apart. */
FIX_TEST(test_same_names)
{
	static const struct hunk hunks[] = {
		{ "a/lib/deep/csv.js", "+a\n" }, { "csv.js", "+b\n" },
		{ "src/csv.js", "+c\n" }, { "src/deep/csv.js", "+d\n" },
		{ "src/xcsv.js", "+e\n" }, { "test/main.js", "+f\n" },
		{ "domain.js", "+g\n" },
	};
	static const char *const names[] = { "lib/deep/csv.js 1/7",
		"csv.js          2/7", "src/csv.js      3/7",
		"src/deep/csv.js 4/7", "xcsv.js         5/7",
		"main.js         6/7",
		"domain.js       7/7" };
	size_t i;

	begin(f, 30, 80, hunks, MEM_COUNT(hunks));
	for (i = 0; i < MEM_COUNT(names); i++) {
		fix_want_shown(f, names[i]);
		fix_type(f, "J");
	}
	fix_see(f, "KKKr", "reason (src/deep/csv.js, hunk 4/7)>");
}

/* r on a file asks at its first open hunk; where it can't, the reason that is
 * typed all the same decides nothing. */
FIX_TEST(test_row_reason)
{
	static const struct hunk hunks[] = {
		{ "src/a.c", "+a\n" }, { "src/a.c", "+b\n" },
		{ "top.c", "+d\n" },
	};

	begin(f, 30, 200, hunks, MEM_COUNT(hunks));
	fix_type(f, "y");
	fix_type(f, ",g");
	buf_clear(&f->sent);
	keys_feed(f->keys, "rcer", 4, f->ui.now += 3000);
	fix_draw(f);
	assert_string_equal(buf_str(&f->sent), "");
	fix_want_shown(f, "> rcer");
	fix_escape(f);
	fix_see(f, "r", "not for a folder");
	fix_see(f, "j", "> [~] a.c");
	fix_type(f, "r");
	assert_true(f->ui.typing);
	assert_true(f->ui.diff.on != DIFF_ON_TREE);
	fix_want_shown(f, "reason (a.c, hunk 2/3)>");
	fix_type(f, "slow\r");
	assert_int_equal(fix_count(f, "'0000000000000002','mark':'no'"), 1);
	assert_int_equal(fix_count(f, "'word':'slow'"), 1);
	fix_type(f, ",gj");
	fix_see(f, "r", "no hunk of this file is open");
	assert_false(f->ui.typing);
}

/* A hunk of very many lines costs what is in view. */
FIX_TEST(test_long)
{
	struct buf b = BUF_INIT(0);
	struct hunk h = { "a.c", NULL };
	const struct page *p;
	size_t spans;
	int i;

	for (i = 0; i < 25000; i++)
		buf_addf(&b, "-value %d is red and so on\n", i);
	for (i = 0; i < 25000; i++)
		buf_addf(&b, "+value %d is blue and so on\n", i);
	h.text = buf_str(&b);
	begin(f, 24, 80, &h, 1);
	p = &f->ui.panes[PANE_DIFF].page;
	assert_true(p->len > 50000);
	fix_type(f, "G");
	want_styled(f, STYLE_DEL_WORD, "");
	spans = p->spans_len;
	assert_true(spans > 0 && spans < 200);
	buf_release(&b);
}

/* A text of n times the two letters of an e with an accent. */
static void
add_accents(struct buf *b, int n)
{
	for (; n > 0; n--)
		buf_adds(b, "\xc3\xa9");
}

/* The changed part of a very long line is on the screen, not the equal ends,
 * until there is more context; all of it counts as seen. */
FIX_TEST(test_long_line)
{
	static const char *const words[] = { "-before", "+now" };
	struct buf b = BUF_INIT(0);
	struct hunk h = { "a.js", NULL };
	const struct page *p;
	size_t i;

	buf_adds(&b, "{'seq':50,'type':'proposal','by':'core','proposal':0,"
	    "'version':1,'final':true,'files':[{'path':'a.js',"
	    "'status':'modified','before':{'hash':'aa','mode':33188,'size':9},"
	    "'after':{'hash':'bb','mode':33188,'size':9},"
	    "'hunks':[{'id':'0000000000000001','old_start':1,'old_lines':1,"
	    "'new_start':1,'new_lines':1,'text':'");
	for (i = 0; i < 2; i++) {
		buf_addf(&b, "%c", words[i][0]);
		add_accents(&b, 100001);
		buf_adds(&b, words[i] + 1);
		add_accents(&b, 50001);
		buf_adds(&b, "\\n");
	}
	buf_adds(&b, "'}]}]}");
	fix_init(f, 24, 80);
	fix_line(f, buf_str(&b));
	fix_live(f);
	fix_review(f);
	p = &f->ui.panes[PANE_DIFF].page;
	assert_true(p->len < 20);
	fix_want_shown(f, "-\xe2\x80\xa6 199942 equal bytes, + shows them");
	fix_want_shown(f, "+\xe2\x80\xa6 199942 equal bytes");
	fix_want_shown(f, "\xc3\xa9" "before\xc3\xa9");
	fix_want_shown(f, "\xc3\xa9" "now\xc3\xa9");
	fix_want_shown(f, "+\xe2\x80\xa6 99942 equal bytes");
	assert_true(is_seen(f, 1));
	fix_line(f, "{'type':'around','proposal':50,'hunk':'0000000000000001',"
	    "'lines':10,'from':1,'above':'','below':'','top':true,"
	    "'bottom':true}");
	fix_draw(f);
	assert_true(p->len > 2000);
	assert_false(fix_shows(f, "equal bytes"));
	buf_release(&b);
	/* In lines of another length nothing is left out, nor of a line that is
	 * there once. */
	buf_adds(&b, "+short\n+");
	add_accents(&b, 2000);
	buf_adds(&b, "\n");
	h.text = buf_str(&b);
	begin(f, 24, 80, &h, 1);
	assert_true(p->len > 25);
	assert_false(is_seen(f, 1));
	buf_release(&b);
}

/* The core's answer for one line. */
static void
colour_line(struct fix *f, const char *hash, int n, const char *text)
{
	char *line = xasprintf("{'type':'colours','hash':'%s','from':%d,"
	    "'lines':['%s']}", hash, n, text);

	fix_line(f, line);
	free(line);
	fix_draw(f);
}

/* Syntax colours: asked for once and near the screen, drawn when they are here;
 * what doesn't fit the line isn't believed, and an edited line has none. */
FIX_TEST(test_colours)
{
	static const char *const hostile[] = { "8 0+3k", "6 0+3k", "-7 0+3k",
		"7 0+8k", "7 8+1k", "7 3+-1k", "7 -1+3k", "7 0+3", "7 0+3z",
		"7 0+3-", "7 99999999999999999999+1k", "7 1+18446744073709551615k",
		"7 x", "7  ", "", "k" };
	size_t i;

	fix_init(f, 40, 100);
	f->ui.colours.wanted = true;
	fix_line(f, "{'seq':50,'type':'proposal','by':'core','proposal':0,"
	    "'version':1,'final':true,'files':[{'path':'a.c',"
	    "'status':'modified','before':{'hash':'aa','mode':33188,'size':9},"
	    "'after':{'hash':'bb','mode':33188,'size':9},"
	    "'hunks':[{'id':'0000000000000001','old_start':300,'old_lines':2,"
	    "'new_start':300,'new_lines':2,'text':' int same;\\n-int a;\\n+int "
	    "ab;\\n'}]}]}");
	fix_live(f);
	f->ui.now += 5000;
	state_tick(&f->ui);
	fix_draw(f);
	assert_int_equal(fix_count(f, "'type':'colours'"), 2);
	assert_int_equal(fix_count(f, "'side':'before','from':257,"
	    "'lines':128"), 1);
	assert_int_equal(fix_count(f, "'side':'after','from':257,"
	    "'lines':128"), 1);
	assert_string_equal(fix_ink(f, "+int ab;"), "--------");
	for (i = 0; i < MEM_COUNT(hostile); i++) {
		colour_line(f, "bb", 301, hostile[i]);
		assert_string_equal(fix_ink(f, "+int ab;"), "--------");
	}
	colour_line(f, "bb", 301, "7 0+3k 4+2f");
	/* The word that differs keeps its style. */
	assert_string_equal(fix_ink(f, "+int ab;"), "-kkk----");
	assert_string_equal(fix_ink(f, "-int a;"), "-------");
	colour_line(f, "aa", 301, "6 0+3k 4+1f 5+1c");
	assert_string_equal(fix_ink(f, "-int a;"), "-kkk--c");
	colour_line(f, "bb", 300, "9 0+3t 4+4n");
	assert_string_equal(fix_ink(f, " int same;"), "-ttt-nnnn-");
	assert_string_equal(fix_ink(f, "+int ab;"), "-kkk----");
	/* Cut, and wrapped: the same bytes have the same colour. */
	screen_resize(f->ui.screen, 40, 8);
	fix_draw(f);
	assert_string_equal(fix_ink(f, "+int a"), "-kkk--");
	screen_resize(f->ui.screen, 40, 100);
	fix_draw(f);
	/* A refusal says nothing, and isn't repeated for ever. */
	for (i = 0; i < 20; i++)
		fix_line(f, "{'type':'refused','to':'colours',"
		    "'text':'no such thing'}");
	assert_false(fix_shows(f, "no such thing"));
	/* Nothing of it was decided or sent. */
	assert_int_equal(fix_count(f, "'type':'mark'"), 0);
	assert_int_equal(fix_count(f, "'type':'colours'"), 2);
}

/* Unchanged lines around a hunk: shown, not of it, not seen. */
FIX_TEST(test_around)
{
	fix_init(f, 40, 100);
	fix_line(f, "{'seq':50,'type':'proposal','by':'core','proposal':0,"
	    "'version':1,'final':true,'files':[{'path':'a.c',"
	    "'status':'modified','before':{'hash':'aa','mode':33188,'size':9},"
	    "'after':{'hash':'bb','mode':33188,'size':9},"
	    "'hunks':[{'id':'0000000000000001','old_start':11,'old_lines':1,"
	    "'new_start':11,'new_lines':2,'text':' eleven\\n+new\\n'},"
	    "{'id':'0000000000000002','old_start':16,'old_lines':1,"
	    "'new_start':17,'new_lines':2,'text':' sixteen\\n+new "
	    "two\\n'}]}]}");
	fix_live(f);
	fix_review(f);
	fix_see(f, "-", MSG_NO_MORE_CONTEXT);
	fix_type(f, "+");
	assert_int_equal(fix_count(f, "'type':'around'"), 1);
	assert_int_equal(fix_count(f, "'lines':10"), 1);
	fix_line(f, "{'type':'around','proposal':50,'hunk':'0000000000000001',"
	    "'lines':10,'from':9,'above':'nine\\nten\\n',"
	    "'below':'twelve\\nthirteen\\n','top':true,'bottom':false}");
	fix_want_shown(f, " nine");
	fix_want_shown(f, " thirteen");
	/* The change is where it was, and so is the line around it. */
	want_cursor(f, ">       12 +new");
	fix_type(f, "kkk");
	want_cursor(f, ">   9    9  nine");
	fix_type(f, ":context-all\r");
	assert_int_equal(fix_count(f, "'lines':16777216"), 2);
	fix_line(f, "{'type':'around','proposal':50,'hunk':'0000000000000001',"
	    "'lines':16777216,'from':9,'above':'nine\\nten\\n',"
	    "'below':'twelve\\nthirteen\\nfourteen\\nfifteen\\n','top':true,"
	    "'bottom':true}");
	fix_draw(f);
	/* The file is another one by now: what was told is not shown. */
	fix_line(f, "{'seq':51,'type':'proposal','by':'core','proposal':50,"
	    "'version':2,'final':true,'files':[{'path':'a.c',"
	    "'status':'modified','before':{'hash':'cc','mode':33188,'size':9},"
	    "'after':{'hash':'bb','mode':33188,'size':9},"
	    "'hunks':[{'id':'0000000000000001','old_start':11,'old_lines':1,"
	    "'new_start':11,'new_lines':2,'text':' eleven\\n+new\\n'}]}]}");
	assert_false(fix_shows(f, "nine"));
}

/* A page of unchanged lines above a change: a move to its hunk shows the change,
 * in one column and in two, and a mark there says that all of it was seen. */
FIX_TEST(test_far_change)
{
	static const char *const keys[] = { "J", "y", " " };
	struct buf b = BUF_INIT(0);
	size_t i;
	int k;

	buf_adds(&b, "{'type':'around','proposal':50,'hunk':"
	    "'0000000000000002','lines':16777216,'from':13,'above':'");
	for (k = 13; k < 96; k++)
		buf_addf(&b, "line %d\\n", k);
	buf_adds(&b, "','below':'below\\n','top':true,'bottom':true}");
	for (i = 0; i < 2 * MEM_COUNT(keys); i++) {
		fix_init(f, 24, i % 2 == 0 ? 80 : 140);
		fix_line(f, "{'seq':50,'type':'proposal','by':'core',"
		    "'proposal':0,'version':1,'final':true,'files':[{'path':"
		    "'a.c','status':'modified','before':{'hash':'aa','mode':"
		    "33188,'size':9},'after':{'hash':'bb','mode':33188,"
		    "'size':9},'hunks':[{'id':'0000000000000001','old_start':"
		    "11,'old_lines':1,'new_start':11,'new_lines':2,'text':"
		    "' eleven\\n+one\\n'},{'id':'0000000000000002',"
		    "'old_start':96,'old_lines':2,'new_start':97,'new_lines':"
		    "3,'text':' first\\n+two\\n last\\n'}]}]}");
		fix_live(f);
		fix_review(f);
		if (i % 2 != 0)
			fix_type(f, ":diff-columns\r");
		fix_line(f, buf_str(&b));
		fix_draw(f);
		assert_int_equal(f->ui.diff.beside, i % 2);
		fix_type(f, keys[i / 2]);
		fix_want_shown(f, "2/2");
		fix_want_shown(f, "+two");
		fix_want_shown(f, " first");
		assert_false(fix_shows(f, "line 13"));
		fix_type(f, "y");
		assert_int_equal(fix_count(f, "0002','mark':'yes','seen':"
		    "true"), 1);
	}
	buf_release(&b);
}

/* Who only presses Space reads each open hunk to its end before the cursor leaves
 * it, however long hunks are, and leaves none out. */
FIX_TEST(test_space_key)
{
	const struct pane *p = &f->ui.panes[PANE_DIFF];
	const struct fold_hunk *h;
	int lines, at, was, keys;

	for (lines = 1; lines < 50; lines++) {
		fix_hunks(f, 24, 80, 6, lines);
		fix_review(f);
		/* What is marked isn't read again. */
		fix_type(f, "JJnKKK");
		for (at = keys = 0; at < 5; keys++) {
			was = at;
			fix_type(f, " ");
			at = p->page.rows[p->cur].hunk;
			if (at == was)
				continue;
			assert_int_equal(at, was + (was == 1 ? 2 : 1));
			h = &f->ui.fold->proposal->files[0].hunks[was];
			assert_true(seen_is_full(seen_find(&f->ui.review,
			    h->id)));
			assert_int_equal(p->page.rows[p->cur].kind, DIFF_HEAD);
		}
		assert_true(keys <= 5 * (1 + lines / 12));
	}
	fix_type(f, "g");
	fix_type(f, " ");
	assert_int_equal(p->page.rows[p->cur].hunk, 0);
}

/* Half a page is half of the pane's rows, for the page and the cursor, and up
 * again where it was; in a list the cursor moves. It sends nothing, and is no
 * part of a word: what follows it acts. */
FIX_TEST(test_half_pages)
{
	const struct pane *p = &f->ui.panes[PANE_DIFF];
	size_t cur, half;

	fix_hunks(f, 24, 80, 3, 60);
	fix_review(f);
	cur = p->cur;
	half = (size_t)p->height / 2;
	fix_type(f, "\004");
	assert_int_equal(p->cur, cur + half);
	assert_int_equal(p->top, half);
	fix_type(f, "\004");
	assert_int_equal(p->top, 2 * half);
	fix_type(f, "\025\025");
	assert_int_equal(p->cur, cur);
	assert_int_equal(p->top, 0);
	for (half = 0; half < 40; half++)
		fix_type(f, "\004");
	assert_int_equal(p->cur, p->page.len - 1);
	assert_int_equal(f->sent.len, 0);
	fix_see(f, "\025\004v", "pick");
	/* The help scrolls, too, and stays. */
	fix_type(f, "v?\004");
	assert_true(f->ui.help);
	assert_int_equal(f->ui.help_pane.top, f->ui.help_pane.height / 2);
	fix_type(f, "\025");
	assert_int_equal(f->ui.help_pane.top, 0);
}

/* A line of the conversation about a line of the first hunk. */
static void
say(struct fix *f, const char *by, int line, const char *text)
{
	char *s = xasprintf("{'type':'comment','by':'%s','seq':%lld,"
	    "'proposal':50,'hunk':'0000000000000001','line':%d,'text':'%s'}",
	    by, (long long)f->ui.fold->seq + 1, line, text);

	fix_line(f, s);
	fix_draw(f);
	free(s);
}

/* The answer to a question comes into view below its line; where the cursor is
 * elsewhere, a notice says where it is. */
FIX_TEST(test_answer)
{
	struct buf b = BUF_INIT(0);
	struct hunk h[] = { { "a.c", NULL }, { "b.c", "+other\n" } };
	int i, line;

	for (i = 0; i < 40; i++)
		buf_addf(&b, "+line %d.\n", i);
	h[0].text = buf_str(&b);
	begin(f, 16, 80, h, 2);
	fix_live(f);
	for (i = 0; i < 20; i++)
		fix_type(f, "j");
	line = diff_line_here(&f->ui);
	want_cursor(f, "+line 19.");
	assert_false(fix_shows(f, "line 20."));
	say(f, "user", line, "why?");
	say(f, "model", line, "As it is\\nlong\\nand longer.");
	fix_want_shown(f, "the model answered, at hunk 1/2 in a.c");
	want_cursor(f, "+line 19.");
	fix_see(f, "jjjj", "and longer.");
	/* From the other hunk, and from another pane. */
	fix_type(f, "J");
	say(f, "model", line, "No.");
	fix_want_shown(f, "the model answered, at hunk 1/2 in a.c");
	want_cursor(f, "@@");
	fix_type(f, "3");
	say(f, "model", line, "Yes.");
	fix_want_shown(f, "the model answered, at hunk 1/2 in a.c");
	fix_type(f, "2");
	say(f, "model", line, "No.");
	assert_false(fix_shows(f, "the model answered"));
	buf_release(&b);
}

FIX_TEST(test_comment)
{
	static const struct hunk h = { "a.c", " one\n+two\n" };

	begin(f, 24, 80, &h, 1);
	fix_see(f, "jjc", "comment (");
	fix_want_shown(f,
	    "on this line (v: several) \xc2\xb7 end with ? to ask now");
	fix_want_shown(f, "Enter comment");
	fix_see(f, "why two?", "Enter ask now");
	fix_see(f, "\r", "asked \xc2\xb7 the answer comes here");
	assert_int_equal(fix_count(f, "{'type':'comment','proposal':50,"
	    "'hunk':'0000000000000001','line':2,'text':'why two?'}"), 1);
	fix_line(f, "{'seq':51,'type':'comment','by':'user','proposal':50,"
	    "'hunk':'0000000000000001','line':2,'text':'why two?'}");
	fix_want_shown(f, "you: why two?");
	fix_see(f, "c", "edit your comment \xc2\xb7 C-u clears it");
	fix_escape(f);
	fix_line(f, "{'seq':52,'type':'comment','by':'model','proposal':50,"
	    "'hunk':'0000000000000001','line':2,'text':'As one is gone.'}");
	fix_want_shown(f, "model answers: As one is gone.");
	/* An answered question isn't the draft of the next comment: without
	 * a text it stays, and the same text isn't asked again. */
	fix_see(f, "c", "on this line \xc2\xb7 replaces the answered one");
	assert_string_equal(buf_str(&f->ui.input.text), "");
	fix_see(f, "\r", "unchanged: nothing was sent");
	fix_want_shown(f, "model answers: As one is gone.");
	fix_see(f, "cwhy two?\r", "unchanged: nothing was sent");
	assert_int_equal(fix_count(f, "'type':'comment'"), 1);
	/* A new text there replaces the question and its answer. */
	fix_type(f, "cno\r");
	assert_int_equal(fix_count(f, "'line':2,'text':'no'"), 1);
	say(f, "user", 2, "no");
	assert_false(fix_shows(f, "why two?"));
	assert_false(fix_shows(f, "model answers"));
	/* It stays with its hunk, can be changed and taken back. */
	fix_see(f, "c", "hunk 1/1)> no");
	fix_type(f, "\x15\r");
	assert_int_equal(fix_count(f, "'text':''"), 1);
	say(f, "user", 2, "");
	assert_false(fix_shows(f, "you: "));
	/* They are in the order of their lines. */
	say(f, "user", 2, "second");
	say(f, "user", 1, "first");
	assert_int_equal(f->ui.fold->proposal->files->hunks->comments_len, 2);
	assert_int_equal(f->ui.fold->proposal->files->hunks->comments->line, 1);
	/* Nothing of this is a decision. */
	assert_int_equal(fix_count(f, "'type':'mark'"), 0);
}

FIX_TEST(test_look)
{
	static const struct hunk h = { "src/-x y.c",
		" one\n+tw\x1bo\tx\n" };

	begin(f, 24, 80, &h, 1);
	fix_type(f, "jjo");
	assert_int_equal(f->ui.want_edit, UI_EDIT_NONE);
	fix_want_shown(f, "a new file: not on disk yet");
	fix_line(f, "{'seq':51,'type':'comment','by':'user','proposal':50,"
	    "'hunk':'0000000000000001','line':2,'text':'why'}");
	fix_type(f, ":look-pager\r");
	assert_int_equal(f->ui.want_edit, UI_LOOK_TEXT);
	assert_non_null(strstr(f->ui.look.text,
	    "# you, on line 2 of this hunk: why\n"));
	assert_non_null(strstr(f->ui.look.text, "+tw^[o"));
	assert_null(strchr(f->ui.look.text, '\x1b'));
	f->ui.want_edit = UI_EDIT_NONE;
	export_clear(&f->ui);
	/* One line, without its sign; controls as marks, tabs as they are. */
	fix_type(f, "gJjjO");
	assert_int_equal(f->ui.look.copy_len, 7);
	assert_memory_equal(f->ui.look.copy, "tw^[o\tx", 7);
	fix_type(f, "kkO");
	assert_non_null(strstr(f->ui.look.copy, " one\n+tw^[o"));
}

/* The wheel scrolls, a click moves the cursor: the core isn't told anything,
 * and a question stays. */
FIX_TEST(test_mouse)
{
	struct key_event wheel = { .key = KEYS_WHEEL_DOWN, .y = 10, .x = 5 };
	struct key_event click = { .key = KEYS_CLICK, .x = 5 };
	struct hunk h[] = { { "a.c", "-a\n+b\n" }, { "b.c", "-c\n+d\n" } };
	struct pane *p;
	size_t cur;
	int i;

	begin(f, 24, 80, h, 2);
	p = &f->ui.panes[PANE_DIFF];
	cur = p->cur;
	state_key(&f->ui, &wheel);
	fix_draw(f);
	assert_int_equal(p->cur, cur + 3);
	for (i = 0; i < 24; i++) {
		click.y = i;
		state_key(&f->ui, &click);
		fix_draw(f);
		if (i >= p->y && i < p->y + (int)p->page.len)
			assert_int_equal(p->cur, p->top + (size_t)(i - p->y));
	}
	assert_int_equal(f->sent.len, 0);
	fix_type(f, "A");
	assert_int_not_equal(f->ui.confirm.action, ACTION_NONE);
	state_key(&f->ui, &click);
	assert_int_not_equal(f->ui.confirm.action, ACTION_NONE);
	assert_int_equal(fix_count(f, "'decide'"), 0);
}

/* Keys on the row of a file are for all of its hunks; a file that a program
 * writes is folded, and is decided like others. */
FIX_TEST(test_files)
{
	static const struct hunk hunks[] = {
		{ "Cargo.lock", "+a\n" }, { "Cargo.lock", "+b\n" },
		{ "b.c", "+c\n" }, { "b.c", "+d\n" }, { "d/c.c", "+e\n" },
	};

	begin(f, 40, 100, hunks, MEM_COUNT(hunks));
	/* The first undecided one is folded: it is not seen. */
	want_cursor(f, ">modified Cargo.lock  +2 -0  2 hunks  "
	    "[generated]  [folded]");
	assert_false(fix_shows(f, "+a"));
	fix_want_shown(f, "Y accept file unread  n reject file");
	fix_see(f, "y", "2 of 2 unread · Y accepts them unread");
	assert_int_equal(fix_count(f, "'mark'"), 0);
	fix_type(f, "gjY");
	assert_int_equal(fix_count(f, "'mark':'yes','seen':false"), 2);
	/* Opened, it has its hunks; Enter on its row folds it again. */
	fix_type(f, "g\r");
	want_cursor(f, ">[y] @@ -11,2");
	fix_want_shown(f, "y       11 +a");
	fix_type(f, "k\r");
	assert_false(fix_shows(f, "+a"));
	/* In the list: after y it goes to the next open one. */
	buf_clear(&f->sent);
	fix_type(f, "gjj");
	want_cursor(f, ">[ ] modified b.c");
	fix_see(f, "y", "[y] modified b.c");
	assert_int_equal(fix_count(f, "'mark':'yes','seen':true"), 2);
	want_cursor(f, ">[ ] modified d/c.c");
	fix_see(f, "ky", "no hunk of this file is open");
	/* As y and n there: a and d. */
	fix_type(f, "j");
	want_cursor(f, ">[ ] modified d/c.c");
	fix_see(f, "d", "[n] modified d/c.c");
}

/* From 120 columns the files are a tree beside the diff, from 160 the diff is
 * side by side. */
FIX_TEST(test_tree)
{
	static const struct hunk hunks[] = {
		{ "src/a.c", " 1\n-a\n+b\n" }, { "src/b.c", "+c\n" },
		{ "top.c", "+d\n" },
	};

	begin(f, 30, 119, hunks, MEM_COUNT(hunks));
	assert_int_equal(f->ui.diff.tree_at.cols, 0);
	fix_want_shown(f, "[ ] modified src/a.c  +1 -1");
	begin(f, 30, 130, hunks, MEM_COUNT(hunks));
	assert_true(f->ui.diff.tree_at.cols > 0);
	assert_false(f->ui.diff.beside);
	/* In the tree: a file's keys, and a folder folds. */
	fix_see(f, ",j", "> [ ] b.c");
	fix_want_shown(f, "y accept file");
	assert_string_equal(buf_str(&f->sent), "");
	/* The diff follows. */
	assert_string_equal(f->ui.panes[PANE_DIFF].hunk, "0000000000000002");
	fix_type(f, ",");
	assert_true(f->ui.diff.on != DIFF_ON_TREE);
	fix_see(f, ",", "> [ ] b.c");
	fix_type(f, "y");
	assert_int_equal(fix_count(f, "'0000000000000002','mark':'yes'"), 1);
	fix_want_shown(f, ">[ ] top.c");
	fix_see(f, "gjy", "[y] a.c");
	fix_see(f, "g\r", "\xe2\x96\xb8 [y] src/");
	assert_false(fix_shows(f, "] a.c "));
	/* A folder's row acts on the files that are listed under it. */
	buf_clear(&f->sent);
	fix_type(f, "uug");
	assert_int_equal(fix_count(f, "'mark':'none'"), 2);
	buf_clear(&f->sent);
	fix_type(f, "n");
	assert_int_equal(fix_count(f, "'mark':'no'"), 2);
	fix_want_shown(f, ">[ ] top.c");
	buf_clear(&f->sent);
	fix_type(f, "u");
	buf_clear(&f->sent);
	fix_type(f, "gy");
	assert_int_equal(fix_count(f, "'mark':'yes'"), 2);
}

/* The proposal has gone, and a key in the tree comes before the next frame. */
FIX_TEST(test_tree_gone)
{
	static const struct hunk hunks[] = {
		{ "a.c", "+a\n" }, { "b.c", "+b\n" },
	};
	const char *keys;

	for (keys = "jkgGJKC,t\r"; *keys != '\0'; keys++) {
		begin(f, 30, 130, hunks, MEM_COUNT(hunks));
		fix_type(f, ",");
		assert_true(f->ui.diff.on == DIFF_ON_TREE);
		fix_line(f, "{'seq':60,'type':'proposal','by':'core',"
		    "'proposal':50,'version':2,'final':true,'files':[]}");
		assert_null(f->ui.fold->proposal);
		fix_draw(f);
		keys_feed(f->keys, "4", 1, f->ui.now += 5000);
		keys_feed(f->keys, keys, 1, f->ui.now);
		fix_draw(f);
	}
}

static char *
all_rows(struct fix *f)
{
	struct buf b = BUF_INIT(0);
	int y;

	for (y = 0; y < f->ui.screen->rows; y++) {
		screen_row(f->ui.screen, y, &b);
		buf_addc(&b, '\n');
	}
	return buf_take(&b);
}

/* J, and the frame after it, to a hunk that wasn't seen. */
static const struct seen *
step_to_new(struct fix *f, const struct hunk *hunks, size_t n)
{
	begin(f, 24, 80, hunks, n);
	assert_false(is_seen(f, 2));
	keys_feed(f->keys, "J", 1, f->ui.now += 5000);
	frame_draw_told(&f->ui, f->ui.want.frame);
	return seen_find(&f->ui.review, "0000000000000002");
}

/* A step to the next hunk is one frame, whose words are right once it is on the
 * screen. For a key that comes before that the hunk is unread. */
FIX_TEST(test_step_is_one_frame)
{
	AUTO_BUF struct buf text = BUF_INIT(0);
	AUTO_FREE char *was = NULL, *now = NULL;
	struct hunk hunks[] = { { "a.c", NULL }, { "b.c", "+b\n" } };
	const struct seen *seen;
	int i;

	for (i = 0; i < 60; i++)
		buf_addf(&text, "+line %d\n", i);
	hunks[0].text = buf_str(&text);

	seen = step_to_new(f, hunks, MEM_COUNT(hunks));
	assert_int_equal(seen->count, 0);
	assert_false(seen->fresh || seen->framed);
	was = all_rows(f);
	fix_written(f);
	assert_true(is_seen(f, 2) && seen->fresh && seen->framed);
	assert_int_equal(f->ui.want.frame, FRAME_NONE);
	frame_draw(&f->ui, FRAME_ALL);
	now = all_rows(f);
	assert_string_equal(was, now);
	assert_non_null(strstr(was, "y accept "));
	keys_feed(f->keys, "y", 1, f->ui.now += 500);
	assert_int_equal(fix_count(f, "'mark':'yes'"), 1);

	(void)step_to_new(f, hunks, MEM_COUNT(hunks));
	keys_feed(f->keys, "y", 1, f->ui.now += 500);
	assert_int_equal(fix_count(f, "'mark':'yes'"), 0);
	assert_non_null(strstr(ev_str(f->ui.notice, ""), "unread"));
	fix_written(f);
	assert_true(f->ui.want.frame == FRAME_ALL);
	fix_draw(f);
	keys_feed(f->keys, "y", 1, f->ui.now += 500);
	assert_int_equal(fix_count(f, "'mark':'yes'"), 1);
}

/* In the tree, y on a file that wasn't seen in full shows its rest beside it;
 * once that was drawn, the next y accepts it. */
FIX_TEST(test_tree_rest)
{
	AUTO_BUF struct buf text = BUF_INIT(0);
	struct hunk hunks[] = { { "a.c", NULL }, { "a.c", "+last\n" },
		{ "b.c", "+b\n" } };
	int i;

	for (i = 0; i < 30; i++)
		buf_addf(&text, "+line %d\n", i);
	hunks[0].text = buf_str(&text);
	begin(f, 30, 130, hunks, MEM_COUNT(hunks));
	fix_want_shown(f, "Y accept unread  n reject");
	fix_see(f, ",g", "Y accept file unread  n reject file");
	fix_see(f, "y", "2 of 2 unread · Y accepts them unread");
	assert_int_equal(fix_count(f, "'mark'"), 0);
	fix_type(f, ",  ,");
	fix_want_shown(f, "y accept file");
	fix_type(f, "y");
	assert_int_equal(fix_count(f, "'mark':'yes'"), 2);
	fix_want_shown(f, ">[ ] b.c");
}

/* ---- by chance ---- */

/* A hunk of words that are all different, in lines short and long. */
static void
chance_hunk(struct buf *b, uint64_t *rnd)
{
	static const char *const odd[] = { "\t", "  ", "\xe2\x80\xae",
		"\xe6\x88\x91", "\xff", "e\xcc\x81", "\x1b[2J", "\r" };
	static const char signs[] = "+- ";
	unsigned lines = 1 + random_next(rnd, 12), i, k, n = 0;

	for (i = 0; i < lines; i++) {
		buf_addc(b, signs[random_next(rnd, 3)]);
		k = random_next(rnd, 4) == 0 ? 80 : 8;
		for (k = random_next(rnd, k); k > 0; k--) {
			buf_addf(b, "word%u_", n++);
			buf_adds(b, random_next(rnd, 6) == 0 ?
			    odd[random_next(rnd, MEM_COUNT(odd))] : " ");
		}
		buf_addc(b, '\n');
		if (random_next(rnd, 10) == 0)
			buf_adds(b, "\\ No newline at end of file\n");
	}
}

/* A word is in one row, or wrapped into the next one. */
static bool
chance_shows(struct fix *f, const char *word)
{
	struct buf row = BUF_INIT(0), next = BUF_INIT(0);
	char head[20];
	size_t k, n = strlen(word);
	bool found = fix_shows(f, word);
	int y;

	for (y = 0; y + 1 < f->ui.screen->rows && !found; y++) {
		buf_clear(&row);
		buf_clear(&next);
		screen_row(f->ui.screen, y, &row);
		screen_row(f->ui.screen, y + 1, &next);
		for (k = 1; k < n && !found; k++) {
			snprintf(head, sizeof(head), "%.*s", (int)k, word);
			found = strstr(buf_str(&row), head) != NULL &&
			    strstr(buf_str(&next), word + k) != NULL;
		}
	}
	buf_release(&row);
	buf_release(&next);
	return found;
}

/* Each word whose every byte counts as seen has stood on the screen: `was` has
 * one flag a word that did. */
static void
chance_check(struct fix *f, const char *text, bool *was, unsigned seed)
{
	const struct seen *s = seen_find(&f->ui.review, "0000000000000001");
	const char *p = text;
	char word[20];
	size_t i, n, from;
	unsigned k;

	for (k = 0; (p = strstr(p, "word")) != NULL; k++, p += n) {
		n = strcspn(p, "_") + 1;
		snprintf(word, sizeof(word), "%.*s", (int)n, p);
		was[k] = was[k] || chance_shows(f, word);
		from = (size_t)(p - text);
		for (i = from; i < from + n && s->bytes[i]; i++)
			;
		if (i == from + n && !was[k])
			fail_msg("seed %u: %s was not shown", seed, word);
	}
}

/* Only displayed lines count as seen, and every line can be displayed. */
FIX_TEST(test_chance)
{
	uint64_t rnd;
	unsigned seed, i;
	struct buf b = BUF_INIT(0);
	struct hunk h = { "a.c", NULL };
	bool *was;

	for (seed = 1; seed <= 40; seed++) {
		rnd = seed;
		buf_clear(&b);
		chance_hunk(&b, &rnd);
		h.text = buf_str(&b);
		was = xcalloc(b.len + 1, sizeof(*was));
		fix_init(f, 26 + (int)random_next(&rnd, 20),
		    40 + (int)random_next(&rnd, 160));
		f->ui.diff.columns = seed % 2 == 0;
		propose(f, &h, 1);
		f->ui.now += 5000;
		state_tick(&f->ui);
		frame_draw(&f->ui, FRAME_ALL);
		fix_written(f);
		chance_check(f, h.text, was, seed);
		fix_type(f, "g");
		chance_check(f, h.text, was, seed);
		for (i = 0; i < 400 && !is_seen(f, 1); i++) {
			fix_type(f, "j");
			chance_check(f, h.text, was, seed);
		}
		if (!is_seen(f, 1))
			fail_msg("seed %u: cannot be seen", seed);
		free(was);
	}
	buf_release(&b);
}

/* A name that mixes scripts or only looks like ASCII has a note below its line;
 * the note has the code points. */
FIX_TEST(test_names)
{
	static const struct hunk h[] = {
		{ "a.c", " f() {\n-pay(x);\n+p\xd0\xb0y(x);\n+caf\xc3\xa9();\n }\n" },
		{ "b.c", " h() {\n+b\n }\n" },
	};

	for (int beside = 0; beside < 2; beside++) {
		begin(f, 40, beside ? 160 : 100, h, 2);
		fix_want_shown(f, "! \"p<U+0430>y\" mixes Latin and "
		    "Cyrillic, looks like");
		if (beside)	/* in the column of its line */
			fix_want_shown(f, "│     ! \"p<U+0430>y\"");
		/* The note is no part of the hunk. */
		assert_true(is_seen(f, 1));
	}
}

/* Findings of the model stand at their lines. */
FIX_TEST(test_findings)
{
	static const struct hunk h = { "a.c",
		" f() {\n-\tint red = 1;\n+\tint blue = 1;\n }\n" };

	fix_init(f, 24, 80);
	fix_line(f, "{'seq':3,'type':'finding','by':'model','path':'a.c',"
	    "'line':12,'severity':'error','message':'blue is never read'}");
	fix_line(f, "{'seq':4,'type':'finding','by':'model','path':'a.c',"
	    "'line':400,'severity':'note','message':'far away'}");
	fix_line(f, "{'seq':6,'type':'hook','id':'hook-6',"
	    "'event':'after_tool','name':'tidy','status':'done','ok':true,"
	    "'decision':'allow','findings':[{'path':'a.c','line':12,"
	    "'severity':'warning','message':'of before'}]}");
	fix_line(f, "{'seq':7,'type':'hook','id':'hook-7',"
	    "'event':'after_tool','name':'tidy','status':'done','ok':true,"
	    "'decision':'allow','findings':[{'path':'a.c','line':12,"
	    "'severity':'warning','message':'no colour'}]}");
	fix_line(f, "{'seq':8,'type':'diagnostics','checker':'cc',"
	    "'about':'a.c','findings':[{'path':'a.c','line':12,"
	    "'severity':'error','message':'gone now','source':'int blue'},"
	    "{'path':'c.c','line':1,'severity':'error','message':'stays'}]}");
	fix_line(f, "{'seq':9,'type':'diagnostics','checker':'cc',"
	    "'about':'a.c','findings':[{'path':'a.c','line':12,"
	    "'severity':'error','message':'undeclared','source':'int blue'},"
	    "{'path':'a.c','line':12,'severity':'error','message':'moved',"
	    "'source':'int green'}]}");
	propose(f, &h, 1);
	fix_see(f, "4", "tidy says: warning: no colour");
	fix_want_shown(f, "cc says: error: undeclared");
	assert_false(fix_shows(f, "gone now"));
	/* Another line stands there now. */
	assert_false(fix_shows(f, "moved"));
	assert_false(fix_shows(f, "of before"));
	fix_want_shown(f, "line 400: model says: note: far away");
	fix_want_shown(f, "model says: error: blue is never read");
	fix_want_shown(f, "2 findings of the model");
}

/* What a hunk adds comes after it. The cursor stays on its line, and a key that was
 * on its way marks nothing. */
FIX_TEST(test_adds_come)
{
	fix_init(f, 24, 80);
	fix_line(f, "{'seq':50,'type':'proposal','by':'core','proposal':0,"
	    "'version':1,'final':true,'only_tests':true,'files':[{'path':'a.c',"
	    "'status':'modified','adds':[{'line':11,'what':'host h.net',"
	    "'target':'h.net'}],'hunks':[{'id':'0000000000000001',"
	    "'old_start':11,'old_lines':1,'new_start':11,'new_lines':1,"
	    "'text':'-old\\n+new\\n'}]}]}");
	fix_live(f);
	fix_review(f);
	fix_want_shown(f, "only tests change");
	assert_false(fix_shows(f, "h.net"));
	assert_true(verdict_marks(&f->ui));
	fix_line(f, "{'seq':51,'type':'adds','by':'core','proposal':50,"
	    "'version':1,'compared':false}");
	assert_false(verdict_marks(&f->ui));
	fix_want_shown(f, "! adds: host h.net, not compared with the rest");
	fix_want_shown(f, "adds: 1");
	fix_see(f, "y", "[y] @@ -11");
}

/* What no test notices is said in the row of the check; at its line only with the
 * next move, also within its hunk. A comment there asks for the test. */
FIX_TEST(test_unnoticed)
{
	static const struct hunk h[] = {
		{ "a.c", " f() {\n-\tint red = 1;\n+\tint blue = 1;\n }\n" },
		{ "b.c", " h() {\n+b\n }\n" },
	};
	size_t row, top;

	begin(f, 30, 100, h, 2);
	fix_live(f);
	fix_line(f, "{'seq':59,'type':'evidence','status':'done','command':"
	    "'make check','exit':0,'where':'stage'}");
	fix_type(f, "jj");
	fix_stand(f);
	row = f->ui.panes[PANE_DIFF].cur;
	top = f->ui.panes[PANE_DIFF].top;
	/* While it runs, the key that interrupts ends only that. */
	fix_line(f, "{'seq':60,'type':'notice','status':'running','proposal':"
	    "50,'version':1}");
	fix_line(f, "{'type':'status','state':'waiting'}");
	fix_want_shown(f, "trying small changes");
	fix_see(f, "\003", "small changes ended");
	assert_int_equal(fix_count(f, "'type':'interrupt','check':true"), 1);
	/* It comes before what needs no look. */
	fix_line(f, "{'type':'proof','seq':60,'proposal':50,'version':1,"
	    "'which':'your_tests','status':'passed','words':'12 passed'}");
	fix_line(f, "{'seq':61,'type':'notice','status':'done','proposal':50,"
	    "'version':1,'result':{'of':3,'noticed':2,'unnoticed':[{'path':"
	    "'a.c','line':12,'words':'`<=` for `<`'},{'path':'b.c','line':1,"
	    "'hunk':'0000000000000002'}]}}");
	fix_want_shown(f, "2 of 3 small changes are noticed by your check");
	assert_true(verdict_marks(&f->ui));
	/* Another line makes the page again. */
	fix_line(f, "{'seq':62,'type':'evidence','status':'stale'}");
	assert_false(fix_shows(f, "no test notices") ||
	    fix_shows(f, "passes without"));
	assert_true(f->ui.panes[PANE_DIFF].cur == row &&
	    f->ui.panes[PANE_DIFF].top == top);
	fix_see(f, "k", "= no test notices `<=` for `<` here");
	assert_true(f->ui.panes[PANE_DIFF].cur == row - 1);
	fix_see(f, "J", "= the check passes without this hunk");
	fix_see(f, "c", "> the check passes without this hunk: add a test for "
	    "it");
	fix_see(f, "\x15more\r", "sent when you write");
	fix_see(f, "Kjjjc", "> no test notices `<=` for `<` here: add a test for "
	    "it");
	fix_type(f, "\r");
	assert_int_equal(fix_count(f, "'line':3,'text':'no test notices `<=` "
	    "for `<` here: add a test for it'"), 1);
}

/* The hints of another pane say how many are open, as the core has it. */
FIX_TEST(test_open_elsewhere)
{
	fix_hunks(f, 24, 80, 3, 2);
	fix_review(f);
	fix_type(f, "y2");
	fix_want_shown(f, "review 3 hunks");
	f->ui.want.frame = FRAME_NONE;
	fix_line(f, "{'seq':60,'type':'draft','proposal':50,"
	    "'hunk':'0000000000000001','mark':'yes','seen':true}");
	assert_int_equal(f->ui.want.frame, FRAME_HINTS);
	fix_want_shown(f, "review 2 hunks");
	/* When none is open, other keys can be offered. */
	fix_type(f, "4Jy2");
	f->ui.want.frame = FRAME_NONE;
	fix_line(f, "{'seq':61,'type':'draft','proposal':50,'marks':[{'hunk':"
	    "'0000000000000002','mark':'yes','seen':true}]}");
	assert_int_equal(f->ui.want.frame, FRAME_ALL);
}

static void
propose_at(struct fix *f, int64_t seq, int64_t undo, int line, const char *path)
{
	AUTO_FREE char *text = xasprintf("{'seq':%lld,'type':'proposal','by':"
	    "'core','proposal':%lld,'version':1,'final':true,'undo':%lld,"
	    "'files':[{'path':'%s','status':'modified','hunks':[{'id':"
	    "'%016x','old_start':%d,'old_lines':0,'new_start':%d,"
	    "'new_lines':2,'text':'+one\\n+two\\n'}]}]}", (long long)seq,
	    (long long)seq, (long long)undo, path, undo == 0 ? 1 : 2, line,
	    line);

	fix_line(f, text);
}

/* They move with their hunks. One that came after a proposal is about newer files
 * than that; a change that is undone meanwhile moves nothing. */
FIX_TEST(test_findings_move)
{
	const struct fold_finding *g;

	fix_init(f, 24, 80);
	fix_line(f, "{'seq':3,'type':'finding','by':'model','path':'a.c',"
	    "'line':11,'end_line':2147483647,'severity':'note','message':'a'}");
	propose_at(f, 4, 0, 10, "a.c");
	fix_line(f, "{'seq':5,'type':'finding','by':'model','path':'a.c',"
	    "'line':11,'severity':'note','message':'b'}");
	propose_at(f, 6, 0, 11, "a.c");
	g = f->ui.fold->findings.list;
	assert_int_equal(g[0].line, 12);
	assert_int_equal(g[0].end, INT_MAX);
	assert_int_equal(g[1].line, 11);
	propose_at(f, 7, 3, 11, "a.c");
	assert_int_equal(g[1].line, 11);
	propose_at(f, 8, 0, 15, "a.c");
	assert_int_equal(g[0].line, 16);
	assert_int_equal(g[1].line, 15);
}

/* The first of many in unchanged files; one whose file is changed then stands
 * there. */
FIX_TEST(test_findings_elsewhere)
{
	int i;

	fix_init(f, 40, 80);
	for (i = 0; i < 7; i++) {
		AUTO_FREE char *text = xasprintf("{'seq':%d,'type':'finding',"
		    "'by':'model','path':'%c.c','line':10,'severity':'note',"
		    "'message':'found'}", i + 3, 'a' + i);

		fix_line(f, text);
	}
	propose_at(f, 20, 0, 10, "z.c");
	fix_see(f, "4", "7 findings of the model");
	fix_want_shown(f, "model says: a.c:10: note: found");
	fix_want_shown(f, "model says: e.c:10: note: found");
	assert_false(fix_shows(f, "f.c:10"));
	fix_want_shown(f, "and 2 more in unchanged files: see the transcript");
	propose_at(f, 21, 0, 10, "a.c");
	fix_want_shown(f, "and 1 more in unchanged files: see the transcript");
	assert_false(fix_shows(f, "a.c:10"));
	fix_want_shown(f, "model says: note: found");
}

/* Three lines and more that moved say where from and where to. */
FIX_TEST(test_moved)
{
	static const struct hunk h[] = {
		{ "a.c", " f() {\n-\tint alpha = one();\n-\tint beta = two();\n-"
		    "\n-\tint gamma = three();\n-}\n-}\n-}\n }\n" },
		{ "a.c", " g() {\n+new line\n+\t\tint alpha = one();\n+\t\tint beta"
		    " = two();\n+\n+\t\tint gamma = three();\n+other();\n }\n" },
		{ "b.c", " h() {\n-void one(void);\n-void two(void);\n"
		    "-void three(void);\n+x\n+}\n+}\n+}\n }\n" },
		{ "c.c", " i() {\n-x\n+void one(void);\n+void two(void);\n"
		    "+void three(void);\n+void four(void);\n }\n" },
	};

	for (int beside = 0; beside < 2; beside++) {
		begin(f, 60, beside ? 160 : 100, h, 4);
		fix_want_shown(f, "= 4 lines moved to line 113, indented "
		    "differently");
		fix_want_shown(f, "= 4 lines moved from line 12, indented "
		    "differently");
		fix_want_shown(f, "= 3 lines moved to line 312 of c.c");
		fix_want_shown(f, "= 3 lines moved from line 212 of b.c");
		/* Braces alone say nothing. */
		assert_false(fix_shows(f, "3 lines moved to line 2"));
		fix_type(f, "J");
		assert_true(is_seen(f, 1));
	}
}

/* What was changed in a block that moved is marked, and the original stands above
 * it. */
FIX_TEST(test_moved_and_changed)
{
	static const struct hunk h[] = {
		{ "a.c", " f() {\n-\tint alpha = one(\x1b);\n-\tint beta = two();"
		    "\n-\n-\tif (alpha > beta\x1b)\n-\t\treturn three();\n"
		    "-\tcheck(gamma);\n-\treturn alpha;\n-}\n }\n" },
		{ "a.c", " g() {\n-x\n+y\n }\n" },
		{ "b.c", " h() {\n+\tint alpha = one(\x1b);\n+\tint beta = two();"
		    "\n+\n+\tif (alpha < beta\x1b)\n+\t\treturn three();\n"
		    "+\treturn alpha;\n+}\n+other();\n }\n" },
	};

	for (int beside = 0; beside < 2; beside++) {
		begin(f, 60, beside ? 160 : 100, h, 3);
		fix_want_shown(f, "= moved to line 212 of b.c, 2 of 8 lines "
		    "changed");
		fix_want_shown(f, "= moved from line 12 of a.c, 2 of 8 lines "
		    "changed");
		fix_want_shown(f, "= was: if (alpha > beta^[)");
		fix_want_shown(f, "= left out: check(gamma);");
		want_styled(f, STYLE_ADD_WORD, "        if (alpha < beta|)");
	}
}

#define EQUAL5	"\xe2\x80\xa6 5 equal lines, + shows them"

#define USE(sign, x)	sign "\tuse(alpha, \"" x "\");\n"
#define MOVED(sign, tab, n) " f() {\n" sign tab "\tint alpha = one();\n" \
	USE(sign tab, "a") USE(sign tab, "b") USE(sign tab, "c") \
	USE(sign tab, "d") USE(sign tab, "e") sign tab "\treturn " n ";\n" \
	USE(sign tab, "f") USE(sign tab, "g") " }\n"

/* Equal lines of a block that moved are one row, with which they count as
 * seen. */
FIX_TEST(test_moved_folds)
{
	static const struct hunk h[] = {
		{ "a.c", MOVED("-", "", "1") },
		{ "b.c", MOVED("+", "\t", "2") },
	};

	for (int beside = 0; beside < 2; beside++) {
		begin(f, 24, beside ? 160 : 80, h, 2);
		fix_want_shown(f, "int alpha");
		fix_want_shown(f, EQUAL5);
		fix_want_shown(f, "use(alpha, \"f\")");
		assert_false(fix_shows(f, "\"c\""));
		assert_true(is_seen(f, 1));
		fix_type(f, "+");
		fix_want_shown(f, "\"c\"");
		assert_int_equal(fix_count(f, "'around'"), 0);
		fix_type(f, "-");
		assert_false(fix_shows(f, "\"c\""));
		fix_type(f, "J");
		assert_true(is_seen(f, 2));
		/* Lines are picked where they are shown. */
		fix_type(f, "Kv");
		fix_want_shown(f, "\"c\"");
		fix_escape(f);
	}
}

/* Nothing is folded that the row couldn't say: not if the other side is rejected,
 * if there is a note on a line, if the lines may mean something else there, or if
 * their indentation is another one each. */
FIX_TEST(test_moved_is_shown)
{
	static const struct hunk plain[] = {
		{ "a.c", MOVED("-", "", "1") }, { "b.c", MOVED("+", "", "2") },
	}, judges[] = {
		{ "a.c", MOVED("-", "", "1") },
		{ "tests/b.c", MOVED("+", "", "2") },
	}, uneven[] = {
		{ "a.py", "-if alpha_is_known:\n-\tone()\n-\ttwo()\n"
		    "-\tthree()\n-\tfour()\n-\tfive()\n-\tsix()\n" },
		{ "b.py", "+if alpha_is_known:\n+\tone()\n+\ttwo()\n"
		    "+\tthree()\n+four()\n+\tfive()\n+\tsix()\n" },
	};

	begin(f, 40, 80, judges, 2);
	fix_want_shown(f, "moved from line 12 of a.c");
	assert_false(fix_shows(f, EQUAL5));
	begin(f, 40, 80, uneven, 2);
	fix_want_shown(f, "7 lines moved from line 11 of a.py, indented "
	    "differently");
	assert_false(fix_shows(f, "equal lines"));
	begin(f, 40, 80, plain, 2);
	fix_want_shown(f, EQUAL5);
	fix_line(f, "{'seq':51,'type':'comment','by':'user','proposal':50,"
	    "'hunk':'0000000000000002','line':4,'text':'why?'}");
	fix_want_shown(f, "\"c\"");
	begin(f, 40, 80, plain, 2);
	fix_type(f, "n");
	fix_line(f, "{'seq':51,'type':'draft','by':'user','proposal':50,"
	    "'hunk':'0000000000000001','mark':'no'}");
	fix_want_shown(f, "= moved from line 12 of a.c, 1 of 9 lines changed, "
	    "rejected there");
	fix_want_shown(f, "+        use(alpha, \"c\")");
	fix_want_shown(f, EQUAL5);	/* of the removed lines */
}

/* Many lines that are the same: no line is looked at more than a few times. */
FIX_TEST(test_moved_many)
{
	struct buf b = BUF_INIT(0);
	struct hunk h = { "a.c", NULL };
	int i;

	for (i = 0; i < 40000; i++)
		buf_adds(&b, i < 20000 ? "-the same line, which is long "
		    "enough\n" : "-}\n");
	for (i = 0; i < 40000; i++)
		buf_addf(&b, "+%s\n", i > 20000 ? "}" : i % 5 == 4 ? "another" :
		    "the same line, which is long enough");
	h.text = buf_str(&b);
	begin(f, 40, 100, &h, 1);
	fix_want_shown(f, "= 4 lines moved to line");
	buf_release(&b);
}

/* Three hunks of a.c; the second has another line in another version. */
static void
propose_version(struct fix *f, int version, const char *id, const char *line)
{
	char *s = xasprintf("{'seq':%d,'type':'proposal','by':'core',"
	    "'proposal':%d,'version':%d,'final':true,'files':[{'path':'a.c',"
	    "'status':'modified','hunks':[{'id':'h1','old_start':1,"
	    "'old_lines':1,'new_start':1,'new_lines':2,'text':' f\\n+one\\n'},"
	    "{'id':'%s','old_start':21,'old_lines':1,'new_start':22,"
	    "'new_lines':3,'text':' g\\n+two\\n+%s\\n'},{'id':'h3',"
	    "'old_start':41,'old_lines':1,'new_start':43,'new_lines':2,"
	    "'text':' h\\n+three\\n'}]},{'path':'b.c','status':'modified',"
	    "'hunks':[{'id':'h4','old_start':1,'old_lines':1,'new_start':1,"
	    "'new_lines':2,'text':' i\\n+four\\n'}]}]}",
	    49 + version, version == 1 ? 0 : 50, version, id, line);

	fix_line(f, s);
	free(s);
}

/* A new version keeps marks, and what was seen, of hunks that are the same; one
 * key hides them, and keys that decide about several leave them alone. */
FIX_TEST(test_news)
{
	fix_init(f, 40, 80);
	propose_version(f, 1, "h2", "alpha");
	fix_live(f);
	fix_type(f, "4");
	fix_see(f, "V", "all of it is new: you haven't looked through");
	fix_type(f, "y");
	fix_line(f, "{'seq':51,'type':'draft','proposal':50,'hunk':'h1',"
	    "'mark':'yes','seen':true,'client':'tty'}");
	propose_version(f, 3, "h2", "alpha");
	fix_see(f, "V", "no hunk changed since you last looked");
	assert_false(fix_shows(f, "0 new"));
	propose_version(f, 4, "h2b", "beta");
	fix_want_shown(f, "1 new to you");
	assert_true(fix_shows(f, "+one"));
	fix_see(f, "V", "only what changed since you looked");
	fix_want_shown(f, "2 hunks that you've read are hidden");
	fix_want_shown(f, "only new hunks (V)");
	fix_want_shown(f, "+beta");
	assert_false(fix_shows(f, "+one"));
	assert_false(fix_shows(f, "+three"));
	assert_false(fix_shows(f, "+four"));
	fix_type(f, "a");
	assert_int_equal(fix_count(f, "'h2b','mark':'yes'"), 1);
	assert_int_equal(fix_count(f, "'h3','mark'"), 0);
	assert_int_equal(fix_count(f, "'h4','mark'"), 0);
	fix_see(f, "V", "all hunks shown");
	assert_true(fix_shows(f, "+four"));
}

/* The hunk under the cursor changes, or is gone: the cursor stays at its place,
 * however the page above it grows or shrinks. */
FIX_TEST(test_cursor_in_the_next_version)
{
	fix_init(f, 40, 80);
	propose_version(f, 1, "h2", "alpha");
	fix_live(f);
	fix_type(f, "4J");
	fix_want_shown(f, "1/2 · 2/4");
	propose_version(f, 3, "h2b", "beta");
	fix_want_shown(f, "1/2 · 2/4");
	fix_line(f, "{'seq':60,'type':'proposal','by':'core','proposal':50,"
	    "'version':4,'final':true,'files':[{'path':'a.c',"
	    "'status':'modified','hunks':[{'id':'h1','old_start':1,"
	    "'old_lines':1,'new_start':1,'new_lines':2,'text':' f\\n+one\\n'}]},"
	    "{'path':'b.c','status':'modified','hunks':[{'id':'h4',"
	    "'old_start':1,'old_lines':1,'new_start':1,'new_lines':2,"
	    "'text':' i\\n+four\\n'}]}]}");
	fix_want_shown(f, "1/2 · 1/2");
}

/* A hunk that was decided in one proposal isn't new in the next, and one that
 * was rejected there says so. */
FIX_TEST(test_news_of_the_next_proposal)
{
	fix_init(f, 40, 80);
	propose_version(f, 1, "h2", "alpha");
	fix_live(f);
	fix_line(f, "{'seq':51,'type':'decision','by':'user','proposal':50,"
	    "'files':[{'path':'a.c','hunks':[{'id':'h1','decision':'yes',"
	    "'seen':true},{'id':'h2','decision':'no','word':'too long'},"
	    "{'id':'h3','decision':'no'}]},{'path':'b.c','hunks':[{'id':'h4',"
	    "'decision':'no'}]}]}");
	fix_line(f, "{'seq':52,'type':'proposal','by':'core','proposal':50,"
	    "'version':2,'files':[]}");
	propose_version(f, 8, "h2b", "beta");
	fix_see(f, "4", "1 new to you");
	fix_want_shown(f, "same as you rejected");
	fix_see(f, "V", "only what changed since you looked");
	assert_false(fix_shows(f, "+three"));
	assert_false(fix_shows(f, "same as you rejected"));
	fix_want_shown(f, "+beta");
	/* The rejected ones are open again, and no key leaves them out. */
	fix_see(f, "V", "+three");
}

/* To drop an undo rejects nothing: the next one says nothing of it. */
FIX_TEST(test_undo_that_was_dropped)
{
	static const char undo[] = "'type':'proposal','by':'core','proposal':50,"
	    "'final':true,'undo':3,'files':[{'path':'a.c','status':'modified',"
	    "'hunks':[{'id':'u1','old_start':1,'old_lines':1,'new_start':1,"
	    "'new_lines':1,'text':'-one\\n+two\\n'}]}]";
	int i;

	fix_init(f, 40, 80);
	for (i = 0; i < 2; i++) {
		AUTO_FREE char *line = xasprintf("{'seq':%d,'version':%d,%s}",
		    60 + 3 * i, 2 * i + 1, undo);

		fix_line(f, line);
		fix_live(f);
		fix_see(f, "4", "+two");
		assert_false(fix_shows(f, "same as you rejected"));
		fix_line(f, i == 0 ? "{'seq':61,'type':'decision','by':'user',"
		    "'proposal':50,'files':[{'path':'a.c','hunks':[{'id':'u1',"
		    "'decision':'no','seen':true}]}]}" :
		    "{'seq':64,'type':'note','text':'x'}");
		fix_line(f, i == 0 ? "{'seq':62,'type':'proposal','by':'core',"
		    "'proposal':50,'version':2,'files':[]}" :
		    "{'seq':65,'type':'note','text':'x'}");
	}
}

/* Version n of a.c, whose second hunk has this line, and of b.c. */
static void
propose_both(struct fix *f, int version, const char *line, bool both)
{
	char *s = xasprintf("{\"seq\":%d,\"type\":\"proposal\",\"by\":"
	    "\"core\",\"proposal\":%d,\"version\":%d,\"files\":["
	    "{\"path\":\"a.c\",\"status\":\"modified\",\"hunks\":["
	    "{\"id\":\"h1\",\"old_start\":1,\"old_lines\":1,"
	    "\"new_start\":1,\"new_lines\":2,\"text\":\" f\\n+one\\n\"},"
	    "{\"id\":\"h2%s\",\"old_start\":21,\"old_lines\":1,"
	    "\"new_start\":22,\"new_lines\":3,\"text\":"
	    "\" g\\n+two\\n+%s\\n\"}]}%s]}", 40 + 10 * version,
	    version == 1 ? 0 : 50, version, line, line, !both ? "" :
	    ",{\"path\":\"b.c\",\"status\":\"modified\",\"hunks\":[{"
	    "\"id\":\"h4\",\"old_start\":1,\"old_lines\":1,"
	    "\"new_start\":1,\"new_lines\":5,\"text\":\" i\\n+four\\n"
	    "+five\\n+six\\n+seven\\n\"}]}");

	fix_line(f, s);
	free(s);
	fix_draw(f);
}

/* A save on disk that overlaps hunks is named; hunks that are gone aren't. */
FIX_TEST(test_overlaps)
{
	fix_init(f, 30, 80);
	fix_live(f);
	propose_both(f, 1, "alpha", true);
	fix_type(f, "4");
	fix_line(f, "{'seq':60,'type':'proposal','by':'core','proposal':50,"
	    "'version':2,'files':[{'path':'a.c','status':'modified','hunks':"
	    "[{'id':'h9','old_start':1,'old_lines':1,'new_start':1,"
	    "'new_lines':2,'text':' f\\n+one\\n','overwrites':true}]}]}");
	fix_draw(f);
	fix_want_shown(f, "a.c changed on disk: 1 hunk now overlaps those "
	    "lines");
	assert_false(fix_shows(f, "gone"));
}

/* A new version says what changed, and how much of what was seen is gone. */
FIX_TEST(test_gone)
{
	fix_init(f, 30, 80);
	fix_live(f);
	propose_both(f, 1, "alpha", true);
	fix_type(f, "4");
	assert_false(fix_shows(f, "V changed"));
	propose_both(f, 2, "beta", false);
	fix_want_shown(f, "version 2: 1 hunk new, 2 gone "
	    "\xc2\xb7 V shows it");
	fix_want_shown(f, "1 new to you (V)");
	assert_false(fix_shows(f, "not sent"));
	fix_see(f, "V", "only what changed since you looked");
	assert_false(fix_shows(f, "alpha"));
	fix_see(f, "Vk", "V changed");
	/* It is back, and was seen. */
	propose_both(f, 3, "beta", true);
	assert_false(fix_shows(f, "gone"));
	assert_false(fix_shows(f, "version 3"));
	fix_line(f, "{'seq':71,'type':'comment','by':'user','proposal':50,"
	    "'hunk':'h4','line':2,'text':'say more'}");
	/* Nothing is new: the key has nothing to show. */
	propose_both(f, 4, "beta", false);
	fix_want_shown(f, "version 4: 1 hunk gone "
	    "\xc2\xb7 1 comment not sent");
	assert_false(fix_shows(f, "V shows it"));
	fix_see(f, "V", "no hunk changed since you last looked");
	assert_string_equal(f->ui.say.history.texts[f->ui.say.history.len - 1],
	    "say more");
}

/* What was asked is above the files while the strip doesn't say it. */
FIX_TEST(test_asked)
{
	fix_init(f, 40, 80);
	fix_line(f, "{'seq':2,'type':'user_message','by':'user',"
	    "'text':'do it'}");
	propose(f, (const struct hunk[]){ { "a.c", "+x\n" } }, 1);
	fix_type(f, "4");
	fix_want_shown(f, "do it");
	assert_false(fix_shows(f, "you asked: do it"));
}

/* ---- hunks that make the same change ---- */

#define RENAME(x) " " x "\n-\ty = old(" x ");\n+\ty = new(" x ");\n }\n"
#define SEVEN(path) { path, RENAME("n1") }, { path, RENAME("n2") }, \
	{ path, RENAME("n3") }, { path, RENAME("n4") }, \
	{ path, RENAME("n5") }, { path, RENAME("n6") }, \
	{ path, RENAME("n7") }

static const struct hunk alike[] = {
	{ "a.c", RENAME("one") }, { "a.c", RENAME("two") },
	{ "b.c", RENAME("three") }, { "c.c", RENAME("four") },
	{ "c.c", "-\tz = old(1);\n+\tz = evil(1);\n" },
	{ "d.c", "-x\n+y\n" }, SEVEN("e.c"),
};

static void
begin_alike(struct fix *f)
{
	changed = true;
	begin(f, 100, 80, alike, MEM_COUNT(alike));
	changed = false;
	fix_want_shown(f, ">[ ] @@ -11,2");
	fix_want_shown(f, " [ ] 10 more make the same change in 4 files      10 "
	    "unread");
	fix_want_shown(f, "z = evil(1)");
	fix_want_shown(f, "1 hunk that makes the same change is folded");
	assert_false(fix_shows(f, "y = old(two)"));
	assert_false(fix_shows(f, "modified b.c  +1 -1  1 hunk\n"));
	buf_clear(&f->sent);
}

/* The row stands for the others. They haven't been seen: to accept them needs a
 * second key. The one with another word isn't one of them. */
FIX_TEST(test_alike)
{
	begin_alike(f);
	fix_see(f, "J", ">[ ] 10 more make");
	fix_want_shown(f, "Y accept them unread");
	fix_see(f, "y", "10 of 11 unread · Y accepts them unread");
	assert_string_equal(buf_str(&f->sent), "");
	fix_see(f, "Y", ">[ ] @@ -411,2");
	fix_want_shown(f, " [y] 10 more make the same change in 4 files");
	fix_want_shown(f, " [y] @@ -11,2");
	assert_int_equal(fix_count(f, "'hunk':"), 11);
	assert_int_equal(fix_count(f, "'hunk':'0000000000000005'"), 0);
	assert_int_equal(fix_count(f, "'mark':'yes','seen':true"), 1);
	assert_int_equal(fix_count(f, "'mark':'yes','seen':false"), 10);
	/* One key takes that back. */
	fix_see(f, "u", " [ ] 10 more make");
	/* They count as answered: y, Y, Enter. */
	fix_see(f, "JY", " [y] 10 more make");
	fix_see(f, "AA", "Enter writes 13 hunks to 5 files");
}

#define BINARY(n, more) "{" more "'path':'obj/" n "','status':'added'," \
	"'before':null,'after':{'hash':'" n "','mode':33188,'size':9},'binary':true," \
	"'binaries':4,'hunks':[{'id':'b" n "','old_start':0,'old_lines':0," \
	"'new_start':0,'new_lines':0,'text':''}]},"

/* Binaries of a folder are one row, which a key for all hunks leaves alone. */
FIX_TEST(test_binaries_are_a_row)
{
	fix_start(f);
	fix_line(f, "{'seq':1,'type':'proposal','proposal':9,'version':1,"
	    "'final':true,'files':[" BINARY("1", "") BINARY("2",
	    "'protected':'executable bit',") BINARY("3", "") BINARY("4", "")
	    "{'path':'z','status':'added','before':null,'after':"
	    "{'hash':'z','mode':33188,'size':2},'binary':false,'hunks':["
	    "{'id':'hz','old_start':0,'old_lines':0,'new_start':1,"
	    "'new_lines':1,'text':'+y\\n'}]}],'refused':[],'ignored':0}");
	fix_see(f, "4", "[ ] 4 binaries that commands made in obj/, 1 of "
	    "them programs");
	assert_false(fix_shows(f, "obj/2"));
	buf_clear(&f->sent);
	fix_type(f, "AY");
	assert_int_equal(fix_count(f, "'hunk':"), 1);
	fix_want_shown(f, "[ ] 4 binaries that commands made");
	fix_type(f, "gJ");
	buf_clear(&f->sent);
	fix_type(f, "n");
	assert_int_equal(fix_count(f, "'mark':'no'"), 4);
}

FIX_TEST(test_alike_after_the_first)
{
	begin_alike(f);
	fix_see(f, "y", ">[ ] 10 more make");
	assert_int_equal(fix_count(f, "'hunk':"), 1);
	fix_see(f, "n", ">[ ] @@ -411,2");
	fix_want_shown(f, " [n] 10 more make");
	assert_int_equal(fix_count(f, "'mark':'no'"), 10);
	fix_want_shown(f, " [y] @@ -11,2");
	/* Nothing of it is open. */
	fix_see(f, "Ky", "no hunk of this row is open");
	assert_int_equal(fix_count(f, "'hunk':"), 11);
}

FIX_TEST(test_alike_with_a_reason)
{
	begin_alike(f);
	fix_see(f, "y", ">[ ] 10 more make");
	fix_see(f, "r", "reason");
	fix_see(f, "too old\r", " [n] 10 more make");
	assert_int_equal(fix_count(f, "'word':'too old'"), 10);
	fix_want_shown(f, " [y] @@ -11,2");
}

FIX_TEST(test_alike_unfolds)
{
	begin_alike(f);
	fix_see(f, "J", ">[ ] 10 more make");
	fix_see(f, "\r", "modified b.c  +1 -1  1 hunk");
	fix_want_shown(f, ">[ ] 10 more make");
	fix_want_shown(f, "y = old(two)");
	assert_false(fix_shows(f, "folded"));
	fix_see(f, "J", ">[ ] @@ -111,2");
	/* Now they were on the screen. */
	fix_type(f, "KK");
	fix_see(f, "jjjjjy", " [y] 10 more make");
	assert_int_equal(fix_count(f, "'seen':true"), 11);
	assert_int_equal(fix_count(f, "'seen':false"), 0);
}

FIX_TEST(test_alike_is_found)
{
	begin_alike(f);
	fix_see(f, "/four\r", "y = old(four)");
	fix_want_shown(f, "y = old(two)");
	fix_release(f);
	/* From the list of files, too. */
	begin_alike(f);
	fix_see(f, ",j\r", "y = old(three)");
	fix_release(f);
	/* What is said of a hunk isn't folded. */
	begin_alike(f);
	fix_line(f, "{'type':'comment','by':'user','seq':60,'proposal':50,"
	    "'hunk':'0000000000000003','line':2,'end':2,'text':'why'}");
	fix_want_shown(f, "y = old(three)");
	assert_false(fix_shows(f, "y = old(two)"));
}

/* A test that fails isn't folded. */
FIX_TEST(test_alike_fails)
{
	static const struct hunk hunks[] = {
		{ "tests/a.c", RENAME("one") }, { "tests/b.c", RENAME("two") },
		{ "tests/c.c", RENAME("three") }, SEVEN("tests/d.c"),
	};

	changed = true;
	begin(f, 40, 80, hunks, MEM_COUNT(hunks));
	changed = false;
	assert_false(fix_shows(f, "y = old(two)"));
	assert_false(fix_shows(f, "y = old(three)"));
	fix_line(f, "{'type':'proof','by':'core','seq':60,'proposal':50,"
	    "'version':1,'which':'your_tests','status':'failed',"
	    "'files':[{'path':'tests/b.c'}]}");
	fix_want_shown(f, "failed once with your version of this test");
	fix_want_shown(f, "y = old(two)");
	assert_false(fix_shows(f, "y = old(three)"));
}

/* A comment at the row is about the hunk above it. */
FIX_TEST(test_alike_comment)
{
	static const struct hunk hunks[] = {
		{ "a.c", "-x\n+y\n" }, { "a.c", RENAME("one") },
		{ "b.c", RENAME("two") }, { "b.c", RENAME("three") },
		SEVEN("c.c"),
	};

	changed = true;
	begin(f, 40, 80, hunks, MEM_COUNT(hunks));
	changed = false;
	fix_see(f, "JJ", ">[ ] 9 more make");
	fix_see(f, "c", ">[ ] @@ -111,2");
}

/* In the tree, the one that stands for it is shown. */
FIX_TEST(test_alike_in_the_tree)
{
	changed = true;
	begin(f, 20, 150, alike, MEM_COUNT(alike));
	changed = false;
	fix_see(f, ",j", ">[ ] b.c");
	fix_want_shown(f, "y = old(one)");
	fix_see(f, "y", "4 lines unread · Y accepts it unread");
	fix_see(f, "Y", "[y] b.c");
	assert_int_equal(fix_count(f, "'hunk':'0000000000000003','mark':'yes',"
	    "'seen':false"), 1);
}

/* Some need a look of their own. */
FIX_TEST(test_never_alike)
{
	static const struct { const char *file, *hunk; } cases[] = {
		{ "'protected':'rule',", "" },
		{ "'weaker':[{'line':12,'side':'old','what':'x',"
		    "'counts':true}],", "" },
		{ "'adds':[{'line':11,'what':'host h','target':'h'}],", "" },
		{ "", "'overwrites':true," },
		{ "", "'reason':'why'," },
	};
	struct buf b = BUF_INIT(0);
	size_t i, k;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		fix_init(f, 40, 80);
		buf_clear(&b);
		buf_adds(&b, "{'seq':50,'type':'proposal','by':'core',"
		    "'proposal':0,'version':1,'final':true,'files':[");
		for (k = 0; k < 11; k++)
			buf_addf(&b, "%s{'path':'%zu.c','status':'modified',"
			    "'before':{},'after':{},%s'hunks':[{'id':'%zu',"
			    "'old_start':11,'old_lines':2,'new_start':11,"
			    "'new_lines':2,%s'text':'-old(%zu)\\n+new(%zu)"
			    "\\n'}]}", k > 0 ? "," : "", k, k == 0 ?
			    cases[i].file : "", k, k == 0 ? cases[i].hunk : "",
			    k, k);
		buf_adds(&b, "]}");
		fix_line(f, buf_str(&b));
		fix_live(f);
		f->ui.now += 5000;
		state_tick(&f->ui);
		fix_see(f, "4", "old(0)");
		fix_want_shown(f, "9 more make the same change in 9 files");
		/* It isn't new. */
		if (i == 2) {
			fix_line(f, "{'seq':51,'type':'adds','by':'core',"
			    "'proposal':50,'version':1,'compared':true,"
			    "'known':['h']}");
			fix_want_shown(f, "10 more make the same change in 10 "
			    "files");
		}
		if (i == 1)	/* nor are they accepted unsaid */
			fix_see(f, "A", "tests weakened: 1");
		fix_release(f);
	}
	buf_release(&b);
	fix_init(f, 40, 80);
}
