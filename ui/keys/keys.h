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

#include "front/key-name.h"

#define KEYS_WAIT_MS	1000	/* for the rest of a sequence */
#define KEYS_TYPED_MAX	3	/* different ones at once, where it is guessed */
#define KEYS_PASTE_MS	50	/* after a paste, what comes is text too */

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

#endif
