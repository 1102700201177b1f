/*
 * Which hunks of a change overwrite the user's newer lines. Lines that differ
 * between the common ancestor and the user's newest version are the user's; a
 * hunk that changes one of them, or restores lines that the user deleted,
 * overwrites them. One pass over each file.
 */
#include "config.h"

#include "gate/gate.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gate/hunk-text.h"

/* Lines of `before`, from 0: the user's own, and those before which the user
 * deleted something. One more than there are lines. */
struct newer {
	bool	*own, *gap;
	size_t	 lines;
	bool	 mode, whole;
};

/* Lines as hunks count them: the text after the last "\n" is one too. */
static size_t
newer_lines(const struct buf *b)
{
	const char *p = buf_str(b), *end = p + b->len, *nl;
	size_t n = 0;

	for (; p < end; p = nl == NULL ? end : nl + 1, n++)
		nl = memchr(p, '\n', (size_t)(end - p));
	return n;
}

/* The first line that a hunk covers, from 0: with no lines on a side, its
 * header has the line before. */
static size_t
newer_start(int start, int lines)
{
	return start <= 0 ? 0 : (size_t)start - (lines > 0);
}

static void
newer_add(struct newer *n, const struct hunk *h)
{
	AUTO_FREE struct hunk_line *v = NULL;
	size_t len, i, at = newer_start(h->new_start, h->new_lines);

	if (h->kind != HUNK_TEXT) {
		n->mode = n->mode || h->kind == HUNK_MODE;
		n->whole = n->whole || h->kind == HUNK_WHOLE;
		return;
	}
	len = hunk_text_cut(h->text, h->len, &v);
	for (i = 0; i < len && at <= n->lines; i++) {
		if (v[i].sign == '-')
			n->gap[at] = true;
		else if (v[i].sign == '+')
			n->own[at] = true;
		at += v[i].sign != '-';
	}
}

/* Changed lines, `from` to `to` in `before`; none for pure insertions. */
static bool
newer_meets(const struct newer *n, size_t from, size_t to)
{
	size_t i;

	for (i = from; i <= to && i <= n->lines; i++)
		if (n->gap[i] || (i < to && n->own[i]))
			return true;
	return from == to && from > 0 && from < n->lines &&
	    n->own[from - 1] && n->own[from];
}

static bool
newer_is_overwritten(const struct newer *n, const struct hunk *h)
{
	AUTO_FREE struct hunk_line *v = NULL;
	size_t len, i, from, at = newer_start(h->old_start, h->old_lines);
	bool meets = false;

	if (h->kind != HUNK_TEXT)
		return h->kind == HUNK_WHOLE || n->mode;
	len = hunk_text_cut(h->text, h->len, &v);
	for (i = 0; i < len && !meets;) {
		if (v[i].sign == ' ') {
			at++;
			i++;
			continue;
		}
		for (from = at; i < len && v[i].sign != ' '; i++)
			at += v[i].sign == '-';
		meets = newer_meets(n, from, at);
	}
	return meets;
}

int
gate_overwrites(struct blob_store *store, const char *path,
    const struct stage_side *was, const struct stage_side *before,
    const struct hunk_list *l, bool *overwrites, struct err *e)
{
	AUTO(hunk_list_release) struct hunk_list user = { 0 };
	AUTO_BUF struct buf text = BUF_INIT(HUNK_MAX_BYTES + 1);
	struct newer n = { .whole = true };
	size_t i;
	int rc = 0;

	if (was->exists && before->exists &&
	    before->size <= (int64_t)HUNK_MAX_BYTES &&
	    blob_has(store, was->hash)) {
		n.whole = false;
		rc = gate_hunks(&user, store, path, was, before, NULL, NULL, e);
		if (rc == 0)
			rc = blob_get(store, before->hash, &text, e);
	}
	n.lines = newer_lines(&text);
	n.own = xcalloc(n.lines + 1, sizeof(*n.own));
	n.gap = xcalloc(n.lines + 1, sizeof(*n.gap));
	for (i = 0; rc == 0 && i < user.len; i++)
		newer_add(&n, &user.v[i]);
	for (i = 0; rc == 0 && i < l->len; i++)
		overwrites[i] = n.whole || newer_is_overwritten(&n, &l->v[i]);
	free(n.own);
	free(n.gap);
	return rc;
}
