/* Single lines of a journal by their number, and contents beside it. */
#include "config.h"

TEST(test_lines)
{
	static const int64_t asked[] = { 1, 2, 3, 64, 65, 66, 5000, 128, 129,
		1, 4999, 5000, 193, 192, 5000, 700, 700, 701, 760, 830 };
	char *dir = scratch_new();
	struct buf b = BUF_INIT(0);
	struct reader *p = reader_new(dir);
	size_t i, n, whole;

	assert_null(reader_line(p, 1, &n));
	add_lines(&b, 1, 5000);
	scratch_put(dir, "journal.jsonl", buf_str(&b));
	want_line(p, 5001);
	want_line(p, 5100);
	want_line(p, 4);
	reader_free(p);
	buf_release(&b);
	scratch_free(dir);
}

TEST(test_kept)
{
	static const char name[] = "0123456789abcdef0123456789abcdef"
	    "0123456789abcdef0123456789abcdef";
	char *dir = scratch_new(), *path = xasprintf("out/%s", name), *s;
	struct reader *p = reader_new(dir);
	int64_t size;
	size_t n;

	assert_null(reader_content(p, name, 100, &n));
	scratch_put(dir, path, "one two three four");
	assert_null(reader_piece(p, "../secret", 0, 100, &n, &size));
	/* Nothing but a content is read. */
	assert_null(reader_content(p, "../secret", 100, &n));
	assert_null(reader_content(p, "", 100, &n));
	reader_free(p);
	free(path);
	scratch_free(dir);
}
