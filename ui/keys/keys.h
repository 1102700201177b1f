/*
 * keys: from raw bytes of a terminal to keys and pasted text.  An escape
 * sequence is read up to its final byte; if that doesn't come within a second,
 * the sequence is no key, and neither is the rest of it when it comes late.
 * ESC alone is a key after a wait.  Text that marks say is pasted is never a key.
 */
#ifndef ASSENT_UI_KEYS_KEYS_H
#define ASSENT_UI_KEYS_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keys;

#define KEYS_WAIT_MS	1000	/* for the rest of a sequence */
#define KEYS_ESC_MS	25	/* for the byte after ESC, */
#define KEYS_ESC_FAR_MS	100	/* through ssh or a multiplexer */
#define KEYS_ESC_MAX_MS	5000
#define KEYS_PASTE_MS	50	/* input this soon after a paste belongs to
				   it */

struct key_event {
	uint32_t	 key;		/* 0: pasted text */
	int		 y, x;		/* of a mouse's, from 0 */
	const char	*text;		/* pasted; any bytes; borrowed */
	size_t		 len;
	bool		 goes_on;	/* continues the paste of the last
					   event */
	bool		 together;	/* came in one read with other keys */
	/* Of keys_new_raw alone: */
	bool		 released;
	const char	*bytes;		/* those since the last event; borrowed */
	size_t		 bytes_len;
};

typedef void keys_cb(void *arg, const struct key_event *);

/* ESC waits for the byte after it as long as the user's ESCDELAY says, or what
 * suits the connection. */
struct keys *keys_new(keys_cb *, void *arg);
/* Events tell all bytes, for another program: also what is no key (neither a key
 * nor text), and releases. The terminal owes no strings: what begins one is a key
 * with Alt. What may still become a key is told, as no key, as soon as ESC would
 * be. */
struct keys *keys_new_raw(keys_cb *, void *arg);
void	keys_free(struct keys *);
/* Does the terminal owe an answer to a question (an OSC string)?  Until it comes,
 * its "]" is recognized even if the line cut it off its ESC. */
void	keys_expect(struct keys *, bool answer);
void	keys_feed(struct keys *, const char *p, size_t n, int64_t now_ms);
/* Drop what was read and is no key yet. */
void	keys_forget(struct keys *);
/* When keys_tick has something to do, on the same clock; -1: never. */
int64_t	keys_deadline(const struct keys *);
void	keys_tick(struct keys *, int64_t now_ms);

#endif
