/*
 * near: which known name was meant by an unknown one, for "did you mean".
 */
#ifndef ASSENT_BASE_NEAR_H
#define ASSENT_BASE_NEAR_H

#include <stddef.h>

/* Insertions, deletions, replacements and swaps of neighbours that turn a into
 * b; only the first NEAR_MAX bytes of each count. */
#define NEAR_MAX ((size_t)64)
size_t	near_distance(const char *a, const char *b);

/* How likely `name` was meant to be `known`: 0 is the same, larger is farther,
 * NEAR_NONE is no resemblance. Case, '_' and '-' are ignored, and a name that
 * holds the other one counts as near. */
#define NEAR_NONE ((size_t)-1)
size_t	near_score(const char *name, const char *known);

#endif
