/*
 * A code point gets through if sanitize_is_plain accepts it (sanitize_next does
 * the same test for ASCII), or if it follows such a one and
 * sanitize_is_combining accepts it. Everything else becomes a mark, unknown code
 * points too: a terminal may give them another width or treat them as controls.
 */
#include "config.h"

#include "base/sanitize.h"

#include <langinfo.h>
#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>

#include <utf8proc.h>

#include "base/buf.h"
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

/* Unicode's default-ignorable characters (fillers, joiners, variation
 * selectors), others that print nothing (blanks of Braille, musical notation,
 * Egyptian and Khitan, the joiners of Tifinagh and Brahmi), and those that are from
 * 1 to 12 cells wide. */
static bool
sanitize_misleads(uint32_t cp)
{
	static const uint32_t those[] = { 0x2800, 0x1d159, 0x13441, 0x13442,
		0x16fe4, 0x2d7f, 0x1107f,
		0x0bf5, 0x2e3a, 0x2e3b, 0xfdfd, 0x12031, 0x1242b };
	size_t i;

	for (i = 0; i < MEM_COUNT(those); i++)
		if (cp == those[i])
			return true;
	return utf8proc_get_property((utf8proc_int32_t)cp)->ignorable;
}

/* `on`: the character before. On an ASCII one a virama has no ink, either. */
static bool
sanitize_is_combining(uint32_t cp, unsigned char on, unsigned flags)
{
	utf8proc_category_t c;

	if (cp < 0x300 || (flags & SANITIZE_ASCII) != 0 ||
	    sanitize_misleads(cp) || (on < 0x80 && utf8proc_get_property(
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
	case UTF8PROC_CATEGORY_ZS:	/* looks like a space, or several */
		return false;
	default:
		break;
	}
	if (sanitize_misleads(cp))
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

/* A letter or digit of any script. */
static bool
sanitize_is_letter(uint32_t cp)
{
	switch (utf8proc_category((utf8proc_int32_t)cp)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_ND:
		return true;
	default:
		return false;
	}
}

int
sanitize_most(const struct sanitize_unit *u, bool careful)
{
	const char *name = setlocale(LC_CTYPE, NULL);
	uint32_t cp;

	if (u->width != 1 || utf8_next(u->text, u->len, &cp) <= 1)
		return u->width;
	/* Their fonts had Greek and Cyrillic that wide. */
	if (name != NULL && (strncmp(name, "ja", 2) == 0 ||
	    strncmp(name, "ko", 2) == 0 || strncmp(name, "zh", 2) == 0))
		return 2;
	return careful && !sanitize_is_letter(cp) ? 2 : 1;
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

void
sanitize_quote(struct buf *out, const char *name)
{
	if (name[0] != '"' && strchr(name, ' ') == NULL) {
		buf_adds(out, name);
		return;
	}
	buf_addc(out, '"');
	for (; *name != '\0'; name++) {
		if (*name == '"' || *name == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *name);
	}
	buf_addc(out, '"');
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

void
sanitize_set_locale(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *name = NULL, *set;
	size_t i;

	if (setlocale(LC_CTYPE, "") != NULL)
		return;
	for (i = 0; i < MEM_COUNT(names) && (name == NULL || *name == '\0'); i++)
		name = getenv(names[i]);
	if (name == NULL)
		return;
	/* "de_DE.UTF-8", "ca_ES.utf8@valencia"; macOS sends "UTF-8". */
	set = strchr(name, '.');
	set = set == NULL ? name : set + 1;
	i = strcspn(set, "@");
	if ((i == 5 && strncasecmp(set, "UTF-8", i) == 0) ||
	    (i == 4 && strncasecmp(set, "utf8", i) == 0))
		setlocale(LC_CTYPE, "C.UTF-8");
}

unsigned
sanitize_locale(void)
{
	const char *set = nl_langinfo(CODESET);

	return strcmp(set, "UTF-8") == 0 ? 0 : SANITIZE_ASCII;
}

/*
 * Names that look like others. A script is known by its blocks, a letter that
 * looks like ASCII by a table, and another form of an ASCII letter
 * (mathematical, fullwidth) by its compatibility decomposition.
 */

/* Unicode 17.0, Blocks.txt: blocks of letters. Chinese, Japanese and Korean mix
 * with Latin in ordinary names (UTS 39, highly restrictive): they have none. */
static const struct {
	uint32_t	 from, to;
	const char	*name;
} lookalike_scripts[] = {
	{ 0x0041, 0x02af, "Latin" }, { 0x0370, 0x03ff, "Greek" },
	{ 0x0400, 0x052f, "Cyrillic" }, { 0x0530, 0x058f, "Armenian" },
	{ 0x0590, 0x05ff, "Hebrew" }, { 0x0600, 0x06ff, "Arabic" },
	{ 0x0700, 0x074f, "Syriac" }, { 0x0750, 0x077f, "Arabic" },
	{ 0x08a0, 0x08ff, "Arabic" }, { 0x0900, 0x097f, "Devanagari" },
	{ 0x0980, 0x09ff, "Bengali" }, { 0x0a00, 0x0a7f, "Gurmukhi" },
	{ 0x0a80, 0x0aff, "Gujarati" }, { 0x0b00, 0x0b7f, "Oriya" },
	{ 0x0b80, 0x0bff, "Tamil" }, { 0x0c00, 0x0c7f, "Telugu" },
	{ 0x0c80, 0x0cff, "Kannada" }, { 0x0d00, 0x0d7f, "Malayalam" },
	{ 0x0d80, 0x0dff, "Sinhala" }, { 0x0e00, 0x0e7f, "Thai" },
	{ 0x0e80, 0x0eff, "Lao" }, { 0x0f00, 0x0fff, "Tibetan" },
	{ 0x1000, 0x109f, "Myanmar" }, { 0x10a0, 0x10ff, "Georgian" },
	{ 0x1200, 0x139f, "Ethiopic" }, { 0x13a0, 0x13ff, "Cherokee" },
	{ 0x1400, 0x167f, "Canadian Aboriginal" }, { 0x16a0, 0x16ff, "Runic" },
	{ 0x1780, 0x17ff, "Khmer" }, { 0x1800, 0x18af, "Mongolian" },
	{ 0x1c80, 0x1c8f, "Cyrillic" }, { 0x1c90, 0x1cbf, "Georgian" },
	{ 0x1d00, 0x1dbf, "Latin" }, { 0x1e00, 0x1eff, "Latin" },
	{ 0x1f00, 0x1fff, "Greek" }, { 0x2c60, 0x2c7f, "Latin" },
	{ 0x2c80, 0x2cff, "Coptic" }, { 0x2d00, 0x2d2f, "Georgian" },
	{ 0x2d30, 0x2d7f, "Tifinagh" }, { 0x2de0, 0x2dff, "Cyrillic" },
	{ 0xa4d0, 0xa4ff, "Lisu" }, { 0xa640, 0xa69f, "Cyrillic" },
	{ 0xa720, 0xa7ff, "Latin" }, { 0xab30, 0xab6f, "Latin" },
	{ 0xab70, 0xabbf, "Cherokee" }, { 0xfb50, 0xfdff, "Arabic" },
	{ 0xfe70, 0xfefe, "Arabic" }, { 0xff21, 0xff5a, "Latin" },
	{ 0x10330, 0x1034f, "Gothic" }, { 0x10400, 0x1044f, "Deseret" },
	{ 0x118a0, 0x118ff, "Warang Citi" },
};

/*
 * Unicode 17.0, security/confusables.txt (UTS 39): Latin, Greek, Cyrillic,
 * Armenian and Cherokee letters whose prototype is one ASCII letter or digit;
 * without the Turkish dotless i and the Icelandic thorn, which are in ordinary
 * words.
 */
static const struct {
	uint16_t cp;
	char	 ascii;
} lookalike_letters[] = {
	/* clang-format off */
	{ 0x0184, 'b' }, { 0x018d, 'g' }, { 0x0192, 'f' }, { 0x0196, 'l' },
	{ 0x01a6, 'R' }, { 0x01a7, '2' }, { 0x01b7, '3' }, { 0x01bc, '5' },
	{ 0x01bd, 's' }, { 0x01bf, 'p' }, { 0x01c0, 'l' }, { 0x021c, '3' },
	{ 0x0222, '8' }, { 0x0223, '8' }, { 0x0251, 'a' }, { 0x0261, 'g' },
	{ 0x0263, 'y' }, { 0x0269, 'i' }, { 0x026a, 'i' }, { 0x026f, 'w' },
	{ 0x028b, 'u' }, { 0x028f, 'y' }, { 0x037a, 'i' }, { 0x037f, 'J' },
	{ 0x0391, 'A' }, { 0x0392, 'B' }, { 0x0395, 'E' }, { 0x0396, 'Z' },
	{ 0x0397, 'H' }, { 0x0399, 'l' }, { 0x039a, 'K' }, { 0x039c, 'M' },
	{ 0x039d, 'N' }, { 0x039f, 'O' }, { 0x03a1, 'P' }, { 0x03a4, 'T' },
	{ 0x03a5, 'Y' }, { 0x03a7, 'X' }, { 0x03b1, 'a' }, { 0x03b3, 'y' },
	{ 0x03b9, 'i' }, { 0x03bd, 'v' }, { 0x03bf, 'o' }, { 0x03c1, 'p' },
	{ 0x03c3, 'o' }, { 0x03c5, 'u' }, { 0x03d2, 'Y' }, { 0x03dc, 'F' },
	{ 0x03f1, 'p' }, { 0x03f2, 'c' }, { 0x03f3, 'j' }, { 0x03f8, 'p' },
	{ 0x03f9, 'C' }, { 0x03fa, 'M' }, { 0x0405, 'S' }, { 0x0406, 'l' },
	{ 0x0408, 'J' }, { 0x0410, 'A' }, { 0x0412, 'B' }, { 0x0415, 'E' },
	{ 0x0417, '3' }, { 0x041a, 'K' }, { 0x041c, 'M' }, { 0x041d, 'H' },
	{ 0x041e, 'O' }, { 0x0420, 'P' }, { 0x0421, 'C' }, { 0x0422, 'T' },
	{ 0x0423, 'Y' }, { 0x0425, 'X' }, { 0x042c, 'b' }, { 0x0430, 'a' },
	{ 0x0431, '6' }, { 0x0433, 'r' }, { 0x0435, 'e' }, { 0x043e, 'o' },
	{ 0x0440, 'p' }, { 0x0441, 'c' }, { 0x0443, 'y' }, { 0x0445, 'x' },
	{ 0x0448, 'w' }, { 0x0455, 's' }, { 0x0456, 'i' }, { 0x0458, 'j' },
	{ 0x0461, 'w' }, { 0x0474, 'V' }, { 0x0475, 'v' }, { 0x04ae, 'Y' },
	{ 0x04af, 'y' }, { 0x04bb, 'h' }, { 0x04bd, 'e' }, { 0x04c0, 'l' },
	{ 0x04cf, 'l' }, { 0x04e0, '3' }, { 0x0501, 'd' }, { 0x050c, 'G' },
	{ 0x051b, 'q' }, { 0x051c, 'W' }, { 0x051d, 'w' }, { 0x054d, 'U' },
	{ 0x054f, 'S' }, { 0x0555, 'O' }, { 0x0561, 'w' }, { 0x0563, 'q' },
	{ 0x0566, 'q' }, { 0x0570, 'h' }, { 0x0578, 'n' }, { 0x057c, 'n' },
	{ 0x057d, 'u' }, { 0x0581, 'g' }, { 0x0582, 'i' }, { 0x0584, 'f' },
	{ 0x0585, 'o' }, { 0x13a0, 'D' }, { 0x13a1, 'R' }, { 0x13a2, 'T' },
	{ 0x13a5, 'i' }, { 0x13a9, 'Y' }, { 0x13aa, 'A' }, { 0x13ab, 'J' },
	{ 0x13ac, 'E' }, { 0x13b3, 'W' }, { 0x13b7, 'M' }, { 0x13bb, 'H' },
	{ 0x13bd, 'Y' }, { 0x13c0, 'G' }, { 0x13c2, 'h' }, { 0x13c3, 'Z' },
	{ 0x13ce, '4' }, { 0x13cf, 'b' }, { 0x13d2, 'R' }, { 0x13d4, 'W' },
	{ 0x13d5, 'S' }, { 0x13d9, 'V' }, { 0x13da, 'S' }, { 0x13de, 'L' },
	{ 0x13df, 'C' }, { 0x13e2, 'P' }, { 0x13e6, 'K' }, { 0x13e7, 'd' },
	{ 0x13ee, '6' }, { 0x13f3, 'G' }, { 0x13f4, 'B' }, { 0x1d04, 'c' },
	{ 0x1d0f, 'o' }, { 0x1d11, 'o' }, { 0x1d1c, 'u' }, { 0x1d20, 'v' },
	{ 0x1d21, 'w' }, { 0x1d22, 'z' }, { 0x1d26, 'r' }, { 0x1d83, 'g' },
	{ 0x1d8c, 'y' }, { 0x1e9d, 'f' }, { 0x1eff, 'y' }, { 0x1fbe, 'i' },
	{ 0xa644, '2' }, { 0xa647, 'i' }, { 0xa731, 's' }, { 0xa75a, '2' },
	{ 0xa76a, '3' }, { 0xa76e, '9' }, { 0xa798, 'F' }, { 0xa799, 'f' },
	{ 0xa79f, 'u' }, { 0xa7ab, '3' }, { 0xa7b2, 'J' }, { 0xa7b3, 'X' },
	{ 0xa7b4, 'B' }, { 0xab32, 'e' }, { 0xab35, 'f' }, { 0xab3d, 'o' },
	{ 0xab47, 'r' }, { 0xab48, 'r' }, { 0xab4e, 'u' }, { 0xab52, 'u' },
	{ 0xab5a, 'y' }, { 0xab75, 'i' }, { 0xab81, 'r' }, { 0xab83, 'w' },
	{ 0xab93, 'z' }, { 0xaba9, 'v' }, { 0xabaa, 's' }, { 0xabaf, 'c' },
	/* clang-format on */
};

/* "Latin"; NULL: common to all scripts, or unknown. */
static const char *
lookalike_script(uint32_t cp)
{
	size_t n = MEM_COUNT(lookalike_scripts),
	    at = MEM_FIRST(n, i, lookalike_scripts[i].to >= cp);

	return at < n && lookalike_scripts[at].from <= cp ?
	    lookalike_scripts[at].name : NULL;
}

/* The ASCII character that it is or looks like, or NUL. */
static char
lookalike_ascii(uint32_t cp)
{
	size_t n = MEM_COUNT(lookalike_letters), at;
	utf8proc_int32_t out[4];
	int class = 0;

	if (cp < 0x80)
		return (char)cp;
	at = MEM_FIRST(n, i, lookalike_letters[i].cp >= cp);
	if (at < n && lookalike_letters[at].cp == cp)
		return lookalike_letters[at].ascii;
	return utf8proc_decompose_char((utf8proc_int32_t)cp, out, 4,
	    UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE, &class) == 1 &&
	    out[0] < 0x80 ? (char)out[0] : '\0';
}

/* Is it part of a name? A mark belongs to the letter before it. */
static bool
lookalike_is_word(uint32_t cp)
{
	if (cp < 0x80)
		return cp == '_' || (cp >= '0' && cp <= '9') ||
		    ((cp | 0x20) >= 'a' && (cp | 0x20) <= 'z');
	if (sanitize_is_letter(cp))
		return true;
	switch (utf8proc_category((utf8proc_int32_t)cp)) {
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_NL:
		return true;
	default:
		return false;
	}
}

/* The name that begins at *at or after it; false if the text has no more. */
static bool
lookalike_word(const char *p, size_t n, size_t *at, struct lookalike *w)
{
	const char *script;
	size_t i = *at, used;
	uint32_t cp;
	bool in = false;

	memset(w, 0, sizeof(*w));
	w->is_ascii = true;
	for (; i < n; i += used) {
		used = utf8_next(p + i, n - i, &cp);
		if (used == 0 || !lookalike_is_word(cp)) {
			used += used == 0;
			if (in)
				break;
			continue;
		}
		if (!in)
			w->from = i;
		in = true;
		w->to = i + used;
		w->foreign = w->foreign || cp >= 0x80;
		w->is_ascii = w->is_ascii && lookalike_ascii(cp) != '\0';
		script = (cp < 0x80 && (cp | 0x20) < 'a') || cp == '_' ? NULL :
		    lookalike_script(cp);
		if (script == NULL)
			continue;
		if (w->script == NULL)
			w->script = script;
		else if (w->other == NULL && strcmp(w->script, script) != 0)
			w->other = script;
	}
	*at = i;
	return in;
}

/* Is it a word among words of its language: the one next to it, after a single
 * space, has letters that don't look like ASCII? */
static bool
lookalike_is_prose(const char *p, const struct lookalike *w,
    const struct lookalike *next)
{
	size_t from = w->to < next->to ? w->to : next->to;
	size_t to = w->to < next->to ? next->from : w->from;

	return next->foreign && !next->is_ascii && next->other == NULL &&
	    w->script != NULL && next->script != NULL &&
	    strcmp(w->script, next->script) == 0 && to == from + 1 &&
	    p[from] == ' ';
}

bool
lookalike_next(const char *p, size_t n, size_t *at, struct lookalike *w)
{
	struct lookalike last = { 0 }, next;
	size_t i;

	while (lookalike_word(p, n, at, w)) {
		i = *at;
		if (w->foreign && w->other != NULL)
			return true;
		if (w->foreign && w->is_ascii &&
		    !(last.to > 0 && lookalike_is_prose(p, w, &last)) &&
		    !(lookalike_word(p, n, &i, &next) &&
		    lookalike_is_prose(p, w, &next)))
			return true;
		last = *w;
	}
	return false;
}

void
lookalike_words(struct buf *b, const char *p, const struct lookalike *w)
{
	size_t i, used;
	uint32_t cp;

	buf_addc(b, '"');
	for (i = w->from; i < w->to; i += used) {
		used = utf8_next(p + i, w->to - i, &cp);
		/* Show the code point: the character would look the same. */
		if (w->is_ascii && cp >= 0x80)
			buf_addf(b, "<U+%04X>", (unsigned)cp);
		else
			buf_add(b, p + i, used);
	}
	buf_adds(b, "\" ");
	if (w->other != NULL)
		buf_addf(b, "mixes %s and %s", w->script, w->other);
	if (!w->is_ascii)
		return;
	buf_addf(b, "%slooks like \"", w->other != NULL ? ", " : "");
	for (i = w->from; i < w->to; i += used) {
		used = utf8_next(p + i, w->to - i, &cp);
		buf_addc(b, lookalike_ascii(cp));
	}
	buf_addc(b, '"');
	if (w->other == NULL && w->script != NULL &&
	    strcmp(w->script, "Latin") != 0)
		buf_addf(b, ", is %s", w->script);
}

/* Fold a text: letters without their variants, without invisible characters,
 * each as the ASCII character that it looks like. */
char *
lookalike_name(const char *name, bool *space)
{
	AUTO_FREE utf8proc_uint8_t *plain = NULL;
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *p = name, *end;
	uint32_t cp;
	char c;
	size_t used;

	if (!utf8_is_ascii(name, strlen(name)) &&
	    utf8proc_map((const utf8proc_uint8_t *)name, 0, &plain,
	    (utf8proc_option_t)(UTF8PROC_NULLTERM | UTF8PROC_DECOMPOSE |
	    UTF8PROC_COMPAT | UTF8PROC_IGNORE | UTF8PROC_LUMP)) > 0)
		p = (const char *)plain;
	for (end = p + strlen(p); end > p && strchr(" \t\n\v\f\r", end[-1]) !=
	    NULL; end--)
		;
	if (space != NULL)
		*space = *end != '\0';
	for (; p < end; p += used) {
		used = utf8_next(p, (size_t)(end - p), &cp);
		if (used > 0 && sanitize_misleads(cp))
			continue;
		c = used == 0 ? '\0' : cp == 0x131 ? 'i' : lookalike_ascii(cp);
		if (c != '\0') {
			buf_addc(&b, strchr("1I|", c) != NULL ? 'l' :
			    c == '0' ? 'O' : c);
			continue;
		}
		used += used == 0;
		buf_add(&b, p, used);
	}
	return xstrdup(buf_str(&b));
}
