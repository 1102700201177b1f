#include "config.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void (*mem_before_out)(void);

_Noreturn void
mem_out(void)
{
	static const char msg[] = "assent: out of memory\n";

	if (mem_before_out != NULL)
		mem_before_out();
	(void)!write(STDERR_FILENO, msg, sizeof(msg) - 1);
	_exit(1);
}

void *
xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (p == NULL)
		mem_out();
	return p;
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (p == NULL)
		mem_out();
	return p;
}

void *
xrealloc(void *old, size_t n)
{
	void *p = realloc(old, n ? n : 1);

	if (p == NULL)
		mem_out();
	return p;
}

void *
xreallocarray(void *old, size_t n, size_t size)
{
	if (size != 0 && n > SIZE_MAX / size)
		mem_out();
	return xrealloc(old, n * size);
}

/* The capacity of an array that GROW has made: a power of two. */
static size_t
mem_room(size_t len)
{
	if (len > SIZE_MAX / 2)
		mem_out();
	return len <= 4 ? 4 : (size_t)1 << (64 - __builtin_clzll(len - 1));
}

void *
mem_find(const void *rows, size_t n, size_t size, const char *name)
{
	const char *row = rows, *is;

	for (; name != NULL && n > 0; n--, row += size) {
		memcpy(&is, row, sizeof(is));
		if (is != NULL && strcmp(is, name) == 0)
			return (void *)(uintptr_t)row;
	}
	return NULL;
}

size_t
mem_word(const char *const *words, size_t n, const char *word)
{
	const char *const *at = MEM_FIND_IN(words, n, word);

	return at == NULL ? 0 : (size_t)(at - words);
}

bool
mem_starts(const char *p, const char *end, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(end - p) >= n && memcmp(p, word, n) == 0;
}

size_t
mem_begins(const char *const *words, size_t n, const char *text, size_t len)
{
	for (; n > 0; n--, words++)
		if (mem_starts(text, text + len, *words))
			return strlen(*words);
	return 0;
}

bool
mem_has_any(const char *const *words, size_t n, const char *text, size_t len)
{
	AUTO_FREE char *copy = xmemdup(text, len);

	for (; n > 0; n--, words++)
		if (strcasestr(copy, *words) != NULL)
			return true;
	return false;
}

size_t
mem_lines(const char *p, size_t n)
{
	const char *nl;
	size_t lines = 0;

	for (; n > 0 && (nl = memchr(p, '\n', n)) != NULL; p = nl + 1) {
		n -= (size_t)(nl + 1 - p);
		lines++;
	}
	return lines;
}

int
mem_by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void *
mem_search(const void *rows, size_t n, size_t size, const char *name)
{
	return n == 0 ? NULL : bsearch(&name, rows, n, size, mem_by_name);
}

void
mem_sort(void *rows, size_t n, size_t size,
    int (*compare)(const void *, const void *))
{
	if (n > 1)
		qsort(rows, n, size, compare);
}

void *
mem_grow(void *old, size_t len, size_t more, size_t size)
{
	if (more > SIZE_MAX - len)
		mem_out();
	if (len > 0 && len + more <= mem_room(len))
		return old;
	return xreallocarray(old, mem_room(len + more), size);
}

char *
xstrdup(const char *s)
{
	return xmemdup(s, strlen(s));
}

char *
xstrdup_null(const char *s)
{
	return s == NULL ? NULL : xstrdup(s);
}

void
xstrset(char **to, const char *s)
{
	AUTO_FREE char *had = *to;

	*to = xstrdup_null(s);
}

void
mem_free_at(void *at)
{
	void *p;

	memcpy(&p, at, sizeof(p));
	free(p);
}

void
mem_free_all(void *const *p, size_t n)
{
	while (n > 0)
		free(p[--n]);
}

void
xfree_list(char **list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(list[i]);
	free(list);
}

char *
xmemdup(const void *p, size_t n)
{
	char *s;

	if (n == SIZE_MAX)
		mem_out();
	s = xmalloc(n + 1);
	if (n > 0)
		memcpy(s, p, n);
	s[n] = '\0';
	return s;
}

char *
xvasprintf(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) < 0)
		mem_out();
	return s;
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = xvasprintf(fmt, ap);
	va_end(ap);
	return s;
}
