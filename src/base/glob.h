/*
 * glob: lists of patterns as in .gitignore. A pattern without a slash matches
 * at any depth, "**" matches any number of folders, dots are ordinary, the last
 * matching pattern wins, "!" makes an exception. Matching is linear in pattern
 * and path except for backtracking to one star: patterns may come from a
 * hostile project. Bytes, no locale.
 */
#ifndef ASSENT_BASE_GLOB_H
#define ASSENT_BASE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

struct buf;
struct glob_list;

struct glob_list *glob_list_new(bool fold_case);
void	glob_list_free(struct glob_list *);
AUTO_AT(glob_list_free, struct glob_list)
/* One pattern; empty ones and comments are skipped. */
void	glob_list_add(struct glob_list *, const char *p, size_t n);
/* One glob, in which {a,b} means alternatives, and "!" and "#" at its beginning
 * are ordinary. -1 with *e if it is too long or has too many of them; some may be
 * added then. */
int	glob_list_add_braces(struct glob_list *, const char *glob, size_t n,
	    struct err *e);
/* Patterns that are separated by spaces. */
void	glob_list_add_words(struct glob_list *, const char *);
/* The lines of an ignore file; false if there are absurdly many. */
bool	glob_list_add_lines(struct glob_list *, const char *p, size_t n);

enum glob_verdict { GLOB_NONE, GLOB_YES, GLOB_TAKEN_BACK };

/* This path alone, relative to the patterns' root. */
enum glob_verdict glob_list_match(const struct glob_list *, const char *path,
	    bool is_dir);
/* Append the pattern that decides about this path alone, as it is written but for
 * "!"; nothing if none does. */
void	glob_list_pattern(const struct glob_list *, const char *path,
	    bool is_dir, struct buf *);
/* The path (a file), or a folder above it. */
bool	glob_list_covers(struct glob_list *, const char *path);

/* A word that files are searched for. Its text has after tabs, if they are
 * there: patterns of the only files that count, and what those have in their
 * text, too, between spaces. */
struct glob_word {
	char		*word;
	size_t		 n;
	bool		 plain;		/* not a name in capitals: a '-' beside it
					   makes another one */
	bool		 dotted;	/* and a '.' does */
	const char	*also;		/* or empty */
	struct glob_list *files;	/* NULL: all */
};

void	glob_word_read(struct glob_word *, const char *text);
bool	glob_word_is_in(const struct glob_word *, const char *path,
	    const char *text, size_t n);
/* Does it stand at `p` in a text, and not as a part of another word? */
bool	glob_word_stands(const struct glob_word *, const char *p,
	    const char *text, const char *end);
void	glob_word_release(struct glob_word *);

#endif
