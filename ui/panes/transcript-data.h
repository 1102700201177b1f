/*
 * transcript-data: the UI's state of the transcript.
 */
#ifndef ASSENT_UI_PANES_TRANSCRIPT_DATA_H
#define ASSENT_UI_PANES_TRANSCRIPT_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/text/markdown.h"
#include "ui/text/page.h"

#define TRANSCRIPT_PAGES 24	/* items whose rows are kept */

/* Functions that read the files of a session. Each may be NULL, and may return
 * nothing. */
struct transcript_source {
	/* A line of the journal, borrowed until the next one. */
	const char *(*line)(void *arg, int64_t seq, size_t *n);
	/* At most `max` bytes of a content: its beginning and its end, with a
	 * line between that says how much is omitted; malloc'ed. */
	char	*(*content)(void *arg, const char *sha256, size_t max,
		    size_t *len);
	/* At most n bytes of the content starting at `at`, and its size;
	 * malloc'ed. */
	char	*(*piece)(void *arg, const char *sha256, int64_t at, size_t n,
		    size_t *len, int64_t *size);
	void	*arg;
};

/* The rows of one item. */
struct transcript_page {
	size_t		 item;
	uint64_t	 version;	/* version of the item; 0: none */
	uint64_t	 used;		/* time of the last use, as a counter */
	struct page	 page;
	struct markdown	 markdown;
	bool		 grows;		/* it is streaming */
	unsigned	 partials;	/* which one */
};

struct transcript_height {
	int		 rows;
	uint64_t	 version;	/* version of the item; 0: none */
	bool		 toggled;	/* opened or folded unlike the others */
};

struct transcript_find {
	char	*text;		/* the text to search for; NULL: none */
	bool	 back;
	size_t	 item;		/* the next item to search, */
	int	 row;		/* and the row to start after */
	size_t	 left, all;	/* items still to search, and at first */
};

struct transcript {
	struct transcript_source source;
	struct transcript_page pages[TRANSCRIPT_PAGES];
	uint64_t	 count;
	struct transcript_height *heights;
	size_t		 heights_len;
	int		 width;		/* of all pages and heights */
	bool		 open;		/* items are open unless `toggled` */
	size_t		 item;		/* top row: item and row in it */
	int		 row;
	size_t		 cursor;	/* an item, if `marked` */
	bool		 marked;
	struct transcript_find find;
};

#endif
