/*
 * certificates: which files of certificates the user trusts, and what commands
 * get of them. Programs name such a file in different variables.
 */
#ifndef ASSENT_BASE_CERTIFICATES_H
#define ASSENT_BASE_CERTIFICATES_H

#include "base/buf.h"
#include "base/err.h"

#define CERTIFICATES_MAX ((size_t)4 << 20)	/* of one file */

#define CERTIFICATES_VARIABLES	5	/* assent itself reads the first */

extern const char *const certificates_variables[CERTIFICATES_VARIABLES];

/* Append the file's CERTIFICATE blocks, and nothing else of it. -1 if it has
 * none, others may change it, or it is in the project. */
int	certificates_read(const char *path, const char *root, struct buf *,
	    struct err *);

#endif
