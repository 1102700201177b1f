/*
 * walk: the files below a folder, sorted by path, without .git and what the
 * .gitignore files on the way leave out.  Links are not followed, special files
 * not given, depth and number bounded.
 */
#ifndef ASSENT_TOOL_WALK_H
#define ASSENT_TOOL_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "tool/impl.h"

struct walk {
	/* The file `name` in the folder `dir`; `path` is below the folder
	 * where the walk began. `is_link`: a symbolic link. False ends the
	 * walk. */
	bool	(*file)(void *arg, int dir, const char *name, const char *path,
		    bool is_link);
	void	*arg;
	/* Filled by the walk. */
	size_t	 seen;		/* names looked at */
	size_t	 ignored;	/* of these, left out by rules */
	size_t	 unreadable;	/* folders that could not be listed */
	bool	 truncated;	/* WALK_MAX or WALK_DEPTH was reached */
};

#define WALK_MAX	1000000
#define WALK_DEPTH	100

/* `fd` is the folder at `p` (taken). */
void	walk_run(struct walk *, const struct tool_path *p, int fd);

/* ---- tool-glob.c: what grep shares with it ---- */

/* malloc'ed: what stands before each path in an answer, "" or "dir/". */
char	*glob_prefix(const char *given);
/* What the walk could not look at. */
void	glob_walk_notes(struct buf *, const struct walk *);

#endif
