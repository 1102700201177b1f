/*
 * A command's bytes and the window's sizes, on their way to libvterm: the
 * rules, and what libvterm does then. SEED=n and ROUNDS=n in the environment.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "term/term-keys.h"
#include "term/term-vt.h"
#include "term/term.h"
#include "tests/unit/rounds.h"
#include "tests/unit/unit.h"

#define BAD	"\xef\xbf\xbd"
#define TEN	"1;2;3;4;5;6;7;8;9;0"
#define FIFTEEN	TEN ";1;2;3;4;5"

static const struct {
	const char *label, *bytes, *want;
} cases[] = {
	{ "few numbers", "\033[1;2Ha", "\033[1;2Ha" },
	{ "as many as there may be", "\033[" FIFTEEN "m", "\033[" FIFTEEN "m" },
	{ "one more", "\033[" FIFTEEN ";66mx", "\033[" FIFTEEN "mx" },
	{ "many more", "\033[" FIFTEEN ";" TEN ";" TEN "mx",
	    "\033[" FIFTEEN "mx" },
	{ "parts of numbers count", "\033[38:1:2:3:4:5:6:7:8:9:0:1:2:3:4:5:6mx",
	    "\033[38:1:2:3:4:5:6:7:8:9:0:1:2:3:4mx" },
	{ "numbers that are missing", "\033[;;;;;;;;;;;;;;;;;;;;m",
	    "\033[;;;;;;;;;;;;;;m" },
	{ "after a leader", "\033[?" FIFTEEN ";7$px", "\033[?" FIFTEEN "$px" },
	{ "control bytes within", "\033\n[" FIFTEEN "\r;\b7\177m",
	    "\033\n[" FIFTEEN "\r\b\177m" },
	{ "a new sequence counts anew", "\033[" FIFTEEN ";6\033[7;8m",
	    "\033[" FIFTEEN "\033[7;8m" },
	{ "one that was cancelled", "\033[" FIFTEEN "\030;6;7",
	    "\033[" FIFTEEN "\030;6;7" },
	{ "other bytes after ESC", "\033\033( \xc3\xa9[" FIFTEEN ";6m",
	    "\033\033( \xc3\xa9[" FIFTEEN "m" },
	{ "a string that a sequence ends", "\033]0;t\033[" FIFTEEN ";6m",
	    "\033]0;t\033[" FIFTEEN "m" },
	{ "text", "[" FIFTEEN ";6;7;8m", "[" FIFTEEN ";6;7;8m" },
	{ "a character without its end", "\xe4\xb8" "A\xf0\x9f\n",
	    BAD BAD "A" BAD BAD "\n" },
	{ "a stray byte", "\x9b" "1m\x80", BAD "1m" BAD },
	{ "C1 controls", "\xc2\x9b" "5b\xc2\xa0", BAD "5b\xc2\xa0" },
};

static void
clean_cut_at(const char *label, const char *bytes, const char *want, size_t cut)
{
	AUTO_BUF struct buf got = BUF_INIT(0);
	struct term_vt v = { 0 };

	term_vt_clean(&v, bytes, cut);
	buf_add(&got, buf_str(&v.out), v.out.len);
	term_vt_clean(&v, bytes + cut, strlen(bytes) - cut);
	buf_add(&got, buf_str(&v.out), v.out.len);
	if (strcmp(buf_str(&got), want) != 0)
		fail_msg("%s, cut at %zu: %s", label, cut, buf_str(&got));
	term_vt_release(&v);
}

TEST(test_clean)
{
	size_t i, cut;

	for (i = 0; i < MEM_COUNT(cases); i++)
		for (cut = 0; cut <= strlen(cases[i].bytes); cut++)
			clean_cut_at(cases[i].label, cases[i].bytes,
			    cases[i].want, cut);
}

/* ---- how the command wants its keys ---- */

struct told {
	struct buf	 all;		/* "?u " */
	struct term_keys keys;
	bool		 alt;
};

static void
told(void *arg, const char *seq, size_t n, char final)
{
	struct told *t = arg;

	buf_add(&t->all, seq, n);
	buf_addf(&t->all, "%c ", final);
	(void)term_keys_csi(&t->keys, t->alt, seq, n, final);
}

/* What is told of these bytes, wherever they are cut. */
TEST(test_told)
{
	static const struct { const char *bytes, *want; } of[] = {
		{ "a\033[?u\033[>1u\033[<2u\033[=1;2uu", "?u >1u <2u =1;2u " },
		{ "\033[>4;2m\033[>4m\033[?4m\033[1m\033[4;2m",
		    ">4;2m >4m ?4m " },
		{ "\033cc\033(c\033[c\033[>c", "c " },
		{ "\033[>1\030u\033[>1\033[>2u\033[>\n3u", ">2u >3u " },
		{ "\033[>111111111111111111111111u\033[u\033[1u\033]>1u\a", "" },
		{ "\033[>1$u\033[>1 m\033[?25h", "" },
	};
	size_t i, cut, n;

	for (i = 0; i < MEM_COUNT(of); i++)
		for (cut = 0; cut <= (n = strlen(of[i].bytes)); cut++) {
			struct told t = { .all = BUF_INIT(0) };
			struct term_vt v = { .seen = told, .arg = &t };

			term_vt_clean(&v, of[i].bytes, cut);
			term_vt_clean(&v, of[i].bytes + cut, n - cut);
			if (strcmp(buf_str(&t.all), of[i].want) != 0)
				fail_msg("%zu cut at %zu: %s", i, cut,
				    buf_str(&t.all));
			term_vt_release(&v);
			buf_release(&t.all);
		}
}

