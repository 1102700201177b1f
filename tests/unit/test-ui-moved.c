/* Blocks of lines that moved between the hunks of a proposal, and what was
 * changed in them. */
#include "config.h"

#include "base/buf.h"
#include "base/mem.h"
#include "tests/unit/unit.h"
#include "review/moved.h"

/* What is found in the hunks, each of a file of its own: "1:2 from 0:1, 1 of 4",
 * and for each added line that differs "1:3<0:2", "1:3!" (only there) or
 * "1:3-0:2" (0:2 is gone above it). */
static char *
found(const char *const *hunks, size_t n)
{
	struct moved m = { 0 };
	struct buf b = BUF_INIT(0);
	const struct moved_block *x;
	const struct moved_change *c;
	const struct moved_block *in;
	size_t i, k, len;

	for (i = 0; i < n && hunks[i] != NULL; i++)
		moved_add(&m, (int)i, 0, hunks[i], strlen(hunks[i]), 1, 1);
	moved_find(&m);
	for (i = 0; i < m.blocks_len; i++) {
		x = &m.blocks[i];
		assert_ptr_equal(moved_block_at(&m, x->at.file, x->at.hunk,
		    x->at.line), x);
		assert_int_equal(moved_equal_lines(&m, x->at.file, x->at.hunk,
		    x->at.line, &in), 0);
		for (k = 1; k < x->len; k++) {
			int line = x->at.line + (int)k;
			size_t equal = moved_equal_lines(&m, x->at.file,
			    x->at.hunk, line, &in);

			moved_changes_at(&m, x->at.file, x->at.hunk, line,
			    &len);
			assert_true(len > 0 ? equal == 0 : equal > 0 &&
			    equal <= x->len - k && in == x);
		}
		if (!x->added)
			continue;
		buf_addf(&b, "%s%d:%d from %d:%d, %zu of %zu%s%s", b.len > 0 ?
		    "; " : "", x->at.file, x->at.line, x->other.file,
		    x->other.line, x->changed, x->changed + x->equal,
		    x->indented ? ", indented" : "",
		    x->uneven ? " unevenly" : "");
	}
	for (i = 0; i < m.changes_len; i++) {
		c = &m.changes[i];
		assert_non_null(moved_changes_at(&m, c->at.file, c->at.hunk,
		    c->at.line, &len));
		assert_true(len > 0);
		if (!c->added)
			continue;
		buf_addf(&b, " %d:%d%c", c->at.file, c->at.line,
		    c->how == MOVED_GONE ? '-' : c->how == MOVED_ONLY ? '!' :
		    '<');
		if (c->how != MOVED_ONLY)
			buf_addf(&b, "%d:%d", c->other.file, c->other.line);
		/* The places are those of the lines, from their sign on or
		 * their indentation. */
		k = c->other.off;
		if (c->how != MOVED_ONLY)
			assert_non_null(strchr("-\t", hunks[c->other.file][k -
			    1]));
	}
	moved_release(&m);
	return buf_take(&b);
}

#define ALPHA	"-int alpha = first();\n-int beta = second();\n" \
		"-if (alpha > beta)\n-\treturn gamma(alpha);\n-}\n"

