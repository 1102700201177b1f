/*
 * gitcover: what of a repository's own files is shown otherwise than it is.
 * The configuration may hold tokens (in an address, in an extra header), and a
 * sandbox without it has no git at all: so it is shown with those replaced.
 */
#ifndef ASSENT_CORE_GITCOVER_H
#define ASSENT_CORE_GITCOVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "sandbox/sandbox.h"

#define GITCOVER_TEXT "masked-by-assent"

/* Append `p`, as git reads a configuration, with credentials replaced. True if
 * there were any. */
bool	gitcover_redact(struct buf *out, const char *p, size_t n);

/* Files below `gitdir` that hold credentials, added to *v (malloc'ed with its
 * members; *n of them). `gitdir` is a folder such as .git. */
void	gitcover_add(const char *gitdir, struct sandbox_cover **v, size_t *n);
void	gitcover_free(struct sandbox_cover *v, size_t n);

#endif
