/*
 * Hunks: what they show, what they replace, how they are named.  The cases of
 * tests/fixtures/diff are run through the whole gate by test-apply.
 */
#include "config.h"

#include <git2.h>

#include "base/buf.h"
#include "base/mem.h"
#include "gate/hunk.h"
#include "tests/messages.h"
#include "tests/unit/hunk-any.h"
#include "tests/unit/unit.h"

static struct buf
buf_of(const char *s, size_t n)
{
	struct buf b = BUF_INIT(0);

	buf_add(&b, s, n);
	return b;
}

static void
list_make(struct hunk_list *l, const struct buf *before,
    const struct buf *after)
{
	struct err e = ERR_INIT;

	if (hunk_list_make(l, "f", before, after, &e) < 0)
		fail_msg("%s", e.text);
}

/* Compose with the hunks of the mask; fails unless it equals `want`. */
static void
compose_check(const char *label, const struct buf *before,
    const struct hunk_list *l, uint64_t mask, const struct buf *want)
{
	struct buf out = BUF_INIT(0);
	bool take[64] = { false };
	size_t i;

	assert_true(l->len <= 64);
	for (i = 0; i < l->len; i++)
		take[i] = (mask >> i & 1) != 0;
	assert_int_equal(hunk_compose(&out, before, l, take), 0);
	if (out.len != want->len ||
	    memcmp(buf_str(&out), buf_str(want), out.len) != 0)
		fail_msg("%s: mask %llx gives <%s>", label,
		    (unsigned long long)mask, buf_str(&out));
	buf_release(&out);
}

TEST(test_hunk_text)
{
	static const struct {
		const char	*label, *before, *after;
		size_t		 hunks;
		const char	*text;		/* of the first */
		int		 at[4];
		bool		 whole;
	} cases[] = {
		{ "one line", "a\nb\nc\n", "a\nB\nc\n", 1, " a\n-b\n+B\n c\n",
		    { 1, 3, 1, 3 }, false },
		{ "newline at the end comes", "red\ngreen", "red\ngreen\n", 1,
		    " red\n-green\n\\ No newline at end of file\n+green\n",
		    { 1, 2, 1, 2 }, false },
		{ "newline at the end goes", "red\n", "red", 1,
		    "-red\n+red\n\\ No newline at end of file\n",
		    { 1, 1, 1, 1 }, false },
		{ "no newline on either side", "a\nb", "A\nb", 1,
		    "-a\n+A\n b\n\\ No newline at end of file\n",
		    { 1, 2, 1, 2 }, false },
		{ "carriage returns are bytes", "a\r\nb\n", "a\nb\n", 1,
		    "-a\r\n+a\n b\n", { 1, 2, 1, 2 }, false },
		{ "lone carriage returns end no line", "a\rb\n", "a\rc\n", 1,
		    "-a\rb\n+a\rc\n", { 1, 1, 1, 1 }, false },
		{ MSG_BYTE_ORDER_MARK, "a\n",
		    "\xef\xbb\xbf"
		    "a\n",
		    1,
		    "-a\n+\xef\xbb\xbf"
		    "a\n",
		    { 1, 1, 1, 1 }, false },
		{ "not UTF-8", "\xdf\n", "\xe9\n", 1, "-\xdf\n+\xe9\n",
		    { 1, 1, 1, 1 }, false },
		{ "a line that looks like a marker", "x\n",
		    "\\ No newline at end of file\n", 1,
		    "-x\n+\\ No newline at end of file\n", { 1, 1, 1, 1 },
		    false },
		{ "new", NULL, "a\nb\n", 1, "+a\n+b\n", { 0, 0, 1, 2 }, false },
		{ "deleted", "a\nb\n", NULL, 1, "-a\n-b\n", { 1, 2, 0, 0 },
		    false },
		{ "emptied", "a\n", "", 1, "-a\n", { 1, 1, 0, 0 }, false },
		{ "filled", "", "a\n", 1, "+a\n", { 0, 0, 1, 1 }, false },
		{ "new and empty", NULL, "", 1, "", { 0, 0, 0, 0 }, true },
		{ "empty and deleted", "", NULL, 1, "", { 0, 0, 0, 0 }, true },
		{ "seven lines apart are two", "a\n1\n2\n3\n4\n5\n6\n7\nb\n",
		    "A\n1\n2\n3\n4\n5\n6\n7\nB\n", 2, "-a\n+A\n 1\n 2\n 3\n",
		    { 1, 4, 1, 4 }, false },
		{ "six lines apart are one", "a\n1\n2\n3\n4\n5\n6\nb\n",
		    "A\n1\n2\n3\n4\n5\n6\nB\n", 1,
		    "-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n", { 1, 8, 1, 8 },
		    false },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(cases); i++) {
		const char *b = cases[i].before, *a = cases[i].after;
		struct buf before = buf_of(b ? b : "", b ? strlen(b) : 0);
		struct buf after = buf_of(a ? a : "", a ? strlen(a) : 0);
		struct hunk_list l;
		const struct hunk *h;

		list_make(&l, b ? &before : NULL, a ? &after : NULL);
		if (l.len != cases[i].hunks || l.whole != cases[i].whole ||
		    l.binary)
			fail_msg("%s: %zu hunks", cases[i].label, l.len);
		h = &l.v[0];
		if (strlen(cases[i].text) != h->len ||
		    strcmp(h->text, cases[i].text) != 0)
			fail_msg("%s: text <%s>", cases[i].label, h->text);
		if (h->old_start != cases[i].at[0] ||
		    h->old_lines != cases[i].at[1] ||
		    h->new_start != cases[i].at[2] ||
		    h->new_lines != cases[i].at[3])
			fail_msg("%s: at %d,%d %d,%d", cases[i].label,
			    h->old_start, h->old_lines, h->new_start,
			    h->new_lines);
		assert_int_equal(strlen(h->id), HUNK_ID_SIZE - 1);
		compose_check(cases[i].label, &before, &l, 0, &before);
		compose_check(cases[i].label, &before, &l, UINT64_MAX, &after);
		hunk_list_release(&l);
		buf_release(&before);
		buf_release(&after);
	}
}

