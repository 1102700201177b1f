/*
 * The start of a sequence is held back until its final byte.  A sequence that
 * timed out (`dead`) is still read to its end and dropped, so that an arrow key
 * that a slow line cut in two can't end in a letter that decides something.
 * ESC alone becomes a key after a much shorter wait.  If the byte after it
 * begins a sequence and comes within KEYS_WAIT_MS, the line cut the sequence
 * there, and the rest is dropped; any other byte is a key.
 *
 *	GROUND -ESC-> ESC -[-> CSI -final-> GROUND	(CSI M -> MOUSE: 3 bytes)
 *	               |  -O-> SS3 -final-> GROUND	(CSI [ -> LINUX: 1 byte)
 *	               |				(CSI O -> FOCUS: F, H, or none)
 *	               |  -]P_^X-> STRING -BEL or ESC \-> GROUND
 *	               +- other: the key with Alt
 *	GROUND -CSI 200~-> PASTE -CSI 201~-> GROUND
 *
 * Of a mouse (CSI < button ; column ; row M), the left button and the wheel are
 * told; the rest is dropped.
 *
 * Not every paste has marks, and a slow line brings several keys at once: keys of
 * one read came `together`.  What comes within KEYS_PASTE_MS after a paste is more
 * of it.  A paste whose end never comes ends with a key alone after a second of
 * silence.
 *
 * key-code.c says which key a sequence stands for.
 */

#include "config.h"

#include "ui/keys/keys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "front/bindings.h"
#include "ui/keys/key-code.h"

static bool
keys_is_set(const char *name)
{
	const char *s = getenv(name);

	return s != NULL && s[0] != '\0';
}

/* How long ESC waits for the byte after it. */
static int
keys_esc_ms(void)
{
	const char *delay = getenv("ESCDELAY"), *term = getenv("TERM");
	char *end;
	long ms;

	if (keys_is_set("ESCDELAY")) {
		ms = strtol(delay, &end, 10);
		if (*end == '\0' && ms > 0)
			return ms < KEYS_ESC_MAX_MS ? (int)ms :
			    KEYS_ESC_MAX_MS;
	}
	if (keys_is_set("SSH_TTY") || keys_is_set("SSH_CONNECTION") ||
	    keys_is_set("TMUX") || (term != NULL &&
	    (strncmp(term, "tmux", 4) == 0 ||
	    strncmp(term, "screen", 6) == 0)))
		return KEYS_ESC_FAR_MS;
	return KEYS_ESC_MS;
}

#define KEYS_PARAMS_MAX 64
#define KEYS_RAW_MAX	256

enum keys_state {
	KEYS_IN_GROUND, KEYS_IN_ESC, KEYS_IN_CSI, KEYS_IN_SS3, KEYS_IN_LINUX,
	KEYS_IN_FOCUS, KEYS_IN_MOUSE, KEYS_IN_STRING, KEYS_IN_UTF8, KEYS_IN_PASTE,
};

struct keys {
	keys_cb		*cb;
	void		*arg;
	enum keys_state	 state;
	bool		 dead;		/* too late or too long: read to its
					   end, no key */
	bool		 twice;		/* ESC came twice within its wait */
	bool		 late_esc;	/* ESC was delivered as a key; the rest
					   of its sequence may still come, */
	bool		 late_string;	/* ESC and the byte that begins a string
					   timed out, no key; the rest may still
					   come, */
	int64_t		 late_until;	/* until then */
	int		 esc_ms;	/* how long ESC waits for more */
	bool		 asked;		/* the terminal owes an answer */
	bool		 alt;		/* of the UTF-8 character being read */
	bool		 string_esc;
	bool		 together;	/* the keys of one read, see above */
	int64_t		 since;		/* of the last byte */
	int64_t		 paste_end;	/* until then all input is pasted */
	char		 seq[KEYS_PARAMS_MAX];	/* parameters, or UTF-8 */
	size_t		 len;
	unsigned	 mouse_left;
	size_t		 match;		/* bytes of the paste's end seen */
	struct buf	 paste;
	bool		 paste_begun;	/* a part of it was delivered, and no
					   key since */
	bool		 all;		/* all bytes are told, */
	struct buf	 raw;		/* and these weren't yet */
};

static const char keys_paste_end[] = "\033[201~";

struct keys *
keys_new(keys_cb *cb, void *arg)
{
	struct keys *k = xcalloc(1, sizeof(*k));

	k->cb = cb;
	k->arg = arg;
	k->paste_end = INT64_MIN;
	k->esc_ms = keys_esc_ms();
	buf_init(&k->paste, 0);
	buf_init(&k->raw, 0);
	return k;
}

struct keys *
keys_new_raw(keys_cb *cb, void *arg)
{
	struct keys *k = keys_new(cb, arg);

	k->all = true;
	return k;
}

