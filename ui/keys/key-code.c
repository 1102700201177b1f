#include "config.h"

#include "ui/keys/key-code.h"

#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "front/bindings.h"

/* Each code of the protocol's own: the key, a character, or 0. */
static const struct {
	int		 code;
	uint32_t	 key;
} key_codes[] = {
	/* clang-format off */
	{ 57344, KEYS_ESC },	/* ESCAPE */
	{ 57345, KEYS_ENTER },	/* ENTER */
	{ 57346, KEYS_TAB },	/* TAB */
	{ 57347, KEYS_BACKSPACE },	/* BACKSPACE */
	{ 57348, KEYS_INSERT },	/* INSERT */
	{ 57349, KEYS_DELETE },	/* DELETE */
	{ 57350, KEYS_LEFT },	/* LEFT */
	{ 57351, KEYS_RIGHT },	/* RIGHT */
	{ 57352, KEYS_UP },	/* UP */
	{ 57353, KEYS_DOWN },	/* DOWN */
	{ 57354, KEYS_PAGEUP },	/* PAGE_UP */
	{ 57355, KEYS_PAGEDOWN },	/* PAGE_DOWN */
	{ 57356, KEYS_HOME },	/* HOME */
	{ 57357, KEYS_END },	/* END */
	{ 57358, 0 },	/* CAPS_LOCK */
	{ 57359, 0 },	/* SCROLL_LOCK */
	{ 57360, 0 },	/* NUM_LOCK */
	{ 57361, 0 },	/* PRINT_SCREEN */
	{ 57362, 0 },	/* PAUSE */
	{ 57363, 0 },	/* MENU */
	{ 57364, KEYS_F1 },	/* F1 */
	{ 57365, KEYS_F1 + 1 },	/* F2 */
	{ 57366, KEYS_F1 + 2 },	/* F3 */
	{ 57367, KEYS_F1 + 3 },	/* F4 */
	{ 57368, KEYS_F1 + 4 },	/* F5 */
	{ 57369, KEYS_F1 + 5 },	/* F6 */
	{ 57370, KEYS_F1 + 6 },	/* F7 */
	{ 57371, KEYS_F1 + 7 },	/* F8 */
	{ 57372, KEYS_F1 + 8 },	/* F9 */
	{ 57373, KEYS_F1 + 9 },	/* F10 */
	{ 57374, KEYS_F1 + 10 },	/* F11 */
	{ 57375, KEYS_F1 + 11 },	/* F12 */
	{ 57376, 0 },	/* F13 */
	{ 57377, 0 },	/* F14 */
	{ 57378, 0 },	/* F15 */
	{ 57379, 0 },	/* F16 */
	{ 57380, 0 },	/* F17 */
	{ 57381, 0 },	/* F18 */
	{ 57382, 0 },	/* F19 */
	{ 57383, 0 },	/* F20 */
	{ 57384, 0 },	/* F21 */
	{ 57385, 0 },	/* F22 */
	{ 57386, 0 },	/* F23 */
	{ 57387, 0 },	/* F24 */
	{ 57388, 0 },	/* F25 */
	{ 57389, 0 },	/* F26 */
	{ 57390, 0 },	/* F27 */
	{ 57391, 0 },	/* F28 */
	{ 57392, 0 },	/* F29 */
	{ 57393, 0 },	/* F30 */
	{ 57394, 0 },	/* F31 */
	{ 57395, 0 },	/* F32 */
	{ 57396, 0 },	/* F33 */
	{ 57397, 0 },	/* F34 */
	{ 57398, 0 },	/* F35 */
	{ 57399, '0' },	/* KP_0 */
	{ 57400, '1' },	/* KP_1 */
	{ 57401, '2' },	/* KP_2 */
	{ 57402, '3' },	/* KP_3 */
	{ 57403, '4' },	/* KP_4 */
	{ 57404, '5' },	/* KP_5 */
	{ 57405, '6' },	/* KP_6 */
	{ 57406, '7' },	/* KP_7 */
	{ 57407, '8' },	/* KP_8 */
	{ 57408, '9' },	/* KP_9 */
	{ 57409, '.' },	/* KP_DECIMAL */
	{ 57410, '/' },	/* KP_DIVIDE */
	{ 57411, '*' },	/* KP_MULTIPLY */
	{ 57412, '-' },	/* KP_SUBTRACT */
	{ 57413, '+' },	/* KP_ADD */
	{ 57414, KEYS_ENTER },	/* KP_ENTER */
	{ 57415, '=' },	/* KP_EQUAL */
	{ 57416, ',' },	/* KP_SEPARATOR */
	{ 57417, KEYS_LEFT },	/* KP_LEFT */
	{ 57418, KEYS_RIGHT },	/* KP_RIGHT */
	{ 57419, KEYS_UP },	/* KP_UP */
	{ 57420, KEYS_DOWN },	/* KP_DOWN */
	{ 57421, KEYS_PAGEUP },	/* KP_PAGE_UP */
	{ 57422, KEYS_PAGEDOWN },	/* KP_PAGE_DOWN */
	{ 57423, KEYS_HOME },	/* KP_HOME */
	{ 57424, KEYS_END },	/* KP_END */
	{ 57425, KEYS_INSERT },	/* KP_INSERT */
	{ 57426, KEYS_DELETE },	/* KP_DELETE */
	{ 57427, 0 },	/* KP_BEGIN */
	{ 57428, 0 },	/* MEDIA_PLAY */
	{ 57429, 0 },	/* MEDIA_PAUSE */
	{ 57430, 0 },	/* MEDIA_PLAY_PAUSE */
	{ 57431, 0 },	/* MEDIA_REVERSE */
	{ 57432, 0 },	/* MEDIA_STOP */
	{ 57433, 0 },	/* MEDIA_FAST_FORWARD */
	{ 57434, 0 },	/* MEDIA_REWIND */
	{ 57435, 0 },	/* MEDIA_TRACK_NEXT */
	{ 57436, 0 },	/* MEDIA_TRACK_PREVIOUS */
	{ 57437, 0 },	/* MEDIA_RECORD */
	{ 57438, 0 },	/* LOWER_VOLUME */
	{ 57439, 0 },	/* RAISE_VOLUME */
	{ 57440, 0 },	/* MUTE_VOLUME */
	{ 57441, 0 },	/* LEFT_SHIFT */
	{ 57442, 0 },	/* LEFT_CONTROL */
	{ 57443, 0 },	/* LEFT_ALT */
	{ 57444, 0 },	/* LEFT_SUPER */
	{ 57445, 0 },	/* LEFT_HYPER */
	{ 57446, 0 },	/* LEFT_META */
	{ 57447, 0 },	/* RIGHT_SHIFT */
	{ 57448, 0 },	/* RIGHT_CONTROL */
	{ 57449, 0 },	/* RIGHT_ALT */
	{ 57450, 0 },	/* RIGHT_SUPER */
	{ 57451, 0 },	/* RIGHT_HYPER */
	{ 57452, 0 },	/* RIGHT_META */
	{ 57453, 0 },	/* ISO_LEVEL3_SHIFT */
	{ 57454, 0 },	/* ISO_LEVEL5_SHIFT */
	/* clang-format on */
};

