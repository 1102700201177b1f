/*
 * buf: a growing byte buffer with a maximum. Hitting the maximum is an ordinary
 * error: the call returns -1, the buffer keeps its contents and stays valid,
 * and `full` is set. `p` is NUL-terminated unless it is NULL; `len` doesn't
 * count that NUL.
 */
#ifndef ASSENT_BASE_BUF_H
#define ASSENT_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char	*p;
	size_t	 len;
	size_t	 cap;
	size_t	 max;	/* most bytes it may hold; 0 means BUF_MAX */
	bool	 full;	/* an append was refused */
};

#define BUF_MAX ((size_t)1 << 30)
#define BUF_INIT(maximum) { .max = (maximum) }
/* A local that is released where its block is left. */
#define AUTO_BUF	__attribute__((cleanup(buf_release)))

void	 buf_init(struct buf *, size_t max);
void	 buf_release(struct buf *);	/* frees; the struct is as after init */
void	 buf_clear(struct buf *);	/* empties, keeps the storage */
void	 buf_cut(struct buf *, size_t len);	/* keeps the first len bytes */
int	 buf_add(struct buf *, const void *, size_t);
int	 buf_adds(struct buf *, const char *);
int	 buf_addc(struct buf *, char);
int	 buf_addf(struct buf *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* "800 bytes", "1.2 GB". */
void	 buf_add_size(struct buf *, uint64_t);
/* "lines 3-90 of 100", those that the bytes p[from..to) of a text are in; "bytes
 * 10-20 of 100" in one line. */
void	 buf_add_part(struct buf *, const char *p, size_t n, size_t from,
	    size_t to);
/* Drop the first n bytes (n <= len). */
void	 buf_consume(struct buf *, size_t n);
/* Return the bytes as a malloc'ed string ("" if empty) and empty the buffer. */
char	*buf_take(struct buf *);
/* The string, never NULL; valid until the next change. */
const char *buf_str(const struct buf *);

/* The text with `with` in place of each `mark`; malloc'ed. */
char	*text_fill(const char *text, const char *mark, const char *with);

#endif
