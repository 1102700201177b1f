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

/* As log_print_to; with `json` the journal's lines about hosts. */
int	log_net_print(FILE *out, const char *dir, bool json, bool is_terminal,
	    unsigned sanitize_flags, struct err *e);

/*
 * Calls `fn` for each complete line of the journal in the session's directory
 * `dir`; it returns -1 with *e if it can't use one. *torn (may be NULL) is the
 * size of an incomplete last line.
 */
int	log_lines(const char *dir, int (*fn)(void *, const char *, size_t,
	    struct err *), void *arg, size_t *torn, struct err *e);
/* Such a function: folds the line into a struct fold. */
int	log_fold_line(void *fold, const char *line, size_t n, struct err *);

/* Print the journal in the session's directory `dir` to standard output. Text
 * is sanitized; with `json` lines are copied unchanged, except that on a
 * terminal unsafe characters become \u escapes. -1 with *e if a line can't be
 * read (after printing those before it) or on a write error. Omits and reports
 * an incomplete last line. `net`: only the hosts. */
int	log_print(const char *dir, bool json, bool net, struct err *e);

/* The same to `out`; sanitize_flags as for sanitize_add. */
int	log_print_to(FILE *out, const char *dir, bool json, bool is_terminal,
	    unsigned sanitize_flags, struct err *e);

#endif
