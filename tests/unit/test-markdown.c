/*
 * Markdown as rows: a table of texts and their rows with styles.  Each is fed
 * whole and byte by byte, and what was above the last block must not have
 * moved on the way.
 */
#include "config.h"

#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "tests/unit/unit.h"
#include "ui/term/screen.h"
#include "ui/text/markdown.h"
#include "ui/text/page.h"

static char
style_letter(enum style s)
{
	return s == STYLE_PLAIN ? '.' : s == STYLE_BOLD ? 'B' :
	    s == STYLE_CODE ? 'C' : s == STYLE_NAME ? 'n' :
	    s == STYLE_EMPH ? 'e' : s == STYLE_LINK ? 'l' :
	    s == STYLE_DIM ? 'd' : '?';
}

/* A row as "B|- {n:code} text". */
static void
row_print(const struct page *p, size_t i, struct buf *b)
{
	const struct page_row *r = &p->rows[i];
	enum style now, last = r->style;
	size_t k, at;

	buf_addf(b, "%c|%s", style_letter(r->style),
	    r->prefix == NULL ? "" : r->prefix);
	for (at = 0; at <= r->len; at++) {
		now = r->style;
		for (k = r->spans; at < r->len && k != 0;
		    k = p->spans[k - 1].next)
			if (at >= p->spans[k - 1].at.from &&
			    at < p->spans[k - 1].at.to)
				now = p->spans[k - 1].at.style;
		if (now != last && last != r->style)
			buf_addc(b, '}');
		if (now != last && now != r->style)
			buf_addf(b, "{%c:", style_letter(now));
		last = now;
		if (at < r->len)
			buf_addc(b, r->p[at]);
	}
	buf_adds(b, r->more ? "\\\n" : "\n");
}

static void
page_print(const struct page *p, struct buf *b)
{
	size_t i;

	buf_clear(b);
	for (i = 0; i < p->len; i++)
		row_print(p, i, b);
}

/* Whole, and then byte by byte in a page of its own. */
static void
render(const char *text, size_t n, int width, struct buf *whole,
    struct buf *bytes)
{
	struct markdown m = { 0 };
	struct buf kept = BUF_INIT(0), now = BUF_INIT(0);
	struct page p = { 0 };
	size_t i, rows, k;
	char *grown;

	page_clear(&p, width, 0);
	markdown_add(&m, &p, NULL, text, n);
	page_print(&p, whole);
	page_clear(&p, width, 0);
	memset(&m, 0, sizeof(m));
	for (i = 1; i <= n; i++) {
		/* Each time in another place, as a text that grows is. */
		grown = xmalloc(i);
		memcpy(grown, text, i);
		rows = m.mark.rows;
		markdown_add(&m, &p, NULL, grown, i);
		free(grown);
		buf_clear(&now);
		for (k = 0; k < rows && k < p.len; k++)
			row_print(&p, k, &now);
		assert_int_equal(k, rows);
		/* The finished rows stay as they were. */
		assert_true(now.len <= kept.len);
		assert_memory_equal(buf_str(&now), buf_str(&kept), now.len);
		buf_clear(&kept);
		for (k = 0; k < m.mark.rows; k++)
			row_print(&p, k, &kept);
	}
	page_print(&p, bytes);
	page_release(&p);
	buf_release(&kept);
	buf_release(&now);
}

