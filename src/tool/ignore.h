/*
 * ignore: the rules of .gitignore files, one set a folder, innermost first.
 */
#ifndef ASSENT_TOOL_IGNORE_H
#define ASSENT_TOOL_IGNORE_H

#include <stdbool.h>
#include <stddef.h>

struct ignore;

/* Rules from the text of a .gitignore in the folder `base` (below the root, ""
 * for the root), on top of `up` (borrowed, may be NULL). */
struct ignore *ignore_new(const struct ignore *up, const char *base,
	    const char *text, size_t n);
/* This set only, not what is below it. */
void	ignore_free(struct ignore *);
/* Is the file or folder `path` (below the root) itself left out? The caller
 * asks folder by folder from the root: what is in an ignored folder is
 * ignored. */
bool	ignore_match(const struct ignore *, const char *path, bool is_dir);

#endif
