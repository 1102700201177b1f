/* keys-int: which key a byte or a sequence stands for (keys-code.c); only
 * keys.c uses it. 0: no key. */
#ifndef ASSENT_UI_KEYS_KEYS_INT_H
#define ASSENT_UI_KEYS_KEYS_INT_H

#include "ui/keys/keys.h"

uint32_t keys_of_byte(unsigned char);
uint32_t keys_of_letter(char);		/* the letter that ends a sequence */
uint32_t keys_of_tilde(int);		/* the number before a '~' */
/* Up to three numbers; -1 where one is missing. False if there is anything
 * but digits and semicolons. */
bool	keys_params(const char *seq, size_t len, int out[3]);
uint32_t keys_modifiers(int param);	/* to be or'ed in */

#endif
