#include "config.h"

#include "gate/diff-line.h"

#include <stdio.h>
#include <string.h>

/* "@@ -1,5 +1,6 @@": a count that isn't there is 1. */
static void
diff_line_hunk(struct diff_lines *d, const char *line, size_t n)
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

enum diff_line_kind
diff_line(struct diff_lines *d, const char *line, size_t n)
{
	char first = n == 0 ? ' ' : line[0];

	if (first == '\\')
		return DIFF_LINE_NOTE;
	if (d->old_lines <= 0 && d->new_lines <= 0) {
		if (n < 3 || memcmp(line, "@@ ", 3) != 0)
			return DIFF_LINE_HEAD;
		diff_line_hunk(d, line, n);
		return DIFF_LINE_HUNK;
	}
	d->old_lines -= first != '+';
	d->new_lines -= first != '-';
	return first == '-' ? DIFF_LINE_OLD : first == '+' ? DIFF_LINE_NEW :
	    DIFF_LINE_SAME;
}
