/*
 * pathmap: entries sorted by path or another name. An entry is a struct whose
 * first member is `char *path`. pathmap_add creates it zeroed; it must own
 * nothing else that needs freeing, and its address is stable until it is
 * removed.
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
/* The first entry that sorts after this path, or NULL. */
void	*pathmap_after(const struct pathmap *, const char *path);
/* The one after the entry `x`, or NULL; also if x is. */
void	*pathmap_next(const struct pathmap *, const void *x);
/* Each `struct entry *x` that has a path, in the order of those. The body may add
 * entries, and remove its own. */
#define PATHMAP_EACH(m, entry, x) \
	for (struct entry *x = pathmap_after(m, ""), \
	    *x##_next = pathmap_next(m, x); x != NULL; \
	    x = x##_next, x##_next = pathmap_next(m, x))
/* Find the entry, or create it with this size. */
void	*pathmap_add(struct pathmap *, const char *path, size_t size);
void	pathmap_remove(struct pathmap *, const char *path);
/* Use the map as a set of paths: add the path (an entry of a path alone), or
 * remove it. */
void	pathmap_toggle(struct pathmap *, const char *path);
/* A number for each path, instead; 0: not in the map. */
size_t	pathmap_number(const struct pathmap *, const char *path);
void	pathmap_set_number(struct pathmap *, const char *path, size_t);
/* All entries by path, NULL-terminated. The array is malloc'ed, the entries are
 * borrowed; removed entries stay in the array. */
void	**pathmap_list(const struct pathmap *);

#endif
