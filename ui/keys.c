/*
 * The decoder never guesses.  What looks like the start of a sequence is held
 * back until its final byte; a sequence that was given up (`dead`) still
 * swallows its tail, so that an arrow key cut in two by a slow line cannot end
 * in a letter that decides something.
 *
 *	GROUND -ESC-> ESC -[-> CSI -final-> GROUND	(CSI M -> MOUSE: 3 bytes)
 *	               |  -O-> SS3 -final-> GROUND	(CSI [ -> LINUX: 1 byte)
 *	               |  -]P_^X-> STRING -BEL or ESC \-> GROUND
 *	               +- other: the key with Alt
 *	GROUND -CSI 200~-> PASTE -CSI 201~-> GROUND
 */
#include "config.h"

#include "ui/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

#define KEYS_PARAMS_MAX 32

enum keys_state {
	KEYS_IN_GROUND, KEYS_IN_ESC, KEYS_IN_CSI, KEYS_IN_SS3, KEYS_IN_LINUX, KEYS_IN_MOUSE,
	KEYS_IN_STRING, KEYS_IN_UTF8, KEYS_IN_PASTE,
};

struct keys {
	keys_cb		*cb;
	void		*arg;
	enum keys_state	 state;
	bool		 dead;		/* gives nothing when it ends */
	bool		 late_esc;	/* a lone ESC was given up just before */
	bool		 alt;		/* of the UTF-8 character being read */
	bool		 string_esc;
	bool		 guess;		/* pastes come without marks */
	int64_t		 since;		/* of the last byte */
	int64_t		 paste_end;	/* text until then */
	char		 seq[KEYS_PARAMS_MAX];	/* parameters, or UTF-8 */
	size_t		 len;
	unsigned	 mouse_left;
	size_t		 match;		/* bytes of the paste's end seen */
	struct buf	 paste;
};

static const char keys_paste_end[] = "\033[201~";

struct keys *
keys_new(keys_cb *cb, void *arg)
{
	struct keys *k = xcalloc(1, sizeof(*k));

	k->cb = cb;
	k->arg = arg;
	k->paste_end = INT64_MIN;
	buf_init(&k->paste, 0);
	return k;
}

void
keys_free(struct keys *k)
{
	if (k == NULL)
		return;
	buf_release(&k->paste);
	free(k);
}

void
keys_guess_pastes(struct keys *k)
{
	k->guess = true;
}

static void
keys_give_paste(struct keys *k)
{
	struct key_event ev = { 0, k->paste.p, k->paste.len };

	if (k->paste.len > 0)
		k->cb(k->arg, &ev);
	buf_clear(&k->paste);
}

static void
keys_give(struct keys *k, uint32_t key, int64_t now)
{
	struct key_event ev = { key, NULL, 0 };

	/* Whatever stands right behind a paste was pasted too. */
	if (now < k->paste_end) {
		if (key == KEYS_ENTER || key == (KEYS_CTRL | 'j'))
			buf_addc(&k->paste, '\n');
		else if (key == KEYS_TAB)
			buf_addc(&k->paste, '\t');
		else if (key < 0x110000)
			utf8_put(&k->paste, key);
		keys_give_paste(k);
		return;
	}
	k->cb(k->arg, &ev);
}

static uint32_t
keys_of_byte(unsigned char c)
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

static uint32_t
keys_modifiers(int param)
{
	uint32_t m = 0;

	if (param < 2 || param > 16)
		return 0;
	param--;
	if ((param & 1) != 0)
		m |= KEYS_SHIFT;
	if ((param & 2) != 0 || (param & 8) != 0)
		m |= KEYS_ALT;
	if ((param & 4) != 0)
		m |= KEYS_CTRL;
	return m;
}

/* Up to three numbers; -1 where one is missing. False if there is anything
 * but digits and semicolons. */
static bool
keys_params(const struct keys *k, int out[3])
{
	size_t i, n = 0;

	out[0] = out[1] = out[2] = -1;
	for (i = 0; i < k->len; i++) {
		char c = k->seq[i];

		if (c == ';') {
			if (++n == 3)
				return false;
		} else if (c >= '0' && c <= '9') {
			if (out[n] < 0)
				out[n] = 0;
			if (out[n] > 100000)
				return false;
			out[n] = out[n] * 10 + (c - '0');
		} else
			return false;
	}
	return true;
}

