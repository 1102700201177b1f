/*
 * v4a-indent: where a chunk fits only with other blanks at the beginning of its
 * lines, what it adds gets the file's: from the lines that both have it is known
 * which of the file's is meant by which of the patch's.
 */
#ifndef ASSENT_TOOL_V4A_INDENT_H
#define ASSENT_TOOL_V4A_INDENT_H

#include "base/buf.h"
#include "tool/v4a-find.h"

#define V4A_INDENTS 64

struct v4a_indent {		/* zero-initialized; borrows the lines */
	struct v4a_indents {
		struct v4a_piece patch, file;
	}		 v[V4A_INDENTS];
	size_t		 len;
	bool		 differs;	/* somewhere: else lines go as they are */
	/* So many of the patch's blanks are so many of the file's. */
	size_t		 many, are;	/* 0: not known; one of them is 1 */
	char		 patch, file;	/* ' ' or '\t' */
	bool		 sure;		/* by two lines */
};

/* These two are the same line. A later one counts more. */
void	v4a_indent_learn(struct v4a_indent *, struct v4a_piece patch,
	    struct v4a_piece file);
/* A line that the patch adds, without its end. */
int	v4a_indent_put(const struct v4a_indent *, struct buf *,
	    struct v4a_piece line);

#endif
