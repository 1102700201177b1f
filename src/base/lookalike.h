/*
 * lookalike: names that mix scripts, or whose letters only look like ASCII, and
 * names of files that look alike. Pure.
 */
#ifndef ASSENT_BASE_LOOKALIKE_H
#define ASSENT_BASE_LOOKALIKE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

struct lookalike {
	size_t		 from, to;	/* bytes of the line */
	const char	*script;	/* of its first letter, or NULL */
	const char	*other;		/* another one in it, or NULL */
	bool		 foreign;	/* it has letters beyond ASCII */
	bool		 is_ascii;	/* all of it is ASCII or looks like it */
};

/* The next such name from *at on, which moves after it. A word that only looks
 * like ASCII is none if a word of the same script is beside it. */
bool	lookalike_next(const char *p, size_t n, size_t *at, struct lookalike *);
/* Append: "<U+0441>" looks like "c", is Cyrillic. */
void	lookalike_words(struct buf *, const char *p, const struct lookalike *);
/* What a file's name looks like, malloc'ed: two names of which this is the same
 * look alike. Without spaces at its end; *space (may be NULL): there are some. */
char	*lookalike_name(const char *name, bool *space);

#endif