/* clang-format off */
static const struct {
	const char	*label;
	int		 width;
	const char	*text, *rows;
} cases[] = {
	{ "a paragraph", 20, "one two three four five",
	  ".|one two three four \n.|five\n" },
	{ "lines stay lines", 20, "one\ntwo\n", ".|one\n.|two\n" },
	{ "headings", 20, "# One\ntext\n\n## Two ##\n\nThree\n=====\n",
	  "B|One\n.|text\n.|\nB|Two\n.|\nB|Three\n" },
	{ "emphasis", 40, "a *b* **c** ***d*** `e` f",
	  ".|a {e:b} {B:c} {B:d} {n:e} f\n" },
	{ "underscores stay", 40, "call __init__ of _x_ in a_b_c",
	  ".|call {B:__init__} of {e:_x_} in a_b_c\n" },
	{ "what is open is text", 40, "a **b `c", ".|a **b `c\n" },
	{ "a list", 20, "- one two three four five\n- two\n* three\n",
	  ".|- one two three four\n.|  five\n.|- two\n.|- three\n" },
	{ "a loose list", 20, "- one\n\n- two\n\n  more\n",
	  ".|- one\n.|\n.|- two\n.|\n.|  more\n" },
	{ "numbers are as written", 20, "3. a\n3. b\n11) c\n",
	  ".|3. a\n.|3. b\n.|11) c\n" },
	{ "empty items", 20, "1.\n2. x\n-\n", ".|1. \n.|2. x\n.|- \n" },
	{ "a quote", 20, "> one\n> two\n>\n> - three\n",
	  ".|> one\n.|> two\n.|\n.|> - three\n" },
	{ "fenced code", 20, "a:\n```c\nint *a;\n\n\tb_c_;  /* **x** */\n```\nb",
	  ".|a:\nd|c\nC|  int *a;\nC|  \nC|  \tb_c_;  /*\\\nC|   **x** */\n.|b\n" },
	{ "code in an item", 30, "1. do:\n\n   ```sh\n   a  b\n\n   c\n   ```\n2. x",
	  ".|1. do:\n.|\nd|   sh\nC|   a  b\nC|   \nC|   c\n.|2. x\n" },
	{ "indented code", 30, "a\n\n    b *c*\n      d\n",
	  ".|a\n.|\nC|b *c*\nC|  d\n" },
	{ "a link", 60, "see [the docs](http://x.y/a_b \"T t\"), ok",
	  ".|see {l:the docs}{d: <http://x.y/a_b> \"T t\"}, ok\n" },
	{ "a link that says where", 60, "<http://x.y> [http://a](http://a)",
	  ".|{l:http://x.y} {l:http://a}\n" },
	{ "a link that lies", 60, "[http://good](http://evil)",
	  ".|{l:http://good}{d: <http://evil>}\n" },
	{ "an image", 60, "![alt](a.png)", ".|image: {l:alt}{d: <a.png>}\n" },
	{ "references of one block", 60, "[r]: http://x\n[a][r]\n",
	  ".|[r]: http://x\n.|[a][r]\n" },
	{ "html is text", 60, "<b>x</b> <!-- y -->\n\n<div>\n*z*\n</div>",
	  ".|<b>x</b> <!-- y -->\n.|\n.|<div>\n.|{e:z}\n.|</div>\n" },
	{ "entities are text", 60, "a &lt; b &amp;", ".|a &lt; b &amp;\n" },
	{ "backslashes stay", 60, "a\\.b C:\\_x \\*y\\*\ncc \\\n  dd",
	  ".|a\\.b C:\\_x \\*y\\*\n.|cc \\\n.|dd\n" },
	{ "a table", 60, "| a | `bb` |\n|---|:-:|\n| one | two |\n| x \\| y | |\n",
	  ".|{B:a}      | {n:bb}\n.|one    | two\n.|x \\| y | \n" },
	{ "a table without room", 12, "|aaaa|bbbb|\n|---|---|\n|cccc dddd|eeee|\n",
	  ".|{B:aaaa} | {B:bbbb}\n.|cccc dddd | \n.|eeee\n" },
	{ "a cell too many", 60, "|a|\n|-|\n|b|c|\n",
	  ".||a|\n.||-|\n.||b|c|\n" },
	{ "a line at a fence", 30, "text\n```\nx\n```\n\n\ntext",
	  ".|text\nC|  x\n.|\n.|text\n" },
	{ "nothing", 30, "", "" },
	{ "blanks", 30, " \n\n ", "" },

};
/* clang-format on */

TEST(test_table)
{
	struct buf whole = BUF_INIT(0), bytes = BUF_INIT(0);
	size_t i;
	int failed = 0;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		render(cases[i].text, strlen(cases[i].text), cases[i].width,
		    &whole, &bytes);
		if (strcmp(buf_str(&whole), cases[i].rows) != 0) {
			print_message("# %s: got\n%swanted\n%s",
			    cases[i].label, buf_str(&whole), cases[i].rows);
			failed++;
		}
		if (strcmp(buf_str(&whole), buf_str(&bytes)) != 0) {
			print_message("# %s: byte by byte\n%swhole\n%s",
			    cases[i].label, buf_str(&bytes),
			    buf_str(&whole));
			failed++;
		}
	}
	assert_int_equal(failed, 0);
	buf_release(&whole);
	buf_release(&bytes);
}

/* Letters and digits, in order. */
static void
words_add(struct buf *b, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' &&
		    p[i] <= 'z') || (p[i] >= 'A' && p[i] <= 'Z'))
			buf_addc(b, p[i]);
}

/* Every word of the text is on the page, in this order: those that a link adds
 * may come between. */
