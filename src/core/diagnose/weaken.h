/*
 * weaken: which changed lines make tests weaker, by their form. Nothing is run
 * and no meaning is known, so it is silent when in doubt: an assertion that
 * moved, also to another file of the change, was merged with others or replaced
 * isn't reported. Pure; takes time in proportion to the texts.
 */
#ifndef ASSENT_CORE_WEAKEN_H
#define ASSENT_CORE_WEAKEN_H

#include <stdbool.h>
#include <stddef.h>

struct change_text;

enum weaken_kind {
	WEAKEN_REMOVED,		/* an assertion */
	WEAKEN_CAUGHT,
	WEAKEN_TEST_REMOVED,
	WEAKEN_SKIPPED,
	WEAKEN_VALUE,		/* doesn't count as weakened */
	WEAKEN_KINDS
};
/* "assertion removed" */
extern const char *const weaken_words[WEAKEN_KINDS];

struct weaken_found {
	size_t		 file;
	bool		 old_side;
	int		 line;		/* from 1, on that side */
	enum weaken_kind kind;
};
struct weaken_founds { struct weaken_found *v; size_t v_len; };

/* Does it need the texts of such a file, by its name or by what is read of it? Of
 * files that aren't tests only where the language has tests in them. */
bool	weaken_reads(const struct change_text *);
/* After so many, only the first one of each file that counts. */
#define WEAKEN_FOUND_MAX	((size_t)1000)

/* What all files of one change weaken, in the order of files; old lines of a
 * file come before its new ones. */
void	weaken_find(const struct change_text *, size_t n,
	    struct weaken_founds *);
void	weaken_founds_release(struct weaken_founds *);
/* Does it make tests weaker, or is it only shown? */
bool	weaken_counts(enum weaken_kind);

#endif
