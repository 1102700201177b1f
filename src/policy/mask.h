/*
 * mask: replaces secrets in tool output before the model and the journal get
 * it: the providers' keys, and tokens with a known pattern.
 */
#ifndef ASSENT_POLICY_MASK_H
#define ASSENT_POLICY_MASK_H

#include <stddef.h>

#include "base/buf.h"
#include "base/secret.h"

#define MASK_TEXT KEYTEXT_MARK

/* Keys to mask, borrowed. */
struct mask_list {
	const char	**v;
	size_t		 len;
};
/* Add a key; NULL, or a string too short for a key, is ignored. */
void	mask_list_add(struct mask_list *, const char *secret);
void	mask_list_release(struct mask_list *);

/* Append p to out with secrets masked; the list may be NULL. */
void	mask_secrets(struct buf *out, const char *p, size_t n,
	    const struct mask_list *);

/* Drop the first n bytes of a text that is masked piece by piece, and the rest of
 * their last line. If they end within a private key, what is left begins with
 * the first line of one, so that the rest of it is masked, too; within a line that
 * isn't complete, with a token, for the rest of one. */
void	mask_cut(struct buf *, size_t n);

#endif
