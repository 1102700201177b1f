/*
 * The tail of the output of the running or last command. A line that was
 * overwritten shows its last state; earlier states, such as those of a progress
 * bar, are in the complete output, which is kept.
 */

/* Does the displayed (last) state of the line contain the match? */
static bool
output_viewer_is_shown(const char *p, size_t n, size_t at)
{
	const char *cr = memchr(p + at, '\r', n - at);
	const char *nl = memchr(p + at, '\n', n - at), *end = p + n;

	if (nl != NULL)
		end = nl;
	while (cr != NULL && cr < end && *cr == '\r')
		cr++;
	return cr == NULL || cr >= end;
}

/* Add rows for the output, and find its failures; the text is borrowed. */
static void
output_add_lines(struct ui *ui, struct page *page, const char *p, size_t n)
{
	const char *end;
	size_t i;

	for (i = 0; i < n; i = (size_t)(end - p) + 1) {
		end = memchr(p + i, '\n', n - i);
		if (end == NULL)
			end = p + n;
		output_line(page, p + i, end);
	}
	output_mark_failures(ui, page);
}

