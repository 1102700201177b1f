/*
 * hunk: unified diffs of two contents, as hunks that can be accepted one by
 * one. Built on libgit2's buffer diff (context 3, lines end at LF only; CR and
 * a missing final newline are bytes of the hunk). Pure: no files, no store. Where
 * both contents have an encoding that is declared, their text in UTF-8 is what
 * is compared, and all texts and offsets of the hunks are of that.
 */
#ifndef ASSENT_GATE_HUNK_H
#define ASSENT_GATE_HUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/encoding.h"
#include "base/err.h"

/* Long enough that two hunks with the same id can't be made: a mark stays with
 * its id when the proposal changes. */
#define HUNK_ID_SIZE 33
/* A content that is larger, or contains a NUL, is accepted as a whole or not at
 * all; so is a change whose hunks have more text. */
#define HUNK_MAX_BYTES ((size_t)64 << 20)
#define HUNK_TEXT_MAX ((size_t)4 << 20)

#define HUNK_FUNCTION_SIZE 81	/* bytes, with the NUL */

/* How lines are compared: git's diff.algorithm, with its indent heuristic, so
 * that hunks are those of `git diff`. */
enum hunk_diff {
	HUNK_DIFF_MYERS,
	HUNK_DIFF_MINIMAL,
	HUNK_DIFF_PATIENCE,
	HUNK_DIFF_OLD,		/* in a session of an older version: Myers
				   without that heuristic */
};
/* NULL: old. */
enum hunk_diff hunk_diff_find(const char *name);

enum hunk_kind {
	HUNK_TEXT,	/* some lines */
	HUNK_MODE,	/* the executable bit, in addition to HUNK_TEXT ones */
	HUNK_WHOLE,	/* all or nothing: the only one of its list */
};

struct hunk {
	char	 id[HUNK_ID_SIZE];
	enum hunk_kind kind;
	int	 old_start, old_lines, new_start, new_lines;
	char	 function[HUNK_FUNCTION_SIZE];	/* that it is in; raw, ""
						   if none is known */
	char	*text;		/* raw bytes: lines with ' ' '+' '-', and
				   "\ No newline at end of file" lines */
	size_t	 len;
	/* HUNK_TEXT: the bytes of `before` that it replaces, without context,
	 * and the new bytes. HUNK_WHOLE: the whole content, NULL if the list is
	 * binary. */
	size_t	 old_off, old_len;
	char	*new_text;
	size_t	 new_len;
};

struct hunk_list {
	struct hunk	*v;
	size_t		 len;
	bool		 whole;		/* one hunk: all or nothing */
	bool		 binary;	/* whole, and can't be shown */
	struct encoding	 encoding;	/* of both contents; no name: they are
					   taken as they are, */
	bool		 mixes;		/* it would get a second encoding */
	bool		 misread;	/* a program may read its bytes
					   otherwise than they are shown */
	struct err	 unconverted;	/* and why, if one is declared; or that
					   there would be two; or where it is
					   misread */
};

/* One side of a change; all borrowed. */
struct hunk_side {
	bool		 exists;
	unsigned	 mode;		/* 0100644 0100755 0120000 */
	const char	*hash;		/* SHA-256 of the content */
	const struct buf *content;	/* NULL: too large to look at */
};

/*
 * The hunks of a change. A change of the executable bit along with changed text
 * is a hunk of its own, the first; symbolic links, changes of type, binary and
 * empty contents and a mode alone are one whole hunk (links and small texts
 * with their lines as text, for display). So is a change that hunk_is_costly.
 * The encoding is the one that both contents were converted from, or NULL: it is
 * part of the ids of text hunks.
 */
int	hunk_list_change(struct hunk_list *, const char *path,
	    const struct hunk_side *before, const struct hunk_side *after,
	    const struct encoding *, enum hunk_diff, struct err *);
void	hunk_list_release(struct hunk_list *);

/* `before` with the hunks applied that have take[i] set; skips HUNK_MODE.
 * `before` may be NULL (doesn't exist). */
int	hunk_compose(struct buf *out, const struct buf *before,
	    const struct hunk_list *, const bool *take);

/* Replace the hunks that have one of these ids by their parts, split at the
 * unchanged lines between their changes; set the function of each. */
void	hunk_split_ids(struct hunk_list *, const char *const *ids, size_t n,
	    const char *path, const struct buf *before);
/*
 * `text` is a hunk as edited by a person: the lines of `before` that the hunk
 * has, each with ' ' (stays) or '-' (goes), and any '+' lines; lines that start
 * with '#' and an "@@" line are ignored. *out gets the id of the hunk it
 * replaces. -1 with the line's number and the error.
 */
int	hunk_amend(struct hunk *out, const struct hunk *, const struct buf *before,
	    const char *text, size_t len, struct err *);

void	hunk_release(struct hunk *);
/* The id of the change as one whole, whatever its hunks are. */
void	hunk_whole_id(char id[HUNK_ID_SIZE], const char *path,
	    const struct hunk_side *before, const struct hunk_side *after);

#endif
