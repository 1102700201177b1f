#include "config.h"

#include "base/pathmap.h"

#include <search.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

/* The common start of every entry; also the search key. */
struct pathmap_key {
	char	*path;
};

static void
pathmap_free_one(void *p)
{
	FREE_ALL(((struct pathmap_key *)p)->path, p);
}

void
pathmap_release(struct pathmap *m)
{
	tdestroy(m->tree, pathmap_free_one);
	m->tree = NULL;
	m->len = 0;
}

void *
pathmap_find(const struct pathmap *m, const char *path)
{
	/* tfind() doesn't modify the key. */
	const struct pathmap_key key = { (char *)(uintptr_t)path };
	void *node = tfind(&key, &m->tree, mem_by_name);

	return node == NULL ? NULL : *(void **)node;
}

struct pathmap_bound {
	char		*path;		/* must stay first */
	const void	*next;
};

/* Never equal: the search ends at a leaf, and `next` is the last entry that was
 * greater. The C library passes the search key first. */
static int
pathmap_compare_bound(const void *key, const void *entry)
{
	struct pathmap_bound *b = (void *)(uintptr_t)key;

	if (mem_by_name(key, entry) >= 0)
		return 1;
	b->next = entry;
	return -1;
}

void *
pathmap_after(const struct pathmap *m, const char *path)
{
	struct pathmap_bound b = { (char *)(uintptr_t)path, NULL };

	tfind(&b, &m->tree, pathmap_compare_bound);
	return (void *)(uintptr_t)b.next;
}

void *
pathmap_next(const struct pathmap *m, const void *x)
{
	const struct pathmap_key *key = x;

	return key == NULL ? NULL : pathmap_after(m, key->path);
}

void *
pathmap_add(struct pathmap *m, const char *path, size_t size)
{
	struct pathmap_key *x = pathmap_find(m, path);

	if (x != NULL)
		return x;
	x = xcalloc(1, size);
	x->path = xstrdup(path);
	if (tsearch(x, &m->tree, mem_by_name) == NULL)
		mem_out();
	m->len++;
	return x;
}

void
pathmap_remove(struct pathmap *m, const char *path)
{
	void *x = pathmap_find(m, path);

	if (x == NULL)
		return;
	tdelete(x, &m->tree, mem_by_name);
	m->len--;
	pathmap_free_one(x);
}

void
pathmap_toggle(struct pathmap *m, const char *path)
{
	if (pathmap_find(m, path) != NULL)
		pathmap_remove(m, path);
	else
		pathmap_add(m, path, sizeof(struct pathmap_key));
}

struct pathmap_number {
	char	*path;
	size_t	 n;
};

size_t
pathmap_number(const struct pathmap *m, const char *path)
{
	const struct pathmap_number *x = pathmap_find(m, path);

	return x == NULL ? 0 : x->n;
}

void
pathmap_set_number(struct pathmap *m, const char *path, size_t n)
{
	struct pathmap_number *x = pathmap_add(m, path, sizeof(*x));

	x->n = n;
}

struct pathmap_walk {
	void	**v;
	size_t	 n;
};

/* twalk passes no argument, and twalk_r isn't in every C library. */
static struct pathmap_walk *pathmap_walking;

static void
pathmap_list_one(const void *node, VISIT which, int depth UNUSED)
{
	struct pathmap_walk *w = pathmap_walking;

	if (which == postorder || which == leaf)
		w->v[w->n++] = *(void *const *)node;
}

void **
pathmap_list(const struct pathmap *m)
{
	struct pathmap_walk w = { NULL, 0 };

	w.v = xcalloc(m->len + 1, sizeof(*w.v));
	pathmap_walking = &w;
	twalk(m->tree, pathmap_list_one);
	return w.v;
}
