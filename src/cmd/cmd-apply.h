/*
 * cmd-apply: checks of a patch before git gets it.  For cmd-apply.c and
 * cmd-apply-zero.c.
 */
#ifndef ASSENT_CMD_CMD_APPLY_H
#define ASSENT_CMD_CMD_APPLY_H

#include "base/buf.h"
#include "base/err.h"

/* The name after "--- " or "+++ ", without a date; malloc'ed. */
char	*apply_name(const char *line, const char *end);

/* ---- cmd-apply-zero.c ---- */
/* Checks a patch without context lines: 1 if each hunk matches exactly one
 * place in the files below root; 0 if the patch has context, so that git checks
 * it; -1 with the hunk that doesn't match. */
int	apply_zero(const char *root, const struct buf *patch, int strip,
	    struct err *);

#endif
