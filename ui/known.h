/*
 * known: the keys of a terminal that are not plain CSI or SS3 sequences, as its
 * terminfo entry has them ("^AA^M" of a Wyse, "ESC ? y" of a Heath): a letter
 * in one of them was not typed.  keys.c asks, nobody else.
 */
#ifndef ASSENT_UI_KNOWN_H
#define ASSENT_UI_KNOWN_H

#include <stddef.h>
#include <stdint.h>

#define KNOWN_MAX 32		/* bytes of one; longer ones are cut */

struct known;
struct keys;

#define KNOWN_PART	(1u << 0)	/* the beginning of one */
#define KNOWN_WHOLE	(1u << 1)

void	known_free(struct known *);
/* Add one; *known may be NULL. What the decoder knows by itself is left out. */
void	known_add(struct known **, const char *seq, size_t n, uint32_t key);
/* What these bytes are, 0 if nothing; *key is set where they are a whole one. */
unsigned known_find(const struct known *, const char *p, size_t n,
	    uint32_t *key);
/* The terminal of the current terminfo entry (setupterm, newterm). */
void	known_teach(struct keys *);

#endif
