/*
 * A code point gets through if sanitize_is_plain accepts it (sanitize_next does
 * the same test for ASCII), or if it follows such a one and
 * sanitize_is_combining accepts it. Everything else becomes a mark, unknown code
 * points too: a terminal may give them another width or treat them as controls.
 */
#include "config.h"

#include "base/sanitize.h"

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <utf8proc.h>

#include "base/mem.h"
#include "base/utf8.h"

/* More combining characters than this on one character would overlap the lines
 * around it. */
#define SANITIZE_COMBINING_MAX 3

#define SANITIZE_VIRAMA 9	/* its combining class */

/* An overlong newline: in no text that is UTF-8. */
#define SANITIZE_NEWLINE "\xc0\x8a"

static int
sanitize_cp_width(uint32_t cp)
{
	return utf8proc_charwidth((utf8proc_int32_t)cp);
}

/* What Unicode says may be ignored (fillers, joiners, variation selectors), and
 * the blanks that it doesn't say it of: braille's, a note's, Egyptian, Khitan,
 * and the joiners of Tifinagh and Brahmi. */
bool
sanitize_has_no_ink(uint32_t cp)
{
	static const uint32_t blanks[] = { 0x2800, 0x1d159, 0x13441, 0x13442,
		0x16fe4, 0x2d7f, 0x1107f };
	size_t i;

	for (i = 0; i < MEM_COUNT(blanks); i++)
		if (cp == blanks[i])
			return true;
	return utf8proc_get_property((utf8proc_int32_t)cp)->ignorable;
}

/* `on`: the character before. On an ASCII one a virama has no ink, either. */
static bool
sanitize_is_combining(uint32_t cp, unsigned char on, unsigned flags)
{
	utf8proc_category_t c;

	if (cp < 0x300 || (flags & SANITIZE_ASCII) != 0 ||
	    sanitize_has_no_ink(cp) || (on < 0x80 && utf8proc_get_property(
	    (utf8proc_int32_t)cp)->combining_class == SANITIZE_VIRAMA))
		return false;
	c = utf8proc_category((utf8proc_int32_t)cp);
	if (c != UTF8PROC_CATEGORY_MN && c != UTF8PROC_CATEGORY_ME)
		return false;
	if (sanitize_cp_width(cp) != 0)
		return false;
	return (flags & SANITIZE_WCWIDTH) == 0 || wcwidth((wchar_t)cp) == 0;
}

bool
sanitize_is_plain(uint32_t cp, unsigned flags)
{
	int width;

	if (cp < 0x80)
		return cp >= 0x20 && cp != 0x7f;
	if (cp < 0xa0 || (flags & SANITIZE_ASCII) != 0)
		return false;
	switch (utf8proc_category((utf8proc_int32_t)cp)) {
	case UTF8PROC_CATEGORY_CN:
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_CO:
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_ME:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return false;
	case UTF8PROC_CATEGORY_ZS:
		/* Looks like a space but isn't one. The ideographic space is
		 * visible by its width. */
		if (cp != 0x3000)
			return false;
		break;
	default:
		break;
	}
	if (sanitize_has_no_ink(cp))
		return false;
	width = sanitize_cp_width(cp);
	if (width != 1 && width != 2)
		return false;
	return (flags & SANITIZE_WCWIDTH) == 0 ||
	    wcwidth((wchar_t)cp) == width;
}

enum sanitize_kind { SANITIZE_CONTROL, SANITIZE_BYTE, SANITIZE_CODE };

static void
sanitize_mark(struct sanitize_unit *u, enum sanitize_kind kind, unsigned value)
{
	int n = 2;

	if (kind == SANITIZE_CONTROL) {
		u->text[0] = '^';
		u->text[1] = (char)(value ^ 0x40);
	} else if (kind == SANITIZE_BYTE)
		n = snprintf(u->text, sizeof(u->text), "<%02X>", value);
	else
		n = snprintf(u->text, sizeof(u->text), "<U+%04X>", value);
	u->len = (size_t)n;
	u->width = n;
	u->is_mark = true;
}

void
sanitize_next(const char *p, size_t n, unsigned flags, int column,
    struct sanitize_unit *u)
{
	unsigned char c = (unsigned char)p[0];
	uint32_t cp;
	size_t used;
	int more;

