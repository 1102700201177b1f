/* adds-int: what the files of adds share: one line, and the names in it. */
#ifndef ASSENT_CORE_ADDS_INT_H
#define ASSENT_CORE_ADDS_INT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/secret.h"
#include "core/diagnose/language.h"

struct adds_line {
	enum language	 language;
	const char	*path;
	const char	*text;		/* without comments */
	const char	*code;		/* and strings */
	size_t		 len;
	const struct language_line *above;	/* that it is a part of, by
						   indents or as a section of
						   settings; NULL: none */
	bool		 tokens;	/* the file is about those of a text */
	bool		 test;
};

/* Has it commands of the shell? */
static inline bool
adds_is_script(enum language l)
{
	return l == LANGUAGE_SHELL || l == LANGUAGE_MAKE ||
	    l == LANGUAGE_DOCKER || l == LANGUAGE_WORKFLOW;
}

/* The next host or address of mail after *at, in lower case; NULL: none. *target
 * is what makes it a known one. */
char	*adds_host_next(const struct adds_line *, size_t *at, char **target);

/* The variable of credentials whose name follows `after`, or NULL; what reads it
 * begins at `p`. */
char	*adds_name_read(const struct adds_line *, const char *p,
	    const char *after);
/* The first credential among the arguments from `p` to `end`, or NULL. */
char	*adds_name_logged(const struct adds_line *, const char *p,
	    const char *end);
/* Does it turn off a check of certificates, or of signatures, by name and value:
 * "verify_ssl: false"? */
bool	adds_is_off(const struct adds_line *, bool *signature);
/* The value that looks like a key, or NULL. Lines are read in order, for keys of
 * several. */
char	*adds_value_key(const struct adds_line *, struct keytext_lines *);

#endif
