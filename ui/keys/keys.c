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
 *	               |  -]P_^X-> STRING -BEL or ESC \-> GROUND
 *	               +- other: the key with Alt
 *	GROUND -CSI 200~-> PASTE -CSI 201~-> GROUND
 *
 * Of a mouse (CSI < button ; column ; row M), the left button and the wheel are
 * told; the rest is dropped.
 *
 * Not every paste has marks: some terminals have none, and tmux's paste-buffer
 * leaves them out.  A person's keys come in one read only if the line or the
 * screen is slow.  So of bytes that come in one read:
 *
 *  - a line end between two characters: pasted text; if ESC is in it, from two
 *    line ends on
 *  - while no text is typed, more than KEYS_TYPED_MAX characters with a space
 *    between two, or KEYS_RUNS_MIN different ones in a row: pasted text
 *  - a line that ends the read: pasted, if more than a few bytes follow at once
 *  - within a second after a paste, a line, or more than KEYS_TYPED_MAX
 *    different bytes: more of it; within KEYS_PASTE_MS anything
 *  - other characters that aren't all the same, or beside colours: keys that
 *    came `together`, which decide nothing
 *  - one character, a key that is held down, escape sequences: keys
 *
 * A terminal's own keys that are no CSI or SS3 sequences (terminfo-keys.h) are
 * recognized first, before this decoder gets the bytes.  keys-code.c says which
 * key a sequence stands for.
 */
#include "config.h"

#include "ui/keys/keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "front/key-name.h"
#include "ui/keys/keys-int.h"
#include "ui/keys/terminfo-keys.h"

#define KEYS_PARAMS_MAX 32

enum keys_state {
	KEYS_IN_GROUND, KEYS_IN_ESC, KEYS_IN_CSI, KEYS_IN_SS3, KEYS_IN_LINUX,
	KEYS_IN_MOUSE, KEYS_IN_STRING, KEYS_IN_UTF8, KEYS_IN_PASTE,
};

struct keys {
	keys_cb		*cb;
	void		*arg;
	enum keys_state	 state;
	bool		 dead;		/* too late or too long: read to its
					   end, no key */
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
	bool		 guess;		/* the terminal never marks pastes */
	bool		 panes;		/* no text is typed */
	bool		 together;	/* the keys of one read, see above */
	int64_t		 since;		/* of the last byte */
	int64_t		 paste_end;	/* until then all input is pasted, */
	int64_t		 lines_until;	/* and until then what ends with a
					   line */
	char		 seq[KEYS_PARAMS_MAX];	/* parameters, or UTF-8 */
	size_t		 len;
	unsigned	 mouse_left;
	size_t		 match;		/* bytes of the paste's end seen */
	struct terminfo_keys *known;	/* this terminal's keys from terminfo,
					   or NULL */
	char held[TERMINFO_KEYS_MAX];	/* bytes that may begin one of them */
	size_t		 held_len;
	bool		 held_dead;	/* too late: its other bytes are no
					   keys */
	struct buf	 burst;		/* text that came at once and ends with
					   a line: keys, unless more follows */
	struct buf	 paste;
	bool		 paste_begun;	/* a part of it was delivered, and no
					   key since */
};

static const char keys_paste_begin[] = "\033[200~";
static const char keys_paste_end[] = "\033[201~";

struct keys *
keys_new(keys_cb *cb, void *arg)
{
	struct keys *k = xcalloc(1, sizeof(*k));

	k->cb = cb;
	k->arg = arg;
	k->paste_end = INT64_MIN;
	k->esc_ms = KEYS_ESC_MS;
	k->lines_until = INT64_MIN;
	buf_init(&k->burst, 0);
	buf_init(&k->paste, 0);
	return k;
}

void
keys_free(struct keys *k)
{
	if (k == NULL)
		return;
	buf_release(&k->burst);
	buf_release(&k->paste);
	terminfo_keys_free(k->known);
	free(k);
}

void
keys_know(struct keys *k, const char *seq, size_t n, uint32_t key)
{
	terminfo_keys_add(&k->known, seq, n, key);
}

void
keys_set_esc(struct keys *k, int ms)
{
	k->esc_ms = ms;
}

void
keys_await_answer(struct keys *k, bool asked)
{
	k->asked = asked;
}

