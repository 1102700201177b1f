/*
 * keys: from raw bytes of a terminal to keys and pasted text.  An escape
 * sequence is taken whole, up to its final byte; when it is not finished within
 * a second it gives nothing, and neither does its tail when that comes late.
 * Pasted text is never a key.
 */
#ifndef ASSENT_UI_KEYS_KEYS_H
#define ASSENT_UI_KEYS_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEYS_WAIT_MS	1000	/* for the rest of a sequence */
#define KEYS_TYPED_MAX	3	/* different ones at once, where it is guessed */
#define KEYS_PASTE_MS	50	/* after a paste, what comes is text too */

/* A key is a code point or one of these, with modifiers or'ed in. */
enum {
	KEYS_UP = 0x110000, KEYS_DOWN, KEYS_LEFT, KEYS_RIGHT, KEYS_HOME,
	KEYS_END, KEYS_PAGEUP, KEYS_PAGEDOWN, KEYS_INSERT, KEYS_DELETE,
	KEYS_BACKSPACE, KEYS_ENTER, KEYS_TAB, KEYS_ESC, KEYS_F1,
	KEYS_F12 = KEYS_F1 + 11,
};
#define KEYS_ALT	(1u << 24)
#define KEYS_CTRL	(1u << 25)
#define KEYS_SHIFT	(1u << 26)

struct key_event {
	uint32_t	 key;		/* 0: pasted text */
	const char	*text;		/* pasted; any bytes; borrowed */
	size_t		 len;
	bool		 goes_on;	/* of the same paste as the last one */
};

typedef void keys_cb(void *arg, const struct key_event *);

struct keys;

struct keys *keys_new(keys_cb *, void *arg);
void	keys_free(struct keys *);
/* For a terminal that does not mark what is pasted: different characters that
 * come in one go are taken for a paste. */
void	keys_guess_pastes(struct keys *);
/* What a key of this terminal sends, where that is no CSI or SS3 sequence (see
 * terminfo-keys.h); key 0: nothing. Its bytes are not taken for typed ones. */
void	keys_know(struct keys *, const char *seq, size_t n, uint32_t key);
void	keys_feed(struct keys *, const char *p, size_t n, int64_t now_ms);
/* When keys_tick has something to do, on the same clock; -1: never. */
int64_t	keys_deadline(const struct keys *);
void	keys_tick(struct keys *, int64_t now_ms);

#define KEYS_NAME_SIZE 24
/* "y" "C-c" "M-Enter" "PageDown" "Space". */
void	keys_name(uint32_t key, char out[KEYS_NAME_SIZE]);
/* The reverse, for one word of n bytes; 0 if it is no key. */
uint32_t keys_parse(const char *, size_t n);

#endif
