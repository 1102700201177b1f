/*
 * map: the project's folders to a depth of three, for a model that sees them for
 * the first time: a line a folder with what is in it, what git ignores left out.
 */
#ifndef ASSENT_CORE_MAP_H
#define ASSENT_CORE_MAP_H

#include <stdbool.h>
#include <stddef.h>

/* Is this path (relative to the root) left out? */
typedef bool (*map_skip)(void *arg, const char *path, bool is_dir);

/* Of the folder behind `root`, at most `max` bytes, the nearer folders first;
 * malloc'ed, "" if nothing is in it. Reads a bounded number of entries. */
char	*map_make(int root, map_skip, void *arg, size_t max);

#endif