void
keys_guess_pastes(struct keys *k)
{
	k->guess = true;
}

void
keys_in_text(struct keys *k, bool typed)
{
	k->panes = !typed;
}

static void
keys_give_paste(struct keys *k)
{
	struct key_event ev = { .text = k->paste.p, .len = k->paste.len,
		.goes_on = k->paste_begun };

	if (k->paste.len > 0) {
		k->paste_begun = true;
		k->cb(k->arg, &ev);
	}
	buf_clear(&k->paste);
}

static void
keys_give(struct keys *k, uint32_t key, int64_t now)
{
	struct key_event ev = { .key = key, .together = k->together };

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
	int v[3];

	if (!keys_params(k->seq + 1, k->len - 1, v) || v[1] < 1 || v[2] < 1)
		return;
	ev.key = v[0] == 0 ? KEYS_CLICK : v[0] == 64 ? KEYS_WHEEL_UP :
	    v[0] == 65 ? KEYS_WHEEL_DOWN : 0;
	ev.x = v[1] - 1;
	ev.y = v[2] - 1;
	if (ev.key != 0)
		k->cb(k->arg, &ev);
}

/* A whole CSI or SS3 sequence. An unknown one is no key. */
static void
keys_sequence(struct keys *k, char final, int64_t now)
{
	bool ss3 = k->state == KEYS_IN_SS3;
	uint32_t key = 0;
	int v[3];

	k->state = KEYS_IN_GROUND;
	if (k->len > 0 && k->seq[0] == '<') {
		if (!ss3 && final == 'M' && !k->dead)
			keys_mouse(k);
		return;
	}
	if (!keys_params(k->seq, k->len, v))
		return;
	/* The start of a paste counts even if it is late (`dead`): the bytes
	 * after it weren't typed. */
	if (final == '~' && !ss3 && v[0] == 200) {
		k->state = KEYS_IN_PASTE;
		k->match = 0;
		k->paste_begun = false;
		return;
	}
	/* The end of a paste whose start was lost: what comes right after it
	 * counts as pasted, too. */
	if (final == '~' && !ss3 && v[0] == 201)
		k->paste_end = now + KEYS_PASTE_MS;
	if (k->dead)
		return;
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
	if (k->held_dead && k->held_len > 0 && k->held[0] == 0x1b)
		k->held_len = 0;
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
	case '\\':
		k->state = KEYS_IN_GROUND;
		/* The end of a string that timed out. */
		if (!k->string_esc)
			keys_ground(k, c, KEYS_ALT, now);
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
		keys_give(k, keys_of_byte(c), now);
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
		/* Broken: a control key still counts, the rest is dropped. */
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

/* Must this byte be compared with the terminal's own keys: because one has
 * begun, or because it may begin one? */
static bool
keys_is_held(const struct keys *k, unsigned char c)
{
	char first = (char)c;
	uint32_t key;

	if (k->known == NULL || k->held_len > 0)
		return k->held_len > 0;
	return k->state == KEYS_IN_GROUND && !k->late_esc &&
	    terminfo_keys_find(k->known, &first, 1, &key) != 0;
}

/* The byte that came doesn't continue the held ones. If those are a whole key,
 * deliver it; if they begin a CSI or SS3 sequence or are a single byte, decode
 * them; else drop them. */
static void
keys_held_wrong(struct keys *k, int64_t now)
{
	size_t i, n = k->held_len;
	uint32_t key = 0;

	k->held_len = 0;
	if ((terminfo_keys_find(k->known, k->held, n, &key) &
		TERMINFO_KEYS_WHOLE) != 0) {
		if (!k->held_dead && key != 0)
			keys_give(k, key, now);
		return;
	}
	if (n > 1 && k->held[0] == 0x1b && (k->held[1] == '[' ||
	    k->held[1] == 'O')) {
		/* The decoder knows how these continue. */
		for (i = 0; i < n; i++)
			keys_decode(k, (unsigned char)k->held[i], now);
		k->dead = k->held_dead;
	} else if (n == 1 && !k->held_dead) {
		keys_decode(k, (unsigned char)k->held[0], now);
	}
	/* Else the bytes are dropped: a key sent them, nobody typed them. */
}

static void
keys_byte(struct keys *k, unsigned char c, int64_t now)
{
	uint32_t key = 0;
	unsigned is = 0;

	if (!keys_is_held(k, c)) {
		keys_decode(k, c, now);
		return;
	}
	if (k->held_len == 0)
		k->held_dead = false;
	if (k->held_len < sizeof(k->held)) {
		k->held[k->held_len] = (char)c;
		is = terminfo_keys_find(
		    k->known, k->held, k->held_len + 1, &key);
	}
	if ((is & TERMINFO_KEYS_PART) != 0) {
		k->held_len++;
		k->late_until = now + KEYS_WAIT_MS;
		return;
	}
	if (is == 0) {
		keys_held_wrong(k, now);
		/* It may begin another key. */
		keys_byte(k, c, now);
		return;
	}
	k->held_len = 0;
	k->late_esc = false;
	if (!k->held_dead && key != 0)
		keys_give(k, key, now);
}

/* The rest didn't come in time. Deliver the held bytes if they are a key by
 * themselves: a single byte, or one of `known`. After ESC the rest of a
 * sequence may still come. */
static void
keys_held_late(struct keys *k, int64_t now)
{
	uint32_t key = 0;

	k->held_dead = true;
	keys_late(k, false, now);
	k->late_esc = k->held_len == 1 && k->held[0] == 0x1b;
	if (k->held_len == 1) {
		key = keys_of_byte((unsigned char)k->held[0]);
	} else {
		(void)terminfo_keys_find(k->known, k->held, k->held_len, &key);
	}
	if (key != 0)
		keys_give(k, key, now);
}

/* What bytes look like that came in one read. */
struct keys_read {
	bool	esc, interrupts;	/* ESC is in it, Ctrl-C */
	bool	controls;	/* another control key but Enter and Tab */
	bool	differs;	/* it isn't one key that is held down */
	bool	words;		/* a space between two characters */
	bool	lines;		/* a line end between two */
	bool	line;		/* one after a character, at the end */
	size_t	ends;		/* of lines; C-j among other keys is typed */
	size_t	runs;		/* characters, each different from the last */
};

static struct keys_read
keys_look(const char *p, size_t n)
{
	struct keys_read r = { 0 };
	unsigned char c, last = 0;
	bool word = false;	/* is a character before c, */
	bool space = false;	/* and spaces since? */
	size_t i;

	for (i = 0; i < n; i++, last = c) {
		c = (unsigned char)p[i];
		r.differs = r.differs || c != (unsigned char)p[0];
		if (c == '\r' || c == '\n') {
			r.ends += c == '\r' && word && !r.line;
			r.line = word;
		} else if (c == ' ') {
			r.lines = r.lines || r.line;
			space = word;
		} else if (c > ' ' && c != 0x7f) {
			r.lines = r.lines || r.line;
			r.words = r.words || space;
			r.runs += c != last;
			r.line = space = false;
			word = true;
		} else {
			/* After ESC it is Alt-Enter. */
			r.line = word = space = false;
			r.esc = r.esc || c == 0x1b;
			r.interrupts = r.interrupts || c == 0x03;
			r.controls = r.controls || (c != 0x1b && c != '\t');
		}
	}
	return r;
}

/* The table at the top.  A paste that has marks is none of this. */
static bool
keys_is_pasted(const struct keys *k, const struct keys_read *r, const char *p,
    size_t n, int64_t now)
{
	bool goes_on = now < k->lines_until;

	if (r->interrupts || memmem(p, n, keys_paste_begin,
	    sizeof(keys_paste_begin) - 1) != NULL)
		return false;
	if (!r->controls && r->lines && (!r->esc || r->ends > 1))
		return true;
	if (r->esc)
		return false;
	if (n > KEYS_TYPED_MAX && r->differs && (k->guess ||
	    (goes_on && k->paste_begun)))
		return true;
	return !r->controls && ((goes_on && r->line) || (k->panes &&
	    n > KEYS_TYPED_MAX && (r->words || r->runs >= KEYS_RUNS_MIN)));
}

/* It was pasted: all of it is text. */
static void
keys_pasted(struct keys *k, const char *p, size_t n, int64_t now)
{
	k->paste_begun = k->paste_begun &&
	    (now < k->paste_end || now < k->lines_until);
	buf_add(&k->paste, k->burst.p, k->burst.len);
	buf_clear(&k->burst);
	buf_add(&k->paste, p, n);
	keys_give_paste(k);
	k->paste_end = now + KEYS_PASTE_MS;
	k->lines_until = now + KEYS_WAIT_MS;
}

/* Text beside sequences: does it have different characters, or is a sequence
 * the colour of a text? Keys are an arrow and a letter. */
static bool
keys_is_coloured(const char *p, size_t n)
{
	bool differs = false, colour = false;
	unsigned char c, last = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		c = (unsigned char)p[i];
		if (c == 0x1b) {
			if (++i == n || (p[i] != '[' && p[i] != 'O'))
				continue;
			while (++i < n && (p[i] < '@' || p[i] > '~'))
				;
			colour = colour || (i < n && p[i] == 'm');
		} else if (c > ' ' && c != 0x7f) {
			differs = differs || (last != 0 && c != last);
			last = c;
		}
	}
	return differs || (colour && last != 0);
}