/* Words of sequences: flags of the screen and modifyOtherKeys are then so. */
TEST(test_form)
{
	static const struct {
		const char *label, *bytes;
		unsigned flags;
		int other;
	} of[] = {
		{ "nothing", "\033[?u", 0, 0 },
		{ "pushed", "\033[>5u", 5, 0 },
		{ "pushed twice, popped", "\033[>5u\033[>1u\033[<u", 5, 0 },
		{ "without a number", "\033[>5u\033[>u", 0, 0 },
		{ "more are popped than there are", "\033[>5u\033[<9u\033[<u\033[<u", 0, 0 },
		{ "none is popped", "\033[>5u\033[<0u", 5, 0 },
		{ "set", "\033[=5u\033[=2;2u\033[=1;3u", 6, 0 },
		{ "set without a push is popped", "\033[=5u\033[<u", 0, 0 },
		{ "set on top", "\033[>1u\033[>1u\033[=9;1u\033[<u", 1, 0 },
		{ "flags that there aren't", "\033[>4096u\033[=255;2u", 31, 0 },
		{ "malformed", "\033[>1:2u\033[>1;2;3u\033[>?1u", 0, 0 },
		{ "other keys", "\033[>4;2m\033[>1;3m", 0, 2 },
		{ "no more other keys", "\033[>4;2m\033[>4m", 0, 0 },
		{ "all resources", "\033[>4;2m\033[>m", 0, 0 },
		{ "more than there are", "\033[>4;99m", 0, 3 },
	};
	struct told t;
	struct term_vt v;
	size_t i;

	for (i = 0; i < MEM_COUNT(of); i++) {
		t = (struct told){ .all = BUF_INIT(0) };
		v = (struct term_vt){ .seen = told, .arg = &t };
		term_vt_clean(&v, of[i].bytes, strlen(of[i].bytes));
		if (term_keys_flags(&t.keys, false) != of[i].flags ||
		    t.keys.other != of[i].other)
			fail_msg("%s: %u, %d", of[i].label,
			    term_keys_flags(&t.keys, false), t.keys.other);
		assert_int_equal(term_keys_flags(&t.keys, true), 0);
		term_vt_release(&v);
		buf_release(&t.all);
	}
}

/* The oldest are lost; the other screen has its own. */
TEST(test_form_deep)
{
	struct term_keys k = { .other = 0 };
	char seq[8];
	int i;

	for (i = 0; i < 1000; i++) {
		snprintf(seq, sizeof(seq), ">%d", i % 31 + 1);
		(void)term_keys_csi(&k, true, seq, strlen(seq), 'u');
	}
	assert_int_equal(term_keys_flags(&k, true), 999 % 31 + 1);
	assert_int_equal(term_keys_flags(&k, false), 0);
	for (i = 0; i < TERM_KEYS_DEPTH; i++)
		(void)term_keys_csi(&k, true, "<", 1, 'u');
	assert_int_equal(term_keys_flags(&k, true), 0);
}

/* ---- with libvterm ---- */

struct box {
	struct term_vt	 bytes;
	VTerm		*vt;
	VTermScreen	*screen;
	int		 scrolled;
};

static int
box_scrolled(int cols, const VTermScreenCell *cells, void *arg)
{
	((struct box *)arg)->scrolled++;
	return 1;
}

static void
box_new(struct box *b, int rows, int cols)
{
	static const VTermScreenCallbacks callbacks = {
		.sb_pushline = box_scrolled };

	memset(b, 0, sizeof(*b));
	b->vt = vterm_new(rows, cols);
	vterm_set_utf8(b->vt, 1);
	b->screen = vterm_obtain_screen(b->vt);
	vterm_screen_set_callbacks(b->screen, &callbacks, b);
	vterm_screen_enable_altscreen(b->screen, 1);
	vterm_screen_set_damage_merge(b->screen, VTERM_DAMAGE_ROW);
	vterm_screen_reset(b->screen, 1);
}

static void
box_free(struct box *b)
{
	vterm_free(b->vt);
	term_vt_release(&b->bytes);
}

static void
box_write(struct box *b, const char *s)
{
	term_vt_write(&b->bytes, b->vt, s, strlen(s));
}

/* Our own copy of each piece: a read past it is noticed. */
static void
box_write_pieces(struct box *b, uint64_t *seed, const struct buf *s)
{
	size_t at, n;

	for (at = 0; at < s->len; at += n) {
		AUTO_FREE char *piece = NULL;

		n = 1 + random_next(seed, 8);
		if (n > s->len - at)
			n = s->len - at;
		piece = xmemdup(s->p + at, n);
		term_vt_write(&b->bytes, b->vt, piece, n);
	}
}

