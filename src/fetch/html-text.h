/*
 * html-text: an HTML document as text to read: headings, lists and code as in
 * Markdown, links as "text (address)", cells of a table between bars. Scripts,
 * styles and what isn't to be shown are left out.
 */
#ifndef ASSENT_FETCH_HTML_TEXT_H
#define ASSENT_FETCH_HTML_TEXT_H

#include <stddef.h>

#include "base/buf.h"

/* Append the text of a document in UTF-8 without NULs, which came from the
 * address `base`. Any bytes are a document. What the buffer can't hold is left
 * out. */
void	html_text(struct buf *, const char *base, const char *p, size_t n);

#endif
