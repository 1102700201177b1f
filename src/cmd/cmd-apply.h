/*
 * cmd-apply: what is told of somebody's patch before git gets it.  For
 * cmd-apply.c and
 * cmd-apply-zero.c.
 */
#ifndef ASSENT_CMD_CMD_APPLY_H
#define ASSENT_CMD_CMD_APPLY_H

#include "base/buf.h"
#include "base/err.h"

/* The name after "--- " or "+++ ", without a date; malloc'ed. */
char	*apply_name(const char *line, const char *end);

/* ---- cmd-apply-zero.c ---- */
/* Has no hunk a line around its changes? 1: so, and each has one place in the
 * files below root; 0: git shall say; -1 with which has not. */
int	apply_zero(const char *root, const struct buf *patch, int strip,
	    struct err *);

#endif
