/* charset: a document's bytes as UTF-8. */
#ifndef ASSENT_FETCH_CHARSET_H
#define ASSENT_FETCH_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* The charset that a Content-Type, or the beginning of an HTML document, names;
 * malloc'ed, NULL: none. */
char	*charset_named(const char *p, size_t n);
/* Append all of it. A byte order mark decides, then `name` (may be NULL), and
 * else it is UTF-8 if it can be, or windows-1252. What has no meaning becomes
 * U+FFFD, a NUL a space. */
void	charset_decode(struct buf *, const char *name, const char *p, size_t n);

#endif
