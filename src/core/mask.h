/*
 * mask: secrets in what tools print are replaced before model and journal see
 * them: the provider's key itself, and tokens that are known by their look.
 */
#ifndef ASSENT_CORE_MASK_H
#define ASSENT_CORE_MASK_H

#include <stddef.h>

#include "base/buf.h"

#define MASK_TEXT "[masked by assent]"

/* Append p to out with secrets masked; `secret` may be NULL. */
void	mask_secrets(struct buf *out, const char *p, size_t n,
	    const char *secret);

#endif