TEST(test_found)
{
	static const struct {
		const char *label, *hunks[3], *want;
	} cases[] = {
		{ "equal", { ALPHA, "+int alpha = first();\n+int beta = "
		    "second();\n+if (alpha > beta)\n" },
		    "1:1 from 0:1, 0 of 3" },
		{ "indented", { ALPHA, "+x\n+  int alpha = first();\n"
		    "+  int beta = second();\n+  if (alpha > beta)\n" },
		    "1:2 from 0:1, 0 of 3, indented" },
		{ "indented less, a line more", { "-\tint alpha = first();\n"
		    "-\tint beta = second();\n-\tif (alpha > beta)\n",
		    "+int alpha = first();\n+\tint beta = second();\n"
		    "+if (alpha > beta)\n" },
		    "1:1 from 0:1, 0 of 3, indented unevenly" },
		{ "indented by one, but the last", { ALPHA,
		    "+    int alpha = first();\n+    int beta = second();\n"
		    "+    if (alpha > beta)\n+    \treturn gamma(alpha);\n"
		    "+}\n" }, "1:1 from 0:1, 0 of 5, indented unevenly" },
		{ "tabs for spaces", { ALPHA,
		    "+    int alpha = first();\n+    int beta = second();\n"
		    "+    if (alpha > beta)\n+        return gamma(alpha);\n"
		    }, "1:1 from 0:1, 0 of 4, indented unevenly" },
		{ "two are too few", { ALPHA, "+int alpha = first();\n"
		    "+int beta = second();\n+if (alpha < beta)\n+}\n" }, "" },
		{ "a condition within", { "-a = open_it(name);\n-b = read_it(a);\n"
		    "-close_it(a, now);\n-if (b == NULL)\n-\treturn;\n-free(b);"
		    "\n", " x\n+a = open_it(name);\n+b = read_it(a);\n"
		    "+close_it(a, now);\n+if (b != NULL)\n+\treturn;\n"
		    "+free(b);\n" }, "1:2 from 0:1, 1 of 6 1:5<0:4" },
		{ "at both ends", { "-static int\n-a = open_it(name);\n"
		    "-b = read_it(a);\n-close_it(a, now);\n-return a + b;\n",
		    "+int\n+a = open_it(name);\n+b = read_it(a);\n"
		    "+close_it(a, now);\n+return a - b;\n" },
		    "1:1 from 0:1, 2 of 5 1:1<0:1 1:5<0:5" },
		{ "a check is gone", { "-a = open_it(name);\n-b = read_it(a);\n"
		    "-close_it(a, now);\n-if (b == NULL)\n-\treturn;\n"
		    "-use(b);\n-free(b);\n", "+a = open_it(name);\n"
		    "+b = read_it(a);\n+close_it(a, now);\n+use(b);\n"
		    "+free(b);\n" },
		    "1:1 from 0:1, 2 of 7 1:4-0:4 1:4-0:5" },
		{ "a line came", { "-a = open_it(name);\n-b = read_it(a);\n"
		    "-close_it(a, now);\n-use(b);\n-free(b);\n",
		    "+a = open_it(name);\n+b = read_it(a);\n"
		    "+close_it(a, now);\n+leak(secret);\n+use(b);\n"
		    "+free(b);\n" }, "1:1 from 0:1, 1 of 6 1:4!" },
		{ "braces", { "-}\n-}\n-}\n-\n-}\n-}\n", "+}\n+}\n+}\n+\n+}\n"
		    "+}\n" }, "" },
		{ "two lines", { "-a = open_it(name);\n-b = read_it(a);\n",
		    "+a = open_it(name);\n+b = read_it(a);\n" }, "" },
		{ "other lines beside it", { "-one thing\n-a = open_it(name);\n"
		    "-b = read_it(a);\n-close_it(a, now);\n-}\n-\n-int z[3];\n",
		    "+if (q)\n+a = open_it(name);\n+b = read_it(a);\n"
		    "+close_it(a, now);\n+}\n+\n+void f(void);\n" },
		    "1:2 from 0:2, 0 of 5" },
		{ "from two files", { "-a = open_it(name);\n-b = read_it(a);\n"
		    "-close_it(a, now);\n", "-int alpha = first();\n"
		    "-int beta = second();\n-int c = third();\n",
		    "+int alpha = first();\n+int beta = second();\n"
		    "+int c = third();\n+a = open_it(name);\n"
		    "+b = read_it(a);\n+close_it(a, now);\n" },
		    "2:1 from 1:1, 0 of 3; 2:4 from 0:1, 0 of 3" },
		/* The hunk compares them anyway. */
		{ "indented in place", { "-a = open_it(name);\n"
		    "-b = read_it(a);\n-close_it(a, now);\n-use(b, 1);\n"
		    "+{\n+ a = open_it(name);\n+ b = read_it(a);\n"
		    "+ close_it(a, now);\n+ use(b, 2);\n" },
		    "0:6 from 0:1, 0 of 3, indented" },
		{ "much of it is new", { "-a = open_it(name);\n"
		    "-b = read_it(a);\n-close_it(a, now);\n-f(a);\n-g(b);\n",
		    "+a = open_it(name);\n+b = read_it(a);\n"
		    "+close_it(a, now);\n+1\n+2\n+3\n+4\n+5\n+f(a);\n"
		    "+g(b);\n" }, "1:1 from 0:1, 0 of 3" },
		{ "most of it is changed", { "-a = open_it(name);\n"
		    "-b = read_it(a);\n-close_it(a, now);\n-f(a, 1);\n"
		    "-g(a, 1);\n-h(a, 1);\n-i(a, 1);\n-j(a, 1);\n-k(a, 1);\n"
		    "-l(a, 1);\n", "+a = open_it(name);\n+b = read_it(a);\n"
		    "+close_it(a, now);\n+f(a, 2);\n+g(a, 2);\n+h(a, 2);\n"
		    "+i(a, 2);\n+j(a, 2);\n+k(a, 2);\n+l(a, 2);\n" },
		    "1:1 from 0:1, 6 of 9 1:4<0:4 1:5<0:5 1:6<0:6 1:7<0:7 "
		    "1:8<0:8 1:9<0:9" },
		/* The one that is equal is its original. */
		{ "in another order", { "-a = open_it(name);\n"
		    "-b = read_it(a);\n-close_it(a, now);\n-c = open_it(town);"
		    "\n-d = read_it(c);\n-close_it(c, now);\n"
		    "-e = open_it(lane);\n-f = read_it(e);\n"
		    "-close_it(e, now);\n", "+c = open_it(town);\n"
		    "+d = read_it(c);\n+close_it(c, now);\n"
		    "+a = open_it(name);\n+b = read_it(a);\n"
		    "+close_it(a, now);\n" },
		    "1:1 from 0:4, 0 of 3; 1:4 from 0:1, 0 of 3" },
		{ "once only", { "-a = open_it(name);\n-b = read_it(a);\n"
		    "-close_it(a, now);\n", "+a = open_it(name);\n"
		    "+b = read_it(a);\n+close_it(a, now);\n",
		    "+a = open_it(name);\n+b = read_it(a);\n"
		    "+close_it(a, now);\n" }, "1:1 from 0:1, 0 of 3" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		AUTO_FREE char *s = found(cases[i].hunks, 3);

		if (strcmp(s, cases[i].want) != 0)
			fail_msg("%s: %s", cases[i].label, s);
	}
}

/* Many blocks whose neighbours are alike, and lines that are the same: no line
 * is looked at more than a few times. */
TEST(test_many)
{
	struct buf b[2] = { BUF_INIT(0), BUF_INIT(0) };
	struct moved m = { 0 };
	size_t i, k, lines = 0;

	for (i = 0; i < 20000; i++) {
		k = i * 7919 % 20000;
		buf_addf(&b[0], "-open(%zu);\n-the_same_line(of, all);\n"
		    "-}\n-close(%zu) + %zu;\n", i, i, i);
		buf_addf(&b[1], "+open(%zu);\n+the_same_line(of, all);\n"
		    "+}\n+close(%zu) - %zu;\n", k, k, k);
	}
	for (i = 0; i < 2; i++)
		moved_add(&m, (int)i, 0, buf_str(&b[i]), b[i].len, 1, 1);
	moved_find(&m);
	for (i = 0; i < m.blocks_len; i++)
		lines += m.blocks[i].equal + m.blocks[i].changed;
	assert_true(m.blocks_len > 1000);
	assert_true(lines <= 160000);
	/* Words of some are compared, then of no more. */
	assert_in_range(m.work, 1000, 9 << 20);
	moved_release(&m);
	buf_release(&b[0]);
	buf_release(&b[1]);
}
