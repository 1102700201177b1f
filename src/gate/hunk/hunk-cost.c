/*
 * The cost of a diff. A few distinct lines that each occur thousands of times
 * keep any diff busy for seconds, and the hunks would tell a person nothing:
 * such a change is accepted as a whole or not at all.
 */
#include "config.h"

#include "gate/hunk/hunk.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

#define COST_LINES	((size_t)150000)	/* in both; fewer are always
						   cheap */
#define COST_ALIKE	20		/* lines per distinct line */

static int
cost_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static size_t
cost_count(const char *p, size_t n)
{
	size_t lines = 0;

	while (n-- > 0)
		lines += *p++ == '\n';
	return lines;
}

/* The hash of each line. Returns how many. */
static size_t
cost_lines(uint64_t *v, const char *p, size_t len)
{
	const char *end = p + len, *nl;
	size_t n = 0;

	for (; (nl = memchr(p, '\n', (size_t)(end - p))) != NULL; p = nl + 1)
		v[n++] = hash_bytes(HASH_BEGIN, p, (size_t)(nl + 1 - p));
	return n;
}

void
hunk_cost_trim(const struct buf *before, const struct buf *after, size_t *head,
    size_t *tail)
{
	const char *b = buf_str(before), *a = buf_str(after);
	size_t most = before->len < after->len ? before->len : after->len, n;

	for (n = 0; n < most && b[n] == a[n]; n++)
		;
	*head = n;
	for (n = 0; n < most - *head && b[before->len - 1 - n] ==
	    a[after->len - 1 - n]; n++)
		;
	*tail = n;
}

size_t
hunk_cost_lines(const struct buf *before, const struct buf *after)
{
	size_t head, tail;

	hunk_cost_trim(before, after, &head, &tail);
	return cost_count(buf_str(before) + head, before->len - head - tail) +
	    cost_count(buf_str(after) + head, after->len - head - tail);
}

bool
hunk_is_costly(const struct buf *before, const struct buf *after)
{
	size_t head, tail, n, i, distinct = 1;
	AUTO_FREE uint64_t *v = NULL;

	if (before->len + after->len < 2 * COST_LINES)
		return false;
	/* Equal lines at both ends cost nothing. */
	n = hunk_cost_lines(before, after);
	if (n < COST_LINES)
		return false;
	hunk_cost_trim(before, after, &head, &tail);
	v = xreallocarray(NULL, n, sizeof(*v));
	n = cost_lines(v, buf_str(before) + head, before->len - head - tail);
	n += cost_lines(v + n, buf_str(after) + head,
	    after->len - head - tail);
	qsort(v, n, sizeof(*v), cost_compare);
	for (i = 1; i < n; i++)
		distinct += v[i] != v[i - 1];
	return n / COST_ALIKE > distinct;
}
