/*
 * v4a-indent: where a chunk fits only with other blanks at the beginning of its
 * lines, what it adds gets the file's.  Only if one rule explains all lines that
 * both have, and the added ones follow the patch's side of it: else they go in
 * as the patch has them.
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
	/* V4A_INDENT_UNITS: `many` of the patch are `are` of the file, where
	 * one of the two is 1, counted from a line that has this much. */
	size_t		 many, are;
	size_t		 patch_base, file_base;
	char		 patch, file;	/* ' ' or '\t' */
};

/* The rule of `n` lines of a chunk. `file`: those that it keeps or removes, as
 * the file has them. */
void	v4a_indent_learn(struct v4a_indent *, const struct v4a_line *, size_t n,
	    const struct v4a_piece *file);
/* A line that the patch adds, without its end. */
int	v4a_indent_put(const struct v4a_indent *, struct buf *,
	    struct v4a_piece line);

#endif
