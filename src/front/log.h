/*
 * log: prints a session's journal, as text or raw.  Only reads; a core may be
 * writing at the same time.
 */
#ifndef ASSENT_FRONT_LOG_H
#define ASSENT_FRONT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

/*
 * Calls `fn` for each complete line of the journal in the session's directory
 * `dir`; it returns -1 with *e if it can't use one. *torn (may be NULL) is the
 * size of an incomplete last line.
 */
int	log_lines(const char *dir, int (*fn)(void *, const char *, size_t,
	    struct err *), void *arg, size_t *torn, struct err *e);

/* Print the journal in the session's directory `dir`. Text is sanitized (flags as
 * for sanitize_add); with `json` lines are copied unchanged, except that on a
 * terminal unsafe characters become \u escapes. -1 with *e if a line can't be
 * read (after printing those before it) or on a write error. Omits and reports
 * an incomplete last line. `net`: only the hosts of commands. */
int	log_print(FILE *out, const char *dir, bool json, bool net,
	    bool is_terminal, unsigned flags, struct err *e);

#endif
