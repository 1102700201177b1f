/*
 * mask: secrets in what tools print are replaced before model and journal see
 * them: the providers' keys themselves, and tokens that are known by their look.
 */
#ifndef ASSENT_CORE_CALL_MASK_H
#define ASSENT_CORE_CALL_MASK_H

#include <stddef.h>

#include "base/buf.h"
#include "base/keytext.h"

#define MASK_TEXT KEYTEXT_MARK

/* Keys that are looked for, borrowed. */
struct mask_list {
	const char	**v;
	size_t		 len;
};
/* None (NULL), and what is too short to be one, is left out. */
void	mask_list_add(struct mask_list *, const char *secret);
void	mask_list_release(struct mask_list *);

/* Append p to out with secrets masked; the list may be NULL. */
void	mask_secrets(struct buf *out, const char *p, size_t n,
	    const struct mask_list *);

#endif