void
keys_free(struct keys *k)
{
	if (k == NULL)
		return;
	buf_release(&k->paste);
	buf_release(&k->raw);
	free(k);
}

void
keys_expect(struct keys *k, bool answer)
{
	k->asked = answer;
}

static void
keys_give_paste(struct keys *k)
{
	struct key_event ev = { .text = k->paste.p, .len = k->paste.len,
		.goes_on = k->paste_begun };

	ev.bytes = ev.text;
	ev.bytes_len = ev.len;
	if (k->paste.len > 0) {
		k->paste_begun = true;
		k->cb(k->arg, &ev);
	}
	buf_clear(&k->paste);
}

static void
keys_give_raw(struct keys *k, uint32_t key, bool released)
{
	struct key_event ev = { .key = key, .together = k->together,
		.released = released, .bytes = k->raw.p,
		.bytes_len = k->raw.len };

	k->cb(k->arg, &ev);
	buf_clear(&k->raw);
}

static void
keys_give_rest(struct keys *k)
{
	if (k->raw.len > 0)
		keys_give_raw(k, 0, false);
}

static void
keys_give(struct keys *k, uint32_t key, int64_t now)
{
	struct key_event ev = { .key = key, .together = k->together };

	if (k->all) {
		keys_give_raw(k, key, false);
		return;
	}
	/* Keys within KEYS_PASTE_MS after a paste belong to it. */
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
	k->paste_begun = false;
	k->cb(k->arg, &ev);
}

static void
keys_mouse(struct keys *k)
{
	struct key_event ev = { 0 };
	struct key_numbers v;
	int button, x, y;

	if (!key_numbers_read(&v, k->seq + 1, k->len - 1))
		return;
	button = v.of[0][0];
	x = v.of[1][0];
	y = v.of[2][0];
	if (x < 1 || y < 1)
		return;
	if (button == 0)
		ev.key = KEYS_CLICK;
	else if (button == 64)
		ev.key = KEYS_WHEEL_UP;
	else if (button == 65)
		ev.key = KEYS_WHEEL_DOWN;
	ev.x = x - 1;
	ev.y = y - 1;
	if (ev.key != 0)
		k->cb(k->arg, &ev);
}

/* The keys of one sequence; none if it is unknown. */
static void
keys_of_sequence(struct keys *k, const struct key_numbers *v, bool ss3,
    char final, int64_t now)
{
	uint32_t keys[KEY_PARTS] = { 0 };
	bool released = key_numbers_release(v);
	size_t i, n = 1;

	if (released && !k->all)
		return;
	if (ss3)
		keys[0] = key_of_ss3(v, final);
	else
		n = key_of_csi(v, final, keys);
	if (released) {
		keys_give_raw(k, keys[0], true);
		return;
	}
	k->together = k->together || n > 1;
	for (i = 0; i < n && keys[i] != 0; i++)
		keys_give(k, keys[i], now);
}

/* A whole CSI or SS3 sequence. */
static void
keys_sequence(struct keys *k, char final, int64_t now)
{
	bool ss3 = k->state == KEYS_IN_SS3;
	bool tilde = final == '~' && !ss3;
	struct key_numbers v;

	k->state = KEYS_IN_GROUND;
	if (k->len > 0 && k->seq[0] == '<') {
		if (!ss3 && final == 'M' && !k->dead && !k->all)
			keys_mouse(k);
		return;
	}
	if (!key_numbers_read(&v, k->seq, k->len))
		return;
	/* The start of a paste counts even if it is late (`dead`): the bytes
	 * after it weren't typed. */
	if (tilde && v.of[0][0] == 200) {
		k->state = KEYS_IN_PASTE;
		k->match = 0;
		k->paste_begun = false;
		return;
	}
	/* The end of a paste whose start was lost: what comes right after it
	 * counts as pasted, too. */
	if (tilde && v.of[0][0] == 201)
		k->paste_end = now + KEYS_PASTE_MS;
	if (!k->dead)
		keys_of_sequence(k, &v, ss3, final, now);
}

static void
keys_start(struct keys *k, enum keys_state state, bool dead)
{
	k->state = state;
	k->dead = dead;
	k->len = 0;
	k->string_esc = k->twice = false;
}

/* ESC, or ESC and the byte that begins a string, timed out. The rest of the
 * sequence is expected for a while. */
static void
keys_late(struct keys *k, bool string, int64_t now)
{
	k->late_esc = !string;
	k->late_string = string;
	k->late_until = now + KEYS_WAIT_MS;
}

static void
keys_late_end(struct keys *k, int64_t now)
{
	if (now < k->late_until)
		return;
	k->late_esc = k->late_string = false;
}

