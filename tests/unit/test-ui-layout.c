/* How the room is shared out, at every size; two panes side by side; that a
 * resize loses no state, and that only what was drawn counts as seen. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "ui/app/decide.h"
#include "ui-fix.h"
#include "tests/messages.h"
#include "review/review.h"
#include "ui/panes/panes.h"
#include "ui/panes/transcript.h"
#include "ui/text/input.h"

/* Each cell of the screen belongs to one part at most; how many do. */
static int
cover(const struct layout *l, int rows, int cols, char *cells)
{
	const struct rect *parts[] = { &l->strip, &l->title, &l->main,
		&l->beside_title, &l->beside, &l->line, &l->status, &l->hints,
		&l->input };
	int n = 0, y, x;
	size_t i;

	memset(cells, 0, (size_t)rows * (size_t)cols);
	for (i = 0; i < MEM_COUNT(parts); i++) {
		const struct rect *r = parts[i];

		assert_true(r->rows >= 0 && r->cols >= 0);
		for (y = r->y; y < r->y + r->rows; y++)
			for (x = r->x; x < r->x + r->cols; x++) {
				assert_true(y >= 0 && y < rows);
				assert_true(x >= 0 && x < cols);
				assert_int_equal(cells[y * cols + x], 0);
				cells[y * cols + x] = 1;
				n++;
			}
	}
	return n;
}

static void
test_every_size(void **state)
{
	static const int widths[] = { 1, 2, 20, 40, 80, 120, 159, 160, 161,
		200, 400 };
	struct layout_wish w;
	struct layout l;
	char cells[60 * 400];
	size_t i;
	int rows, k;

	(void)state;
	for (i = 0; i < MEM_COUNT(widths); i++)
		for (rows = 1; rows <= 60; rows++)
			for (k = 0; k < 64; k++) {
				memset(&w, 0, sizeof(w));
				w.strip = (k & 1) != 0 ? 4 : 0;
				w.input = (k & 2) != 0 ? 9 : 0;
				w.hints = (k & 4) != 0 ? 6 : 1;
				w.columns = (k & 8) != 0;
				w.front_right = (k & 16) != 0;
				w.zoom = (k & 32) != 0;
				layout_make(&l, rows, widths[i], &w);
				assert_int_equal(cover(&l, rows, widths[i],
				    cells), rows * widths[i]);
				assert_true(rows < 3 || l.main.rows > 0);
				assert_int_equal(l.status.rows, 1);
				if (l.beside.rows == 0)
					continue;
				assert_true(w.columns && !w.zoom);
				assert_in_range(l.main.cols - l.beside.cols + 1,
				    0, 2);
				assert_true((l.main.x > l.beside.x) ==
				    w.front_right);
			}
}

/* The column at which a text stands; -1: it does not. */
static int
where(struct fix *f, const char *text)
{
	struct buf b = BUF_INIT(0);
	const char *p;
	int y, at = -1;

	for (y = 0; y < f->ui.screen.rows && at < 0; y++) {
		buf_clear(&b);
		screen_row(&f->ui.screen, y, &b);
		p = strstr(buf_str(&b), text);
		if (p != NULL)
			at = (int)(p - buf_str(&b));
	}
	buf_release(&b);
	return at;
}

static void
begin(struct fix *f, int rows, int cols)
{
	fix_demo(f, rows, cols, 33);
	fix_review(f);
}

static void
test_columns(void **state)
{
	struct fix *f = *state;

	begin(f, 50, 200);
	assert_int_equal(where(f, "[4 diff]"), where(f, " 3 output") + 10);
	fix_view(f, "columns");
	/* The pane in front is on the right and has the keys. */
	assert_true(where(f, "[4 diff]") > 100);
	assert_int_equal(where(f, " 2 transcript "), 0);
	fix_see(f, "y", ", 6 open");
	/* Now the other one has them: nothing is decided. */
	fix_type(f, "2");
	assert_true(where(f, "[2 transcript]") < 100);
	assert_true(where(f, " 4 diff ") > 100 || fix_shows(f, ", 6 open"));
	buf_clear(&f->sent);
	fix_type(f, "ynax");
	assert_string_equal(buf_str(&f->sent), "");
}

/* In mid-decision: the hunk, the marks, what was typed and what was seen stay;
 * a question that has no room is not asked. */
static void
test_resize(void **state)
{
	static const int sizes[][2] = { { 50, 200 }, { 12, 40 }, { 1, 1 },
		{ 5, 20 }, { 3, 300 }, { 40, 120 }, { 2, 2 }, { 24, 80 } };
	struct fix *f = *state;
	char *hunk;
	size_t i;
	int seen;

	begin(f, 24, 80);
	fix_view(f, "columns");
	fix_type(f, "nnm");
	hunk = xstrdup(f->ui.panes[PANE_DIFF].hunk);
	fix_see(f, "rbecause it", ")> because it");
	buf_clear(&f->sent);
	for (i = 0; i < MEM_COUNT(sizes); i++) {
		screen_resize(&f->ui.screen, sizes[i][0], sizes[i][1]);
		fix_draw(f);
		assert_string_equal(f->ui.panes[PANE_DIFF].hunk, hunk);
	}
	fix_want_shown(f, ")> because it");
	fix_want_shown(f, "5 of 7 open");
	assert_string_equal(buf_str(&f->sent), "");
	/* What was never drawn is not seen: in one row nothing is. */
	seen = 0;
	for (i = 0; i < f->ui.review.buckets; i++)
		for (struct seen *s = f->ui.review.seen[i]; s != NULL; s = s->next)
			seen += seen_is_full(s);
	assert_true(seen >= 1 && seen <= 7);
	free(hunk);
}

/* What stood beside was on the screen; what was not drawn there was not. */
static void
test_seen_beside(void **state)
{
	struct fix *f = *state;
	const struct seen *s;

	fix_init(f, 50, 200);
	fix_live(f);
	f->ui.view.columns = true;
	f->ui.typing = true;
	input_set(&f->ui.input, "half a sent");
	fix_propose(f, 51, 1, 2, 70, "a line");
	fix_draw(f);
	/* It waits and does not take the keys; nothing of it was drawn. */
	assert_int_equal(f->ui.at, PANE_TRANSCRIPT);
	s = seen_find(&f->ui.review, "0000000000000001");
	assert_true(s == NULL || s->count == 0);
	f->ui.view.other = PANE_DIFF;
	fix_draw(f);
	s = seen_find(&f->ui.review, "0000000000000001");
	assert_non_null(s);
	assert_true(s->count > 0 && s->count < s->len);
	assert_false(verdict_counts(&f->ui));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_size),
		FIX_TEST(test_columns),
		FIX_TEST(test_resize),
		FIX_TEST(test_seen_beside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
