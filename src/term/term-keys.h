/*
 * term-keys: how the command wants its keys. By kitty's protocol it pushes, pops,
 * sets and asks for flags, of which each screen has its own stack; by xterm's
 * modifyOtherKeys it sets a number. Keys are encoded by the user's terminal, which
 * the front end asks for the same.
 */
#ifndef ASSENT_TERM_TERM_KEYS_H
#define ASSENT_TERM_TERM_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TERM_KEYS_DEPTH	16	/* more push out the oldest */

/* Zeroed: nothing was asked for. */
struct term_keys {
	struct term_keys_stack {
		uint8_t	 flags[TERM_KEYS_DEPTH];
		int	 top;
	}		 of[2];		/* of the main screen and of the other */
	int		 other;		/* modifyOtherKeys */
};

enum term_keys_did { TERM_KEYS_NOTHING, TERM_KEYS_CHANGED, TERM_KEYS_ASKED };

/* A CSI sequence, without CSI and its final byte; `alt`: on the other screen. */
enum term_keys_did term_keys_csi(struct term_keys *, bool alt, const char *seq,
	    size_t n, char final);
unsigned term_keys_flags(const struct term_keys *, bool alt);

#endif