static void
keys_bytes(struct keys *k, const char *p, size_t n, int64_t now)
{
	/* Tab leads to a pane: what decides there waits for its frame. */
	size_t tab = n > 1 && p[0] == '\t', i;
	struct keys_read r = keys_look(p + tab, n - tab);
	uint32_t cp;

	/* One character may have several bytes. */
	k->together = r.esc ? keys_is_coloured(p + tab, n - tab) : r.differs &&
	    r.runs > 0 && utf8_next(p + tab, n - tab, &cp) <
	    n - tab;
	for (i = 0; i < n; i++)
		keys_byte(k, (unsigned char)p[i], now);
	k->together = false;
	keys_give_paste(k);
	k->since = now;
}

/* Nothing followed: it was typed, or a script's keys. */
static void
keys_burst_end(struct keys *k, int64_t now)
{
	struct buf b = k->burst;

	buf_init(&k->burst, 0);
	keys_bytes(k, b.p, b.len, now);
	buf_release(&b);
}

/* Are these bytes pasted text, or do the next ones tell? */
static bool
keys_feed_paste(struct keys *k, const char *p, size_t n, int64_t now)
{
	struct keys_read r;

	if (k->burst.len > 0) {
		if (n > KEYS_TYPED_MAX && memchr(p, 0x1b, n) == NULL &&
		    memchr(p, 0x03, n) == NULL) {
			keys_pasted(k, p, n, now);
			return true;
		}
		keys_burst_end(k, now);
	}
	if (k->state != KEYS_IN_GROUND || k->late_esc || k->late_string ||
	    k->held_len > 0 || n == 0 || keys_is_held(k, (unsigned char)p[0]))
		return false;
	r = keys_look(p, n);
	if (keys_is_pasted(k, &r, p, n, now)) {
		keys_pasted(k, p, n, now);
		return true;
	}
	if (!r.line || r.esc || r.interrupts || r.controls ||
	    now < k->paste_end)
		return false;
	buf_add(&k->burst, p, n);
	k->since = now;
	return true;
}

