/*
 * required-text: text that every match of a regular expression contains.
 * Searching a whole file for it is much quicker than matching line by line, and
 * most files don't contain it.
 */
#ifndef ASSENT_TOOL_REQUIRED_TEXT_H
#define ASSENT_TOOL_REQUIRED_TEXT_H

/* For an expression that PCRE2 has compiled, to be matched against single
 * lines: another one, of a few literals ("foo|bar"), that matches in each line
 * in which the first one does. malloc'ed; NULL if there is none, or none is
 * known. */
char	*required_text(const char *pattern);

#endif