/* Does a terminal's answer continue with this byte after ESC and the byte that
 * begins a string?  Nobody types that. */
static bool
keys_is_answer(unsigned char c)
{
	return c != '\0' && strchr("0123456789>=!?$", c) != NULL;
}

static void
keys_ground(struct keys *k, unsigned char c, uint32_t alt, int64_t now)
{
	bool late = k->late_esc, late_string = k->late_string;

	k->late_esc = k->late_string = false;
	k->state = KEYS_IN_GROUND;
	if (c == 0x1b) {
		keys_start(k, KEYS_IN_ESC, false);
		k->twice = alt != 0;
		return;
	}
	if (late && (c == '[' || c == 'O' || (c == ']' && k->asked))) {
		keys_start(k, c == '[' ? KEYS_IN_CSI : c == 'O' ?
		    KEYS_IN_SS3 : KEYS_IN_STRING, true);
		return;
	}
	if (late_string && keys_is_answer(c)) {
		keys_start(k, KEYS_IN_STRING, true);
		k->len = 1;
		return;
	}
	/* CSI, SS3 and OSC as one byte: no UTF-8 character starts with it, but
	 * the line may have cut one before it. So OSC only if it's awaited: it
	 * would swallow what is typed. */
	if (c == 0x9b || c == 0x8f || (c == 0x9d && k->asked)) {
		keys_start(k, c == 0x9b ? KEYS_IN_CSI : c == 0x8f ?
		    KEYS_IN_SS3 : KEYS_IN_STRING, false);
		return;
	}
	if (c < 0x80) {
		keys_give(k, key_of_byte(c) | alt, now);
		return;
	}
	if (c >= 0xc2 && c <= 0xf4) {
		keys_start(k, KEYS_IN_UTF8, false);
		k->alt = alt != 0;
		k->seq[k->len++] = (char)c;
	}
}

/* A key with Alt. GNU screen, but not tmux in it, sends ESC with the next key
 * while the mouse is on: then it is Esc, and a key that decides nothing. */
static void
keys_alt(struct keys *k, unsigned char c, int64_t now)
{
	bool held = !k->all && keys_is_set("STY") && !keys_is_set("TMUX");

	if (held) {
		keys_give(k, KEYS_ESC, now);
		k->together = true;
	}
	keys_ground(k, c, held ? 0 : KEYS_ALT, now);
}

static void
keys_esc(struct keys *k, unsigned char c, int64_t now)
{
	if (k->all && c != '\0' && strchr("]P_^X\\", c) != NULL) {
		keys_alt(k, c, now);
		return;
	}
	switch (c) {
	case '\\':
		k->state = KEYS_IN_GROUND;
		/* The end of a string that timed out. */
		if (!k->string_esc)
			keys_alt(k, c, now);
		break;
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
	case 0x03:
	case 0x1a:
		/* Ctrl-C and Ctrl-Z must always work: Esc and the key, not
		 * the key with Alt. */
		k->state = KEYS_IN_GROUND;
		keys_give(k, KEYS_ESC, now);
		keys_give(k, key_of_byte(c), now);
		break;
	default:
		keys_alt(k, c, now);
		break;
	}
}

