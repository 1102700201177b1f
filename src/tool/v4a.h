/*
 * v4a: the patch format of apply_patch. It has no line numbers: an update is a
 * list of chunks in file order, each found by its own lines. Pure: no files.
 *
 *   *** Begin Patch
 *   *** Update File: PATH      or Add File (+ lines), Delete File
 *   *** Move to: PATH          of an update, optional
 *   *** Reason: WORDS          ours, optional; also before a chunk
 *   @@ LINE                    optional: a line above the chunk
 *    kept, -removed, +added    by the first letter
 *   *** End of File            optional: the chunk is the file's end
 *   *** End Patch
 *
 * Sources: the grammar of openai/codex (tool_apply_patch.lark) and what its
 * parser accepts. Tolerated: text before the first and after the last line
 * (heredocs, fences), spaces and stars around marks, CRLF, empty lines without
 * their space, line numbers after @@.
 */
#ifndef ASSENT_TOOL_V4A_H
#define ASSENT_TOOL_V4A_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "tool/edit-match.h"

enum v4a_kind { V4A_ADD, V4A_DELETE, V4A_UPDATE };

struct v4a_line {		/* borrowed from the patch */
	char		 kind;	/* '@' (first, a line above), ' ', '-', '+' */
	bool		 bare;	/* an empty line without its space */
	const char	*p;
	size_t		 n;
};

struct v4a_chunk {
	struct v4a_line	*lines;
	size_t		 len;
	bool		 at_end;	/* "*** End of File" */
	char		*reason;	/* or NULL */
	size_t		 at;		/* its first line in the patch, from
					   1 */
};

struct v4a_file {
	enum v4a_kind	 kind;
	char		*path;
	char		*move;		/* of an update, or NULL */
	char		*reason;	/* or NULL */
	struct buf	 content;	/* of an added one */
	struct v4a_chunk *chunks;	/* of an update */
	size_t		 len;
	size_t		 at;		/* its line in the patch */
};

struct v4a {
	struct v4a_file	*files;
	size_t		 len;
};

/* The patch must outlive it. -1 with a message; release it in either case. */
int	v4a_parse(struct v4a *, const char *patch, size_t n, struct err *);
void	v4a_release(struct v4a *);
/* The lines of a chunk that are in the old file (or, with `after`, in the new
 * one). */
void	v4a_chunk_text(const struct v4a_chunk *, bool after, struct buf *);

/* ---- v4a-apply.c ---- */

/* Apply an update to this content. Keeps the file's own lines and line endings;
 * if its indentation certainly differs from the patch's, added lines get the
 * file's. `max` limits the new content. Release its content. */
void	v4a_apply(struct edit_result *, const struct v4a_file *, const char *p,
	    size_t n, size_t max);

#endif
