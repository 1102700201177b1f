/*
 * map: the project's folders to a depth of three, for a model that sees them for
 * the first time: a line a folder with what is in it, what git ignores left out.
 */
#ifndef ASSENT_CORE_PROJECT_MAP_H
#define ASSENT_CORE_PROJECT_MAP_H

#include <stdbool.h>
#include <stddef.h>

/* Is this path (relative to the root) left out? */
typedef bool (*map_skip)(void *arg, const char *path, bool is_dir);

/* A file: the open folder that it is in, its name there, its path. */
typedef void (*map_found)(void *arg, int dir, const char *name,
	    const char *path);

/* Of the folder behind `root`, at most `max` bytes, the nearer folders first;
 * malloc'ed, "" if nothing is in it. Reads a bounded number of entries. */
char	*map_make(int root, map_skip, void *arg, size_t max);
/* Each file of it, however deep, the nearer folders first, as far as the map
 * would read. */
void	map_each(int root, map_skip, void *arg, map_found, void *found_arg);

#endif
