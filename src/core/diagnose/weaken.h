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

struct buf;
struct ev_hunk;

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

/* A file that a change creates, edits or deletes; all borrowed. */
struct weaken_file {
	const char	*path;
	bool		 test;		/* policy_is_test */
	bool		 added;
	const struct buf *before;	/* the texts that the hunks are of;
					   NULL: there is none, or none that */
	const struct buf *after;	/* weaken_reads */
	const struct ev_hunk *hunks;
	size_t		 hunks_len;
};

struct weaken_found {
	size_t		 file;
	bool		 old_side;
	int		 line;		/* from 1, on that side */
	enum weaken_kind kind;
};
struct weaken_founds { struct weaken_found *v; size_t v_len; };

/* Does it need the texts of such a file? Of files that aren't tests only where
 * the language has tests in them. */
bool	weaken_reads(const char *path, bool test);
/* What a text costs; the caller leaves out what is more than that in all. It
 * takes 0.3 s at most, and a tenth of that if the text isn't made for it. */
size_t	weaken_cost(const struct buf *);
#define WEAKEN_COST_MAX		((size_t)2 << 20)

/* After so many, only the first one of each file that counts. */
#define WEAKEN_FOUND_MAX	((size_t)1000)

/* What all files of one change weaken, in the order of files; old lines of a
 * file come before its new ones. */
void	weaken_find(const struct weaken_file *, size_t n,
	    struct weaken_founds *);
void	weaken_founds_release(struct weaken_founds *);
/* Does it make tests weaker, or is it only shown? */
bool	weaken_counts(enum weaken_kind);

#endif
