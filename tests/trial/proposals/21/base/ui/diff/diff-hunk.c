/*
 * A hunk as rows: its head, its lines in one column or side by side, notes on
 * lines that look the same but differ. A long line is wrapped, with its sign
 * repeated on each row, so that it can't hide an added line.
 */

/* Add the lines above, without those that are displayed below the previous
 * hunk. */
static void
diff_add_above(struct diff_make *m, const struct diff_around *a, int before,
    int after)
{
	const struct fold_hunk *last = m->h > m->f->hunks ? m->h - 1 : NULL;
	const char *p = a->above, *end = p + a->above_len, *nl;
	int from = a->above_from, least = 0;

	if (last != NULL && last->text_len > 0 && !review_hides(&m->ui->review, last))
		least = last->old_start + (last->old_lines == 0) +
		    last->old_lines + context_lines_below(m->ui, m->f, last);
	for (; p < end && from < least; from++) {
		nl = memchr(p, '\n', (size_t)(end - p));
		p = nl == NULL ? end : nl + 1;
	}
	diff_add_around(m, p, (size_t)(end - p), from,
	    after - (before - from));
}