static void
keys_csi(struct keys *k, unsigned char c, int64_t now)
{
	if (c == 0x1b) {
		keys_start(k, KEYS_IN_ESC, false);
	} else if (c < 0x20 || c >= 0x7f) {
		/* Broken: a control key still counts, the rest is dropped. */
		k->state = KEYS_IN_GROUND;
		if (c < 0x20)
			keys_give(k, key_of_byte(c), now);
	} else if (k->state == KEYS_IN_CSI && c == '[' && k->len == 0) {
		k->state = KEYS_IN_LINUX;
	} else if (k->state == KEYS_IN_CSI && c == 'O' && k->len == 0) {
		k->state = KEYS_IN_FOCUS;
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

/* The terminal lost the focus; or it is Terminology 1.0, of which End is
 * "\033[OF". */
static void
keys_focus(struct keys *k, unsigned char c, int64_t now)
{
	k->len = 0;
	if (c == 'F' || c == 'H') {
		k->state = KEYS_IN_SS3;
		keys_sequence(k, (char)c, now);
	} else
		keys_ground(k, c, 0, now);
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
		if (k->all)
			buf_adds(&k->raw, keys_paste_end);
		return;
	}
	/* The mark has ESC only at its start, so it can't overlap itself. */
	buf_add(&k->paste, keys_paste_end, k->match);
	k->match = 0;
	if (c == keys_paste_end[0])
		k->match = 1;
	else
		buf_addc(&k->paste, c);
}

static void
keys_decode(struct keys *k, unsigned char c, int64_t now)
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
	case KEYS_IN_FOCUS:
		keys_focus(k, c, now);
		break;
	case KEYS_IN_MOUSE:
		if (--k->mouse_left == 0)
			k->state = KEYS_IN_GROUND;
		break;
	case KEYS_IN_STRING:
		/* A bracket typed after Esc begins no string. */
		if (k->dead && k->len == 0 && c != 0x1b && !keys_is_answer(c)) {
			keys_ground(k, c, 0, now);
			break;
		}
		k->len = 1;	/* something is in it */
		/* A string that timed out (`dead`) ends at any control byte;
		 * an ESC in it may begin another sequence. */
		if (k->dead && c == 0x1b) {
			keys_start(k, KEYS_IN_ESC, false);
			k->string_esc = true;
			break;
		}
		/* Or Alt-P was no string, and what comes now may be a paste. */
		if (k->string_esc && c == '[') {
			keys_start(k, KEYS_IN_CSI, false);
			break;
		}
		if ((k->dead && c < 0x20) || c == 0x07 || c == 0x03 ||
		    c == 0x9c || (k->string_esc && c == '\\'))
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

/* The bytes of the sequence, or of the key with Alt, that begins here. */
static size_t
keys_sequence_len(const char *p, size_t n)
{
	size_t i = 2;

	if (n < 2 || (p[1] != '[' && p[1] != 'O'))
		return n < 2 ? n : 2;
	while (i < n && (p[i] < '@' || p[i] > '~'))
		i++;
	return i < n ? i + 1 : n;
}

/* Is there more than one key? */
static bool
keys_are_more(const char *p, size_t n)
{
	uint32_t cp;

	return n > (*p == 0x1b ? keys_sequence_len(p, n) :
	    utf8_next(p, n, &cp));
}

void
keys_feed(struct keys *k, const char *p, size_t n, int64_t now)
{
	size_t i;

	keys_tick(k, now);
	keys_late_end(k, now);
	k->together = n == 0 || keys_are_more(p, n);
	if (k->state == KEYS_IN_PASTE && now - k->since >= KEYS_WAIT_MS &&
	    !k->together && (n == 1 || p[0] != keys_paste_end[0] ||
	    p[1] != keys_paste_end[1])) {
		k->state = KEYS_IN_GROUND;
		if (k->all)
			buf_adds(&k->raw, keys_paste_end);
		keys_give_rest(k);
	}
	for (i = 0; i < n; i++) {
		if (k->all && k->state != KEYS_IN_PASTE)
			buf_addc(&k->raw, p[i]);
		keys_decode(k, (unsigned char)p[i], now);
		if (k->state == KEYS_IN_GROUND ||
		    k->state == KEYS_IN_PASTE || k->raw.len >= KEYS_RAW_MAX)
			keys_give_rest(k);
	}
	k->together = false;
	keys_give_paste(k);
	k->since = now;
}

void
keys_forget(struct keys *k)
{
	k->state = KEYS_IN_GROUND;
	k->late_esc = k->late_string = k->paste_begun = false;
	buf_clear(&k->paste);
	buf_clear(&k->raw);
}

int64_t
keys_deadline(const struct keys *k)
{
	if (k->raw.len > 0)
		return k->since + k->esc_ms;
	switch (k->state) {
	case KEYS_IN_ESC:
		return k->since + k->esc_ms;
	case KEYS_IN_UTF8:
	case KEYS_IN_FOCUS:
		return k->since + KEYS_WAIT_MS;
	case KEYS_IN_CSI:
	case KEYS_IN_SS3:
	case KEYS_IN_LINUX:
	case KEYS_IN_STRING:
		return k->dead ? -1 : k->since + KEYS_WAIT_MS;
	default:
		return -1;
	}
}

void
keys_tick(struct keys *k, int64_t now)
{
	int64_t due;

	if (k->state != KEYS_IN_ESC && now >= k->since + k->esc_ms)
		keys_give_rest(k);
	due = keys_deadline(k);
	if (due < 0 || now < due)
		return;
	switch (k->state) {
	case KEYS_IN_ESC:
		k->state = KEYS_IN_GROUND;
		keys_late(k, false, now);
		if (k->twice)
			keys_give(k, KEYS_ESC, now);
		keys_give(k, KEYS_ESC, now);
		break;
	case KEYS_IN_CSI:
	case KEYS_IN_SS3:
	case KEYS_IN_LINUX:
		k->dead = true;
		break;
	case KEYS_IN_STRING:
		if (k->len > 0) {
			k->dead = true;
			break;
		}
		/* A user's Alt and bracket, or a cut string: no key. */
		keys_late(k, true, now);
		k->state = KEYS_IN_GROUND;
		break;
	default:
		k->state = KEYS_IN_GROUND;
		break;
	}
}
