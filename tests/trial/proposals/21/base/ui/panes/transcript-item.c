/*
 * One item of the transcript as rows. Only our own text begins at the margin;
 * the text of a model, a tool or a file never does, so that it can't pass for
 * ours.
 */

/* How long a command has been running, and its last lines. */
static void
item_live(const struct ui *ui, struct page *p)
{
		if (lines > 0 && from > f->output.text.p)
			from--;		/* the newline before */
		while (from > f->output.text.p && from[-1] != '\n')
			from--;
	}
	for (; from < end; from = at + 1) {
		at = memchr(from, '\n', (size_t)(end - from));
		at = at == NULL ? end : at;
		/* A line that was overwritten, as it is now. */
		cr = memrchr(from, '\r', (size_t)(at - from));
		if (cr != NULL && cr + 1 < at)
			from = cr + 1;
		page_add(p, STYLE_DIM, item_bar(ui), item_bar(ui),
		    page_keep_take(p, xmemdup(from, (size_t)(at - from))),
	}
}

/* Add the text's lines, each with `before` in front. */
static void
transcript_look_lines(struct export *l, const struct ui *ui, const char *before,
    const char *p, size_t n)
{
	const char *end = p + n, *nl;

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		buf_adds(&l->text, before);
		export_add(l, ui, p, (size_t)(nl - p));
		if (p == nl)
			buf_addc(&l->text, '\n');
	}
}

