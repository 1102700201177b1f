/*
 * weaken-form: how tests look in a language, with all its frameworks: what
 * asserts, begins a test, skips one. By form only: a table of patterns for each
 * language.
 */
#ifndef ASSENT_CORE_WEAKEN_FORM_H
#define ASSENT_CORE_WEAKEN_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "core/diagnose/language.h"

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

/* How a language, with all its frameworks, names things. */
struct weaken_form {
	const char	*words[WEAKEN_WORDS];	/* patterns */
	bool		 quoted;	/* names of tests are strings */
	bool		 beside;	/* tests are also in files of code */
};

/* The lists of a language that was found in the proposal. */
struct weaken_lists {
	const struct weaken_form *of;
	struct weaken_lists *next;
	struct pattern_list v[WEAKEN_WORDS];
};

/* NULL: we know no forms of tests in it. */
const struct weaken_form *weaken_form(enum language);
/* The patterns of a language that has some; they are added to *all. */
const struct weaken_lists *weaken_lists(struct weaken_lists **all,
	    enum language);
void	weaken_lists_free(struct weaken_lists *);

/* The text without what layout may change: blanks, parentheses, commas,
 * comments, the kind of quotes. `shape`: a value is a '#'. */
char	*weaken_key(const char *text, const char *code, size_t len,
	    bool shape);
char	*weaken_line_key(const struct language_line *);

/* The first place in a line that matches one of the patterns, or NULL. */
const char *weaken_seek(const struct weaken_lists *, enum weaken_which,
	    const struct language_line *);
/* Does this line call what may assert by its name? */
bool	weaken_helps(const struct language_line *);
/* Does the name say nothing of what is asserted? */
bool	weaken_is_stop(const char *name);

#endif
