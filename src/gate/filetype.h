/*
 * filetype: guesses the kind of a file without lines from its first bytes, for
 * display and to recognize build products.
 */
#ifndef ASSENT_GATE_FILETYPE_H
#define ASSENT_GATE_FILETYPE_H

#include <stdbool.h>
#include <stddef.h>

/* "PNG image"; NULL if unknown. */
const char *filetype_name(const void *p, size_t n);
/* Programs, libraries, objects: what compilers and linkers write, and people
 * don't. */
bool	filetype_is_built(const void *p, size_t n);

#endif
