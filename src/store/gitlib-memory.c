/*
 * gitlib-memory: makes libgit2 use the allocation functions that can't fail. On
 * NULL it would continue as if an object or rule didn't exist.
 */
#include "config.h"

#include "store/gitlib.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <git2/sys/alloc.h>

#include "base/mem.h"

/* Only a damaged file asks for this much: report an error instead of ending. */
#define MEMORY_ABSURD ((size_t)1 << 31)

static bool memory_refused;

static void *
memory_realloc(void *p, size_t n, const char *file, int line)
{
	void *got = n >= MEMORY_ABSURD ? realloc(p, n) : xrealloc(p, n);

	(void)file;
	(void)line;
	memory_refused = got == NULL;
	return got;
}

void
gitlib_memory_check(const git_error *g)
{
	if (g != NULL && g->klass == GIT_ERROR_NOMEMORY && !memory_refused)
		mem_out();
}

static void *
memory_malloc(size_t n, const char *file, int line)
{
	return memory_realloc(NULL, n, file, line);
}

#ifdef HAVE_GIT_ALLOCATOR_GCALLOC	/* libgit2 before 1.7 */
static void *
memory_realloc_array(void *p, size_t n, size_t size, const char *file, int line)
{
	if (size != 0 && n > SIZE_MAX / size)
		return NULL;
	return memory_realloc(p, n * size, file, line);
}

static void *
memory_malloc_array(size_t n, size_t size, const char *file, int line)
{
	return memory_realloc_array(NULL, n, size, file, line);
}

static void *
memory_calloc(size_t n, size_t size, const char *file, int line)
{
	void *p = memory_malloc_array(n, size, file, line);

	if (p != NULL)
		memset(p, 0, n * size);
	return p;
}

static char *
memory_substrdup(const char *s, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return xmemdup(s, n);
}

static char *
memory_strndup(const char *s, size_t n, const char *file, int line)
{
	return memory_substrdup(s, strnlen(s, n), file, line);
}

static char *
memory_strdup(const char *s, const char *file, int line)
{
	return memory_substrdup(s, strlen(s), file, line);
}
#endif

int
gitlib_memory(void)
{
	static git_allocator a = {
		.gmalloc = memory_malloc,
		.grealloc = memory_realloc,
#ifdef HAVE_GIT_ALLOCATOR_GCALLOC
		.gcalloc = memory_calloc,
		.gstrdup = memory_strdup,
		.gstrndup = memory_strndup,
		.gsubstrdup = memory_substrdup,
		.greallocarray = memory_realloc_array,
		.gmallocarray = memory_malloc_array,
#endif
		.gfree = free,
	};

	return git_libgit2_opts(GIT_OPT_SET_ALLOCATOR, &a);
}
