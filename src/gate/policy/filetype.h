/*
 * filetype: what a file without lines probably is, by how it begins, for a
 * person who cannot be shown it, and for the guess what a build has made.
 */
#ifndef ASSENT_GATE_POLICY_FILETYPE_H
#define ASSENT_GATE_POLICY_FILETYPE_H

#include <stdbool.h>
#include <stddef.h>

/* "PNG image"; NULL if it begins like nothing that is known. */
const char *filetype_name(const void *p, size_t n);
/* Programs, libraries, objects: what compilers and linkers write, and people do
 * not. */
bool	filetype_is_built(const void *p, size_t n);

#endif
