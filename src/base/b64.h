/* b64: base64 of RFC 4648, section 4. */
#ifndef ASSENT_BASE_B64_H
#define ASSENT_BASE_B64_H

#include <stddef.h>

#include "base/buf.h"

void	b64_encode(struct buf *out, const void *p, size_t n);
/* -1 if the text is not base64 (white space is not allowed). */
int	b64_decode(struct buf *out, const char *p, size_t n);

#endif
