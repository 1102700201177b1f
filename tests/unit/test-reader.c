/* Single lines of a journal by their number, and contents beside it. */
#include "config.h"

#include "base/buf.h"
#include "journal/reader.h"
#include "tests/unit/unit.h"

#include "scratch.h"

static void
want_line(struct reader *p, int64_t seq)
{
	char want[400];
	const char *line;
	size_t n = 0;

	snprintf(want, sizeof(want), "{\"seq\":%d%*s}", (int)seq,
	    (int)(seq * 7 % 300), "");
	line = reader_line(p, seq, &n);
	if (line == NULL || n != strlen(want) || memcmp(line, want, n) != 0)
		fail_msg("line %d: %.*s", (int)seq, (int)n,
		    line == NULL ? "" : line);
}

static void
add_lines(struct buf *b, int from, int to)
{
	for (; from <= to; from++)
		buf_addf(b, "{\"seq\":%d%*s}\n", from, from * 7 % 300, "");
}

SCRATCH_TEST(test_lines)
{
	static const int64_t asked[] = { 1, 2, 3, 64, 65, 66, 5000, 128, 129,
		1, 4999, 5000, 193, 192, 5000, 700, 700, 701, 760, 830 };
	char *dir = *state;
	struct buf b = BUF_INIT(0);
	struct reader *p = reader_new(dir);
	size_t i, n, whole;

	assert_null(reader_line(p, 1, &n));
	add_lines(&b, 1, 5000);
	scratch_put(dir, "journal.jsonl", buf_str(&b));
	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		want_line(p, asked[i]);
	assert_null(reader_line(p, 0, &n));
	assert_null(reader_line(p, -1, &n));
	assert_null(reader_line(p, 5001, &n));
	/* It grows while it is read; an unfinished line doesn't count, and may
	 * be replaced by shorter ones. */
	whole = b.len;
	buf_addf(&b, "{\"seq\":5001%2000s", "");
	scratch_put(dir, "journal.jsonl", buf_str(&b));
	assert_null(reader_line(p, 5001, &n));
	b.len = whole;
	b.p[b.len] = '\0';
	add_lines(&b, 5001, 5100);
	scratch_put(dir, "journal.jsonl", buf_str(&b));
	want_line(p, 5001);
	want_line(p, 5100);
	want_line(p, 4);
	reader_free(p);
	buf_release(&b);
}

SCRATCH_TEST(test_kept)
{
	static const char name[] = "0123456789abcdef0123456789abcdef"
	    "0123456789abcdef0123456789abcdef";
	char *dir = *state, *path = xasprintf("out/%s", name), *s;
	struct reader *p = reader_new(dir);
	int64_t size;
	size_t n;

	assert_null(reader_content(p, name, 100, &n));
	scratch_put(dir, path, "one two three four");
	scratch_put(dir, "secret", "no content");
	s = reader_content(p, name, 100, &n);
	assert_string_equal(s, "one two three four");
	assert_int_equal(n, 18);
	free(s);
	s = reader_content(p, name, 6, &n);
	assert_memory_equal(s, "one\n[12 bytes omitted; ", 23);
	assert_string_equal(s + n - 4, "\nour");
	free(s);
	s = reader_piece(p, name, 4, 3, &n, &size);
	assert_string_equal(s, "two");
	assert_int_equal(n, 3);
	assert_int_equal(size, 18);
	free(s);
	s = reader_piece(p, name, 14, 100, &n, &size);
	assert_string_equal(s, "four");
	free(s);
	s = reader_piece(p, name, 100, 100, &n, &size);
	assert_int_equal(n, 0);
	assert_int_equal(size, 18);
	free(s);
	assert_null(reader_piece(p, "../secret", 0, 100, &n, &size));
	/* Nothing but a content is read. */
	assert_null(reader_content(p, "../secret", 100, &n));
	assert_null(reader_content(p, "", 100, &n));
	reader_free(p);
	free(path);
}
