/*
 * git-redact: hides credentials in a repository's own files. The configuration
 * may hold tokens (in an address, in an extra header), but without it git
 * doesn't work in the sandbox at all, so the sandbox shows it with the tokens
 * replaced.
 */
#ifndef ASSENT_CORE_PROJECT_GIT_REDACT_H
#define ASSENT_CORE_PROJECT_GIT_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "sandbox/sandbox.h"

#define GIT_REDACT_TEXT "masked-by-assent"

/* Append `p`, a git configuration, with credentials replaced. True if there
 * were any. */
bool	git_redact_redact(struct buf *out, const char *p, size_t n);

/* Add the files below `gitdir` that hold credentials to *v (malloc'ed with its
 * members; *n of them). `gitdir` is a folder such as .git. */
void	git_redact_add(const char *gitdir, struct sandbox_cover **v, size_t *n);
void	git_redact_free(struct sandbox_cover *v, size_t n);

#endif
