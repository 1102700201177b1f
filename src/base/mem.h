/*
 * mem: allocation that can't fail. Without memory the process prints a message
 * and ends; the journal makes that safe (see ARCHITECTURE.md). Free the results
 * with free(3).
 */
#ifndef ASSENT_BASE_MEM_H
#define ASSENT_BASE_MEM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/*
 * Make room for one more element (or `more`) after the first `len` of the array
 * v: reallocates v, which grows by doubling. The capacity follows from the
 * length and isn't stored: unless len is 0, v must come from these macros
 * alone.
 */
#define GROW(v, len)		GROW_BY(v, len, 1)
#define GROW_BY(v, len, more)	((v) = mem_grow((v), (size_t)(len), \
				    (size_t)(more), sizeof(*(v))))
/* The address of one more element at the end, zeroed and counted in len. */
#define GROW_ADD(v, len)	(GROW((v), (len)), (__typeof__(v))memset( \
				    &(v)[(len)++], 0, sizeof(*(v))))

#define MEM_COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define FREE_NULL(p)	(free(p), (p) = NULL)
/* Free several pointers. */
#define FREE_ALL(...)	mem_free_all((void *const[]){ __VA_ARGS__ }, \
			    MEM_COUNT(((void *const[]){ __VA_ARGS__ })))
/* Replace the owned pointer `p` by `v`, and free the old one. `v` is evaluated
 * first, so it may use the old one. */
#define FREE_SET(p, v) do { \
		__typeof__(p) free_set_new = (v); \
		free(p); \
		(p) = free_set_new; \
	} while (0)

/*
 * A local that its block owns: released where the block is left, whichever way,
 * after the value of a return is known. AUTO calls the function with the
 * variable's address. It must be initialized where it is declared, and may have
 * no other use than its release (clang 14 warns of those). See also
 * AUTO_BUF (buf.h), AUTO_CLOSE, AUTO_DIR (fs.h) and AUTO_JSON (json.h).
 */
#define AUTO(release)	__attribute__((cleanup(release), unused))
#define AUTO_FREE	AUTO(mem_free_at)
/* After a parameter's name: a callback gets it and has no use for it. */
#define UNUSED		__attribute__((unused))
/* Defines NAME_at, for AUTO, of the function NAME that frees such a pointer. */
#define AUTO_AT(name, type) \
	static inline void name##_at(type **p) { name(*p); }

/* The first row whose first member, a string, is `name`; NULL: none, or no
 * name. A list of strings has rows of one member. */
#define MEM_FIND(rows, name)	MEM_FIND_IN(rows, MEM_COUNT(rows), name)
#define MEM_FIND_IN(rows, n, name) ((__typeof__(&(rows)[0]))mem_find((rows), \
				    (n), sizeof((rows)[0]), (name)))
/* The index of a word; 0 (an entry without a word) if it isn't in the list. */
#define MEM_WORD(words, word)	mem_word((words), MEM_COUNT(words), (word))
/* The length of the first of a list of words that the text begins with, or 0. Does
 * it have one of them, in any case? */
#define MEM_BEGINS(words, text)	mem_begins((words), MEM_COUNT(words), (text), \
				    strlen(text))
#define MEM_HAS_ANY(words, text) MEM_HAS_ANY_IN(words, text, strlen(text))
#define MEM_HAS_ANY_IN(words, text, len) \
				mem_has_any((words), MEM_COUNT(words), (text), \
				    (len))
/* MEM_FIND where all rows have a name and are sorted by it: by MEM_SORT, or in
 * the source. */
#define MEM_SEARCH(rows, n, name) ((__typeof__(&(rows)[0]))mem_search((rows), \
				    (n), sizeof((rows)[0]), (name)))
#define MEM_SORT(rows, n)	MEM_SORT_BY(rows, n, mem_by_name)
/* qsort(3), also of no rows at NULL. */
#define MEM_SORT_BY(rows, n, compare) mem_sort((rows), (n), sizeof((rows)[0]), \
				    (compare))
/* The first number `i` below n for which the condition holds, else n. It must
 * hold for all numbers after that one, too. */
