/*
 * filetype: what a file without lines probably is, by how it begins, for a
 * person who cannot be shown it.  A word and no judgement: nothing decides by
 * it.
 */
#ifndef ASSENT_GATE_FILETYPE_H
#define ASSENT_GATE_FILETYPE_H

#include <stddef.h>

/* "PNG image"; NULL if it begins like nothing that is known. */
const char *filetype_name(const void *p, size_t n);

#endif