static bool
words_are_kept(const struct page *p, const char *text, size_t n)
{
	struct buf want = BUF_INIT(0), have = BUF_INIT(0);
	size_t i, k = 0;
	bool ok;

	words_add(&want, text, n);
	for (i = 0; i < p->len; i++) {
		const char *prefix = p->rows[i].prefix;

		if (prefix != NULL)
			words_add(&have, prefix, strlen(prefix));
		words_add(&have, p->rows[i].p, p->rows[i].len);
	}
	for (i = 0; i < have.len && k < want.len; i++)
		if (have.p[i] == want.p[k])
			k++;
	ok = k == want.len;
	buf_release(&want);
	buf_release(&have);
	return ok;
}

/* Texts made to be deep, long, or of many parts: they take about as long as
 * others, and nothing of them gets lost. */
TEST(test_hostile)
{
	static const char *const parts[] = {
		"> ", "[", "](", "![", "*", "_a", "*a **b ", "`", "``a`", "<",
		"<a", "<!--", "- ", "1. ", "- a\n ", "| a ", "|", "|\n",
		"\\", "&", "&a;", "[a](b) ", "[a]: b\n", "[a]\n", "#", "# a\n",
		"```\n", "~~~a\n", "a\n\n", "\n", " ", "\t", "a", "a ", "\r",
		"\xff", "\xe2\x80\xae", "\xcc\x80", "***a", "a**_", "1)",
		"> - ", "    a\n", "***\n", "===\n", "a\n---\n",
		"|a|\n|---|\n", "a*", "[^a]", "[a](<", "[a](b \"", "<http://",
	};
	/* clang-format off */
	static const size_t sizes[] = { 31 << 10, 1 << 20 };
	/* clang-format on */
	struct buf text = BUF_INIT(0);
	struct page p = { 0 };
	struct markdown m;
	size_t i, k;

	for (i = 0; i < MEM_COUNT(parts); i++)
		for (k = 0; k < MEM_COUNT(sizes); k++) {
			clock_t before = clock();

			buf_clear(&text);
			while (text.len < sizes[k])
				buf_adds(&text, parts[i]);
			page_clear(&p, 80, 0);
			memset(&m, 0, sizeof(m));
			markdown_add(&m, &p, "  ", buf_str(&text), text.len);
			if (!words_are_kept(&p, text.p, text.len))
				fail_msg("%zu of %s: words are lost", sizes[k],
				    parts[i]);
			if (getenv("TIMES") != NULL)
				print_message("# %zu of %s: %ld ms\n",
				    sizes[k], parts[i], (long)((clock() -
				    before) * 1000 / CLOCKS_PER_SEC));
		}
	buf_clear(&text);
	while (text.len < 5 << 20)
		buf_adds(&text, "> - [*a `b\n");
	page_clear(&p, 80, 0);
	memset(&m, 0, sizeof(m));
	markdown_add(&m, &p, "  ", buf_str(&text), text.len);
	assert_true(words_are_kept(&p, text.p, text.len));
	page_release(&p);
	buf_release(&text);
}

/* Any mixture of marks: nothing gets lost, and it grows to the same picture. */
TEST(test_mixed)
{
	static const char *const parts[] = {
		"*", "**", "_", "`", "```", "~~~", "\n", "\n\n", "a", "b c",
		"1. ", "- ", "> ", "# ", "[x](y)", "[x]", "[x]: y", "|", "---",
		"|-|", "  ", "    ", "<b>", "\\", "===", "!", "9) ", "\r\n",
		"&amp;", "http://x", "\t", "![i](j \"t\")", "\xc3\xa9",
	};
	struct buf text = BUF_INIT(0), whole = BUF_INIT(0);
	struct buf bytes = BUF_INIT(0);
	struct page p = { 0 };
	struct markdown m;
	uint32_t rnd = 1;
	int round, i, n;

	for (round = 0; round < 4000; round++) {
		buf_clear(&text);
		n = 1 + round % 40;
		for (i = 0; i < n; i++) {
			rnd = rnd * 1664525u + 1013904223u;
			buf_adds(&text, parts[(rnd >> 8) % MEM_COUNT(parts)]);
		}
		page_clear(&p, 30, 0);
		memset(&m, 0, sizeof(m));
		markdown_add(&m, &p, "  ", buf_str(&text), text.len);
		if (!words_are_kept(&p, text.p, text.len))
			fail_msg("words are lost of: %s", text.p);
		render(text.p, text.len, 30, &whole, &bytes);
		if (strcmp(buf_str(&whole), buf_str(&bytes)) != 0)
			fail_msg("%s: whole\n%sbyte by byte\n%s", text.p,
			    buf_str(&whole), buf_str(&bytes));
	}
	page_release(&p);
	buf_release(&text);
	buf_release(&whole);
	buf_release(&bytes);
}
