/*
 * key-code: which key a sequence of a terminal's stands for. Terminals number
 * keys in four ways: by a letter (CSI A), a number (CSI 5 ~), the character and
 * modifiers (xterm's modifyOtherKeys), and kitty's protocol, in which
 *
 *	CSI character:shifted:base ; modifiers:event ; text u
 *
 * has the character that the key types by itself, the one with Shift, and the one
 * of the same key on a US keyboard (sw.kovidgoyal.net/kitty/keyboard-protocol).
 * Text is what is typed; the base layout decides commands.
 */
#ifndef ASSENT_UI_KEYS_KEY_CODE_H
#define ASSENT_UI_KEYS_KEY_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define KEY_FIELDS	3
#define KEY_PARTS	8		/* of a field */
#define KEY_CODE_FIRST	57344		/* kitty's keys that type nothing, */
#define KEY_CODE_LAST	57454		/* and those of the keypad */

/* The numbers of a sequence, -1 where one is missing. */
struct key_numbers {
	int	 of[KEY_FIELDS][KEY_PARTS];
};

/* False if there is anything but numbers, or too many. */
bool	key_numbers_read(struct key_numbers *, const char *p, size_t n);
/* Was the key released? */
bool	key_numbers_release(const struct key_numbers *);
/* The keys of a CSI sequence, more than one if it types several characters; 0:
 * it is no key that means anything. */
size_t	key_of_csi(const struct key_numbers *, char final,
	    uint32_t out[KEY_PARTS]);
/* Of ESC O and a letter; 0: none. */
uint32_t key_of_ss3(const struct key_numbers *, char final);
uint32_t key_of_byte(unsigned char);
/* The character of the same key on a US keyboard, where a usual layout says so;
 * else the same. */
uint32_t key_latin(uint32_t);
/* Append a sequence of the protocol without the shifted key and the base layout's,
 * as if those weren't asked for; all other bytes as they are. */
void	key_add_bare(struct buf *, const char *p, size_t n);
/* One that types nothing. -1: the protocol has no such code; 0: it means nothing
 * here. */
int64_t	key_of_code(int code);

#endif
