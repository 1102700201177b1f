#include "config.h"

#include "core/syntax/spans.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "journal/syntax-class.h"

#define SPANS_LINE_MAX	2000	/* longer ones have no colours */

static uint32_t
spans_u32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 |
	    (uint32_t)u[2] << 8 | (uint32_t)u[3];
}

void
spans_release(struct spans *t)
{
	free(t->v);
	free(t->lines);
	memset(t, 0, sizeof(*t));
}

size_t
spans_bytes(const struct spans *t)
{
	return t->len * sizeof(*t->v) + t->lines_len * sizeof(*t->lines);
}

static void
spans_find_lines(struct spans *t, const char *text, size_t size)
{
	const char *p = text, *end = text + size;
	size_t n = 0, i;

	for (i = 0; i < size; i++)
		n += text[i] == '\n' || i + 1 == size;
	t->lines = xcalloc(n + 1, sizeof(*t->lines));
	while (p != NULL && p < end) {
		t->lines[t->lines_len++] = (uint32_t)(p - text);
		p = memchr(p, '\n', (size_t)(end - p));
		p = p == NULL ? NULL : p + 1;
	}
}

/* The number of records up to the end record; -1: there is no end record. */
static int64_t
spans_count(const char *p, const char *end)
{
	int64_t n = 0;

	for (; end - p >= SPANS_RECORD; p += SPANS_RECORD, n++)
		if ((unsigned char)p[8] == SPANS_END)
			return n;
	return -1;
}

int
spans_read(struct spans *t, const char *text, size_t size, const char **p,
    const char *end, struct err *e)
{
	int64_t n = spans_count(*p, end), i;
	uint64_t at = 0, from, len;
	struct span *k;

	memset(t, 0, sizeof(*t));
	if (n < 0 || size > SPANS_FILE_MAX)
		return err_set(e, "it is cut off");
	t->v = xcalloc((size_t)n + 1, sizeof(*t->v));
	for (i = 0; i < n; i++, *p += SPANS_RECORD) {
		from = spans_u32(*p);
		len = spans_u32(*p + 4);
		k = &t->v[t->len++];
		k->class = (uint8_t)(*p)[8];
		if (from < at || len == 0 || from + len > size ||
		    k->class == SYNTAX_REST || k->class >= SYNTAX_COUNT) {
			spans_release(t);
			return err_set(e, "a record doesn't fit");
		}
		at = from + len;
		k->from = (uint32_t)from;
		k->to = (uint32_t)at;
	}
	if (spans_u32(*p) != size || spans_u32(*p + 4) != n) {
		spans_release(t);
		return err_set(e, "it is of another file");
	}
	*p += SPANS_RECORD;
	t->size = size;
	t->ends = size > 0 && text[size - 1] == '\n';
	spans_find_lines(t, text, size);
	return 0;
}

void
spans_line(const struct spans *t, size_t n, struct buf *b)
{
	size_t begin, end, i, from, to;

	if (n >= t->lines_len)
		return;
	begin = t->lines[n];
	/* Without its newline; the last line may have none. */
	end = n + 1 < t->lines_len ? t->lines[n + 1] - 1 : t->size;
	if (n + 1 == t->lines_len && t->ends)
		end--;
	buf_addf(b, "%zu", end - begin);
	if (end - begin > SPANS_LINE_MAX)
		return;
	/* From the first part that ends after it. */
	for (i = MEM_FIRST(t->len, k, t->v[k].to > begin);
	    i < t->len && t->v[i].from < end; i++) {
		from = t->v[i].from < begin ? begin : t->v[i].from;
		to = t->v[i].to > end ? end : t->v[i].to;
		if (from < to)
			buf_addf(b, " %zu+%zu%c", from - begin, to - from,
			    SYNTAX_LETTERS[t->v[i].class]);
	}
}
