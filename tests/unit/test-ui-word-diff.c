/* Words that differ, lines that are versions of each other, and what two lines
 * differ in that look the same. */
#include "config.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "tests/unit/unit.h"
#include "review/pairs.h"

/* The line with [brackets] around what is marked. */
static char *
marked(const char *s, const struct word_diff *w)
{
	struct buf b = BUF_INIT(0);
	size_t i, at = 0;

	for (i = 0; i < w->len; i++) {
		buf_add(&b, s + at, w->v[i].from - at);
		buf_addf(&b, "[%.*s]", (int)(w->v[i].to - w->v[i].from),
		    s + w->v[i].from);
		at = w->v[i].to;
	}
	buf_adds(&b, s + at);
	return buf_take(&b);
}

TEST(test_words)
{
	static const struct {
		const char *label, *a, *b, *of_a, *of_b; /* NULL: unlike */
	} cases[] = {
		{ "one word", "int x = 1;", "int y = 1;", "int [x] = 1;",
		    "int [y] = 1;" },
		{ "a word comes", "f(a)", "f(a, b)", "f(a)", "f(a[, b])" },
		{ "words, not letters", "npm install", "pip install",
		    "[npm] install", "[pip] install" },
		{ "two places", "let a = foo(b);", "var a = bar(b);",
		    "[let] a = [foo](b);", "[var] a = [bar](b);" },
		{ "a blank joins", "put the red book down",
		    "put a blue book down", "put [the red] book down",
		    "put [a blue] book down" },
		{ "only blanks", "a  b", "a b", "a[  ]b", "a[ ]b" },
		{ "at the end", "a", "a  ", "a", "a[  ]" },
		{ "a tab", "\tx", "        x", "[\t]x", "[        ]x" },
		{ "a tab and a word", "\tx = 1;", "        x = 2;",
		    "\tx = [1];", "        x = [2];" },
		{ "less alike", "if (key === '__proto__') return;",
		    "if (isConstructorOrProto(o, key)) return;",
		    "if (key [=== '__proto__']) return;",
		    "if ([isConstructorOrProto(o,] key[)]) return;" },
		{ "a word before a space goes", "int x = 1", "x = 1",
		    "[int] x = 1", "x = 1" },
		{ "a word and the space after it", "x = 1", "x = 2 \t",
		    "x = [1]", "x = [2] \t" },
		{ "accents stay whole", "le caf\xc3\xa9 noir",
		    "le caf\xc3\xa8 noir", "le [caf\xc3\xa9] noir",
		    "le [caf\xc3\xa8] noir" },
		{ "one sign of Chinese",
		    "\xe6\x88\x91\xe6\x98\xaf\xe4\xba\xba",
		    "\xe6\x88\x91\xe4\xb8\x8d\xe4\xba\xba",
		    "\xe6\x88\x91[\xe6\x98\xaf]\xe4\xba\xba",
		    "\xe6\x88\x91[\xe4\xb8\x8d]\xe4\xba\xba" },
		{ "bytes that are no text", "a \xff z q", "a \xfe z q",
		    "a [\xff] z q", "a [\xfe] z q" },
		{ "nothing in common", "return 0;", "while (true) {", NULL,
		    NULL },
		{ "empty", "", "x", NULL, NULL },
		{ "blanks alone", " ", "  ", NULL, NULL },
		{ "the same", "same", "same", "same", "same" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct word_diff a = { 0 }, b = { 0 };
		bool alike = word_diff_diff(&a, &b, cases[i].a,
		    strlen(cases[i].a), cases[i].b, strlen(cases[i].b), NULL);
		char *x = marked(cases[i].a, &a), *y = marked(cases[i].b, &b);

		print_message("# %s\n", cases[i].label);
		assert_int_equal(alike, cases[i].of_a != NULL);
		assert_string_equal(x, alike ? cases[i].of_a : cases[i].a);
		assert_string_equal(y, alike ? cases[i].of_b : cases[i].b);
		free(x);
		free(y);
		free(a.v);
		free(b.v);
	}
}

/* However long the lines are, the table is not. */
TEST(test_words_bound)
{
	char *a = xcalloc(WORD_DIFF_LINE_MAX + 2, 1), *b;
	struct word_diff x = { 0 }, y = { 0 };
	size_t i, work = 0;

	b = xcalloc(WORD_DIFF_LINE_MAX + 2, 1);
	for (i = 0; i < WORD_DIFF_LINE_MAX; i++) {
		a[i] = i % 2 != 0 ? ',' : (char)('a' + i % 25);
		b[i] = i % 2 != 0 ? ',' : (char)('a' + i % 23);
	}
	(void)word_diff_diff(
	    &x, &y, a, WORD_DIFF_LINE_MAX, b, WORD_DIFF_LINE_MAX, &work);
	assert_true(work <= WORD_DIFF_WORK_MAX + 2 * WORD_DIFF_LINE_MAX);
	/* Of longer ones only the ends are compared. */
	b[0] = a[0];
	assert_false(word_diff_diff(&x, &y, a, WORD_DIFF_LINE_MAX + 1, b,
	    WORD_DIFF_LINE_MAX + 1, &work));
	assert_true(word_diff_diff(&x, &y, a, WORD_DIFF_LINE_MAX + 1, a,
	    WORD_DIFF_LINE_MAX + 1, &work));
	assert_true(x.len == 0 && y.len == 0);
	free(a);
	free(b);
	free(x.v);
	free(y.v);
}

/* "3=5" for each pair of lines, from 1. */
TEST(test_pairs)
{
	static const struct {
		const char *label, *text, *want;
	} cases[] = {
		{ "one line", " a\n-int x = 1;\n+int y = 1;\n b\n", "2=3 " },
		{ "two and two", "-foo(a, b)\n-bar(c, d)\n+foo(a, x)\n"
		    "+bar(c, y)\n", "1=3 2=4 " },
		{ "one comes between", "-foo(a, b)\n-bar(c, d)\n+foo(a, x)\n"
		    "+while (true) {\n+bar(c, y)\n", "1=3 2=5 " },
		{ "one goes", "-if (zero) {\n-bar(c, d)\n+bar(c, y)\n",
		    "2=3 " },
		{ "unlike", "-return 0;\n+while (true) {\n", "" },
		{ "two runs", "-a b c d\n+a b c e\n-f g h i\n+f g h j\n",
		    "1=2 3=4 " },
		{ "no newline", "-a b c\n\\ No newline at end of file\n"
		    "+a b d\n", "1=3 " },
		{ "what only goes or comes", "-a\n x\n+a\n", "" },
		{ "nothing", "", "" },
		{ "no newline in the text", "-a b c\n+a b d", "1=2 " },
	};
	size_t i, k;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		struct buf b = BUF_INIT(0);
		struct pairs ps;

		print_message("# %s\n", cases[i].label);
		pairs_make(&ps, cases[i].text, strlen(cases[i].text), 1, 1);
		for (k = 0; k < ps.len; k++)
			if (ps.v[k].sign == '-' && ps.v[k].other > 0)
				buf_addf(&b, "%zu=%d ", k + 1,
				    ps.v[k].other);
		assert_string_equal(buf_str(&b), cases[i].want);
		buf_release(&b);
		free(ps.v);
	}
}

