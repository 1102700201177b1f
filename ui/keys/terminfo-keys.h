/*
 * terminfo-keys: the keys of a terminal that send neither CSI nor SS3
 * sequences, from its terminfo entry (a Wyse sends "^AA^M", a Heath "ESC ? y").
 * They are recognized as a whole, since a letter in one of them was not typed
 * and must not decide anything.  Only keys.c uses this.
 */
#ifndef ASSENT_UI_KEYS_TERMINFO_KEYS_H
#define ASSENT_UI_KEYS_TERMINFO_KEYS_H

#include <stddef.h>
#include <stdint.h>

#define TERMINFO_KEYS_MAX 32		/* bytes of a key; more are cut */

struct terminfo_keys;
struct keys;

#define TERMINFO_KEYS_PART	(1u << 0)	/* the start of a key */
#define TERMINFO_KEYS_WHOLE	(1u << 1)	/* a whole key */

void	terminfo_keys_free(struct terminfo_keys *);
/* Add a key to the list, which may be NULL; not if the decoder knows it
 * anyway. */
void	terminfo_keys_add(struct terminfo_keys **, const char *seq, size_t n,
	    uint32_t key);
/* TERMINFO_KEYS_ bits: what these bytes are; 0: no key. *key is set if they are
 * a whole one. */
unsigned terminfo_keys_find(const struct terminfo_keys *, const char *p,
	    size_t n, uint32_t *key);
/* The terminal of the current terminfo entry (setupterm, newterm). */
void	terminfo_keys_teach(struct keys *);

#endif