_Static_assert(MEM_COUNT(key_codes) == KEY_CODE_LAST - KEY_CODE_FIRST + 1,
    "a row for each code");

int64_t
key_of_code(int code)
{
	if (code < KEY_CODE_FIRST || code > KEY_CODE_LAST)
		return -1;
	return key_codes[code - KEY_CODE_FIRST].code == code ?
	    (int64_t)key_codes[code - KEY_CODE_FIRST].key : -1;
}

/* The letters of usual layouts, and of the same keys on a US keyboard: for
 * terminals that don't tell the base layout. */
static const struct {
	const char *letters, *latin;
} key_layouts[] = {
	{ "йцукенгшщзхъфывапролджэячсмитьбюё",
	    "qwertyuiop[]asdfghjkl;'zxcvbnm,.`" },
	{ "іїєґў", "s]'\\o" },		/* Ukrainian, Belarusian */
	{ "ςερτυθιοπασδφγηξκλζχψωβνμ", "wertyuiopasdfghjklzxcvbnm" },
	{ "קראטוןםפשדגכעיחלךףזסבהנמצתץ", "ertyuiopasdfghjkl;zxcvbnm,." },
};

uint32_t
key_latin(uint32_t c)
{
	const char *p, *latin;
	uint32_t letter;
	size_t i;

	for (i = 0; i < MEM_COUNT(key_layouts); i++) {
		p = key_layouts[i].letters;
		for (latin = key_layouts[i].latin; *latin != '\0'; latin++) {
			p += utf8_next(p, strlen(p), &letter);
			if (letter == c)
				return (unsigned char)*latin;
		}
	}
	return c;
}

