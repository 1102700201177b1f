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

#define WALK_MAX	1000000
#define WALK_DEPTH	100

/* `fd` is the folder at `p` (owned). */
void	walk_run(struct walk *, const struct tool_path *p, int fd);

/* ---- tool-glob.c: shared with grep ---- */

/* A glob of the tools: as in .gitignore, and {a,b} means alternatives. NULL with
 * *e set. */
struct glob_list *glob_braces(const char *glob, struct err *e);

/* malloc'ed: the prefix of each path in an answer, "" or "dir/". */
char	*glob_prefix(const char *given);
/* What the walk could not visit. */
void	glob_walk_notes(struct buf *, const struct walk *);

#endif