	memset(u, 0, sizeof(*u));
	u->used = 1;
	if (c == '\t') {
		u->width = SANITIZE_TAB - (column < 0 ? 0 : column) %
		    SANITIZE_TAB;
		u->len = (size_t)u->width;
		memset(u->text, ' ', u->len);
		return;
	}
	if (c < 0x20 || c == 0x7f) {
		sanitize_mark(u, SANITIZE_CONTROL, c);
		return;
	}
	if (c < 0x80) {
		u->text[0] = (char)c;
		u->len = 1;
		u->width = 1;
	} else {
		if (n > 1 && memcmp(p, SANITIZE_NEWLINE, 2) == 0) {
			u->used = 2;
			sanitize_mark(u, SANITIZE_CONTROL, '\n');
			return;
		}
		if ((used = utf8_next(p, n, &cp)) == 0) {
			sanitize_mark(u, SANITIZE_BYTE, c);
			return;
		}
		u->used = used;
		if (!sanitize_is_plain(cp, flags)) {
			sanitize_mark(u, SANITIZE_CODE, cp);
			return;
		}
		memcpy(u->text, p, used);
		u->len = used;
		u->width = sanitize_cp_width(cp);
	}
	for (more = 0; more < SANITIZE_COMBINING_MAX && u->used < n; more++) {
		if ((unsigned char)p[u->used] < 0x80)
			break;
		used = utf8_next(p + u->used, n - u->used, &cp);
		if (used == 0 || !sanitize_is_combining(cp, c, flags))
			break;
		memcpy(u->text + u->len, p + u->used, used);
		u->len += used;
		u->used += used;
	}
}

void
sanitize_add(struct buf *out, const char *p, size_t n, unsigned flags)
{
	struct sanitize_unit u;
	size_t i;
	int column = 0;

	for (i = 0; i < n; i += u.used) {
		if (p[i] == '\n' && (flags & SANITIZE_LINES) != 0) {
			buf_addc(out, '\n');
			u.used = 1;
			column = 0;
			continue;
		}
		sanitize_next(p + i, n - i, flags, column, &u);
		buf_add(out, u.text, u.len);
		column += u.width;
	}
}

void
sanitize_name(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++)
		if (*s == '\n')
			buf_adds(out, SANITIZE_NEWLINE);
		else
			buf_addc(out, *s);
}

char *
sanitize_own(const char *s, unsigned flags)
{
	static const struct { const char *sign, *ascii; unsigned flags; }
	signs[] = {
		{ "\xc2\xb7", "-", SANITIZE_ASCII },
		{ "\xe2\x9c\x93", "[x]", SANITIZE_ASCII | SANITIZE_SIGNS },
		{ "\xe2\x96\xb8", "[>]", SANITIZE_ASCII | SANITIZE_SIGNS },
	};
	struct buf b = BUF_INIT(0);
	size_t i;

	while (*s != '\0') {
		for (i = 0; i < MEM_COUNT(signs); i++)
			if ((flags & signs[i].flags) != 0 && strncmp(s,
			    signs[i].sign, strlen(signs[i].sign)) == 0)
				break;
		if (i < MEM_COUNT(signs)) {
			buf_adds(&b, signs[i].ascii);
			s += strlen(signs[i].sign);
		} else
			buf_addc(&b, *s++);
	}
	return buf_take(&b);
}

void
sanitize_json(struct buf *b, const char *p, size_t n)
{
	size_t i, used;
	uint32_t cp;

	for (i = 0; i < n; i += used) {
		used = utf8_next(p + i, n - i, &cp);
		if (used == 0) {
			used = 1;
			buf_adds(b, "\\ufffd");
		} else if (sanitize_is_plain(cp, 0)) {
			buf_add(b, p + i, used);
		} else if (cp < 0x10000) {
			buf_addf(b, "\\u%04x", (unsigned)cp);
		} else {
			cp -= 0x10000;
			buf_addf(b, "\\u%04x\\u%04x",
			    0xd800 + (unsigned)(cp >> 10),
			    0xdc00 + (unsigned)(cp & 0x3ff));
		}
	}
}

char *
sanitize_dup(const char *s, unsigned flags)
{
	struct buf b = BUF_INIT(0);

	sanitize_add(&b, s, strlen(s), flags);
	return buf_take(&b);
}

int
sanitize_width(const char *p, size_t n, unsigned flags)
{
	struct sanitize_unit u;
	size_t i;
	int column = 0;

	for (i = 0; i < n; i += u.used) {
		sanitize_next(p + i, n - i, flags, column, &u);
		column += u.width;
	}
	return column;
}

unsigned
sanitize_locale(void)
{
	const char *set = nl_langinfo(CODESET);

	return strcmp(set, "UTF-8") == 0 ? 0 : SANITIZE_ASCII;
}
