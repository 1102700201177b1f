#include "ranges.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

static bool
ranges_add(struct ranges *rs, size_t first, size_t last)
{
	struct range *v = realloc(rs->v, (rs->len + 1) * sizeof(*v));

	if (v == NULL)
		return false;
	rs->v = v;
	rs->v[rs->len++] = (struct range){ .first = first, .last = last };
	return true;
}

static bool
ranges_number(const char **p, size_t *n)
{
	char *end;

	if (!isdigit((unsigned char)**p))
		return false;
	errno = 0;
	*n = strtoul(*p, &end, 10);
	*p = end;
	return errno == 0 && *n < RANGE_END;
}

static int
ranges_cmp(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* Ranges that touch or overlap become one. */
static void
ranges_join(struct ranges *rs)
{
	struct range *to, *r;
	size_t i;

	if (rs->len == 0)
		return;
	qsort(rs->v, rs->len, sizeof(*rs->v), ranges_cmp);
	to = rs->v;
	for (i = 1; i < rs->len; i++) {
		r = &rs->v[i];
		if (to->last == RANGE_END || r->first <= to->last + 1) {
			if (r->last > to->last)
				to->last = r->last;
		} else
			*++to = *r;
	}
	rs->len = (size_t)(to - rs->v) + 1;
}

bool
ranges_parse(struct ranges *rs, const char *text, const char **why)
{
	const char *p = text;
	size_t first, last;

	*rs = (struct ranges){ 0 };
	for (;;) {
		*why = "not a number";
		first = 1;
		if (*p != '-' && !ranges_number(&p, &first))
			goto fail;
		last = first;
		if (*p == '-') {
			p++;
			last = RANGE_END;
			if (*p != '\0' && *p != ',' && !ranges_number(&p, &last))
				goto fail;
		}
		*why = "numbers begin with 1, and ranges don't go down";
		if (first == 0 || last < first)
			goto fail;
		*why = "out of memory";
		if (!ranges_add(rs, first, last))
			goto fail;
		if (*p == '\0')
			break;
		*why = "expected a comma";
		if (*p++ != ',')
			goto fail;
	}
	ranges_join(rs);
	return true;
fail:
	ranges_release(rs);
	return false;
}

bool
ranges_have(const struct ranges *rs, size_t n)
{
	size_t low = 0, high = rs->len, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (n < rs->v[middle].first)
			high = middle;
		else if (n > rs->v[middle].last)
			low = middle + 1;
		else
			return true;
	}
	return false;
}

void
ranges_release(struct ranges *rs)
{
	free(rs->v);
	*rs = (struct ranges){ 0 };
}