uint32_t
key_of_byte(unsigned char c)
{
	switch (c) {
	case '\t':
		return KEYS_TAB;
	case '\r':
		return KEYS_ENTER;
	case 0x08:
	case 0x7f:
		return KEYS_BACKSPACE;
	case 0x1b:
		return KEYS_ESC;
	case 0:
		return KEYS_CTRL | ' ';
	default:
		break;
	}
	if (c < 0x1b)
		return KEYS_CTRL | (uint32_t)(c + 'a' - 1);
	if (c < 0x20)
		return KEYS_CTRL | (uint32_t)(c + '@');
	return c;
}

/* ---- numbers ---- */

bool
key_numbers_read(struct key_numbers *k, const char *p, size_t n)
{
	size_t field = 0, part = 0;
	int *at = &k->of[0][0];
	const char *end = p + n;

	memset(k, -1, sizeof(*k));
	for (; p < end; p++) {
		if (*p == ';') {
			field++;
			part = 0;
		} else if (*p == ':') {
			part++;
		} else if (*p < '0' || *p > '9') {
			return false;
		}
		if (field == KEY_FIELDS || part == KEY_PARTS)
			return false;
		at = &k->of[field][part];
		if (*p == ';' || *p == ':')
			continue;
		if (*at > 0x110000)
			return false;
		*at = (*at < 0 ? 0 : *at * 10) + (*p - '0');
	}
	return true;
}

#define KEY_RELEASE 3

bool
key_numbers_release(const struct key_numbers *k)
{
	return k->of[1][1] == KEY_RELEASE;
}

/* Of kitty's modifiers, Super, Hyper and Meta are taken for Alt; Caps Lock and
 * Num Lock (64 and 128) aren't ours. */
#define KEY_MOD_SHIFT	1
#define KEY_MOD_ALT	(2 | 8 | 16 | 32)
#define KEY_MOD_CTRL	4

static uint32_t
key_modifiers(int param)
{
	int bits = param < 2 ? 0 : param - 1;
	uint32_t m = 0;

	if ((bits & KEY_MOD_SHIFT) != 0)
		m |= KEYS_SHIFT;
	if ((bits & KEY_MOD_ALT) != 0)
		m |= KEYS_ALT;
	if ((bits & KEY_MOD_CTRL) != 0)
		m |= KEYS_CTRL;
	return m;
}

/* ---- keys by a letter or a number ---- */

static uint32_t
key_of_letter(char c)
{
	static const uint32_t letters['S' - 'A' + 1] = { KEYS_UP, KEYS_DOWN,
		KEYS_RIGHT, KEYS_LEFT, ['F' - 'A'] = KEYS_END,
		['H' - 'A'] = KEYS_HOME, ['P' - 'A'] = KEYS_F1, KEYS_F1 + 1,
		KEYS_F1 + 2, KEYS_F1 + 3 };

	return c >= 'A' && c <= 'S' ? letters[c - 'A'] : 0;
}

static uint32_t
key_of_tilde(int n)
{
	static const uint32_t low[] = { 0, KEYS_HOME, KEYS_INSERT, KEYS_DELETE,
		KEYS_END, KEYS_PAGEUP, KEYS_PAGEDOWN, KEYS_HOME, KEYS_END };
	static const int f[] = { 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23,
		24 };
	size_t i;

	if (n > 0 && n < (int)MEM_COUNT(low))
		return low[n];
	for (i = 0; i < MEM_COUNT(f); i++)
		if (f[i] == n)
			return (uint32_t)(KEYS_F1 + i);
	return 0;
}

uint32_t
key_of_ss3(const struct key_numbers *k, char final)
{
	uint32_t key;

	/* An arrow with Ctrl in rxvt. */
	if (final >= 'a' && final <= 'd')
		return key_of_letter((char)(final - 'a' + 'A')) | KEYS_CTRL;
	key = key_of_letter(final);
	return key == 0 ? 0 : key | key_modifiers(k->of[1][0]);
}

