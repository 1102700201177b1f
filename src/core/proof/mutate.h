/*
 * mutate: small changes to changed lines, each of which a test should notice:
 * `<=` for `<`, a negated condition, a call left out. By form only, in files of
 * code that aren't tests; what wouldn't compile, or what no test can notice, is
 * left out where the form shows it. Pure.
 */
#ifndef ASSENT_CORE_MUTATE_H
#define ASSENT_CORE_MUTATE_H

#include <stddef.h>

struct change_text;

struct mutant {
	size_t		 file;
	size_t		 hunk;		/* the file's, from 0 */
	int		 line;		/* from 1, on the new side */
	size_t		 at, len;	/* bytes of `after` that are replaced */
	char		*with;
	char		*words;		/* "`<=` for `<`", "the condition
					   negated" */
};
struct mutants { struct mutant *v; size_t v_len; };

/* At most one of a line, and `most` in all: each hunk gets one before any gets
 * a second. In the order of files and lines. */
void	mutate_find(const struct change_text *, size_t n, size_t most,
	    struct mutants *);
void	mutants_release(struct mutants *);

#endif
