/*
 * hunk-text: the lines of one hunk as displayed, and hunks made from them by a
 * person who picks some changed lines or edits them. Text to text, no files.
 * Depends on base only, so that front ends can link it.
 *
 * A hunk's text has lines with ' ' '+' '-' before them and, after a line
 * without a newline in the file, a line that starts with a backslash, as in
 * unified diffs (POSIX diff -u; the backslash is GNU's).
 */
#ifndef ASSENT_GATE_HUNK_TEXT_H
#define ASSENT_GATE_HUNK_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define HUNK_TEXT_NO_NEWLINE "\\ No newline at end of file\n"

/* One line of a hunk's text, with the backslash line that may follow it. */
struct hunk_line {
	const char	*p;		/* at the sign */
	size_t		 len;		/* of both lines */
	size_t		 bytes;		/* bytes of content, including its
					   newline if the file has one there */
	char		 sign;
};

/* Returns how many; *lines is malloc'ed and points into the text. */
size_t	hunk_text_cut(const char *text, size_t len, struct hunk_line **lines);
/* How many '+' and '-' lines there are. */
size_t	hunk_text_changes(const char *text, size_t len);
/* Are there unchanged lines between changed ones? */
bool	hunk_text_has_parts(const char *text, size_t len);
/*
 * The hunk with only some of its changes: pick[] has one entry for each '+' and
 * '-' line, in order. An unpicked '-' line stays in the file, an unpicked '+'
 * line isn't added. In a block, the picked '+' lines follow the last picked '-'
 * line, which they replace; if none is picked, all its '-' lines, as with git
 * add -e.
 */
void	hunk_text_pick(struct buf *out, const char *text, size_t len,
	    const bool *pick);

/* The replacement that an edited hunk makes. */
struct hunk_amended {
	char	*text;		/* of the hunk as it is now */
	size_t	 len;
	int	 old_lines, new_lines;
	size_t	 skip;		/* unchanged bytes at the start of the hunk's
				   old lines */
	size_t	 old_len;	/* bytes to remove */
	char	*new_text;	/* bytes to insert instead */
	size_t	 new_len;
	bool	 no_newline;	/* its last line has no newline */
};
/*
 * `edit` is the hunk `text` as edited by a person: all of its original lines,
 * each with ' ' (stays) or '-' (goes), and any '+' lines; lines that start with
 * '#' and an "@@ " line are ignored, and an empty line counts as a space. -1
 * with the line's number and the error.
 */
int	hunk_text_amend(struct hunk_amended *, const char *text, size_t len,
	    const char *edit, size_t edit_len, struct err *);
void	hunk_amended_release(struct hunk_amended *);

#endif
