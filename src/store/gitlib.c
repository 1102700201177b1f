#include "config.h"

#include "store/gitlib.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <git2.h>
#include <git2/sys/alloc.h>

#include "base/clock.h"
#include "base/fs.h"
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
#define GITLIB_TRY_MS 4000
#define GITLIB_TRY_BYTES ((rlim_t)4 << 30)

/*
 * libgit2 with mbedTLS reads all certificates of the system when it starts, for
 * servers that we never talk to: 8 ms, and 1 MB that stays. It does without if
 * it can't open the file.
 */
static int
gitlib_start(void)
{
	struct rlimit had, none;
	int rc = -1;

	if (getrlimit(RLIMIT_NOFILE, &had) == 0) {
		none = had;
		none.rlim_cur = 0;
		(void)setrlimit(RLIMIT_NOFILE, &none);
		rc = git_libgit2_init();
		(void)setrlimit(RLIMIT_NOFILE, &had);
	}
	return rc < 0 ? git_libgit2_init() : rc;
}

int
gitlib_init(struct err *e)
{
	static const int levels[] = {
		GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
		GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
	};
	size_t i;
	int n;

	if (gitlib_memory() < 0 || (n = gitlib_start()) < 0)
		return gitlib_error(e, "cannot start libgit2");
	if (n > 1)
		return 0;
	for (i = 0; i < MEM_COUNT(levels); i++) {
		if (git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i],
		    GITLIB_NOWHERE) < 0)
			goto fail;
	}
	if (git_libgit2_opts(GIT_OPT_SET_TEMPLATE_PATH, GITLIB_NOWHERE) < 0 ||
	    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1) < 0)
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

void
gitlib_release(void)
{
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

/* Read everything in this process that will be read later; HEAD goes to id,
 * which stays empty if there is none. */
static int
gitlib_read(const char *root, char id[41], struct err *e)
{
	git_repository *repo = NULL;
	git_index *index = NULL;
	git_oid oid;
	int rc = -1;

	id[0] = '\0';
	if (git_repository_open_ext(&repo, root, 0, NULL) < 0 ||
	    git_repository_index(&index, repo) < 0 ||
	    git_index_read(index, 0) < 0) {
		gitlib_error(e, "cannot read it");
	} else {
		rc = 0;
		if (git_reference_name_to_id(&oid, repo, "HEAD") == 0)
			git_oid_tostr(id, 41, &oid);
	}
	git_index_free(index);
	git_repository_free(repo);
	return rc;
}

struct gitlib_answer {
	char		id[41];
	struct err	why;	/* not set: it is readable */
};

static _Noreturn void
gitlib_child(const char *root, int out)
{
	struct gitlib_answer a = { .why = ERR_INIT };
#ifndef __SANITIZE_ADDRESS__
	struct rlimit most = { GITLIB_TRY_BYTES, GITLIB_TRY_BYTES };

	(void)setrlimit(RLIMIT_AS, &most);
#endif
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)gitlib_read(root, a.id, &a.why);
	(void)fs_write_all(out, &a, sizeof(a));
	_exit(0);
}

/* Wait for the child's answer or end, up to the deadline. */
static int
gitlib_wait(int in, struct gitlib_answer *a, struct err *e)
{
	int64_t end = clock_mono_ms() + GITLIB_TRY_MS;
	size_t got = 0;

	while (got < sizeof(*a)) {
		struct pollfd p = { .fd = in, .events = POLLIN };
		int64_t left = end - clock_mono_ms();
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)left) == 0)
			return err_set(e, "reading it takes too long");
		n = fs_read(in, (char *)a + got, sizeof(*a) - got);
		if (n <= 0)
			return err_set(e, "libgit2 crashes on it");
		got += (size_t)n;
	}
	a->id[sizeof(a->id) - 1] = '\0';
	a->why.text[sizeof(a->why.text) - 1] = '\0';
	return err_is_set(&a->why) ? err_set(e, "%s", a->why.text) : 0;
}

int
gitlib_try(const char *root, char head[41], struct err *e)
{
	struct gitlib_answer a = { .id = "" };
	int p[2], rc = -1;
	pid_t pid;

	if (gitlib_init(e) < 0)
		return -1;
	if (pipe2(p, O_CLOEXEC) < 0) {
		err_sys(e, "cannot start a process to try it");
		goto out;
	}
	pid = fork();
	if (pid == 0)
		gitlib_child(root, p[1]);
	close(p[1]);
	if (pid < 0) {
		err_sys(e, "cannot start a process to try it");
	} else {
		rc = gitlib_wait(p[0], &a, e);
		(void)kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	close(p[0]);
out:
	gitlib_release();
	memcpy(head, rc == 0 ? a.id : "", rc == 0 ? sizeof(a.id) : 1);
	return rc;
}
