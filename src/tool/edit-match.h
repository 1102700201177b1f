/*
 * edit-match: finds a text in a file's bytes and replaces it. Pure: no files,
 * no clock. An exact match comes first; without one, both sides are compared
 * with curly quotes, dashes and special spaces read as ASCII, letters composed
 * (NFC), trailing spaces dropped and CRLF read as LF. Only the matched span
 * changes, and of it only what differs between the old and the new text; its
 * new lines get the file's line ending. Time and memory are linear in the
 * file. The lines of a patch's chunks (v4a-apply.c) are compared in the same
 * forms, and then without their indentation.
 */
#ifndef ASSENT_TOOL_EDIT_MATCH_H
#define ASSENT_TOOL_EDIT_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum edit_kind {
	EDIT_OK,
	EDIT_NOT_FOUND,
	EDIT_AMBIGUOUS,
	EDIT_NO_CHANGE,
	EDIT_EMPTY_OLD,
	EDIT_TOO_LARGE,		/* the result exceeds `max` */
	EDIT_OVERLAP,		/* two edits of a list overlap */
	EDIT_NO_ANCHOR,		/* a chunk's @@ line isn't there */
};

#define EDIT_LINES_MAX 10

/* One edit: `all` replaces every match, otherwise there must be exactly one. */
struct edit_one {
	const char	*old, *new;
	size_t		 old_n, new_n;
	bool		 all;
};

/* The result of edits, or of a file's chunks in a patch. */
struct edit_result {
	enum edit_kind	 kind;
	size_t		 at, other;	/* the edit or chunk that failed, from
					   0; the one that an edit overlaps */
	size_t		 count;		/* places replaced, or found */
	size_t		 guessed;	/* chunks that match more than one
					   place: the first was used */
	bool		 fuzzy;		/* a match wasn't exact */
	size_t		 lines[EDIT_LINES_MAX];	/* of the first matches, from
						   1; EDIT_OK: in the new
						   content */
	size_t		 lines_len;
	struct buf	 content;	/* EDIT_OK: the whole new content */
};

/* Apply all edits of a list, each matched against the original file, or none.
 * `max` limits the new content. Release its content. */
void	edit_apply_list(struct edit_result *, const char *file, size_t n,
	    const struct edit_one *, size_t len, size_t max);

/* Note the line of the new content (or the file) at `from` as the next one of
 * lines[]; *line and *counted begin as 1 and 0. */
void	edit_line_note(struct edit_result *, const char *text, size_t from,
	    size_t *line, size_t *counted);

/* Append the new text, with CRLF line endings if the old one has them. */
void	edit_eol_keep(struct buf *, const char *old, size_t old_n,
	    const char *new, size_t new_n);

/* After a failed match: the lines of the file most similar to `old`, numbered,
 * and the first difference, or that none is. For the model to read. */
void	edit_nearest(struct buf *out, const char *file, size_t n,
	    const char *old, size_t old_n);

/* How texts are compared: as they are, as said above, and also without
 * indentation. */
enum edit_form { EDIT_EXACT, EDIT_PLAIN, EDIT_FLUSH, EDIT_FORMS };
/* Append a text in such a form, with the spaces at its end. */
void	edit_form(struct buf *, enum edit_form, const char *p, size_t n);
/* The same in EDIT_PLAIN; malloc'ed. */
char	*edit_plain(const char *p, size_t n);

#endif
