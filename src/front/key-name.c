/* Names of keys, for the configuration and the screen, and the reverse. */
#include "config.h"

#include "front/key-name.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

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
key_name_text(uint32_t key, char out[KEY_NAME_SIZE])
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	uint32_t base = key & 0x1fffff;
	size_t i;

	if ((key & KEYS_CTRL) != 0)
		buf_adds(&b, "C-");
	if ((key & KEYS_ALT) != 0)
		buf_adds(&b, "Alt-");
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
	snprintf(out, KEY_NAME_SIZE, "%s", buf_str(&b));
}

uint32_t
key_name_parse(const char *s, size_t n)
{
	uint32_t mods = 0, cp;
	size_t i;

	while (n > 2 && (s[1] == '-' || (n > 4 && memcmp(s, "Alt-", 4) ==
	    0))) {
		if (s[0] == 'A' && s[1] == 'l') {
			mods |= KEYS_ALT;
			s += 4;
			n -= 4;
			continue;
		}
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
