/*
 * patch: the unified diff of changes as git writes it, for `git apply` and
 * people: quoted names, modes, new and deleted files, symbolic links. Raw
 * bytes: sanitize them before printing on a terminal. Depends on base only, so
 * that front ends can link it.
 */
#ifndef ASSENT_GATE_PATCH_H
#define ASSENT_GATE_PATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct fold_file;

enum diff_line_kind {
	DIFF_LINE_HEAD,		/* outside a hunk: names, modes */
	DIFF_LINE_HUNK,		/* "@@ ..." */
	DIFF_LINE_OLD, DIFF_LINE_NEW, DIFF_LINE_SAME,
	DIFF_LINE_NOTE,		/* "\ No newline at end of file" */
};

struct diff_lines {		/* all 0 before the first line */
	int	old_lines, new_lines;	/* of the current hunk, still to come */
};

/* The next line, without its newline. */
enum diff_line_kind diff_line(struct diff_lines *, const char *line, size_t n);

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

struct patch_hunk {
	int		 old_start, old_lines, new_start, new_lines;
	const char	*text;		/* ' ' '+' '-' '\' lines */
	size_t		 len;		/* 0: a mode, or nothing to show */
};

struct patch_file {
	const char	*path;		/* raw bytes */
	const char	*from;		/* its old name; or NULL */
	int		 same;		/* for a rename: similarity in
					   percent */
	bool		 old_exists, new_exists;
	unsigned	 old_mode, new_mode;
	bool		 binary;	/* its contents are not shown, but by: */
	const char	*binary_patch;	/* what follows "index"; or NULL */
	const char	*old_name, *new_name;	/* git's, of the contents; NULL:
					   not said */
	const struct patch_hunk *hunks;
	size_t		 hunks_len;
};

/* Append one file's patch; -1 if the buffer is full. A change of type (a file
 * becomes a link) is written as a deletion and a new file, as git does. */
int	patch_format(struct buf *out, const struct patch_file *);
/* Like the function above, from the open proposal: all hunks of the file,
 * numbered as if all were applied, without the user's edits. */
int	patch_write_file(struct buf *out, const struct fold_file *);
/* Read the hunk whose "@@ -" line begins at p: its numbers, and its lines into
 * `text` (borrowed). The NUL after the patch must be readable. Returns the
 * hunk's end, or NULL if none begins at p. */
const char *patch_hunk_read(struct patch_hunk *, const char *p,
	    const char *end);
/* Append `prefix` and path, quoted and escaped as git does. */
void	patch_name(struct buf *out, const char *prefix, const char *path);
/* What was written so, without the quotes; malloc'ed. NULL: it isn't. */
char	*patch_name_read(const char *text);

#endif
