/*
 * html-text: an HTML document as text to read: headings, lists and code as in
 * Markdown, links as "text (address)", cells of a table between bars. Scripts,
 * styles and what isn't to be shown are left out.
 */
#ifndef ASSENT_FETCH_HTML_TEXT_H
#define ASSENT_FETCH_HTML_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Append all of it. A byte order mark decides, then the charset that its
 * Content-Type, or the beginning of an HTML document, names, and else it is UTF-8
 * if it can be, or windows-1252. What has no meaning becomes U+FFFD, a NUL a
 * space. */
void	charset_decode(struct buf *, const char *type, bool html,
	    const char *p, size_t n);

/* Append the text of a document in UTF-8 without NULs, which came from the
 * address `base`. Any bytes are a document. What the buffer can't hold is left
 * out. */
void	html_text(struct buf *, const char *base, const char *p, size_t n);

#endif
