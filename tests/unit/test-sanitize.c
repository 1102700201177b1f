#include "config.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "tests/messages.h"
#include "tests/unit/unit.h"

TEST(test_sanitize_cases)
{
	/* clang-format off */
	static const struct {
		const char	*label, *in;
		unsigned	 flags;
		const char	*want;
		int		 width;
	} cases[] = {
		{ "plain", "int x;", 0, "int x;", 6 },
		{ "escape", "\033[2J", 0, "^[[2J", 5 },
		{ "carriage return", "a\r", 0, "a^M", 3 },
		{ "newline is a mark", "a\nb", 0, "a^Jb", 4 },
		{ "newline kept", "a\nb", SANITIZE_LINES, "a\nb", -1 },
		{ "tab from 3", "abc\tx", 0, "abc     x", 9 },
		{ "tab after newline", "ab\n\tx", SANITIZE_LINES,
		    "ab\n        x", -1 },
		{ "8-bit CSI as UTF-8", "\xc2\x9b" "31m", 0, "<U+009B>31m",
		    11 },
		{ "8-bit CSI raw", "\x9b" "31m", 0, "<9B>31m", 7 },
		{ "bidi override", "a\xe2\x80\xae" "b", 0, "a<U+202E>b", 10 },
		{ "zero-width space", "a\xe2\x80\x8b" "b", 0, "a<U+200B>b",
		    10 },
		{ MSG_BYTE_ORDER_MARK, "\xef\xbb\xbf" "a", 0, "<U+FEFF>a", 9 },
		{ "no-break space", "\xc2\xa0", 0, "<U+00A0>", 8 },
		{ "wide blank and dash", "\xe3\x80\x80\xe2\xb8\xba", 0,
		  "<U+3000><U+2E3A>", 16 },
		{ "tag character", "\xf3\xa0\x81\x81", 0, "<U+E0041>", 9 },
		{ "combining without ink", "a\xcd\x8f" "b\xe1\x9e\xb4"
		  "c\xef\xb8\x8f" "d\xe1\xa0\x8b" "e\xe2\xb5\xbf"
		  "f\xf0\x91\x81\xbf" "g\xf0\x96\xbf\xa4", 0,
		  "a<U+034F>b<U+17B4>c<U+FE0F>d<U+180B>e<U+2D7F>f<U+1107F>"
		  "g<U+16FE4>", 65 },
		{ "letters without ink", "\xe1\x85\x9f\xef\xbe\xa0\xe2\xa0\x80"
		  "\xf0\x93\x91\x81\xf0\x9d\x85\x99", 0,
		  "<U+115F><U+FFA0><U+2800><U+13441><U+1D159>", 42 },
		{ "a virama on its own letter", "\xe0\xa4\x95\xe0\xa5\x8d", 0,
		  "\xe0\xa4\x95\xe0\xa5\x8d", 1 },
		{ "a virama on another", "a\xe1\x80\xb9", 0, "a<U+1039>", 9 },
		{ "private use", "\xee\x82\xb0", 0, "<U+E0B0>", 8 },
		{ "unassigned", "\xf4\x8f\xbf\xbf", 0, "<U+10FFFF>", 10 },
		{ "stray byte", "a\xff" "b", 0, "a<FF>b", 6 },
		{ "surrogate", "\xed\xa0\x80", 0, "<ED><A0><80>", 12 },
		{ "letter in ascii", "\xc3\xa9", SANITIZE_ASCII, "<U+00E9>",
		    8 },
		{ "combining", "e\xcc\x81", 0, "e\xcc\x81", 1 },
		{ "combining alone", "\xcc\x81", 0, "<U+0301>", 8 },
		{ "combining in ascii", "e\xcc\x81", SANITIZE_ASCII,
		    "e<U+0301>", 9 },
		{ "pile of marks", "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81", 0,
		    "e\xcc\x81\xcc\x81\xcc\x81<U+0301>", 9 },
		{ "wide", "\xe6\xbc\xa2" "a", 0, "\xe6\xbc\xa2" "a", 3 },
		{ "tab after wide", "\xe6\xbc\xa2\tx", 0,
		    "\xe6\xbc\xa2      x", 9 },
	};
	/* clang-format on */
	struct buf b = BUF_INIT(0);
	size_t i;
	int width;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&b);
		sanitize_add(&b, cases[i].in, strlen(cases[i].in),
		    cases[i].flags);
		width = sanitize_width(cases[i].in, strlen(cases[i].in),
		    cases[i].flags);
		if (strcmp(buf_str(&b), cases[i].want) != 0 ||
		    (cases[i].width >= 0 && width != cases[i].width))
			fail_msg("%s: \"%s\" width %d", cases[i].label,
			    buf_str(&b), width);
	}
	buf_release(&b);
}

TEST(test_sanitize_nul)
{
	struct buf b = BUF_INIT(0);

	sanitize_add(&b, "a\0b", 3, 0);
	assert_string_equal(buf_str(&b), "a^@b");
	buf_release(&b);
}

/* A newline in a name ends no row, and is drawn as a mark, unlike "^J". */
TEST(test_sanitize_name)
{
	AUTO_BUF struct buf name = BUF_INIT(0), shown = BUF_INIT(0);
	struct sanitize_unit u;

	sanitize_name(&name, "a\nb^J");
	assert_null(strchr(buf_str(&name), '\n'));
	sanitize_add(&shown, buf_str(&name), name.len, 0);
	assert_string_equal(buf_str(&shown), "a^Jb^J");
	assert_int_equal(sanitize_width(buf_str(&name), name.len, 0), 6);
	sanitize_next(name.p + 1, name.len - 1, 0, 1, &u);
	assert_true(u.is_mark);
	assert_int_equal(u.used, name.len - strlen("ab^J"));
}

/* Whatever goes in, what comes out is printable UTF-8 that uses every byte. */
TEST(test_sanitize_all)
{
	struct buf in = BUF_INIT(0);
	struct sanitize_unit u;
	uint32_t cp, c;
	size_t i;
	unsigned flags;

	for (cp = 1; cp < 0x110000; cp++) {
		flags = (cp & 1) != 0 ? SANITIZE_ASCII : 0;
		buf_clear(&in);
		utf8_put(&in, cp);
		if (in.len == 0 || (cp >= 0xd800 && cp <= 0xdfff))
			continue;
		sanitize_next(in.p, in.len, flags, 0, &u);
		if (u.used != in.len || u.width < 1 || u.len == 0)
			fail_msg("U+%04X: used %zu width %d", cp, u.used,
			    u.width);
		for (i = 0; i < u.len; i += utf8_next(u.text + i, u.len - i,
		    &c)) {
			assert_true(utf8_next(u.text + i, u.len - i, &c) > 0);
			if (!sanitize_is_plain(c, flags))
				fail_msg("U+%04X lets U+%04X out", cp, c);
		}
	}
	buf_release(&in);
}