static uint32_t
keys_of_letter(char c)
{
	switch (c) {
	case 'A':
		return KEYS_UP;
	case 'B':
		return KEYS_DOWN;
	case 'C':
		return KEYS_RIGHT;
	case 'D':
		return KEYS_LEFT;
	case 'H':
		return KEYS_HOME;
	case 'F':
		return KEYS_END;
	case 'P':
	case 'Q':
	case 'R':
	case 'S':
		return (uint32_t)(KEYS_F1 + (c - 'P'));
	default:
		return 0;
	}
}

static uint32_t
keys_of_tilde(int n)
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

/* A whole CSI or SS3 sequence. What is not known gives nothing. */
static void
keys_sequence(struct keys *k, char final, int64_t now)
{
	bool ss3 = k->state == KEYS_IN_SS3;
	uint32_t key = 0;
	int v[3];

	k->state = KEYS_IN_GROUND;
	if (k->dead || !keys_params(k, v))
		return;
	if (final == '~' && !ss3 && v[0] == 200) {
		k->state = KEYS_IN_PASTE;
		k->match = 0;
		return;
	}
	if (final == '~' && !ss3 && v[0] == 27 && v[2] == 13)
		key = KEYS_ENTER | keys_modifiers(v[1]);
	else if (final == 'u' && !ss3 && v[0] == 13)
		key = KEYS_ENTER | keys_modifiers(v[1]);
	else if (final == '~' && !ss3) {
		if ((key = keys_of_tilde(v[0])) != 0)
			key |= keys_modifiers(v[1]);
	} else if (final == 'Z' && !ss3)
		key = KEYS_TAB | KEYS_SHIFT;
	else if ((key = keys_of_letter(final)) != 0)
		key |= keys_modifiers(v[1]);
	if (key != 0)
		keys_give(k, key, now);
}

static void
keys_start(struct keys *k, enum keys_state state, bool dead)
{
	k->state = state;
	k->dead = dead;
	k->len = 0;
	k->string_esc = false;
}

static void
keys_ground(struct keys *k, unsigned char c, uint32_t alt, int64_t now)
{
	bool late = k->late_esc;

	k->late_esc = false;
	k->state = KEYS_IN_GROUND;
	if (c == 0x1b) {
		keys_start(k, KEYS_IN_ESC, false);
		return;
	}
	if (late && (c == '[' || c == 'O')) {
		keys_start(k, c == '[' ? KEYS_IN_CSI : KEYS_IN_SS3, true);
		return;
	}
	/* CSI and SS3 as one byte: no UTF-8 character starts so. */
	if (c == 0x9b || c == 0x8f) {
		keys_start(k, c == 0x9b ? KEYS_IN_CSI : KEYS_IN_SS3, false);
		return;
	}
	if (c < 0x80) {
		keys_give(k, keys_of_byte(c) | alt, now);
		return;
	}
	if (c >= 0xc2 && c <= 0xf4) {
		keys_start(k, KEYS_IN_UTF8, false);
		k->alt = alt != 0;
		k->seq[k->len++] = (char)c;
	}
}

static void
keys_esc(struct keys *k, unsigned char c, int64_t now)
{
	switch (c) {
	case '[':
		keys_start(k, KEYS_IN_CSI, k->dead);
		break;
	case 'O':
		keys_start(k, KEYS_IN_SS3, k->dead);
		break;
	case ']':
	case 'P':
	case '_':
	case '^':
	case 'X':
		keys_start(k, KEYS_IN_STRING, k->dead);
		break;
	default:
		keys_ground(k, c, KEYS_ALT, now);
		break;
	}
}

