#include "config.h"

#include "store/gitlib.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <git2.h>
#include <git2/sys/alloc.h>

#include "base/mem.h"

/* Only a damaged file asks for this much: report an error instead of ending. */
#define MEMORY_ABSURD ((size_t)1 << 31)

static bool memory_refused;

static void *
memory_realloc(void *p, size_t n, const char *file UNUSED, int line UNUSED)
{
	void *got = n >= MEMORY_ABSURD ? realloc(p, n) : xrealloc(p, n);

	memory_refused = got == NULL;
	return got;
}

/* The same if libgit2's last error says that zlib had no memory. */
static void
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
memory_substrdup(const char *s, size_t n, const char *file UNUSED,
    int line UNUSED)
{
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

/* gitlib.c, called by gitlib_init: out of memory ends the process. */
static int
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

/* Nothing can be created below a device. */
#define GITLIB_NOWHERE "/dev/null/none"

/*
 * libgit2 with mbedTLS reads all certificates of the system when it starts, for
 * servers that we never talk to: 8 ms, and 1 MB that stays. It does without if
 * it can't open the file.
 */
static int
gitlib_start(void)
{
	struct rlimit had;
	int rc = -1;

	if (getrlimit(RLIMIT_NOFILE, &had) == 0) {
		const struct rlimit none = { 0, had.rlim_max };

		(void)setrlimit(RLIMIT_NOFILE, &none);
		rc = git_libgit2_init();
		(void)setrlimit(RLIMIT_NOFILE, &had);
	}
	return rc < 0 ? git_libgit2_init() : rc;
}

static int
gitlib_first(struct err *e)
{
	static const int levels[] = {
		GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
		GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
	};
	size_t i;

	if (gitlib_memory() < 0 || gitlib_start() < 0)
		return gitlib_error(e, "cannot start libgit2");
	for (i = 0; i < MEM_COUNT(levels); i++)
		if (git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i],
		    GITLIB_NOWHERE) < 0)
			goto fail;
	if (git_libgit2_opts(GIT_OPT_SET_TEMPLATE_PATH, GITLIB_NOWHERE) < 0 ||
	    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1) < 0 ||
	    /* The contents of a tree are written before it. */
	    git_libgit2_opts(GIT_OPT_ENABLE_STRICT_OBJECT_CREATION, 0) < 0)
		goto fail;
#if LIBGIT2_VER_MAJOR > 1 || LIBGIT2_VER_MINOR >= 5
	/* The project may belong to someone else: we only read it. */
	if (git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0) < 0)
		goto fail;
#endif
	return 0;
fail:
	gitlib_error(e, "cannot set up libgit2");
	git_libgit2_shutdown();
	return -1;
}

static unsigned gitlib_users;

int
gitlib_init(struct err *e)
{
	if (gitlib_users == 0 && gitlib_first(e) < 0)
		return -1;
	gitlib_users++;
	return 0;
}

void
gitlib_release(void)
{
	if (--gitlib_users == 0)
		git_libgit2_shutdown();
}

int
gitlib_error(struct err *e, const char *fmt, ...)
{
	const git_error *g = git_error_last();
	char text[400];
	va_list ap;

	gitlib_memory_check(g);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(e, "%s: %s", text, g != NULL && g->message != NULL ?
	    g->message : "libgit2 gives no reason");
}
