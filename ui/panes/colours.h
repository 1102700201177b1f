/*
 * colours: syntax colours as the core sends them, by a name of what they belong
 * to (a content's hash, a block of code in the transcript).  Text is drawn at
 * once, colours when they are here.  They change only how text looks.
 */
#ifndef ASSENT_UI_PANES_COLOURS_H
#define ASSENT_UI_PANES_COLOURS_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

struct page;
struct ui;

struct colours {
	char		*name;
	bool		 none;		/* it has no colours */
	bool		*asked;		/* one for each block of lines */
	size_t		 asked_len;
	char		**lines;	/* as sent; NULL: not here */
	size_t		 lines_len;
};

/* What is known of it; made if there is nothing. Valid until the next call. */
struct colours *colours_get(struct ui *, const char *name);
/* Is this block of lines (from 0) to be asked for? Then not again. */
bool	colours_ask(const struct ui *, struct colours *, size_t block);
/* A line from the core: true if it was an answer of this kind, or a refusal. */
bool	colours_line(struct ui *, const cJSON *line);
void	colours_drop(struct ui *);
/* Set the colours (page->ink) of the row that is drawn next: it shows `len`
 * bytes from `off` on of line `number` (from 1), which has n bytes. */
void	colours_ink(const struct colours *, struct page *, int number,
	    size_t n, size_t off, size_t len);

#endif
