/*
 * required-text: text that every match of a regular expression contains.
 * Searching a whole file for it is much quicker than matching line by line, and
 * most files don't contain it.
 */
#ifndef ASSENT_TOOL_REQUIRED_TEXT_H
#define ASSENT_TOOL_REQUIRED_TEXT_H

#define REQUIRED_MOST	8	/* texts */

/* For an expression that PCRE2 has compiled, to be matched against single
 * lines: literal expressions, one of which matches in each line in which the
 * first one does. malloc'ed, each with a NUL, and an empty one as the last; NULL
 * if there are none, or none are known. */
char	*required_text(const char *pattern);

#endif
