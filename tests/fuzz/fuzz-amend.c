/*
 * A hunk and what a person made of its text: what is accepted is what a patch
 * program that goes line by line would make of it, and nothing outside of the
 * hunk changes.
 *
 * Input: before, after, which hunk, whether to split it first, and the edit:
 * as it is, or after '!' one character for each line of the hunk's text.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "base/mem.h"
#include "gate/hunk.h"
#include "gate/patch.h"
#include "tests/fuzz/fuzz-git.h"
#include "tests/unit/hunk-any.h"

/* The hunk's text after the changes that the characters name. */
static void
edit_make(struct buf *out, const struct hunk *h, struct fuzz_input *in)
{
	struct hunk_line *v;
	size_t n = hunk_text_cut(h->text, h->len, &v), i;

	for (i = 0; i < n; i++) {
		const char *p = v[i].p + 1;
		size_t len = v[i].len - 1;
		char sign = v[i].sign;

		switch (fuzz_byte(in)) {
		case 'd':
			continue;
		case 'k':
			sign = ' ';
			break;
		case 'm':
			sign = '-';
			break;
		case 'a':
			sign = '+';
			break;
		case 'i':
			buf_adds(out, "+put in\n");
			break;
		case 'n':
			buf_adds(out, "+end" "\n" HUNK_TEXT_NO_NEWLINE);
			break;
		case 'c':
			buf_adds(out, "# words\n@@ -1 +1 @@\n");
			break;
		case 'b':
			if (sign == ' ' && len == 1) {
				buf_addc(out, '\n');
				continue;
			}
			break;
		case 'w':	/* without the backslash line */
			len = v[i].bytes;
			break;
		case 't':
			buf_adds(out, " ");
			break;
		default:
			break;
		}
		buf_addc(out, sign);
		buf_add(out, p, len);
	}
	free(v);
}

/* `before` with this text in the hunk's place, line by line. */
static bool
apply_lines(struct buf *out, const struct buf *before, int old_start,
    int old_lines, const char *text, size_t len)
{
	const char *p = buf_str(before), *end = p + before->len, *from = p;
	struct hunk_line *v;
	size_t n, i;
	int line = 1, first = old_start + (old_lines == 0);
	bool ok = true, open = false;

	for (; line < first && p < end; line++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		p = nl == NULL ? end : nl + 1;
	}
	buf_add(out, from, (size_t)(p - from));
	n = hunk_text_cut(text, len, &v);
	for (i = 0; i < n && ok; i++) {
		if (v[i].sign != '+') {
			ok = (size_t)(end - p) >= v[i].bytes &&
			    memcmp(p, v[i].p + 1, v[i].bytes) == 0;
			/* Of a line that goes, the words matter. */
			if (!ok && v[i].sign == '-' &&
			    (size_t)(end - p) == v[i].bytes - 1 &&
			    memcmp(p, v[i].p + 1, v[i].bytes - 1) == 0) {
				ok = true;
				p = end;
				continue;
			}
			p += ok ? v[i].bytes : 0;
		}
		if (v[i].sign == '-')
			continue;
		ok = ok && !open;	/* nothing after a cut line */
		buf_add(out, v[i].p + 1, v[i].bytes);
		open = v[i].bytes == 0 || v[i].p[v[i].bytes] != '\n';
	}
	free(v);
	ok = ok && (!open || p == end);
	buf_add(out, p, (size_t)(end - p));
	return ok;
}

static void
check_amended(struct hunk_list *l, size_t at, const struct buf *before,
    struct hunk *x)
{
	struct buf want = BUF_INIT(0), got = BUF_INIT(0);
	struct err e = ERR_INIT;
	struct hunk again;
	bool *take = xcalloc(l->len + 1, sizeof(*take));

	FUZZ_CHECK(strcmp(x->id, l->v[at].id) == 0);
	FUZZ_CHECK(hunk_text_changes(x->text, x->len) > 0);
	FUZZ_CHECK(apply_lines(&want, before, l->v[at].old_start,
	    x->old_lines, x->text, x->len));
	/* Read again it is the same. */
	FUZZ_CHECK(hunk_amend(&again, &l->v[at], before, x->text, x->len,
	    &e) == 0);
	FUZZ_CHECK(again.len == x->len && again.old_off == x->old_off &&
	    again.old_len == x->old_len && again.new_len == x->new_len &&
	    memcmp(again.new_text, x->new_text, x->new_len) == 0);
	hunk_release(&again);
	hunk_release(&l->v[at]);
	l->v[at] = *x;
	memset(x, 0, sizeof(*x));
	take[at] = true;
	FUZZ_CHECK(hunk_compose(&got, before, l, take) == 0);
	FUZZ_CHECK(fuzz_same(&want, &got));
	buf_release(&want);
	buf_release(&got);
	free(take);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	struct fuzz_input in = { p, size };
	struct buf before, after, edit = BUF_INIT(0);
	struct err e = ERR_INIT;
	struct hunk_list l;
	struct hunk x;
	size_t at, i;
	bool *take, parts = false;

	fuzz_git();
	fuzz_part(&in, &before);
	fuzz_part(&in, &after);
	FUZZ_CHECK(hunk_list_make(&l, "f", &before, &after, &e) == 0);
	at = fuzz_byte(&in) % l.len;
	if ((fuzz_byte(&in) & 1) != 0) {
		parts = hunk_split(&l, at, "f", &before) > 0;
		at = (at + fuzz_byte(&in)) % l.len;
	}
	if (in.len > 0 && *in.p == '!') {
		fuzz_byte(&in);
		edit_make(&edit, &l.v[at], &in);
	} else if (in.len > 0) {
		buf_add(&edit, in.p, in.len);
	}
	if (hunk_amend(&x, &l.v[at], &before, buf_str(&edit), edit.len,
	    &e) < 0) {
		FUZZ_CHECK(err_is_set(&e));
	} else {
		struct buf out = BUF_INIT(0);

		check_amended(&l, at, &before, &x);
		/* Its neighbours can still be taken with it; parts of one
		 * hunk share lines, and may both have changed one. */
		take = xcalloc(l.len + 1, sizeof(*take));
		for (i = 0; i < l.len; i++)
			take[i] = true;
		FUZZ_CHECK(hunk_compose(&out, &before, &l, take) == 0 ||
		    parts);
		free(take);
		buf_release(&out);
	}
	hunk_list_release(&l);
	buf_release(&edit);
	buf_release(&before);
	buf_release(&after);
	return 0;
}