static void
keys_csi(struct keys *k, unsigned char c, int64_t now)
{
	if (c == 0x1b) {
		keys_start(k, KEYS_IN_ESC, false);
	} else if (c < 0x20 || c >= 0x7f) {
		/* Broken: a control key still counts, the rest is noise. */
		k->state = KEYS_IN_GROUND;
		if (c < 0x20)
			keys_give(k, keys_of_byte(c), now);
	} else if (k->state == KEYS_IN_CSI && c == '[' && k->len == 0) {
		k->state = KEYS_IN_LINUX;
	} else if (k->state == KEYS_IN_CSI && c == 'M' && k->len == 0) {
		k->state = KEYS_IN_MOUSE;
		k->mouse_left = 3;
	} else if (c >= 0x40) {
		keys_sequence(k, (char)c, now);
	} else if (k->len < sizeof(k->seq)) {
		k->seq[k->len++] = (char)c;
	} else
		k->dead = true;
}

static void
keys_utf8(struct keys *k, unsigned char c, int64_t now)
{
	size_t need = (unsigned char)k->seq[0] >= 0xf0 ? 4 :
	    (unsigned char)k->seq[0] >= 0xe0 ? 3 : 2;
	uint32_t cp;

	if ((c & 0xc0) != 0x80) {
		keys_ground(k, c, 0, now);
		return;
	}
	k->seq[k->len++] = (char)c;
	if (k->len < need)
		return;
	k->state = KEYS_IN_GROUND;
	if (utf8_next(k->seq, k->len, &cp) == need)
		keys_give(k, cp | (k->alt ? KEYS_ALT : 0), now);
}

static void
keys_paste(struct keys *k, char c, int64_t now)
{
	if (c == keys_paste_end[k->match]) {
		if (++k->match < sizeof(keys_paste_end) - 1)
			return;
		keys_give_paste(k);
		k->state = KEYS_IN_GROUND;
		k->paste_end = now + KEYS_PASTE_MS;
		return;
	}
	/* ESC stands only at the start of the mark: no overlap to look for. */
	buf_add(&k->paste, keys_paste_end, k->match);
	k->match = 0;
	if (c == keys_paste_end[0])
		k->match = 1;
	else
		buf_addc(&k->paste, c);
}

static void
keys_byte(struct keys *k, unsigned char c, int64_t now)
{
	switch (k->state) {
	case KEYS_IN_GROUND:
		keys_ground(k, c, 0, now);
		break;
	case KEYS_IN_ESC:
		keys_esc(k, c, now);
		break;
	case KEYS_IN_CSI:
	case KEYS_IN_SS3:
		keys_csi(k, c, now);
		break;
	case KEYS_IN_LINUX:
		k->state = KEYS_IN_GROUND;
		if (!k->dead && c >= 'A' && c <= 'E')
			keys_give(k, (uint32_t)(KEYS_F1 + (c - 'A')), now);
		break;
	case KEYS_IN_MOUSE:
		if (--k->mouse_left == 0)
			k->state = KEYS_IN_GROUND;
		break;
	case KEYS_IN_STRING:
		if (c == 0x07 || c == 0x03 || (k->string_esc && c == '\\'))
			k->state = KEYS_IN_GROUND;
		k->string_esc = c == 0x1b;
		if (c == 0x03)
			keys_give(k, KEYS_CTRL | 'c', now);
		break;
	case KEYS_IN_UTF8:
		keys_utf8(k, c, now);
		break;
	case KEYS_IN_PASTE:
		keys_paste(k, (char)c, now);
		break;
	}
}

/* A key held down repeats itself, sequences begin with ESC, and Ctrl-C counts
 * whatever stands around it. */
static bool
keys_looks_pasted(const char *p, size_t n)
{
	size_t i;
	bool differ = false;

	for (i = 0; i < n; i++) {
		if (p[i] == 0x1b || p[i] == 0x03)
			return false;
		differ = differ || p[i] != p[0];
	}
	return differ && n > KEYS_TYPED_MAX;
}

void
keys_feed(struct keys *k, const char *p, size_t n, int64_t now)
{
	size_t i;

	keys_tick(k, now);
	if (k->guess && k->state == KEYS_IN_GROUND && !k->late_esc &&
	    keys_looks_pasted(p, n)) {
		buf_add(&k->paste, p, n);
		keys_give_paste(k);
		k->paste_end = now + KEYS_PASTE_MS;
		return;
	}
	for (i = 0; i < n; i++)
		keys_byte(k, (unsigned char)p[i], now);
	keys_give_paste(k);
	k->since = now;
}

