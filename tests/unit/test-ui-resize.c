/*
 * A change of size takes no place away: whatever sizes were drawn on the way, or
 * were over before a frame, the screen that comes back is the one that was.
 * Two screens get the same keys by chance; one is resized in between.
 */
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
#include "tests/unit/rounds.h"
#include "ui/app/verdict.h"
#include "ui-fix.h"

#define TRAIL	24

static const int sizes[][2] = {
	{ 1, 1 }, { 2, 9 }, { 3, 300 }, { 5, 20 }, { 12, 40 }, { 24, 79 },
	{ 25, 80 }, { 24, 161 }, { 40, 12 }, { 50, 200 }, { 120, 40 },
	{ 200, 200 },
};
static const int bases[][2] = { { 24, 80 }, { 12, 40 }, { 30, 170 } };

struct chance {
	uint32_t	 random;
	struct buf	 trail[TRAIL];
	int		 step;
};

static uint32_t
chance(struct chance *c, uint32_t below)
{
	c->random ^= c->random << 13;
	c->random ^= c->random >> 17;
	c->random ^= c->random << 5;
	return c->random % below;
}

static void
show(const struct fix *f, const char *what)
{
	struct buf b = BUF_INIT(0);
	int y;

	print_message("# %s\n", what);
	for (y = 0; y < f->ui.screen.rows; y++) {
		buf_clear(&b);
		screen_row(&f->ui.screen, y, &b);
		print_message("# |%s\n", buf_str(&b));
	}
	buf_release(&b);
}

static void
want_same(struct chance *c, const struct fix *was, const struct fix *is)
{
	size_t n = (size_t)was->ui.screen.rows * (size_t)was->ui.screen.cols;
	int i;

	if (memcmp(was->ui.screen.cells, is->ui.screen.cells,
	    n * sizeof(*was->ui.screen.cells)) == 0)
		return;
	for (i = 1; i <= TRAIL; i++)
		print_message("# %s\n",
		    buf_str(&c->trail[(c->step + i) % TRAIL]));
	show(was, "without a resize");
	show(is, "with it");
	fail_msg("step %d", c->step);
}

/* Sizes come and go, drawn or not; then the one that was. */
static void
storm(struct chance *c, struct fix *f, struct buf *trail)
{
	int rows = f->ui.screen.rows, cols = f->ui.screen.cols;
	uint32_t i, n = 1 + chance(c, 3), k;
	bool drawn;

	for (i = 0; i < n; i++) {
		k = chance(c, MEM_COUNT(sizes));
		drawn = chance(c, 3) > 0;
		screen_resize(&f->ui.screen, sizes[k][0], sizes[k][1]);
		buf_addf(trail, " %dx%d%s", sizes[k][0], sizes[k][1],
		    drawn ? "" : " (not drawn)");
		if (drawn)
			fix_draw(f);
	}
	screen_resize(&f->ui.screen, rows, cols);
	fix_draw(f);
}

static void
begin(struct fix *f, const char *name, int lines, const int *base)
{
	int i;

	/* All that can be seen is seen, so that no frame shows more. */
	fix_init(f, 400, 300);
	fix_load(f, name, 0, lines);
	fix_live(f);
	for (i = 0; i < 4; i++) {
		char key[2] = { "4214"[i], '\0' };

		fix_type(f, key);
	}
	screen_resize(&f->ui.screen, base[0], base[1]);
	fix_draw(f);
}

static int
steps(void)
{
	return (int)rounds_of(250, 800);
}

