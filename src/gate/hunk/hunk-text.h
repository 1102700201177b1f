/*
 * hunk-text: the lines of one hunk as they are shown, and what a person makes of
 * them: some of its changed lines only.  Text to text; knows no file.  Depends
 * on base only, so that the front end can link it.
 *
 * A hunk's text is lines with ' ' '+' '-' before them and, after a line that has
 * no newline in the file, a line that starts with a backslash, as in unified
 * diffs (POSIX diff -u; the backslash is GNU's).
 */
#ifndef ASSENT_GATE_HUNK_HUNK_TEXT_H
#define ASSENT_GATE_HUNK_HUNK_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define HUNK_TEXT_NO_NEWLINE "\\ No newline at end of file\n"

/* One line of a hunk's text, with the backslash line that may follow it. */
struct hunk_line {
	const char	*p;		/* at the sign */
	size_t		 len;		/* of both lines */
	size_t		 bytes;		/* of content, its newline counted if
					   the file has one there */
	char		 sign;
};

/* Returns how many; *lines is malloc'ed and points into the text. */
size_t	hunk_text_cut(const char *text, size_t len, struct hunk_line **lines);
/* How many '+' and '-' lines there are. */
size_t	hunk_text_changes(const char *text, size_t len);
/*
 * The hunk with some of its changes: pick[] has one entry for each '+' and '-'
 * line, in their order. A '-' line that is not picked stays in the file, a '+'
 * line that is not picked does not come.
 */
void	hunk_text_pick(struct buf *out, const char *text, size_t len,
	    const bool *pick);

/* What an edited hunk puts instead of what. */
struct hunk_amended {
	char	*text;		/* of the hunk, as it is now */
	size_t	 len;
	int	 old_lines, new_lines;
	size_t	 skip;		/* bytes of the hunk's old lines that stay as
				   they are, before its first change */
	size_t	 old_len;	/* bytes that go */
	char	*new_text;	/* what comes in their place */
	size_t	 new_len;
	bool	 no_newline;	/* its last line has none */
};
/*
 * `edit` is the hunk `text` as a person has edited it: all of its lines that are
 * in the file, each with ' ' (stays) or '-' (goes), and any '+' lines; lines that
 * start with '#' and an "@@ " line are left out, and a line that lost the blank
 * before nothing gets it back. -1 with the line's number and what is wrong.
 */
int	hunk_text_amend(struct hunk_amended *, const char *text, size_t len,
	    const char *edit, size_t edit_len, struct err *);
void	hunk_amended_release(struct hunk_amended *);

#endif
