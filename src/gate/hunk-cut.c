/*
 * Hunks made from a hunk: its parts, split at unchanged lines, and a person's
 * edit of its text. The results apply to the same place of the same `before`.
 */
#include "config.h"

#include "gate/hunk.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "gate/hunk-text.h"

/* The part made from lines [first, end), whose changes are [from, to). It knows
 * where it starts. */
static void
hunk_part_make(struct hunk *part, const struct hunk_line *v, size_t first,
    size_t from, size_t to, size_t end)
{
	struct buf text = BUF_INIT(0), put = BUF_INIT(0);
	size_t i;

	part->kind = HUNK_TEXT;
	for (i = first; i < end; i++) {
		buf_add(&text, v[i].p, v[i].len);
		part->old_lines += v[i].sign != '+';
		part->new_lines += v[i].sign != '-';
		if (i < from || i >= to)
			continue;
		if (v[i].sign == '+')
			buf_add(&put, v[i].p + 1, v[i].bytes);
		else
			part->old_len += v[i].bytes;
	}
	part->old_start -= part->old_lines == 0;
	part->new_start -= part->new_lines == 0;
	part->len = text.len;
	part->text = buf_take(&text);
	part->new_len = put.len;
	part->new_text = buf_take(&put);
}

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
		size_t first = i, to = i, end, k;
		struct hunk *part = parts == 0 ? &l->v[at] :
		    hunk_list_insert(l, at + parts);

		while (first > 0 && v[first - 1].sign == ' ')
			first--;
		while (to < n && v[to].sign != ' ')
			to++;
		for (end = to; end < n && v[end].sign == ' '; end++)
			;
		part->old_off = off;
		part->old_start = old.old_start + (old.old_lines == 0);
		part->new_start = old.new_start + (old.new_lines == 0);
		for (k = 0; k < first; k++) {
			part->old_start += v[k].sign != '+';
			part->new_start += v[k].sign != '-';
		}
		hunk_part_make(part, v, first, i, to, end);
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

void
hunk_split_ids(struct hunk_list *l, const char *const *ids, size_t n,
    const char *path, const struct buf *before)
{
	bool any = false;
	size_t i, k;

	/* From the end, so that no part is visited again. */
	for (i = l->len; i-- > 0;)
		for (k = 0; k < n; k++)
			if (strcmp(l->v[i].id, ids[k]) == 0) {
				any = hunk_cut(l, i, before) > 0 || any;
				break;
			}
	if (any)
		hunk_list_ids(l, path, before, 0100644, 0100644);
}

/* Would a line that the user typed give the file a second encoding? The hunk's
 * own lines were shown. */
static bool
hunk_mixes(const struct hunk *h, const struct buf *before,
    const struct hunk_amended *m)
{
	AUTO_FREE struct hunk_line *v = NULL;
	size_t n, i;

	if (utf8_is_valid(buf_str(before), before->len))
		return false;
	n = hunk_text_cut(m->text, m->len, &v);
	for (i = 0; i < n; i++)
		if (v[i].sign == '+' && !utf8_is_ascii(v[i].p, v[i].len) &&
		    utf8_is_valid(v[i].p, v[i].len) &&
		    memmem(h->text, h->len, v[i].p, v[i].len) == NULL)
			return true;
	return false;
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
		return -1;
	if (before != NULL && hunk_mixes(h, before, &m)) {
		hunk_amended_release(&m);
		return err_set(e, "your text is UTF-8, but the file isn't: it "
		    "would get two encodings; save the hunk in the file's "
		    "encoding, or give ASCII");
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
	out->kind = HUNK_TEXT;
	memcpy(out->id, h->id, sizeof(out->id));
	out->old_start = h->old_start;
	out->new_start = h->new_start;
	out->old_lines = m.old_lines;
	out->new_lines = m.new_lines;
	out->old_off = h->old_off - lead + m.skip;
	out->old_len = m.old_len;
	out->new_text = m.new_text;
	out->new_len = m.new_len;
	out->text = m.text;
	out->len = m.len;
	return 0;
}
