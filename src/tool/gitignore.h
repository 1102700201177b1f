/*
 * gitignore: the rules of .gitignore files, one set per folder, innermost
 * first.
 */
#ifndef ASSENT_TOOL_GITIGNORE_H
#define ASSENT_TOOL_GITIGNORE_H

#include <stdbool.h>
#include <stddef.h>

struct gitignore;

/* Parse a .gitignore in the folder `base` (relative to the root, "" for the
 * root), on top of `up` (borrowed, may be NULL). */
struct gitignore *gitignore_new(const struct gitignore *up, const char *base,
	    const char *text, size_t n);
/* Frees this set only, not the ones under it. */
void	gitignore_free(struct gitignore *);
/* Is the file or folder `path` (relative to the root) itself ignored? The
 * caller asks folder by folder from the root: everything in an ignored folder
 * is ignored. */
bool	gitignore_match(const struct gitignore *, const char *path,
	    bool is_dir);

#endif
