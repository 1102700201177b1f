/*
 * weaken: which changed lines make tests weaker, by their form: an assertion
 * removed, a skip added, a test removed and the like. Nothing is run and no
 * meaning is known, so it is silent when in doubt: an assertion that moved,
 * also to another file of the change, was merged with others or replaced isn't
 * reported. Pure; takes time in proportion to the texts.
 */
#ifndef ASSENT_CORE_WEAKEN_H
#define ASSENT_CORE_WEAKEN_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct hunk_list;

enum weaken_kind {
	WEAKEN_REMOVED,		/* an assertion */
	WEAKEN_COMMENTED,	/* an assertion, or a test */
	WEAKEN_TRIVIAL,
	WEAKEN_WEAKER,
	WEAKEN_CAUGHT,
	WEAKEN_TEST_REMOVED,
	WEAKEN_SKIPPED,
	WEAKEN_ONLY,
	WEAKEN_IGNORED,
	WEAKEN_ENDS,
	/* These don't count as weakened. */
	WEAKEN_VALUE,
	WEAKEN_SNAPSHOT,
	WEAKEN_KINDS
};
/* "assertion removed" */
extern const char *const weaken_words[WEAKEN_KINDS];

/* A file that a change creates, edits or deletes; all borrowed. */
struct weaken_file {
	const char	*path;
	bool		 test;		/* policy_is_test; of others only
					   Rust's own tests are looked at */
	const struct buf *before;	/* NULL: doesn't exist. The texts that */
	const struct buf *after;	/* the hunks are of */
	const struct hunk_list *hunks;
};

struct weaken_found {
	size_t		 file;
	bool		 old_side;
	int		 line;		/* from 1, on that side */
	enum weaken_kind kind;
};
struct weaken_founds { struct weaken_found *v; size_t v_len; };

#define WEAKEN_FOUND_MAX	((size_t)2000)
/* A larger file, one in a language that isn't known, and what comes after so
 * much text have none. */
#define WEAKEN_FILE_MAX		((size_t)1 << 20)
#define WEAKEN_TEXT_MAX		((size_t)8 << 20)

/* What all files of one change weaken, in the order of files; old lines of a
 * file come before its new ones. */
void	weaken_find(const struct weaken_file *, size_t n,
	    struct weaken_founds *);
void	weaken_founds_release(struct weaken_founds *);
/* How many of them count. */
size_t	weaken_count(const struct weaken_founds *);

#endif