static void
play(const char *name, int lines, const int *base, const char *keys,
    uint32_t seed)
{
	struct chance c = { .random = seed * 2654435761u | 1 };
	struct fix still, moved;
	char key[2] = "";
	int i;

	for (i = 0; i < TRAIL; i++)
		buf_init(&c.trail[i], 0);
	begin(&still, name, lines, base);
	begin(&moved, name, lines, base);
	want_same(&c, &still, &moved);
	for (c.step = 1; c.step < steps(); c.step++) {
		struct buf *trail = &c.trail[c.step % TRAIL];

		key[0] = keys[chance(&c, (uint32_t)strlen(keys))];
		buf_clear(trail);
		buf_addf(trail, "%s %dx%d key '%s'", name, base[0], base[1],
		    key);
		fix_type(&still, key);
		fix_type(&moved, key);
		fix_stand(&still);
		fix_stand(&moved);
		want_same(&c, &still, &moved);
		if (chance(&c, 3) == 0) {
			storm(&c, &moved, trail);
			fix_draw(&still);
			fix_stand(&still);
		fix_stand(&moved);
		want_same(&c, &still, &moved);
		}
	}
	fix_release(&still);
	fix_release(&moved);
	for (i = 0; i < TRAIL; i++)
		buf_release(&c.trail[i]);
}

static void
play_all(const char *keys)
{
	static const struct {
		const char	*name;
		int		 lines;
	} journals[] = { { "demo.jsonl", 33 }, { "demo.jsonl", 51 },
		{ "open.jsonl", 1000 }, { "stops.jsonl", 1000 } };
	size_t i, k;

	for (i = 0; i < MEM_COUNT(journals); i++)
		for (k = 0; k < MEM_COUNT(bases); k++)
			play(journals[i].name, journals[i].lines, bases[k],
			    keys, (uint32_t)(i * 7 + k + 1));
}

/* One row has no room for any of it. */
static void
test_one_row(void **state)
{
	struct fix f;
	char *hunk;

	(void)state;
	fix_demo(&f, 24, 80, 33);
	fix_type(&f, "4JJJ");
	hunk = xstrdup(f.ui.panes[PANE_DIFF].hunk);
	screen_resize(&f.ui.screen, 1, 1);
	fix_draw(&f);
	f.ui.now += 2000;
	assert_false(verdict_counts(&f.ui));
	screen_resize(&f.ui.screen, 24, 80);
	fix_draw(&f);
	assert_string_equal(f.ui.panes[PANE_DIFF].hunk, hunk);
	fix_want_shown(&f, ">[ ] @@ -7,14");
	free(hunk);
	fix_release(&f);
}

/* Who reads further up is not taken to the end by a tall screen. */
static void
test_tall_and_back(void **state)
{
	struct fix f;

	(void)state;
	fix_demo(&f, 24, 80, 33);
	fix_type(&f, "2kkk");
	assert_false(f.ui.panes[PANE_TRANSCRIPT].follow);
	screen_resize(&f.ui.screen, 200, 80);
	fix_draw(&f);
	screen_resize(&f.ui.screen, 24, 80);
	fix_draw(&f);
	assert_false(f.ui.panes[PANE_TRANSCRIPT].follow);
	fix_want_shown(&f, "G goes to the end");
	/* What came meanwhile does not take it there either. */
	screen_resize(&f.ui.screen, 200, 80);
	fix_draw(&f);
	fix_line(&f, "{\"type\":\"delta\",\"kind\":\"text\",\"text\":"
	    "\"more of it\"}");
	fix_draw(&f);
	screen_resize(&f.ui.screen, 24, 80);
	fix_draw(&f);
	assert_false(f.ui.panes[PANE_TRANSCRIPT].follow);
	fix_release(&f);
}

static void
test_diff(void **state)
{
	(void)state;
	play_all("jjjkkJJKgG  bn4");
}

static void
test_panes(void **state)
{
	(void)state;
	play_all("1234123jjkkjk  bbgGoOJK[]\t");
}

static void
test_views(void **state)
{
	(void)state;
	play_all("1234jkJK bgG\\()_z?WS><");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_row),
		cmocka_unit_test(test_tall_and_back),
		cmocka_unit_test(test_diff),
		cmocka_unit_test(test_panes),
		cmocka_unit_test(test_views),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
