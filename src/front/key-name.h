/*
 * key-name: the names of keys, on the screen and in the setting `keys`.
 */
#ifndef ASSENT_FRONT_KEY_NAME_H
#define ASSENT_FRONT_KEY_NAME_H

#include <stddef.h>
#include <stdint.h>

/* A key is a code point or one of these, with modifiers or'ed in. */
enum {
	KEYS_UP = 0x110000, KEYS_DOWN, KEYS_LEFT, KEYS_RIGHT, KEYS_HOME,
	KEYS_END, KEYS_PAGEUP, KEYS_PAGEDOWN, KEYS_INSERT, KEYS_DELETE,
	KEYS_BACKSPACE, KEYS_ENTER, KEYS_TAB, KEYS_ESC, KEYS_F1,
	KEYS_F12 = KEYS_F1 + 11,
	/* Of a mouse; no binding names them. */
	KEYS_CLICK, KEYS_WHEEL_UP, KEYS_WHEEL_DOWN,
};
#define KEYS_ALT	(1u << 24)
#define KEYS_CTRL	(1u << 25)
#define KEYS_SHIFT	(1u << 26)

#define KEY_NAME_SIZE 24
/* "y" "C-c" "Alt-Enter" "PageDown" "Space". */
void	key_name_text(uint32_t key, char out[KEY_NAME_SIZE]);
/* The reverse, for a word of n bytes; 0 if it isn't a key. */
uint32_t key_name_parse(const char *, size_t n);

#endif
