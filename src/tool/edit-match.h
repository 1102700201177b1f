/*
 * edit-match: finds a text in a file's bytes, for edit and for the chunks of
 * apply_patch, and replaces it. Pure: no files, no clock. An exact match comes
 * first; without one, both sides are compared with curly quotes, dashes and
 * special spaces read as ASCII, letters composed (NFC), trailing spaces dropped
 * and CRLF read as LF; then, for whole lines, without their indentation. An edit
 * changes only the matched span, and of it only what differs between the old and
 * the new text; its new lines get the file's line ending. Time and memory are
 * linear in the file.
 */
#ifndef ASSENT_TOOL_EDIT_MATCH_H
#define ASSENT_TOOL_EDIT_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* ---- finding ---- */

/* How texts are compared. */
enum edit_form { EDIT_EXACT, EDIT_PLAIN, EDIT_FLUSH, EDIT_FORMS };

struct edit_norm;

/* A file in the forms that were needed. */
struct edit_text {
	const char	*p;		/* borrowed */
	size_t		 n;
	bool		 lines;		/* it is lines, as what is looked for is:
					   each ends with LF */
	bool		 is_utf8;
	struct edit_norm *norm[EDIT_FORMS];
};

void	edit_text_init(struct edit_text *, const char *p, size_t n, bool lines);
void	edit_text_release(struct edit_text *);

/* Knuth-Morris-Pratt: hostile repetition costs no more than plain text. */
struct edit_finder {
	struct edit_text *file;
	const char	*hay, *needle;	/* in the form of this search */
	size_t		 hay_n, needle_n;
	uint32_t	*fail;
	size_t		 at, matched;
	struct edit_norm *norm, *of_needle;	/* positions; NULL: exact */
};

void	edit_finder_init(struct edit_finder *, struct edit_text *,
	    enum edit_form, const char *old, size_t old_n);
/* The next match is at this place of the file or after it. */
void	edit_finder_go(struct edit_finder *, size_t at);
/* The next match, in the file's bytes; matches may overlap. */
bool	edit_finder_next(struct edit_finder *, size_t *from, size_t *to);
void	edit_finder_release(struct edit_finder *);

/* ---- replacing ---- */

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

/* Of edits, or of a file's chunks in a patch. */
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
 * and the first difference; nothing if none is. For the model to read. */
void	edit_nearest(struct buf *out, const char *file, size_t n,
	    const char *old, size_t old_n);

/* A text in the form used for comparison, with the spaces at its end; malloc'ed. */
char	*edit_plain(const char *p, size_t n);

#endif