TEST(test_hidden)
{
	static const struct {
		const char *label, *a, *b;
		unsigned why;
	} cases[] = {
		{ "trailing", "x", "x  ", PAIR_TRAILING },
		{ "trailing tab", "x\t", "x", PAIR_TRAILING },
		{ "tab and blanks", "\tx", "        x", PAIR_TABS },
		{ "tab that reaches as far", "ab\tx", "ab      x", PAIR_TABS },
		{ "deeper", "\tx", "\t\tx", 0 },
		{ "CRLF", "x", "x\r", PAIR_CR },
		{ "CRLF and blanks", "x", "x \r", PAIR_CR | PAIR_TRAILING },
		{ "NFC and NFD", "caf\xc3\xa9", "cafe\xcc\x81", PAIR_FORM },
		{ "zero width", "ab", "a\xe2\x80\x8b" "b", PAIR_INVISIBLE },
		{ "bidi", "ab", "a\xe2\x80\xae" "b", PAIR_INVISIBLE },
		{ "odd blank", "a b", "a\xc2\xa0" "b", PAIR_INVISIBLE },
		{ "variation selector", "\xe2\x9c\x94",
		    "\xe2\x9c\x94\xef\xb8\x8f", PAIR_INVISIBLE },
		{ "other text", "a", "b", 0 },
		{ "the same", "a", "a", 0 },
		{ "two blanks inside", "a b", "a  b", 0 },
		{ "no text at all", "\xff", "\xfe", 0 },
	};
	struct pairs ps;
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		AUTO_FREE char *text = xasprintf("-%s\n+%s\n", cases[i].a,
		    cases[i].b);

		print_message("# %s\n", cases[i].label);
		pairs_make(&ps, text, strlen(text), 1, 1);
		assert_int_equal(ps.v[0].why, cases[i].why);
		assert_int_equal(ps.v[1].why, cases[i].why);
		free(ps.v);
	}
}

TEST(test_lookalikes)
{
	static const struct { const char *line, *want; } cases[] = {
		{ "int copy = paypal(x);", "" },
		{ "p\xd0\xb0ypal(x)", "\"p<U+0430>ypal\" mixes Latin and "
		    "Cyrillic, looks like \"paypal\"" },
		{ "x = \xd1\x81\xd0\xbe\xd1\x80\xd1\x83(a)", "\"<U+0441>"
		    "<U+043E><U+0440><U+0443>\" looks like \"copy\", is "
		    "Cyrillic" },
		/* a Cyrillic name that nobody takes for ASCII */
		{ "\xd1\x84\xd0\xb0\xd0\xb9\xd0\xbb = 1", "" },
		/* a preposition among words, and alone */
		{ "# \xd1\x81 \xd1\x84\xd0\xb0\xd0\xb9\xd0\xbb\xd0\xbe\xd0"
		    "\xbc", "" },
		{ "\xd1\x81 = 1", "\"<U+0441>\" looks like \"c\", is "
		    "Cyrillic" },
		{ "\xce\x94x = 1", "\"\xce\x94x\" mixes Greek and Latin" },
		/* fullwidth and mathematical letters */
		{ "\xef\xbd\x81\xef\xbd\x82", "\"<U+FF41><U+FF42>\" "
		    "looks like \"ab\"" },
		{ "\xf0\x9d\x90\xb1 = 2", "\"<U+1D431>\" looks like "
		    "\"x\"" },
		{ "caf\xc3\xa9 na\xc3\xafve \xc3\x9f", "" },
		/* Japanese and Chinese mix with Latin */
		{ "get\xe5\x80\xa4 = \xe3\x81\x82 \xe6\x88\x91x", "" },
		{ "\xff\xd1 a\xff", "" },
	};
	struct buf b = BUF_INIT(0);
	struct lookalike w;
	size_t i, at, n;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		buf_clear(&b);
		n = strlen(cases[i].line);
		for (at = 0; lookalike_next(cases[i].line, n, &at, &w);) {
			buf_adds(&b, b.len > 0 ? "; " : "");
			lookalike_words(&b, cases[i].line, &w);
		}
		assert_string_equal(buf_str(&b), cases[i].want);
	}
	buf_release(&b);
}
