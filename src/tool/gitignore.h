/*
 * gitignore: the rules of .gitignore files, one set a folder, innermost first.
 */
#ifndef ASSENT_TOOL_GITIGNORE_H
#define ASSENT_TOOL_GITIGNORE_H

#include <stdbool.h>
#include <stddef.h>

struct gitignore;

/* Rules from the text of a .gitignore in the folder `base` (below the root, ""
 * for the root), on top of `up` (borrowed, may be NULL). */
struct gitignore *gitignore_new(const struct gitignore *up, const char *base,
	    const char *text, size_t n);
/* This set only, not what is below it. */
void	gitignore_free(struct gitignore *);
/* Is the file or folder `path` (below the root) itself left out? The caller
 * asks folder by folder from the root: what is in an ignored folder is
 * ignored. */
bool	gitignore_match(const struct gitignore *, const char *path,
	    bool is_dir);

#endif
