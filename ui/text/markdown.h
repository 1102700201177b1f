/*
 * markdown: what a model writes, as rows of a page.  It may still be growing:
 * what stands above the last block is made once and does not move.  Marks are
 * taken away (and styles given instead), words never: a link shows where it
 * goes, HTML stands as it was written, and a block of which anything would get
 * lost is shown as it is.  So is all that is too big or too deep.
 */
#ifndef ASSENT_UI_TEXT_MARKDOWN_H
#define ASSENT_UI_TEXT_MARKDOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/text/page.h"

/* Bytes of one block; from a bigger one on the text is shown as it is. */
#define MARKDOWN_BLOCK_MAX ((size_t)32 << 10)

/* How far a text has got. A zeroed struct is at its beginning. */
struct markdown {
	size_t		 at;		/* bytes whose rows are final */
	struct page_mark mark;		/* those rows */
	char		 fence;		/* inside of this fence; 0: not */
	size_t		 fence_len;
	bool		 plain;		/* from here on as it is */
	bool		 begun;		/* there are rows of it */
	bool		 marked;	/* the mark is set */
};

/*
 * Append the rows of the text to the page, each with `margin` (ours, may be
 * NULL) before it.  Called again with more of the same text, and nothing else
 * having been added to the page, it makes what was not final anew.  The page
 * keeps copies: the text may be freed.
 */
void	markdown_add(struct markdown *, struct page *, const char *margin,
	    const char *text, size_t n);

#endif
