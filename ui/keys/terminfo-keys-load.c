/* Adds what the terminal's keys send, from its terminfo entry. */
#include "config.h"

#include "ui/keys/terminfo-keys.h"

#include <stdio.h>
#include <string.h>

#include <curses.h>
#include <term.h>

#include "base/mem.h"
#include "front/key-name.h"
#include "ui/keys/keys.h"

static uint32_t
terminfo_keys_key(const char *name)
{
	static const struct {
		const char	*name;
		uint32_t	 key;
	} names[] = {
		{ "kcuu1", KEYS_UP }, { "kcud1", KEYS_DOWN },
		{ "kcub1", KEYS_LEFT }, { "kcuf1", KEYS_RIGHT },
		{ "khome", KEYS_HOME }, { "kend", KEYS_END },
		{ "kpp", KEYS_PAGEUP }, { "knp", KEYS_PAGEDOWN },
		{ "kich1", KEYS_INSERT }, { "kdch1", KEYS_DELETE },
		{ "kcbt", KEYS_TAB | KEYS_SHIFT }, { "kent", KEYS_ENTER },
	};

	return MEM_FIND(names, name) == NULL ? 0 : MEM_FIND(names, name)->key;
}

static void
terminfo_keys_teach_one(struct keys *keys, const char *name)
{
	const char *s = tigetstr(name);
	char seq[TERMINFO_KEYS_MAX * 2];
	size_t n = 0;

	if (s == NULL || s == (const char *)-1)
		return;
	for (; *s != '\0' && n < sizeof(seq); s++) {
		/* "$<5>" is a delay: only for output to a terminal. */
		if (s[0] == '$' && s[1] == '<' && strchr(s, '>') != NULL)
			s = strchr(s, '>');
		else
			seq[n++] = *s;
	}
	keys_know(keys, seq, n, terminfo_keys_key(name));
}

void
terminfo_keys_teach(struct keys *keys)
{
	static const char *const more[] = { "kUP", "kDN", "kLFT", "kRIT",
		"kHOM", "kEND", "kPRV", "kNXT", "kIC", "kDC" };
	char name[16];
	size_t i;
	int j;

	for (i = 0; strnames[i] != NULL; i++)
		if (strnames[i][0] == 'k')
			terminfo_keys_teach_one(keys, strnames[i]);
	for (i = 0; i < MEM_COUNT(more); i++) {
		terminfo_keys_teach_one(keys, more[i]);
		for (j = 3; j <= 8; j++) {
			snprintf(name, sizeof(name), "%s%d", more[i], j);
			terminfo_keys_teach_one(keys, name);
		}
	}
}
