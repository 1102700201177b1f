/*
 * pathmap: entries by path, or another name, sorted.  An entry is any struct whose first member
 * is `char *path`; it is made zeroed by pathmap_add, holds nothing else to be
 * freed, and stays where it is until it is removed.
 */
#ifndef ASSENT_BASE_PATHMAP_H
#define ASSENT_BASE_PATHMAP_H

#include <stddef.h>

/* Zeroed: empty. */
struct pathmap {
	void	*tree;
	size_t	 len;
};

void	pathmap_release(struct pathmap *);
void	*pathmap_find(const struct pathmap *, const char *path);
/* Found, or made with this size. */
void	*pathmap_add(struct pathmap *, const char *path, size_t size);
void	pathmap_remove(struct pathmap *, const char *path);
/* All entries by path, NULL at the end. The array is malloc'ed, the entries are
 * borrowed; one that is removed stays in the array. */
void	**pathmap_list(const struct pathmap *);

#endif
