/*
 * v4a-indent: if a chunk matches only with different indentation, its added
 * lines get the file's. Only if one rule explains all lines that both have, and
 * the added lines follow the patch's side of it; otherwise they are inserted
 * unchanged.
 */
#ifndef ASSENT_TOOL_V4A_INDENT_H
#define ASSENT_TOOL_V4A_INDENT_H

#include "base/buf.h"
#include "tool/v4a-find.h"
#include "tool/v4a.h"

struct v4a_indent {
	enum v4a_indent_rule {
		V4A_INDENT_SAME,
		V4A_INDENT_MORE,	/* the file has `by` in front */
		V4A_INDENT_LESS,	/* the patch has it in front */
		V4A_INDENT_UNITS,
	} rule;
	struct v4a_piece by;		/* borrowed */
	/* V4A_INDENT_UNITS: `many` characters in the patch are `are` in the
	 * file (one of the two is 1), beyond this base. */
	size_t		 many, are;
	size_t		 patch_base, file_base;
	char		 patch, file;	/* ' ' or '\t' */
};

/* The rule for the `n` lines of a chunk. `file`: the kept and removed lines as
 * they are in the file. */
void	v4a_indent_learn(struct v4a_indent *, const struct v4a_line *, size_t n,
	    const struct v4a_piece *file);
/* A line that the patch adds, without its line ending. */
int	v4a_indent_put(const struct v4a_indent *, struct buf *,
	    struct v4a_piece line);

#endif
