/*
 * markdown: a model's text as rows of a page. It may still be growing: rows
 * above the last block are made once and don't change. Markup is removed (and
 * shown as styles), words never: a link shows its target, HTML is shown as
 * written, and a block that would lose anything, is too big or too deeply
 * nested is shown as source.
 *
 * Rows of fenced code at the margin have the kind MARKDOWN_CODE, the number of
 * their block in `change` and of their line in it in `line`; the row with the
 * block's language, if any, is a MARKDOWN_FENCE above them.
 */
#ifndef ASSENT_UI_TEXT_MARKDOWN_H
#define ASSENT_UI_TEXT_MARKDOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/text/page.h"

/* Kinds of rows. */
enum { MARKDOWN_FENCE = 16, MARKDOWN_CODE };

/* How far a text is rendered. Zeroed: the beginning. */
struct markdown {
	size_t		 at;		/* bytes whose rows are final */
	struct page_mark mark;		/* those rows */
	char		 fence;		/* in a fence of this character; 0:
					   not */
	size_t		 fence_len;
	int		 codes;		/* fenced blocks so far */
	int		 code_lines;	/* of the last one */
	bool		 plain;		/* shown as source from here on */
	bool		 begun;		/* it has rows */
	bool		 marked;	/* `mark` is set */
};

/*
 * Append the text's rows to the page, each with the prefix `margin` (ours, may
 * be NULL). Called again with more of the same text, it renders the part that
 * wasn't final again; nothing else may have been added to the page meanwhile.
 * The page keeps copies: the text may be freed.
 */
void	markdown_add(struct markdown *, struct page *, const char *margin,
	    const char *text, size_t n);

#endif
