/*
 * walk: the files below a folder, sorted by path, without .git and the files
 * that .gitignore rules exclude. Links are not followed and special files not
 * returned; depth and number are limited.
 */
#ifndef ASSENT_TOOL_WALK_H
#define ASSENT_TOOL_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "tool/impl.h"

struct gitignore;
struct glob_list;

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

struct walk {
	/* The file `name` in the folder `dir`; `path` is relative to the start
	 * of the walk. `is_link`: a symbolic link. Return false to end the
	 * walk. */
	bool	(*file)(void *arg, int dir, const char *name, const char *path,
		    bool is_link);
	void	*arg;
	/* Results of the walk. */
	size_t	 seen;		/* names visited */
	size_t	 ignored;	/* of these, excluded by rules */
	size_t	 unreadable;	/* folders that could not be listed */
	bool	 truncated;	/* WALK_MAX or WALK_DEPTH was reached */
};

/* `fd` is the folder at `p` (owned). */
void	walk_run(struct walk *, const struct tool_path *p, int fd);

/* A glob of the tools: as in .gitignore, and {a,b} means alternatives. NULL with
 * *e set. */
struct glob_list *glob_braces(const char *glob, struct err *e);

#endif
