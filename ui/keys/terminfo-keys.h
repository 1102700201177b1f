/*
 * terminfo-keys: the keys of a terminal that are not plain CSI or SS3
 * sequences, as its
 * terminfo entry has them ("^AA^M" of a Wyse, "ESC ? y" of a Heath): a letter
 * in one of them was not typed.  keys.c asks, nobody else.
 */
#ifndef ASSENT_UI_KEYS_TERMINFO_KEYS_H
#define ASSENT_UI_KEYS_TERMINFO_KEYS_H

#include <stddef.h>
#include <stdint.h>

#define TERMINFO_KEYS_MAX 32		/* bytes of one; longer ones are cut */

struct terminfo_keys;
struct keys;

#define TERMINFO_KEYS_PART	(1u << 0)	/* the beginning of one */
#define TERMINFO_KEYS_WHOLE	(1u << 1)

void	terminfo_keys_free(struct terminfo_keys *);
/* Add one; *known may be NULL. What the decoder knows by itself is left out. */
void	terminfo_keys_add(struct terminfo_keys **, const char *seq, size_t n,
	    uint32_t key);
/* What these bytes are, 0 if nothing; *key is set where they are a whole one.
 * */
unsigned terminfo_keys_find(const struct terminfo_keys *, const char *p,
	    size_t n,
	    uint32_t *key);
/* The terminal of the current terminfo entry (setupterm, newterm). */
void	terminfo_keys_teach(struct keys *);

#endif
