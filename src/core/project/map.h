/*
 * map: the project's folders to a depth of 3, as an overview for a model: one
 * line per folder with its contents, without files that git ignores.
 */
#ifndef ASSENT_CORE_PROJECT_MAP_H
#define ASSENT_CORE_PROJECT_MAP_H

#include <stdbool.h>
#include <stddef.h>

/* Is this path (relative to the root) left out? */
typedef bool (*map_skip)(void *arg, const char *path, bool is_dir);

/* A file: its open folder, its name there, its path. */
typedef void (*map_found)(void *arg, int dir, const char *name,
	    const char *path);

/* Describe the folder `root` in at most `max` bytes, the nearer folders first;
 * malloc'ed, "" if nothing is in it. Reads a limited number of entries. */
char	*map_make(int root, map_skip, void *arg, size_t max);
/* Call `found` for each file, at any depth, the nearer folders first, with the
 * map's limits. */
void	map_each(int root, map_skip, void *arg, map_found, void *found_arg);

#endif
