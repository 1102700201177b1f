/*
 * Hunks of a change. libgit2 finds which lines differ; a hunk's old and new
 * bytes are then taken from the two contents by line number, so that composing
 * copies bytes and never parses the displayed text. If accepting all hunks
 * wouldn't give exactly `after`, the change becomes a whole one instead.
 */

static size_t
hunk_cut(struct hunk_list *l, size_t at, const struct buf *before)
{
	struct hunk old = l->v[at];
	struct hunk_line *v;
	size_t n, i, parts = 0, groups = 0, off;

	if (old.kind != HUNK_TEXT || before == NULL)
		return 0;
	n = hunk_text_cut(old.text, old.len, &v);
	for (i = 0; i < n; i++)
		groups += v[i].sign != ' ' && (i == 0 || v[i - 1].sign == ' ');
	if (groups < 2) {
		free(v);
		return 0;
	}
	memset(&l->v[at], 0, sizeof(l->v[at]));
	off = old.old_off;
	for (i = 0; i < n && v[i].sign == ' '; i++)
		;
	/* i: first changed line of the next part; off: its place in before. */
	while (i < n) {
		parts++;
		for (k = i; k < end; k++)
			if (v[k].sign != '+')
				off += v[k].bytes;
		i = end;
	}
	free(v);
	hunk_release(&old);
	return parts;
}

int
hunk_amend(struct hunk *out, const struct hunk *h, const struct buf *before,
    const char *text, size_t len, struct err *e)
{
	struct hunk_amended m;
	struct hunk_line *v;
	size_t n, i, lead = 0, old = 0;

	memset(out, 0, sizeof(*out));
	if (h->kind != HUNK_TEXT)
		return err_set(e, "only a hunk of text lines can be edited");
	if (hunk_text_amend(&m, h->text, h->len, text, len, e) < 0)
	}
	n = hunk_text_cut(h->text, h->len, &v);
	for (i = 0; i < n && v[i].sign == ' '; i++)
		lead += v[i].bytes;
	for (i = 0; i < n; i++)
		old += v[i].sign == '+' ? 0 : v[i].bytes;
	free(v);
	if (lead > h->old_off || (m.no_newline && before != NULL &&
	    h->old_off - lead + old != before->len)) {
		hunk_amended_release(&m);
		return err_set(e, "only the last line of a file can be "
		    "without a newline");
	}
	out->len = m.len;
	return 0;
}
