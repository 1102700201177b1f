/*
 * transcript-data: what the screen keeps of the transcript.
 */
#ifndef ASSENT_UI_BASE_TRANSCRIPT_DATA_H
#define ASSENT_UI_BASE_TRANSCRIPT_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/text/markdown.h"
#include "ui/text/page.h"

#define TRANSCRIPT_PAGES 24	/* items whose rows are kept */

/* Where the front end finds what a session has kept. Each may be NULL, and may
 * give nothing. */
struct transcript_source {
	/* A line of the journal, borrowed until the next one. */
	const char *(*line)(void *arg, int64_t seq, size_t *n);
	/* At most `max` bytes of a content: its beginning and its end, with a
	 * line between that says what is left out; malloc'ed. */
	char	*(*kept)(void *arg, const char *sha256, size_t max,
		    size_t *len);
	/* At most n bytes of it from `at` on, and its size; malloc'ed. */
	char	*(*piece)(void *arg, const char *sha256, int64_t at, size_t n,
		    size_t *len, int64_t *size);
	void	*arg;
};

/* Rows of one item. */
struct transcript_page {
	size_t		 item;
	uint64_t	 version;	/* what they were made from; 0: none */
	uint64_t	 used;		/* when, by a count */
	struct page	 page;
	struct markdown	 markdown;
	bool		 grows;		/* it is streaming */
	unsigned	 partials;	/* which one */
};

struct transcript_height {
	int		 rows;		/* 0: not known */
	uint64_t	 version;	/* what they were counted from */
	bool		 turned;	/* not as all the others */
};

struct transcript_find {
	char	*text;		/* what is searched for; NULL: nothing */
	bool	 back;
	size_t	 item;		/* the next to be looked at, */
	int	 row;		/* and the row that it begins after */
	size_t	 left, all;	/* items still to go, and at first */
};

struct transcript {
	struct transcript_source source;
	struct transcript_page pages[TRANSCRIPT_PAGES];
	uint64_t	 count;
	struct transcript_height *heights;
	size_t		 heights_len;
	int		 width;		/* of all of this */
	bool		 open;		/* all that is not turned */
	size_t		 item;		/* top row: item and row in it */
	int		 row;
	size_t		 cursor;	/* an item, if `marked` */
	bool		 marked;
	struct transcript_find find;
};

#endif
