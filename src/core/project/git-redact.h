/*
 * git-redact: what of a repository's own files is shown otherwise than it is.
 * The configuration may hold tokens (in an address, in an extra header), and a
 * sandbox without it has no git at all: so it is shown with those replaced.
 */
#ifndef ASSENT_CORE_PROJECT_GIT_REDACT_H
#define ASSENT_CORE_PROJECT_GIT_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "sandbox/sandbox.h"

#define GIT_REDACT_TEXT "masked-by-assent"

/* Append `p`, as git reads a configuration, with credentials replaced. True if
 * there were any. */
bool	git_redact_redact(struct buf *out, const char *p, size_t n);

/* Files below `gitdir` that hold credentials, added to *v (malloc'ed with its
 * members; *n of them). `gitdir` is a folder such as .git. */
void	git_redact_add(const char *gitdir, struct sandbox_cover **v, size_t *n);
void	git_redact_free(struct sandbox_cover *v, size_t n);

#endif