/* A diff is bounded: hundreds of thousands of lines that are alike are taken
 * whole, and 50,000 lines, or a few changes among many, in hunks. */
TEST(test_hunk_alike)
{
	static const struct {
		const char	*label;
		int		 lines, kinds;	/* of random numbers */
		bool		 all;		/* of them changed */
		bool		 whole;
	} rows[] = {
		{ "zeros and ones", 200000, 2, true, true },
		{ "a hundred words", 200000, 100, true, true },
		{ "no line twice", 100000, 1000000000, true, false },
		{ "50,000 lines", 50000, 2, true, false },
		{ "one among many", 200000, 2, false, false },
	};
	size_t i;
	int k;

	for (i = 0; i < MEM_COUNT(rows); i++) {
		struct buf before = BUF_INIT(0), after = BUF_INIT(0);
		struct hunk_list l;
		uint64_t seed = 5;

		for (k = 0; k < rows[i].lines; k++) {
			uint32_t x = random_next(&seed,
			    (uint32_t)rows[i].kinds);
			uint32_t y = rows[i].all ? random_next(&seed,
			    (uint32_t)rows[i].kinds) : x;

			buf_addf(&before, "%u\n", x);
			buf_addf(&after, "%u\n", k == 70000 ? 7 : y);
		}
		if (before.len > 1 << 20)
			before.len = after.len = 1 << 20;
		list_make(&l, &before, &after);
		if (l.whole != rows[i].whole)
			fail_msg("%s: %zu hunks", rows[i].label, l.len);
		hunk_list_release(&l);
		buf_release(&before);
		buf_release(&after);
	}
}

int
main(void)
{
	int failed;

	/* As the blob store does: else each diff loads all certificates. */
	if (git_libgit2_init() < 0)
		return 1;
	failed = unit_run();
	git_libgit2_shutdown();
	return failed;
}