/* ---- keys by their character ---- */

static bool
key_is_text(int c)
{
	return c >= ' ' && c < 0x110000 && (c < 0x7f || c >= 0xa0) &&
	    (c < 0xd800 || c > 0xf8ff);
}

/* With Ctrl: what a terminal sends that wasn't asked for more. */
static uint32_t
key_with_ctrl(uint32_t c)
{
	static const char digits[] = "2345678/?";
	static const char bytes[] = "\0\033\034\035\036\037\177\037\177";
	const char *digit;

	if (c > 0x7e || c < ' ')
		return 0;
	if (c == ' ' || c >= '@')
		return key_of_byte((unsigned char)(c & 0x1f));
	digit = strchr(digits, (int)c);
	return digit == NULL ? 0 :
	    key_of_byte((unsigned char)bytes[digit - digits]);
}

/* A character with these modifiers: text, or a command. */
static uint32_t
key_of_character(int code, int shifted, int base, uint32_t m)
{
	uint32_t c = (uint32_t)code;

	if (!key_is_text(code))
		return 0;
	if ((m & (KEYS_CTRL | KEYS_ALT)) != 0 && c > 0x7e) {
		if (base > ' ' && base < 0x7f)
			c = (uint32_t)base;
		else
			c = key_latin(c);
	}
	if ((m & KEYS_CTRL) != 0) {
		c = key_with_ctrl(c);
		return c == 0 ? 0 : c | (m & KEYS_ALT);
	}
	if ((m & KEYS_SHIFT) != 0) {
		if (c >= 'a' && c <= 'z')
			c -= 'a' - 'A';
		else if (c == (uint32_t)code && key_is_text(shifted))
			c = (uint32_t)shifted;
	}
	return c | (m & KEYS_ALT);
}

static uint32_t
key_of_numbers(int code, int shifted, int base, uint32_t m)
{
	int64_t key = key_of_code(code);

	if (key >= KEYS_UP)
		return (uint32_t)key | m;
	if (key == 0)
		return 0;
	if (key > 0)
		code = (int)key;
	switch (code) {
	case 27:
		return KEYS_ESC;
	case '\r':
		return KEYS_ENTER | m;
	case '\t':
		return KEYS_TAB | m;
	case 0x7f:
		return KEYS_BACKSPACE | (m & (KEYS_ALT | KEYS_CTRL));
	default:
		return key_of_character(code, shifted, base, m);
	}
}

/* The text that a terminal says the key types. */
static size_t
key_text(const int *text, uint32_t out[KEY_PARTS])
{
	size_t n;

	for (n = 0; n < KEY_PARTS && key_is_text(text[n]); n++)
		out[n] = (uint32_t)text[n];
	return n;
}

size_t
key_of_csi(const struct key_numbers *k, char final, uint32_t out[KEY_PARTS])
{
	uint32_t m = key_modifiers(k->of[1][0]);
	const int *code = k->of[0];
	size_t n;

	if (final == 'u') {
		n = (m & (KEYS_CTRL | KEYS_ALT)) != 0 ? 0 :
		    key_text(k->of[2], out);
		if (n > 0)
			return n;
		out[0] = key_of_numbers(code[0], code[1], code[2], m);
	} else if (final == '~' && code[0] == 27) {
		out[0] = key_of_numbers(k->of[2][0], -1, -1, m);
	} else if (final == 'Z') {
		out[0] = KEYS_TAB | KEYS_SHIFT;
	} else {
		out[0] = final == '~' ? key_of_tilde(code[0]) :
		    key_of_letter(final);
		if (out[0] != 0)
			out[0] |= m;
	}
	return out[0] == 0 ? 0 : 1;
}

void
key_add_bare(struct buf *b, const char *p, size_t n)
{
	const char *colon = memchr(p, ':', n), *end;

	if (n < 3 || memcmp(p, "\033[", 2) != 0 || p[n - 1] != 'u' ||
	    colon == NULL) {
		buf_add(b, p, n);
		return;
	}
	end = memchr(p, ';', n);
	if (end == NULL)
		end = p + n - 1;
	if (colon > end)
		colon = end;
	buf_add(b, p, (size_t)(colon - p));
	buf_add(b, end, (size_t)(p + n - end));
}