#define MEM_FIRST(n, i, holds) __extension__ ({ \
		size_t mem_low = 0, mem_high = (n); \
		while (mem_low < mem_high) { \
			size_t i = mem_low + (mem_high - mem_low) / 2; \
			if (holds) \
				mem_high = i; \
			else \
				mem_low = i + 1; \
		} \
		mem_low; \
	})

/* MEM_EACH(d, files, file): `file` is each of d->files in turn, of which there
 * are d->files_len. */
#define MEM_EACH(x, list, it) \
	for (__typeof__(&*(x)->list) it = (x)->list; \
	    it < (x)->list + (x)->list##_len; it++)

/* The same from the last one to the first. */
#define MEM_EACH_BACK(x, list, it) \
	for (__typeof__(&*(x)->list) it = (x)->list##_len == 0 ? NULL : \
	    &(x)->list[(x)->list##_len - 1]; it != NULL; \
	    it = it > (x)->list ? it - 1 : NULL)

/* Each word of a list that spaces separate: n bytes at p. */
#define MEM_EACH_WORD(p, n, list) \
	for ((p) = (list) + strspn((list), " "); \
	    ((n) = strcspn((p), " ")) > 0; \
	    (p) += (n), (p) += strspn((p), " "))

/* Print the message and end the process. */
_Noreturn void mem_out(void);
void	*xmalloc(size_t);
void	*xcalloc(size_t n, size_t size);
void	*xrealloc(void *, size_t);
/* Grow `p` to n * size bytes; a product that overflows ends the process. */
void	*xreallocarray(void *p, size_t n, size_t size);
/* See MEM_FIND_IN, MEM_BEGINS, MEM_HAS_ANY, MEM_SEARCH, MEM_SORT. */
void	*mem_find(const void *rows, size_t n, size_t size, const char *name);
size_t	 mem_word(const char *const *words, size_t n, const char *word);
size_t	 mem_begins(const char *const *words, size_t n, const char *text,
	    size_t len);
/* Does a text up to `end` begin with the word? */
bool	 mem_starts(const char *p, const char *end, const char *word);
bool	 mem_has_any(const char *const *words, size_t n, const char *text,
	    size_t len);
void	*mem_search(const void *rows, size_t n, size_t size, const char *name);
void	 mem_sort(void *rows, size_t n, size_t size,
	    int (*compare)(const void *, const void *));
/* Compares such rows, for qsort(3) and the like. */
int	 mem_by_name(const void *, const void *);
size_t	 mem_lines(const char *p, size_t n);	/* how many newlines */
/* See GROW. */
void	*mem_grow(void *, size_t len, size_t more, size_t size);
char	*xstrdup(const char *);
/* NULL gives NULL. */
char	*xstrdup_null(const char *);
/* Replace the string at *to by a copy; NULL gives NULL. */
void	xstrset(char **to, const char *);
/* See AUTO_FREE: free the pointer at that address. */
void	mem_free_at(void *);
/* See FREE_ALL. */
void	 mem_free_all(void *const *, size_t n);
/* Free n strings and their list. */
void	xfree_list(char **, size_t n);
/* n bytes and a NUL. */
char	*xmemdup(const void *, size_t n);
char	*xvasprintf(const char *fmt, va_list)
	    __attribute__((format(printf, 1, 0)));
char	*xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The newline of the line at `p` in a text up to `end`; `end` if it has
 * none. */
static inline const char *
mem_line_end(const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));

	return nl == NULL ? end : nl;
}

/* Each line of a text from p, which the loop may move on in it, up to `end`; its
 * newline, or the text's end, is at nl. */
#define MEM_EACH_LINE(p, nl, end) \
	for (; (p) < (end) && ((nl) = mem_line_end((p), (end))) != NULL; \
	    (p) = (nl) + 1)

/* The start of the next line, or `end`. */
static inline const char *
mem_line_after(const char *p, const char *end)
{
	p = mem_line_end(p, end);
	return p == end ? end : p + 1;
}

/* Called before the message that memory ran out; it may not allocate. NULL: nothing. */
extern void (*mem_before_out)(void);

#endif
