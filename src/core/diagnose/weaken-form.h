/*
 * weaken-form: how tests look in a language, with all its frameworks: what
 * asserts, begins a test, skips one. By form only: a table of patterns for each
 * language, and the texts in which these are looked for.
 */
#ifndef ASSENT_CORE_WEAKEN_FORM_H
#define ASSENT_CORE_WEAKEN_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum weaken_which {
	WEAKEN_ASSERTS,
	WEAKEN_TESTS,		/* begin a test */
	WEAKEN_MARKS,		/* come before a function that is one */
	WEAKEN_FUNCTIONS,
	WEAKEN_SKIPS,
	WEAKEN_CATCHES,		/* errors of the lines before, */
	WEAKEN_NOTHING,		/* then does nothing */
	/* The same in all languages. */
	WEAKEN_LOOPS,
	WEAKEN_BRANCHES,
	WEAKEN_TRIES,
	WEAKEN_WORDS
};

/*
 * How a language, with all its frameworks, names things. Patterns are separated
 * by spaces: '^' begins a line, '~' is blanks, '*' any letters, digits and '_',
 * the rest is itself; names are matched as a whole. Only code is matched, no
 * strings and comments.
 */
struct weaken_language {
	const char	*ends;		/* of files' names, between spaces */
	const char	*comment;	/* to the end of the line */
	const char	*quotes;	/* of strings in one line */
	const char	*longs[5];	/* begin and end of longer ones and of
					   comments, in turn */
	const char	*words[WEAKEN_WORDS];
	bool		 quoted;	/* names of tests are strings */
	bool		 beside;	/* tests are also in files of code */
};

#define WEAKEN_PATTERNS		64	/* of one list */

/* A list of patterns, by their first byte. */
struct weaken_list {
	uint8_t		 head[256];	/* the first one with that byte, from
					   1; those that begin with '*' have
					   NUL */
	struct {
		const char *p;
		uint8_t	 len, next;
		bool	 begins;
	} v[WEAKEN_PATTERNS + 1];
};

/* The lists of a language that was found in the proposal. */
struct weaken_lists {
	const struct weaken_language *of;
	struct weaken_lists *next;
	struct weaken_list v[WEAKEN_WORDS];
};

struct weaken_line {
	const char	*text, *code;
	size_t		 len;
	int		 indent;	/* -1: no code */
	int		 group;
	int		 about;		/* the same; outside of functions the
					   next one, if there is one */
	int		 hunk;		/* from 1; 0: unchanged */
	int		 other;		/* the line on the other side, or -1 */
};

#define WEAKEN_STRING	'\1'		/* in code: a byte of a string */

/* The file's language by the end of its name; NULL: it isn't known. */
const struct weaken_language *weaken_language(const char *path);
/* The patterns of its language, which is known; they are added to *all. */
const struct weaken_lists *weaken_lists(struct weaken_lists **all,
	    const char *path);
void	weaken_lists_free(struct weaken_lists *);

bool	weaken_is_name(char);		/* in names? */
size_t	weaken_blanks(const char *p, const char *end);
/* The text with strings and comments blanked. */
char	*weaken_code(const struct weaken_language *, const char *text,
	    size_t len);
/* The text without what layout may change: blanks, parentheses, commas,
 * comments, the kind of quotes. `shape`: a value is a '#'. */
char	*weaken_key(const char *text, const char *code, size_t len,
	    bool shape);
char	*weaken_line_key(const struct weaken_line *);

/* The first place in a line that matches one of the patterns, or NULL. */
const char *weaken_seek(const struct weaken_lists *, enum weaken_which,
	    const struct weaken_line *);
/* Does this line call what may assert by its name? */
bool	weaken_helps(const struct weaken_line *);
/* Does the name say nothing of what is asserted? */
bool	weaken_is_stop(const char *name);

#endif
