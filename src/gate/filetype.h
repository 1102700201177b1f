/*
 * filetype: what a file without lines probably is, by how it begins, for a
 * person who cannot be shown it, and for the guess who makes such files.
 */
#ifndef ASSENT_GATE_FILETYPE_H
#define ASSENT_GATE_FILETYPE_H

#include <stdbool.h>
#include <stddef.h>

/* "PNG image"; NULL if it begins like nothing that is known. */
const char *filetype_name(const void *p, size_t n);
/* Pictures, sounds, fonts, documents: what people make more often than a build
 * does. */
bool	filetype_by_people(const void *p, size_t n);

#endif
