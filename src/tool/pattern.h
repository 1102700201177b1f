/*
 * pattern: globs of the tools, like those in .gitignore: * and ? stay within a path component, **
 * crosses components, a leading dot is an ordinary character. PCRE2 converts
 * and matches them.
 */
#ifndef ASSENT_TOOL_PATTERN_H
#define ASSENT_TOOL_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct pattern;

/* {a,b} means alternatives. NULL with *e set. */
struct pattern *pattern_new(const char *glob, size_t n, struct err *e);
void	pattern_free(struct pattern *);
bool	pattern_match(const struct pattern *, const char *s, size_t n);

/* PCRE2's general context, for every function that accepts one: out of memory
 * ends the process. */
void	*pattern_memory(void);

#endif
