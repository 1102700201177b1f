/*
 * core-memory: assent-core, in which one allocation fails: of our own code, of
 * its libraries or of libc.  For tests only.
 *
 * Which one is said in a file `memory` beside the program, by its number from
 * the beginning of main; with `raw` behind it only those are counted that do not
 * come through base/mem, whose failure somebody must handle (nor are those of
 * libgit2's start, which reads thousands of certificates).  The file `failed`
 * then has its number; without a failure `counted` has how many there were of
 * both kinds when the process ended.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)

void	*__libc_malloc(size_t);
void	*__libc_calloc(size_t, size_t);
void	*__libc_realloc(void *, size_t);

static struct {
	bool	 on;
	bool	 raw;
	pid_t	 pid;
	long	 at;		/* 0: none fails */
	long	 all, rest;	/* counted so far */
	int	 inside;	/* functions of base/mem */
} memory;

/* Nothing here may allocate. */
static void
memory_path(char path[PATH_MAX], const char *name)
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 16);

	path[n > 0 ? n : 0] = '\0';
	if (n > 0)
		memcpy(strrchr(path, '/') + 1, name, strlen(name) + 1);
}

/* After those of the libraries. */
static void __attribute__((constructor))
memory_begin(void)
{
	char path[PATH_MAX], text[32] = "";
	int fd;

	memory.on = true;
	memory.pid = getpid();
	memory_path(path, "memory");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text) - 1) > 0) {
		memory.at = strtol(text, NULL, 10);
		memory.raw = strstr(text, "raw") != NULL;
	}
	close(fd);
}

static void
memory_tell(const char *name)
{
	char path[PATH_MAX], text[64];
	int fd, n;

	memory_path(path, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	n = snprintf(text, sizeof(text), "%ld %ld\n", memory.all, memory.rest);
	(void)!write(fd, text, (size_t)n);
	close(fd);
}

static bool
memory_fails(void)
{
	int sys = errno;

	if (!memory.on)
		return false;
	memory.all++;
	if (memory.inside == 0)
		memory.rest++;
	if (memory.at == 0 || (memory.raw && memory.inside != 0) ||
	    (memory.raw ? memory.rest : memory.all) != memory.at) {
		errno = sys;
		return false;
	}
	memory_tell("failed");
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t n)
{
	return memory_fails() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return memory_fails() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return memory_fails() ? NULL : __libc_realloc(p, n);
}

static void __attribute__((destructor))
memory_end(void)
{
	if (getpid() == memory.pid)
		memory_tell("counted");
}

/* clang-format off */
#define MEMORY_DOOR(type, name, declared, given)			\
	type	__real_##name declared;					\
	type	__wrap_##name declared;					\
	type								\
	__wrap_##name declared						\
	{								\
		type got;						\
		memory.inside++;					\
		got = __real_##name given;				\
		memory.inside--;					\
		return got;						\
	}

MEMORY_DOOR(void *, xmalloc, (size_t n), (n))
MEMORY_DOOR(void *, xcalloc, (size_t n, size_t size), (n, size))
MEMORY_DOOR(void *, xrealloc, (void *p, size_t n), (p, n))
MEMORY_DOOR(void *, xreallocarray, (void *p, size_t n, size_t size), (p, n, size))
MEMORY_DOOR(char *, xstrdup, (const char *s), (s))
MEMORY_DOOR(char *, xstrdup_null, (const char *s), (s))
MEMORY_DOOR(char *, xmemdup, (const void *p, size_t n), (p, n))
MEMORY_DOOR(char *, xvasprintf, (const char *f, va_list ap), (f, ap))
MEMORY_DOOR(int, git_libgit2_init, (void), ())
/* clang-format on */

char	*__wrap_xasprintf(const char *, ...);

char *
__wrap_xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = __wrap_xvasprintf(fmt, ap);
	va_end(ap);
	return p;
}

#endif
