/*
 * The cost of a diff. A few distinct lines that each occur thousands of times,
 * or hundreds of thousands of lines that differ or have moved, keep any diff
 * busy for seconds, and the hunks would tell a person nothing: such a change is
 * accepted as a whole or not at all.
 */
#include "config.h"

#include "gate/hunk.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

#define COST_LINES	((size_t)150000)	/* in both; fewer are always
						   cheap */
#define COST_ALIKE	20		/* lines per distinct line */
#define COST_MANY	((size_t)400000)	/* in both; more are cheap if few
						   differ: */
#define COST_PAIRS	4096		/* pairs of lines in only one of them */
/* A diff has about 130 bytes for each line between equal ends; what gives a
 * hunk its id has 20 for each of the file. */
#define COST_LINES_MAX	((size_t)2500000)
#define COST_FILE_MAX	((size_t)8000000)

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

/* How many numbers are in only one of the two; sorts them. */
static size_t
cost_differ(uint64_t *a, size_t an, uint64_t *b, size_t bn)
{
	size_t i = 0, k = 0, same = 0;

	qsort(a, an, sizeof(*a), cost_compare);
	qsort(b, bn, sizeof(*b), cost_compare);
	while (i < an && k < bn)
		if (a[i] == b[k]) {
			same++;
			i++;
			k++;
		} else if (a[i] < b[k])
			i++;
		else
			k++;
	return an + bn - 2 * same;
}

/* Do many lines have another one after them? Makes pairs of the numbers. */
static bool
cost_is_much(const uint64_t *v, size_t before, size_t n)
{
	AUTO_FREE uint64_t *pair = xreallocarray(NULL, n, sizeof(*pair));
	size_t i;

	for (i = 0; i + 1 < n; i++)
		pair[i] = v[i] * 31 + v[i + 1];
	pair[n - 1] = 0;
	return cost_differ(pair, before, pair + before, n - before) >
	    COST_PAIRS;
}

bool
hunk_is_costly(const struct buf *before, const struct buf *after)
{
	size_t head, tail, n, old, i, distinct = 1;
	AUTO_FREE uint64_t *v = NULL;

	if (before->len + after->len < 2 * COST_LINES)
		return false;
	/* Equal lines at both ends cost nothing. */
	n = hunk_cost_lines(before, after);
	if (n > COST_LINES_MAX || (before->len > COST_FILE_MAX &&
	    cost_count(before->p, before->len) > COST_FILE_MAX))
		return true;
	if (n < COST_LINES)
		return false;
	hunk_cost_trim(before, after, &head, &tail);
	v = xreallocarray(NULL, n, sizeof(*v));
	old = cost_lines(v, buf_str(before) + head, before->len - head - tail);
	(void)cost_lines(v + old, buf_str(after) + head,
	    after->len - head - tail);
	if (n > COST_MANY && cost_is_much(v, old, n))
		return true;
	qsort(v, n, sizeof(*v), cost_compare);
	for (i = 1; i < n; i++)
		distinct += v[i] != v[i - 1];
	return n / COST_ALIKE > distinct;
}
