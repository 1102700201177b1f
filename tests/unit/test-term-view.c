/* What assent-term sends, as the front end reads it: none of it is trusted. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sanitize.h"
#include "term/term.h"
#include "tests/unit/unit.h"

#define ROWS	3
#define COLS	4

static void
add_cell(struct buf *b, unsigned width, const char *text)
{
	buf_addc(b, (char)width);
	buf_addc(b, TERM_BOLD);
	term_add32(b, 1);
	term_add32(b, TERM_OWN);
	buf_addc(b, (char)strlen(text));
	buf_adds(b, text);
}

static void
add_head(struct buf *b, unsigned rows, unsigned cols, unsigned y, unsigned x)
{
	term_add16(b, rows);
	term_add16(b, cols);
	term_add16(b, y);
	term_add16(b, x);
	buf_addc(b, TERM_CURSOR);
	buf_addc(b, TERM_KEYS_ALL);
	buf_addc(b, TERM_OTHER_MAX);
}

/* Its second row has these four cells. */
static void
add_frame(struct buf *b, const char *first, unsigned width)
{
	add_head(b, ROWS, COLS, 2, 3);
	term_add16(b, 1);
	add_cell(b, width, first);
	add_cell(b, width == 2 ? 0 : 1, "");
	add_cell(b, 1, "e\xcc\x81");
	add_cell(b, 1, "");
}

TEST(test_frame)
{
	static const char *const bad[] = { "\033", "\xc2\x9b", "\xff",
		"\xe2\x80\xae", "ab", "\xcc\x81", "\xe4\xb8\xad", "\t" };
	struct term_view v = { .flags = 0 };
	struct buf b = BUF_INIT(0);
	size_t i;

	add_frame(&b, "\xe4\xb8\xad", 2);
	assert_true(term_view_read(&v, b.p, b.len));
	assert_int_equal(v.cursor_y, 2);
	assert_int_equal(v.keys, TERM_KEYS_ALL);
	assert_int_equal(v.other, TERM_OTHER_MAX);
	assert_string_equal(v.cells[COLS].text, "\xe4\xb8\xad");
	assert_string_equal(v.cells[COLS + 2].text, "e\xcc\x81");
	assert_int_equal(v.cells[COLS].attr, TERM_BOLD);
	buf_clear(&b);
	add_frame(&b, "\xc2\xa0", 1);
	assert_true(term_view_read(&v, b.p, b.len));
	assert_string_equal(v.cells[COLS].text, " ");
	/* Its second cell was written over. */
	buf_clear(&b);
	add_head(&b, ROWS, COLS, 2, 3);
	term_add16(&b, 1);
	for (i = 0; i < COLS; i++)
		add_cell(&b, i == 1 ? 1 : 2, i == 1 ? "x" : "\xe4\xb8\xad");
	assert_true(term_view_read(&v, b.p, b.len));
	assert_string_equal(v.cells[COLS].text, "?");
	assert_string_equal(v.cells[COLS + 1].text, "x");
	assert_string_equal(v.cells[COLS + 3].text, "?");
	assert_int_equal(v.cells[COLS].width, 1);
	/* It has a mark that can't be shown: the rest stays in its columns. */
	buf_clear(&b);
	add_frame(&b, "\xe4\xb8\xad\xe2\x80\xae", 2);
	assert_true(term_view_read(&v, b.p, b.len));
	assert_string_equal(v.cells[COLS].text, "?");
	assert_int_equal(v.cells[COLS].width, 1);
	/* What can't be shown, or is wider than it says, or more than one. */
	for (i = 0; i < MEM_COUNT(bad); i++) {
		buf_clear(&b);
		add_frame(&b, bad[i], 1);
		assert_true(term_view_read(&v, b.p, b.len));
		assert_string_equal(v.cells[COLS].text, "?");
	}
	term_view_release(&v);
	buf_release(&b);
}

TEST(test_malformed)
{
	static const unsigned heads[][4] = { { 0, 4, 0, 0 }, { 3, 0, 0, 0 },
		{ TERM_ROWS_MAX + 1, 4, 0, 0 }, { 3, TERM_COLS_MAX + 1, 0, 0 },
		{ 3, 4, 3, 0 }, { 3, 4, 0, 4 } };
	struct term_view v = { .flags = 0 };
	struct buf b = BUF_INIT(0);
	size_t i, at;
	int n;

	for (i = 0; i < MEM_COUNT(heads); i++) {
		buf_clear(&b);
		add_head(&b, heads[i][0], heads[i][1], heads[i][2],
		    heads[i][3]);
		assert_false(term_view_read(&v, b.p, b.len));
	}
	/* Cut anywhere but after its head; a row that there isn't. */
	buf_clear(&b);
	add_frame(&b, "x", 1);
	for (i = 0; i < b.len; i++) {
		char *cut = malloc(i + 1);

		memcpy(cut, b.p, i);
		assert_int_equal(term_view_read(&v, cut, i), i == 11);
		free(cut);
	}
	b.p[12] = ROWS;
	assert_false(term_view_read(&v, b.p, b.len));
	/* Whatever a byte is, no cell has a text that a terminal would obey. */
	b.p[10] = 1;
	for (at = 0; at < b.len; at++)
		for (i = 0; i < 256; i++) {
			char was = b.p[at];

			b.p[at] = (char)i;
			(void)term_view_read(&v, b.p, b.len);
			b.p[at] = was;
			for (n = 0; n < v.rows * v.cols; n++) {
				const char *text = v.cells[n].text;
				char *shown = sanitize_dup(text, 0);

				assert_string_equal(text, shown);
				free(shown);
			}
		}
	term_view_release(&v);
	buf_release(&b);
}