int64_t
keys_deadline(const struct keys *k)
{
	switch (k->state) {
	case KEYS_IN_ESC:
	case KEYS_IN_UTF8:
	case KEYS_IN_STRING:
		return k->since + KEYS_WAIT_MS;
	case KEYS_IN_CSI:
	case KEYS_IN_SS3:
	case KEYS_IN_LINUX:
		return k->dead ? -1 : k->since + KEYS_WAIT_MS;
	default:
		return -1;
	}
}

void
keys_tick(struct keys *k, int64_t now)
{
	int64_t due = keys_deadline(k);

	if (due < 0 || now < due)
		return;
	switch (k->state) {
	case KEYS_IN_ESC:
		k->state = KEYS_IN_GROUND;
		k->late_esc = true;
		keys_give(k, KEYS_ESC, now);
		break;
	case KEYS_IN_CSI:
	case KEYS_IN_SS3:
	case KEYS_IN_LINUX:
		k->dead = true;
		break;
	default:
		k->state = KEYS_IN_GROUND;
		break;
	}
}

static const struct {
	const char	*name;
	uint32_t	 key;
} keys_names[] = {
	{ "Up", KEYS_UP }, { "Down", KEYS_DOWN }, { "Left", KEYS_LEFT },
	{ "Right", KEYS_RIGHT }, { "Home", KEYS_HOME }, { "End", KEYS_END },
	{ "PageUp", KEYS_PAGEUP }, { "PageDown", KEYS_PAGEDOWN },
	{ "Insert", KEYS_INSERT }, { "Delete", KEYS_DELETE },
	{ "Backspace", KEYS_BACKSPACE }, { "Enter", KEYS_ENTER },
	{ "Tab", KEYS_TAB }, { "Esc", KEYS_ESC }, { "Space", ' ' },
};

void
keys_name(uint32_t key, char out[KEYS_NAME_SIZE])
{
	struct buf b = BUF_INIT(0);
	uint32_t base = key & 0x1fffff;
	size_t i;

	if ((key & KEYS_CTRL) != 0)
		buf_adds(&b, "C-");
	if ((key & KEYS_ALT) != 0)
		buf_adds(&b, "M-");
	if ((key & KEYS_SHIFT) != 0)
		buf_adds(&b, "S-");
	for (i = 0; i < MEM_COUNT(keys_names); i++)
		if (keys_names[i].key == base)
			break;
	if (i < MEM_COUNT(keys_names))
		buf_adds(&b, keys_names[i].name);
	else if (base >= KEYS_F1 && base <= KEYS_F12)
		buf_addf(&b, "F%u", base - KEYS_F1 + 1);
	else
		utf8_put(&b, base);
	snprintf(out, KEYS_NAME_SIZE, "%s", buf_str(&b));
	buf_release(&b);
}

uint32_t
keys_parse(const char *s, size_t n)
{
	uint32_t mods = 0, cp;
	size_t i;

	while (n > 2 && s[1] == '-') {
		if (s[0] == 'C')
			mods |= KEYS_CTRL;
		else if (s[0] == 'M')
			mods |= KEYS_ALT;
		else if (s[0] == 'S')
			mods |= KEYS_SHIFT;
		else
			return 0;
		s += 2;
		n -= 2;
	}
	for (i = 0; i < MEM_COUNT(keys_names); i++)
		if (strlen(keys_names[i].name) == n &&
		    memcmp(keys_names[i].name, s, n) == 0)
			return keys_names[i].key | mods;
	if (n >= 2 && n <= 3 && s[0] == 'F' && s[1] >= '1' && s[1] <= '9') {
		cp = (uint32_t)(s[1] - '0');
		if (n == 3)
			cp = cp * 10 + (uint32_t)(s[2] - '0');
		return cp <= 12 ? (KEYS_F1 + cp - 1) | mods : 0;
	}
	if (n == 0 || utf8_next(s, n, &cp) != n)
		return 0;
	return cp | mods;
}
