/* Searching: what is found, where the pane goes, what is marked. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "ui/keys/keys.h"
#include "ui/text/page.h"

#include "base/sanitize.h"
#include "front/bindings.h"
#include "ui-fix.h"
#include "tests/messages.h"
#include "ui/panes/ui-base.h"

static void
want_found(struct fix *f, const char *text)
{
	char *s = fix_styled(f, STYLE_FOUND);

	assert_string_equal(s, text);
	free(s);
}

/* Rows of a page 10 cells wide, as a string of digits of those in which a match
 * begins. */
static void
test_page_find(void **state)
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

	(void)state;
	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct page p = { 0 };
		char rows[10] = "";

		page_clear(&p, 10, 0);
		page_add(&p, STYLE_PLAIN, NULL, NULL, cases[i].text,
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
static void
test_marks_over_rows(void **state)
{
	struct screen s = { 0 };
	struct page p = { 0 };
	struct buf b = BUF_INIT(0);
	size_t i;
	int y, x;

	(void)state;
	screen_resize(&s, 3, 10);
	page_clear(&p, 10, 0);
	page_add(&p, STYLE_PLAIN, NULL, NULL, "abcdefghijklmnopq", 17, false);
	page_style(&p, 0, p.rows[0].p, 3, STYLE_BOLD);
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

static void
test_diff(void **state)
{
	struct fix *f = *state;

	fix_init(f, 24, 80);
	fix_propose(f, 1, 1, 4, 20, "line");
	fix_live(f);
	fix_type(f, "4/LINE 2.7\r");
	want_found(f, "");
	fix_want_shown(f, "not found: LINE 2.7");
	/* Nothing is marked: n is the search's all the same. */
	fix_type(f, "nN");
	assert_int_equal(fix_count(f, "'mark'"), 0);
	fix_type(f, "/line 2.7\r");
	want_found(f, "line 2.7");
	fix_want_shown(f, ">+line 2.7");
	/* The hunk under the cursor is the one that was found. */
	fix_see(f, "/.19\r", ">+line 2.19");
	fix_see(f, "n", ">+line 3.19");
	/* As in less: the empty text is the last one. */
	fix_see(f, "/\r", ">+line 0.19");
	fix_see(f, "N", ">+line 3.19");
	fix_want_shown(f, "n next match  N previous  Esc end search");
	assert_false(fix_shows(f, "n reject"));
	assert_non_null(f->ui.search.text);
	fix_escape(f);
	fix_draw(f);
	want_found(f, "");
	fix_want_shown(f, "n reject");
}

/* The help is long: what can be pressed now is at its top, the rest is searched
 * for; what has no meaning in it leads back. */
static void
test_help(void **state)
{
	struct fix *f = *state;

	fix_hunks(f, 27, 80, 2, 2);
	fix_see(f, "2?", "The usual");
	fix_want_shown(f,
	    "  Tab                  go to what is waiting for you");
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
	f->ui.screen.flags |= SANITIZE_ASCII;
	fix_want_shown(f, "trailing space");
	f->ui.screen.flags &= ~SANITIZE_ASCII;
	fix_see(f, "/no such key\r", MSG_NO_KEY_MATCHES);
	fix_type(f, "x");
	assert_false(f->ui.help);
	assert_null(f->ui.search.text);
	fix_want_shown(f, "[4 diff]");
	assert_int_equal(f->sent.len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_find),
		cmocka_unit_test(test_marks_over_rows),
		FIX_TEST(test_diff),
		FIX_TEST(test_help),
	};

	return cmocka_run_group_tests_name("ui-find", tests, NULL, NULL);
}
