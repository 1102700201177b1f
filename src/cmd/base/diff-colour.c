#include "config.h"

#include "cmd/base/diff-colour.h"

#include <stdio.h>
#include <string.h>

#define DIFF_HEAD "\033[1m"
#define DIFF_HUNK "\033[36m"
#define DIFF_OLD "\033[31m"
#define DIFF_NEW "\033[32m"

/* "@@ -1,5 +1,6 @@": a count that isn't there is 1. */
static void
diff_colour_hunk(struct diff_colour *d, const char *line, size_t n)
{
	char head[64];
	int at, plus = 0;

	n = n < sizeof(head) - 1 ? n : sizeof(head) - 1;
	memcpy(head, line, n);
	head[n] = '\0';
	d->old_lines = d->new_lines = 1;
	(void)sscanf(head, "@@ -%d,%d +%n", &at, &d->old_lines, &plus);
	if (plus == 0)
		(void)sscanf(head, "@@ -%d +%n", &at, &plus);
	if (plus > 0)
		(void)sscanf(head + plus, "%d,%d", &at, &d->new_lines);
}

const char *
diff_colour(struct diff_colour *d, const char *line, size_t n)
{
	char first = n == 0 ? ' ' : line[0];

	if (d->old_lines <= 0 && d->new_lines <= 0) {
		if (n < 3 || memcmp(line, "@@ ", 3) != 0)
			return first == '\\' ? NULL : DIFF_HEAD;
		diff_colour_hunk(d, line, n);
		return DIFF_HUNK;
	}
	if (first == '-') {
		d->old_lines--;
		return DIFF_OLD;
	}
	if (first == '+') {
		d->new_lines--;
		return DIFF_NEW;
	}
	if (first != '\\') {
		d->old_lines--;
		d->new_lines--;
	}
	return NULL;
}
