/*
 * Two contents, and choices: the hunks of the change, whole, split and taken by
 * single lines, put together again.
 *
 * Input: before, after, one byte a choice.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "base/mem.h"
#include "gate/hunk.h"
#include "gate/patch.h"
#include "tests/fuzz/fuzz-git.h"
#include "tests/unit/hunk-any.h"

static void
compose(struct buf *out, const struct buf *before, const struct hunk_list *l,
    const bool *take)
{
	buf_init(out, 0);
	FUZZ_CHECK(hunk_compose(out, before, l, take) == 0);
}

/* All of them gives `after`, none gives `before`. */
static void
check_ends(const struct hunk_list *l, const struct buf *before,
    const struct buf *after)
{
	bool *take = xcalloc(l->len + 1, sizeof(*take));
	struct buf out;
	size_t i;

	compose(&out, before, l, take);
	FUZZ_CHECK(fuzz_same(&out, before));
	buf_release(&out);
	for (i = 0; i < l->len; i++)
		take[i] = true;
	compose(&out, before, l, take);
	FUZZ_CHECK(fuzz_same(&out, after));
	buf_release(&out);
	free(take);
}

/* A hunk's text says what it does, and no two hunks have the same id. */
static void
check_texts(const struct hunk_list *l)
{
	size_t i, k, n;

	for (i = 0; i < l->len; i++) {
		const struct hunk *h = &l->v[i];
		int old = 0, new = 0;
		struct hunk_line *v;

		FUZZ_CHECK(strlen(h->id) == HUNK_ID_SIZE - 1);
		for (k = 0; k < i; k++)
			FUZZ_CHECK(strcmp(l->v[k].id, h->id) != 0);
		if (l->whole)
			continue;
		n = hunk_text_cut(h->text, h->len, &v);
		for (k = 0; k < n; k++) {
			FUZZ_CHECK(strchr(" +-", v[k].sign) != NULL &&
			    v[k].sign != '\0');
			old += v[k].sign != '+';
			new += v[k].sign != '-';
		}
		free(v);
		FUZZ_CHECK(old == h->old_lines && new == h->new_lines);
		FUZZ_CHECK(hunk_text_changes(h->text, h->len) > 0);
	}
}

/* Hunk i of l, and its parts in a list that was split there, are one. */
static void
check_split(const struct hunk_list *l, const struct buf *before,
    const struct buf *after, size_t i)
{
	struct hunk_list s;
	struct err e = ERR_INIT;
	struct buf one, all;
	bool *take;
	size_t parts, k;

	FUZZ_CHECK(hunk_list_make(&s, "f", before, after, &e) == 0);
	parts = hunk_split(&s, i, "f", before);
	FUZZ_CHECK(parts != 1);
	FUZZ_CHECK(s.len == l->len + (parts == 0 ? 0 : parts - 1));
	check_texts(&s);
	check_ends(&s, before, after);
	take = xcalloc(s.len + 1, sizeof(*take));
	take[i] = true;
	compose(&one, before, l, take);
	for (k = 0; k < parts; k++)
		take[i + k] = true;
	compose(&all, before, &s, take);
	FUZZ_CHECK(fuzz_same(&one, &all));
	buf_release(&one);
	buf_release(&all);
	free(take);
	hunk_list_release(&s);
}

/* Some lines of hunk i: fits, and is the same when it is read again. */
static void
check_pick(const struct hunk_list *l, const struct buf *before, size_t i,
    struct fuzz_input *in)
{
	const struct hunk *h = &l->v[i];
	size_t n = hunk_text_changes(h->text, h->len), k, picked = 0;
	bool *pick = xcalloc(n + 1, sizeof(*pick));
	struct buf text = BUF_INIT(0);
	struct err e = ERR_INIT;
	struct hunk a, b;

	for (k = 0; k < n; k++)
		picked += pick[k] = (fuzz_byte(in) & 1) != 0;
	hunk_text_pick(&text, h->text, h->len, pick);
	if (picked == n)
		FUZZ_CHECK(text.len == h->len &&
		    memcmp(text.p, h->text, h->len) == 0);
	if (picked == 0) {
		FUZZ_CHECK(hunk_amend(&a, h, before, buf_str(&text), text.len,
		    &e) < 0 && err_is_set(&e));
	} else {
		FUZZ_CHECK(hunk_amend(&a, h, before, text.p, text.len,
		    &e) == 0);
		FUZZ_CHECK(hunk_amend(&b, h, before, a.text, a.len, &e) == 0);
		FUZZ_CHECK(a.old_off == b.old_off && a.old_len == b.old_len &&
		    a.new_len == b.new_len &&
		    memcmp(a.new_text, b.new_text, a.new_len) == 0);
		if (picked == n)
			FUZZ_CHECK(a.old_off == h->old_off &&
			    a.old_len == h->old_len &&
			    a.new_len == h->new_len);
		hunk_release(&a);
		hunk_release(&b);
	}
	buf_release(&text);
	free(pick);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	struct fuzz_input in = { p, size };
	struct buf before, after, out;
	struct err e = ERR_INIT;
	struct hunk_list l;
	bool *take;
	size_t i;

	fuzz_git();
	fuzz_part(&in, &before);
	fuzz_part(&in, &after);
	FUZZ_CHECK(hunk_list_make(&l, "f", &before, &after, &e) == 0);
	FUZZ_CHECK(l.len > 0);
	check_texts(&l);
	/* The gate composes none of a binary one: it is all or nothing. */
	if (!l.binary) {
		check_ends(&l, &before, &after);
		take = xcalloc(l.len + 1, sizeof(*take));
		for (i = 0; i < l.len; i++)
			take[i] = (fuzz_byte(&in) & 1) != 0;
		compose(&out, &before, &l, take);
		buf_release(&out);
		free(take);
	}
	for (i = 0; !l.whole && i < l.len && i < 16; i++) {
		check_split(&l, &before, &after, i);
		check_pick(&l, &before, i, &in);
	}
	hunk_list_release(&l);
	buf_release(&before);
	buf_release(&after);
	return 0;
}
