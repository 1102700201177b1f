/* Few terminals have any of these, and none has many: a list is searched. */
#include "config.h"

#include "ui/keys/terminfo-keys.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct terminfo_keys {
	struct terminfo_keys	*next;
	char		 seq[TERMINFO_KEYS_MAX];
	size_t		 len;
	uint32_t	 key;		/* 0: it does nothing */
};

void
terminfo_keys_free(struct terminfo_keys *k)
{
	struct terminfo_keys *next;

	for (; k != NULL; k = next) {
		next = k->next;
		free(k);
	}
}

/* Could a user type these bytes, or does the decoder know the sequence
 * anyway? */
static bool
terminfo_keys_is_needless(const char *p, size_t n)
{
	unsigned char c = n == 0 ? 0 : (unsigned char)p[0];
	size_t i = 2;

	/* Ctrl-C must not wait for more bytes. */
	if (n < 2 || c == 0x03 || (c >= 0x20 && c < 0x7f))
		return true;
	if (c != 0x1b || (p[1] != '[' && p[1] != 'O'))
		return false;
	/* Does the sequence end where the decoder ends it? "ESC [ O F"
	 * doesn't. */
	if (n > 3 && p[1] == '[' && p[2] == '[')
		i++;
	while (i < n && p[i] >= 0x20 && p[i] < 0x40)
		i++;
	return i + 1 >= n;
}

void
terminfo_keys_add(
    struct terminfo_keys **list, const char *seq, size_t n, uint32_t key)
{
	struct terminfo_keys *k;

	if (terminfo_keys_is_needless(seq, n))
		return;
	k = xcalloc(1, sizeof(*k));
	k->len = n < sizeof(k->seq) ? n : sizeof(k->seq);
	memcpy(k->seq, seq, k->len);
	k->key = n == k->len ? key : 0;
	k->next = *list;
	*list = k;
}

unsigned
terminfo_keys_find(
    const struct terminfo_keys *k, const char *p, size_t n, uint32_t *key)
{
	unsigned is = 0;

	for (; k != NULL; k = k->next) {
		if (k->len < n || memcmp(k->seq, p, n) != 0)
			continue;
		if (k->len == n)
			*key = k->key;
		is |= k->len > n ? TERMINFO_KEYS_PART : TERMINFO_KEYS_WHOLE;
	}
	return is;
}