static VTermPos
box_cursor(struct box *b)
{
	VTermPos pos;

	vterm_state_get_cursorpos(vterm_obtain_state(b->vt), &pos);
	return pos;
}

static bool
box_is_inside(struct box *b)
{
	VTermPos pos = box_cursor(b);
	int rows, cols;

	vterm_get_size(b->vt, &rows, &cols);
	return pos.row >= 0 && pos.row < rows && pos.col >= 0 &&
	    pos.col < cols;
}

TEST(test_many_numbers)
{
	struct box b;
	int i;

	box_new(&b, 24, 80);
	box_write(&b, "\033[");
	for (i = 0; i < 200; i++)
		box_write(&b, "1094795585;");
	box_write(&b, "mhere");
	assert_int_equal(box_cursor(&b).col, 4);
	box_free(&b);
}

/* A lower window: margins that are outside are gone, and text scrolls. */
TEST(test_margins_outside)
{
	struct box b;
	int i;

	box_new(&b, 50, 80);
	box_write(&b, "\033[30;50r\033[45;5H\0337");
	term_vt_resize(&b.bytes, b.vt, 20, 80);
	assert_true(box_is_inside(&b));
	for (i = 0; i < 60; i++)
		box_write(&b, "line\r\n");
	assert_true(b.scrolled >= 40);
	/* So is a cursor that was saved there. */
	box_write(&b, "\0338");
	assert_true(box_is_inside(&b));
	box_free(&b);
}

/* Text below the cursor scrolls off when the window is made lower. */
TEST(test_cursor_above)
{
	struct box b;

	box_new(&b, 50, 80);
	box_write(&b, "\033[50;1Hx\033[H");
	term_vt_resize(&b.bytes, b.vt, 10, 80);
	assert_true(box_is_inside(&b));
	box_free(&b);
}

/* ---- at random ---- */

static const char *const words[] = { "x", "\xe4\xb8\xad", "\xcc\x81", "\xe4",
	"\xb8", "\xf0\x9f\x98\x80", "\xc2\x9b", "\n", "\r", "\t", "\b", "\016",
	"\017", "\0337", "\0338", "\033#6", "\033#8", "\033M", "\033D",
	"\033c", "\033N", "\033(0", "\033]0;", "\033P", "\033\\", "\033",
	"\033[", "\033[?" };
static const char *const numbers[] = { "", "0", "1", "2", "5", "24", "38", "48",
	"50", "69", "80", "1000", "1049", "65535", "2147483647",
	"99999999999" };
/* Not `b`, which repeats a wide character beyond the row. */
static const char finals[] = "ABCDEFGHJKLMPSTXZ`acdefghjklmnpqrsu{}~@";

static void
any_sequence(struct buf *s, uint64_t *seed)
{
	unsigned n = random_next(seed, 4);

	if (random_next(seed, 8) == 0)
		n = 14 + random_next(seed, 30);
	buf_adds(s, random_next(seed, 3) == 0 ? "\033[?" : "\033[");
	while (n-- > 0) {
		buf_adds(s, numbers[random_next(seed, MEM_COUNT(numbers))]);
		buf_addc(s, random_next(seed, 5) == 0 ? ':' : ';');
	}
	buf_adds(s, numbers[random_next(seed, MEM_COUNT(numbers))]);
	buf_addc(s, finals[random_next(seed, sizeof(finals) - 1)]);
}

static void
any_step(struct box *b, uint64_t *seed)
{
	AUTO_BUF struct buf s = BUF_INIT(0);
	unsigned n = 1 + random_next(seed, 40);
	int rows = 1 + (int)random_next(seed, 60);
	int cols = TERM_COLS_MIN + (int)random_next(seed, 100);

	switch (random_next(seed, 6)) {
	case 0:
		term_vt_resize(&b->bytes, b->vt, rows, cols);
		break;
	case 1:
		while (n-- > 0)
			buf_adds(&s, words[random_next(seed,
			    MEM_COUNT(words))]);
		break;
	case 2:
		while (n-- > 0)
			buf_adds(&s, "text\n");
		break;
	default:
		any_sequence(&s, seed);
		break;
	}
	box_write_pieces(b, seed, &s);
	vterm_screen_flush_damage(b->screen);
}

TEST(test_any_bytes_and_sizes)
{
	unsigned long long i, rounds = rounds_of(100, 5000);
	uint64_t seed = rounds_seed(), chance;
	struct box b;
	int step;

	for (i = 0; i < rounds; i++) {
		chance = seed + i;
		box_new(&b, 24, 80);
		for (step = 0; step < 200; step++) {
			any_step(&b, &chance);
			if (!box_is_inside(&b))
				fail_msg("SEED=%llu, step %d",
				    (unsigned long long)seed + i, step);
		}
		box_free(&b);
	}
}