void
keys_feed(struct keys *k, const char *p, size_t n, int64_t now)
{
	keys_tick(k, now);
	keys_late_end(k, now);
	if (!keys_feed_paste(k, p, n, now))
		keys_bytes(k, p, n, now);
}

void
keys_forget(struct keys *k)
{
	k->state = KEYS_IN_GROUND;
	k->late_esc = k->late_string = k->paste_begun = false;
	k->held_len = 0;
	buf_clear(&k->burst);
	buf_clear(&k->paste);
}

int64_t
keys_deadline(const struct keys *k)
{
	if (k->burst.len > 0)
		return k->since + k->esc_ms;
	if (k->held_len > 0)
		return k->held_dead ? -1 : k->since +
		    (k->held_len == 1 && k->held[0] == 0x1b ? k->esc_ms :
		    KEYS_WAIT_MS);
	switch (k->state) {
	case KEYS_IN_ESC:
		return k->since + k->esc_ms;
	case KEYS_IN_UTF8:
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
	int64_t due = keys_deadline(k);

	if (due < 0 || now < due)
		return;
	if (k->burst.len > 0) {
		keys_burst_end(k, now);
		return;
	}
	if (k->held_len > 0) {
		keys_held_late(k, now);
		return;
	}
	switch (k->state) {
	case KEYS_IN_ESC:
		k->state = KEYS_IN_GROUND;
		keys_late(k, false, now);
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
