#include "config.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
buf_init(struct buf *b, size_t max)
{
	memset(b, 0, sizeof(*b));
	b->max = max;
}

void
buf_release(struct buf *b)
{
	size_t max = b->max;

	free(b->p);
	buf_init(b, max);
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->full = false;
	if (b->p != NULL)
		b->p[0] = '\0';
}

void
buf_cut(struct buf *b, size_t len)
{
	b->len = len;
	if (b->p != NULL)
		b->p[len] = '\0';
}

/* Make room for n more bytes and the NUL. */
static int
buf_reserve(struct buf *b, size_t n)
{
	size_t max = b->max == 0 ? BUF_MAX : b->max;
	size_t cap;

	if (n > max || b->len > max - n) {
		b->full = true;
		return -1;
	}
	if (b->len + n + 1 <= b->cap)
		return 0;
	cap = b->cap == 0 ? 64 : b->cap;
	while (cap < b->len + n + 1)
		cap *= 2;
	b->p = xrealloc(b->p, cap);
	b->cap = cap;
	return 0;
}

int
buf_add(struct buf *b, const void *p, size_t n)
{
	if (buf_reserve(b, n) < 0)
		return -1;
	if (n > 0)
		memcpy(b->p + b->len, p, n);
	b->len += n;
	b->p[b->len] = '\0';
	return 0;
}

int
buf_adds(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int
buf_addc(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

int
buf_addf(struct buf *b, const char *fmt, ...)
{
	size_t room;
	va_list ap;
	int n;

	(void)buf_reserve(b, 0);
	room = b->cap - b->len;
	va_start(ap, fmt);
	n = vsnprintf(b->p + b->len, room, fmt, ap);
	va_end(ap);
	if (n < 0 || buf_reserve(b, (size_t)n) < 0) {
		buf_cut(b, b->len);
		return -1;
	}
	if ((size_t)n >= room) {
		va_start(ap, fmt);
		vsnprintf(b->p + b->len, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	b->len += (size_t)n;
	return 0;
}

void
buf_consume(struct buf *b, size_t n)
{
	if (n == 0)
		return;
	memmove(b->p, b->p + n, b->len - n + 1);
	b->len -= n;
}

char *
buf_take(struct buf *b)
{
	char *s = b->p == NULL ? xstrdup("") : b->p;

	buf_init(b, b->max);
	return s;
}

const char *
buf_str(const struct buf *b)
{
	return b->p == NULL ? "" : b->p;
}

char *
text_fill(const char *text, const char *mark, const char *with)
{
	struct buf b = BUF_INIT(0);
	const char *at;

	while ((at = strstr(text, mark)) != NULL) {
		buf_add(&b, text, (size_t)(at - text));
		buf_adds(&b, with);
		text = at + strlen(mark);
	}
	buf_adds(&b, text);
	return buf_take(&b);
}

void
buf_add_size(struct buf *b, uint64_t n)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB" };
	uint64_t tenths;
	size_t u = 0;

	if (n < 1000) {
		buf_addf(b, "%llu byte%s", (unsigned long long)n,
		    n == 1 ? "" : "s");
		return;
	}
	for (tenths = n / 100; tenths >= 10000 && u + 1 < 4; u++)
		tenths /= 1000;
	if (tenths % 10 == 0 || tenths >= 1000)
		buf_addf(b, "%llu %s", (unsigned long long)(tenths / 10),
		    units[u]);
	else
		buf_addf(b, "%llu.%llu %s", (unsigned long long)(tenths / 10),
		    (unsigned long long)(tenths % 10), units[u]);
}

void
buf_add_part(struct buf *b, const char *p, size_t n, size_t from, size_t to)
{
	size_t before = mem_lines(p, from) + 1, last;
	size_t lines = mem_lines(p + from, to - from);

	if (lines == 0) {
		buf_addf(b, "bytes %zu-%zu of %zu", from + 1, to, n);
		return;
	}
	/* What begins after a newline begins a line. */
	last = before + lines - (p[to - 1] == '\n');
	buf_addf(b, "lines %zu-%zu of %zu", before, last, before + lines - 1 +
	    mem_lines(p + to, n - to) + (p[n - 1] != '\n'));
}
