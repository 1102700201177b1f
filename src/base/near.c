#include "config.h"

#include "base/near.h"

#include <ctype.h>
#include <string.h>

/* Edit distance with swaps of neighbors. */
static size_t
near_distance(const char *a, const char *b)
{
	size_t rows[3][NEAR_MAX + 1];
	size_t *two = rows[0], *one = rows[1], *now = rows[2];
	size_t n = strnlen(a, NEAR_MAX), m = strnlen(b, NEAR_MAX), i, j;

	for (j = 0; j <= m; j++) {
		one[j] = j;
		two[j] = 0;
	}
	for (i = 1; i <= n; i++) {
		size_t *old = two;

		now[0] = i;
		for (j = 1; j <= m; j++) {
			size_t best = one[j - 1] + (a[i - 1] != b[j - 1]);

			if (one[j] + 1 < best)
				best = one[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && two[j - 2] + 1 < best)
				best = two[j - 2] + 1;
			now[j] = best;
		}
		two = one;
		one = now;
		now = old;
	}
	return one[m];
}

/* Lower case without '_' and '-', at most NEAR_MAX bytes. */
static void
near_fold(char out[NEAR_MAX + 1], const char *s)
{
	size_t n = 0;

	for (; *s != '\0' && n < NEAR_MAX; s++)
		if (*s != '_' && *s != '-')
			out[n++] = (char)tolower((unsigned char)*s);
	out[n] = '\0';
}

size_t
near_score(const char *name, const char *known)
{
	char a[NEAR_MAX + 1], b[NEAR_MAX + 1];
	size_t n, m, d;

	near_fold(a, name);
	near_fold(b, known);
	n = strlen(a);
	m = strlen(b);
	if (n == 0 || m == 0)
		return NEAR_NONE;
	d = near_distance(a, b);
	if (d <= (n > m ? n : m) / 3 || d <= 1)
		return d;
	if (n >= 3 && m >= 3 && (strstr(a, b) != NULL || strstr(b, a) != NULL))
		return NEAR_MAX + d;
	return NEAR_NONE;
}

void
near_try(struct near *n, const char *known)
{
	size_t score = near_score(n->name, known);

	if (score < n->score) {
		n->score = score;
		n->known = known;
	}
}

const char *
near_in(const void *rows, size_t n, size_t size, const char *name)
{
	struct near near = NEAR_INIT(name);
	const char *row = rows, *known;

	for (; n > 0; n--, row += size) {
		memcpy(&known, row, sizeof(known));
		near_try(&near, known);
	}
	return near.known;
}
