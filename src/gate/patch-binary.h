/*
 * patch-binary: the contents of a binary change as `git diff --binary` writes
 * them, for `git apply`.
 */
#ifndef ASSENT_GATE_PATCH_BINARY_H
#define ASSENT_GATE_PATCH_BINARY_H

#include "base/buf.h"
#include "base/err.h"

/* Append the lines from "index" on, with SHA-1 names. Either side may be NULL:
 * doesn't exist. */
int	patch_binary_make(struct buf *out, const struct buf *before,
	    const struct buf *after, struct err *);

#endif
