/*
 * outside: what an attempt could reach if the sandbox did not hold, and a print
 * of it all, one line a thing, so that two of them can be compared.
 */
#ifndef ASSENT_TESTS_ESCAPE_OUTSIDE_H
#define ASSENT_TESTS_ESCAPE_OUTSIDE_H

#include "base/buf.h"
#include "tests/escape/world.h"

struct outside;

/* Baits in the world's home and beside it; a file for `attempt` that says
 * where they are. Ends the program if they cannot be made. */
struct outside *outside_new(struct world *);
void	outside_free(struct outside *);
/* Everything but what a call may change. Malloc'ed. */
char	*outside_print(struct outside *);
/* The first line that differs, or NULL. Malloc'ed. */
char	*outside_compare(const char *before, const char *after);

#endif
