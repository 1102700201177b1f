/* The screen has exactly the texts that were put there, with their styles: no
 * two texts look the same. */
#include "config.h"

#include <locale.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "tests/unit/rounds.h"
#include "tests/unit/unit.h"
#include "ui/term/screen.h"

#define FIX_COLS 2000

/* Characters with a meaning for a terminal, our marks for them, and characters
 * that join with their neighbours. */
static void
fix_text(struct buf *b, uint64_t *rnd)
{
	static const char *const pieces[] = { "a", " ", "  ", "\t", "^[",
		"^", "[", "<", ">", "<U+202E>", "<FF>", "\\x1b", "~", "-",
		"->", "\xc2\xb7", "\xe2\x86\x92", "\x1b", "\x1b[2J", "\r",
		"\x7f", "\xc2\x9b", "\xe2\x80\xae", "\xe2\x80\x8b",
		"\xe2\x80\x8d", "\xef\xb8\x8f", "\xef\xbf\xbd", "\xff",
		"\xe2\x82", "\xc0\x80", "e\xcc\x81", "\xc3\xa9", "\xcc\x81",
		"\xe6\xbc\xa2", "\xf0\x9f\x91\xa8", "\xf0\x9f\x87\xa9",
		"\xf0\x9f\x87\xaa", "\xf0\x9f\x8f\xbd", "\xe1\x84\x80",
		"\xe1\x85\xa1", "\xc2\xa0", "\xe3\x80\x80", "\xc2\xad",
		"\xf3\xa0\x81\x81", "\xd7\x90", "\xce\xb1", "U+0041", "41>" };
	unsigned n = random_next(rnd, 40);

	while (n-- > 0) {
		if (random_next(rnd, 5) == 0)
			buf_addc(b, (char)random_next(rnd, 256));
		else
			buf_adds(b, pieces[random_next(rnd,
			    MEM_COUNT(pieces))]);
	}
}

/* Of two at a time. */
static const char *
fix_hex(const struct buf *b)
{
	static char hex[2][1024];
	static int turn;
	size_t i;

	turn = !turn;
	hex[turn][0] = '\0';
	for (i = 0; i < b->len && i < sizeof(hex[0]) / 2 - 1; i++)
		snprintf(hex[turn] + i * 2, 3, "%02x", (unsigned char)b->p[i]);
	return hex[turn];
}

static char
fix_at(const struct screen *s, int x)
{
	const struct cell *c = x < s->cols ? screen_cell(s, 0, x) : NULL;

	return c == NULL || c->style != STYLE_MARK ? '\0' : c->text[0];
}

/* A mark that begins at x, as the character it represents; the x after it, or
 * -1. */
static int
fix_read_mark(const struct screen *s, int x, struct buf *out)
{
	char word[16];
	size_t n = 0;

	if (fix_at(s, x) == '^') {
		buf_addc(out, (char)(fix_at(s, x + 1) ^ 0x40));
		return x + 2;
	}
	if (fix_at(s, x) != '<')
		return -1;
	for (x++; fix_at(s, x) != '>'; x++) {
		if (fix_at(s, x) == '\0' || n + 1 >= sizeof(word))
			return -1;
		word[n++] = fix_at(s, x);
	}
	word[n] = '\0';
	if (strncmp(word, "U+", 2) == 0)
		utf8_put(out, (uint32_t)strtoul(word + 2, NULL, 16));
	else
		buf_addc(out, (char)strtoul(word, NULL, 16));
	return x + 1;
}

/* The text again, from what a person sees in this row. */
static void
fix_read(const struct screen *s, int end, struct buf *out)
{
	const char *tab = screen_blank_mark(s, true);
	const struct cell *c;
	int x = 0, from;
	bool is_tab;

	while (x >= 0 && x < end) {
		c = screen_cell(s, 0, x);
		from = x;
		if (c->style == STYLE_MARK) {
			x = fix_read_mark(s, x, out);
			continue;
		}
		x++;
		is_tab = strcmp(c->text, tab) == 0 ||
		    (c->text[0] == '-' && tab[0] == '>');
		/* A space with an accent isn't one. */
		if (c->style != STYLE_BLANK || (!is_tab &&
		    strcmp(c->text, screen_blank_mark(s, false)) != 0)) {
			buf_adds(out, c->text);
			continue;
		}
		/* An arrow, in ASCII behind its shaft. */
		if (!is_tab) {
			buf_addc(out, ' ');
			continue;
		}
		buf_addc(out, '\t');
		x = from / SANITIZE_TAB * SANITIZE_TAB + SANITIZE_TAB;
	}
	assert_true(x >= 0);
}

TEST(test_reads_back)
{
	static const unsigned flags[] = { 0, SANITIZE_ASCII,
		SANITIZE_WCWIDTH };
	unsigned n = (unsigned)rounds_of(5000, 20000);
	unsigned first = (unsigned)rounds_seed(), seed;
	uint64_t rnd;
	struct buf text = BUF_INIT(0), got = BUF_INIT(0);
	struct screen s = { 0 };
	size_t i;
	int end;

	for (seed = first; seed < first + n; seed++) {
		rnd = seed;
		s.flags = flags[seed % MEM_COUNT(flags)];
		screen_resize(&s, 1, FIX_COLS);
		buf_clear(&text);
		buf_clear(&got);
		fix_text(&text, &rnd);
		for (i = 0; i < text.len; i++)
			if (strchr(" \t", buf_str(&text)[i]) != NULL)
				screen_span_add(&s, (struct screen_span){ i,
				    i + 1, STYLE_BLANK });
		end = screen_put_spans(&s, 0, 0, FIX_COLS, STYLE_ADD,
		    buf_str(&text), text.len, 0, s.spans, s.spans_len);
		s.spans_len = 0;
		fix_read(&s, end, &got);
		if (got.len != text.len || memcmp(buf_str(&got),
		    buf_str(&text), text.len) != 0)
			fail_msg("seed %u: %s is read as %s", seed,
			    fix_hex(&text), fix_hex(&got));
	}
	screen_release(&s);
	buf_release(&text);
	buf_release(&got);
}

int
main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	return unit_run();
}
