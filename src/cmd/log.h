/*
 * log: a session's journal printed, for people or as it is.  Only reads; a core
 * may be writing at the same time.
 */
#ifndef ASSENT_CMD_LOG_H
#define ASSENT_CMD_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

/*
 * Each whole line of the journal in the session's folder `dir`, as it stands
 * now. `fn` returns -1 with *e when it cannot take one. *torn (may be NULL) is
 * how many bytes its last line has, if that is not finished.
 */
int	log_lines(const char *dir, int (*fn)(void *, const char *, size_t,
	    struct err *), void *arg, size_t *torn, struct err *e);

/* The journal of the session's folder `dir` on standard output. For people all
 * text is sanitized; with `json` the lines are copied as they are, but on a
 * terminal what it must not get stands as \u escapes. -1 with *e when a line
 * cannot be read (what stands before it has been printed) or at a write error.
 * A last line without its newline is left out and named. */
int	log_print(const char *dir, bool json, struct err *e);

/* The same to `out`; sanitize_flags as for sanitize_add. */
int	log_print_to(FILE *out, const char *dir, bool json, bool is_terminal,
	    unsigned sanitize_flags, struct err *e);

#endif
