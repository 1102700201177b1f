/* The key for a byte or for a part of a sequence. See keys-int.h. */
#include "config.h"

#include "ui/keys/keys-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "front/bindings.h"

uint32_t
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

uint32_t
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

bool
keys_params(const char *seq, size_t len, int out[3])
{
	size_t i, n = 0;

	out[0] = out[1] = out[2] = -1;
	for (i = 0; i < len; i++) {
		char c = seq[i];

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

uint32_t
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

uint32_t
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

static bool
keys_is_set(const char *name)
{
	const char *s = getenv(name);

	return s != NULL && s[0] != '\0';
}

int
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
